"""Experiments with the audit events that changes leave, and with the error log, which is read alone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.experiments.lab import GOOD_PASSWORD, Lab, keys
from futel_twilio.sandbox.experiments.table import experiment

if TYPE_CHECKING:
    from collections.abc import Callable

    from futel_twilio.sandbox.experiments.traffic import Answer


def _types(answer: Answer) -> list[str]:
    return [item["event_type"] for item in answer.body["events"]]


def _shape(answer: Answer) -> list[dict[str, Any]]:
    return [
        {key: event[key] for key in ("description", "event_data", "resource_type", "source", "links")}
        | {"keys": sorted(event)}
        for event in answer.body["events"][:1]
    ]


def _events(lab: Lab, sid: str, **filters: Any) -> Callable[[], Any]:
    return partial(lab.client.monitor.v1.events.page, resource_sid=sid, **filters)


@experiment(
    "Create, rename and delete an application: its three events, what they tell, and the filters.",
    makes={"application": 1},
)
def three_events(lab: Lab) -> None:
    made = lab.make(partial(lab.client.applications.create, friendly_name=lab.name()))
    lab.make(partial(made.update, friendly_name=lab.name()))
    lab.make(made.delete)
    lab.wait("the events", _events(lab, made.sid), lambda answer: sorted(_types(answer)), _three)
    lab.look("by type", _events(lab, made.sid, event_type="application.updated"), _shape)
    lab.look("by another actor", _events(lab, made.sid, actor_sid=lab.absent("US")), _types)
    lab.look("by a type that is none", _events(lab, made.sid, event_type="nonsense"), _types)
    lab.look("by a date that is none", _events(lab, made.sid, start_date="nonsense"), _types)


@experiment(
    "Create, rename and delete an application: which of its three events is listed first.",
    "paging: Twilio documents the order",
    makes={"application": 1},
)
def order(lab: Lab) -> None:
    made = lab.make(partial(lab.client.applications.create, friendly_name=lab.name()))
    lab.make(partial(made.update, friendly_name=lab.name()))
    lab.make(made.delete)
    lab.wait("the events", _events(lab, made.sid), _types, _three)


@experiment(
    "Create one thing of each kind and read the type of its event.",
    "audit_events: the names for addresses",
    makes={
        "SIP domain": 1,
        "credential list": 1,
        "credential": 1,
        "IP access control list": 1,
        "IP address": 1,
        "usage trigger": 1,
        "address": 1,
        "sink": 1,
    },
)
def names_of_types(lab: Lab) -> None:
    for kind, made in _one_of_each(lab).items():
        lab.wait(kind, _events(lab, made.sid), _types, bool)


@experiment(
    "Map a credential list to a domain and read the type of the event.",
    "audit_events: the names for addresses",
    makes={"SIP domain": 1, "credential list": 1, "mapping for calls": 1},
)
def event_of_a_mapping(lab: Lab) -> None:
    domain = lab.make(partial(lab.client.sip.domains.create, lab.domain()))
    held = lab.make(partial(lab.client.sip.credential_lists.create, friendly_name=lab.name()))
    calls = lab.client.sip.domains(domain.sid).auth.calls.credential_list_mappings
    lab.make(partial(calls.create, credential_list_sid=held.sid))
    lab.wait("of the list", _events(lab, held.sid), lambda answer: sorted(_types(answer)), _both)
    lab.look("of the domain", _events(lab, domain.sid), lambda answer: sorted(_types(answer)))


@experiment(
    "List notifications by the numbers of levels that are not documented, and by a word.",
    "notifications: how notices",
)
def notifications(lab: Lab) -> None:
    page = partial(lab.client.api.v2010.account.notifications.page, page_size=1)
    for log in (2, 3):
        lab.look(f"Log={log}", partial(page, log=log), keys)
    lab.look("Log=nonsense", partial(page, log="nonsense"), keys)
    lab.look("absent", lab.client.api.v2010.account.notifications(lab.absent("NO")).fetch)


@experiment(
    "List alerts by a level and a date that are none, and fetch one that is not there.",
)
def alerts(lab: Lab) -> None:
    found = lab.client.monitor.v1.alerts
    lab.look("a level", partial(found.page, log_level="nonsense", page_size=1))
    lab.look("a date", partial(found.page, start_date="nonsense", page_size=1))
    lab.look("absent", found(lab.absent("NO")).fetch)
    lab.look("an absent event", lab.client.monitor.v1.events(lab.absent("AE")).fetch)


def _three(types: list[str]) -> bool:
    return len(types) == 3  # noqa: PLR2004 - created, updated, deleted


def _both(types: list[str]) -> bool:
    return len(types) > 1


def _one_of_each(lab: Lab) -> dict[str, Any]:
    sip = lab.client.sip
    made: dict[str, Any] = {"SIP domain": lab.make(partial(sip.domains.create, lab.domain()))}
    held = made["credential list"] = lab.make(partial(sip.credential_lists.create, friendly_name=lab.name()))
    users = sip.credential_lists(held.sid).credentials
    made["credential"] = lab.make(partial(users.create, lab.name(), GOOD_PASSWORD))
    acl = lab.make(partial(sip.ip_access_control_lists.create, friendly_name=lab.name()))
    made["IP access control list"] = acl
    entries = sip.ip_access_control_lists(acl.sid).ip_addresses
    made["IP address"] = lab.make(partial(entries.create, lab.name(), "192.0.2.1"))
    return made | _others(lab)


def _others(lab: Lab) -> dict[str, Any]:
    trigger = partial(
        lab.client.usage.triggers.create,
        callback_url=lab.url(),
        trigger_value="1000000",
        usage_category="calls",
        friendly_name=lab.name(),
    )
    address = partial(
        lab.client.addresses.create,
        customer_name="Parity",
        street="645 Harrison Street",
        city="San Francisco",
        region="CA",
        postal_code="94107",
        iso_country="US",
        friendly_name=lab.name(),
    )
    sink = partial(
        lab.client.events.v1.sinks.create,
        description=lab.name(),
        sink_configuration={"destination": lab.url(), "method": "POST", "batch_events": False},
        sink_type="webhook",
    )
    return {"usage trigger": lab.make(trigger), "address": lab.make(address), "sink": lab.make(sink)}

"""Read everything that the audit looks at, once and without inference."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from futel_twilio.audit.account_data import AccountData, Alert, Country, Event
from futel_twilio.resources.state import AccountState
from futel_twilio.resources.types import (
    ADDRESS,
    APPLICATION,
    CREDENTIAL_LIST,
    PHONE_NUMBER,
    SIP_DOMAIN,
    USAGE_TRIGGER,
)
from futel_twilio.twilio_api import reader
from futel_twilio.twilio_api.client import PAGE, Api
from futel_twilio.twilio_api.collections import credential_collection, ip_list_collection, mapping_collection
from futel_twilio.twilio_api.records import credential, numbers_of, resource_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from futel_twilio.resources.phones import Address


OF_ACCOUNT = (APPLICATION, SIP_DOMAIN, CREDENTIAL_LIST, USAGE_TRIGGER)


OF_CLIENTS = (ADDRESS, PHONE_NUMBER)


DAYS_OF_EVENTS = 30


EVENTS_AT_MOST = 1000


# Twilio logs 32009, 22221 and 32212 as warnings. Each level is read apart: a flood of one hides nothing of the other.
LEVELS = ("error", "warning")


ALERTS_AT_MOST = 5000  # of a level


def read_account_data(api: Api, desired: AccountState) -> AccountData:
    """Read everything that the checks look at, in two steps.

    First 9 requests at once, or 12 if the desired state has clients; then 3 for each desired SIP domain and,
    with clients, 1 for each credential list of the account.

    Raises:
        TwilioError: any of it could not be read.
    """
    now = datetime.now(UTC)
    calls = {
        resource_type.resource_class.__name__: reader.lister(api, resource_type)
        for resource_type in OF_ACCOUNT
    } | _of_account(api, desired, now)
    if desired.clients_credential_list:
        calls |= {
            resource_type.resource_class.__name__: reader.lister(api, resource_type)
            for resource_type in OF_CLIENTS
        }
        calls["caller IDs"] = lambda: list(api.client.outgoing_caller_ids.list(page_size=PAGE))
    found = dict(zip(calls, api.gather_or_raise([*calls.values()]), strict=True))
    estate = _with_inside(api, _estate(found), desired)
    return AccountData(
        estate,
        float(found["balance"].balance),
        tuple(map(_country, found["countries"])),
        tuple(_alert(record) for level in LEVELS for record in found[level][:ALERTS_AT_MOST]),
        tuple(map(_event, found["events"])),
        api.connection.username.startswith("SK") or api.connection.is_sandbox,
        now,
        frozenset(str(record.phone_number) for record in found.get("caller IDs", ())),
        tuple(level for level in LEVELS if len(found[level]) > ALERTS_AT_MOST),
        dict(_held(found.get("PhoneNumber", ()), estate)),
    )


def _of_account(api: Api, desired: AccountState, now: datetime) -> dict[str, Callable[[], Any]]:
    client = api.client
    since = now - timedelta(hours=desired.account.alert_hours or 24)
    month = now - timedelta(days=DAYS_OF_EVENTS)
    alerts = {
        level: partial(
            client.monitor.v1.alerts.list,
            log_level=level,
            start_date=since,
            limit=ALERTS_AT_MOST + 1,
            page_size=PAGE,
        )
        for level in LEVELS
    }
    return alerts | {
        "balance": client.balance.fetch,
        "countries": lambda: client.voice.v1.dialing_permissions.countries.list(page_size=PAGE),
        "events": lambda: client.monitor.v1.events.list(
            start_date=month, limit=EVENTS_AT_MOST, page_size=PAGE
        ),
    }


def _estate(found: Mapping[str, Any]) -> AccountState:
    """What the lists tell; a number names its application and its address by SID until here."""
    estate = AccountState(
        applications=tuple(resource_from(APPLICATION, record) for record in found["Application"]),
        domains=tuple(resource_from(SIP_DOMAIN, record) for record in found["SipDomain"]),
        credential_lists=tuple(resource_from(CREDENTIAL_LIST, record) for record in found["CredentialList"]),
        usage_triggers=tuple(resource_from(USAGE_TRIGGER, record) for record in found["UsageTrigger"]),
        addresses=tuple(resource_from(ADDRESS, record) for record in found.get("Address", ())),
    )
    return replace(estate, numbers=numbers_of(found.get("PhoneNumber", ()), estate))


def _held(records: Iterable[Any], estate: AccountState) -> Iterator[tuple[str, Address]]:
    addresses = {address.sid: address for address in estate.addresses}
    for record in records:
        if record.emergency_address_sid in addresses:
            yield str(record.phone_number), addresses[record.emergency_address_sid]


def _with_inside(api: Api, estate: AccountState, desired: AccountState) -> AccountState:
    """The estate with what lives inside its SIP domains and its credential lists."""
    expected = {domain.domain_name for domain in desired.domains}
    domains = [domain for domain in estate.domains if domain.domain_name in expected]
    lists = estate.credential_lists if desired.clients_credential_list else ()
    of_domains = [ask for domain in domains for ask in _asking(api, domain.sid)]
    answers = api.gather_or_raise([*of_domains, *(_asking_list(api, one.sid) for one in lists)])
    names = [
        frozenset(str(record.friendly_name) for record in answer) for answer in answers[: len(of_domains)]
    ]
    joined = {
        domain.sid: replace(domain, registrations=registrations, calls=calls, ip_lists=ip_lists)
        for domain, registrations, calls, ip_lists in zip(
            domains, names[0::3], names[1::3], names[2::3], strict=True
        )
    }
    return replace(
        estate,
        domains=tuple(joined.get(domain.sid, domain) for domain in estate.domains),
        credentials=tuple(
            credential(record, one.name)
            for one, records in zip(lists, answers[len(of_domains) :], strict=True)
            for record in records
        ),
    )


def _asking(api: Api, sid: str) -> tuple[Callable[[], list[Any]], ...]:
    collections = (
        mapping_collection(api.client, sid, "registrations"),
        mapping_collection(api.client, sid, "calls"),
        ip_list_collection(api.client, sid),
    )
    return tuple(lambda one=one: list(one.list(page_size=PAGE)) for one in collections)


def _asking_list(api: Api, sid: str) -> Callable[[], list[Any]]:
    collection = credential_collection(api.client, sid)
    return lambda: list(collection.list(page_size=PAGE))


def _country(record: Any) -> Country:
    high = record.high_risk_special_numbers_enabled or record.high_risk_tollfraud_numbers_enabled
    return Country(str(record.iso_code), bool(record.low_risk_numbers_enabled), bool(high))


def _alert(record: Any) -> Alert:
    return Alert(
        int(record.error_code or 0),
        str(record.resource_sid or ""),
        str(record.alert_text or ""),
        record.date_generated or record.date_created,
        str(record.request_url or ""),
    )


def _event(record: Any) -> Event:
    # Of an actor that is an account only the word is kept: an audit's words hold no account SID.
    resource_type = str(record.actor_type or "somebody")
    actor = str(record.actor_sid or "")
    who = f"{resource_type} {actor}" if actor.startswith("US") else f"the {resource_type}"
    words = json.dumps([record.resource_sid, record.links, record.event_data])
    what = f"{record.event_type or 'changed'} ({record.source or 'unknown source'})"
    return Event(what, str(record.resource_sid or ""), who, record.event_date, words)

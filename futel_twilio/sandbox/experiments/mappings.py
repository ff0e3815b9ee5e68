"""Experiments with what is mapped to a domain."""

from __future__ import annotations

from functools import partial
from typing import Any

from futel_twilio.sandbox.experiments.lab import UNSENT, Lab, fields, items, whole
from futel_twilio.sandbox.experiments.table import experiment

BY_CALLS, BY_OLD_PATH = "mapping for calls", "mapping by the old path"
BY_REGISTRATIONS = "mapping for registrations"
BY_ADDRESS, BY_ADDRESS_OLD = "mapping for calls by address", "mapping by address by the old path"
DOMAIN, LIST, ADDRESSES = "SIP domain", "credential list", "IP access control list"


def _domain(lab: Lab) -> Any:
    made = lab.make(partial(lab.client.sip.domains.create, lab.domain()))
    return lab.client.sip.domains(made.sid)


def _credentials(lab: Lab) -> str:
    made = lab.make(partial(lab.client.sip.credential_lists.create, friendly_name=lab.name()))
    return str(made.sid)


def _addresses(lab: Lab) -> str:
    made = lab.make(partial(lab.client.sip.ip_access_control_lists.create, friendly_name=lab.name()))
    return str(made.sid)


@experiment(
    "Map one credential list twice to a domain's calls, the second time by either path: 21231 and its wording.",
    "mappings: credential lists get",
    "handlers: that the path makes",
    makes={DOMAIN: 1, LIST: 1, BY_CALLS: 2, BY_OLD_PATH: 1},
)
def list_twice_for_calls(lab: Lab) -> None:
    domain, held = _domain(lab), _credentials(lab)
    calls = domain.auth.calls.credential_list_mappings
    lab.make(partial(calls.create, credential_list_sid=held))
    lab.look("again", partial(calls.create, credential_list_sid=held))
    lab.look("by the old path", partial(domain.credential_list_mappings.create, credential_list_sid=held))


@experiment(
    "Map one credential list twice to a domain's registrations.",
    "mappings: credential lists get",
    "handlers: that the path makes",
    makes={DOMAIN: 1, LIST: 1, BY_REGISTRATIONS: 2},
)
def list_twice_for_registrations(lab: Lab) -> None:
    domain, held = _domain(lab), _credentials(lab)
    registrations = domain.auth.registrations.credential_list_mappings
    lab.make(partial(registrations.create, credential_list_sid=held))
    lab.look("again", partial(registrations.create, credential_list_sid=held))


@experiment(
    "Map one IP access control list twice to a domain, by either path.",
    "handlers: that the path makes",
    makes={DOMAIN: 1, ADDRESSES: 1, BY_ADDRESS: 2, BY_ADDRESS_OLD: 1},
)
def addresses_twice(lab: Lab) -> None:
    domain, held = _domain(lab), _addresses(lab)
    calls = domain.auth.calls.ip_access_control_list_mappings
    lab.make(partial(calls.create, ip_access_control_list_sid=held))
    lab.look("again", partial(calls.create, ip_access_control_list_sid=held))
    old = domain.ip_access_control_list_mappings
    lab.look("by the old path", partial(old.create, ip_access_control_list_sid=held))


@experiment(
    "Map a credential list by one path and look for it by the others: which share their storage.",
    makes={DOMAIN: 1, LIST: 2, BY_CALLS: 1, BY_REGISTRATIONS: 1},
)
def shared_storage(lab: Lab) -> None:
    domain, calling, registering = _domain(lab), _credentials(lab), _credentials(lab)
    calls, registrations = domain.auth.calls, domain.auth.registrations
    lab.look("for calls", partial(calls.credential_list_mappings.create, credential_list_sid=calling), whole)
    lab.make(partial(registrations.credential_list_mappings.create, credential_list_sid=registering))
    lab.look("listed for calls", calls.credential_list_mappings.page, items("sid"))
    lab.look("listed by the old path", domain.credential_list_mappings.page, items("sid"))
    lab.look("listed for registrations", registrations.credential_list_mappings.page, items("sid"))
    lab.look("fetched by the old path", domain.credential_list_mappings(calling).fetch, whole)


@experiment(
    "Remove a mapping by the old path that was made by the new one, look for it, and remove it again.",
    makes={DOMAIN: 1, ADDRESSES: 1, BY_ADDRESS: 1},
)
def removed_by_the_old_path(lab: Lab) -> None:
    domain, held = _domain(lab), _addresses(lab)
    calls = domain.auth.calls.ip_access_control_list_mappings
    lab.make(partial(calls.create, ip_access_control_list_sid=held))
    lab.look("remove", domain.ip_access_control_list_mappings(held).delete)
    lab.look("list", calls.page, items("sid"))
    lab.look("remove again", calls(held).delete)


@experiment(
    "Map a list for registrations, then for calls, then addresses: what auth_type reads after each.",
    makes={DOMAIN: 1, LIST: 1, ADDRESSES: 1, BY_REGISTRATIONS: 1, BY_CALLS: 1, BY_ADDRESS: 1},
    rules=("SIP/Domains: field `auth_type`",),
)
def auth_type(lab: Lab) -> None:
    domain, held, addresses = _domain(lab), _credentials(lab), _addresses(lab)
    shown, auth = fields("auth_type"), domain.auth
    lab.make(partial(auth.registrations.credential_list_mappings.create, credential_list_sid=held))
    lab.look("registrations", domain.fetch, shown)
    lab.make(partial(auth.calls.credential_list_mappings.create, credential_list_sid=held))
    lab.look("calls too", domain.fetch, shown)
    lab.make(partial(auth.calls.ip_access_control_list_mappings.create, ip_access_control_list_sid=addresses))
    lab.look("addresses too", domain.fetch, shown)


@experiment(
    "Map a list that is not there, one whose SID is none, and name no list at all.",
    "handlers: 404 naming",
    "errors: the code and the wording",
    makes={DOMAIN: 1, BY_CALLS: 3, BY_ADDRESS: 1},
)
def absent_list(lab: Lab) -> None:
    domain = _domain(lab)
    calls = domain.auth.calls.credential_list_mappings
    for step, sid in {"absent": lab.absent("CL"), "malformed": "x", "missing": UNSENT}.items():
        lab.look(step, partial(calls.create, credential_list_sid=sid))
    addresses = domain.auth.calls.ip_access_control_list_mappings
    lab.look("absent addresses", partial(addresses.create, ip_access_control_list_sid=lab.absent("AL")))


@experiment(
    "Rename a mapped credential list: whether the mapping's friendly_name follows.",
    makes={DOMAIN: 1, LIST: 1, BY_CALLS: 1},
)
def renamed(lab: Lab) -> None:
    domain, held = _domain(lab), _credentials(lab)
    calls = domain.auth.calls.credential_list_mappings
    lab.make(partial(calls.create, credential_list_sid=held))
    lab.make(partial(lab.client.sip.credential_lists(held).update, friendly_name=lab.name()))
    lab.look("fetch", calls(held).fetch, fields("friendly_name"))

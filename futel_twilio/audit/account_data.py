"""Read everything that the audit looks at, once and without inference."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from futel_twilio.resources.phones import Address, Credential, PhoneNumber
from futel_twilio.resources.state import AccountState, Resource
from futel_twilio.resources.types import (
    ADDRESS,
    APPLICATION,
    CREDENTIAL_LIST,
    PHONE_NUMBER,
    SIP_DOMAIN,
    USAGE_TRIGGER,
    credential_collection,
    ip_list_collection,
    mapping_collection,
)
from futel_twilio.resources.voice import Application, CredentialList, SipDomain, UsageTrigger
from futel_twilio.twilio_api import reader
from futel_twilio.twilio_api.client import PAGE, Api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

# The alerts that mean broken phones, by the name of the check for each: Twilio's error dictionary.
ALERTS = {
    "11200-dialplan-failed": range(11200, 11300),
    "32009-phone-not-registered": range(32009, 32010),
    "32202-wrong-password": range(32202, 32203),
    "32210-registration-is-off": range(32210, 32211),
    "32212-may-not-register": range(32212, 32213),
    "22221-911-without-address": range(22221, 22222),
}
OF_ACCOUNT = (APPLICATION, SIP_DOMAIN, CREDENTIAL_LIST, USAGE_TRIGGER)
OF_CLIENTS = (ADDRESS, PHONE_NUMBER)
DAYS_OF_EVENTS = 30
EVENTS_AT_MOST = 1000
# Twilio logs 32009, 22221 and 32212 as warnings. Each level is read apart: a flood of one hides nothing of the other.
LEVELS = ("error", "warning")
ALERTS_AT_MOST = 5000  # of a level
SIP_USER = re.compile(r"sips?:([^@;>]+)@", re.IGNORECASE)


@dataclass(frozen=True)
class Alert:
    """An entry of Twilio's error log: code, the resource it names, when, Twilio's words, and what was asked for."""

    code: int
    resource_sid: str
    text: str
    at: datetime
    url: str = ""

    @property
    def phone(self) -> str:
        """The phone that it is about, where what was asked for is a phone's SIP address; else empty."""
        found = SIP_USER.match(self.url)
        return found[1] if found else ""


# How the type of an event ends, by the resource that it is about: Twilio's list of event types; GUESS for addresses and
# credentials, which it does not have, and for mappings, whose SID is that of what is mapped.
EVENT_TYPES: dict[type, str] = {
    Application: "application",
    SipDomain: "sip-domain",
    CredentialList: "credential-list",
    Credential: "credential",
    UsageTrigger: "usage-trigger",
    Address: "address",
    PhoneNumber: "phone-number",
}
MAPPING = "mapping"


@dataclass(frozen=True)
class Event:
    """An entry of Twilio's audit log: who did what to which resource, and when."""

    what: str
    resource_sid: str
    who: str
    at: datetime
    words: str = field(repr=False, default="")


@dataclass(frozen=True)
class Country:
    """What may be called in one country."""

    iso_code: str
    low_risk: bool
    high_risk: bool


@dataclass(frozen=True)
class AccountData:
    """What an account holds, and what happened to it, at one moment.

    Attributes:
        state: applications, SIP domains with their lists, credential lists, usage triggers; and where the desired state
            has clients: addresses, numbers, and the credentials of every list.
        caller_ids: the verified outgoing caller IDs, E.164.
        held: by number, the address that it holds for emergencies, as Twilio stores that very address.
        balance: in the account's currency.
        countries: dialling permissions.
        alerts: the errors and warnings of the hours that the estate asks about.
        unread: the levels whose alerts were too many to be read whole; the newest were.
        events: the changes of the last 30 days.
        by_key: whether the credentials in use are an API key, or of the sandbox, whose token is no secret.
        read_at: when, UTC.
    """

    state: AccountState
    balance: float
    countries: tuple[Country, ...]
    alerts: tuple[Alert, ...]
    events: tuple[Event, ...]
    by_key: bool
    read_at: datetime
    caller_ids: frozenset[str] = frozenset()
    unread: tuple[str, ...] = ()
    held: Mapping[str, Address] = field(default_factory=dict)

    def last_change(self, resource: Resource, path: str = "") -> str:
        """Who changed a resource last; of one that is gone, by its name; empty if not known.

        Args:
            resource: the resource, current or desired.
            path: a part of the path of a mapping, where not the resource is meant but what is mapped to it there.
        """
        there = next(
            (n for n in self.state.resources() if type(n) is type(resource) and n.name == resource.name), None
        )
        sid = resource.sid or (there.sid if there else "")
        about = [event for event in self.events if _is_about(event, resource, sid, path)]
        if not about:
            return ""
        # Twilio's times are whole seconds: of one second, a making came before what else happened.
        last = max(about, key=lambda event: (event.at, ".created" not in event.what))
        return f"{last.what} by {last.who}, {last.at:%Y-%m-%d %H:%M} UTC"


def _is_about(event: Event, resource: Resource, sid: str, path: str) -> bool:
    """Whether an event is of a resource itself. That it names the resource is not enough: its neighbours do."""
    resource_type = event.what.split(".")[0]
    if path:
        return MAPPING in resource_type and bool(sid) and sid in event.words and path in event.words
    if sid:
        return event.resource_sid == sid and MAPPING not in resource_type
    word = EVENT_TYPES.get(type(resource), "")
    name = resource.username if isinstance(resource, Credential) else resource.name
    return bool(word) and resource_type.endswith(word) and json.dumps(name) in event.words


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
    if desired.clients_list:
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
        applications=tuple(reader.resource_from(APPLICATION, record) for record in found["Application"]),
        domains=tuple(reader.resource_from(SIP_DOMAIN, record) for record in found["SipDomain"]),
        credential_lists=tuple(
            reader.resource_from(CREDENTIAL_LIST, record) for record in found["CredentialList"]
        ),
        usage_triggers=tuple(reader.resource_from(USAGE_TRIGGER, record) for record in found["UsageTrigger"]),
        addresses=tuple(reader.resource_from(ADDRESS, record) for record in found.get("Address", ())),
    )
    return replace(estate, numbers=reader.numbers_of(found.get("PhoneNumber", ()), estate))


def _held(records: Iterable[Any], estate: AccountState) -> Iterator[tuple[str, Address]]:
    addresses = {address.sid: address for address in estate.addresses}
    for record in records:
        if record.emergency_address_sid in addresses:
            yield str(record.phone_number), addresses[record.emergency_address_sid]


def _with_inside(api: Api, estate: AccountState, desired: AccountState) -> AccountState:
    """The estate with what lives inside its SIP domains and its credential lists."""
    expected = {domain.domain_name for domain in desired.domains}
    domains = [domain for domain in estate.domains if domain.domain_name in expected]
    lists = estate.credential_lists if desired.clients_list else ()
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
            reader.credential(record, one.name)
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

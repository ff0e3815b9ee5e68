"""What an account holds and what happened to it, as the checks of the audit see it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from futel_twilio.resources.phones import Address, Credential, PhoneNumber
from futel_twilio.resources.voice import Application, CredentialList, SipDomain, UsageTrigger

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from futel_twilio.resources.state import AccountState, Resource

# The alerts that mean broken phones, by the name of the check for each: Twilio's error dictionary.
ALERTS = {
    "11200-dialplan-failed": range(11200, 11300),
    "32009-phone-not-registered": range(32009, 32010),
    "32202-wrong-password": range(32202, 32203),
    "32210-registration-is-off": range(32210, 32211),
    "32212-may-not-register": range(32212, 32213),
    "22221-911-without-address": range(22221, 22222),
}
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

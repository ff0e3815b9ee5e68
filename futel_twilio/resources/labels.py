"""Titles of resources and text for their values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from futel_twilio.resources.phones import Credential, PhoneClient, PhoneNumber
from futel_twilio.resources.types import type_of
from futel_twilio.resources.voice import CredentialListMapping, IpMapping

if TYPE_CHECKING:
    from collections.abc import Callable

    from futel_twilio.resources.state import AccountState, Resource

Value: TypeAlias = str | frozenset[str]


def format_value(value: object) -> str:
    """A value in words."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, frozenset | set | list | tuple):
        return ", ".join(sorted(map(str, value))) or "none"
    return "none" if value in (None, "") else str(value)


def resource_title(resource: Resource) -> str:
    """A thing by its kind and name: `SIP domain direct-futel-prod.sip.twilio.com`."""
    if isinstance(resource, CredentialListMapping | IpMapping):
        mapped = resource.credential_list if isinstance(resource, CredentialListMapping) else resource.ip_list
        return f"{type_of(resource).title} {resource.domain_name} <- {mapped}"
    return f"{type_of(resource).title} {resource.name}"


def titled(resource: Resource) -> str:
    return resource.name


def format_field(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value) or "(empty)"


EMERGENCY_SUFFIX = "911 of "  # no extension has a blank in it


def subject_of(thing: Any) -> str:
    """What a volunteer calls a thing: `direct-futel-prod`, not its whole domain name; a credential as its phone."""
    if isinstance(thing, Credential):
        return thing.username
    if isinstance(thing, PhoneNumber):
        return thing.phone_number
    return str(getattr(thing, "friendly_name", None) or thing.name)


def emergency_subject(client: PhoneClient) -> str:
    """The label of a phone's 911 address, beside the phone itself."""
    return f"{EMERGENCY_SUFFIX}{client.name}"


def external_numbers(desired: AccountState) -> tuple[PhoneNumber, ...]:
    """The numbers of another carrier that phones call from."""
    used = {client.caller_id for client in desired.clients}
    return tuple(PhoneNumber(number) for number in sorted(desired.external_numbers & used))


Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """Rows of text under headings; those of `folds` may take several lines where a terminal is narrow."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    folds: frozenset[str] = frozenset()

    def said_with(self, words: Callable[[str], str]) -> Table:
        """This table with every text of it put in other words."""
        rows = tuple(tuple(map(words, row)) for row in self.rows)
        return replace(self, headings=tuple(map(words, self.headings)), rows=rows)


@dataclass(frozen=True)
class Tabular:
    """Rows that all have the same keys; a key is a heading in words."""

    rows: tuple[Row, ...]

    def table_that_folds(self, folds: frozenset[str]) -> Table:
        headings = tuple(self.rows[0]) if self.rows else ()
        cells = tuple(tuple(_cell(value) for value in row.values()) for row in self.rows)
        return Table(tuple(heading.replace("_", " ") for heading in headings), cells, folds)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else str(value)

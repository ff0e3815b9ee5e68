"""Replace addresses, people and numbers in recordings, and read them back."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from futel_twilio.resources.phones import Address, PhoneClient

if TYPE_CHECKING:
    from collections.abc import Mapping

    from futel_twilio.resources.state import AccountState

HIDDEN = "hidden"
ELSEWHERE = "an address that recordings hide"
SECRET_KEYS = frozenset(
    {
        "auth_token",
        "secret",
        "password",
        "street",
        "street_secondary",
        "customer_name",
        "city",
        "postal_code",
        "source_ip_address",
        "request_headers",
        "request_variables",
        "response_headers",
        "response_body",
    }
)
PARTS = ("street", "street_secondary", "city", "region", "postal_code", "iso_country")
PERSONAL_FIELDS = re.compile(
    r"address|caller"
)  # the kinds of thing whose events tell of places and private numbers
REDACTED_FIELDS = re.compile(r"the place of (\S+(?: and \S+)*) \(([0-9a-f]{2})\)")
SHORTEST_SHOWN = 6  # letters; a shorter text may stand in a recording for another reason
SCRUBBED = (
    (re.compile(r"http://(?:127\.0\.0\.1|localhost|\[::1\]):\d+"), "https://sandbox.invalid"),
    (re.compile(r"(?:StartDate|EndDate)=[^&\"\s]*&?"), ""),
    (re.compile(r"AC[0-9a-fA-F]{32}"), "AC" + "0" * 32),
    (re.compile(r"SK[0-9a-fA-F]{32}"), "SK" + "X" * 32),
    (re.compile(r"US[0-9a-f]{32}"), "US" + "X" * 32),
    (re.compile(r"RQ[0-9a-f]{32}"), "RQ" + "X" * 32),
    (re.compile(r"(?i)(authorization[\"']?\s*[:=]\s*[\"']?)(basic|bearer)\s+[^\s\"',}]+"), r"\1" + HIDDEN),
    (re.compile(r"(?i)(password|auth_?token|api_?secret|secret)(=|%3D)[^&\s\"']+"), r"\1\2" + HIDDEN),
)
LEAKS = re.compile(
    r"AC(?!0{32})[0-9a-fA-F]{32}|SK[0-9a-fA-F]{32}|RQ[0-9a-f]{32}|(?i:\bbasic\s+[A-Za-z0-9+/=]{16,})"
    r"|(?i:(?:password|auth_token|secret)[\"']?\s*[:=]\s*[\"']?(?!hidden)[^\s\"',}]+)"
)


@dataclass(frozen=True)
class Redaction:
    """The redaction for one inventory.

    Attributes:
        owners: the clients that stand at an address, by its name.
        numbers: what the inventory calls from; other people's numbers are hidden.
        taken: every text of a place that was masked, in small letters, to look for in what is written.
    """

    owners: Mapping[str, tuple[PhoneClient, ...]]
    numbers: frozenset[str]
    taken: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, desired: AccountState) -> Redaction:
        """The redaction for a whole desired state."""
        owners: dict[str, tuple[PhoneClient, ...]] = {}
        for client in desired.clients:
            if client.address:
                owners[client.address.name] = (*owners.get(client.address.name, ()), client)
        return cls(owners, frozenset(client.caller_id for client in desired.clients))

    def masked(self, value: Any) -> Any:
        """An answer of Twilio's as a recording may hold it."""
        if isinstance(value, list):
            return [self.masked(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        if "customer_name" in value and "iso_country" in value:
            return self._address(value)
        if "event_data" in value and PERSONAL_FIELDS.search(str(value.get("event_type"))):
            value = {**value, "event_data": HIDDEN}
        if isinstance(value.get("outgoing_caller_ids"), list):
            value = {
                **value,
                "outgoing_caller_ids": [self._caller(one) for one in value["outgoing_caller_ids"]],
            }
        return {
            key: HIDDEN if key in SECRET_KEYS and inner else self.masked(inner)
            for key, inner in value.items()
        }

    def unmasked(self, text: str) -> str:
        """A recorded answer in the words of the inventory, as far as that is what it was recorded with."""
        return json.dumps(self._unmasked(json.loads(text))) if REDACTED_FIELDS.search(text) else text

    def is_known(self, text: str) -> bool:
        """Whether a text tells a place that was masked."""
        small = text.casefold()
        return any(place in small for place in self.taken)

    def _address(self, body: dict[str, Any]) -> dict[str, Any]:
        name = _name_of(body)
        owners = self.owners.get(name, ())
        names = " and ".join(client.name for client in owners)
        street = str(body["street"]).casefold()
        if len(street) >= SHORTEST_SHOWN:
            self.taken.update((street, json.dumps(street)[1:-1]))
        hidden = {key: HIDDEN for key in body if key in SECRET_KEYS and body[key]}
        known = {client.name for sharing in self.owners.values() for client in sharing}
        return {
            **body,
            **hidden,
            "street": f"the place of {names} ({_check(name)})" if owners else ELSEWHERE,
            "friendly_name": body["friendly_name"] if body["friendly_name"] in known else HIDDEN,
        }

    def _caller(self, body: dict[str, Any]) -> dict[str, Any]:
        number = body["phone_number"] if body["phone_number"] in self.numbers else HIDDEN
        return {**body, "phone_number": number, "friendly_name": HIDDEN}

    def _unmasked(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._unmasked(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        found = REDACTED_FIELDS.fullmatch(str(value.get("street")))
        if found:
            return {**value, **self._place(found[1].split(" and "), found[2])}
        return {key: self._unmasked(inner) for key, inner in value.items()}

    def _place(self, names: list[str], check: str) -> dict[str, str]:
        """The address that one of these clients still has; nothing where none has it any more."""
        for address, owners in self.owners.items():
            if _check(address) == check and any(client.name in names for client in owners):
                return {part: getattr(owners[0].address, part) for part in PARTS}
        return {}


def _name_of(body: Mapping[str, Any]) -> str:
    street, secondary, city, region, postal_code, country = (str(body.get(part) or "") for part in PARTS)
    return Address("", "", street, city, region, postal_code, country, secondary).name


def _check(name: str) -> str:
    return hashlib.blake2b(name.encode(), digest_size=1).hexdigest()


def scrub(text: str) -> str:
    """A text without account SIDs, keys, tokens and request ids."""
    for pattern, instead in SCRUBBED:
        text = pattern.sub(instead, text)
    return text


def find_leaks(text: str) -> list[str]:
    """What looks like a secret in a text; shortened, so that telling it does not leak it."""
    return [f"{found.group()[:4]}..." for found in LEAKS.finditer(text)]

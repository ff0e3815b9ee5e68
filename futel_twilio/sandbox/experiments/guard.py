"""Which requests an experiment may send, and what each of them makes.

An experiment may make what costs nothing and carries the mark of its run, change and remove what it made
itself, and read. Anything else never leaves, whatever an experiment says.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

ROOT = r"/2010-04-01/Accounts/AC[0-9a-fA-F]{32}"
SID = re.compile(r"\b(?!AC)[A-Z]{2}[0-9a-fA-F]{32}\b")
ABSENT = "f" * 32
# No number at all, Twilio's test numbers, and an area code that it documents as empty: nobody is called there.
NOBODYS_NUMBER = re.compile(r"x|\+1|\+1500555000[0-9]|\+1533555010[0-9]")
# What may be asked of a phone number that the run was given; registering an address for emergencies costs.
NUMBERS_OWN = re.compile(ROOT + r"/IncomingPhoneNumbers/(PN[0-9a-fA-F]{32})\.json")
BULK = "/v1/DialingPermissions/BulkCountryUpdates"


class Forbidden(Exception):
    """An experiment tried what it may not: a fault of the experiment, and nothing was sent."""


@dataclass(frozen=True)
class Kind:
    """A resource that an experiment may create.

    Attributes:
        name: what people call one.
        path: the path of its collection below the account (or the product), `{}` for what it lives in.
        key: the name of the list in an answer.
        names: the key of an answer that names the new one.
    """

    name: str
    path: str
    key: str
    names: str = "sid"

    @property
    def pattern(self) -> re.Pattern[str]:
        root = "" if self.path.startswith("/v1/") else ROOT
        return re.compile(root + re.escape(self.path).replace(r"\{\}", "([A-Z]{2}[0-9a-fA-F]{32})"))

    @property
    def inside(self) -> bool:
        """Whether it lives in something else, and is deleted with it."""
        return "{}" in self.path


DOMAIN, DOMAIN_PATH = "SIP domain", "/SIP/Domains.json"
KINDS = (
    Kind("subscription", "/v1/Subscriptions", "subscriptions"),
    Kind("subscribed event type", "/v1/Subscriptions/{}/SubscribedEvents", "types", names="type"),
    Kind("sink", "/v1/Sinks", "sinks"),
    Kind("source IP mapping", "/v1/SourceIpMappings", "source_ip_mappings"),
    Kind("IP record", "/v1/IpRecords", "ip_records"),
    Kind("mapping for calls", "/SIP/Domains/{}/Auth/Calls/CredentialListMappings.json", "contents"),
    Kind(
        "mapping for registrations",
        "/SIP/Domains/{}/Auth/Registrations/CredentialListMappings.json",
        "contents",
    ),
    Kind(
        "mapping for calls by address",
        "/SIP/Domains/{}/Auth/Calls/IpAccessControlListMappings.json",
        "contents",
    ),
    Kind(
        "mapping by the old path", "/SIP/Domains/{}/CredentialListMappings.json", "credential_list_mappings"
    ),
    Kind(
        "mapping by address by the old path",
        "/SIP/Domains/{}/IpAccessControlListMappings.json",
        "ip_access_control_list_mappings",
    ),
    Kind(DOMAIN, DOMAIN_PATH, "domains"),
    Kind("credential", "/SIP/CredentialLists/{}/Credentials.json", "credentials"),
    Kind("credential list", "/SIP/CredentialLists.json", "credential_lists"),
    Kind("IP address", "/SIP/IpAccessControlLists/{}/IpAddresses.json", "ip_addresses"),
    Kind("IP access control list", "/SIP/IpAccessControlLists.json", "ip_access_control_lists"),
    Kind("application", "/Applications.json", "applications"),
    Kind("usage trigger", "/Usage/Triggers.json", "usage_triggers"),
    Kind("address", "/Addresses.json", "addresses"),
    Kind("API key", "/Keys.json", "keys"),
    Kind("API key", "/SigningKeys.json", "signing_keys"),
)
HARMLESS = re.compile(rf"{ROOT}/(Calls|IncomingPhoneNumbers(/Local|/TollFree|/Mobile)?)\.json")

# Whoever is none can be neither written to nor called for a validation.
NOBODY = re.compile(r"x|\+1")
REFUSABLE = re.compile(rf"{ROOT}/(Messages|OutgoingCallerIds)\.json")


def kind_of(path: str) -> Kind | None:
    """The kind whose collection a path is."""
    return next((kind for kind in KINDS if kind.pattern.fullmatch(path)), None)


def item_path(kind: Kind, collection: str, body: Mapping[str, Any]) -> str:
    """Where what a create has answered with lives; empty when the answer names nothing."""
    named = body.get(kind.names)
    if not isinstance(named, str) or not named:
        return ""
    return f"{collection.removesuffix('.json')}/{named}{'.json' if collection.endswith('.json') else ''}"


@dataclass(frozen=True)
class Circle:
    """What a run may touch.

    Attributes:
        mark: what everything it makes carries.
        made: the SIDs of what it made.
        registrable: those of addresses among them that a number could register for emergencies, which costs.
        number: the SID of the phone number it was given.
        countries: what it has read of the dialling permissions, by ISO code.
    """

    mark: str
    made: AbstractSet[str]
    registrable: AbstractSet[str]
    number: str
    countries: Mapping[str, Mapping[str, Any]]

    def judge(self, method: str, path: str, form: Mapping[str, Any]) -> Kind | None:
        """Let a request pass, and say what it would make; None when it makes nothing.

        Raises:
            Forbidden: it is none that an experiment may send.
        """
        if method == "GET" or self._makes_nothing(method, path, form):
            return None
        kind = kind_of(path) if method == "POST" else None
        top = kind is not None and not kind.inside
        if (
            method not in {"POST", "DELETE"}
            or not (top or self._is_within(path))
            or not self._names_own(form)
        ):
            raise Forbidden(f"{method} {path} is none of an experiment's requests")
        return kind

    def _makes_nothing(self, method: str, path: str, form: Mapping[str, Any]) -> bool:
        """A method that there is not, of a thing that there is not; what is refused; a change of what was lent."""
        if method in {"PUT", "PATCH"}:
            return not form and ABSENT in path
        return method == "POST" and (self._is_harmless(path, form) or self._is_the_number(path, form))

    def _is_within(self, path: str) -> bool:
        """Whether a path names something, and nothing but what is the run's own."""
        named = SID.findall(path)
        return bool(named) and self._owns(named)

    def _names_own(self, form: Mapping[str, Any]) -> bool:
        return self._owns(SID.findall(json.dumps(dict(form), default=str)))

    def _owns(self, sids: list[str]) -> bool:
        """Whether all of these are the run's own, or nobody's."""
        return all(sid in self.made or sid.endswith(ABSENT) for sid in sids)

    def _is_the_number(self, path: str, form: Mapping[str, Any]) -> bool:
        """A change of the number that the run was given: none that moves it away or costs."""
        found = NUMBERS_OWN.fullmatch(path)
        if not self.number or not found or found[1] != self.number or "AccountSid" in form:
            return False
        return form.get("EmergencyAddressSid") not in self.registrable

    def is_marked(self, form: Mapping[str, Any]) -> bool:
        return self.mark in json.dumps(dict(form), default=str)

    def _is_harmless(self, path: str, form: Mapping[str, Any]) -> bool:
        """Creates that can only be refused, and a change of countries into what they are."""
        if REFUSABLE.fullmatch(path):
            return bool(NOBODY.fullmatch(str(form.get("To", form.get("PhoneNumber", "x")))))
        if HARMLESS.fullmatch(path):
            wanted = [form.get(param) for param in ("To", "PhoneNumber", "AreaCode")]
            sent = [str(value) for value in wanted if value is not None]
            return all(NOBODYS_NUMBER.fullmatch(value) for value in sent) and self._names_one(path, form)
        return path == BULK and self._changes_nothing(form)

    def _names_one(self, path: str, form: Mapping[str, Any]) -> bool:
        """A purchase that names no number at all might be given one: it must name one that nobody has."""
        return path.endswith("/Calls.json") or (form.get("AreaCode") is None and "PhoneNumber" in form)

    def _changes_nothing(self, form: Mapping[str, Any]) -> bool:
        try:
            orders = json.loads(str(form.get("UpdateRequest", "")))
        except ValueError:
            return True
        if not isinstance(orders, list) or not all(isinstance(order, dict) for order in orders):
            return True
        return all(_as_it_is(order, self.countries) for order in orders)


def _as_it_is(order: Mapping[str, Any], countries: Mapping[str, Mapping[str, Any]]) -> bool:
    held = countries.get(str(order.get("iso_code", "")))
    flags = {key: str(value).lower() for key, value in order.items() if key.endswith("_enabled")}
    return not flags or (held is not None and all(str(held[key]).lower() == flags[key] for key in flags))

"""Everything an account holds, with a fingerprint of each resource: read before and after a run."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from futel_twilio.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.parity.side import Side

ANY_MARK = re.compile(r"(parity-[0-9a-f]{10})-[0-9]{4}")
# A trigger counts on, the status of a number's emergency address changes on its own, a sink may become active.
MOVING = {
    "usage_triggers": {"current_value", "date_fired", "date_updated"},
    "incoming_phone_numbers": {"emergency_address_status", "emergency_status", "status", "date_updated"},
    "sinks": {"status", "date_updated"},
}
DENIED = frozenset({401, 403, 404})


@dataclass(frozen=True)
class Listing:
    """One list of an account: its path, its key in an answer, the lists within each of its items."""

    path: str
    key: str
    names: str = "sid"
    inner: tuple[Listing, ...] = ()


MAPPINGS = "Auth/Calls/CredentialListMappings", "Auth/Registrations/CredentialListMappings"
BY_ADDRESS = "Auth/Calls/IpAccessControlListMappings"
LISTINGS = (
    Listing("/v1/Subscriptions", "subscriptions", inner=(Listing("SubscribedEvents", "types", "type"),)),
    Listing("/v1/Sinks", "sinks"),
    Listing("/v1/SourceIpMappings", "source_ip_mappings"),
    Listing("/v1/IpRecords", "ip_records"),
    Listing(
        "{account}/SIP/Domains.json",
        "domains",
        inner=tuple(Listing(f"{path}.json", "contents") for path in (*MAPPINGS, BY_ADDRESS)),
    ),
    Listing(
        "{account}/SIP/CredentialLists.json",
        "credential_lists",
        inner=(Listing("Credentials.json", "credentials"),),
    ),
    Listing(
        "{account}/SIP/IpAccessControlLists.json",
        "ip_access_control_lists",
        inner=(Listing("IpAddresses.json", "ip_addresses"),),
    ),
    Listing("{account}/Applications.json", "applications"),
    Listing("{account}/Usage/Triggers.json", "usage_triggers"),
    Listing("{account}/Addresses.json", "addresses"),
    Listing("{account}/Keys.json", "keys"),
    Listing("{account}/IncomingPhoneNumbers.json", "incoming_phone_numbers"),
    Listing("{account}/OutgoingCallerIds.json", "outgoing_caller_ids"),
    Listing("/v1/DialingPermissions/Countries", "content", "iso_code"),
)


@dataclass
class Census:
    """What there is.

    Attributes:
        prints: a fingerprint of each thing, by its path.
        marked: the marks of those among them that carry that of some parity run.
        unread: the lists that these credentials may not read.
    """

    prints: dict[str, str] = field(default_factory=dict)
    marked: dict[str, str] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """One fingerprint of everything."""
        return _print(self.prints)

    def add(self, path: str, key: str, item: dict[str, Any]) -> None:
        if found := ANY_MARK.search(json.dumps(item)):
            self.marked[path] = found[1]
        moving = MOVING.get(key, set())
        self.prints[path] = _print({name: value for name, value in item.items() if name not in moving})


def take(side: Side) -> Census:
    """Read everything that a run could touch, and more.

    Raises:
        Rejected: Twilio refused a list for another reason than that it may not be read.
    """
    census = Census()
    for listing in LISTINGS:
        try:
            for path, key, item in _walk(side, listing, listing.path.format(account=side.root)):
                census.add(path, key, item)
        except Rejected as error:
            if error.status not in DENIED:
                raise
            census.unread.append(listing.key)
    return census


def _walk(side: Side, listing: Listing, path: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for item in side.items(path, listing.key):
        place = item_of(path, str(item[listing.names]))
        yield place, listing.key, item
        for inner in listing.inner:
            yield from _walk(side, inner, f"{place.removesuffix('.json')}/{inner.path}")


def item_of(collection: str, name: str) -> str:
    """The path of one thing of a collection."""
    suffix = ".json" if collection.endswith(".json") else ""
    return f"{collection.removesuffix('.json')}/{name}{suffix}"


def changes(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """What changed between two readings, one line each."""
    lines = [f"{path} is new" for path in after.keys() - before.keys()]
    lines += [f"{path} is gone" for path in before.keys() - after.keys()]
    lines += [f"{path} changed" for path in before.keys() & after.keys() if before[path] != after[path]]
    return sorted(lines)


def _print(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]

"""What an account and the files hold, read without the engine: from the sandbox's dump, by names."""

from __future__ import annotations

import json
import time
import tomllib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from futel_twilio.sandbox.api_v2010.phone_numbers import emergency

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Thing: TypeAlias = "tuple[str, str]"
LATER = 3600.0  # seconds; a registration that is under way now is through by then
# An event, and that the sandbox remembers a number that was released, are no objects that an account holds.
NO_PART = frozenset({"event", "released_number"})
ADDRESS, NUMBER = "address", "number"
TEXT = ("street", "street_secondary", "city", "region", "postal_code")


@dataclass(frozen=True)
class Reading:
    """An account: every object by kind and name, with names in place of SIDs; and how many there are of each name."""

    things: dict[Thing, dict[str, Any]]
    count: dict[Thing, int]

    @property
    def duplicates(self) -> tuple[Thing, ...]:
        return tuple(thing for thing, times in self.count.items() if times > 1)

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        return {name: fields for (one, name), fields in self.things.items() if one == kind}

    def servers(self, environment: str) -> frozenset[str]:
        """Where the applications and SIP domains of an environment send calls; it should be one place."""
        found = {**self.of("application"), **self.of("domain")}
        mine = (fields for name, fields in found.items() if environment in name)
        return frozenset(str(fields["voice_url"]).rpartition("/")[0] for fields in mine)

    @property
    def emergency_addresses(self) -> dict[str, str]:
        """The address that 911 knows of each number, once what is under way is through."""
        numbers = self.of(NUMBER).items()
        return {name: fields["911"][1] for name, fields in numbers if fields["911"][0] == "registered"}

    def only(self, thing: Thing) -> dict[Thing, dict[str, Any]]:
        return {thing: self.things[thing]} if thing in self.things else {}

    def but(self, *kinds: str) -> dict[Thing, dict[str, Any]]:
        return {thing: fields for thing, fields in self.things.items() if thing[0] not in kinds}


def of_account(dump: dict[str, Any]) -> Reading:
    """Read a dump of the sandbox."""
    objects = [one for one in dump["objects"] if one["kind"] not in NO_PART]
    names = {one["sid"]: _own_name(one) for one in objects if not one["parent"]}
    found = [((one["kind"], _name(one, names)), _fields(one, names)) for one in objects]
    return Reading(dict(found), dict(Counter(thing for thing, _fields in found)))


def _own_name(one: dict[str, Any]) -> str:
    body = one["body"]
    if one["kind"] == ADDRESS:
        return ", ".join(str(body[part]).upper() for part in TEXT if body[part])
    return str(body.get("domain_name") or body.get("phone_number") or body.get("friendly_name"))


def _name(one: dict[str, Any], names: dict[str, str]) -> str:
    if not one["parent"]:
        return names[one["sid"]]
    return f"{names[one['parent']]}/{one['body'].get('username') or names[one['sid']]}"


def _fields(one: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    body, later = one["body"], time.time() + LATER
    plain = {key: names.get(str(value), value) for key, value in body.items() if not key.startswith("_")}
    if one["kind"] == NUMBER:
        held = emergency.attached(body, later)
        plain["911"] = (emergency.status(body, later), names.get(held, held))
        del plain["emergency_address_sid"]
    return plain


@dataclass(frozen=True)
class Files:
    """The files of the desired state."""

    estate: dict[str, Any]
    inventory: dict[str, Any]
    details: dict[str, Any]

    def dialplans(self, environment: str) -> str:
        return str(self.estate["environment"][environment]["dialplans"])


def of_files(directory: Path) -> Files:
    """Read the files of the desired state in a directory."""
    return Files(
        tomllib.loads((directory / "estate.toml").read_text()),
        json.loads((directory / "extensions.json").read_text()),
        tomllib.loads((directory / "clients.toml").read_text()),
    )


def differences(one: dict[Thing, Any], other: dict[Thing, Any]) -> tuple[str, ...]:
    """What is in one and not the same in the other, in words."""
    return tuple(_difference(thing, one.get(thing), other.get(thing)) for thing in _differing(one, other))


def _differing(one: dict[Thing, Any], other: dict[Thing, Any]) -> Iterable[Thing]:
    return (thing for thing in dict.fromkeys((*one, *other)) if one.get(thing) != other.get(thing))


def _difference(thing: Thing, one: dict[str, Any] | None, other: dict[str, Any] | None) -> str:
    name = " ".join(thing)
    if one is None or other is None:
        return f"{name} is {'there' if one is not None else 'missing'}"
    parts = (
        f"{key} {one.get(key)!r}, not {other.get(key)!r}" for key in one if one.get(key) != other.get(key)
    )
    return f"{name}: {'; '.join(parts)}"

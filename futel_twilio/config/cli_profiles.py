"""Read the profiles of the Twilio CLI."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from futel_twilio.errors import BadInput, CannotRead
from futel_twilio.files import reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OF_PROFILE = ("accountSid", "apiKey", "apiSecret", "region", "edge")


@dataclass(frozen=True)
class Profile:
    """One profile, as the file says it."""

    account_sid: str
    api_key: str
    api_secret: str = field(repr=False)
    region: str
    edge: str

    @property
    def is_whole(self) -> bool:
        return bool(self.account_sid and self.api_key and self.api_secret)


@dataclass(frozen=True)
class Config:
    """What the file says; empty where there is none.

    Attributes:
        is_there: whether there is such a file.
        active: the id of the active profile; empty where none is.
        profiles: the profiles by their ids, those of `projects` without a key.
        demands_profile: whether its owner wants each command to name its profile.
    """

    is_there: bool = False
    active: str = ""
    profiles: dict[str, Profile] = field(default_factory=dict)
    demands_profile: bool = False


def load(path: Path, called: str) -> Config:
    """Read the file; `called` is what to call it.

    Raises:
        BadInput: it cannot be read, or holds what none of those versions writes: each such field.
    """
    try:
        document = reading.read_json(path, called)
    except FileNotFoundError:
        return Config()
    if not isinstance(document, dict):
        raise CannotRead(called, "not a JSON object", "Name other credentials, or make it again.", "JSON")
    faults = [*_faults_of(document)]
    if faults:
        raise BadInput(
            f"The Twilio CLI's file {called} holds what the Twilio CLI does not write.",
            "Make the profile again with `twilio profiles:create`, or name other credentials.",
            tuple(faults),
        )
    edge = _text(document, "edge")
    old = {str(one["id"]).strip(): one for one in document.get("projects") or ()}
    tables = {**old, **(document.get("profiles") or {})}
    return Config(
        is_there=True,
        active=_text(document, "activeProject"),
        profiles={name: _profile(table, edge) for name, table in tables.items()},
        demands_profile=bool(document.get("requireProfileInput")),
    )


def _profile(table: dict[str, Any], edge: str) -> Profile:
    sid, key, secret, region, own_edge = (_text(table, name) for name in OF_PROFILE)
    return Profile(sid, key, secret, region, own_edge or edge)


def _text(table: dict[str, Any], name: str) -> str:
    return str(table.get(name) or "").strip()


def _faults_of(document: dict[str, Any]) -> Iterator[str]:
    """Each field that is of another kind than any version writes; null is as good as nothing."""
    yield from _not_text("", document, ("edge", "activeProject"))
    profiles, projects = document.get("profiles"), document.get("projects")
    if profiles is not None and not isinstance(profiles, dict):
        yield "profiles: not a table"
    if projects is not None and not isinstance(projects, list):
        yield "projects: not a list"
    for name, table in profiles.items() if isinstance(profiles, dict) else ():
        yield from _faults_of_table(f"profiles.{name}", table, OF_PROFILE)
    for place, table in enumerate(projects if isinstance(projects, list) else ()):
        yield from _faults_of_table(f"projects.{place}", table, ("id", "accountSid", "region"))
        if isinstance(table, dict) and not table.get("id"):
            yield f"projects.{place}.id: missing"


def _faults_of_table(place: str, table: Any, names: tuple[str, ...]) -> Iterator[str]:
    if isinstance(table, dict):
        yield from _not_text(f"{place}.", table, names)
    else:
        yield f"{place}: not a table"


def _not_text(place: str, table: dict[str, Any], names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        if not isinstance(table.get(name, ""), str | None):
            yield f"{place}{name}: not text"

"""What may become of a thing: made, changed or taken away; and how far a command reaches.

Pure. What a change means is asked of it here: whether it buys, renews a password, or moves what 911 is told;
what is otherwise by now than it was planned from; and the change that would put it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from futel_twilio.kinds import KINDS, Kind, kind_of
from futel_twilio.model import PROD, Credential, Estate, Mapping, Noun, PhoneNumber

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "password"  # noqa: S105  # the name of what a rotation changes


@dataclass(frozen=True)
class Create:
    """A thing that is wished for and is not there."""

    after: Noun

    @property
    def noun(self) -> Noun:
        return self.after


@dataclass(frozen=True)
class Update:
    """A thing that is there with other settings than wished; `settings` names those that differ."""

    before: Noun
    after: Noun
    settings: tuple[str, ...]

    @property
    def noun(self) -> Noun:
        return self.after

    def values(self) -> Iterator[tuple[str, Any, Any]]:
        """Each setting that differs, with its value before and after; a password, which nobody sees, is left out."""
        for name in self.settings:
            if name != PASSWORD:
                yield name, getattr(self.before, name), getattr(self.after, name)


@dataclass(frozen=True)
class Delete:
    """A thing that is there, is not wished for, and was named to be taken away."""

    before: Noun

    @property
    def noun(self) -> Noun:
        return self.before


Change: TypeAlias = Create | Update | Delete
Plan: TypeAlias = tuple[Change, ...]


@dataclass(frozen=True)
class Scope:
    """How far a command reaches.

    Attributes:
        kinds: the kinds of thing that it may touch.
        environments: the environments that it may touch; all if None.
        creates: whether it may make what is missing; if not, a missing thing is refused.
        settings: the settings that it may change; all if None.
        remove: names of things to take away.
        allow_911_loss: names of SIP domains, clients or numbers that may lose emergency calling.
        buys: numbers that may be bought, which costs money; a missing one that is not named is refused.
        take_over: numbers that may be taken from another application or a trunk.
        rotate: names of credentials that get a new password.
        as_one: all of it or nothing: prod first and together, and moved back if any of it fails.
    """

    kinds: tuple[Kind, ...] = KINDS
    environments: tuple[str, ...] | None = None
    creates: bool = True
    settings: frozenset[str] | None = None
    remove: tuple[str, ...] = ()
    allow_911_loss: tuple[str, ...] = ()
    buys: tuple[str, ...] = ()
    take_over: tuple[str, ...] = ()
    rotate: tuple[str, ...] = ()
    as_one: bool = False

    def covers(self, noun: Noun) -> bool:
        shared = not noun.environment
        return kind_of(noun) in self.kinds and (
            shared or self.environments is None or noun.environment in self.environments
        )


def thing(change: Change) -> tuple[type, str]:
    """What a change is about: the kind of thing and its name."""
    return type(change.noun), change.noun.name


def asks_first(plan: Plan) -> tuple[str, ...]:
    """Why a person must be asked before this plan is applied; empty where nobody needs to be."""
    reasons = []
    if any(change.noun.environment == PROD for change in plan):
        reasons.append("it touches prod")
    if any(_takes_away(change) for change in plan):
        reasons.append("it takes something away")
    if any(buys(change) for change in plan):
        reasons.append("it buys a phone number")
    if any(moves_911(change) for change in plan):
        reasons.append("a phone has no 911 while its address is changed")
    if any(renews(change) for change in plan):
        reasons.append("a phone is cut off until it has its new password")
    return tuple(reasons)


def buys(change: Change) -> bool:
    """Whether a change buys a phone number."""
    return isinstance(change, Create) and isinstance(change.after, PhoneNumber)


def renews(change: Change) -> bool:
    """Whether a change gives a credential a new password."""
    return isinstance(change, Update) and PASSWORD in change.settings


def moves_911(change: Change) -> bool:
    """Whether a number that tells 911 one address is to tell it another: in between it tells none."""
    if not isinstance(change, Update) or "emergency_address" not in change.settings:
        return False
    before, after = change.before, change.after
    return (
        isinstance(before, PhoneNumber)
        and isinstance(after, PhoneNumber)
        and bool(before.emergency_address and after.emergency_address)
    )


def makes_password(change: Change) -> bool:
    """Whether a change gives a credential a password."""
    is_new = isinstance(change, Create) or (isinstance(change, Update) and PASSWORD in change.settings)
    return is_new and isinstance(change.noun, Credential)


def lets_go_of_911(change: Change) -> bool:
    """Whether a change takes off a number the address that it tells 911, be it to put another on."""
    if isinstance(change, Create) or not isinstance(change.before, PhoneNumber):
        return False
    return bool(change.before.emergency_address) and (
        isinstance(change, Delete) or "emergency_address" in change.settings
    )


def changed_since(change: Change, now: Estate) -> tuple[tuple[str, Any, Any], ...]:
    """What is otherwise by now than a change was planned from: setting, as planned from, as it is.

    Nothing where it is a create, or a mapping, which is there or not.
    """
    if isinstance(change, Create) or isinstance(change.before, Mapping):
        return ()
    there = next(
        (n for n in now.nouns() if type(n) is type(change.before) and n.name == change.noun.name), None
    )
    if there is None:
        return () if isinstance(change, Delete) else (("it", "there", "gone"),)
    names = kind_of(there).settings or kind_of(there).reported
    pairs = ((name, getattr(change.before, name), getattr(there, name)) for name in names)
    return tuple(
        (name, planned, found)
        for name, planned, found in pairs
        if found not in (planned, _wanted(change, name))
    )


def _wanted(change: Change, name: str) -> Any:
    """What a change wants of a setting: where it is so already, that is our own write, seen late before."""
    is_ours = isinstance(change, Update) and name in change.settings and name != PASSWORD
    return getattr(change.noun, name) if is_ours else None


def putting_back(change: Change, now: Estate, *, perhaps: bool = False) -> Update | None:
    """The change that puts back what an update wrote, as far as it stands; None where nothing of it does.

    Where it may stand although the reading says that all is as before (`perhaps`), since a reading may be late,
    that is put back too: it does no harm where nothing was written.
    """
    if not isinstance(change, Update):
        return None
    there = next(
        (n for n in now.nouns() if type(n) is type(change.before) and n.name == change.noun.name), None
    )
    if there is None:
        return None
    sides = (change.after, change.before) if perhaps else (change.after,)
    ours = tuple(
        name for name in change.settings if getattr(there, name) in [getattr(side, name) for side in sides]
    )
    return Update(there, change.before, ours) if ours else None


def _takes_away(change: Change) -> bool:
    if isinstance(change, Update):
        return any(before and (not after) for _name, before, after in change.values())
    return isinstance(change, Delete)

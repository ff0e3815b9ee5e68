"""Changes (create, update, delete), the scope of a command, and what a change does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from futel_twilio.resources.phones import Credential, PhoneNumber
from futel_twilio.resources.types import VOICE_TYPES, ResourceType, type_of
from futel_twilio.resources.voice import PROD, CredentialListMapping

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from futel_twilio.resources.state import AccountState, Resource


@dataclass(frozen=True)
class ManualSteps:
    """What a snapshot has and no command here writes.

    Attributes:
        by_hand: what differs, and what you must do about it.
        notes: what else you must know.
    """

    by_hand: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


PASSWORD = "password"  # noqa: S105  # the name of what a rotation changes


@dataclass(frozen=True)
class Create:
    """A resource that is desired and missing."""

    after: Resource

    @property
    def resource(self) -> Resource:
        return self.after


@dataclass(frozen=True)
class Update:
    """A resource that differs from the desired state; `changed_fields` names the fields."""

    before: Resource
    after: Resource
    changed_fields: tuple[str, ...]

    @property
    def resource(self) -> Resource:
        return self.after

    def values(self) -> Iterator[tuple[str, Any, Any]]:
        """Each setting that differs, with its value before and after; a password, which nobody sees, is left out."""
        for name in self.changed_fields:
            if name != PASSWORD:
                yield name, getattr(self.before, name), getattr(self.after, name)


@dataclass(frozen=True)
class Delete:
    """A resource that is not desired, and that a flag names for deletion."""

    before: Resource

    @property
    def resource(self) -> Resource:
        return self.before


Change: TypeAlias = Create | Update | Delete
Changes: TypeAlias = tuple[Change, ...]


@dataclass(frozen=True)
class Scope:
    """How far a command reaches.

    Attributes:
        resource_types: the kinds of thing that it may touch.
        environments: the environments that it may touch; all if None.
        allow_create: whether it may make what is missing; if not, a missing thing is refused.
        only_fields: the settings that it may change; all if None.
        remove: names of things to take away.
        allow_911_loss: names of SIP domains, clients or numbers that may lose emergency calling.
        purchase: numbers that may be bought, which costs money; a missing one that is not named is refused.
        take_over: numbers that may be taken from another application or a trunk.
        rotate_passwords: names of credentials that get a new password.
        atomic: all of it or nothing: prod first and together, and moved back if any of it fails.
    """

    resource_types: tuple[ResourceType, ...] = VOICE_TYPES
    environments: tuple[str, ...] | None = None
    allow_create: bool = True
    only_fields: frozenset[str] | None = None
    remove: tuple[str, ...] = ()
    allow_911_loss: tuple[str, ...] = ()
    purchase: tuple[str, ...] = ()
    take_over: tuple[str, ...] = ()
    rotate_passwords: tuple[str, ...] = ()
    atomic: bool = False

    def covers(self, resource: Resource) -> bool:
        shared = not resource.environment
        return type_of(resource) in self.resource_types and (
            shared or self.environments is None or resource.environment in self.environments
        )


def identity_of(change: Change) -> tuple[type, str]:
    """What a change is about: the kind of thing and its name."""
    return type(change.resource), change.resource.name


def reasons_to_confirm(plan: Changes, prod_applications: Collection[str] = ()) -> tuple[str, ...]:
    """Why you are asked before this plan is applied; empty if you are not.

    Args:
        plan: the changes.
        prod_applications: the names of prod's TwiML applications. A number that uses one, before or after a
            change, belongs to prod: the account itself holds no environment.
    """
    reasons = []
    if any(_touches_prod(change, prod_applications) for change in plan):
        reasons.append("it changes prod")
    if any(is_removal(change) for change in plan):
        reasons.append("it removes something")
    if any(is_purchase(change) for change in plan):
        reasons.append("it buys a phone number")
    if any(moves_911(change) for change in plan):
        reasons.append("a phone has no 911 while its address is changed")
    if any(is_rotation(change) for change in plan):
        reasons.append("a phone is cut off until it has its new password")
    return tuple(reasons)


def _touches_prod(change: Change, prod_applications: Collection[str]) -> bool:
    sides = [side for name in ("before", "after") if (side := getattr(change, name, None)) is not None]
    return any(
        side.environment == PROD
        or (
            isinstance(side, PhoneNumber)
            and {side.voice_application, side.sms_application} & {*prod_applications}
        )
        for side in sides
    )


def is_purchase(change: Change) -> bool:
    """Whether a change buys a phone number."""
    return isinstance(change, Create) and isinstance(change.after, PhoneNumber)


def is_rotation(change: Change) -> bool:
    """Whether a change gives a credential a new password."""
    return isinstance(change, Update) and PASSWORD in change.changed_fields


def moves_911(change: Change) -> bool:
    """Whether a number that tells 911 one address is to tell it another: in between it tells none."""
    if not isinstance(change, Update) or "emergency_address" not in change.changed_fields:
        return False
    before, after = change.before, change.after
    return (
        isinstance(before, PhoneNumber)
        and isinstance(after, PhoneNumber)
        and bool(before.emergency_address and after.emergency_address)
    )


def makes_password(change: Change) -> bool:
    """Whether a change gives a credential a password."""
    is_new = isinstance(change, Create) or (isinstance(change, Update) and PASSWORD in change.changed_fields)
    return is_new and isinstance(change.resource, Credential)


def detaches_911(change: Change) -> bool:
    """Whether a change takes off a number the address that it tells 911, be it to put another on."""
    if isinstance(change, Create) or not isinstance(change.before, PhoneNumber):
        return False
    return bool(change.before.emergency_address) and (
        isinstance(change, Delete) or "emergency_address" in change.changed_fields
    )


def changed_since(change: Change, now: AccountState) -> tuple[tuple[str, Any, Any], ...]:
    """What is otherwise by now than a change was planned from: setting, as planned from, as it is.

    Nothing where it is a create, or a mapping, which is there or not.
    """
    if isinstance(change, Create) or isinstance(change.before, CredentialListMapping):
        return ()
    there = next(
        (n for n in now.resources() if type(n) is type(change.before) and n.name == change.resource.name),
        None,
    )
    if there is None:
        return () if isinstance(change, Delete) else (("it", "there", "gone"),)
    names = type_of(there).mutable_fields or type_of(there).read_only_fields
    pairs = ((name, getattr(change.before, name), getattr(there, name)) for name in names)
    return tuple(
        (name, planned, found)
        for name, planned, found in pairs
        if found not in (planned, desired_value(change, name))
    )


def desired_value(change: Change, name: str) -> Any:
    """The value that a change sets. If the account has it already, our write became visible late."""
    is_ours = isinstance(change, Update) and name in change.changed_fields and name != PASSWORD
    return getattr(change.resource, name) if is_ours else None


def inverse_of(change: Change, now: AccountState, *, perhaps: bool = False) -> Update | None:
    """The change that puts back what an update wrote, as far as it stands; None where nothing of it does.

    Where it may stand although the reading says that all is as before (`perhaps`), since a reading may be late,
    that is put back too: it does no harm where nothing was written.
    """
    if not isinstance(change, Update):
        return None
    there = next(
        (n for n in now.resources() if type(n) is type(change.before) and n.name == change.resource.name),
        None,
    )
    if there is None:
        return None
    sides = (change.after, change.before) if perhaps else (change.after,)
    ours = tuple(
        name
        for name in change.changed_fields
        if getattr(there, name) in [getattr(side, name) for side in sides]
    )
    return Update(there, change.before, ours) if ours else None


def is_removal(change: Change) -> bool:
    if isinstance(change, Update):
        return any(before and (not after) for _name, before, after in change.values())
    return isinstance(change, Delete)

"""Compare desired and current state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from futel_twilio.plan.changes import (
    PASSWORD,
    Change,
    Changes,
    Create,
    Delete,
    Scope,
    Update,
    identity_of,
    is_rotation,
)
from futel_twilio.plan.guards import named, refuse_duplicates, refuse_missing, refuse_numbers, refuse_removals
from futel_twilio.resources.phones import Credential, PhoneNumber
from futel_twilio.resources.types import type_of
from futel_twilio.resources.voice import CredentialListMapping, IpMapping, SipDomain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from futel_twilio.resources.state import AccountState, Resource


def diff(desired: AccountState, current: AccountState, scope: Scope | None = None) -> Changes:
    """The changes that bring the account to the desired state, owners before what they own.

    Raises:
        BadInput: a name to remove is missing from the account, or still in the files.
        Refused: two things have one name; an owner is missing; a command that only updates finds nothing.
    """
    scope = scope or Scope()
    wanted = [resource for resource in desired.resources() if scope.covers(resource)]
    refuse_duplicates(wanted, current)
    found = {(type(resource), resource.name): resource for resource in current.resources()}
    changes = [change for resource in wanted if (change := _change(resource, found, scope))]
    refuse_missing(changes, found, scope)
    refuse_numbers(changes, desired, scope)
    return (*changes, *_removals(desired, current, scope))


def unmanaged(
    desired: AccountState,
    current: AccountState,
    scope: Scope | None = None,
    plan: Changes = (),
    wanted: AccountState | None = None,
) -> tuple[Resource, ...]:
    """What the account holds beyond the desired state and the plan: reported, and left alone unless named.

    What a command works towards (`wanted`) may be missing from the files as yet.
    """
    scope = scope or Scope()
    named = (
        *desired.resources(),
        *(wanted.resources() if wanted else ()),
        *(change.resource for change in plan),
    )
    known = {(type(resource), resource.name) for resource in named}
    return tuple(
        resource
        for resource in current.resources()
        if (type(resource), resource.name) not in known and type_of(resource) in scope.resource_types
    )


def without_changes(plan: Changes, shown: Changes) -> Changes:
    """The changes of a plan about things that a plan shown before did not name."""
    named = {identity_of(change) for change in shown}
    return tuple(change for change in plan if identity_of(change) not in named)


def differences(desired: AccountState, current: AccountState, about: Collection[tuple[type, str]]) -> Changes:
    """How an account differs from the desired state in some resources, each named by its type and name."""
    found = {(type(resource), resource.name): resource for resource in current.resources()}
    wanted = (resource for resource in desired.resources() if (type(resource), resource.name) in about)
    return tuple(change for resource in wanted if (change := _change(resource, found, Scope())))


def remaining(scope: Scope, current: AccountState, done: Iterable[Change]) -> Scope:
    """A scope less the removals and the new passwords that have happened."""
    names = tuple(name for name in scope.remove if named(current, (name,)))
    renewed = {change.resource.name for change in done if is_rotation(change)}
    return replace(
        scope,
        remove=names,
        rotate_passwords=tuple(name for name in scope.rotate_passwords if name not in renewed),
    )


def _change(resource: Resource, found: dict[tuple[type, str], Resource], scope: Scope) -> Change | None:
    there = found.get((type(resource), resource.name))
    if there is None:
        return Create(resource)
    if isinstance(there, Credential):
        return Update(there, resource, (PASSWORD,)) if resource.name in scope.rotate_passwords else None
    differing = tuple(
        name
        for name in type_of(resource).mutable_fields
        if (scope.only_fields is None or name in scope.only_fields)
        and getattr(resource, name) is not None
        and getattr(resource, name) != getattr(there, name)
    )
    return Update(there, resource, differing) if differing else None


def _removals(desired: AccountState, current: AccountState, scope: Scope) -> Iterator[Delete]:
    doomed = [
        resource for resource in named(current, scope.remove) if type_of(resource) in scope.resource_types
    ]
    refuse_removals(desired, doomed, scope)
    domains = {resource.domain_name for resource in doomed if isinstance(resource, SipDomain)}
    mappings: tuple[CredentialListMapping | IpMapping, ...] = (*current.mappings, *current.ip_mappings)
    owned = [m for m in mappings if m.domain_name in domains and m not in doomed]
    for resource in sorted((*owned, *doomed), key=lambda one: -type_of(one).create_order):
        yield Delete(resource)


def in_sync(resource: Resource, desired: AccountState) -> str:
    wanted = next(
        (w for w in desired.resources() if type(w) is type(resource) and w.name == resource.name), None
    )
    if wanted is None:
        return "not in the inventory" if isinstance(resource, PhoneNumber) else "not in estate.toml"
    same = all(
        getattr(wanted, name) in (None, getattr(resource, name)) for name in type_of(resource).mutable_fields
    )
    return "yes" if same else "DIFFERS"

"""Combine the changes of several runs, and compute the changes that undo them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from futel_twilio.plan.changes import (
    Change,
    Changes,
    Create,
    Delete,
    Update,
    identity_of,
)
from futel_twilio.resources.phones import PhoneNumber
from futel_twilio.resources.types import type_of
from futel_twilio.resources.voice import (
    address_held,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from futel_twilio.apply.journal import Entry
    from futel_twilio.resources.state import Resource


def combined(entries: Iterable[Entry]) -> Changes:
    """What several runs did to each thing, as one change of it."""
    found: dict[tuple[type, str], Change] = {}
    for entry in entries:
        for change in entry.written:
            key = identity_of(change)
            joined = _joined(found.get(key), change)
            if joined is None:
                found.pop(key, None)
            else:
                found[key] = joined
    return tuple(found.values())


def _joined(first: Change | None, second: Change) -> Change | None:
    if first is None:
        return second
    before = None if isinstance(first, Create) else first.before
    after = None if isinstance(second, Delete) else second.after
    if before is None or after is None:
        return Create(after) if after else Delete(before) if before else None
    settings = [*getattr(first, "settings", ()), *getattr(second, "settings", ())]
    return Update(before, after, tuple(dict.fromkeys(settings)) or type_of(after).mutable_fields)


def inverse(change: Change) -> Change:
    if isinstance(change, Create):
        return Delete(change.after)
    if isinstance(change, Delete):
        return Create(_as_desired(change.before))
    # What Twilio holds has no environment; what the files say has one.
    before = replace(_as_desired(change.before), environment=change.after.environment)
    return Update(change.after, before, change.changed_fields)


def _as_desired(resource: Resource) -> Resource:
    """What was found, as a desired state: an address whose registration failed is registered again."""
    if isinstance(resource, PhoneNumber) and resource.emergency_address:
        return replace(resource, emergency_address=address_held(resource.emergency_address))
    return resource


def where_it_stands(change: Change, there: dict[tuple[type, str], Resource]) -> Change:
    """What brings a deleted thing back, as an update where the run was stopped before it deleted it.

    A number lets go of its 911 address before it is released, so it may stand there without one.
    """
    resource_type = type_of(change.resource)
    if isinstance(change, Create) and resource_type.mutable_fields and identity_of(change) in there:
        return Update(change.after, change.after, resource_type.mutable_fields)
    return change

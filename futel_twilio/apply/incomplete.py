"""Runs that were interrupted or stopped half-way: which they are, and which later run superseded them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.plan.changes import PASSWORD, Change, Changes, Delete, Scope, Update, identity_of
from futel_twilio.resources.types import type_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from futel_twilio.apply.journal import Entry
    from futel_twilio.resources.state import AccountState, Resource

HALF_DONE = frozenset({"cut off", "stopped"})


def incomplete_runs(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The incomplete runs, the latest first. A run that resumed or undoes others stands for them.

    The last run is one of them even where it had begun nothing: it can be finished, but left nothing half done.
    """
    standing = [entry for entry in entries if entry.state in {"done", "settled", *HALF_DONE}]
    for_others = {run for entry in standing for run in (*entry.resumes, *entry.reverts)}
    return tuple(
        entry
        for entry in reversed(entries)
        if entry.state in HALF_DONE
        and entry.run not in for_others
        and (entry.written or entry is entries[-1])
        and not _is_written_over(entry, entries)
    )


def _is_written_over(entry: Entry, entries: Iterable[Entry]) -> bool:
    """Whether later runs that ended well wrote each thing that a run had begun to write."""
    later = [
        change
        for one in entries
        if one.number > entry.number and one.state == "done" and not one.reverts
        for change in one.written
    ]

    def is_over(change: Change) -> bool:
        same = [one for one in later if identity_of(one) == identity_of(change)]
        if not isinstance(change, Update) or any(not isinstance(one, Update) for one in same):
            return bool(same)
        return {*change.changed_fields} <= {
            name for one in same if isinstance(one, Update) for name in one.changed_fields
        }

    return bool(entry.written) and all(map(is_over, entry.written))


def dependent_runs(chosen: Iterable[Entry], entries: Sequence[Entry]) -> list[Entry]:
    """All runs that must be undone together with some runs, oldest first.

    That is what they took up, the half-done runs that had begun to write the same things, and what wrote those since:
    the one without the other would leave them half this and half that.
    """
    found = {one.run: one for entry in chosen for one in chain_of(entry, entries)}
    waiting = incomplete_runs(entries)
    while more := [one for one in entries if one.run not in found and _belongs(one, found.values(), waiting)]:
        found |= {one.run: one for entry in more for one in chain_of(entry, entries)}
    return sorted(found.values(), key=lambda one: one.number)


def _belongs(entry: Entry, to: Collection[Entry], waiting: Collection[Entry]) -> bool:
    is_since = entry.state == "done" and any(entry.number > one.number for one in to)
    if entry.reverts or not (is_since or entry in waiting):
        return False
    things = {identity_of(change) for one in to for change in one.written}
    return any(identity_of(change) in things for change in entry.written)


def chain_of(entry: Entry, entries: Iterable[Entry]) -> list[Entry]:
    """An entry and the ones that it took up, and those that they took up, oldest first."""
    by_run = {one.run: one for one in entries}
    found, ahead = [entry], [*entry.resumes]
    while ahead:
        one = by_run.get(ahead.pop())
        if one is not None and one not in found:
            found.append(one)
            ahead += one.resumes
    return sorted(found, key=lambda one: one.number)


def superseded_by(
    waiting: Iterable[Entry], desired: AccountState, scope: Scope, before: AccountState, plan: Changes
) -> tuple[Entry, ...]:
    """The incomplete runs that a run supersedes if it succeeds: it sets everything that they began to set.

    Args:
        waiting: the incomplete runs, as `incomplete_runs` returns them.
        desired: the state that the run works towards.
        scope: how far it reaches.
        before: the current state as read for it.
        plan: what it changes.
    """
    wanted = {
        (type(resource), resource.name): resource
        for resource in desired.resources()
        if scope.covers(resource)
    }
    there = {(type(resource), resource.name) for resource in before.resources()}
    gone = {identity_of(change) for change in plan if isinstance(change, Delete)}

    def is_reached(change: Change) -> bool:
        key = identity_of(change)
        if isinstance(change, Delete):
            return (
                type_of(change.resource) in scope.resource_types
                and key not in wanted
                and (key in gone or key not in there)
            )
        resource = wanted.get(key)
        return resource is not None and (
            not isinstance(change, Update) or all_desired(change, resource, scope)
        )

    return tuple(entry for entry in waiting if entry.written and all(map(is_reached, entry.written)))


def all_desired(change: Update, resource: Resource, scope: Scope) -> bool:
    """Whether the desired resource has a value for each field that a change of it sets."""
    return all(
        resource.name in scope.rotate_passwords
        if name == PASSWORD
        else (scope.only_fields is None or name in scope.only_fields) and getattr(resource, name) is not None
        for name in change.changed_fields
    )

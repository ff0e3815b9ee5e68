"""The runs that never came to their end: which they are, and which of them a later run settles; pure.

A run that was cut off, or stopped half-way, is told until it is settled: finished or undone by `resume`, taken
back by `rollback`, or written over by a run that ended well and whose reach held all that it had begun.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.change import PASSWORD, Delete, Update, thing
from futel_twilio.kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from futel_twilio.change import Change, Plan, Scope
    from futel_twilio.journal import Entry
    from futel_twilio.model import Estate, Noun

HALF_DONE = frozenset({"cut off", "stopped"})


def among(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The runs that wait to be settled, the latest first; one that took up or undoes others stands for them.

    The last run is one of them even where it had begun nothing: it can be finished, but left nothing half done.
    """
    standing = [entry for entry in entries if entry.state in {"done", "settled", *HALF_DONE}]
    for_others = {run for entry in standing for run in (*entry.takes_up, *entry.takes_back)}
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
        if one.number > entry.number and one.state == "done" and not one.takes_back
        for change in one.written
    ]

    def is_over(change: Change) -> bool:
        same = [one for one in later if thing(one) == thing(change)]
        if not isinstance(change, Update) or any(not isinstance(one, Update) for one in same):
            return bool(same)
        return {*change.settings} <= {
            name for one in same if isinstance(one, Update) for name in one.settings
        }

    return bool(entry.written) and all(map(is_over, entry.written))


def entangled(chosen: Iterable[Entry], entries: Sequence[Entry]) -> list[Entry]:
    """All that has to be undone together with some runs, oldest first.

    That is what they took up, the half-done runs that had begun to write the same things, and what wrote those since:
    the one without the other would leave them half this and half that.
    """
    found = {one.run: one for entry in chosen for one in chain(entry, entries)}
    waiting = among(entries)
    while more := [one for one in entries if one.run not in found and _belongs(one, found.values(), waiting)]:
        found |= {one.run: one for entry in more for one in chain(entry, entries)}
    return sorted(found.values(), key=lambda one: one.number)


def _belongs(entry: Entry, to: Collection[Entry], waiting: Collection[Entry]) -> bool:
    is_since = entry.state == "done" and any(entry.number > one.number for one in to)
    if entry.takes_back or not (is_since or entry in waiting):
        return False
    things = {thing(change) for one in to for change in one.written}
    return any(thing(change) in things for change in entry.written)


def chain(entry: Entry, entries: Iterable[Entry]) -> list[Entry]:
    """An entry and the ones that it took up, and those that they took up, oldest first."""
    by_run = {one.run: one for one in entries}
    found, ahead = [entry], [*entry.takes_up]
    while ahead:
        one = by_run.get(ahead.pop())
        if one is not None and one not in found:
            found.append(one)
            ahead += one.takes_up
    return sorted(found, key=lambda one: one.number)


def settled_by(
    waiting: Iterable[Entry], wish: Estate, scope: Scope, before: Estate, plan: Plan
) -> tuple[Entry, ...]:
    """Those of the waiting runs that a run settles if it ends well: all that they began is as it wishes then.

    Args:
        waiting: as `among` gives them.
        wish: what the run wishes for.
        scope: how far it reaches.
        before: the account as it was read for it.
        plan: what it changes.
    """
    wished = {(type(noun), noun.name): noun for noun in wish.nouns() if scope.covers(noun)}
    there = {(type(noun), noun.name) for noun in before.nouns()}
    gone = {thing(change) for change in plan if isinstance(change, Delete)}

    def is_reached(change: Change) -> bool:
        key = thing(change)
        if isinstance(change, Delete):
            return (
                kind_of(change.noun) in scope.kinds
                and key not in wished
                and (key in gone or key not in there)
            )
        noun = wished.get(key)
        return noun is not None and (not isinstance(change, Update) or _all_wished(change, noun, scope))

    return tuple(entry for entry in waiting if entry.written and all(map(is_reached, entry.written)))


def _all_wished(change: Update, noun: Noun, scope: Scope) -> bool:
    """Whether a run that wishes for a thing has a wish for each setting that a change of it is about."""
    return all(
        noun.name in scope.rotate
        if name == PASSWORD
        else (scope.settings is None or name in scope.settings) and getattr(noun, name) is not None
        for name in change.settings
    )

"""Refuse to overwrite what somebody changed since a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.apply import incomplete
from futel_twilio.config import edits
from futel_twilio.errors import Refused
from futel_twilio.plan.changes import (
    PASSWORD,
    Change,
    Changes,
    Update,
    detaches_911,
    identity_of,
)
from futel_twilio.resources import labels
from futel_twilio.resources.voice import (
    address_held,
)
from futel_twilio.text import option

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from futel_twilio.apply.journal import Entry
    from futel_twilio.resources.state import AccountState, Resource
    from futel_twilio.workspace import Workspace


def refuse_running(entries: Sequence[Entry]) -> None:
    """Refuse to undo or finish anything while another run writes.

    Raises:
        Refused: one does.
    """
    if entries and entries[-1].state == "running":
        raise Refused(
            f"Another run is writing at this moment: {entries[-1].label}. Nothing was changed.",
            "Wait until it has ended, and look at `invoke history`.",
        )


def left_between(entries: Iterable[Entry]) -> frozenset[str]:
    """The numbers whose 911 address runs which never came to their end may have taken off, and no more."""
    begun = (change for entry in entries if entry.state in incomplete.HALF_DONE for change in entry.written)
    return frozenset(change.resource.name for change in begun if detaches_911(change))


def refuse_edited(planned: Sequence[edits.Edit], workspace: Workspace, force: Collection[str]) -> None:
    """Refuse to overwrite what somebody wrote into estate.toml since.

    Raises:
        Refused: a base URL there differs from the run's and from the target; both are shown.
    """
    name = workspace.estate_file.name
    ours: dict[str, dict[str, None]] = {}
    for edit in planned:
        if isinstance(edit, edits.DialplanEdit):
            ours.setdefault(edit.environment, {}).update(dict.fromkeys((edit.before, edit.after)))
    news = [
        f"{name}  environment.{environment}.dialplans: {next(iter(urls))} by that run, {said} now"
        for environment, urls in ours.items()
        if (said := edits.dialplans_in(workspace.estate_file, environment)).rstrip("/")
        not in {url.rstrip("/") for url in urls}
    ]
    if news and name not in force:
        raise Refused(
            f"Somebody changed {name} since. Nothing was changed.",
            f"To overwrite it anyway, add {option('--force', name)} to the command.",
            tuple(news),
        )


def refuse_changed(
    changes: Changes,
    now: AccountState,
    between: Collection[str],
    force: Collection[str],
    known: Sequence[Change],
    *,
    undoes: bool,
) -> None:
    """Refuse what somebody changed since: what differs from both the run's result and the target.

    A number in `between` may tell 911 no address: the run was cut off after it took one off.
    """
    there = {(type(resource), resource.name): resource for resource in now.resources()}
    when = "after that run" if undoes else "before that run"
    news = {
        change.resource.name: _news(change, there.get(identity_of(change)), when, between, known)
        for change in changes
        if isinstance(change, Update) and change.resource.name not in force
    }
    changed = [name for name, lines in news.items() if lines]
    if changed:
        how = "restored" if undoes else "overwritten"
        flags = " ".join(option("--force", name) for name in changed)
        raise Refused(
            "Somebody changed this since. Nothing was changed.",
            f"To have it {how} anyway, add {flags} to the command.",
            tuple(line for lines in news.values() for line in lines),
        )


def _news(
    change: Update, found: Resource | None, when: str, between: Collection[str], known: Iterable[Change]
) -> tuple[str, ...]:
    """What somebody changed of a thing since, one line each."""
    if found is None:
        return (f"{labels.resource_title(change.resource)}  it: there {when}, gone now",)
    return tuple(
        f"{labels.resource_title(change.resource)}  "
        f"{name}: {labels.format_field(getattr(change.before, name))} {when}, "
        f"{labels.format_field(getattr(found, name))} now"
        for name in change.changed_fields
        if name != PASSWORD and not _is_ours(found, name, change, between, known)
    )


def _is_ours(
    found: Resource, name: str, change: Update, between: Collection[str], known: Iterable[Change]
) -> bool:
    """Whether a run of ours can have left a setting so; `known` are the single changes that it was made of."""
    same = [one for one in known if identity_of(one) == identity_of(change)]
    sides = [side for one in (change, *same) for side in _sides(one)]
    value, left = getattr(found, name), [getattr(side, name) for side in sides]
    if name != "emergency_address":
        return value in left
    # Twilio registers an address in its own time. How that ends is nobody's change: it is still ours, if it failed.
    address = address_held(value)
    none_is_ours = change.resource.name in between or address != value
    return address in map(address_held, left) or (not address and none_is_ours)


def _sides(change: Change) -> tuple[Resource, ...]:
    """A resource before and after a change, where it existed."""
    return tuple(getattr(change, side) for side in ("before", "after") if hasattr(change, side))

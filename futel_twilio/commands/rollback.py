"""Undo the last run, or all runs from an entry of the history on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.apply import incomplete
from futel_twilio.apply.history import history
from futel_twilio.commands.recovery.conflicts import refuse_running
from futel_twilio.commands.recovery.replay import Recovery, undo_runs
from futel_twilio.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Collection

    from futel_twilio.apply.journal import Entry
    from futel_twilio.apply.result import RunOptions
    from futel_twilio.workspace import Workspace


def entry_number(text: str | None) -> int | None:
    """The number of an entry, as it is typed.

    Raises:
        BadInput: it is none.
    """
    if text is None:
        return None
    if not text.isdecimal():
        raise BadInput(f"{text!r} is not the number of an entry.", "`invoke history` shows them.")
    return int(text)


def rollback(
    workspace: Workspace,
    to: int | None = None,
    force: Collection[str] = (),
    allow_911_loss: Collection[str] = (),
    options: RunOptions | None = None,
) -> Recovery:
    """Undo the last command, or all commands from an entry of the history on.

    Args:
        workspace: the account and your files, which are updated too.
        to: the entry to go back before; the last one that is not undone yet if None.
        force: names of things that are put back although somebody changed them since.
        allow_911_loss: as for `invoke apply`.
        options: callbacks to confirm and to report progress.

    Raises:
        BadInput: there is no such entry.
        Refused: somebody changed since what would be restored; both are shown.
        PartiallyApplied: as `converge`.
    """
    entries = history(workspace)
    refuse_running(entries)
    doomed = runs_to_revert(entries, to)
    if not doomed:
        return Recovery(None)
    return undo_runs(workspace, doomed, force, allow_911_loss, options, or_refuse=True)


def runs_to_revert(entries: tuple[Entry, ...], to: int | None) -> list[Entry]:
    """The entries to undo, oldest first."""
    standing = [
        e
        for e in entries
        if e.state in {"done", *incomplete.HALF_DONE}
        and not e.reverts
        and (e.changes or e.edits or e.resumes)
    ]
    if to is not None:
        _refuse_number(to, standing, entries)
    last = standing[-1:] if to is None else [entry for entry in standing if entry.number >= to]
    return incomplete.dependent_runs(last, entries)


def _refuse_number(to: int, standing: list[Entry], entries: tuple[Entry, ...]) -> None:
    """Refuse the number of an entry that cannot be undone, with what it is.

    Raises:
        BadInput: it is none, or of one that is undone already, or that undid others itself.
    """
    entry = next((entry for entry in entries if entry.number == to), None)
    if entry in standing or (entry and entry.state == "settled"):
        return
    why = "the history has none of that number"
    if entry:
        why = f"it was {entry.state}" if entry.state != "nothing written" else "it wrote nothing"
        if entry.reverts:
            why = f"it undid others itself (`invoke {entry.command}`)"
    raise BadInput(
        f"Entry {to} cannot be undone: {why}.",
        "`invoke history` shows them with their numbers. What was rolled back comes again by its own command.",
    )

"""Finish an interrupted run, or undo it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.apply import incomplete
from futel_twilio.apply.history import history
from futel_twilio.apply.journal import RunLinks
from futel_twilio.commands.recovery.conflicts import left_between, refuse_running
from futel_twilio.commands.recovery.replay import Recovery, Replay, replay, undo_runs

if TYPE_CHECKING:
    from collections.abc import Collection

    from futel_twilio.apply.result import RunOptions
    from futel_twilio.workspace import Workspace


def resume(
    workspace: Workspace,
    *,
    undo: bool = False,
    force: Collection[str] = (),
    allow_911_loss: Collection[str] = (),
    options: RunOptions | None = None,
) -> Recovery:
    """Finish what a killed or stopped run left half done, or put it back.

    Args:
        workspace: the account and your files, which are updated too.
        undo: put it back.
        force: as for `rollback`.
        allow_911_loss: as for `invoke apply`.
        options: callbacks to confirm and to report progress.

    Raises:
        Refused: somebody changed since what it was about; both are shown.
        PartiallyApplied: as `converge`.
    """
    entries = history(workspace)
    refuse_running(entries)
    last = next(iter(incomplete.incomplete_runs(entries)), None)
    if last is None:
        return Recovery(None)
    begun = incomplete.chain_of(last, entries)
    if undo:
        return undo_runs(workspace, incomplete.dependent_runs(begun, entries), force, allow_911_loss, options)
    words = (f"Finishes {last.label}, which was {last.state}.",)
    earlier = RunLinks(reverts=last.reverts, resumes=(last.run,), labels=words)
    known = [change for entry in begun for change in entry.changes]
    asked = Replay(
        last.changes, list(last.edits), earlier, left_between(begun), force, allow_911_loss, known=known
    )
    return replay(workspace, asked, options)

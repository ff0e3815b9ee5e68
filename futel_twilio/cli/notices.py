"""Say which runs wait to be finished, before a command and where one is interrupted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.apply import history, incomplete
from futel_twilio.cli.console import print_lines
from futel_twilio.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from futel_twilio.apply.journal import Entry
    from futel_twilio.cli.session import Session

FINISH_OR_UNDO = ("  To finish it: `invoke resume`", "  To take back what it did: `invoke resume --undo`")
INCOMPLETE_STATES = {"cut off": "cut off", "stopped": "stopped half-way"}
RECOVERY_COMMANDS = frozenset({"resume", "rollback"})


def print_incomplete_runs(session: Session) -> None:
    """Name the runs that were cut off or stopped half-way, before the command does anything.

    Raises:
        BadInput: a recovery cannot read the history.
    """
    journal = history.journal_of(session.workspace)
    try:
        entries = history.history(session.workspace, journal)
    except BadInput as error:  # a command that only reads goes on; one that writes is refused later
        if session.command in RECOVERY_COMMANDS:
            raise
        print_lines(f"! {error.message}", stderr=True)
        return
    if session.command in RECOVERY_COMMANDS and journal.torn:
        print_lines(
            f"({journal.torn} of the lines of the history cannot be read, and are passed over)", stderr=True
        )
    if entries and entries[-1].state == "running":
        session.say(f"{entries[-1].label} is being carried out at this moment.", stderr=True)
    # `resume` itself names the run that it takes up: the latest.
    waiting = incomplete.incomplete_runs(entries)[1 if session.command == "resume" else 0 :]
    runs = [entry for entry in waiting if entry.written or entry.state == "cut off"]
    if runs:
        session.say(*_incomplete_lines(runs, session.command), stderr=True)


def _incomplete_lines(runs: Sequence[Entry], command: str) -> Iterator[str]:
    """Name the runs that wait, the latest first, and what to do about them."""
    if len(runs) == 1:
        entry, _, details = runs[0].label.partition(" (")
        yield f"! {entry} was {INCOMPLETE_STATES[runs[0].state]}:"
        yield f"  {details.removesuffix(')')}"
        yield from FINISH_OR_UNDO
        return
    many = f"{len(runs)} earlier runs" if command == "resume" else f"{len(runs)} runs"
    yield f"! {many} were left half done (`invoke history` lists them)."
    if command == "resume":
        yield "  Run `invoke resume` again for each."
    else:
        yield "  To finish the latest: `invoke resume`"
        yield "  To take back the latest: `invoke resume --undo`"
        yield "  Then do the same for the next."


def print_interrupted(session: Session, without_911: Sequence[str]) -> None:
    """Say what an interrupted command may have left at Twilio, and what to do about it."""
    session.spinner.stop()
    begun = incomplete.incomplete_runs(history.history(session.workspace)) if session.writes else ()
    half_done = next((one for one in begun if one.written), None)
    lines = ["Interrupted. Nothing was written at Twilio."]
    if half_done:
        many = f"{len(half_done.written)} of {len(half_done.changes)} changes may have been made"
        lines = [f"Interrupted half-way: {many}.", *FINISH_OR_UNDO]
    lines += [f"! {number} has no 911 address at this moment." for number in without_911]
    session.say(*lines, stderr=True)

"""Say what a command did on the twin of the account, and what the account would hold after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.plan.describe import describe_change

if TYPE_CHECKING:
    from futel_twilio.cli.session import Session
    from futel_twilio.snapshots.twin import Twin

UNTOUCHED = "This ran on a twin of the account: nothing was changed at Twilio, and no file of yours."


def change_lines(twin: Twin) -> list[str]:
    """What the account would hold otherwise, one line for each change."""
    return [describe_change(change) for change in twin.changes()]


def print_twin(session: Session, twin: Twin) -> None:
    """Say it; nothing on stdout with --json, since the document has it."""
    session.spinner.stop()
    if session.options.json:
        session.say(UNTOUCHED, stderr=True)
        return
    lines = change_lines(twin)
    title = (
        "The account would differ from today in this:" if lines else "The account would be as it is today."
    )
    session.say("", title, *(f"  {line}" for line in lines), UNTOUCHED)

"""Print what a command found or did, as text or JSON, and exit with its code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.exceptions import Exit

from futel_twilio.cli import tables, views
from futel_twilio.cli.console import FINDINGS, REFUSED, print_json, print_lines, print_table
from futel_twilio.cli.password_output import passwords_as_json
from futel_twilio.plan.describe import describe_change
from futel_twilio.snapshots.document import counts
from futel_twilio.text import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.apply.result import Result
    from futel_twilio.cli.options import Options
    from futel_twilio.cli.session import Session
    from futel_twilio.commands.doctor import Finding
    from futel_twilio.commands.history import History
    from futel_twilio.commands.listing import Listing
    from futel_twilio.commands.recovery.replay import Recovery
    from futel_twilio.rehearsal.runner import Rehearsal
    from futel_twilio.resources.labels import Tabular
    from futel_twilio.snapshots.capture import SnapshotFile
    from futel_twilio.snapshots.twin import Twin

UNTOUCHED = "This ran on a twin of the account: nothing was changed at Twilio, and no file of yours."
# The columns whose values may take two lines.
FOLDS = frozenset({"address", "device", "name", "phones", "numbers"})
ATOMIC_COMMANDS = frozenset({"promote", "update", "update-applications", "update-domains"})
NOTHING_TO_RECOVER = {
    "rollback": "Nothing to roll back: no command of the history changed anything that still stands.",
    "resume": "Nothing to resume: no run was left half done.",
}


def print_history(history: History, flags: Options) -> None:
    """Print the history, and on stderr its account if that is not the account of the credentials."""
    print_lines(*map(flags.complete, history.notes), stderr=True)
    if flags.json:
        print_json(history.rows)
    else:
        print_table(history.table)


def print_findings(findings: Iterator[Finding], flags: Options) -> None:
    """Print what the doctor found; exit with 2 if something is not well."""
    found = list(findings)
    if flags.json:
        print_json(
            flags.completed([{"about": f.subject, "well": f.ok, "says": "\n".join(f.lines)} for f in found])
        )
    else:
        for finding in found:
            first, *rest = map(flags.complete, finding.lines)
            print_lines(f"{'ok  ' if finding.ok else '! NO'} {finding.subject}: {first}", *rest)
    if not all(finding.ok for finding in found):
        raise Exit(code=REFUSED)


def print_rehearsal(session: Session, rehearsed: Rehearsal) -> None:
    """Say how the dialplans answered; exit with 1 if calls would fail or forged requests are believed."""
    session.spinner.stop()
    if session.options.json:
        session.say_json(views.rehearsal_as_json(rehearsed))
    else:
        session.say(*views.rehearsal_lines(rehearsed), *views.rehearsal_next_steps(rehearsed))
    if rehearsed.at("failed", "finding"):
        raise Exit(code=FINDINGS)


def finish_plan(session: Session, result: Result) -> None:
    """Finish `plan`, and say that it did not look at the phones themselves."""
    if session.workspace.desired.clients and not session.options.json and not session.options.only:
        environment = quoted(session.options.env or "ENV")
        session.say(
            "(credentials, numbers and 911 addresses of phones are not in this:",
            f"`invoke sync-clients --env {environment} --dry-run` looks at those)",
        )
    finish(session, result)


def finish(session: Session, result: Result) -> None:
    """Say how a command ended.

    Raises:
        Exit: with 1 if a dry run found something to do, or if steps are left for you.
    """
    session.spinner.stop()
    if session.options.json:
        session.say_json(views.result_as_json(result) | passwords_as_json(session))
        session.passwords = None
    else:
        how = (
            "the same command without --dry-run"
            if session.options.dry_run
            else f"`invoke apply{session.options.again}`"
        )
        session.say(*views.result_lines(result, how))
        if result.entry and session.command in ATOMIC_COMMANDS:
            session.say("To undo it: `invoke rollback`")
    manual_steps = result.plan.manual_steps
    is_to_do = result.plan.changes or result.plan.files_to_edit
    if (is_to_do and not result.applied) or (manual_steps and manual_steps.by_hand):
        raise Exit(code=FINDINGS)


def print_snapshot(session: Session, saved: SnapshotFile) -> None:
    """Say where the snapshot is, what it holds, and what could not be read."""
    session.spinner.stop()
    held = counts(saved.document)
    if session.options.json:
        not_read = saved.document["beyond"]["not_read"]
        found = {"file": str(saved.path), "account": session.workspace.api.connection.account_sid}
        session.say_json({**found, "holds": held, "not_read": not_read, "requests": saved.requests})
    else:
        session.say(*views.snapshot_lines(saved, held))


def finish_recovery(session: Session, recovery: Recovery) -> None:
    """Say what a rollback or resume did, and what it cannot bring back."""
    if recovery.outcome is None:
        session.spinner.stop()
        session.say_json(None) if session.options.json else session.say(NOTHING_TO_RECOVER[session.command])
        return
    caveats = tuple(f"! {line}" for line in recovery.cannot)
    if session.options.json:
        session.say(*caveats, stderr=True)
    finish(session, recovery.outcome)
    if recovery.outcome.applied and not session.options.json:
        session.say(*caveats)  # the plan showed them too, and you have to act on some
    session.say(*recovery.differences, stderr=session.options.json)


def print_rows(session: Session, tabular: Tabular) -> None:
    """Print rows as a table or JSON."""
    session.spinner.stop()
    if session.options.json:
        session.say_json(list(tabular.rows))
    else:
        print_table(tabular.table_that_folds(FOLDS))


def print_listing(session: Session, listing: Listing) -> None:
    """Print the resources of one type as a table or JSON."""
    session.spinner.stop()
    if session.options.json:
        session.say_json(views.listing_as_json(listing))
    else:
        print_table(tables.listing_table(listing))


def twin_lines(twin: Twin) -> list[str]:
    """What the account would hold otherwise, one line for each change."""
    return [describe_change(change) for change in twin.changes()]


def print_twin(session: Session, twin: Twin) -> None:
    """Say it; nothing on stdout with --json, since the document has it."""
    session.spinner.stop()
    if session.options.json:
        session.say(UNTOUCHED, stderr=True)
        return
    lines = twin_lines(twin)
    title = (
        "The account would differ from today in this:" if lines else "The account would be as it is today."
    )
    session.say("", title, *(f"  {line}" for line in lines), UNTOUCHED)

"""Bring the account to the desired state within a scope: the one engine behind every command that writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from futel_twilio.apply import executor, incomplete, lock, reading, result
from futel_twilio.apply.history import history, journal_of
from futel_twilio.apply.journal import Entry, Journal, Run, RunLinks
from futel_twilio.apply.result import Plan, Result, RunOptions
from futel_twilio.config import edits
from futel_twilio.errors import BadInput, FutelTwilioError, PartiallyApplied, Refused
from futel_twilio.files import atomic
from futel_twilio.plan import access, diff, guards, impact, projection
from futel_twilio.plan.changes import Changes, Scope, Update, makes_password, reasons_to_confirm
from futel_twilio.rehearsal import requests, runner
from futel_twilio.resources.voice import PROD, Application, SipDomain
from futel_twilio.twilio_api import reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from futel_twilio.config.edits import Edit
    from futel_twilio.rehearsal.runner import Rehearsal
    from futel_twilio.resources.state import AccountState
    from futel_twilio.workspace import Workspace


def converge(
    workspace: Workspace,
    scope: Scope,
    options: RunOptions | None = None,
    *,
    desired: AccountState | None = None,
    before: AccountState | None = None,
    planned_edits: Sequence[Edit] = (),
    earlier: RunLinks | None = None,
    rehearses: bool = False,
    notes: Sequence[str] = (),
) -> Result:
    """Bring the account to the desired state within a scope: the one engine behind every command.

    Args:
        workspace: the account, and the desired state in the files.
        scope: how far the command reaches.
        options: who confirms, who sees the progress, and where passwords come from.
        desired: a part of the desired state, or one that the files are about to hold; all of it if None.
        before: the current state, if this command has read it already.
        planned_edits: what is written into your files once the account is in that state.
        earlier: the journal's runs that this one undoes or finishes.
        rehearses: whether the dialplans that calls would move to are asked first.
        notes: what is shown beside the plan.

    Raises:
        BadInput, Refused, TwilioError: nothing was written.
        PartiallyApplied: some of it was written; the error says what.
    """
    options, wanted, book = options or RunOptions(), desired or workspace.desired, journal_of(workspace)
    before = before or reading.read_scope(workspace.api, wanted, scope)
    proposed = diff.diff(wanted, before, scope)
    earlier, cut_off = link_earlier_runs(
        workspace, book, earlier or RunLinks(), wanted, scope, before, proposed
    )
    rehearsed = _rehearsed(workspace, proposed, options) if rehearses else None
    meaning = impact.impact_of(
        proposed, workspace.desired, _account_in_question(workspace, scope, before, proposed)
    )
    proposal = Plan(
        proposed,
        diff.unmanaged(workspace.desired, before, scope, proposed, wanted),
        _reasons(workspace, proposed, planned_edits),
        guards.guard_911(
            meaning,
            scope,
            takes_names=desired is not None,
            allow_unanswered=options.allow_unanswered,
            desired=workspace.desired,
        )
        or (rehearsed.refusal if rehearsed else None),
        workspace.api.connection,
        impact.summary(meaning),
        rehearsed,
        files_to_edit=files_to_edit(workspace, planned_edits),
        about=earlier.labels,
        rehearsal_skipped=options.skip_rehearsal if rehearses else "",
        reach=meaning,
        notes=tuple(notes),
    )
    agreed = options.confirm(proposal)
    if agreed and proposal.refusal:
        raise proposal.refusal
    if not agreed:
        return Result(proposal, applied=False, requests=workspace.api.requests_sent)
    with lock.hold(workspace.api.connection, options.command, workspace.estate_file.parent):
        log = None
        if proposed or planned_edits or earlier != RunLinks():
            log = book.begin(options.command, proposed, planned_edits, _note(options), earlier)
        applied = execute_logged(workspace, wanted, scope, before, proposed, options, log)
        rewritten = write_edits(workspace, planned_edits, log)
    options.apply_options.passwords.possibly_unseen += possibly_unseen(
        cut_off, proposed, applied.state if applied else before
    )
    entry = log.number if log else None
    return Result(proposal, agreed, workspace.api.requests_sent, applied, rewritten, entry)


def _account_in_question(
    workspace: Workspace, scope: Scope, before: AccountState, proposed: Changes
) -> AccountState:
    """As much of the account as is needed to see what a plan takes from phones.

    Raises:
        TwilioError: it could not be read; nothing was written.
    """
    resource_types = access.kinds_in_question(proposed, before)
    if not resource_types or (
        resource_types == access.OF_NUMBERS and resource_types <= {*scope.resource_types}
    ):
        return before
    found = reader.read_state(workspace.api, resource_types, None, before, list_names=None)
    return projection.with_what_changes(found, proposed, before)


def link_earlier_runs(
    workspace: Workspace,
    book: Journal,
    links: RunLinks,
    desired: AccountState,
    scope: Scope,
    before: AccountState,
    proposed: Changes,
) -> tuple[RunLinks, list[Entry]]:
    """What a run has to do with runs before it, and those of them that were cut off."""
    try:
        entries = history(workspace, book)
    except BadInput:  # a command that only reads does not need it; one that writes is refused when it begins
        return links, []
    waiting = incomplete.incomplete_runs(entries)
    named = {*links.reverts, *links.resumes}
    over = [
        entry
        for entry in incomplete.superseded_by(waiting, desired, scope, before, proposed)
        if entry.run not in named
    ]
    undoes = bool(links.reverts) or any(entry.reverts for entry in over)
    how = "." if undoes else ": `invoke rollback` takes back both."
    words = (f"Goes on from {entry.label}, which was {entry.state}{how}" for entry in over)
    earlier = RunLinks(
        links.reverts,
        (*links.resumes, *(entry.run for entry in over)),
        (*links.labels, *words),
    )
    chains = [one for entry in waiting for one in incomplete.chain_of(entry, entries)]
    return earlier, [entry for entry in chains if entry.state == "cut off"]


def write_edits(workspace: Workspace, planned: Sequence[Edit], log: Run | None) -> tuple[str, ...]:
    """Write the new values into your files, and close the run in the journal.

    Raises:
        PartiallyApplied: one of them cannot be written.
    """
    try:
        rewritten = _edited(workspace, planned, log)
        if log:
            log.finish("done")
    except (OSError, BadInput, Refused) as error:
        if log:
            log.finish("stopped")
        why = f"{error.strerror}." if isinstance(error, OSError) else error.message
        raise PartiallyApplied(
            f"Twilio holds all that was to be changed, but a file here cannot be written. {why}",
            "Fix that, then run `invoke resume`, which writes the files; "
            "`invoke resume --undo` reverts everything.",
        ) from None
    return rewritten


def execute_logged(
    workspace: Workspace,
    wanted: AccountState,
    scope: Scope,
    before: AccountState,
    proposed: Changes,
    options: RunOptions,
    log: Run | None,
) -> result.Applied | None:
    """Carry a plan out; where there is nothing to write, what is on its way to 911 is waited for."""
    if log and proposed:
        return executor.execute(
            workspace.api, wanted, scope, before, proposed, options.on_progress, options.apply_options, log
        )
    try:
        return executor.wait_for_911(
            workspace.api, wanted, scope, before, options.on_progress, options.apply_options.wait_911
        )
    except FutelTwilioError:
        if log:
            log.stop()
        raise


def possibly_unseen(cut_off: Sequence[Entry], proposed: Changes, now: AccountState) -> list[str]:
    """The phones whose password a run made that was cut off, so that it may have been shown to nobody."""
    made = {
        change.resource.name
        for entry in cut_off
        if not entry.keeps_passwords
        for change in entry.written
        if makes_password(change)
    }
    ours = {change.resource.name for change in proposed}
    return [credential.username for credential in now.credentials if credential.name in made - ours]


def _rehearsed(workspace: Workspace, proposed: Changes, options: RunOptions) -> Rehearsal | None:
    """How the dialplans answer that calls would move to; None where none is asked."""
    moved = [
        change.after
        for change in proposed
        if isinstance(change, Update) and isinstance(change.after, Application | SipDomain)
        if "voice_url" in change.changed_fields
    ]
    if options.skip_rehearsal or not moved:
        return None
    return runner.rehearse(requests.questions_for(moved, workspace.desired), workspace.api.connection)


def _note(options: RunOptions) -> str:
    return f"rehearsal skipped: {options.skip_rehearsal}" if options.skip_rehearsal else ""


def files_to_edit(workspace: Workspace, planned: Sequence[Edit]) -> tuple[str, ...]:
    file = Path(workspace.desired.clients_file)
    changed = (name for edit in planned for name in edits.would_change(edit, workspace.estate_file, file))
    return tuple(dict.fromkeys(changed))


def _reasons(workspace: Workspace, proposed: Changes, planned: Sequence[Edit]) -> tuple[str, ...]:
    """Why you are asked before a plan is applied and the files are edited, each reason once."""
    applications = [one.name for one in workspace.desired.applications if one.environment == PROD]
    of_plan = reasons_to_confirm(proposed, applications)
    return tuple(dict.fromkeys((*of_plan, *_reasons_of_edits(workspace, planned))))


def _reasons_of_edits(workspace: Workspace, planned: Sequence[Edit]) -> Iterator[str]:
    """Why you are asked before the files are edited: a prod phone moves, or something is removed or overwritten."""
    for edit in planned:
        names = files_to_edit(workspace, (edit,))
        if not names:
            continue
        if edits.moves_prod_phone(edit):
            yield "it changes prod"
        if taken := edits.taken_away(edit):
            yield f"it takes {taken} out of {' and '.join(names)}"
        if overwritten := edits.overwritten(edit):
            yield f"it overwrites {overwritten} in {' and '.join(names)}"


def _edited(workspace: Workspace, planned: Sequence[Edit], log: Run | None) -> tuple[str, ...]:
    file, estate_file = Path(workspace.desired.clients_file), workspace.estate_file
    atomic.remove_leftovers(estate_file)  # an edit that changes nothing does not replace the file
    finished = edits.finish(file, estate_file) if workspace.desired.clients_file else ()
    announce = log.announce_files if log else None
    changed = (name for edit in planned for name in edits.apply_edit(edit, estate_file, file, announce))
    return tuple(dict.fromkeys((*finished, *changed)))

"""Turn plans, results, rehearsals and listings into lines of text, rows and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from futel_twilio.config.estate import ESTATE_FILE
from futel_twilio.plan.changes import PASSWORD, Change, Changes, Create, ManualSteps, Update
from futel_twilio.plan.describe import ACTIONS, SIGNS, changed_fields, describe_change, unmanaged_lines
from futel_twilio.plan.diff import in_sync
from futel_twilio.resources.labels import resource_title
from futel_twilio.resources.types import type_of
from futel_twilio.resources.voice import (
    CredentialListMapping,
    IpMapping,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from futel_twilio.apply.result import Applied, Plan, Result
    from futel_twilio.commands.listing import Listing
    from futel_twilio.rehearsal.runner import Level, Rehearsal
    from futel_twilio.resources.state import Resource
    from futel_twilio.snapshots.capture import SnapshotFile

LONG = 120  # seconds, above which a duration is shown in minutes


def change_lines(plan: Changes) -> tuple[str, ...]:
    """A plan as one line per change, and one that counts them."""
    if not plan:
        return ("No changes: Twilio matches your files.",)
    counts = [
        f"{count} to {ACTIONS[resource_type]}"
        for resource_type in SIGNS
        if (count := sum(type(c) is resource_type for c in plan))
    ]
    return (*(describe_change(change) for change in plan), f"{', '.join(counts)}.")


def _beside_a_snapshot(found: tuple[Resource, ...]) -> tuple[str, ...]:
    return tuple(f"? {resource_title(resource)}  unmanaged: not in the snapshot" for resource in found)


def manual_step_lines(remainder: ManualSteps) -> tuple[str, ...]:
    """What a snapshot cannot bring back: what you must do, and what you must know."""
    return (*(f"! {line}" for line in remainder.by_hand), *(f". {line}" for line in remainder.notes))


def snapshot_lines(saved: SnapshotFile, holds: dict[str, int]) -> tuple[str, ...]:
    """Where a snapshot is, what is in it, and what could not be read."""
    words = ", ".join(f"{word} {count}" for word, count in holds.items() if count) or "nothing"
    not_read = saved.document["beyond"]["not_read"]
    return (
        f"Wrote {saved.path}: {words} ({saved.requests} requests).",
        "It holds names and street addresses, and no password, token or key: keep it where others cannot read it.",
        *(
            f"! {section} could not be read with these credentials: {why}"
            for section, why in not_read.items()
        ),
    )


def plan_lines(proposal: Plan) -> tuple[str, ...]:
    """What a command would change, what it leaves alone, and what that means for phones."""
    extras = (unmanaged_lines if proposal.manual_steps is None else _beside_a_snapshot)(proposal.unmanaged)
    lines = (
        *proposal.about,
        *(change_lines(proposal.changes) if proposal.changes else _of_no_change(proposal)),
        *extras,
        *(manual_step_lines(proposal.manual_steps) if proposal.manual_steps else ()),
    )
    # The refusal names what failed.
    lines += rehearsal_lines(proposal.rehearsal, ("finding", "warning")) if proposal.rehearsal else ()
    lines += tuple(f"! {line}" for line in (*proposal.caveats, *proposal.notes))
    return (*lines, *proposal.summary.splitlines())


def _of_no_change(proposal: Plan) -> tuple[str, ...]:
    """The first line where nothing would change at Twilio, which is not said to be well while something is left."""
    by_hand = proposal.manual_steps.by_hand if proposal.manual_steps else ()
    left = len(by_hand) + len(proposal.caveats)
    lines = "the line marked with ! below is" if left == 1 else f"the {left} lines marked with ! below are"
    nothing = f"No command can change more at Twilio: {lines} left for you."
    if not proposal.files_to_edit:
        return (nothing,) if left else change_lines(())
    would = f"{' and '.join(proposal.files_to_edit)} would be changed."
    return (nothing, would) if left else (f"Twilio matches your files; {would}",)


def rehearsal_lines(
    rehearsed: Rehearsal, shown_levels: Sequence[Level] = ("failed", "finding", "warning")
) -> tuple[str, ...]:
    """How the dialplans answered: one line that counts, and one for each answer of the shown levels."""
    how = "" if rehearsed.signed else ", unsigned, since only an API key is at hand and no auth token"
    words: dict[Level, str] = {"failed": "FAILED", "finding": "FINDING", "warning": "warning"}
    return (
        f"Rehearsal: {_counts(rehearsed)}{how}.",
        *(f"! {words[level]}: {line}" for level, line in rehearsed.lines_of(*shown_levels)),
    )


def _counts(rehearsed: Rehearsal) -> str:
    asked, well = len(rehearsed.answers), len(rehearsed.at("well"))
    if well == asked:
        return f"{well} of {asked} answers are well"
    words: dict[Level, str] = {
        "well": "well",
        "warning": "slow",
        "finding": "with a finding",
        "failed": "failed",
    }
    counts = (f"{len(found)} {word}" for level, word in words.items() if (found := rehearsed.at(level)))
    return f"{asked} answers: {', '.join(counts)}"


def rehearsal_next_steps(rehearsed: Rehearsal) -> tuple[str, ...]:
    """What to do next, and what `promote` makes of it; nothing where all is well."""
    if not rehearsed.remedy:
        return ()
    then = (
        "is refused as long as this fails, unless --skip-rehearsal gives a reason"
        if rehearsed.at("failed")
        else "shows findings and goes on"
    )
    return (f"{rehearsed.remedy}. `promote` {then}.",)


def rehearsal_as_json(rehearsed: Rehearsal) -> dict[str, Any]:
    """A rehearsal for a machine."""
    answers = [
        {
            "environment": one.question.environment,
            "url": one.question.url,
            "about": one.question.about,
            "level": one.level,
            "why": one.why or None,
            "seconds": round(one.seconds, 3),
        }
        for one in rehearsed.answers
    ]
    return {"signed": rehearsed.signed, "answers": answers}


def change_as_json(change: Change) -> dict[str, Any]:
    """One change for a machine: action, kind, name, environment and, for an update, the settings."""
    resource = change.resource
    document: dict[str, Any] = {
        "action": ACTIONS[type(change)],
        "kind": type_of(resource).title,
        "name": resource.name,
        "environment": resource.environment or None,
    }
    if isinstance(change, Update):
        document["sid"] = change.before.sid
        if PASSWORD in change.changed_fields:
            return document | {"settings": {PASSWORD: "renewed"}}
        document["settings"] = {name: {"before": b, "after": a} for name, b, a in change.values()}
    elif isinstance(change, Create):
        document["settings"] = {name: {"after": value} for name, value in changed_fields(resource)}
    return document


def resource_as_json(resource: Resource, environment: str = "") -> dict[str, Any]:
    """One resource as JSON: every field, and its environment in your files, or null."""
    names = (
        type_of(resource).name_field,
        *type_of(resource).mutable_fields,
        *type_of(resource).create_only_fields,
        "auth_type",
        "sid",
    )
    if isinstance(resource, CredentialListMapping | IpMapping):
        names = ("domain_name", "use", "credential_list", "ip_list")
    plain = {name: getattr(resource, name) for name in dict.fromkeys(names) if hasattr(resource, name)}
    return {**plain, "environment": environment or None}


def result_lines(outcome: Result, how: str) -> tuple[str, ...]:
    """How a command ended, and what to do next; `how` is the command that would carry the plan out."""
    proposal = outcome.plan
    lines: list[str] = []
    left = len(proposal.manual_steps.by_hand) if proposal.manual_steps else 0
    if proposal.refusal and not outcome.applied:
        lines.append("Nothing was changed.")
    elif (proposal.changes or proposal.files_to_edit) and not outcome.applied:
        lines.append(f"Nothing was changed. Run {how} to do this.")
    elif proposal.changes:
        # Nobody reads on after "applied": what is left stands in the same line.
        n = len(proposal.changes)
        done = f"{n} change{'' if n == 1 else 's'} applied and verified ({outcome.requests} requests)"
        lines.append(f"{done}, but {_left_words(left)}." if left else f"{done}.")
    lines += _of_911(outcome.final) if outcome.final else ()
    if left and not (outcome.applied and proposal.changes):
        lines.append(f"{_left_words(left)}.")
    if outcome.edited_files:
        what = "commit it" if len(outcome.edited_files) == 1 else "commit them"
        lines.append(f"Updated {' and '.join(outcome.edited_files)}: {what}.")
    if ESTATE_FILE in outcome.edited_files:
        lines.append("`invoke plan` shows whether anything still points elsewhere.")
    return tuple(lines)


def _left_words(left: int) -> str:
    steps = "1 step is" if left == 1 else f"{left} steps are"
    return f"{steps} left for you, marked with ! above"


def _of_911(applied: Applied) -> Iterator[str]:
    for number, seconds in applied.without_911.items():
        yield f"{number} had no 911 address for {_duration(seconds)}."
    for number in applied.pending_911:
        yield f"The 911 address of {number} is not registered yet: `invoke list-clients` shows when it is."


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < LONG else f"{seconds / 60:.0f} minutes"


def result_as_json(outcome: Result) -> dict[str, Any]:
    """An outcome for a machine."""
    proposal = outcome.plan
    return {
        "account": proposal.connection.account_sid,
        "changes": [change_as_json(change) for change in proposal.changes],
        "not_in_estate": [
            resource_as_json(resource) | {"kind": type_of(resource).title} for resource in proposal.unmanaged
        ],
        "refused": str(proposal.refusal) if proposal.refusal else None,
        "applied": outcome.applied and bool(proposal.changes),
        "estate_rewritten": ESTATE_FILE in outcome.edited_files,
        "requests": outcome.requests,
        "about": list(proposal.about),
        "phones": proposal.summary or None,
        "rehearsal": rehearsal_as_json(proposal.rehearsal) if proposal.rehearsal else None,
        "rehearsal_skipped": proposal.rehearsal_skipped or None,
        "entry": outcome.entry,
        "pending_911": list(outcome.final.pending_911) if outcome.final else [],
        "seconds_without_911": outcome.final.without_911 if outcome.final else {},
        "rewritten": list(outcome.edited_files),
        "by_hand": list(proposal.manual_steps.by_hand) if proposal.manual_steps else [],
        "notes": [
            *proposal.caveats,
            *proposal.notes,
            *(proposal.manual_steps.notes if proposal.manual_steps else ()),
        ],
    }


def listing_as_json(listing: Listing) -> list[dict[str, Any]]:
    """A list of one kind of thing for a machine."""
    return [
        resource_as_json(resource, listing.desired.environment_of(resource))
        | {"as_wished": in_sync(resource, listing.desired)}
        for resource in listing.current.resources()
        if type(resource) is listing.resource_class
    ]

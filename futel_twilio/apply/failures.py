"""Say what a run that stopped has changed, what it has not, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.errors import (
    AddressCorrected,
    FutelTwilioError,
    PartiallyApplied,
    Rejected,
    TwilioError,
)
from futel_twilio.plan import describe
from futel_twilio.plan.changes import (
    Change,
    Changes,
    detaches_911,
)
from futel_twilio.resources.types import CLIENT_TYPES, type_of

if TYPE_CHECKING:
    from futel_twilio.apply.write_run import WriteRun


CORRECTION = 21629


def stopped(
    run: WriteRun, what: str, left: Changes, remedy: str = "", why: tuple[str, ...] = ()
) -> PartiallyApplied:
    done = tuple(f"changed:     {describe.describe_change(change)}" for change in run.done)
    undone = tuple(f"not changed: {describe.describe_change(change)}" for change in left)
    without = tuple(
        f"no 911:      {name} may tell 911 no address until this is finished" for name in _at_risk(run)
    )
    return PartiallyApplied(
        what,
        remedy
        or f"Run `invoke {_overview(run)}` to see where the account stands, "
        "and the same command again to finish it.",
        (*without, *why, *done, *undone),
    )


def _at_risk(run: WriteRun) -> dict[str, None]:
    """The numbers whose address this run began to take off, and has not put another on."""
    done = {change.resource.name for change in run.done}
    begun = (change.resource.name for change in run.begun if detaches_911(change))
    return dict.fromkeys(name for name in begun if name not in done)


def _overview(run: WriteRun) -> str:
    """The task that shows what this run was about."""
    of_phones = any(type_of(change.resource) in CLIENT_TYPES for change in run.changes)
    return "list-clients" if of_phones else "plan"


def failure_of(run: WriteRun, failed: list[tuple[Change, TwilioError]], pending: Changes) -> FutelTwilioError:
    if corrections := _corrections(failed):
        return corrections
    reasons = tuple(dict.fromkeys(error.message for _change, error in failed))
    left = tuple(change for change in pending if change not in run.done)
    remedies = {error.hint for _change, error in failed if isinstance(error, Rejected) and error.is_known}
    remedy = remedies.pop() if len(remedies) == 1 else ""
    more = tuple(f"also:        {reason}" for reason in reasons[1:])
    what = f"{len(failed)} of {len(run.changes)} changes failed. {reasons[0]}"
    return stopped(run, what, left, remedy, why=more)


def _corrections(failed: list[tuple[Change, TwilioError]]) -> AddressCorrected | None:
    """The addresses that Twilio would write otherwise, if that is all that failed."""
    said = {
        change.resource.name: error.twilio_message
        for change, error in failed
        if isinstance(error, Rejected) and error.code == CORRECTION
    }
    return AddressCorrected(said) if len(said) == len(failed) else None

"""Findings accepted for now: all that is neither about 911 nor about fraud, or one by its name; stale ones pruned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING

from futel_twilio.audit.acceptance import acceptances, accepted_edit
from futel_twilio.audit.session import accepted_file
from futel_twilio.config import variables
from futel_twilio.errors import BadInput
from futel_twilio.text import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from futel_twilio.audit.results import Audit, Check

DAYS = 30
ONE_AT_A_TIME = frozenset({"emergency", "fraud"})


@dataclass(frozen=True)
class BaselineOptions:
    """What is accepted, by whom and until when.

    Attributes:
        by: who accepts it.
        reason: why.
        until: the last day, as 2027-01-31; None for the usual time.
        check: the one finding to accept; None for all that may be accepted in bulk.
        prune: remove stale acceptances instead.
        live: whether the audit looked at the account itself.
    """

    by: str
    reason: str
    until: str | None = None
    check: str | None = None
    prune: bool = False
    live: bool = False


@dataclass(frozen=True)
class Settled:
    """What became of findings or acceptances: lines to print, and whether you must decide about any."""

    lines: tuple[str, ...]
    is_left: bool = False


def require(options: BaselineOptions) -> None:
    """Refuse flags that do not go together, before anything is looked at.

    Raises:
        BadInput: they do not.
    """
    if options.prune and (options.by or options.check or options.until):
        raise BadInput(
            "--prune takes stale entries out and accepts nothing.",
            "Leave out --by, --check and --until, or --prune.",
        )
    if not options.prune and not options.by:
        raise BadInput("`invoke baseline` needs --by.", "See `invoke baseline --help`.")
    _day(options.until)


def settle(audit: Audit, options: BaselineOptions) -> Settled:
    """Accept what the flags name of the findings of an audit, or prune what it did not find again.

    Raises:
        BadInput: there is no such finding, or the file has faults.
    """
    if options.prune:
        return prune(audit)
    chosen = _chosen(audit, options.check)
    if not audit.findings:
        return Settled(("There is nothing to accept: no findings.",))
    day = _day(options.until)
    found = {check.name: audit.values[check.name].to_keep() for check in chosen}
    accepted_edit.add(accepted_file(variables.here()), found, by=options.by, reason=options.reason, until=day)
    left = [] if options.check else [check for check in audit.findings if check not in chosen]
    return Settled((*_accepted_lines(chosen, day), *_left_lines(left, options)), bool(left))


def prune(audit: Audit) -> Settled:
    """Take the acceptances out of which the audit says that all is well."""
    if not audit.stale:
        return Settled((f"Every entry of {acceptances.ACCEPTED} that was looked at is still found.",))
    accepted_edit.remove(accepted_file(variables.here()), audit.stale)
    return Settled(
        (
            *(f"- {name}" for name in audit.stale),
            f"Taken out of {acceptances.ACCEPTED}: {len(audit.stale)}; commit it.",
        )
    )


def _day(until: str | None) -> date:
    try:
        return date.fromisoformat(until) if until else datetime.now(UTC).date() + timedelta(days=DAYS)
    except ValueError:
        raise BadInput(f"--until {until} is not a day.", "Write it as 2027-01-31.") from None


def _chosen(audit: Audit, name: str | None) -> tuple[Check, ...]:
    if name is None:
        return tuple(check for check in audit.findings if not ONE_AT_A_TIME & set(check.markers))
    chosen = tuple(check for check in audit.findings if check.name == name)
    if not chosen:
        near = get_close_matches(name, [check.name for check in audit.findings], 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise BadInput(
            f"{name} is not among the findings.{hint}",
            "`invoke audit` with the same flags lists them; what is accepted already is not one.",
        )
    return chosen


def _accepted_lines(chosen: Sequence[Check], day: date) -> tuple[str, ...]:
    if not chosen:
        return ()
    things = "1 finding" if len(chosen) == 1 else f"{len(chosen)} findings"
    return (
        *(f"? {check.name}: {check.found}" for check in chosen),
        f"{acceptances.ACCEPTED} now accepts {things} until {day}, as found; commit it.",
    )


def _left_lines(left: Sequence[Check], options: BaselineOptions) -> tuple[str, ...]:
    if not left:
        return ()
    looked = " --live" if options.live else ""
    things = "1 finding is" if len(left) == 1 else f"{len(left)} findings are"
    return (
        f"! {things} about 911 or fraud and not accepted. Fix each, or accept it on its own:",
        *(
            f"  `invoke baseline{looked} --check {quoted(check.name)} --by {quoted(options.by)}`"
            for check in left
        ),
    )

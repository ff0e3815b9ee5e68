"""Revert what was written of a plan that is all or nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from futel_twilio.apply import write_run
from futel_twilio.apply.reading import read_scope
from futel_twilio.errors import (
    PartiallyApplied,
    TwilioError,
)
from futel_twilio.plan import describe
from futel_twilio.plan.changes import (
    Change,
    Changes,
    inverse_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from futel_twilio.apply.write_run import WriteRun

REVERT_ATTEMPTS = 4


def reverted(run: WriteRun, stopped: PartiallyApplied) -> PartiallyApplied:
    """Put back what was written of a plan that is all or nothing, and say which end was reached.

    A reading may be stale. So the first attempt reverts all that may have been written; later ones what still stands.
    """
    if not run.begun:
        return _is_back(run, stopped)
    perhaps = tuple(run.begun)
    for attempt in range(REVERT_ATTEMPTS):
        time.sleep(write_run.PAUSE_SECONDS * attempt)
        try:
            back = _back(run, perhaps)
        except TwilioError:
            continue
        if not back:
            return _is_back(run, stopped)
        perhaps = ()
        run.api.gather([run.task(change) for change in back])
    run.log.stop()
    lines = tuple(f"still to be put back: {describe.describe_change(change)}" for change in _back_or_all(run))
    return PartiallyApplied(
        f"{stopped.message} Putting back what was written failed too.",
        "Run `invoke resume --undo` to put the rest back, or `invoke resume` to go on.",
        lines,
    )


def _back(run: WriteRun, perhaps: Sequence[Change] = ()) -> Changes:
    now = read_scope(run.api, run.desired, run.scope, run.sids.as_known())
    changes = (inverse_of(one, now, perhaps=one in perhaps) for one in run.changes)
    return tuple(change for change in changes if change)


def _back_or_all(run: WriteRun) -> Changes:
    try:
        return _back(run)
    except TwilioError:
        return run.changes


def _is_back(run: WriteRun, stopped: PartiallyApplied) -> PartiallyApplied:
    run.log.finish("moved back")
    ours = "Nothing was written" if not run.done else "What was written was put back"
    return PartiallyApplied(
        f"{stopped.message} {ours}: the account is unchanged.",
        "Run `invoke plan` to see where the account stands, and the same command again.",
        tuple(fault for fault in stopped.faults if not fault.startswith(("changed:", "not changed:"))),
    )

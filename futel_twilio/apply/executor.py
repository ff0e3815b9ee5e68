"""Write a plan to the account: apply and verify it, or revert what is all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.apply.reading import read_scope
from futel_twilio.apply.result import Applied, ApplyOptions, ProgressCallback
from futel_twilio.errors import (
    FutelTwilioError,
    PartiallyApplied,
)
from futel_twilio.twilio_api import emergency
from futel_twilio.twilio_api.emergency import EmergencyRegistration
from futel_twilio.twilio_api.writer import KnownSids

if TYPE_CHECKING:
    from futel_twilio.apply.journal import Run
    from futel_twilio.plan.changes import (
        Changes,
        Scope,
    )
    from futel_twilio.resources.state import AccountState
    from futel_twilio.twilio_api.client import Api


from futel_twilio.apply import reverting
from futel_twilio.apply.write_run import WriteRun, still_pending


def execute(
    api: Api,
    desired: AccountState,
    scope: Scope,
    before: AccountState,
    shown: Changes,
    watch: ProgressCallback,
    apply_options: ApplyOptions,
    log: Run,
) -> Applied:
    """Apply what was shown, verify it, and return the account as it is afterwards.

    Args:
        api: the account.
        desired: what the account should hold.
        scope: how far the command reaches.
        before: the reading that the plan was made from.
        shown: the plan that was shown; nothing else is written.
        watch: called with changes done, changes in all and the latest of them, as each is done.
        apply_options: passwords, and how long to wait for 911.
        log: where it is written down, ahead of the writing.

    Raises:
        AddressCorrected: Twilio would write an address otherwise; nothing that needs it was written.
        PartiallyApplied: something failed, or the account still differs; the error says what was changed.
        KeyboardInterrupt: interrupted; its arguments are the numbers that have no 911 address now.
    """
    run = WriteRun(api, desired, scope, shown, watch, apply_options, log, KnownSids.of(before))
    try:
        applied = run.run(emergency.pending(desired, before))
    except PartiallyApplied as stopped:
        if scope.atomic:
            raise reverting.reverted(run, stopped) from None
        log.stop()
        raise
    except FutelTwilioError:
        log.stop()
        raise
    except KeyboardInterrupt:
        raise KeyboardInterrupt(*run.registering.off) from None
    return applied


def wait_for_911(
    api: Api,
    desired: AccountState,
    scope: Scope,
    before: AccountState,
    watch: ProgressCallback,
    patience: float,
) -> Applied | None:
    """Wait for addresses that were on their way already, where there is nothing to write; None where none is.

    Raises:
        PartiallyApplied: one of them could not be registered.
    """
    names = emergency.pending(desired, before)
    if not names:
        return None
    registering = EmergencyRegistration(
        api, patience, lambda numbers: watch(0, 1, f"waiting for 911 of {numbers}")
    )
    registering.settle(names)
    after = read_scope(api, desired, scope)
    return Applied(after, still_pending(desired, after))

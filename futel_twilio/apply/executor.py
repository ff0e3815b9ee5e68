"""Write the changes of a plan in order, verify them, and revert them where a plan is all or nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from futel_twilio.apply.reading import lists_in_question, read_scope
from futel_twilio.apply.result import Applied, ApplyOptions, ProgressCallback
from futel_twilio.errors import (
    AddressCorrected,
    FutelTwilioError,
    PartiallyApplied,
    Refused,
    Rejected,
    ResponseLost,
    TwilioError,
    Unreachable,
)
from futel_twilio.plan import describe, diff
from futel_twilio.plan.changes import (
    Change,
    Changes,
    Create,
    Delete,
    Scope,
    changed_since,
    detaches_911,
    identity_of,
    inverse_of,
)
from futel_twilio.resources import labels
from futel_twilio.resources.phones import Credential
from futel_twilio.resources.types import CLIENT_TYPES, IP_MAPPING, MAPPING_TYPES, type_of
from futel_twilio.resources.voice import PROD
from futel_twilio.twilio_api import emergency, reader
from futel_twilio.twilio_api.emergency import EmergencyRegistration
from futel_twilio.twilio_api.writer import ALREADY_THERE, KnownSids, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from futel_twilio.apply.journal import Run
    from futel_twilio.resources.state import AccountState
    from futel_twilio.twilio_api.client import Api

ROUNDS = 6
REVERT_ATTEMPTS = 4
PAUSE_SECONDS = 1.0
CORRECTION = 21629
DELETES = 9  # the first step of taking away


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
        Corrected: Twilio would write an address otherwise; nothing that needs it was written.
        PartiallyApplied: something failed, or the account still differs; the error says what was changed.
        KeyboardInterrupt: interrupted; its arguments are the numbers that have no 911 address now.
    """
    run = _Run(api, desired, scope, shown, watch, apply_options, log, KnownSids.of(before))
    try:
        applied = run.run(emergency.pending(desired, before))
    except PartiallyApplied as stopped:
        if scope.atomic:
            raise run.reverted(stopped) from None
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
        Stopped: one of them could not be registered.
    """
    names = emergency.pending(desired, before)
    if not names:
        return None
    registering = EmergencyRegistration(
        api, patience, lambda numbers: watch(0, 1, f"waiting for 911 of {numbers}")
    )
    registering.settle(names)
    after = read_scope(api, desired, scope)
    return Applied(after, _late(desired, after))


def _late(desired: AccountState, after: AccountState) -> tuple[str, ...]:
    return tuple(sorted(emergency.pending(desired, after)))


@dataclass
class _Run:
    """One run of writes: what it has done, and what it is unsure of."""

    api: Api
    desired: AccountState
    scope: Scope
    changes: Changes
    on_progress: ProgressCallback
    options: ApplyOptions
    log: Run
    sids: KnownSids
    begun: list[Change] = field(default_factory=list)
    done: list[Change] = field(default_factory=list)
    unsettled: dict[str, TwilioError] = field(default_factory=dict)
    doubted: set[tuple[type, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.registering = EmergencyRegistration(self.api, self.options.wait_911, self._tell_waiting)
        self.moving = self.registering.moving
        self.writer = Writer(self.api, self.sids, self.options.passwords, self.registering)

    def _tell_waiting(self, numbers: int) -> None:
        self.on_progress(len(self.done), len(self.changes), f"waiting for 911 of {numbers}")

    def run(self, on_their_way: frozenset[str]) -> Applied:
        pending = self.changes
        for attempt in range(ROUNDS):
            time.sleep(PAUSE_SECONDS * attempt if self.unsettled else 0)
            self.do(pending)
            self.settle_911(frozenset() if attempt else on_their_way)
            after, pending = self.verify()
            if not pending:
                return Applied(after, _late(self.desired, after), self.registering.without_911)
            self.refuse_news(pending)
        if self._is_nothing_made(pending):
            raise self._stopped_unanswered(pending)
        raise self.stopped(
            "Twilio accepted the changes, but the account still differs from the desired state.", pending
        )

    def _is_nothing_made(self, pending: Changes) -> bool:
        """Whether Twilio answered no try to create anything, and the account shows nothing of it."""
        errors = self.unsettled.values()
        return (
            bool(self.begun)
            and not self.done
            and all(isinstance(change, Create) and change in pending for change in self.begun)
            and all(isinstance(error, ResponseLost) for error in errors)
        )

    def _stopped_unanswered(self, pending: Changes) -> PartiallyApplied:
        """The error of a run that made nothing, which leaves nothing to resume and no password to show."""
        created = [change.after for change in pending if isinstance(change, Create)]
        for resource in created:
            if isinstance(resource, Credential):
                self.options.passwords.was_not_taken(resource)
        self.log.refused(list(dict.fromkeys(self.begun)))
        self.begun = []
        return self.stopped(
            "Twilio did not answer; nothing was made.",
            pending,
            "Run the same command again once Twilio answers.",
        )

    def do(self, pending: Changes) -> None:
        earlier, self.unsettled = self.unsettled, {}
        self.writer.uncertain = frozenset(earlier)
        self.moving.clear()
        order = _environment_first if self.scope.atomic else _step_of
        self._refuse_changed(pending)
        # What was made and is not to be seen is seen late: made again, it would be there twice.
        todo = (change for change in pending if not (isinstance(change, Create) and change in self.done))
        for step, group in groupby(sorted(todo, key=order), key=order):
            if step >= DELETES and self.moving:
                return  # an address is let go of before it is deleted
            changes = list(group)
            self._write_down(changes, pending)
            self.begun += changes
            answers = self.api.gather([self._task(change) for change in changes])
            failed = [
                (change, answer)
                for change, answer in zip(changes, answers, strict=True)
                if isinstance(answer, TwilioError) and not self._can_be_settled(change, answer, earlier)
            ]
            if failed:
                self.log.refused([change for change, error in failed if self._never_made(change, error)])
                raise self._failed(failed, pending)
            if self.unsettled:
                return

    def _write_down(self, changes: Sequence[Change], pending: Changes) -> None:
        """Have it on disk what is about to be written.

        Raises:
            Stopped: that cannot be, so it is not written.
        """
        try:
            self.log.record_intent(changes)
        except Refused as error:
            raise self.stopped(error.message, pending, error.hint) from None

    def _refuse_changed(self, pending: Changes) -> None:
        """Stop before anything is written, if anything changed since the plan was made.

        Raises:
            Stopped: it is not; both are shown.
        """
        resource_types = {type_of(change.before) for change in pending if not isinstance(change, Create)}
        resource_types -= {*MAPPING_TYPES, IP_MAPPING}
        if not resource_types:
            return
        try:
            now = reader.read_state(
                self.api, resource_types, (), self.sids.as_known(), lists_in_question(self.desired)
            )
        except TwilioError as error:
            raise self.stopped(f"The look right before writing failed: {error.message}", pending) from None
        news = tuple(
            f"{labels.resource_title(change.resource)}  {name}: {labels.format_field(planned)} when planned, "
            f"{labels.format_field(found)} now"
            for change in pending
            for name, planned, found in changed_since(change, now)
        )
        if news:
            raise self.stopped(
                "Somebody else changed what this would write, so it was not written.", pending, why=news
            )

    def reverted(self, stopped: PartiallyApplied) -> PartiallyApplied:
        """Put back what was written of a plan that is all or nothing, and say which end was reached.

        First all that may have been written, whatever a reading says, which may be late; then what still stands.
        """
        if not self.begun:
            return self._is_back(stopped)
        perhaps = tuple(self.begun)
        for attempt in range(REVERT_ATTEMPTS):
            time.sleep(PAUSE_SECONDS * attempt)
            try:
                back = self._back(perhaps)
            except TwilioError:
                continue
            if not back:
                return self._is_back(stopped)
            perhaps = ()
            self.api.gather([self._task(change) for change in back])
        self.log.stop()
        lines = tuple(
            f"still to be put back: {describe.describe_change(change)}" for change in self._back_or_all()
        )
        return PartiallyApplied(
            f"{stopped.message} Putting back what was written failed too.",
            "Run `invoke resume --undo` to put the rest back, or `invoke resume` to go on.",
            lines,
        )

    def _back(self, perhaps: Sequence[Change] = ()) -> Changes:
        now = read_scope(self.api, self.desired, self.scope, self.sids.as_known())
        changes = (inverse_of(one, now, perhaps=one in perhaps) for one in self.changes)
        return tuple(change for change in changes if change)

    def _back_or_all(self) -> Changes:
        try:
            return self._back()
        except TwilioError:
            return self.changes

    def _is_back(self, stopped: PartiallyApplied) -> PartiallyApplied:
        self.log.finish("moved back")
        ours = "Nothing was written" if not self.done else "What was written was put back"
        return PartiallyApplied(
            f"{stopped.message} {ours}: the account is unchanged.",
            "Run `invoke plan` to see where the account stands, and the same command again.",
            tuple(fault for fault in stopped.faults if not fault.startswith(("changed:", "not changed:"))),
        )

    def settle_911(self, besides: frozenset[str] = frozenset()) -> None:
        """Wait until Twilio has done with the addresses that are on their way.

        Raises:
            Stopped: an address could not be registered, or is still being taken off when patience ends.
        """
        try:
            self.registering.settle(besides)
        except PartiallyApplied as stuck:
            raise self.stopped(stuck.message, (), stuck.hint) from None

    def verify(self) -> tuple[AccountState, Changes]:
        """Read the account; where that shows something left to do, once more, since reads may lag."""
        try:
            for pause in (0.0, PAUSE_SECONDS):
                time.sleep(pause)
                after = read_scope(self.api, self.desired, self.scope, self.sids.as_known())
                left = diff.diff(self.desired, after, diff.remaining(self.scope, after, self.done))
                if not left or self.moving:
                    break
        except (TwilioError, Refused) as error:
            raise self.stopped(f"The look at the account afterwards failed: {error.message}", ()) from None
        for resource in after.resources():
            self.sids.keep(resource, resource.sid)
        self._find_passwords(after)
        return after, left

    def _find_passwords(self, after: AccountState) -> None:
        """A credential whose answer was lost and that is there: it has the password that was sent."""
        for resource in after.credentials:
            if resource.name not in self.scope.rotate_passwords and self.options.passwords.is_open(resource):
                self.options.passwords.wrote(resource, resource.date_updated, "created")

    def refuse_news(self, left: Changes) -> None:
        """Stop where the account asks for more than was shown, or where nothing explains what is left."""
        if diff.without_changes(left, self.changes):
            raise self.stopped("Somebody else changed the account meanwhile.", left)
        if not self.unsettled and not self.moving:
            raise self.stopped(
                "Twilio accepted the changes, but the account differs from the desired state.", left
            )

    def stopped(
        self, what: str, left: Changes, remedy: str = "", why: tuple[str, ...] = ()
    ) -> PartiallyApplied:
        done = tuple(f"changed:     {describe.describe_change(change)}" for change in self.done)
        undone = tuple(f"not changed: {describe.describe_change(change)}" for change in left)
        without = tuple(
            f"no 911:      {name} may tell 911 no address until this is finished" for name in self._at_risk()
        )
        return PartiallyApplied(
            what,
            remedy
            or f"Run `invoke {self._overview}` to see where the account stands, "
            "and the same command again to finish it.",
            (*without, *why, *done, *undone),
        )

    def _at_risk(self) -> dict[str, None]:
        """The numbers whose address this run began to take off, and has not put another on."""
        done = {change.resource.name for change in self.done}
        begun = (change.resource.name for change in self.begun if detaches_911(change))
        return dict.fromkeys(name for name in begun if name not in done)

    @property
    def _overview(self) -> str:
        """The task that shows what this run was about."""
        of_phones = any(type_of(change.resource) in CLIENT_TYPES for change in self.changes)
        return "list-clients" if of_phones else "plan"

    def _failed(self, failed: list[tuple[Change, TwilioError]], pending: Changes) -> FutelTwilioError:
        if corrections := _corrections(failed):
            return corrections
        reasons = tuple(dict.fromkeys(error.message for _change, error in failed))
        left = tuple(change for change in pending if change not in self.done)
        remedies = {error.hint for _change, error in failed if isinstance(error, Rejected) and error.is_known}
        remedy = remedies.pop() if len(remedies) == 1 else ""
        more = tuple(f"also:        {reason}" for reason in reasons[1:])
        what = f"{len(failed)} of {len(self.changes)} changes failed. {reasons[0]}"
        return self.stopped(what, left, remedy, why=more)

    def _never_made(self, change: Change, error: TwilioError) -> bool:
        """Whether nothing was made by a create that failed: each one was refused or never left, and none was in doubt.

        Of an update or a deletion that is never certain, since those are sent again where an answer was lost.
        """
        is_certain = isinstance(change, Create) and isinstance(error, Rejected | Unreachable)
        return is_certain and identity_of(change) not in self.doubted

    def _can_be_settled(self, change: Change, error: TwilioError, earlier: dict[str, TwilioError]) -> bool:
        lost = isinstance(error, ResponseLost)
        self.doubted |= {identity_of(change)} if lost else set()
        already = isinstance(error, Rejected) and error.code in ALREADY_THERE and isinstance(change, Create)
        if lost or (already and change.resource.name not in earlier):
            self.unsettled[change.resource.name] = error
            return True
        return False

    def _task(self, change: Change) -> Callable[[], None]:
        def write() -> None:
            if not self.writer.write(change):
                return
            self.done.append(change)
            self.on_progress(len(self.done), len(self.changes), labels.resource_title(change.resource))

        return write


def _step_of(change: Change) -> int:
    """Owners are made first and deleted last; nothing is taken away before all else has gone well."""
    step = type_of(change.resource).create_order
    return 10 - step if isinstance(change, Delete) else step


def _environment_first(change: Change) -> int:
    """Of a plan that is all or nothing: prod first and together, then all others."""
    return 0 if change.resource.environment == PROD else 1


def _corrections(failed: list[tuple[Change, TwilioError]]) -> AddressCorrected | None:
    """The addresses that Twilio would write otherwise, if that is all that failed."""
    said = {
        change.resource.name: error.twilio_message
        for change, error in failed
        if isinstance(error, Rejected) and error.code == CORRECTION
    }
    return AddressCorrected(said) if len(said) == len(failed) else None

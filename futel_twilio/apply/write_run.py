"""Write the changes of a plan in order, and verify them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from futel_twilio.apply import failures
from futel_twilio.apply.reading import lists_in_question, read_scope
from futel_twilio.apply.result import Applied, ApplyOptions, ProgressCallback
from futel_twilio.errors import (
    PartiallyApplied,
    Refused,
    Rejected,
    ResponseLost,
    TwilioError,
    Unreachable,
)
from futel_twilio.plan import diff
from futel_twilio.plan.changes import (
    Change,
    Changes,
    Create,
    Delete,
    Scope,
    changed_since,
    identity_of,
)
from futel_twilio.resources import labels
from futel_twilio.resources.phones import Credential
from futel_twilio.resources.types import IP_MAPPING, MAPPING_TYPES, type_of
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
PAUSE_SECONDS = 1.0
DELETES = 9  # the first step of taking away


@dataclass
class WriteRun:
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
                return Applied(after, still_pending(self.desired, after), self.registering.without_911)
            self.refuse_news(pending)
        if self._is_nothing_made(pending):
            raise self._stopped_unanswered(pending)
        raise failures.stopped(
            self,
            "Twilio accepted the changes, but the account still differs from the desired state.",
            pending,
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
        return failures.stopped(
            self,
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
            answers = self.api.gather([self.task(change) for change in changes])
            failed = [
                (change, answer)
                for change, answer in zip(changes, answers, strict=True)
                if isinstance(answer, TwilioError) and not self._can_be_settled(change, answer, earlier)
            ]
            if failed:
                self.log.refused([change for change, error in failed if self._never_made(change, error)])
                raise failures.failure_of(self, failed, pending)
            if self.unsettled:
                return

    def _write_down(self, changes: Sequence[Change], pending: Changes) -> None:
        """Have it on disk what is about to be written.

        Raises:
            PartiallyApplied: the journal cannot be written, so nothing more is sent.
        """
        try:
            self.log.record_intent(changes)
        except Refused as error:
            raise failures.stopped(self, error.message, pending, error.hint) from None

    def _refuse_changed(self, pending: Changes) -> None:
        """Stop before anything is written, if anything changed since the plan was made.

        Raises:
            PartiallyApplied: something changed; the error shows it as planned and as it is now.
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
            raise failures.stopped(
                self, f"The look right before writing failed: {error.message}", pending
            ) from None
        news = tuple(
            f"{labels.resource_title(change.resource)}  {name}: {labels.format_field(planned)} when planned, "
            f"{labels.format_field(found)} now"
            for change in pending
            for name, planned, found in changed_since(change, now)
        )
        if news:
            raise failures.stopped(
                self, "Somebody else changed what this would write, so it was not written.", pending, why=news
            )

    def settle_911(self, besides: frozenset[str] = frozenset()) -> None:
        """Wait until Twilio has done with the addresses that are on their way.

        Raises:
            PartiallyApplied: an address could not be registered, or is still being unregistered at the deadline.
        """
        try:
            self.registering.settle(besides)
        except PartiallyApplied as stuck:
            raise failures.stopped(self, stuck.message, (), stuck.hint) from None

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
            raise failures.stopped(
                self, f"The look at the account afterwards failed: {error.message}", ()
            ) from None
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
            raise failures.stopped(self, "Somebody else changed the account meanwhile.", left)
        if not self.unsettled and not self.moving:
            raise failures.stopped(
                self, "Twilio accepted the changes, but the account differs from the desired state.", left
            )

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

    def task(self, change: Change) -> Callable[[], None]:
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


def still_pending(desired: AccountState, after: AccountState) -> tuple[str, ...]:
    """The numbers whose 911 address Twilio is still registering or unregistering."""
    return tuple(sorted(emergency.pending(desired, after)))

"""Plan -> the account: in order and together, looked at again, moved back where it is all or nothing.

What can be done at the same time is: creates of owners, then what joins them. A create that Twilio
answers with "already exists", or whose answer was lost, is settled by reading: what the new reading
still lacks is done, within the plan that was shown. Only an empty plan is success.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from futel_twilio import actual, emergency, plan, report
from futel_twilio.change import Create, Delete, changed_since, lets_go_of_911, putting_back, thing
from futel_twilio.emergency import Registering
from futel_twilio.errors import (
    AnswerLost,
    Corrected,
    FutelTwilioError,
    Refused,
    Rejected,
    Stopped,
    TwilioError,
    Unreachable,
)
from futel_twilio.kinds import CLIENT_KINDS, IP_MAPPING, MAPPINGS, kind_of
from futel_twilio.model import (
    PROD,
    Estate,
    IpMapping,
    Mapping,
)
from futel_twilio.passwords import Passwords
from futel_twilio.writing import ALREADY_THERE, Sids, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from futel_twilio.change import Change, Plan, Scope
    from futel_twilio.client import Api
    from futel_twilio.journal import Run

Watch: TypeAlias = "Callable[[int, int, str], None]"
ROUNDS = 6
TRIES_BACK = 4
PAUSE_SECONDS = 1.0
CORRECTION = 21629
DELETES = 9  # the first step of taking away


def domains_in_question(wish: Estate, scope: Scope) -> frozenset[str] | None:
    """The SIP domains whose mappings matter to a scope; None for all (a removal may name any)."""
    if scope.remove:
        return None
    mappings: tuple[Mapping | IpMapping, ...] = (*wish.mappings, *wish.ip_mappings)
    return frozenset(m.domain_name for m in mappings if scope.covers(m))


def look(api: Api, wish: Estate, scope: Scope, known: Estate | None = None) -> Estate:
    """Read as much of an account as a scope needs."""
    domains = domains_in_question(wish, scope)
    return actual.read(api, scope.kinds, domains, known, lists_in_question(wish))


def lists_in_question(wish: Estate) -> frozenset[str]:
    """The credential lists whose credentials matter to a wish."""
    of_clients = {wish.clients_list} if wish.clients_list else set()
    return frozenset(of_clients | {credential.credential_list for credential in wish.credentials})


@dataclass(frozen=True)
class Manner:
    """How a plan is carried out.

    Attributes:
        passwords: where the passwords of new credentials come from, and who is told.
        wait_911: how many seconds to wait until an address is registered; 0 waits for none that is being put on.
    """

    passwords: Passwords = field(default_factory=Passwords)
    wait_911: float = emergency.PATIENCE_SECONDS


@dataclass(frozen=True)
class Carried:
    """An account after a plan was carried out.

    Attributes:
        estate: what it holds.
        pending_911: numbers whose address Twilio has not registered yet.
        without_911: for how many seconds a number told 911 no address, by number.
    """

    estate: Estate
    pending_911: tuple[str, ...] = ()
    without_911: dict[str, float] = field(default_factory=dict)


def carry_out(
    api: Api,
    wish: Estate,
    scope: Scope,
    before: Estate,
    shown: Plan,
    watch: Watch,
    manner: Manner,
    log: Run,
) -> Carried:
    """Do what was shown, look again, and give the account as it is afterwards.

    Args:
        api: the account.
        wish: what it should hold.
        scope: how far the command reaches.
        before: the reading that the plan was made from.
        shown: the plan that a person has seen; nothing beyond it is written.
        watch: called with changes done, changes in all and the latest of them, as each is done.
        manner: passwords, and patience for 911.
        log: where it is written down, ahead of the writing.

    Raises:
        Corrected: Twilio would write an address otherwise; nothing that needs it was written.
        Stopped: something failed, or the account is not as wished afterwards; says what was changed.
        KeyboardInterrupt: a person interrupted; its arguments are the numbers that tell 911 no address now.
    """
    run = _Run(api, wish, scope, shown, watch, manner, log, Sids.of(before))
    try:
        carried = run.to_the_end(emergency.on_their_way(wish, before))
    except Stopped as stopped:
        if scope.as_one:
            raise run.moved_back(stopped) from None
        log.stop()
        raise
    except FutelTwilioError:
        log.stop()
        raise
    except KeyboardInterrupt:
        raise KeyboardInterrupt(*run.registering.off) from None
    return carried


def wait_for_911(
    api: Api, wish: Estate, scope: Scope, before: Estate, watch: Watch, patience: float
) -> Carried | None:
    """Wait for addresses that were on their way already, where there is nothing to write; None where none is.

    Raises:
        Stopped: one of them could not be registered.
    """
    names = emergency.on_their_way(wish, before)
    if not names:
        return None
    registering = Registering(api, patience, lambda numbers: watch(0, 1, f"waiting for 911 of {numbers}"))
    registering.settle(names)
    after = look(api, wish, scope)
    return Carried(after, _late(wish, after))


def _late(wish: Estate, after: Estate) -> tuple[str, ...]:
    return tuple(sorted(emergency.on_their_way(wish, after)))


@dataclass
class _Run:
    """One run of writes: what it has done, and what it is unsure of."""

    api: Api
    wish: Estate
    scope: Scope
    shown: Plan
    watch: Watch
    manner: Manner
    log: Run
    sids: Sids
    begun: list[Change] = field(default_factory=list)
    done: list[Change] = field(default_factory=list)
    unsettled: dict[str, TwilioError] = field(default_factory=dict)
    doubted: set[tuple[type, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.registering = Registering(self.api, self.manner.wait_911, self._tell_waiting)
        self.moving = self.registering.moving
        self.writer = Writer(self.api, self.sids, self.manner.passwords, self.registering)

    def _tell_waiting(self, numbers: int) -> None:
        self.watch(len(self.done), len(self.shown), f"waiting for 911 of {numbers}")

    def to_the_end(self, on_their_way: frozenset[str]) -> Carried:
        pending = self.shown
        for attempt in range(ROUNDS):
            time.sleep(PAUSE_SECONDS * attempt if self.unsettled else 0)
            self.do(pending)
            self.settle_911(frozenset() if attempt else on_their_way)
            after, pending = self.look_again()
            if not pending:
                return Carried(after, _late(self.wish, after), self.registering.without_911)
            self.refuse_news(pending)
        raise self.stopped("Twilio took the changes, but the account is still not as wished.", pending)

    def do(self, pending: Plan) -> None:
        earlier, self.unsettled = self.unsettled, {}
        self.writer.doubtful = frozenset(earlier)
        self.moving.clear()
        order = _environment_first if self.scope.as_one else _step_of
        self._refuse_changed(pending)
        # What was made and is not to be seen is seen late: made again, it would be there twice.
        todo = (change for change in pending if not (isinstance(change, Create) and change in self.done))
        for step, group in groupby(sorted(todo, key=order), key=order):
            if step >= DELETES and self.moving:
                return  # an address is let go of before it is deleted
            changes = list(group)
            self._write_down(changes, pending)
            self.begun += changes
            answers = self.api.together([self._task(change) for change in changes])
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

    def _write_down(self, changes: Sequence[Change], pending: Plan) -> None:
        """Have it on disk what is about to be written.

        Raises:
            Stopped: that cannot be, so it is not written.
        """
        try:
            self.log.intend(changes)
        except Refused as error:
            raise self.stopped(error.what, pending, error.remedy) from None

    def _refuse_changed(self, pending: Plan) -> None:
        """Stop before anything is written, if anything is not as it was when the plan was made.

        Raises:
            Stopped: it is not; both are shown.
        """
        kinds = {kind_of(change.before) for change in pending if not isinstance(change, Create)}
        kinds -= {*MAPPINGS, IP_MAPPING}
        if not kinds:
            return
        try:
            now = actual.read(self.api, kinds, (), self.sids.as_known(), lists_in_question(self.wish))
        except TwilioError as error:
            raise self.stopped(f"The look right before writing failed: {error.what}", pending) from None
        news = tuple(
            f"{report.of_noun(change.noun)}  {name}: {report.of_value(planned)} when planned, "
            f"{report.of_value(found)} now"
            for change in pending
            for name, planned, found in changed_since(change, now)
        )
        if news:
            raise self.stopped(
                "Somebody else changed what this would write, so it was not written.", pending, why=news
            )

    def moved_back(self, stopped: Stopped) -> Stopped:
        """Put back what was written of a plan that is all or nothing, and say which end was reached.

        First all that may have been written, whatever a reading says, which may be late; then what still stands.
        """
        if not self.begun:
            return self._is_back(stopped)
        perhaps = tuple(self.begun)
        for attempt in range(TRIES_BACK):
            time.sleep(PAUSE_SECONDS * attempt)
            try:
                back = self._back(perhaps)
            except TwilioError:
                continue
            if not back:
                return self._is_back(stopped)
            perhaps = ()
            self.api.together([self._task(change) for change in back])
        self.log.stop()
        lines = tuple(f"still to be put back: {report.of_change(change)}" for change in self._back_or_all())
        return Stopped(
            f"{stopped.what} Putting back what was written failed too.",
            "Run `invoke resume --undo` to put the rest back, or `invoke resume` to go on.",
            lines,
        )

    def _back(self, perhaps: Sequence[Change] = ()) -> Plan:
        now = look(self.api, self.wish, self.scope, self.sids.as_known())
        changes = (putting_back(one, now, perhaps=one in perhaps) for one in self.shown)
        return tuple(change for change in changes if change)

    def _back_or_all(self) -> Plan:
        try:
            return self._back()
        except TwilioError:
            return self.shown

    def _is_back(self, stopped: Stopped) -> Stopped:
        self.log.end("moved back")
        ours = "Nothing was written" if not self.done else "What was written was put back"
        return Stopped(
            f"{stopped.what} {ours}: the account is as it was before.",
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
        except Stopped as stuck:
            raise self.stopped(stuck.what, (), stuck.remedy) from None

    def look_again(self) -> tuple[Estate, Plan]:
        """Read the account; where that shows something left to do, once more, since reads may lag."""
        try:
            for pause in (0.0, PAUSE_SECONDS):
                time.sleep(pause)
                after = look(self.api, self.wish, self.scope, self.sids.as_known())
                left = plan.make(self.wish, after, plan.still_to_do(self.scope, after, self.done))
                if not left or self.moving:
                    break
        except (TwilioError, Refused) as error:
            raise self.stopped(f"The look at the account afterwards failed: {error.what}", ()) from None
        for noun in after.nouns():
            self.sids.keep(noun, noun.sid)
        self._find_passwords(after)
        return after, left

    def _find_passwords(self, after: Estate) -> None:
        """A credential whose answer was lost and that is there: it has the password that was sent."""
        for noun in after.credentials:
            if noun.name not in self.scope.rotate and self.manner.passwords.is_open(noun):
                self.manner.passwords.wrote(noun, noun.date_updated, "created")

    def refuse_news(self, left: Plan) -> None:
        """Stop where the account asks for more than was shown, or where nothing explains what is left."""
        if plan.without(left, self.shown):
            raise self.stopped("Somebody else changed the account meanwhile.", left)
        if not self.unsettled and not self.moving:
            raise self.stopped("Twilio took the changes, but the account is not as wished.", left)

    def stopped(self, what: str, left: Plan, remedy: str = "", why: tuple[str, ...] = ()) -> Stopped:
        done = tuple(f"changed:     {report.of_change(change)}" for change in self.done)
        undone = tuple(f"not changed: {report.of_change(change)}" for change in left)
        without = tuple(
            f"no 911:      {name} may tell 911 no address until this is finished" for name in self._at_risk()
        )
        return Stopped(
            what,
            remedy
            or f"Run `invoke {self._overview}` to see where the account stands, "
            "and the same command again to finish it.",
            (*without, *why, *done, *undone),
        )

    def _at_risk(self) -> dict[str, None]:
        """The numbers whose address this run began to take off, and has not put another on."""
        done = {change.noun.name for change in self.done}
        begun = (change.noun.name for change in self.begun if lets_go_of_911(change))
        return dict.fromkeys(name for name in begun if name not in done)

    @property
    def _overview(self) -> str:
        """The task that shows what this run was about."""
        of_phones = any(kind_of(change.noun) in CLIENT_KINDS for change in self.shown)
        return "list-clients" if of_phones else "plan"

    def _failed(self, failed: list[tuple[Change, TwilioError]], pending: Plan) -> FutelTwilioError:
        if corrections := _corrections(failed):
            return corrections
        reasons = tuple(dict.fromkeys(error.what for _change, error in failed))
        left = tuple(change for change in pending if change not in self.done)
        remedies = {
            error.remedy for _change, error in failed if isinstance(error, Rejected) and error.is_known
        }
        remedy = remedies.pop() if len(remedies) == 1 else ""
        more = tuple(f"also:        {reason}" for reason in reasons[1:])
        what = f"{len(failed)} of {len(self.shown)} changes failed. {reasons[0]}"
        return self.stopped(what, left, remedy, why=more)

    def _never_made(self, change: Change, error: TwilioError) -> bool:
        """Whether nothing was made by a create that failed: each one was refused or never left, and none was in doubt.

        Of an update or a deletion that is never certain, since those are sent again where an answer was lost.
        """
        is_certain = isinstance(change, Create) and isinstance(error, Rejected | Unreachable)
        return is_certain and thing(change) not in self.doubted

    def _can_be_settled(self, change: Change, error: TwilioError, earlier: dict[str, TwilioError]) -> bool:
        lost = isinstance(error, AnswerLost)
        self.doubted |= {thing(change)} if lost else set()
        already = isinstance(error, Rejected) and error.code in ALREADY_THERE and isinstance(change, Create)
        if lost or (already and change.noun.name not in earlier):
            self.unsettled[change.noun.name] = error
            return True
        return False

    def _task(self, change: Change) -> Callable[[], None]:
        def write() -> None:
            if not self.writer.write(change):
                return
            self.done.append(change)
            self.watch(len(self.done), len(self.shown), report.of_noun(change.noun))

        return write


def _step_of(change: Change) -> int:
    """Owners are made first and deleted last; nothing is taken away before all else has gone well."""
    step = kind_of(change.noun).step
    return 10 - step if isinstance(change, Delete) else step


def _environment_first(change: Change) -> int:
    """Of a plan that is all or nothing: prod first and together, then all others."""
    return 0 if change.noun.environment == PROD else 1


def _corrections(failed: list[tuple[Change, TwilioError]]) -> Corrected | None:
    """The addresses that Twilio would write otherwise, if that is all that failed."""
    said = {
        change.noun.name: error.message
        for change, error in failed
        if isinstance(error, Rejected) and error.code == CORRECTION
    }
    return Corrected(said) if len(said) == len(failed) else None

"""Plan -> Twilio; the only file that writes to an account; looks again afterwards.

What can be done at the same time is: creates of owners, then what joins them. A create that Twilio
answers with "already exists", or whose answer was lost, is settled by reading: what the new reading
still lacks is done, within the plan that was shown. Only an empty plan is success.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeAlias

from futel_twilio import actual, plan, report
from futel_twilio.errors import AnswerLost, FutelTwilioError, Refused, Rejected, Stopped, TwilioError
from futel_twilio.kinds import kind_of, mapping_collection, parameters
from futel_twilio.model import CredentialList, Estate, Mapping, Noun, SipDomain
from futel_twilio.plan import Create, Delete, Update

if TYPE_CHECKING:
    from collections.abc import Callable

    from futel_twilio.client import Api
    from futel_twilio.plan import Change, Plan, Scope

Watch: TypeAlias = "Callable[[int, int, str], None]"
ROUNDS = 4
PAUSE_SECONDS = 1.0
# 21232 domain name taken, 21231 already mapped, 21240 list name taken: Twilio's error dictionary and
# recordings; the mapping of a credential list is by analogy with that of an IP access control list.
ALREADY_THERE = frozenset({21231, 21232, 21240})
GONE = 404


def domains_in_question(wish: Estate, scope: Scope) -> frozenset[str] | None:
    """The SIP domains whose mappings matter to a scope; None for all (a removal may name any)."""
    if scope.remove:
        return None
    return frozenset(m.domain_name for m in wish.mappings if scope.covers(m))


def look(api: Api, wish: Estate, scope: Scope, known: Estate | None = None) -> Estate:
    """Read as much of an account as a scope needs."""
    return actual.read(api, scope.kinds, domains_in_question(wish, scope), known)


def carry_out(api: Api, wish: Estate, scope: Scope, before: Estate, shown: Plan, watch: Watch) -> Estate:
    """Do what was shown, look again, and give the account as it is afterwards.

    Args:
        api: the account.
        wish: what it should hold.
        scope: how far the command reaches.
        before: the reading that the plan was made from.
        shown: the plan that a person has seen; nothing beyond it is written.
        watch: called with changes done, changes in all and the latest of them, as each is done.

    Raises:
        Stopped: something failed, or the account is not as wished afterwards; says what was changed.
    """
    run = _Run(api, wish, scope, shown, watch, _Sids.of(before))
    pending = shown
    for attempt in range(ROUNDS):
        time.sleep(PAUSE_SECONDS * attempt)
        run.do(pending)
        after, pending = run.look_again()
        if not pending:
            return after
        run.refuse_news(pending)
    raise run.stopped("Twilio took the changes, but the account is still not as wished.", pending)


@dataclass
class _Sids:
    """SIDs by kind and name, those made in this run included."""

    by_name: dict[tuple[type, str], str]

    @classmethod
    def of(cls, estate: Estate) -> _Sids:
        return cls({(type(noun), noun.name): noun.sid for noun in estate.nouns()})

    def __getitem__(self, thing: tuple[type, str]) -> str:
        return self.by_name[thing]

    def keep(self, noun: Noun, sid: str) -> None:
        self.by_name[type(noun), noun.name] = sid

    def drop(self, noun: Noun) -> None:
        self.by_name.pop((type(noun), noun.name), None)

    def as_known(self) -> Estate:
        names = self.by_name.items()
        return Estate(
            domains=tuple(SipDomain(name, sid=sid) for (noun, name), sid in names if noun is SipDomain),
            credential_lists=tuple(
                CredentialList(name, sid=sid) for (noun, name), sid in names if noun is CredentialList
            ),
        )


@dataclass
class _Run:
    """One run of writes: what it has done, and what it is unsure of."""

    api: Api
    wish: Estate
    scope: Scope
    shown: Plan
    watch: Watch
    sids: _Sids
    done: list[Change] = field(default_factory=list)
    unsettled: dict[str, TwilioError] = field(default_factory=dict)

    def do(self, pending: Plan) -> None:
        earlier, self.unsettled = self.unsettled, {}
        for _step, group in groupby(sorted(pending, key=_step_of), key=_step_of):
            changes = list(group)
            answers = self.api.together([self._writer(change) for change in changes])
            failed = [
                (change, answer)
                for change, answer in zip(changes, answers, strict=True)
                if isinstance(answer, TwilioError) and not self._can_be_settled(change, answer, earlier)
            ]
            if failed:
                raise self._failed(failed, pending)
            if self.unsettled:
                return

    def look_again(self) -> tuple[Estate, Plan]:
        """Read the account; where that shows something left to do, once more, since reads may lag."""
        try:
            for pause in (0.0, PAUSE_SECONDS):
                time.sleep(pause)
                after = look(self.api, self.wish, self.scope, self.sids.as_known())
                left = plan.make(self.wish, after, plan.still_to_remove(self.scope, after))
                if not left:
                    break
        except (TwilioError, Refused) as error:
            raise self.stopped(f"The look at the account afterwards failed: {error.what}", ()) from None
        for noun in after.nouns():
            self.sids.keep(noun, noun.sid)
        return after, left

    def refuse_news(self, left: Plan) -> None:
        """Stop where the account asks for more than was shown, or where nothing explains what is left."""
        if plan.without(left, self.shown):
            raise self.stopped("Somebody else changed the account meanwhile.", left)
        if not self.unsettled:
            raise self.stopped("Twilio took the changes, but the account is not as wished.", left)

    def stopped(self, what: str, left: Plan) -> Stopped:
        done = tuple(f"changed:     {report.of_change(change)}" for change in self.done)
        undone = tuple(f"not changed: {report.of_change(change)}" for change in left)
        return Stopped(
            what,
            "Run `invoke plan` to see where the account stands, and the same command again to finish it.",
            (*done, *undone),
        )

    def _failed(self, failed: list[tuple[Change, TwilioError]], pending: Plan) -> FutelTwilioError:
        reasons = "; ".join(dict.fromkeys(error.what for _change, error in failed))
        left = tuple(change for change in pending if change not in self.done)
        return self.stopped(f"{len(failed)} of {len(pending)} changes failed. {reasons}", left)

    def _can_be_settled(self, change: Change, error: TwilioError, earlier: dict[str, TwilioError]) -> bool:
        lost = isinstance(error, AnswerLost)
        already = isinstance(error, Rejected) and error.code in ALREADY_THERE and isinstance(change, Create)
        if lost or (already and change.noun.name not in earlier):
            self.unsettled[change.noun.name] = error
            return True
        return False

    def _writer(self, change: Change) -> Callable[[], None]:
        def write() -> None:
            self._write(change)
            self.done.append(change)
            self.watch(len(self.done), len(self.shown), report.of_noun(change.noun))

        return write

    def _write(self, change: Change) -> None:
        if isinstance(change, Create):
            self.sids.keep(change.after, self._create(change.after))
        elif isinstance(change, Update):
            self._thing(change.before).update(**parameters(change.after, change.settings))
        else:
            self._delete(change.before)
            self.sids.drop(change.before)

    def _create(self, noun: Noun) -> str:
        if isinstance(noun, Mapping):
            record = self._mappings(noun).create(
                credential_list_sid=self.sids[CredentialList, noun.credential_list]
            )
        else:
            kind = kind_of(noun)
            names = (kind.key, *(name for name in (*kind.settings, *kind.at_birth) if name != kind.key))
            record = self._collection(noun).create(**parameters(noun, names))
        return str(record.sid)

    def _delete(self, noun: Noun) -> None:
        try:
            self._thing(noun).delete()
        except Rejected as error:
            if error.status != GONE:
                raise

    def _thing(self, noun: Noun) -> Any:
        if isinstance(noun, Mapping):
            return self._mappings(noun).get(self.sids[CredentialList, noun.credential_list])
        return self._collection(noun).get(noun.sid)

    def _collection(self, noun: Noun) -> Any:
        collection = kind_of(noun).collection
        if collection is None:
            raise TypeError(type(noun).__name__)
        return collection(self.api.client)

    def _mappings(self, noun: Mapping) -> Any:
        return mapping_collection(self.api.client, self.sids[SipDomain, noun.domain_name], noun.use)


def _step_of(change: Change) -> int:
    """Owners are made first and deleted last; nothing is taken away before all else has gone well."""
    step = kind_of(change.noun).step
    return 10 - step if isinstance(change, Delete) else step

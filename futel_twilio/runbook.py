"""The commands of the runbook, each a small function that a person can call from Python.

    with account.at(profile="sandbox") as site:
        runbook.setup(site)

Every command that writes is one engine, narrowed by a scope: read, plan, guard, approve, carry out, look
again. An `Errand` says who is shown the proposal and says whether to go on; without one it goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from futel_twilio import access, actual, apply, edits, lock, past, phones, plan, projection, unfinished
from futel_twilio.change import Scope, Update, asks_first, makes_password
from futel_twilio.errors import BadInput, FutelTwilioError, Refused, Stopped
from futel_twilio.journal import FILE, Earlier, Journal
from futel_twilio.kinds import (
    ALL_KINDS,
    APPLICATION,
    CREDENTIAL_LIST,
    KINDS,
    MAPPINGS,
    REGISTRATION_MAPPING,
    SETTINGS_OF_A_PROMOTION,
    SIP_DOMAIN,
    VOICE_MAPPING,
    Kind,
)
from futel_twilio.model import PROD, Application, SipDomain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from futel_twilio.account import Site
    from futel_twilio.amiss import Remainder
    from futel_twilio.change import Plan
    from futel_twilio.edits import Edit
    from futel_twilio.journal import Entry, Run
    from futel_twilio.model import Estate, Noun
    from futel_twilio.rehearsal import Rehearsal
    from futel_twilio.settings import Settings


@dataclass(frozen=True)
class Proposal:
    """What a command would change, before anything is written; `reach` and `sentence` say it in phones.

    `remainder` is what a snapshot says and no command writes; None where the wish is no snapshot.
    `rewrites` names the files of the wish that would say something else. `caveats` says what a person has to know
    of it besides, such as what cannot be put back; `about`, which runs of the journal it undoes, finishes or goes
    on from. `rehearsal_skipped` is why the dialplans were not asked; empty where they were,
    or where a command never asks; `notes`, what the plan does not do although it might be thought to.
    """

    plan: Plan
    extras: tuple[Noun, ...]
    asks_first: tuple[str, ...]
    refusal: Refused | None
    settings: Settings
    sentence: str = ""
    rehearsal: Rehearsal | None = None
    remainder: Remainder | None = None
    rewrites: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    rehearsal_skipped: str = ""
    about: tuple[str, ...] = ()
    reach: phones.Reach = phones.NOBODY
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a command did.

    Attributes:
        proposal: what was shown.
        applied: whether it was carried out and found so afterwards; False for a dry run or a no.
        requests: how many requests were sent in all.
        carried: the account afterwards, and what became of 911; None where nothing was carried out.
        rewritten: the names of the files of the wish that were made to say what was done.
        entry: the number of its entry in the history; None where it has none, since it wrote nothing.
    """

    proposal: Proposal
    applied: bool
    requests: int
    carried: apply.Carried | None = None
    rewritten: tuple[str, ...] = ()
    entry: int | None = None


@dataclass(frozen=True)
class Listing:
    """What an account holds of one kind of thing, beside the wish."""

    noun: type[Noun]
    wish: Estate
    actual: Estate
    scope: Scope


Approve: TypeAlias = "Callable[[Proposal], bool]"


def go_on(_proposal: Proposal) -> bool:
    """Approve whatever is proposed."""
    return True


def silent(_done: int, _of: int, _latest: str) -> None:
    """Watch nothing."""


@dataclass(frozen=True)
class Errand:
    """How a person takes part in a command.

    Attributes:
        approve: shown the proposal; says whether to go on.
        watch: told of each change as it is done: how many, of how many, and the latest.
        manner: passwords, and patience for 911.
        command: what was typed, for the journal.
        skip_rehearsal: why the dialplans are not asked first, for the journal; empty: they are.
        allow_unanswered: numbers that may be left with nothing that answers them.
    """

    approve: Approve = go_on
    watch: apply.Watch = silent
    manner: apply.Manner = field(default_factory=apply.Manner)
    command: str = "from Python"
    skip_rehearsal: str = ""
    allow_unanswered: tuple[str, ...] = ()


def converge(
    site: Site,
    scope: Scope,
    errand: Errand | None = None,
    *,
    wish: Estate | None = None,
    before: Estate | None = None,
    planned_edits: Sequence[Edit] = (),
    earlier: Earlier | None = None,
    rehearses: bool = False,
    notes: Sequence[str] = (),
) -> Outcome:
    """Bring the account to the wish, as far as a scope reaches: the one engine behind every command.

    Args:
        site: the account and the whole wish.
        scope: how far the command reaches.
        errand: who is asked, who is told, and where passwords come from.
        wish: a part of the wish, or one that is about to be written into its files; the whole one if None.
        before: the account as it was read for this command already, if it was.
        planned_edits: what is written into the files of the wish, once the account is so.
        earlier: the journal's runs that this one undoes or finishes.
        rehearses: whether the dialplans that calls would move to are asked first.
        notes: what is shown beside the plan.

    Raises:
        BadInput, Refused, TwilioError: nothing was written.
        Stopped: some of it was written; the error says what.
    """
    errand, wanted, book = errand or Errand(), wish or site.wish, journal_of(site)
    before = before or apply.look(site.api, wanted, scope)
    proposed = plan.make(wanted, before, scope)
    earlier, cut_off = _earlier(site, book, earlier or Earlier(), wanted, scope, before, proposed)
    rehearsed = _rehearsed(site, proposed, errand) if rehearses else None
    meaning = phones.reach(proposed, site.wish, _account_in_question(site, scope, before, proposed))
    proposal = Proposal(
        proposed,
        plan.extras(site.wish, before, scope, proposed, wanted),
        (*asks_first(proposed), *_taken_out(site, planned_edits)),
        phones.guard(meaning, scope, takes_names=wish is not None, allow_unanswered=errand.allow_unanswered)
        or (rehearsed.refusal if rehearsed else None),
        site.api.settings,
        phones.sentence(meaning),
        rehearsed,
        rewrites=_to_be_edited(site, planned_edits),
        about=earlier.words,
        rehearsal_skipped=errand.skip_rehearsal if rehearses else "",
        reach=meaning,
        notes=tuple(notes),
    )
    agreed = errand.approve(proposal)
    if agreed and proposal.refusal:
        raise proposal.refusal
    if not agreed:
        return Outcome(proposal, applied=False, requests=site.api.requests_sent)
    with lock.held(site.api.settings, errand.command, site.estate_file.parent):
        log = None
        if proposed or planned_edits or earlier != Earlier():
            log = book.begin(errand.command, proposed, planned_edits, _note(errand), earlier)
        carried = _carried_out(site, wanted, scope, before, proposed, errand, log)
        rewritten = _rewritten(site, planned_edits, log)
    errand.manner.passwords.untold += _untold(cut_off, proposed, carried.estate if carried else before)
    entry = log.number if log else None
    return Outcome(proposal, agreed, site.api.requests_sent, carried, rewritten, entry)


def _account_in_question(site: Site, scope: Scope, before: Estate, proposed: Plan) -> Estate:
    """As much of the account as has to be known to tell what a plan takes from phones.

    Raises:
        TwilioError: it could not be read; nothing was written.
    """
    kinds = access.kinds_in_question(proposed, before)
    if not kinds or (kinds == access.OF_NUMBERS and kinds <= {*scope.kinds}):
        return before
    found = actual.read(site.api, kinds, None, before, list_names=None)
    return projection.with_what_changes(found, proposed, before)


def _earlier(
    site: Site, book: Journal, told: Earlier, wish: Estate, scope: Scope, before: Estate, proposed: Plan
) -> tuple[Earlier, list[Entry]]:
    """What a run has to do with runs before it, and those of them that were cut off."""
    try:
        entries = history(site, book)
    except BadInput:  # what only looks can do without it; what writes is refused when it begins
        return told, []
    waiting = unfinished.among(entries)
    named = {*told.takes_back, *told.takes_up}
    over = [
        entry
        for entry in unfinished.settled_by(waiting, wish, scope, before, proposed)
        if entry.run not in named
    ]
    undoes = bool(told.takes_back) or any(entry.takes_back for entry in over)
    how = "." if undoes else ": `invoke rollback` takes back both."
    words = (f"Goes on from {entry.in_words}, which was {entry.state}{how}" for entry in over)
    earlier = Earlier(
        told.takes_back,
        (*told.takes_up, *(entry.run for entry in over)),
        (*told.words, *words),
    )
    chains = [one for entry in waiting for one in unfinished.chain(entry, entries)]
    return earlier, [entry for entry in chains if entry.state == "cut off"]


def _rewritten(site: Site, planned: Sequence[Edit], log: Run | None) -> tuple[str, ...]:
    """Have the files of the wish follow, and the journal say that all is done.

    Raises:
        Stopped: one of them cannot be written.
    """
    try:
        rewritten = _edited(site, planned)
        if log:
            log.end("done")
    except (OSError, BadInput, Refused) as error:
        if log:
            log.end("stopped")
        why = f"{error.strerror}." if isinstance(error, OSError) else error.what
        raise Stopped(
            f"Twilio holds all that was to be changed, but a file here cannot be written. {why}",
            "Mend that, and run `invoke resume`, which brings the files up to it; "
            "`invoke resume --undo` takes everything back.",
        ) from None
    return rewritten


def _carried_out(
    site: Site, wanted: Estate, scope: Scope, before: Estate, proposed: Plan, errand: Errand, log: Run | None
) -> apply.Carried | None:
    """Carry a plan out; where there is nothing to write, what is on its way to 911 is waited for."""
    if log and proposed:
        return apply.carry_out(site.api, wanted, scope, before, proposed, errand.watch, errand.manner, log)
    try:
        return apply.wait_for_911(site.api, wanted, scope, before, errand.watch, errand.manner.wait_911)
    except FutelTwilioError:
        if log:
            log.stop()
        raise


def _untold(cut_off: Sequence[Entry], proposed: Plan, now: Estate) -> list[str]:
    """The phones whose password a run made that was cut off, so that it may have been shown to nobody."""
    made = {
        change.noun.name
        for entry in cut_off
        if not entry.keeps_passwords
        for change in entry.written
        if makes_password(change)
    }
    ours = {change.noun.name for change in proposed}
    return [credential.username for credential in now.credentials if credential.name in made - ours]


def _rehearsed(site: Site, proposed: Plan, errand: Errand) -> Rehearsal | None:
    """How the dialplans answer that calls would move to; None where none is asked."""
    moved = [
        change.after
        for change in proposed
        if isinstance(change, Update) and isinstance(change.after, Application | SipDomain)
        if "voice_url" in change.settings
    ]
    if errand.skip_rehearsal or not moved:
        return None
    from futel_twilio import questions, rehearsal

    return rehearsal.rehearse(questions.questions_for(moved, site.wish), site.api.settings)


def _note(errand: Errand) -> str:
    return f"rehearsal skipped: {errand.skip_rehearsal}" if errand.skip_rehearsal else ""


def rehearse(site: Site, env: str) -> Rehearsal:
    """Ask the dialplans of an environment what Twilio would ask; nothing is changed.

    Raises:
        BadInput: the estate has no environment of that name.
    """
    from futel_twilio import questions, rehearsal

    site.environments(env)
    return rehearsal.rehearse(questions.of_environment(site.wish, env), site.api.settings)


def journal_of(site: Site) -> Journal:
    """The journal beside the estate file, of this account."""
    return Journal(site.estate_file.with_name(FILE), site.api.settings.account_sid)


def history(site: Site, book: Journal | None = None) -> tuple[Entry, ...]:
    """Every run that the journal holds of this account, in order; the one that is being written is `running`."""
    entries = (book or journal_of(site)).entries()
    return past.with_running(entries, site.api.settings, site.estate_file.parent)


def _to_be_edited(site: Site, planned: Sequence[Edit]) -> tuple[str, ...]:
    file = Path(site.wish.clients_file)
    changed = (name for edit in planned for name in edits.would_change(edit, site.estate_file, file))
    return tuple(dict.fromkeys(changed))


def _taken_out(site: Site, planned: Sequence[Edit]) -> Iterator[str]:
    """Why a person must be asked before the files are edited: what is taken out of them."""
    for edit in planned:
        taken = edits.taken_away(edit)
        names = _to_be_edited(site, (edit,)) if taken else ()
        if names:
            yield f"it takes {taken} out of {' and '.join(names)}"


def _edited(site: Site, planned: Sequence[Edit]) -> tuple[str, ...]:
    file = Path(site.wish.clients_file)
    finished = edits.finish(file) if site.wish.clients_file else ()
    changed = (name for edit in planned for name in edits.perform(edit, site.estate_file, file))
    return tuple(dict.fromkeys((*finished, *changed)))


def create_applications(site: Site, env: str | None = None, errand: Errand | None = None) -> Outcome:
    """Create the TwiML applications; one that is there is brought to the wish."""
    return converge(site, Scope((APPLICATION,), site.environments(env)), errand)


def create_domains(site: Site, env: str | None = None, errand: Errand | None = None) -> Outcome:
    """Create the SIP domains; one that is there is brought to the wish."""
    return converge(site, Scope((SIP_DOMAIN,), site.environments(env)), errand)


def create_credential_list(site: Site, env: str | None = None, errand: Errand | None = None) -> Outcome:
    """Create the credential lists, which all environments share."""
    return converge(site, Scope((CREDENTIAL_LIST,), site.environments(env)), errand)


def create_registration_mappings(site: Site, env: str | None = None, errand: Errand | None = None) -> Outcome:
    """Let the phones of the credential lists register with the SIP domains."""
    return converge(site, Scope((REGISTRATION_MAPPING,), site.environments(env)), errand)


def create_voice_mappings(site: Site, env: str | None = None, errand: Errand | None = None) -> Outcome:
    """Let the phones of the credential lists call through the SIP domains."""
    return converge(site, Scope((VOICE_MAPPING,), site.environments(env)), errand)


def setup(site: Site, env: str | None = None, errand: Errand | None = None) -> Outcome:
    """Everything that the runbook sets up once."""
    return converge(site, Scope(KINDS, site.environments(env)), errand)


def update_applications(site: Site, env: str, errand: Errand | None = None) -> Outcome:
    """Bring the TwiML applications of one environment to the wish; none is created."""
    return _update(site, env, (APPLICATION,), errand)


def update_domains(site: Site, env: str, errand: Errand | None = None) -> Outcome:
    """Bring the SIP domains of one environment to the wish; none is created."""
    return _update(site, env, (SIP_DOMAIN,), errand)


def update(site: Site, env: str, errand: Errand | None = None) -> Outcome:
    """Bring the TwiML applications and SIP domains of one environment to the wish; none is created."""
    return _update(site, env, (APPLICATION, SIP_DOMAIN), errand)


def promote(site: Site, env: str, errand: Errand | None = None) -> Outcome:
    """Point an environment to its installation; for prod, all others to their own. Only URLs change."""
    reach = site.environments(env)
    scope = Scope(
        (APPLICATION, SIP_DOMAIN),
        None if env == PROD else reach,
        creates=False,
        settings=SETTINGS_OF_A_PROMOTION,
        as_one=True,
    )
    site.refuse_out_of_reach(scope.environments)
    return converge(site, scope, errand, planned_edits=_new_url(site, env), rehearses=True)


def _update(site: Site, env: str, kinds: tuple[Kind, ...], errand: Errand | None) -> Outcome:
    scope = Scope(kinds, site.environments(env), creates=False, as_one=True)
    site.refuse_out_of_reach(scope.environments)
    return converge(site, scope, errand, planned_edits=_new_url(site, env), rehearses=True)


def _new_url(site: Site, env: str) -> tuple[edits.Dialplans, ...]:
    """What estate.toml is to say afterwards, so that plan and audit agree; nothing where it says so already."""
    url = next(e.dialplans for e in site.wish.environments if e.name == env)
    edit = edits.Dialplans(env, edits.dialplans_in(site.estate_file, env), url)
    return (edit,) if _to_be_edited(site, (edit,)) else ()


def scope_of(
    site: Site,
    env: str | None = None,
    only: Sequence[str] = (),
    remove: Sequence[str] = (),
    allow_911_loss: Sequence[str] = (),
) -> Scope:
    """The scope that the flags of `plan` and `apply` name.

    Raises:
        BadInput: an environment or a kind of thing that does not exist.
    """
    words = {kind.word: kind for kind in ALL_KINDS}
    unknown = [word for word in only if word not in words]
    if unknown:
        raise BadInput(f"There is no kind {unknown[0]!r}.", f"Use --only with one of: {', '.join(words)}.")
    kinds = tuple(words[word] for word in words if word in only) or KINDS
    return Scope(kinds, site.environments(env), remove=tuple(remove), allow_911_loss=tuple(allow_911_loss))


def listing(site: Site, kind: Kind, env: str | None = None) -> Listing:
    """What the account holds of one kind of thing; of one environment, where it is named."""
    kinds = MAPPINGS if kind in MAPPINGS else (kind,)
    scope = Scope(kinds, site.environments(env))
    found = apply.look(site.api, site.wish, Scope(kinds, remove=("*",)))
    return Listing(kind.noun, site.wish, _of_environments(found, site.wish, scope), scope)


def _of_environments(found: Estate, wish: Estate, scope: Scope) -> Estate:
    if scope.environments is None:
        return found
    wanted = scope.environments
    return replace(
        found,
        applications=tuple(a for a in found.applications if wish.environment_of(a) in wanted),
        domains=tuple(d for d in found.domains if wish.environment_of(d) in wanted),
    )

"""What the journal is for: undo what a command changed, finish or undo what a killed one left.

Both are the one engine with a wish made of the journal's nouns: what they were before, or what they were to
be. Only what a change touched is wished for; all else is as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from futel_twilio import apply, desired, drift, edits, irreversible, report, unfinished
from futel_twilio.change import PASSWORD, Create, Delete, Scope, Update, lets_go_of_911, thing
from futel_twilio.errors import BadInput, Refused
from futel_twilio.journal import Earlier, Entry
from futel_twilio.kinds import (
    APPLICATION,
    CLIENT_KINDS,
    IP_MAPPING,
    MAPPINGS,
    PHONE_NUMBER,
    SECTIONS,
    SIP_DOMAIN,
    kind_of,
)
from futel_twilio.letters import option
from futel_twilio.model import (
    Application,
    Credential,
    Estate,
    IpMapping,
    Mapping,
    Noun,
    PhoneNumber,
    SipDomain,
    address_held,
)
from futel_twilio.runbook import Errand, converge, history

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from futel_twilio.account import Site
    from futel_twilio.change import Change, Plan
    from futel_twilio.kinds import Kind
    from futel_twilio.runbook import Outcome, Proposal

FIELDS = {kind.noun: field for field, kind in SECTIONS.items()}


@dataclass(frozen=True)
class Recovery:
    """What a recovery did, what it cannot bring back as it was, and where the files still differ, in words."""

    outcome: Outcome | None
    cannot: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()


def entry_number(text: str | None) -> int | None:
    """The number of an entry, as it is typed.

    Raises:
        BadInput: it is none.
    """
    if text is None:
        return None
    if not text.isdecimal():
        raise BadInput(f"{text!r} is not the number of an entry.", "`invoke history` shows them.")
    return int(text)


def rollback(
    site: Site,
    to: int | None = None,
    force: Collection[str] = (),
    allow_911_loss: Collection[str] = (),
    errand: Errand | None = None,
) -> Recovery:
    """Put back what the last command changed, or all commands from an entry of the history on.

    Args:
        site: the account and the files of the wish, which follow.
        to: the entry to go back before; the last one that is not undone yet if None.
        force: names of things that are put back although somebody changed them since.
        allow_911_loss: as for `invoke apply`.
        errand: who is asked and told.

    Raises:
        BadInput: there is no such entry.
        Refused: somebody changed since what is to be put back; both are shown.
        Stopped: as `runbook.converge`.
    """
    entries = history(site)
    _refuse_running(entries)
    doomed = _doomed(entries, to)
    if not doomed:
        return Recovery(None)
    return _undo(site, doomed, force, allow_911_loss, errand, or_refuse=True)


def resume(
    site: Site,
    *,
    undo: bool = False,
    force: Collection[str] = (),
    allow_911_loss: Collection[str] = (),
    errand: Errand | None = None,
) -> Recovery:
    """Finish what a killed or stopped run left half done, or put it back.

    Args:
        site: the account and the files of the wish, which follow.
        undo: put it back.
        force: as for `rollback`.
        allow_911_loss: as for `invoke apply`.
        errand: who is asked and told.

    Raises:
        Refused: somebody changed since what it was about; both are shown.
        Stopped: as `runbook.converge`.
    """
    entries = history(site)
    _refuse_running(entries)
    last = next(iter(unfinished.among(entries)), None)
    if last is None:
        return Recovery(None)
    begun = unfinished.chain(last, entries)
    if undo:
        return _undo(site, unfinished.entangled(begun, entries), force, allow_911_loss, errand)
    words = (f"Finishes {last.in_words}, which was {last.state}.",)
    earlier = Earlier(takes_back=last.takes_back, takes_up=(last.run,), words=words)
    between = _left_between(begun)
    known = [change for entry in begun for change in entry.changes]
    return _reach(
        site, last.changes, list(last.edits), earlier, between, force, allow_911_loss, errand, known=known
    )


def _refuse_running(entries: Sequence[Entry]) -> None:
    """Refuse to undo or finish anything while another run writes.

    Raises:
        Refused: one does.
    """
    if entries and entries[-1].state == "running":
        raise Refused(
            f"Another run is writing at this moment: {entries[-1].in_words}. Nothing was changed.",
            "Wait until it has ended, and look at `invoke history`.",
        )


def _undo(
    site: Site,
    entries: Sequence[Entry],
    force: Collection[str],
    allow_911_loss: Collection[str],
    errand: Errand | None,
    *,
    or_refuse: bool = False,
) -> Recovery:
    """Put back what some runs did, which are given oldest first.

    Raises:
        Refused: nothing of it can be put back, and that is to be refused.
    """
    together = _together(entries)
    backwards = tuple(_inverse(change) for change in together)
    planned = [edits.inverse(edit) for entry in reversed(entries) for edit in reversed(entry.edits)]
    earlier = Earlier(
        takes_back=tuple(entry.run for entry in entries),
        words=(
            *(f"Takes back {entry.in_words}." for entry in reversed(entries)),
            *dict.fromkeys(_not_asked(edit) for edit in planned if isinstance(edit, edits.Dialplans)),
            *_registered_anew(together),
        ),
    )
    between = _left_between(entries)
    return _reach(
        site,
        backwards,
        planned,
        earlier,
        between,
        force,
        allow_911_loss,
        errand,
        known=[change for entry in entries for change in entry.changes],
        or_refuse=or_refuse,
    )


def _not_asked(edit: edits.Dialplans) -> str:
    return (
        f"The dialplans at {edit.after} are not asked whether they still answer: "
        f"`invoke rehearse {option('--env', edit.environment)} {option('--dialplans', edit.after)}` asks them."
    )


def _registered_anew(together: Plan) -> Iterator[str]:
    """The numbers whose address before was not registered with 911: that may fail again."""
    for change in together:
        before = getattr(change, "before", None)
        told = before.emergency_address if isinstance(before, PhoneNumber) else ""
        if told and address_held(told) not in {"", told}:
            yield (
                f"{change.noun.name}: Twilio could not register {address_held(told)} with 911 before. "
                "This asks it to try again."
            )


def _left_between(entries: Iterable[Entry]) -> frozenset[str]:
    """The numbers whose 911 address runs which never came to their end may have taken off, and no more."""
    begun = (change for entry in entries if entry.state in unfinished.HALF_DONE for change in entry.written)
    return frozenset(change.noun.name for change in begun if lets_go_of_911(change))


def _doomed(entries: tuple[Entry, ...], to: int | None) -> list[Entry]:
    """The entries to undo, oldest first."""
    standing = [
        e
        for e in entries
        if e.state in {"done", *unfinished.HALF_DONE}
        and not e.takes_back
        and (e.changes or e.edits or e.takes_up)
    ]
    if to is not None:
        _refuse_number(to, standing, entries)
    last = standing[-1:] if to is None else [entry for entry in standing if entry.number >= to]
    return unfinished.entangled(last, entries)


def _refuse_number(to: int, standing: list[Entry], entries: tuple[Entry, ...]) -> None:
    """Refuse the number of an entry that cannot be undone, with what it is.

    Raises:
        BadInput: it is none, or of one that is undone already, or that undid others itself.
    """
    entry = next((entry for entry in entries if entry.number == to), None)
    if entry in standing or (entry and entry.state == "settled"):
        return
    why = "the history has none of that number"
    if entry:
        why = f"it was {entry.state}" if entry.state != "nothing written" else "it wrote nothing"
        if entry.takes_back:
            why = f"it undid others itself (`invoke {entry.command}`)"
    raise BadInput(
        f"Entry {to} cannot be undone: {why}.",
        "`invoke history` shows them with their numbers. What was rolled back comes again by its own command.",
    )


def _together(entries: Iterable[Entry]) -> Plan:
    """What several runs did to each thing, as one change of it."""
    found: dict[tuple[type, str], Change] = {}
    for entry in entries:
        for change in entry.written:
            key = thing(change)
            joined = _joined(found.get(key), change)
            if joined is None:
                found.pop(key, None)
            else:
                found[key] = joined
    return tuple(found.values())


def _joined(first: Change | None, second: Change) -> Change | None:
    if first is None:
        return second
    before = None if isinstance(first, Create) else first.before
    after = None if isinstance(second, Delete) else second.after
    if before is None or after is None:
        return Create(after) if after else Delete(before) if before else None
    settings = [*getattr(first, "settings", ()), *getattr(second, "settings", ())]
    return Update(before, after, tuple(dict.fromkeys(settings)) or kind_of(after).settings)


def _inverse(change: Change) -> Change:
    if isinstance(change, Create):
        return Delete(change.after)
    if isinstance(change, Delete):
        return Create(_as_wish(change.before))
    # What was found at Twilio knows no environment; what was wished for does.
    before = replace(_as_wish(change.before), environment=change.after.environment)
    return Update(change.after, before, change.settings)


def _as_wish(noun: Noun) -> Noun:
    """What was found, as it can be wished for: an address that was not registered is put on and registered anew."""
    if isinstance(noun, PhoneNumber) and noun.emergency_address:
        return replace(noun, emergency_address=address_held(noun.emergency_address))
    return noun


def _where_it_stands(change: Change, there: dict[tuple[type, str], Noun]) -> Change:
    """What brings a deleted thing back, as an update where the run was stopped before it deleted it.

    A number lets go of its 911 address before it is released, so it may stand there without one.
    """
    kind = kind_of(change.noun)
    if isinstance(change, Create) and kind.settings and thing(change) in there:
        return Update(change.after, change.after, kind.settings)
    return change


def _reach(
    site: Site,
    changes: Plan,
    planned: list[edits.Edit],
    earlier: Earlier,
    between: Collection[str],
    force: Collection[str],
    allow_911_loss: Collection[str],
    errand: Errand | None,
    *,
    known: Sequence[Change],
    or_refuse: bool = False,
) -> Recovery:
    """Bring what some changes are about to where they lead, as far as that can be."""
    using = [PHONE_NUMBER] if any(isinstance(change.noun, Application) for change in changes) else []
    about = [*(kind_of(change.noun) for change in changes), *_kinds_of_edits(planned), *using]
    kinds = tuple(dict.fromkeys(about))
    before = apply.look(site.api, site.wish, Scope(kinds, remove=("*",)))
    after = irreversible.clients_after(site.wish, planned)
    there = {(type(noun), noun.name): noun for noun in before.nouns()}
    if earlier.takes_back:
        changes = tuple(_where_it_stands(change, there) for change in changes)
    # What finishes a run can all be made.
    why = [irreversible.why_not(one, changes, before, after) if earlier.takes_back else "" for one in changes]
    cannot = tuple(filter(None, why))
    possible = tuple(change for change, reason in zip(changes, why, strict=True) if not reason)
    if or_refuse and cannot and not possible and not planned:
        raise Refused(
            "Nothing of this can be put back.",
            "`invoke rollback --to ENTRY` goes back before an earlier entry of the history.",
            (*earlier.words, *cannot),
        )
    _refuse_changed(possible, before, between, force, known, undoes=bool(earlier.takes_back))
    # What is gone, and named to be passed over, is not there to be put back.
    possible = tuple(c for c in possible if not isinstance(c, Update) or thing(c) in there)
    possible = (*possible, *_repointed(possible, before))
    _refuse_edited(planned, site, force)
    wish, scope = _wished(possible, site.wish), _scope(possible, before, allow_911_loss)
    # A phone that comes back is no phone of the inventory yet, but it is one that all this is about.
    named = {client.name for client in site.wish.clients}
    of_both = (*site.wish.clients, *(client for client in after if client.name not in named))
    site, errand = replace(site, wish=desired.with_clients(site.wish, of_both)), errand or Errand()

    def shown(proposal: Proposal) -> Proposal:
        return irreversible.with_caveats(proposal, site.wish, cannot) if earlier.takes_back else proposal

    asking = replace(errand, approve=lambda proposal: errand.approve(shown(proposal)))
    outcome = converge(site, scope, asking, wish=wish, before=before, planned_edits=planned, earlier=earlier)
    outcome = replace(outcome, proposal=shown(outcome.proposal))
    left_alone = {thing(one) for one, reason in zip(changes, why, strict=True) if reason}
    differences = _differences(site, outcome, before, possible, planned, left_alone)
    return Recovery(outcome, outcome.proposal.caveats, differences)


def _kinds_of_edits(planned: Iterable[edits.Edit]) -> Iterator[Kind]:
    """The kinds of resource that edits of the files say something of."""
    for edit in planned:
        yield from (APPLICATION, SIP_DOMAIN) if isinstance(edit, edits.Dialplans) else CLIENT_KINDS


def _differences(
    site: Site,
    outcome: Outcome,
    before: Estate,
    changes: Plan,
    planned: Sequence[edits.Edit],
    left_alone: set[tuple[type, str]],
) -> tuple[str, ...]:
    """Where the files say otherwise than the account, now that a recovery has ended."""
    if not outcome.applied:
        return ()
    try:
        said = desired.load(site.estate_file)
    except BadInput as error:
        return (f"Your files are not right as they are now: {error.what}", *error.faults, error.remedy)
    account = before
    if outcome.carried:
        kinds = {kind_of(change.noun) for change in changes}
        kinds |= (
            {SIP_DOMAIN} if kinds & {*MAPPINGS, IP_MAPPING} else set()
        )  # a mapping is a field of its domain
        fields = [field for field, kind in SECTIONS.items() if kind in kinds]
        read: dict[str, Any] = {field: getattr(outcome.carried.estate, field) for field in fields}
        account = replace(before, **read)
    about = {thing(change) for change in changes} | drift.about_edits(planned, said, account)
    return drift.differences(said, account, about - left_alone)


def _repointed(changes: Plan, now: Estate) -> Iterator[Update]:
    """What has numbers use an application that is made anew again: they name the old one, by its SID."""
    anew = {
        c.after.sid: c.after for c in changes if isinstance(c, Create) and isinstance(c.after, Application)
    }
    known = {thing(change) for change in changes}
    for number in now.numbers:
        names = ("voice_application", "sms_application")
        lost: dict[str, Any] = {
            name: anew[sid].name for name in names if (sid := getattr(number, name)) and sid in anew
        }
        if lost and (PhoneNumber, number.name) not in known:
            yield Update(number, replace(number, **lost), tuple(lost))


def _scope(changes: Plan, before: Estate, allow_911_loss: Collection[str]) -> Scope:
    """How far a recovery reaches: just what its changes are about."""
    there = {(type(noun), noun.name) for noun in before.nouns()}
    gone = [c.noun.name for c in changes if isinstance(c, Delete) and thing(c) in there]
    numbers = [c for c in changes if isinstance(c.noun, PhoneNumber)]
    return Scope(
        tuple(dict.fromkeys(kind_of(change.noun) for change in changes)),
        remove=tuple(gone),
        allow_911_loss=tuple(allow_911_loss),
        buys=tuple(c.noun.name for c in numbers if isinstance(c, Create)),
        take_over=tuple(c.noun.name for c in numbers),
        rotate=tuple(c.noun.name for c in changes if isinstance(c, Update) and PASSWORD in c.settings),
        # A number lets go of one address before it takes another: that cannot be put back in one step.
        as_one=bool(changes)
        and all(
            isinstance(change, Update) and "emergency_address" not in change.settings for change in changes
        ),
    )


def _refuse_edited(planned: Sequence[edits.Edit], site: Site, force: Collection[str]) -> None:
    """Refuse to write over what somebody wrote into estate.toml since.

    Raises:
        Refused: a base URL there is neither as the run left it nor as it is to be; both are shown.
    """
    name = site.estate_file.name
    ours: dict[str, dict[str, None]] = {}
    for edit in planned:
        if isinstance(edit, edits.Dialplans):
            ours.setdefault(edit.environment, {}).update(dict.fromkeys((edit.before, edit.after)))
    news = [
        f"{name}  environment.{environment}.dialplans: {next(iter(urls))} by that run, {said} now"
        for environment, urls in ours.items()
        if (said := edits.dialplans_in(site.estate_file, environment)).rstrip("/")
        not in {url.rstrip("/") for url in urls}
    ]
    if news and name not in force:
        raise Refused(
            f"Somebody changed {name} since. Nothing was changed.",
            f"If it is to be written over all the same, add {option('--force', name)} to the command.",
            tuple(news),
        )


def _refuse_changed(
    changes: Plan,
    now: Estate,
    between: Collection[str],
    force: Collection[str],
    known: Sequence[Change],
    *,
    undoes: bool,
) -> None:
    """Refuse what somebody changed since: what is neither as the run left it nor as it is to be.

    A number in `between` may tell 911 no address: the run was cut off after it took one off.
    """
    there = {(type(noun), noun.name): noun for noun in now.nouns()}
    when = "after that run" if undoes else "before that run"
    news = {
        change.noun.name: _news(change, there.get(thing(change)), when, between, known)
        for change in changes
        if isinstance(change, Update) and change.noun.name not in force
    }
    changed = [name for name, lines in news.items() if lines]
    if changed:
        how = "put back" if undoes else "written over"
        flags = " ".join(option("--force", name) for name in changed)
        raise Refused(
            "Somebody changed this since. Nothing was changed.",
            f"If it is to be {how} all the same, add {flags} to the command.",
            tuple(line for lines in news.values() for line in lines),
        )


def _news(
    change: Update, found: Noun | None, when: str, between: Collection[str], known: Iterable[Change]
) -> tuple[str, ...]:
    """What somebody changed of a thing since, one line each."""
    if found is None:
        return (f"{report.of_noun(change.noun)}  it: there {when}, gone now",)
    return tuple(
        f"{report.of_noun(change.noun)}  {name}: {report.of_value(getattr(change.before, name))} {when}, "
        f"{report.of_value(getattr(found, name))} now"
        for name in change.settings
        if name != PASSWORD and not _is_ours(found, name, change, between, known)
    )


def _is_ours(
    found: Noun, name: str, change: Update, between: Collection[str], known: Iterable[Change]
) -> bool:
    """Whether a run of ours can have left a setting so; `known` are the single changes that it was made of."""
    same = [one for one in known if thing(one) == thing(change)]
    sides = [side for one in (change, *same) for side in _sides(one)]
    value, left = getattr(found, name), [getattr(side, name) for side in sides]
    if name != "emergency_address":
        return value in left
    # Twilio registers an address in its own time. How that ends is nobody's change: it is still ours, if it failed.
    address = address_held(value)
    none_is_ours = change.noun.name in between or address != value
    return address in map(address_held, left) or (not address and none_is_ours)


def _sides(change: Change) -> tuple[Noun, ...]:
    """A thing before a change and after it, as far as it was there."""
    return tuple(getattr(change, side) for side in ("before", "after") if hasattr(change, side))


def _wished(changes: Plan, wish: Estate) -> Estate:
    """A wish for what changes lead to, and for nothing else."""
    nouns = [_sparse(change) for change in changes if not isinstance(change, Delete)]
    found: dict[str, tuple[Noun, ...]] = dict.fromkeys(SECTIONS, ())
    for noun in nouns:
        field = FIELDS.get(type(noun))
        if field:
            found[field] = (*found[field], noun)
    domains = {noun.domain_name: noun for noun in nouns if isinstance(noun, SipDomain)}
    for noun in nouns:
        if isinstance(noun, Mapping | IpMapping):
            domains[noun.domain_name] = _with(domains.get(noun.domain_name), noun)
    everything: dict[str, Any] = {**found, "domains": tuple(domains.values())}
    return replace(wish, **everything)


def _sparse(change: Create | Update) -> Noun:
    """What a change leads to; of an update only the settings that it is about."""
    noun = change.after
    if isinstance(change, Create) or isinstance(noun, Credential):
        return noun
    kind = kind_of(noun)
    unasked = {*kind.settings, *kind.at_birth} - {kind.key, *change.settings}
    unset: dict[str, Any] = dict.fromkeys(unasked)
    if isinstance(noun, SipDomain):
        unset |= dict.fromkeys(("registrations", "calls", "ip_lists"), frozenset())
    return replace(noun, **unset)


def _with(domain: SipDomain | None, mapping: Mapping | IpMapping) -> SipDomain:
    """A mapping is a field of its domain in a wish; one that nothing else is wished of asks for no setting."""
    domain = domain or SipDomain(mapping.domain_name, environment=mapping.environment)
    if isinstance(mapping, IpMapping):
        return replace(domain, ip_lists=domain.ip_lists | {mapping.ip_list})
    lists = domain.lists_for(mapping.use) | {mapping.credential_list}
    if mapping.use == "registrations":
        return replace(domain, registrations=lists)
    return replace(domain, calls=lists)

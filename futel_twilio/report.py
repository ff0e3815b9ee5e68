"""Plans, lists and outcomes -> words, rows and JSON; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from futel_twilio.change import PASSWORD, Create, Delete, Update
from futel_twilio.desired import ESTATE
from futel_twilio.kinds import kind_of
from futel_twilio.letters import first_word, option, quoted
from futel_twilio.model import (
    Address,
    Application,
    Credential,
    CredentialList,
    IpMapping,
    Mapping,
    Noun,
    PhoneNumber,
    SipDomain,
    address_held,
)
from futel_twilio.tables import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from futel_twilio.amiss import Remainder
    from futel_twilio.apply import Carried
    from futel_twilio.camera import Saved
    from futel_twilio.change import Change, Plan, Scope
    from futel_twilio.model import Estate
    from futel_twilio.rehearsal import Level, Rehearsal
    from futel_twilio.runbook import Listing, Outcome, Proposal

LONG = 120  # seconds, above which they are told in minutes
SIGNS = {Create: "+", Update: "~", Delete: "-"}
ACTIONS = {Create: "create", Update: "update", Delete: "delete"}


def of_change(change: Change) -> str:
    """One change as one line: `~ SIP domain X  voice_url: old -> new`; of a create, what is not plain."""
    line = f"{SIGNS[type(change)]} {of_noun(change.noun)}"
    if isinstance(change, Update):
        if PASSWORD in change.settings:
            return f"{line}  a new password"
        pairs = (
            f"{name}: {of_value(before)} -> {of_value(after)}" for name, before, after in change.values()
        )
        return f"{line}  {', '.join(pairs)}"
    return f"{line}  {', '.join(_wishes(change.noun))}".rstrip() if isinstance(change, Create) else line


def of_noun(noun: Noun) -> str:
    """A thing by its kind and name: `SIP domain direct-futel-prod.sip.twilio.com`."""
    if isinstance(noun, Mapping | IpMapping):
        mapped = noun.credential_list if isinstance(noun, Mapping) else noun.ip_list
        return f"{kind_of(noun).title} {noun.domain_name} <- {mapped}"
    return f"{kind_of(noun).title} {noun.name}"


def of_plan(plan: Plan) -> tuple[str, ...]:
    """A plan as one line per change, and one that counts them."""
    if not plan:
        return ("Nothing to do: Twilio holds what is wished for.",)
    counts = [
        f"{count} to {ACTIONS[kind]}" for kind in SIGNS if (count := sum(type(c) is kind for c in plan))
    ]
    return (*(of_change(change) for change in plan), f"{', '.join(counts)}.")


def of_extras(found: tuple[Noun, ...]) -> tuple[str, ...]:
    """What nobody wished for, one line each."""
    held = {
        address_held(noun.emergency_address): noun.name for noun in found if isinstance(noun, PhoneNumber)
    }
    return tuple(f"? {of_noun(noun)}  {_how_to_go(noun, held.get(noun.name))}" for noun in found)


def _beside_a_snapshot(found: tuple[Noun, ...]) -> tuple[str, ...]:
    return tuple(f"? {of_noun(noun)}  is not in the snapshot; left alone" for noun in found)


def of_remainder(remainder: Remainder) -> tuple[str, ...]:
    """What a snapshot cannot bring back: what a person has to do, and what a person has to know."""
    return (*(f"! {line}" for line in remainder.by_hand), *(f". {line}" for line in remainder.notes))


def of_snapshot(saved: Saved, holds: dict[str, int]) -> tuple[str, ...]:
    """Where a snapshot is, what is in it, and what could not be read."""
    words = ", ".join(f"{word} {count}" for word, count in holds.items() if count) or "nothing"
    not_read = saved.document["beyond"]["not_read"]
    return (
        f"Wrote {saved.path}: {words} ({saved.requests} requests).",
        "It holds names and street addresses, and no password, token or key: keep it where others cannot read it.",
        *(
            f"! {section} could not be read with these credentials: {why}"
            for section, why in not_read.items()
        ),
    )


def _how_to_go(noun: Noun, holder: str | None = None) -> str:
    if isinstance(noun, Credential):
        how = f"`invoke delete-credential {first_word(noun.username)}`"
        return f"is of no phone of the inventory; left alone (goes with {how})"
    if isinstance(noun, PhoneNumber):
        number = quoted(noun.name)
        loses = f" --allow-911-loss {number}" if noun.emergency_address else ""
        how = f"`invoke delete-number {number} --release-number {number}{loses}`"
        return f"is of no phone of the inventory; left alone (goes with {how})"
    if isinstance(noun, Address) and holder:
        return f"is of no phone of the inventory; left alone (needed as long as {holder} tells it to 911)"
    if isinstance(noun, Address):
        return f"is of no phone of the inventory; left alone (goes with `invoke delete-address {quoted(noun.sid)}`)"
    return f"is not in estate.toml; left alone (goes with {option('--remove', noun.name)})"


def of_proposal(proposal: Proposal) -> tuple[str, ...]:
    """What a command would change, what it leaves alone, and what that means for phones."""
    extras = (of_extras if proposal.remainder is None else _beside_a_snapshot)(proposal.extras)
    lines = (
        *proposal.about,
        *(of_plan(proposal.plan) if proposal.plan else _of_no_change(proposal)),
        *extras,
        *(of_remainder(proposal.remainder) if proposal.remainder else ()),
    )
    # What failed is told by the refusal.
    lines += of_rehearsal(proposal.rehearsal, ("finding", "warning")) if proposal.rehearsal else ()
    lines += tuple(f"! {line}" for line in (*proposal.caveats, *proposal.notes))
    return (*lines, proposal.sentence) if proposal.sentence else lines


def _of_no_change(proposal: Proposal) -> tuple[str, ...]:
    """The first line where nothing would change at Twilio, which is not said to be well while something is left."""
    by_hand = proposal.remainder.by_hand if proposal.remainder else ()
    left = len(by_hand) + len(proposal.caveats)
    lines = "the line marked with ! below is" if left == 1 else f"the {left} lines marked with ! below are"
    nothing = f"No command can change more at Twilio: {lines} left for you."
    if not proposal.rewrites:
        return (nothing,) if left else of_plan(())
    would = f"{' and '.join(proposal.rewrites)} would be changed."
    return (nothing, would) if left else (f"Twilio holds what is wished for; {would}",)


def of_rehearsal(
    rehearsed: Rehearsal, told: Sequence[Level] = ("failed", "finding", "warning")
) -> tuple[str, ...]:
    """How the dialplans answered: one line that counts, and one for each answer of the levels that are told."""
    how = "" if rehearsed.signed else ", unsigned, since only an API key is at hand and no auth token"
    words: dict[Level, str] = {"failed": "FAILED", "finding": "FINDING", "warning": "warning"}
    return (
        f"Rehearsal: {_counts(rehearsed)}{how}.",
        *(f"! {words[level]}: {line}" for level, line in rehearsed.told(*told)),
    )


def _counts(rehearsed: Rehearsal) -> str:
    asked, well = len(rehearsed.answers), len(rehearsed.at("well"))
    if well == asked:
        return f"{well} of {asked} answers are well"
    words: dict[Level, str] = {
        "well": "well",
        "warning": "slow",
        "finding": "with a finding",
        "failed": "failed",
    }
    counts = (f"{len(found)} {word}" for level, word in words.items() if (found := rehearsed.at(level)))
    return f"{asked} answers: {', '.join(counts)}"


def after_rehearsal(rehearsed: Rehearsal) -> tuple[str, ...]:
    """What to do next, and what `promote` makes of it; nothing where all is well."""
    if not rehearsed.remedy:
        return ()
    then = (
        "is refused as long as this fails, unless --skip-rehearsal gives a reason"
        if rehearsed.at("failed")
        else "shows findings and goes on"
    )
    return (f"{rehearsed.remedy}. `promote` {then}.",)


def rehearsal_as_json(rehearsed: Rehearsal) -> dict[str, Any]:
    """A rehearsal for a machine."""
    answers = [
        {
            "environment": one.question.environment,
            "url": one.question.url,
            "about": one.question.about,
            "level": one.level,
            "why": one.why or None,
            "seconds": round(one.seconds, 3),
        }
        for one in rehearsed.answers
    ]
    return {"signed": rehearsed.signed, "answers": answers}


def change_as_json(change: Change) -> dict[str, Any]:
    """One change for a machine: action, kind, name, environment and, for an update, the settings."""
    noun = change.noun
    document: dict[str, Any] = {
        "action": ACTIONS[type(change)],
        "kind": kind_of(noun).title,
        "name": noun.name,
        "environment": noun.environment or None,
    }
    if isinstance(change, Update):
        document["sid"] = change.before.sid
        if PASSWORD in change.settings:
            return document | {"settings": {PASSWORD: "renewed"}}
        document["settings"] = {name: {"before": b, "after": a} for name, b, a in change.values()}
    elif isinstance(change, Create):
        document["settings"] = {name: {"after": value} for name, value in _settings(noun)}
    return document


def noun_as_json(noun: Noun, environment: str = "") -> dict[str, Any]:
    """One thing for a machine: every field, and the environment that wishes for it, or null."""
    names = (kind_of(noun).key, *kind_of(noun).settings, *kind_of(noun).at_birth, "auth_type", "sid")
    if isinstance(noun, Mapping | IpMapping):
        names = ("domain_name", "use", "credential_list", "ip_list")
    plain = {name: getattr(noun, name) for name in dict.fromkeys(names) if hasattr(noun, name)}
    return {**plain, "environment": environment or None}


def lister(noun: type[Noun]) -> Callable[[Estate, Estate, Scope], Table]:
    """The function that lays out one kind of thing as a table, from wish, account and scope."""
    return {
        Application: _applications,
        SipDomain: _domains,
        CredentialList: _credential_lists,
        Mapping: _mappings,
    }[noun]


def _applications(wish: Estate, actual: Estate, _scope: Scope) -> Table:
    return Table(
        ("application", "environment", "voice URL", "method", "open to others", "as wished", "SID"),
        tuple(
            (
                a.friendly_name,
                wish.environment_of(a) or "-",
                a.voice_url or "none",
                a.voice_method or "",
                _yes(a.public_application_connect_enabled),
                as_wished(a, wish),
                a.sid,
            )
            for a in sorted(actual.applications, key=by_name)
        ),
    )


def _domains(wish: Estate, actual: Estate, _scope: Scope) -> Table:
    return Table(
        ("SIP domain", "environment", "voice URL", "method", "registration", "911", "as wished", "SID"),
        tuple(
            (
                d.domain_name,
                wish.environment_of(d) or "-",
                d.voice_url or "none",
                d.voice_method or "",
                "on" if d.sip_registration else "off",
                "on" if d.emergency_calling_enabled else "off",
                as_wished(d, wish),
                d.sid,
            )
            for d in sorted(actual.domains, key=by_name)
        ),
    )


def _credential_lists(wish: Estate, actual: Estate, _scope: Scope) -> Table:
    return Table(
        ("credential list", "as wished", "SID"),
        tuple((c.friendly_name, as_wished(c, wish), c.sid) for c in actual.credential_lists),
    )


def _mappings(wish: Estate, actual: Estate, scope: Scope) -> Table:
    there = [(m, "yes" if m in wish.mappings else "not in estate.toml") for m in actual.mappings]
    missing = [(m, "MISSING") for m in wish.mappings if m not in actual.mappings and scope.covers(m)]
    return Table(
        ("SIP domain", "environment", "for", "credential list", "as wished"),
        tuple(
            (m.domain_name, wish.environment_of(m) or "-", m.use, m.credential_list, says)
            for m, says in sorted((*there, *missing), key=lambda row: row[0].name)
        ),
    )


def by_name(noun: Noun) -> str:
    return noun.name


def as_wished(noun: Noun, wish: Estate) -> str:
    wished = next((w for w in wish.nouns() if type(w) is type(noun) and w.name == noun.name), None)
    if wished is None:
        return "not in the inventory" if isinstance(noun, PhoneNumber) else "not in estate.toml"
    same = all(getattr(wished, name) in (None, getattr(noun, name)) for name in kind_of(noun).settings)
    return "yes" if same else "DIFFERS"


def _wishes(noun: Noun) -> Iterator[str]:
    if isinstance(noun, Address):
        yield f"customer: {noun.customer_name}"  # all else is in its name
        return
    if isinstance(noun, PhoneNumber):
        yield "BOUGHT, which costs money every month"
    for name, value in _settings(noun):
        if value and value != "POST" and name != "friendly_name":
            yield f"{name}: {of_value(value)}"


def _settings(noun: Noun) -> Iterator[tuple[str, Any]]:
    for name in (*kind_of(noun).settings, *kind_of(noun).at_birth):
        value = getattr(noun, name)
        if value is not None:
            yield name, value


def _yes(value: object) -> str:
    return "YES" if value else "no"


def of_value(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value) or "(empty)"


def of_outcome(outcome: Outcome, how: str) -> tuple[str, ...]:
    """How a command ended, and what to do next; `how` is the command that would carry the plan out."""
    proposal = outcome.proposal
    lines: list[str] = []
    if proposal.refusal and not outcome.applied:
        lines.append("Nothing was changed.")
    elif (proposal.plan or proposal.rewrites) and not outcome.applied:
        lines.append(f"Nothing was changed. Run {how} to do this.")
    elif proposal.plan:
        lines.append(
            f"Done: {len(proposal.plan)} changed, looked again, all as wished ({outcome.requests} requests)."
        )
    lines += _of_911(outcome.carried) if outcome.carried else ()
    if proposal.remainder and proposal.remainder.by_hand:
        lines.append(f"Left for a person: {len(proposal.remainder.by_hand)}, marked with ! above.")
    if outcome.rewritten:
        says = "says so too; commit it" if len(outcome.rewritten) == 1 else "say so too; commit them"
        lines.append(f"{' and '.join(outcome.rewritten)} now {says}.")
    if ESTATE in outcome.rewritten:
        lines.append("`invoke plan` shows whether anything still points elsewhere.")
    return tuple(lines)


def _of_911(carried: Carried) -> Iterator[str]:
    for number, seconds in carried.without_911.items():
        yield f"911 was told no address of {number} for {_duration(seconds)}."
    for number in carried.pending_911:
        yield f"911 is not told the address of {number} yet; `invoke list-clients` says when it is registered."


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < LONG else f"{seconds / 60:.0f} minutes"


def outcome_as_json(outcome: Outcome) -> dict[str, Any]:
    """An outcome for a machine."""
    proposal = outcome.proposal
    return {
        "account": proposal.settings.account_sid,
        "changes": [change_as_json(change) for change in proposal.plan],
        "not_in_estate": [noun_as_json(noun) | {"kind": kind_of(noun).title} for noun in proposal.extras],
        "refused": str(proposal.refusal) if proposal.refusal else None,
        "applied": outcome.applied and bool(proposal.plan),
        "estate_rewritten": ESTATE in outcome.rewritten,
        "requests": outcome.requests,
        "about": list(proposal.about),
        "phones": proposal.sentence or None,
        "rehearsal": rehearsal_as_json(proposal.rehearsal) if proposal.rehearsal else None,
        "rehearsal_skipped": proposal.rehearsal_skipped or None,
        "entry": outcome.entry,
        "pending_911": list(outcome.carried.pending_911) if outcome.carried else [],
        "seconds_without_911": outcome.carried.without_911 if outcome.carried else {},
        "rewritten": list(outcome.rewritten),
        "by_hand": list(proposal.remainder.by_hand) if proposal.remainder else [],
        "notes": [
            *proposal.caveats,
            *proposal.notes,
            *(proposal.remainder.notes if proposal.remainder else ()),
        ],
    }


def of_listing(listing: Listing) -> Table:
    """A list of one kind of thing as a table."""
    return lister(listing.noun)(listing.wish, listing.actual, listing.scope)


def listing_as_json(listing: Listing) -> list[dict[str, Any]]:
    """A list of one kind of thing for a machine."""
    return [
        noun_as_json(noun, listing.wish.environment_of(noun)) | {"as_wished": as_wished(noun, listing.wish)}
        for noun in listing.actual.nouns()
        if type(noun) is listing.noun
    ]

"""Estate x Estate -> Plan; pure; and the guards that a plan must pass.

A plan is a plain tuple of three kinds of change, empty when there is nothing to do. Nothing is ever
deleted because the wish does not name it: what is outside the wish is reported as an extra, and goes
only when a person names it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from futel_twilio.change import PASSWORD, Create, Delete, Scope, Update, buys, renews, thing
from futel_twilio.errors import BadInput, Refused
from futel_twilio.kinds import (
    ADDRESS,
    APPLICATION,
    CLIENT_KINDS,
    CREDENTIAL,
    CREDENTIAL_LIST,
    IP_LIST,
    KINDS,
    PHONE_NUMBER,
    SIP_DOMAIN,
    Kind,
    kind_of,
)
from futel_twilio.letters import first_word, option, quoted
from futel_twilio.model import (
    SIP_SUFFIX,
    Address,
    Credential,
    Estate,
    IpAddress,
    IpMapping,
    Mapping,
    Noun,
    PhoneNumber,
    SipDomain,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from futel_twilio.change import Change, Plan

GONE_APPLICATION = re.compile(r"AP[0-9a-fA-F]{32}")


def make(wish: Estate, actual: Estate, scope: Scope | None = None) -> Plan:
    """What has to change at Twilio for the wish to be so, owners before what they own.

    Raises:
        BadInput: a name to be removed is not there, or is still wished for.
        Refused: two things have one name; an owner is missing; a command that only updates finds nothing.
    """
    scope = scope or Scope()
    wanted = [noun for noun in wish.nouns() if scope.covers(noun)]
    _refuse_twins(wanted, actual)
    found = {(type(noun), noun.name): noun for noun in actual.nouns()}
    changes = [change for noun in wanted if (change := _change(noun, found, scope))]
    _refuse_missing(changes, found, scope)
    _refuse_numbers(changes, wish, scope)
    return (*changes, *_removals(wish, actual, scope))


def extras(
    wish: Estate,
    actual: Estate,
    scope: Scope | None = None,
    plan: Plan = (),
    wanted: Estate | None = None,
) -> tuple[Noun, ...]:
    """What the account holds beyond the wish, and beyond the plan: reported, and left alone unless named.

    What a command works towards (`wanted`) may not stand in the files of the wish yet.
    """
    scope = scope or Scope()
    named = (*wish.nouns(), *(wanted.nouns() if wanted else ()), *(change.noun for change in plan))
    wished = {(type(noun), noun.name) for noun in named}
    return tuple(
        noun
        for noun in actual.nouns()
        if (type(noun), noun.name) not in wished and kind_of(noun) in scope.kinds
    )


def without(plan: Plan, shown: Plan) -> Plan:
    """The changes of a plan about things that a plan shown before did not name."""
    named = {thing(change) for change in shown}
    return tuple(change for change in plan if thing(change) not in named)


def differences(wish: Estate, actual: Estate, about: Collection[tuple[type, str]]) -> Plan:
    """What an account holds otherwise than the wish, of some resources, each named by its type and its name."""
    found = {(type(noun), noun.name): noun for noun in actual.nouns()}
    wanted = (noun for noun in wish.nouns() if (type(noun), noun.name) in about)
    return tuple(change for noun in wanted if (change := _change(noun, found, Scope())))


def still_to_do(scope: Scope, actual: Estate, done: Iterable[Change]) -> Scope:
    """A scope less the removals and the new passwords that have happened."""
    names = tuple(name for name in scope.remove if _named(actual, (name,)))
    renewed = {change.noun.name for change in done if renews(change)}
    return replace(scope, remove=names, rotate=tuple(name for name in scope.rotate if name not in renewed))


def _change(noun: Noun, found: dict[tuple[type, str], Noun], scope: Scope) -> Change | None:
    there = found.get((type(noun), noun.name))
    if there is None:
        return Create(noun)
    if isinstance(there, Credential):
        return Update(there, noun, (PASSWORD,)) if noun.name in scope.rotate else None
    differing = tuple(
        name
        for name in kind_of(noun).settings
        if (scope.settings is None or name in scope.settings)
        and getattr(noun, name) is not None
        and getattr(noun, name) != getattr(there, name)
    )
    return Update(there, noun, differing) if differing else None


def _refuse_twins(wanted: list[Noun], actual: Estate) -> None:
    owners = {(kind_of(noun), noun.name) for noun in wanted}
    owners |= {owner for noun in wanted for owner in owners_of(noun)}
    # Two addresses of one text are as good as one another.
    count = Counter((kind_of(noun), noun.name) for noun in actual.nouns() if not isinstance(noun, Address))
    twins = [(kind, name) for (kind, name), times in count.items() if times > 1 and (kind, name) in owners]
    if not twins:
        return
    raise Refused(
        "Twilio holds several things under one name, and which one the phones use cannot be told from here.",
        "Look at them with `invoke list-applications` or `invoke list-credential-lists`, rename or delete "
        "the wrong one in the Twilio console, and run the command again.",
        tuple(
            f"{kind.title} {name}: "
            + " and ".join(n.sid for n in actual.nouns() if kind_of(n) == kind and n.name == name)
            for kind, name in twins
        ),
    )


def _refuse_missing(changes: list[Change], found: dict[tuple[type, str], Noun], scope: Scope) -> None:
    made = [change.noun for change in changes if isinstance(change, Create)]
    created = dict.fromkeys((kind_of(noun), noun.name) for noun in made)
    missing: dict[tuple[Kind, str], None] = {}
    if not scope.creates:
        missing |= created
    names = {(kind_of(noun), noun.name) for noun in found.values()} | (
        set(created) if scope.creates else set()
    )
    for change in changes:
        if isinstance(change, Create) or not isinstance(change.noun, Credential):
            missing |= dict.fromkeys(owner for owner in owners_of(change.noun) if owner not in names)
    if missing:
        tasks = " and ".join(dict.fromkeys(_making(kind, name) for kind, name in missing))
        all_of_it = ", or `invoke setup` for everything" if all(kind in KINDS for kind, _ in missing) else ""
        raise Refused(
            "This command needs what is not there yet.",
            f"Run {tasks} first{all_of_it}.",
            tuple(f"{kind.title} {name} does not exist" for kind, name in missing),
        )


def _making(kind: Kind, name: str) -> str:
    """The command that makes a thing; of an address its phone is to be named, which its name does not tell."""
    phone = first_word(name.rpartition("/")[2])
    whose = {CREDENTIAL: f" {phone}", PHONE_NUMBER: f" {quoted(name)}", ADDRESS: " NAME"}.get(kind, "")
    return f"`invoke {kind.task}{whose}`"


def owners_of(noun: Noun) -> tuple[tuple[Kind, str], ...]:
    """What must be there before a thing can be made as it is wished; first what it lives inside, if anything."""
    if isinstance(noun, Mapping):
        return ((SIP_DOMAIN, noun.domain_name), (CREDENTIAL_LIST, noun.credential_list))
    if isinstance(noun, IpMapping):
        return ((SIP_DOMAIN, noun.domain_name), (IP_LIST, noun.ip_list))
    if isinstance(noun, IpAddress):
        return ((IP_LIST, noun.ip_list),)
    if isinstance(noun, Credential):
        return ((CREDENTIAL_LIST, noun.credential_list),)
    if isinstance(noun, PhoneNumber):
        applications = ((APPLICATION, noun.voice_application), (APPLICATION, noun.sms_application))
        owners = (*applications, (ADDRESS, noun.emergency_address))
        return tuple((kind, name) for kind, name in owners if name)
    return ()


def _refuse_numbers(changes: list[Change], wish: Estate, scope: Scope) -> None:
    """Refuse to buy what was not named, and to take a number from whoever else uses it."""
    bought = [c.noun for c in changes if buys(c) and c.noun.name not in scope.buys]
    if bought:
        raise Refused(
            "The account does not hold every number that is wished for, and nothing is bought unasked.",
            "Buy it so, or name it under external_numbers in clients.toml if it lives with another carrier.",
            tuple(
                f"{noun.name}: not in this account; "
                f"`invoke create-number {quoted(noun.name)} {option('--env', noun.environment)}` buys it"
                for noun in bought
            ),
        )
    ours = {application.name for application in wish.applications}
    foreign = [
        f"{change.noun.name}: belongs to {owner}"
        for change in changes
        if isinstance(change, Update) and isinstance(change.before, PhoneNumber)
        for owner in _strangers(change.before, ours)
        if change.noun.name not in scope.take_over
    ]
    if foreign:
        raise Refused(
            "A number is in use by something else, so it is left alone.",
            "If it is meant for a phone, say so with --take-over and the number.",
            tuple(foreign),
        )


def _strangers(number: PhoneNumber, ours: set[str]) -> Iterator[str]:
    application = number.voice_application or ""
    # One that is told by its SID is no application of the account any more: it answers nothing.
    if application and application not in ours and not GONE_APPLICATION.fullmatch(application):
        yield f"the application {number.voice_application}"
    if number.trunk_sid:
        yield f"the trunk {number.trunk_sid}"


def _named(estate: Estate, names: Iterable[str]) -> list[Noun]:
    wanted = tuple(names)
    return [noun for noun in estate.nouns() if _is_named(noun, wanted)]


def _is_named(noun: Noun, names: tuple[str, ...]) -> bool:
    also = noun.username if isinstance(noun, Credential) else noun.name.removesuffix(SIP_SUFFIX)
    return noun.name in names or also in names or (isinstance(noun, Address) and noun.sid in names)


def _removals(wish: Estate, actual: Estate, scope: Scope) -> Iterator[Delete]:
    doomed = [noun for noun in _named(actual, scope.remove) if kind_of(noun) in scope.kinds]
    _refuse_removals(wish, doomed, scope)
    domains = {noun.domain_name for noun in doomed if isinstance(noun, SipDomain)}
    mappings: tuple[Mapping | IpMapping, ...] = (*actual.mappings, *actual.ip_mappings)
    owned = [m for m in mappings if m.domain_name in domains and m not in doomed]
    for noun in sorted((*owned, *doomed), key=lambda one: -kind_of(one).step):
        yield Delete(noun)


def _refuse_removals(wish: Estate, doomed: list[Noun], scope: Scope) -> None:
    faults = [
        f"{name}: nothing of this name is there"
        for name in scope.remove
        if not any(_is_named(n, (name,)) for n in doomed)
    ]
    faults += [
        f"{noun.name}: {_wisher(noun)} wishes for it; take it out there first"
        for noun in _named(wish, scope.remove)
    ]
    faults += [
        f"{noun.name}: a credential list holds the phones' passwords, which cannot be brought back; "
        "delete it in the Twilio console if that is meant"
        for noun in doomed
        if kind_of(noun) is CREDENTIAL_LIST
    ]
    if faults:
        raise BadInput(
            "What --remove names cannot be removed.",
            "The same command without --remove, with --dry-run, shows the names.",
            tuple(faults),
        )


def _wisher(noun: Noun) -> str:
    return "the client inventory" if kind_of(noun) in CLIENT_KINDS else "estate.toml"

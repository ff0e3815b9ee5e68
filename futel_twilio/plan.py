"""Estate x Estate -> Plan; pure; and the guards that a plan must pass.

A plan is a plain tuple of three kinds of change, empty when there is nothing to do. Nothing is ever
deleted because the wish does not name it: what is outside the wish is reported as an extra, and goes
only when a person names it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

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
from futel_twilio.model import (
    PROD,
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
    from collections.abc import Iterable, Iterator

GONE_APPLICATION = re.compile(r"AP[0-9a-fA-F]{32}")
PASSWORD = "password"  # noqa: S105  # the name of what a rotation changes


@dataclass(frozen=True, slots=True)
class Create:
    """A thing that is wished for and is not there."""

    after: Noun

    @property
    def noun(self) -> Noun:
        return self.after


@dataclass(frozen=True, slots=True)
class Update:
    """A thing that is there with other settings than wished; `settings` names those that differ."""

    before: Noun
    after: Noun
    settings: tuple[str, ...]

    @property
    def noun(self) -> Noun:
        return self.after

    def values(self) -> Iterator[tuple[str, Any, Any]]:
        """Each setting that differs, with its value before and after; a password, which nobody sees, is left out."""
        for name in self.settings:
            if name != PASSWORD:
                yield name, getattr(self.before, name), getattr(self.after, name)


@dataclass(frozen=True, slots=True)
class Delete:
    """A thing that is there, is not wished for, and was named to be taken away."""

    before: Noun

    @property
    def noun(self) -> Noun:
        return self.before


Change: TypeAlias = Create | Update | Delete
Plan: TypeAlias = tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """How far a command reaches.

    Attributes:
        kinds: the kinds of thing that it may touch.
        environments: the environments that it may touch; all if None.
        creates: whether it may make what is missing; if not, a missing thing is refused.
        settings: the settings that it may change; all if None.
        remove: names of things to take away.
        allow_911_loss: names of SIP domains, clients or numbers that may lose emergency calling.
        buys: numbers that may be bought, which costs money; a missing one that is not named is refused.
        take_over: numbers that may be taken from another application or a trunk.
        rotate: names of credentials that get a new password.
        as_one: all of it or nothing: prod first and together, and moved back if any of it fails.
    """

    kinds: tuple[Kind, ...] = KINDS
    environments: tuple[str, ...] | None = None
    creates: bool = True
    settings: frozenset[str] | None = None
    remove: tuple[str, ...] = ()
    allow_911_loss: tuple[str, ...] = ()
    buys: tuple[str, ...] = ()
    take_over: tuple[str, ...] = ()
    rotate: tuple[str, ...] = ()
    as_one: bool = False

    def covers(self, noun: Noun) -> bool:
        shared = not noun.environment
        return kind_of(noun) in self.kinds and (
            shared or self.environments is None or noun.environment in self.environments
        )


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


def extras(wish: Estate, actual: Estate, scope: Scope | None = None, plan: Plan = ()) -> tuple[Noun, ...]:
    """What the account holds beyond the wish, and beyond the plan: reported, and left alone unless named."""
    scope = scope or Scope()
    wished = {(type(noun), noun.name) for noun in wish.nouns()}
    return tuple(
        noun
        for noun in actual.nouns()
        if (type(noun), noun.name) not in wished and kind_of(noun) in scope.kinds and Delete(noun) not in plan
    )


def asks_first(plan: Plan) -> tuple[str, ...]:
    """Why a person must be asked before this plan is applied; empty where nobody needs to be."""
    reasons = []
    if any(change.noun.environment == PROD for change in plan):
        reasons.append("it touches prod")
    if any(_takes_away(change) for change in plan):
        reasons.append("it takes something away")
    if any(buys(change) for change in plan):
        reasons.append("it buys a phone number")
    if any(moves_911(change) for change in plan):
        reasons.append("a phone has no 911 while its address is changed")
    if any(renews(change) for change in plan):
        reasons.append("a phone is cut off until it has its new password")
    return tuple(reasons)


def buys(change: Change) -> bool:
    """Whether a change buys a phone number."""
    return isinstance(change, Create) and isinstance(change.after, PhoneNumber)


def renews(change: Change) -> bool:
    """Whether a change gives a credential a new password."""
    return isinstance(change, Update) and PASSWORD in change.settings


def moves_911(change: Change) -> bool:
    """Whether a number that tells 911 one address is to tell it another: in between it tells none."""
    if not isinstance(change, Update) or "emergency_address" not in change.settings:
        return False
    before, after = change.before, change.after
    return (
        isinstance(before, PhoneNumber)
        and isinstance(after, PhoneNumber)
        and bool(before.emergency_address and after.emergency_address)
    )


def makes_password(change: Change) -> bool:
    """Whether a change gives a credential a password."""
    is_new = isinstance(change, Create) or (isinstance(change, Update) and PASSWORD in change.settings)
    return is_new and isinstance(change.noun, Credential)


def lets_go_of_911(change: Change) -> bool:
    """Whether a change takes off a number the address that it tells 911, be it to put another on."""
    if isinstance(change, Create) or not isinstance(change.before, PhoneNumber):
        return False
    return bool(change.before.emergency_address) and (
        isinstance(change, Delete) or "emergency_address" in change.settings
    )


def since(change: Change, now: Estate) -> tuple[tuple[str, Any, Any], ...]:
    """What is otherwise by now than a change was planned from: setting, as planned from, as it is.

    Nothing where it is a create, or a mapping, which is there or not.
    """
    if isinstance(change, Create) or isinstance(change.before, Mapping):
        return ()
    there = next(
        (n for n in now.nouns() if type(n) is type(change.before) and n.name == change.noun.name), None
    )
    if there is None:
        return () if isinstance(change, Delete) else (("it", "there", "gone"),)
    names = kind_of(there).settings or kind_of(there).reported
    pairs = ((name, getattr(change.before, name), getattr(there, name)) for name in names)
    return tuple(
        (name, planned, found)
        for name, planned, found in pairs
        if found not in (planned, _wanted(change, name))
    )


def _wanted(change: Change, name: str) -> Any:
    """What a change wants of a setting: where it is so already, that is our own write, seen late before."""
    is_ours = isinstance(change, Update) and name in change.settings and name != PASSWORD
    return getattr(change.noun, name) if is_ours else None


def back(change: Change, now: Estate, *, perhaps: bool = False) -> Update | None:
    """The change that puts back what an update wrote, as far as it stands; None where nothing of it does.

    Where it may stand although the reading says that all is as before (`perhaps`), since a reading may be late,
    that is put back too: it does no harm where nothing was written.
    """
    if not isinstance(change, Update):
        return None
    there = next(
        (n for n in now.nouns() if type(n) is type(change.before) and n.name == change.noun.name), None
    )
    if there is None:
        return None
    sides = (change.after, change.before) if perhaps else (change.after,)
    ours = tuple(
        name for name in change.settings if getattr(there, name) in [getattr(side, name) for side in sides]
    )
    return Update(there, change.before, ours) if ours else None


def without(plan: Plan, shown: Plan) -> Plan:
    """The changes of a plan about things that a plan shown before did not name."""
    named = {(type(change.noun), change.noun.name) for change in shown}
    return tuple(change for change in plan if (type(change.noun), change.noun.name) not in named)


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
    whose = {CREDENTIAL: f" {name.rpartition('/')[2]}", PHONE_NUMBER: f" {name}", ADDRESS: " NAME"}.get(
        kind, ""
    )
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
                f"{noun.name}: not in this account; `invoke create-number {noun.name} --env {noun.environment}` buys it"
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


def _takes_away(change: Change) -> bool:
    if isinstance(change, Update):
        return any(before and (not after) for _name, before, after in change.values())
    return isinstance(change, Delete)

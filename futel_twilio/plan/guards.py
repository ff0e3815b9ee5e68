"""Refuse changes that a plan must not make."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from futel_twilio.errors import BadInput, Refused
from futel_twilio.plan.changes import Change, Create, Scope, Update, is_purchase
from futel_twilio.resources.phones import Address, Credential, PhoneNumber
from futel_twilio.resources.relations import owners_of
from futel_twilio.resources.types import (
    ADDRESS,
    CLIENT_TYPES,
    CREDENTIAL,
    CREDENTIAL_LIST,
    PHONE_NUMBER,
    VOICE_TYPES,
    ResourceType,
    type_of,
)
from futel_twilio.resources.voice import SIP_SUFFIX
from futel_twilio.text import first_word, option, quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from futel_twilio.plan.impact import Impact
    from futel_twilio.resources.state import AccountState, Resource


def guard_911(
    found: Impact,
    scope: Scope,
    *,
    takes_names: bool = False,
    allow_unanswered: Collection[str] = (),
    desired: AccountState | None = None,
) -> Refused | None:
    """The refusal of a plan that takes 911 from phones or leaves a number unanswered, unless each was named.

    Args:
        found: what the plan means for phones.
        scope: which says what may lose 911.
        takes_names: whether the command itself has the flags; else they are given to `apply`.
        allow_unanswered: the numbers that may be left unanswered.
        desired: what the files say, which tell whose a number is.
    """
    allowed = {name.removesuffix(SIP_SUFFIX) for name in scope.allow_911_loss}
    lost = [loss for loss in found.losing if not allowed & {loss.name, *loss.also}]
    alone = [(number, name) for number, name in found.unanswered if number not in allow_unanswered]
    if not lost and not alone:
        return None
    flags = [option("--allow-911-loss", name) for name in dict.fromkeys(loss.name for loss in lost)]
    flags += [option("--allow-unanswered", number) for number, _name in alone]
    elsewhere = (alone or any(loss.of_domain for loss in lost)) and not takes_names
    where = " to `invoke apply` and its flags" if elsewhere else ""
    takes = ["take emergency calling (911) from phones"] if lost else []
    takes += ["leave numbers unanswered"] if alone else []
    lines = (
        f"{number}: the application {name} answers it, and nothing would any more" for number, name in alone
    )
    instead = _instead_of_unanswered([number for number, _name in alone], desired)
    return Refused(
        f"This would {' and '.join(takes)}, so it is refused. Nothing was changed.",
        f"If that is meant, say so by name: add {' '.join(flags)}{where}.{instead}",
        (*(loss.why for loss in lost), *lines),
    )


def _instead_of_unanswered(alone: list[str], desired: AccountState | None) -> str:
    """The commands that give the numbers of phones their new application first, in the order in which they work."""
    numbers: dict[str, list[str]] = {}
    for client in desired.clients if desired else ():
        if client.caller_id in alone:
            numbers.setdefault(client.environment, []).append(client.caller_id)
    if not numbers:
        return ""
    commands = ["`invoke apply`"]
    for environment, of_phones in sorted(numbers.items()):
        taking = " ".join(option("--take-over", number) for number in dict.fromkeys(of_phones))
        commands.append(f"`invoke sync-clients {option('--env', environment)} {taking}`")
    steps = ", then ".join(commands)
    return f" If not, give the numbers their new application first: {steps}, then this command again."


GONE_APPLICATION = re.compile(r"AP[0-9a-fA-F]{32}")


def refuse_duplicates(wanted: list[Resource], current: AccountState) -> None:
    owners = {(type_of(resource), resource.name) for resource in wanted}
    owners |= {owner for resource in wanted for owner in owners_of(resource)}
    # Two addresses of one text are as good as one another.
    count = Counter(
        (type_of(resource), resource.name)
        for resource in current.resources()
        if not isinstance(resource, Address)
    )
    duplicates = [
        (resource_type, name)
        for (resource_type, name), times in count.items()
        if times > 1 and (resource_type, name) in owners
    ]
    if not duplicates:
        return
    raise Refused(
        "Twilio holds several things under one name, and nothing here shows which one the phones use.",
        "Look at them with `invoke list-applications` or `invoke list-credential-lists`, rename or delete "
        "the wrong one in the Twilio console, and run the command again.",
        tuple(
            f"{resource_type.title} {name}: "
            + " and ".join(
                n.sid for n in current.resources() if type_of(n) == resource_type and n.name == name
            )
            for resource_type, name in duplicates
        ),
    )


def refuse_missing(changes: list[Change], found: dict[tuple[type, str], Resource], scope: Scope) -> None:
    made = [change.resource for change in changes if isinstance(change, Create)]
    created = dict.fromkeys((type_of(resource), resource.name) for resource in made)
    missing: dict[tuple[ResourceType, str], None] = {}
    if not scope.allow_create:
        missing |= created
    names = {(type_of(resource), resource.name) for resource in found.values()} | (
        set(created) if scope.allow_create else set()
    )
    for change in changes:
        if isinstance(change, Create) or not isinstance(change.resource, Credential):
            missing |= dict.fromkeys(owner for owner in owners_of(change.resource) if owner not in names)
    if missing:
        tasks = " and ".join(dict.fromkeys(_making(resource_type, name) for resource_type, name in missing))
        all_of_it = (
            ", or `invoke setup` for everything"
            if all(resource_type in VOICE_TYPES for resource_type, _ in missing)
            else ""
        )
        raise Refused(
            "This command needs what is not there yet.",
            f"Run {tasks} first{all_of_it}.",
            tuple(f"{resource_type.title} {name} does not exist" for resource_type, name in missing),
        )


def _making(resource_type: ResourceType, name: str) -> str:
    """The command that creates a resource. For an address it names the phone, which the address does not."""
    phone = first_word(name.rpartition("/")[2])
    whose = {CREDENTIAL: f" {phone}", PHONE_NUMBER: f" {quoted(name)}", ADDRESS: " NAME"}.get(
        resource_type, ""
    )
    return f"`invoke {resource_type.create_command}{whose}`"


def refuse_numbers(changes: list[Change], desired: AccountState, scope: Scope) -> None:
    """Refuse to buy what was not named, and to take a number from whoever else uses it."""
    bought = [c.resource for c in changes if is_purchase(c) and c.resource.name not in scope.purchase]
    if bought:
        raise Refused(
            "The account does not hold every number in your files, and nothing is bought without your consent.",
            "Buy it so, or name it under external_numbers in clients.toml if it lives with another carrier.",
            tuple(
                f"{resource.name}: not in this account; "
                f"`invoke create-number {quoted(resource.name)} {option('--env', resource.environment)}` buys it"
                for resource in bought
            ),
        )
    ours = {application.name for application in desired.applications}
    foreign = [
        f"{change.resource.name}: belongs to {owner}"
        for change in changes
        if isinstance(change, Update) and isinstance(change.before, PhoneNumber)
        for owner in other_users(change.before, ours)
        if change.resource.name not in scope.take_over
    ]
    if foreign:
        raise Refused(
            "A number is in use by something else, so it is left alone.",
            "If it is meant for a phone, say so with --take-over and the number.",
            tuple(foreign),
        )


def other_users(number: PhoneNumber, ours: set[str]) -> Iterator[str]:
    application = number.voice_application or ""
    # One that is named by its SID is no application of the account any more: it answers nothing.
    if application and application not in ours and not GONE_APPLICATION.fullmatch(application):
        yield f"the application {number.voice_application}"
    if number.trunk_sid:
        yield f"the trunk {number.trunk_sid}"


def named(estate: AccountState, names: Iterable[str]) -> list[Resource]:
    wanted = tuple(names)
    return [resource for resource in estate.resources() if _is_named(resource, wanted)]


def _is_named(resource: Resource, names: tuple[str, ...]) -> bool:
    also = resource.username if isinstance(resource, Credential) else resource.name.removesuffix(SIP_SUFFIX)
    return (
        resource.name in names or also in names or (isinstance(resource, Address) and resource.sid in names)
    )


def refuse_removals(desired: AccountState, doomed: list[Resource], scope: Scope) -> None:
    faults = [
        f"{name}: nothing of this name is there"
        for name in scope.remove
        if not any(_is_named(n, (name,)) for n in doomed)
    ]
    faults += [
        f"{resource.name}: {wanted_by(resource)} still has it; remove it there first"
        for resource in named(desired, scope.remove)
    ]
    faults += [
        f"{resource.name}: a credential list holds the phones' passwords, which cannot be brought back; "
        "delete it in the Twilio console if that is meant"
        for resource in doomed
        if type_of(resource) is CREDENTIAL_LIST
    ]
    if faults:
        raise BadInput(
            "What --remove names cannot be removed.",
            "The same command without --remove, with --dry-run, shows the names.",
            tuple(faults),
        )


def wanted_by(resource: Resource) -> str:
    return "the client inventory" if type_of(resource) in CLIENT_TYPES else "estate.toml"

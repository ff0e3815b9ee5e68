"""Where the files still say otherwise than the account once a recovery has ended, and what settles it; pure.

A command that finds its files as it wants them has nothing to write there, so nothing to take back: somebody edited
them before it ran. What they say now is what the next `apply` or `sync-clients` would do again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.commands.recovery.file_advice import ways_to_keep
from futel_twilio.config import edits
from futel_twilio.plan import describe, diff, guards
from futel_twilio.plan.changes import Update
from futel_twilio.resources import relations
from futel_twilio.resources.phones import PhoneNumber
from futel_twilio.resources.types import CLIENT_TYPES, type_of
from futel_twilio.resources.voice import Application, SipDomain
from futel_twilio.text import option

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from futel_twilio.commands.recovery.file_advice import Files
    from futel_twilio.plan.changes import Change, Changes
    from futel_twilio.resources.state import AccountState


def differences(found: Files, account: AccountState, about: Collection[tuple[type, str]]) -> tuple[str, ...]:
    """What the files say of some resources otherwise than the account, one line each, and what settles that.

    Args:
        found: the files as they are now.
        account: what the account holds now.
        about: the resources, each by its type and its name.
    """
    files = found.desired
    changes = diff.differences(files, account, about)
    unnamed = tuple(
        resource
        for resource in account.resources()
        if (type(resource), resource.name) in about
        and not any(type(one) is type(resource) and one.name == resource.name for one in files.resources())
    )
    if not changes:
        return describe.unmanaged_lines(unnamed)
    ways = ways_to_keep(changes, found, account)
    return (
        "Your files still differ from Twilio; the next apply would make these changes again:",
        *(f"  {describe.describe_change(change)}" for change in changes),
        *(f"To keep what Twilio holds: {way}." for way in ways),
        *(
            f"To follow your files: `invoke {command}`."
            for command in dict.fromkeys(_commands(changes, files))
        ),
        *describe.unmanaged_lines(unnamed),
    )


def about_edits(
    planned: Sequence[edits.Edit], files: AccountState, account: AccountState
) -> set[tuple[type, str]]:
    """The resources that edits of the files say something of, each by its type and its name."""
    environments = {edit.environment for edit in planned if isinstance(edit, edits.DialplanEdit)}
    of_phones = [edit for edit in planned if isinstance(edit, edits.PhoneEdit)]
    sides = [side for edit in of_phones for side in (edit.before, edit.after) if side]
    names = {name for one in sides for name in (one.name, one.caller_id, one.address and one.address.name)}
    found: set[tuple[type, str]] = set()
    for resource in (*files.resources(), *account.resources()):
        is_pointed = isinstance(resource, Application | SipDomain) and resource.environment in environments
        is_of_phone = (
            type_of(resource) in CLIENT_TYPES and getattr(resource, "username", resource.name) in names
        )
        if is_pointed or is_of_phone:
            found.add((type(resource), resource.name))
    return found


def _commands(changes: Changes, files: AccountState) -> Iterator[str]:
    """The commands that bring the account to the files again, in the order in which they work."""
    if any(type_of(change.resource) not in CLIENT_TYPES for change in changes):
        yield "apply"
    of_phones = [change for change in changes if type_of(change.resource) in CLIENT_TYPES]
    found: dict[str, list[str]] = {}
    for change in of_phones:
        for client in relations.clients_of(change.resource, files):
            found.setdefault(client.environment, []).extend(_taken_over(change, files))
    for env, numbers in sorted(found.items()):
        taking = "".join(f" {option('--take-over', number)}" for number in dict.fromkeys(numbers))
        yield f"sync-clients {option('--env', env)}{taking}"


def _taken_over(change: Change, files: AccountState) -> Iterator[str]:
    """The number of a change, if something that the files do not name uses it."""
    ours = {application.name for application in files.applications}
    if isinstance(change, Update) and isinstance(change.before, PhoneNumber):
        yield from (change.resource.name for _one in [*guards.other_users(change.before, ours)][:1])

"""Where the files still say otherwise than the account once a recovery has ended, and what settles it; pure.

A command that finds its files as it wants them has nothing to write there, so nothing to take back: somebody edited
them before it ran. What they say now is what the next `apply` or `sync-clients` would do again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.config import edits
from futel_twilio.plan import describe, diff
from futel_twilio.plan.changes import Change, Changes, Create, Update
from futel_twilio.resources import labels, relations
from futel_twilio.resources.phones import Address
from futel_twilio.resources.types import CLIENT_TYPES, type_of
from futel_twilio.resources.voice import Application, SipDomain, address_held
from futel_twilio.text import first_word, option

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from futel_twilio.resources.state import AccountState, Resource

BASE_URL = "voice_url"


def differences(
    files: AccountState, account: AccountState, about: Collection[tuple[type, str]]
) -> tuple[str, ...]:
    """What the files say of some resources otherwise than the account, one line each, and what settles that.

    Args:
        files: what the files say now.
        account: what the account holds now.
        about: the resources, each by its type and its name.
    """
    changes = diff.differences(files, account, about)
    unnamed = tuple(
        resource
        for resource in account.resources()
        if (type(resource), resource.name) in about
        and not any(type(one) is type(resource) and one.name == resource.name for one in files.resources())
    )
    if not changes:
        return describe.unmanaged_lines(unnamed)
    ways = dict.fromkeys(way for change in changes for way in _ways_to_keep(change, files, account))
    return (
        "Your files still differ from Twilio, and would bring this about again:",
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


def _ways_to_keep(change: Change, files: AccountState, account: AccountState) -> Iterator[str]:
    """The commands and edits that make the files say what the account holds."""
    resource = change.resource
    if type_of(resource) not in CLIENT_TYPES:
        yield from _edits_of_estate(change, files)
        return
    yield from _edits_of_address(resource, files, account)
    is_address = isinstance(resource, Address)
    if not is_address and getattr(change, "settings", ()) != ("emergency_address",):
        inventory = files.clients_file.rpartition("/")[2]
        for client in relations.clients_of(resource, files):
            yield f"take {client.name} out of {inventory} and clients.toml"


def _edits_of_estate(change: Change, files: AccountState) -> Iterator[str]:
    if isinstance(change, Create):
        yield f"take {labels.resource_title(change.resource)} out of estate.toml"
        return
    if not isinstance(change, Update):
        return
    before = _base_url_before(change, files)
    others = [name for name in change.changed_fields if name != BASE_URL or not before]
    if before:
        env = change.after.environment
        command = f"invoke promote {option('--env', env)} {option('--dialplans', before)}"
        yield f"`{command}` writes that URL into estate.toml"
    for name in others:
        value = labels.format_field(getattr(change.before, name))
        yield f"in estate.toml, set {name} of {labels.resource_title(change.resource)} to {value}"


def _base_url_before(change: Update, files: AccountState) -> str:
    """The base URL that the account holds in place of an environment's; empty where no such URL would do."""
    base = next((one.dialplans for one in files.environments if one.name == change.after.environment), "")
    held, said = (str(getattr(side, BASE_URL, "") or "") for side in (change.before, change.after))
    path = said.removeprefix(base.rstrip("/"))
    if BASE_URL not in change.changed_fields or not base or path in {"", said} or not held.endswith(path):
        return ""
    return held.removesuffix(path)


def _edits_of_address(resource: Resource, files: AccountState, account: AccountState) -> Iterator[str]:
    """What makes clients.toml name the address that the number of a phone tells 911."""
    addresses = {one.name: one for one in account.addresses}
    for client in relations.clients_of(resource, files):
        number = next((one for one in account.numbers if one.phone_number == client.caller_id), None)
        held = addresses.get(address_held(number.emergency_address)) if number else None
        if client.address and held and held.name != client.address.name:
            flag = option("--address", _in_one_line(held))
            yield f"`invoke change-address {first_word(client.name)} {flag}` writes that address into clients.toml"


def _in_one_line(address: Address) -> str:
    parts = (address.street, address.street_secondary, address.city)
    return ", ".join([*filter(None, parts), f"{address.region} {address.postal_code}"])


def _commands(changes: Changes, files: AccountState) -> Iterator[str]:
    """The commands that would bring the account to the files again."""
    if any(type_of(change.resource) not in CLIENT_TYPES for change in changes):
        yield "apply"
    of_phones = [change.resource for change in changes if type_of(change.resource) in CLIENT_TYPES]
    environments = {
        client.environment for resource in of_phones for client in relations.clients_of(resource, files)
    }
    yield from (f"sync-clients {option('--env', env)}" for env in sorted(environments))

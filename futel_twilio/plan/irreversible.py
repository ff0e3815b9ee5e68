"""What cannot be undone, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.config import edits
from futel_twilio.plan.changes import PASSWORD, Change, Changes, Create, Delete, Update
from futel_twilio.resources import labels
from futel_twilio.resources.phones import Address, PhoneClient, PhoneNumber
from futel_twilio.resources.types import CREDENTIAL_LIST, PHONE_NUMBER, type_of
from futel_twilio.resources.voice import address_held
from futel_twilio.text import first_word, option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from futel_twilio.resources.state import AccountState, Resource


def clients_after(desired: AccountState, planned: Sequence[edits.Edit]) -> tuple[PhoneClient, ...]:
    """The phones that the inventory will name once it is edited."""
    said = {client.name: client for client in desired.clients}
    for edit in planned:
        if isinstance(edit, edits.PhoneEdit) and edit.after:
            said[edit.after.name] = edit.after
        elif isinstance(edit, edits.PhoneEdit) and edit.before:
            said.pop(edit.before.name, None)
    return tuple(said.values())


def why_not(change: Change, changes: Changes, now: AccountState, after: Sequence[PhoneClient]) -> str:
    """Why a change that undoes cannot be made, one of several; empty where it can.

    `now` is the account; `after` are the phones of the inventory that the undoing leaves behind.
    """
    why = _reason(change, changes, now, after)
    return f"{labels.resource_title(change.resource)}: {why}" if why else ""


def _reason(change: Change, changes: Changes, now: AccountState, after: Sequence[PhoneClient]) -> str:
    if isinstance(change, Delete):
        return _why_kept(change.resource, changes, now, after)
    if isinstance(change, Create) and type_of(change.resource) is PHONE_NUMBER:
        return "was released, which cannot be undone; it can only be bought again"
    if isinstance(change, Update) and PASSWORD in change.changed_fields:
        phone = getattr(change.resource, "username", "NAME")
        return (
            f"nobody knows the password before; `invoke rotate-credential {first_word(phone)}` gives another"
        )
    return ""


def _why_kept(resource: Resource, changes: Changes, now: AccountState, after: Sequence[PhoneClient]) -> str:
    """Why a thing that was made is not taken away again."""
    number = next(
        (n for n in now.numbers if isinstance(resource, PhoneNumber) and n.name == resource.name), None
    )
    if number:
        return f"was bought, and is kept; {_how_to_release(number, after)}"
    if type_of(resource) is CREDENTIAL_LIST:
        return "is kept, since it may hold passwords; delete it in the Twilio console"
    moved = {change.resource.name for change in changes if isinstance(change, Update)}
    held = [
        n.name
        for n in now.numbers
        if address_held(n.emergency_address) == resource.name and n.name not in moved
    ]
    return f"is kept, since {held[0]} tells it to 911" if held and isinstance(resource, Address) else ""


def _how_to_release(number: PhoneNumber, after: Sequence[PhoneClient]) -> str:
    """The command that gives a number up, in the inventory that a recovery leaves behind."""
    callers = [client.name for client in after if client.caller_id == number.name]
    if len(callers) > 1:
        return f"it is the number of {' and '.join(callers)} in the inventory"
    name = callers[0] if callers else number.name
    flags = option("--release-number", number.name)
    flags += f" {option('--allow-911-loss', name)}" if callers or number.emergency_address else ""
    if callers:
        how = f"`invoke delete-client {first_word(name)} {flags}`"
        return f"{how} releases it, and takes the phone out of the inventory"
    return f"`invoke delete-number {first_word(name, '--number')} {flags}` releases it"

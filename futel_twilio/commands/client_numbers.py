"""The numbers of phones: which one a phone gets, which one is released, and which address is deleted with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from futel_twilio.commands import scopes
from futel_twilio.commands.numbers import first_available
from futel_twilio.config import parsing
from futel_twilio.errors import BadInput
from futel_twilio.resources.types import PHONE_NUMBER
from futel_twilio.resources.voice import address_held
from futel_twilio.text import first_word, option, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.resources.phones import PhoneClient, PhoneNumber
    from futel_twilio.resources.state import AccountState
    from futel_twilio.workspace import Workspace


def refuse_number_of_nobody(workspace: Workspace, client: PhoneClient) -> None:
    """Refuse a phone without its own number whose caller ID is neither in the account nor at another carrier."""
    number = client.caller_id
    if number in workspace.desired.external_numbers:
        return
    if number not in {
        one.phone_number for one in scopes.read_types(workspace, workspace.desired, (PHONE_NUMBER,)).numbers
    }:
        raise BadInput(
            f"{client.name} would call from {number}, which this account does not hold.",
            "Name it under external_numbers in clients.toml if it lives elsewhere, or leave --no-number out.",
        )


def number_that_stays(client: PhoneClient, desired: AccountState, before: AccountState) -> Iterator[str]:
    """What becomes of the number of a phone that is taken away without it."""
    held = next((one for one in before.numbers if one.phone_number == client.caller_id), None)
    if held is None or any(one.caller_id == client.caller_id for one in desired.clients):
        return
    registered = f" and is registered with 911 at {held.emergency_address}" if held.emergency_address else ""
    flags = option("--release-number", held.name)
    flags += f" {option('--allow-911-loss', held.name)}" if held.emergency_address else ""
    yield (
        f"{held.name} stays in the account, costs money every month{registered}: "
        f"`invoke delete-number {held.name} {flags}` releases it."
    )


def holds_phone(found: AccountState, name: str, number: str | None) -> bool:
    """Whether an account holds the credential of a phone, and its number where one is named."""
    numbers = {n.phone_number for n in found.numbers}
    return any(c.username == name for c in found.credentials) and (not number or number in numbers)


def without_911(number: PhoneNumber, caller_id: str) -> PhoneNumber:
    return replace(number, emergency_address="") if number.phone_number == caller_id else number


def with_bought_number(
    workspace: Workspace, client: PhoneClient, area_code: str, before: AccountState
) -> tuple[PhoneClient, tuple[str, ...]]:
    """The client with a number of an area code: its own, such as one bought before, or one to be bought now.

    Raises:
        BadInput: it has a number of another area code; there is none to be had.
    """
    prefix = f"+1{parsing.parse_area_code(area_code)}"
    others = {c.caller_id for c in workspace.desired.clients if c.name != client.name}
    own = [
        number.phone_number
        for number in before.numbers
        if client.name == number.friendly_name or client.caller_id == number.phone_number
    ]
    own = [number for number in own if number not in others]
    fitting = [number for number in own if number.startswith(prefix)]
    if own and not fitting:
        raise BadInput(
            f"{client.name} has a number already: {own[0]}.",
            f"Leave --buy out to use it. For another, run `invoke create-number --buy {quoted(area_code)}`, then "
            f"`invoke update-client {first_word(client.name)} --number NUMBER` with what that bought.",
        )
    chosen = fitting[0] if fitting else first_available(workspace, area_code)
    return replace(client, caller_id=chosen), (() if fitting else (chosen,))


def address_let_go(before: AccountState, desired: AccountState, client: PhoneClient) -> tuple[str, ...]:
    """The address that a phone's number holds and is to hold no more, if no other number needs it."""
    number = next((n for n in before.numbers if n.phone_number == client.caller_id), None)
    held = address_held(number.emergency_address) if number else ""
    others = {address_held(n.emergency_address) for n in before.numbers if n is not number}
    wanted = {address.name for address in desired.addresses}
    known = {address.name for address in before.addresses}
    return (held,) if held and held in known - others - wanted else ()


def released_number(
    release: str, client: PhoneClient | None, desired: AccountState, before: AccountState
) -> str:
    """The number to release; empty if it is gone already."""
    is_held = any(n.phone_number == release for n in before.numbers)
    if client is None and is_held:
        raise BadInput(
            f"The inventory does not know this phone any more, so nothing says that {release} was its number.",
            f"Use `invoke delete-number {first_word(release, '--number')}`, to release it.",
        )
    if client and release != client.caller_id:
        raise BadInput(
            f"{release} is not the number of this phone, which is {client.caller_id}.",
            "A released number never comes back: type it just as it stands, or leave --release-number out.",
        )
    sharing = [c.name for c in desired.clients if c.caller_id == release]
    if sharing:
        raise BadInput(
            f"{release} is the number of {', '.join(sharing)} too.",
            "Leave --release-number out: it is still needed.",
        )
    return release if is_held else ""

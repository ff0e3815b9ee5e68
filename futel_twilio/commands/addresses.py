"""Create and delete emergency addresses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from futel_twilio.commands.scopes import (
    addresses_named,
    converge_part,
    part_of,
    read_for_removal,
    required,
    was_taken_away,
)
from futel_twilio.config import parsing
from futel_twilio.errors import BadInput
from futel_twilio.plan.changes import Scope
from futel_twilio.resources.types import ADDRESS, PHONE_NUMBER
from futel_twilio.resources.voice import address_held

if TYPE_CHECKING:
    from futel_twilio.apply.result import Result, RunOptions
    from futel_twilio.resources.phones import Address
    from futel_twilio.resources.state import AccountState
    from futel_twilio.workspace import Workspace


def create_address(workspace: Workspace, name: str, options: RunOptions | None = None) -> Result:
    """Create the emergency address of a phone as clients.toml has it; this registers nothing with 911.

    Raises:
        BadInput: the phone is unknown, or has no address or no 911.
        AddressCorrected: Twilio suggests another form of it.
    """
    client = required(workspace.desired, name)
    if client.address is None or not client.enable_emergency:
        raise BadInput(
            f"{name} has no emergency address to make.",
            "It needs an address in clients.toml, and enable_emergency in the inventory.",
        )
    desired = replace(
        part_of(workspace.desired, ()), addresses=addresses_named(workspace.desired, client.address.name)
    )
    return converge_part(workspace, Scope((ADDRESS,)), options, desired)


def delete_address(workspace: Workspace, which: str, options: RunOptions | None = None) -> Result:
    """Take away an address that no number holds, by its SID or its text; one that is gone is gone.

    Raises:
        BadInput: it is no address or never was there, a phone of the inventory stands there, or a number holds it.
    """
    wanted = parsing.parse_address_name(which)

    def named(found: AccountState) -> list[Address]:
        return [a for a in found.addresses if a.name == which or wanted in (a.sid, a.name)]

    before = read_for_removal(workspace, (ADDRESS, PHONE_NUMBER), lambda found: bool(named(found)))
    doomed = named(before)
    if not doomed and not wanted:
        raise BadInput(
            f"{which!r} is neither an address nor the SID of one.", "`invoke list-addresses` shows both."
        )
    if not doomed and not was_taken_away(workspace, wanted):
        raise BadInput(
            f"The account holds no address {which!r}.", "`invoke list-addresses` shows those it holds."
        )
    faults = _faults_of_deletion(workspace.desired, before, doomed[0].name) if doomed else ()
    if faults and not (doomed[0].sid == wanted and has_duplicate(doomed[0], before)):
        raise BadInput("This address is needed.", "Change what needs it first.", faults)
    scope = Scope((ADDRESS,), remove=tuple(a.sid for a in doomed[:1]))
    return converge_part(workspace, scope, options, part_of(workspace.desired, ()), before)


def has_duplicate(address: Address, before: AccountState) -> bool:
    """Whether another address has the same text: which of them a number holds, Twilio knows, and refuses to delete."""
    return sum(one.name == address.name for one in before.addresses) > 1


def _faults_of_deletion(desired: AccountState, before: AccountState, name: str) -> tuple[str, ...]:
    held = (
        f"{number.name} tells 911 this address"
        for number in before.numbers
        if address_held(number.emergency_address) == name
    )
    stands = (f"{c.name} stands there" for c in desired.clients if c.address and c.address.name == name)
    return (*held, *stands)

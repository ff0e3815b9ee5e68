"""Add, change, delete and synchronize phones (SIP clients) with everything that belongs to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from futel_twilio.commands import scopes
from futel_twilio.commands.client_numbers import (
    address_let_go,
    holds_phone,
    number_that_stays,
    refuse_number_of_nobody,
    released_number,
    with_bought_number,
    without_911,
)
from futel_twilio.commands.credentials import note_unchanged
from futel_twilio.config import edits, estate, inventory, parsing
from futel_twilio.errors import BadInput
from futel_twilio.plan.changes import Scope
from futel_twilio.resources.types import ADDRESS, CLIENT_TYPES, CREDENTIAL, PHONE_NUMBER, ResourceType
from futel_twilio.resources.voice import address_held
from futel_twilio.text import first_word, option

if TYPE_CHECKING:
    from collections.abc import Collection

    from futel_twilio.apply.result import Result, RunOptions
    from futel_twilio.resources.phones import PhoneClient
    from futel_twilio.resources.state import AccountState
    from futel_twilio.workspace import Workspace

NUMBER_KINDS = (ADDRESS, PHONE_NUMBER)


@dataclass(frozen=True)
class ClientOptions:
    """What a command changes of a phone, and what it may do that needs permission; the rest is as the files say.

    Attributes:
        environment: the installation that it belongs to.
        number: the number it is to call from, E.164; re-used if the account holds it.
        buy: an area code of which a number is bought for it.
        no_number: it gets no number.
        address: where it stands, in one line.
        device: what kind of thing it is.
        remove: names of credentials, numbers or addresses to take away.
        allow_911_loss: names of phones or numbers that may lose 911.
        take_over: numbers that may be taken from another application or a trunk.
    """

    environment: str | None = None
    number: str | None = None
    buy: str | None = None
    no_number: bool = False
    address: str | None = None
    device: str | None = None
    remove: tuple[str, ...] = ()
    allow_911_loss: tuple[str, ...] = ()
    take_over: tuple[str, ...] = ()


NO_CLIENT_OPTIONS = ClientOptions()


def sync_clients(
    workspace: Workspace, env: str, said: ClientOptions = NO_CLIENT_OPTIONS, options: RunOptions | None = None
) -> Result:
    """Bring everything of the phones of one environment to the inventory, in one plan.

    Raises:
        BadInput, Refused: nothing was written.
        PartiallyApplied: some of it was written; the error says what.
    """
    environments = workspace.environments(env)
    phones = scopes.clients_of(workspace.desired)
    desired = scopes.part_of(workspace.desired, (c.name for c in phones if c.environment == env))
    scope = Scope(CLIENT_TYPES, environments, remove=said.remove)
    return scopes.converge_part(workspace, _allowing(scope, said), options, desired=desired)


def add_client(
    workspace: Workspace,
    name: str,
    said: ClientOptions = NO_CLIENT_OPTIONS,
    options: RunOptions | None = None,
) -> Result:
    """Give a phone of the inventory all it needs: credential, number, application, emergency address.

    Raises:
        BadInput: the inventory does not know it, or what is said of it cannot be.
        Refused, PartiallyApplied: as `converge`.
    """
    client = _changed(workspace, scopes.required(workspace.desired, name), said)
    before: AccountState | None = None
    buys: tuple[str, ...] = ()
    if said.buy:
        before = scopes.read_types(workspace, workspace.desired, CLIENT_TYPES)
        client, buys = with_bought_number(workspace, client, said.buy, before)
    elif said.number:
        client, buys = replace(client, caller_id=parsing.parse_number(said.number)), (said.number,)
    if said.no_number and client.enable_emergency:
        raise BadInput(
            f"{name} may call 911, which needs its own number.",
            f"Leave --no-number out, or set enable_emergency of {name} to false in the inventory.",
        )
    if said.no_number:
        refuse_number_of_nobody(workspace, client)
    resource_types: tuple[ResourceType, ...] = (CREDENTIAL,) if said.no_number else CLIENT_TYPES
    scope = _allowing(Scope(resource_types, purchase=buys), said)
    outcome = _one(workspace, client, _with(workspace.desired, client), scope, options, before)
    note_unchanged(workspace, name, outcome, options)
    return outcome


def update_client(
    workspace: Workspace,
    name: str,
    said: ClientOptions = NO_CLIENT_OPTIONS,
    options: RunOptions | None = None,
) -> Result:
    """Bring one phone to the inventory, or to what is said anew of it; makes no credential, buys no number.

    A phone that may not call 911 any more loses its address only if `said.allow_911_loss` names it.

    Raises:
        BadInput, Refused, PartiallyApplied: as `add_client`.
    """
    client = _changed(workspace, scopes.required(workspace.desired, name), said)
    if said.number:
        client = replace(client, caller_id=parsing.parse_number(said.number))
    desired = _with(workspace.desired, client)
    if not client.enable_emergency and name in said.allow_911_loss:
        desired = replace(desired, numbers=tuple(without_911(n, client.caller_id) for n in desired.numbers))
    before, notes = _still_registered(workspace, client, said)
    return _one(workspace, client, desired, _allowing(Scope(NUMBER_KINDS), said), options, before, notes)


def change_address(
    workspace: Workspace,
    name: str,
    address: str | None = None,
    options: RunOptions | None = None,
    allow_911_loss: Collection[str] = (),
) -> Result:
    """Change a phone's 911 address: unregister, wait, register, wait; continues where it was interrupted.

    The address that it had is deleted afterwards, if no other number holds it.

    Raises:
        BadInput: the phone may not call 911, or the address cannot be read.
        Refused, PartiallyApplied: as `converge`.
    """
    client = _changed(workspace, scopes.required(workspace.desired, name), ClientOptions(address=address))
    if not client.enable_emergency:
        raise BadInput(
            f"{name} may not call 911, so it has no emergency address.",
            f"Set enable_emergency of {name} to true in the inventory, then run "
            f"`invoke update-client {first_word(name)}`.",
        )
    desired = _with(workspace.desired, client)
    before = scopes.read_types(workspace, desired, NUMBER_KINDS)
    doomed = address_let_go(before, desired, client)
    scope = Scope(NUMBER_KINDS, remove=doomed, allow_911_loss=tuple(allow_911_loss))
    return _one(workspace, client, desired, scope, options, before)


def delete_client(
    workspace: Workspace,
    name: str,
    release: str | None = None,
    said: ClientOptions = NO_CLIENT_OPTIONS,
    options: RunOptions | None = None,
) -> Result:
    """Take a phone away: its credential, and its number only if that is typed back as `release`; its address with that.

    Raises:
        BadInput: nobody knows it; or `release` is not its number, or the number is another phone's too.
        Refused, PartiallyApplied: as `converge`.
    """
    client = workspace.desired.client(name)
    desired = estate.with_clients(
        workspace.desired, tuple(c for c in workspace.desired.clients if c.name != name)
    )
    before = scopes.read_for_removal(
        workspace, CLIENT_TYPES, lambda found: client is None or holds_phone(found, name, release)
    )
    credentials = tuple(c.name for c in before.credentials if c.username == name)
    if client is None and not credentials and not scopes.was_deleted(workspace, name):
        raise scopes.unknown(
            workspace.desired, name, "`invoke list-clients` and `invoke list-credentials` show who is there."
        )
    number = released_number(release, client, desired, before) if release else ""
    released = (number, *address_let_go(before, desired, client)) if client and number else ()
    scope = Scope(CLIENT_TYPES if released else (PHONE_NUMBER, CREDENTIAL), remove=(*credentials, *released))
    nothing = scopes.part_of(desired, ())
    planned = (edits.PhoneEdit(client, None),) if client else ()
    notes = () if number or client is None else tuple(number_that_stays(client, desired, before))
    return scopes.converge_part(
        workspace,
        _allowing(scope, said),
        options,
        desired=nothing,
        before=before,
        planned_edits=planned,
        notes=notes,
    )


def _allowing(scope: Scope, said: ClientOptions) -> Scope:
    return replace(scope, allow_911_loss=said.allow_911_loss, take_over=said.take_over)


def _one(
    workspace: Workspace,
    client: PhoneClient,
    desired: AccountState,
    scope: Scope,
    options: RunOptions | None,
    before: AccountState | None = None,
    notes: tuple[str, ...] = (),
) -> Result:
    """Bring one client to a desired state that may differ from the files, then write it into the files."""
    wanted = scopes.part_of(desired, (client.name,))
    said = workspace.desired.client(client.name)
    planned = (edits.PhoneEdit(said, client),) if said != client else ()
    is_quiet = client.address is not None and not client.enable_emergency
    if is_quiet and (said is None or said.address != client.address):
        notes = (_not_registered(client), *notes)
    return scopes.converge_part(
        replace(workspace, desired=desired),
        scope,
        options,
        desired=wanted,
        before=before,
        planned_edits=planned,
        notes=notes,
    )


def _still_registered(
    workspace: Workspace, client: PhoneClient, said: ClientOptions
) -> tuple[AccountState | None, tuple[str, ...]]:
    """The current state, and a note if the number of a phone without 911 still has a 911 address."""
    if client.enable_emergency or said.address is None or client.name in said.allow_911_loss:
        return None, ()
    before = scopes.read_types(workspace, workspace.desired, NUMBER_KINDS)
    registered = next((n.emergency_address for n in before.numbers if n.phone_number == client.caller_id), "")
    if not registered:
        return before, ()
    command = f"invoke update-client {first_word(client.name)} {option('--allow-911-loss', client.name)}"
    note = f"{client.caller_id} still has the 911 address {address_held(registered)}. Remove it with: `{command}`"
    return before, (note,)


def _not_registered(client: PhoneClient) -> str:
    return (
        f"{client.name} may not call 911, so this address is not registered with 911; it is only in clients.toml. "
        f"Set enable_emergency of {client.name} to true in the inventory and run "
        f"`invoke update-client {first_word(client.name)}` to change that."
    )


def _changed(workspace: Workspace, client: PhoneClient, said: ClientOptions) -> PhoneClient:
    workspace.environments(said.environment)
    customer = client.address.customer_name if client.address else inventory.CUSTOMER
    address = parsing.parse_address(client.name, said.address, customer) if said.address else client.address
    return replace(
        client,
        environment=said.environment or client.environment,
        address=address,
        device=client.device if said.device is None else said.device,
    )


def _with(desired: AccountState, client: PhoneClient) -> AccountState:
    """The desired state with one client changed.

    Raises:
        BadInput: it does not go with the others; every fault at once.
    """
    clients = tuple(client if c.name == client.name else c for c in desired.clients)
    faults = tuple(inventory.faults_between(clients, desired.external_numbers))
    if faults:
        raise BadInput(
            f"This does not go with the rest of the inventory: {client.name} cannot be so.",
            "Change the command, or fix the inventory first.",
            faults,
        )
    return estate.with_clients(desired, clients)

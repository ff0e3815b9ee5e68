"""What the commands about credentials, numbers and addresses share: reading, narrowing, refusing."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from futel_twilio.apply import reading, write_run
from futel_twilio.apply.converge import converge
from futel_twilio.apply.history import journal_of
from futel_twilio.errors import BadInput
from futel_twilio.plan.changes import Delete, Scope
from futel_twilio.resources.phones import Address, Credential, PhoneClient
from futel_twilio.workspace import Workspace, ledger_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from futel_twilio.apply.result import Result, RunOptions
    from futel_twilio.config.edits import Edit
    from futel_twilio.resources.state import AccountState
    from futel_twilio.resources.types import ResourceType


def addresses_named(desired: AccountState, name: str | None) -> tuple[Address, ...]:
    return tuple(address for address in desired.addresses if address.name == name)


def was_deleted(workspace: Workspace, name: str) -> bool:
    """Whether this tool took a credential away, or was killed when it did."""
    credential = f"{workspace.desired.clients_credential_list}/{name}"
    last = ledger_of(workspace).last().get(credential)
    if last is not None and last.event == "deleted":
        return True
    return was_taken_away(workspace, credential)


def was_taken_away(workspace: Workspace, name: str) -> bool:
    """Whether the journal has the deletion of a thing of this name, or SID, be it one that was cut off."""
    written = (change for entry in journal_of(workspace).entries() for change in entry.written)
    return any(isinstance(c, Delete) and name in (c.resource.name, c.resource.sid) for c in written)


def read_types(
    workspace: Workspace, desired: AccountState, resource_types: Collection[ResourceType]
) -> AccountState:
    """Read the account for a command that needs it to compute its desired state."""
    return reading.read_scope(workspace.api, desired, Scope(tuple(resource_types), remove=("*",)))


def read_for_removal(
    workspace: Workspace, resource_types: Collection[ResourceType], is_there: Callable[[AccountState], bool]
) -> AccountState:
    """Read the account for a command that takes something away; once more where that is not to be seen.

    A reading may be stale: the command would leave what it does not show, and report it as gone.
    """
    found = read_types(workspace, workspace.desired, resource_types)
    if is_there(found):
        return found
    time.sleep(write_run.PAUSE_SECONDS)
    return read_types(workspace, workspace.desired, resource_types)


def converge_part(
    workspace: Workspace,
    scope: Scope,
    options: RunOptions | None,
    desired: AccountState,
    before: AccountState | None = None,
    planned_edits: Sequence[Edit] = (),
    notes: Sequence[str] = (),
) -> Result:
    """Run the engine, and note in the ledger what it took away."""
    outcome = converge(
        workspace, scope, options, desired=desired, before=before, planned_edits=planned_edits, notes=notes
    )
    gone = [
        c.before for c in outcome.plan.changes if isinstance(c, Delete) and isinstance(c.before, Credential)
    ]
    for credential in gone if outcome.applied else ():
        with suppress(
            OSError
        ):  # the history has it too, and what is gone has no password that could be astray
            ledger_of(workspace).note(credential, "deleted")
    return outcome


def part_of(desired: AccountState, names: Iterable[str]) -> AccountState:
    """The desired state with what belongs to some clients; the others keep only their entries."""
    usernames = set(names)
    numbers = {client.caller_id for client in desired.clients if client.name in usernames}
    addresses = {c.address.name for c in desired.clients if c.address and c.caller_id in numbers}
    return replace(
        desired,
        addresses=tuple(a for a in desired.addresses if a.name in addresses),
        numbers=tuple(n for n in desired.numbers if n.phone_number in numbers),
        credentials=tuple(c for c in desired.credentials if c.username in usernames),
    )


def clients_of(desired: AccountState) -> tuple[PhoneClient, ...]:
    """The clients of a desired state.

    Raises:
        BadInput: its file names no inventory.
    """
    if not desired.clients_file:
        raise BadInput(
            "estate.toml names no client inventory.",
            "Add a section [clients] to it, as README shows, with the inventory that the dialplan functions read.",
        )
    return desired.clients


def required(desired: AccountState, name: str) -> PhoneClient:
    clients_of(desired)
    client = desired.client(name)
    if client is None:
        raise unknown(desired, name)
    return client


def unknown(desired: AccountState, name: str, remedy: str = "") -> BadInput:
    if name in desired.placeholders:
        return BadInput(
            f"{name} is a placeholder in clients.toml, and no phone.",
            "If it is a phone, take `placeholder = true` out of its table there.",
        )
    near = get_close_matches(name, [client.name for client in desired.clients], 1)
    hint = f" Did you mean {near[0]}?" if near else ""
    file = Path(desired.clients_file).name
    return BadInput(
        f"There is no phone {name!r} in {file}.{hint}",
        remedy
        or f"`invoke list-clients` shows the phones. A new one is added to {file} first, as the dialplan functions "
        f"need it too: an entry {name!r} with outgoing, caller_id and enable_emergency.",
    )

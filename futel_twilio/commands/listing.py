"""List resources and phones beside the desired state, as rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from futel_twilio.apply import reading
from futel_twilio.commands import scopes
from futel_twilio.commands.numbers import available_numbers
from futel_twilio.passwords import ledger
from futel_twilio.plan.changes import Scope
from futel_twilio.plan.diff import in_sync
from futel_twilio.resources.labels import Row, Tabular
from futel_twilio.resources.types import (
    ADDRESS,
    CLIENT_TYPES,
    CREDENTIAL,
    MAPPING_TYPES,
    PHONE_NUMBER,
    ResourceType,
)
from futel_twilio.resources.voice import address_held
from futel_twilio.workspace import Workspace, ledger_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from futel_twilio.resources.phones import Credential, PhoneClient, PhoneNumber
    from futel_twilio.resources.state import AccountState, Resource


def clients(workspace: Workspace, env: str | None = None) -> Tabular:
    """One row for each phone of the inventory.

    Raises:
        TwilioError: the account could not be read.
    """
    environments = workspace.environments(env)
    phones = [
        c
        for c in scopes.clients_of(workspace.desired)
        if environments is None or c.environment in environments
    ]
    found = scopes.read_types(workspace, workspace.desired, CLIENT_TYPES)
    return Tabular(tuple(_client(client, workspace.desired, found) for client in phones))


def _client(client: PhoneClient, desired: AccountState, found: AccountState) -> Row:
    number = next((n for n in found.numbers if n.phone_number == client.caller_id), None)
    credential = next(
        (c for c in found.credentials if c.name == f"{desired.clients_credential_list}/{client.name}"), None
    )
    return {
        "phone": client.name,
        "environment": client.environment,
        "credential": "yes" if credential else "MISSING",
        "number": client.caller_id,
        "application": _application(client, desired, number),
        "911": _emergency(client, number),
        "address": number.emergency_address or None if number and client.enable_emergency else None,
        "device": client.device or None,
        "changed": _day(credential.date_updated if credential else None),
    }


def _application(client: PhoneClient, desired: AccountState, number: PhoneNumber | None) -> str:
    if client.caller_id in desired.external_numbers:
        return "another carrier"
    return "NOT IN ACCOUNT" if number is None else number.voice_application or "none"


def _emergency(client: PhoneClient, number: PhoneNumber | None) -> str:
    if not client.enable_emergency:
        return "off"
    return (number.emergency_address_status if number else "") or "MISSING"


def credentials(workspace: Workspace) -> Tabular:
    """One row for each credential of the clients' list: its age, and what the ledger knows of it."""
    found = scopes.read_types(workspace, workspace.desired, (CREDENTIAL,))
    last = ledger_of(workspace).last()
    return Tabular(
        tuple(
            {
                "credential": one.username,
                "list": one.credential_list,
                "as_wished": _is_wanted(one, workspace.desired),
                "made": _day(one.date_created),
                "changed": _day(one.date_updated),
                "ledger": ledger.state_of(one, last.get(one.name)),
                "SID": one.sid,
            }
            for one in sorted(found.credentials, key=lambda c: c.username)
        )
    )


def _is_wanted(credential: Credential, desired: AccountState) -> str:
    return "yes" if any(c.name == credential.name for c in desired.credentials) else "not in the inventory"


def numbers(workspace: Workspace) -> Tabular:
    """One row for each incoming number of the account."""
    found = scopes.read_types(workspace, workspace.desired, (PHONE_NUMBER,))
    return Tabular(
        tuple(
            {
                "number": one.phone_number,
                "name": one.friendly_name,
                "phones": _names(c for c in workspace.desired.clients if c.caller_id == one.phone_number),
                "application": one.voice_application or None,
                "911": one.emergency_address_status or "unregistered",
                "address": one.emergency_address or None,
                "as_wished": in_sync(one, workspace.desired),
                "SID": one.sid,
            }
            for one in sorted(found.numbers, key=lambda n: n.phone_number)
        )
    )


def addresses(workspace: Workspace) -> Tabular:
    """One row for each address of the account, and which numbers tell it to 911."""
    found = scopes.read_types(workspace, workspace.desired, (ADDRESS, PHONE_NUMBER))
    return Tabular(
        tuple(
            {
                "address": one.name,
                "name": one.friendly_name or None,
                "validated": one.validated,
                "numbers": ", ".join(
                    n.name for n in found.numbers if address_held(n.emergency_address) == one.name
                )
                or None,
                "as_wished": "yes"
                if any(a.name == one.name for a in workspace.desired.addresses)
                else "not in clients.toml",
                "SID": one.sid,
            }
            for one in sorted(found.addresses, key=lambda a: a.name)
        )
    )


def available(workspace: Workspace, area_code: str | None, contains: str | None) -> Tabular:
    """One row for each number that can be bought now."""
    return Tabular(
        tuple(
            {"number": one.phone_number, "locality": one.locality or None, "region": one.region or None}
            for one in available_numbers(workspace, area_code, contains)
        )
    )


def _names(phones: Iterable[PhoneClient]) -> str | None:
    return ", ".join(client.name for client in phones) or None


def _day(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%d}" if moment else None


@dataclass(frozen=True)
class Listing:
    """What an account holds of one resource type, beside the desired state."""

    resource_class: type[Resource]
    desired: AccountState
    current: AccountState
    scope: Scope


def listing(workspace: Workspace, resource_type: ResourceType, env: str | None = None) -> Listing:
    """What the account holds of one kind of thing; of one environment, where it is named."""
    resource_types = MAPPING_TYPES if resource_type in MAPPING_TYPES else (resource_type,)
    scope = Scope(resource_types, workspace.environments(env))
    found = reading.read_scope(workspace.api, workspace.desired, Scope(resource_types, remove=("*",)))
    return Listing(
        resource_type.resource_class,
        workspace.desired,
        _of_environments(found, workspace.desired, scope),
        scope,
    )


def _of_environments(found: AccountState, desired: AccountState, scope: Scope) -> AccountState:
    if scope.environments is None:
        return found
    wanted = scope.environments
    return replace(
        found,
        applications=tuple(a for a in found.applications if desired.environment_of(a) in wanted),
        domains=tuple(d for d in found.domains if desired.environment_of(d) in wanted),
    )

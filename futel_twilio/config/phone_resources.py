"""The addresses, numbers and credentials that the phones of an inventory need."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from futel_twilio.resources.phones import Address, Credential, PhoneClient, PhoneNumber

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


def by_number(clients: Iterable[PhoneClient]) -> dict[str, list[PhoneClient]]:
    """The clients of each number, in the order of the inventory."""
    numbers: dict[str, list[PhoneClient]] = {}
    for client in clients:
        numbers.setdefault(client.caller_id, []).append(client)
    return numbers


def names_number(sharing: Iterable[PhoneClient]) -> PhoneClient:
    """Of the clients that share a number, the one that it is called by: who calls 911, else the first."""
    return max(sharing, key=lambda client: client.enable_emergency)


def desired_credentials(clients: Iterable[PhoneClient], credential_list: str) -> tuple[Credential, ...]:
    return tuple(
        Credential(client.extension, credential_list, environment=client.environment) for client in clients
    )


def desired_numbers(
    clients: Iterable[PhoneClient], external: Collection[str], application: str
) -> tuple[PhoneNumber, ...]:
    """The incoming numbers that clients call from.

    A number whose clients may not call 911 has no desired address: one that it holds is left alone.
    """
    found = []
    for number, sharing in by_number(clients).items():
        if number in external:
            continue
        named = names_number(sharing)
        held = named.address.name if named.enable_emergency and named.address else None
        found.append(
            PhoneNumber(
                phone_number=number,
                friendly_name=named.extension,
                voice_application=application.replace("{env}", named.environment),
                sms_url="",
                sms_application="",
                trunk_sid="",
                emergency_address=held,
                environment=named.environment,
            )
        )
    return tuple(found)


def desired_addresses(clients: Iterable[PhoneClient]) -> tuple[Address, ...]:
    """The addresses of the clients that may call 911, each text once."""
    found: dict[str, Address] = {}
    for client in clients:
        if client.enable_emergency and client.address:
            found.setdefault(client.address.name, replace(client.address, environment=client.environment))
    return tuple(found.values())

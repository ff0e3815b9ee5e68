"""Addresses that Twilio suggests instead: read them and accept them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from futel_twilio.config import edits, inventory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from futel_twilio.errors import AddressCorrected
    from futel_twilio.resources.phones import Address
    from futel_twilio.resources.state import AccountState

KEYS = {
    "Street": "street",
    "StreetSecondary": "street_secondary",
    "City": "city",
    "Region": "region",
    "PostalCode": "postal_code",
    "IsoCountry": "country",
}
OTHER_KEYS = ("FriendlyName", "CustomerName")
_ANY = "|".join((*KEYS, *OTHER_KEYS))
PART = re.compile(rf"({_ANY}): ?(.*?)(?=,? *(?:{_ANY}):|$)")


@dataclass(frozen=True)
class Correction:
    """Where Twilio thinks that a phone stands."""

    client: str
    address: Address


def read_corrections(error: AddressCorrected, desired: AccountState) -> tuple[Correction, ...]:
    """The suggestions that can be understood, one for each phone that stands there."""
    return tuple(
        Correction(name, address)
        for place, words in error.said.items()
        for name, address in _of(place, words, desired)
    )


def _of(place: str, words: str, desired: AccountState) -> Iterable[tuple[str, Address]]:
    parts = dict(PART.findall(words))
    table = {key: parts[word].strip() for word, key in KEYS.items() if parts.get(word, "").strip()}
    if inventory.faults_of_address(table):
        return
    standing = [c.name for c in desired.clients if c.address and c.address.name == place]
    for name in standing or [parts.get("FriendlyName", "").strip()]:
        client = desired.client(name)
        if client:
            customer = client.address.customer_name if client.address else inventory.CUSTOMER
            yield name, inventory.address_of(name, table, customer)


def write_corrections(accepted: Iterable[Correction], desired: AccountState, estate_file: Path) -> None:
    """Write accepted suggestions into clients.toml."""
    for correction in accepted:
        client = desired.client(correction.client)
        if client:
            moved = replace(client, address=correction.address)
            edits.write_details(Path(desired.clients_file), moved, estate_file)

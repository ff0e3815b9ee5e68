"""The addresses that Twilio suggests instead of those it was given, read out of its words, and accepted.

The documented sentence is "Failed to validate address. Check the suggested address. | FriendlyName: ...,
Street: ..." (Twilio's guide to emergency calling for SIP trunking); which keys follow is not recorded, so any
of an address's are understood, and a suggestion without street, city, state and postal code is none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from futel_twilio import edits, inventory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from futel_twilio.errors import Corrected
    from futel_twilio.model import Address, Estate

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


def read(error: Corrected, wish: Estate) -> tuple[Correction, ...]:
    """The suggestions that can be understood, one for each phone that stands there."""
    return tuple(
        Correction(name, address)
        for place, words in error.said.items()
        for name, address in _of(place, words, wish)
    )


def _of(place: str, words: str, wish: Estate) -> Iterable[tuple[str, Address]]:
    parts = dict(PART.findall(words))
    table = {key: parts[word].strip() for word, key in KEYS.items() if parts.get(word, "").strip()}
    if inventory.faults_of_address(table):
        return
    standing = [c.name for c in wish.clients if c.address and c.address.name == place]
    for name in standing or [parts.get("FriendlyName", "").strip()]:
        client = wish.client(name)
        if client:
            customer = client.address.customer_name if client.address else inventory.CUSTOMER
            yield name, inventory.address_of(name, table, customer)


def write(accepted: Iterable[Correction], wish: Estate) -> None:
    """Write accepted suggestions into clients.toml."""
    for correction in accepted:
        client = wish.client(correction.client)
        if client:
            edits.write_details(Path(wish.clients_file), replace(client, address=correction.address))

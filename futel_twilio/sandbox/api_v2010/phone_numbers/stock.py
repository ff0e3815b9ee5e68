"""The numbers that can be bought, and those that are gone; the same are there in every sandbox."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from futel_twilio.sandbox.api_v2010.phone_numbers import places
from futel_twilio.sandbox.storage.rows import UniqueKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.sandbox.api_v2010.phone_numbers.places import Place
    from futel_twilio.sandbox.storage.store import Store

NUMBER = "number"
RELEASED = "released_number"


def held(phone_number: str) -> UniqueKey:
    return UniqueKey(NUMBER, "phone_number", "", phone_number)


def released(phone_number: str) -> UniqueKey:
    return UniqueKey(RELEASED, "phone_number", "", phone_number)


def is_free(store: Store, phone_number: str) -> bool:
    """Nobody has it, and nobody ever gave it back: what is released is gone."""
    return store.holder(held(phone_number)) is None and store.holder(released(phone_number)) is None


def free(store: Store, place: Place) -> Iterator[str]:
    """The numbers of one place that can be bought now, in order."""
    return (number for number in place.numbers() if is_free(store, number))


def can_be_bought(store: Store, phone_number: str) -> bool:
    """GUESS: a number that is not in the stock is not available, rather than wrong."""
    return places.of_number(phone_number) is not None and is_free(store, phone_number)


def formatted(phone_number: str) -> str:
    """`(503) 555-0100`, which is also a new number's name."""
    found = re.fullmatch(r"\+1([0-9]{3})([0-9]{3})([0-9]{4})", phone_number)
    return f"({found[1]}) {found[2]}-{found[3]}" if found else phone_number

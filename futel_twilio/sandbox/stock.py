"""The numbers that can be bought: 555-0100 to 555-0199 of every area code, which the telephone world sets aside.

And the mobile numbers that Ofcom sets aside for films, for North America tells mobile from local numbers
nowhere. Which places there are is made up; the same numbers are there in every sandbox.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from futel_twilio.sandbox.rows import Natural
from futel_twilio.sandbox.store import Store

NUMBER = "number"
RELEASED = "released_number"
TOLL_FREE = ("800", "833", "844", "855", "866", "877", "888")
# Area codes that are nowhere, and mean something with test credentials only (see `magic`).
NOWHERE = ("500", "533")
PER_AREA = 100
AREA_CODE = re.compile(r"[2-9](?!11)[0-9]{2}")
OFFERED = re.compile(r"\+1([2-9](?!11)[0-9]{2})55501[0-9]{2}")
MOBILE = re.compile(r"\+447700900[0-9]{3}")


@dataclass(frozen=True)
class Place:
    """Where an area code is."""

    area_code: str
    country: str = "US"
    region: str | None = None
    locality: str | None = None
    postal_code: str | None = None


PLACES = (
    Place("503", "US", "OR", "Portland", "97201"),
    Place("971", "US", "OR", "Salem", "97301"),
    Place("541", "US", "OR", "Eugene", "97401"),
    Place("206", "US", "WA", "Seattle", "98101"),
    Place("360", "US", "WA", "Vancouver", "98660"),
    Place("415", "US", "CA", "San Francisco", "94103"),
    Place("510", "US", "CA", "Oakland", "94607"),
    Place("212", "US", "NY", "New York", "10001"),
    Place("313", "US", "MI", "Detroit", "48201"),
    Place("734", "US", "MI", "Ypsilanti", "48197"),
    Place("808", "US", "HI", "Hilo", "96720"),
    Place("416", "CA", "ON", "Toronto", "M5H 2N2"),
    Place("604", "CA", "BC", "Vancouver", "V5K 0A1"),
)


def places(area_code: str = "") -> tuple[Place, ...]:
    """The places of an area code, or all that have a name. GUESS: a code without a name is in the US."""
    if not area_code:
        return PLACES
    if not AREA_CODE.fullmatch(area_code) or area_code in NOWHERE:
        return ()
    return tuple(place for place in PLACES if place.area_code == area_code) or (Place(area_code),)


def held(phone_number: str) -> Natural:
    return Natural(NUMBER, "phone_number", "", phone_number)


def released(phone_number: str) -> Natural:
    return Natural(RELEASED, "phone_number", "", phone_number)


def is_free(store: Store, phone_number: str) -> bool:
    """Nobody has it, and nobody ever gave it back: what is released is gone."""
    return store.holder(held(phone_number)) is None and store.holder(released(phone_number)) is None


def free(store: Store, area_code: str) -> Iterator[str]:
    """The numbers of one area code that can be bought now, in order."""
    if area_code in NOWHERE:
        return
    for n in range(PER_AREA):
        phone_number = f"+1{area_code}55501{n:02}"
        if is_free(store, phone_number):
            yield phone_number


def can_be_bought(store: Store, phone_number: str) -> bool:
    """GUESS: a number that is not in the stock is not available, rather than wrong."""
    if MOBILE.fullmatch(phone_number):
        # GUESS: no bundle is asked for, which Twilio may want for a British number.
        return is_free(store, phone_number)
    found = OFFERED.fullmatch(phone_number)
    return found is not None and found[1] not in NOWHERE and is_free(store, phone_number)


def kind_of(phone_number: str) -> str:
    """GUESS: how a toll-free number's type is spelled; the examples show `local` only."""
    if MOBILE.fullmatch(phone_number):
        return "mobile"
    return "toll free" if phone_number[2:5] in TOLL_FREE else "local"


def formatted(phone_number: str) -> str:
    """`(503) 555-0100`, which is also a new number's name."""
    found = re.fullmatch(r"\+1([0-9]{3})([0-9]{3})([0-9]{4})", phone_number)
    return f"({found[1]}) {found[2]}-{found[3]}" if found else phone_number

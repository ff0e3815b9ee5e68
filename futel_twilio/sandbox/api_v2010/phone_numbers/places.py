"""Where the numbers are that can be bought: places, their kinds of numbers, and how far apart they lie.

Which places there are is made up, and so are rate centers and LATAs but for the best known; all have numbers that
nobody is ever given: 555-0100 to 555-0199 in North America, and those that Ofcom keeps for films in Britain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# GUESS: how a toll-free number's type is spelled; the examples show `local` only.
LOCAL, MOBILE, TOLL_FREE = "local", "mobile", "toll free"
NORTH_AMERICA = ("US", "CA")
TOLL_FREE_CODES = ("800", "833", "844", "855", "866", "877", "888")
# Area codes that are nowhere, and mean something with test credentials only (see `magic`).
NOWHERE = ("500", "533")
AREA_CODE = re.compile(r"[2-9](?!11)[0-9]{2}")
EARTH_MILES = 3958.8
FEW, MANY = 100, 1000


@dataclass(frozen=True)
class Place:
    """A hundred or a thousand numbers in a row, and where they are.

    Attributes:
        stem: what the numbers begin with, in E.164; the rest counts up.
        many: how many there are.
        needs: which address Twilio wants to know of who buys one: none, any, local or foreign.
    """

    stem: str
    country: str = "US"
    kind: str = LOCAL
    region: str | None = None
    locality: str | None = None
    postal_code: str | None = None
    lata: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    many: int = FEW
    needs: str = "none"

    @property
    def area_code(self) -> str:
        return self.stem[2:5] if self.country in NORTH_AMERICA else ""

    @property
    def rate_center(self) -> str | None:
        return self.locality.upper() if self.locality and self.lata else None

    def numbers(self) -> Iterator[str]:
        digits = len(str(self.many - 1))
        return (f"{self.stem}{n:0{digits}}" for n in range(self.many))

    def has(self, phone_number: str) -> bool:
        return (
            re.fullmatch(rf"{re.escape(self.stem)}[0-9]{{{len(str(self.many - 1))}}}", phone_number)
            is not None
        )


def _america(code: str, *where: str, country: str = "US") -> Place:
    region, locality, postal_code, lata, latitude, longitude = where
    place = (region, locality, postal_code, lata, float(latitude), float(longitude))
    return Place(f"+1{code}55501", country, LOCAL, *place)


# GUESS: which address is wanted for a British number.
PLACES = (
    _america("503", "OR", "Portland", "97201", "672", "45.52", "-122.68"),
    _america("971", "OR", "Salem", "97301", "672", "44.94", "-123.04"),
    _america("541", "OR", "Eugene", "97401", "670", "44.05", "-123.09"),
    _america("206", "WA", "Seattle", "98101", "674", "47.61", "-122.33"),
    _america("360", "WA", "Vancouver", "98660", "672", "45.63", "-122.67"),
    _america("415", "CA", "San Francisco", "94103", "722", "37.77", "-122.41"),
    _america("510", "CA", "Oakland", "94607", "722", "37.80", "-122.27"),
    _america("212", "NY", "New York", "10001", "132", "40.75", "-73.99"),
    _america("313", "MI", "Detroit", "48201", "340", "42.33", "-83.05"),
    _america("734", "MI", "Ypsilanti", "48197", "340", "42.24", "-83.61"),
    _america("808", "HI", "Hilo", "96720", "834", "19.72", "-155.09"),
    _america("416", "ON", "Toronto", "M5H 2N2", "888", "43.65", "-79.38", country="CA"),
    _america("604", "BC", "Vancouver", "V5K 0A1", "888", "49.28", "-123.12", country="CA"),
    *(Place(f"+1{code}55501", country, TOLL_FREE) for country in NORTH_AMERICA for code in TOLL_FREE_CODES),
    Place("+442079460", "GB", LOCAL, "England", "London", many=MANY, needs="local"),
    Place("+448081570", "GB", TOLL_FREE, many=MANY, needs="any"),
    Place("+447700900", "GB", MOBILE, many=MANY, needs="any"),
)


def of_area(area_code: str) -> tuple[Place, ...]:
    """The places of a North American area code. GUESS: a code without a name is in the US."""
    if not AREA_CODE.fullmatch(area_code) or area_code in NOWHERE:
        return ()
    return tuple(place for place in PLACES if place.area_code == area_code) or (Place(f"+1{area_code}55501"),)


def of_number(phone_number: str) -> Place | None:
    """Where a number is that can be bought; None for any other."""
    named = next((place for place in PLACES if place.has(phone_number)), None)
    unnamed = of_area(phone_number[2:5]) if phone_number.startswith("+1") else ()
    return named or next((place for place in unnamed if place.has(phone_number)), None)


def near_number(phone_number: str) -> Place | None:
    """Where any number of a place's area code is, whether it can be bought or not."""
    area = of_area(phone_number[2:5]) if phone_number.startswith("+1") else ()
    return of_number(phone_number) or next(iter(area), None)


def miles(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The way between two points, each a latitude and a longitude in degrees, over the sphere."""
    (north, east), (north2, east2) = (tuple(map(radians, point)) for point in (one, other))
    half = sin((north2 - north) / 2) ** 2 + cos(north) * cos(north2) * sin((east2 - east) / 2) ** 2
    return 2 * EARTH_MILES * asin(sqrt(half))

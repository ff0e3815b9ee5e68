"""The filters of a search for numbers that can be bought, each a judgement of a place or of a number."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from futel_twilio.sandbox.api_v2010.phone_numbers import places
from futel_twilio.sandbox.api_v2010.phone_numbers.places import Place
from futel_twilio.sandbox.engine.errors import bad
from futel_twilio.sandbox.engine.values import boolean, integer, invalid

if TYPE_CHECKING:
    from futel_twilio.sandbox.engine.tables import Form

Judge = Callable[[Place], bool]
CONTAINS = re.compile(r"[0-9A-Za-z*%+$]{2,16}")
KEYPAD = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
# Every number of the stock has all three, no fax, and is no beta.
OFFERED_ALL = ("SmsEnabled", "MmsEnabled", "VoiceEnabled")
OFFERED_NONE = ("FaxEnabled", "Beta")
# Which addresses a filter does not want to be asked for.
EXCLUDED = {
    "ExcludeAllAddressRequired": {"any", "local", "foreign"},
    "ExcludeLocalAddressRequired": {"local"},
    "ExcludeForeignAddressRequired": {"foreign"},
}
WHERE: dict[str, Callable[[Place], str | None]] = {
    "InRegion": lambda place: place.region,
    "InLocality": lambda place: place.locality,
    "InPostalCode": lambda place: place.postal_code,
    "InRateCenter": lambda place: place.rate_center,
    "InLata": lambda place: place.lata,
}
NEAR, FARTHEST = 25, 500
PARAMS = (
    *("AreaCode", "Contains", *OFFERED_ALL, *OFFERED_NONE, *EXCLUDED, *WHERE),
    *("NearNumber", "NearLatLong", "Distance"),
)
LAT_LONG = re.compile(r"(-?[0-9]{1,2}(?:\.[0-9]+)?),\s*(-?[0-9]{1,3}(?:\.[0-9]+)?)")


def judge(query: Form) -> Callable[[Place], bool]:
    """Whether a place is sought; every filter is read before any is used."""
    judges = [*_offers(query), *_addresses(query), *_where(query), *_near(query)]
    area_code = _area_code(query.get("AreaCode", ""))
    if area_code:
        judges.append(lambda place: place.area_code == area_code)
    return lambda place: all(judge(place) for judge in judges)


def sought(query: Form) -> tuple[Place, ...]:
    """The places that may be meant: an area code without a name is one too."""
    area_code = _area_code(query.get("AreaCode", ""))
    return places.of_area(area_code) if area_code else places.PLACES


def _area_code(raw: str) -> str:
    if raw and not re.fullmatch(r"[0-9]{3}", raw):
        # GUESS: the code of a bad parameter.
        raise invalid("AreaCode")
    return raw


def _offers(query: Form) -> Iterator[Judge]:
    """What numbers can do: those of the stock are all alike."""
    wanted = {name: boolean(name, query[name]) for name in (*OFFERED_ALL, *OFFERED_NONE) if query.get(name)}
    # GUESS: `false` asks for numbers without it; Beta=true allows them, and they are none.
    if wanted.get("FaxEnabled") or any(wanted.get(name) is False for name in OFFERED_ALL):
        yield lambda _place: False


def _addresses(query: Form) -> Iterator[Judge]:
    for name, unwanted in EXCLUDED.items():
        if query.get(name) and boolean(name, query[name]):
            yield _asks_for_none_of(unwanted)


def _asks_for_none_of(unwanted: set[str]) -> Judge:
    return lambda place: place.needs not in unwanted


def _where(query: Form) -> Iterator[Judge]:
    """By place. GUESS: they match whole values, and upper and lower case alike."""
    if query.get("InRateCenter") and not query.get("InLata"):
        # GUESS: the code; that the two go together is documented.
        raise invalid("InRateCenter")
    for name, value in WHERE.items():
        wanted = query.get(name, "")
        if wanted:
            yield _reads(value, _meant(value, wanted))


def _reads(value: Callable[[Place], str | None], wanted: str) -> Judge:
    return lambda place: (value(place) or "").lower() == wanted


def _meant(value: Callable[[Place], str | None], wanted: str) -> str:
    """What is sought; of a phone number, that of its place. GUESS: a number of nowhere is nowhere."""
    place = places.near_number(wanted) if wanted.startswith("+") else None
    if place is not None:
        return (value(place) or wanted).lower()
    return wanted.lower()


def _near(query: Form) -> Iterator[Judge]:
    far = integer(0, FARTHEST)("Distance", query.get("Distance") or str(NEAR))
    number, point = query.get("NearNumber", ""), query.get("NearLatLong", "")
    if number:
        yield _within(_position(places.near_number(number)), far)
    if point:
        found = LAT_LONG.fullmatch(point)
        if found is None:
            # GUESS: the code of a bad parameter.
            raise invalid("NearLatLong")
        yield _within((float(found[1]), float(found[2])), far)


def _position(place: Place | None) -> tuple[float, float] | None:
    if place is None or place.latitude is None or place.longitude is None:
        return None
    return place.latitude, place.longitude


def _within(middle: tuple[float, float] | None, far: int) -> Judge:
    def judge(place: Place) -> bool:
        here = _position(place)
        return middle is not None and here is not None and places.miles(middle, here) <= far

    return judge


def pattern(raw: str) -> Callable[[str], bool]:
    """`*` is any digit, `%` any digits, `+` the start, `$` the end, and letters are a keypad's digits.

    The alphabet is documented; GUESS: what each sign means, and the code of the refusal.
    """
    if not raw:
        return lambda _number: True
    body = raw.removeprefix("+").removesuffix("$")
    if not CONTAINS.fullmatch(raw) or not re.fullmatch(r"[*%]*[0-9A-Za-z]*[*%]*", body):
        raise bad(21451, "Invalid Pattern Provided")
    digits = re.sub(r"[*%]+", _any_digits, body.lower().translate(KEYPAD))
    start, end = ("^" if raw.startswith("+") else ""), ("$" if raw.endswith("$") else "")
    wanted = re.compile(f"{start}{digits}{end}")
    return lambda number: wanted.search(number.removeprefix("+")) is not None


def _any_digits(signs: re.Match[str]) -> str:
    """One piece for many signs: a number that does not match would be tried in every way they can share it."""
    at_least = signs[0].count("*")
    return f"[0-9]{{{at_least},}}" if "%" in signs[0] else f"[0-9]{{{at_least}}}"

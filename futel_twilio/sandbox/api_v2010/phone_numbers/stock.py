"""The numbers that can be bought, and those that are gone; the same are there in every sandbox.

Searches offer the made-up numbers of `places`. A number that a request names can be bought if it is one of those, or a
valid number of a country that has a place, unless the setting `sold_out` matches it.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.api_v2010.phone_numbers import places
from futel_twilio.sandbox.storage.rows import UniqueKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.sandbox.api_v2010.phone_numbers.places import Place
    from futel_twilio.sandbox.storage.store import Store

NUMBER = "number"
RELEASED = "released_number"
PATTERN = re.compile(r"[+0-9*?]{1,20}")
COUNTRIES = frozenset(place.country for place in places.PLACES)


def held(phone_number: str) -> UniqueKey:
    return UniqueKey(NUMBER, "phone_number", "", phone_number)


def released(phone_number: str) -> UniqueKey:
    return UniqueKey(RELEASED, "phone_number", "", phone_number)


def settings(store: Store) -> dict[str, Any]:
    """What of the stock can be set from outside: POST /_sandbox/settings."""
    return {"sold_out": store.setting("", "sold_out", [])}


def judge_settings(sent: dict[str, Any]) -> dict[str, Any]:
    """The settings that are sent, checked.

    Raises:
        ValueError: one is wrong.
    """
    if "sold_out" not in sent:
        return {}
    value = sent["sold_out"]
    patterns = (
        [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value
    )
    if not isinstance(patterns, list) or not all(
        isinstance(p, str) and PATTERN.fullmatch(p) for p in patterns
    ):
        raise ValueError("sold_out must be a list of patterns such as +1503* or +15035550142")
    return {"sold_out": patterns}


def is_free(store: Store, phone_number: str) -> bool:
    """Nobody has it, nobody ever gave it back (a released number is gone), and it is not sold out."""
    return (
        store.holder(held(phone_number)) is None
        and store.holder(released(phone_number)) is None
        and not any(fnmatchcase(phone_number, pattern) for pattern in settings(store)["sold_out"])
    )


def free(store: Store, place: Place) -> Iterator[str]:
    """The numbers of one place that can be bought now, in order."""
    return (number for number in place.numbers() if is_free(store, number))


def can_be_bought(store: Store, phone_number: str) -> bool:
    """GUESS: a number that nobody sells is not available, rather than wrong."""
    is_known = places.of_number(phone_number) is not None or _is_valid(phone_number)
    return is_known and is_free(store, phone_number)


def _is_valid(phone_number: str) -> bool:
    """Whether it is a number of a country that has a place, by the countries' numbering plans."""
    import phonenumbers

    if phone_number.startswith("+1") and phone_number[2:5] in places.NOWHERE:
        return False  # magic numbers of test credentials
    try:
        number = phonenumbers.parse(phone_number)
    except phonenumbers.NumberParseException:
        return False
    valid = phonenumbers.is_valid_number(number)
    return valid and phonenumbers.region_code_for_number(number) in COUNTRIES


def formatted(phone_number: str) -> str:
    """`(503) 555-0100`, which is also a new number's name."""
    found = re.fullmatch(r"\+1([0-9]{3})([0-9]{3})([0-9]{4})", phone_number)
    return f"({found[1]}) {found[2]}-{found[3]}" if found else phone_number

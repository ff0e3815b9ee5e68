"""The v2010 paths of numbers that can be bought: countries, and the local numbers of one."""

import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from futel_twilio.sandbox import paging, stock
from futel_twilio.sandbox.errors import bad, missing
from futel_twilio.sandbox.table import Answer, Endpoint, Form, Scene
from futel_twilio.sandbox.wire import boolean, invalid

BASE = "/2010-04-01/Accounts/<account>/AvailablePhoneNumbers"
COUNTRIES = {"US": "United States", "CA": "Canada"}
CONTAINS = re.compile(r"[0-9A-Za-z*%+$]{2,16}")
KEYPAD = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
# Every number of the stock has all three, no fax, is no beta and asks for no address.
CAPABILITIES = {"MMS": True, "SMS": True, "voice": True}
OFFERED_ALL = ("SmsEnabled", "MmsEnabled", "VoiceEnabled")
OFFERED_NONE = ("FaxEnabled", "Beta")


def list_countries(scene: Scene) -> Answer:
    return 200, {"countries": [_country(scene, code) for code in COUNTRIES], "uri": scene.path}


def fetch_country(scene: Scene) -> Answer:
    _require_country(scene)
    return 200, _country(scene, scene.ids["country"])


def list_local(scene: Scene) -> Answer:
    """Local numbers that nobody has, by the filters; GUESS: more than one page is never given."""
    _require_country(scene)
    size = paging.size_of(scene)
    found = islice(_found(scene), size)
    return 200, {"available_phone_numbers": [_item(*pair) for pair in found], "uri": scene.path}


def _require_country(scene: Scene) -> None:
    if scene.ids["country"] not in COUNTRIES:
        # GUESS: of the countries Twilio serves the sandbox knows two.
        raise missing(scene.path)


def _country(scene: Scene, code: str) -> dict[str, Any]:
    # GUESS: what the sandbox does not offer (toll-free numbers) is not linked to either.
    path = f"/2010-04-01/Accounts/{scene.account}/AvailablePhoneNumbers/{code}"
    return {
        "beta": False,
        "country": COUNTRIES[code],
        "country_code": code,
        "subresource_uris": {"local": f"{path}/Local.json"},
        "uri": f"{path}.json",
    }


def _found(scene: Scene) -> Iterator[tuple[stock.Place, str]]:
    query = scene.query
    pattern = _pattern(query.get("Contains", ""))
    if not _offers(query):
        return
    for place in stock.places(_area_code(query.get("AreaCode", ""))):
        if place.country != scene.ids["country"] or not _is_there(place, query):
            continue
        if place.area_code in stock.TOLL_FREE:
            continue
        for number in stock.free(scene.store, place.area_code):
            if pattern(number):
                yield place, number


def _area_code(raw: str) -> str:
    if raw and not re.fullmatch(r"[0-9]{3}", raw):
        # GUESS: the code of a bad parameter.
        raise invalid("AreaCode")
    return raw


def _offers(query: Form) -> bool:
    """Whether the whole stock has what is asked for; every number of it is alike."""
    asked = {name: boolean(name, query[name]) for name in (*OFFERED_ALL, *OFFERED_NONE) if query.get(name)}
    # GUESS: `false` asks for numbers without it; Beta=true allows them, and they are none.
    wrong = [name for name in OFFERED_ALL if asked.get(name) is False]
    return not wrong and not asked.get("FaxEnabled")


def _is_there(place: stock.Place, query: Form) -> bool:
    """The three filters by place. GUESS: they match whole values, and upper and lower case alike."""
    filters = (
        ("InRegion", place.region),
        ("InLocality", place.locality),
        ("InPostalCode", place.postal_code),
    )
    return all(_same(query.get(param, ""), value) for param, value in filters)


def _same(asked: str, value: str | None) -> bool:
    return not asked or asked.lower() == (value or "").lower()


def _pattern(raw: str) -> Callable[[str], bool]:
    """`*` is any digit, `%` any digits, `+` the start, `$` the end, and letters are a keypad's digits.

    The alphabet is documented; GUESS: what each sign means, and the code of the refusal.
    """
    if not raw:
        return lambda _number: True
    body = raw.removeprefix("+").removesuffix("$")
    if not CONTAINS.fullmatch(raw) or not re.fullmatch(r"[*%]*[0-9A-Za-z]*[*%]*", body):
        raise bad(21451, "Invalid Pattern Provided")
    digits = body.lower().translate(KEYPAD).replace("*", "[0-9]").replace("%", "[0-9]*")
    start, end = ("^" if raw.startswith("+") else ""), ("$" if raw.endswith("$") else "")
    pattern = re.compile(f"{start}{digits}{end}")
    return lambda number: pattern.search(number.removeprefix("+")) is not None


def _item(place: stock.Place, number: str) -> dict[str, Any]:
    """One number on offer. GUESS: the sandbox knows no LATA, rate centre or position."""
    return {
        "address_requirements": "none",
        "beta": False,
        "capabilities": CAPABILITIES,
        "friendly_name": stock.formatted(number),
        "iso_country": place.country,
        "lata": None,
        "latitude": None,
        "locality": place.locality,
        "longitude": None,
        "phone_number": number,
        "postal_code": place.postal_code,
        "rate_center": place.locality.upper() if place.locality else None,
        "region": place.region,
    }


ENDPOINTS = (
    Endpoint(BASE, {"GET": list_countries}, "example", "facts 1.11", suffix=".json"),
    Endpoint(f"{BASE}/<country>", {"GET": fetch_country}, "example", "facts 1.11", suffix=".json"),
    Endpoint(f"{BASE}/<country>/Local", {"GET": list_local}, "example", "facts 1.11", suffix=".json"),
)

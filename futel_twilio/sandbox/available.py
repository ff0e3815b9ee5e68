"""The v2010 paths of numbers that can be bought: the countries, and the numbers of each kind in one."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from futel_twilio.sandbox import paging, places, search, stock
from futel_twilio.sandbox.errors import missing
from futel_twilio.sandbox.places import PLACES, Place
from futel_twilio.sandbox.table import Answer, Endpoint, Scene

BASE = "/2010-04-01/Accounts/<account>/AvailablePhoneNumbers"
MOST = 30  # numbers a search, whatever the page size
COUNTRIES = {"US": "United States", "CA": "Canada", "GB": "United Kingdom"}
KINDS = {places.LOCAL: "Local", places.TOLL_FREE: "TollFree", places.MOBILE: "Mobile"}
# Of local numbers as seen live. GUESS: of the others as the specification and its examples have it.
CAPABILITIES = {places.LOCAL: {"MMS": True, "SMS": True, "voice": True}}
OTHERS = {"fax": False, "mms": True, "sms": True, "voice": True}


def list_countries(scene: Scene) -> Answer:
    return 200, {"countries": [_country(scene, code) for code in COUNTRIES], "uri": scene.path}


def fetch_country(scene: Scene) -> Answer:
    if scene.ids["country"] not in COUNTRIES:
        # GUESS: of the countries Twilio serves the sandbox knows three.
        raise missing(scene.path)
    return 200, _country(scene, scene.ids["country"])


def _kinds(country: str) -> set[str]:
    return {place.kind for place in PLACES if place.country == country}


def _country(scene: Scene, code: str) -> dict[str, Any]:
    path = f"/2010-04-01/Accounts/{scene.account}/AvailablePhoneNumbers/{code}"
    there = {kind: last for kind, last in KINDS.items() if kind in _kinds(code)}
    return {
        "beta": False,
        "country": COUNTRIES[code],
        "country_code": code,
        "subresource_uris": {kind.replace(" ", "_"): f"{path}/{last}.json" for kind, last in there.items()},
        "uri": f"{path}.json",
    }


def _list(kind: str) -> Callable[[Scene], Answer]:
    """Numbers of a kind that nobody has; GUESS: more than one page is never given."""

    def answer(scene: Scene) -> Answer:
        if kind not in _kinds(scene.ids["country"]):
            raise missing(scene.path)
        found = islice(_found(scene, kind), min(paging.size_of(scene), MOST))
        return 200, {"available_phone_numbers": [_item(*pair) for pair in found], "uri": scene.path}

    return answer


def _found(scene: Scene, kind: str) -> Iterator[tuple[Place, str]]:
    query = scene.query
    is_sought, has = search.judge(query), search.pattern(query.get("Contains", ""))
    for place in search.sought(query):
        if (place.kind, place.country) == (kind, scene.ids["country"]) and is_sought(place):
            yield from ((place, number) for number in stock.free(scene.store, place) if has(number))


def _item(place: Place, number: str) -> dict[str, Any]:
    """One number on offer. GUESS: a position is a number, as the specification types it; its example has text."""
    return {
        "address_requirements": place.needs,
        "beta": False,
        "capabilities": CAPABILITIES.get(place.kind, OTHERS),
        "friendly_name": stock.formatted(number),
        "iso_country": place.country,
        "lata": place.lata,
        "latitude": place.latitude,
        "locality": place.locality,
        "longitude": place.longitude,
        "phone_number": number,
        "postal_code": place.postal_code,
        "rate_center": place.rate_center,
        "region": place.region,
    }


SAYS = (
    f"docs: AvailablePhoneNumber; at most {MOST} a search, users: twilio/twilio-node, issue 316, and "
    f"twilio/twilio-php, issue 632; filters {', '.join(search.PARAMS)}"
)
ENDPOINTS = (
    Endpoint(BASE, {"GET": list_countries}, "example", "docs: AvailablePhoneNumber", suffix=".json"),
    Endpoint(
        f"{BASE}/<country>", {"GET": fetch_country}, "example", "docs: AvailablePhoneNumber", suffix=".json"
    ),
    *(
        Endpoint(f"{BASE}/<country>/{last}", {"GET": _list(kind)}, "example", SAYS, suffix=".json")
        for kind, last in KINDS.items()
    ),
)

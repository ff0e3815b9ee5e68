"""The v2010 paths of numbers that can be bought: the countries, and the numbers of each kind in one."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.api_v2010.phone_numbers import places, search, stock
from futel_twilio.sandbox.api_v2010.phone_numbers.places import PLACES, Place
from futel_twilio.sandbox.engine import paging
from futel_twilio.sandbox.engine.errors import missing
from futel_twilio.sandbox.engine.tables import Answer, Endpoint, RequestContext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BASE = "/2010-04-01/Accounts/<account>/AvailablePhoneNumbers"
MOST = 30  # numbers a search, whatever the page size
COUNTRIES = {"US": "United States", "CA": "Canada", "GB": "United Kingdom"}
KINDS = {places.LOCAL: "Local", places.TOLL_FREE: "TollFree", places.MOBILE: "Mobile"}
# Of local numbers as seen live. GUESS: of the others as the specification and its examples have it.
CAPABILITIES = {places.LOCAL: {"MMS": True, "SMS": True, "voice": True}}
OTHERS = {"fax": False, "mms": True, "sms": True, "voice": True}


def list_countries(context: RequestContext) -> Answer:
    return 200, {"countries": [_country(context, code) for code in COUNTRIES], "uri": context.path}


def fetch_country(context: RequestContext) -> Answer:
    if context.ids["country"] not in COUNTRIES:
        # GUESS: of the countries Twilio serves the sandbox knows three.
        raise missing(context.path)
    return 200, _country(context, context.ids["country"])


def _kinds(country: str) -> set[str]:
    return {place.kind for place in PLACES if place.country == country}


def _country(context: RequestContext, code: str) -> dict[str, Any]:
    path = f"/2010-04-01/Accounts/{context.account}/AvailablePhoneNumbers/{code}"
    there = {kind: last for kind, last in KINDS.items() if kind in _kinds(code)}
    return {
        "beta": False,
        "country": COUNTRIES[code],
        "country_code": code,
        "subresource_uris": {kind.replace(" ", "_"): f"{path}/{last}.json" for kind, last in there.items()},
        "uri": f"{path}.json",
    }


def _list(kind: str) -> Callable[[RequestContext], Answer]:
    """Numbers of a kind that nobody has; GUESS: more than one page is never given."""

    def answer(context: RequestContext) -> Answer:
        if kind not in _kinds(context.ids["country"]):
            raise missing(context.path)
        found = islice(_found(context, kind), min(paging.size_of(context), MOST))
        return 200, {"available_phone_numbers": [_item(*pair) for pair in found], "uri": context.path}

    return answer


def _found(context: RequestContext, kind: str) -> Iterator[tuple[Place, str]]:
    query = context.query
    is_sought, has = search.judge(query), search.pattern(query.get("Contains", ""))
    for place in search.sought(query):
        if (place.kind, place.country) == (kind, context.ids["country"]) and is_sought(place):
            yield from ((place, number) for number in stock.free(context.store, place) if has(number))


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

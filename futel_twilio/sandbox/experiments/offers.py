"""Experiments with the phone numbers on offer: they are looked at, none is bought."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.experiments.lab import Lab, keys
from futel_twilio.sandbox.experiments.table import experiment

if TYPE_CHECKING:
    from futel_twilio.sandbox.experiments.traffic import Answer

PLACE = {"in_region": "OR", "in_locality": "Portland"}


def _numbers(answer: Answer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer.body.get("available_phone_numbers", [])
    return found


def _any(answer: Answer) -> bool:
    return bool(_numbers(answer))


def _capabilities(answer: Answer) -> list[list[str]]:
    return [sorted(one["capabilities"]) for one in _numbers(answer)[:1]]


def _local(lab: Lab, country: str = "US", **filters: Any) -> Any:
    return partial(lab.client.available_phone_numbers(country).local.page, page_size=5, **filters)


@experiment(
    "List the countries with numbers, fetch one and one that there is not: keys, links, and whether ZZ is 404.",
    "available: of the countries Twilio serves",
)
def countries(lab: Lab) -> None:
    offered = lab.client.available_phone_numbers
    lab.look("list", offered.page, keys)
    lab.look("US", offered("US").fetch, lambda answer: sorted(answer.body["subresource_uris"]))
    lab.look("Germany", _local(lab, "DE"), _any)
    lab.look("ZZ", offered("ZZ").fetch)
    lab.look("numbers of ZZ", _local(lab, "ZZ"))
    lab.look("mobile numbers of the US", partial(offered("US").mobile.page, page_size=1))


@experiment(
    "List local numbers of Oregon: the keys of the answer and of one number, and which of them are empty.",
    "available: more than one page",
    "available: a position is a number",
)
def shape(lab: Lab) -> None:
    found = _local(lab, in_region="OR")
    lab.look("the answer", found, keys)
    lab.look("how many", found, lambda answer: len(_numbers(answer)))
    lab.look("one number", found, lambda answer: [sorted(one) for one in _numbers(answer)[:1]])
    lab.look("capabilities", found, _capabilities)
    empty = partial(map, lambda one: sorted(key for key in one if one[key] is None))
    lab.look("empty in one", found, lambda answer: list(empty(_numbers(answer)[:1])))


@experiment(
    "Search by area codes that are none, by a word and by two digits: code and wording.",
    "search: the code of a bad parameter",
)
def area_codes(lab: Lab) -> None:
    for code in ("503", "97", "abc", "000"):
        lab.look(f"AreaCode={code}", _local(lab, area_code=code), _any)


@experiment(
    "Search by patterns: short, with a wildcard at either end and in the middle, with letters and with signs.",
    "search: what each sign means",
)
def patterns(lab: Lab) -> None:
    for pattern in ("5", "55", "5*5", "*55", "55*", "503%", "+1503", "$", "JOKE", "55-55"):
        lab.look(f"Contains={pattern}", _local(lab, contains=pattern), _any)


@experiment(
    "Search by what numbers can do, asking for it and against it, for fax and for beta.",
    "search: `false` asks for numbers without it",
)
def capabilities(lab: Lab) -> None:
    for name in ("sms_enabled", "mms_enabled", "voice_enabled", "fax_enabled", "beta"):
        for value in (True, False):
            sought: dict[str, Any] = {name: value}
            lab.look(f"{name}={value}", _local(lab, **sought), _any)
    lab.look("sms_enabled=perhaps", _local(lab, sms_enabled="perhaps"))


@experiment(
    "Search by place in full, in part and in lower case, and by a postal code.",
    "search: they match whole values",
)
def places(lab: Lab) -> None:
    sought = (
        {"in_region": "OR"},
        {"in_region": "or"},
        {"in_region": "ZZ"},
        {"in_locality": "Portland"},
        {"in_locality": "portland"},
        {"in_locality": "Portl"},
        {"in_postal_code": "97201"},
        {"in_postal_code": "00000"},
        PLACE,
    )
    for filters in sought:
        step = " ".join(f"{name}={value}" for name, value in filters.items())
        lab.look(step, _local(lab, **filters), _any)


@experiment(
    "Search near a number and near a point, too far and at no place, in a LATA, and in a rate center alone.",
    "search: the code; that the two go together",
    "search: the code of a bad parameter",
)
def nearness(lab: Lab) -> None:
    sought: tuple[dict[str, Any], ...] = (
        {"near_number": "+15035550100"},
        {"near_lat_long": "45.52,-122.68", "distance": 5},
        {"near_lat_long": "0,0"},
        {"near_lat_long": "Portland"},
        {"near_lat_long": "45.52,-122.68", "distance": 501},
        {"in_lata": "672"},
        {"in_lata": "+15035550100"},
        {"in_rate_center": "PORTLAND"},
        {"in_rate_center": "PORTLAND", "in_lata": "672"},
    )
    for filters in sought:
        step = " ".join(f"{name}={value}" for name, value in filters.items())
        lab.look(step, _local(lab, **filters), _any)


@experiment(
    "List toll-free numbers of the US, and mobile ones of Britain: the keys of one, and what it can do.",
    "available: of the others as the specification",
)
def other_kinds(lab: Lab) -> None:
    offered = lab.client.available_phone_numbers
    lab.look("toll-free", partial(offered("US").toll_free.page, page_size=1), _capabilities)
    lab.look("mobile", partial(offered("GB").mobile.page, page_size=1), _capabilities)

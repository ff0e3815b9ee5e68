"""Experiments with dialling permissions. They are read; the one change sets a country to what it is."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.experiments.lab import Lab, fields, whole
from futel_twilio.sandbox.experiments.table import NEW_ACCOUNT, experiment

if TYPE_CHECKING:
    from futel_twilio.sandbox.experiments.traffic import Answer

FLAGS = (
    "low_risk_numbers_enabled",
    "high_risk_special_numbers_enabled",
    "high_risk_tollfraud_numbers_enabled",
)


def _codes(answer: Answer) -> list[str]:
    return sorted(country["iso_code"] for country in answer.body["content"])


def _named(answer: Answer) -> dict[str, Any]:
    return {
        row["iso_code"]: [row["name"], row["continent"], row["country_codes"]]
        for row in answer.body["content"]
    }


@experiment(
    "List every country of the dialling permissions: names, continents and codes, and which there are.",
    "countries: names and continents",
)
def every_country(lab: Lab) -> None:
    lab.look("list", partial(_countries(lab).page, page_size=1000), _named)


@experiment(
    "Fetch one country and its high-risk prefixes, one in lower case, and one that there is not.",
)
def one_country(lab: Lab) -> None:
    countries = _countries(lab)
    lab.look(
        "LV", countries("LV").fetch, fields("iso_code", "name", "continent", "country_codes", "url", "links")
    )
    lab.look("its prefixes", countries("LV").highrisk_special_prefixes.page, whole)
    lab.look("lv", countries("lv").fetch)
    lab.look("ZZ", countries("ZZ").fetch)


@experiment(
    "Filter the countries by a code with and without its plus sign, by a continent, and by nonsense.",
    "dialing_permissions: the filter is the code",
    rules=("DialingPermissions/Countries: filter `CountryCode`",),
)
def filters(lab: Lab) -> None:
    page = partial(_countries(lab).page, page_size=1000)
    for code in ("47", "+47", "x"):
        lab.look(f"CountryCode={code}", partial(page, country_code=code), _codes)
    for continent in ("OCEANIA", "oceania", "nonsense"):
        lab.look(f"Continent={continent}", partial(page, continent=continent), lambda a: bool(_codes(a)))
    lab.look("IsoCode=ZZ", partial(page, iso_code="ZZ"), _codes)


@experiment(
    "List the countries that a new account may call, and the kinds of risk that are open.",
    "dialing_permissions: ours is the US",
    needs=NEW_ACCOUNT,
)
def open_at_first(lab: Lab) -> None:
    page = partial(_countries(lab).page, page_size=1000)
    for flag in FLAGS:
        lab.look(flag, partial(page, **{flag: True}), _codes)


@experiment(
    "Send BulkCountryUpdates what is no JSON, an object, and a country that there is not: code and wording.",
    "dialing_permissions: the code of the product APIs",
)
def bad_orders(lab: Lab) -> None:
    bulk = lab.client.voice.v1.dialing_permissions.bulk_country_updates
    for order in ("x", "{}", '[{"iso_code": "ZZ"}]'):
        lab.look(order, partial(bulk.create, update_request=order))


@experiment(
    "Read a country and send BulkCountryUpdates what it is already.",
)
def order_of_what_is(lab: Lab) -> None:
    country = lab.make(_countries(lab)("LV").fetch)
    order = {"iso_code": "LV", **{flag: str(getattr(country, flag)).lower() for flag in FLAGS}}
    bulk = lab.client.voice.v1.dialing_permissions.bulk_country_updates
    lab.look("the same", partial(bulk.create, update_request=json.dumps([order])), fields("update_count"))


@experiment(
    "Fetch the voice settings: whether dialling permissions are inherited from a parent account.",
    "dialing_permissions: inheritance is off",
    needs=NEW_ACCOUNT,
)
def settings(lab: Lab) -> None:
    lab.look("fetch", lab.client.voice.v1.dialing_permissions.settings().fetch, whole)


def _countries(lab: Lab) -> Any:
    return lab.client.voice.v1.dialing_permissions.countries

"""The voice v1 tables: which countries may be dialled, changes to many at once, and the account's setting."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from futel_twilio.sandbox.engine import audit_events
from futel_twilio.sandbox.engine.errors import Refusal, bad, missing
from futel_twilio.sandbox.engine.fields import URL, links
from futel_twilio.sandbox.engine.paging import bad_token, size_of
from futel_twilio.sandbox.engine.tables import (
    Answer,
    Endpoint,
    Field,
    Filter,
    RequestContext,
    Resource,
)
from futel_twilio.sandbox.engine.values import boolean, json_of, text
from futel_twilio.sandbox.storage.rows import Row
from futel_twilio.sandbox.voice_v1 import countries

BASE = "/v1/DialingPermissions"
KIND = "dialing_country"
# The name is documented. GUESS: each country has its own event, and the resource's SID is the account's.
PERMISSIONS = "voice-geographic-permissions.updated"
FLAGS = (
    "low_risk_numbers_enabled",
    "high_risk_special_numbers_enabled",
    "high_risk_tollfraud_numbers_enabled",
)
# Twilio opens the country of whoever signs up (its blog of April 2019), low risk alone. GUESS: ours is the US,
# and the entry that the US shares with Canada opens both.
OPEN_AT_FIRST = {"US", "CA"}
# The one country whose prefixes are known from the spec's example; the others have none here.
SPECIAL_PREFIXES = {"LV": ["+37181", "+3719000"]}


def _seed(context: RequestContext) -> None:
    """The countries become rows of the account the first time it asks for them."""
    if context.store.count(KIND, context.account):
        return
    for country in countries.countries():
        body = {
            "iso_code": country.iso_code,
            "name": country.name,
            "continent": country.continent,
            "country_codes": list(country.country_codes),
            **dict.fromkeys(FLAGS, False),
        }
        body[FLAGS[0]] = country.iso_code in OPEN_AT_FIRST
        context.store.add(Row(0, KIND, context.account, "", country.iso_code, body, context.now, context.now))


COUNTRIES = Resource(
    kind=KIND,
    path=f"{BASE}/Countries",
    key="content",
    prefix="",
    verbs=("list", "fetch"),
    fields=(
        Field("iso_code"),
        Field("name"),
        Field("continent"),
        Field("country_codes", holds=lambda value: isinstance(value, list)),
        *(Field(flag, holds=lambda value: isinstance(value, bool)) for flag in FLAGS),
        URL,
        links(highrisk_special_prefixes="HighRiskSpecialPrefixes"),
    ),
    filters=(
        Filter("IsoCode", "iso_code", text),
        Filter("Continent", "continent", text),
        # GUESS: the filter is the code as the rows show it, with or without its plus sign.
        Filter("CountryCode", "country_codes", lambda _param, raw: _code(raw), "LIKE", evidence="guess"),
        Filter("LowRiskNumbersEnabled", FLAGS[0], boolean),
        Filter("HighRiskSpecialNumbersEnabled", FLAGS[1], boolean),
        Filter("HighRiskTollfraudNumbersEnabled", FLAGS[2], boolean),
    ),
    seed=_seed,
    evidence="spec",
    source="voice_v1; docs: Dialing Permissions; the list of countries and the defaults are guesses",
)


def _code(raw: str) -> str:
    """A pattern for the JSON text of the codes: `%"+1"%`."""
    digits = raw.strip().removeprefix("+")
    return f'%"+{digits}"%' if digits.isdigit() else "nothing"


def fetch_prefixes(context: RequestContext) -> Answer:
    """The prefixes of one country, which are no rows of a table, by the page."""
    _seed(context)
    iso_code = context.ids["sid"]
    if context.store.find(KIND, context.account, iso_code) is None:
        raise missing(context.path)
    prefixes, size = SPECIAL_PREFIXES.get(iso_code, []), size_of(context)
    begin = _offset(context.query.get("PageToken", ""))
    page, at = begin // size, f"{context.url_of(context.path)}?PageSize={size}&Page="
    meta = {
        "first_page_url": f"{at}0",
        "key": "content",
        "next_page_url": _turned(at, page + 1, begin + size) if begin + size < len(prefixes) else None,
        "page": page,
        "page_size": size,
        "previous_page_url": _turned(at, page - 1, begin - size) if page else None,
        "url": _turned(at, page, begin),
    }
    return 200, {"content": [{"prefix": each} for each in prefixes[begin : begin + size]], "meta": meta}


def _turned(at: str, page: int, begin: int) -> str:
    return f"{at}{page}&PageToken=PT{begin:032x}" if begin else f"{at}{page}"


def _offset(token: str) -> int:
    if not token:
        return 0
    found = re.fullmatch(r"PT0{24}([0-9a-f]{8})", token)
    if found is None:
        raise bad_token()
    return int(found[1], 16)


def update_many(context: RequestContext) -> Answer:
    """Change some countries, all or none, by a JSON array that travels as a form string."""
    _seed(context)
    orders = _orders(context.form.get("UpdateRequest", ""))
    for order in orders:
        row = context.store.find(KIND, context.account, str(order.get("iso_code", "")))
        if row is None:
            raise _bad_order("an iso_code is unknown")
        flags = {flag: _flag(order[flag]) for flag in FLAGS if flag in order}
        changed = replace(row, body=row.body | flags, updated=context.now)
        context.store.change(changed)
        differences = audit_events.differences(row.body, changed.body)
        audit_events.write(context, PERMISSIONS, context.account, f"{BASE}/Countries/{row.sid}", differences)
    return 201, {"update_count": len(orders), "update_request": "accepted"}


def _orders(sent: str) -> list[dict[str, Any]]:
    try:
        orders = json_of(sent)
    except ValueError:
        orders = None
    if not isinstance(orders, list) or not orders or not all(isinstance(order, dict) for order in orders):
        raise _bad_order("it must be a JSON array of objects")
    return orders


def _flag(value: Any) -> bool:
    if str(value).lower() not in {"true", "false"}:
        raise _bad_order("a flag is neither true nor false")
    return str(value).lower() == "true"


def _bad_order(why: str) -> Refusal:
    # GUESS: the code of the product APIs for a bad parameter; the wording is ours.
    return bad(20001, f"UpdateRequest is not valid: {why}")


def fetch_settings(context: RequestContext) -> Answer:
    return 200, {"dialing_permissions_inheritance": _inherits(context), "url": context.url_of(context.path)}


def _inherits(context: RequestContext) -> bool:
    # GUESS: inheritance is off for an account that is nobody's subaccount.
    return bool(context.store.setting(context.account, "dialing_permissions_inheritance", False))


def update_settings(context: RequestContext) -> Answer:
    """Twilio answers 202 here, and nowhere else."""
    raw = context.form.get("DialingPermissionsInheritance")
    if raw is not None:
        value = boolean("DialingPermissionsInheritance", raw)
        before = _inherits(context)
        context.store.set(context.account, "dialing_permissions_inheritance", value)
        changed = {"dialing_permissions_inheritance": {"previous": before, "updated": value}}
        audit_events.write(context, PERMISSIONS, context.account, context.path, changed)
    return 202, fetch_settings(context)[1]


VOICE = (COUNTRIES,)
ENDPOINTS = (
    Endpoint(
        f"{BASE}/Countries/<sid>/HighRiskSpecialPrefixes", {"GET": fetch_prefixes}, "example", "voice_v1"
    ),
    Endpoint(
        f"{BASE}/BulkCountryUpdates", {"POST": update_many}, "spec", "voice_v1; docs: Dialing Permissions"
    ),
    Endpoint(
        "/v1/Settings",
        {"GET": fetch_settings, "POST": update_settings},
        "spec",
        "voice_v1; docs: Dialing Permissions",
    ),
)

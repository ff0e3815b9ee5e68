"""Which number is bought, what refuses it, and what becomes of one that is given back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.api_v2010 import test_credentials
from futel_twilio.sandbox.api_v2010.phone_numbers import emergency, places, stock
from futel_twilio.sandbox.engine.errors import Refusal, bad
from futel_twilio.sandbox.engine.tables import Change, RequestContext, Rule
from futel_twilio.sandbox.storage.rows import Row

if TYPE_CHECKING:
    from collections.abc import Callable

NEEDS = {"any": "need an AddressSid: 21631", "local": "need one of an address in their country: 21631, 21615"}
DEMO_VOICE = "https://demo.twilio.com/welcome/voice/"
MAGIC = tuple(
    (f"{place.stem}000 to {place.stem}999", NEEDS[place.needs])
    for place in places.PLACES
    if place.needs != "none"
)
CAPABILITIES = {"voice": True, "sms": True, "mms": True, "fax": False}


def are_capabilities(value: Any) -> bool:
    """Whether a value says of each whether a number has it."""
    return (
        isinstance(value, dict)
        and value.keys() == CAPABILITIES.keys()
        and all(isinstance(has, bool) for has in value.values())
    )


def e164(param: str, raw: str) -> str:
    """A reader: a number in E.164. GUESS: the wording; the code is documented."""
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", raw):
        raise bad(21421, f"{param} {raw} is invalid")
    return raw


def area_code(_param: str, raw: str) -> str:
    """A reader. GUESS: the wording; the code is documented."""
    if not places.AREA_CODE.fullmatch(raw):
        raise bad(21451, f"Invalid area code {raw}")
    return raw


def _choose(change: Change) -> None:
    """Settle which number is bought."""
    if change.after is None:
        return
    context, form, after = change.context, change.context.form, change.after
    if not after["phone_number"]:
        after["phone_number"] = _from_area(context, form.get("AreaCode", ""))
    elif not _can_be_bought(context, after["phone_number"]):
        raise _not_available(after["phone_number"])
    place = places.of_number(after["phone_number"])
    after["type"] = place.kind if place else places.LOCAL
    after["address_requirements"] = place.needs if place else "none"
    after["friendly_name"] = after["friendly_name"] or stock.formatted(after["phone_number"])
    after["capabilities"] = dict(CAPABILITIES)
    if "VoiceUrl" not in form:
        after["voice_url"] = DEMO_VOICE


def _can_be_bought(context: RequestContext, number: str) -> bool:
    return stock.can_be_bought(context.store, number) or (
        context.caller.is_test and number == test_credentials.FROM
    )


def _from_area(context: RequestContext, wanted: str) -> str:
    if not wanted:
        # GUESS: the code; that one of the two is required is documented.
        raise bad(21421, "PhoneNumber or AreaCode is required")
    if context.caller.is_test and wanted == test_credentials.AREA_CODE:
        # GUESS: which number test credentials are given.
        return test_credentials.FROM
    found = next(
        (number for place in places.of_area(wanted) for number in stock.free(context.store, place)), None
    )
    if found is None:
        # GUESS: the code is documented, the wording is not.
        raise bad(21452, f"No phone numbers found in area code {wanted}")
    return found


def _not_available(phone_number: str) -> Refusal:
    return bad(21422, f"{phone_number} is not available")


def _of_type(kind: str) -> Callable[[Change], None]:
    def judge(change: Change) -> None:
        if change.after is not None and change.after["type"] != kind:
            # GUESS: a number of another type is not available here.
            raise _not_available(change.after["phone_number"])

    return judge


def of_type(kind: str) -> Rule:
    return Rule(("create",), _of_type(kind), "a number of this type", "guess", "docs: IncomingPhoneNumber")


def _has_address(change: Change) -> None:
    """A number of a country that wants to know who has it needs an address; GUESS: no bundle is asked for."""
    after, context = change.after or {}, change.context
    needs = after["address_requirements"]
    address = context.store.find(emergency.ADDRESS, context.account, after["address_sid"] or "")
    country = (places.of_number(after["phone_number"]) or places.PLACES[0]).country
    if needs != "none" and address is None:
        # GUESS: the wording; the code is documented.
        raise bad(21631, f"Phone number {after['phone_number']} requires an address")
    if needs == "local" and address is not None and address.body["iso_country"] != country:
        # GUESS: the wording; the code is in the dictionary.
        raise bad(21615, f"Phone number {after['phone_number']} requires a local address")


def _release(change: Change) -> None:
    """Remember what is released, so that it is never offered again. GUESS: Twilio may resell it in time."""
    context, body = change.context, change.before or {}
    number = body["phone_number"]
    if context.store.holder(stock.released(number)) is None:
        row = Row(0, stock.RELEASED, context.account, "", change.sid, {}, context.now, context.now)
        context.store.add(row, [stock.released(number)])


CHOOSE = Rule(
    ("create",),
    _choose,
    "a number by itself or by its area code; 21421, 21422, 21451 and 21452 when there is none",
    "documented",
    "docs: IncomingPhoneNumber; error dictionary; docs: Test Credentials",
)
ADDRESS = Rule(
    ("create", "update"),
    _has_address,
    "21631 for a number that needs an address, 21615 for one that needs a local one",
    "documented",
    f"error dictionary; which numbers those are is made up: {', '.join(words for words, _ in MAGIC)}",
)
RELEASE = Rule(("delete",), _release, "a released number is gone", "live", "live log, phone-numbers 8")

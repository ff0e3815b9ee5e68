"""The tables of the phone numbers that an account owns: all of them, and those of each type."""

from __future__ import annotations

import re
from typing import Any

from futel_twilio.sandbox.api_v2010 import test_credentials, trial_accounts
from futel_twilio.sandbox.api_v2010.phone_numbers import emergency, number_fields, purchase, stock
from futel_twilio.sandbox.engine.errors import bad
from futel_twilio.sandbox.engine.rules import SMS_PRIMARY, VOICE_PRIMARY
from futel_twilio.sandbox.engine.tables import (
    Change,
    Filter,
    RequestContext,
    Resource,
    Rule,
    Unique,
)
from futel_twilio.sandbox.engine.values import boolean, invalid, text
from futel_twilio.sandbox.monitor_v1 import alerts
from futel_twilio.sandbox.storage.rows import Condition, Row

BASE = "/2010-04-01/Accounts/<account>"
WRITES = ("create", "update")
STATUS_IGNORED = {
    "error_code": "22222",
    "alert_text": "Emergency Status cannot be updated",
}


def _partial(param: str, raw: str) -> str:
    """A reader for the filter: part of a number, `*` for any digit, as a pattern for LIKE."""
    sought = raw.strip()
    if not re.fullmatch(r"\+?[0-9*]+", sought):
        # GUESS: a filter of anything else is a bad parameter.
        raise invalid(param)
    return f"%{sought.replace('*', '_')}%"


def _one_route(change: Change) -> None:
    after, form = change.after or {}, change.context.form
    if form.get("TrunkSid"):
        # GUESS: when both are sent, the trunk stays.
        after["voice_application_sid"] = ""
    elif form.get("VoiceApplicationSid"):
        after["trunk_sid"] = None


def _applications(change: Change) -> None:
    store, account, form = change.context.store, change.context.account, change.context.form
    for param in ("VoiceApplicationSid", "SmsApplicationSid"):
        sent = form.get(param)
        if sent and store.find("application", account, sent) is None:
            # GUESS: the code is documented, the wording is not.
            raise bad(21420, f"{param} {sent} is not an application of this account")


def _address(change: Change) -> None:
    sent = change.context.form.get("AddressSid")
    if sent and change.context.store.find(emergency.ADDRESS, change.context.account, sent) is None:
        # GUESS: the code.
        raise invalid("AddressSid")


def _stays_here(change: Change) -> None:
    sent = change.context.form.get("AccountSid")
    if sent and sent != change.context.account:
        # GUESS: the code; the sandbox moves no number to another account.
        raise invalid("AccountSid")


def _note_addresses(change: Change) -> None:
    after: dict[str, Any] = change.after or {}
    after["_addresses"] = f"{after['address_sid']} {after['emergency_address_sid']}"


def _ignore_status(change: Change) -> None:
    _warn(change.context, change.sid)


def _born(context: RequestContext, row: Row) -> None:
    """A number that is made has its SID only now, which the warning names."""
    _warn(context, row.sid)


def _warn(context: RequestContext, number_sid: str) -> None:
    if "EmergencyStatus" in context.form:
        alert = STATUS_IGNORED | {"resource_sid": number_sid}
        alerts.raise_alert(context.store, context.account, alert, context.now)


FILTERS = (
    Filter("PhoneNumber", "phone_number", _partial, "LIKE", source="docs: IncomingPhoneNumber"),
    Filter("FriendlyName", "friendly_name", text, source="docs: IncomingPhoneNumber"),
    Filter("Beta", "beta", boolean),
    Filter("Origin", "origin", text),
)
BUYING = (test_credentials.rule(test_credentials.NUMBERS), purchase.CHOOSE, trial_accounts.NUMBERS)
NOTE = Rule(WRITES, _note_addresses, "an address knows the numbers that depend on it", "guess", "api_v2010")
RULES = (
    Rule(
        WRITES, _applications, "21420 for an application that is not there", "documented", "error dictionary"
    ),
    Rule(WRITES, _address, "400 for an address that is not there", "guess", "docs: IncomingPhoneNumber"),
    purchase.ADDRESS,
    Rule(("update",), _stays_here, "no transfer to another account", "guess", "docs: IncomingPhoneNumber"),
    VOICE_PRIMARY,
    SMS_PRIMARY,
    Rule(
        WRITES,
        _one_route,
        "VoiceApplicationSid and TrunkSid delete each other",
        "spec",
        "docs: IncomingPhoneNumber",
    ),
    emergency.MOVE,
    NOTE,
    Rule(
        ("update",),
        _ignore_status,
        "EmergencyStatus is ignored and leaves the warning 22222, after a create too",
        "documented",
        "docs: Emergency Calling for SIP Interfaces",
    ),
)
UNIQUES = (
    Unique(
        "phone_number",
        "global",
        lambda taken: bad(21422, f"{taken} is not available"),
        "recording",
        "recorded: public Python tests (gvo)",
    ),
)
HOME = f"{BASE}/IncomingPhoneNumbers"
NUMBERS = Resource(
    kind=stock.NUMBER,
    path=HOME,
    key="incoming_phone_numbers",
    prefix="PN",
    verbs=("create", "list", "fetch", "update", "delete"),
    fields=number_fields.fields(typed=True),
    filters=FILTERS,
    rules=(*BUYING, *RULES, purchase.RELEASE),
    uniques=UNIQUES,
    born=_born,
    hidden={"_addresses": lambda value: isinstance(value, str), emergency.STATE: emergency.is_state},
    audit="phone-number",
    evidence="spec",
    source="docs: IncomingPhoneNumber; examples",
)


def _typed(path: str, kind: str) -> Resource:
    """The numbers of one type: made and listed here, then known by the path of all numbers."""
    return Resource(
        kind=stock.NUMBER,
        path=f"{HOME}/{path}",
        home=HOME,
        key="incoming_phone_numbers",
        prefix="PN",
        verbs=("create", "list"),
        fields=number_fields.fields(typed=False),
        filters=FILTERS,
        rules=(
            *BUYING,
            purchase.of_type(kind),
            *RULES,
        ),
        uniques=UNIQUES,
        within=lambda _context: [Condition("type", "=", kind)],
        born=_born,
        audit="phone-number",
        evidence="spec",
        source="docs: IncomingPhoneNumber",
    )


NUMBERS_BY_TYPE = (_typed("Local", "local"), _typed("TollFree", "toll free"), _typed("Mobile", "mobile"))


OWNED = (NUMBERS, *NUMBERS_BY_TYPE)

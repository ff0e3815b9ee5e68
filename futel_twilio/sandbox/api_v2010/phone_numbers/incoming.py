"""The v2010 tables of phone numbers that are owned: all, by type, and those that depend on an address."""

from __future__ import annotations

import re
from typing import Any

from futel_twilio.sandbox.api_v2010 import test_credentials, trial_accounts
from futel_twilio.sandbox.api_v2010.phone_numbers import emergency, purchase, stock
from futel_twilio.sandbox.engine.errors import bad
from futel_twilio.sandbox.engine.fields import (
    ACCOUNT,
    ASKED_VERSION,
    CREATED,
    SID,
    UPDATED,
    URI,
    flag,
    verb,
    webhook,
)
from futel_twilio.sandbox.engine.rules import SMS_PRIMARY, VOICE_PRIMARY
from futel_twilio.sandbox.engine.tables import (
    Change,
    Field,
    Filter,
    Rendered,
    RequestContext,
    Resource,
    Rule,
    Unique,
)
from futel_twilio.sandbox.engine.values import boolean, choice, invalid, name, sid, text
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


def _status(shown: Rendered) -> str:
    return emergency.status(shown.row.body, shown.context.now)


def _activity(shown: Rendered) -> str:
    """GUESS: Active as long as an address is registered."""
    return "Active" if _status(shown) in emergency.ACTIVE else "Inactive"


def _upper_capabilities(shown: Rendered) -> dict[str, bool]:
    held = shown.row.body["capabilities"]
    return {"Voice": held["voice"], "SMS": held["sms"], "MMS": held["mms"]}


def _application(field: str, param: str) -> Field:
    return Field(field, param, sid("AP"), "", source="docs: IncomingPhoneNumber; examples")


def _phone_number(*, required: bool) -> Field:
    refusal = bad(21421, "PhoneNumber is required") if required else None
    return Field(
        "phone_number",
        "PhoneNumber",
        purchase.e164,
        clears=False,
        required=refusal,
        on=("create",),
        evidence="documented",
        source="docs: IncomingPhoneNumber; error dictionary; docs: Test Credentials",
    )


NAME = Field("friendly_name", "FriendlyName", name(64), "", clears=False)
TRUNK = Field(
    "trunk_sid", "TrunkSid", sid("TK"), source="docs: IncomingPhoneNumber; any trunk is taken to exist"
)
EMERGENCY_ADDRESS = Field(
    "emergency_address_sid",
    "EmergencyAddressSid",
    sid("AD"),
    on=("update",),  # Twilio's document has the parameter for a purchase too, where it was seen to do nothing
    evidence="live",
    source="docs: Emergency Calling for SIP Interfaces; ignored at purchase, users: twilio/twilio-node, issue 706",
)
STATUS = Field(
    "emergency_status",
    derive=_activity,
    evidence="guess",
    source="docs: Emergency Calling for SIP Interfaces",
)


def _routing() -> tuple[Field, ...]:
    """Where calls and messages go: what every view of a number shows."""
    return (
        NAME,
        webhook("voice_url", unset=""),
        verb("voice_method"),
        webhook("voice_fallback_url", unset=""),
        verb("voice_fallback_method"),
        flag("voice_caller_id_lookup"),
        CREATED,
        UPDATED,
        webhook("sms_url", unset=""),
        verb("sms_method"),
        webhook("sms_fallback_url", unset=""),
        verb("sms_fallback_method"),
        Field("address_requirements", default="none"),
        webhook("status_callback", unset=""),
        verb("status_callback_method"),
        ASKED_VERSION,
        _application("voice_application_sid", "VoiceApplicationSid"),
        _application("sms_application_sid", "SmsApplicationSid"),
        TRUNK,
        STATUS,
        EMERGENCY_ADDRESS,
        URI,
    )


def _fields(*, typed: bool) -> tuple[Field, ...]:
    kind = Field("type", default="local", evidence="example", source="docs: IncomingPhoneNumber")
    area_code = Field("area_code", "AreaCode", purchase.area_code, kept=False, on=("create",))
    return (
        SID,
        ACCOUNT,
        _phone_number(required=not typed),
        *_routing(),
        Field("beta", default=False),
        Field("capabilities", default=purchase.CAPABILITIES, holds=purchase.are_capabilities),
        Field("voice_receive_mode", "VoiceReceiveMode", choice("voice", "fax"), "voice"),
        Field("origin", default="twilio"),
        Field(
            "emergency_address_status",
            derive=_status,
            evidence="documented",
            source="docs: Emergency Calling for SIP Interfaces; the timing is a guess",
        ),
        Field("address_sid", "AddressSid", sid("AD")),
        Field("identity_sid", "IdentitySid", sid("RI")),
        Field("bundle_sid", "BundleSid", sid("BU")),
        Field("status", default="in-use", evidence="live", source="live log, phone-numbers"),
        *((kind, area_code) if typed else ()),
    )


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
    fields=_fields(typed=True),
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
        fields=_fields(typed=False),
        filters=FILTERS,
        rules=(
            *BUYING,
            purchase.of_type(kind),
            *RULES,
        ),
        uniques=UNIQUES,
        within=lambda _scene: [Condition("type", "=", kind)],
        born=_born,
        audit="phone-number",
        evidence="spec",
        source="docs: IncomingPhoneNumber",
    )


NUMBERS_BY_TYPE = (_typed("Local", "local"), _typed("TollFree", "toll free"), _typed("Mobile", "mobile"))


def _dependent(context: RequestContext) -> list[Condition]:
    return [Condition("_addresses", "LIKE", f"%{context.parent}%")]


# GUESS: a number depends on the address it names for emergencies as it does on any other.
DEPENDENT = Resource(
    kind=stock.NUMBER,
    path=f"{BASE}/Addresses/<parent>/DependentPhoneNumbers",
    home=HOME,
    key="dependent_phone_numbers",
    prefix="PN",
    parent=emergency.ADDRESS,
    verbs=("list",),
    fields=(
        SID,
        ACCOUNT,
        Field("phone_number"),
        *_routing(),
        Field("capabilities", derive=_upper_capabilities, evidence="example", source="api_v2010"),
    ),
    within=_dependent,
    evidence="example",
    source="api_v2010",
)

OWNED = (NUMBERS, *NUMBERS_BY_TYPE, DEPENDENT)

"""The v2010 tables of phone numbers that are owned: all, by type, and those that depend on an address."""

import re
from collections.abc import Callable
from typing import Any

from futel_twilio.sandbox import emergency, monitor, stock
from futel_twilio.sandbox.errors import bad
from futel_twilio.sandbox.fields import ACCOUNT, CREATED, SID, UPDATED, URI, VERSION, flag, verb, webhook
from futel_twilio.sandbox.rows import Condition, Row
from futel_twilio.sandbox.rules import SMS_PRIMARY, VOICE_PRIMARY
from futel_twilio.sandbox.table import Change, Field, Filter, Resource, Rule, Scene, Shown, Unique
from futel_twilio.sandbox.wire import boolean, choice, invalid, name, sid, text

BASE = "/2010-04-01/Accounts/<account>"
DEMO_VOICE = "https://demo.twilio.com/welcome/voice/"
CAPABILITIES = {"voice": True, "sms": True, "mms": True, "fax": False}
WRITES = ("create", "update")
STATUS_IGNORED = {
    "error_code": "22222",
    "log_level": "warning",
    "alert_text": "Emergency Status cannot be updated",
}


def _e164(param: str, raw: str) -> str:
    """A reader: a number in E.164. GUESS: the wording; the code is documented."""
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", raw) or raw == stock.INVALID:
        raise bad(21421, f"{param} {raw} is invalid")
    return raw


def _area_code(_param: str, raw: str) -> str:
    """A reader. GUESS: the wording; the code is documented."""
    if not stock.AREA_CODE.fullmatch(raw):
        raise bad(21451, f"Invalid area code {raw}")
    return raw


def _partial(param: str, raw: str) -> str:
    """A reader for the filter: part of a number, `*` for any digit, as a pattern for LIKE."""
    sought = raw.strip()
    if not re.fullmatch(r"\+?[0-9*]+", sought):
        # GUESS: a filter of anything else is a bad parameter.
        raise invalid(param)
    return f"%{sought.replace('*', '_')}%"


def _choose(change: Change) -> None:
    """Settle which number is bought."""
    if change.after is None:
        return
    store, form, after = change.scene.store, change.scene.form, change.after
    if not after["phone_number"]:
        after["phone_number"] = _from_area(change.scene, form.get("AreaCode", ""))
    elif not stock.can_be_bought(store, after["phone_number"]):
        raise _not_available(after["phone_number"])
    after["type"] = stock.kind_of(after["phone_number"])
    after["friendly_name"] = after["friendly_name"] or stock.formatted(after["phone_number"])
    after["capabilities"] = dict(CAPABILITIES)
    if "VoiceUrl" not in form:
        after["voice_url"] = DEMO_VOICE


def _from_area(scene: Scene, area_code: str) -> str:
    if not area_code:
        # GUESS: the code; that one of the two is required is documented.
        raise bad(21421, "PhoneNumber or AreaCode is required")
    found = next(stock.free(scene.store, area_code), None) if area_code != stock.EMPTY_AREA else None
    if found is None:
        # GUESS: the code is documented, the wording is not.
        raise bad(21452, f"No phone numbers found in area code {area_code}")
    return found


def _not_available(phone_number: str) -> Exception:
    return bad(21422, f"{phone_number} is not available")


def _of_type(kind: str) -> Callable[[Change], None]:
    def judge(change: Change) -> None:
        if change.after is not None and change.after["type"] != kind:
            # GUESS: a number of another type is not available here.
            raise _not_available(change.after["phone_number"])

    return judge


def _one_route(change: Change) -> None:
    after, form = change.after or {}, change.scene.form
    if form.get("TrunkSid"):
        # GUESS: when both are sent, the trunk stays.
        after["voice_application_sid"] = ""
    elif form.get("VoiceApplicationSid"):
        after["trunk_sid"] = None


def _applications(change: Change) -> None:
    store, account, form = change.scene.store, change.scene.account, change.scene.form
    for param in ("VoiceApplicationSid", "SmsApplicationSid"):
        sent = form.get(param)
        if sent and store.find("application", account, sent) is None:
            # GUESS: the code is documented, the wording is not.
            raise bad(21420, f"{param} {sent} is not an application of this account")


def _address(change: Change) -> None:
    sent = change.scene.form.get("AddressSid")
    if sent and change.scene.store.find(emergency.ADDRESS, change.scene.account, sent) is None:
        # GUESS: the code.
        raise invalid("AddressSid")


def _stays_here(change: Change) -> None:
    sent = change.scene.form.get("AccountSid")
    if sent and sent != change.scene.account:
        # GUESS: the code; the sandbox moves no number to another account.
        raise invalid("AccountSid")


def _note_addresses(change: Change) -> None:
    after: dict[str, Any] = change.after or {}
    after["_addresses"] = f"{after['address_sid']} {after['emergency_address_sid']}"


def _ignore_status(change: Change) -> None:
    if "EmergencyStatus" in change.scene.form:
        scene = change.scene
        alert = STATUS_IGNORED | {"resource_sid": change.sid}
        monitor.raise_alert(scene.store, scene.account, alert, scene.now)


def _release(change: Change) -> None:
    """Remember what is released, so that it is never offered again. GUESS: Twilio may resell it in time."""
    scene, body = change.scene, change.before or {}
    number = body["phone_number"]
    if scene.store.holder(stock.released(number)) is None:
        row = Row(0, stock.RELEASED, scene.account, "", change.sid, {}, scene.now, scene.now)
        scene.store.add(row, [stock.released(number)])


def _status(shown: Shown) -> str:
    return emergency.status(shown.row.body, shown.scene.now)


def _activity(shown: Shown) -> str:
    """GUESS: Active as long as an address is registered."""
    return "Active" if _status(shown) in emergency.ACTIVE else "Inactive"


def _upper_capabilities(shown: Shown) -> dict[str, bool]:
    held = shown.row.body["capabilities"]
    return {"Voice": held["voice"], "SMS": held["sms"], "MMS": held["mms"]}


def _application(field: str, param: str) -> Field:
    return Field(field, param, sid("AP"), "", source="facts 1.10, Appendix A")


def _phone_number(*, required: bool) -> Field:
    refusal = bad(21421, "PhoneNumber is required") if required else None
    return Field(
        "phone_number",
        "PhoneNumber",
        _e164,
        clears=False,
        required=refusal,
        on=("create",),
        evidence="documented",
        source="facts 1.10, 2.2, 9",
    )


NAME = Field("friendly_name", "FriendlyName", name(64), "", clears=False)
TRUNK = Field("trunk_sid", "TrunkSid", sid("TK"), source="facts 1.10; any trunk is taken to exist")
EMERGENCY_ADDRESS = Field("emergency_address_sid", "EmergencyAddressSid", sid("AD"), source="facts 4")
STATUS = Field("emergency_status", derive=_activity, evidence="guess", source="Appendix B 15")


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
        VERSION,
        _application("voice_application_sid", "VoiceApplicationSid"),
        _application("sms_application_sid", "SmsApplicationSid"),
        TRUNK,
        STATUS,
        EMERGENCY_ADDRESS,
        URI,
    )


def _fields(*, typed: bool) -> tuple[Field, ...]:
    kind = Field("type", default="local", evidence="example", source="facts 1.10")
    return (
        SID,
        ACCOUNT,
        _phone_number(required=not typed),
        *_routing(),
        Field("beta", default=False),
        Field("capabilities", default=CAPABILITIES),
        Field("voice_receive_mode", "VoiceReceiveMode", choice("voice", "fax"), "voice"),
        Field("origin", default="twilio"),
        Field(
            "emergency_address_status",
            derive=_status,
            evidence="documented",
            source="facts 4, Appendix B 15; the timing is a guess",
        ),
        Field("address_sid", "AddressSid", sid("AD")),
        Field("identity_sid", "IdentitySid", sid("RI")),
        Field("bundle_sid", "BundleSid", sid("BU")),
        Field("status", default="in-use", evidence="live", source="facts 1.10"),
        Field("area_code", "AreaCode", _area_code, kept=False, on=("create",)),
        *([kind] if typed else []),
    )


FILTERS = (
    Filter("PhoneNumber", "phone_number", _partial, "LIKE", source="facts 1.10"),
    Filter("FriendlyName", "friendly_name", text, source="facts 1.10"),
    Filter("Beta", "beta", boolean),
    Filter("Origin", "origin", text),
)
CHOOSE = Rule(
    ("create",),
    _choose,
    "a number by itself or by its area code; 21421, 21422, 21451 and 21452 when there is none",
    "documented",
    "facts 1.10, 2.2, 9; test numbers work with every credential here, which is a guess",
)
NOTE = Rule(WRITES, _note_addresses, "an address knows the numbers that depend on it", "guess", "facts 1.13")
RULES = (
    Rule(WRITES, _applications, "21420 for an application that is not there", "documented", "facts 2.2"),
    Rule(WRITES, _address, "400 for an address that is not there", "guess", "facts 1.10"),
    Rule(("update",), _stays_here, "no transfer to another account", "guess", "facts 1.10"),
    VOICE_PRIMARY,
    SMS_PRIMARY,
    Rule(
        WRITES, _one_route, "VoiceApplicationSid and TrunkSid delete each other", "spec", "facts 1.10, B 13"
    ),
    emergency.MOVE,
    NOTE,
    Rule(
        WRITES,
        _ignore_status,
        "EmergencyStatus is ignored and leaves the warning 22222",
        "documented",
        "facts 4",
    ),
)
RELEASE = Rule(("delete",), _release, "a released number is gone", "live", "facts 1.10")
UNIQUES = (
    Unique("phone_number", "global", lambda taken: bad(21422, f"{taken} is not available"), "recording", "B"),
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
    rules=(CHOOSE, *RULES, RELEASE),
    uniques=UNIQUES,
    audit="phone-number",
    evidence="spec",
    source="facts 1.10, Appendix A",
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
            CHOOSE,
            Rule(("create",), _of_type(kind), "a number of this type", "guess", "facts 1.10"),
            *RULES,
        ),
        uniques=UNIQUES,
        within=lambda _scene: [Condition("type", "=", kind)],
        audit="phone-number",
        evidence="spec",
        source="facts 1.10",
    )


NUMBERS_BY_TYPE = (_typed("Local", "local"), _typed("TollFree", "toll free"), _typed("Mobile", "mobile"))


def _dependent(scene: Scene) -> list[Condition]:
    return [Condition("_addresses", "LIKE", f"%{scene.parent}%")]


# GUESS: a number depends on the address it names for emergencies as it does on any other (facts 11.6).
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
        Field("capabilities", derive=_upper_capabilities, evidence="example", source="facts 1.13"),
    ),
    within=_dependent,
    evidence="example",
    source="facts 1.13",
)

OWNED = (NUMBERS, *NUMBERS_BY_TYPE, DEPENDENT)

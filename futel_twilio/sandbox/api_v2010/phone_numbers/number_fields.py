"""The fields of a number: all of them, and those that every view of a number shows."""

from __future__ import annotations

from futel_twilio.sandbox.api_v2010.phone_numbers import emergency, purchase
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
from futel_twilio.sandbox.engine.tables import (
    Field,
    Rendered,
)
from futel_twilio.sandbox.engine.values import choice, name, sid


def _status(rendered: Rendered) -> str:
    return emergency.status(rendered.row.body, rendered.context.now)


def _activity(rendered: Rendered) -> str:
    """GUESS: Active as long as an address is registered."""
    return "Active" if _status(rendered) in emergency.ACTIVE else "Inactive"


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


def routing() -> tuple[Field, ...]:
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


def fields(*, typed: bool) -> tuple[Field, ...]:
    kind = Field("type", default="local", evidence="example", source="docs: IncomingPhoneNumber")
    area_code = Field("area_code", "AreaCode", purchase.area_code, kept=False, on=("create",))
    return (
        SID,
        ACCOUNT,
        _phone_number(required=not typed),
        *routing(),
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

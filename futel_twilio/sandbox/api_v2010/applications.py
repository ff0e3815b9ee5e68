"""The table of applications: TwiML settings that numbers and calls can name."""

from __future__ import annotations

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
    Field,
    Filter,
    Limit,
    Resource,
)
from futel_twilio.sandbox.engine.values import name, text

BASE = "/2010-04-01/Accounts/<account>"
ALL = ("create", "list", "fetch", "update", "delete")

APPLICATIONS = Resource(
    kind="application",
    path=f"{BASE}/Applications",
    key="applications",
    prefix="AP",
    verbs=ALL,
    fields=(
        ACCOUNT,
        ASKED_VERSION,
        CREATED,
        UPDATED,
        # GUESS: what an unsent name reads as is not recorded.
        Field("friendly_name", "FriendlyName", name(64), "", clears=False),
        webhook("message_status_callback", unset=""),
        SID,
        verb("sms_fallback_method"),
        webhook("sms_fallback_url", unset=""),
        verb("sms_method"),
        webhook("sms_status_callback", unset=""),
        webhook("sms_url", unset=""),
        webhook("status_callback", unset=""),
        verb("status_callback_method"),
        URI,
        flag("voice_caller_id_lookup"),
        verb("voice_fallback_method"),
        webhook("voice_fallback_url", unset=""),
        verb("voice_method"),
        webhook("voice_url", unset=""),
        flag("public_application_connect_enabled"),
    ),
    filters=(Filter("FriendlyName", "friendly_name", text, source="docs: Applications"),),
    rules=(VOICE_PRIMARY, SMS_PRIMARY),
    # GUESS: the number is documented, the code is not.
    limit=Limit(1000, "account", bad(20001, "Too many applications"), "documented", "docs: Applications"),
    audit="application",
    evidence="spec",
    source="docs: Applications; examples",
)

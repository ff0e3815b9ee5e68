"""The v2010 tables outside SIP: the account itself, its balance, applications and usage triggers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.engine import paging
from futel_twilio.sandbox.engine.errors import bad, lacks, unauthenticated
from futel_twilio.sandbox.engine.fields import (
    ACCOUNT,
    ASKED_VERSION,
    CREATED,
    SID,
    UPDATED,
    URI,
    VERSION,
    flag,
    verb,
    webhook,
)
from futel_twilio.sandbox.engine.rules import SMS_PRIMARY, VOICE_PRIMARY
from futel_twilio.sandbox.engine.tables import (
    Answer,
    Endpoint,
    Field,
    Filter,
    Limit,
    Rendered,
    RequestContext,
    Resource,
)
from futel_twilio.sandbox.engine.values import choice, name, rfc2822, text, url
from futel_twilio.sandbox.storage.rows import Row

if TYPE_CHECKING:
    from futel_twilio.sandbox.storage.store import Store

BASE = "/2010-04-01/Accounts/<account>"
ALL = ("create", "list", "fetch", "update", "delete")
DEFAULT_BALANCE = "20.00"
BALANCE = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,5})?")
TYPES = ("Full", "Trial")
STATUSES = ("active", "suspended", "closed")
BORN = 1_420_070_400  # 1 January 2015: every account of the sandbox has the same birthday
SUBRESOURCES = {
    "addresses": "Addresses",
    "applications": "Applications",
    "authorized_connect_apps": "AuthorizedConnectApps",
    "available_phone_numbers": "AvailablePhoneNumbers",
    "balance": "Balance",
    "calls": "Calls",
    "conferences": "Conferences",
    "connect_apps": "ConnectApps",
    "incoming_phone_numbers": "IncomingPhoneNumbers",
    "keys": "Keys",
    "messages": "Messages",
    "notifications": "Notifications",
    "outgoing_caller_ids": "OutgoingCallerIds",
    "queues": "Queues",
    "recordings": "Recordings",
    "short_codes": "SMS/ShortCodes",
    "signing_keys": "SigningKeys",
    "sip": "SIP",
    "transcriptions": "Transcriptions",
    "usage": "Usage",
}

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


def _trigger_value(param: str, raw: str) -> str:
    """A reader: a number, or an offset from the usage so far (which is nothing, here)."""
    number = raw.removeprefix("+")
    if not number.replace(".", "", 1).isdigit() or not number.isascii():
        # GUESS: the code of a bad parameter.
        raise bad(20001, f"{param} is not valid")
    return number


def _records(shown: Rendered) -> str:
    category = shown.row.body["usage_category"]
    return f"/2010-04-01/Accounts/{shown.row.account}/Usage/Records.json?Category={category}"


ONCE = ("create",)
TRIGGER_BY = choice("count", "usage", "price")
RECURRING = choice("daily", "monthly", "yearly", "alltime")
TRIGGERS = Resource(
    kind="usage_trigger",
    path=f"{BASE}/Usage/Triggers",
    key="usage_triggers",
    prefix="UT",
    verbs=ALL,
    fields=(
        ACCOUNT,
        VERSION,
        verb("callback_method"),
        Field("callback_url", "CallbackUrl", url, clears=False, required=lacks("CallbackUrl")),
        Field("current_value", default="0"),
        CREATED,
        Field("date_fired"),
        UPDATED,
        # GUESS: what an unsent name reads as is not recorded.
        Field("friendly_name", "FriendlyName", name(64), "", clears=False),
        Field("recurring", "Recurring", RECURRING, "", on=ONCE),
        SID,
        Field("trigger_by", "TriggerBy", TRIGGER_BY, "usage", on=ONCE),
        Field(
            "trigger_value",
            "TriggerValue",
            _trigger_value,
            clears=False,
            required=lacks("TriggerValue"),
            on=ONCE,
        ),
        URI,
        Field(
            "usage_category",
            "UsageCategory",
            text,
            clears=False,
            required=lacks("UsageCategory"),
            on=ONCE,
        ),
        Field("usage_record_uri", derive=_records),
    ),
    filters=(
        Filter("UsageCategory", "usage_category", text),
        Filter("TriggerBy", "trigger_by", TRIGGER_BY),
        Filter("Recurring", "recurring", RECURRING),
    ),
    audit="usage-trigger",
    evidence="spec",
    source="docs: UsageTrigger",
)


def account_type(store: Store) -> str:
    return str(store.setting("", "account_type", TYPES[0]))


def settings(store: Store) -> dict[str, Any]:
    """What of the account can be set from outside: POST /_sandbox/settings."""
    return {
        "account_type": account_type(store),
        "balance": store.setting("", "balance", DEFAULT_BALANCE),
    }


def judge_settings(sent: dict[str, Any]) -> dict[str, Any]:
    """The settings that are sent, checked; ValueError when one is wrong."""
    if sent.get("account_type", TYPES[0]) not in TYPES:
        raise ValueError(f"account_type must be {' or '.join(TYPES)}")
    if not BALANCE.fullmatch(str(sent.get("balance", DEFAULT_BALANCE))):
        raise ValueError("balance must be a number such as 20.00")
    return {name: str(sent[name]) for name in ("account_type", "balance") if name in sent}


def fetch_account(context: RequestContext) -> Answer:
    """The token is told to whoever signed with that token, and to nobody else."""
    return 200, _account(context)


def list_accounts(context: RequestContext) -> Answer:
    """The account itself: there are no subaccounts."""
    found = _account(context)
    status, wanted = context.query.get("Status", ""), context.query.get("FriendlyName", "")
    is_sought = choice(*STATUSES)("Status", status) == found["status"] if status else True
    is_sought = is_sought and wanted in {"", found["friendly_name"]}
    rows = [Row(0, "account", context.account, "", context.account, {}, BORN, BORN)] if is_sought else []
    page = paging.of_one(context, ("FriendlyName", "Status"), rows)
    return 200, paging.classic(page, context.path, "accounts", [found for _row in rows])


def _account(context: RequestContext) -> dict[str, Any]:
    if context.caller.is_key:
        raise unauthenticated()
    path = f"/2010-04-01/Accounts/{context.account}"
    return {
        "auth_token": context.caller.token,
        "date_created": rfc2822(BORN),
        "date_updated": rfc2822(BORN),
        "friendly_name": "Sandbox",
        "owner_account_sid": context.account,
        "sid": context.account,
        "status": "active",
        "subresource_uris": {key: f"{path}/{last}.json" for key, last in SUBRESOURCES.items()},
        "type": account_type(context.store),
        "uri": f"{path}.json",
    }


def fetch_balance(context: RequestContext) -> Answer:
    balance = settings(context.store)["balance"]
    return 200, {"account_sid": context.account, "balance": balance, "currency": "USD"}


CORE = (APPLICATIONS, TRIGGERS)
ENDPOINTS = (
    Endpoint(
        "/2010-04-01/Accounts",
        {"GET": list_accounts},
        "spec",
        "docs: Account; filters FriendlyName, Status; 401 for keys: live log, iam",
        suffix=".json",
    ),
    Endpoint(BASE, {"GET": fetch_account}, "live", "docs: Account; live log, iam", suffix=".json"),
    Endpoint(f"{BASE}/Balance", {"GET": fetch_balance}, "example", "docs: Account", suffix=".json"),
)

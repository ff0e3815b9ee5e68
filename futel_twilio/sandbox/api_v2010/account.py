"""The account itself and its balance."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.engine import paging
from futel_twilio.sandbox.engine.errors import unauthenticated
from futel_twilio.sandbox.engine.tables import (
    Answer,
    Endpoint,
    RequestContext,
)
from futel_twilio.sandbox.engine.values import choice, rfc2822
from futel_twilio.sandbox.storage.rows import Row

if TYPE_CHECKING:
    from futel_twilio.sandbox.storage.store import Store

BASE = "/2010-04-01/Accounts/<account>"
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
    """Only a request that is signed with the token gets the token back."""
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

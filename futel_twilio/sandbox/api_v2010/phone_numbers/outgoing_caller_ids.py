"""The v2010 table of caller IDs, and the numbers that an account may call and write from."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.api_v2010.phone_numbers import stock
from futel_twilio.sandbox.engine.errors import bad
from futel_twilio.sandbox.engine.fields import ACCOUNT, CREATED, SID, UPDATED, URI
from futel_twilio.sandbox.engine.tables import Answer, Field, Filter, RequestContext, Resource
from futel_twilio.sandbox.engine.values import name, text
from futel_twilio.sandbox.storage.rows import Condition, Row

if TYPE_CHECKING:
    from futel_twilio.sandbox.storage.store import Store

BASE = "/2010-04-01/Accounts/<account>"
CALLER_ID = "caller_id"
E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def owned(context: RequestContext, phone_number: str) -> Row | None:
    """The account's own number, if it is one."""
    wanted = [Condition("phone_number", "=", phone_number)]
    return next(iter(context.store.select((stock.NUMBER, context.account, ""), wanted, limit=1)), None)


def is_verified(context: RequestContext, phone_number: str) -> bool:
    wanted = [Condition("phone_number", "=", phone_number)]
    return bool(context.store.select((CALLER_ID, context.account, ""), wanted, limit=1))


def _phone_number(param: str, raw: str) -> str:
    """A reader. GUESS: the wording; the code is in the dictionary."""
    if not E164.fullmatch(raw):
        raise bad(21401, f"{param} is not valid")
    return raw


def request_validation(context: RequestContext, body: dict[str, Any]) -> Answer:
    """What Twilio answers before it calls the number; here POST /_sandbox/caller-ids is that call, taken.

    The code is shown once, as at Twilio, and stored nowhere.
    """
    if is_verified(context, body["phone_number"]):
        # GUESS: the wording; the code is in the dictionary.
        raise bad(21450, f"Phone number already validated for this account: {body['phone_number']}")
    return 200, {
        "account_sid": context.account,
        "call_sid": context.store.next_sid(context.account, "CA"),
        "friendly_name": body["friendly_name"] or stock.formatted(body["phone_number"]),
        "phone_number": body["phone_number"],
        "validation_code": f"{secrets.randbelow(1_000_000):06}",
    }


CALLER_IDS = Resource(
    kind=CALLER_ID,
    path=f"{BASE}/OutgoingCallerIds",
    key="outgoing_caller_ids",
    prefix="PN",
    verbs=("create", "list", "fetch", "update", "delete"),
    fields=(
        SID,
        ACCOUNT,
        Field("friendly_name", "FriendlyName", name(64), "", clears=False),
        Field(
            "phone_number",
            "PhoneNumber",
            _phone_number,
            clears=False,
            required=bad(21401, "PhoneNumber is required"),
            on=("create",),
        ),
        CREATED,
        UPDATED,
        URI,
    ),
    filters=(
        Filter("PhoneNumber", "phone_number", text),
        Filter("FriendlyName", "friendly_name", text),
    ),
    asks=request_validation,
    audit="caller-id",
    evidence="spec",
    source="api_v2010; the call that validates is taken at POST /_sandbox/caller-ids",
)


def add_caller_id(store: Store, account: str, sent: dict[str, Any], now: float) -> str:
    """Put a verified caller ID where Twilio's call to it would have; ValueError when it is none."""
    phone_number = str(sent.get("phone_number", ""))
    if not E164.fullmatch(phone_number):
        raise ValueError("a caller ID needs a phone_number such as +15035550100")
    with store.transaction():
        if store.select((CALLER_ID, account, ""), [Condition("phone_number", "=", phone_number)]):
            raise ValueError(f"{phone_number} is a caller ID already")
        sid = store.next_sid(account, CALLER_IDS.prefix)
        friendly = str(sent.get("friendly_name") or stock.formatted(phone_number))
        body = {"phone_number": phone_number, "friendly_name": friendly}
        store.add(Row(0, CALLER_ID, account, "", sid, body, now, now))
    return sid

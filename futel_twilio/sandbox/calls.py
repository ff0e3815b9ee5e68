"""The v2010 tables of calls, which nobody dials, and of the caller IDs they may show."""

import re
from typing import Any

from futel_twilio.sandbox import stock
from futel_twilio.sandbox.errors import bad
from futel_twilio.sandbox.fields import (
    ACCOUNT,
    CREATED,
    SID,
    UPDATED,
    URI,
    VERSION,
    param_of,
    subresources,
)
from futel_twilio.sandbox.rows import Condition, Row
from futel_twilio.sandbox.store import Store
from futel_twilio.sandbox.table import Change, Field, Filter, Resource, Rule, Shown
from futel_twilio.sandbox.wire import choice, integer, method, moment, name, sid, text, url

BASE = "/2010-04-01/Accounts/<account>"
CALLER_ID = "caller_id"
ANSWERS = ("Url", "Twiml", "ApplicationSid")
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
TO = re.compile(rf"{E164.pattern}|(sips?|client):\S+")
LONGEST_TWIML = 4000
STATUSES = ("queued", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled")
INSIDE = ("notifications", "recordings", "payments", "events", "siprec", "streams", "transcriptions")
OLDER = ("user_defined_message_subscriptions", "user_defined_messages")

CALLER_IDS = Resource(
    kind=CALLER_ID,
    path=f"{BASE}/OutgoingCallerIds",
    key="outgoing_caller_ids",
    prefix="PN",
    verbs=("list", "fetch", "update", "delete"),
    fields=(
        SID,
        ACCOUNT,
        Field("friendly_name", "FriendlyName", name(64), clears=False),
        Field("phone_number"),
        CREATED,
        UPDATED,
        URI,
    ),
    filters=(
        Filter("PhoneNumber", "phone_number", text),
        Filter("FriendlyName", "friendly_name", text),
    ),
    audit="caller-id",
    evidence="spec",
    source="v2010 spec; a validation by telephone is not played, so there is no create",
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


def _to(_param: str, raw: str) -> str:
    """A reader. GUESS: the wording, and which forms beside E.164 are known."""
    if not TO.fullmatch(raw):
        raise bad(21211, f"The phone number you are attempting to call, {raw}, is not valid")
    return raw


def _twiml(param: str, raw: str) -> str:
    """A reader. GUESS: the code; the length is documented."""
    if len(raw) > LONGEST_TWIML:
        raise bad(20001, f"{param} must have at most {LONGEST_TWIML} characters")
    return raw


def _has_answer(change: Change) -> None:
    if not any(change.scene.form.get(param) for param in ANSWERS):
        raise bad(21205, "Url parameter is required")


def _application(change: Change) -> None:
    sent = change.scene.form.get("ApplicationSid")
    if sent and change.scene.store.find("application", change.scene.account, sent) is None:
        raise bad(21218, "Invalid ApplicationSid")


def _from_is_ours(change: Change) -> None:
    """To a telephone only a number of the account's may call; a SIP or client call shows what it likes."""
    body, scene = change.after or {}, change.scene
    if not E164.fullmatch(body["to"]):
        return
    wanted = [Condition("phone_number", "=", body["from"])]
    owned = scene.store.select((stock.NUMBER, scene.account, ""), wanted, limit=1)
    verified = scene.store.select((CALLER_ID, scene.account, ""), wanted, limit=1)
    if not owned and not verified:
        raise bad(
            21210, f"The source phone number provided, {body['from']}, is not yet verified for your account"
        )
    if owned:
        body["phone_number_sid"] = owned[0].sid


def _formatted(field: str) -> Field:
    def derive(shown: Shown) -> str:
        return stock.formatted(shown.row.body[field])

    return Field(f"{field}_formatted", derive=derive)


def _param(field: str, read: Any) -> Field:
    """A parameter that is judged and not shown."""
    return Field(field, param_of(field), read, kept=False)


def _date(param: str) -> tuple[Filter, ...]:
    """On, before and after a time. GUESS: a day means its first moment."""
    field = {"StartTime": "start_time", "EndTime": "end_time"}[param]
    return (
        Filter(param, field, moment),
        Filter(f"{param}<", field, moment, "<="),
        Filter(f"{param}>", field, moment, ">="),
    )


CREATE = ("create",)
CALLS = Resource(
    kind="call",
    path=f"{BASE}/Calls",
    key="calls",
    prefix="CA",
    verbs=("create", "list", "fetch"),
    fields=(
        SID,
        CREATED,
        UPDATED,
        Field("parent_call_sid"),
        ACCOUNT,
        Field("to", "To", _to, clears=False, required=bad(21201, "No 'To' number is specified")),
        _formatted("to"),
        Field("from", "From", text, required=bad(21213, "No 'From' number is specified")),
        _formatted("from"),
        Field("phone_number_sid"),
        Field("status", default="queued"),
        Field("start_time"),
        Field("end_time"),
        Field("duration"),
        Field("price"),
        Field("price_unit", default="USD"),
        Field("direction", default="outbound-api"),
        Field("answered_by"),
        VERSION,
        Field("forwarded_from"),
        Field("group_sid"),
        Field("caller_name"),
        Field("queue_time", default="0"),
        Field("trunk_sid"),
        URI,
        subresources(**{key: param_of(key) for key in (*INSIDE, *OLDER)}),
        _param("url", url),
        _param("twiml", _twiml),
        _param("application_sid", sid("AP")),
        _param("method", method),
        _param("fallback_url", url),
        _param("fallback_method", method),
        _param("status_callback", url),
        _param("status_callback_method", method),
        _param("timeout", integer(1, 600)),
    ),
    filters=(
        Filter("To", "to", text),
        Filter("From", "from", text),
        Filter("ParentCallSid", "parent_call_sid", text),
        Filter("Status", "status", choice(*STATUSES)),
        *_date("StartTime"),
        *_date("EndTime"),
    ),
    rules=(
        # GUESS: the four codes are those of Twilio's dictionary, the wordings are not recorded.
        Rule(
            CREATE,
            _has_answer,
            "21205 for a call without Url, Twiml or ApplicationSid",
            "guess",
            "facts 1.16",
        ),
        Rule(CREATE, _application, "21218 for an application that is not there", "guess", "facts 1.16"),
        Rule(CREATE, _from_is_ours, "21210 for a From that is not the account's", "guess", "facts 1.16"),
    ),
    evidence="spec",
    source="facts 1.16; a call stays queued, for nobody is called",
)

TELEPHONY = (CALLER_IDS, CALLS)

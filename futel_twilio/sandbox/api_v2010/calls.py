"""The v2010 table of calls, which nobody dials: one stays queued until it is ended, or moved from outside."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.api_v2010 import call_status, test_credentials, trial_accounts
from futel_twilio.sandbox.api_v2010.phone_numbers.outgoing_caller_ids import E164, is_verified, owned
from futel_twilio.sandbox.api_v2010.phone_numbers.stock import formatted
from futel_twilio.sandbox.engine.errors import bad
from futel_twilio.sandbox.engine.fields import (
    ACCOUNT,
    CREATED,
    SID,
    UPDATED,
    URI,
    VERSION,
    param_of,
    subresources,
)
from futel_twilio.sandbox.engine.tables import Change, Field, Filter, NewestFirst, Rendered, Resource, Rule
from futel_twilio.sandbox.engine.values import (
    Reader,
    boolean,
    choice,
    day,
    integer,
    is_iso8601,
    method,
    moment,
    rfc2822_of,
    sid,
    text,
    url,
)
from futel_twilio.sandbox.storage.rows import Row

if TYPE_CHECKING:
    from futel_twilio.sandbox.storage.store import Store

BASE = "/2010-04-01/Accounts/<account>"
CALL = "call"
ANSWERS = ("Url", "Twiml", "ApplicationSid")
TO = re.compile(rf"{E164.pattern}|(sips?|client):\S+")
LONGEST_TWIML = 4000
NO_FROM = (21213, "No 'From' number is specified")
INSIDE = ("notifications", "recordings", "payments", "events", "siprec", "streams", "transcriptions")
OLDER = ("user_defined_message_subscriptions", "user_defined_messages")
CREATE, UPDATE, BOTH = ("create",), ("update",), ("create", "update")


def _to(_param: str, raw: str) -> str:
    """A reader. GUESS: the wording, and which forms beside E.164 are known."""
    if not TO.fullmatch(raw):
        raise bad(21211, f"The phone number you are attempting to call, {raw}, is not valid")
    return raw


def _from(_param: str, raw: str) -> str:
    """A reader: of anything that is there."""
    if not raw:
        raise bad(*NO_FROM)
    return raw


def _twiml(param: str, raw: str) -> str:
    """A reader. GUESS: the code; the length is documented."""
    if len(raw) > LONGEST_TWIML:
        raise bad(20001, f"{param} must have at most {LONGEST_TWIML} characters")
    return raw


def _has_answer(change: Change) -> None:
    if not any(change.context.form.get(param) for param in ANSWERS):
        raise bad(21205, "Url parameter is required")


def _application(change: Change) -> None:
    sent = change.context.form.get("ApplicationSid")
    if sent and change.context.store.find("application", change.context.account, sent) is None:
        raise bad(21218, "Invalid ApplicationSid")


def _from_is_ours(change: Change) -> None:
    """To a telephone only a number of the account's may call; a SIP or client call shows what it likes."""
    body, context = change.after or {}, change.context
    if not E164.fullmatch(body["to"]):
        return
    number = owned(context, body["from"])
    may = (
        body["from"] == test_credentials.FROM
        if context.caller.is_test
        else number or is_verified(context, body["from"])
    )
    if not may:
        raise bad(
            21210, f"The source phone number provided, {body['from']}, is not yet verified for your account"
        )
    body["phone_number_sid"] = number.sid if number else None


def _formatted(field: str) -> Field:
    def derive(rendered: Rendered) -> str:
        return formatted(rendered.row.body[field])

    return Field(f"{field}_formatted", derive=derive)


def _is_time(value: Any) -> bool:
    return value is None or is_iso8601(value)


def _time(field: str) -> Field:
    """A time that is kept as the filters compare it."""
    return Field(field, derive=lambda rendered: rfc2822_of(rendered.row.body.get(field)))


def _judged(read: Reader, *fields: str, on: tuple[str, ...] = BOTH) -> tuple[Field, ...]:
    """Parameters that are judged and not shown."""
    return tuple(Field(field, param_of(field), read, kept=False, on=on) for field in fields)


def _date(param: str, field: str) -> tuple[Filter, ...]:
    """On, before, and on or after a day."""
    return (
        Filter(param, field, day, "LIKE"),
        Filter(f"{param}<", field, moment, "<"),
        Filter(f"{param}>", field, moment, ">="),
    )


CALLS = Resource(
    kind=CALL,
    path=f"{BASE}/Calls",
    key="calls",
    prefix="CA",
    verbs=("create", "list", "fetch", "update", "delete"),
    fields=(
        SID,
        CREATED,
        UPDATED,
        Field("parent_call_sid"),
        ACCOUNT,
        Field("to", "To", _to, clears=False, required=bad(21201, "No 'To' number is specified"), on=CREATE),
        _formatted("to"),
        Field("from", "From", _from, clears=False, required=bad(*NO_FROM), on=CREATE),
        _formatted("from"),
        Field("phone_number_sid"),
        Field("status", "Status", choice("canceled", "completed"), "queued", clears=False, on=UPDATE),
        _time("start_time"),
        _time("end_time"),
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
        *_judged(url, "url", "fallback_url", "status_callback"),
        *_judged(method, "method", "fallback_method", "status_callback_method"),
        *_judged(_twiml, "twiml"),
        *_judged(integer(1, 999_999), "time_limit"),
        *_judged(sid("AP"), "application_sid", on=CREATE),
        *_judged(sid("BY"), "byoc", on=CREATE),
        *_judged(integer(1, 600), "timeout", on=CREATE),
        *_judged(boolean, "record", on=CREATE),
        *_judged(choice("mono", "dual"), "recording_channels", on=CREATE),
        *_judged(choice("inbound", "outbound", "both"), "recording_track", on=CREATE),
        *_judged(choice("trim-silence", "do-not-trim"), "trim", on=CREATE),
        *_judged(choice("Enable", "DetectMessageEnd"), "machine_detection", on=CREATE),
        *_judged(choice("true", "false"), "async_amd", on=CREATE),
        *_judged(method, "recording_status_callback_method", "async_amd_status_callback_method", on=CREATE),
        *_judged(
            url,
            "recording_status_callback",
            "async_amd_status_callback",
            "client_notification_url",
            on=CREATE,
        ),
        *_judged(
            integer(0, 60_000),
            "machine_detection_timeout",
            "machine_detection_speech_threshold",
            "machine_detection_speech_end_threshold",
            "machine_detection_silence_timeout",
            on=CREATE,
        ),
        *_judged(
            text,
            "status_callback_event",
            "recording_status_callback_event",
            "send_digits",
            "caller_id",
            "call_reason",
            "call_token",
            "sip_auth_username",
            "sip_auth_password",
            on=CREATE,
        ),
    ),
    filters=(
        Filter("To", "to", text),
        Filter("From", "from", text),
        Filter("ParentCallSid", "parent_call_sid", text),
        Filter("Status", "status", choice(*call_status.STATUSES)),
        *_date("StartTime", "start_time"),
        *_date("EndTime", "end_time"),
    ),
    rules=(
        # GUESS: the four codes are those of Twilio's dictionary, the wordings are not recorded; an empty From
        # is answered like none.
        Rule(
            CREATE,
            _has_answer,
            "21205 for a call without Url, Twiml or ApplicationSid",
            "guess",
            "docs: Call",
        ),
        Rule(CREATE, _application, "21218 for an application that is not there", "guess", "docs: Call"),
        test_credentials.rule(test_credentials.CALLS),
        Rule(CREATE, _from_is_ours, "21210 for a From that is not the account's", "guess", "docs: Call"),
        trial_accounts.CALLS,
        call_status.HANG_UP,
        call_status.ONLY_ENDED,
    ),
    hidden={"start_time": _is_time, "end_time": _is_time},
    evidence="spec",
    source="docs: Call; a call stays queued, for nobody is called",
    # GUESS: by when a call was made; one user of Twilio saw it go by StartTime.
    newest_first=NewestFirst("live", "users: twilio/twilio-oai, issue 22; kevinburke/twilio-go, issue 59"),
)


def put_call(store: Store, account: str, sent: dict[str, Any], now: float) -> str:
    """Move a call that is there, or put one there that came in; ValueError when it cannot be. Gives its SID."""
    status = str(sent.get("status", "completed" if "sid" not in sent else ""))
    if status not in call_status.STATUSES:
        raise ValueError(f"a call's status is one of {', '.join(call_status.STATUSES)}")
    with store.transaction():
        if "sid" not in sent:
            return _come_in(store, account, sent, status, now)
        row = store.find(CALL, account, str(sent["sid"]))
        if row is None:
            raise ValueError(f"there is no call {sent['sid']}")
        body = dict(row.body)
        call_status.refuse_backwards(body["status"], status)
        call_status.move(body, status, now)
        store.change(Row(row.seq, CALL, account, "", row.sid, body, row.created, now))
        return row.sid


def _come_in(store: Store, account: str, sent: dict[str, Any], status: str, now: float) -> str:
    """A call from a telephone or a SIP client, such as Twilio records when it comes in."""
    if not sent.get("from") or not sent.get("to"):
        raise ValueError("a call that comes in has a from and a to, such as sip:door@a.sip.twilio.com")
    body = {field.name: field.default for field in CALLS.fields if field.kept and field.derive is None}
    body |= {"from": str(sent["from"]), "to": str(sent["to"]), "direction": "inbound"}
    call_status.move(body, "in-progress", now)
    call_status.move(body, status, now)
    sid = store.next_sid(account, CALLS.prefix)
    store.add(Row(0, CALL, account, "", sid, body, now, now))
    return sid

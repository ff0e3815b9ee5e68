"""The table of alerts, which a test adds or a request raises."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.engine.errors import DOCS, Refusal
from futel_twilio.sandbox.engine.fields import ACCOUNT, CREATED_ISO, SID, UPDATED_ISO, URL, VERSION
from futel_twilio.sandbox.engine.tables import Field, Filter, NewestFirst, Resource
from futel_twilio.sandbox.engine.values import choice, is_iso8601, iso8601, moment
from futel_twilio.sandbox.monitor_v1 import alert_levels
from futel_twilio.sandbox.monitor_v1.alert_levels import ERROR, LEVELS, level_of
from futel_twilio.sandbox.storage.rows import Row

if TYPE_CHECKING:
    from futel_twilio.sandbox.storage.store import Store

ALERT = "alert"
WORDS = ("alert_text", "request_url")
NULLABLE = ("resource_sid", "request_method", "service_sid")  # null where there is none: the spec forbids ""
ONLY_FETCHED = ("request_variables", "request_headers", "response_headers", "response_body")

ALERTS = Resource(
    kind=ALERT,
    path="/v1/Alerts",
    key="alerts",
    prefix="NO",
    verbs=("list", "fetch"),
    fields=(
        ACCOUNT,
        Field("alert_text"),
        VERSION,
        CREATED_ISO,
        Field("date_generated", holds=is_iso8601),
        UPDATED_ISO,
        Field("error_code"),
        Field(
            "log_level",
            holds=lambda value: value in LEVELS,
            evidence="documented",
            source=alert_levels.SOURCE,
        ),
        Field("more_info"),
        Field("request_method"),
        Field("request_url"),
        Field("resource_sid"),
        SID,
        URL,
        Field("service_sid"),
        *(Field(name, only="fetch") for name in ONLY_FETCHED),
    ),
    filters=(
        Filter("LogLevel", "log_level", choice(*LEVELS)),
        Filter("StartDate", "date_generated", moment, ">="),
        Filter("EndDate", "date_generated", moment, "<="),
    ),
    evidence="spec",
    source="monitor_v1",
    newest_first=NewestFirst("recording", "recorded: kevinburke/twilio-go, two alerts of 2016"),
)


def add_alert(store: Store, account: str, sent: dict[str, Any], now: float) -> str:
    """Put an alert where Twilio would have; ValueError when it is not one. Gives its SID."""
    with store.transaction():
        return raise_alert(store, account, sent, now)


def raise_alert(store: Store, account: str, sent: dict[str, Any], now: float) -> str:
    """The same within a transaction: what a request leaves behind."""
    code = str(sent.get("error_code", ""))
    level = str(sent.get("log_level") or level_of(code) or ERROR)
    if not re.fullmatch(r"[0-9]{4,6}", code) or level not in LEVELS:
        raise ValueError(f"an alert needs an error_code of digits and a log_level among {', '.join(LEVELS)}")
    if level_of(code) not in {None, level}:
        raise ValueError(f"an alert {code} has the log_level {level_of(code)} at Twilio, not {level}")
    body: dict[str, Any] = {name: str(sent.get(name, "")) for name in (*WORDS, *ONLY_FETCHED)}
    body |= {name: str(sent[name]) if sent.get(name) else None for name in NULLABLE}
    body |= {"error_code": code, "log_level": level, "more_info": f"{DOCS}{code}"}
    body["date_generated"] = _generated(sent.get("date_generated"), now)
    sid = store.next_sid(account, ALERTS.prefix)
    store.add(Row(0, ALERT, account, "", sid, body, now, now))
    return sid


def _generated(given: Any, now: float) -> str:
    if given is None:
        return iso8601(now)
    try:
        return str(moment("date_generated", str(given)))
    except Refusal:
        raise ValueError("date_generated must be an ISO 8601 date and time") from None

"""The v2010 view of the alerts: the account's notifications, and those of one call."""

from __future__ import annotations

from typing import Any

from futel_twilio.sandbox.api_v2010.calls import CALL
from futel_twilio.sandbox.engine.fields import ACCOUNT, CREATED, SID, UPDATED, VERSION
from futel_twilio.sandbox.engine.tables import Field, Filter, Rendered, RequestContext, Resource
from futel_twilio.sandbox.engine.values import choice, day, moment, rfc2822_of
from futel_twilio.sandbox.monitor_v1 import alerts
from futel_twilio.sandbox.storage.rows import Condition

BASE = "/2010-04-01/Accounts/<account>"
# GUESS: how notices and debug messages are numbered; 0 and 1 are documented.
LOGS = {"error": "0", "warning": "1", "notice": "2", "debug": "3"}
LEVELS = {number: level for level, number in LOGS.items()}
FETCHED = ("request_variables", "response_body", "response_headers")


def _call_of(rendered: Rendered) -> str | None:
    about = str(rendered.row.body["resource_sid"])
    return about if about.startswith("CA") else None


def _uri(rendered: Rendered) -> str:
    """The path of the notification in the view that shows it."""
    home = f"{BASE}/Calls/{_call_of(rendered)}" if "Calls" in rendered.resource.path else BASE
    return f"{home.replace('<account>', rendered.row.account)}/Notifications/{rendered.row.sid}.json"


def _said(field: str, only: str = "") -> Field:
    """GUESS: what was not said is null."""
    return Field(field, derive=lambda rendered: rendered.row.body[field] or None, only=only)


def _level(param: str, raw: str) -> str:
    return LEVELS[choice(*LEVELS)(param, raw)]


def _of_call(context: RequestContext) -> list[Condition]:
    return [Condition("resource_sid", "=", context.parent)]


def _notifications(path: str, **more: Any) -> Resource:
    return Resource(
        kind=alerts.ALERT,
        path=f"{BASE}/{path}",
        key="notifications",
        prefix="NO",
        verbs=("list", "fetch"),
        fields=(
            ACCOUNT,
            VERSION,
            Field("call_sid", derive=_call_of),
            CREATED,
            UPDATED,
            Field("error_code"),
            Field("log", derive=lambda rendered: LOGS[rendered.row.body["log_level"]]),
            Field("message_date", derive=lambda rendered: rfc2822_of(rendered.row.body["date_generated"])),
            Field("message_text", derive=lambda rendered: rendered.row.body["alert_text"]),
            Field("more_info"),
            _said("request_method"),
            _said("request_url"),
            SID,
            Field("uri", derive=_uri),
            *(_said(field, only="fetch") for field in FETCHED),
        ),
        filters=(
            Filter("Log", "log_level", _level),
            Filter("MessageDate", "date_generated", day, "LIKE"),
            Filter("MessageDate<", "date_generated", moment, "<="),
            Filter("MessageDate>", "date_generated", moment, ">="),
        ),
        evidence="example",
        source="api_v2010; that monitor's alerts are the same things is a guess",
        **more,
    )


NOTIFIED = (
    _notifications("Notifications"),
    _notifications("Calls/<parent>/Notifications", parent=CALL, within=_of_call),
)

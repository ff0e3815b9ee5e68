"""The table of usage triggers. Nothing is used here, so none of them ever fires."""

from __future__ import annotations

from futel_twilio.sandbox.engine.errors import bad, lacks
from futel_twilio.sandbox.engine.fields import (
    ACCOUNT,
    CREATED,
    SID,
    UPDATED,
    URI,
    VERSION,
    verb,
)
from futel_twilio.sandbox.engine.tables import (
    Field,
    Filter,
    Rendered,
    Resource,
)
from futel_twilio.sandbox.engine.values import choice, name, text, url

BASE = "/2010-04-01/Accounts/<account>"
ALL = ("create", "list", "fetch", "update", "delete")
ONCE = ("create",)
TRIGGER_BY = choice("count", "usage", "price")
RECURRING = choice("daily", "monthly", "yearly", "alltime")


def _trigger_value(param: str, raw: str) -> str:
    """A reader: a number, or an offset from the usage so far (which is nothing, here)."""
    number = raw.removeprefix("+")
    if not number.replace(".", "", 1).isdigit() or not number.isascii():
        # GUESS: the code of a bad parameter.
        raise bad(20001, f"{param} is not valid")
    return number


def _records(rendered: Rendered) -> str:
    category = rendered.row.body["usage_category"]
    return f"/2010-04-01/Accounts/{rendered.row.account}/Usage/Records.json?Category={category}"


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

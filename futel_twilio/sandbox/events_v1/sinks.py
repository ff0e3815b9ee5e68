"""The table of sinks, with the test and the validation of one. Nothing is ever sent to a sink."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.engine import audit_events
from futel_twilio.sandbox.engine.errors import Refusal, bad, lacks, missing
from futel_twilio.sandbox.engine.fields import CREATED_ISO, SID, UPDATED_ISO, URL, links
from futel_twilio.sandbox.engine.tables import (
    Answer,
    Change,
    Endpoint,
    Field,
    Filter,
    RequestContext,
    Resource,
    Rule,
)
from futel_twilio.sandbox.engine.values import boolean, choice, invalid, json_of, text
from futel_twilio.sandbox.storage.redaction import is_named

if TYPE_CHECKING:
    from futel_twilio.sandbox.storage.rows import Row

SINK = "sink"
IN_USE = "_in_use"
CREATE = ("create",)


def configuration(param: str, raw: str) -> dict[str, Any]:
    """A reader: a JSON object that travels as a form string. GUESS: the code for anything else."""
    try:
        found = json_of(raw)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise invalid(param)
    # GUESS: Twilio shows the write_key of a Segment sink; no secret is kept here.
    return {key: "" if is_named(key) else value for key, value in found.items()}


def _status(change: Change) -> None:
    """A webhook is active at once. GUESS: it needs a destination, and the others wait to be validated."""
    after = change.after or {}
    webhook = after["sink_type"] == "webhook"
    if webhook and not str(after["sink_configuration"].get("destination", "")).startswith("http"):
        raise invalid("SinkConfiguration")
    after |= {"status": "active" if webhook else "initialized", IN_USE: False}


def in_use(sink_sid: str) -> Refusal:
    # GUESS: the wording is recorded live, the code is not.
    return bad(20001, f"Sink with SID {sink_sid} is in use")


def _sink_is_free(change: Change) -> None:
    if change.before is not None and change.before[IN_USE]:
        # GUESS: that a sink with a subscription cannot be deleted.
        raise in_use(change.sid)


SINKS = Resource(
    kind=SINK,
    path="/v1/Sinks",
    key="sinks",
    prefix="DG",
    verbs=("create", "list", "fetch", "update", "delete"),
    fields=(
        CREATED_ISO,
        UPDATED_ISO,
        Field(
            "description",
            "Description",
            text,
            required=lacks("Description"),
            required_on=("create", "update"),
        ),
        SID,
        Field(
            "sink_configuration",
            "SinkConfiguration",
            configuration,
            clears=False,
            required=lacks("SinkConfiguration"),
            on=CREATE,
        ),
        Field(
            "sink_type",
            "SinkType",
            choice("kinesis", "webhook", "segment", "email"),
            clears=False,
            required=lacks("SinkType"),
            on=CREATE,
        ),
        Field("status", default="initialized", evidence="live", source="live log, event-streams"),
        URL,
        links(sink_test="Test", sink_validate="Validate"),
    ),
    filters=(
        Filter("InUse", IN_USE, boolean),
        Filter("Status", "status", choice("initialized", "validating", "active", "failed")),
    ),
    rules=(
        Rule(CREATE, _status, "a webhook sink is active at once", "live", "live log, event-streams"),
        Rule(
            ("delete",),
            _sink_is_free,
            "a sink in use is not deleted",
            "guess",
            "events_v1; docs: Event Streams",
        ),
    ),
    hidden={IN_USE: lambda value: isinstance(value, bool)},
    audit="event-streams-sink",
    evidence="spec",
    source="events_v1; docs: Event Streams",
)


def _sink(context: RequestContext) -> Row:
    row = context.store.find(SINK, context.account, context.ids["sid"])
    if row is None:
        raise missing(context.path)
    return row


def test_sink(context: RequestContext) -> Answer:
    """Twilio would send a test event; here there is none."""
    _sink(context)
    return 201, {"result": "submitted"}


def validate_sink(context: RequestContext) -> Answer:
    """GUESS: every TestId is the right one, and makes the sink active."""
    row = _sink(context)
    if not context.form.get("TestId"):
        raise lacks("TestId")
    changed = replace(row, body=row.body | {"status": "active"}, updated=context.now)
    context.store.change(changed)
    audit_events.record(context, SINKS, "updated", row, row.body, changed.body)
    return 201, {"result": "valid"}


ENDPOINTS = (
    Endpoint("/v1/Sinks/<sid>/Test", {"POST": test_sink}, "example", "events_v1"),
    Endpoint("/v1/Sinks/<sid>/Validate", {"POST": validate_sink}, "example", "events_v1"),
)

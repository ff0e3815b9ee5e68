"""The events v1 tables: sinks, subscriptions and the event types of one. Nothing is ever sent to a sink."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from futel_twilio.sandbox.engine import audit_events
from futel_twilio.sandbox.engine.errors import Refusal, bad, lacks, missing
from futel_twilio.sandbox.engine.fields import ACCOUNT, CREATED_ISO, SID, UPDATED_ISO, URL, parent
from futel_twilio.sandbox.engine.tables import (
    Answer,
    Change,
    Endpoint,
    Field,
    Filter,
    Rendered,
    RequestContext,
    Resource,
    Rule,
)
from futel_twilio.sandbox.engine.values import boolean, choice, integer, invalid, json_of, sid, text
from futel_twilio.sandbox.storage.redaction import is_named
from futel_twilio.sandbox.storage.rows import Row

SINK, SUBSCRIPTION, TYPE = "sink", "subscription", "subscribed_event"
IN_USE = "_in_use"
TYPE_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
LARGEST_VERSION = 1000
CREATE = ("create",)


def _configuration(param: str, raw: str) -> dict[str, Any]:
    """A reader: a JSON object that travels as a form string. GUESS: the code for anything else."""
    try:
        found = json_of(raw)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise invalid(param)
    # GUESS: Twilio shows the write_key of a Segment sink; no secret is kept here.
    return {key: "" if is_named(key) else value for key, value in found.items()}


def _links(**paths: str) -> Field:
    def derive(shown: Rendered) -> dict[str, str]:
        return {key: shown.context.url_of(f"{shown.place}/{last}") for key, last in paths.items()}

    return Field("links", derive=derive)


def _status(change: Change) -> None:
    """A webhook is active at once. GUESS: it needs a destination, and the others wait to be validated."""
    after = change.after or {}
    webhook = after["sink_type"] == "webhook"
    if webhook and not str(after["sink_configuration"].get("destination", "")).startswith("http"):
        raise invalid("SinkConfiguration")
    after |= {"status": "active" if webhook else "initialized", IN_USE: False}


def _in_use(sink_sid: str) -> Refusal:
    # GUESS: the wording is recorded live, the code is not.
    return bad(20001, f"Sink with SID {sink_sid} is in use")


def _sink_is_free(change: Change) -> None:
    if change.before is not None and change.before[IN_USE]:
        # GUESS: that a sink with a subscription cannot be deleted.
        raise _in_use(change.sid)


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
            _configuration,
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
        _links(sink_test="Test", sink_validate="Validate"),
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


def _types(context: RequestContext) -> list[tuple[str, int]]:
    """The event types of a new subscription, by name and version; each is a JSON object in the form."""
    found: dict[str, int] = {}
    for raw in context.form.getlist("Types"):
        order = _configuration("Types", raw)
        version = integer(1, LARGEST_VERSION)("Types", str(order.get("schema_version", 1)))
        found[_type_name("Types", str(order.get("type", "")))] = version
    if not found:
        raise lacks("Types")
    return list(found.items())


def _type_name(param: str, raw: str) -> str:
    """A reader. GUESS: any name of that form is an event type."""
    if not TYPE_NAME.fullmatch(raw):
        raise invalid(param)
    return raw


def _sink_of(context: RequestContext, sink_sid: str) -> Row:
    row = context.store.find(SINK, context.account, sink_sid)
    if row is None or row.body["status"] != "active":
        # GUESS: the code; that the sink must be active is documented.
        raise invalid("SinkSid")
    return row


def _subscribe(change: Change) -> None:
    _types(change.context)
    row = _sink_of(change.context, (change.after or {})["sink_sid"])
    if row.body[IN_USE]:
        raise _in_use(row.sid)
    change.context.store.change(replace(row, body=row.body | {IN_USE: True}))


def _unsubscribe(change: Change) -> None:
    row = _sink_of(change.context, (change.before or {})["sink_sid"])
    change.context.store.change(replace(row, body=row.body | {IN_USE: False}))


def _born(context: RequestContext, row: Row) -> None:
    for name, version in _types(context):
        body = {"type": name, "schema_version": version}
        context.store.add(Row(0, TYPE, row.account, row.sid, name, body, context.now, context.now))


SUBSCRIPTIONS = Resource(
    kind=SUBSCRIPTION,
    path="/v1/Subscriptions",
    key="subscriptions",
    prefix="DF",
    verbs=("create", "list", "fetch", "update", "delete"),
    fields=(
        ACCOUNT,
        SID,
        CREATED_ISO,
        UPDATED_ISO,
        Field("description", "Description", text, required=lacks("Description")),
        Field("sink_sid", "SinkSid", sid("DG"), clears=False, required=lacks("SinkSid"), on=CREATE),
        URL,
        _links(subscribed_events="SubscribedEvents"),
    ),
    filters=(Filter("SinkSid", "sink_sid", text),),
    rules=(
        Rule(
            CREATE,
            _subscribe,
            "one subscription for each sink, which is active",
            "live",
            "live log, event-streams",
        ),
        Rule(("delete",), _unsubscribe, "the sink is free again", "live", "live log, event-streams"),
    ),
    born=_born,
    audit="event-streams-subscription",
    evidence="spec",
    source="events_v1; docs: Event Streams",
)


def _not_twice(change: Change) -> None:
    name, context = (change.after or {})["type"], change.context
    if context.store.find(TYPE, context.account, name, context.parent) is not None:
        # GUESS: the refusal; the spec's 200 beside 201 may mean that it is taken over.
        raise bad(20001, f"Type {name} is subscribed to already")


TYPES = Resource(
    kind=TYPE,
    path="/v1/Subscriptions/<parent>/SubscribedEvents",
    key="types",
    prefix="",
    named="type",
    parent=SUBSCRIPTION,
    verbs=("create", "list", "fetch", "update", "delete"),
    fields=(
        ACCOUNT,
        Field("type", "Type", _type_name, clears=False, required=lacks("Type"), on=CREATE),
        # GUESS: the version of a type that names none.
        Field("schema_version", "SchemaVersion", integer(1, LARGEST_VERSION), 1),
        parent("subscription_sid"),
        URL,
    ),
    rules=(Rule(CREATE, _not_twice, "an event type is subscribed to once", "guess", "events_v1"),),
    audit="event-streams-subscribed-event",
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


STREAMS = (SINKS, SUBSCRIPTIONS, TYPES)
ENDPOINTS = (
    Endpoint("/v1/Sinks/<sid>/Test", {"POST": test_sink}, "example", "events_v1"),
    Endpoint("/v1/Sinks/<sid>/Validate", {"POST": validate_sink}, "example", "events_v1"),
)

"""The table of subscriptions: each joins one sink to some event types."""

from __future__ import annotations

from dataclasses import replace

from futel_twilio.sandbox.engine.errors import lacks
from futel_twilio.sandbox.engine.fields import ACCOUNT, CREATED_ISO, SID, UPDATED_ISO, URL, links
from futel_twilio.sandbox.engine.tables import (
    Change,
    Field,
    Filter,
    RequestContext,
    Resource,
    Rule,
)
from futel_twilio.sandbox.engine.values import integer, invalid, sid, text
from futel_twilio.sandbox.events_v1.event_types import LARGEST_VERSION, TYPE, type_name
from futel_twilio.sandbox.events_v1.sinks import IN_USE, SINK, configuration, in_use
from futel_twilio.sandbox.storage.rows import Row

CREATE = ("create",)


def _types(context: RequestContext) -> list[tuple[str, int]]:
    """The event types of a new subscription, by name and version; each is a JSON object in the form."""
    found: dict[str, int] = {}
    for raw in context.form.getlist("Types"):
        order = configuration("Types", raw)
        version = integer(1, LARGEST_VERSION)("Types", str(order.get("schema_version", 1)))
        found[type_name("Types", str(order.get("type", "")))] = version
    if not found:
        raise lacks("Types")
    return list(found.items())


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
        raise in_use(row.sid)
    change.context.store.change(replace(row, body=row.body | {IN_USE: True}))


def _unsubscribe(change: Change) -> None:
    row = _sink_of(change.context, (change.before or {})["sink_sid"])
    change.context.store.change(replace(row, body=row.body | {IN_USE: False}))


def _born(context: RequestContext, row: Row) -> None:
    for name, version in _types(context):
        body = {"type": name, "schema_version": version}
        context.store.add(Row(0, TYPE, row.account, row.sid, name, body, context.now, context.now))


SUBSCRIPTIONS = Resource(
    kind="subscription",
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
        links(subscribed_events="SubscribedEvents"),
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

"""The table of the event types that a subscription names."""

from __future__ import annotations

import re

from futel_twilio.sandbox.engine.errors import bad, lacks
from futel_twilio.sandbox.engine.fields import ACCOUNT, URL, parent
from futel_twilio.sandbox.engine.tables import (
    Change,
    Field,
    Resource,
    Rule,
)
from futel_twilio.sandbox.engine.values import integer, invalid

TYPE = "subscribed_event"
TYPE_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
LARGEST_VERSION = 1000
CREATE = ("create",)


def type_name(param: str, raw: str) -> str:
    """A reader. GUESS: any name of that form is an event type."""
    if not TYPE_NAME.fullmatch(raw):
        raise invalid(param)
    return raw


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
    parent="subscription",
    verbs=("create", "list", "fetch", "update", "delete"),
    fields=(
        ACCOUNT,
        Field("type", "Type", type_name, clears=False, required=lacks("Type"), on=CREATE),
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

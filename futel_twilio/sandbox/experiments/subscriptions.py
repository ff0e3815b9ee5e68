"""Experiments with subscriptions to events, of types that a telephone network has none of."""

from __future__ import annotations

from functools import partial
from typing import Any

from futel_twilio.sandbox.experiments.lab import UNSENT, Lab, fields, items, of_run, whole
from futel_twilio.sandbox.experiments.table import experiment

SINK, SUBSCRIPTION, TYPE = "sink", "subscription", "subscribed event type"
# Of Studio and of TaskRouter: what an account would have to use for one to be sent anywhere.
QUIET = "com.twilio.studio.flow.step.ended"
OTHER = "com.twilio.taskrouter.task.created"
TYPES = [{"type": QUIET, "schema_version": 2}]


def _sink(lab: Lab) -> str:
    target = {"destination": lab.url(), "method": "POST", "batch_events": False}
    made = lab.make(
        partial(
            lab.client.events.v1.sinks.create,
            description=lab.name(),
            sink_configuration=target,
            sink_type="webhook",
        )
    )
    return str(made.sid)


def _subscribe(lab: Lab, sink: Any, types: Any = None, **other: Any) -> Any:
    """A call that subscribes a sink."""
    form = {"description": lab.name(), "sink_sid": sink, "types": TYPES if types is None else types}
    return partial(lab.client.events.v1.subscriptions.create, **{**form, **other})


@experiment(
    "Subscribe a sink, read all that comes back, and look which types it has.",
    makes={SINK: 1, SUBSCRIPTION: 1},
)
def shape(lab: Lab) -> None:
    sink = _sink(lab)
    made = lab.look("create", _subscribe(lab, sink), whole)
    if made is not None:
        one = lab.client.events.v1.subscriptions(made.sid)
        lab.look("its types", one.subscribed_events.page, items("type"))
        lab.look("one type", one.subscribed_events(QUIET).fetch, whole)
        found = partial(lab.client.events.v1.subscriptions.page, sink_sid=sink)
        lab.look("filter by sink", found, of_run(lab, "sink_sid"))


@experiment(
    "Subscribe a sink twice: the code, and the wording that is known.",
    "sinks: the wording is recorded live",
    makes={SINK: 1, SUBSCRIPTION: 2},
    rules=("Subscriptions: one subscription for each sink",),
)
def sink_twice(lab: Lab) -> None:
    sink = _sink(lab)
    lab.make(_subscribe(lab, sink))
    lab.look("again", _subscribe(lab, sink))


@experiment(
    "Delete a sink while it is subscribed, then the subscription and the sink.",
    "sinks: that a sink with a subscription",
    makes={SINK: 1, SUBSCRIPTION: 1},
    rules=("Sinks: a sink in use is not deleted",),
)
def delete_sink_in_use(lab: Lab) -> None:
    sink = _sink(lab)
    made = lab.make(_subscribe(lab, sink))
    lab.look("the sink", lab.client.events.v1.sinks(sink).delete)
    lab.look("the subscription", lab.client.events.v1.subscriptions(made.sid).delete)
    lab.look("the sink, free", lab.client.events.v1.sinks(sink).delete)


@experiment(
    "Delete a subscription and subscribe its sink again.",
    makes={SINK: 1, SUBSCRIPTION: 2},
    rules=("Subscriptions: the sink is free again",),
)
def sink_free_again(lab: Lab) -> None:
    sink = _sink(lab)
    made = lab.make(_subscribe(lab, sink))
    lab.make(lab.client.events.v1.subscriptions(made.sid).delete)
    lab.look("subscribe again", _subscribe(lab, sink))


@experiment(
    "Subscribe a sink that is not there, and one that waits to be validated.",
    "subscriptions: the code; that the sink must be active",
    makes={SINK: 1, SUBSCRIPTION: 2},
)
def sink_not_ready(lab: Lab) -> None:
    lab.look("absent", _subscribe(lab, lab.absent("DG")))
    target = {
        "arn": "arn:aws:kinesis:us-east-1:111122223333:stream/parity",
        "role_arn": "arn:aws:iam::111122223333:role/parity",
        "external_id": "parity",
    }
    made = lab.make(
        partial(
            lab.client.events.v1.sinks.create,
            description=lab.name(),
            sink_configuration=target,
            sink_type="kinesis",
        )
    )
    lab.look("not validated", _subscribe(lab, made.sid))


@experiment(
    "Subscribe to a type that there is not, to one that is no name, to none, and without a description.",
    "event_types: any name of that form",
    "errors: the code and the wording",
    makes={SINK: 1, SUBSCRIPTION: 5},
)
def bad_types(lab: Lab) -> None:
    sink = _sink(lab)
    lab.look("without a description", _subscribe(lab, sink, description=UNSENT))
    lab.look("without types", _subscribe(lab, sink, types=UNSENT))
    lab.look("no JSON", _subscribe(lab, sink, ["nonsense"]))
    lab.look("no name", _subscribe(lab, sink, [{"type": "Not A Name", "schema_version": 1}]))
    lab.look("an unknown type", _subscribe(lab, sink, [{"type": "com.twilio.parity.nothing"}]))


@experiment(
    "Add a type to a subscription without a version, add it again, change its version and remove it.",
    "event_types: the refusal; the spec's 200",
    "event_types: the version of a type",
    makes={SINK: 1, SUBSCRIPTION: 1, TYPE: 2},
    rules=("Subscriptions/<parent>/SubscribedEvents: an event type is subscribed to once",),
)
def type_twice(lab: Lab) -> None:
    made = lab.make(_subscribe(lab, _sink(lab)))
    types = lab.client.events.v1.subscriptions(made.sid).subscribed_events
    shown = fields("type", "schema_version")
    lab.look("add", partial(types.create, type=OTHER), shown)
    lab.look("add again", partial(types.create, type=OTHER), shown)
    lab.look("version", partial(types(OTHER).update, schema_version=2), shown)
    lab.look("remove", types(OTHER).delete)
    lab.look("remove again", types(OTHER).delete)

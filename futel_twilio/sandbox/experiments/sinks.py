"""Experiments with the sinks of event streams. No test event is asked for, and nobody subscribes to them."""

from __future__ import annotations

from functools import partial
from typing import Any

from futel_twilio.sandbox.experiments.lab import UNSENT, Lab, fields, whole
from futel_twilio.sandbox.experiments.table import experiment

SINK = "sink"


def _webhook(lab: Lab, **other: Any) -> Any:
    """A call that creates a webhook sink, with something else."""
    target = {"destination": lab.url(), "method": "POST", "batch_events": False}
    form = {"description": lab.name(), "sink_configuration": target, "sink_type": "webhook"}
    return partial(lab.client.events.v1.sinks.create, **{**form, **other})


@experiment(
    "Create a webhook sink, read all that comes back, change its description and delete it twice.",
    makes={SINK: 1},
    rules=("Sinks: a webhook sink is active at once", "Sinks: field `status`"),
)
def webhook(lab: Lab) -> None:
    made = lab.look("create", _webhook(lab), whole)
    if made is None:
        return
    one = lab.client.events.v1.sinks(made.sid)
    lab.look("fetch", one.fetch, fields("status"))
    lab.look("describe", partial(one.update, description=lab.name()), fields("description"))
    lab.look("describe by nothing", partial(one.update, description=""), fields("description"))
    lab.look("delete", one.delete)
    lab.look("delete again", one.delete)


@experiment(
    "Create sinks without each of the three required parameters, and of a type that there is not.",
    "errors: the code and the wording",
    makes={SINK: 4},
)
def missing_parameters(lab: Lab) -> None:
    for name in ("description", "sink_configuration", "sink_type"):
        lab.look(name, _webhook(lab, **{name: UNSENT}))
    lab.look("an unknown type", _webhook(lab, sink_type="pigeon"))


@experiment(
    "Create webhook sinks whose configuration is no JSON, a list, without a destination, and to no URL.",
    "sinks: the code for anything else",
    "sinks: it needs a destination",
    makes={SINK: 4},
)
def bad_configurations(lab: Lab) -> None:
    wrong = {
        "no JSON": "nonsense",
        "a list": "[]",
        "no destination": {"method": "POST"},
        "no URL": {"destination": "nonsense", "method": "POST"},
    }
    for step, configuration in wrong.items():
        lab.look(step, _webhook(lab, sink_configuration=configuration))


@experiment(
    "Create a kinesis and a segment sink of made-up targets: their status, and whether a write key is shown.",
    "sinks: Twilio shows the write_key",
    "sinks: it needs a destination",
    makes={SINK: 2},
)
def other_types(lab: Lab) -> None:
    shown = fields("status", "sink_configuration")
    stream = "arn:aws:kinesis:us-east-1:111122223333:stream/parity"
    role = "arn:aws:iam::111122223333:role/parity"
    kinesis = {"arn": stream, "role_arn": role, "external_id": "parity"}
    lab.look("kinesis", _webhook(lab, sink_type="kinesis", sink_configuration=kinesis), shown)
    segment = {"write_key": "made-up"}
    lab.look("segment", _webhook(lab, sink_type="segment", sink_configuration=segment), shown)


@experiment(
    "Validate a kinesis sink of a made-up target with a TestId that nobody has, and without one.",
    "sinks: every TestId",
    makes={SINK: 1},
)
def wrong_test_id(lab: Lab) -> None:
    target = {
        "arn": "arn:aws:kinesis:us-east-1:111122223333:stream/parity",
        "role_arn": "arn:aws:iam::111122223333:role/parity",
        "external_id": "parity",
    }
    made = lab.make(_webhook(lab, sink_type="kinesis", sink_configuration=target))
    validate = lab.client.events.v1.sinks(made.sid).sink_validate
    lab.look("without one", partial(validate.create, test_id=UNSENT))
    lab.look("wrong", partial(validate.create, test_id="nonsense"), whole)
    lab.look("the sink", lab.client.events.v1.sinks(made.sid).fetch, fields("status"))

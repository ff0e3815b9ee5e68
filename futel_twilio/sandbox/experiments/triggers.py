"""Experiments with usage triggers. None of them can fire: nothing is used while they live."""

from __future__ import annotations

from functools import partial
from typing import Any

from futel_twilio.sandbox.experiments.lab import UNSENT, Lab, fields, of_run
from futel_twilio.sandbox.experiments.table import experiment

TRIGGER = "usage trigger"
FAR = "1000000"


def _create(lab: Lab, **other: Any) -> Any:
    """A call that creates one with what is required, a name, and something else."""
    form = {
        "callback_url": lab.url(),
        "trigger_value": FAR,
        "usage_category": "calls",
        "friendly_name": lab.name(),
    }
    return partial(lab.client.usage.triggers.create, **{**form, **other})


@experiment(
    "Create a usage trigger without a name: what every unset field reads as.",
    "usage_triggers: what an unsent name",
    makes={TRIGGER: 1},
)
def unset_fields(lab: Lab) -> None:
    form = {"callback_url": lab.url(), "trigger_value": FAR, "usage_category": "calls"}
    changing = {"current_value"}
    lab.look(
        "create",
        partial(lab.client.usage.triggers.create, **form),
        lambda answer: {key: value for key, value in answer.body.items() if key not in changing},
    )


@experiment(
    "Create usage triggers without each of the three required parameters: code and wording.",
    "errors: the code and the wording",
    makes={TRIGGER: 3},
)
def missing_parameters(lab: Lab) -> None:
    for name in ("callback_url", "trigger_value", "usage_category"):
        lab.look(name, _create(lab, **{name: UNSENT}))


@experiment(
    "Create usage triggers with a value, a recurrence, a measure, a category, a URL and a method that are none.",
    "usage_triggers: the code of a bad parameter",
    "values: v2010 says little",
    makes={TRIGGER: 6},
)
def bad_values(lab: Lab) -> None:
    wrong = {
        "trigger_value": "x",
        "recurring": "hourly",
        "trigger_by": "luck",
        "usage_category": "nonsense",
        "callback_url": "nonsense",
        "callback_method": "PUT",
    }
    for name, value in wrong.items():
        lab.look(f"{name}={value}", _create(lab, **{name: value}), fields(name))


@experiment(
    "Create a usage trigger with an offset, one that recurs, list and filter them, and change a name.",
    makes={TRIGGER: 2},
)
def offset_and_filters(lab: Lab) -> None:
    triggers = lab.client.usage.triggers
    made = lab.look("offset", _create(lab, trigger_value=f"+{FAR}"), fields("usage_category", "recurring"))
    lab.look("daily", _create(lab, recurring="daily"), fields("recurring", "trigger_by", "trigger_value"))
    shown = of_run(lab, "recurring")
    lab.look("filter daily", partial(triggers.page, recurring="daily", page_size=1000), shown)
    lab.look("filter sms", partial(triggers.page, usage_category="sms", page_size=1000), shown)
    if made is not None:
        lab.look("rename", partial(triggers(made.sid).update, friendly_name=""), fields("friendly_name"))

"""Experiments with calls that can only be refused: nobody is called."""

from __future__ import annotations

from functools import partial
from typing import Any

from futel_twilio.sandbox.experiments.lab import UNSENT, Lab, whole
from futel_twilio.sandbox.experiments.table import experiment

NOBODY = "+15005550001"  # Twilio's own test number for one that is not valid


@experiment(
    "Ask for calls without To, without From, to what is no number, and without a URL: code and wording.",
    "calls: the four codes",
    "calls: the wording, and which forms",
    rules=("Calls: 21205", "Calls: 21210"),
)
def refused(lab: Lab) -> None:
    call = partial(lab.client.calls.create, url="https://example.com/")
    lab.look("without To", partial(call, to=UNSENT, from_=NOBODY))
    lab.look("without From", partial(call, to=NOBODY, from_=UNSENT))
    lab.look("to a word", partial(call, to="x", from_=NOBODY))
    lab.look("without a URL", partial(call, to=NOBODY, from_=NOBODY, url=UNSENT))
    lab.look("from nobody", partial(call, to=NOBODY, from_=NOBODY))


@experiment(
    "Ask for calls with an application that is not there and with TwiML of 4001 characters.",
    "calls: the four codes",
    "calls: the code; the length",
    rules=("Calls: 21218",),
)
def bad_instructions(lab: Lab) -> None:
    call = partial(lab.client.calls.create, to=NOBODY, from_=NOBODY)
    lab.look("application", partial(call, application_sid=lab.absent("AP")))
    lab.look("long TwiML", partial(call, twiml="<Response/>".ljust(4001)))


@experiment(
    "List calls by a status and a day that are none, and by two numbers that never called.",
)
def lists(lab: Lab) -> None:
    def found(**filters: Any) -> Any:
        return partial(lab.client.calls.page, to=NOBODY, from_=NOBODY, **filters)

    lab.look("none", found(), whole)
    lab.look("a status", found(status="nonsense"))
    lab.look("a day", found(start_time="nonsense"))
    lab.look("absent", lab.client.calls(lab.absent("CA")).fetch)

"""Experiments with messages and validations that can only be refused: nobody is written to, nobody is called."""

from __future__ import annotations

from functools import partial

from futel_twilio.sandbox.experiments.lab import UNSENT, Lab
from futel_twilio.sandbox.experiments.table import experiment

NOBODY, TEST_NUMBER = "x", "+15005550001"


@experiment(
    "Ask for messages that have nobody to go to: without To, to a word, and then without the rest, or too long.",
    "messages: that order",
    "messages: only telephone numbers",
    "messages: the wording; code and length",
    rules=("Messages: 21602 and 21603",),
)
def refused(lab: Lab) -> None:
    send = partial(lab.client.messages.create, to=NOBODY, from_=TEST_NUMBER, body="nobody reads this")
    lab.look("without To", partial(send, to=UNSENT))
    lab.look("to a word", send)
    lab.look("without From", partial(send, from_=UNSENT))
    lab.look("without a body", partial(send, body=UNSENT))
    lab.look("1601 characters", partial(send, body="x" * 1601))


@experiment(
    "Ask for the validation of a word and of a country code alone as caller IDs: 21401 and its wording.",
    "outgoing_caller_ids: the wording; the code is in the dictionary",
)
def validations_refused(lab: Lab) -> None:
    for number in (NOBODY, "+1"):
        lab.look(number, partial(lab.client.validation_requests.create, phone_number=number))

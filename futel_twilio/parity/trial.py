"""One experiment after another on both sides, and what differs."""

from __future__ import annotations

import fnmatch
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from futel_twilio.config.connection import Connection
from futel_twilio.parity import loan, sweep
from futel_twilio.parity.ledger import Ledger
from futel_twilio.parity.side import Side
from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN
from futel_twilio.sandbox.experiments.catalogue import EXPERIMENTS
from futel_twilio.sandbox.experiments.lab import counter
from futel_twilio.sandbox.experiments.observations import Observation, differences
from futel_twilio.sandbox.experiments.table import (
    FULL_POWER,
    LIMITS,
    NEW_ACCOUNT,
    NUMBER,
    Experiment,
    perform,
)
from futel_twilio.sandbox.experiments.traffic import Unanswered
from futel_twilio.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

KEY = "SK" + "0" * 31 + "1"
IN_A_ROW = 3
BETWEEN = 2  # tries to remove a thing, between two experiments; at the end there are more


@dataclass(frozen=True)
class Means:
    """What a run may use: the needs of experiments that are met."""

    full_power: bool = False
    number: str = ""
    limits: bool = False
    new_account: bool = False

    def allow(self, one: Experiment) -> bool:
        met = {
            "": True,
            FULL_POWER: self.full_power,
            NUMBER: bool(self.number),
            LIMITS: self.limits,
            NEW_ACCOUNT: self.new_account,
        }
        return met[one.needs]


@dataclass(frozen=True)
class Outcome:
    """One experiment, tried on both sides.

    Attributes:
        name: the experiment.
        ours: what the sandbox said.
        theirs: what the server said.
        failure: why the server did not say; empty if it did.
    """

    name: str
    ours: tuple[Observation, ...]
    theirs: tuple[Observation, ...]
    failure: str = ""

    @property
    def differences(self) -> list[tuple[str, str, str]]:
        return [] if self.failure else differences(self.ours, self.theirs)


class OutOfReach(Exception):
    """The server did not answer several experiments in a row."""


def chosen(patterns: Sequence[str], means: Means) -> tuple[list[Experiment], list[Experiment]]:
    """The experiments to run, and the requested ones that lack something."""
    desired = [
        one
        for one in EXPERIMENTS
        if not patterns or any(fnmatch.fnmatchcase(one.name, f"{pattern}*") for pattern in patterns)
    ]
    return [one for one in desired if means.allow(one)], [one for one in desired if not means.allow(one)]


@contextmanager
def our_side(means: Means, mark: str, *, by_key: bool, checkpoint: Callable[[], None]) -> Iterator[Side]:
    """A fresh sandbox with the same kind of credentials, and a number if the other side has one."""
    account, secret = DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN
    with Sandbox(accounts=[f"{account}:{KEY}:{secret}"]) as box:
        settings = Connection(account, KEY if by_key else account, secret, "the sandbox's own", url=box.url)
        side = Side(settings, mark, Ledger(), checkpoint=checkpoint, pause=0.01)
        try:
            if means.number:
                side.ledger.begin({"lent": lend(side, _bought(settings, mark))})
            yield side
        finally:
            side.close()


def lend(side: Side, number: str) -> dict[str, Any]:
    """Lend a number to the experiments; how it was."""
    kept = loan.borrow(side, number)
    side.lend(number)
    return {"number": number, "kept": kept}


def _bought(settings: Connection, mark: str) -> str:
    """A number of the sandbox's, which costs nothing there: the one purchase, and past every guard."""
    place = f"{settings.url}/2010-04-01/Accounts/{settings.account_sid}/IncomingPhoneNumbers.json"
    form = {"AreaCode": "503", "VoiceUrl": "", "FriendlyName": f"{mark} lent"}
    made = requests.post(place, form, auth=(settings.username, settings.secret), timeout=30)
    return str(made.json()["sid"])


def run(
    ours: Side, theirs: Side, experiments: Sequence[Experiment], tell: Callable[[int, str], None]
) -> Iterator[Outcome]:
    """Try each on our side, then on theirs, and clean both up after it.

    Raises:
        Interrupted: the end was asked for; the one under way is not cleaned up yet.
        OutOfReach: theirs did not answer three experiments in a row.
    """
    names, other_names = counter(), counter()
    failures = 0
    for number, one in enumerate(experiments):
        tell(number, one.name)
        seen = perform(one, ours.lab(names))
        tidy(ours)
        outcome = _tried(one, seen, theirs, other_names)
        failures = failures + 1 if outcome.failure else 0
        yield outcome
        if failures == IN_A_ROW:
            raise OutOfReach(outcome.failure)
        tidy(theirs)


def _tried(one: Experiment, seen: tuple[Observation, ...], theirs: Side, names: Iterator[int]) -> Outcome:
    try:
        return Outcome(one.name, seen, perform(one, theirs.lab(names)))
    except Unanswered as error:
        return Outcome(one.name, seen, (), str(error))


def tidy(side: Side, passes: int = BETWEEN) -> sweep.Swept:
    """Remove what was made, after a lent number no longer names it."""
    if lent := side.ledger.head.get("lent"):
        loan.give_back(side, lent["number"], lent["kept"])
    return sweep.everything(side, passes=passes)

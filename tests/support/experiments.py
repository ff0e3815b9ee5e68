"""Run one experiment on a new sandbox, and read the observations that the tests expect."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from twilio.rest import Client

from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN
from futel_twilio.sandbox.experiments.lab import Lab, counter
from futel_twilio.sandbox.experiments.observations import Observation, Scrubber
from futel_twilio.sandbox.experiments.table import NUMBER, Experiment, perform
from futel_twilio.sandbox.experiments.traffic import Traffic
from futel_twilio.sandbox.server import Sandbox
from tests.support.paths import PROJECT
from tests.support.sandbox import sdk

MARK = "parity-0123456789"
EXPECTATIONS = PROJECT / "tests" / "sandbox" / "experiments" / "expectations"
PAUSE = 0.01


@dataclass(frozen=True)
class Tried:
    """The observations of an experiment, and how many resources of each type it tried to create."""

    seen: tuple[Observation, ...]
    makes: dict[str, int]


@contextmanager
def lab_at(base: str, number: str = "") -> Iterator[Lab]:
    """A lab at a sandbox, with the default account's token."""
    traffic = Traffic(MARK, base=base, number=number)
    make: Any = Client  # its constructor has no types
    client = make(
        DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN, http_client=traffic, environment={"NOTHING": "here"}
    )
    scrub = Scrubber(DEFAULT_ACCOUNT_SID, base)
    try:
        yield Lab(client, traffic, MARK, counter(), scrub, number=number, pause=PAUSE)
    finally:
        traffic.close()


def tried(experiment: Experiment) -> Tried:
    """Run one experiment on a new sandbox, with a phone number if it needs one."""
    with Sandbox() as box:
        number = ""
        if experiment.needs == NUMBER:
            with sdk(box.url) as client:
                number = client.incoming_phone_numbers.create(area_code="503").sid
        with lab_at(box.url, number) as lab:
            seen = perform(experiment, lab)
            return Tried(seen, dict(Counter(kind.name for kind in lab.traffic.attempts)))


def expected() -> dict[str, list[str]]:
    """The expected observations of each experiment, line by line; `…` at the end stands for any text."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(EXPECTATIONS.glob("*.txt")))
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    return {name: said.strip("\n").split("\n") for name, said in zip(parts[::2], parts[1::2], strict=True)}


def meets(line: str, wanted: str) -> bool:
    return line.startswith(wanted[:-1]) if wanted.endswith("…") else line == wanted

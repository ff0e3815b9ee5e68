"""What an experiment works with: the official client, unique names, and a list of observations."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

from twilio.base.exceptions import TwilioException
from twilio.base.values import unset
from twilio.rest import Client

from futel_twilio.sandbox.experiments.guard import ABSENT
from futel_twilio.sandbox.experiments.observations import Observation, Scrubber
from futel_twilio.sandbox.experiments.traffic import Answer, Traffic

UNSENT: Any = unset
GOOD_PASSWORD = "Abcdefgh12345"  # noqa: S105 - of credentials that live for a second
PATIENCE_SECONDS = 60.0
REFUSED = 400  # the first status of a refusal
Pick = Callable[[Answer], Any]


class CannotGoOn(Exception):
    """What an experiment needs first was refused."""


class Lab:
    """One experiment's view of one server.

    Args:
        client: the official client, over `traffic`.
        traffic: its HTTP layer.
        mark: what the names begin with.
        counter: numbers the names; shared by all experiments of a run, so that no name comes twice.
        scrub: turns what differs from run to run into placeholders.
        number: the SID of a phone number that may be touched; empty for none.
        pause: seconds between two reads of what comes late.
    """

    def __init__(
        self,
        client: Any,
        traffic: Traffic,
        mark: str,
        counter: Iterator[int],
        scrub: Scrubber,
        *,
        number: str = "",
        pause: float = 1.0,
    ) -> None:
        self.client = client
        self.traffic = traffic
        self.number = number
        self.seen: list[Observation] = []
        self._mark = mark
        self._counter = counter
        self._scrub = scrub
        self._pause = pause

    def name(self, length: int = 0, *, suffix: str = "") -> str:
        """A name that nobody has, filled up with `x` to a length if one is given."""
        name = f"{self._mark}-{next(self._counter):04}"
        self._scrub.expect(name)
        return f"{name}{suffix}".ljust(length, "x")

    def domain(self, under: str = "") -> str:
        """The name of a SIP domain that nobody has, perhaps under another."""
        return self.name(suffix=f".{under}" if under else ".sip.twilio.com")

    def url(self) -> str:
        """A URL that carries the mark and leads nowhere."""
        return f"https://example.com/{self.name()}"

    def absent(self, prefix: str) -> str:
        """The SID of something that is not there."""
        return prefix + ABSENT

    def path(self, rest: str) -> str:
        """The URL of a v2010 path of this account, for requests that the client has no method for."""
        return f"https://api.twilio.com/2010-04-01/Accounts/{self.client.account_sid}{rest}"

    def send(self, method: str, url: str, **form: str) -> Any:
        """Send a request that the client has no method for."""
        return self.client.request(method, url, data=form)

    def stranger(self, username: str, secret: str) -> Any:
        """A client of the same server that signs with something else."""
        make: Any = Client
        return make(
            username,
            secret,
            self.client.account_sid,
            http_client=self.traffic,
            environment={"NOTHING": "here"},
        )

    def make(self, call: Callable[[], Any]) -> Any:
        """Do what an experiment needs first.

        Raises:
            CannotGoOn: it was refused; the refusal is noted.
        """
        made = self._try(call)
        if self.traffic.last.status >= REFUSED:
            self._note("what was needed first", None)
            raise CannotGoOn
        return made

    def look(
        self, step: str, call: Callable[[], Any], pick: Pick | None = None, *, even_refused: bool = False
    ) -> Any:
        """Try something and note the answer. Return what the client returned, None if refused."""
        made = self._try(call)
        self._note(step, pick, even_refused=even_refused)
        return made

    def attempt(self, call: Callable[[], Any]) -> bool:
        """Try something without noting it. Return whether it was done."""
        self._try(call)
        return self.traffic.last.status < REFUSED

    def wait(self, step: str, call: Callable[[], Any], pick: Pick, enough: Callable[[Any], bool]) -> None:
        """Read what may come late until it is there, for a minute at most, and note the last answer."""
        deadline = time.monotonic() + PATIENCE_SECONDS * self._pause
        while True:
            self._try(call)
            there = self.traffic.last.status < REFUSED and enough(pick(self.traffic.last))
            if there or time.monotonic() > deadline:
                break
            time.sleep(self._pause)
        self._note(step, pick)

    def tell(self, step: str, value: Any) -> None:
        """Note one value for many requests."""
        self._add(Observation(step, 200, value=self._scrub.clean(value)))

    def _try(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except TwilioException:
            if self.traffic.last.status < REFUSED:  # the client choked on a success
                raise
            return None

    def _note(self, step: str, pick: Pick | None, *, even_refused: bool = False) -> None:
        answer = self.traffic.last
        code, message, value = None, "", None
        if answer.status >= REFUSED and isinstance(answer.body, dict):
            code, message = answer.body.get("code"), self._scrub.text(str(answer.body.get("message", "")))
        if pick is not None and (answer.status < REFUSED or even_refused):
            value = self._scrub.clean(pick(answer))
        self._add(Observation(step, answer.status, code, message, value))

    def _add(self, observation: Observation) -> None:
        if any(observation.step == seen.step for seen in self.seen):
            raise ValueError(f"an experiment has two steps called {observation.step!r}")
        self.seen.append(observation)


def counter() -> Iterator[int]:
    return itertools.count(1)


def whole(answer: Answer) -> Any:
    """The whole body."""
    return answer.body


def keys(answer: Answer) -> list[str]:
    """The keys of the body, without what stands behind them."""
    return sorted(answer.body)


def fields(*names: str) -> Pick:
    """Some fields of the body."""
    return lambda answer: {name: answer.body.get(name, "(absent)") for name in names}


def items(field: str) -> Pick:
    """One field of every item of a list on one page, in its order."""
    return lambda answer: [item.get(field, "(absent)") for item in _list(answer.body)]


def of_run(lab: Lab, field: str) -> Pick:
    """The same of the run's own items alone, sorted: for lists in which others' things stand too."""
    return lambda answer: sorted(
        str(item[field])
        for item in _list(answer.body)
        if lab._mark in str(item)  # noqa: SLF001
    )


def header(name: str) -> Pick:
    return lambda answer: answer.headers.get(name)


def _list(body: Any) -> list[dict[str, Any]]:
    """The list of a body, whatever it is called."""
    return next((value for value in body.values() if isinstance(value, list)), [])

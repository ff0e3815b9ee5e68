"""Faults on demand, by request pattern and count, of this process, in its memory.

A fault is written `METHOD PATH FAULT[=VALUE] [fromN] [xN]`, for instance `POST */Applications.json reset-after x1`:

- METHOD: GET, POST, DELETE or any other method of HTTP, or `*` for any
- PATH: a glob over the whole path when it has a `*` or a `?`, a part of the path otherwise
- FAULT: one of the names below; VALUE is in milliseconds or seconds, as the fault says
- fromN: not before the N-th request that matches; xN: at most N times. Without them: the first, and for ever.

A request has one fault: the first, in the order they were set, that matches and is due.
"""

from __future__ import annotations

import math
import re
import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.engine.errors import Refusal, unauthenticated

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

# Where the application tells the listener how this connection ends.
ENDING = "futel_twilio.sandbox.ending"
GRAMMAR = "METHOD PATH FAULT[=VALUE] [fromN] [xN]"
METHODS = ("GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS", "*")
LONGEST = 600_000.0

# GUESS: 20429 and 20500 are in Twilio's dictionary; the live wordings are not recorded.
TOO_MANY = Refusal(429, 20429, "Too Many Requests")
BROKEN = Refusal(500, 20500, "An internal server error has occurred")
# GUESS: what stands before Twilio's API answers in HTML when nothing stands behind it.
HTML = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>\n"


@dataclass(frozen=True)
class FaultKind:
    """One way to go wrong. With `instead` the request is not carried out; status 0 is no answer at all."""

    says: str
    instead: Refusal | None = None
    page: str = ""  # an HTML page in place of the body
    ending: str = ""  # what the listener does with the socket: reset, silence, half
    unit: str = ""
    usual: float | None = None


UNANSWERED = Refusal(0, 0, "")
FAULT_KINDS = {
    "latency": FaultKind("answered VALUE milliseconds late", unit="milliseconds", usual=1000),
    "429": FaultKind("429; VALUE is the Retry-After header, absent without it", TOO_MANY, unit="seconds"),
    "500": FaultKind("500 with a Twilio error body", BROKEN),
    "503": FaultKind(
        "503 with an HTML page", Refusal(503, 0, ""), page="503 Service Temporarily Unavailable"
    ),
    "401": FaultKind("401, whoever asks", unauthenticated()),
    "reset-before": FaultKind("connection reset, nothing carried out", UNANSWERED, ending="reset"),
    "reset-after": FaultKind("carried out, then the connection is reset", ending="reset"),
    "timeout": FaultKind(
        "nothing carried out, nothing answered for VALUE seconds, then closed",
        UNANSWERED,
        ending="silence",
        unit="seconds",
        usual=60,
    ),
    "timeout-after": FaultKind(
        "carried out, nothing answered for VALUE seconds, then closed",
        ending="silence",
        unit="seconds",
        usual=60,
    ),
    "truncated": FaultKind("carried out; half of the promised body, then closed", ending="half"),
    "not-json": FaultKind("carried out; the body is an HTML page", page="It works!"),
    "stale": FaultKind("a GET that does not see the latest write to its collection"),
}


def describe_faults() -> str:
    """The grammar and every fault, as the help shows them."""
    lines = [f"A fault is written: {GRAMMAR}", "for instance: 'POST */Applications.json reset-after x1'", ""]
    lines += [
        f"METHOD: {', '.join(METHODS[:-1])}, or * for any.",
        "PATH: a glob with * or ?, or else a part of the path.",
        "fromN: not before the N-th matching request.  xN: at most N times.  Neither: always.",
        "",
    ]
    return "\n".join(lines + [f"  {name:14}{kind.says}{_usual(kind)}" for name, kind in FAULT_KINDS.items()])


def _usual(kind: FaultKind) -> str:
    return "" if kind.usual is None else f"; without VALUE {kind.usual:g}"


def is_path(path: str, sought: str) -> bool:
    """Whether a path is meant: by a glob when it has a `*` or a `?`, by a part of it otherwise."""
    return fnmatchcase(path, sought) if re.search(r"[*?]", sought) else sought in path


@dataclass(frozen=True)
class Fault:
    """One fault. ValueError when it cannot exist."""

    method: str
    path: str
    name: str
    value: float | None = None
    times: int | None = None
    start: int = 1

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"a fault's method is one of {', '.join(METHODS)}")
        if self.name not in FAULT_KINDS:
            raise ValueError(f"no fault is called {self.name}: they are {', '.join(FAULT_KINDS)}")
        if self.name == "stale" and self.method not in {"GET", "*"}:
            raise ValueError("stale is a fault of GET: nothing else reads")
        self._judge_numbers()

    def _judge_numbers(self) -> None:
        if not self.path or self.start < 1 or (self.times is not None and self.times < 1):
            raise ValueError("a fault needs a path, and its counts begin at 1")
        if self.value is not None and not self.kind.unit:
            raise ValueError(f"{self.name} takes no value")
        if self.value is not None and not 0 <= self.value <= LONGEST:
            raise ValueError(f"a fault's value is a number from 0 to {LONGEST:.0f}")

    @property
    def kind(self) -> FaultKind:
        return FAULT_KINDS[self.name]

    @property
    def amount(self) -> float:
        return (self.kind.usual or 0) if self.value is None else self.value

    def matches(self, method: str, path: str) -> bool:
        if self.method not in {method, "*"} or (self.name == "stale" and method != "GET"):
            return False
        return is_path(path, self.path)

    def __str__(self) -> str:
        value = "" if self.value is None else f"={self.value:g}"
        start = f" from{self.start}" if self.start > 1 else ""
        times = "" if self.times is None else f" x{self.times}"
        return f"{self.method} {self.path} {self.name}{value}{start}{times}"

    def dress(self, response: Response) -> None:
        """Apply the fault to an answer."""
        if self.name == "429" and self.value is not None:
            response.headers["Retry-After"] = f"{self.value:g}"
        if self.kind.page:
            # A 204 cannot carry a page.
            response.status_code = 200 if response.status_code == 204 else response.status_code  # noqa: PLR2004
            response.content_type = "text/html"
            response.set_data(HTML.format(self.kind.page))


COUNT = re.compile(r"(from|x)([0-9]{1,9})")


def parse(text: str) -> Fault:
    """Read one fault as the module's docstring writes it; ValueError says which part is wrong."""
    words = text.split()
    if len(words) < 3:  # noqa: PLR2004 - METHOD PATH FAULT
        raise ValueError(f"a fault is written {GRAMMAR}, not {text!r}")
    method, path, named, *rest = words
    name, equals, value = named.partition("=")
    given = _counts(rest)
    return Fault(
        method.upper(),
        path,
        name,
        _value(name, value) if equals and name in FAULT_KINDS else None,
        given.get("x"),
        given.get("from", 1),
    )


def _counts(words: list[str]) -> dict[str, int]:
    given: dict[str, int] = {}
    for word in words:
        found = COUNT.fullmatch(word)
        if found is None or found[1] in given:
            raise ValueError(
                f"after the fault stand fromN and xN, each once and with a whole number, not {word!r}"
            )
        given[found[1]] = int(found[2])
    return given


def _value(name: str, text: str) -> float:
    if not re.fullmatch(r"[0-9]+(\.[0-9]*)?|\.[0-9]+", text):
        of = f" of {FAULT_KINDS[name].unit}" if FAULT_KINDS[name].unit else ""
        raise ValueError(f"the VALUE of {name} is a number{of}, not {text!r}")
    return _number(text)


def read(sent: dict[str, Any]) -> Fault:
    """Read one fault out of JSON: `rule` alone, or method, path, fault, value, times and from."""
    if "rule" in sent:
        return parse(str(sent["rule"]))
    unknown = sorted(set(sent) - {"method", "path", "fault", "value", "times", "from"})
    if unknown:
        raise ValueError(f"a fault has no {', '.join(unknown)}")
    value, times = sent.get("value"), sent.get("times")
    return Fault(
        str(sent.get("method", "*")).upper(),
        str(sent.get("path", "")),
        str(sent.get("fault", "")),
        None if value is None else _number(value),
        None if times is None else _whole(times),
        _whole(sent.get("from", 1)),
    )


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("a fault's value is a number that a float holds")
    return number


def _whole(value: Any) -> int:
    if not re.fullmatch("[0-9]{1,9}", str(value)):
        raise ValueError("a fault's counts are whole numbers")
    return int(value)


@dataclass
class _Armed:
    fault: Fault
    seen: int = 0
    fired: int = 0

    def is_due(self) -> bool:
        most = self.fault.times
        return self.seen >= self.fault.start and (most is None or self.fired < most)


class Faults:
    """The faults that are set; safe for many threads."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []
        self._guard = threading.Lock()

    def set(self, fault: Fault) -> None:
        with self._guard:
            self._armed.append(_Armed(fault))

    def clear(self) -> None:
        with self._guard:
            self._armed = []

    def take(self, method: str, path: str) -> Fault | None:
        """Count a request, and return the fault that is due, if any."""
        if not self._armed:
            return None
        with self._guard:
            matching = [armed for armed in self._armed if armed.fault.matches(method, path)]
            for armed in matching:
                armed.seen += 1
            due = next((armed for armed in matching if armed.is_due()), None)
            if due is None:
                return None
            due.fired += 1
            return due.fault

    def shown(self) -> list[dict[str, Any]]:
        with self._guard:
            return [
                {
                    "rule": str(armed.fault),
                    "method": armed.fault.method,
                    "path": armed.fault.path,
                    "fault": armed.fault.name,
                    "value": armed.fault.value,
                    "times": armed.fault.times,
                    "from": armed.fault.start,
                    "matched": armed.seen,
                    "fired": armed.fired,
                }
                for armed in self._armed
            ]

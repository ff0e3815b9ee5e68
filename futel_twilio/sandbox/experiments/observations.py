"""What an answer is reduced to: the same text at any account and server that behaves the same.

Whatever differs from run to run becomes a placeholder: names are numbered in the order in which they were made
up, SIDs in the order in which they appear within one experiment. What is secret or somebody's own becomes one too.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

NAME = re.compile(r"parity-[0-9a-f]{10}-([0-9]{4})")
ABSENT = re.compile(r"\b([A-Z]{2})f{32}\b")
FIXED = (
    (re.compile(r"(?<=PageToken=)[A-Za-z0-9_.-]+"), "<token>"),
    (re.compile(r"\b[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} \+0000"), "<RFC 2822 date>"),
    (re.compile(r"\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z"), "<ISO 8601 date>"),
    (re.compile(r"https?://(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?(?=/)"), "<host>"),
    (re.compile(r"https://(?:api|voice|monitor|events)\.(?:[a-z0-9-]+\.)*twilio\.com(?=/)"), "<host>"),
    (re.compile(r"(x)\1{7,}"), "x..."),
)
SID = re.compile(r"\b([A-Z]{2})[0-9a-fA-F]{32}\b")
HIDDEN = frozenset({"auth_token", "source_ip_address", "request_headers", "response_headers"})
MEASURED = frozenset({"secret"})  # how long it is belongs to how Twilio behaves


@dataclass(frozen=True)
class Observation:
    """One answer: what was tried, HTTP status, Twilio's code and message if it refused, and what was read."""

    step: str
    status: int
    code: int | None = None
    message: str = ""
    value: Any = None

    @property
    def said(self) -> str:
        """The answer on one line."""
        words = [str(self.status) if self.code is None else f"{self.status}/{self.code}", self.message]
        if self.value is not None:
            words.append(json.dumps(self.value, ensure_ascii=False))
        return " ".join(word for word in words if word)

    @property
    def line(self) -> str:
        return f"{self.step}: {self.said}"

    def as_json(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if value not in (None, "")}


class Scrubber:
    """The placeholders of one experiment.

    Args:
        account: the account's SID.
        base: the server's URL, if it is not Twilio's own.
    """

    def __init__(self, account: str, base: str = "") -> None:
        self._account = account
        self._base = base.rstrip("/")
        self._seen: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def clean(self, value: Any) -> Any:
        """The same value with placeholders; dictionaries sorted by key."""
        if isinstance(value, dict):
            pairs = sorted((str(key), inner) for key, inner in value.items())
            return {key: _hidden(key, inner) or self.clean(inner) for key, inner in pairs}
        if isinstance(value, list | tuple):
            return [self.clean(inner) for inner in value]
        return self.text(value) if isinstance(value, str) else value

    def expect(self, name: str) -> None:
        """Number a name now, so that the order in which names appear can be told from that of their making."""
        self.text(name)

    def text(self, text: str) -> str:
        if self._base:
            text = text.replace(f"{self._base}/", "<host>/")
        text = text.replace(self._account, "<account>")
        text = ABSENT.sub(r"<no \1>", text)
        text = NAME.sub(lambda found: self._numbered("name", found[0]), text)
        for pattern, instead in FIXED:
            text = pattern.sub(instead, text)
        return SID.sub(lambda found: self._numbered(found[1], found[0]), text)

    def _numbered(self, kind: str, found: str) -> str:
        if found not in self._seen:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._seen[found] = f"<{kind} {self._counts[kind]}>"
        return self._seen[found]


def _hidden(key: str, value: Any) -> str:
    if not value or key not in HIDDEN | MEASURED:
        return ""
    return f"<{len(str(value))} characters>" if key in MEASURED else "<hidden>"


def differences(ours: Iterable[Observation], theirs: Iterable[Observation]) -> list[tuple[str, str, str]]:
    """Step by step, where two runs of one experiment differ: the step, what each side said.

    A step that one side never came to reads `(nothing)` there.
    """
    left, right = _by_step(ours), _by_step(theirs)
    steps = list(dict.fromkeys([*left, *right]))
    pairs = [(step, left.get(step, "(nothing)"), right.get(step, "(nothing)")) for step in steps]
    return [pair for pair in pairs if pair[1] != pair[2]]


def _by_step(seen: Iterable[Observation]) -> dict[str, str]:
    return {observation.step: observation.said for observation in seen}

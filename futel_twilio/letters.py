"""Texts of somebody else's, made fit to be shown: what can be printed, how wide it is, where it is broken."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.findings import Box

MOST_LINES = 6  # of a label; the whole of it is in the box's title
MONOSPACED = 0.61  # how wide a letter is, for its size: labels are measured without a browser

# What XML cannot carry, and what would move a terminal's cursor or turn the reading direction.
_UNPRINTABLE = re.compile(
    "[^\\t\\n\\r -~\\xa0-\u2029\u202f-\u2065\u206a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
_PIECES = re.compile(r"[^-./:_@ ]*[-./:_@ ]+|[^-./:_@ ]+")

_Some = TypeVar("_Some", str, "list[Box]", "tuple[Box, ...]")


def printable(text: str) -> str:
    """A text of somebody else's without what is no character to read."""
    return _UNPRINTABLE.sub("\ufffd", text)


def room(width: float, size: float) -> int:
    """How many letters stand beside each other."""
    return int((width - 2 * pad(size)) / (size * MONOSPACED))


def pad(size: float) -> int:
    """Beside the texts; so little in half a column that a phone number stands on one line."""
    return 6 if size > 11 else 4  # noqa: PLR2004  # as in _cell


def wrapped(label: str, room: int) -> tuple[str, ...]:
    """A label in lines, broken after its own punctuation where it has some."""
    lines = [""]
    for piece in _PIECES.findall(label):
        for part in batched(piece, room if piece.isascii() else max(1, room // 2)):
            if _wide(lines[-1]) + _wide(part.rstrip()) > room:
                lines.append("")
            lines[-1] += part
    lines = [line.rstrip() for line in lines]
    return tuple(lines) if len(lines) <= MOST_LINES else (*lines[: MOST_LINES - 1], "…")


def _wide(text: str) -> int:
    return sum(1 if letter.isascii() else 2 for letter in text)


def batched(things: _Some, count: int) -> Iterator[_Some]:
    for at in range(0, len(things), count):
        yield things[at : at + count]

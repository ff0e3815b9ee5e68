"""Measure and wrap the text of the diagram."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.audit.results import Node

MOST_LINES = 6  # of a label; the whole of it is in the box's title
MONOSPACED = 0.61  # how wide a letter is, for its size: labels are measured without a browser

_PIECES = re.compile(r"[^-./:_@ ]*[-./:_@ ]+|[^-./:_@ ]+")

_Some = TypeVar("_Some", str, "list[Node]", "tuple[Node, ...]")


def width_of(width: float, size: float) -> int:
    """How many letters stand beside each other."""
    return int((width - 2 * pad(size)) / (size * MONOSPACED))


def pad(size: float) -> int:
    """Beside the texts; so little in half a column that a phone number stands on one line."""
    return 6 if size > 11 else 4  # noqa: PLR2004  # as in _cell


def wrap(label: str, room: int) -> tuple[str, ...]:
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

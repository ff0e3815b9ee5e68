"""In which line of a file a place stands, so that a fault there is found at once. No I/O."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

KEY = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
KEYS = rf"{KEY}(?:[ \t]*\.[ \t]*{KEY})*"
HEADER = re.compile(rf"[ \t]*\[\[?[ \t]*({KEYS})[ \t]*\]")
SETTING = re.compile(rf"[ \t]*({KEYS})[ \t]*=")


def lines_of_toml(text: str) -> dict[str, int]:
    """Where each place of a TOML file is first named."""
    found: dict[str, int] = {}
    table: tuple[str, ...] = ()
    for number, line in _outside_of_long_texts(text):
        header, setting = HEADER.match(line), SETTING.match(line)
        if header:
            table = _steps(header[1])
        named = table if header else (*table, *_steps(setting[1])) if setting else ()
        for length in range(1, len(named) + 1):
            found.setdefault(".".join(named[:length]), number)
    return found


def with_lines(
    text: str, faults: Iterable[str], lines_of: Callable[[str], dict[str, int]] = lines_of_toml
) -> list[str]:
    """Faults of a file, each as `place: what is wrong`, with the line where the place begins.

    Args:
        text: the file.
        faults: of several places, `one and another`, the first counts.
        lines_of: finds the lines of the places in a text of this format.
    """
    lines: dict[str, int] | None = None
    placed = []
    for fault in faults:
        lines = lines_of(text) if lines is None else lines
        line = _line_of(fault.split(": ", 1)[0].split(" and ", 1)[0], lines)
        placed.append(f"{fault} (line {line})" if line else fault)
    return placed


def _line_of(place: str, lines: dict[str, int]) -> int:
    """The line of a place, or of what it is in; 0 where neither stands in the file."""
    while place and place not in lines:
        place = place.rpartition(".")[0]
    return lines.get(place, 0)


def _outside_of_long_texts(text: str) -> Iterator[tuple[int, str]]:
    """The lines with their numbers, without those that a text of several lines is continued in."""
    closing = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not closing:
            yield number, line
        for mark in ('"""', "'''"):
            if closing in ("", mark) and line.count(mark) % 2:
                closing = "" if closing else mark
                break


def _steps(keys: str) -> tuple[str, ...]:
    """The steps of a dotted key, its quotes read."""
    try:
        at: Any = tomllib.loads(f"{keys} = 0")
    except ValueError:
        return ()
    steps = []
    while isinstance(at, dict):
        ((step, at),) = at.items()
        steps.append(step)
    return tuple(steps)

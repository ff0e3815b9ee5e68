"""A file's text with a change: parsed and compared with the intended change before it replaces the old text.

Libraries that rewrite TOML have put lines into the wrong table (tomlkit 588 and 531). So each way to make the
change only proposes a text; the first that says just what is meant, and keeps the rest, is taken. Where none
does, the error says what to write by hand. Line ends and a byte order mark stay as they are.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from futel_twilio.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

MARK = "\ufeff"
MANY_LINES = 20_000  # of a change that is compared line by line


def plain(text: str) -> str:
    """A text without its byte order mark and with the line ends of Unix, to be parsed and changed."""
    return text.removeprefix(MARK).replace("\r\n", "\n")


def first_exact(
    path: Path,
    before: str,
    ways: Iterable[Callable[[str], str]],
    parse: Callable[[str], Any],
    meant: Sequence[Any],
    by_hand: Sequence[str],
    most_lost: int | None = None,
) -> str:
    """The first proposed text that makes exactly the intended change.

    Args:
        path: the file, for the error.
        before: its text, as it is on disk.
        ways: each makes the change in a text with the line ends of Unix.
        parse: a text -> what it says.
        meant: what the new text may say.
        by_hand: the lines to write by hand.
        most_lost: how many lines of the old text may change or go, none of them a comment; None: any.

    Raises:
        BadInput: no way does; nothing was written.
    """
    body = plain(before)
    for way in ways:
        try:
            after = way(body)
            found = parse(after)
        except Exception:  # noqa: BLE001, S112  # whatever a library dies of, the next way may do
            continue
        if any(is_same(found, one) for one in meant) and _keeps(body, after, most_lost):
            return (MARK if before.startswith(MARK) else "") + _with_ends_of(before.removeprefix(MARK), after)
    raise BadInput(
        f"{path.name} is written in a way in which this change cannot be made without touching the rest of it.",
        f"Write this into {path.name} by hand, and run the command again.",
        tuple(by_hand),
    )


def is_same(one: Any, other: Any) -> bool:
    """Whether two documents say the same: true is not 1, and the order of a table does not count."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(is_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return bool(one == other)


def _keeps(before: str, after: str, most_lost: int | None) -> bool:
    if most_lost is None:
        return True
    lost = [line for line in _lost(before.split("\n"), after.split("\n")) if line.strip()]
    return len(lost) <= most_lost and not any(line.lstrip().startswith("#") for line in lost)


def _lost(before: list[str], after: list[str]) -> Iterator[str]:
    for tag, start, end, _start, _end in _opcodes(before, after):
        if tag != "equal":
            yield from before[start:end]


def _opcodes(before: list[str], after: list[str]) -> list[tuple[str, int, int, int, int]]:
    """What became of each line; the lines at both ends that are the same are not compared with all others."""
    shortest = min(len(before), len(after))
    head = next((i for i in range(shortest) if before[i] != after[i]), shortest)
    tail = next((i for i in range(shortest - head) if before[-1 - i] != after[-1 - i]), shortest - head)
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    if max(len(old), len(new)) > MANY_LINES:
        raise ValueError("too many lines change")
    inner = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [
        ("equal", 0, head, 0, head),
        *((tag, a + head, b + head, c + head, d + head) for tag, a, b, c, d in inner),
        ("equal", len(before) - tail, len(before), len(after) - tail, len(after)),
    ]


def _with_ends_of(before: str, after: str) -> str:
    """A text with the line ends of the one that it replaces: each line its own, a new line those of the most."""
    if "\r\n" not in before:
        return after
    raw, new = before.split("\n"), after.split("\n")
    end = "\r" if before.count("\r\n") * 2 > len(raw) - 1 else ""
    found: list[str] = []
    for tag, start, stop, new_start, new_stop in _opcodes([line.removesuffix("\r") for line in raw], new):
        if tag != "equal":
            # A line that is written anew ends as the one that it replaces.
            ends = ["\r" if line.endswith("\r") else "" for line in raw[start:stop]]
            lines = new[new_start:new_stop]
            found += [line + (ends[at] if at < len(ends) else end) for at, line in enumerate(lines)]
            continue
        found += raw[start:stop]
        if start < stop == len(raw) and new_stop < len(new):
            found[-1] += end  # the last line had no end, and lines come behind it now
    found[-1] = found[-1].removesuffix("\r")
    return "\n".join(found)

"""A command made ready: the account before it, each of its requests, the account after it; can be sent to a worker."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.matrix import kill
from tests.matrix.arena import ROOT
from tests.matrix.commands import BY_NAME

if TYPE_CHECKING:
    from tests.matrix.arena import Arena, State
    from tests.matrix.commands import Command
    from tests.matrix.reading import Files, Reading

SID = re.compile(r"([A-Z]{2})[0-9a-f]{8}0*([0-9a-f]+)\b")


@dataclass(frozen=True)
class Asked:
    """One request of a clean run: the n-th of its method and path, and the n-th of all."""

    method: str
    path: str
    nth: int
    of_all: int

    def __str__(self) -> str:
        short = SID.sub(r"\1\2", self.path.removeprefix(ROOT)).removesuffix(".json")
        return f"{self.method} {short} {self.nth}"


@dataclass(frozen=True)
class Stage:
    """A command with what a clean run of it tells."""

    name: str
    state: State
    before: Reading
    files_before: Files
    after: Reading
    files_after: Files
    requests: tuple[Asked, ...]
    touches: int
    runs_before: int

    @property
    def command(self) -> Command:
        return BY_NAME[self.name]


def made(arena: Arena, command: Command, empty: State) -> Stage:
    """Make what stands before a command, and run it once with nothing in its way."""
    arena.restore(empty)
    command.prepare(arena)
    state, before, files_before = arena.keep(), arena.account(), arena.files()
    runs_before = len(arena.journal().entries())
    arena.restore(state)
    ended = arena.type(command.typed)
    requests = _numbered([(one.method, one.path) for one in arena.box.requests()])
    after, files_after = arena.account(), arena.files()
    wrong = [says for says, holds in command.claims(after, files_after) if not holds]
    if ended.code or wrong or after.duplicates:
        raise AssertionError(f"{command.name} with nothing in its way: {ended}, {wrong}, {after.duplicates}")
    arena.restore(state)
    touches = kill.touches(arena, command.typed)
    return Stage(
        command.name, state, before, files_before, after, files_after, requests, touches, runs_before
    )


def _numbered(found: list[tuple[str, str]]) -> tuple[Asked, ...]:
    seen: Counter[tuple[str, str]] = Counter()
    asked = []
    for of_all, one in enumerate(found, 1):
        seen[one] += 1
        asked.append(Asked(*one, seen[one], of_all))
    return tuple(asked)

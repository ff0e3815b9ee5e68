"""Every case of the matrix, and a sample of them that holds every command with every fault."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.matrix import columns
from tests.matrix.columns import AT_A_FILE, COLUMNS, THENS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.matrix.columns import Column, Reach, Then
    from tests.matrix.stage import Asked, Stage

THROUGHOUT = "promote"  # the command of which a sample holds each request with each fault


@dataclass(frozen=True)
class Case:
    """One case: a command, what strikes it where and for how long, and how it is taken up."""

    command: str
    column: str
    reach: Reach
    then: Then
    place: int
    asked: Asked | None = None

    @property
    def fault(self) -> Column:
        return columns.BY_NAME[self.column]

    @property
    def where(self) -> str:
        return str(self.asked) if self.asked else f"file {self.place}"

    def __str__(self) -> str:
        return f"{self.command} | {self.where} | {self.column} | {self.reach} | {self.then}"


def all_of(stage: Stage) -> Iterator[Case]:
    """Every case of one command."""
    for place, asked in enumerate(stage.requests, 1):
        for column in COLUMNS:
            for reach in _reaches(column, asked, stage):
                for then in _thens(column, reach, stage):
                    yield Case(stage.name, column.name, reach, then, place, asked)
    for place in range(1, stage.touches + 1):
        for then in THENS:
            yield Case(stage.name, AT_A_FILE.name, "once", then, place)


def _reaches(column: Column, asked: Asked, stage: Stage) -> tuple[Reach, ...]:
    """How long a fault can last.

    Nobody can recognize a reading that never shows what was written before the run. So such a reading is stale once;
    it stays stale only for what the run itself writes.
    """
    if not column.strikes(asked.method):
        return ()
    first_write = next(one.of_all for one in stage.requests if one.method != "GET")
    is_late = column.fault == "stale" and asked.of_all < first_write
    return tuple(reach for reach in column.reaches if not (is_late and reach == "always"))


def _thens(column: Column, reach: Reach, stage: Stage) -> tuple[Then, ...]:
    """A run that was killed is taken up in every way; so is one that is all or nothing and could be neither."""
    return THENS if column.kills or (reach == "outage" and stage.command.as_one) else THENS[:1]


def sample(cases: Iterable[Case], size: int, seed: int) -> list[Case]:
    """A sample: each command with each fault, each request of `promote` with each fault, and others up to a size."""
    # Which cases, not whether anybody could foresee them.
    chance = random.Random(seed)  # noqa: S311
    mixed = list(cases)
    chance.shuffle(mixed)
    musts = dict.fromkeys(
        (
            *_first_of_each(mixed, lambda case: (case.command, case.column)),
            *_first_of_each(
                [case for case in mixed if case.command == THROUGHOUT], lambda case: (case.where, case.column)
            ),
        )
    )
    others = (case for case in mixed if case not in musts)
    return [*musts, *(case for case, _ in zip(others, range(size - len(musts)), strict=False))]


def _first_of_each(cases: Iterable[Case], what: Callable[[Case], tuple[str, str]]) -> Iterator[Case]:
    seen = set()
    for case in cases:
        if what(case) not in seen:
            seen.add(what(case))
            yield case

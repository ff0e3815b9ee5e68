"""Cases played on several cores, each process with its own arena."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING

from tests.matrix import arena, kill
from tests.matrix.play import play

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.matrix.arena import Arena
    from tests.matrix.cases import Case
    from tests.matrix.play import Result
    from tests.matrix.stage import Stage

NEWS_EVERY = 100
CHUNK = 4


class Worker:
    """What a process that plays cases has open."""

    arena: Arena
    stages: dict[str, Stage]


def open_worker(stages: dict[str, Stage]) -> None:
    stack = ExitStack()
    Worker.arena, Worker.stages = stack.enter_context(arena.opened()), stages
    Finalize(None, stack.close, exitpriority=1)  # a child of multiprocessing does not come to `atexit`


def play_one(case: Case) -> Result:
    return play(Worker.arena, Worker.stages[case.command], case)


def played(cases: Sequence[Case], stages: dict[str, Stage], processes: int) -> Iterator[Result]:
    """Play cases on several cores, and tell on stderr how far it is."""
    with ProcessPoolExecutor(processes, kill.PROCESSES, open_worker, (stages,)) as pool:
        for number, result in enumerate(pool.map(play_one, cases, chunksize=CHUNK), 1):
            if result.losses:
                sys.stderr.write(f"LOSS  {result.case}\n")
            if number % NEWS_EVERY == 0:
                sys.stderr.write(f"{number} of {len(cases)}\n")
            yield result

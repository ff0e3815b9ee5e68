"""`python -m tests.matrix`: every command, at each of its requests, against every fault.

Exit code 0: no loss. 1: losses, each named with how to see it again. 2: it could not look.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.matrix import arena, kill
from tests.matrix.cases import all_of, sample
from tests.matrix.commands import BY_NAME, COMMANDS
from tests.matrix.stage import made
from tests.matrix.tally import Tally
from tests.matrix.workers import played

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tests.matrix.cases import Case
    from tests.matrix.stage import Stage

SAMPLE = 600


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    add = parser.add_argument
    add("--command", action="append", default=[], choices=BY_NAME, help="this command; repeatable")
    add("--only", action="append", default=[], metavar="TEXT", help="cases whose name holds this; repeatable")
    add("--case", metavar="NAME", help="one case by its whole name, with all that it said")
    add(
        "--sample",
        type=int,
        nargs="?",
        const=SAMPLE,
        metavar="SIZE",
        help=f"every command with every fault, and others up to {SAMPLE}",
    )
    add("--seed", type=int, default=0, help="which ones, and in which order")
    add("--json", type=Path, metavar="FILE", help="write what it came to, as JSON")
    add("--list", action="store_true", help="say which cases there are, and play none")
    add("--processes", type=int, default=os.cpu_count() or 2, help="as many as there are cores, if not given")
    return parser.parse_args(argv)


def chosen(stages: dict[str, Stage], given: argparse.Namespace) -> list[Case]:
    cases = [case for stage in stages.values() for case in all_of(stage)]
    if given.case:
        return [case for case in cases if str(case) == given.case]
    cases = [case for case in cases if all(text in str(case) for text in given.only)]
    return sample(cases, len(cases) if given.sample is None else given.sample, given.seed)


def made_ready(names: Collection[str]) -> dict[str, Stage]:
    """The commands of these names made ready; all if there are none."""
    with arena.opened() as place:
        empty = place.keep()
        return {one.name: made(place, one, empty) for one in COMMANDS if not names or one.name in names}


def main(argv: Sequence[str] | None = None) -> int:
    given = arguments(argv)
    kill.project_on_path()
    stages = made_ready([given.case.partition(" | ")[0]] if given.case else given.command)
    cases = chosen(stages, given)
    if not cases:
        sys.stderr.write("There is no such case: `--list` names them.\n")
        return 2
    if given.list:
        sys.stdout.writelines(f"{case}\n" for case in cases)
        return 0
    tally = Tally()
    for result in played(cases, stages, min(given.processes, len(cases))):
        tally.add(result)
    _tell(tally, given)
    return 1 if tally.lost else 0


def _tell(tally: Tally, given: argparse.Namespace) -> None:
    sys.stdout.writelines(f"{line}\n" for line in tally.reported())
    if given.case:
        sys.stdout.writelines(f"--- said\n{words}\n" for result in tally.results for words in result.said)
    if given.json:
        document: dict[str, Any] = tally.as_json()
        given.json.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())

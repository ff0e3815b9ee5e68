"""`python -m tests.bench MODULES`: measures, prints tables, and writes bench.json and bench.svg here."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import commands, growth, picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .machine import Cost

HERE = Path(__file__).parent
JSON, PICTURE = HERE / "bench.json", HERE / "bench.svg"


def main(arguments: Sequence[str]) -> int:
    """Measure all of it, in one run on one machine."""
    modules = Path(arguments[0]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        empty, listed, ours = commands.start(directory)
        _say("", "wall s", "processor s", "MB")
        for name, cost in (
            ("an empty invoke task", empty),
            ("--list, empty", listed),
            ("--list, ours", ours),
        ):
            _say(name, f"{cost.wall:.3f}", f"{cost.processor:.3f}", f"{cost.memory:.0f}")
        _say("--list beside the empty one", f"{ours.wall / listed.wall:.2f}")
        rows = _compare(modules, directory, empty.wall)
        grown = _grow(directory)
    document = {
        "start": {"empty_task": asdict(empty), "list_empty": asdict(listed), "list_ours": asdict(ours)},
        "beside": rows,
        "growth": grown,
    }
    JSON.write_text(json.dumps(document, indent=1) + "\n")
    return 0


def _compare(modules: Path, directory: Path, empty: float) -> list[dict[str, Any]]:
    print()
    _say("", "wall s", "requests", "trips", "processor s", "MB", "times as fast", "of the limit")
    found = []
    for row in commands.compared(modules, directory, empty):
        _say(f"{row.name}, {row.latency} ms: CLI", *_figures(row.old))
        _say(
            f"{row.name}, {row.latency} ms: invoke",
            *_figures(row.ours),
            f"{row.times:.1f}",
            f"{row.over:.2f}",
        )
        found.append(row)
    PICTURE.write_text(picture.drawn(found))
    return [{**asdict(row), "times": row.times, "limit": row.limit, "over": row.over} for row in found]


def _grow(directory: Path) -> list[dict[str, Any]]:
    print()
    _say("", "wall s", "requests", "trips", "processor s", "MB")
    found = []
    for row in growth.measured(directory):
        _say(f"{row.command}: {row.size} {row.of}", *_figures(row.cost))
        found.append(asdict(row))
    return found


def _figures(cost: Cost) -> tuple[str, ...]:
    return (
        f"{cost.wall:.2f}",
        str(cost.requests),
        str(cost.trips),
        f"{cost.processor:.2f}",
        f"{cost.memory:.0f}",
    )


def _say(name: str, *cells: str) -> None:
    print(name.ljust(40), *(cell.rjust(13) for cell in cells), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`python -m tests.bench MODULES` measures, prints tables, and writes bench.json and bench.svg beside this file."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench import beside_prism, commands, growth, picture

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.bench.machine import Cost

HERE = Path(__file__).parent
JSON, PICTURE = HERE / "bench.json", HERE / "bench.svg"


def main(arguments: Sequence[str]) -> int:
    """Measure all parts or one, in one run on one machine; a part that is not measured keeps its last figures."""
    given = _parser().parse_args(arguments)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # users have compiled files
    document: dict[str, Any] = json.loads(JSON.read_text()) if JSON.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        for name in [given.only] if given.only else PARTS:
            document[name] = PARTS[name](given.modules.resolve(), Path(folder))
            JSON.write_text(json.dumps(document, indent=1) + "\n")
            print()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nox -s bench --", description=__doc__)
    parser.add_argument("modules", type=Path, metavar="MODULES", help="where npm has put its packages")
    parser.add_argument("--only", choices=tuple(PARTS), help="this part alone")
    return parser


def _start(_modules: Path, directory: Path) -> dict[str, Any]:
    found = commands.start(directory)
    _say("", "wall s", "processor s", "MB")
    for name, cost in found.items():
        _say(name, f"{cost.wall:.3f}", f"{cost.processor:.3f}", f"{cost.memory:.0f}")
    _say("--list beside the empty one", f"{found['--list, ours'].wall / found['--list, empty'].wall:.2f}")
    return {name: asdict(cost) for name, cost in found.items()}


def _beside(modules: Path, directory: Path) -> list[dict[str, Any]]:
    """Compare with the limit, which starts with an empty task in the same run."""
    empty = commands.start(directory)["an empty task"].wall
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


def _grow(_modules: Path, directory: Path) -> list[dict[str, Any]]:
    _say(f"at {growth.LATENCY} ms", "wall s", "requests", "trips", "processor s", "MB")
    found = []
    for row in growth.measured(directory):
        _say(f"{row.command}: {row.size} {row.of}", *_figures(row.cost))
        found.append(asdict(row))
    return found


def _prism(modules: Path, directory: Path) -> dict[str, Any]:
    ours, prism = beside_prism.measured(modules, directory)
    ratio = ours.beside(prism)
    _say("", "ready s", "fetches a s", "p50 ms", "p99 ms", "MB")
    for name, it in (("the sandbox", ours), ("Prism's mock", prism)):
        _say(name, f"{it.ready:.3f}", f"{it.rate:.0f}", f"{it.p50:.2f}", f"{it.p99:.2f}", f"{it.memory:.0f}")
    _say("the sandbox beside Prism's mock", *(f"{value:.2f}" for value in asdict(ratio).values()))
    return {"ours": asdict(ours), "prism": asdict(prism), "ratio": asdict(ratio)}


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


PARTS: dict[str, Callable[[Path, Path], Any]] = {
    "start": _start,
    "beside": _beside,
    "growth": _grow,
    "prism": _prism,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

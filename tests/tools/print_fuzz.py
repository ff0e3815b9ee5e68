"""Send a sandbox fuzzed requests and print the findings: `nox -s fuzz`."""

from __future__ import annotations

import argparse
import sys
import time

from tests.support.fuzzing import Server, Tally, run

EACH = 1000  # requests of one round; more make Hypothesis slow
REPLAYS = 8
LAST = 3000  # characters of a traceback that are printed
MOST_GROWTH = 1024  # KiB, over the second half of the replays


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.tools.print_fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    tally, began = Tally(), time.monotonic()
    with Server() as server:
        rounds = -(-given.requests // EACH)
        run(server, tally, EACH, range(given.seed * 1000, given.seed * 1000 + rounds), REPLAYS)
        alive, log = server.is_alive(), server.stop()
    wrong = findings(tally, alive=alive, log=log)
    _print(tally, time.monotonic() - began, len(wrong))
    sys.stdout.writelines(f"{line}\n" for line in [*wrong, log[-LAST:]] if line)
    return 1 if wrong else 0


def growth(tally: Tally) -> int:
    """The growth of the memory over the second half of the replays, in KiB."""
    half = tally.replayed[len(tally.replayed) // 2 :] or [0]
    return max(half) - half[0]


def findings(tally: Tally, *, alive: bool, log: str) -> list[str]:
    """One sentence for each fault."""
    wrong = [*tally.wrong]
    wrong += [] if alive else ["the server is dead"]
    wrong += ["there is a traceback in its log"] if log else []
    wrong += [f"its memory grows by {growth(tally)} KiB"] if growth(tally) > MOST_GROWTH else []
    return wrong


def _print(tally: Tally, seconds: float, wrong: int) -> None:
    rows = [
        ("requests", f"{tally.fired} in {seconds:.0f} s, {tally.logged} of them in the request log"),
        ("statuses", ", ".join(f"{status}: {count}" for status, count in sorted(tally.statuses.items()))),
        ("slowest", f"{tally.slowest:.2f} s: {tally.slowest_shot}"),
        ("memory", f"{_mebibytes(tally.memory)} MiB after each round"),
        ("replays", f"{_mebibytes(tally.replayed)} MiB after each replay of the last: +{growth(tally)} KiB"),
        ("findings", str(wrong)),
    ]
    sys.stdout.writelines(f"{name:<10}{words}\n" for name, words in rows)


def _mebibytes(memory: list[int]) -> str:
    return " ".join(f"{kib / 1024:.1f}" for kib in memory)


if __name__ == "__main__":
    sys.exit(main())

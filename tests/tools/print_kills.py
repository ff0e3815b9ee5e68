"""Kill sandboxes while clients write, and print what was lost: `nox -s kills`."""

from __future__ import annotations

import argparse
import sys
import time

from tests.support.killing import Toll, run

MOST_TOLD = 10


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.tools.print_kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    toll, began = Toll(), time.monotonic()
    run(given.kills, given.seed, toll)
    rows = [
        ("kills", f"{toll.kills} in {time.monotonic() - began:.0f} s"),
        ("of these", f"{toll.both} of both servers at once, {toll.starting} of one that was starting"),
        ("acknowledged", f"{toll.acknowledged} writes"),
        ("unanswered", f"{toll.unanswered} writes, {toll.committed} of them committed"),
        ("lost", str(len(toll.lost))),
        ("half", str(len(toll.half))),
        ("otherwise", str(len(toll.other))),
    ]
    sys.stdout.writelines(f"{name:<14}{words}\n" for name, words in rows)
    sys.stdout.writelines(f"{line}\n" for line in [*toll.lost, *toll.half, *toll.other][:MOST_TOLD])
    return 0 if toll.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())

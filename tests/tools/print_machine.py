"""Compare the sandbox with the model for longer than the tests do: `nox -s fuzz`."""

from __future__ import annotations

import argparse
import sys
import time

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.machine import Machine

STEPS = 60


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.tools.print_machine", description=__doc__)
    parser.add_argument("--examples", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.monotonic()
    long = settings(
        max_examples=given.examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(given.seed)(Machine), settings=long)
    took = time.monotonic() - began
    sys.stdout.write(f"{given.examples} runs of up to {STEPS} steps in {took:.0f} s, all as in the model\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

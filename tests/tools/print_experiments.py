"""Print what experiments observe on a fresh sandbox: `python -m tests.tools.print_experiments NAME`.

The format is that of `tests/sandbox/experiments/expectations/`. The sandbox gave these answers, and nobody has
confirmed them at Twilio: read them before you keep them.
"""

import sys

from futel_twilio.sandbox.experiments.catalogue import EXPERIMENTS
from tests.support.experiments import tried


def main(sought: list[str]) -> None:
    for experiment in EXPERIMENTS:
        if not sought or experiment.name.startswith(tuple(sought)):
            lines = [observation.line for observation in tried(experiment).seen]
            sys.stdout.write("\n".join((f"## {experiment.name}", *lines, "", "")))


if __name__ == "__main__":
    main(sys.argv[1:])

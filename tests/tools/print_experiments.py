"""Print what experiments see on a fresh sandbox, as `tests/expectations/` writes it: `-m tests.tools.print_experiments NAME`.

What it prints is what the sandbox says, not what Twilio is known to say: read it before you keep it.
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

"""Prints the table of breakage -> checks that failed, by running each of them: `nox -s bites`."""

from __future__ import annotations

import os
import sys

from futel_twilio import account, audit, client, runbook
from futel_twilio.sandbox.server import Sandbox
from futel_twilio.settings import VARIABLES, resolve

from .breakages import BREAKAGES, Account


def main() -> int:
    for name in VARIABLES:
        os.environ.pop(name, None)
    wrong = 0
    with Sandbox(state=":memory:") as box:
        os.environ["FUTEL_TWILIO_URL"] = box.url
        for breakage, (break_it, expected) in BREAKAGES.items():
            box.reset()
            with account.at("sandbox") as site:
                runbook.setup(site)
            api = client.Api(resolve("sandbox"))
            break_it(Account(api.client, box.url))
            api.close()
            found = {check.name for check in audit.run(live=True, profile="sandbox").findings}
            wrong += found != expected
            sign = "ok" if found == expected else "WRONG"
            sys.stdout.write(f"{sign:<6}{breakage:<45}{', '.join(sorted(found))}\n")
    sys.stdout.write(f"{len(BREAKAGES)} breakages, {wrong} not found as they should be\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""Prints the table of breakage -> checks that failed, by running each of them: `nox -s bites`."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from futel_twilio import account, audit, client, runbook
from futel_twilio.ledger import FILE
from futel_twilio.sandbox.server import Sandbox
from futel_twilio.settings import resolve
from futel_twilio.variables import VARIABLES

from .breakages import Account
from .breakages_of_phones import EVERY
from .installed_phones import install

if TYPE_CHECKING:
    from collections.abc import Callable


ESTATE = Path(__file__).parent / "estate"


def bitten(box: Sandbox, break_it: Callable[[Account], object]) -> set[str]:
    """The names of what an audit finds in a fresh account that was broken in one way."""
    box.reset()
    Path(FILE).unlink(missing_ok=True)
    with account.at("sandbox") as site:
        runbook.setup(site)
        install(site)
    api = client.Api(resolve("sandbox"))
    break_it(Account(api.client, box.url))
    api.close()
    return {check.name for check in audit.run(live=True, profile="sandbox").findings}


def main() -> int:
    for name in VARIABLES:
        os.environ.pop(name, None)
    wrong = 0
    with Sandbox(state=":memory:") as box, TemporaryDirectory() as here:
        os.environ["FUTEL_TWILIO_URL"] = box.url
        shutil.copytree(ESTATE, here, dirs_exist_ok=True)
        os.chdir(here)
        for breakage, (break_it, expected) in EVERY.items():
            found = bitten(box, break_it)
            wrong += found != expected
            sign = "ok" if found == expected else "WRONG"
            sys.stdout.write(f"{sign:<6}{breakage:<48}{', '.join(sorted(found))}\n")
    sys.stdout.write(f"{len(EVERY)} breakages, {wrong} not found as they should be\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""Break an account in every known way and print which checks find it: `nox -s bites`."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from futel_twilio.audit import runner
from futel_twilio.commands.setup import setup
from futel_twilio.config.connection import resolve_connection
from futel_twilio.config.variables import VARIABLES
from futel_twilio.passwords.ledger import LEDGER_FILE
from futel_twilio.sandbox.server import Sandbox
from futel_twilio.twilio_api import client
from futel_twilio.workspace import open_workspace
from tests.support.breakages import Account
from tests.support.breakages_of_phones import EVERY
from tests.support.installed_phones import install
from tests.support.paths import ESTATE

if TYPE_CHECKING:
    from collections.abc import Callable


def failed_checks(box: Sandbox, break_it: Callable[[Account], object]) -> set[str]:
    """The checks that fail in an audit of a fresh account that was broken in one way."""
    box.reset()
    Path(LEDGER_FILE).unlink(missing_ok=True)
    with open_workspace("sandbox") as workspace:
        setup(workspace)
        install(workspace)
    api = client.Api(resolve_connection("sandbox"))
    break_it(Account(api.client, box.url))
    api.close()
    return {check.name for check in runner.run(live=True, profile="sandbox").findings}


def main() -> int:
    for name in VARIABLES:
        os.environ.pop(name, None)
    wrong = 0
    with Sandbox(state=":memory:") as box, TemporaryDirectory() as here:
        os.environ["FUTEL_TWILIO_URL"] = box.url
        shutil.copytree(ESTATE, here, dirs_exist_ok=True)
        os.chdir(here)
        for breakage, (break_it, expected) in EVERY.items():
            found = failed_checks(box, break_it)
            wrong += found != expected
            sign = "ok" if found == expected else "WRONG"
            sys.stdout.write(f"{sign:<6}{breakage:<48}{', '.join(sorted(found))}\n")
    sys.stdout.write(f"{len(EVERY)} breakages, {wrong} not found as expected\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

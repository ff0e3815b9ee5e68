"""Record the shipped cassette again, from a fresh sandbox set up with the shipped files: `nox -s cassette`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from futel_twilio.audit import runner
from futel_twilio.commands.setup import setup
from futel_twilio.workspace import open_workspace
from tests.support.installed_phones import install
from tests.support.paths import PROJECT


def main() -> int:
    with TemporaryDirectory() as name:
        here = Path(name)
        for file in ("estate.toml", "extensions.json", "clients.toml"):
            shutil.copy(PROJECT / file, here)
        with open_workspace("sandbox", directory=here) as workspace:
            setup(workspace)
            install(workspace)
        made = runner.record(profile="sandbox", directory=here)
        shutil.copy(made, PROJECT / "cassettes")
    sys.stdout.write(f"{made.name} recorded\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""One command of Twilio's CLI at a sandbox, in its own home, and what it printed."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from futel_twilio import sandbox
from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HOOK = Path(sandbox.__file__).parent / "hook.cjs"
LONGEST_SECONDS = 120
NEVER = -1
SIGNED = (("TWILIO_ACCOUNT_SID", DEFAULT_ACCOUNT_SID), ("TWILIO_AUTH_TOKEN", DEFAULT_AUTH_TOKEN))
Row = dict[str, Any]


@dataclass(frozen=True)
class Ended:
    """How a command ended; its words only where somebody asks for them."""

    code: int
    out: str = field(repr=False)
    err: str = field(repr=False)

    @property
    def is_json(self) -> bool:
        return self.out.startswith("[")

    @property
    def rows(self) -> list[Row]:
        """What it printed, as a table or as JSON, with names as the API writes them."""
        found = json.loads(self.out) if self.is_json else _table(self.out)
        return [{snake(name): value for name, value in row.items()} for row in found]


def _table(text: str) -> list[Row]:
    """A table of the CLI: headings, and below each of them its values, to the width of the widest."""
    if not text:
        return []
    head, *lines = text.splitlines()
    starts = [found.start() for found in re.finditer(r"(?:^|(?<=  ))\S", head)]
    spans = list(zip(starts, [*starts[1:], None], strict=True))
    return [{head[a:b].strip(): line[a:b].strip() for a, b in spans} for line in lines]


def snake(name: str) -> str:
    """`friendlyName`, `Friendly Name` and `SID` as the API writes them."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).replace(" ", "_").lower()


@dataclass(frozen=True)
class Terminal:
    """Where the CLI is, the sandbox it reaches, and the only home it knows."""

    modules: Path
    home: Path
    url: str
    credentials: tuple[tuple[str, str], ...] = SIGNED

    @property
    def bare(self) -> dict[str, str]:
        """Nothing of whoever runs the tests but the search path."""
        return {
            "PATH": f"{self.modules / '.bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.home),
            "TZ": "UTC",
            "TWILIO_DISABLE_AUTOUPDATE": "1",
        }

    @property
    def environment(self) -> dict[str, str]:
        """The way to the sandbox; secrets are here, and so not among the arguments."""
        return {
            **self.bare,
            "TWILIO_SANDBOX_URL": self.url,
            "NODE_OPTIONS": f'--require "{HOOK}"',
            "NODE_PATH": str(self.modules),
            **dict(self.credentials),
        }

    def twilio(self, *words: str) -> Ended:
        return self.run("twilio", *words)

    def run(self, *words: str, typed: str = "") -> Ended:
        return run(words, self.environment, self.home, typed)


def run(words: Sequence[str], environment: Mapping[str, str], directory: Path, typed: str = "") -> Ended:
    """Run a command to its end, which must come within two minutes; `typed` is what somebody answers."""
    try:
        ran = subprocess.run(
            words,
            env=environment,
            cwd=directory,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_SECONDS,
        )
    except subprocess.TimeoutExpired:  # its words would hold the command, and so a password
        return Ended(NEVER, "", f"no end within {LONGEST_SECONDS} seconds")
    return Ended(ran.returncode, ran.stdout, ran.stderr)

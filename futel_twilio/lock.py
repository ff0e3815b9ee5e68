"""Two runs on one machine are kept apart: while one writes to an account, no other does.

People on two machines cannot be kept apart by a file; against them each object is looked at again right
before it is written.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from futel_twilio.errors import Refused

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.settings import Settings

FOLDER = Path(".local") / "state" / "futel_twilio"


@contextmanager
def held(settings: Settings, command: str, directory: Path) -> Iterator[None]:
    """Keep other runs of this person on this machine off an account.

    Args:
        settings: the account, and the server it is asked for at.
        command: what is being run, for whoever comes second.
        directory: where an embedded sandbox keeps its state.

    Raises:
        Refused: another run is writing to the account.
    """
    path = _path(settings, directory)
    path.parent.mkdir(parents=True, exist_ok=True)
    note = path.with_suffix(".json")
    with path.open("a") as file:
        if not _take(file):
            raise Refused(
                f"Another run is writing to this account on this machine{_who(note)}. Nothing was changed.",
                "Wait until it has ended, look at `invoke plan`, and run the command again.",
            )
        since = f"{datetime.now(UTC):%H:%M:%S} UTC"
        note.write_text(json.dumps({"command": command, "process": os.getpid(), "since": since}))
        yield


def is_held(settings: Settings, directory: Path) -> bool:
    """Whether another run is writing to the account at this moment; the arguments are those of `held`."""
    try:
        with _path(settings, directory).open("r+") as file:
            return not _take(file)
    except OSError:
        return False


def _path(settings: Settings, directory: Path) -> Path:
    where = str(directory.resolve()) if settings.embedded else settings.url
    name = hashlib.blake2b(f"{settings.account_sid} {where}".encode(), digest_size=12).hexdigest()
    return Path.home() / FOLDER / f"{name}.lock"


def _take(file: TextIO) -> bool:
    """Lock a file until it is closed, or until this process ends, however it does; whether it could be."""
    if fcntl is None:  # Windows: there nothing keeps two runs apart but the look right before each write
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _who(note: Path) -> str:
    try:
        says = json.loads(note.read_text())
        return f": `invoke {says['command']}`, process {says['process']}, since {says['since']}"
    except (OSError, ValueError, KeyError):
        return ""

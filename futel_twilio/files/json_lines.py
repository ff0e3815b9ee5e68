"""JSON, one object a line, only ever added to: the history and the ledger of passwords.

A line is on disk before whoever adds it goes on, or is not there at all: what a full disk let through of it is taken
off again. The file is for its owner alone.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from futel_twilio.files import atomic, reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]

NEWLINE = b"\n"


def append(path: Path, line: Mapping[str, Any]) -> None:
    """Add a line and sync it to disk; after a line that a kill has torn, begin a new one.

    Raises:
        OSError: it cannot be written; the file is unchanged.
    """
    text = json.dumps(line).encode() + NEWLINE
    with open(path, "ab+", buffering=0, opener=atomic.for_its_owner) as file:
        if (
            fcntl is not None
        ):  # two runs at two accounts add to one file, and either may have to take a part off
            fcntl.flock(file, fcntl.LOCK_EX)
        end = file.seek(0, os.SEEK_END)
        if end:
            file.seek(end - 1)
            text = text if file.read(1) == NEWLINE else NEWLINE + text
        try:
            left = memoryview(text)
            while left:
                left = left[file.write(left) :]
            os.fsync(file.fileno())
        except BaseException:
            with suppress(OSError):
                file.truncate(end)
            raise
    if not end:
        _have_on_disk(path.parent)


def _have_on_disk(directory: Path) -> None:
    """Have it on disk that a new file is there, where the file system lets that be asked for."""
    with suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def lines(text: bytes) -> Iterator[dict[str, Any] | None]:
    """Each object of a file; None for a line that is none, such as one that was torn."""
    for raw in text.split(NEWLINE):
        if not raw.strip():
            continue
        try:
            line = reading.loads(raw)
        except (ValueError, RecursionError):
            line = None
        yield line if isinstance(line, dict) else None

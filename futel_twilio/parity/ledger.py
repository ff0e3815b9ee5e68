"""What a run has made and what is gone again, on disk before each request leaves.

A line of JSON for each note, so that a process that is killed at any moment leaves a ledger that says what
may be there. It holds paths and SIDs, no secrets.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from futel_twilio.errors import Refused
from futel_twilio.files import atomic, reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from futel_twilio.sandbox.experiments.guard import Kind

APPEND = os.O_RDWR | os.O_CREAT | os.O_APPEND


@dataclass
class Wanted:
    """Something a run asked for.

    Attributes:
        kind: the name of its kind.
        collection: the path that was posted to.
        at: when, in seconds of this machine's clock.
        marked: whether what it makes can be known again by the run's mark, or lives in what the run made.
        known: where it cannot, the SIDs that were there before.
        path: where it lives; empty as long as nobody said.
        settled: whether the server has said what came of it.
        gone: whether it is not there any more.
    """

    kind: str
    collection: str
    at: float
    marked: bool
    known: list[str] = field(default_factory=list)
    path: str = ""
    settled: bool = False
    gone: bool = False


class Ledger:
    """The notes of one run; `is_done` once nothing of it can be left.

    Args:
        file: where they are kept; None for a server that is thrown away.
    """

    def __init__(self, file: Path | None = None) -> None:
        self.head: dict[str, Any] = {}
        self.entries: dict[int, Wanted] = {}
        self.is_done = False
        self._file = file
        self._stream = _locked(file) if file is not None else None
        if self._stream is not None:
            self._read(self._stream)
        self.is_done = not self.head

    def _read(self, stream: Any) -> None:
        stream.seek(0)
        for line in stream:
            try:
                note = reading.loads(line)
            except ValueError:
                continue  # cut in the middle by a kill: its request never left
            self._apply(note)

    def _apply(self, note: dict[str, Any]) -> None:
        if "head" in note:
            self.head = note["head"]
        elif "wanted" in note:
            self.entries[note["number"]] = Wanted(**note["wanted"])
        elif "made" in note:
            entry = self.entries[note["number"]]
            entry.path, entry.settled = note["made"], True
        elif "refused" in note:
            self.entries[note["number"]].settled = True
        elif "gone" in note:
            for entry in self.entries.values():
                entry.gone |= entry.path == note["gone"]

    def _write(self, note: dict[str, Any]) -> None:
        """Note it on disk, and only then here."""
        if self._stream is not None:
            self._stream.write(json.dumps(note) + "\n")
            self._stream.flush()
            os.fsync(self._stream.fileno())
        self._apply(note)

    def begin(self, head: dict[str, Any]) -> None:
        """A run begins: what was noted before is forgotten, and what is so now is the first note."""
        self.is_done = False
        self.entries.clear()
        if self._stream is not None:
            self._stream.truncate(0)
        self._write({"head": head})

    def wanted(self, kind: Kind, path: str, *, marked: bool, known: list[str]) -> int:
        number = len(self.entries) + 1
        wanted = {"kind": kind.name, "collection": path, "at": time.time(), "marked": marked, "known": known}
        self._write({"number": number, "wanted": wanted})
        return number

    def made(self, number: int, path: str) -> None:
        self._write({"number": number, "made": path})

    def refused(self, number: int) -> None:
        self._write({"number": number, "refused": True})

    def gone(self, path: str) -> None:
        self._write({"gone": path})

    def there(self) -> list[str]:
        """The paths of what was made and is not known to be gone, the latest first."""
        return [entry.path for entry in reversed(self.entries.values()) if entry.path and not entry.gone]

    def unsettled(self) -> Iterator[tuple[int, Wanted]]:
        """What may or may not have been made: the answer never came."""
        return ((n, entry) for n, entry in self.entries.items() if not entry.settled)

    def close(self, *, forget: bool) -> None:
        """Close the file. `forget` removes it, when nothing of the run is left."""
        if self._stream is None or self._file is None:
            return
        if forget:
            self._file.unlink(missing_ok=True)
        self._stream.close()


def _locked(file: Path) -> Any:
    """The file, ours alone: one that another run has just removed is opened anew.

    Raises:
        Refused: another run has it.
    """
    while True:
        stream = os.fdopen(atomic.for_its_owner(str(file), APPEND), "a+", encoding="utf-8")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            stream.close()
            raise Refused(
                "A parity run of this account is under way already. Nothing was made.",
                "Wait until it has ended.",
            ) from None
        if _is_at(stream, file):
            return stream
        stream.close()


def _is_at(stream: Any, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(stream.fileno()), file.stat())
    except FileNotFoundError:
        return False


def file_for(account_sid: str, server: str, directory: Path) -> Path:
    """Where the ledger of one account at one server is kept."""
    digest = hashlib.sha256(f"{account_sid} {server}".encode()).hexdigest()[:10]
    return directory / f"parity-{digest}.ledger"

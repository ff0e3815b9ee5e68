"""Open the state file: created for its owner alone, refused when it is another program's or broken, in WAL mode."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

from futel_twilio.sandbox.storage.rows import (
    TABLES,
)

BUSY_SECONDS = 30


class StateError(OSError):
    """A state file that cannot be used: it is no database, not the sandbox's, broken, or not to be written."""


def unusable(path: str | Path, why: object) -> StateError:
    return StateError(f"{path} cannot be used as a sandbox state file: {why}")


def connect(path: str | Path) -> sqlite3.Connection:
    if not str(path).strip():  # SQLite would take a file without a name, and lose it
        raise unusable(repr(path), "it has no name")
    if str(path) != ":memory:" and not Path(path).absolute().parent.is_dir():
        raise unusable(path, "no such folder")
    if str(path) != ":memory:":
        with suppress(OSError):  # it is there, or SQLite will say what is wrong
            # It may hold people's addresses, so it is its owner's alone; SQLite gives it others to read.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        return sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise unusable(path, error) from None


def refuse_foreign(db: sqlite3.Connection) -> None:
    """Before anything is written: a broken file, and a database of some other program."""
    (health,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if health != "ok":
        raise sqlite3.DatabaseError(f"it is broken: {health.splitlines()[-1]}")
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and not tables & set(TABLES):
        raise sqlite3.DatabaseError("it is a database of another program")


def use_wal(db: sqlite3.Connection) -> None:
    """Two processes that open a new file at once: SQLite does not wait for this one change, so we do."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            db.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return

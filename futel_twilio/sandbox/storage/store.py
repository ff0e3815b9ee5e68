"""The state of the sandbox: one SQLite file (or memory) that survives a kill and serves two processes.

One request is one transaction, so nothing is ever half there. WAL with synchronous=NORMAL keeps every
committed request over a SIGKILL of the process (only a power cut could lose the last of them).
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.storage.connection import connect, refuse_foreign, unusable, use_wal
from futel_twilio.sandbox.storage.rows import (
    COLUMNS,
    FILLED,
    LATER,
    SCHEMA,
    TABLES,
    TRIGGERS,
    Condition,
    Row,
    UniqueKey,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


class Store:
    """Rows, unique keys and counters; every call but `transaction` belongs inside a transaction."""

    def __init__(self, path: str | Path) -> None:
        self._lock = threading.RLock()
        self.db = connect(path)
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            self.db.close()
            raise unusable(path, error) from None

    def _prepare(self) -> None:
        refuse_foreign(self.db)
        use_wal(self.db)
        self.db.execute("PRAGMA synchronous=NORMAL")
        self.db.execute("PRAGMA foreign_keys=ON")
        with self.transaction():
            for statement in (*SCHEMA.split(";"), *TRIGGERS):
                self.db.execute(statement)
            columns = {found[1] for found in self.db.execute("PRAGMA table_info(request)")}
            for name in LATER.keys() - columns:
                self.db.execute(f"ALTER TABLE request ADD COLUMN {name} {LATER[name]}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._lock:
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.db.execute("COMMIT")
            except BaseException:
                if self.db.in_transaction:  # on a full disk SQLite has rolled back already
                    self.db.execute("ROLLBACK")
                raise

    @contextmanager
    def undo_on_refusal(self) -> Iterator[None]:
        """Inside a transaction: what is done here is undone when it raises, the rest is kept."""
        self.db.execute("SAVEPOINT work")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK TO work")
            raise
        finally:
            self.db.execute("RELEASE work")

    @contextmanager
    def before_latest(self, kind: str, account: str, parent: str) -> Iterator[None]:
        """Inside a transaction: the state as before the latest write to one collection; everything is undone after.

        GUESS: Twilio does not document how a late replica looks. LIMITS: One row of one collection goes back.
        Of a write of many rows (countries in bulk, a list deleted with its contents) only the last row goes
        back. What is derived from another collection (a domain's auth_type) is always current.
        """
        self.db.execute("SAVEPOINT replica")
        try:
            self._undo_latest(kind, account, parent)
            yield
        finally:
            self.db.execute("ROLLBACK TO replica")
            self.db.execute("RELEASE replica")

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Inside a transaction: all is undone after, but for the counters, so that no SID comes twice."""
        self.db.execute("SAVEPOINT rehearsal")
        try:
            yield
            counted = self.db.execute("SELECT account, prefix, n FROM counter").fetchall()
        finally:
            self.db.execute("ROLLBACK TO rehearsal")
            self.db.execute("RELEASE rehearsal")
        self.db.executemany("INSERT OR REPLACE INTO counter VALUES (?, ?, ?)", counted)

    def _undo_latest(self, *place: str) -> None:
        found = self.db.execute(
            f"SELECT body, {COLUMNS} FROM latest WHERE kind = ? AND account = ? AND parent = ?",  # noqa: S608
            place,
        ).fetchone()
        if found is None:
            return
        self.db.execute("DELETE FROM resource WHERE seq = ?", (found[1],))
        if found[0] is not None:
            self.db.execute(
                f"INSERT INTO resource ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?)",  # noqa: S608 - our own names
                found[1:],
            )

    def close(self) -> None:
        with self._lock:
            self.db.close()

    def reset(self) -> None:
        with self.transaction():
            for table in TABLES:
                self.db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own table names

    def next_sid(self, account: str, prefix: str) -> str:
        """Counted, so that two fresh sandboxes give the same SIDs; the account's digest keeps them apart."""
        found = self.db.execute(
            "INSERT INTO counter VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET n = n + 1 RETURNING n",
            (account, prefix),
        ).fetchone()
        return f"{prefix}{digest(account)}{found[0]:024x}"

    def add(self, row: Row, keys: Sequence[UniqueKey] = ()) -> Row:
        """Insert; sqlite3.IntegrityError when a unique key or the place is taken."""
        values = (row.kind, row.account, row.parent, row.sid, json.dumps(row.body), row.created, row.updated)
        cursor = self.db.execute(
            f"INSERT INTO resource ({FILLED}) VALUES (?,?,?,?,?,?,?)",  # noqa: S608 - our own names
            values,
        )
        seq = cursor.lastrowid or 0
        self._hold(seq, keys)
        return Row(seq, row.kind, row.account, row.parent, row.sid, row.body, row.created, row.updated)

    def change(self, row: Row, keys: Sequence[UniqueKey] = ()) -> None:
        self.db.execute(
            "UPDATE resource SET body = ?, updated = ? WHERE seq = ?",
            (json.dumps(row.body), row.updated, row.seq),
        )
        self.db.execute("DELETE FROM natural WHERE seq = ?", (row.seq,))
        self._hold(row.seq, keys)

    def _hold(self, seq: int, keys: Sequence[UniqueKey]) -> None:
        for key in keys:
            self.db.execute(
                "INSERT INTO natural VALUES (?,?,?,?,?)", (key.kind, key.field, key.scope, key.value, seq)
            )

    def holder(self, key: UniqueKey) -> int | None:
        found = self.db.execute(
            "SELECT seq FROM natural WHERE kind = ? AND field = ? AND scope = ? AND value = ?",
            (key.kind, key.field, key.scope, key.value),
        ).fetchone()
        return None if found is None else int(found[0])

    def remove(self, row: Row) -> None:
        """Delete a row and whatever lives inside it.

        A mapping is called by the SID of what it maps, and what lives inside that stays.
        """
        if not row.parent:
            self.db.execute("DELETE FROM resource WHERE account = ? AND parent = ?", (row.account, row.sid))
        self.db.execute("DELETE FROM resource WHERE seq = ?", (row.seq,))

    def find(self, kind: str, account: str, sid: str, parent: str = "") -> Row | None:
        found = self.db.execute(
            f"SELECT {COLUMNS} FROM resource WHERE account = ? AND kind = ? AND parent = ? AND sid = ?",  # noqa: S608
            (account, kind, parent, sid),
        ).fetchone()
        return None if found is None else _row(found)

    def find_key(self, sid: str) -> Row | None:
        """An API key of any account, found by its SID alone."""
        found = self.db.execute(
            f"SELECT {COLUMNS} FROM resource WHERE kind = 'key' AND sid = ?",  # noqa: S608
            (sid,),
        ).fetchone()
        return None if found is None else _row(found)

    def count(self, kind: str, account: str, *, parent: str | None = None, sid: str | None = None) -> int:
        query, values = "SELECT count(*) FROM resource WHERE account = ? AND kind = ?", [account, kind]
        for name, value in (("parent", parent), ("sid", sid)):
            if value is not None:
                query += f" AND {name} = ?"
                values.append(value)
        return int(self.db.execute(query, values).fetchone()[0])

    def select(
        self,
        place: tuple[str, str, str],
        conditions: Sequence[Condition] = (),
        *,
        after: int = 0,
        before: int | None = None,
        limit: int = -1,
    ) -> list[Row]:
        """Rows of one list (kind, account, parent) in order of creation; `before` looks backwards."""
        query = f"SELECT {COLUMNS} FROM resource WHERE kind = ? AND account = ? AND parent = ?"  # noqa: S608
        values: list[Any] = list(place)
        for condition in conditions:
            query += f" AND json_extract(body, '$.{condition.field}') {condition.operator} ?"
            values.append(condition.value)
        edge, way, bound = (">", "ASC", after) if before is None else ("<", "DESC", before)
        query += f" AND seq {edge} ? ORDER BY seq {way} LIMIT ?"
        rows = [_row(found) for found in self.db.execute(query, [*values, bound, limit])]
        return rows if before is None else rows[::-1]

    def setting(self, account: str, name: str, default: Any) -> Any:
        found = self.db.execute(
            "SELECT value FROM setting WHERE account = ? AND name = ?", (account, name)
        ).fetchone()
        return default if found is None else json.loads(found[0])

    def set(self, account: str, name: str, value: Any) -> None:
        self.db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?, ?)", (account, name, json.dumps(value)))


def digest(account: str) -> str:
    """What of an account is in every SID that was counted for it."""
    return hashlib.blake2s(account.encode(), digest_size=4).hexdigest()


def _row(found: tuple[Any, ...]) -> Row:
    seq, kind, account, parent, sid, body, created, updated = found
    return Row(seq, kind, account, parent, sid, json.loads(body), created, updated)

"""What the store holds: its tables, and the shapes that go in and out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TABLES = ("natural", "resource", "counter", "request", "setting", "latest", "sqlite_sequence")
SCHEMA = """
CREATE TABLE IF NOT EXISTS resource (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, account TEXT NOT NULL, parent TEXT NOT NULL,
    sid TEXT NOT NULL, body TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL,
    UNIQUE (account, kind, parent, sid));
CREATE INDEX IF NOT EXISTS listed ON resource (account, kind, parent, seq);
CREATE INDEX IF NOT EXISTS keys ON resource (sid) WHERE kind = 'key';
CREATE INDEX IF NOT EXISTS by_sid ON resource (account, sid);
CREATE TABLE IF NOT EXISTS natural (
    kind TEXT NOT NULL, field TEXT NOT NULL, scope TEXT NOT NULL, value TEXT NOT NULL,
    seq INTEGER NOT NULL REFERENCES resource (seq) ON DELETE CASCADE,
    PRIMARY KEY (kind, field, scope, value)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS natural_of ON natural (seq);
CREATE TABLE IF NOT EXISTS counter (
    account TEXT NOT NULL, prefix TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (account, prefix)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS request (
    id INTEGER PRIMARY KEY AUTOINCREMENT, method TEXT NOT NULL, path TEXT NOT NULL, query TEXT NOT NULL,
    host TEXT NOT NULL, status INTEGER NOT NULL, started REAL NOT NULL, ended REAL NOT NULL,
    fault TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '', form TEXT NOT NULL DEFAULT '',
    clock REAL NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS setting (
    account TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (account, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS latest (
    kind TEXT NOT NULL, account TEXT NOT NULL, parent TEXT NOT NULL, seq INTEGER NOT NULL, sid TEXT NOT NULL,
    body TEXT, created REAL NOT NULL, updated REAL NOT NULL,
    PRIMARY KEY (kind, account, parent)) WITHOUT ROWID;
"""
# What the latest write to each collection wrote over; no body: the row was not there.
BEFORE = {"INSERT": ("NEW", "NULL"), "UPDATE": ("OLD", "OLD.body"), "DELETE": ("OLD", "OLD.body")}
TRIGGER = """CREATE TRIGGER IF NOT EXISTS before_{event} AFTER {event} ON resource BEGIN
    INSERT OR REPLACE INTO latest (kind, account, parent, seq, sid, body, created, updated) VALUES
    ({row}.kind, {row}.account, {row}.parent, {row}.seq, {row}.sid, {body}, {row}.created, {row}.updated); END"""
TRIGGERS = tuple(TRIGGER.format(event=event, row=row, body=body) for event, (row, body) in BEFORE.items())
# What a request did not have in older state files.
LATER = {
    "fault": "TEXT NOT NULL DEFAULT ''",
    "note": "TEXT NOT NULL DEFAULT ''",
    "form": "TEXT NOT NULL DEFAULT ''",
    "clock": "REAL NOT NULL DEFAULT 0",
}
FILLED = "kind, account, parent, sid, body, created, updated"
COLUMNS = f"seq, {FILLED}"


@dataclass(frozen=True)
class Row:
    """One stored object; `body` holds the settable fields only, the rest is derived when it is shown."""

    seq: int
    kind: str
    account: str
    parent: str
    sid: str
    body: dict[str, Any]
    created: float
    updated: float


@dataclass(frozen=True)
class UniqueKey:
    """A value that may exist once within its scope."""

    kind: str
    field: str
    scope: str
    value: str


@dataclass(frozen=True)
class Condition:
    """One filter of a list, on a field of the body."""

    field: str
    operator: str
    value: Any

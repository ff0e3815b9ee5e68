"""Check the state file of a sandbox in one read transaction for anything half written.

Half is: a natural key without its row or a row without its key, a mapping without its domain or its list, an
audit event without its change or a change without its event, a logged success without either, and a counter
that would give a SID twice.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.engine.handlers import ITEM
from futel_twilio.sandbox.engine.tables import Resource
from futel_twilio.sandbox.http.registry import RESOURCES
from futel_twilio.sandbox.http.routes import find

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

EVENT = "event"
# The table by which rows of a kind are made, fetched and named in events: the first that shows single ones.
TABLES: dict[str, Resource] = {}
for table in RESOURCES:
    if set(ITEM.values()) & set(table.verbs):
        TABLES.setdefault(table.kind, table)
OBJECTS = "SELECT seq, kind, account, parent, sid, body FROM resource ORDER BY seq"


@dataclass(frozen=True)
class Held:
    """One row of the state file."""

    seq: int
    kind: str
    account: str
    parent: str
    sid: str
    body: dict[str, Any]

    @property
    def path(self) -> str:
        """Where it is fetched, and what its events call it."""
        return _path(self.kind, self.account, self.parent, self.sid)


def _path(kind: str, account: str, parent: str, sid: str) -> str:
    row = TABLES[kind]
    place = (row.home or row.path).replace("<account>", account).replace("<parent>", parent)
    return f"{place}/{sid}{row.suffix}"


def _canonical(path: str) -> str:
    """The path of a row that was written to by another path of the same storage."""
    target, ids = find(path, "")
    kind = target.row.kind if isinstance(target.row, Resource) else ""
    return _path(kind, ids.get("account", ""), ids.get("parent", ""), ids["sid"]) if kind in TABLES else path


@dataclass(frozen=True)
class State:
    """The part of the state file that is checked."""

    objects: list[Held]
    naturals: set[tuple[str, str, str, str, int]]
    counters: dict[tuple[str, str], int]
    successes: int  # logged requests that changed something
    health: str

    @property
    def rows(self) -> list[Held]:
        return [held for held in self.objects if held.kind in TABLES and held.kind != EVENT]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [held.body for held in self.objects if held.kind == EVENT]


def read(file: Path) -> State:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, isolation_level=None)) as db:
        db.execute("BEGIN")
        (health,) = db.execute("PRAGMA quick_check(1)").fetchone()
        broken = db.execute("PRAGMA foreign_key_check").fetchall()
        (successes,) = db.execute(
            "SELECT count(*) FROM request WHERE method IN ('POST', 'DELETE') AND status BETWEEN 200 AND 299"
        ).fetchone()
        return State(
            [_held(*row) for row in db.execute(OBJECTS)],
            set(db.execute("SELECT kind, field, scope, value, seq FROM natural")),
            {(account, prefix): n for account, prefix, n in db.execute("SELECT * FROM counter")},
            successes,
            health if not broken else f"{len(broken)} keys without their rows",
        )


def _held(seq: int, kind: str, account: str, parent: str, sid: str, body: str) -> Held:
    return Held(seq, kind, account, parent, sid, json.loads(body))


def faults_of(state: State) -> list[str]:
    """One sentence for each thing that is half written."""
    looks = (_keys(state), _owners(state), _history(state), _counted(state), _logged(state))
    found = [fault for look in looks for fault in look]
    return found if state.health == "ok" else [state.health, *found]


def _keys(state: State) -> Iterator[str]:
    wanted = {key for held in state.rows for key in _naturals(held)}
    for key in sorted(wanted - state.naturals):
        yield f"a row without its natural key: {key}"
    for key in sorted(key for key in state.naturals - wanted if key[0] in TABLES):
        yield f"a natural key without its row: {key}"


def _naturals(held: Held) -> Iterator[tuple[str, str, str, str, int]]:
    scopes = {"global": "", "account": held.account, "parent": f"{held.account}/{held.parent}"}
    for unique in TABLES[held.kind].uniques:
        value = held.body[unique.field]
        scope = scopes[unique.scope]
        yield held.kind, unique.field, scope, value.lower() if unique.folds else value, held.seq


def _owners(state: State) -> Iterator[str]:
    """Check that the owners and the mapped resources of all rows exist."""
    there = {(held.kind, held.sid) for held in state.rows}
    for held in state.rows:
        row = TABLES[held.kind]
        if row.parent and (row.parent, held.parent) not in there:
            yield f"{held.path} without its {row.parent}"
        if row.maps is not None and (row.maps.kind, held.sid) not in there:
            yield f"{held.path} without its {row.maps.kind}"


def _history(state: State) -> Iterator[str]:
    """Check that replaying the events gives the rows."""
    reported: dict[str, dict[str, Any]] = {}
    for event in state.events:
        path, action = _canonical(event["resource_path"]), event["event_type"].rpartition(".")[2]
        if (action == "created") == (path in reported):
            yield f"{path} is {action} out of turn"
        if action == "deleted":
            _forget(reported, path)
        else:
            changes = {name: change["updated"] for name, change in event["event_data"].items()}
            reported[path] = reported.get(path, {}) | changes
    yield from _differences(
        reported, {held.path: held.body for held in state.rows if TABLES[held.kind].audit}
    )


def _forget(reported: dict[str, dict[str, Any]], path: str) -> None:
    """What goes, and what lived in it, which leaves no event apart."""
    inside = path.removesuffix(".json") + "/"
    for gone in [other for other in reported if other == path or other.startswith(inside)]:
        del reported[gone]


def _differences(reported: dict[str, dict[str, Any]], there: dict[str, dict[str, Any]]) -> Iterator[str]:
    for path in sorted(reported.keys() - there.keys()):
        yield f"an event without its change: {path} is not there"
    for path in sorted(there.keys() - reported.keys()):
        yield f"a change without its event: {path} is there"
    for path in sorted(reported.keys() & there.keys()):
        wrong = [name for name, value in reported[path].items() if there[path].get(name) != value]
        if wrong:
            yield f"{path} does not read as its events tell: {', '.join(wrong)}"


def _counted(state: State) -> Iterator[str]:
    """Mappings have no SID, so they are not counted."""
    counted = [held for held in state.objects if held.kind in TABLES and TABLES[held.kind].maps is None]
    for held in counted:
        if int(held.sid[10:], 16) > state.counters.get((held.account, held.sid[:2]), 0):
            yield f"{held.sid} could be given again"
    for sid in twice(held.sid for held in counted):
        yield f"{sid} was given twice"


def twice(sids: Iterable[str]) -> list[str]:
    return [sid for sid, times in Counter(sids).items() if times > 1]


def _logged(state: State) -> Iterator[str]:
    if state.successes != len(state.events):
        yield f"{state.successes} successes are logged, and {len(state.events)} events"

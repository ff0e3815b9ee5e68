"""The request log: what was asked, with which parameters, of which host, when, and what came of it. No secrets.

It keeps the latest 100,000 requests, so that a sandbox may run for ever.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.storage.redaction import mask_parameter, mask_query

if TYPE_CHECKING:
    from collections.abc import Iterable

    from futel_twilio.sandbox.storage.store import Store

COLUMNS = "method, path, query, host, status, started, ended, fault, note, form, clock"
STORED = (*COLUMNS.split(", "), "id")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.<>-]{0,99}")  # of a parameter, `StartTime<` among them
NO_FORM = "(no form)"
HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{0,255}")
MOST = 100_000
LONGEST = 4096  # characters of a path, of a query, and of a form


@dataclass(frozen=True)
class Logged:
    """One answered request; `started` and `ended` are the machine's monotonic clock, in seconds.

    A status of 0 is a request that a fault left without an answer, and not carried out.

    Attributes:
        query: as it came, each secret empty.
        note: where the sandbox falls short of Twilio: it has no such path. Empty for all that it has.
        form: the parameters of the body, each with its values; a secret is `***`.
        started_at, ended_at: the wall clock, ISO 8601; empty where an older version wrote the entry.
    """

    method: str
    path: str
    query: str
    host: str
    status: int
    started: float
    ended: float
    fault: str = ""
    request_id: str = ""  # as the answer's Twilio-Request-Id has it
    note: str = ""
    form: dict[str, list[str]] = field(default_factory=dict)
    started_at: str = ""
    ended_at: str = ""


def write(store: Store, entry: Logged, clock: float) -> int:
    """Note a request, which began at that time of the wall clock, within its own transaction, and number it."""
    cursor = store.db.execute(
        f"INSERT INTO request ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?)",  # noqa: S608 - our own names
        (
            entry.method,
            entry.path[:LONGEST],
            _short(mask_query(_short(entry.query))),
            entry.host if HOST.fullmatch(entry.host) else "",
            entry.status,
            entry.started,
            entry.ended,
            entry.fault,
            entry.note,
            json.dumps(entry.form) if entry.form else "",
            clock,
        ),
    )
    number = cursor.lastrowid or 0
    if number > MOST:
        store.db.execute("DELETE FROM request WHERE id <= ?", (number - MOST,))
    return number


def _short(query: str) -> str:
    """The parameters that have room; none is cut, for half of a URL hides its password no more."""
    return query if len(query) <= LONGEST else query[:LONGEST].rpartition("&")[0]


def shown_parameters(sent: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The parameters of a body as they are noted: without secrets, as many as there is room for.

    Where one of the names is none, it was no form, and any part of it may be half of a secret.
    """
    kept: dict[str, list[str]] = {}
    room = LONGEST
    for name, value in sent:
        if not NAME.fullmatch(name):
            return {NO_FORM: []}
        words = mask_parameter(name, value) if len(value) <= LONGEST else f"({len(value)} characters)"
        room -= len(name) + len(words)
        if room >= 0:
            kept.setdefault(name, []).append(words)
    return kept


def request_sid(number: int) -> str:
    """The `Twilio-Request-Id` of the request of that number."""
    return f"RQ{number:032x}"


def read(store: Store) -> list[Logged]:
    with store.transaction():
        found = store.db.execute(
            f"SELECT {COLUMNS}, id FROM request ORDER BY id"  # noqa: S608 - our own names
        ).fetchall()
    return [_logged(dict(zip(STORED, values, strict=True))) for values in found]


def _logged(row: dict[str, Any]) -> Logged:
    form, clock, number = (row.pop(name) for name in ("form", "clock", "id"))
    return Logged(
        **row,
        request_id=request_sid(number),
        form=json.loads(form) if form else {},
        started_at=_iso(clock),
        ended_at=_iso(clock and clock + row["ended"] - row["started"]),
    )


def _iso(clock: float) -> str:
    if not clock:
        return ""
    return datetime.fromtimestamp(clock, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def count(store: Store, *methods: str) -> int:
    query = "SELECT count(*) FROM request"
    if methods:
        query += f" WHERE method IN ({', '.join('?' * len(methods))})"  # only question marks
    with store.transaction():
        return int(store.db.execute(query, methods).fetchone()[0])


def clear(store: Store) -> None:
    with store.transaction():
        store.db.execute("DELETE FROM request")

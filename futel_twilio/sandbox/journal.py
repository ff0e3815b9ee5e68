"""The request log: what was asked, of which host, when, and what came of it. No secrets, no bodies.

It keeps the latest 100,000 requests, so that a sandbox may run for ever.
"""

import re
from dataclasses import dataclass

from futel_twilio.sandbox.secrecy import bare_query
from futel_twilio.sandbox.store import Store

COLUMNS = "method, path, query, host, status, started, ended, fault"
HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{0,255}")
MOST = 100_000
LONGEST = 4096  # characters of a path, and of a query


@dataclass(frozen=True)
class Logged:
    """One answered request; `started` and `ended` are the machine's monotonic clock, in seconds.

    A status of 0 is a request that a fault left without an answer, and not carried out.
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


def write(store: Store, entry: Logged) -> int:
    """Note a request within its own transaction, and number it."""
    cursor = store.db.execute(
        f"INSERT INTO request ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?)",  # noqa: S608 - our own names
        (
            entry.method,
            entry.path[:LONGEST],
            _short(bare_query(_short(entry.query))),
            entry.host if HOST.fullmatch(entry.host) else "",
            entry.status,
            entry.started,
            entry.ended,
            entry.fault,
        ),
    )
    number = cursor.lastrowid or 0
    if number > MOST:
        store.db.execute("DELETE FROM request WHERE id <= ?", (number - MOST,))
    return number


def _short(query: str) -> str:
    """The parameters that have room; none is cut, for half of a URL hides its password no more."""
    return query if len(query) <= LONGEST else query[:LONGEST].rpartition("&")[0]


def request_sid(number: int) -> str:
    """The `Twilio-Request-Id` of the request of that number."""
    return f"RQ{number:032x}"


def read(store: Store) -> list[Logged]:
    with store.transaction():
        found = store.db.execute(
            f"SELECT {COLUMNS}, id FROM request ORDER BY id"  # noqa: S608 - our own names
        ).fetchall()
    return [Logged(*(*values[:-1], request_sid(values[-1]))) for values in found]


def count(store: Store, *methods: str) -> int:
    query = "SELECT count(*) FROM request"
    if methods:
        query += f" WHERE method IN ({', '.join('?' * len(methods))})"  # only question marks
    with store.transaction():
        return int(store.db.execute(query, methods).fetchone()[0])


def clear(store: Store) -> None:
    with store.transaction():
        store.db.execute("DELETE FROM request")

"""The whole state as one JSON document, and back: what `dump` writes, `seed` puts into an empty sandbox.

It holds the objects, the counters of the SIDs and the settings. It holds no request log, no faults, no
accounts, and no secret: the password in a URL reads ***, also after it is put back.
"""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from futel_twilio.sandbox.rows import Natural, Row
from futel_twilio.sandbox.secrecy import bare_value, is_named
from futel_twilio.sandbox.store import Store

FORMAT = "futel_twilio.sandbox/1"
LAST_SECOND = 253_402_300_800  # of the year 9999
SHAPE: dict[str, type | tuple[type, ...]] = {
    "kind": str,
    "account": str,
    "parent": str,
    "sid": str,
    "created": (int, float),
    "updated": (int, float),
    "body": dict,
    "unique": list,
}


def dump(store: Store) -> dict[str, Any]:
    """Everything there is, in order of creation."""
    with store.transaction():
        counters = store.db.execute("SELECT account, prefix, n FROM counter ORDER BY 1, 2").fetchall()
        settings = store.db.execute("SELECT account, name, value FROM setting ORDER BY 1, 2").fetchall()
        return {
            "format": FORMAT,
            "objects": _objects(store),
            "counters": [list(row) for row in counters],
            "settings": [
                [account, name, bare_value(json.loads(value))]
                for account, name, value in settings
                if not is_named(name)
            ],
        }


def _objects(store: Store) -> list[dict[str, Any]]:
    keys: dict[int, list[list[str]]] = {}
    for seq, *key in store.db.execute("SELECT seq, field, scope, value FROM natural ORDER BY field, scope"):
        keys.setdefault(seq, []).append(key)
    found = store.db.execute(
        "SELECT seq, body, kind, account, parent, sid, created, updated FROM resource ORDER BY seq"
    )
    return [
        dict(zip(SHAPE, (*plain, bare_value(json.loads(body)), keys.get(seq, [])), strict=True))
        for seq, body, *plain in found
    ]


def read(
    document: Any,
) -> tuple[list[tuple[Row, list[Natural]]], list[tuple[str, str, int]], list[tuple[str, str, Any]]]:
    """The objects, counters and settings of a dump; ValueError when it is none."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"a seed is a JSON object as the sandbox dumps it, with the format {FORMAT}")
    objects = _each(document, "objects", _object)
    counters = _each(document, "counters", lambda item: _triple(item, int))
    settings = _each(document, "settings", lambda item: _triple(item, object))
    return objects, counters, settings


def seed(store: Store, document: Any) -> None:
    """Put a dump into an empty sandbox, all of it or nothing; ValueError when it cannot be."""
    objects, counters, settings = read(document)
    try:
        with store.transaction():
            _refuse_full(store)
            for row, naturals in objects:
                store.add(row, naturals)
            store.db.executemany("INSERT INTO counter (account, prefix, n) VALUES (?, ?, ?)", counters)
            for account, name, value in settings:
                store.set(account, name, value)
    except (sqlite3.IntegrityError, OverflowError) as error:
        raise ValueError(f"the seed contradicts itself: {error}") from None


def _refuse_full(store: Store) -> None:
    for table in ("resource", "counter", "setting"):
        if store.db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():  # noqa: S608 - our own table names
            raise ValueError("only an empty sandbox takes a seed: reset it first")


def _each(document: dict[str, Any], name: str, read: Callable[[Any], Any]) -> list[Any]:
    items = document.get(name)
    if not isinstance(items, list):
        raise ValueError(f"a seed's {name} are a list")  # noqa: TRY004 - the document's fault, not the caller's
    try:
        return [read(item) for item in items]
    except (TypeError, ValueError, KeyError):
        raise ValueError(f"one of the seed's {name} is not as the sandbox dumps it") from None


def _object(item: dict[str, Any]) -> tuple[Row, list[Natural]]:
    if set(item) != set(SHAPE) or not all(isinstance(item[name], kind) for name, kind in SHAPE.items()):
        raise ValueError
    if not all(0 <= item[name] < LAST_SECOND for name in ("created", "updated")):
        raise ValueError
    kind, account, parent, sid = [item[name] for name in ("kind", "account", "parent", "sid")]
    naturals = [Natural(item["kind"], *_triple(key, str)) for key in item["unique"]]
    body = bare_value(item["body"])
    return Row(0, kind, account, parent, sid, body, item["created"], item["updated"]), naturals


def _triple(item: Any, last: type) -> tuple[str, str, Any]:
    first, second, third = item
    if not isinstance(first, str) or not isinstance(second, str) or not isinstance(third, last):
        raise TypeError
    return first, second, third

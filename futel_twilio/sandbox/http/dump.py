"""The whole state as one JSON document, which `seeding` puts into an empty sandbox.

It holds the objects, the counters of the SIDs and the settings. It holds no request log, no faults, no
accounts, and no secret: the password in a URL reads ***, also after it is put back.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.storage.redaction import is_named, mask, mask_value

if TYPE_CHECKING:
    from futel_twilio.sandbox.storage.store import Store

FORMAT = "futel_twilio.sandbox/1"
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
                [account, name, mask_value(json.loads(value))]
                for account, name, value in settings
                if not is_named(name)
            ],
        }


def _objects(store: Store) -> list[dict[str, Any]]:
    keys: dict[int, list[list[str]]] = {}
    found = store.db.execute("SELECT seq, field, scope, value FROM natural ORDER BY field, scope")
    for seq, field, scope, value in found:
        keys.setdefault(seq, []).append([field, scope, mask(value)])
    found = store.db.execute(
        "SELECT seq, body, kind, account, parent, sid, created, updated FROM resource ORDER BY seq"
    )
    return [
        dict(zip(SHAPE, (*plain, mask_value(json.loads(body)), keys.get(seq, [])), strict=True))
        for seq, body, *plain in found
    ]

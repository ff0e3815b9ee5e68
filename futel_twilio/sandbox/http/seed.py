"""A dump put back: judged as a whole first, then all of it in one transaction, or nothing.

What is judged is what the rest relies on: the bodies, that names are held and SIDs are not given again, that
what lies in something or maps something finds it, and that settings are ones.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.api_v2010.account import judge_settings
from futel_twilio.sandbox.api_v2010.phone_numbers import emergency, stock
from futel_twilio.sandbox.engine.handlers import unique_keys
from futel_twilio.sandbox.http.dump import FORMAT, SHAPE
from futel_twilio.sandbox.http.shapes import Form, forms
from futel_twilio.sandbox.storage.redaction import mask_value
from futel_twilio.sandbox.storage.rows import Row, UniqueKey
from futel_twilio.sandbox.storage.store import Store, digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LAST_SECOND = 253_402_300_800  # of the year 9999
MOST_COUNTED = 2**62
ACCOUNT = re.compile("AC[0-9a-fA-F]{32}")
PLAIN = re.compile(r"[A-Za-z0-9_.-]{1,64}")
MOST_REPORTED = 20  # objects in one sentence
WRONG = "is not as the sandbox dumps it"
Held = tuple[Row, list[UniqueKey]]


@dataclass(frozen=True)
class Fault:
    """What is wrong with one part of an object; the kinds `counter` and `setting` are of these."""

    kind: str
    sid: str
    field: str
    says: str


class SeedError(ValueError):
    """A document that is no seed, with every fault of it; none repeats what the document holds."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        objects = list(self.lines())
        more = len(objects) - MOST_REPORTED
        lines = [*objects[:MOST_REPORTED], *([f"and {more} more like these"] if more > 0 else [])]
        super().__init__(f"the seed holds what no sandbox dumps: {'; '.join(lines)}")

    def lines(self) -> Iterator[str]:
        """A line for each object."""
        for (kind, sid), faults in groupby(self.faults, key=lambda fault: (fault.kind, fault.sid)):
            yield f"{kind} {sid}: {', '.join(f'{fault.field} {fault.says}' for fault in faults)}"


@dataclass(frozen=True)
class Seed:
    """A dump that was judged."""

    objects: list[Held]
    counters: list[tuple[str, str, int]]
    settings: list[tuple[str, str, Any]]


def read(document: Any) -> Seed:
    """The objects, counters and settings of a dump; ValueError when it is none, SeedError when it is a wrong one."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"a seed is a JSON object as the sandbox dumps it, with the format {FORMAT}")
    shapes = [fault for n, item in _items(document, "objects") for fault in _shape(n, item)]
    counters = _each(document, "counters", lambda item: _triple(item, int))
    settings = _each(document, "settings", lambda item: _triple(item, object))
    if shapes:
        raise SeedError(shapes)
    objects = [_object(item) for item in document["objects"]]
    faults = [*_of_objects(objects), *_of_counters(objects, counters), *_of_settings(settings)]
    if faults:
        raise SeedError(faults)
    return Seed(objects, counters, [(*place, _setting(place[1], value)) for *place, value in settings])


def seed(store: Store, document: Any) -> None:
    """Put a dump into an empty sandbox, all of it or nothing; ValueError when it cannot be."""
    found = read(document)
    try:
        with store.transaction():
            _refuse_full(store)
            for row, keys in found.objects:
                store.add(row, keys)
            store.db.executemany("INSERT INTO counter (account, prefix, n) VALUES (?, ?, ?)", found.counters)
            for account, name, value in found.settings:
                store.set(account, name, value)
    except (sqlite3.IntegrityError, OverflowError) as error:
        raise ValueError(f"the seed contradicts itself: {error}") from None


def _refuse_full(store: Store) -> None:
    for table in ("resource", "counter", "setting"):
        if store.db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():  # noqa: S608 - our own table names
            raise ValueError("only an empty sandbox takes a seed: reset it first")


# What it is written in


def _items(document: dict[str, Any], name: str) -> Iterator[tuple[int, Any]]:
    items = document.get(name)
    if not isinstance(items, list):
        raise ValueError(f"a seed's {name} are a list")  # noqa: TRY004 - the document's fault, not the caller's
    return enumerate(items, 1)


def _each(document: dict[str, Any], name: str, read: Callable[[Any], Any]) -> list[Any]:
    try:
        return [read(item) for _, item in _items(document, name)]
    except (TypeError, KeyError):
        raise ValueError(f"one of the seed's {name} {WRONG}") from None


def _triple(item: Any, last: type) -> tuple[str, str, Any]:
    if not isinstance(item, list) or len(item) != 3:  # noqa: PLR2004 - a triple
        raise TypeError
    first, second, third = item
    if not isinstance(first, str) or not isinstance(second, str) or not isinstance(third, last):
        raise TypeError
    return first, second, third


def _shape(n: int, item: Any) -> Iterator[Fault]:
    """What of an object is not there, not of its type or unknown."""
    if not isinstance(item, dict):
        yield Fault("object", str(n), "all of it", WRONG)
        return
    kind, sid = _called(n, item.get("kind"), item.get("sid"))
    for name in sorted(set(item) - set(SHAPE)):
        yield Fault(kind, sid, name if PLAIN.fullmatch(name) else "one of its names", "is unknown")
    for name, wanted in SHAPE.items():
        if name not in item:
            yield Fault(kind, sid, name, "is missing")
        elif not isinstance(item[name], wanted) or not _fits(name, item[name]):
            yield Fault(kind, sid, name, WRONG)


def _called(n: int, kind: Any, sid: Any) -> tuple[str, str]:
    """What a fault calls an object: by its kind and SID, or by its place if these are not fit to be shown."""
    names = all(isinstance(name, str) and PLAIN.fullmatch(name) for name in (kind, sid))
    return (kind, sid) if names else ("object", str(n))


def _fits(name: str, value: Any) -> bool:
    if name in {"created", "updated"}:
        return bool(0 <= value < LAST_SECOND)
    return name != "unique" or all(_is_key(key) for key in value)


def _is_key(key: Any) -> bool:
    try:
        return bool(_triple(key, str))
    except TypeError:
        return False


def _object(item: dict[str, Any]) -> Held:
    kind, account, parent, sid = [item[name] for name in ("kind", "account", "parent", "sid")]
    keys = [UniqueKey(kind, *key) for key in item["unique"]]
    return Row(
        0, kind, account, parent, sid, mask_value(item["body"]), item["created"], item["updated"]
    ), keys


# What it says


def _of_objects(objects: list[Held]) -> Iterator[Fault]:
    there = {(row.kind, row.account, row.sid) for row, _ in objects}
    for n, (row, keys) in enumerate(objects, 1):
        kind, sid = _called(n, row.kind, row.sid)
        yield from (Fault(kind, sid, field, says) for field, says in _wrong(row, keys, there))


def _wrong(row: Row, keys: list[UniqueKey], there: set[tuple[str, str, str]]) -> Iterator[tuple[str, str]]:
    if not ACCOUNT.fullmatch(row.account):
        yield "account", "is no account's SID"
    if row.kind == stock.RELEASED:
        if [(key.field, key.scope) for key in keys] != [("phone_number", "")]:
            yield "unique", WRONG
        return
    form = forms().get(row.kind)
    if form is None:
        yield "kind", "is unknown"
        return
    wrong = {**dict(form.wrong(row.body)), **dict(_astray(row, form, there))}
    yield from wrong.items()
    names = {"parent", *(unique.field for unique in form.table.uniques)}
    if not names & wrong.keys() and set(keys) != _keys(row, form):
        yield "unique", "does not hold what may exist once"


def _astray(row: Row, form: Form, there: set[tuple[str, str, str]]) -> Iterator[tuple[str, str]]:
    """Its SID is of its kind; what it lies in and what it maps is there."""
    table = form.table
    if (table.parent, row.account, row.parent) not in there if table.parent else row.parent:
        yield "parent", f"is no {table.parent} of the seed" if table.parent else "is not empty"
    if not form.is_sid(row.sid, row.body):
        yield "sid", "is not of its kind"
    elif table.maps is not None and (table.maps.kind, row.account, row.sid) not in there:
        yield "sid", f"is no {table.maps.kind} of the seed"


def _keys(row: Row, form: Form) -> set[UniqueKey]:
    return set(unique_keys(form.table, row.account, row.parent, row.body))


def _of_counters(objects: list[Held], counters: list[tuple[str, str, int]]) -> Iterator[Fault]:
    """A counter that lags behind would give a SID twice."""
    given: dict[tuple[str, str], int] = {}
    for row, _ in objects:
        place, n = counted(row.account, row.sid)
        given[place] = max(given.get(place, 0), n)
    found = {(account, prefix): n for account, prefix, n in counters}
    for (account, prefix), least in {**dict.fromkeys(found, 0), **given}.items():
        if not least <= found.get((account, prefix), 0) < MOST_COUNTED:
            name = f"{account} {prefix}" if PLAIN.fullmatch(f"{account}.{prefix}") else "of some account"
            yield Fault("counter", name, "n", f"must be a number from {least} on")


def counted(account: str, sid: str) -> tuple[tuple[str, str], int]:
    """Which counter has given its SID, and as which number; 0 if none has."""
    is_counted = re.fullmatch(f"[A-Z]{{2}}{_digest(account)}[0-9a-f]{{24}}", sid)
    return (account, sid[:2]), int(sid[10:], 16) if is_counted else 0


_digest = lru_cache(digest)


def _of_settings(settings: list[tuple[str, str, Any]]) -> Iterator[Fault]:
    for _account, name, value in settings:
        try:
            _setting(name, value)
        except ValueError as error:
            yield Fault("setting", name, "value", f"is wrong: {error}")


def _setting(name: str, value: Any) -> Any:
    """A setting as it is kept; ValueError when it is wrong. One that nobody knows does no harm."""
    judged = (
        judge({name: value}) for judge in (judge_settings, emergency.judge_settings, stock.judge_settings)
    )
    return next((found[name] for found in judged if name in found), value)

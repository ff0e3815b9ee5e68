"""What an object of each kind is like, read off the tables: what stands in its body, its SID, what it lies in.

A value's type is what the field's reader gives, or that of its default; `holds` in a table says more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import NoneType
from typing import TYPE_CHECKING, Any, get_origin, get_type_hints

from futel_twilio.sandbox.http.registry import RESOURCES

if TYPE_CHECKING:
    from futel_twilio.sandbox.engine.tables import Field, Resource
    from futel_twilio.sandbox.engine.values import Reader

Check = Callable[[Any], bool]
HEX = "[0-9a-fA-F]{32}"


@dataclass(frozen=True)
class Form:
    """What is asked of the objects of one kind: of what is shown and must be there, and of what is hidden."""

    table: Resource
    shown: tuple[tuple[str, Check], ...]
    hidden: tuple[tuple[str, Check], ...]

    def wrong(self, body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """The fields that are missing or hold what they cannot, each with that said."""
        for name, fits in self.shown:
            if name not in body:
                yield name, "is missing"
            elif not fits(body[name]):
                yield name, "does not hold what the sandbox keeps there"
        for name, fits in self.hidden:
            if not fits(body.get(name)):
                yield name, "does not hold what the sandbox keeps there" if name in body else "is missing"

    def is_sid(self, sid: str, body: Mapping[str, Any]) -> bool:
        if self.table.named:
            return sid == body.get(self.table.named)
        return bool(re.fullmatch(f"{self.table.prefix}{HEX}" if self.table.prefix else ".+", sid))


@cache
def forms() -> Mapping[str, Form]:
    """By kind; the views of one storage all ask for what they show."""
    kinds = {table.kind: [row for row in RESOURCES if row.kind == table.kind] for table in RESOURCES}
    return {kind: _form(tables) for kind, tables in kinds.items()}


def _form(tables: list[Resource]) -> Form:
    fields = {(field.name, _check(field)) for table in tables for field in table.fields if _stands(field)}
    hidden = {pair for table in tables for pair in table.hidden.items()}
    return Form(tables[0], tuple(sorted(fields, key=_name)), tuple(sorted(hidden, key=_name)))


def _name(pair: tuple[str, Check]) -> str:
    return pair[0]


def _stands(field: Field) -> bool:
    """Whether it is a value of the body."""
    return field.kept and field.derive is None


def _check(field: Field) -> Check:
    return field.holds or _of_types(frozenset(types(field)))


@cache
def _of_types(allowed: frozenset[type]) -> Check:
    """Exactly of these types: True is no number here."""
    return lambda value: type(value) in allowed


def types(field: Field) -> set[type]:
    """The types of what a field may hold, null among them where it may be unset."""
    default = type(field.default)
    read = _read_type(field.read) if field.read else str if default is NoneType else default
    is_always_set = default is NoneType and field.required is not None and not field.clears
    return {read} if is_always_set else {read, default}


def _read_type(reader: Reader) -> type:
    given: Any = get_type_hints(reader)["return"]
    found: type = get_origin(given) or given
    return found

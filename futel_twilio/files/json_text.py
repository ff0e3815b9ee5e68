"""A member of a JSON object changed in its text: indent, order and spelling of all else stay to the byte."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from futel_twilio.files import readback, reading

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BLANK = re.compile(r"[ \t\r\n]*")
DECODER = json.JSONDecoder()
INDENT = "    "


@dataclass(frozen=True)
class _Member:
    """Where a key stands in a text, and its value: from the key's quote to behind the value."""

    key: str
    start: int
    value: int
    end: int


def with_member(path: Path, text: str, key: str, value: Mapping[str, Any] | None) -> str:
    """The text of a JSON object with one member, itself an object, changed; None removes it.

    Raises:
        BadInput: that cannot be done and nothing else changed.
    """
    said = reading.parsed_json(readback.plain(text), path.name)
    meant = deepcopy(said)
    if value is None:
        meant.pop(key, None)
    else:
        meant[key] = dict(value)
    if readback.is_same(said, meant):
        return text
    by_hand = f"take out {_quoted(key)}" if value is None else f"{_quoted(key)}: {_quoted(dict(value))}"
    return readback.first_exact(
        path,
        text,
        [lambda body: _changed(body, key, value)],
        lambda body: reading.parsed_json(body, path.name),
        [meant],
        [by_hand],
    )


def member_lines(text: str) -> dict[str, int]:
    """In which line each member of a JSON object begins, and each member of those: `name` and `name.key`."""
    found: dict[str, int] = {}
    for one in _members(text, _skip(text, 0))[0]:
        found[one.key] = text.count("\n", 0, one.start) + 1
        for inner in _members(text, one.value)[0] if text[one.value] == "{" else ():
            found[f"{one.key}.{inner.key}"] = text.count("\n", 0, inner.start) + 1
    return found


def _changed(text: str, key: str, value: Mapping[str, Any] | None) -> str:
    opening = _skip(text, 0)
    members, closing = _members(text, opening)
    found = next((one for one in members if one.key == key), None)
    if value is None:
        return _without(text, members, found) if found else text
    if found is None:
        return _with(text, opening, closing, members, key, _object_like(text, members, value))
    return text[: found.value] + _rewritten(text[found.value : found.end], value) + text[found.end :]


def _rewritten(text: str, value: Mapping[str, Any]) -> str:
    """The text of an object with other values: keys that go are taken out, those that come stand at its end."""
    for one in reversed(_members(text, 0)[0]):
        members = _members(text, 0)[0]
        if one.key not in value:
            text = _without(text, members, one)
        elif not readback.is_same(json.loads(text[one.value : one.end]), value[one.key]):
            text = text[: one.value] + _quoted(value[one.key]) + text[one.end :]
    for key in value:
        members, closing = _members(text, 0)
        if key not in {one.key for one in members}:
            text = _with(text, 0, closing, members, key, _quoted(value[key]))
    return text


def _with(text: str, opening: int, closing: int, members: list[_Member], key: str, value: str) -> str:
    """A text with a member more, behind the last one and set apart as the others are."""
    if not members:
        return f"{text[: opening + 1]}\n{INDENT}{_quoted(key)}: {value}\n{text[closing:]}"
    first, last = members[0], members[-1]
    lead = text[opening + 1 : first.start]
    between = text[members[-2].end : last.start] if len(members) > 1 else f",{lead or ' '}"
    colon = text[last.start : last.value][len(_spelled(text, last)) :]
    return f"{text[: last.end]}{between}{_quoted(key)}{colon}{value}{text[last.end :]}"


def _without(text: str, members: list[_Member], gone: _Member) -> str:
    at = members.index(gone)
    if at:
        return text[: members[at - 1].end] + text[gone.end :]
    stop = members[1].start if len(members) > 1 else gone.end
    return text[: gone.start] + text[stop:]


def _object_like(text: str, members: list[_Member], value: Mapping[str, Any]) -> str:
    """An object laid out as the last of the others is."""
    model = next((one for one in reversed(members) if text[one.value] == "{"), None)
    inner, closing = _members(text, model.value) if model else ([], 0)
    if model is None or not inner:
        return json.dumps(value, indent=4, ensure_ascii=False).replace("\n", "\n" + INDENT)
    first = inner[0]
    lead, tail = text[model.value + 1 : first.start], text[inner[-1].end : closing]
    between = text[first.end : inner[1].start] if len(inner) > 1 else f",{lead or ' '}"
    colon = text[first.start : first.value][len(_spelled(text, first)) :]
    return (
        "{" + lead + between.join(f"{_quoted(k)}{colon}{_quoted(v)}" for k, v in value.items()) + tail + "}"
    )


def _spelled(text: str, member: _Member) -> str:
    """A key as it stands in the text, quotes included."""
    return text[member.start : DECODER.raw_decode(text, member.start)[1]]


def _members(text: str, opening: int) -> tuple[list[_Member], int]:
    """The members of the object that opens there, and where it closes."""
    found: list[_Member] = []
    at = _skip(text, opening + 1)
    while text[at] != "}":
        key, end = DECODER.raw_decode(text, at)
        value = _skip(text, _skip(text, end) + 1)
        stop = DECODER.raw_decode(text, value)[1]
        found.append(_Member(key, at, value, stop))
        at = _skip(text, stop)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return found, at


def _skip(text: str, at: int) -> int:
    blank = BLANK.match(text, at)
    return blank.end() if blank else at


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)

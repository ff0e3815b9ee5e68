"""A table of a TOML file changed in its text: comments, order and line ends of all else stay.

tomlkit proposes first. Where what it proposes says something else, or it dies of how the file is written
(dotted keys, inline tables), plainer ways do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from futel_twilio.files import readback, reading

if TYPE_CHECKING:
    from pathlib import Path

Way = Callable[[str], str]

MANY = 50  # places where a value may stand
HEADER = re.compile(r"^\s*\[")
BLANK_OR_COMMENT = re.compile(r"^\s*(#.*)?$")


def with_table(path: Path, text: str, section: str, name: str, table: Mapping[str, Any] | None) -> str:
    """The text of a TOML file with the table `section.name` changed; None removes it.

    Raises:
        BadInput: that cannot be done and nothing else changed.
    """
    said = reading.parsed_toml(readback.plain(text), path.name)
    meant = deepcopy(said)
    before = said.get(section, {}).get(name)
    if table is None:
        meant.get(section, {}).pop(name, None)
    else:
        meant.setdefault(section, {})[name] = dict(table)
    if readback.is_same(said, meant):
        return text
    ways = _ways_out(section, name) if table is None else _ways_in(section, name, before, table)
    may_be = [meant]
    if not meant.get(section):  # an empty section may stay or go
        may_be.append({key: value for key, value in meant.items() if key != section})
    # An inline table around it is one line more that changes.
    lost = None if table is None else 1 + sum(1 for key in before or {} if before[key] != table.get(key))
    by_hand = _by_hand(section, name, before, table)
    return readback.first_exact(
        path, text, ways, lambda body: reading.parsed_toml(body, path.name), may_be, by_hand, lost
    )


def literal(value: Any) -> str:
    """A value as TOML writes it."""
    return str(_item(value).as_string())


def _ways_in(
    section: str, name: str, before: Mapping[str, Any] | None, table: Mapping[str, Any]
) -> Iterator[Way]:
    yield lambda text: _by_library(text, section, name, table, inline=False)
    if before is None:
        yield lambda text: _behind(text, section, name, table)
        yield lambda text: _by_library(text, section, name, table, inline=True)
        return
    changed = [key for key in {**before, **table} if before.get(key) != table.get(key)]
    if len(changed) == 1 and all(isinstance(one.get(changed[0]), str) for one in (before, table)):
        old, new = before[changed[0]], literal(table[changed[0]])
        for at in range(MANY):
            yield lambda text, at=at: _one_replaced(text, old, new, at)  # type: ignore[misc]
    yield lambda text: _leaves_replaced(text, before, table)


def _leaves_replaced(text: str, before: Mapping[str, Any], table: Mapping[str, Any]) -> str:
    """The text with each value replaced where it stands, also on dotted lines such as `address.street = "..."`."""
    was = dict(_leaves(before))
    for path, value in _leaves(table):
        if path in was and was[path] != value:
            stands = rf"((?<![A-Za-z0-9_-]){re.escape(path[-1])}\s*=\s*){re.escape(literal(was[path]))}"
            new = literal(value)
            text = re.sub(stands, lambda found, new=new: found[1] + new, text, count=1)  # type: ignore[misc]
    return text


def _leaves(table: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value that is no table, with the keys that lead to it."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key), value


def _by_library(text: str, section: str, name: str, table: Mapping[str, Any], *, inline: bool) -> str:
    import tomlkit

    document: Any = tomlkit.parse(text)
    tables = document.setdefault(section, tomlkit.table(is_super_table=True))
    there = tables.setdefault(name, tomlkit.inline_table() if inline else tomlkit.table())
    _bring(there, table)
    return tomlkit.dumps(document)


def _bring(there: Any, table: Mapping[str, Any]) -> None:
    """Change only what differs, in nested tables too."""
    for key in [key for key in there if key not in table]:
        del there[key]
    for key, value in table.items():
        if isinstance(value, dict) and isinstance(there.get(key), dict):
            _bring(there[key], value)
        elif there.get(key) != value:
            there[key] = _item(value)


def _behind(text: str, section: str, name: str, table: Mapping[str, Any]) -> str:
    """Behind all else: tables may stand apart from others of their section, and from its dotted keys."""
    before = text.rstrip("\n")
    lines = (f"{key} = {literal(value)}\n" for key, value in table.items())
    return f"{before}{chr(10) * 2 if before else ''}[{_key(section)}.{_key(name)}]\n{''.join(lines)}"


def _one_replaced(text: str, old: str, new: str, at: int) -> str:
    """The text with one of the places where a string stands replaced."""
    spelled = re.compile("|".join(map(re.escape, {f'"{old}"', f"'{old}'", literal(old)})))
    place = [*spelled.finditer(text)][at]
    return text[: place.start()] + new + text[place.end() :]


def _ways_out(section: str, name: str) -> Iterator[Way]:
    yield lambda text: _lines_cut(text, section, name)
    yield lambda text: _cut_by_library(text, section, name)


def _lines_cut(text: str, section: str, name: str) -> str:
    """Without the tables under a header; what stands right above the next header is about that one."""
    ours = re.compile(rf"^\s*\[\s*{_any_spelling(section)}\s*\.\s*{_any_spelling(name)}\s*[.\]]")
    lines, kept, at = text.split("\n"), list[str](), 0
    while at < len(lines):
        if not ours.match(lines[at]):
            kept.append(lines[at])
            at += 1
            continue
        end = next((i for i in range(at + 1, len(lines)) if HEADER.match(lines[i])), len(lines))
        while BLANK_OR_COMMENT.match(lines[end - 1]):
            end -= 1
        at = end
        if at < len(lines) and not lines[at] and (not kept or not kept[-1]):
            at += 1  # one blank line of two
    return "\n".join(kept)


def _cut_by_library(text: str, section: str, name: str) -> str:
    import tomlkit

    document: Any = tomlkit.parse(text)
    del document[section][name]
    return tomlkit.dumps(document)


def _by_hand(
    section: str, name: str, before: Mapping[str, Any] | None, table: Mapping[str, Any] | None
) -> list[str]:
    place = f"{_key(section)}.{_key(name)}"
    if table is None:
        return [f"take out {place}"]
    was, leaves = dict(_leaves(before or {})), dict(_leaves(table))
    names = {path: ".".join((place, *map(_key, path))) for path in {**was, **leaves}}
    changed = [
        f"{names[path]} = {literal(value)}" for path, value in leaves.items() if was.get(path) != value
    ]
    return [*changed, *(f"take out {names[path]}" for path in was if path not in leaves)]


def _item(value: Any) -> Any:
    import tomlkit

    if not isinstance(value, dict):
        return tomlkit.item(value)
    found = tomlkit.inline_table()
    found.update(value)
    return found


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else literal(name)


def _any_spelling(name: str) -> str:
    plain = re.escape(name)
    return f"(?:{plain}|\"{plain}\"|'{plain}')"

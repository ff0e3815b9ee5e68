"""Change accepted.toml: add, renew and remove entries; everything else in the file stays."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import tomlkit
from tomlkit.items import Array

from futel_twilio.audit.acceptance import accepted_file
from futel_twilio.errors import BadInput
from futel_twilio.files import atomic, readback, reading, toml_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from futel_twilio.audit.acceptance.accepted_value import Kept

Entry: TypeAlias = "dict[str, Any]"  # an entry without its check
HEADER = """\
# Findings of the audit that somebody accepts for now, each by the name that the audit prints, with the found value:
# of another value than `found` it counts again. `until` is the last day: after it the finding counts again.
"""


def add(
    path: Path, found: Mapping[str, Kept], *, by: str, reason: str, until: date, today: date | None = None
) -> int:
    """Accept findings, keeping what the file holds.

    An entry that has run out, or that accepts another value, is renewed in its place.

    Args:
        path: the file; made if it is not there.
        found: the findings by their names, each with the value to keep.
        by: who accepts them.
        reason: why.
        until: the last day.
        today: now, in UTC, if left out.

    Returns:
        How many entries were written; those that still hold are left as they are.

    Raises:
        BadInput: nobody, no reason, a day that is over, or a faulty file; nothing was written.
    """
    now = today or datetime.now(UTC).date()
    values = {"reason": accepted_file.one_line(reason), "by": accepted_file.one_line(by), "until": until}
    _require_sense(values, now)
    text = accepted_file.text_of(path)
    accepted_file.require_faultless(
        path, accepted_file.faults_of_entries(document := accepted_file.document_of(path, text))
    )
    there = {entry["check"]: entry for entry in document.get("accepted", ())}
    wanted = {name: {"found": kept, **values} for name, kept in found.items()}
    fresh = {name: entry for name, entry in wanted.items() if name not in there}
    changed = {
        name: entry
        for name, entry in wanted.items()
        if name in there and (there[name]["until"] < now or there[name].get("found") != entry["found"])
    }
    if fresh or changed:
        atomic.replace(path, _rewritten(path, document, fresh, changed))
    return len(fresh) + len(changed)


def remove(path: Path, names: Collection[str]) -> None:
    """Take entries out, and nothing else.

    Raises:
        BadInput: the file has faults, or is written so that this cannot be done; nothing was written.
    """
    document = accepted_file.document_of(path, accepted_file.text_of(path))
    left = [entry for entry in document.get("accepted", ()) if entry["check"] not in names]
    rest = {key: value for key, value in document.items() if key != "accepted"}
    text = readback.first_exact(
        path,
        atomic.read_text(path),
        [lambda text: _without_lines(text, names), lambda text: _without(text, names)],
        lambda text: reading.parsed_toml(text, path.name),
        [{**document, "accepted": left}, *([rest] if not left else [])],
        [f"take out the entry of {name}" for name in names],
    )
    atomic.replace(path, text)


def _require_sense(values: dict[str, Any], now: date) -> None:
    faults = [f"{key}: empty" for key in ("by", "reason") if not values[key]]
    if values["until"] < now:
        faults.append(f"until: {values['until']} is in the past")
    if faults:
        raise BadInput(
            "Findings are accepted by somebody, for a reason, until a day to come.",
            "Say it again with all three; nothing was written.",
            tuple(faults),
        )


def _rewritten(
    path: Path,
    document: dict[str, Any],
    fresh: Mapping[str, Entry],
    changed: Mapping[str, Entry],
) -> str:
    """The file with new and renewed entries; the rest stays unchanged."""
    there = [{**entry, **changed.get(entry["check"], {})} for entry in document.get("accepted", ())]
    added = [{"check": name, **entry} for name, entry in fresh.items()]
    return readback.first_exact(
        path,
        atomic.read_text(path),
        [lambda text: _extended(_renewed(text, changed), added)],
        lambda text: reading.parsed_toml(text, path.name),
        [{**document, "accepted": [*there, *added]}],
        [
            line
            for name, entry in {**fresh, **changed}.items()
            for line in _entry_lines({"check": name, **entry})
        ],
        # Of each renewed entry its values, of which one may be a list of several lines; or a list on one line.
        sum(3 + _lines_of(one.get("found")) for one in there if one["check"] in changed) + 1,
    )


def _entry_lines(entry: dict[str, Any]) -> list[str]:
    return ["[[accepted]]", *(f"{key} = {toml_text.literal(value)}" for key, value in entry.items())]


def _lines_of(found: object) -> int:
    return len(found) + 2 if isinstance(found, list) else 1


def _renewed(text: str, changed: Mapping[str, Entry]) -> str:
    if not changed:
        return text  # to the byte
    document = tomlkit.parse(text)
    entries: Any = document["accepted"]
    for entry in entries:
        entry.update(changed.get(entry["check"], {}))
    return tomlkit.dumps(document)


def _without_lines(text: str, names: Collection[str]) -> str:
    """Without the tables of some checks; a comment right above the next header is about that one."""
    head, *tables = re.split(r"(?m)^(?=[ \t]*\[\[)", text)
    kept = [head]
    for table in tables:
        (entry,) = tomllib.loads(table)["accepted"]
        if entry["check"] not in names:
            kept.append(table)
            continue
        of_next = re.search(r"(?:^[ \t]*(?:#.*)?\n)*\Z", table, re.MULTILINE)
        kept.append(of_next[0].lstrip("\n") if of_next else "")
    return "".join(kept)


def _without(text: str, names: Collection[str]) -> str:
    document = tomlkit.parse(text)
    entries: Any = document["accepted"]
    for at in reversed(range(len(entries))):
        if entries[at]["check"] in names:
            del entries[at]
    return tomlkit.dumps(document)


def _extended(text: str, entries: Sequence[Entry]) -> str:
    if not entries:
        return text
    document = tomlkit.parse(text)
    listed = document.get("accepted")
    if isinstance(listed, Array):  # accepted = [{...}] on one line: [[accepted]] may not follow it
        listed.extend(entries)
        return tomlkit.dumps(document)
    # Put behind the text, not into the document: tomlkit glues a table to a last line that has no end.
    before = (text if text.strip() else HEADER).rstrip("\r\n")
    return f"{before}\n\n{tomlkit.dumps({'accepted': entries})}"

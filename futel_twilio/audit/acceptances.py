"""accepted.toml: findings that are accepted until a date, with their values."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from futel_twilio.audit import accepted_value
from futel_twilio.errors import BadInput
from futel_twilio.files import atomic, readback, reading, toml_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from jsonschema import ValidationError

    from futel_twilio.audit.accepted_value import Found, Kept

Entry: TypeAlias = "dict[str, Any]"  # what an entry says besides its check
ACCEPTED = "accepted.toml"
SCHEMA = Path(__file__).with_name("accepted.schema.json")
HEADER = """\
# Findings of the audit that somebody accepts for now, each by the name that the audit prints, and as it was found:
# of another value than `found` it counts again. `until` is the last day: after it the finding counts again.
"""


@dataclass(frozen=True)
class Acceptance:
    """One accepted finding.

    Attributes:
        check: the finding's name, as the audit prints it.
        reason: why.
        by: who says so.
        until: the last day on which it holds.
        found: the value that is accepted; None in a file from before values were kept.
    """

    check: str
    reason: str
    by: str
    until: date
    found: Kept | None = None


def load(path: Path, known: Collection[str]) -> tuple[Acceptance, ...]:
    """Read what is accepted; nothing where there is no file.

    Args:
        path: the file.
        known: the names of all checks that exist, those that this run leaves out included.

    Raises:
        BadInput: the file is not TOML, or has faults: all of them, each with its place.
    """
    document = _document(path, _text(path))
    _require_faultless(path, [*_faults_of_entries(document), *_unknown_checks(document, known)])
    return tuple(
        Acceptance(
            entry["check"],
            _one_line(entry["reason"]),
            _one_line(entry["by"]),
            entry["until"],
            entry.get("found"),
        )
        for entry in document.get("accepted", ())
    )


def judge(
    name: str, found: Found, acceptances: Collection[Acceptance], today: date, renew: str = ""
) -> tuple[Literal["accepted", "finding"], str]:
    """What a finding counts as, and who accepted it until when and why.

    Args:
        name: the check.
        found: the value that was found.
        acceptances: what is accepted.
        today: now, in UTC.
        renew: the command that accepts it anew.
    """
    one = next((one for one in acceptances if one.check == name), None)
    if one is None:
        return "finding", ""
    if today > one.until:
        return "finding", f"was accepted by {one.by} until {one.until}, which has passed: {one.reason}"
    if one.found is None:
        how = f" To accept it as it is now: {renew}." if renew else ""
        return "finding", f"{one.by} accepted it without a value, which no longer counts.{how}"
    if not found.is_accepted_by(one.found):
        until = f"until {one.until}: {one.reason}"
        return "finding", f"not as found now; {one.by} accepted {accepted_value.in_words(one.found)} {until}"
    return "accepted", f"by {one.by} until {one.until}: {one.reason}"


def stale(acceptances: Collection[Acceptance], findings: Collection[str]) -> tuple[str, ...]:
    """The names of those acceptances whose finding is no longer found.

    Args:
        acceptances: what is accepted.
        findings: the names of all checks that did not hold, accepted or not, or that were not looked at.
    """
    return tuple(one.check for one in acceptances if one.check not in findings)


def add(
    path: Path, found: Mapping[str, Kept], *, by: str, reason: str, until: date, today: date | None = None
) -> int:
    """Accept findings, keeping what the file holds.

    An entry that has run out, or that accepts another value, is renewed in its place.

    Args:
        path: the file; made if it is not there.
        found: the findings by their names, each with what is to be kept of its value.
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
    values = {"reason": _one_line(reason), "by": _one_line(by), "until": until}
    _require_sense(values, now)
    text = _text(path)
    _require_faultless(path, _faults_of_entries(document := _document(path, text)))
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
    document = _document(path, _text(path))
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
    """The file with new entries and renewed ones, and all else as it was."""
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
    import tomlkit

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
    import tomlkit

    document = tomlkit.parse(text)
    entries: Any = document["accepted"]
    for at in reversed(range(len(entries))):
        if entries[at]["check"] in names:
            del entries[at]
    return tomlkit.dumps(document)


def _extended(text: str, entries: Sequence[Entry]) -> str:
    import tomlkit
    from tomlkit.items import Array

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


def _text(path: Path) -> str:
    try:
        return reading.read_text(path)
    except FileNotFoundError:
        return ""


def _document(path: Path, text: str) -> dict[str, Any]:
    return reading.parsed_toml(text, path.name)


def _require_faultless(path: Path, faults: list[tuple[int, str]]) -> None:
    if not faults:
        return
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    raise BadInput(
        f"{path.name} has {count}.",
        f"Mend {path.name}, where accepted[1] is the first entry, and run the command again.",
        tuple(text for _entry, text in sorted(faults, key=lambda fault: fault[0])),
    )


def _faults_of_entries(document: dict[str, Any]) -> list[tuple[int, str]]:
    """Each fault as the number of its entry, 0 for the file, and `place: what is wrong`."""
    from jsonschema import Draft202012Validator

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    errors = Draft202012Validator(schema).iter_errors(document)
    of_form = [fault for error in errors for fault in _faults_of_form(error)]
    # A schema tells each missing key in an error of its own, and all of them are read off each.
    return [*dict.fromkeys(of_form), *_bad_dates(document), *_doubles(document)]


def _faults_of_form(error: ValidationError) -> Iterator[tuple[int, str]]:
    place = list(error.absolute_path)
    number = int(place[1]) + 1 if len(place) > 1 else 0
    schema: Any = error.schema
    instance: Any = error.instance
    if error.validator == "additionalProperties":
        known = schema["properties"]
        for name in (name for name in instance if name not in known):
            yield number, f"{_place(*place, name)}: unknown key (known: {', '.join(known)})"
    elif error.validator == "required":
        for name in (name for name in schema["required"] if name not in instance):
            yield number, f"{_place(*place, name)}: missing"
    else:
        yield number, f"{_place(*place)}: {schema.get('x-says', 'not a table')}"


def _place(*steps: object) -> str:
    """`accepted[2].until`; a person counts from one."""
    named = (f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in steps)
    return "".join(named).removeprefix(".")


def _entries(document: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    listed = document.get("accepted")
    for number, entry in enumerate(listed if isinstance(listed, list) else (), start=1):
        if isinstance(entry, dict):
            yield number, entry


def _bad_dates(document: dict[str, Any]) -> Iterator[tuple[int, str]]:
    for number, entry in _entries(document):
        if "until" in entry and type(entry["until"]) is not date:  # a datetime is an instance of date too
            yield number, f"accepted[{number}].until: not a date (2027-01-31, without quotes or a time)"


def _doubles(document: dict[str, Any]) -> Iterator[tuple[int, str]]:
    first: dict[str, int] = {}
    for number, entry in _entries(document):
        check = entry.get("check")
        if isinstance(check, str) and first.setdefault(check, number) != number:
            yield number, f"accepted[{number}].check: the same check as accepted[{first[check]}]"


def _unknown_checks(document: dict[str, Any], known: Collection[str]) -> Iterator[tuple[int, str]]:
    for number, entry in _entries(document):
        check = entry.get("check")
        if isinstance(check, str) and check not in known:
            nearest = difflib.get_close_matches(check, sorted(known), n=1, cutoff=0.5)
            hint = f" (nearest: {nearest[0]})" if nearest else ""
            yield number, f"accepted[{number}].check: there is no check {check!r}{hint}"


def _one_line(text: str) -> str:
    return " ".join(text.split())

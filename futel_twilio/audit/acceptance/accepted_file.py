"""Read the entries of accepted.toml, and name each fault with its place."""

from __future__ import annotations

import difflib
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from futel_twilio.errors import BadInput
from futel_twilio.files import reading

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from jsonschema import ValidationError

SCHEMA = Path(__file__).parents[1] / "accepted.schema.json"


def text_of(path: Path) -> str:
    try:
        return reading.read_text(path)
    except FileNotFoundError:
        return ""


def document_of(path: Path, text: str) -> dict[str, Any]:
    return reading.parsed_toml(text, path.name)


def require_faultless(path: Path, faults: list[tuple[int, str]]) -> None:
    if not faults:
        return
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    raise BadInput(
        f"{path.name} has {count}.",
        f"Fix {path.name}, where accepted[1] is the first entry, and run the command again.",
        tuple(text for _entry, text in sorted(faults, key=lambda fault: fault[0])),
    )


def faults_of_entries(document: dict[str, Any]) -> list[tuple[int, str]]:
    """Each fault as the number of its entry, 0 for the file, and `place: what is wrong`."""
    from jsonschema import Draft202012Validator

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    errors = Draft202012Validator(schema).iter_errors(document)
    of_form = [fault for error in errors for fault in _faults_of_form(error)]
    # A schema reports each missing key in a separate error, and each error lists all of them.
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
    """`accepted[2].until`: people count from one."""
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


def unknown_checks(document: dict[str, Any], known: Collection[str]) -> Iterator[tuple[int, str]]:
    for number, entry in _entries(document):
        check = entry.get("check")
        if isinstance(check, str) and check not in known:
            nearest = difflib.get_close_matches(check, sorted(known), n=1, cutoff=0.5)
            hint = f" (nearest: {nearest[0]})" if nearest else ""
            yield number, f"accepted[{number}].check: there is no check {check!r}{hint}"


def one_line(text: str) -> str:
    return " ".join(text.split())

"""Validate a document against a JSON schema: every fault at once, each with its place."""

from __future__ import annotations

import hashlib
import json
import math
from contextlib import suppress
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from futel_twilio.config import variables
from futel_twilio.errors import BadInput, CannotRead
from futel_twilio.files import atomic, reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from jsonschema import ValidationError

VALIDATED_FILE = 31  # documents
NOT_FINITE = "not a finite number"
KNOWN = ".cache/futel_twilio/well-formed"  # in the home of whoever runs this


def faults_of_form(schema_file: Path, document: Mapping[str, Any]) -> list[str]:
    """Every fault of a document, as `place: what is wrong`, in the order of its places."""
    text = schema_file.read_text(encoding="utf-8")
    digest = _digest_of(text, document)
    if digest in _known():
        return []
    from jsonschema import Draft202012Validator

    schema = json.loads(text)
    errors = sorted(Draft202012Validator(schema).iter_errors(document), key=lambda e: list(map(str, e.path)))
    without_sense = list(_not_finite(document))
    if not errors and not without_sense:
        remember(digest)
    # A malformed number may also be out of bounds: report it once.
    of_form = (line for error in errors for line in _lines(error))
    of_form = (
        line for line in of_form if not line.startswith(tuple(f"{place}: " for place in without_sense))
    )
    return list(dict.fromkeys([*of_form, *(f"{place}: {NOT_FINITE}" for place in without_sense)]))


def _not_finite(document: Any, place: tuple[str, ...] = ()) -> Iterator[str]:
    """The places of nan and of numbers without end, which no bound of a schema keeps out."""
    if isinstance(document, float) and not math.isfinite(document):
        yield ".".join(place)
    elif isinstance(document, dict):
        for name, value in document.items():
            yield from _not_finite(value, (*place, str(name)))
    elif isinstance(document, list):
        for number, value in enumerate(document):
            yield from _not_finite(value, (*place, str(number)))


def _digest_of(schema: str, document: Mapping[str, Any]) -> str:
    words = json.dumps([schema, document], default=repr)
    return hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _known() -> list[str]:
    """The digests of documents that were found well; none where that file cannot be read, whatever lies there."""
    home = variables.home()
    with suppress(OSError, CannotRead):
        return reading.read_text(home / KNOWN).split() if home else []
    return []


def remember(digest: str) -> None:
    """Where there is no home to write to, the validator is asked every time."""
    home = variables.home()
    if home is None:
        return
    with suppress(OSError, BadInput):
        atomic.make_folder((home / KNOWN).parent)
        atomic.replace(
            home / KNOWN, "\n".join([*_known()[-VALIDATED_FILE:], digest]), private=True, lasting=False
        )


def read_json(
    path: Path, what: str = "a JSON object", *, largest: int = reading.LARGEST
) -> tuple[dict[str, Any], list[str]]:
    """A JSON file that holds a table, in which no key stands twice; or nothing, and why it cannot be read."""
    try:
        found = reading.read_json(path, largest=largest)
    except FileNotFoundError:
        return {}, ["there is no such file"]
    except CannotRead as error:
        return {}, [error.fault]
    return (found, []) if isinstance(found, dict) else ({}, [f"not {what}"])


def _lines(error: ValidationError) -> Iterator[str]:
    place = ".".join(str(step) for step in error.absolute_path)
    several = {"additionalProperties": _unknown_keys, "required": _missing_keys}.get(str(error.validator))
    if several:
        for name, says in several(as_dict(error.schema), as_dict(error.instance)):
            yield f"{place}.{name}: {says}".removeprefix(".")
    elif "propertyNames" in error.absolute_schema_path:
        yield f"{place}.{error.instance}: {describe(error)}".removeprefix(".")
    elif error.validator == "type" and as_dict(error.schema).get("type") == "object":
        yield f"{place}: not a table"
    else:
        yield f"{place}: {describe(error)}"


def _unknown_keys(schema: dict[str, Any], table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    known = schema.get("properties", {})
    for name in table:
        if name not in known:
            near = get_close_matches(name, known, 1)
            meant = f": did you mean {near[0]}?" if near else ""
            yield name, f"unknown key{meant} (known: {', '.join(known) or 'none'})"


def _missing_keys(schema: dict[str, Any], table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in schema["required"]:
        if name not in table:
            yield name, "missing"


def describe(error: ValidationError) -> str:
    return str(as_dict(error.schema).get("x-says") or error.message)


def as_dict(value: Any) -> dict[str, Any]:
    """A table, or an empty one in place of what is none."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """A list, or an empty one in place of what is none."""
    return value if isinstance(value, list) else []

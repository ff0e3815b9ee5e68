"""Is a document of the form that a schema asks for: every fault, each with its place.

A schema's own words for a fault stand under `x-says`; where it has none the validator's do.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from jsonschema import ValidationError


def faults_of_form(schema_file: Path, document: Mapping[str, Any]) -> list[str]:
    """Every fault of a document, as `place: what is wrong`, in the order of its places."""
    from jsonschema import Draft202012Validator

    schema = json.loads(schema_file.read_text(encoding="utf-8"))
    errors = sorted(Draft202012Validator(schema).iter_errors(document), key=lambda e: list(map(str, e.path)))
    return list(dict.fromkeys(line for error in errors for line in _lines(error)))


def _lines(error: ValidationError) -> Iterator[str]:
    place = ".".join(str(step) for step in error.absolute_path)
    several = {"additionalProperties": _unknown_keys, "required": _missing_keys}.get(str(error.validator))
    if several:
        for name, says in several(as_dict(error.schema), as_dict(error.instance)):
            yield f"{place}.{name}: {says}".removeprefix(".")
    elif "propertyNames" in error.absolute_schema_path:
        yield f"{place}.{error.instance}: {_says(error)}".removeprefix(".")
    elif error.validator == "type" and as_dict(error.schema).get("type") == "object":
        yield f"{place}: not a table"
    else:
        yield f"{place}: {_says(error)}"


def _unknown_keys(schema: dict[str, Any], table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    known = schema.get("properties", {})
    for name in table:
        if name not in known:
            yield name, f"unknown key (known: {', '.join(known) or 'none'})"


def _missing_keys(schema: dict[str, Any], table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in schema["required"]:
        if name not in table:
            yield name, "missing"


def _says(error: ValidationError) -> str:
    return str(as_dict(error.schema).get("x-says") or error.message)


def as_dict(value: Any) -> dict[str, Any]:
    """A table, or an empty one in place of what is none."""
    return value if isinstance(value, dict) else {}

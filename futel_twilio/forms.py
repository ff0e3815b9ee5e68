"""Is a document of the form that a schema asks for: every fault, each with its place.

A schema's own words for a fault stand under `x-says`; where it has none the validator's do. A document that was
found well once is known again by its digest, in `~/.cache/futel_twilio`: loading the validator takes longer than
a whole command otherwise needs.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema import ValidationError

REMEMBERED = 31  # documents


def faults_of_form(schema_file: Path, document: Mapping[str, Any]) -> list[str]:
    """Every fault of a document, as `place: what is wrong`, in the order of its places."""
    text = schema_file.read_text(encoding="utf-8")
    digest = _digest_of(text, document)
    if _is_known(digest):
        return []
    from jsonschema import Draft202012Validator

    schema = json.loads(text)
    errors = sorted(Draft202012Validator(schema).iter_errors(document), key=lambda e: list(map(str, e.path)))
    if not errors:
        _remember(digest)
    return list(dict.fromkeys(line for error in errors for line in _lines(error)))


def _digest_of(schema: str, document: Mapping[str, Any]) -> str:
    words = json.dumps([schema, document], default=repr)
    return hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _known_file() -> Path:
    return Path.home() / ".cache" / "futel_twilio" / "well-formed"


def _is_known(digest: str) -> bool:
    with suppress(OSError):
        return digest in _known_file().read_text(encoding="ascii").split()
    return False


def _remember(digest: str) -> None:
    """Where there is no home to write to, the validator is asked every time."""
    file = _known_file()
    with suppress(OSError):
        known = file.read_text(encoding="ascii").split() if file.exists() else []
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join([*known[-REMEMBERED:], digest]), encoding="ascii")


class _TwiceError(ValueError):
    """A key of the JSON file that stands in it more than once."""


def read_json(path: Path, what: str = "a JSON object") -> tuple[dict[str, Any], list[str]]:
    """A JSON file that holds a table, in which no key stands twice; or nothing, and why it cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_once)
    except FileNotFoundError:
        return {}, ["there is no such file"]
    except _TwiceError as error:
        return {}, [f"{error}: stands in the file twice"]
    except (OSError, ValueError, RecursionError) as error:
        return {}, [f"cannot be read as JSON: {error}"]
    return (found, []) if isinstance(found, dict) else ({}, [f"not {what}"])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    twice = [key for key, times in Counter(key for key, _value in pairs).items() if times > 1]
    if twice:
        raise _TwiceError(", ".join(twice))
    return dict(pairs)


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

"""Twilio's OpenAPI documents: read strictly, and which operation of theirs a request is."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

METHODS = ("get", "post", "put", "patch", "delete")
FORM = "application/x-www-form-urlencoded"
TWILIO = ".twilio.com"
# Those of the products that the sandbox plays.
FILES = tuple(f"twilio_{name}.json" for name in ("api_v2010", "voice_v1", "monitor_v1", "events_v1"))


class Missing(Exception):
    """A document that is not where it should be; the message says what to do."""


@dataclass(frozen=True)
class Operation:
    """One operation: `document` is its place among the documents, `names` the parameters of query and form."""

    method: str
    template: str
    host: str
    document: int
    names: Mapping[str, frozenset[str]] = field(hash=False)

    def __str__(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def shape(self) -> str:
        return shape(str(self))


def shape(operation: str) -> str:
    """An operation without the names of its placeholders, which the sandbox's tables call otherwise."""
    return re.sub(r"{\w+}|<\w+>", "{}", operation)


def load(folder: Path) -> list[dict[str, Any]]:
    """The documents of a folder; `Missing` names the first that is not there."""
    for name in FILES:
        if not (folder / name).is_file():
            raise Missing(f"{name} is not in the package: see where Twilio has moved it, and fix FILES.")
    return [json.loads((folder / name).read_text(encoding="utf-8")) for name in FILES]


def tighten(document: dict[str, Any]) -> dict[str, Any]:
    """Read a document strictly, in place: what an answer may hold it must hold, and nothing else.

    The documents name no property of an answer as required and forbid none, so that `{}` would pass for
    anything. Their own examples, but for the few that the exemptions tell of, hold every property.
    A form that has required parameters is itself required.
    """
    for item in document["paths"].values():
        for method in METHODS:
            operation = item.get(method, {})
            schema = _form(operation)
            if schema.get("required"):
                operation["requestBody"]["required"] = True
            for response in operation.get("responses", {}).values():
                _close([content.get("schema") for content in response.get("content", {}).values()])
    _close(document.get("components", {}).get("schemas", {}))
    return document


def _close(schema: Any) -> None:
    if isinstance(schema, list):
        for one in schema:
            _close(one)
    elif isinstance(schema, dict):
        properties = schema.get("properties")
        if schema.get("type") == "object" and isinstance(properties, dict):
            schema |= {"required": sorted(properties), "additionalProperties": False}
        for one in schema.values():
            _close(one)


def _form(operation: Mapping[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    schema: dict[str, Any] = content.get(FORM, {}).get("schema", {})
    return schema


class Operations:
    """Every operation of some documents, by request."""

    def __init__(self, documents: Iterable[Mapping[str, Any]]) -> None:
        found = [
            operation for at, document in enumerate(documents) for operation in _operations(at, document)
        ]
        self.all = {operation.shape: operation for operation in found}
        # The fewer placeholders, the better the match: `/Local.json` is no SID.
        self._patterns = [
            (_pattern(operation.template), operation)
            for operation in sorted(found, key=lambda operation: operation.template.count("{"))
        ]
        self.find = lru_cache(maxsize=4096)(self._find)

    def _find(self, method: str, host: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation and its path parameters; None when no document has it at that host."""
        for pattern, operation in self._patterns:
            found = pattern.fullmatch(path) if operation.method == method else None
            if found and (not host.endswith(TWILIO) or _product(host) == _product(operation.host)):
                return operation, found.groupdict()
        return None


def _product(host: str) -> str:
    """`api` of api.twilio.com, and of api.umatilla.us1.twilio.com, which is the same behind an edge."""
    return host.partition(".")[0]


def _operations(at: int, document: Mapping[str, Any]) -> Iterator[Operation]:
    for template, item in document["paths"].items():
        servers = item.get("servers") or document.get("servers") or [{"url": ""}]
        host = urlsplit(servers[0]["url"]).netloc
        for method in METHODS:
            if method in item:
                yield Operation(method.upper(), template, host, at, _names(item, item[method]))


def _names(item: Mapping[str, Any], operation: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    rows = [*item.get("parameters", []), *operation.get("parameters", [])]
    return {
        "query": frozenset(row["name"] for row in rows if row["in"] == "query"),
        "form": frozenset(_form(operation).get("properties", {})),
    }


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"{(\w+)}", template)
    return re.compile(
        "".join(f"(?P<{part}>[^/]+)" if n % 2 else re.escape(part) for n, part in enumerate(parts))
    )

"""Which table a path belongs to, and which product a request is meant for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from futel_twilio.sandbox.engine.errors import not_allowed, not_json, unknown
from futel_twilio.sandbox.engine.handlers import COLLECTION, ITEM, perform
from futel_twilio.sandbox.engine.tables import Answer, Endpoint, RequestContext, Resource
from futel_twilio.sandbox.http.registry import ENDPOINTS, RESOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping

TWILIO = ".twilio.com"


@dataclass(frozen=True, eq=False)
class Target:
    """What a path names: a table, one object of it, or a single endpoint."""

    row: Resource | Endpoint
    item: bool = False

    def answer(self, method: str, context: RequestContext) -> Answer:
        if isinstance(self.row, Endpoint):
            if method not in self.row.methods:
                raise not_allowed()
            return self.row.methods[method](context)
        verb = (ITEM if self.item else COLLECTION).get(method)
        if verb not in self.row.verbs or verb is None:
            raise not_allowed()
        return perform(verb, context, self.row)


def _rules() -> list[Rule]:
    rules = []
    for resource in RESOURCES:
        rules.append(Rule(resource.path + resource.suffix, endpoint=Target(resource)))
        if not {"fetch", "update", "delete"} & set(resource.verbs):
            continue
        item = f"{resource.path}/<sid>{resource.suffix}"
        rules.append(Rule(item, endpoint=Target(resource, item=True)))
    singles = [Rule(row.path + row.suffix, endpoint=Target(row)) for row in ENDPOINTS]
    return rules + singles


MAP = Map(_rules(), strict_slashes=True, merge_slashes=False, redirect_defaults=False)
PATHS = MAP.bind("sandbox")


def find(path: str, host: str) -> tuple[Target, Mapping[str, str]]:
    """The target of a path, or the 404 Twilio gives; `host` is where the client thinks it is."""
    found = _match(path)
    if found is None:
        raise not_json(path) if _match(f"{path}.json") else unknown(path)
    target, ids = found
    if host.endswith(TWILIO) and host.partition(".")[0] != target.row.product:
        raise unknown(path)
    return target, ids


def _match(path: str) -> tuple[Target, Mapping[str, str]] | None:
    try:
        return PATHS.match(path, method="GET")
    except HTTPException:
        return None

"""The walk: every operation the sandbox offers, made from its tables, in an order in which each succeeds.

`python -m tests.conformance.walk` prints it as JSON, for any client: a list of steps. In a step's path and
parameters `<name>`, in lower case, stands for the SID that an earlier step kept under that name, `<account>`
for the account's. A step whose path begins with `/_sandbox/` is sent as JSON, and puts there what only a
telephone could.
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cache

from futel_twilio.sandbox.engine.handlers import COLLECTION, ITEM
from futel_twilio.sandbox.engine.tables import Endpoint, Resource
from futel_twilio.sandbox.http.registry import ENDPOINTS, RESOURCES
from tests.conformance.values import BESIDES, Value, value

SUCCESS = {"create": 201, "list": 200, "fetch": 200, "update": 200, "delete": 204}
# What is answered where it is not 200 to a GET and 201 to a POST.
OTHERWISE = {
    "POST /v1/Settings": 202,
    "POST /2010-04-01/Accounts/<account>/OutgoingCallerIds.json": 200,
}
# What the API itself cannot make.
GIVEN = {
    "caller_id": ("/_sandbox/caller-ids", {"phone_number": "+15035550150"}),
    "alert": (
        "/_sandbox/alerts",
        {"error_code": "32009", "request_url": "https://example.com/walk", "resource_sid": "<call>"},
    ),
}
CONSTANT = {"<country>/Mobile": "GB/Mobile", "<country>": "US"}


@dataclass(frozen=True)
class Step:
    """One request: what is sent, which status is success, and under which name its SID is kept.

    The SID is `sid` in the answer, or the end of its `url`; in a list's answer, that of the first item.
    `operation` is the line of the sandbox's tables that is asked, with the placeholders of the tables.
    """

    operation: str
    method: str
    path: str
    product: str
    expects: int
    params: dict[str, Value] = field(default_factory=dict)
    keeps: str = ""


def operations() -> list[str]:
    """Every operation that the sandbox offers, as `METHOD path` with the placeholders of the tables."""
    found = [_operation(row, verb) for row in RESOURCES for verb in row.verbs]
    return found + [f"{method} {row.path}{row.suffix}" for row in ENDPOINTS for method in row.methods]


def steps() -> list[Step]:
    """The whole walk: objects that others need are made first and deleted last, the rest as they come."""
    walk: list[Step] = []
    ends: list[Step] = []
    for row in _ordered():
        walk += list(_beginning(row))
        (ends if _is_needed(row) else walk).extend(_end(row))
    for endpoint in ENDPOINTS:
        walk += [_single(endpoint, method) for method in endpoint.methods]
    return walk + ends[::-1]


def _operation(row: Resource, verb: str) -> str:
    method = next(method for verbs in (COLLECTION, ITEM) for method, name in verbs.items() if name == verb)
    item = "/<sid>" if verb in ITEM.values() else ""
    return f"{method} {row.path}{item}{row.suffix}"


@cache
def _name(row: Resource) -> str:
    """What the walk calls the object it makes through a table; views of one store have names apart."""
    views = [other for other in RESOURCES if other.kind == row.kind]
    return row.kind if row is views[0] else f"{row.kind}_{views.index(row) + 1}"


@cache
def _made() -> dict[str, str]:
    """For the prefix of a SID, the object of the walk that has it."""
    rows = (row for row in reversed(RESOURCES) if "create" in row.verbs and row.maps is None and row.prefix)
    return {row.prefix: _name(row) for row in rows}


@cache
def _params(row: Resource, verb: str) -> dict[str, Value]:
    if row.maps is not None and verb == "create":
        return {row.maps.param: f"<{row.maps.kind}>"}
    fields = [f for f in row.fields if f.read is not None and f.param and verb in f.on]
    sent = {f.param: value(row.path, f.param, f.read, _made()) for f in fields if f.read is not None}
    besides = BESIDES.get(_operation(row, verb), {})
    return {param: given for param, given in (sent | besides).items() if given is not None}


@cache
def _needs(row: Resource) -> set[str]:
    """The names of what must be there before: its parent, what it maps, what its parameters name."""
    sent = [_params(row, "create"), _params(row, "update"), GIVEN.get(row.kind)]
    named = re.findall(r"<([a-z_0-9]+)>", json.dumps(sent))
    return {row.parent, *named} - {"", "account", _name(row)}


def _ordered() -> list[Resource]:
    """The tables, each after those it needs."""
    order: list[Resource] = []

    def visit(row: Resource) -> None:
        if row in order:
            return
        for other in RESOURCES:
            if other is not row and _name(other) in _needs(row):
                visit(other)
        order.append(row)

    for row in RESOURCES:
        visit(row)
    return order


def _is_needed(row: Resource) -> bool:
    tables = (_name(row) in _needs(other) for other in RESOURCES if other is not row)
    return any(tables) or any(f"<{_name(row)}>" in _filled(endpoint.path) for endpoint in ENDPOINTS)


def _step(row: Resource, verb: str, params: dict[str, Value], keeps: str = "", to: str = "") -> Step:
    operation = _operation(row, verb)
    method, _, path = operation.partition(" ")
    path = path.replace("<parent>", f"<{row.parent}>").replace("<sid>", f"<{to or _name(row)}>")
    expects = OTHERWISE.get(operation, SUCCESS[verb])
    return Step(operation, method, path, row.product, expects, params, keeps)


def _beginning(row: Resource) -> Iterator[Step]:
    name = _name(row)
    if row.kind in GIVEN:
        path, sent = GIVEN[row.kind]
        yield Step("", "POST", path, "", 200, {**sent}, name)
    if "create" in row.verbs:
        yield _step(row, "create", _params(row, "create"), "" if row.kind in GIVEN else name)
    if "list" in row.verbs:
        yield from _lists(row, name)
    if "fetch" in row.verbs:
        yield _step(row, "fetch", {})
    if "update" in row.verbs:
        yield _step(row, "update", _params(row, "update"))


def _lists(row: Resource, name: str) -> Iterator[Step]:
    """A list of all, from which an object is kept that nobody made, and one by each filter."""
    is_made = "create" in row.verbs or row.kind in GIVEN or "fetch" not in row.verbs
    yield _step(row, "list", {"PageSize": "20"}, "" if is_made else name)
    for wanted in row.filters:
        given = value(f"{row.path}?", wanted.param, wanted.read, _made())
        if given is not None:
            yield _step(row, "list", {wanted.param: given})


def _end(row: Resource) -> Iterator[Step]:
    """The delete of what was made, through the view that has one."""
    views = (other for other in (row, *RESOURCES) if other.kind == row.kind and "delete" in other.verbs)
    deleter = next(views, None)
    if deleter is not None and ("delete" in row.verbs or "create" in row.verbs):
        yield _step(deleter, "delete", {}, to=_name(row))


def _single(row: Endpoint, method: str) -> Step:
    operation = f"{method} {row.path}{row.suffix}"
    expects = OTHERWISE.get(operation, 201 if method == "POST" else 200)
    path = f"{_filled(row.path)}{row.suffix}"
    return Step(operation, method, path, row.product, expects, BESIDES.get(operation, {}))


def _filled(path: str) -> str:
    """The path of an endpoint; its `<sid>` is of the table whose path it begins with."""
    for name, constant in CONSTANT.items():
        path = path.replace(name, constant)
    owner = next((row for row in RESOURCES if path.startswith(f"{row.path}/<sid>")), None)
    return path if owner is None else path.replace("<sid>", f"<{_name(owner)}>")


if __name__ == "__main__":
    json.dump([asdict(step) for step in steps()], sys.stdout, indent=1)
    sys.stdout.write("\n")

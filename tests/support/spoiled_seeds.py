"""Real dumps with something wrong in them, and every operation on what they leave: what a seed is judged by.

`python -m tests.support.spoiled_seeds --examples N` tries more than the tests do.
"""

from __future__ import annotations

import argparse
import base64
import copy
import json
import re
import sys
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from werkzeug.test import Client, TestResponse

from futel_twilio.sandbox.engine.accounts import Accounts
from futel_twilio.sandbox.engine.handlers import COLLECTION, ITEM
from futel_twilio.sandbox.http.app import App
from futel_twilio.sandbox.http.faults import Faults
from futel_twilio.sandbox.http.registry import ENDPOINTS, RESOURCES
from futel_twilio.sandbox.storage.store import Store
from tests.conformance.walk import steps
from tests.support.fuzzing import FILL
from tests.support.sandbox import AUTH, ROOT
from tests.support.shots import sid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.sandbox.engine.tables import Endpoint, Resource

COUNTRY, COUNTRIES_KEPT = "dialing_country", 3
NUMBER = "+19715550100"
MORE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/v1/IpRecords", {"IpAddress": "192.0.2.1"}),
    ("/v1/SourceIpMappings", {"IpRecordSid": sid("IL", 1), "SipDomainSid": sid("SD", 1)}),
    (f"{ROOT}/Calls.json", {"To": "+15035550142", "From": NUMBER, "Url": "https://example.org/"}),
    (f"{ROOT}/Messages.json", {"To": "+15035550142", "From": NUMBER, "Body": "hello"}),
)
OURS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("alerts", {"error_code": "32009", "resource_sid": sid("CA", 1)}),
    ("calls", {"from": "sip:door@x.sip.twilio.com", "to": "+15035550142"}),
    ("caller-ids", {"phone_number": "+15035550142"}),
    ("settings", {"balance": "3.50", "emergency_next": "failure,success", "emergency_delay_seconds": 0}),
)
JUNK: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 7, 1.5, 2**62, 10**30, "", "x", "é", "+1", "true", "0", "2026-11-24"),
    *("2026-11-24T10:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "*" * 5000),
    *(AUTH[0], sid("SD", 1), sid("CL", 9), sid("PN", 1), "https://example.org/", "/v1/Alerts"),
    *([], [1], [["x", "y", "z"]], {}, {"a": {"b": [None]}}, {"move": "registration", "ready": 0}),
)


class Asked:
    """A sandbox in this process, asked as the default account."""

    def __init__(self) -> None:
        self.store = Store(":memory:")
        self._client = Client(App(self.store, Accounts(), 0, {}, Faults()))

    def __call__(
        self, method: str, path: str, form: Any = None, auth: tuple[str, str] = AUTH
    ) -> TestResponse:
        packed = base64.b64encode(":".join(auth).encode()).decode()
        return self._client.open(path, method=method, data=form, headers={"Authorization": f"Basic {packed}"})

    def own(self, name: str, sent: Any) -> TestResponse:
        return self._client.post(f"/_sandbox/{name}", json=sent)


@cache
def whole() -> tuple[dict[str, Any], tuple[str, str]]:
    """A dump with something of every kind in it, and a key's SID and secret."""
    asked = Asked()
    key: dict[str, Any] = {}
    for path, form in (*FILL, *MORE):
        answer = asked("POST", path, form)
        assert answer.status_code == 201, (path, answer.data)
        key = answer.get_json() if path.endswith("/Keys.json") else key
    for name, sent in OURS:
        assert asked.own(name, sent).status_code == 200, name
    assert asked("GET", "/v1/DialingPermissions/Countries?PageSize=1").status_code == 200
    assert asked("POST", "/v1/Settings", {"DialingPermissionsInheritance": "true"}).status_code == 202
    assert asked("DELETE", f"{ROOT}/IncomingPhoneNumbers/{sid('PN', 3)}.json").status_code == 204
    document = json.loads(asked("GET", "/_sandbox/dump").data)
    countries = [one for one in document["objects"] if one["kind"] == COUNTRY]
    rest = [one for one in document["objects"] if one["kind"] != COUNTRY]
    document["objects"] = [*rest, *countries[:COUNTRIES_KEPT]]
    return document, (key["sid"], key["secret"])


class Spoiled:
    """A dump, and what was done to it: where, and what stands there now.

    No dataclass: hypothesis would print the dump of one, whatever its repr is.
    """

    def __init__(self, done: list[str], document: dict[str, Any]) -> None:
        self.done = done
        self.document = document

    def __repr__(self) -> str:
        return f"Spoiled({', '.join(self.done)})"


@st.composite
def spoiled(draw: st.DrawFn) -> Spoiled:
    """A dump with one to three things in it that are gone, or are something else."""
    document = copy.deepcopy(whole()[0])
    done = []
    for _ in range(draw(st.sampled_from([1, 1, 2, 3]))):
        part = draw(st.sampled_from(["body"] * 6 + ["objects", "counters", "settings"]))
        held, where = _body(draw, document) if part == "body" else (document[part], part)
        if held:
            done.append(_spoil(draw, held, where))
    return Spoiled(done, document)


def _body(draw: st.DrawFn, document: dict[str, Any]) -> tuple[Any, str]:
    """Of some kind of object, however few there are of it."""
    bodies = [
        (one["kind"], one["body"], f"{n}.{one['kind']}")
        for n, one in enumerate(document["objects"])
        if isinstance(one, dict) and isinstance(one.get("body"), dict) and isinstance(one.get("kind"), str)
    ]
    kind = draw(st.sampled_from(sorted({kind for kind, _, _ in bodies})))
    of_kind = [(body, where) for its, body, where in bodies if its == kind]
    return of_kind[draw(st.integers(0, len(of_kind) - 1))]


def _spoil(draw: st.DrawFn, held: Any, where: str) -> str:
    """Go down to some depth, and there take something away, or put something else in its place."""
    places = list(held) if isinstance(held, dict) else list(range(len(held)))
    place = draw(st.sampled_from(places))
    inside, where = held[place], f"{where}.{place}"
    if isinstance(inside, (dict, list)) and inside and draw(st.integers(0, 9)):
        return _spoil(draw, inside, where)
    if not draw(st.integers(0, 3)):
        del held[place]
        return f"{where} is gone"
    alike = [junk for junk in JUNK if type(junk) is type(inside)] or JUNK
    held[place] = copy.deepcopy(draw(st.sampled_from(draw(st.sampled_from([alike, alike, JUNK])))))
    return f"{where} is {held[place]!r:.100}"


def every_operation(document: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Each operation of the sandbox on each object that a dump holds, each filter too; what deletes comes last."""
    found = [
        (method, place, f"{method} {path}{row.suffix}")
        for row in RESOURCES
        for verb in row.verbs
        for method, path in [_asked(row, verb)]
        for place in _places(row, path, document)
    ]
    found += [
        (method, place, f"{method} {row.path}{row.suffix}")
        for row in ENDPOINTS
        for method in row.methods
        for place in _single(row, document)
    ]
    for method, place, operation in sorted(found, key=lambda one: one[0] == "DELETE"):
        yield method, place, None
        for params in _sent().get(operation, ()):
            filled = _filled(params, document)
            yield (
                (method, place, filled)
                if method == "POST"
                else (method, f"{place}?{urlencode(filled)}", None)
            )


@cache
def _sent() -> dict[str, list[dict[str, Any]]]:
    """The parameters that the walk over all operations sends, by operation."""
    found: dict[str, list[dict[str, Any]]] = {}
    for step in steps():
        found.setdefault(step.operation, []).extend([step.params] if step.params else [])
    return found


def _asked(row: Resource, verb: str) -> tuple[str, str]:
    is_item = verb in ITEM.values()
    method = next(method for method, name in (ITEM if is_item else COLLECTION).items() if name == verb)
    return method, f"{row.path}/<sid>" if is_item else row.path


def _places(row: Resource, path: str, document: dict[str, Any]) -> Iterator[str]:
    """The path with each parent that there is, and each object in it."""
    for parent in _sids(document, row.parent) if row.parent else [""]:
        within = None if row.within or not row.parent else parent
        for item in _sids(document, row.kind, within) if "<sid>" in path else [""]:
            filled = path.replace("<account>", AUTH[0]).replace("<parent>", parent).replace("<sid>", item)
            yield filled + row.suffix


def _single(row: Endpoint, document: dict[str, Any]) -> Iterator[str]:
    owner = next((other.kind for other in RESOURCES if row.path.startswith(f"{other.path}/<sid>")), "")
    for item in _sids(document, owner) if owner else [""]:
        path = row.path.replace("<account>", AUTH[0]).replace("<country>", "US").replace("<sid>", item)
        yield path + row.suffix


def _sids(document: dict[str, Any], kind: str, parent: str | None = None) -> list[str]:
    objects = [one for one in document["objects"] if one["kind"] == kind]
    return [one["sid"] for one in objects if parent is None or one["parent"] == parent]


def _filled(params: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """The walk's parameters, with SIDs of the dump in their placeholders."""
    sids = {one["kind"]: one["sid"] for one in document["objects"]} | {"account": AUTH[0]}
    filled = json.dumps(params)
    for name in re.findall(r"<([a-z_0-9]+)>", filled):
        filled = filled.replace(f"<{name}>", json.dumps(sids.get(name, "x"))[1:-1])
    found: dict[str, Any] = json.loads(filled)
    return found


def broken_by(document: dict[str, Any]) -> list[str] | None:
    """The requests that a seed makes fail, if it is taken; None if it is refused, with nothing written."""
    asked = Asked()
    empty = asked("GET", "/_sandbox/dump").data
    answer = asked.own("seed", document)
    if answer.status_code == 400:
        assert asked("GET", "/_sandbox/dump").data == empty
        return None
    wrong = [] if answer.status_code == 200 else [f"the seed itself: {answer.status_code}"]
    for method, path, form in [("GET", f"{ROOT}/Keys.json", None), *every_operation(document)]:
        answer = asked(method, path, form)
        wrong += [f"{method} {path}: {answer.data.decode()}"] if answer.status_code >= 500 else []
    signed = asked("GET", f"{ROOT}/Applications.json", auth=whole()[1])
    return [*wrong, *(["a key"] if signed.status_code >= 500 else [])]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.support.spoiled_seeds", description=__doc__)
    parser.add_argument("--examples", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()

    @seed(chosen.seed)
    @settings(
        max_examples=chosen.examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(spoiled())
    def each(seeds: Spoiled) -> None:
        wrong = broken_by(seeds.document)
        refused.append(wrong is None)
        assert not wrong, wrong[:3]

    refused: list[bool] = []
    each()
    reported = (
        f"{len(refused)} spoiled seeds, {sum(refused)} refused, all that follows on the others is answered"
    )
    sys.stdout.write(f"{reported}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

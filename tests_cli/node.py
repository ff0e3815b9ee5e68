"""The Node SDK along the walk of `tests.conformance`, step by step, and what the sandbox saw and holds of each."""

from __future__ import annotations

import json
import re
import subprocess
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from math import ceil
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import requests

from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID
from futel_twilio.sandbox.engine.tables import Resource
from futel_twilio.sandbox.http.routes import find
from tests.conformance import walk

from .held import Item, differences, get
from .terminal import snake

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from futel_twilio.sandbox.server import Sandbox
    from futel_twilio.sandbox.storage.rows import Row
    from tests.conformance.values import Value

    from .terminal import Terminal

SCRIPT = Path(__file__).parent / "walk.cjs"
PAGES = 3
CLONES = "abcd"
WHOLE = {"PageSize": "1000"}


@dataclass(frozen=True)
class Taken:
    """A step of the walk, what walk.cjs reported of it, what went over the wire, and what the sandbox holds."""

    step: walk.Step
    reported: dict[str, Any]
    answered: list[tuple[str, int]]
    held: list[Item]

    @property
    def rows(self) -> list[Item]:
        """What the SDK gave, with names as the API writes them."""
        answer = self.reported.get("answer")
        found = answer if isinstance(answer, list) else [answer] if isinstance(answer, dict) else []
        return [{snake(name): value for name, value in row.items()} for row in found]

    @property
    def wrong(self) -> list[str]:
        """In what it went otherwise than it should."""
        if "expression" not in self.reported or "error" in self.reported:
            return [str(self.reported)]
        found = [] if set(self.answered) == {(self.step.method, self.step.expects)} else [f"{self.answered}"]
        if set(self.reported["sent"]) != set(self.step.params):
            found.append(f"sent {self.reported['sent']}")
        if len(self.rows) != len(self.held):
            return [*found, f"{len(self.rows)} rows, {len(self.held)} held"]
        for row, item in zip(self.rows, self.held, strict=True):
            found += differences(row, item)
        return found


class Node:
    """walk.cjs, running: a line to it for each step, a line back."""

    def __init__(self, to: IO[str], back: IO[str]) -> None:
        self.to = to
        self.back = back

    def take(self, step: walk.Step) -> dict[str, Any]:
        self.to.write(f"{json.dumps(asdict(step))}\n")
        self.to.flush()
        return dict(json.loads(self.back.readline()))


@contextmanager
def node(terminal: Terminal, **environment: str) -> Iterator[Node]:
    """The SDK at a sandbox; the process ends with the block."""
    with subprocess.Popen(
        ["node", SCRIPT],
        env={**terminal.environment, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        try:
            yield Node(running.stdin, running.stdout)
        finally:
            running.kill()


def walk_all(box: Sandbox, sdk: Node) -> list[Taken]:
    """The whole walk; the steps on the sandbox's own paths go there plainly and are not among the results."""
    kept: dict[str, str] = {"account": DEFAULT_ACCOUNT_SID}
    found: list[Taken] = []
    for blank in walk.steps():
        step = filled(blank, kept)
        if step.path.startswith("/_sandbox/"):
            kept[step.keeps] = requests.post(box.url + step.path, json=step.params, timeout=60).json()["sid"]
            continue
        with _crowd(box, step):
            found.append(take(box, sdk, step))
        if step.keeps:
            row = found[-1].rows[0]
            kept[step.keeps] = row.get("sid") or row["url"].rpartition("/")[2]
    return found


def summary(found: list[Taken]) -> str:
    """How far the walk went, in one line."""
    offered, wrong = set(walk.operations()), {taken.step.operation for taken in found if taken.wrong}
    done = {taken.step.operation for taken in found} & offered - wrong
    lacking = ", ".join(sorted(offered - done)) or "none"
    return f"{len(done)} of {len(offered)} operations, in {len(found)} steps; not walked: {lacking}"


def take(box: Sandbox, sdk: Node, step: walk.Step) -> Taken:
    """One step; where it turns pages, they are of such a size that there are three."""
    if "PageSize" in step.params:
        size = ceil(len(_items(box, step.path, WHOLE)) / PAGES)
        step = replace(step, params={"PageSize": str(size)})
    box.clear_requests()
    reported = sdk.take(step)
    answered = [(entry.method, entry.status) for entry in box.requests()]
    if isinstance(reported.get("answer"), list):
        is_table = isinstance(find(step.path, "")[0].row, Resource)
        held = _items(box, step.path, {**step.params, **(WHOLE if is_table else {})})
    elif step.method == "GET":
        held = [get(box.url, step.path).json()]
    else:
        held = [reported["body"]] if reported.get("body") else []
    return Taken(step, reported, answered, held)


def _items(box: Sandbox, path: str, params: Mapping[str, Value]) -> list[Item]:
    body = get(box.url, path, **{name: str(value) for name, value in params.items()}).json()
    (found,) = [value for value in body.values() if isinstance(value, list)]
    return list(found)


def filled(step: walk.Step, kept: Mapping[str, str]) -> walk.Step:
    """The step with the SIDs of this run in its path and parameters."""

    def fill(text: str) -> str:
        return re.sub(r"<([a-z_0-9]+)>", lambda found: kept[found[1]], text)

    params: dict[str, Value] = {
        name: fill(value) if isinstance(value, str) else [fill(one) for one in value]
        for name, value in step.params.items()
    }
    return replace(step, path=fill(step.path), params=params)


@contextmanager
def _crowd(box: Sandbox, step: walk.Step) -> Iterator[None]:
    """While the pages of a list are turned, let the list be longer than one object."""
    store = box._parts[0]
    clones = _clones(box, step) if "PageSize" in step.params else []
    with store.transaction():
        made = [store.add(clone) for clone in clones]
    yield
    with store.transaction():
        for row in made:
            store.remove(row)


def _clones(box: Sandbox, step: walk.Step) -> list[Row]:
    """Copies of the first object of a list, each with its own SID; of the countries there are enough."""
    target, ids = find(step.path, "")
    table = target.row
    assert isinstance(table, Resource)
    shown = _items(box, step.path, WHOLE)[0]
    sid = str(shown.get(table.named or "sid", ""))
    if not sid:
        return []
    parent = "" if table.within else ids.get("parent", "")
    with box._parts[0].transaction():
        first = box._parts[0].find(table.kind, DEFAULT_ACCOUNT_SID, sid, parent)
    assert first is not None
    if table.named:
        return [replace(first, sid=sid + n, body={**first.body, table.named: sid + n}) for n in CLONES]
    return [replace(first, sid=sid[:2] + n * 32) for n in CLONES]

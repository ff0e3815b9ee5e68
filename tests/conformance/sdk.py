"""The official Python SDK along the walk: the object whose own URL is the step's path, and its method.

Nothing is said here about single resources: the objects of the SDK know their paths, and are searched by them.
"""

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

import requests

from tests.conformance.values import Value
from tests.conformance.walk import Step

VERSIONS = {"api": "v2010", "voice": "v1", "monitor": "v1", "events": "v1"}
METHODS = {"GET": ("list", "fetch"), "POST": ("create", "update"), "DELETE": ("delete",)}
INEQUALITIES = {"<": "_before", ">": "_after"}
MOST = 20
DEEPEST = 3  # of properties whose path is no part of the one sought, such as voice.v1's Settings

Found = tuple[str, Any]


class Absent(Exception):
    """The SDK has no such operation, or not with these parameters."""


def take(client: Any, base: str, step: Step, kept: dict[str, str]) -> str:
    """Do one step through the SDK, keep its SID, and give the SDK's expression for it.

    A step on the sandbox's own paths goes there plainly, and its expression is empty.
    """
    params = {param: _filled_value(sent, kept) for param, sent in step.params.items()}
    if step.path.startswith("/_sandbox/"):
        answer = requests.post(base + step.path, json=params, timeout=60)
        kept[step.keeps] = answer.json()["sid"]
        return ""
    place, target = find(client, step, kept)
    name = next(name for name in METHODS[step.method] if hasattr(target, name))
    answer = _call(getattr(target, name), params)
    if step.keeps:
        kept[step.keeps] = _sid(answer)
    return f"{place}.{name}"


def find(client: Any, step: Step, kept: Mapping[str, str]) -> Found:
    """The SDK's object for the path of a step, and how it is written; `Absent` when there is none."""
    sought = [_filled(segment, kept) for segment in _segments(step.path)]
    given = [segment.startswith("<") for segment in _segments(step.operation.partition(" ")[2])]
    version = VERSIONS[step.product]
    start = getattr(getattr(client, step.product), version)
    # The version is the first segment of the path, and not in the SDK's own.
    for chain, found in _search(start, sought[1:], given[1:], DEEPEST):
        if any(hasattr(found, name) for name in METHODS[step.method]):
            return f"{step.product}.{version}{chain}", found
    raise Absent(f"the SDK has nothing at {step.method} {step.path}")


def _search(at: Any, sought: list[str], given: list[bool], deeper: int) -> Iterator[Found]:
    """Every object below `at` whose path is the one sought, those with the shortest expression first."""
    here = _path_of(at)
    if here == sought:
        yield "", at
    for name, _ in inspect.getmembers(type(at), lambda member: isinstance(member, property)):
        below = getattr(at, name)
        if hasattr(below, "_uri") or type(below).__name__.endswith("List"):
            yield from _enter(f".{name}", below, sought, given, deeper)
    if callable(at):
        yield from _open(at, len(here or []), sought, given, deeper)


def _enter(step: str, below: Any, sought: list[str], given: list[bool], deeper: int) -> Iterator[Found]:
    path = _path_of(below)
    is_on_the_way = path is None or path == sought[: len(path)]
    if is_on_the_way or deeper > 0:
        left = deeper if is_on_the_way else deeper - 1
        yield from ((step + rest, found) for rest, found in _search(below, sought, given, left))


def _open(at: Any, depth: int, sought: list[str], given: list[bool], deeper: int) -> Iterator[Found]:
    """From a list to one object: by the SID in the path, or by nothing where there is only one."""
    takes = len(inspect.signature(at).parameters)
    if takes == 0:
        yield from _enter("()", at(), sought, given, deeper)
    elif _path_of(at) == sought[:depth] != sought and given[depth]:
        yield from _enter(f"({sought[depth]!r})", at(sought[depth]), sought, given, deeper)


def _path_of(thing: Any) -> list[str] | None:
    uri = getattr(thing, "_uri", None)
    return None if uri is None else _segments(uri)


def _segments(path: str) -> list[str]:
    return path.removesuffix(".json").strip("/").split("/")


def _call(method: Any, params: Mapping[str, Value]) -> Any:
    known = inspect.signature(method).parameters
    arguments = {_argument(param): sent for param, sent in params.items()}
    if not set(arguments) <= set(known):
        raise Absent(f"the SDK's {method.__qualname__} has no {', '.join(set(arguments) - set(known))}")
    return method(**arguments, **({"limit": MOST} if "limit" in known else {}))


def _argument(param: str) -> str:
    """`StartTime<` is `start_time_before` in the SDK, and `From`, a word of Python, `from_`."""
    ending = INEQUALITIES.get(param[-1], "")
    snake = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", param.rstrip("<>")).lower()
    return "from_" if snake == "from" else snake + ending


def _sid(answer: Any) -> str:
    item = answer[0] if isinstance(answer, list) else answer
    sid = getattr(item, "sid", None)
    return str(sid) if sid else str(item.url).rpartition("/")[2]


def _filled(text: str, kept: Mapping[str, str]) -> str:
    return re.sub(r"<([a-z_0-9]+)>", lambda found: kept[found[1]], text)


def _filled_value(sent: Value, kept: Mapping[str, str]) -> Value:
    return [_filled(one, kept) for one in sent] if isinstance(sent, list) else _filled(sent, kept)

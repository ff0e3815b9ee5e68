"""Measure how a sync with nothing to do, and an audit, grow with the number of phones and of numbers."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.bench.machine import Cost, Server, invoke, serving
from tests.conftest import copy_estate
from tests.support.phones import EXTERNAL, Phones

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CLIENTS = (10, 100, 1000)
NUMBERS = (100, 1000, 10_000)
LATENCY = 50  # milliseconds of each request; without latency, concurrent requests would not overlap
AUDIT = "audit --live"
FINDINGS_TOO = (0, 1)


@dataclass(frozen=True)
class Grown:
    """The cost of one command at one size."""

    command: str
    of: str
    size: int
    cost: Cost


def measured(directory: Path) -> Iterator[Grown]:
    copy_estate(directory)
    with serving(LATENCY) as server:
        for size in CLIENTS:
            _clients(size).write(directory)
            server.reset()
            invoke("setup", directory, server)
            invoke("sync-clients --env prod", directory, server)
            yield Grown(
                "sync-clients, nothing to do",
                "clients",
                size,
                invoke("sync-clients --env prod", directory, server),
            )
            yield Grown(
                "audit --live", "clients", size, invoke("audit --live", directory, server, exits=(0, 1))
            )
        yield from _numbers(directory, server)


def _clients(size: int) -> Phones:
    entry = {"outgoing": "outgoing_portland", "caller_id": EXTERNAL, "enable_emergency": False}
    return Phones({f"client-{n:04}": dict(entry) for n in range(size)})


def _numbers(directory: Path, server: Server) -> Iterator[Grown]:
    """Measure an account with a growing count of unmanaged numbers."""
    copy_estate(directory)
    server.reset()
    invoke("setup", directory, server)
    invoke("add-client alder-street --env prod --number +15035550101", directory, server)
    few = server.dump()
    (owned,) = (one for one in few["objects"] if one["kind"] == "number")
    for size in NUMBERS:
        server.seed({**few, "objects": [*few["objects"], *(_another(owned, n) for n in range(size))]})
        yield Grown(AUDIT, "numbers", size, invoke(AUDIT, directory, server, exits=FINDINGS_TOO))


def _another(owned: dict[str, Any], n: int) -> dict[str, Any]:
    """A copy of an owned number with another name and without a 911 address."""
    number = f"+1212{5_000_000 + n}"
    twin = copy.deepcopy(owned)
    twin["sid"] = f"PN{n:032x}"
    twin["unique"] = [[*key[:2], number] for key in twin["unique"]]
    kept = {name: value for name, value in twin["body"].items() if not name.startswith("_emergency")}
    twin["body"] = {
        **kept,
        "phone_number": number,
        "friendly_name": f"number {n}",
        "emergency_address_sid": None,
    }
    return twin

"""Helpers of the tests of phones: made-up inventories of any size, and accounts for them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from futel_twilio.commands.setup import setup
from futel_twilio.workspace import open_workspace
from tests.support.sandbox import sdk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox

WRITES = ("POST", "DELETE")
BOUGHT = ("POST", "/IncomingPhoneNumbers.json")
EXTERNAL = "+18085550199"
AREA_CODES = ("503", "971", "541", "206", "360", "415", "510", "212", "313", "734")
OWNED = ("+15035550101", "+15035550102", "+15035550103")
ADDRESS = (
    'address = {{ street = "{} SW Example St", city = "Portland", region = "OR", postal_code = "97201" }}'
)


@dataclass(frozen=True)
class Phones:
    """A made-up inventory: its entries, and the numbers that the account must own."""

    entries: dict[str, dict[str, Any]]

    @property
    def owned(self) -> tuple[str, ...]:
        numbers = dict.fromkeys(entry["caller_id"] for entry in self.entries.values())
        return tuple(number for number in numbers if number != EXTERNAL)

    @property
    def calling_911(self) -> tuple[str, ...]:
        return tuple(name for name, entry in self.entries.items() if entry["enable_emergency"])

    def write(self, directory: Path) -> None:
        """Write the inventory and its clients.toml into a directory with an estate."""
        (directory / "extensions.json").write_text(json.dumps(self.entries, indent=4) + "\n")
        tables = [
            f"[client.{name}]\n{ADDRESS.format(number)}" for number, name in enumerate(self.calling_911, 1)
        ]
        lines = ['environment = "prod"', f'external_numbers = ["{EXTERNAL}"]', *tables]
        (directory / "clients.toml").write_text("\n".join(lines) + "\n")


def phones(calling_911: int = 24, on_external: int = 23, sharing: int = 2, alone: int = 2) -> Phones:
    """An inventory of the shape that Futel's has: 51 phones, 28 numbers, one of them with another carrier.

    Args:
        calling_911: phones that may call 911, each from its own number.
        on_external: phones that share the number of another carrier.
        sharing: phones without 911 that share one number of the account.
        alone: phones without 911, each with its own number.
    """
    free = _numbers()
    shared = next(free)
    callers = [
        *(("caller", next(free), True) for _ in range(calling_911)),
        *(("external", EXTERNAL, False) for _ in range(on_external)),
        *(("sharing", shared, False) for _ in range(sharing)),
        *(("alone", next(free), False) for _ in range(alone)),
    ]
    return Phones(
        {
            f"{kind}-{n:04}": {
                "outgoing": "outgoing_portland",
                "caller_id": number,
                "enable_emergency": emergency,
            }
            for n, (kind, number, emergency) in enumerate(callers)
        }
    )


def _numbers() -> Iterator[str]:
    """Numbers of several area codes that the telephone world sets aside, one area after the other in turn."""
    return (f"+1{area_code}55501{n:02}" for n in range(100) for area_code in AREA_CODES)


def own(box: Sandbox, numbers: Iterable[str]) -> None:
    """Buy numbers and configure none."""
    with sdk(box.url) as client:
        for number in numbers:
            client.incoming_phone_numbers.create(phone_number=number)


def set_up(box: Sandbox, directory: Path, numbers: Iterable[str] = ()) -> dict[str, Any]:
    """A dump of the sandbox with the estate of a directory set up, and numbers owned but not configured."""
    own(box, numbers)
    with open_workspace("sandbox", directory=directory) as workspace:
        setup(workspace)
    return box.dump()


def begin_anew(box: Sandbox, dump: dict[str, Any]) -> None:
    """Load a dump into the sandbox; empty the request log and the faults."""
    box.clear_faults()
    box.reset()
    box.seed(dump)


def delay_911(box: Sandbox, seconds: float = 0.0, outcome: str = "success") -> None:
    """Let Twilio take so long to register or unregister an address, and end so."""
    settings = {"emergency_delay_seconds": seconds, "emergency_outcome": outcome}
    requests.post(f"{box.url}/_sandbox/settings", json=settings, timeout=60).raise_for_status()


def purchases(box: Sandbox) -> int:
    """How many numbers were bought since the log was emptied, with or without an answer."""
    method, ending = BOUGHT
    return sum(r.method == method and r.path.endswith(ending) and r.status == 201 for r in box.requests())


def files(directory: Path) -> dict[str, bytes]:
    """The files of a directory, except those of the sandbox."""
    return {
        path.name: path.read_bytes() if path.is_file() else b""
        for path in directory.iterdir()
        if not path.name.startswith("sandbox.")
    }

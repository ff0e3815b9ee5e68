"""Run a command as a process, and measure its time, memory and requests to the sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import requests

from tests.conftest import clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PROJECT = Path(__file__).parents[2]
INVOKE = (str(Path(sys.executable).with_name("invoke")),)
MEGABYTE = 1024


@dataclass(frozen=True)
class Cost:
    """The cost of one or more commands.

    Attributes:
        wall: seconds from start to end.
        processor: seconds of processor, of all its threads.
        memory: the most that one process of it held, MB.
        requests: what it asked of the sandbox.
        trips: requests one after the other: the longest chain of which each began after the one before had ended.
    """

    wall: float
    processor: float
    memory: float
    requests: int = 0
    trips: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.wall + other.wall,
            self.processor + other.processor,
            max(self.memory, other.memory),
            self.requests + other.requests,
            self.trips + other.trips,
        )


NOTHING = Cost(0, 0, 0)


@dataclass(frozen=True)
class Server:
    """A sandbox in another process, used over HTTP."""

    url: str

    def reset(self) -> None:
        requests.post(f"{self.url}/_sandbox/reset", timeout=60).raise_for_status()

    def seed(self, document: Any) -> None:
        self.reset()
        requests.post(f"{self.url}/_sandbox/seed", json=document, timeout=600).raise_for_status()

    def dump(self) -> Any:
        return requests.get(f"{self.url}/_sandbox/dump", timeout=600).json()

    def forget(self) -> None:
        requests.delete(f"{self.url}/_sandbox/requests", timeout=60).raise_for_status()

    def asked(self) -> tuple[int, int]:
        """The requests since the log was last emptied, and the round trips: the longest chain of them."""
        found = requests.get(f"{self.url}/_sandbox/requests", timeout=600).json()["requests"]
        chain, free_at = 0, 0.0
        for one in sorted(found, key=lambda logged: logged["ended"]):
            if one["started"] >= free_at:
                chain, free_at = chain + 1, one["ended"]
        return len(found), chain


@contextmanager
def serving(latency_ms: int = 0) -> Iterator[Server]:
    """A running sandbox with a latency; it is stopped at the end."""
    command = [sys.executable, "-m", "futel_twilio.sandbox", "--latency", str(latency_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean_environment()) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield Server(line.removeprefix("listening on ").strip())
        finally:
            process.terminate()


def run(
    command: Sequence[str],
    directory: Path,
    environment: dict[str, str],
    server: Server | None = None,
    exits: Sequence[int] = (0,),
) -> tuple[Cost, str]:
    """Run a command; return its cost and its output.

    Raises:
        RuntimeError: it ended otherwise than it should.
    """
    if server:
        server.forget()
    with tempfile.TemporaryFile("w+") as errors:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=directory, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        said = process.stdout.read() if process.stdout else ""
        _pid, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in exits:
            errors.seek(0)
            raise RuntimeError(
                f"{' '.join(command)} ended with {process.returncode}: {errors.read()[-2000:]}"
            )
    asked, trips = server.asked() if server else (0, 0)
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / MEGABYTE, asked, trips), said


def middle(costs: Sequence[Cost]) -> Cost:
    """The median of each figure over several runs."""
    return Cost(
        median(c.wall for c in costs),
        median(c.processor for c in costs),
        median(c.memory for c in costs),
        round(median(c.requests for c in costs)),
        round(median(c.trips for c in costs)),
    )


def at(server: Server, home: Path) -> dict[str, str]:
    """The environment variables that point the tool to a sandbox."""
    return {
        **clean_environment(),
        "HOME": str(home),
        "FUTEL_TWILIO_URL": server.url,
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "sandbox",
    }


def invoke(command: str, directory: Path, server: Server, exits: Sequence[int] = (0,)) -> Cost:
    """Run a command of the tool at a sandbox; return its cost."""
    line = [*INVOKE, "--search-root", str(PROJECT), *command.split(" ")]
    return run(line, directory, at(server, directory), server, exits)[0]

"""Compare the sandbox with Prism's mock of the same document: start, fetches, latency and memory, in turns."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import requests

from tests.bench.machine import MEGABYTE, PROJECT, serving
from tests.conftest import clean_environment

from .load import ACCOUNT, HOST, TOKEN, fetch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DOCUMENT = ("@twilio", "cli-core", "src", "services", "twilio-api", "twilio_api_v2010.json")
DOMAINS = f"/2010-04-01/Accounts/{ACCOUNT}/SIP/Domains"
ROUNDS, CONNECTIONS = 5, 4
WARM_SECONDS, SECONDS = 1.0, 4.0
START_SECONDS = 60
POLL_SECONDS = 0.002


@dataclass(frozen=True)
class Served:
    """The figures of one server.

    Attributes:
        ready: seconds from its start to its first good answer.
        rate: fetches of one SIP domain that it answers in a second, over connections that stay open.
        p50: milliseconds that half of them take at most, under that load.
        p99: milliseconds that all but one in a hundred take at most.
        memory: the most that its process held, MB.
    """

    ready: float
    rate: float
    p50: float
    p99: float
    memory: float

    def beside(self, other: Served) -> Served:
        """Each figure divided by the figure of the other server."""
        return Served(*(getattr(self, one.name) / getattr(other, one.name) for one in fields(self)))


@dataclass(frozen=True)
class Contestant:
    """A server: its name, its command without the port, and a path to fetch."""

    name: str
    command: tuple[str, ...]
    path: str


def measured(modules: Path, directory: Path) -> tuple[Served, Served]:
    """The medians of both servers over several rounds, in turns."""
    both = _contestants(modules, directory)
    rounds = [[_round(one) for one in both] for _ in range(ROUNDS)]
    ours, prism = (_middle(found) for found in zip(*rounds, strict=True))
    return ours, prism


def _contestants(modules: Path, directory: Path) -> tuple[Contestant, Contestant]:
    """Prism answers with the examples of the document; the sandbox with a domain from its seed."""
    seed = directory / "one-domain.json"
    path = _seed(seed)
    ours = (sys.executable, "-m", "futel_twilio.sandbox", "--seed", str(seed), "--port")
    document = str(modules.joinpath(*DOCUMENT))
    prism = (str(modules / ".bin" / "prism"), "mock", "-v", "silent", "-h", HOST, document, "-p")
    return Contestant("the sandbox", ours, path), Contestant("Prism", prism, path)


def _seed(file: Path) -> str:
    """A dump with one SIP domain, and the path of the domain."""
    form = {"DomainName": "bench.sip.twilio.com", "VoiceUrl": "https://prod.example.com/dial_outgoing"}
    with serving() as server:
        made = requests.post(f"{server.url}{DOMAINS}.json", form, auth=(ACCOUNT, TOKEN), timeout=60)
        made.raise_for_status()
        file.write_text(json.dumps(server.dump()))
    return f"{DOMAINS}/{made.json()['sid']}.json"


def _round(one: Contestant) -> Served:
    with _running(one) as (process, port, ready):
        _load(port, one.path, WARM_SECONDS)
        found = _load(port, one.path, SECONDS)
        memory = _peak_memory(process.pid)
    return Served(ready, found["rate"], found["p50"], found["p99"], memory)


@contextmanager
def _running(one: Contestant) -> Iterator[tuple[subprocess.Popen[bytes], int, float]]:
    """Start the server; give its port and the seconds until its first good answer; stop it at the end."""
    port = _free_port()
    begun = time.perf_counter()
    environment = {**clean_environment(), "PATH": os.environ["PATH"]}
    with subprocess.Popen(
        [*one.command, str(port)], cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL
    ) as process:
        try:
            while not _answers(port, one.path):
                if process.poll() is not None or time.perf_counter() - begun > START_SECONDS:
                    raise RuntimeError(f"{one.name} did not start")
                time.sleep(POLL_SECONDS)
            yield process, port, time.perf_counter() - begun
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as free:
        return int(free.getsockname()[1])


def _answers(port: int, path: str) -> bool:
    """Whether a fetch gets the expected answer; False while nobody listens."""
    try:
        return "domain_name" in json.loads(fetch(port, path))
    except ConnectionError:
        return False


def _load(port: int, path: str, seconds: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.load", str(port), path, str(CONNECTIONS), str(seconds)]
    said = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout
    found: dict[str, Any] = json.loads(said)
    return found


def _peak_memory(pid: int) -> float:
    """The memory as the kernel reports it; the figure of `wait4` includes memory of the parent."""
    (line,) = re.findall(r"VmHWM:\s+([0-9]+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(line) / MEGABYTE


def _middle(rounds: Sequence[Served]) -> Served:
    return Served(*(median(getattr(found, one.name) for found in rounds) for one in fields(Served)))

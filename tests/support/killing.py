"""Kill sandboxes that share a state file at random moments while clients write, and check what is left."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import requests

from tests.support import wholeness
from tests.support.sandbox import AUTH, ROOT
from tests.support.writers import PATIENCE, Order, Writer, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.wholeness import Held, State

SERVER = "futel_twilio.sandbox"
WRITERS_EACH = 2
LONGEST_LOAD = 0.12  # seconds between the first acknowledged write and the kill
LONGEST_START = 0.25
EPOCH = 20  # kills with one state file, which grows with each
LISTS = ("Applications", "SIP/Domains", "SIP/CredentialLists")


@dataclass
class Toll:
    """The counts of the kills and the faults."""

    kills: int = 0
    both: int = 0  # kills of both servers at once
    starting: int = 0  # kills of a server that was starting
    acknowledged: int = 0
    unanswered: int = 0
    committed: int = 0  # of the unanswered writes
    lost: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.half or self.other)


class Server:
    """One server process on the state file, with its own port; it is restarted after each kill."""

    def __init__(self, state: Path, module: str) -> None:
        self._command = [sys.executable, "-m", module, "--state", str(state)]
        self._process: subprocess.Popen[str] | None = None
        self.url, self.told = "", ""

    def launch(self) -> None:
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def wait(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().removeprefix("listening on ").strip()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self.told += self._process.communicate()[1]
            self._process = None


class Field:
    """The servers, the writers and their state file: one epoch."""

    def __init__(self, folder: Path, seed: int, servers: int, module: str) -> None:
        self.state = folder / "state.db"
        self.random = random.Random(seed)  # noqa: S311 - reproducible
        self.servers = [Server(self.state, module) for _ in range(servers)]
        self.writers = [
            Writer(number, seed, lambda at=self.servers[number % servers]: at.url)  # type: ignore[misc]
            for number in range(servers * WRITERS_EACH)
        ]

    def start(self) -> None:
        for server in self.servers:
            server.launch()
        for server in self.servers:
            server.wait()
        for writer in self.writers:
            writer.start()

    def end(self) -> None:
        for writer in self.writers:
            writer.ends = True
            writer.going.set()
        for server in self.servers:
            server.kill()
        for writer in self.writers:
            writer.join(PATIENCE)

    def kill_one(self, toll: Toll) -> None:
        """Let all clients write, kill at a random moment, let the others finish, and restart the killed servers."""
        before = self.acknowledged()
        for writer in self.writers:
            writer.going.set()
        deadline = time.monotonic() + PATIENCE
        while self.acknowledged() == before and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(self.random.uniform(0, LONGEST_LOAD))
        victims = self._victims()
        toll.kills += 1
        toll.both += len(victims) > 1
        for server in victims:
            server.kill()
        for writer in self.writers:
            writer.rest()
            writer.hang_up()
        for server in victims:
            self._restart(server, toll)

    def _victims(self) -> list[Server]:
        if self.random.random() < 0.1:
            return self.servers
        return [self.random.choice(self.servers)]

    def _restart(self, server: Server, toll: Toll) -> None:
        """Sometimes kill a server again while it starts."""
        if self.random.random() < 0.1:
            server.launch()
            time.sleep(self.random.uniform(0, LONGEST_START))
            server.kill()
            toll.kills, toll.starting = toll.kills + 1, toll.starting + 1
        server.launch()
        server.wait()

    def acknowledged(self) -> int:
        return sum(writer.acknowledged for writer in self.writers)

    def look(self, toll: Toll) -> None:
        """Check that every acknowledged write is there, nothing that was never sent, and nothing half."""
        state = wholeness.read(self.state)
        toll.half += wholeness.faults_of(state)
        there = {held.path: held for held in state.rows}
        for writer in self.writers:
            toll.committed += _settle(writer, there, self._held())
            toll.lost += [
                f"{path} of {writer.name}"
                for path, (_, name) in writer.held.items()
                if path not in there or name_of(there[path]) != name
            ]
        toll.other += [f"nobody requested for {path}" for path in sorted(there.keys() - self._held())]
        toll.other += [writer.wrong for writer in self.writers if writer.wrong]
        toll.other += [server.told for server in self.servers if server.told]
        toll.other += self._sids_given_twice()
        for server in self.servers:
            toll.other += _seen_otherwise(server.url, state)

    def _held(self) -> set[str]:
        return {path for writer in self.writers for path in writer.held}

    def _sids_given_twice(self) -> list[str]:
        return [f"{sid} was given twice" for sid in wholeness.twice(s for w in self.writers for s in w.sids)]


def _settle(writer: Writer, there: dict[str, Held], held: set[str]) -> int:
    """Check the request that got no answer; 1 if it was committed."""
    order, writer.open = writer.open, None
    if order is None:
        return 0
    if order.method == "DELETE":
        if order.path in there:
            return 0
        del writer.held[order.path]
        return 1
    if order.before is not None:
        done = order.path in there and name_of(there[order.path]) == order.name
        writer.held[order.path] = (order.kind, order.name if done else order.before)
        return int(done)
    return _adopt(writer, order, there, held)


def _adopt(writer: Writer, order: Order, there: dict[str, Held], held: set[str]) -> int:
    for path, row in there.items():
        if path not in held and row.kind == order.kind and _is_meant(order, row, path):
            writer.held[path] = (order.kind, order.name)
            return 1
    return 0


def _is_meant(order: Order, row: Held, path: str) -> bool:
    return name_of(row) == order.name and path.startswith(order.path.removesuffix(".json") + "/")


def _seen_otherwise(url: str, state: State) -> list[str]:
    """Check that each list over HTTP matches the file."""
    with requests.Session() as session:
        session.auth = AUTH
        wrong = []
        for name in LISTS:
            seen = _sids_of(session, url, f"{ROOT}/{name}.json?PageSize=50")
            place = f"{ROOT}/{name}/"
            wanted = [held.sid for held in state.rows if held.path.rpartition("/")[0] + "/" == place]
            wrong += [] if seen == wanted else [f"{name} at {url}: {len(seen)} seen, {len(wanted)} there"]
        return wrong


def _sids_of(session: requests.Session, url: str, path: str | None) -> list[str]:
    sids: list[str] = []
    while path:
        page = session.get(url + path, timeout=PATIENCE).json()
        path = page["next_page_uri"]
        (rows,) = (value for value in page.values() if isinstance(value, list))
        sids += [row["sid"] for row in rows]
    return sids


@contextmanager
def epoch(seed: int, servers: int = 2, module: str = SERVER) -> Iterator[Field]:
    """Servers and writers on a new state file; they are stopped at the end."""
    with TemporaryDirectory(prefix="kills-") as folder:
        grounds = Field(Path(folder), seed, servers, module)
        try:
            grounds.start()
            yield grounds
        finally:
            grounds.end()


def run(kills: int, seed: int, toll: Toll, servers: int = 2, module: str = SERVER) -> None:
    """Kill a number of times, with as many state files as needed; the first fault ends the run."""
    number = 0
    while toll.kills < kills and toll.is_clean:
        with epoch(seed * 1000 + number, servers, module) as grounds:
            most = min(kills, toll.kills + EPOCH)
            while toll.kills < most and toll.is_clean:
                grounds.kill_one(toll)
                grounds.look(toll)
            toll.acknowledged += grounds.acknowledged()
            toll.unanswered += sum(writer.unanswered for writer in grounds.writers)
        number += 1

"""Send fuzzed requests to a sandbox in a separate process, and check the answers.

One round begins with the same filled state and ends with a reset. At the end the last round is played again
and again: memory that still grows is a leak. Each request has its own connection and deadline.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import requests
from hypothesis import HealthCheck, Phase, given, seed, settings

from futel_twilio.sandbox.http.seed import read
from tests.support.sandbox import AUTH, ROOT
from tests.support.shots import SECRET, Shot, shots, sid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

DEADLINE = 60.0
HEAD = re.compile(rb"HTTP/1\.1 ([0-9]{3}) [^\r\n]*\r\n((?:[A-Za-z0-9-]+: [^\r\n]*\r\n)*)\r\n", re.DOTALL)
STATUS = re.compile(rb"HTTP/1\.1 ([0-9]{3}) ")
NOT_OURS = 505  # unsupported HTTP version: a correct answer, not a fault
SIP = f"{ROOT}/SIP"
HOME = {"City": "Portland", "CustomerName": "F", "IsoCountry": "US", "PostalCode": "97201", "Region": "OR"}
MAPPED = f"{SIP}/Domains/{sid('SD', 1)}"
LISTS, ACLS = f"{SIP}/CredentialLists", f"{SIP}/IpAccessControlLists"
WEBHOOK = {
    "Description": "d",
    "SinkType": "webhook",
    "SinkConfiguration": '{"destination": "https://example.org"}',
}
TRIGGER = {"CallbackUrl": "https://example.org/", "TriggerValue": "1", "UsageCategory": "calls"}
# The resources at the start of a round; the requests use their SIDs.
FILL: tuple[tuple[str, dict[str, str]], ...] = (
    *[(f"{ROOT}/Applications.json", {"FriendlyName": "phones"})] * 3,
    *[(f"{SIP}/Domains.json", {"DomainName": f"{name}.sip.twilio.com"}) for name in "xyz"],
    *[(f"{LISTS}.json", {"FriendlyName": name}) for name in "xyz"],
    *[(f"{ACLS}.json", {"FriendlyName": name}) for name in "xyz"],
    (f"{LISTS}/{sid('CL', 1)}/Credentials.json", {"Username": "u", "Password": SECRET}),
    (f"{ACLS}/{sid('AL', 1)}/IpAddresses.json", {"FriendlyName": "x", "IpAddress": "192.0.2.9"}),
    (f"{MAPPED}/Auth/Calls/CredentialListMappings.json", {"CredentialListSid": sid("CL", 1)}),
    (f"{MAPPED}/Auth/Registrations/CredentialListMappings.json", {"CredentialListSid": sid("CL", 1)}),
    (f"{MAPPED}/IpAccessControlListMappings.json", {"IpAccessControlListSid": sid("AL", 1)}),
    *[(f"{ROOT}/Addresses.json", {**HOME, "Street": "1 Main St", "EmergencyEnabled": "true"})] * 2,
    *[(f"{ROOT}/IncomingPhoneNumbers.json", {"PhoneNumber": f"+1971555010{n}"}) for n in range(3)],
    (f"{ROOT}/IncomingPhoneNumbers.json", {"AreaCode": "503", "EmergencyAddressSid": sid("AD", 1)}),
    (f"{ROOT}/Keys.json", {"FriendlyName": "k"}),
    *[("/v1/Sinks", WEBHOOK)] * 2,
    (
        "/v1/Subscriptions",
        {"Description": "d", "SinkSid": sid("DG", 1), "Types": '{"type": "com.example.a"}'},
    ),
    (f"{ROOT}/Usage/Triggers.json", TRIGGER),
)


@dataclass
class Tally:
    """The counts and findings of all rounds."""

    fired: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0
    slowest_shot: str = ""
    memory: list[int] = field(default_factory=list)
    replayed: list[int] = field(default_factory=list)
    logged: int = 0


class Server:
    """`python -m tests.support.fuzzed_server` on loopback; its stderr is kept.

    One arena: else the C library keeps memory for each of many threads, which looks like a leak for a while.
    """

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "tests.support.fuzzed_server", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "MALLOC_ARENA_MAX": "1"},
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        self.url = line.removeprefix("listening on ").strip()
        host, _, port = self.url.removeprefix("http://").partition(":")
        self.address = (host, int(port))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def memory(self) -> int:
        """Resident memory in KiB, as the kernel reports it."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0])

    def stop(self) -> str:
        """Stop it with Ctrl-C, and return its stderr."""
        self._process.terminate()
        return self._process.communicate(timeout=DEADLINE)[1]

    def own(self, method: str, name: str, sent: Any = None) -> Any:
        answer = requests.request(method, f"{self.url}/_sandbox/{name}", json=sent, timeout=DEADLINE)
        answer.raise_for_status()
        return answer.json()

    def empty(self) -> None:
        self.own("POST", "reset")
        self.own("DELETE", "faults")

    def fill(self) -> None:
        """The state at the start of every round."""
        self.empty()
        with requests.Session() as session:
            session.auth = AUTH
            for path, form in FILL:
                session.post(self.url + path, form, timeout=DEADLINE).raise_for_status()


def fire(address: tuple[str, int], shot: Shot) -> bytes:
    """All bytes until the server hangs up; TimeoutError if it does not hang up in time."""
    heard = []
    deadline = time.monotonic() + DEADLINE
    with socket.create_connection(address, DEADLINE) as wire:
        with contextlib.suppress(ConnectionError):
            wire.sendall(shot.sent)
        with contextlib.suppress(OSError):  # the server may have hung up
            wire.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while chunk := wire.recv(1 << 18):
                heard.append(chunk)
                wire.settimeout(max(0.01, deadline - time.monotonic()))
    return b"".join(heard)


def judge(shot: Shot, heard: bytes) -> str:
    """The fault of an answer; empty if there is none."""
    broken = [int(found) for found in STATUS.findall(heard) if int(found) >= 500 and int(found) != NOT_OURS]
    if broken:
        return f"status {broken[0]}"
    if not shot.proper:
        return ""
    head = HEAD.match(heard)
    if head is None:
        return "no answer" if not heard else "no HTTP"
    return _judge_body(shot, int(head[1]), head[2].decode("latin-1"), heard[head.end() :])


def _judge_body(shot: Shot, status: int, head: str, body: bytes) -> str:
    headers = dict(line.split(": ", 1) for line in head.splitlines())
    if "X-Injected" in headers:
        return "a header of the client's"
    if len(body) != int(headers.get("Content-Length", "0")):
        return f"{len(body)} bytes of a body of {headers.get('Content-Length')}"
    if not body or "application/json" not in headers.get("Content-Type", ""):
        return ""
    try:
        content = json.loads(body, parse_constant=_no_constant)
    except ValueError as error:
        return f"no JSON: {error}"
    if shot.own or status < 400 or set(content) == {"code", "message", "more_info", "status"}:
        return ""
    return f"an error of the keys {sorted(content)}"


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def run(
    server: Server,
    tally: Tally,
    shots_each: int,
    rounds: Iterable[int],
    replays: int = 0,
    plant: Callable[[Server], object] = id,
) -> None:
    """Run the rounds of these seeds. A finding ends its round; it is reported with the smallest request.

    `plant` is what happens at the start of a round, for a test that wants something to be found.
    """
    fired: list[Shot] = []
    for number in rounds:
        server.fill()
        plant(server)
        fired.clear()
        while len(fired) < shots_each and not tally.wrong:
            _round(server, tally, fired, shots_each - len(fired), number)
        _look_at_the_log(server, tally)
        _look_at_the_dump(server, tally)
        server.empty()
        tally.memory.append(server.memory())
        if tally.wrong:
            return
    for _ in range(replays):
        server.fill()
        for shot in fired:
            fire(server.address, shot)
        server.empty()
        tally.replayed.append(server.memory())


def _round(server: Server, tally: Tally, fired: list[Shot], shots_each: int, number: int) -> None:
    @seed(number * 1_000_003 + shots_each)
    @settings(
        max_examples=shots_each,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(shots())
    def each(shot: Shot) -> None:
        began = time.monotonic()
        fired.append(shot)
        heard = fire(server.address, shot)
        _count(tally, shot, heard, time.monotonic() - began)
        fault = judge(shot, heard)
        assert not fault, f"{fault}\n  sent: {shot!r}\n  heard: {heard[:400]!r}"
        assert server.is_alive()

    try:
        each()
    except Exception as error:  # noqa: BLE001 - a crash, a hang and a finding are reported in the same way
        tally.wrong.append(f"{type(error).__name__}: {error}")


def _count(tally: Tally, shot: Shot, heard: bytes, took: float) -> None:
    found = STATUS.match(heard)
    tally.fired += 1
    tally.statuses[found[1].decode() if found else "none"] += 1
    if took > tally.slowest:
        tally.slowest, tally.slowest_shot = took, repr(shot)[:200]


def _look_at_the_log(server: Server, tally: Tally) -> None:
    log = server.own("GET", "requests")
    tally.logged += log["count"]
    if SECRET in json.dumps(log):
        tally.wrong.append("a password stands in the request log")


def _look_at_the_dump(server: Server, tally: Tally) -> None:
    """Check that the state can be dumped and that the dump can be loaded."""
    try:
        read(server.own("GET", "dump"))
    except ValueError as error:
        tally.wrong.append(f"a dump is no seed: {error}")

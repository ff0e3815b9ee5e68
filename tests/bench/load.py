"""`python -m tests.bench.load PORT PATH CONNECTIONS SECONDS`: send many fetches on loopback, at a low cost.

It imports little and parses little, so that the server has the other core for itself. It prints JSON.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import sys
import time
from base64 import b64encode
from dataclasses import asdict, dataclass, field
from statistics import quantiles

HOST = "127.0.0.1"
ACCOUNT, TOKEN = "AC" + "0" * 32, "sandbox"
PATIENCE_SECONDS = 10
PIECE = 1 << 16
LENGTH = re.compile(rb"(?i)\r\ncontent-length: ([0-9]+)")


@dataclass(frozen=True)
class Load:
    """The result of a load: answers per second, and latencies in milliseconds."""

    rate: float
    p50: float
    p99: float
    answers: int


def request(path: str) -> bytes:
    """The bytes of one fetch, as the default account, with keep-alive."""
    signed = b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    lines = (f"GET {path} HTTP/1.1", f"Host: {HOST}", f"Authorization: Basic {signed}", "", "")
    return "\r\n".join(lines).encode()


def body_of(answer: bytes) -> bytes | None:
    """The body of a complete answer; None while a part of it is missing.

    Raises:
        RuntimeError: it is no 200, or does not say how long it is.
    """
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return None
    length = LENGTH.search(head)
    if length is None or not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"a fetch was answered {head[:40]!r}")
    return body if len(body) >= int(length[1]) else None


def fetch(port: int, path: str) -> bytes:
    """The body of one answer, over a new connection; ConnectionError if there is no answer."""
    with socket.create_connection((HOST, port), PATIENCE_SECONDS) as connection:
        connection.sendall(request(path))
        said = b""
        while (body := body_of(said)) is None:
            said += _piece(connection)
    return body


def _piece(connection: socket.socket) -> bytes:
    piece = connection.recv(PIECE)
    if not piece:
        raise ConnectionError("the server closed a connection")
    return piece


@dataclass
class Line:
    """One connection that sends one fetch after the other."""

    socket: socket.socket
    asks: bytes
    sent: float = 0
    said: bytes = b""
    took: list[float] = field(default_factory=list)

    def ask(self) -> None:
        self.said, self.sent = b"", time.perf_counter()
        self.socket.sendall(self.asks)

    def hear(self) -> None:
        self.said += _piece(self.socket)
        if body_of(self.said) is not None:
            self.took.append(time.perf_counter() - self.sent)
            self.ask()


def load(port: int, path: str, connections: int, seconds: float) -> Load:
    """Fetch on several connections at once, without pauses, for a number of seconds."""
    asks = request(path)
    lines = [Line(socket.create_connection((HOST, port), PATIENCE_SECONDS), asks) for _ in range(connections)]
    with selectors.DefaultSelector() as ready:
        for line in lines:
            ready.register(line.socket, selectors.EVENT_READ, line)
            line.ask()
        begun = time.perf_counter()
        while time.perf_counter() - begun < seconds:
            for key, _events in ready.select(PATIENCE_SECONDS):
                key.data.hear()
        lasted = time.perf_counter() - begun
    for line in lines:
        line.socket.close()
    took = [one * 1000 for line in lines for one in line.took]
    shares = quantiles(took, n=100)
    return Load(len(took) / lasted, shares[49], shares[98], len(took))


if __name__ == "__main__":
    print(json.dumps(asdict(load(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))))

"""Dialplans for the tests: an HTTPS server on loopback, with certificates of its own authority."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import trustme
from twilio.request_validator import RequestValidator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ELSEWHERE = "dialplans.example.net"  # a name that only the test proxy resolves
TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response><Say>Hello</Say></Response>'
DRIBBLES = {
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", b" "),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "a header": (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
    "the status line": (b"HTTP/1.1 200 O", b"K"),
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}
TOKEN = "sandbox"  # the auth token of the sandbox's own account


@dataclass
class Behavior:
    """How the server answers.

    Attributes:
        body: what it says.
        status: with which HTTP status.
        headers: and with which headers beside.
        wait: seconds before the answer begins.
        trickle: seconds between its bytes.
        checks: whether it refuses what is not signed with the account's token, by Twilio's own validator.
        signed_url: what it takes a signature for, where that is not the URL with or without its port.
        dribble: which part of the answer it sends for ever, a byte at a time: one of DRIBBLES.
        asked: the path and the form of each question.
        heads: the headers of each question.
    """

    body: bytes = TWIML
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0
    trickle: float = 0
    checks: bool = False
    signed_url: str = ""
    dribble: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


def _is_signed(asked: BaseHTTPRequestHandler, form: dict[str, str], url: str, exactly: str) -> bool:
    validator: Any = RequestValidator(TOKEN)  # type: ignore[no-untyped-call]
    signature = asked.headers.get("X-Twilio-Signature", "")
    if exactly:
        return bool(signature == validator.compute_signature(exactly + asked.path, form))
    return bool(validator.validate(url + asked.path, form, signature))


class _Dialplans(BaseHTTPRequestHandler):
    """One request to the dialplans that answers as it is reported."""

    mode: Behavior
    url: Callable[[], str]

    def do_POST(self) -> None:  # named by the library
        behavior = self.mode
        raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(raw, keep_blank_values=True).items()}
        behavior.asked.append((self.path, form))
        behavior.heads.append(dict(self.headers.items()))
        if behavior.dribble:
            self._dribble(*DRIBBLES[behavior.dribble])
        elif behavior.checks and not _is_signed(self, form, type(self).url(), behavior.signed_url):
            self._answer(403, b"forged")
        else:
            time.sleep(behavior.wait)
            self._answer(behavior.status, behavior.body)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **self.mode.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        for byte in body if self.mode.trickle else ():
            self.wfile.write(bytes([byte]))
            time.sleep(self.mode.trickle)
        if not self.mode.trickle:
            self.wfile.write(body)

    def _dribble(self, begin: bytes, piece: bytes) -> None:
        self.close_connection = True
        self.wfile.write(begin)
        while not self.mode.over.wait(0.05):
            self.wfile.write(piece)

    def handle(self) -> None:
        with suppress(OSError):  # the client hung up
            super().handle()

    def log_message(self, *_words: Any) -> None:
        """Print nothing."""


def _handler(behavior: Behavior, url: Callable[[], str]) -> type[BaseHTTPRequestHandler]:
    return type("Handler", (_Dialplans,), {"mode": behavior, "url": staticmethod(url)})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # or the kernel drops some of many connections at once, each for a second


@contextmanager
def serving(
    tmp_path: Path, behavior: Behavior, *, days: float = 90, authority: trustme.CA | None = None
) -> Iterator[str]:
    """The base URL of dialplans that answer as `behavior` says, over a certificate that holds for some days."""
    authority = authority or trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    now = datetime.now(UTC)
    certificate = authority.issue_cert(
        "localhost",
        "127.0.0.1",
        ELSEWHERE,
        not_before=now - timedelta(days=400),
        not_after=now + timedelta(days=days),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    base: list[str] = []
    server = _Server(("127.0.0.1", 0), _handler(behavior, lambda: base[0]))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    base.append(f"https://localhost:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield base[0]
    finally:
        behavior.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Forwarder(BaseHTTPRequestHandler):
    """A proxy that connects every name to this machine, or refuses."""

    server: _Proxy

    def do_CONNECT(self) -> None:  # named by the library
        self.server.asked.append((self.path, dict(self.headers.items())))
        self.send_response(self.server.status)
        self.end_headers()
        if self.server.status != 200:
            return
        port = int(self.path.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as beyond, suppress(OSError):
            back = threading.Thread(target=_pump, args=(beyond, self.connection), daemon=True)
            back.start()
            _pump(self.connection, beyond)
            back.join()

    def log_message(self, *_words: Any) -> None:
        """Print nothing."""


def _pump(here: socket.socket, there: socket.socket) -> None:
    with suppress(OSError):
        while piece := here.recv(4096):
            there.sendall(piece)
        there.shutdown(socket.SHUT_WR)


class _Proxy(_Server):
    def __init__(self, status: int) -> None:
        super().__init__(("127.0.0.1", 0), _Forwarder)
        self.status = status
        self.asked: list[tuple[str, dict[str, str]]] = []


@contextmanager
def proxying(status: int = 200) -> Iterator[_Proxy]:
    """A proxy, which notes what it is asked to connect to."""
    server = _Proxy(status)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

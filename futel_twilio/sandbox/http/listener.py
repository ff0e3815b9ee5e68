"""Loopback HTTP: werkzeug's threaded server with keep-alive, one packet per answer, and no chatter."""

from __future__ import annotations

import contextlib
import io
import os
import re
import socket
import struct
import threading
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from futel_twilio.sandbox.http.faults import ENDING, Fault

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

    from futel_twilio.sandbox.http.app import App

BACKLOG = 512
LARGEST_BODY = 1_000_000
LARGEST_SEED = 100_000_000
READ_TIMEOUT_SECONDS = 2.0
LIMITS = {
    HTTPStatus.LENGTH_REQUIRED: "The sandbox takes a body with a Content-Length only, not one in chunks.\n",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: f"A body has at most {LARGEST_BODY} bytes, a seed {LARGEST_SEED}.\n",
    HTTPStatus.REQUEST_URI_TOO_LONG: "A request line has at most 65536 bytes.\n",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "A header has at most 65536 bytes, and there are at most 100.\n",
}
IDLE_SECONDS = 75.0  # between two requests, and between two pieces of one


class Handler(WSGIRequestHandler):
    """One connection. Werkzeug's own handler closes after each answer; this one keeps it open."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        try:
            with contextlib.suppress(OSError):
                super().finish()
        finally:
            self.server.closed(self.connection)

    def run_wsgi(self) -> None:
        refusal = self._refusal()
        if refusal is not None:
            self.send_error(refusal)
            return
        body = self.rfile.read(self._length())
        if len(body) < self._length():  # the client went away: half a request is not carried out
            self.close_connection = True
            return
        try:
            self.environ = environ = self.make_environ()
        except ValueError:  # a target that is no URL
            self.send_error(HTTPStatus.BAD_REQUEST)
            return
        environ["wsgi.input"] = io.BytesIO(body)
        head: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _info: Any = None) -> Any:
            head[:] = [status, headers]
            return None

        start: StartResponse = start_response
        payload = b"".join(self.server.app(environ, start))
        self._end(environ.get(ENDING), head[0], head[1], payload)

    def _end(self, fault: Fault | None, status: str, headers: list[tuple[str, str]], payload: bytes) -> None:
        """Send the answer, or do with the connection what a fault wants."""
        ending = "" if fault is None else fault.kind.ending
        if fault is None or not ending:
            self._send(status, headers, payload)
            return
        self.close_connection = True
        if ending == "reset":
            self._reset()
        elif ending == "silence":
            self._be_silent(fault.amount)
        else:
            self._send_half(status, headers, payload)

    def _reset(self) -> None:
        """A close that lingers for no time sends RST, where an orderly one would send FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def _be_silent(self, seconds: float) -> None:
        """Say nothing until the time is over, the client goes away, or the server stops."""
        deadline = time.monotonic() + seconds
        with contextlib.suppress(OSError):
            while (left := deadline - time.monotonic()) > 0:
                self.connection.settimeout(left)
                if not self.connection.recv(1024):
                    return

    def _send_half(self, status: str, headers: list[tuple[str, str]], payload: bytes) -> None:
        """Promise the whole body and send half of it; without a body, the status line breaks off."""
        if payload:
            self._send(status, headers, payload[: len(payload) // 2])
        else:
            self.wfile.write(b"HTTP/1.1 2")

    def _refusal(self) -> HTTPStatus | None:
        """Why a request cannot be read to its end, so that nobody knows where the next one begins."""
        lengths = self.headers.get_all("Content-Length", ["0"])
        if self.headers.get_payload() or len(lengths) > 1:  # the rest, after a line that is no header
            return HTTPStatus.BAD_REQUEST
        if "Transfer-Encoding" in self.headers:
            return HTTPStatus.LENGTH_REQUIRED
        if not re.fullmatch("[0-9]+", lengths[0]):
            return HTTPStatus.BAD_REQUEST
        most = LARGEST_SEED if self.path == "/_sandbox/seed" else LARGEST_BODY
        too_large = len(lengths[0]) > len(str(LARGEST_SEED)) or int(lengths[0]) > most
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_large else None

    def _length(self) -> int:
        return int(self.headers.get("Content-Length", "0"))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002 - the library's names
        """Refuse what is not HTTP, and end the connection without what the client sent."""
        self.close_connection = True
        words = LIMITS.get(HTTPStatus(code), "").encode()
        head = [("Content-Type", "text/plain")] if words else []
        self._send(
            f"{int(code)} {HTTPStatus(code).phrase}", [*head, ("Content-Length", str(len(words)))], words
        )
        self._drain()

    def _drain(self) -> None:
        """A close with input unread sends RST, and that may overtake the answer."""
        left = LARGEST_SEED
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(READ_TIMEOUT_SECONDS)
            while left > 0 and (read := self.rfile.read1(1 << 16)):
                left -= len(read)

    def _send(self, status: str, headers: list[tuple[str, str]], payload: bytes) -> None:
        """Head and body in one packet: two would wait for each other."""
        lines = [f"HTTP/1.1 {status}", f"Date: {self.date_time_string()}"]
        lines += [f"{name}: {value}" for name, value in headers]
        lines += [f"Connection: {'close' if self.close_connection else 'keep-alive'}", "", ""]
        self.wfile.write("\r\n".join(lines).encode("latin-1") + payload)

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Nothing on stderr: the request log is the place to look."""


class Server(ThreadedWSGIServer):
    """The listener; it knows its open connections, so that it can end them."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, app: App) -> None:
        self._connections: set[socket.socket] = set()
        self._guard = threading.Lock()
        # Bound here: werkzeug prints and exits the process when the port is taken, we raise OSError.
        with _listen(host, port) as listener:
            super().__init__(host, port, app, Handler, fd=listener.fileno())

    def opened(self, connection: socket.socket) -> None:
        with self._guard:
            self._connections.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._guard:
            self._connections.discard(connection)

    def handle_error(self, _request: Any, _client_address: Any) -> None:
        """A client that went away is no news, and a traceback could show what it sent."""

    def end_connections(self) -> None:
        """Idle connections see the end at once; an answer under way may still be sent."""
        with self._guard:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RD)
        deadline = time.monotonic() + READ_TIMEOUT_SECONDS
        while self._connections and time.monotonic() < deadline:
            time.sleep(0.002)


def _listen(host: str, port: int) -> socket.socket:
    """Bound as werkzeug will read it: an address with a colon is IPv6."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        error.add_note(
            f"The sandbox cannot listen on {host}, port {port}. Leave the port out for a free one."
        )
        raise
    return listener

"""The running sandbox: werkzeug's threaded server on loopback, with keep-alive and without chatter."""

import contextlib
import io
import socket
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from futel_twilio.sandbox import journal
from futel_twilio.sandbox.accounts import Accounts
from futel_twilio.sandbox.app import App
from futel_twilio.sandbox.journal import Logged
from futel_twilio.sandbox.store import Store

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

HOST = "127.0.0.1"
BACKLOG = 512
LARGEST_BODY = 1_000_000
POLL_SECONDS = 0.02
PATIENCE_SECONDS = 2.0


class Handler(WSGIRequestHandler):
    """One connection. Werkzeug's own handler closes after each answer; this one keeps it open."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "Server"

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
        body = self._read_body()
        if body is None:
            return
        self.environ = environ = self.make_environ()
        environ["wsgi.input"] = io.BytesIO(body)
        head: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _info: Any = None) -> Any:
            head[:] = [status, headers]
            return None

        start: StartResponse = start_response
        payload = b"".join(self.server.app(environ, start))
        self._send(head[0], head[1], payload)

    def _read_body(self) -> bytes | None:
        """All of the body, so that the next request on this connection begins where it should."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit() or int(length) > LARGEST_BODY:
            self.close_connection = True
            self._send("413 Content Too Large", [("Content-Length", "0")], b"")
            return None
        return self.rfile.read(int(length))

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

    def __init__(self, port: int, app: App) -> None:
        self._connections: set[socket.socket] = set()
        self._guard = threading.Lock()
        # Bound here: werkzeug prints and exits the process when the port is taken, we raise OSError.
        with _listen(port) as listener:
            super().__init__(HOST, port, app, Handler, fd=listener.fileno())

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
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._connections and time.monotonic() < deadline:
            time.sleep(0.002)


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


class Sandbox:
    """A Twilio of one's own: `with Sandbox() as box:` and `box.url` answers."""

    def __init__(
        self,
        state: str | Path = ":memory:",
        port: int = 0,
        latency_ms: float = 0,
        accounts: Iterable[str] = (),
        credentials_per_list: int = 1000,
    ) -> None:
        self._state = state
        self._asked_port = port
        self._latency_ms = latency_ms
        self._accounts = Accounts(accounts)
        self._limits = {"credential": credentials_per_list}
        self._running: tuple[Store, App, Server] | None = None
        self._thread: threading.Thread | None = None

    def _open(self) -> Server:
        if self._running is not None:
            raise RuntimeError("This sandbox is running already.")
        store = Store(self._state)
        try:
            app = App(store, self._accounts, self._latency_ms, self._limits)
            server = Server(self._asked_port, app)
        except BaseException:
            store.close()
            raise
        self._running = (store, app, server)
        return server

    def start(self) -> None:
        server = self._open()
        self._thread = threading.Thread(
            target=server.serve_forever, args=(POLL_SECONDS,), name="sandbox", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End the server and every connection; harmless when it does not run."""
        if self._running is None:
            return
        store, app, server = self._running
        self._latency_ms = app.latency_ms
        if self._thread is not None:
            server.shutdown()
            self._thread.join()
            self._thread = None
        server.server_close()
        server.end_connections()
        store.close()
        self._running = None

    def prepare(self) -> None:
        """Open the store and bind the port without answering yet; `serve_forever` does the rest."""
        self._open()

    def serve_forever(self) -> None:
        """Answer in this thread until KeyboardInterrupt, then stop."""
        if self._running is None:
            self._open()
        try:
            self._parts[2].serve_forever(POLL_SECONDS)
        finally:
            self.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _parts(self) -> tuple[Store, App, Server]:
        if self._running is None:
            raise RuntimeError("This sandbox does not run: call start(), or use it in a with statement.")
        return self._running

    @property
    def port(self) -> int:
        return int(self._parts[2].port)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def latency_ms(self) -> float:
        return self._latency_ms if self._running is None else self._running[1].latency_ms

    @latency_ms.setter
    def latency_ms(self, value: float) -> None:
        self._latency_ms = value
        if self._running is not None:
            self._running[1].latency_ms = value

    def requests(self) -> list[Logged]:
        return journal.read(self._parts[0])

    def count(self, *methods: str) -> int:
        return journal.count(self._parts[0], *methods)

    def clear_requests(self) -> None:
        journal.clear(self._parts[0])

    def reset(self) -> None:
        self._parts[0].reset()

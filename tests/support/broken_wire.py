"""A proxy between the tool and a sandbox that breaks the answers to some paths, like a faulty network."""

from __future__ import annotations

import contextlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

FAULTS = ("401", "403", "429", "500", "time-out", "half a body", "not JSON", "reset")
SLOW_SECONDS = 1.0


class _Broken(BaseHTTPRequestHandler):
    """Forward a GET to the sandbox, or break its answer."""

    protocol_version = "HTTP/1.1"
    to: ClassVar[str]
    fault: ClassVar[str]
    path_part: ClassVar[str]

    def do_GET(self) -> None:
        wanted = {k: v for k, v in self.headers.items() if k.lower() not in {"host", "accept-encoding"}}
        answer = requests.get(self.to + self.path, headers=wanted, timeout=60)
        if self.path_part not in self.path:
            self._send(answer.status_code, answer.content)
        elif self.fault.isdigit():
            self._send(int(self.fault), b'{"code": 20003, "message": "Broken on purpose", "status": 0}')
        else:
            self._break(answer.content)

    def _break(self, body: bytes) -> None:
        if self.fault == "time-out":
            time.sleep(SLOW_SECONDS)
        elif self.fault == "not JSON":
            self._send(200, b"<html>Welcome to the cafe</html>")
        elif self.fault == "half a body":
            self._send(200, body[: len(body) // 2], promised=len(body))
        self.close_connection = True

    def _send(self, status: int, body: bytes, promised: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) if promised is None else promised))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Print nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_args: object) -> None:
        """Ignore clients that gave up; these tests expect them."""


@contextlib.contextmanager
def broken(to: str, fault: str, path_part: str) -> Iterator[str]:
    """The URL of a server that answers like `to`, except for paths that contain `path_part`."""
    handler = type("Handler", (_Broken,), {"to": to, "fault": fault, "path_part": path_part})
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()

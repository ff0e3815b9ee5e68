"""Dialplans for the tests: an HTTPS server on loopback, with certificates of its own authority."""

from __future__ import annotations

import ssl
import threading
import time
from contextlib import contextmanager
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

TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response><Say>Hello</Say></Response>'
TOKEN = "sandbox"  # the auth token of the sandbox's own account


@dataclass
class Manner:
    """How the server answers.

    Attributes:
        body: what it says.
        status: with which HTTP status.
        headers: and with which headers beside.
        wait: seconds before the answer begins.
        trickle: seconds between its bytes.
        checks: whether it refuses what is not signed with the account's token, by Twilio's own validator.
    """

    body: bytes = TWIML
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0
    trickle: float = 0
    checks: bool = False
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)


def _handler(manner: Manner, url: Callable[[], str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the library's name
            raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(raw, keep_blank_values=True).items()}
            manner.asked.append((self.path, form))
            validator: Any = RequestValidator(TOKEN)  # type: ignore[no-untyped-call]
            signature = self.headers.get("X-Twilio-Signature", "")
            if manner.checks and not validator.validate(url() + self.path, form, signature):
                self._answer(403, b"forged")
                return
            time.sleep(manner.wait)
            self._answer(manner.status, manner.body)

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **manner.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            for byte in body if manner.trickle else ():
                self.wfile.write(bytes([byte]))
                time.sleep(manner.trickle)
            if not manner.trickle:
                self.wfile.write(body)

        def log_message(self, *_words: Any) -> None:
            """Nothing on stderr."""

    return Handler


@contextmanager
def serving(
    tmp_path: Path, manner: Manner, *, days: float = 90, authority: trustme.CA | None = None
) -> Iterator[str]:
    """The base URL of dialplans that answer in a manner, over a certificate that holds for some days."""
    authority = authority or trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    now = datetime.now(UTC)
    certificate = authority.issue_cert(
        "localhost", "127.0.0.1", not_before=now - timedelta(days=400), not_after=now + timedelta(days=days)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    base: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(manner, lambda: base[0]))
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    base.append(f"https://localhost:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield base[0]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""One request to a dialplan as Twilio sends it: its headers, its signature, its own connection.

The headers are those of requests from Twilio that public programs keep as samples (AWS Lambda and load balancers hand
them over as they came): Accept, Content-Type, I-Twilio-Idempotency-Token, User-Agent, X-Home-Region,
X-Twilio-Signature. GUESS: `Connection: close`, of some samples only. GUESS: no charset in Content-Type, which the
samples have for some products. No sample that came directly has Accept-Encoding.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse
from uuid import uuid4

import certifi
import requests
from requests.adapters import HTTPAdapter
from twilio.request_validator import RequestValidator, remove_port
from urllib3.util import SKIP_HEADER

from futel_twilio.twilio_api import network

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_ANSWER = 64 * 1024  # bytes; more TwiML than that Twilio refuses (error 11750)
HEADERS = {
    "Accept": "*/*",
    "Accept-Encoding": SKIP_HEADER,
    "Connection": "close",
    "Content-Type": "application/x-www-form-urlencoded",
    "User-Agent": "TwilioProxy/1.1",
}
HOME_REGION = "us1"  # Twilio's default region
WRONG = "this signature is wrong"


@dataclass(frozen=True)
class Reply:
    """What came back; of a body that is too long, the beginning.

    Attributes:
        status: the HTTP status.
        body: the body.
        certificate_ends: when the certificate of the server ends; None where a proxy keeps it to itself.
    """

    status: int
    body: bytes
    certificate_ends: datetime | None


class Webhook:
    """One request, which another thread can cut off.

    Args:
        url: where it goes.
        form: its parameters.
        headers: the signature and the region.
        timeout: seconds for each step; the deadline for the whole is kept by whoever calls `cut`.
    """

    def __init__(self, url: str, form: Mapping[str, str], headers: Mapping[str, str], timeout: float) -> None:
        self._url = url
        self._form = form
        self._headers = {**HEADERS, "I-Twilio-Idempotency-Token": str(uuid4()), **headers}
        self._timeout = timeout
        self._context = _Context(ssl.PROTOCOL_TLS_CLIENT)

    def send(self) -> Reply:
        """Send it, through the proxy that the environment names, and with nothing else of the environment.

        Raises:
            OSError: it did not get through, mostly as requests.RequestException.
        """
        with requests.Session() as session:
            trusted = session.merge_environment_settings(self._url, {}, None, None, None)["verify"]
            session.trust_env = False
            session.headers.clear()
            session.mount("https://", _Adapter(self._context))
            proxy = network.proxy_of(self._url)
            answer = session.post(
                self._url,
                data=dict(self._form),
                headers=self._headers,
                timeout=self._timeout,
                proxies={"https": proxy} if proxy else {},
                verify=trusted if isinstance(trusted, str) else certifi.where(),
                allow_redirects=False,
                stream=True,
            )
            with answer:
                return Reply(answer.status_code, _read(answer), self._context.certificate_ends)

    def cut(self) -> None:
        """End the connection, whatever it is blocked in."""
        with suppress(OSError):
            if self._context.wire:
                # Not the method of SSLSocket, which would take away what another thread reads with.
                socket.socket.shutdown(self._context.wire, socket.SHUT_RDWR)


def signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """The signature of Twilio, which signs https URLs without their port (twilio-aspnet 18, twilio-node 411)."""
    validator: Any = RequestValidator(token)  # type: ignore[no-untyped-call]
    bare: str = remove_port(urlparse(url))  # type: ignore[no-untyped-call]
    return str(validator.compute_signature(bare, dict(form)))


def _read(answer: requests.Response) -> bytes:
    body = b""
    for piece in answer.iter_content(4096):
        body += piece
        if len(body) > LARGEST_ANSWER:
            break
    return body


class _Context(ssl.SSLContext):
    """The TLS of one request, whichever way it takes: it keeps the connection and the end of the certificate."""

    wire: ssl.SSLSocket | None = None
    certificate_ends: datetime | None = None

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        self.wire = super().wrap_socket(*args, **kwargs)
        until = str((self.wire.getpeercert() or {}).get("notAfter", ""))
        self.certificate_ends = (
            datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC) if until else None
        )
        return self.wire


class _Adapter(HTTPAdapter):
    """The transport of requests, with the TLS of one request."""

    def __init__(self, context: _Context) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        return super().proxy_manager_for(*args, ssl_context=self._context, **kwargs)

"""The official Python client, redirected to a sandbox: every product's requests go to the one address.

The client has no base URL for all products, and follows absolute links; so its HTTP layer is aimed instead.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN, ORIGINAL_HOST

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    import requests
    from twilio.http.response import Response

TIMEOUT_SECONDS = 30.0


def redirected(url: str, base: str, headers: MutableMapping[str, str]) -> str:
    """The URL at `base` that stands for one of Twilio's; a header names the host that was meant."""
    to, meant = urlsplit(base), urlsplit(url)
    headers[ORIGINAL_HOST] = meant.netloc
    return urlunsplit((to.scheme, to.netloc, to.path.rstrip("/") + meant.path, meant.query, ""))


class RedirectingHttpClient(TwilioHttpClient):
    """The HTTP layer of the official client, with every request sent to one server.

    Args:
        base: the server's URL; empty for Twilio itself.
        timeout: seconds to wait for an answer; the client itself would wait for ever.
    """

    session: requests.Session

    def __init__(self, base: str, timeout: float = TIMEOUT_SECONDS) -> None:
        super().__init__(timeout=timeout)
        self.base = base
        if urlsplit(base).scheme == "http":
            self.session.trust_env = False  # a proxy must not stand between this machine and itself

    def request(  # type: ignore[override]
        self, method: str, url: str, params: Any = None, data: Any = None, headers: Any = None, **rest: Any
    ) -> Response:
        sent = dict(headers or {})
        there = redirected(url, self.base, sent) if self.base else url
        return super().request(method, there, params, data, sent, **rest)

    def close(self) -> None:
        self.session.close()


@contextmanager
def client(
    base: str, username: str = DEFAULT_ACCOUNT_SID, secret: str = DEFAULT_AUTH_TOKEN, account: str = ""
) -> Iterator[Any]:
    """The official client at a sandbox, which reads nothing of the process environment.

    Args:
        base: the sandbox's URL.
        username: the SID of an account or of an API key.
        secret: its token or secret.
        account: the account's SID, where the username is a key's.
    """
    http = RedirectingHttpClient(base)
    make: Any = Client  # its constructor is not typed
    try:
        yield make(username, secret, account or username, http_client=http, environment={"NOTHING": "here"})
    finally:
        http.close()

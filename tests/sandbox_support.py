"""What the tests of the sandbox share: the official SDK pointed at it, and a process that runs it."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from futel_twilio.sandbox.accounts import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN

AUTH = (DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN)
ROOT = f"/2010-04-01/Accounts/{DEFAULT_ACCOUNT_SID}"
GOOD_PASSWORD = "Abcdefgh12345"


class Redirected(TwilioHttpClient):
    """Sends every product's requests to one address, and says which host they were meant for."""

    def __init__(self, base: str) -> None:
        super().__init__(timeout=30)
        self.base = base

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]
        base = urlsplit(self.base)
        parts = urlsplit(url)
        kwargs["headers"] = {**(kwargs.get("headers") or {}), "X-Original-Host": parts.netloc}
        here = urlunsplit((base.scheme, base.netloc, parts.path, parts.query, ""))
        return super().request(method, here, *args, **kwargs)

    def close(self) -> None:
        if self.session is not None:
            self.session.close()


@contextmanager
def sdk(
    base: str, user: str = DEFAULT_ACCOUNT_SID, secret: str = DEFAULT_AUTH_TOKEN, account: str = ""
) -> Any:
    http = Redirected(base)
    try:
        make: Any = Client  # its constructor is not typed
        yield make(user, secret, account or user, http_client=http, environment={"NOTHING": "here"})
    finally:
        http.close()


def refusal(action: Callable[[], Any]) -> tuple[int, int, str]:
    """Status, code and message of what the SDK raises."""
    with pytest.raises(TwilioRestException) as caught:
        action()
    error = caught.value
    return int(error.status), int(error.code or 0), str(error.msg).partition(": ")[2]


def call(base: str, method: str, path: str, data: Any = None, **headers: str) -> requests.Response:
    """One plain request as the default account."""
    return requests.request(method, base + path, data=data, auth=AUTH, headers=headers, timeout=30)


@contextmanager
def process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`python -m futel_twilio.sandbox` and its address; killed at the end if it still runs."""
    command = [sys.executable, "-m", "futel_twilio.sandbox", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            line = running.stdout.readline()
            found = re.fullmatch(r"listening on (http://127\.0\.0\.[0-9]+:[0-9]+)\n", line)
            assert found, line
            yield running, found[1]
        finally:
            running.kill()

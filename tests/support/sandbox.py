"""Helpers of the tests of the sandbox: the official SDK, and a process that runs the sandbox."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException

from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN
from futel_twilio.sandbox.sdk import client as sdk

AUTH = (DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN)
ROOT = f"/2010-04-01/Accounts/{DEFAULT_ACCOUNT_SID}"
GOOD_PASSWORD = "Abcdefgh12345"
__all__ = ["sdk"]  # the tests import it from here


def refusal(action: Callable[[], Any]) -> tuple[int, int, str]:
    """Status, code and message of the error that the SDK raises."""
    with pytest.raises(TwilioRestException) as caught:
        action()
    error = caught.value
    return int(error.status), int(error.code or 0), str(error.msg).partition(": ")[2]


def call(base: str, method: str, path: str, data: Any = None, **headers: str) -> requests.Response:
    """One plain request as the default account."""
    return requests.request(method, base + path, data=data, auth=AUTH, headers=headers, timeout=60)


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

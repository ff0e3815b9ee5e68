"""Fixtures for the tests of any project that talks to Twilio.

Load them in the `conftest.py` at the root of your tests:

    pytest_plugins = ["futel_twilio.sandbox.pytest_plugin"]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio.sandbox import sdk
from futel_twilio.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def twilio_sandbox() -> Iterator[Sandbox]:
    """A sandbox of this test's own, empty, on a free port of this machine, kept in memory."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def twilio_client(twilio_sandbox: Sandbox) -> Iterator[Any]:
    """The official `twilio.rest.Client` at that sandbox, as its default account."""
    with sdk.client(twilio_sandbox.url) as made:
        yield made


@pytest.fixture
def twilio_http_client(twilio_sandbox: Sandbox) -> Iterator[sdk.RedirectingHttpClient]:
    """For a `Client` that your own code makes: `Client(sid, token, http_client=twilio_http_client)`."""
    http = sdk.RedirectingHttpClient(twilio_sandbox.url)
    yield http
    http.close()

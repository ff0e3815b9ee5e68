"""The way to Twilio: patience, lost answers, one family of errors."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import threading
import time
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest
import requests
import responses

from futel_twilio.config.connection import Connection
from futel_twilio.errors import Rejected, ResponseLost, Unreachable
from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID
from futel_twilio.twilio_api import http
from futel_twilio.twilio_api.client import PAGE, Api
from futel_twilio.twilio_api.http import RetryPolicy
from tests.support.dialplans import proxying

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from futel_twilio.sandbox.server import Sandbox

QUICK = RetryPolicy(attempts=4, first_wait=0.01, longest_wait=0.05)
SERVER = "http://127.0.0.1:9"
APPLICATIONS = f"{SERVER}/2010-04-01/Accounts/{DEFAULT_ACCOUNT_SID}/Applications.json"
THING = APPLICATIONS.replace(".json", f"/AP{'0' * 32}.json")
EMPTY = {
    "applications": [],
    "end": 0,
    "first_page_uri": "",
    "next_page_uri": None,
    "page": 0,
    "page_size": 50,
    "previous_page_uri": None,
    "start": 0,
    "uri": "",
}


def has_socks() -> bool:
    """Whether PySocks is installed, which requests needs for SOCKS."""
    return find_spec("socks") is not None


def settings(url: str = SERVER, **more: Any) -> Connection:
    return Connection(DEFAULT_ACCOUNT_SID, DEFAULT_ACCOUNT_SID, "sandbox", "a test", url=url, **more)


@pytest.fixture
def api() -> Iterator[Api]:
    opened = Api(settings(), QUICK)
    yield opened
    opened.close()


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.mark.parametrize("status", [429, 503])
def test_busy_is_waited_out(api: Api, wire: responses.RequestsMock, status: int) -> None:
    """A read that is answered 429 or 503 is asked again until it is answered."""
    wire.get(APPLICATIONS, status=status)
    wire.get(APPLICATIONS, status=status)
    wire.get(APPLICATIONS, json=EMPTY)
    assert api.client.applications.list() == []
    assert api.requests_sent == 3


def test_busy_for_ever_ends(api: Api, wire: responses.RequestsMock) -> None:
    """After its tries a busy Twilio is an error that says to wait."""
    wire.get(APPLICATIONS, status=429, json={"code": 20429, "message": "Too Many Requests"})
    with pytest.raises(Rejected, match="20429") as caught:
        api.client.applications.list()
    assert api.requests_sent == QUICK.attempts
    assert "wait a minute" in caught.value.hint


@pytest.mark.parametrize("retry_after", ["0.2", "Thu, 01 Jan 2026 00:00:00 GMT"])
def test_retry_after_is_honoured(
    api: Api, wire: responses.RequestsMock, retry_after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait is the one that Retry-After asks for, in seconds or as a date (one that is past is no wait)."""
    waited: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", waited.append)
    wire.get(APPLICATIONS, status=429, headers={"Retry-After": retry_after})
    wire.get(APPLICATIONS, json=EMPTY)
    api.client.applications.list()
    assert waited == [0.2 if retry_after == "0.2" else 0.0]


def test_a_create_answered_429_is_sent_again(api: Api, wire: responses.RequestsMock) -> None:
    """A 429 was never processed, so even a create may be sent again."""
    wire.post(APPLICATIONS, status=429)
    wire.post(APPLICATIONS, status=201, json={"sid": "AP" + "0" * 32})
    assert api.client.applications.create(friendly_name="x").sid == "AP" + "0" * 32


@pytest.mark.parametrize("failure", [503, 500, requests.ReadTimeout(), requests.ConnectionError("reset")])
def test_a_create_whose_answer_is_lost_is_never_sent_again(
    api: Api, wire: responses.RequestsMock, failure: int | Exception
) -> None:
    """A create that may have been carried out leaves once, and the error says that it may have been."""
    if isinstance(failure, int):
        wire.post(APPLICATIONS, status=failure)
    else:
        wire.post(APPLICATIONS, body=failure)
    with pytest.raises(ResponseLost):
        api.client.applications.create(friendly_name="x")
    assert api.requests_sent == 1


def test_an_update_whose_answer_is_lost_is_sent_again(api: Api, wire: responses.RequestsMock) -> None:
    """An update may be repeated: the second one changes nothing more."""
    wire.post(THING, body=requests.ReadTimeout())
    wire.post(THING, json={"sid": "AP" + "0" * 32})
    api.client.applications("AP" + "0" * 32).update(voice_url="https://x.example.com")
    assert api.requests_sent == 2


@pytest.mark.parametrize("body", ["<html>log in</html>", '{"applications": ['])
def test_a_body_that_is_not_json_is_never_believed(api: Api, wire: responses.RequestsMock, body: str) -> None:
    """A log-in page or half a body with status 200 is an error, not an empty account."""
    wire.get(APPLICATIONS, body=body)
    with pytest.raises(ResponseLost, match="not JSON"):
        api.client.applications.list()


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, "<html>Not Found</html>"), (403, "blocked"), (405, '{"detail": "no"}'), (400, "[]")],
)
def test_an_error_page_of_another_server_is_not_twilios(
    api: Api, wire: responses.RequestsMock, status: int, body: str
) -> None:
    """An error page that Twilio did not write names the server, and links to no page about Twilio's errors."""
    wire.get(APPLICATIONS, body=body, status=status)
    with pytest.raises(Rejected) as caught:
        api.client.applications.list()
    assert caught.value.message.startswith("127.0.0.1:9 answered GET /2010-04-01/")
    assert caught.value.message.endswith(f"with HTTP {status} and a page that is not Twilio's.")
    assert "FUTEL_TWILIO_URL" in caught.value.hint
    assert "docs/api/errors" not in str(caught.value)


def test_errors_of_lists_and_of_things_are_one_family(box: Sandbox) -> None:
    """A list and a fetch with a wrong secret both end in the same error, with Twilio's code."""
    wrong = Connection(DEFAULT_ACCOUNT_SID, DEFAULT_ACCOUNT_SID, "wrong-secret", "a test", url=box.url)
    api = Api(wrong, QUICK)
    for ask in (api.client.applications.list, api.client.applications("AP" + "0" * 32).fetch):
        with pytest.raises(Rejected) as caught:
            ask()
        assert (caught.value.status, caught.value.code) == (401, 20003)
        assert "wrong-secret" not in str(caught.value)
    api.close()


def test_nobody_listens() -> None:
    """A server that is not there is reported at once, and not tried again."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        api = Api(settings(f"http://127.0.0.1:{unused.getsockname()[1]}"), QUICK)
        with pytest.raises(Unreachable, match="nothing listens there"):
            api.client.applications.list()
    assert api.requests_sent == 1
    api.close()


def test_timeouts_are_set(api: Api, wire: responses.RequestsMock) -> None:
    """Every request has 10 seconds to connect and 30 to be answered."""
    wire.get(APPLICATIONS, json=EMPTY)
    api.client.applications.list()
    assert vars(wire.calls[0].request)["req_kwargs"]["timeout"] == (10.0, 30.0)


def test_edge_and_region_survive_another_server(box: Sandbox) -> None:
    """With an edge and a region set, requests still go to the server named, and carry the host they left for."""
    api = Api(settings(box.url, edge="umatilla", region="us1"), QUICK)
    assert api.client.applications.list(page_size=1000) == []
    logged = box.requests()[0]
    assert logged.host == "api.umatilla.us1.twilio.com"
    assert "PageSize=1000" in logged.query
    api.close()


def test_at_most_eight_at_once(box: Sandbox) -> None:
    """Independent requests go out together, never more than eight."""
    api = Api(settings(box.url), QUICK)
    box.latency_ms = 30
    api.gather_or_raise([lambda: api.client.applications.list(limit=1)] * 20)
    edges = sorted([(r.started, 1) for r in box.requests()] + [(r.ended, -1) for r in box.requests()])
    running, most = 0, 0
    for _when, step in edges:
        running += step
        most = max(most, running)
    assert 2 <= most <= http.MAX_CONCURRENCY
    api.close()


def test_the_clients_log_holds_no_secret(box: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """With logging fully on, neither the auth token nor a phone's password is in it."""
    caplog.set_level(logging.DEBUG)
    api = Api(settings(box.url), QUICK)
    phones = api.client.sip.credential_lists.create(friendly_name="phones")
    api.client.sip.credential_lists(str(phones.sid)).credentials.create("one", "Planted-Passw0rd")
    api.close()
    assert "Planted-Passw0rd" not in caplog.text
    assert "Basic " not in caplog.text


def test_a_list_that_was_asked_for_ahead_is_asked_for_once(box: Sandbox) -> None:
    """Whoever reads a whole list first gets the answer that was asked for ahead, and the next asks again."""
    opened = Api(settings(box.url))
    opened.prefetch(["Applications", "SIP/Domains"])
    assert opened.client.applications.list(page_size=PAGE) == []
    assert opened.client.sip.domains.list(page_size=PAGE) == []
    assert opened.requests_sent == 2
    assert opened.client.applications.list(page_size=PAGE) == []
    assert opened.requests_sent == 3
    opened.close()


def test_no_list_that_was_asked_for_ahead_outlives_a_write(box: Sandbox) -> None:
    """What was asked for before a write is not taken for what is there after it."""
    opened = Api(settings(box.url))
    opened.prefetch(["Applications"])
    opened.client.applications.create(friendly_name="new")
    assert [one.friendly_name for one in opened.client.applications.list(page_size=PAGE)] == ["new"]
    opened.close()


def test_a_part_of_a_list_is_not_the_list(box: Sandbox) -> None:
    """A filtered read is not answered with the whole list that was asked for ahead."""
    opened = Api(settings(box.url))
    opened.client.applications.create(friendly_name="one")
    opened.prefetch(["Applications"])
    assert opened.client.applications.list(friendly_name="another", page_size=PAGE) == []
    opened.close()


def test_an_error_of_what_was_asked_for_ahead_is_reported_to_the_reader(box: Sandbox) -> None:
    """A list that could not be had fails where it is read, not where it was asked for."""
    opened = Api(replace(settings(box.url), secret="wrong"))
    opened.prefetch(["Applications"])
    with pytest.raises(Rejected, match="20003"):
        opened.client.applications.list(page_size=PAGE)
    opened.close()


@contextlib.contextmanager
def interrupted_when(happens: Callable[[], bool]) -> Iterator[None]:
    """Ctrl-C for this process, as soon as something is so."""

    def wait() -> None:
        while not happens():
            time.sleep(0.005)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    watcher = threading.Thread(target=wait)
    watcher.start()
    try:
        yield
    finally:
        watcher.join()
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("calls", [1, 3, 12])
def test_an_interrupt_leaves_reads_behind(box: Sandbox, calls: int) -> None:
    """Reads whose answers do not come hold up nobody who interrupts."""
    opened = Api(settings(box.url))
    box.fault("GET", "*", "timeout", 600)
    begun = time.monotonic()
    with interrupted_when(lambda: opened.requests_sent == min(calls, 8)), pytest.raises(KeyboardInterrupt):
        opened.gather([opened.client.applications.list] * calls)
    assert time.monotonic() - begun < 60  # four tries of 30 seconds each would be twice that
    opened.close()


@pytest.mark.parametrize("calls", [1, 3])
def test_an_interrupt_waits_for_writes_and_says_so(box: Sandbox, calls: int) -> None:
    """Writes that have left are waited for, and reported; what has not begun to write is not sent any more."""
    opened, reported = Api(settings(box.url)), list[str]()
    opened.tell = reported.append
    box.latency_ms = 500
    names = [f"one-{number}" for number in range(calls)]
    creates = [partial(opened.client.applications.create, friendly_name=name) for name in names]
    with interrupted_when(lambda: opened.requests_sent == calls), pytest.raises(KeyboardInterrupt):
        opened.gather(creates)
    box.latency_ms = 0
    assert {o["body"]["friendly_name"] for o in box.dump()["objects"] if o["kind"] == "application"} == set(
        names
    )
    many = "a write" if calls == 1 else "3 writes"
    assert reported == [
        f"Interrupted. Waiting for Twilio's answer to {many}; interrupt again to leave at once."
    ]
    assert len(opened.client.applications.list()) == calls
    opened.close()


def test_an_interrupt_ends_the_patience_of_a_write(box: Sandbox) -> None:
    """A write that was refused as one too many, and would be sent again in two minutes, is not sent any more."""
    opened = Api(settings(box.url))
    box.fault("POST", "*", "429", 120, times=1)
    with interrupted_when(lambda: box.count("POST") == 1), pytest.raises(KeyboardInterrupt):
        opened.gather([lambda: opened.client.applications.create(friendly_name="one")])
    assert box.count("POST") == 1
    assert opened.client.applications.list() == []
    opened.close()


def test_a_write_after_the_interrupt_is_not_sent(box: Sandbox) -> None:
    """A call that reads before it writes does not begin to write once the command was interrupted."""
    opened = Api(settings(box.url))
    box.latency_ms = 500

    def reads_and_writes() -> None:
        opened.client.applications.list()
        opened.client.applications.create(friendly_name="one")

    with interrupted_when(lambda: opened.requests_sent == 1), pytest.raises(KeyboardInterrupt):
        opened.gather([reads_and_writes])
    time.sleep(1)
    assert box.count("POST") == 0
    opened.close()


def asked_through(proxy: str, monkeypatch: pytest.MonkeyPatch) -> Unreachable:
    """What a list ends in that is asked of a server of the internet through a proxy."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    opened = Api(settings("https://api.example.net"))
    with pytest.raises(Unreachable) as caught:
        opened.client.applications.list()
    assert opened.requests_sent == 1
    assert "hidden-word" not in str(caught.value)
    assert "HTTPS_PROXY" in caught.value.hint
    opened.close()
    return caught.value


@pytest.mark.parametrize(
    ("status", "says"), [(407, "wants a user name"), (403, "(HTTP 403)"), (502, "(HTTP 502)")]
)
def test_a_proxy_that_refuses_is_named(monkeypatch: pytest.MonkeyPatch, status: int, says: str) -> None:
    """What a proxy refuses is reported at once, with the proxy and without its password."""
    with proxying(status) as proxy:
        error = asked_through(f"http://ada:hidden-word@127.0.0.1:{proxy.server_port}", monkeypatch)
        assert (
            f"api.example.net could not be reached: the proxy http://127.0.0.1:{proxy.server_port} "
            in error.message
        )
    assert says in error.message


@pytest.mark.parametrize(
    ("proxy", "says"),
    [
        ("http://ada:hidden-word@127.0.0.1:{free}", "cannot be reached (Connection refused)"),
        ("127.0.0.1:{free}", "cannot be reached (Connection refused)"),
        ("socks5h://ada:hidden-word@127.0.0.1:{free}", "SOCKS" if not has_socks() else "cannot be reached"),
        ("http://ada:hidden-word@[::1", "has no URL that can be used"),
        ("ftp://ada:hidden-word@127.0.0.1:{free}", "has no URL that can be used"),
        ("http://", "has no URL that can be used"),
        ("http://127.0.0.1:port", "has no URL that can be used"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, proxy: str, says: str) -> None:
    """A proxy that is down, whose library is missing or that is mistyped is reported at once, and named."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        error = asked_through(proxy.format(free=unused.getsockname()[1]), monkeypatch)
    assert "the proxy " in error.message
    assert says in error.message


def test_a_proxy_does_not_stand_before_a_sandbox(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server of this machine is asked without the proxy, and the proxy is blamed for nothing."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    opened = Api(settings(box.url))
    assert opened.client.applications.list() == []
    opened.close()
    with pytest.raises(Unreachable, match="nothing listens there"):
        Api(settings(SERVER)).client.applications.list()


@pytest.mark.parametrize("region", ["au1", "ie1", ""])
def test_a_refused_key_names_the_region(box: Sandbox, region: str) -> None:
    """A key that one region does not know may be another's: the remedy says where it was tried."""
    opened = Api(replace(settings(box.url, region=region), secret="wrong"))
    with pytest.raises(Rejected) as caught:
        opened.client.applications.list()
    reported = f"Keys belong to one region, and these were tried in {region} (TWILIO_REGION)."
    assert (reported in caught.value.hint) == bool(region)
    opened.close()

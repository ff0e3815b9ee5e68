"""Input that nobody should send: each of these once made the sandbox fail, hang, or do half of what was meant."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import requests

from futel_twilio.sandbox.engine import paging
from futel_twilio.sandbox.http import listener, request_log
from futel_twilio.sandbox.server import Sandbox
from tests.support.sandbox import AUTH, ROOT, call

if TYPE_CHECKING:
    from collections.abc import Iterator

APPS = f"{ROOT}/Applications.json"
DEEP = "[" * 500 + "]" * 500
SINK = {"Description": "d", "SinkType": "webhook"}


@pytest.fixture
def wire(box: Sandbox) -> Iterator[socket.socket]:
    """A connection on which anything can be said."""
    with socket.create_connection(("127.0.0.1", box.port), timeout=60) as opened:
        yield opened


def answer_to(wire: socket.socket, sent: bytes) -> bytes:
    """The first line of the answer, up to the end of the connection."""
    wire.sendall(sent)
    heard = b""
    while chunk := wire.recv(1 << 16):
        heard += chunk
    return heard.partition(b"\r\n")[0]


def test_half_a_body_is_not_applied(box: Sandbox, wire: socket.socket) -> None:
    """A client that goes away in the middle of a form has asked for nothing."""
    head = f"POST {APPS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n"
    wire.sendall(head.encode() + b"FriendlyName=ab")
    wire.shutdown(socket.SHUT_WR)
    assert wire.recv(1000) == b""
    assert box.requests() == []


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (f"POST {APPS} HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (f"POST {APPS} HTTP/1.1\r\nContent-Length: 5x\r\n\r\n", 400),
        (f"POST {APPS} HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (f"POST {APPS} HTTP/1.1\r\nno colon\r\nContent-Length: 1\r\n\r\n", 400),
        (f"POST {APPS} HTTP/1.1\r\nContent-Length: 1000001\r\n\r\n", 413),
        (f"POST {APPS} HTTP/1.1\r\nContent-Length: {'9' * 5000}\r\n\r\n", 413),
        (f"POST {APPS} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        ("GET http://[::1 HTTP/1.1\r\n\r\n", 400),
        ("GET http://[x]/ HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: 127.0.0.1:99999999\r\n\r\n", 403),
        ("GET\r\n\r\n", 400),
        ("GET / HTTP/1\r\n\r\n", 400),
        ("GET / HTTP/2.0\r\n\r\n", 505),
        (f"GET /{'a' * 70_000} HTTP/1.1\r\n\r\n", 414),
        (f"GET / HTTP/1.1\r\nX: {'a' * 70_000}\r\n\r\n", 431),
    ],
)
def test_what_is_hardly_http_is_refused(head: str, status: int, wire: socket.socket) -> None:
    """Lines, lengths and targets that are none get a status line apart, and the connection ends."""
    line = answer_to(wire, head.encode() + (b"" if status != 403 else b"GET / HTTP/9\r\n\r\n"))
    assert line.startswith(f"HTTP/1.1 {status} ".encode())


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (f"POST {APPS} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"Content-Length only"),
        (f"POST {APPS} HTTP/1.1\r\nContent-Length: 1000001\r\n\r\n", b"at most 1000000 bytes"),
        (f"GET /{'a' * 70_000} HTTP/1.1\r\n\r\n", b"request line has at most 65536 bytes"),
        (f"GET / HTTP/1.1\r\nX: {'a' * 70_000}\r\n\r\n", b"header has at most 65536 bytes"),
    ],
)
def test_a_limit_that_is_met_is_reported(head: str, words: bytes, wire: socket.socket) -> None:
    """411, 413, 414 and 431 have a body of one line that says what the limit is."""
    wire.sendall(head.encode())
    whole = b""
    while piece := wire.recv(4096):
        whole += piece
    assert words in whole.partition(b"\r\n\r\n")[2]
    assert whole.endswith(b".\n")


def test_a_body_that_is_too_large_hears_so(box: Sandbox) -> None:
    """The refusal reaches a client that is still sending; it sees no reset."""
    for _ in range(20):
        assert call(box.url, "POST", APPS, "x" * 5_000_000).status_code == 413


def test_a_client_that_falls_silent_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection on which nothing comes, or only half a request, is ended after a while."""
    monkeypatch.setattr(listener.Handler, "timeout", 0.05)
    with Sandbox() as box:
        for sent in (b"", b"GET / HT", f"POST {APPS} HTTP/1.1\r\nContent-Length: 9\r\n\r\nx".encode()):
            with socket.create_connection(("127.0.0.1", box.port), timeout=60) as silent:
                silent.sendall(sent)
                assert silent.recv(1000) == b""


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_form_may_be_as_large_as_a_body(kind: str, box: Sandbox) -> None:
    """A form of many fields, or of one that is long, is judged like any other."""
    part = '--x\r\nContent-Disposition: form-data; name="A"\r\n\r\n{}\r\n'
    forms = {
        "a": ["A=1&" * 5000, "A=" + "x" * 900_000],
        "m": [part.format(1) * 5000, part.format("x" * 900_000)],
    }
    for body in forms[kind[0]]:
        tail = "--x--\r\n" if kind[0] == "m" else ""
        assert call(box.url, "POST", APPS, body + tail, **{"Content-Type": kind}).status_code == 201


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_moments_outside_of_time(moment: str, box: Sandbox) -> None:
    """A date that no year has is not valid, as a filter and as the date of an alert."""
    for path in ("/v1/Alerts?StartDate=", "/v1/Events?EndDate=", f"{ROOT}/Calls.json?StartTime="):
        assert call(box.url, "GET", path + quote(moment)).status_code == 400
    alert = {"error_code": "11200", "date_generated": moment}
    assert requests.post(f"{box.url}/_sandbox/alerts", json=alert, timeout=60).status_code == 400


def test_early_moments_sort_like_others(box: Sandbox) -> None:
    """A year has four digits, or the alerts since year 1 would be none."""
    requests.post(f"{box.url}/_sandbox/alerts", json={"error_code": "11200"}, timeout=60)
    assert len(call(box.url, "GET", "/v1/Alerts?StartDate=0001-01-02").json()["alerts"]) == 1


@pytest.mark.parametrize(
    "value", ["1e999", "NaN", "-Infinity", '"\\ud800"', "9" * 5000, DEEP, DEEP * 99, "[" * 100_000, "{", ""]
)
def test_json_that_is_none(value: str, box: Sandbox) -> None:
    """JSON in a form holds numbers, whole characters and few levels; the rest is a 400, wherever it comes."""
    sink = {**SINK, "SinkConfiguration": f'{{"destination": "http://example.org/", "x": {value}}}'}
    assert call(box.url, "POST", "/v1/Sinks", sink).json()["code"] == 20001
    countries = {"UpdateRequest": f'[{{"iso_code": {value}}}]'}
    assert (
        call(box.url, "POST", "/v1/DialingPermissions/BulkCountryUpdates", countries).json()["code"] == 20001
    )
    kind = {"Content-Type": "application/json"}
    for name in ("settings", "alerts", "caller-ids", "faults", "seed"):
        sent = f'{{"account_sid": {value}, "latency_ms": {value}, "value": {value}}}'
        assert requests.post(f"{box.url}/_sandbox/{name}", sent, headers=kind, timeout=60).status_code == 400
    assert box.dump()["objects"] == []


@pytest.mark.parametrize("name", ["latency_ms", "emergency_delay_seconds", "value"])
def test_numbers_out_of_all_bounds(name: str, box: Sandbox) -> None:
    """A whole number that no float can hold is out of range like any other."""
    more = {"path": "/x", "fault": "latency"} if name == "value" else {}
    sent, place = json.dumps({name: 10**400, **more}), "faults" if more else "settings"
    kind = {"Content-Type": "application/json"}
    answer = requests.post(f"{box.url}/_sandbox/{place}", sent, headers=kind, timeout=60)
    assert (answer.status_code, "number" in answer.json()["message"]) == (400, True)


def test_an_address_of_many_digits(box: Sandbox) -> None:
    """A part of an IP address has three digits at most."""
    made = call(box.url, "POST", f"{ROOT}/SIP/IpAccessControlLists.json", {"FriendlyName": "office"}).json()
    place = made["subresource_uris"]["ip_addresses"]
    for address in ("1.1.1." + "0" * 5000 + "1", "1.1.1.1111", "1.1.1.٤", "1.1.1"):
        sent = {"FriendlyName": "x", "IpAddress": address}
        assert call(box.url, "POST", place, sent).json()["code"] == 21238


@pytest.mark.parametrize(
    "pattern", ["%%%%%%%%%%%%%%9$", "%*%*%*%*%*%*%*9$", "9%*%*%*%*%*%*%*", "*%%*%%*%%*%%*9a$"]
)
def test_patterns_that_could_take_for_ever(pattern: str, box: Sandbox) -> None:
    """A pattern of many signs is answered like one of few: the test ends."""
    path = f"{ROOT}/AvailablePhoneNumbers/US/Local.json"
    answer = requests.get(box.url + path, {"Contains": pattern, "PageSize": "1000"}, auth=AUTH, timeout=60)
    assert answer.status_code == 200


def test_a_forged_page_token(box: Sandbox) -> None:
    """A token that is sealed rightly and points beyond every row number is not valid."""
    place, resource = ("application", AUTH[0], ""), _applications()
    for edge in (2**63, 2**64 - 1):
        token = paging._token(place, resource, "A", 0, edge)
        assert call(box.url, "GET", f"{APPS}?PageToken={token}").json()["code"] == 21481


def _applications() -> Any:
    from futel_twilio.sandbox.api_v2010.applications import APPLICATIONS

    return APPLICATIONS


def test_the_request_log_is_bounded(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log keeps the latest requests, and of a long one its beginning; request ids go on."""
    monkeypatch.setattr(request_log, "MOST", 5)
    ids = [
        call(box.url, "GET", f"{ROOT}/{n}?a=1&b={'q' * 9000}").headers["Twilio-Request-Id"] for n in range(12)
    ]
    assert [entry.path.rpartition("/")[2] for entry in box.requests()] == ["7", "8", "9", "10", "11"]
    assert {entry.query for entry in box.requests()} == {"a=1"}
    assert len(set(ids)) == 12


@pytest.mark.parametrize("sign", ["a", "a.a-", "sip:a:", "http://a:", "a=b&", "://", "a ", "%40"])
def test_long_texts_are_looked_through_for_secrets_once(sign: str, box: Sandbox) -> None:
    """What is hidden from the log and the dump is found in one pass, however long the text: the test ends."""
    call(box.url, "GET", f"{APPS}?FriendlyName={sign * (60_000 // len(sign))}:")
    sink = {
        **SINK,
        "SinkConfiguration": json.dumps({"destination": "http://a/" + sign * (300_000 // len(sign)) + ":"}),
    }
    assert call(box.url, "POST", "/v1/Sinks", sink).status_code == 201
    assert requests.get(f"{box.url}/_sandbox/dump", timeout=60).status_code == 200


def test_a_call_from_nobody(box: Sandbox) -> None:
    """An empty From is refused like none."""
    for sent in ({"From": ""}, {}):
        call_ = {"To": "sip:a@a.sip.twilio.com", "Url": "https://example.org/", **sent}
        assert call(box.url, "POST", f"{ROOT}/Calls.json", call_).json()["code"] == 21213

"""Who reaches the sandbox: this machine's programs; others and web pages only where it is reported so."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
import requests
from pytest_socket import socket_allow_hosts

from futel_twilio.sandbox.http import access, listener
from futel_twilio.sandbox.server import Sandbox
from tests.support.sandbox import AUTH, ROOT, call, process, sdk

if TYPE_CHECKING:
    from collections.abc import Callable

ELSEWHERE = ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1", "example.com", "127.0.0.1.example.com", "0"]  # noqa: S104
LOCAL = ["127.0.0.1", "127.0.0.9", "localhost", "::1"]


@pytest.fixture
def bound(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that are asked for; each is given loopback instead."""
    asked: list[str] = []
    listen: Callable[[str, int], socket.socket] = listener._listen

    def noted(host: str, port: int) -> socket.socket:
        asked.append(host)
        return listen("127.0.0.1", port)

    monkeypatch.setattr(listener, "_listen", noted)
    return asked


@pytest.mark.parametrize("host", ELSEWHERE)
def test_other_addresses_are_refused(host: str, bound: list[str]) -> None:
    """Without the flag an address that is not loopback is a ValueError of two sentences, and nothing is bound."""
    with pytest.raises(
        ValueError, match=r"^The sandbox listens on loopback only, and .* is not loopback\. Leave"
    ):
        Sandbox(host=host)
    assert bound == []


def test_the_flag_allows_them(bound: list[str]) -> None:
    """With the flag that very address is asked for."""
    with Sandbox(host="192.0.2.1", allow_remote=True) as box:
        assert (bound, box.url) == (["192.0.2.1"], f"http://192.0.2.1:{box.port}")


def test_nothing_else_is_bound_by_itself(bound: list[str]) -> None:
    """A sandbox that is reported nothing listens on 127.0.0.1."""
    with Sandbox():
        assert bound == ["127.0.0.1"]


@pytest.mark.parametrize("host", LOCAL)
def test_loopback_needs_no_flag(host: str) -> None:
    """Any loopback address serves, IPv6 too, and its URL is one that the official client can use."""
    socket_allow_hosts([host])
    with Sandbox(host=host) as box, sdk(box.url) as client:
        made = client.applications.create(friendly_name="here")
        assert [row.sid for row in client.applications.list()] == [made.sid]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("localhost:4010", 200),
        ("LocalHost", 200),
        ("[::1]:4010", 200),
        ("api.twilio.com", 200),
        ("rebound.example.com", 403),
        ("rebound.example.com:4010", 403),
        ("127.0.0.1.example.com", 403),
        ("localhost.example.com", 403),
        ("twilio.com.example.com", 403),
        ("192.0.2.1", 403),
        ("[::1", 403),
        ("", 403),
    ],
)
def test_names_of_others_are_refused(host: str, status: int) -> None:
    """A Host that some page could let point here is 403, whatever X-Original-Host says, and is not logged."""
    with Sandbox() as box:
        headers = {"Host": host, "X-Original-Host": "api.twilio.com"}
        assert call(box.url, "GET", f"{ROOT}/Balance.json", **headers).status_code == status
        assert call(box.url, "GET", "/_sandbox/requests", Host=host).status_code == status
        assert box.count() == (1 if status == 200 else 0)


def test_any_name_serves_with_the_flag() -> None:
    """With the flag the sandbox answers to whatever name others have for this machine."""
    with Sandbox(allow_remote=True) as box:
        assert call(box.url, "GET", f"{ROOT}/Balance.json", Host="phones.example.net").status_code == 200


def test_no_host_is_no_browser() -> None:
    """A request of HTTP/1.0 that names no host is answered."""
    with Sandbox() as box, socket.create_connection(("127.0.0.1", box.port), timeout=60) as wire:
        wire.sendall(b"GET /_sandbox/settings HTTP/1.0\r\n\r\n")
        assert wire.recv(4096).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("path", ["/_sandbox/reset", "//_sandbox/reset", f"{ROOT}/Applications.json"])
@pytest.mark.parametrize(
    ("header", "foreign"),
    [
        ("Origin", "https://example.com"),
        ("Origin", "null"),
        ("Origin", "http://127.0.0.1.example.com"),
        ("Sec-Fetch-Site", "cross-site"),
    ],
)
def test_no_page_of_another_site_is_answered(header: str, foreign: str, path: str) -> None:
    """A form of another site's page, to a control path or with the known token, is 403, and does and logs nothing."""
    with Sandbox() as box:
        call(box.url, "POST", f"{ROOT}/Applications.json")
        assert call(box.url, "POST", path, **{header: foreign}).status_code == 403
        assert call(box.url, "GET", path, **{header: foreign}).status_code == 403
        assert len(box.dump()["objects"]) == 2
        assert box.count() == 1


@pytest.mark.parametrize("workspace", ["none", "same-origin", "same-site"])
def test_pages_of_this_machine_are_answered(workspace: str) -> None:
    """A page that this machine serves, and an address that somebody types, reach it as ever."""
    with Sandbox() as box:
        headers = {"Origin": "http://localhost:3000", "Sec-Fetch-Site": workspace}
        assert call(box.url, "GET", f"{ROOT}/Applications.json", **headers).status_code == 200
        assert call(box.url, "POST", "/_sandbox/reset", **headers).status_code == 200


def test_the_command_refuses_too() -> None:
    """The command takes a loopback address, and `--allow-remote` beside it changes no answer."""
    socket_allow_hosts(["127.0.0.9"])
    with process("--host", "127.0.0.9", "--allow-remote") as (_running, base):
        assert base.startswith("http://127.0.0.9:")
        assert requests.get(f"{base}{ROOT}/Balance.json", auth=AUTH, timeout=60).status_code == 200


def test_what_is_loopback() -> None:
    """Loopback is 127.0.0.0/8, ::1 and the one name; no name is looked up."""
    assert all(access.is_loopback(host) for host in LOCAL)
    assert not any(access.is_loopback(host) for host in [*ELSEWHERE, "", "127.1", "::ffff:192.0.2.1"])

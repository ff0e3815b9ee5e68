"""Base URLs of dialplans: what Twilio cannot reach, and that calls are not pointed there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import requests

from futel_twilio import runbook, urls
from futel_twilio.client import Api
from futel_twilio.errors import BadInput

from .conftest import invoke

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.account import Site

LOCAL = [
    "127.0.0.1",
    "127.1",
    "127.0.0.1.",
    "10.0.0.5",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.1.2",
    "169.254.10.10",
    "100.64.0.1",
    "localhost",
    "LOCALHOST.",
    "box.localhost",
    "payphone.local",
    "Payphone.LOCAL.",
    "futelbox",
    "box.internal",
    "box.home.arpa",
]
PUBLIC = [
    "example.com",
    "stage.dialplans.example.net",
    "8.8.8.8",
    "172.32.0.1",
    "11.0.0.1",
    "localhost.example.com",
    "local.example.org",
    "mylocal.net",
]
COMMANDS = ("promote", "update", "update-applications", "update-domains")


@pytest.mark.parametrize("host", LOCAL)
def test_what_twilio_cannot_reach(host: str) -> None:
    """Loopback, private and link-local addresses, and names that no public name server knows."""
    for end in ("", ":8443", "/dialplans"):
        assert host.casefold().rstrip(".") in urls.out_of_reach(f"https://{host}{end}")


@pytest.mark.parametrize("host", PUBLIC)
def test_what_twilio_may_reach(host: str) -> None:
    """Of other addresses and names nothing is said."""
    assert urls.out_of_reach(f"https://{host}:8443/dialplans") == ""


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, here: Path) -> list[str]:
    """What is sent to Twilio itself, for whose account credentials are at hand: nothing arrives."""
    asked: list[str] = []

    def send(_session: Any, request: requests.PreparedRequest, **_how: Any) -> None:
        asked.append(str(request.url))
        raise requests.ConnectionError

    assert here.is_dir()
    monkeypatch.setattr(requests.Session, "send", send)
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "1" * 32)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "token")
    return asked


@pytest.mark.parametrize("command", COMMANDS)
def test_calls_are_not_pointed_out_of_reach(command: str, sent: list[str]) -> None:
    """At Twilio itself dialplans on this machine are refused before anything is sent, whatever else is said."""
    said = "--dialplans https://localhost:8743/x --skip-rehearsal 'a try' --yes"
    ended = invoke(f"{command} --env prod {said}")
    assert ended.code == 2
    assert "Twilio cannot reach these dialplans" in ended.err
    assert "prod: https://localhost:8743/x: localhost is a name of this machine" in ended.err
    assert sent == []
    assert invoke(f"{command} --env prod --dialplans https://prod-2.example.com --yes").code == 2
    assert sent != []


def test_what_else_a_promotion_moves(sent: list[str], here: Path) -> None:
    """A promotion of prod looks at the URLs of all environments that it moves; an update at its own alone."""
    estate = here / "estate.toml"
    estate.write_text(estate.read_text().replace("https://stage.dialplans.phu73l.net", "https://10.0.0.5"))
    assert "stage: https://10.0.0.5: 10.0.0.5 is an address" in invoke("promote --env prod --yes").err
    assert sent == []
    assert "Twilio cannot reach these dialplans" not in invoke("update --env prod --yes").err
    assert sent != []


def test_a_sandbox_takes_any_host(site: Site) -> None:
    """On a sandbox, by its URL or embedded, such a host is taken; from Python too it is refused at Twilio."""
    (stage, prod) = site.wish.environments
    wish = replace(site.wish, environments=(stage, replace(prod, dialplans="https://localhost:8743")))
    here = replace(site, wish=wish)
    assert here.out_of_reach() == ()
    there = replace(here, api=Api(replace(site.api.settings, url="")))
    with pytest.raises(BadInput, match="Twilio cannot reach"):
        runbook.promote(there, "prod")
    assert there.out_of_reach(("stage",)) == ()
    assert replace(here, api=Api(replace(site.api.settings, url="", embedded=True))).out_of_reach() == ()

"""Base URLs of dialplans: what Twilio cannot reach, and that calls are not pointed there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import requests

from futel_twilio.commands import promotion
from futel_twilio.config.estate_faults import faults_of
from futel_twilio.errors import BadInput
from futel_twilio.resources import dialplan_urls
from futel_twilio.twilio_api.client import Api
from tests.conftest import invoke

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.workspace import Workspace

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
    "box.lan",
    "a.localdomain",
    "box.intranet",
    "0x7f.1",
    "2130706433",
    "224.0.0.1",
    "240.0.0.1",
    "192.0.2.7",
    "box.test",
    "box.invalid",
    "BOX.Example.",
    "a.onion",
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
    "test.example.net",
    "lan.example.org",
]
COMMANDS = ("promote", "update", "update-applications", "update-domains")


@pytest.mark.parametrize("host", LOCAL)
def test_what_twilio_cannot_reach(host: str) -> None:
    """Loopback, private, link-local and group addresses in any form, and names that no public name server knows."""
    for end in ("", ":8443", "/dialplans"):
        assert host.casefold().rstrip(".") in dialplan_urls.why_unreachable(f"https://{host}{end}")


@pytest.mark.parametrize("host", PUBLIC)
def test_what_twilio_may_reach(host: str) -> None:
    """Of other addresses and names nothing is said."""
    assert dialplan_urls.why_unreachable(f"https://{host}:8443/dialplans") == ""


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


def test_a_sandbox_takes_any_host(workspace: Workspace) -> None:
    """On a sandbox, by its URL or embedded, such a host is taken; from Python too it is refused at Twilio."""
    (stage, prod) = workspace.desired.environments
    desired = replace(
        workspace.desired, environments=(stage, replace(prod, dialplans="https://localhost:8743"))
    )
    here = replace(workspace, desired=desired)
    assert here.out_of_reach() == ()
    there = replace(here, api=Api(replace(workspace.api.connection, url="")))
    with pytest.raises(BadInput, match="Twilio cannot reach"):
        promotion.promote(there, "prod")
    assert there.out_of_reach(("stage",)) == ()
    assert (
        replace(here, api=Api(replace(workspace.api.connection, url="", embedded=True))).out_of_reach() == ()
    )


SAME = [
    "https://stage.example.com/.",
    "https://stage.example.com/./",
    "https://stage.example.com/x/..",
    "https://stage.example.com:443//",
    "https://STAGE.example.com./%2e/",
    "https://stage%2Eexample.com/%78/..",
    "HTTPS://stage.example.com:00443/../..",
    "https:stage.example.com",
]


@pytest.mark.parametrize("url", SAME)
def test_one_normal_form(url: str) -> None:
    """Dot segments, escapes, capitals, default ports and dots behind a host do not hide that two URLs are one."""
    assert dialplan_urls.normalize(url) == "https://stage.example.com"


@pytest.mark.parametrize(("one", "other"), [("127.1", "127.0.0.1"), ("0x7f.0.0.1", "127.0.0.1")])
def test_one_normal_form_of_an_address(one: str, other: str) -> None:
    """An IPv4 address is the same in each of its forms."""
    assert dialplan_urls.normalize(f"https://{one}:8443/a") == dialplan_urls.normalize(
        f"https://{other}:8443/a/"
    )


@pytest.mark.parametrize(
    "other",
    ["https://stage.example.com:8443", "https://stage.example.com/a", "http://stage.example.com", "nonsense"],
)
def test_other_urls_stay_apart(other: str) -> None:
    """Another port, path or scheme is another URL; what is no URL is like itself alone."""
    assert dialplan_urls.normalize(other) != dialplan_urls.normalize("https://stage.example.com")
    assert dialplan_urls.normalize(other) == dialplan_urls.normalize(other.upper())


@pytest.mark.parametrize(
    "end", ["/dial_outgoing/.", "/dial_outgoing/x/..", "/%64ial_outgoing", "/./dial_outgoing//"]
)
def test_a_path_at_the_end_in_other_forms(end: str) -> None:
    """A base URL ends in a path of ours in whatever form it is written."""
    assert dialplan_urls.ends_in(f"https://example.com{end}", "/dial_outgoing")


FAULTS = {
    "https://stage.dialplans.phu73l.net/.": "the same URL as environment.stage.dialplans",
    "https://stage.dialplans.phu73l.net/x/..": "the same URL as environment.stage.dialplans",
    "https://example.net/dial_outgoing/.": "ends in /dial_outgoing",
    "https://example.net/a/../b": "has . or .. in its path: write https://example.net/b",
    "https://example.net/.": "has . or .. in its path: write https://example.net",
    "https://example.net:0": "has port 0",
    "https://example.net:0000/x": "has port 0",
    "https://h..example.net": "has a host that is no name",
    "https://-h.example.net": "has a host that is no name",
    "https://h-.example.net": "has a host that is no name",
    "https://.example.net": "has a host that is no name",
    f"https://{'h' * 64}.example.net": "has a host that is no name",
    f"https://{'h.' * 130}example.net": "has a host that is no name",
    "https://999.1.1.1": "is not a URL that can be read",
    "https://example.net/" + "a" * 5000: "is longer than 2048 characters",
}


@pytest.mark.parametrize("url", FAULTS, ids=lambda url: url[:40])
def test_what_no_dialplan_can_have(url: str, sent: list[str]) -> None:
    """A base URL that hides what it reaches, or reaches nothing, is refused before anything is sent."""
    ended = invoke(f"promote --env prod --dialplans {url} --yes --skip-rehearsal 'a try'")
    assert ended.code == 2
    assert f"--dialplans: {FAULTS[url]}" in ended.err
    assert sent == []


@pytest.mark.parametrize("path", ["/./dial", "/a/../dial", "/dial/.", "/" + "a" * 5000])
def test_paths_of_a_dialplan(path: str) -> None:
    """A path that is added to a base URL is held to the same."""
    assert dialplan_urls.fault_of_path(path)
    document = {"application": {"incoming-{env}": {"voice_url": path}}}
    assert any(f.startswith("application.incoming-{env}.voice_url: ") for f in faults_of(document))

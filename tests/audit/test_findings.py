"""Findings: what each says is wrong, the command that fixes it, and what is accepted one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from futel_twilio.audit import runner
from futel_twilio.audit.reports.text import as_text
from futel_twilio.workspace import open_workspace
from tests.conftest import invoke
from tests.support.breakages import BREAKAGES, DOMAIN, PHONES, PLAN, Account, alert, cannot_register
from tests.support.breakages_of_phones import OF_PHONES, credential
from tests.support.installed_phones import set_up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from futel_twilio.audit.results import Check
    from futel_twilio.sandbox.server import Sandbox


@pytest.fixture
def broken(at_box: Sandbox) -> Iterator[Account]:
    """An account with its phones installed, to be broken."""
    set_up()
    with open_workspace("sandbox") as workspace:
        yield Account(workspace.api.client, at_box.url)


def findings() -> dict[str, Check]:
    return {check.name: check for check in runner.run(live=True).findings}


def test_registration_that_estate_toml_turns_off_is_critical(at_box: Sandbox, here: Path) -> None:
    """With `registration = false` everywhere no phone can register: a critical finding for each, with the cause."""
    assert at_box.count() == 0
    estate = here / "estate.toml"
    text = estate.read_text()
    assert text.count("registration = true") == 2
    estate.write_text(text.replace("registration = true", "registration = false"))
    set_up()
    found = findings()
    assert found.keys() == cannot_register(*PHONES)
    for check in found.values():
        assert check.severity == "critical"
        assert "estate.toml turns registration off for direct-futel-" in check.found
        assert "`invoke setup --env" in check.remedy


@pytest.mark.parametrize(
    ("breakage", "missing"),
    [
        ("registration off", f"{DOMAIN}.sip.twilio.com takes no registrations"),
        (
            "registration mapping gone",
            f"sip-direct is not mapped to {DOMAIN}.sip.twilio.com for registrations",
        ),
    ],
)
def test_a_phone_that_cannot_register_says_what_is_missing(
    breakage: str, missing: str, broken: Account
) -> None:
    """The finding about a phone names the missing part, the phone, and the command that fixes it."""
    BREAKAGES[breakage][0](broken)
    check = findings()["domains/phone_can_register[alder-street]"]
    assert check.problem == "alder-street cannot register."
    assert check.found == missing


@pytest.mark.parametrize(
    ("breakage", "name"),
    [
        ("another list registers", f"domains/no_other_list_registers[{DOMAIN}]"),
        ("another list calls", f"domains/no_other_list_calls[{DOMAIN}]"),
        ("unmanaged domain", "domains/none_that_nobody_wished_for"),
        ("credential of nobody", "credentials/none_that_no_client_owns"),
        ("unmanaged number", "numbers/none_that_nobody_wished_for"),
        ("address where no phone stands", "emergency/no_address_that_nobody_wished_for"),
    ],
)
def test_the_command_of_a_remedy_can_be_pasted(breakage: str, name: str, broken: Account) -> None:
    """The remedy names the very resource: run as it stands, its command leaves no finding."""
    {**BREAKAGES, **OF_PHONES}[breakage][0](broken)
    (check,) = findings().values()
    assert check.name == name
    command = check.remedy.split("`invoke ")[1].split("`")[0]
    ended = invoke(f"{command} --yes")
    assert ended.code == 0, ended.err
    assert findings() == {}


@pytest.mark.parametrize(
    ("breakage", "kept"),
    [
        ("911 off", {PLAN}),
        ("registration off", {PLAN}),
        ("registration mapping gone", {PLAN}),
        ("domain asks a foreign host", {PLAN, f"domains/voice_url[{DOMAIN}]"}),
        ("application asks a foreign host", {PLAN, "applications/voice_url[incoming-prod]"}),
        ("application has a fallback", {PLAN, "applications/fallback_url[incoming-prod]"}),
    ],
)
def test_911_and_other_hosts_are_not_accepted_in_bulk(
    breakage: str, kept: set[str], broken: Account, here: Path
) -> None:
    """`baseline` without --check leaves a plan that takes 911, or that sends calls to another host, as a finding."""
    BREAKAGES[breakage][0](broken)
    ended = invoke("baseline --live --by Ada")
    assert ended.code == 1
    accepted = here / "accepted.toml"
    text = accepted.read_text() if accepted.exists() else ""
    assert [name for name in kept if f'"{name}"' in text] == []
    assert kept <= findings().keys()


@pytest.mark.parametrize("breakage", ["application asks with GET", "domain asks the wrong path"])
def test_what_is_harmless_is_accepted_in_bulk(breakage: str, broken: Account) -> None:
    """A difference that touches neither 911 nor the host is accepted with the rest."""
    if breakage == "domain asks the wrong path":
        broken.domain().update(voice_url="https://prod.dialplans.phu73l.net/dial")
    else:
        BREAKAGES[breakage][0](broken)
    assert invoke("baseline --live --by Ada").code == 0
    assert findings() == {}


def test_an_alert_that_names_nothing(broken: Account) -> None:
    """An alert without a resource is named by its code alone."""
    alert(32009, lambda _account: "")(broken)
    (check,) = findings().values()
    assert check.found == "32009 (1x)"


def test_a_finding_names_what_is_wrong(broken: Account) -> None:
    """On the terminal the first line of a finding states the problem with the name of the thing."""
    credential(broken, "cedar-lot").delete()
    first, expected, found, *_rest = as_text(runner.run(live=True))
    assert first == "! credentials/there[cedar-lot]: cedar-lot has no credential."
    assert expected.split() == ["expected:", "present"]
    assert found.split() == ["found:", "missing"]


def test_a_foreign_host_is_compared_with_the_expected_one(broken: Account) -> None:
    """The finding about a host names the host of estate.toml as expected, not `none`."""
    BREAKAGES["domain asks a foreign host"][0](broken)
    check = findings()["environments/every_url_is_https_on_its_host[prod]"]
    assert check.expected == "only https://prod.dialplans.phu73l.net"
    assert check.found == "https://evil.example.com"

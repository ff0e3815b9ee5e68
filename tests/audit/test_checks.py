"""The checks bite: each is seen to fail when the account is broken in just its way, and no other with it."""

from __future__ import annotations

import ast
import random
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from futel_twilio.audit import account_data, account_reader, runner
from futel_twilio.commands.setup import setup
from futel_twilio.config.connection import resolve_connection
from futel_twilio.config.estate import load_estate
from futel_twilio.passwords.ledger import LEDGER_FILE
from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN
from futel_twilio.sandbox.server import Sandbox
from futel_twilio.twilio_api import client
from futel_twilio.workspace import Workspace, open_workspace
from tests.conftest import copy_estate, round_trips
from tests.support import installed_phones
from tests.support.breakages import APP, BREAKAGES, DOMAIN, OF_ALDER, Account, a_call, alert, of_callers
from tests.support.breakages_of_phones import EVERY, OF_PHONES
from tests.support.paths import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from futel_twilio.audit.results import Audit

NEEDS_ANOTHER_ACCOUNT = {"account/credentials_are_a_key"}
# Each of these leaves the objects of the others where they are.
APART = [
    "application asks a foreign host",
    "application open to others",
    "911 off",
    "911 on where it should be off",
    "registration off",
    "domain demands encryption",
    "voice mapping of the quiet domain gone",
    "domain asks with GET",
    "another list registers",
    "unmanaged domain",
    "dialling to Britain open",
    "high-risk special numbers open",
    "usage trigger deleted",
    "phone not registered",
    "purse nearly empty",
]
PAIRS = random.Random(911).sample([(a, b) for a in APART for b in APART if a < b], 20)  # noqa: S311  # the same always


@pytest.fixture(scope="session")
def set_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of a sandbox that was set up as the tests' estate says, its phones included."""
    state = tmp_path_factory.mktemp("state") / "sandbox.sqlite"
    copy_estate(state.parent)
    with Sandbox(state=state) as running:
        found = replace(
            resolve_connection("sandbox", directory=state.parent, environ={}), url=running.url, embedded=False
        )
        api = client.Api(found)
        estate = state.parent / "estate.toml"
        workspace = Workspace(load_estate(estate), api, estate)
        setup(workspace)
        installed_phones.install(workspace)
        api.close()
        running.clear_requests()
    return state


@pytest.fixture
def at_box(set_up: Path, here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox of this test's own, set up as desired, with the settings pointing at it."""
    shutil.copy(set_up, here / "box.sqlite")
    shutil.copy(set_up.with_name(LEDGER_FILE), here)
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", DEFAULT_ACCOUNT_SID)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", DEFAULT_AUTH_TOKEN)
    with Sandbox(state=here / "box.sqlite") as running:
        monkeypatch.setenv("FUTEL_TWILIO_URL", running.url)
        yield running


@pytest.fixture
def account(at_box: Sandbox) -> Iterator[Account]:
    """A client to break the account with."""
    api = client.Api(resolve_connection("sandbox"))
    yield Account(api.client, at_box.url)
    api.close()


def names(found: Audit) -> set[str]:
    return {check.name for check in found.findings}


def test_a_whole_account_holds(account: Account, at_box: Sandbox) -> None:
    """On the sandbox as set up, every check is looked at and holds, in at most 25 requests."""
    assert account.url == at_box.url
    found = runner.run(live=True)
    assert {check.outcome for check in found.checks} == {"held"}
    assert len(found.checks) > 140
    assert at_box.count("GET") <= 25
    assert at_box.count("POST", "DELETE") == 0


def test_four_round_trips(account: Account, at_box: Sandbox) -> None:
    """An audit takes at most four round trips one after the other."""
    assert account.url
    at_box.latency_ms = 250
    runner.run(live=True)
    assert round_trips(at_box) <= 4


@pytest.mark.parametrize("breakage", EVERY)
def test_each_check_bites(breakage: str, account: Account) -> None:
    """Broken in one way, the account fails the checks of that way and no other."""
    break_it, expected = EVERY[breakage]
    break_it(account)
    found = runner.run(live=True)
    assert names(found) == expected
    for check in found.findings:
        assert check.claim
        assert check.expected != check.found
        assert check.remedy
        assert "{" not in check.remedy


@pytest.mark.parametrize("pair", PAIRS, ids=" + ".join)
def test_pairs_are_both_named(pair: tuple[str, str], account: Account) -> None:
    """Two breakages at once are both named in one run, each by its own checks."""
    expected: set[str] = set()
    for breakage in pair:
        break_it, fails = EVERY[breakage]
        break_it(account)
        expected |= fails
    assert names(runner.run(live=True)) == expected


def test_the_auth_token_is_seen(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account that is not the sandbox's, reached by its auth token, fails that check and no other."""
    theirs = "AC" + "1" * 32
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", theirs)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "their-token")
    with Sandbox(state=here / "theirs.sqlite", accounts=[f"{theirs}:their-token"]) as box:
        monkeypatch.setenv("FUTEL_TWILIO_URL", box.url)
        with open_workspace() as workspace:
            setup(workspace)
            installed_phones.install(workspace)
        assert names(runner.run(live=True)) == NEEDS_ANOTHER_ACCOUNT


def test_every_check_is_broken_by_some_test() -> None:
    """No check is without a breakage that it has been seen to find."""
    bitten = {name.split("[")[0] for _break, fails in EVERY.values() for name in fails}
    functions = {
        f"{path.stem.removeprefix('test_')}/{node.name.removeprefix('test_')}"
        for path in (PROJECT / "checks").glob("test_*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
    assert functions == bitten | NEEDS_ANOTHER_ACCOUNT
    assert len(BREAKAGES) >= 40
    assert len(OF_PHONES) >= 40


def test_every_kind_of_alert_bites() -> None:
    """Each kind of alert that is asked about has been seen to be found, logged as Twilio would log it."""
    bitten = {name for _break, fails in EVERY.values() for name in fails}
    assert {f"account/no_alert[{kind}]" for kind in account_data.ALERTS} <= bitten


@pytest.mark.parametrize(
    ("code", "url", "found"),
    [
        (32009, "sips:r2d2@direct-futel-prod.sip.twilio.com:5061", "32009 on r2d2 (1x)"),
        (32009, "SIP:r2d2@direct-futel-prod.sip.twilio.com", "32009 on r2d2 (1x)"),
        (32212, "https://prod.dialplans.phu73l.net/dial_outgoing", "32212 on a call (1x)"),
        (22221, "", "22221 on a call (1x)"),
    ],
)
def test_an_alert_names_its_phone(code: int, url: str, found: str, account: Account) -> None:
    """Where an alert tells which phone was asked for, the finding names it; a call has no name."""
    alert(code, a_call, url)(account)
    (finding,) = runner.run(live=True).findings
    assert finding.found == found


@pytest.mark.parametrize(
    ("code", "url"),
    [
        (32202, "sip:1005@direct-futel-prod.sip.twilio.com"),
        (32202, "sip:+972599000000@direct-futel-prod.sip.twilio.com"),
        (32011, ""),
        (32022, OF_ALDER),
    ],
)
def test_noise_is_no_finding(code: int, url: str, account: Account) -> None:
    """Strangers who try names that no phone has, and what Twilio logs of phones that work, are no findings."""
    for _time in range(3):
        alert(code, a_call, url)(account)
    assert names(runner.run(live=True)) == set()


@pytest.mark.parametrize(("code", "level"), [(32202, "errors"), (32011, "warnings")])
def test_a_log_that_was_not_read_whole_is_reported(
    code: int, level: str, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there are more alerts than are read, no check says that there was none; what was read is still found."""
    monkeypatch.setattr(account_reader, "ALERTS_AT_MOST", 2)
    alert(22221, a_call)(account)
    alert(11200, a_call)(account)
    for _time in range(2):
        alert(code, a_call, "sip:1005@direct-futel-prod.sip.twilio.com")(account)
    found = {check.name: check.found for check in runner.run(live=True).findings}
    assert found.keys() == {f"account/no_alert[{kind}]" for kind in account_data.ALERTS}
    of_the_other = "22221-911-without-address" if level == "errors" else "11200-dialplan-failed"
    assert "on a call (1x)" in found[f"account/no_alert[{of_the_other}]"]
    assert f"more {level} than could be read" in found["account/no_alert[32009-phone-not-registered]"]


def test_drift_has_an_author(account: Account) -> None:
    """Beside a drift stands who changed the thing last, and when; of a thing that is gone, too."""
    account.domain().update(sip_registration=False)
    account.app().delete()
    found = {check.name: check for check in runner.run(live=True).findings}
    changed = found[f"domains/registration[{DOMAIN}]"].changed_by
    assert "updated (api) by the account, 20" in changed
    gone = found[f"applications/exactly_one[{APP}]"].changed_by
    assert "deleted (api) by the account" in gone


def test_one_environment(account: Account) -> None:
    """With --env the other environment's breakages are not looked at, and far fewer requests are made."""
    account.app().update(voice_method="GET")
    assert names(runner.run(live=True, env="stage")) == set()
    assert names(runner.run(live=True, env="prod")) == BREAKAGES["application asks with GET"][1]


def test_only_some_markers(account: Account) -> None:
    """With --only, the checks of that marker run and no other."""
    BREAKAGES["911 off"][0](account)
    found = runner.run(live=True, only=["emergency"])
    assert names(found) == {f"domains/emergency_calling[{DOMAIN}]", *of_callers("domain_calls_911")}
    assert {"emergency"} <= set.intersection(*(set(check.markers) for check in found.checks))

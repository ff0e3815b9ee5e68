"""The audit of phones: what it costs, whose checks it runs, and what it tells of who changed what."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio.audit import runner
from futel_twilio.passwords.ledger import LEDGER_FILE
from futel_twilio.workspace import open_workspace
from tests.conftest import invoke, round_trips
from tests.support.breakages import Account
from tests.support.breakages_of_phones import (
    ALDER,
    DOGWOOD,
    answered_by_a_stranger,
    credential,
    elsewhere,
    number,
)
from tests.support.installed_phones import set_up
from tests.support.phones import EXTERNAL
from tests.support.phones import phones as made_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from futel_twilio.audit.results import Audit
    from futel_twilio.sandbox.server import Sandbox

NOUNS = {"credentials", "numbers", "emergency"}


def subjects(found: Audit, resource: str) -> set[str]:
    return {check.subject for check in found.checks if check.resource == resource}


@pytest.fixture
def broken(at_box: Sandbox) -> Iterator[Account]:
    """An account with its phones installed, to be broken."""
    set_up()
    with open_workspace("sandbox") as workspace:
        yield Account(workspace.api.client, at_box.url)


def test_a_real_inventory_costs_25_requests(at_box: Sandbox, here: Path) -> None:
    """With 51 phones and 28 numbers the audit looks at all of them in at most 25 requests and 4 round trips."""
    made_up().write(here)
    set_up()
    at_box.clear_requests()
    at_box.latency_ms = 250
    found = runner.run(live=True)
    cost = f"{at_box.count()} requests, {round_trips(at_box)} round trips"
    print(f"\n51 phones: {len(found.checks)} checks, {cost}")
    assert {check.outcome for check in found.checks} == {"held"}
    assert len(subjects(found, "credentials") - {""}) == 51
    assert len(subjects(found, "numbers") - {""}) == 28
    assert len({name for name in subjects(found, "emergency") if name.startswith("911 of ")}) == 24
    assert at_box.count() <= 25
    assert round_trips(at_box) <= 4
    assert at_box.count("POST", "DELETE") == 0


def test_the_phones_of_one_environment(broken: Account) -> None:
    """With --env only the phones, numbers and addresses of that environment are asked about."""
    number(broken).update(friendly_name="x")
    stage, prod = (runner.run(live=True, env=env) for env in ("stage", "prod"))
    assert stage.findings == ()
    assert [check.name for check in prod.findings] == [f"numbers/friendly_name[{ALDER}]"]
    assert subjects(stage, "credentials") == {"", "dogwood-stage"}
    assert subjects(stage, "numbers") == {"", DOGWOOD}
    assert subjects(stage, "emergency") == {"", DOGWOOD}
    assert subjects(prod, "credentials") == {"", "alder-street", "birch-corner", "cedar-lot", "elm-office"}
    assert DOGWOOD not in subjects(prod, "numbers")


def test_without_an_inventory_nobody_asks_about_phones(at_box: Sandbox, here: Path) -> None:
    """An estate without clients is audited as before: no check of phones, and no request for them."""
    estate = here / "estate.toml"
    text = estate.read_text()
    start, end = text.index("# The phones."), text.index("# What the audit checks")
    estate.write_text(text[:start] + text[end:])
    invoke("setup")
    at_box.clear_requests()
    found = runner.run(live=True)
    assert found.findings == ()
    assert not {check.resource for check in found.checks} & NOUNS
    assert at_box.count() == 21  # the log of alerts twice: errors, and warnings


@pytest.mark.parametrize("number_of", ["alder-street", "nobody"])
def test_what_nobody_uses_is_not_asked(number_of: str, at_box: Sandbox, here: Path) -> None:
    """A number of another carrier that no phone calls from is not asked for; one that a phone calls from is."""
    assert at_box.count() == 0
    made_up(1, 2 if number_of != "nobody" else 0, 0, 1).write(here)
    set_up()
    asked = EXTERNAL in subjects(runner.run(live=True), "numbers")
    assert asked is (number_of != "nobody")


def test_without_a_ledger_nobody_asks_who_changed_a_password(broken: Account, here: Path) -> None:
    """What the ledger does not know, it is not asked about, and that is no finding."""
    assert broken.url
    asked = "credentials/changed_by_us[alder-street]"
    assert asked in {check.name for check in runner.run(live=True).checks}
    (here / LEDGER_FILE).unlink()
    found = runner.run(live=True)
    assert not any("changed_by_us" in check.name for check in found.checks)
    assert found.findings == ()


def test_no_limit_no_question_of_age(broken: Account, here: Path) -> None:
    """How old a password is matters only where estate.toml sets a limit."""
    assert broken.url
    estate = here / "estate.toml"
    estate.write_text(estate.read_text().replace("credential_days", "# credential_days"))
    assert not any("/age[" in check.name for check in runner.run(live=True).checks)


@pytest.mark.parametrize("days", ["0", "1.5", '"365"', "true"])
def test_a_limit_that_is_none(days: str, here: Path) -> None:
    """A limit of days that is no whole number of them is refused with its place."""
    estate = here / "estate.toml"
    estate.write_text(estate.read_text().replace("credential_days = 365", f"credential_days = {days}"))
    ended = invoke("audit")
    assert ended.code == 2
    assert "account.credential_days: not a whole number of days" in ended.err


def test_drift_of_a_phone_has_an_author(broken: Account) -> None:
    """Beside what is wrong with a phone stands who changed its credential or its number last."""
    credential(broken, "alder-street").delete()
    number(broken).update(emergency_address_sid="")
    found = {check.name: check for check in runner.run(live=True).findings}
    gone = found["credentials/there[alder-street]"].changed_by
    assert gone.startswith("sip-credential.deleted (api) by the account, 20")
    assert "updated (api) by the account" in found["emergency/registered[911 of alder-street]"].changed_by


def test_every_remedy_names_a_task_or_the_console(broken: Account) -> None:
    """What to do about a phone is a command with the phone's own name, or a place in Twilio's console."""
    credential(broken, "alder-street").delete()
    number(broken).update(emergency_address_sid="", sms_url="https://demo.example.com")
    remedies = {check.name: check.remedy for check in runner.run(live=True).findings}
    assert "`invoke create-credential alder-street`" in remedies["credentials/there[alder-street]"]
    assert remedies[f"numbers/sms_url[{ALDER}]"] == f"Run `invoke update-number {ALDER}`."
    assert remedies["emergency/registered[911 of alder-street]"] == "Run `invoke update-client alder-street`."


TROUBLE: dict[str, Callable[[Account], object]] = {
    "911, messages and a credential": lambda a: (
        number(a).update(emergency_address_sid="", sms_url="https://demo.example.com"),
        credential(a, "alder-street").delete(),
    ),
    "a trunk": lambda a: number(a).update(trunk_sid="TK" + "1" * 32),
    "another's application": answered_by_a_stranger,
    "another address": elsewhere(street="2 SW Example St"),
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_the_remedy_works(trouble: str, broken: Account) -> None:
    """The tasks that the findings of a phone name, run as they stand, leave no critical finding."""
    TROUBLE[trouble](broken)
    found = runner.run(live=True).findings
    assert found
    for check in found:
        if check.severity == "critical":
            command = check.remedy.split("`invoke ")[1].split("`")[0]
            assert invoke(f"{command} --yes").code == 0, command
    assert [check.name for check in runner.run(live=True).findings if check.severity == "critical"] == []


def test_a_finding_of_a_phone_can_be_accepted(broken: Account) -> None:
    """By its name, blank and all, what is wrong with the 911 of a phone is accepted until a day, and no other."""
    number(broken).update(emergency_address_sid="")
    ended = invoke("baseline --live --by Ada --reason moving")
    assert ended.code == 1
    left = re.findall(r"`invoke (baseline .*)`", ended.out)
    assert any("911 of alder-street" in command for command in left)
    for command in left:
        assert invoke(command).code == 0
    assert invoke("audit --live").code == 0
    number(broken).update(friendly_name="x")
    assert [check.name for check in runner.run(live=True).findings] == [f"numbers/friendly_name[{ALDER}]"]


def _touch_number(account: Account) -> None:
    number(account).update(friendly_name="touched")


def _touch_domain(account: Account) -> None:
    account.domain().update(friendly_name="touched")


def _repoint(account: Account) -> None:
    """Let a number name the application anew, which its event says too."""
    number(account).update(voice_application_sid="")
    number(account).update(voice_application_sid=account.app().sid)


def _unmap(account: Account, use: str = "registrations") -> None:
    mappings = getattr(account.domain().auth, use).credential_list_mappings
    for one in mappings.list():
        one.delete()


def _drop_domain(account: Account) -> None:
    _unmap(account)
    _unmap(account, "calls")
    account.domain().delete()


BLAMED: dict[str, tuple[Callable[[Account], Any], Callable[[Account], Any], str, str]] = {
    "911 of the domain": (
        lambda a: a.domain().update(emergency_calling_enabled=False),
        _touch_number,
        "emergency/domain_calls_911[alder-street]",
        "sip-domain.updated",
    ),
    "the domain is gone": (
        _drop_domain,
        _touch_number,
        "emergency/domain_is_there[alder-street]",
        "sip-domain.deleted",
    ),
    "911 of the number": (
        lambda a: number(a).update(emergency_address_sid=""),
        _touch_domain,
        "emergency/registered[911 of alder-street]",
        "phone-number.updated",
    ),
    "the application": (
        lambda a: a.app().update(voice_method="GET"),
        _repoint,
        "applications/voice_method[incoming-prod]",
        "application.updated",
    ),
    "the mapping": (
        _unmap,
        _touch_domain,
        "domains/list_registers[direct-futel-prod]",
        "sip-domain-mapping.deleted",
    ),
    "a setting, not a mapping": (
        lambda a: a.domain().update(sip_registration=False),
        lambda a: _unmap(a, "calls"),
        "domains/registration[direct-futel-prod]",
        "sip-domain.updated",
    ),
}


@pytest.mark.parametrize("what", BLAMED)
def test_a_finding_names_who_changed_what_is_wrong(
    what: str, broken: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside a finding stands the latest event of the resource whose value is wrong, whatever changed since."""
    breaks, later, check, event = BLAMED[what]
    breaks(broken)
    began, now = time.time(), time.time  # Twilio tells whole seconds
    monkeypatch.setattr(time, "time", lambda: began + 60)
    later(broken)
    monkeypatch.setattr(time, "time", now)
    found = {check.name: check.changed_by for check in runner.run(live=True).findings}
    assert found[check].startswith(f"{event} (api) by the account, 20"), found[check]

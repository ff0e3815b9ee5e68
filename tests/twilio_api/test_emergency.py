"""Emergency: how a number comes to tell 911 another address, one step at a time, however long Twilio takes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from futel_twilio import interrupts
from futel_twilio.apply import journal, write_run
from futel_twilio.apply.result import ApplyOptions, RunOptions
from futel_twilio.commands import clients
from futel_twilio.commands.clients import ClientOptions
from futel_twilio.errors import PartiallyApplied
from futel_twilio.resources.phones import PhoneNumber
from futel_twilio.twilio_api import emergency
from futel_twilio.workspace import open_workspace
from tests.conftest import invoke
from tests.support.phones import WRITES, begin_anew, delay_911

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox

OLD, NEW = "1 SW EXAMPLE ST, PORTLAND, OR 97201, US", "9 NW NEW ST, PORTLAND, OR 97209, US"
NEW_ADDRESS = "9 NW New St, Portland, OR 97209"
ALDER = "+15035550101"
CHANGE = f"change-address alder-street --address '{NEW_ADDRESS}'"


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds and looks follow each other at once."""
    monkeypatch.setattr(write_run, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(emergency, "FIRST_PAUSE", 0.02)


@pytest.fixture
def synced(at_box: Sandbox, phone_accounts: dict[str, dict[str, Any]]) -> Sandbox:
    """`invoke` at an account where every phone has what it needs."""
    begin_anew(at_box, phone_accounts["synced"])
    return at_box


def phone(name: str = "alder-street") -> dict[str, Any]:
    return next(row for row in invoke("list-clients --json").json if row["phone"] == name)


@pytest.mark.parametrize(
    ("held", "status", "wanted", "step"),
    [
        ("", "", NEW, "attach"),
        ("", "unregistered", NEW, "attach"),
        (f"{NEW} (registration-failure)", "registration-failure", NEW, "attach"),
        (f"{OLD} (registration-failure)", "registration-failure", NEW, "attach"),
        (OLD, "registered", NEW, "detach"),
        (OLD, "unregistration-failure", NEW, "detach"),
        (OLD, "pending-registration", NEW, "wait"),
        ("", "pending-unregistration", NEW, "wait"),
        (NEW, "pending-registration", NEW, "wait"),
        (NEW, "registered", NEW, "none"),
        (OLD, "registered", "", "detach"),
        ("", "pending-unregistration", "", "wait"),
        ("", "unregistered", "", "none"),
    ],
)
def test_the_next_step(held: str, status: str, wanted: str, step: str) -> None:
    """What comes next follows from what the number says of itself, so that any run can be taken up from there."""
    number = PhoneNumber(ALDER, emergency_address=held, emergency_address_status=status)
    assert emergency.next_step(number, wanted) == step


def test_a_change_of_address_says_how_long_there_was_none(synced: Sandbox, here: Path) -> None:
    """The address is taken off, waited for, put on, waited for; for how long there was none is reported."""
    delay_911(synced, 0.3)
    ended = invoke(CHANGE)
    assert ended.code == 0, ended
    assert "alder-street cannot call 911 for some minutes, while the address is changed" in ended.out
    (line,) = [line for line in ended.out.splitlines() if "had no 911 address" in line]
    assert line.startswith(f"{ALDER} had no 911 address for ")
    assert float(line.split()[-2]) >= 0.3
    assert (phone()["911"], phone()["address"]) == ("registered", NEW)
    assert OLD not in {row["address"] for row in invoke("list-addresses --json").json}
    assert 'street = "9 NW New St"' in (here / "clients.toml").read_text()
    assert invoke("sync-clients --env prod --dry-run").code == 0


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a minute goes by for the sandbox whenever the tool pauses, and no time at all otherwise."""
    passed, now = [0.0], time.time()

    def pause(_seconds: float) -> None:
        passed[0] += 30

    monkeypatch.setattr(time, "time", lambda: now + passed[0])
    monkeypatch.setattr(interrupts, "pause", pause)


@pytest.mark.usefixtures("hasty")
def test_what_stays_pending_is_reported_and_no_failure(
    at_box: Sandbox, phone_accounts: dict[str, dict[str, Any]]
) -> None:
    """With --no-wait an address that is on its way is reported, each time, with 0; without it, it is waited for."""
    begin_anew(at_box, phone_accounts["bare"])
    delay_911(at_box, 100)
    add, sync = "add-client alder-street --env prod", "sync-clients --env prod"
    for command in (add, add, sync):
        ended = invoke(f"{command} --no-wait")
        assert ended.code == 0, ended
        assert f"The 911 address of {ALDER} is not registered yet" in ended.out
        assert phone()["911"] == "pending-registration"
    at_box.clear_requests()
    waited = invoke(add)
    assert (waited.code, "No changes" in waited.out, "not registered" in waited.out) == (0, True, False)
    assert phone()["911"] == "registered"
    assert at_box.count(*WRITES) == 0


@pytest.mark.usefixtures("hasty")
def test_patience_ends_with_a_report(at_box: Sandbox, phone_accounts: dict[str, dict[str, Any]]) -> None:
    """An address that Twilio has not registered when patience ends is named, and the rest is done anyway."""
    begin_anew(at_box, phone_accounts["bare"])
    delay_911(at_box, 86_400)
    with open_workspace("sandbox") as workspace:
        patient = RunOptions(apply_options=ApplyOptions(wait_911=0.2))
        result = clients.add_client(workspace, "alder-street", ClientOptions("prod"), patient).final
    assert result is not None
    assert result.pending_911 == (ALDER,)
    assert phone()["credential"] == "yes"


def test_a_failed_registration_ends_plainly(synced: Sandbox) -> None:
    """An address that Twilio cannot register ends with 2 and what to do; the same command again tries anew."""
    delay_911(synced, 0.05)
    with open_workspace("sandbox") as workspace:
        (number,) = workspace.api.client.incoming_phone_numbers.list(phone_number=ALDER)
        number.update(emergency_address_sid="")
    assert invoke("list-numbers").code == 0
    delay_911(synced, 0.05, "failure")
    ended = invoke("update-number +15035550101")
    assert ended.code == 2, ended
    assert "could not register the address of +15035550101 with 911: no help would come" in ended.err
    assert "invoke change-address" in ended.err
    assert phone()["911"] == "registration-failure"
    delay_911(synced, 0.05)
    assert invoke("update-number +15035550101").code == 0
    assert phone()["911"] == "registered"


def test_an_address_that_does_not_come_off_ends_plainly(
    synced: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where Twilio takes an address off for longer than patience lasts, the run ends and says that there is no 911."""
    monkeypatch.setattr(emergency, "PATIENCE_SECONDS", 0.1)
    delay_911(synced, 600)
    options = RunOptions(apply_options=ApplyOptions(wait_911=0.1))
    with (
        open_workspace("sandbox") as workspace,
        pytest.raises(PartiallyApplied, match="still taking the address off") as caught,
    ):
        clients.change_address(workspace, "alder-street", NEW_ADDRESS, options)
    assert "Run the same command again" in caught.value.hint


def test_several_addresses_are_waited_for_at_once(synced: Sandbox, here: Path) -> None:
    """Two phones whose addresses change in one plan are without 911 at the same time, not one after the other."""
    details = here / "clients.toml"
    details.write_text(
        details.read_text().replace("1 SW Example", "11 SW Example").replace("200 SE", "220 SE")
    )
    delay_911(synced, 0.2)
    with open_workspace("sandbox") as workspace:
        outcome = clients.sync_clients(workspace, "prod", ClientOptions())
    assert outcome.final is not None
    assert set(outcome.final.without_911) == {ALDER, "+15035550102"}
    assert {row["911"] for row in invoke("list-clients --env prod --json").json} == {"registered", "off"}


# --- Taking back what Twilio could not register ------------------------------------------------------


def next_outcomes(box: Sandbox, outcomes: str) -> None:
    """How the next movements of addresses end, one by one; all others succeed."""
    sent = {"emergency_next": outcomes, "emergency_delay_seconds": "0"}
    requests.post(f"{box.url}/_sandbox/settings", data=sent, timeout=60).raise_for_status()


def reported(name: str = "alder-street") -> tuple[str, str]:
    """The 911 address of a phone, and how that stands."""
    row = phone(name)
    return row["911"], row["address"]


@pytest.mark.parametrize(
    ("way", "address"),
    [("resume --undo", OLD), ("rollback", OLD), ("rollback --to 1", OLD), ("resume", NEW)],
)
@pytest.mark.parametrize(
    "outcomes",
    ["success,failure", ",".join(["failure"] * 6)],
    ids=["not registered", "not taken off"],
)
def test_what_twilio_could_not_register_is_settled(
    outcomes: str, way: str, address: str, synced: Sandbox
) -> None:
    """A change of address that Twilio fails half-way is ours: each way back or on registers an address, unforced."""
    next_outcomes(synced, outcomes)
    assert invoke(CHANGE).code == 2
    assert reported()[0] != "registered"
    ended = invoke(way)
    assert ended.code == 0, ended
    assert reported() == ("registered", address)
    assert {OLD, NEW} & {row["address"] for row in invoke("list-addresses --json").json} == {address}
    assert "entry" not in invoke("list-numbers").err


def test_a_way_back_that_fails_too_is_gone_again(synced: Sandbox) -> None:
    """Where Twilio cannot register the old address either, undoing is ours to finish, and can be asked for again."""
    next_outcomes(synced, "success,failure,failure")
    assert invoke(CHANGE).code == 2
    assert invoke("resume --undo").code == 2
    assert reported()[0] == "registration-failure"
    ended = invoke("resume")
    assert ended.code == 0, ended
    assert reported() == ("registered", OLD)


def test_a_change_that_failed_after_it_was_done_is_taken_back(synced: Sandbox) -> None:
    """With --no-wait a registration may fail after the run ended well: that is no change of somebody else's."""
    delay_911(synced, 0.3)
    next_outcomes(synced, "success,failure")
    delay_911(synced, 0.3)
    assert invoke(f"{CHANGE} --no-wait").code == 0
    time.sleep(0.4)
    assert reported()[0] == "registration-failure"
    delay_911(synced)
    ended = invoke("rollback")
    assert ended.code == 0, ended
    assert reported() == ("registered", OLD)


def test_an_address_that_was_not_registered_before_is_tried_again(synced: Sandbox, here: Path) -> None:
    """Rolled back to an address whose registration had failed, Twilio is asked to try again, and that is said."""
    next_outcomes(synced, "success,failure")
    assert invoke(CHANGE).code == 2
    (
        here / journal.JOURNAL_FILE
    ).unlink()  # so that what failed is no run that is undone together with the next
    assert invoke("change-address alder-street --address '7 NE Third St, Portland, OR 97213'").code == 0
    ended = invoke("rollback")
    assert ended.code == 0, ended
    assert f"{ALDER}: Twilio could not register {NEW} with 911 before." in ended.out
    assert reported() == ("registered", NEW)


def test_a_release_that_stopped_before_it_released_is_taken_back(synced: Sandbox) -> None:
    """A number lets go of its address before it is released: stopped there, undoing registers the address again."""
    synced.fault("DELETE", "*/IncomingPhoneNumbers/*", "500")
    gone = f"delete-client alder-street --release-number {ALDER} --allow-911-loss alder-street"
    assert invoke(gone).code == 2
    synced.clear_faults()
    assert reported()[0] == "unregistered"
    ended = invoke("resume --undo")
    assert ended.code == 0, ended
    assert reported() == ("registered", OLD)


def test_what_a_refusal_prints_can_be_pasted(synced: Sandbox, client: Any) -> None:
    """`--force` names only what somebody changed, quoted for a shell, and undoes it as printed."""
    assert invoke(CHANGE).code == 0
    (number,) = client.incoming_phone_numbers.list(phone_number=ALDER)
    (other,) = [a for a in client.addresses.list() if a.street.startswith("5 Old")]
    delay_911(synced)
    number.update(emergency_address_sid="")
    time.sleep(0.1)
    number.update(emergency_address_sid=other.sid)
    refused = invoke("rollback")
    assert refused.code == 2
    flags = refused.err.split("anyway, add ")[1].split(" to the command.")[0]
    assert flags == f"--force {ALDER}"
    ended = invoke(f"rollback {flags}")
    assert ended.code == 0, ended
    assert reported() == ("registered", OLD)

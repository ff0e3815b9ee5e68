"""Corrections: an address that Twilio would write otherwise is a question to somebody, never swallowed."""

from __future__ import annotations

import os
import pty
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio.config import address_corrections, estate
from futel_twilio.errors import AddressCorrected
from tests.cli.test_tasks import INVOKE
from tests.conftest import clean_environment, invoke
from tests.support.paths import ESTATE
from tests.support.phones import WRITES, begin_anew, files

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox

WISH = estate.load_estate(ESTATE / "estate.toml")
ALDER = "1 SW EXAMPLE ST, PORTLAND, OR 97201, US"
SAID = "Failed to validate address. Check the suggested address. | "
# The sandbox corrects a street that reports it.
WRONG, RIGHT = "12 NW needs correction Street", "12 NW Street"


def read(words: str, place: str = ALDER) -> list[tuple[str, str]]:
    """The suggestions in Twilio's words: each phone with the address that is suggested for it."""
    found = address_corrections.read_corrections(AddressCorrected({place: words}), WISH)
    return [(one.client, one.address.name) for one in found]


def test_a_whole_suggestion_is_read() -> None:
    """A suggestion with every part is read, with commas inside the parts and parts in any order."""
    words = (
        "FriendlyName: alder-street, Street: 12 NW Main St, Suite 4, City: Portland, Region: OR, "
        "PostalCode: 97209-1234, IsoCountry: US"
    )
    assert read(SAID + words) == [("alder-street", "12 NW MAIN ST SUITE 4, PORTLAND, OR 97209-1234, US")]
    words = "PostalCode: 97209, Region: OR, City: Portland, StreetSecondary: Porch, Street: 12 NW Main St"
    assert read(SAID + words) == [("alder-street", "12 NW MAIN ST PORCH, PORTLAND, OR 97209, US")]


@pytest.mark.parametrize(
    "words",
    ["", "Street: 12 NW Main St", "City: Portland, Region: OR, PostalCode: 97209", "no such place"],
)
def test_half_a_suggestion_is_none(words: str) -> None:
    """A suggestion without street, city, state or postal code is none: nobody is asked about half an address."""
    assert read(SAID + words) == []


def test_an_address_of_nobody_is_no_question() -> None:
    """A suggestion for an address at which no phone stands, and that names none, is nobody's to accept."""
    words = "Street: 12 NW Main St, City: Portland, Region: OR, PostalCode: 97209"
    assert read(SAID + words, "5 OLD ST, PORTLAND, OR 97201, US") == []
    by_name = f"FriendlyName: birch-corner, {words}"
    assert read(SAID + by_name, "5 OLD ST, PORTLAND, OR 97201, US") == [
        ("birch-corner", "12 NW MAIN ST, PORTLAND, OR 97209, US")
    ]


@pytest.fixture
def at_wrong(at_box: Sandbox, here: Path, phone_accounts: dict[str, dict[str, Any]]) -> Sandbox:
    """An account with numbers, and a clients.toml that says an address otherwise than Twilio would."""
    begin_anew(at_box, phone_accounts["bare"])
    details = here / "clients.toml"
    details.write_text(details.read_text().replace("1 SW Example St", WRONG))
    return at_box


COMMANDS = {
    "sync-clients --env prod": 4 + 2 + 2,
    "add-client alder-street --env prod": 3,
    "create-address alder-street": 1,
    "update-number +15035550101": 2,
}


@pytest.mark.parametrize("command", COMMANDS)
def test_without_a_terminal_it_is_refused(command: str, at_wrong: Sandbox, here: Path) -> None:
    """Where nobody can be asked, the suggestion is reported and refused with 2; no number and no file is touched."""
    before = files(here)
    ended = invoke(command)
    assert ended.code == 2
    assert "Twilio does not take an address as it stands, and suggests another." in ended.err
    assert (ended.out + ended.err).count(f"Street: {RIGHT}, City: Portland") == 1
    assert "--accept-corrections" in ended.err
    numbers = {row["address"] for row in invoke("list-numbers --json").json}
    assert numbers == {None}
    assert {name: text for name, text in files(here).items() if name in before} == before
    assert at_wrong.count(*WRITES) >= 1


@pytest.mark.parametrize("command", COMMANDS)
def test_accepted_it_is_written_into_the_file(command: str, at_wrong: Sandbox, here: Path) -> None:
    """With --accept-corrections the suggestion is taken, told, done, and written into clients.toml; again: nothing."""
    ended = invoke(f"{command} --accept-corrections")
    assert ended.code == 0, ended
    assert f"Street: {RIGHT}" in ended.out
    assert "Updated clients.toml" in ended.out
    assert f'street = "{RIGHT}"' in (here / "clients.toml").read_text()
    assert "12 NW STREET, PORTLAND, OR 97201, US" in {
        row["address"] for row in invoke("list-addresses --json").json
    }
    at_wrong.clear_requests()
    again = invoke(command)
    assert (again.code, "No changes" in again.out) == (0, True)
    assert at_wrong.count(*WRITES) == 0


def test_accepted_with_json_it_is_one_document(at_wrong: Sandbox) -> None:
    """With --json an accepted suggestion leaves stdout one document, which names the file that was rewritten."""
    assert at_wrong.requests() == []
    ended = invoke("add-client alder-street --env prod --accept-corrections --json")
    assert ended.code == 0, ended
    assert ended.json["rewritten"] == ["clients.toml"]


def test_a_changed_address_is_corrected_before_the_old_one_is_let_go(
    at_box: Sandbox, here: Path, phone_accounts: dict[str, dict[str, Any]]
) -> None:
    """`change-address` to a place that Twilio writes otherwise: refused, the phone keeps 911; accepted, it moves."""
    begin_anew(at_box, phone_accounts["synced"])
    command = f"change-address alder-street --address '{WRONG}, Portland, OR 97209'"
    assert invoke(command).code == 2
    (alder,) = [row for row in invoke("list-clients --json").json if row["phone"] == "alder-street"]
    assert (alder["911"], alder["address"]) == ("registered", ALDER)
    assert invoke(f"{command} --accept-corrections").code == 0
    (alder,) = [row for row in invoke("list-clients --json").json if row["phone"] == "alder-street"]
    assert (alder["911"], alder["address"]) == ("registered", "12 NW STREET, PORTLAND, OR 97209, US")
    assert ALDER not in {row["address"] for row in invoke("list-addresses --json").json}
    assert f'street = "{RIGHT}"' in (here / "clients.toml").read_text()


@pytest.mark.parametrize(("answer", "code"), [("yes", 0), ("no", 2), ("", 2)])
def test_at_a_terminal_it_is_a_question(answer: str, code: int, at_wrong: Sandbox, here: Path) -> None:
    """At a terminal the suggestion is shown as a question, and only `yes` takes it."""
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [*INVOKE, "create-address", "alder-street"],
        cwd=here,
        stdin=follower,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={
            **clean_environment(),
            "FUTEL_TWILIO_URL": at_wrong.url,
            "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
            "TWILIO_AUTH_TOKEN": "sandbox",
        },
    ) as running:
        os.write(leader, f"{answer}\n".encode())
        out, err = running.communicate(timeout=60)
    os.close(leader)
    os.close(follower)
    assert running.returncode == code, err
    assert "alder-street: is it at 12 NW STREET, PORTLAND, OR 97201, US? Type yes: " in err
    assert (out + err).count(f"Street: {RIGHT}") == 1
    assert ("The answer was not yes, so the address is unchanged." in err) is (code == 2)
    assert (f'street = "{RIGHT}"' in (here / "clients.toml").read_text()) is (code == 0)


def test_an_address_that_is_nowhere_is_refused_plainly(at_wrong: Sandbox, here: Path) -> None:
    """An address that Twilio does not know (21628) is refused with where to fix it; no number is bought or touched."""
    details = here / "clients.toml"
    details.write_text(details.read_text().replace(WRONG, "1 does not exist St"))
    before = files(here)
    ended = invoke("add-client alder-street --env prod --accept-corrections")
    assert ended.code == 2
    assert "error 21628" in ended.err
    assert "1 DOES NOT EXIST ST" in ended.err
    assert "Twilio knows no such address: fix it in clients.toml" in ended.err
    assert {row["address"] for row in invoke("list-numbers --json").json} == {None}
    assert {name: text for name, text in files(here).items() if name in before} == before
    assert at_wrong.count(*WRITES) == 1

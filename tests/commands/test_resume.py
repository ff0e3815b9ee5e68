"""Runs that stopped half-way: what they say, what resume and rollback do with them, and what needs consent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio.apply import journal
from tests.commands.test_rollback import NEW, OLD, objects, urls
from tests.conftest import invoke
from tests.support import prepared
from tests.support.sandbox import GOOD_PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox

PHONE, NUMBER = "alder-street", "+15035550101"
ADD = f"add-client {PHONE} --env prod --number {NUMBER}"
MOVE = f'change-address {PHONE} --address "9 NW New St, Portland, OR 97209"'
OLD_ADDRESS = "1 SW EXAMPLE ST, PORTLAND, OR 97201, US"
NUMBERS = "/2010-04-01/Accounts/*/IncomingPhoneNumbers/*"
PROMOTE = f"promote --env prod --dialplans {NEW} --skip-rehearsal 'a try'"


@pytest.fixture
def at_setup(at_box: Sandbox) -> Sandbox:
    """The sandbox, set up."""
    return prepared.set_up(at_box)


@pytest.fixture
def with_phone(at_setup: Sandbox) -> Sandbox:
    """The sandbox, with a phone that can call 911."""
    assert invoke(ADD).code == 0
    return at_setup


def states() -> list[str]:
    """How each run ended, as the history says."""
    return [row["state"] for row in invoke("history --json").json]


def emergency_addresses() -> tuple[str, str]:
    """The 911 address of the phone, and how that stands."""
    (row,) = [row for row in invoke("list-clients --json").json if row["phone"] == PHONE]
    return row["911"], row["address"]


def forget_the_end(here: Path) -> None:
    """Make the journal one of a run that was killed right before it said how it ended."""
    book = here / journal.JOURNAL_FILE
    lines = book.read_text().splitlines(keepends=True)
    assert '"end"' in lines[-1]
    book.write_text("".join(lines[:-1]))


def test_a_rollback_that_was_cut_off_is_reported_as_one(at_setup: Sandbox, here: Path) -> None:
    """`resume` of a rollback that was killed: the history says of the run that it undid that it is rolled back."""
    invoke(PROMOTE)
    invoke("rollback")
    forget_the_end(here)
    assert states() == ["done", "done", "cut off"]
    assert invoke("resume").code == 0
    assert states()[1] == "rolled back"
    assert urls(at_setup) == {OLD}


def test_resume_ends_what_had_come_to_its_end(with_phone: Sandbox, here: Path) -> None:
    """`resume` of a run that had done all it meant to reports it in the history, and no command speaks of it again."""
    forget_the_end(here)
    assert "was cut off" in invoke("list-clients").err
    with_phone.clear_requests()
    assert invoke("resume").code == 0
    assert with_phone.count("POST", "DELETE") == 0
    assert states()[-1] == "done"
    assert invoke("list-clients").err == ""
    assert "Nothing to resume: no run was left half done." in invoke("resume").out
    assert invoke("rollback").code == 2  # of the run that was cut off, which takes 911 from the phone
    assert invoke(f"rollback --allow-911-loss {PHONE}").code == 0


@pytest.mark.parametrize("how", ["resume", ADD, "sync-clients --env prod"])
@pytest.mark.parametrize("kept", ["", " --password-file passwords"])
def test_a_password_that_nobody_may_have_seen_is_reported(
    kept: str, how: str, at_setup: Sandbox, here: Path, client: Any
) -> None:
    """A run that makes passwords is killed: whatever takes it up names the phone and the cure, unless a file has it."""
    assert at_setup.url
    for number in (NUMBER, "+15035550102", "+15035550103"):
        client.incoming_phone_numbers.create(phone_number=number)
    invoke(f"{ADD}{kept}")
    forget_the_end(here)
    ended = invoke(how)
    assert ended.code == 0, ended
    lines = ended.out.splitlines()
    at = next((at for at, line in enumerate(lines) if line.startswith(f"! {PHONE}")), len(lines))
    assert lines[at : at + 2] == (
        []
        if kept
        else [
            f"! {PHONE}: a run that was cut off made its password.",
            f"  If you did not see it, `invoke rotate-credential {PHONE}` gives it a new one.",
        ]
    )
    assert "birch-corner: a run" not in ended.out


def test_resume_takes_911_from_nobody_unasked(with_phone: Sandbox) -> None:
    """`resume` of a removal is refused until whoever resumes says that 911 may be lost, whatever was said before."""
    with_phone.fault("DELETE", "*", "401")
    assert invoke(f"delete-client {PHONE} --allow-911-loss {PHONE}").code == 2
    with_phone.clear_faults()
    before = objects(with_phone)
    ended = invoke("resume")
    assert ended.code == 2
    assert f"add --allow-911-loss {PHONE}" in ended.err
    assert objects(with_phone) == before
    assert invoke(f"resume --allow-911-loss {PHONE}").code == 0
    assert "credential" not in {o["kind"] for o in objects(with_phone)}


def test_a_phone_that_was_half_added_is_taken_back(at_setup: Sandbox, here: Path) -> None:
    """`resume --undo` of a stopped `add-client` leaves the files as they were, and says that the number is kept."""
    files = {name: (here / name).read_bytes() for name in ("extensions.json", "clients.toml")}
    at_setup.fault("POST", "*/Credentials.json", "401")
    assert invoke(ADD.replace(NUMBER, "+15035550150")).code == 2
    at_setup.clear_faults()
    ended = invoke(f"resume --undo --allow-911-loss {PHONE}")
    assert ended.code == 0, ended
    assert "+15035550150: was bought, and is kept" in ended.out
    assert {name: (here / name).read_bytes() for name in files} == files
    assert "credential" not in {o["kind"] for o in objects(at_setup)}


def test_a_change_of_address_is_rolled_back(with_phone: Sandbox) -> None:
    """A number lets go of its new address before it takes the old one: rolled back, it is registered there again."""
    assert with_phone.url
    assert invoke(MOVE).code == 0
    assert emergency_addresses() == ("registered", "9 NW NEW ST, PORTLAND, OR 97209, US")
    ended = invoke("rollback")
    assert ended.code == 0, ended
    assert emergency_addresses() == ("registered", OLD_ADDRESS)


def test_what_may_be_without_911_is_reported_first(with_phone: Sandbox) -> None:
    """A run that fails after it took an address off reports it of the number, and does not call it changed."""
    with_phone.fault("POST", NUMBERS, "401", start=2)
    ended = invoke(MOVE)
    assert ended.code == 2
    lines = [line.strip() for line in ended.err.splitlines()]
    assert f"no 911:      {NUMBER} may tell 911 no address until this is finished" in lines
    assert not [line for line in lines if line.startswith("changed:") and NUMBER in line]
    with_phone.clear_faults()
    assert invoke(MOVE).code == 0


def test_what_was_written_is_put_back_where_a_reading_is_late(at_setup: Sandbox) -> None:
    """Of a promotion that fails, all that may have been written is put back, whatever a late reading says of it."""
    before = objects(at_setup)
    at_setup.fault("POST", "*/SIP/Domains/*", "401")
    at_setup.fault("GET", "*/Applications.json", "stale", start=3, times=1)
    ended = invoke(PROMOTE)
    assert ended.code == 2
    assert "the account is unchanged" in ended.err
    assert "stale" in {asked.fault for asked in at_setup.requests()}
    assert objects(at_setup) == before


def test_an_address_is_not_put_back_in_one_step(with_phone: Sandbox, client: Any) -> None:
    """Putting back a change of 911 that fails between two addresses does not say that all is as before; it goes on."""
    client.addresses.create(
        "Futel",
        "9 NW New St",
        "Portland",
        "OR",
        "97209",
        "US",
        emergency_enabled=True,
        friendly_name="by hand",
    )
    neighbour = 'change-address birch-corner --address "1 SW Example St, Portland, OR 97201"'
    for command in ("add-client birch-corner --env prod --number +15035550102", neighbour, MOVE):
        assert invoke(command).code == 0
    with_phone.fault("POST", NUMBERS, "401", start=2)
    ended = invoke("rollback")
    assert ended.code == 2
    assert "account is unchanged" not in ended.err
    assert f"{NUMBER} may tell 911 no address until this is finished" in ended.err
    with_phone.clear_faults()
    assert invoke("resume").code == 0
    assert emergency_addresses() == ("registered", OLD_ADDRESS)


def test_each_reason_is_reported(at_setup: Sandbox, client: Any) -> None:
    """Where changes fail for several reasons, the sentence has the first, and each other has its own line."""
    (application,) = client.applications.list(friendly_name="incoming-prod")
    at_setup.fault("POST", f"*/Applications/{application.sid}.json", "401")
    at_setup.fault("POST", "*/SIP/Domains/*", "500")
    ended = invoke(PROMOTE)
    assert ended.code == 2
    first, *others = ended.err.splitlines()
    assert first.count("Twilio") == 1
    assert [line for line in others if line.strip().startswith("also:")]


def test_a_password_whose_answer_was_lost_is_shown(at_setup: Sandbox, client: Any) -> None:
    """Where the answer is lost and no reading shows the credential, its password is shown: Twilio may have it."""
    client.incoming_phone_numbers.create(phone_number=NUMBER)
    at_setup.fault("POST", "*/Credentials.json", "reset-after", times=1)
    at_setup.fault("GET", "*/Credentials.json", "stale")
    ended = invoke(ADD)
    assert ended.code == 2
    said = ended.out.split("Passwords that Twilio may have taken, its answer was lost; shown this once:\n")[1]
    name, password = said.splitlines()[0].split()
    assert name == PHONE
    assert len(password) == 24
    at_setup.clear_faults()
    assert f"! {PHONE} had a credential already" in invoke(ADD).out


@pytest.mark.parametrize(
    "late", ["*/CredentialLists.json", "*/Credentials.json", "*/IncomingPhoneNumbers.json"]
)
def test_what_a_late_reading_does_not_show_is_taken_away(late: str, with_phone: Sandbox) -> None:
    """A first reading that does not show a phone's credential or number yet leaves neither behind and says done."""
    with_phone.fault("GET", late, "stale", times=1)
    removal = f"delete-client {PHONE} --release-number {NUMBER} --allow-911-loss {PHONE}"
    if invoke(removal).code:  # a number that was seen unchanged once is not taken away as it is now
        assert invoke(removal).code == 0
    assert "stale" in {asked.fault for asked in with_phone.requests()}
    assert not {"credential", "number"} & {o["kind"] for o in objects(with_phone)}


@pytest.mark.parametrize(
    ("command", "late", "kind"),
    [
        (f"delete-number {NUMBER} --release-number {NUMBER}", "*/IncomingPhoneNumbers.json", "number"),
        ("delete-credential old-phone --allow-911-loss old-phone", "*/Credentials.json", "credential"),
        ("delete-address '5 Old St, Portland, OR 97201'", "*/Addresses.json", "address"),
    ],
)
def test_one_thing_that_a_late_reading_does_not_show(
    command: str, late: str, kind: str, at_setup: Sandbox, client: Any
) -> None:
    """A number, a credential or an address that a first reading does not show yet is taken away anyway."""
    client.incoming_phone_numbers.create(phone_number="+15035550142")
    (phones,) = client.sip.credential_lists.list()
    phones.credentials.create(username="old-phone", password=GOOD_PASSWORD)
    client.addresses.create("x", "5 Old St", "Portland", "OR", "97201", "US", emergency_enabled=True)
    at_setup.fault("GET", late, "stale", times=1)
    ended = invoke(command.replace(NUMBER, "+15035550142"))
    assert ended.code == 0, ended
    assert "stale" in {asked.fault for asked in at_setup.requests()}
    assert kind not in {o["kind"] for o in objects(at_setup)}

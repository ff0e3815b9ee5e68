"""The tasks about phones, each at a server and on the embedded sandbox: success, again, refusal, dry run, JSON."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio.audit.results import Audit
from futel_twilio.cli.audit_output import confirm_pruning
from futel_twilio.cli.options import Options
from futel_twilio.errors import Refused
from futel_twilio.sandbox.server import Sandbox
from tests.conftest import Ended, invoke
from tests.support.phones import OWNED, WRITES, begin_anew, files
from tests.support.sandbox import sdk

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Case:
    """A task: what is typed, on which account, what is refused of it and in which words."""

    command: str
    refused: str
    says: str
    on: str = "synced"
    changes: int = 1


TASKS = {
    case.command.split()[0]: case
    for case in (
        Case(
            "sync-clients --env prod", "sync-clients --env prdo", "no environment 'prdo'", "bare", 2 + 2 + 4
        ),
        Case(
            "add-client alder-street --env prod", "add-client alder --env prod", "no phone 'alder'", "bare", 3
        ),
        Case(
            "update-client dogwood-stage --number +15035550142",
            "update-client alder-street --number +15035550199",
            "at another carrier",
        ),
        Case(
            "change-address alder-street --address '9 NW New St, Portland, OR 97209'",
            "change-address cedar-lot --address '9 NW New St, Portland, OR 97209'",
            "may not call 911",
            changes=3,
        ),
        Case(
            "delete-client elm-office --allow-911-loss elm-office",
            "delete-client alder-street",
            "--allow-911-loss alder-street",
        ),
        Case("create-credential cedar-lot", "create-credential cedar", "no phone 'cedar'", "bare"),
        Case("rotate-credential cedar-lot", "rotate-credential cedar", "no phone 'cedar'"),
        Case(
            "delete-credential old-phone --allow-911-loss old-phone",
            "delete-credential cedar-lot",
            "would be cut off",
        ),
        Case("create-number +15035550150 --env prod", "create-number +15035550150", "Add --env"),
        Case("update-number +15035550103", "update-number +15035550142", "No phone of the inventory", "bare"),
        Case(
            "delete-number +15035550142 --release-number +15035550142",
            "delete-number +15035550142 --release-number +15035550143",
            "must type the number again",
        ),
        Case("create-address birch-corner", "create-address elm-office", "no emergency address", "bare"),
        Case(
            "delete-address '5 Old St, Portland, OR 97201'",
            "delete-address '1 SW EXAMPLE ST, PORTLAND, OR 97201, US'",
            "tells 911 this address",
        ),
    )
}
OF_NO_PHONE = {"delete-credential", "delete-address"}  # what is taken away there is no phone's
NEVER_DONE = {"rotate-credential"}  # each run of it is a new password, as whoever types it again wants
LISTS = {
    "list-clients": ("list-clients --env prdo", "no environment 'prdo'"),
    "list-credentials": ("list-credentials --profile nowhere", "no profile 'nowhere'"),
    "list-available-numbers --area-code 503": ("list-available-numbers --area-code 12", "not an area code"),
    "list-numbers": ("list-numbers --profile nowhere", "no profile 'nowhere'"),
    "list-addresses": ("list-addresses --profile nowhere", "no profile 'nowhere'"),
}


class Place:
    """An account that `invoke` in this test is at: a server, or the sandbox that each command starts for itself."""

    def __init__(self, here: Path, server: Sandbox | None) -> None:
        self.here = here
        self.server = server

    def begin(self, dump: dict[str, Any]) -> None:
        if self.server:
            begin_anew(self.server, dump)
        else:
            with self._embedded() as box:
                begin_anew(box, dump)

    def run(self, command: str) -> Ended:
        return invoke(command if self.server else f"{command} --profile sandbox")

    @property
    def writes(self) -> int:
        if self.server:
            return self.server.count(*WRITES)
        with self._embedded() as box:
            return box.count(*WRITES)

    def left_alone(self, command: str, code: int) -> Ended:
        """Run a command that ends with a code, and that is seen to write nothing anywhere."""
        before, writes = files(self.here), self.writes
        ended = self.run(command)
        assert ended.code == code, ended
        assert self.writes == writes
        assert files(self.here) == before
        assert "Traceback" not in ended.err
        return ended

    def _embedded(self) -> Sandbox:
        return Sandbox(state=self.here / "sandbox.sqlite")


@pytest.fixture(params=["server", "embedded"])
def place(request: pytest.FixtureRequest, here: Path, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A server that FUTEL_TWILIO_URL names, and the embedded sandbox of `--profile sandbox`."""
    if request.param == "embedded":
        return Place(here, None)
    monkeypatch.setenv("FUTEL_TWILIO_URL", box.url)
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "0" * 32)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "sandbox")
    return Place(here, box)


@pytest.mark.parametrize("task", TASKS)
def test_a_task_does_what_it_says_once(
    task: str, place: Place, phone_accounts: dict[str, dict[str, Any]]
) -> None:
    """A dry run shows and ends with 1; the task does it and ends with 0; run again, it writes nothing."""
    case = TASKS[task]
    place.begin(phone_accounts[case.on])
    shown = place.left_alone(f"{case.command} --dry-run", 1)
    assert ("Affects " in shown.out) is (task not in OF_NO_PHONE)
    assert "Nothing was changed. Run the same command without --dry-run" in shown.out
    before = place.writes
    done = place.run(case.command)
    assert (done.code, done.err) == (0, "")
    assert re.search(rf"^{case.changes} changes? applied and verified", done.out, re.MULTILINE)
    assert place.writes > before
    if task in NEVER_DONE:
        assert place.run(case.command).code == 0
        return
    again = place.left_alone(case.command, 0)
    assert "No changes" in again.out
    assert place.left_alone(f"{case.command} --dry-run", 0).err == ""


@pytest.mark.parametrize("task", TASKS)
def test_a_task_speaks_json(task: str, place: Place, phone_accounts: dict[str, dict[str, Any]]) -> None:
    """With --json each task prints one document: what changes, in phones too, and on a dry run the same."""
    case = TASKS[task]
    place.begin(phone_accounts[case.on])
    shown = place.left_alone(f"{case.command} --dry-run --json", 1)
    done = place.run(f"{case.command} --json")
    assert (done.code, done.err) == (0, "")
    assert done.json["applied"] is True
    assert len(done.json["changes"]) == case.changes
    assert done.json["changes"] == shown.json["changes"]
    assert (shown.json["applied"], shown.json["passwords"]) == (False, {})
    made = {
        change["name"].split("/")[-1] for change in done.json["changes"] if change["kind"] == "credential"
    }
    assert set(done.json["passwords"]) == (set() if task.startswith("delete") else made)


@pytest.mark.parametrize("task", TASKS)
def test_a_task_refuses(task: str, place: Place, phone_accounts: dict[str, dict[str, Any]]) -> None:
    """What cannot be asked of a task is refused in one message with 2, and nothing is written."""
    case = TASKS[task]
    place.begin(phone_accounts[case.on])
    refused = place.left_alone(case.refused, 2)
    assert case.says in refused.err
    reported = place.left_alone(f"{case.refused} --json", 2)
    assert case.says in str(reported.json["error"])


@pytest.mark.parametrize("command", LISTS)
def test_a_list_looks_and_writes_nothing(
    command: str, place: Place, phone_accounts: dict[str, dict[str, Any]]
) -> None:
    """Each list prints rows, the same rows as JSON, refuses what is not there, and never writes."""
    refused, says = LISTS[command]
    place.begin(phone_accounts["synced"])
    drawn = place.left_alone(command, 0)
    rows = place.left_alone(f"{command} --json", 0).json
    assert len(drawn.out.splitlines()) == len(rows) + 1 > 1
    assert all(str(next(iter(row.values()))) in drawn.out for row in rows)
    if refused.endswith("nowhere") and not place.server:
        return  # an embedded sandbox has one profile
    assert says in place.left_alone(refused, 2).err


@pytest.fixture
def strange_box(at_box: Sandbox, monkeypatch: pytest.MonkeyPatch, phone_accounts: dict[str, Any]) -> Sandbox:
    """A synced account that is not taken for a sandbox, so that commands ask."""
    monkeypatch.setattr("futel_twilio.config.connection.Connection.is_sandbox", False)
    begin_anew(at_box, phone_accounts["synced"])
    return at_box


def _without_credential(name: str, box: Sandbox) -> None:
    with sdk(box.url) as client:
        (phones,) = client.sip.credential_lists.list()
        (one,) = (one for one in phones.credentials.list() if one.username == name)
        one.delete()


@pytest.mark.parametrize("name", ["dogwood-stage", "elm-office", "cedar-lot", "alder-street"])
def test_what_takes_a_phone_out_of_the_files_asks(name: str, strange_box: Sandbox, here: Path) -> None:
    """A command that would take nothing from Twilio, and a phone out of the files, asks first."""
    _without_credential(name, strange_box)
    before = files(here)
    ended = invoke(f"delete-client {name}")
    assert ended.code == 2
    assert f"it takes {name} out of extensions.json" in ended.err
    assert files(here) == before
    assert invoke(f"delete-client {name} --yes").code == 0
    assert name not in (here / "extensions.json").read_text()


def test_what_takes_a_detail_out_of_the_files_asks(strange_box: Sandbox, here: Path) -> None:
    """A device that is taken out of clients.toml is asked for as well; one that is written is not."""
    assert strange_box.count(*WRITES) == 0
    assert invoke("update-client dogwood-stage --device Box").code == 0
    ended = invoke("update-client dogwood-stage --device ''")
    assert ended.code == 2
    assert "it takes the device of dogwood-stage out of clients.toml" in ended.err
    assert "Box" in (here / "clients.toml").read_text()


def test_a_rollback_that_takes_a_detail_out_of_the_files_asks(strange_box: Sandbox, here: Path) -> None:
    """So does a rollback of what wrote it."""
    assert strange_box.count(*WRITES) == 0
    assert invoke("update-client dogwood-stage --device Box").code == 0
    assert invoke("rollback").code == 2
    assert "Box" in (here / "clients.toml").read_text()
    assert invoke("rollback --yes").code == 0


def test_a_phone_that_leaves_prod_asks_and_so_does_its_way_back(strange_box: Sandbox, here: Path) -> None:
    """Moving a prod phone to stage touches prod, and so does the rollback: both ask."""
    before = files(here)
    strange_box.clear_requests()
    ended = invoke("update-client alder-street --env stage")
    assert (ended.code, strange_box.count(*WRITES), files(here)) == (2, 0, before), ended
    assert "it changes prod" in ended.err
    assert invoke("update-client alder-street --env stage --yes").code == 0
    moved = files(here)
    strange_box.clear_requests()
    ended = invoke("rollback")
    assert (ended.code, strange_box.count(*WRITES), files(here)) == (2, 0, moved), ended
    assert "it changes prod" in ended.err
    assert invoke("rollback --yes").code == 0
    assert 'environment = "stage"' not in (here / "clients.toml").read_text().partition("[client.birch")[0]
    assert "No changes" in invoke("sync-clients --env prod").out


def test_a_phone_that_was_moved_in_the_files_asks(strange_box: Sandbox, here: Path) -> None:
    """A number that uses prod's application at Twilio is prod's, whatever the files say of its phone by now."""
    details = here / "clients.toml"
    text = details.read_text()
    details.write_text(text.replace("[client.alder-street]", '[client.alder-street]\nenvironment = "stage"'))
    strange_box.clear_requests()
    ended = invoke("sync-clients --env stage")
    assert (ended.code, strange_box.count(*WRITES)) == (2, 0), ended
    assert "it changes prod" in ended.err
    assert invoke("sync-clients --env stage --yes").code == 0
    assert invoke("rollback").code == 2


def test_what_overwrites_a_detail_in_the_files_asks(strange_box: Sandbox, here: Path) -> None:
    """A device in clients.toml is replaced only after a question, even if nothing changes at Twilio."""
    assert strange_box.count(*WRITES) == 0
    assert invoke("update-client dogwood-stage --device Box").code == 0
    ended = invoke("update-client dogwood-stage --device Other")
    assert ended.code == 2
    assert "it overwrites the device of dogwood-stage in clients.toml" in ended.err
    assert "Box" in (here / "clients.toml").read_text()
    assert invoke("update-client dogwood-stage --device Other --yes").code == 0


NEW_ADDRESS = "'9 NW New St, Portland, OR 97209'"


@pytest.fixture
def synced_box(at_box: Sandbox, phone_accounts: dict[str, Any]) -> Sandbox:
    """A synced account."""
    begin_anew(at_box, phone_accounts["synced"])
    return at_box


@pytest.mark.parametrize("name", ["elm-office", "cedar-lot", "dogwood-stage"])
@pytest.mark.parametrize("command", ["update-client {}", "add-client {} --env {env} --no-number"])
def test_an_address_that_is_not_registered_is_reported(name: str, command: str, synced_box: Sandbox) -> None:
    """The address of a phone without 911 goes into clients.toml; the plan says that it is not registered with 911."""
    env = "stage" if name.endswith("stage") else "prod"
    number = command.format(name, env=env)
    ended = invoke(f"{number} --address {NEW_ADDRESS}")
    assert ended.code == 0, ended
    assert f"! {name} may not call 911, so this address is not registered with 911" in ended.out
    assert synced_box.count(*WRITES) == 0
    assert "not registered with 911" not in invoke(f"{number} --device Box").out


@pytest.mark.usefixtures("synced_box")
def test_an_address_that_is_still_registered_is_named(here: Path) -> None:
    """A phone whose 911 was switched off in the files: the new address is no news to 911, which has the old one."""
    inventory = here / "extensions.json"
    entries = json.loads(inventory.read_text())
    entries["alder-street"]["enable_emergency"] = False
    inventory.write_text(json.dumps(entries))
    ended = invoke(f"update-client alder-street --address {NEW_ADDRESS}")
    assert ended.code == 0, ended
    reported = f"! {OWNED[0]} still has the 911 address 1 SW EXAMPLE ST, PORTLAND, OR 97201, US. "
    assert reported in ended.out
    line = next(line for line in ended.out.splitlines() if line.startswith(reported))
    assert invoke(line.split("`invoke ")[1].split("`")[0]).code == 0
    assert (
        "still has the 911"
        not in invoke("update-client alder-street --address '1 A St, Portland, OR 97209'").out
    )


@pytest.mark.parametrize("typed", ["", f" --release-number {OWNED[0]}"])
@pytest.mark.usefixtures("synced_box")
def test_the_suggested_deletion_of_a_phone_and_its_number_is_complete(typed: str) -> None:
    """The refusal to release a phone's number names the phone and its 911 at once, and what it suggests works."""
    ended = invoke(f"delete-number {OWNED[0]}{typed}")
    assert ended.code == 2
    (command,) = re.findall("`invoke ([^`]*)`", ended.err)
    assert command == f"delete-client alder-street --release-number {OWNED[0]} --allow-911-loss alder-street"
    assert invoke(command).code == 0


def test_the_suggested_release_of_a_number_is_complete(synced_box: Sandbox) -> None:
    """Without --release-number, the command that is suggested names the loss of 911 as well."""
    with sdk(synced_box.url) as client:
        (number,) = client.incoming_phone_numbers.list(phone_number="+15035550142")
        (address,) = (one for one in client.addresses.list() if one.street == "5 Old St")
        number.update(emergency_address_sid=address.sid)
    ended = invoke("delete-number +15035550142")
    assert ended.code == 2
    (command,) = re.findall("`invoke ([^`]*)`", ended.err)
    assert invoke(command).code == 0, command


@pytest.mark.parametrize(("name", "number"), [("alder-street", OWNED[0]), ("dogwood-stage", OWNED[2])])
@pytest.mark.usefixtures("synced_box")
def test_the_number_that_stays_is_named_with_what_releases_it(name: str, number: str) -> None:
    """Taking a phone away says of its number that it stays and costs money; what it suggests does release it."""
    ended = invoke(f"delete-client {name} --allow-911-loss {name}")
    line = next(
        line for line in ended.out.splitlines() if line.startswith(f"! {number} stays in the account")
    )
    assert ("registered with 911" in line) is (name == "alder-street")
    assert invoke(line.split("`invoke ")[1].split("`")[0]).code == 0


def test_a_number_that_others_call_from_is_not_said_to_stay(synced_box: Sandbox) -> None:
    """Of a number that lives elsewhere, or that another phone has too, nothing is said."""
    assert "stays in the account" not in invoke("delete-client elm-office --allow-911-loss elm-office").out
    assert synced_box.count("DELETE") == 1


@pytest.mark.parametrize(("yes", "asks"), [(False, True), (True, False)])
def test_pruning_asks_where_the_account_is_not_a_sandbox(yes: bool, asks: bool) -> None:
    """Stale acceptances of a real account are taken out of accepted.toml only after a question, or with --yes."""
    audit = Audit(datetime.now(UTC), "live: Twilio", "1", (), (), stale=("domains/voice_url[x]",))
    options = Options(yes=yes)
    with pytest.raises(Refused, match=r"it takes 1 entry out of accepted\.toml") if asks else nullcontext():
        confirm_pruning(audit, options)
    confirm_pruning(replace(audit, source="live: sandbox"), options)
    confirm_pruning(replace(audit, stale=()), options)

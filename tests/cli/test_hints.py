"""What a recovery says beforehand and suggests afterwards: commands that reach the account that was meant, and work."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from futel_twilio.apply import journal
from tests.commands.test_rollback import objects
from tests.conftest import Ended, invoke
from tests.support.phones import delay_911

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox

PHONE, NUMBER = "alder-street", "+15035550101"
ADD = f"add-client {PHONE} --env prod --number {NUMBER} --profile sandbox"
TAKEN_BACK = f"--allow-911-loss {PHONE} --profile sandbox"
COMMAND = re.compile(r"`(invoke [^`]+)`")


@pytest.fixture
def at_setup(at_box: Sandbox) -> Sandbox:
    """The sandbox, set up."""
    delay_911(at_box, 0)
    assert invoke("setup").code == 0
    return at_box


@pytest.fixture
def with_phone(at_setup: Sandbox) -> Sandbox:
    """The sandbox, set up, with a phone that can call 911."""
    assert invoke(ADD).code == 0
    return at_setup


def suggested(ended: Ended) -> list[str]:
    """The commands that a run named, without the word `invoke`."""
    return [command.removeprefix("invoke ") for command in COMMAND.findall(ended.out + ended.err)]


def cut_off(here: Path, lines: int = 1) -> None:
    """Make the journal one of a run that was killed before its last lines."""
    book = here / journal.JOURNAL_FILE
    book.write_text("".join(book.read_text().splitlines(keepends=True)[:-lines]))


@pytest.mark.usefixtures("with_phone")
@pytest.mark.parametrize("how", ["", " --dry-run", " --json"])
@pytest.mark.parametrize("command", ["rollback", "resume --undo"])
def test_a_recovery_suggests_commands_with_the_profile(command: str, how: str, here: Path) -> None:
    """What cannot be put back names commands, and each carries the profile: in words, in a dry run and as JSON."""
    assert invoke("rotate-credential alder-street").code == 0
    if command != "rollback":
        cut_off(here)
    named = suggested(invoke(f"{command} --profile sandbox{how}"))
    assert "rotate-credential alder-street --profile sandbox" in named
    assert all(one.endswith("--profile sandbox") for one in named)


@pytest.mark.usefixtures("with_phone")
def test_a_doctor_advises_with_the_profile(here: Path) -> None:
    """What the doctor advises where the account is not that of estate.toml carries the profile that it was given."""
    estate = here / "estate.toml"
    estate.write_text(f'account_sid = "AC{"1" * 32}"\n{estate.read_text()}')
    refused = invoke("plan --profile sandbox")
    assert suggested(refused) == ["doctor --profile sandbox"]
    estate.unlink()
    (here / "estate.toml").write_text("[")
    assert all(one.endswith("--profile sandbox") for one in suggested(invoke("doctor --profile sandbox")))


@pytest.mark.usefixtures("with_phone")
@pytest.mark.parametrize("form", ["--json", "--report report"])
def test_an_audit_advises_with_the_profile_in_every_form(form: str, here: Path) -> None:
    """The remedies of an audit carry its profile as JSON and in the report too, where people copy them from."""
    ended = invoke(f"audit --live --profile sandbox {form}")
    assert ended.code == 1
    files = [path.read_text() for path in (here / "report").glob("*.json")]
    named = [one for text in (ended.out, *files) for one in COMMAND.findall(text)]
    assert named
    assert all("--profile sandbox" in one for one in named)


def test_the_command_that_releases_a_number_works(with_phone: Sandbox) -> None:
    """Rolled back, a phone is still in the inventory with its number: the command that is named releases it there."""
    ended = invoke(f"rollback {TAKEN_BACK}")
    assert ended.code == 0, ended
    (release,) = {one for one in suggested(ended) if NUMBER in one}
    assert release == f"delete-client {PHONE} --release-number {NUMBER} {TAKEN_BACK}"
    released = invoke(release)
    assert released.code == 0, released
    assert "number" not in {o["kind"] for o in objects(with_phone)}


def test_the_command_that_releases_a_number_of_no_phone_works(at_setup: Sandbox) -> None:
    """Where the inventory goes back to the number before, the bought one belongs to no phone, and can be removed so."""
    assert invoke(f"add-client {PHONE} --env prod --buy 971 --profile sandbox").code == 0
    ended = invoke(f"rollback {TAKEN_BACK}")
    assert ended.code == 0, ended
    (release,) = {one for one in suggested(ended) if one.startswith("delete-number")}
    released = invoke(release)
    assert released.code == 0, released
    assert "number" not in {o["kind"] for o in objects(at_setup)}


@pytest.mark.usefixtures("at_setup")
def test_what_a_run_works_towards_is_no_extra(here: Path) -> None:
    """A cut-off `add-client` with another number than the inventory's: `resume` does not call that a stranger's."""
    files = {path: path.read_bytes() for path in (here / "extensions.json", here / "clients.toml")}
    assert invoke(f"add-client {PHONE} --env prod --buy 971 --profile sandbox").code == 0
    cut_off(here)
    for path, text in files.items():
        path.write_bytes(text)
    shown = invoke("resume --dry-run --profile sandbox")
    assert "extensions.json would be changed" in shown.out
    assert [line for line in shown.out.splitlines() if line.startswith("? ") and "+1971" in line] == []


SILENT = f"{PHONE} can call nobody until given the new password"
RENEWED = f"! credential sip-direct/{PHONE}: comes back with a new password; {PHONE} can call nobody until given that"


@pytest.mark.usefixtures("with_phone")
def test_a_phone_that_comes_back_is_reported_before(here: Path) -> None:
    """`rollback` of `delete-client` counts the phone and says that its password is new: in the plan and afterwards."""
    assert invoke(f"delete-client {PHONE} {TAKEN_BACK}").code == 0
    shown = invoke("rollback --dry-run --profile sandbox")
    *_, caveat, sentence, silent, last = shown.out.splitlines()
    assert (caveat, last.split(".")[0]) == (RENEWED, "Nothing was changed")
    assert sentence.startswith("Affects 1 phone (1 with 911).")
    assert SILENT in silent
    done = invoke("rollback --profile sandbox")
    assert done.code == 0, done
    before, after = re.split(r"(?m)^\d+ changes? applied and verified", done.out)
    assert before.splitlines()[-3:] == [caveat, sentence, silent]
    assert RENEWED in after
    assert f"  {PHONE}  " in after.split("Passwords, shown this once:")[1]
    assert PHONE in (here / "extensions.json").read_text()


@pytest.mark.usefixtures("with_phone")
def test_a_phone_that_comes_back_is_reported_to_machines() -> None:
    """With --json the sentence and what cannot come back unchanged are fields of the one document."""
    assert invoke(f"delete-client {PHONE} {TAKEN_BACK}").code == 0
    document = invoke("rollback --dry-run --json --profile sandbox").json
    assert SILENT in document["phones"]
    assert document["notes"] == [RENEWED.removeprefix("! ")]


@pytest.mark.usefixtures("with_phone")
def test_what_is_not_undone_is_reported_before_the_question() -> None:
    """A released number and a password that nobody knows are named in the dry run, as the run names them after."""
    assert invoke(f"delete-client {PHONE} --release-number {NUMBER} {TAKEN_BACK}").code == 0
    shown = invoke("rollback --dry-run --profile sandbox")
    assert f"! incoming phone number {NUMBER}: was released, which cannot be undone" in shown.out
    assert shown.out.index("was released") < shown.out.index("Affects 1 phone")


NEW = "--dialplans https://prod-2.example.com --profile sandbox"


@pytest.mark.usefixtures("at_setup")
@pytest.mark.parametrize("command", ["promote", "update", "update-applications", "update-domains"])
def test_what_was_pointed_elsewhere_says_how_it_goes_back(command: str) -> None:
    """A promotion or an update that was done ends with the command that undoes it; what did nothing does not."""
    said = "To undo it: `invoke rollback --profile sandbox`"
    assert said not in invoke(f"{command} --env prod {NEW} --dry-run").out
    done = invoke(f"{command} --env prod {NEW}")
    assert (done.code, done.out.splitlines()[-1]) == (0, said)
    assert said not in invoke(f"{command} --env prod {NEW}").out
    (rollback,) = {one for one in suggested(done) if one.startswith("rollback")}
    assert invoke(rollback).code == 0
    assert "prod-2" not in invoke("list-domains --profile sandbox").out


@pytest.mark.usefixtures("at_setup")
def test_a_promotion_is_reported_to_machines() -> None:
    """`promote --json` says why the rehearsal was skipped, and the number of its entry; null where there is none."""
    keys = ("rehearsal_skipped", "entry")
    dry = invoke(f"promote --env prod {NEW} --dry-run --json").json
    assert [dry[key] for key in keys] == [None, None]
    done = invoke(f"promote --env prod {NEW} --skip-rehearsal 'a try' --json").json
    last = invoke("history --profile sandbox --json").json[-1]
    assert [done[key] for key in keys] == ["a try", last["entry"]]
    assert last["command"].startswith("promote")


@pytest.mark.usefixtures("at_setup")
@pytest.mark.parametrize("mistyped", ["Sandbox", "SANDBOX", "sandbx"])
def test_a_mistyped_profile_is_reported_which_is_meant(mistyped: str) -> None:
    """A profile in other letters, or nearly so written, is refused with the one that may be meant."""
    refused = invoke(f"plan --profile {mistyped}")
    assert refused.code == 2
    assert f"There is no profile '{mistyped}'" in refused.err
    assert "Did you mean sandbox?" in refused.err
    assert "Did you mean" not in invoke("plan --profile futel").err

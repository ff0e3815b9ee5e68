"""Recovery: rollback puts back what a command changed; resume finishes, or undoes, what a killed one left."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import time
import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio.apply import journal, result
from futel_twilio.commands import promotion
from futel_twilio.commands.resume import resume
from futel_twilio.commands.rollback import entry_number, rollback
from futel_twilio.commands.setup import setup
from futel_twilio.errors import BadInput, Refused
from futel_twilio.workspace import open_workspace
from tests.conftest import clean_environment, invoke
from tests.support import prepared
from tests.support.dying import KILLED, run_and_die
from tests.support.paths import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox
    from futel_twilio.workspace import Workspace

NEW = "https://prod-2.example.com"
OLD = "https://prod.dialplans.phu73l.net"


def objects(box: Sandbox) -> list[dict[str, Any]]:
    """Everything at the account but its dates and its audit events."""
    found = [o for o in box.dump()["objects"] if o["kind"] != "event"]
    return [{key: value for key, value in o.items() if key not in {"created", "updated"}} for o in found]


def urls(box: Sandbox) -> set[str]:
    """The servers of prod's objects."""
    found = [o["body"] for o in box.dump()["objects"] if o["kind"] in {"application", "domain"}]
    prod = [b for b in found if "prod" in str(b.get("domain_name") or b["friendly_name"])]
    assert len(prod) == 3
    return {b["voice_url"].rpartition("/")[0] for b in prod}


@pytest.fixture
def promoted(at_box: Sandbox) -> Sandbox:
    """The sandbox, set up and prod promoted."""
    return prepared.set_up(at_box)


def test_rollback_of_a_promotion_restores_the_account(promoted: Sandbox, here: Path) -> None:
    """After promote and rollback the account and estate.toml are byte for byte as before, dates aside."""
    before, estate = objects(promoted), (here / "estate.toml").read_bytes()
    for command in (
        f"promote --env prod --dialplans {NEW}",
        "promote --env stage --dialplans https://s2.example.com",
    ):
        assert invoke(command).code == 0
        assert objects(promoted) != before
        assert invoke("rollback").code == 0
        assert objects(promoted) == before
        assert (here / "estate.toml").read_bytes() == estate


def test_rollback_goes_back_further_each_time(promoted: Sandbox, here: Path) -> None:
    """One rollback undoes the last command, the next the one before; `--to` both at once."""
    before = objects(promoted)
    for url in (NEW, "https://prod-3.example.com"):
        invoke(f"promote --env prod --dialplans {url}")
    assert invoke("rollback").code == 0
    assert urls(promoted) == {NEW}
    assert invoke("rollback").code == 0
    assert objects(promoted) == before
    for url in (NEW, "https://prod-3.example.com"):
        invoke(f"promote --env prod --dialplans {url}")
    first = next(
        e["entry"] for e in invoke("history --json").json if NEW in e["command"] and e["state"] == "done"
    )
    assert invoke(f"rollback --to {first}").code == 0
    assert objects(promoted) == before
    assert OLD in (here / "estate.toml").read_text()


def test_rollback_refuses_what_somebody_changed_since(promoted: Sandbox, client: Any) -> None:
    """Both values are shown, nothing is written; --force with the name puts it back anyway."""
    invoke(f"promote --env prod --dialplans {NEW}")
    (application,) = client.applications.list(friendly_name="incoming-prod")
    application.update(voice_url="https://hand.example.com/x")
    changed = objects(promoted)
    ended = invoke("rollback")
    assert ended.code == 2
    assert f"{NEW}/dial_sip_e164 after that run, https://hand.example.com/x now" in ended.err
    assert "--force incoming-prod" in ended.err
    assert objects(promoted) == changed
    assert invoke("rollback --force incoming-prod").code == 0
    assert urls(promoted) == {OLD}


@pytest.mark.parametrize(
    "name",
    ["the lines of {env}", "it's {env}", "$(touch x) {env}", '"{env}"; ls'],
    ids=["blanks", "'", "$", ";"],
)
def test_what_is_to_be_forced_is_quoted_for_a_shell(
    name: str, promoted: Sandbox, here: Path, client: Any
) -> None:
    """`--force` in a refusal can be pasted, whatever the name of the thing that somebody changed."""
    assert promoted.url
    estate = here / "estate.toml"
    estate.write_text(estate.read_text().replace('"incoming-{env}"', json.dumps(name)))
    assert invoke("create-applications").code == 0
    assert invoke(f"update-applications --env prod --dialplans {NEW}").code == 0
    named = name.replace("{env}", "prod")
    (application,) = client.applications.list(friendly_name=named)
    application.update(voice_url="https://hand.example.com/x")
    refused = invoke("rollback")
    assert refused.code == 2
    flags = refused.err.split("anyway, add ")[1].split(" to the command.")[0]
    assert shlex.split(flags) == ["--force", named]
    assert invoke(f"rollback {flags}").code == 0
    (application,) = client.applications.list(friendly_name=named)
    assert application.voice_url == f"{OLD}/dial_sip_e164"


def test_rollback_of_setup_says_what_it_keeps(promoted: Sandbox) -> None:
    """What can be taken away goes, 911 only by name; the credential list, which may hold passwords, is kept."""
    assert invoke("rollback").code == 2
    lost = "--allow-911-loss direct-futel-stage --allow-911-loss direct-futel-prod"
    ended = invoke(f"rollback {lost}")
    assert ended.code == 0
    assert "credential list sip-direct: is kept" in ended.out
    assert {o["kind"] for o in objects(promoted)} == {"credential_list"}


def test_rollback_of_phones(promoted: Sandbox, here: Path) -> None:
    """A phone that was added goes again, but its number, which was bought, is kept; a deleted one comes back."""
    invoke("add-client alder-street --env prod --number +15035550101")
    ended = invoke("rollback --allow-911-loss alder-street")
    assert ended.code == 0
    assert "+15035550101: was bought, and is kept" in ended.out
    assert "97201, US: is kept, since +15035550101 tells it to 911" in ended.out
    kinds = [o["kind"] for o in objects(promoted)]
    assert "credential" not in kinds
    assert kinds.count("number") == 1
    invoke("create-credential elm-office")
    files = {name: (here / name).read_bytes() for name in ("extensions.json", "clients.toml")}
    assert invoke("delete-client elm-office --allow-911-loss elm-office").code == 0
    assert (here / "extensions.json").read_bytes() != files["extensions.json"]
    assert invoke("rollback").code == 0
    assert invoke("list-clients --json").json[-1]["credential"] == "yes"
    assert {name: (here / name).read_bytes() for name in files} == files


def test_a_password_cannot_be_rolled_back(promoted: Sandbox) -> None:
    """A new password stays, and it is said what to do; the run stays as it is in the history."""
    assert promoted.url
    invoke("create-credential elm-office")
    invoke("rotate-credential elm-office")
    ended = invoke("rollback")
    assert ended.code == 2
    assert "nobody knows the password before" in ended.err
    assert invoke("history --json").json[-1]["state"] == "done"


def test_a_change_of_address_that_was_cut_off_is_resumed(promoted: Sandbox, client: Any, here: Path) -> None:
    """A number that was killed between its two addresses tells 911 none: that is ours, and `resume` goes on."""
    invoke("add-client alder-street --env prod --number +15035550101")
    invoke('change-address alder-street --address "9 NW New St, Portland, OR 97209"')
    book = here / journal.JOURNAL_FILE
    lines = book.read_text().splitlines(keepends=True)
    assert '"end"' in lines[-1]
    book.write_text("".join(lines[:-1]))
    (number,) = client.incoming_phone_numbers.list()
    number.update(emergency_address_sid="")
    promoted.clear_requests()
    ended = invoke("resume")
    assert ended.code == 0, ended
    (row,) = [r for r in invoke("list-clients --json").json if r["phone"] == "alder-street"]
    assert (row["911"], row["address"]) == ("registered", "9 NW NEW ST, PORTLAND, OR 97209, US")


def test_911_that_somebody_cleared_since_is_shown(promoted: Sandbox, client: Any) -> None:
    """After a change of address that came to its end, a number without one is somebody's doing: refused."""
    invoke("add-client alder-street --env prod --number +15035550101")
    invoke('change-address alder-street --address "9 NW New St, Portland, OR 97209"')
    (number,) = client.incoming_phone_numbers.list()
    number.update(emergency_address_sid="")
    changed = objects(promoted)
    ended = invoke("rollback")
    assert ended.code == 2
    assert "Somebody changed this since" in ended.err
    assert "(empty) now" in ended.err
    assert {o["sid"] for o in objects(promoted)} == {o["sid"] for o in changed}


# --- Files that say otherwise afterwards -------------------------------------------------------------

DIFFERS = "Your files still differ from Twilio"


def edit(path: Path, old: str, new: str) -> None:
    """What somebody writes into a file by hand."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def commands(out: str, start: str) -> list[str]:
    """The commands of the lines that begin so, as they must be pasted."""
    lines = "\n".join(line for line in out.splitlines() if line.startswith(start))
    return re.findall("`invoke ([^`]*)`", lines)


@pytest.mark.parametrize(
    ("file", "old", "new", "command", "shows"),
    [
        ("estate.toml", f'dialplans = "{OLD}', f'dialplans = "{NEW}', "promote --env prod", "plan"),
        ("estate.toml", f'dialplans = "{OLD}', f'dialplans = "{NEW}', "apply", "plan"),
        (
            "clients.toml",
            "1 SW Example",
            "11 SW Example",
            "sync-clients --env prod",
            "sync-clients --env prod -d",
        ),
    ],
    ids=["promote", "apply", "sync-clients"],
)
def test_a_rollback_says_where_files_that_were_edited_by_hand_differ(
    file: str, old: str, new: str, command: str, shows: str, promoted: Sandbox, here: Path, client: Any
) -> None:
    """Edited by hand before the command: each line that would come again is reported; each reported fix settles it."""
    client.incoming_phone_numbers.create(phone_number="+15035550101")
    client.incoming_phone_numbers.create(phone_number="+15035550102")
    assert invoke("sync-clients --env prod").code == 0
    before, text = objects(promoted), (here / file).read_text()
    edit(here / file, old, new)
    assert invoke(command).code == 0
    ended = invoke("rollback")
    assert ended.code == 0, ended
    shown = ended.out.split(DIFFERS)[1].splitlines()
    left = [line for line in invoke(shows.replace("-d", "--dry-run")).out.splitlines() if line[0] in "+~"]
    assert [line.strip() for line in shown if line.startswith("  ")] == left
    assert left
    for way in commands(ended.out, "To keep"):
        assert invoke(way).code == 0
    assert "No changes" in invoke(shows.replace("-d", "--dry-run")).out
    pointed = ("application", "domain")
    assert [o for o in objects(promoted) if o["kind"] in pointed] == [
        o for o in before if o["kind"] in pointed
    ]
    assert tomllib.loads((here / file).read_text()) == tomllib.loads(text)
    edit(here / file, old, new)
    for way in commands(ended.out, "To follow"):
        assert invoke(way).code == 0
    assert "No changes" in invoke(shows.replace("-d", "--dry-run")).out


def test_a_rollback_names_the_edit_where_no_command_settles_it(promoted: Sandbox, here: Path) -> None:
    """A setting, and a whole section, that were written by hand are reported with what to write, and in which file."""
    assert promoted.url
    estate = here / "estate.toml"
    edit(estate, 'sms_url = "" ', 'sms_url = "https://sms.example.com/x" ')
    estate.write_text(estate.read_text() + '\n[application."extra-{env}"]\nvoice_url = "/extra"\n')
    assert invoke("apply").code == 0
    ended = invoke("rollback")
    assert ended.code == 0, ended
    assert 'in estate.toml, write sms_url = "" in [application."incoming-{env}"].' in ended.out
    assert 'take [application."extra-{env}"] out of estate.toml.' in ended.out
    assert len([line for line in ended.out.splitlines() if line.startswith("To keep")]) == 2
    assert commands(ended.out, "To follow") == ["apply"]


def test_a_rollback_names_the_environment_that_the_account_has_not(promoted: Sandbox, here: Path) -> None:
    """A whole environment that was written by hand is one line: its own section."""
    assert promoted.url
    estate = here / "estate.toml"
    edit(
        estate,
        "[environment.prod]",
        '[environment.dev]\ndialplans = "https://dev.example.com"\n\n[environment.prod]',
    )
    assert invoke("apply").code == 0
    ended = invoke("rollback --allow-911-loss direct-futel-dev")
    assert ended.code == 0, ended
    kept = [line for line in ended.out.splitlines() if line.startswith("To keep")]
    assert kept == ["To keep what Twilio holds: take [environment.dev] out of estate.toml."]


def test_a_rollback_names_the_application_that_numbers_use_again(
    promoted: Sandbox, here: Path, client: Any
) -> None:
    """An application that was renamed by hand: its old name is restored, and no phone is removed."""
    for number in ("+15035550101", "+15035550102"):
        client.incoming_phone_numbers.create(phone_number=number)
    assert invoke("sync-clients --env prod").code == 0
    estate = here / "estate.toml"
    before = estate.read_text()
    edit(estate, "incoming-{env}", "answer-{env}")
    taking = "--take-over +15035550101 --take-over +15035550102"
    for command in ("apply", f"sync-clients --env prod {taking}", "apply --remove incoming-prod"):
        assert invoke(command).code == 0, command
    ended = invoke("rollback --to 3")
    assert ended.code == 0, ended
    kept = [line for line in ended.out.splitlines() if line.startswith("To keep")]
    assert kept == [
        (
            'To keep what Twilio holds: in estate.toml, write [application."incoming-{env}"] for '
            '[application."answer-{env}"], and application = "incoming-{env}" under [clients].'
        )
    ]
    assert commands(ended.out, "To follow") == ["apply", f"sync-clients --env prod {taking}"]
    for command in commands(ended.out, "To follow"):
        assert invoke(command).code == 0, command
    estate.write_text(before)
    assert promoted.url


def test_a_rollback_of_what_only_a_file_said_is_reported_too(promoted: Sandbox, here: Path) -> None:
    """Where a promotion had only the file to change, taking it back says that file and account differ again."""
    assert promoted.url
    edit(here / "estate.toml", OLD, NEW)
    assert invoke(f"promote --env prod --dialplans {OLD}").code == 0
    ended = invoke("rollback")
    assert ended.code == 0
    assert "~ TwiML application incoming-prod" in ended.out.split(DIFFERS)[1]


def test_a_rollback_that_leaves_files_and_account_agreed_says_no_more(promoted: Sandbox) -> None:
    """Where a command wrote its files itself, they follow, and nothing is said of differences."""
    assert promoted.url
    for command in (
        f"promote --env prod --dialplans {NEW}",
        "create-credential elm-office",
        "add-client fern-hall",
    ):
        invoke(command)
    ended = invoke("rollback --to 2 --allow-911-loss elm-office")
    assert ended.code == 0
    assert "elm-office" in ended.out.split(DIFFERS)[1]  # the inventory named that phone all the time
    assert "voice_url" not in ended.out.split(DIFFERS)[1]
    invoke("create-credential elm-office")
    invoke("delete-client elm-office --allow-911-loss elm-office")
    assert DIFFERS not in invoke("rollback").out


def test_what_cannot_be_asked(workspace: Workspace) -> None:
    """There is nothing to roll back or resume in an empty history; an entry that is not there is refused."""
    assert rollback(workspace).outcome is None
    assert resume(workspace).outcome is None
    with pytest.raises(BadInput, match="Entry 7 cannot be undone: the history has none"):
        rollback(workspace, to=7)
    with pytest.raises(BadInput, match="not the number"):
        entry_number("x")


def test_the_history_lists_who_did_what(promoted: Sandbox) -> None:
    """Each run with its number, time, person, command and state; in the order in which they ran."""
    assert promoted.url
    invoke(f"promote --env prod --dialplans {NEW} --skip-rehearsal 'a try'")
    invoke("rollback")
    rows = invoke("history --json").json
    assert [row["entry"] for row in rows] == [1, 2, 3]
    assert [row["state"] for row in rows] == ["done", "rolled back", "done"]
    assert rows[2]["note"] == "takes back 2"
    assert rows[1]["command"] == f"promote --env prod --dialplans {NEW} --skip-rehearsal 'a try'"
    assert rows[1]["note"] == "rehearsal skipped: a try"
    assert "@" in rows[0]["who"]


# --- Killed ------------------------------------------------------------------------------------------


def fate_of_a_killed_promotion(box: Sandbox, here: Path, at: int, *, undo: bool) -> bool:
    """Kill a promotion right before a request, recover, judge, and begin anew; False where it ended first."""
    promote = ("promote", "--env", "prod", "--dialplans", NEW)
    before, was, estate = box.dump(), objects(box), (here / "estate.toml").read_bytes()
    code = run_and_die(at, *promote, cwd=here, url=box.url)
    assert code in {0, KILLED}
    book = here / journal.JOURNAL_FILE
    if code == KILLED:
        cut_off = book.exists() and '"end"' not in book.read_text().splitlines()[-1]
        ended = invoke("resume --undo" if undo else "resume")
        assert ended.code == 0, (at, ended)
        new = cut_off and not undo
        assert (urls(box) == {NEW}) if new else (objects(box) == was), at
        assert (NEW in (here / "estate.toml").read_text()) == new, at
    box.reset()
    box.seed(before)
    (here / "estate.toml").write_bytes(estate)
    book.unlink(missing_ok=True)
    return code == KILLED


@pytest.mark.parametrize("undo", [False, True], ids=["resume", "resume --undo"])
def test_a_killed_promotion_is_all_new_or_all_old(promoted: Sandbox, here: Path, undo: bool) -> None:
    """SIGKILL before each request of a promotion: resume reaches all new, `--undo` all old; estate.toml follows."""
    killed = 0
    while fate_of_a_killed_promotion(promoted, here, killed, undo=undo):
        killed += 1
    assert killed > 6


@pytest.mark.slow
def test_a_hundred_killed_promotions(promoted: Sandbox, here: Path, client: Any) -> None:
    """A hundred kills, of promotions that find stage astray too, end all new or all old."""
    for domain in client.sip.domains.list():
        if "stage" in domain.domain_name:
            domain.update(voice_url="https://astray.example.com/dial_outgoing")
    killed = 0
    while killed < 100:
        for undo in (False, True):
            at = 0
            while killed < 100 and fate_of_a_killed_promotion(promoted, here, at, undo=undo):
                killed, at = killed + 1, at + 1


# --- Two at once -------------------------------------------------------------------------------------


@pytest.fixture
def apart(at_box: Sandbox, here: Path) -> dict[str, str]:
    """The environment of two people's shells at one sandbox and one clone."""
    assert invoke("setup").code == 0
    return {
        **clean_environment(),
        "FUTEL_TWILIO_URL": at_box.url,
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "sandbox",
        "HOME": str(here),
    }


def start(url: str, environment: dict[str, str], here: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "invoke", "--search-root", str(PROJECT), "promote", "--env", "prod"]
    return subprocess.Popen(
        [*command, "--dialplans", url, "--skip-rehearsal", "two at once", "--yes"],
        cwd=here,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("rounds", [4, pytest.param(50, marks=pytest.mark.slow)])
def test_two_promotions_at_once_agree(
    apart: dict[str, str], at_box: Sandbox, here: Path, rounds: int
) -> None:
    """Two promotions to two URLs at once: prod's objects and estate.toml agree, and who lost is reported so."""
    at_box.latency_ms = 5
    for n in range(rounds):
        mine, theirs = f"https://a{n}.example.com", f"https://b{n}.example.com"
        first = start(mine, apart, here)
        time.sleep(0.05 * (n % 5))
        second = start(theirs, apart, here)
        said = [process.communicate(timeout=120) for process in (first, second)]
        found = urls(at_box)
        assert len(found) == 1, (n, said)
        assert f'dialplans = "{found.pop()}"' in (here / "estate.toml").read_text(), (n, said)
        for process, (_out, err) in zip((first, second), said, strict=True):
            was_reported = "Another run is writing" in err or "Somebody else changed" in err
            assert process.returncode == (2 if was_reported else 0), said
        assert 0 in {first.returncode, second.returncode}, said


def test_a_change_right_before_the_write_stops_it(workspace: Workspace) -> None:
    """Where an object is not unchanged when the plan was made, nothing is written, and both values are shown."""
    setup(workspace)
    (application,) = workspace.api.client.applications.list(friendly_name="incoming-prod")
    moved = replace(
        workspace,
        desired=replace(
            workspace.desired,
            applications=tuple(replace(a, voice_url=NEW) for a in workspace.desired.applications),
        ),
    )

    def somebody_else(_proposal: result.Plan) -> bool:
        application.update(voice_url="https://hand.example.com/x")
        return True

    with pytest.raises(Exception, match="Somebody else changed") as caught:
        promotion.update_applications(moved, "prod", result.RunOptions(somebody_else))
    assert "https://hand.example.com/x now" in str(caught.value)
    (application,) = workspace.api.client.applications.list(friendly_name="incoming-prod")
    assert application.voice_url == "https://hand.example.com/x"


def test_a_second_run_on_this_machine_is_refused(at_box: Sandbox, here: Path) -> None:
    """While one run writes, another is refused, names it, and writes nothing."""
    invoke("setup")
    with open_workspace(directory=here) as workspace:

        def meddle(_done: int, _of: int, _latest: str) -> None:
            with (
                open_workspace(directory=here) as other,
                pytest.raises(Refused, match="Another run is writing"),
            ):
                promotion.update(other, "prod")

        for environment in ("stage", "prod"):
            (application,) = workspace.api.client.applications.list(friendly_name=f"incoming-{environment}")
            application.update(voice_method="GET")
        promotion.update(workspace, "stage", result.RunOptions(on_progress=meddle))
    assert at_box.url


@pytest.mark.parametrize(
    ("phone", "files"),
    [("cedar-lot", "extensions.json"), ("alder-street", "extensions.json and clients.toml")],
)
def test_a_rollback_names_the_files_that_have_the_phone(phone: str, files: str, promoted: Sandbox) -> None:
    """A phone that clients.toml does not name must be taken out of the inventory alone."""
    assert promoted.url
    assert invoke(f"create-credential {phone}").code == 0
    ended = invoke(f"rollback --allow-911-loss {phone}")
    assert ended.code == 0, ended
    assert f"To keep what Twilio holds: take {phone} out of {files}." in ended.out.splitlines()

"""The history is read without credentials, with a faulty estate.toml and without Twilio; it says whose it is."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from futel_twilio.apply import journal
from futel_twilio.apply.journal import Journal
from tests.conftest import clean_environment, invoke
from tests.support.paths import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

SANDBOX, OURS, THEIRS = "AC" + "0" * 32, "AC" + "1" * 32, "AC" + "2" * 32


def wrote(here: Path, account: str, command: str) -> None:
    """Put a run of an account into the journal."""
    Journal(here / journal.JOURNAL_FILE, account).begin(command, ()).finish("done")


@pytest.fixture
def with_two(here: Path) -> Path:
    """A journal with runs of two accounts, and no credentials."""
    for account, command in ((OURS, "setup"), (THEIRS, "promote --env prod"), (OURS, "add-client cedar-lot")):
        wrote(here, account, command)
    return here


def name_account(here: Path, account: str) -> None:
    """Let estate.toml name an account."""
    estate = here / "estate.toml"
    estate.write_text(f'account_sid = "{account}"\n{estate.read_text()}')


def test_without_credentials_every_account_is_listed(with_two: Path) -> None:
    """Where no account can be reported, all entries are listed with theirs, and one line says why; so in JSON."""
    assert with_two.is_dir()
    ended = invoke("history")
    assert ended.code == 0
    why = "(No Twilio credentials were found: these are the entries of every account)\n"
    assert ended.err == why
    heading, *rows = ended.out.splitlines()
    assert heading.split()[:2] == ["entry", "account"]
    assert [row.split()[:2] for row in rows] == [["1", OURS], ["1", THEIRS], ["2", OURS]]
    as_json = invoke("history --json")
    assert (as_json.code, as_json.err) == (0, why)
    assert [(row["entry"], row["account"]) for row in as_json.json] == [(1, OURS), (1, THEIRS), (2, OURS)]


@pytest.mark.parametrize("fault", ["", '\nunheard_of = "x"\n'])
def test_the_account_of_the_estate_is_enough(with_two: Path, fault: str) -> None:
    """Without credentials the account that estate.toml names is taken, faults elsewhere in it or not."""
    name_account(with_two, OURS)
    estate = with_two / "estate.toml"
    estate.write_text(estate.read_text().replace("\n", fault or "\n", 1))
    assert invoke("plan --profile sandbox").code == 2
    ended = invoke("history")
    assert ended.err == (
        f"(No Twilio credentials were found: these are the entries of account {OURS}, which estate.toml names)\n"
    )
    heading, *rows = ended.out.splitlines()
    assert "account" not in heading
    assert [row.split()[-4:-2] for row in rows] == [["setup", "0"], ["cedar-lot", "0"]]


def test_an_estate_that_is_no_toml_does_not_matter(with_two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With credentials the history is of their account, though estate.toml cannot be read at all."""
    (with_two / "estate.toml").write_text("[environment.prod\n")
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", THEIRS)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "x")
    ended = invoke("history --json")
    assert (ended.code, ended.err) == (0, "")
    assert [row["command"] for row in ended.json] == ["promote --env prod"]


def test_half_of_the_credentials_are_no_account(with_two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place with half of what is needed stops the search: its account is not taken for the one that is meant."""
    assert with_two.is_dir()
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", OURS)
    ended = invoke("history --json")
    assert ended.code == 0
    assert "TWILIO_ACCOUNT_SID: these are the entries of every account" in ended.err
    assert {row["account"] for row in ended.json} == {OURS, THEIRS}


def test_two_accounts_that_may_be_meant(with_two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials of another account than estate.toml names: both are said, and the entries of every account listed."""
    name_account(with_two, OURS)
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", THEIRS)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "x")
    ended = invoke("history --json")
    assert OURS in ended.err
    assert THEIRS in ended.err
    assert len(ended.json) == 3


def test_a_profile_is_what_is_meant(with_two: Path) -> None:
    """`--profile sandbox` lists the sandbox's entries whatever estate.toml names; an unknown profile is refused."""
    name_account(with_two, OURS)
    wrote(with_two, SANDBOX, "plan")
    assert [row["command"] for row in invoke("history --profile sandbox --json").json] == ["plan"]
    assert invoke("history --profile nobody").code == 2


def test_a_journal_that_cannot_be_read(here: Path) -> None:
    """A journal that is no file is refused in a sentence, without credentials too, and without a traceback."""
    (here / journal.JOURNAL_FILE).mkdir()
    ended = invoke("history")
    assert ended.code == 2
    assert ended.err.startswith("journal.jsonl, the history of what was changed, cannot be read: ")
    assert "Traceback" not in ended.err


def test_another_directory_has_the_history_of_the_clone(here: Path) -> None:
    """A directory without an estate.toml takes the history of the clone, and reports it."""
    (here / "estate.toml").unlink()
    ended = invoke("history --json")
    assert ended.code == 0
    assert (
        f"(the history is {PROJECT / journal.JOURNAL_FILE}: this directory has no estate.toml)" in ended.err
    )


def test_nothing_of_twilio_is_loaded(with_two: Path) -> None:
    """The history is reported without the Twilio client and the engine."""
    code = (
        "import sys; from invoke.program import Program\n"
        "try: Program().run(sys.argv)\nexcept SystemExit: pass\n"
        "print(sorted({'twilio', 'requests', 'werkzeug', 'jsonschema'} & set(sys.modules)), file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, "--search-root", str(PROJECT), "history", "--json"],
        cwd=with_two,
        env={**clean_environment(), "HOME": str(with_two)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert len(json.loads(ran.stdout)) == 3
    assert ran.stderr.splitlines()[-1] == "[]"


@pytest.mark.usefixtures("at_box")
@pytest.mark.parametrize("command", ["rollback", "resume"])
def test_who_cannot_undo_can_look(here: Path, command: str) -> None:
    """A typo in estate.toml refuses `rollback` and `resume`, which say that the history works; and it does."""
    assert invoke("setup").code == 0
    (here / "estate.toml").write_text((here / "estate.toml").read_text() + "\nunheard_of = 1\n")
    refused = invoke(f"{command} --profile sandbox")
    assert refused.code == 2
    assert "`invoke history --profile sandbox` shows what was changed" in refused.err
    assert [row["command"] for row in invoke("history --profile sandbox --json").json] == ["setup"]


@pytest.mark.usefixtures("at_box")
def test_a_reason_is_said_once() -> None:
    """A long reason stands once in the table, in the command; a machine finds it in the note too."""
    assert invoke("setup").code == 0
    reason = " ".join(f"word{n}" for n in range(40))
    promoted = f"promote --env prod --dialplans https://prod-2.example.com --skip-rehearsal '{reason}'"
    assert invoke(promoted).code == 0
    reported = invoke("history").out
    assert reported.count("word39") == 1
    assert reported.splitlines()[-1].endswith("rehearsal skipped")
    assert invoke("history --json").json[-1]["note"] == f"rehearsal skipped: {reason}"

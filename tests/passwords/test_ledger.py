"""The ledger: who got a password when, what was changed behind our back, and never a password."""

from __future__ import annotations

import errno
import json
import os
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio.errors import BadInput
from futel_twilio.files import json_lines
from futel_twilio.passwords import ledger
from futel_twilio.passwords.ledger import Ledger
from futel_twilio.resources.phones import Credential
from tests.conftest import invoke
from tests.support.phones import begin_anew
from tests.support.sandbox import GOOD_PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox

ACCOUNT, OTHER = "AC" + "0" * 32, "AC" + "1" * 32
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
PHONE = Credential("cedar-lot", "sip-direct", date_updated=NOON)
PASSWORD = "Good7PasswordXyz"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a ledger is."""
    return tmp_path / "ledger.jsonl"


@pytest.mark.parametrize("chosen", [True, False])
def test_a_password_is_known_again_and_not_kept(path: Path, *, chosen: bool) -> None:
    """An entry knows its password again and no other; the file holds a digest of it, salted anew each time."""
    found = Ledger(path, ACCOUNT)
    for _ in range(2):
        found.note(PHONE, "created", NOON, PASSWORD, chosen=chosen)
    first, second = found.entries()
    assert first.is_password(PASSWORD)
    assert not first.is_password(PASSWORD + "x")
    assert first.digest != second.digest
    assert PASSWORD not in path.read_text()
    assert first.digest not in repr(first)


def test_accounts_are_kept_apart(path: Path) -> None:
    """One file holds several accounts, of which each sees its own entries."""
    Ledger(path, ACCOUNT).note(PHONE, "created", NOON, PASSWORD)
    Ledger(path, OTHER).note(PHONE, "deleted")
    assert Ledger(path, ACCOUNT).last()["sip-direct/cedar-lot"].event == "created"
    assert Ledger(path, OTHER).last()["sip-direct/cedar-lot"].event == "deleted"
    assert Ledger(path, "AC" + "2" * 32).entries() == ()


@pytest.mark.parametrize("torn", ['{"account": "AC', "nonsense\n", "[1, 2]\n", '{"account": 1}\n', "\n"])
def test_a_torn_line_swallows_no_other(path: Path, torn: str) -> None:
    """A line that broke off, or is none, is passed over, and what is added after it is read."""
    found = Ledger(path, ACCOUNT)
    found.note(PHONE, "created", NOON, PASSWORD)
    with path.open("a") as file:
        file.write(torn)
    found.note(PHONE, "rotated", NOON, PASSWORD)
    assert [entry.event for entry in found.entries()] == ["created", "rotated"]


def test_a_ledger_that_cannot_be_written_is_refused(path: Path) -> None:
    """A ledger that is no file, or lies nowhere, is refused before a password is made."""
    Ledger(path, ACCOUNT).require_writable()
    with pytest.raises(BadInput, match="cannot be written"):
        Ledger(path.parent / "no" / "where", ACCOUNT).require_writable()
    path.mkdir()
    with pytest.raises(BadInput, match="cannot be written"):
        Ledger(path, ACCOUNT).require_writable()


@pytest.mark.parametrize(
    ("events", "later", "says"),
    [
        ([], 0, "not made by this tool"),
        (["created"], 0, "created"),
        (["created", "rotated"], 0, "rotated"),
        (["created"], 1, "created"),
        (["created"], 2, "CHANGED BEHIND OUR BACK"),
        (["created", "deleted"], 0, "not made by this tool"),
    ],
)
def test_what_it_knows_of_a_credential(path: Path, events: list[Any], later: int, says: str) -> None:
    """Where Twilio's date of the last change is later than ours, somebody else changed the password."""
    found = Ledger(path, ACCOUNT)
    for event in events:
        found.note(PHONE, event, NOON, PASSWORD)
    now = Credential("cedar-lot", "sip-direct", date_updated=NOON + timedelta(seconds=later))
    assert ledger.state_of(now, found.last().get(now.name)) == says


@pytest.fixture
def at_numbers(at_box: Sandbox, phone_accounts: dict[str, dict[str, Any]]) -> Sandbox:
    """`invoke` at a set-up account that owns numbers and has no credentials."""
    begin_anew(at_box, phone_accounts["bare"])
    return at_box


def states() -> dict[str, str]:
    return {row["credential"]: row["ledger"] for row in invoke("list-credentials --json").json}


def test_list_credentials_shows_who_changed_them(
    at_numbers: Sandbox, client: Any, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password that is changed by hand, and a credential that is made by hand, stand out in the list."""
    assert at_numbers.count() == 0
    for name in ("cedar-lot", "elm-office", "alder-street"):
        invoke(f"create-credential {name}")
    invoke("rotate-credential elm-office")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 10)
    (phones,) = client.sip.credential_lists.list()
    phones.credentials.create(username="old-phone", password=GOOD_PASSWORD)
    by_hand = next(c for c in phones.credentials.list() if c.username == "alder-street")
    by_hand.update(password=GOOD_PASSWORD)
    assert states() == {
        "alder-street": "CHANGED BEHIND OUR BACK",
        "cedar-lot": "created",
        "elm-office": "rotated",
        "old-phone": "not made by this tool",
    }
    invoke("rotate-credential alder-street")
    assert states()["alder-street"] == "rotated"
    lines = [json.loads(line) for line in (here / ledger.LEDGER_FILE).read_text().splitlines()]
    assert {line["account"] for line in lines} == {ACCOUNT}
    assert all("password" not in line for line in lines)


def test_a_deleted_credential_is_remembered(at_numbers: Sandbox, here: Path) -> None:
    """A phone that was taken away is known by the ledger, and made again it is ours again."""
    assert at_numbers.count() == 0
    inventory, details = (here / "extensions.json").read_text(), (here / "clients.toml").read_text()
    invoke("create-credential elm-office")
    assert invoke("delete-client elm-office --allow-911-loss elm-office").code == 0
    assert invoke("delete-credential elm-office --allow-911-loss elm-office").code == 0
    (here / "extensions.json").write_text(inventory)
    (here / "clients.toml").write_text(details)
    invoke("create-credential elm-office")
    assert states() == {"elm-office": "created"}


def test_a_credential_that_was_there_keeps_its_password(at_numbers: Sandbox, client: Any) -> None:
    """Who adds a phone whose credential somebody made before learns that no new password was given to it."""
    assert at_numbers.count() == 0
    (phones,) = client.sip.credential_lists.list()
    phones.credentials.create(username="cedar-lot", password=GOOD_PASSWORD)
    ended = invoke("create-credential cedar-lot")
    assert ended.code == 0
    assert "! cedar-lot had a credential already, and it keeps its password" in ended.out
    assert "invoke rotate-credential cedar-lot" in ended.out
    invoke("rotate-credential cedar-lot")
    assert "keeps its password" not in invoke("create-credential cedar-lot").out


def test_another_password_is_not_silently_dropped(
    at_numbers: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password that is given to a credential that has another learns to be left out; the same again is well."""
    import io

    assert at_numbers.count() == 0
    for password, is_kept in ((PASSWORD, False), (PASSWORD, False), (PASSWORD + "z", True)):
        monkeypatch.setattr("sys.stdin", io.StringIO(password))
        ended = invoke("create-credential cedar-lot --password-stdin")
        assert ended.code == 0
        assert ("keeps its password" in ended.out) is is_kept


@pytest.mark.parametrize("command", ["create-credential elm-office", "rotate-credential elm-office"])
def test_a_ledger_that_cannot_be_written_loses_no_password(
    command: str, at_numbers: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the disk is full once Twilio has a password, that is shown anyway, and what to do is said."""
    assert at_numbers.url
    invoke("create-credential elm-office" if command.startswith("rotate") else "list-credentials")
    whole = json_lines.append

    def append(path: Path, line: Any) -> None:
        if path.name == ledger.LEDGER_FILE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        whole(path, line)

    monkeypatch.setattr(json_lines, "append", append)
    ended = invoke(command)
    assert ended.code == 0, ended
    assert "Passwords, shown this once:" in ended.out
    assert (
        "! elm-office: its password could not be noted in credentials-ledger.jsonl (No space left"
        in ended.out
    )
    assert "`invoke rotate-credential elm-office`" in ended.out

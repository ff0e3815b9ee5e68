"""The vault: where the passwords of a command come from and go to, judged before anything is sent."""

from __future__ import annotations

import builtins
import codecs
import getpass
import io
import os
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio.errors import BadInput
from futel_twilio.passwords import store
from futel_twilio.resources.phones import Credential
from futel_twilio.workspace import ledger_of

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox
    from futel_twilio.workspace import Workspace

PASSWORD = "Good7PasswordXyz"
PHONE = Credential("cedar-lot", "sip-direct")


class Terminal(io.StringIO):
    """Standard input that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("ending", ["\n", "\r\n", ""])
def test_a_password_is_the_first_line(workspace: Workspace, ending: str) -> None:
    """The password is the first line of standard input, without its end."""
    found = store.open_password_store(
        ledger_of(workspace), typed_for="cedar-lot", source=io.StringIO(f"{PASSWORD}{ending}")
    )
    assert found.of(PHONE) == PASSWORD


def test_at_a_terminal_it_is_not_echoed(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a terminal the password is asked for as passwords are, without showing it."""
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: PASSWORD)
    found = store.open_password_store(
        ledger_of(workspace), typed_for="cedar-lot", source=Terminal("what is typed is not read from here")
    )
    assert found.of(PHONE) == PASSWORD


def test_without_the_library_there_is_no_keyring(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the keyring library --keyring is refused with how to install it."""
    imported = builtins.__import__

    def missing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("keyring"):
            raise ImportError(name)
        return imported(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(BadInput, match="not installed"):
        store.open_password_store(ledger_of(workspace), keyring=True)


def test_nothing_is_sent_or_written_to_open_it(workspace: Workspace, box: Sandbox, here: Path) -> None:
    """Opening the vault sends nothing, and leaves no file behind until there is a password."""
    before = {path.name for path in here.iterdir()}
    store.open_password_store(ledger_of(workspace), file=str(here / "kept"))
    assert {path.name for path in here.iterdir()} == before
    assert box.requests() == []


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"\xff\xfeG\x00", "Standard input cannot be read: it is not UTF-8"),
        (b"Good-Password-1" * 1000, "more than 4096 characters"),
        (b"", "no password came"),
        (b"Good\xc3\xa9Password1\n", "not plain ASCII"),
    ],
)
def test_a_password_that_cannot_be_read_is_reported(raw: bytes, says: str, workspace: Workspace) -> None:
    """What comes on standard input and is no line of text is refused in one sentence, which does not hold it."""
    with pytest.raises(BadInput) as caught:
        store.open_password_store(
            ledger_of(workspace), typed_for="cedar-lot", source=io.TextIOWrapper(io.BytesIO(raw), "utf-8")
        )
    assert says in str(caught.value)
    assert "Password1" not in str(caught.value)


def test_a_mark_before_a_password_is_no_part_of_it(workspace: Workspace) -> None:
    """A byte order mark that a shell of Windows sends, and its line end, are not part of a password."""
    source = io.TextIOWrapper(io.BytesIO(codecs.BOM_UTF8 + b"Good-Password-123\r\n"), "utf-8", newline="")
    passwords = store.open_password_store(ledger_of(workspace), typed_for="cedar-lot", source=source)
    assert passwords.given == {"cedar-lot": "Good-Password-123"}


@pytest.mark.parametrize("name", ["pipe", "folder", "/dev/null"])
def test_a_password_file_is_a_file(name: str, workspace: Workspace, tmp_path: Path) -> None:
    """Passwords are written into no pipe, directory or device, and nothing waits for a reader."""
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "folder").mkdir()
    with pytest.raises(BadInput, match=r"The password file .* cannot be written: "):
        store.open_password_store(ledger_of(workspace), file=str(tmp_path / name))

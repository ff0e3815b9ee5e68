"""The files of the wish on disk: two of them change together, however a run that writes them ends."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio import desired, edits, files, journal
from futel_twilio.errors import BadInput

from .conftest import invoke

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox

NAMES = {"estate.toml", "extensions.json", "clients.toml"}
PHONE = "birch-corner"


class Killed(BaseException):
    """The run ends here; nothing of it tidies up."""


@pytest.fixture
def dies(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets whoever writes die right before a file is put in place for the n-th time; lives on afterwards."""
    replace, left = os.replace, [0]

    def put(*given: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Killed
        replace(*given)

    monkeypatch.setattr(os, "replace", put)
    return lambda at: left.__setitem__(0, at)


def forget(here: Path, dies: Callable[[int], None], at: int) -> None:
    """Take a phone out of both files, and die right before the n-th file is put in place."""
    client = desired.load(here / "estate.toml").client(PHONE)
    dies(at)
    with pytest.raises(Killed):
        edits.perform(edits.Phone(client, None), here / "estate.toml", here / "extensions.json")


def lying_in(here: Path) -> set[str]:
    return {path.name for path in here.iterdir()}


@pytest.mark.parametrize("at", [1, 2, 3])
def test_two_files_change_together(at: int, here: Path, dies: Callable[[int], None]) -> None:
    """A run that dies at any file leaves both as they were or, once they are read, both as they are to be."""
    forget(here, dies, at)
    assert lying_in(here) > NAMES
    wish = desired.load(here / "estate.toml")
    assert (wish.client(PHONE) is None) == (at > 1)
    assert (PHONE in (here / "clients.toml").read_text()) == (at == 1)
    assert lying_in(here) == NAMES


def test_what_a_person_mended_stands(here: Path, dies: Callable[[int], None]) -> None:
    """A file that somebody changed by hand after the kill stays as it is, and nothing waits for it any more."""
    forget(here, dies, 3)
    details = here / "clients.toml"
    mended = details.read_text().replace(PHONE, "alder-street-2").split("[client.alder-street-2]")[0]
    details.write_text(mended)
    assert desired.load(here / "estate.toml").client(PHONE) is None
    assert details.read_text() == mended
    assert lying_in(here) == NAMES


def test_what_lies_ready_may_be_torn(here: Path) -> None:
    """Where the machine went down and what lay ready is not whole, the files are as they are, and are read."""
    (here / files.READY).write_text('[{"file": "clients.t')
    assert desired.load(here / "estate.toml").client(PHONE)
    assert lying_in(here) == NAMES


def test_who_may_not_write_is_told(
    here: Path, dies: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a kill left cannot be put in place by whoever may not write: that is said, with who can."""
    forget(here, dies, 3)

    def refuse(*_given: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(BadInput, match=r"clients.toml half written.*Permission denied") as caught:
        desired.load(here / "estate.toml")
    assert "run `invoke plan`" in caught.value.remedy


def test_half_an_estate_file_is_swept_away(here: Path, dies: Callable[[int], None]) -> None:
    """What a run left beside estate.toml when it died is gone once that is read, which is as it was."""
    estate = here / "estate.toml"
    before = estate.read_bytes()
    dies(1)
    with pytest.raises(Killed):
        edits.rewrite_dialplans(estate, "prod", "https://prod-2.example.com")
    assert lying_in(here) == {*NAMES, ".estate.toml.new"}
    desired.load(estate)
    assert lying_in(here) == NAMES
    assert estate.read_bytes() == before


def test_a_directory_that_somebody_holds(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that somebody else keeps locked, such as `flock . invoke plan`, is read all the same."""
    fcntl = pytest.importorskip("fcntl", reason="this system has no such locks")
    monkeypatch.setattr(files, "LONGEST_WAIT", 0.05)
    descriptor = os.open(here, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        assert desired.load(here / "estate.toml").client(PHONE)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("how", [f"delete-client {PHONE}", "resume", "list-clients"])
def test_a_removal_that_died_between_two_files(
    how: str, at_box: Sandbox, here: Path, dies: Callable[[int], None]
) -> None:
    """`delete-client` that died between the two files: every command goes on, and neither file names the phone."""
    assert at_box.url
    assert invoke("setup").code == 0
    assert invoke(f"create-credential {PHONE}").code == 0
    dies(3)
    with pytest.raises(Killed):
        invoke(f"delete-client {PHONE} --allow-911-loss {PHONE}")
    assert PHONE in (here / "clients.toml").read_text()
    ended = invoke(how)
    assert ended.code == 0, ended
    assert PHONE not in (here / "extensions.json").read_text() + (here / "clients.toml").read_text()
    assert not lying_in(here) & {files.READY, ".clients.toml.new"}
    assert journal.FILE in lying_in(here)

"""Two runs are kept apart by a file: whatever lies in its place ends no run with a traceback."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from futel_twilio.apply import lock
from futel_twilio.config.connection import Connection
from futel_twilio.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OURS = Connection("AC" + "0" * 32, "AC" + "0" * 32, "secret", "a test", url="http://127.0.0.1:1")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that keeps runs apart, which is not there yet, in its own home."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with lock.hold(OURS, "setup", tmp_path):
        pass
    (made,) = (tmp_path / "home" / lock.FOLDER).glob("*.lock")
    made.with_suffix(".json").unlink()
    return made


NOTES: dict[str, Callable[[Path], object]] = {
    "a directory": lambda note: note.mkdir(),
    "a named pipe": os.mkfifo,
    "a list": lambda note: note.write_text("[1]"),
    "brackets": lambda note: note.write_text("[" * 100_000),
    "not UTF-8": lambda note: note.write_bytes(b"\xff\xfe\x00"),
    "another table": lambda note: note.write_text('{"command": 1}'),
    "cut off": lambda note: note.write_text("{"),
}


@pytest.mark.parametrize("spoil", NOTES.values(), ids=NOTES)
def test_whatever_the_note_is(spoil: Callable[[Path], object], file: Path, tmp_path: Path) -> None:
    """A second run is refused whatever lies in the place of the note, and a first one runs."""
    note = file.with_suffix(".json")
    spoil(note)
    with lock.hold(OURS, "setup", tmp_path):
        if note.is_file():
            note.unlink()
            spoil(note)
        with pytest.raises(Refused, match=r"Another run is writing to this account on this machine\. Noth"):
            lock.hold(OURS, "apply", tmp_path).__enter__()
        assert lock.is_held(OURS, tmp_path)
    assert not lock.is_held(OURS, tmp_path)


LOCKS: dict[str, Callable[[Path], object]] = {
    "a directory": lambda file: file.mkdir(),
    "a home that is a file": lambda file: _replace(file.parents[3]),
    "a link that leads nowhere": lambda file: file.symlink_to("nowhere/at/all"),
}


def _replace(home: Path) -> None:
    home.rename(home.with_name("elsewhere"))
    home.write_text("")


@pytest.mark.parametrize("spoil", LOCKS.values(), ids=LOCKS)
def test_where_no_lock_can_be_nothing_is_written(
    spoil: Callable[[Path], object], file: Path, tmp_path: Path
) -> None:
    """Where the file cannot be made, as in a home that cannot be written to, a run is refused in one sentence."""
    file.unlink()
    spoil(file)
    with pytest.raises(Refused, match=r"cannot be written: .*\. Nothing was changed\."):
        lock.hold(OURS, "setup", tmp_path).__enter__()
    assert not lock.is_held(OURS, tmp_path)


def test_the_note_names_the_run(file: Path, tmp_path: Path) -> None:
    """Whoever comes second reads what the first one runs."""
    assert file.is_file()
    with (
        lock.hold(OURS, "setup", tmp_path),
        pytest.raises(Refused, match=f"`invoke setup`, process {os.getpid()}"),
    ):
        lock.hold(OURS, "apply", tmp_path).__enter__()


# --- Another user of this machine, or another HOME ---------------------------------------------------


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """What makes this process one with another HOME."""
    return lambda: monkeypatch.setenv("HOME", str(tmp_path / "another home"))


def the_shared_file() -> Path:
    (there,) = lock.SHARED.iterdir()
    return there


def test_two_homes_are_kept_apart(tmp_path: Path, elsewhere: Callable[[], None]) -> None:
    """While one user's run writes, another user's at the same account is refused, and sees that it is held."""
    with lock.hold(OURS, "setup", tmp_path):
        elsewhere()
        assert lock.is_held(OURS, tmp_path)
        with pytest.raises(Refused, match="Another run is writing to this account on this machine"):
            lock.hold(OURS, "apply", tmp_path).__enter__()
    assert not lock.is_held(OURS, tmp_path)
    with lock.hold(OURS, "apply", tmp_path):
        pass


def test_two_homes_at_one_sandbox_of_one_directory_are_kept_apart(
    tmp_path: Path, elsewhere: Callable[[], None]
) -> None:
    """An embedded sandbox is the directory's: there two HOMEs are kept apart, and in two directories they are not."""
    embedded = replace(OURS, url="", embedded=True)
    with lock.hold(embedded, "setup", tmp_path):
        elsewhere()
        with pytest.raises(Refused, match="Another run is writing"):
            lock.hold(embedded, "apply", tmp_path).__enter__()
        with lock.hold(embedded, "apply", tmp_path / "another directory"):
            pass


def test_other_accounts_are_free(tmp_path: Path, elsewhere: Callable[[], None]) -> None:
    """Another account, and another server, are somebody else's business."""
    with lock.hold(OURS, "setup", tmp_path):
        elsewhere()
        for other in (replace(OURS, account_sid="AC" + "2" * 32), replace(OURS, url="http://127.0.0.1:2")):
            with lock.hold(other, "setup", tmp_path):
                pass


def test_everybody_can_lock_the_shared_file_and_nobody_learns_from_it(tmp_path: Path) -> None:
    """Whatever the umask, others may open it to lock it; it is empty, and neither it nor its name tells the account."""
    before = os.umask(0o077)
    try:
        with lock.hold(OURS, "setup", tmp_path):
            pass
    finally:
        os.umask(before)
    there = the_shared_file()
    assert stat.S_IMODE(there.stat().st_mode) == 0o644
    assert there.read_bytes() == b""
    assert OURS.account_sid not in there.name


@pytest.mark.parametrize("what", ["a link", "a directory", "a pipe"])
def test_what_a_stranger_put_in_its_place_is_refused(what: str, tmp_path: Path) -> None:
    """A link, a directory or a pipe where the shared file would be is neither followed nor waited for: it is named."""
    with lock.hold(OURS, "setup", tmp_path):
        pass
    there, target = the_shared_file(), tmp_path / "of somebody else"
    there.unlink()
    if what == "a link":
        there.symlink_to(target)
    elif what == "a directory":
        there.mkdir()
    else:
        os.mkfifo(there)
    with pytest.raises(Refused, match="keeps the users of this machine apart, cannot be opened") as caught:
        lock.hold(OURS, "setup", tmp_path).__enter__()
    assert str(there) in str(caught.value)
    assert not target.exists()


def test_where_users_share_no_place_a_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a place that all users share, as in some containers, the runs of one HOME are still kept apart."""
    monkeypatch.setattr(lock, "SHARED", tmp_path / "not" / "there")
    with lock.hold(OURS, "setup", tmp_path), pytest.raises(Refused, match="Another run is writing"):
        lock.hold(OURS, "apply", tmp_path).__enter__()

"""Two runs are kept apart by a file: whatever lies in its place ends no run with a traceback."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from futel_twilio import lock
from futel_twilio.errors import Refused
from futel_twilio.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OURS = Settings("AC" + "0" * 32, "AC" + "0" * 32, "secret", "a test", url="http://127.0.0.1:1")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that keeps runs apart, which is not there yet, in a home of its own."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with lock.held(OURS, "setup", tmp_path):
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
    with lock.held(OURS, "setup", tmp_path):
        if note.is_file():
            note.unlink()
            spoil(note)
        with pytest.raises(Refused, match=r"Another run is writing to this account on this machine\. Noth"):
            lock.held(OURS, "apply", tmp_path).__enter__()
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
        lock.held(OURS, "setup", tmp_path).__enter__()
    assert not lock.is_held(OURS, tmp_path)


def test_the_note_names_the_run(file: Path, tmp_path: Path) -> None:
    """Whoever comes second reads what the first one runs."""
    assert file.is_file()
    with (
        lock.held(OURS, "setup", tmp_path),
        pytest.raises(Refused, match=f"`invoke setup`, process {os.getpid()}"),
    ):
        lock.held(OURS, "apply", tmp_path).__enter__()

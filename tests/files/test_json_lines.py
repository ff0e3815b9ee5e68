"""JSON lines: each on disk or not there at all, and for its owner alone."""

from __future__ import annotations

import errno
import io
import json
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio.apply import journal
from futel_twilio.apply.journal import Journal
from futel_twilio.errors import Refused
from futel_twilio.files import json_lines
from futel_twilio.passwords.ledger import Ledger
from futel_twilio.resources.phones import Credential

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ACCOUNT = "AC" + "0" * 32
ADD: dict[str, Callable[[Path], object]] = {
    "the history": lambda path: Journal(path, ACCOUNT).begin("setup", ()),
    "the ledger": lambda path: Ledger(path, ACCOUNT).note(Credential("cedar-lot", "sip-direct"), "deleted"),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that holds one line."""
    there = tmp_path / "lines.jsonl"
    json_lines.append(there, {"first": 1})
    return there


def full(monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    """A disk with room for so many bytes more."""
    left = [room]

    class Full(io.FileIO):
        def write(self, text: Any) -> int:
            if not left[0]:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            some = bytes(text)[: left[0]]
            left[0] -= len(some)
            return super().write(some)

    def opened(path: Path, _mode: str, *, buffering: int, opener: Any) -> Full:
        assert buffering == 0
        return Full(path, "ab+", opener=opener)

    monkeypatch.setattr(json_lines, "open", opened, raising=False)


@pytest.mark.parametrize("what", ADD)
@pytest.mark.parametrize("room", [0, 1, 40])
def test_a_line_that_does_not_fit_is_not_there(
    room: int, what: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is tried on a full disk, the file stays unchanged, and the next line that fits is whole."""
    was = path.read_bytes()
    for _time in range(3):
        with monkeypatch.context() as patched:
            full(patched, room)
            with pytest.raises((OSError, Refused), match="No space left"):
                ADD[what](path)
        assert path.read_bytes() == was
    ADD[what](path)
    assert None not in [*json_lines.lines(path.read_bytes())]


@pytest.mark.parametrize("what", ADD)
def test_a_line_is_on_disk(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line is flushed to the disk before whoever adds it goes on; where that fails, it is taken off again."""
    whole, seen = os.fsync, list[bytes]()
    there = tmp_path / journal.JOURNAL_FILE

    def fsync(descriptor: int) -> None:
        seen.append(there.read_bytes())
        whole(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    ADD[what](there)
    assert seen
    assert seen[0] == there.read_bytes()
    was = there.read_bytes()

    def fails(_descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises((OSError, Refused)):
        ADD[what](there)
    assert there.read_bytes() == was


@pytest.mark.parametrize("what", ADD)
@pytest.mark.parametrize("mode", [None, 0o644, 0o666])
def test_it_is_for_its_owner_alone(mode: int | None, what: str, tmp_path: Path) -> None:
    """Made so, whatever the umask, and tightened where it lies there open to others."""
    there = tmp_path / journal.JOURNAL_FILE
    if mode is not None:
        there.touch()
        there.chmod(mode)
    before = os.umask(0)
    try:
        ADD[what](there)
    finally:
        os.umask(before)
    assert stat.S_IMODE(there.stat().st_mode) == 0o600


def test_after_a_torn_end_a_new_line_begins(path: Path) -> None:
    """A kill may tear the last line: the next is whole, and of the torn one it learns that there was one."""
    with path.open("ab") as file:
        file.write(b'{"sec')
    json_lines.append(path, {"third": 3})
    assert [*json_lines.lines(path.read_bytes())] == [{"first": 1}, None, {"third": 3}]
    assert json.loads(path.read_bytes().splitlines()[-1]) == {"third": 3}

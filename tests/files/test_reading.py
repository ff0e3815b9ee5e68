"""Reading a file: whatever lies there, one error names it, says what is wrong with it and what to do."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from futel_twilio.audit import cassettes
from futel_twilio.errors import BadInput, CannotRead
from futel_twilio.files import reading

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = 'reason = "Grüße"\n'
GOOD = {
    "plain": TEXT.encode(),
    "with a byte order mark": TEXT.encode("utf-8-sig"),
    "with the line ends of Windows": TEXT.replace("\n", "\r\n").encode(),
}
BAD = {
    "UTF-16 of Windows": (TEXT.encode("utf-16"), "in UTF-16, not in UTF-8"),
    "UTF-16, the other way round": (b"\xfe\xff" + TEXT.encode("utf-16-be"), "in UTF-16, not in UTF-8"),
    "UTF-32": (TEXT.encode("utf-32"), "in UTF-32, not in UTF-8"),
    "UTF-16 without a mark": (TEXT.encode("utf-16-le"), "in UTF-16, not in UTF-8"),
    "Latin-1": (b"a = 1\n# Gr\xfc\xdfe", "line 2 is not UTF-8 (byte 0xfc); perhaps the file is in Latin-1"),
    "cut in a character": (TEXT.encode()[:13], "line 1 is not UTF-8"),
    "too large": (b"#" * (reading.MEBIBYTE + 1), "larger than 1 MiB"),
    "brackets": (b"a = " + b"[" * 100_000, "more than 64 levels deep"),
    "dotted keys": (b".".join([b"a"] * 50_000) + b" = 1\n", "more than 64 levels deep"),
    "quoted dotted keys": (b" . ".join([b'"a"'] * 50_000) + b" = 1\n", "more than 64 levels deep"),
    "a table of dotted keys": (b"[" + b".".join([b"a"] * 50_000) + b"]\n", "more than 64 levels deep"),
    "lists": (b"a = " + b"[" * 80 + b"]" * 80, "more than 64 levels deep"),
    "an integer of 6,000 digits": (b"a = " + b"9" * 6000, "too many digits"),
    "not TOML": (b"a = ", "as TOML: "),
}  # fmt: skip
BAD_JSON = {
    "brackets": (b"[" * 100_000, "more than 64 levels deep"),
    "tables": (b'{"a":' * 100 + b"1" + b"}" * 100, "more than 64 levels deep"),
    "an integer of 6,000 digits": (b"9" * 6000, "too many digits"),
    "a number that is none": (b"[NaN]", "NaN is no number of JSON"),
    "a key twice": (b'{"a": 1, "b": {"c": 1, "c": 2}}', "c: stands in the file twice"),
    "empty": (b"", "as JSON: "),
}


@pytest.mark.parametrize("raw", GOOD.values(), ids=GOOD)
def test_utf8_is_read_with_and_without_a_mark(tmp_path: Path, raw: bytes) -> None:
    """UTF-8 is read whether or not an editor put a byte order mark before it."""
    (tmp_path / "some.toml").write_bytes(raw)
    assert reading.read_toml(tmp_path / "some.toml") == {"reason": "Grüße"}


@pytest.mark.parametrize(("raw", "says"), BAD.values(), ids=BAD)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, raw: bytes, says: str) -> None:
    """A file that cannot be read is named, with what is wrong with it, soon and without a traceback."""
    (tmp_path / "some.toml").write_bytes(raw)
    began = time.process_time()
    with pytest.raises(CannotRead) as reported:
        reading.read_toml(tmp_path / "some.toml")
    assert time.process_time() - began < 5
    assert reported.value.message.startswith("some.toml cannot be read")
    assert says in reported.value.message
    assert reported.value.hint.endswith(".")


@pytest.mark.parametrize(("raw", "says"), BAD_JSON.values(), ids=BAD_JSON)
def test_what_is_wrong_with_json_is_said(tmp_path: Path, raw: bytes, says: str) -> None:
    """JSON is held to the same limits, and to what JSON is."""
    (tmp_path / "some.json").write_bytes(raw)
    with pytest.raises(CannotRead) as reported:
        reading.read_json(tmp_path / "some.json")
    assert says in reported.value.message


def _directory(path: Path) -> Path:
    path.mkdir()
    return path


def _pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


def _loop(path: Path) -> Path:
    path.symlink_to(path)
    return path


SPECIAL: dict[str, tuple[Callable[[Path], Path], str]] = {
    "a directory": (_directory, "it is a directory, not a file"),
    "a named pipe": (_pipe, "it is a named pipe, not a file"),
    "a device without an end": (lambda _path: Path("/dev/zero"), "it is a device, not a file"),
    "a link to itself": (_loop, "it leads to itself"),
    "a name that is too long": (lambda path: path.with_name("a" * 300), "File name too long"),
    "a name with a NUL in it": (lambda path: path.with_name("a\0b"), "its name holds a NUL character"),
}


@pytest.mark.parametrize(("made", "says"), SPECIAL.values(), ids=SPECIAL)
def test_only_regular_files_are_read(tmp_path: Path, made: Callable[[Path], Path], says: str) -> None:
    """What is no regular file is refused: nothing waits for a pipe, and no device fills the memory."""
    with pytest.raises(CannotRead) as reported:
        reading.read_text(made(tmp_path / "some"), "the file")
    assert reported.value.message == f"the file cannot be read: {says}."


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mode 000 is said as what it is; root, who may run the tests, can read everything, so the system says no here."""

    def refuse(*_given: object, **_named: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(CannotRead, match=r"\.env cannot be read: you may not read it\."):
        reading.read_text(tmp_path / ".env")


def test_a_file_that_is_not_there_is_for_the_caller(tmp_path: Path) -> None:
    """Whether a missing file is a fault only its reader knows."""
    with pytest.raises(FileNotFoundError):
        reading.read_text(tmp_path / "some.toml")
    assert not reading.is_there(tmp_path / "some.toml")
    (tmp_path / "some.toml").symlink_to("nowhere")
    assert reading.is_there(tmp_path / "some.toml")


STREAMS: dict[str, tuple[io.TextIOBase | None, str]] = {
    "closed": (None, "it is closed"),
    "closed by hand": (io.TextIOWrapper(io.FileIO(os.open(os.devnull, os.O_WRONLY), "w")), "it is closed"),
    "not UTF-8, in a locale that lets it pass": (
        io.TextIOWrapper(io.BytesIO(b"Gr\xfc\xdfe12345678\n"), "utf-8", errors="surrogateescape"),
        "it is not UTF-8",
    ),
    "not UTF-8": (io.TextIOWrapper(io.BytesIO(b"\xff\xfea"), "utf-8"), "it is not UTF-8"),
    "a line without an end": (io.StringIO("a" * 100_000), "more than 4096 characters"),
}


@pytest.mark.parametrize(("stream", "says"), STREAMS.values(), ids=STREAMS)
def test_standard_input_is_read_likewise(stream: io.TextIOWrapper | None, says: str) -> None:
    """A line of standard input that cannot be read is an error of one sentence, too."""
    with pytest.raises(CannotRead) as reported:
        reading.read_line(stream, "standard input")
    assert says in reported.value.message


@pytest.mark.parametrize("line", ["word\n", "word", "word\r\n", "\ufeffword\n"])
def test_a_line_is_read_without_mark_and_end(line: str) -> None:
    """What a Windows pipe puts around a line is not part of it."""
    assert reading.read_line(io.StringIO(line), "standard input") == "word"


CASSETTES = {
    "UTF-16": (lambda path: path.write_bytes("label: 1".encode("utf-16")), "it is in UTF-16"),
    "a named pipe": (os.mkfifo, "it is a named pipe"),
    "a directory": (lambda path: path.mkdir(), "it is a directory"),
    "brackets": (lambda path: path.write_text("[" * 100_000), "is cut or broken"),
    "not there": (lambda _path: None, "There is no cassette"),
}


@pytest.mark.parametrize(("make", "says"), CASSETTES.values(), ids=CASSETTES)
def test_cassettes_are_read_likewise(make: Callable[[Path], object], says: str, tmp_path: Path) -> None:
    """A cassette that cannot be read is reported as what it is; one that is not there is for whoever asked."""
    make(tmp_path / "account.yaml")
    with pytest.raises(BadInput, match=says):
        cassettes.metadata_of(tmp_path / "account.yaml")

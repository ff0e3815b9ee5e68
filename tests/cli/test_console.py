"""The terminal and what stands around a command: streams that are closed or full, no name, no home."""

from __future__ import annotations

import contextlib
import io
import os
import pwd
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from invoke.program import Program

from futel_twilio.cli import console
from tests.conftest import invoke
from tests.support.paths import PROJECT

if TYPE_CHECKING:
    from futel_twilio.sandbox.server import Sandbox

FULL = Path("/dev/full")
HOMES = ("HOME", "USERPROFILE", "LOGNAME", "USER", "LNAME", "USERNAME")


def code_of(*words: str) -> int:
    """The exit code of a command, run in this process with the streams as they stand."""
    try:
        Program().run(["invoke", "--search-root", str(PROJECT), *words])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.mark.skipif(not FULL.exists(), reason="a device of Linux")
@pytest.mark.parametrize(
    "words",
    [
        ("list-domains",),
        ("list-domains", "--json"),
        ("plan",),
        ("list-domains", "--env", "nowhere", "--json"),
        ("doctor",),
    ],
)
def test_a_full_standard_output_is_reported(at_box: Sandbox, words: tuple[str, ...]) -> None:
    """Where standard output takes nothing more a command reports it on standard error, and ends with 2."""
    assert at_box.url
    err = io.StringIO()
    with FULL.open("w") as full, contextlib.redirect_stdout(full), contextlib.redirect_stderr(err):
        code = code_of(*words)
        full.reconfigure(errors="replace")
        with contextlib.suppress(OSError):
            full.flush()
    assert code == 2
    assert "Standard output cannot be written: No space left on device." in err.getvalue()
    assert "Traceback" not in err.getvalue()


@pytest.mark.skipif(not FULL.exists(), reason="a device of Linux")
@pytest.mark.parametrize(
    ("words", "code"), [(("list-domains",), 0), (("list-domains", "--env", "nowhere"), 2)]
)
def test_a_full_standard_error_changes_no_exit_code(
    at_box: Sandbox, words: tuple[str, ...], code: int
) -> None:
    """Notes that standard error does not take are lost, and the command ends as it would have."""
    assert at_box.url
    out = io.StringIO()
    with FULL.open("w") as full, contextlib.redirect_stdout(out), contextlib.redirect_stderr(full):
        assert code_of(*words) == code


def test_closed_streams_end_no_command(here: Path) -> None:
    """With all three streams closed a command ends with its own code, and writes into no file by mistake."""
    words = [sys.executable, "-m", "invoke", "--search-root", str(PROJECT), "plan", "--profile", "sandbox"]
    script = '"$@" <&- >&- 2>&-; echo "$?"'
    env = {**os.environ, "HOME": str(here), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        ["sh", "-c", script, "sh", *words], capture_output=True, text=True, check=False, env=env, timeout=120
    )
    assert (done.stdout, done.stderr) == ("1\n", "")  # which is: something would change


@pytest.mark.parametrize("name", ["stdin", "stdout", "stderr"])
def test_a_closed_stream_is_stood_in_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each stream that Python found closed is one that holds nothing."""
    monkeypatch.setattr(sys, name, None)
    console.stand_in_for_closed_streams()
    with getattr(sys, name) as made:
        assert made.read() == "" if name == "stdin" else made.write("lost")


def test_an_ascii_terminal_shows_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that is not UTF-8 gets another form of what it cannot show, not a traceback."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, "ascii"))
    console.stand_in_for_closed_streams()
    console.print_lines("Grüße → 電話")
    assert raw.getvalue() == b"Gr\\xfc\\xdfe \\u2192 \\u96fb\\u8a71\n"


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user of a container: a number without a name, and no home."""

    def unknown(_uid: int) -> None:
        raise KeyError("getpwuid(): uid not found")

    for name in HOMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize(
    ("command", "code"),
    [("list-domains", 0), ("plan", 1), ("history", 0), ("list-domains --profile nobodys", 2), ("doctor", 0)],
)
def test_who_has_no_name_and_no_home_can_look(at_box: Sandbox, command: str, code: int) -> None:
    """Commands that look need neither a name nor a home."""
    assert at_box.url
    ended = invoke(command)
    assert ended.code == code, ended
    assert "Traceback" not in ended.err


@pytest.mark.usefixtures("nobody")
def test_without_a_home_the_message_says_to_set_one(at_box: Sandbox) -> None:
    """A command that writes keeps other runs off by a file in the home, so it is refused without one."""
    ended = invoke("setup --yes")
    assert (ended.code, at_box.count("POST", "DELETE")) == (2, 0)
    assert "Set HOME to a directory that you may write to." in ended.err


@pytest.mark.usefixtures("nobody")
def test_who_has_no_name_is_known_by_number(
    at_box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The history names a user without a name by the number."""
    assert at_box.url
    monkeypatch.setenv("HOME", str(tmp_path))
    assert invoke("setup --yes").code == 0
    assert f"user {os.getuid()}@" in invoke("history").out


def test_a_directory_that_is_gone_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory that somebody took away meanwhile is one sentence, of whatever command."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    for command in ("list-domains --profile sandbox", "history", "doctor", "audit"):
        ended = invoke(command)
        assert ended.code == 2, ended
        assert "the working directory cannot be read" in ended.err + ended.out
        assert "Traceback" not in ended.err

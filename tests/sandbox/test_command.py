"""`python -m futel_twilio.sandbox`: what it refuses, and how it reports it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio.sandbox.server import Sandbox
from futel_twilio.sandbox.storage.connection import StateError
from tests.cli.test_tasks import INVOKE
from tests.conftest import clean_environment, ignored_interrupts
from tests.support.sandbox import process

if TYPE_CHECKING:
    from pathlib import Path

SMALL: dict[str, Any] = {"format": "futel_twilio.sandbox/1", "objects": [], "counters": [], "settings": []}


def refused(here: Path, *arguments: str) -> list[str]:
    """The lines on stderr of a command that ends alone, with 2 and with nothing on stdout."""
    ended = subprocess.run(
        [sys.executable, "-m", "futel_twilio.sandbox", *arguments],
        cwd=here,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Traceback" not in ended.stderr
    return ended.stderr.splitlines()


def test_all_faults_at_once_and_nothing_written(tmp_path: Path) -> None:
    """Every wrong flag has its line of two sentences; no state file is made; no account is repeated."""
    wrong = ("--host", "0.0.0.0", "--port", "70000", "--latency", "nan", "--credentials-per-list", "0")  # noqa: S104
    more = ("--account", "Hush99", "--fault", "GET / explode", "--seed", "absent.json")
    lines = refused(tmp_path, *wrong, *more, "--state", "state.db")
    assert len(lines) == 7
    assert all(line.endswith(".") and ". " in line for line in lines)
    words = ("is not loopback", "70000", "nan", "0 ", "AC...", "explode", "absent")
    for line, word in zip(lines, words, strict=True):
        assert word in line
    assert "Hush99" not in "".join(lines)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("port", ["", "1.5", "-1", "four", "٤", "9" * 5000])
def test_ports_that_are_none(port: str, tmp_path: Path) -> None:
    """A port is a whole number from 0 to 65535; anything else is one line."""
    (line,) = refused(tmp_path, f"--port={port}")
    said = port[:20] or "''"
    assert line == f"--port {said} is not a number from 0 to 65535. Give one, or leave it out."


def test_a_state_without_a_name(tmp_path: Path) -> None:
    """An empty name for the state file is one line, and in Python a StateError: nothing is kept in a file unnamed."""
    (line,) = refused(tmp_path, "--state", "")
    assert line == "--state needs the name of a file. Give one, or leave it out to keep nothing."
    with pytest.raises(StateError, match="has no name"):
        Sandbox(state="").start()


def test_a_taken_port_in_python_says_which() -> None:
    """In Python a taken port is the system's OSError, with a note that names the port and what to do."""
    with Sandbox() as box:
        with pytest.raises(OSError, match="in use") as caught:
            Sandbox(port=box.port).start()
        assert f"cannot listen on 127.0.0.1, port {box.port}. Leave" in caught.value.__notes__[0]


def test_a_state_file_is_emptied_first(tmp_path: Path) -> None:
    """With --reset a state file that holds something is begun anew, and then takes a seed."""
    (tmp_path / "seed.json").write_text(json.dumps(SMALL))
    state = tmp_path / "state.db"
    with Sandbox(state) as box:
        box.seed(SMALL | {"settings": [["", "balance", "1.00"]]})
    with process("--state", str(state), "--reset", "--seed", str(tmp_path / "seed.json")):
        pass
    with Sandbox(state) as box:
        assert box.dump() == SMALL


@pytest.mark.parametrize(
    ("rule", "part"),
    [
        ("GET /x latency=long", "the VALUE of latency is a number of milliseconds, not 'long'"),
        ("GET /x 429=", "the VALUE of 429 is a number of seconds, not ''"),
        ("GET /x 500 twice", "not 'twice'"),
        ("GET /x 500 x1 x2", "not 'x2'"),
        ("GET /x explode=9z", "no fault is called explode"),
        ("TAKE /x 500", "GET, POST, DELETE, PUT, PATCH, HEAD, OPTIONS, *"),
        ("GET /x", "a fault is written METHOD PATH FAULT"),
    ],
)
def test_a_wrong_rule_says_which_part(rule: str, part: str, tmp_path: Path) -> None:
    """Of a rule that is none, the part that is wrong is named with what it should be."""
    (line,) = refused(tmp_path, "--fault", rule)
    assert part in line


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """A taken port is one line: what happened, and what to do."""
    with Sandbox() as box:
        taken = str(box.port)
        (line,) = refused(tmp_path, "--port", taken)
    assert line.startswith(f"Cannot listen on 127.0.0.1, port {taken}: Address already in use. Stop what")


def broken(file: Path) -> None:
    """A state file of ours whose pages are overwritten in the middle."""
    with Sandbox(file) as box:
        box.seed(SMALL | {"settings": [["", f"name{n}", "x" * 2000] for n in range(40)]})
    content = bytearray(file.read_bytes())
    content[30_000:60_000] = b"?" * 30_000
    file.write_bytes(content)


def foreign(file: Path) -> None:
    database = sqlite3.connect(file)
    database.execute("CREATE TABLE letters (content TEXT)")
    database.close()


@pytest.mark.parametrize("make", [lambda file: file.write_text("Dear volunteers"), broken, foreign])
def test_state_files_that_cannot_be_used(make: Any, tmp_path: Path) -> None:
    """A letter, a broken file and another program's database are refused in one line, and left as they are."""
    file = tmp_path / "state.db"
    make(file)
    before = file.read_bytes()
    (line,) = refused(tmp_path, "--state", "state.db")
    assert line.startswith("state.db cannot be used as a sandbox state file: ")
    assert line.endswith("Name another file with --state, or take that one away to begin anew.")
    assert file.read_bytes() == before


def test_state_places_that_cannot_be(tmp_path: Path) -> None:
    """A folder that is not there, and a folder in place of a file, are one line."""
    for place in ("absent/state.db", "."):
        (line,) = refused(tmp_path, "--state", place)
        assert line.startswith(f"{place} cannot be used as a sandbox state file: ")


@pytest.mark.parametrize("content", ["", "Dear volunteers", "[1]", '{"format": 1}', "[" * 100_000, "\ud800"])
def test_seeds_that_are_none(content: str, tmp_path: Path) -> None:
    """A seed that is no dump is one line, told before the state file is made."""
    (tmp_path / "seed.json").write_bytes(content.encode("utf-8", "surrogatepass"))
    (line,) = refused(tmp_path, "--seed", "seed.json", "--state", "state.db")
    assert line.startswith("--seed seed.json is no seed: ")
    assert not (tmp_path / "state.db").exists()


def test_a_seed_is_a_regular_file(tmp_path: Path) -> None:
    """A device that never ends and a pipe that nobody writes to are refused at once."""
    os.mkfifo(tmp_path / "pipe")
    for place in ("/dev/zero", "pipe"):
        (line,) = refused(tmp_path, "--seed", place)
        assert line.startswith(f"--seed {place} is no seed: it is not a regular file.")


def test_a_seed_for_a_filled_state(tmp_path: Path) -> None:
    """A seed for a state file that holds something is refused, and the file keeps what it had."""
    (tmp_path / "seed.json").write_text(json.dumps(SMALL))
    with Sandbox(tmp_path / "state.db") as box:
        box.seed(SMALL | {"settings": [["", "balance", "1.00"]]})
        held = box.dump()
    (line,) = refused(tmp_path, "--seed", "seed.json", "--state", "state.db")
    assert line.startswith("--seed seed.json: only an empty sandbox takes a seed")
    with Sandbox(tmp_path / "state.db") as box:
        assert box.dump() == held


def test_a_flag_that_is_none(tmp_path: Path) -> None:
    """A mistyped flag is reported with the usage, and exit code 2."""
    assert "unrecognized arguments: --prot" in refused(tmp_path, "--prot", "1")[-1]


COMMANDS = {
    "module": [sys.executable, "-m", "futel_twilio.sandbox"],
    "invoke": [*INVOKE, "sandbox", "--port", "0"],
}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("how", COMMANDS)
def test_a_server_ends_although_interrupts_were_ignored(
    how: str, number: signal.Signals, tmp_path: Path
) -> None:
    """Started in the background of a shell script, which has Ctrl-C ignored, a sandbox ends with 0 on a signal."""
    (tmp_path / "estate.toml").write_text("")
    with (
        ignored_interrupts(),
        subprocess.Popen(
            [*COMMANDS[how], "--state", "state.db"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment(),
        ) as server,
    ):
        assert server.stdout is not None
        assert server.stdout.readline().startswith("listening on http://127.0.0.1:")
        server.send_signal(number)
        _out, err = server.communicate(timeout=60)
    assert server.returncode == 0
    assert "Traceback" not in err

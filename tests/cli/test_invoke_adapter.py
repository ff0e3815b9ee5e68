"""What Invoke itself does with a command line: each test fails once Invoke no longer needs what we replace in it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import clean_environment

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = """
import sys
from invoke import task


@task(iterable=["remove"], positional=["name"])
def apply(context, name, remove=None, yes=False):
    '''Apply.'''
    print(repr(name), remove, yes, sys.dont_write_bytecode)
"""


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A directory with a task that uses nothing of ours."""
    (tmp_path / "tasks.py").write_text(PLAIN)
    return tmp_path


def run(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "invoke", "apply", *words],
        cwd=directory,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_invoke_exits_with_1_for_a_flag_that_it_does_not_know(plain: Path) -> None:
    """`UnreadableCommandLine` is needed: 1 means findings here, and a mistyped flag is a refusal."""
    ended = run(plain, "x", "--no-such")
    assert (ended.returncode, "--no-such" in ended.stderr) == (1, True)


def test_invoke_splits_a_value_that_begins_with_a_dash(plain: Path) -> None:
    """`_parse_line` is needed: `--remove=--yes` names nothing to remove, and says yes to everything."""
    assert run(plain, "x", "--remove=--yes").stdout.startswith("'x' [] True")


def test_a_positional_argument_of_invoke_takes_the_help(plain: Path) -> None:
    """`_handle_word` is needed: `apply --help` runs the command with the name `--help`."""
    assert run(plain, "--help").stdout.startswith("'--help' [] False")


def test_invoke_shows_no_value_for_a_repeatable_flag(plain: Path) -> None:
    """`_describe_flag` is needed: the help of Invoke shows `=STRING` for a flag of one value alone."""
    ended = subprocess.run(
        [sys.executable, "-m", "invoke", "--help", "apply"],
        cwd=plain,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ("--name=STRING" in ended.stdout, "--remove=STRING" in ended.stdout) == (True, False)


def test_invoke_keeps_python_from_writing_compiled_files(plain: Path) -> None:
    """`cli/startup.py` is needed: under Invoke each command would compile the package again."""
    assert run(plain, "x").stdout.split()[-1] == "True"

"""Commands that kill themselves (SIGKILL) right before a request, as forks of one process that has all modules.

`python -m tests.support.dying` is that process: it reads one JSON object a line (`at`, `command`, `cwd`,
`environment`), and prints the exit code of each command, negative for a signal.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from invoke.program import Program

from futel_twilio.rehearsal import runner
from futel_twilio.twilio_api import client, http
from tests.conftest import clean_environment
from tests.support.paths import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

KILLED = -signal.SIGKILL
# What a command about domains and applications loads when it runs: a fork need not load it again.
LOADED = (
    "futel_twilio.commands.promotion",
    "futel_twilio.commands.resume",
    "futel_twilio.commands.rollback",
    "futel_twilio.workspace",
    "twilio.rest.api.v2010.account",
)


def run_and_die(at: int, *command: str, cwd: Path, url: str) -> int:
    """Run a command that kills itself right before a request, with one request at a time.

    Args:
        at: how many requests the command may send; it ends alone if it needs no more.
        command: the words after `invoke`.
        cwd: the directory of the estate.
        url: the sandbox.

    Returns:
        The exit code; KILLED if it was killed.
    """
    environment = {
        **clean_environment(),
        "FUTEL_TWILIO_URL": url,
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "sandbox",
        "HOME": str(cwd),
    }
    order = {"at": at, "command": command, "cwd": str(cwd), "environment": environment}
    process = _process()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()
    return int(process.stdout.readline())


@functools.cache
def _process() -> subprocess.Popen[str]:
    """The process that forks, one for all tests of this process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.dying"],
        cwd=PROJECT,
        env=clean_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(_end, process)
    return process


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def _serve() -> None:
    for module in LOADED:
        importlib.import_module(module)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _run(json.loads(line))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{code}\n")
        sys.stdout.flush()


def _run(order: dict[str, Any]) -> NoReturn:
    """Become the command; nothing of it reaches the streams of the process that forks."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["environment"])
    _prepare(order["at"])
    code = 1
    try:
        Program().run(["invoke", "--search-root", str(PROJECT), *order["command"]])
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        os._exit(code)


def _prepare(left: int) -> None:
    """Skip the rehearsal, send one request at a time, and kill the process where no request is left."""
    ask = http.Http._once

    def once(self: http.Http, *args: Any, **kwargs: Any) -> Any:
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return ask(self, *args, **kwargs)

    http.Http._once = once  # type: ignore[method-assign]
    runner.rehearse = lambda *_asked: runner.Rehearsal((), signed=True)
    client.Api.gather = lambda _self, calls: [http.answer_or_error(call) for call in calls]  # type: ignore[method-assign,assignment]


if __name__ == "__main__":
    _serve()

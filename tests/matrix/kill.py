"""The command in its own process, killed (SIGKILL): while it waits for an answer, or before it touches a file.

The process is forked from a server that has one thread, so that no lock is held by a thread that is not there.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.conftest import invoke

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.matrix.arena import Arena

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    ["tests.matrix.kill", "tasks", "futel_twilio.commands.clients", "futel_twilio.commands.recovery.replay"]
)
WRITING = os.O_WRONLY | os.O_RDWR
LONGEST = 60.0


@dataclass
class Touched:
    """Counts what the command is about to do to files of its directory, and may kill it there."""

    directory: str
    dies_at: int
    count: int = 0

    def __call__(self, event: str, given: tuple[Any, ...]) -> None:
        if event not in {"open", "os.rename", "os.remove"} or not self._is_write(event, given):
            return
        self.count += 1
        if self.count == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def _is_write(self, event: str, given: tuple[Any, ...]) -> bool:
        if not str(given[0]).startswith(self.directory):
            return False
        return event != "open" or bool(int(given[2]) & WRITING)


def child(command: str, directory: str, environment: Mapping[str, str], dies_at: int) -> None:
    """Run the command; the exit code is how many times it touched a file, or 255 where it failed."""
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    touched = Touched(directory, dies_at)
    sys.addaudithook(touched)
    ended = invoke(command)
    os._exit(255 if ended.code else touched.count)


def _started(arena: Arena, command: str, dies_at: int = 0) -> Any:
    process = PROCESSES.Process(
        target=child, args=(command, str(arena.directory), arena.environment, dies_at), daemon=True
    )
    process.start()
    return process


def touches(arena: Arena, command: str) -> int:
    """How many times a command touches a file of its directory, if nothing happens to it."""
    process = _started(arena, command)
    process.join(LONGEST)
    arena.wait_until_quiet()
    return int(process.exitcode)


def at_a_file(arena: Arena, command: str, place: int) -> bool:
    """Kill a command right before it touches a file for the n-th time; whether it came to that."""
    process = _started(arena, command, place)
    process.join(LONGEST)
    arena.wait_until_quiet()
    return bool(process.exitcode == -signal.SIGKILL)


def at_a_request(arena: Arena, command: str, fault: str) -> bool:
    """Kill a command once a request of it met the fault that leaves it waiting; whether it came to that."""
    process = _started(arena, command)
    deadline = time.monotonic() + LONGEST
    while process.is_alive() and not arena.struck(fault) and time.monotonic() < deadline:
        time.sleep(0.001)
    process.kill()
    process.join()
    arena.wait_until_quiet()
    return bool(process.exitcode == -signal.SIGKILL)


def project_on_path() -> None:
    """What the server of forks is to find its modules by."""
    os.environ["PYTHONPATH"] = str(Path(__file__).parent.parent.parent)

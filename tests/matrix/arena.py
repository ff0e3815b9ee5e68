"""A sandbox and a directory with an estate, brought back to a state in no time, and a way to type commands there."""

from __future__ import annotations

import gc
import io
import os
import shutil
import sqlite3
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from futel_twilio.apply import write_run
from futel_twilio.apply.journal import JOURNAL_FILE, Journal
from futel_twilio.config.variables import VARIABLES
from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN
from futel_twilio.sandbox.server import Sandbox
from futel_twilio.twilio_api import http
from tests.conftest import Ended, copy_estate, invoke
from tests.matrix import reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.sandbox.http.app import App
    from futel_twilio.twilio_api.http import RetryPolicy

# How long a run waits that something goes wrong for: not long, or the matrix would take a day.
SHORT = http.RetryPolicy(attempts=2, first_wait=0.002, longest_wait=0.01, answer=0.25)
CALM = http.RetryPolicy(attempts=4, first_wait=0.01, longest_wait=0.05)
PASSWORDS = "passwords"
QUIET_SECONDS = 20.0
ROOT = f"/2010-04-01/Accounts/{DEFAULT_ACCOUNT_SID}"


class Overheard:
    """The sandbox's application, which keeps no password, with each that comes in noted, and whether it was taken."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.sent: list[tuple[str, str]] = []
        self.taken: dict[str, str] = {}

    def __call__(self, environ: Any, start_response: Any) -> Any:
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(body)
        form = {name: values[0] for name, values in parse_qs(body.decode("latin-1")).items()}
        if "Password" not in form or "Username" not in form:
            return self._app(environ, start_response)
        self.sent.append((form["Username"], form["Password"]))

        def start(status: str, headers: Any, *rest: Any) -> Any:
            if status.startswith("201"):
                self.taken[form["Username"]] = form["Password"]
            return start_response(status, headers, *rest)

        return self._app(environ, start)


@dataclass(frozen=True)
class State:
    """All that a case begins with: the sandbox's memory, and the files of the directory with their modes."""

    memory: bytes
    files: dict[str, tuple[bytes, int]]


class Arena:
    """The place where cases are played, one after the other."""

    def __init__(self, directory: Path, home: Path) -> None:
        self.directory = directory
        self.home = home
        self.box = Sandbox()
        self.box.start()
        self._store, self._app, self._server = self.box._parts
        self.overheard = Overheard(self._app)
        self._server.app = self.overheard

    @property
    def environment(self) -> dict[str, str]:
        """What a command finds in its process environment: this sandbox, and nothing of whoever runs this."""
        kept = {name: value for name, value in os.environ.items() if name not in VARIABLES}
        return kept | {
            "FUTEL_TWILIO_URL": self.box.url,
            "TWILIO_ACCOUNT_SID": DEFAULT_ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": DEFAULT_AUTH_TOKEN,
            "HOME": str(self.home),
        }

    def type(self, command: str, patience: RetryPolicy = CALM) -> Ended:
        """Type a command, to Invoke's own parser in this process, and wait until the sandbox is through with it."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(http, "RetryPolicy", lambda: patience)
            ended = invoke(command)
        self.wait_until_quiet()
        return ended

    def wait_until_quiet(self) -> None:
        """Nothing that was sent is still on its way: else it would be carried out in the next case."""
        deadline = time.monotonic() + QUIET_SECONDS
        while self._server._connections:
            if time.monotonic() > deadline:
                raise TimeoutError("the sandbox does not come to rest")
            gc.collect()  # a connection may hang on the traceback of the error that it ended in
            time.sleep(0.001)

    def keep(self) -> State:
        with self._store._lock:
            memory = self._store.db.serialize()
        files = {path.name: (path.read_bytes(), path.stat().st_mode) for path in self.directory.iterdir()}
        return State(memory, files)

    def restore(self, state: State) -> None:
        """Bring the sandbox and the directory back; the request log is empty then, and no fault is set."""
        self.box.clear_faults()
        for path in self.directory.iterdir():
            path.unlink()
        for name, (content, mode) in state.files.items():
            (self.directory / name).write_bytes(content)
            (self.directory / name).chmod(mode)
        copy = sqlite3.connect(":memory:")
        copy.deserialize(state.memory)
        with self._store._lock:
            copy.backup(self._store.db)
        copy.close()
        self.box.clear_requests()
        self.overheard.sent.clear()
        self.overheard.taken.clear()

    def account(self) -> reading.Reading:
        return reading.of_account(self.box.dump())

    def files(self) -> reading.Files:
        return reading.of_files(self.directory)

    def journal(self) -> Journal:
        return Journal(self.directory / JOURNAL_FILE, DEFAULT_ACCOUNT_SID)

    def struck(self, fault: str) -> bool:
        """Whether a request met a fault."""
        return any(logged.fault == fault for logged in self.box.requests())


@contextmanager
def opened() -> Iterator[Arena]:
    """An arena, with this process in its directory."""
    top, here = Path(tempfile.mkdtemp(prefix="matrix-")), Path.cwd()
    directory, home = top / "here", top / "home"
    directory.mkdir()
    home.mkdir()
    copy_estate(directory)
    arena = Arena(directory, home)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(write_run, "PAUSE_SECONDS", 0.0)
            for name, value in arena.environment.items():
                patch.setenv(name, value)
            for name in set(VARIABLES) - set(arena.environment):
                patch.delenv(name, raising=False)
            os.chdir(directory)
            yield arena
    finally:
        os.chdir(here)
        arena.box.stop()
        shutil.rmtree(top)

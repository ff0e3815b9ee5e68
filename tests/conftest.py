"""What the tests share: a sandbox, a directory with the project's estate, and a shell at it."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import shlex
import shutil
import signal
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from invoke.collection import Collection
from invoke.exceptions import ParseError
from invoke.program import Program
from pytest_socket import socket_allow_hosts

from futel_twilio.apply import lock, write_run
from futel_twilio.commands import clients
from futel_twilio.config.variables import VARIABLES
from futel_twilio.rehearsal import runner
from futel_twilio.sandbox.server import Sandbox
from futel_twilio.twilio_api import http
from futel_twilio.workspace import Workspace, open_workspace
from tests.support.paths import ESTATE, PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from invoke.tasks import Task

from tests.support.phones import OWNED, own, set_up
from tests.support.sandbox import GOOD_PASSWORD, sdk


def copy_estate(directory: Path) -> None:
    """Put the tests' own estate into a directory."""
    shutil.copytree(ESTATE, directory, dirs_exist_ok=True)


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def loopback_only() -> None:
    """No test reaches anything but this machine; pytest-socket lifts it again after the test."""
    socket_allow_hosts(["127.0.0.1", "localhost", "::1"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def no_credentials(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No test reads the credentials or the home of whoever runs it, and no retry waits long."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    # Beside, not within: tests look at all that there is in their own directory.
    monkeypatch.setattr(lock, "SHARED", tmp_path_factory.mktemp("of-all-users"))
    monkeypatch.setattr(http, "RetryPolicy", lambda: PATIENCE)


@pytest.fixture(autouse=True)
def dialplans_that_answer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dialplans of example URLs cannot be asked; a test of the rehearsal itself has real ones (`dialplans`)."""
    if "rehearses" not in request.keywords:
        monkeypatch.setattr(runner, "rehearse", lambda *_asked: runner.Rehearsal((), signed=True))


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds follow each other at once."""
    monkeypatch.setattr(write_run, "PAUSE_SECONDS", 0.0)


PATIENCE = http.RetryPolicy(attempts=4, first_wait=0.01, longest_wait=0.05)


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """A sandbox of this test's own."""
    with Sandbox(state=":memory:") as running:
        yield running


@pytest.fixture(name="client")
def official_client(box: Sandbox) -> Iterator[Any]:
    """The official client at that sandbox, with nothing of ours between but the address."""
    with sdk(box.url) as made:
        yield made


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory but for the tests' estate."""
    directory = tmp_path / "here"
    directory.mkdir()
    copy_estate(directory)
    monkeypatch.chdir(directory)
    return directory


@pytest.fixture
def workspace(box: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """The tests' estate at the sandbox, through FUTEL_TWILIO_URL."""
    monkeypatch.setenv("FUTEL_TWILIO_URL", box.url)
    with open_workspace("sandbox", directory=here) as opened:
        yield opened


def invoke(command: str) -> Ended:
    """Run `invoke COMMAND` through Invoke's own parser, in this process and working directory."""
    words = shlex.split(command)
    try:
        return _run(_OneCommand(words[0]), words)
    except (_UnreadableError, IndexError, KeyError):
        return _run(Program(), ["--search-root", str(PROJECT), *words])


def _run(program: Program, words: list[str]) -> Ended:
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            program.run(["invoke", *words])
        except SystemExit as end:
            code = int(end.code or 0)
    return Ended(code, out.getvalue(), err.getvalue())


class _UnreadableError(Exception):
    """A command line that Invoke cannot read: what it says of it may name all commands."""


class _OneCommand(Program):
    """Invoke with one command of tasks.py, which it loads once: parsing the flags of all takes most of its time."""

    def __init__(self, name: str) -> None:
        collection = Collection()
        collection.add_task(_commands()[name])
        super().__init__(namespace=collection)

    def parse_tasks(self) -> None:
        try:
            super().parse_tasks()
        except ParseError:
            raise _UnreadableError from None

    def parse_cleanup(self) -> None:
        if self.args.help.value or self.core_via_tasks.args.help.value:
            raise _UnreadableError
        super().parse_cleanup()


@cache
def _commands() -> dict[str, Task[Any]]:
    return Collection.from_module(importlib.import_module("tasks")).tasks


@pytest.fixture
def at_box(box: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox, with `invoke` in this test reaching it by FUTEL_TWILIO_URL and the sandbox's credentials."""
    assert here.is_dir()
    monkeypatch.setenv("FUTEL_TWILIO_URL", box.url)
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "0" * 32)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "sandbox")
    return box


def somebody_elses_things(client: Any) -> None:
    """A number, a credential and an address that no phone of the inventory has."""
    client.incoming_phone_numbers.create(phone_number="+15035550142")
    (phones,) = client.sip.credential_lists.list()
    phones.credentials.create(username="old-phone", password=GOOD_PASSWORD)
    client.addresses.create("x", "5 Old St", "Portland", "OR", "97201", "US", emergency_enabled=True)


@pytest.fixture(scope="session")
def phone_accounts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Dumps of accounts: set up, with bare numbers besides, and synced, with somebody else's things besides."""
    directory = tmp_path_factory.mktemp("estate")
    copy_estate(directory)
    with pytest.MonkeyPatch.context() as patch, Sandbox() as running, sdk(running.url) as made:
        patch.setenv("FUTEL_TWILIO_URL", running.url)
        numberless = set_up(running, directory)
        own(running, OWNED)
        bare = running.dump()
        with open_workspace("sandbox", directory=directory) as workspace:
            for env in ("prod", "stage"):
                clients.sync_clients(workspace, env)
        somebody_elses_things(made)
        return {"set up": numberless, "bare": bare, "synced": running.dump()}


def clean_environment() -> dict[str, str]:
    """The process environment without any Twilio variable, for a command in its own process."""
    return {name: value for name, value in os.environ.items() if name not in VARIABLES}


@contextlib.contextmanager
def ignored_interrupts() -> Iterator[None]:
    """What is started here has Ctrl-C ignored from the beginning, as a background job of a shell script has."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def round_trips(box: Sandbox) -> int:
    """The longest chain of requests of which each began after the one before had ended."""
    chain, free_at = 0, 0.0
    for logged in sorted(box.requests(), key=lambda r: r.ended):
        if logged.started >= free_at:
            chain, free_at = chain + 1, logged.ended
    return chain

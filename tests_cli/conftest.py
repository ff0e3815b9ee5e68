"""The CLI at its own sandbox, the runbook played once, and a table of how it went."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from futel_twilio.sandbox.server import Sandbox
from tests.support.sandbox import call

from .node import Taken, node, summary, walk_all
from .steps import STEPS
from .story import Story
from .terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

COULD_NOT_LOOK = 2
STORY = pytest.StashKey[Story]()
WALK = pytest.StashKey[list[Taken]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--node-modules", type=Path, help="where npm has put twilio-cli and twilio")


def pytest_configure(config: pytest.Config) -> None:
    modules = config.getoption("--node-modules")
    if modules is None or not shutil.which("twilio", path=modules / ".bin") or not shutil.which("node"):
        pytest.exit(
            "tests_cli drives Twilio's own CLI with Node. Run `nox -s cli`, which fetches it with npm.",
            returncode=COULD_NOT_LOOK,
        )


@pytest.fixture(scope="session")
def modules(pytestconfig: pytest.Config) -> Path:
    given: Path = pytestconfig.getoption("--node-modules")
    return given.resolve()


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """A sandbox of this test's own."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def terminal(box: Sandbox, modules: Path, tmp_path: Path) -> Terminal:
    return Terminal(modules, tmp_path, box.url)


@pytest.fixture(scope="session")
def story(pytestconfig: pytest.Config, modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The whole runbook, played once on one sandbox."""
    with Sandbox() as box:
        reported = Story(Terminal(modules, tmp_path_factory.mktemp("home"), box.url), box)
        pytestconfig.stash[STORY] = reported
        reported.play()
    return reported


@pytest.fixture(scope="session")
def walked(
    pytestconfig: pytest.Config, modules: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[Taken]:
    """The whole walk through the Node SDK, once."""
    with Sandbox() as box, node(Terminal(modules, tmp_path_factory.mktemp("home"), box.url)) as sdk:
        call(box.url, "POST", "/_sandbox/settings", {"emergency_delay_seconds": "0"})
        pytestconfig.stash[WALK] = walk_all(box, sdk)
    return pytestconfig.stash[WALK]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if STORY in config.stash:
        _tell_story(terminalreporter, config.stash[STORY])
    if WALK in config.stash:
        terminalreporter.section("the sandbox through Twilio's Node SDK")
        terminalreporter.line(summary(config.stash[WALK]))


def _tell_story(terminalreporter: pytest.TerminalReporter, reported: Story) -> None:
    """A line for each command: the exit code, what the sandbox held beside it, the command as it is written."""
    terminalreporter.section("the runbook through Twilio's CLI")
    terminalreporter.line(f"{'exit':>4}  {'held':<6}  command")
    for step in STEPS:
        played = reported.played.get(step)
        code, held = (
            (played.ended.code, ", ".join(played.differs) or "as said") if played else ("-", "not run")
        )
        terminalreporter.line(f"{code:>4}  {held:<6}  {step.words}")

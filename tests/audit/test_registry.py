"""The checks as they are loaded and counted: nothing of the caller's pytest leaves one out in silence."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio.audit import registry, runner
from futel_twilio.errors import FutelTwilioError, Refused
from tests.conftest import clean_environment, invoke
from tests.support.installed_phones import set_up
from tests.support.paths import PROJECT
from tests.support.sampling import first

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox


def judged() -> set[str]:
    return {check.name for check in runner.run().checks}


def run_pytest(*flags: str, plugins: list[Any] | None = None) -> tuple[int, str]:
    """Run `pytest checks/` within this process: its exit code, and what it said."""
    plain = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-c", str(PROJECT / "pyproject.toml"))
    with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.redirect_stderr(said):
        code = pytest.main([*plain, *flags, str(PROJECT / "checks")], plugins=plugins or [])
    return int(code), said.getvalue()


@pytest.fixture
def live(at_box: Sandbox) -> tuple[str, ...]:
    """The flags of an audit of a sandbox that was set up as desired."""
    assert at_box.count() == 0
    set_up()
    return ("--live", "--profile", "sandbox")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PYTEST_ADDOPTS", "-k domains"),
        ("PYTEST_ADDOPTS", "--setup-only"),
        ("PYTEST_ADDOPTS", "--collect-only -m hygiene"),
        ("PYTEST_ADDOPTS", "--deselect checks/test_domains.py --maxfail=1"),
        ("PYTEST_ADDOPTS", "--no-such-flag"),
        ("PYTEST_PLUGINS", "no_such_plugin"),
    ],
)
def test_variables_of_pytest_leave_no_check_out(
    variable: str, value: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`invoke audit` judges the same checks whatever the caller's variables say to pytest."""
    assert here.exists()
    whole = judged()
    monkeypatch.setenv(variable, value)
    assert judged() == whole
    assert len(whole) > 130


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "[pytest]\naddopts = -k domains\n"),
        ("tox.ini", "[pytest]\naddopts = --setup-only\n"),
        ("conftest.py", "def pytest_collection_modifyitems(items):\n    items[:] = items[:3]\n"),
    ],
)
def test_files_of_pytest_leave_no_check_out(name: str, text: str, here: Path) -> None:
    """Nor does a file of pytest's in the directory where the audit runs."""
    whole = judged()
    (here / name).write_text(text)
    assert judged() == whole


def test_the_audit_and_pytest_judge_the_same(here: Path) -> None:
    """`invoke audit` and `pytest checks/` have the same checks under the same names."""
    assert here.exists()
    code, said = run_pytest("-vv")
    assert code == 0
    assert said.count(" PASSED ") == len(judged())
    assert "checks/test_domains.py::test_there[direct-futel-prod] PASSED" in said


class LeavesOut:
    """A plugin that takes checks out of the list and says nothing of it."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        del items[5:]


class Deselects:
    """A plugin that selects."""

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        config.hook.pytest_deselected(items=items[:1])
        del items[:1]


class Skips:
    """A plugin that knows a marker of ours by another meaning, as pytest-django does `urls`."""

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if item.get_closest_marker("urls"):
            pytest.skip("no Django settings")


class Passes:
    """A plugin that does not run the checks."""

    def pytest_runtest_protocol(self) -> bool:
        return True


class SkipsResults:
    """A plugin that reports every result as skipped, after the check ran."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.when == "call":
            report.outcome = "skipped"
            report.longrepr = ("checks", 1, "skipped by a plugin")
        return report


class SkipsEverySecond:
    """A plugin that reports every other result as skipped."""

    def __init__(self) -> None:
        self.seen = 0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        self.seen += report.when == "call"
        if report.when == "call" and self.seen % 2:
            report.outcome = "skipped"
            report.longrepr = ("checks", 1, "skipped by a plugin")
        return report


@pytest.mark.parametrize(
    "plugin", first(3, [LeavesOut, Skips, Passes, Deselects, SkipsResults, SkipsEverySecond])
)
def test_pytest_refuses_where_a_plugin_left_checks_out(plugin: type, live: tuple[str, ...]) -> None:
    """`pytest checks/ --live` ends with 2 where a plugin kept checks from being judged, and names them."""
    code, said = run_pytest(*live, plugins=[plugin()])
    assert code == 2
    assert "This was not the whole audit" in said
    assert "not judged: " in said or "no check was judged" in said


@pytest.mark.parametrize(
    ("variable", "typed", "code"),
    [
        ("", ["-m", "urgent and not urls"], 0),
        ("", ["--setup-only"], 2),
        ("-k domains", ["-m", "urgent"], 2),
        ("--color=no", [], 0),
        pytest.param("", [], 0, marks=pytest.mark.slow),
        pytest.param("", ["-k", "domains"], 0, marks=pytest.mark.slow),
        pytest.param("", ["--collect-only"], 2, marks=pytest.mark.slow),
        pytest.param("-k domains", [], 2, marks=pytest.mark.slow),
        pytest.param("-m hygiene", [], 2, marks=pytest.mark.slow),
        pytest.param("--setup-plan", [], 2, marks=pytest.mark.slow),
        pytest.param("--deselect checks/test_domains.py", [], 2, marks=pytest.mark.slow),
    ],
)
def test_pytest_refuses_what_was_narrowed_without_being_asked(
    variable: str, typed: list[str], code: int, live: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`pytest checks/ --live` judges what its own command line asks for, or ends with 2."""
    monkeypatch.setenv("PYTEST_ADDOPTS", variable)
    assert run_pytest(*live, *typed)[0] == code


@pytest.mark.parametrize("typed", [("-k", "nosuchcheck"), ("-m", "emergency and hygiene and urgent")])
def test_what_was_typed_selects_nothing(typed: tuple[str, str], live: tuple[str, ...]) -> None:
    """Where the flags that you typed select no check, the message names them and blames nothing else."""
    code, said = run_pytest(*live, *typed)
    assert code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "No check was judged: what you typed selects none." in said
    assert f"Leave out {typed[0]}" in said
    assert "something else than the command line" not in said


def test_nothing_judged_is_not_well(here: Path) -> None:
    """Offline too, `pytest checks/` does not end with 0 where it judged no check."""
    assert here.exists()
    assert run_pytest("--setup-only")[0] == 2
    assert run_pytest("-k", "nosuchcheck")[0] == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_check_can_be_left_out_on_purpose(live: tuple[str, ...]) -> None:
    """What the command line itself leaves out was asked to be left out."""
    code, said = run_pytest(*live, "--deselect", "checks/test_domains.py::test_there")
    assert code == 0, said


def test_python_without_assertions_is_refused(here: Path) -> None:
    """`python -O` ends with 2 and a sentence."""
    command = (sys.executable, "-O", "-m", "invoke", "--search-root", str(PROJECT), "audit")
    ended = subprocess.run(
        command, cwd=here, env=clean_environment(), capture_output=True, text=True, check=False, timeout=120
    )
    assert ended.returncode == 2
    assert "Python runs with -O" in ended.stderr


def test_an_audit_of_nothing_is_refused(here: Path) -> None:
    """Where estate.toml asks for nothing of the kind, the audit ends with 2, not with 0 and 0 checks."""
    (here / "estate.toml").write_text('[environment.stage]\ndialplans = "https://stage.example.com"\n')
    ended = invoke("audit --only emergency")
    assert ended.code == 2
    assert "nothing to check" in ended.err


@pytest.mark.parametrize("marker", ["urls", "hygiene"])
def test_what_could_not_look_is_not_well(marker: str, at_box: Sandbox) -> None:
    """On an empty account, the checks of a marker that all want something to look at end with 2, not with 0."""
    assert at_box.count() == 0
    ended = invoke(f"audit --live --profile sandbox --only {marker}")
    assert ended.code == 2
    assert "could not look" in ended.err


GOOD = '''
from futel_twilio.audit.checks import check


@check("urgent", severity="critical", remedy="Look.")
def test_one(account_data: object) -> None:
    """It holds."""
'''
FAULTS = {
    "no file": (None, "there are no checks in"),
    "no check": ("X = 1\n", "there are no checks in"),
    "no claim": (GOOD + "\n\ndef test_two() -> None: ...\n", "test_two has no claim"),
    "twice": (GOOD + GOOD, "test_one is there 2 times"),
    "not Python": ("def test_one(:\n", "SyntaxError"),
    "cannot be imported": ("import no_such_module\n" + GOOD, "no_such_module"),
    "an argument that there is not": (GOOD.replace("(account_data:", "(tmp_path:"), "asks for tmp_path"),
    "two subjects": (GOOD.replace("account_data:", "domain: object, application:"), "several subjects"),
    "a marker that there is not": (GOOD.replace('"urgent"', '"urgnet"'), "no marker urgnet"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_check_that_would_be_left_out_is_reported(fault: str, tmp_path: Path) -> None:
    """A file of checks that would lose one is refused, and says which."""
    text, says = FAULTS[fault]
    if text is not None:
        (tmp_path / "test_things.py").write_text(text)
    with pytest.raises(FutelTwilioError) as caught:
        registry.load(tmp_path)
    assert says in " ".join(caught.value.faults)


def test_a_good_file_is_loaded(tmp_path: Path) -> None:
    """A file of checks is loaded under the resource of its name."""
    (tmp_path / "test_things.py").write_text(GOOD)
    assert [function.name for function in registry.load(tmp_path)] == ["things/one"]


def test_a_broken_check_is_not_judged(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of a check ends the audit with its name: it is neither a finding nor a pass."""
    assert here.exists()
    first = registry.load()[0]

    def broken(**_given: object) -> None:
        raise ZeroDivisionError("one over none")

    monkeypatch.setattr(registry.Case, "look", lambda *_of: broken())
    with pytest.raises(FutelTwilioError, match="could not be judged") as caught:
        runner.run()
    assert not isinstance(caught.value, Refused)
    assert first.name in caught.value.faults[0]

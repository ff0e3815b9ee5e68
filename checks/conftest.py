"""Show the cases of `futel_twilio.audit.registry` to pytest: the same that `invoke audit` judges.

They are named from estate.toml alone, so that collecting needs no network and the names are always the same. With
`--live` this is the audit, and ends with 2 where fewer checks were judged than estate.toml demands, unless the
command line itself asks for fewer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from futel_twilio.audit import registry, runner
from futel_twilio.audit.checks import MARKERS
from futel_twilio.audit.judgement import judge
from futel_twilio.audit.session import AuditSession, lines_of
from futel_twilio.cli.options import Options
from futel_twilio.errors import FutelTwilioError
from futel_twilio.text import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from futel_twilio.audit.results import Check

COULD_NOT_LOOK = 2
LOOKING = pytest.StashKey[AuditSession]()
JUDGED = "futel_twilio"
OUTCOME = "futel_twilio_outcome"
# What leaves tests out, or does not run them, by pytest's own names; "not slow" is of this project's pyproject.toml.
NARROWING = {
    "-k": "keyword",
    "-m": "markexpr",
    "--deselect": "deselect",
    "--ignore": "ignore",
    "--ignore-glob": "ignore_glob",
    "--maxfail": "maxfail",
    "--collect-only": "collectonly",
    "--setup-only": "setuponly",
    "--setup-plan": "setupplan",
    "--last-failed": "lf",
    "--stepwise": "stepwise",
}
OURS = {"markexpr": "not slow"}
TOLD_AT_MOST = 5
NARROWED = "This was not the whole audit: something else than the command line left checks out."
HOW = "Run `invoke audit`, which nothing of pytest reaches, or take that away and run it again."
SELECTS_NONE = "No check was judged: what you typed selects none."
HOW_TO_SELECT = "Leave out {flags}, or run `invoke audit`."
# How pytest reports a check that was judged, by its outcome; anything else is a plugin's doing.
REPORTED_AS = {"held": "passed", "finding": "failed", "accepted": "skipped", "not looked at": "skipped"}


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    group = parser.getgroup("futel_twilio", "the audit of the Twilio account")
    group.addoption("--live", action="store_true", help="read the account over the wire, not a cassette")
    group.addoption("--profile", help="with --live: a profile of the Twilio CLI, or `sandbox`")
    group.addoption("--env", help="check one environment")
    pluginmanager.register(parser, "futel_twilio-parser")


def pytest_configure(config: pytest.Config) -> None:
    for name, means in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {means}")
    env, profile, live = (config.getoption(name) for name in ("--env", "--profile", "--live"))
    looking = _or_exit(lambda: AuditSession.of(env, profile, live=live), profile)
    functions = _or_exit(registry.load, profile)
    _or_exit(runner.require_assertions, profile)
    _or_exit(lambda: looking.accept([function.name for function in functions]), profile)
    config.stash[LOOKING] = looking
    demanded = {case.name for case in registry.cases(functions, looking) if case.demanded}
    config.pluginmanager.register(Count(config, demanded))


def _or_exit(ask: Callable[[], Any], profile: str | None) -> Any:
    try:
        return ask()
    except FutelTwilioError as error:
        words = "\n".join(shown(Options(profile=profile).complete(line)) for line in error.lines)
        raise pytest.exit.Exception(words, returncode=COULD_NOT_LOOK) from None


class Count:
    """What was to be judged, what was, and what the command line itself says of that.

    Args:
        config: of this run.
        demanded: the names of all checks that estate.toml demands.
    """

    def __init__(self, config: pytest.Config, demanded: set[str]) -> None:
        parser = cast("pytest.Parser", config.pluginmanager.get_plugin("futel_twilio-parser"))
        self.config = config
        self.demanded = demanded
        self.judged: set[str] = set()
        self.others = 0
        self.was_selected = False
        self.live = bool(config.getoption("--live"))
        # What was typed, without what PYTEST_ADDOPTS and ini files add to it.
        typed = parser.parse_known_args([str(one) for one in config.invocation_params.args])
        self.typed = [flag for flag, name in NARROWING.items() if getattr(typed, name, None)]
        self.asks_for_fewer = bool(self.typed) or not any(
            map(_holds_all_checks, (config.invocation_params.dir / str(one) for one in typed.file_or_dir))
        )
        self.unasked = [
            flag
            for flag, name in NARROWING.items()
            if (now := getattr(config.option, name, None))
            and now not in (getattr(typed, name), OURS.get(name))
        ]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a check that was judged; with xdist the workers' reports come here too."""
        if report.when != "call":
            return
        about = dict(report.user_properties)
        if JUDGED not in about:
            self.others += 1
        elif REPORTED_AS[str(about[OUTCOME])] == report.outcome:
            self.judged.add(str(about[JUDGED]))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        is_worker = hasattr(self.config, "workerinput")
        if (
            exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
            and not is_worker
            and self.faults()
        ):
            session.exitstatus = COULD_NOT_LOOK

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        looking = self.config.stash[LOOKING]
        for note in looking.notes:
            terminalreporter.write_line(shown(looking.completed(note)))
        faults = self.faults()
        if faults:
            terminalreporter.write_line(SELECTS_NONE if self.selects_none else NARROWED)
            for line in faults:
                terminalreporter.write_line(shown(f"  {line}"))
            how = HOW_TO_SELECT.format(flags=" ".join(self.typed)) if self.selects_none else HOW
            terminalreporter.write_line(looking.completed(how))

    @property
    def selects_none(self) -> bool:
        """Whether nothing was judged because the command line itself asks for nothing that there is."""
        return not self.judged and not self.unasked and bool(self.typed) and not self.was_selected

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.was_selected = bool(session.items)

    def faults(self) -> tuple[str, ...]:
        """Why this was not the whole of what was asked; each a line."""
        if not self.live:
            return () if self.judged or self.others or not self.demanded else ("no check was judged",)
        if not self.judged:
            return ("no check was judged",)
        if self.unasked:
            return tuple(f"{flag} was given by a variable or an ini file, not typed" for flag in self.unasked)
        missing = sorted(self.demanded - self.judged) if not self.asks_for_fewer else []
        more = [f"and {len(missing) - TOLD_AT_MOST} more"] if len(missing) > TOLD_AT_MOST else []
        return (*(f"not judged: {name}" for name in missing[:TOLD_AT_MOST]), *more)


def _holds_all_checks(path: Path) -> bool:
    return registry.CHECKS.resolve().is_relative_to(path.resolve())


class Finding(Exception):
    """A check that failed, in the lines that the terminal shows."""


class Case(pytest.Item):
    """One check of one thing."""

    def __init__(self, *, case: registry.Case, **of_pytest: Any) -> None:
        super().__init__(**of_pytest)
        self.case = case
        for name in case.function.claim.markers:
            self.add_marker(name)

    def runtest(self) -> None:
        looking = self.config.stash[LOOKING]
        _or_exit(looking.look, looking.profile)
        check: Check = judge(self.case, looking)
        self.user_properties += [(JUDGED, check.name), (OUTCOME, check.outcome)]
        if check.outcome == "not looked at":
            pytest.skip("its subject is missing, which another check reports")
        if check.outcome == "accepted":
            pytest.xfail(check.accepted)
        if check.outcome == "finding":
            raise Finding("\n".join(lines_of(check)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show a finding without a traceback."""
        return (
            str(excinfo.value) if isinstance(excinfo.value, Finding) else super().repr_failure(excinfo, style)
        )

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.case.function.run.__code__.co_firstlineno - 1, self.name


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Module, name: str, obj: Any) -> list[Case] | None:
    """The cases of a check, instead of what pytest would make of the function."""
    function = registry.function_of(collector.path, obj) if name.startswith(registry.PREFIX) else None
    return list(_cases(collector, function)) if function else None


def _cases(collector: pytest.Module, function: registry.Function) -> Iterator[Case]:
    for case in registry.cases_of(function, collector.config.stash[LOOKING]):
        yield Case.from_parent(collector, name=shown(case.test_name), case=case)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What estate.toml does not ask for is not checked; it is deselected, not passed."""
    unasked = [item for item in items if isinstance(item, Case) and not item.case.demanded]
    if unasked:
        config.hook.pytest_deselected(items=unasked)
        items[:] = [item for item in items if item not in unasked]

"""One audit: what is looked at and how, each check judged, and the whole run from Python.

The checks themselves are `checks/`, in pytest; this is what stands between them and the account.
"""

from __future__ import annotations

import ast
import contextlib
import io
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio import accepted, account, desired, evidence, letters, scene, settings, subjects, tape
from futel_twilio.change import Scope
from futel_twilio.claims import MARKERS
from futel_twilio.client import Api
from futel_twilio.errors import BadInput, FutelTwilioError
from futel_twilio.findings import Audit, Check
from futel_twilio.ledger import FILE, Ledger
from futel_twilio.model import Client, Credential, Environment, Estate, PhoneNumber

if TYPE_CHECKING:
    from collections.abc import Sequence

    from futel_twilio.claims import NotSo
    from futel_twilio.evidence import Evidence
    from futel_twilio.ledger import Entry
    from futel_twilio.model import Noun
    from futel_twilio.settings import Settings

CASSETTES = "cassettes"
ACCEPTED = "accepted.toml"
BASELINE_DAYS = 30
CHECKS = desired.PROJECT / "checks"


def narrowed(wish: Estate, env: str | None) -> Estate:
    """The wish of one environment, and of what all share; the whole of it if none is named.

    Raises:
        BadInput: the estate has no environment of that name.
    """
    if env is None:
        return wish
    desired.require_environment(env, (environment.name for environment in wish.environments))
    of_env = replace(
        wish,
        environments=tuple(e for e in wish.environments if e.name == env),
        applications=tuple(a for a in wish.applications if a.environment == env),
        domains=tuple(d for d in wish.domains if d.environment == env),
    )
    return desired.with_clients(of_env, tuple(c for c in wish.clients if c.environment == env))


def cassette(directory: Path, env: str | None) -> Path:
    """The cassette of an environment, or of all; of this directory, else of the project."""
    home = directory / CASSETTES if (directory / CASSETTES).is_dir() else desired.PROJECT / CASSETTES
    own = home / f"account-{env}.yaml"
    return own if env and own.exists() else home / "account.yaml"


@dataclass
class Looking:
    """What a run of the checks looks at, and what it has seen.

    Attributes:
        wish_of_all: the whole wish.
        wish: the wish of the environment that was named.
        scope: how far the plan is asked for.
        settings: the account, where it is looked at live; None for a cassette.
        directory: where estate.toml, accepted.toml and the cassettes are looked for first.
        acceptances: the findings that are accepted for now.
        seen: the account, once it was read.
        source: what was looked at, in words.
        notes: what a reader should know besides the findings.
    """

    wish_of_all: Estate
    wish: Estate
    scope: Scope
    settings: Settings | None
    directory: Path
    env: str | None
    acceptances: tuple[accepted.Acceptance, ...] = ()
    seen: Evidence | None = None
    source: str = ""
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(
        cls, env: str | None, profile: str | None, *, live: bool, directory: Path | None = None
    ) -> Looking:
        """What the flags name.

        Raises:
            BadInput: a file, an environment or the credentials have faults.
            Refused: the estate belongs to another account.
        """
        directory = directory or Path.cwd()
        wish = desired.load(desired.estate_file_of(directory))
        found = None
        if live:
            found = settings.resolve(profile, directory=directory)
            account.refuse_another_account(wish, found)
        elif profile is not None:
            raise BadInput("--profile names an account, and without --live none is looked at.", "Add --live.")
        narrow = narrowed(wish, env)
        return cls(wish, narrow, Scope(environments=(env,) if env else None), found, directory, env)

    def accept(self, known: Sequence[str]) -> None:
        """Read accepted.toml; `known` are the names of all checks."""
        names = {*known, *names_of(self.wish_of_all)}
        self.acceptances = accepted.load(accepted_file(self.directory), names)

    def look(self) -> Evidence:
        """Read the account, live or from the cassette.

        Raises:
            TwilioError: it could not be read.
            BadInput: the cassette is missing, broken, or of another estate.
        """
        self.seen = self._live(self.settings) if self.settings else self._recorded()
        return self.seen

    def _live(self, found: Settings) -> Evidence:
        self.source = f"live: {'the sandbox' if found.is_sandbox else 'Twilio'}"
        with account.reached(found, self.directory) as api:
            return evidence.gather(api, self.wish)

    def _recorded(self) -> Evidence:
        path = cassette(self.directory, self.env)
        wish = self.wish if path.stem != "account" else self.wish_of_all
        with tape.playing(path, wish, self.wish_of_all) as label:
            api = Api(settings.replayed(), at_once=tape.AT_ONCE)
            seen = evidence.gather(api, self.wish)
            api.close()
        self.source = f"cassette of {label.recorded} ({label.source}, version {label.version})"
        if label.age_days > tape.OLD_AFTER_DAYS:
            self.notes.append(
                f"The cassette is {label.age_days} days old: record it anew with `invoke record`, or look with --live."
            )
        noon = datetime.combine(label.recorded, time(12), UTC)
        return replace(seen, by_key=label.by_key, looked_at=noon)

    def judged(
        self,
        nodeid: str,
        claim: str,
        subject: tuple[str, Any],
        marks: dict[str, Any],
        error: NotSo | None,
    ) -> Check:
        """A check as it came out: `subject` is its id and the thing wished for, `error` what did not hold."""
        label, thing = subject
        environment = thing.name if isinstance(thing, Environment) else getattr(thing, "environment", "")
        words = {"{env}": environment or "ENV", "{name}": label.removeprefix(subjects.OF_911)}
        check = Check(
            name=name_of(nodeid),
            claim=claim.strip(),
            noun=name_of(nodeid).split("/")[0],
            subject=label,
            environment=environment,
            markers=tuple(marks["markers"]),
            severity=marks["severity"],
            outcome="held",
        )
        if error is None:
            return check
        outcome, said = accepted.judge(check.name, self.acceptances, datetime.now(UTC).date())
        remedy = letters.with_quoted(marks["remedy"], words)
        return replace(
            check,
            outcome=outcome,
            accepted=said,
            wished=tape.scrubbed(error.wished),
            found=tape.scrubbed(error.found),
            remedy=remedy,
            changed_by=self._changed_by(thing),
        )

    def _changed_by(self, thing: Any) -> str:
        # What is asked of a phone and is not its credential is asked of its number.
        noun: Noun = PhoneNumber(thing.caller_id) if isinstance(thing, Client) else thing
        if self.seen is None or not hasattr(noun, "sid"):
            return ""
        there = next(
            (n for n in self.seen.estate.nouns() if type(n) is type(noun) and n.name == noun.name), None
        )
        if isinstance(noun, Credential):
            return self.seen.last_change(there.sid if there else "", noun.username, "credential")
        return self.seen.last_change(there.sid if there else "", noun.name)

    @cached_property
    def ledger(self) -> dict[str, Entry]:
        """When this tool last gave out a password, by credential; empty where no account is looked at live."""
        if self.settings is None:
            return {}
        path = desired.estate_file_of(self.directory).with_name(FILE)
        entries = Ledger(path, self.settings.account_sid).last()
        return {name: one for name, one in entries.items() if one.event != "deleted" and one.twilio_at}

    def asks_for(self, key: str, thing: Any) -> bool:
        """Whether a check is asked of a thing, by the key that its claim names."""
        if key == "clients":
            return bool(self.wish_of_all.clients_list)
        if key == "ledger":
            return thing is not None and thing.name in self.ledger
        return bool(getattr(self.wish.account, key))


LOOKING = pytest.StashKey[Looking]()


def accepted_file(directory: Path) -> Path:
    """The acceptances that go with the estate file of a directory."""
    return desired.estate_file_of(directory).with_name(ACCEPTED)


def names_of(wish: Estate) -> set[str]:
    """The names that checks can have, those of other environments and of files that are not run included."""
    things = (*wish.nouns(), *wish.environments, *subjects.external_numbers(wish))
    named = [*map(subjects.subject_of, things), *map(subjects.of_911, wish.clients)]
    functions = {
        name_of(f"{path.name}::{node.name}")
        for path in CHECKS.glob("test_*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    return functions | {
        f"{check}[{subject}]" for check in functions for subject in (*named, *evidence.ALERTS)
    }


def name_of(nodeid: str) -> str:
    """What a check is called: `checks/test_domains.py::test_there[x]` is `domains/there[x]`."""
    file, _, test = nodeid.partition("::")
    return f"{Path(file).stem.removeprefix('test_')}/{test.removeprefix('test_')}"


def lines_of(check: Check) -> tuple[str, ...]:
    """A finding as a person reads it."""
    said = (
        ("claim", check.claim),
        ("wished", check.wished),
        ("found", check.found),
        ("changed", check.changed_by),
        ("accepted", check.accepted),
        ("remedy", check.remedy),
    )
    return (check.name, *(f"  {word + ':':<10}{text}" for word, text in said if text))


class _Collector:
    """A pytest plugin that keeps each check as it came out, and why a run stopped."""

    def __init__(self) -> None:
        self.checks: list[Check] = []
        self.looking: Looking | None = None
        self.stopped: FutelTwilioError | None = None
        self.broken: list[str] = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        if getattr(report, "check", None):
            self.checks.append(report.check)
        elif report.failed:
            self.broken.append(f"{report.nodeid}: {str(report.longrepr).splitlines()[-1]}")

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.broken.append(f"{report.nodeid}: {str(report.longrepr).splitlines()[-1]}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.looking = session.config.stash.get(LOOKING, None)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self.stopped = getattr(excinfo.value, "error", None)


def run(
    *, live: bool = False, profile: str | None = None, env: str | None = None, only: Sequence[str] = ()
) -> Audit:
    """Run the checks and give what they came to.

    Args:
        live: look at the account over the wire; at the cassette otherwise.
        profile: with `live`, a profile of the Twilio CLI, or `sandbox`.
        env: one environment; all if None.
        only: markers; checks with any of them are run, all if empty.

    Raises:
        FutelTwilioError: it could not look.
    """
    unknown = [name for name in only if name not in MARKERS]
    if unknown:
        raise BadInput(
            f"There is no marker {unknown[0]!r}.", f"Use --only with some of: {', '.join(MARKERS)}."
        )
    flags = [*(["--live"] if live else []), *(["--profile", profile] if profile is not None else [])]
    flags += ["--env", env] if env is not None else []
    flags += ["-m", " or ".join(only)] if only else []
    collector = _Collector()
    with contextlib.redirect_stdout(io.StringIO()) as output, contextlib.redirect_stderr(output):
        code = pytest.main([*_plain(), *flags, str(CHECKS)], plugins=[collector])
    return _came_to(collector, int(code), output.getvalue())


def _plain() -> tuple[str, ...]:
    project = str(desired.PROJECT)
    return (
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "--rootdir",
        project,
        "-c",
        f"{project}/pyproject.toml",
    )


def _came_to(collector: _Collector, code: int, output: str) -> Audit:
    if collector.stopped:
        raise collector.stopped
    if code == pytest.ExitCode.INTERRUPTED and not collector.broken:
        raise KeyboardInterrupt
    looking, seen = collector.looking, collector.looking.seen if collector.looking else None
    if collector.broken or code not in (0, 1) or looking is None or seen is None:
        what = (*collector.broken, *output.strip().splitlines()[-1:])
        raise FutelTwilioError(
            "The checks could not be run.", "This is a fault of the project: please report it.", what[:5]
        )
    checks = tuple(collector.checks)
    found = {check.name for check in checks if check.outcome != "held"}
    ran = {check.name for check in checks}
    if looking.settings is None and any(check.outcome == "finding" for check in checks):
        looking.notes.append(
            "This is a recording: if Twilio was changed since, look with --live or `invoke record`."
        )
    unused = accepted.unused([a for a in looking.acceptances if a.check in ran], found)
    return Audit(
        looked_at=seen.looked_at,
        source=looking.source,
        version=version("futel-twilio"),
        environments=tuple(environment.name for environment in looking.wish.environments),
        checks=checks,
        boxes=tuple(scene.boxes(looking.wish, seen)),
        arrows=tuple(scene.arrows(looking.wish, seen)),
        notes=(*looking.notes, *unused),
    )


def record(*, profile: str | None = None, env: str | None = None, directory: Path | None = None) -> Path:
    """Record all that the checks read, and give the cassette.

    Raises:
        FutelTwilioError: it could not be read, or something secret was left in it; nothing was written.
    """
    looking = Looking.of(env, profile, live=True, directory=directory)
    found = looking.settings
    if found is None:
        raise TypeError
    label = tape.label_for(looking.wish, found, by_key=found.username.startswith("SK") or found.is_sandbox)
    path = looking.directory / CASSETTES / (f"account-{env}.yaml" if env else "account.yaml")
    secrets = tuple(filter(None, (found.secret, found.auth_token))) if not found.is_sandbox else ()
    with (
        account.reached(found, looking.directory, tape.AT_ONCE) as api,
        tape.recording(path, label, secrets, looking.wish_of_all),
    ):
        evidence.gather(api, looking.wish)
    return path


def baseline(audit: Audit, by: str | None, reason: str, until: str | None) -> str:
    """Accept today's findings for now; says how many.

    Raises:
        BadInput: the day is none, or is past.
    """
    today = datetime.now(UTC).date()
    try:
        day = date.fromisoformat(until) if until else today + timedelta(days=BASELINE_DAYS)
    except ValueError:
        raise BadInput(f"--until {until} is not a day.", "Write it as 2027-01-31.") from None
    names = [check.name for check in audit.findings]
    if not names:
        return "There is nothing to accept: no findings."
    count = accepted.add(accepted_file(Path.cwd()), names, by=by or "", reason=reason, until=day)
    things = "1 finding" if count == 1 else f"{count} findings"
    return f"{ACCEPTED} now accepts {things} until {day}; commit it."

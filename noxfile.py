"""The routine of the code. `nox` runs lint, types, tests and checks; `nox -l` lists the rest."""

from __future__ import annotations

from pathlib import Path

import nox

nox.options.sessions = ["lint", "types", "tests", "sandbox", "checks"]
nox.options.reuse_existing_virtualenvs = True


@nox.session
def tests(session: nox.Session) -> None:
    """Prove the tool's behaviour, on sandboxes of the tests' own."""
    session.install("-e", ".[dev]")
    session.run("pytest", "tests", "--ignore-glob=tests/test_sandbox*", "-n", "auto", *session.posargs)


@nox.session
def sandbox(session: nox.Session) -> None:
    """Prove the sandbox's own behaviour, resource by resource."""
    session.install("-e", ".[dev]")
    session.run(
        "pytest", *sorted(map(str, Path("tests").glob("test_sandbox*.py"))), "-n", "auto", *session.posargs
    )


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
def browser(session: nox.Session) -> None:
    """Look at the audit's page in Chromium; needs Debian's `chromium`, which CI installs with apt-get."""
    session.install("-e", ".[dev,browser]")
    session.run("pytest", "tests_browser", *session.posargs)


@nox.session
def bites(session: nox.Session) -> None:
    """Break the sandbox in every way and print which checks said so."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "tests.print_bites")

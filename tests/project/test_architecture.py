"""The architecture: what a package may import, how large it may be, and what is done in one place only."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import futel_twilio
from tests.support.paths import PROJECT

PACKAGE = Path(futel_twilio.__file__).parent
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")
FACES = sorted(PACKAGE.rglob("__init__.py"))
LONGEST_MODULE = 300
LARGEST_PACKAGE = 16
OF_MANY_MODULES = {"sandbox/experiments"}  # one module for each resource that is tried


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def test_there_is_something_to_look_at() -> None:
    """The other tests of this file read every module of every package."""
    assert len(MODULES) > 150
    assert len(FACES) > 15


def test_imports_point_down() -> None:
    """No package imports one above it, not even for types: the contracts of import-linter hold."""
    # In its own process: in ours it would switch off the loggers that other tests read.
    command = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    ran = subprocess.run(
        [sys.executable, "-c", command], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stdout
    assert "3 kept, 0 broken" in ran.stdout


def test_the_sandbox_imports_nothing_else_of_this_project() -> None:
    """No module of the sandbox imports anything outside the sandbox."""
    for path in (PACKAGE / "sandbox").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("futel_twilio"):
                assert str(node.module).startswith("futel_twilio.sandbox"), name_of(path)


def test_modules_are_short() -> None:
    """No module is longer than 300 lines."""
    assert [name_of(path) for path in MODULES if len(path.read_text().splitlines()) > LONGEST_MODULE] == []


def test_packages_are_small() -> None:
    """No package has more than 16 modules, except those listed."""
    for face in FACES:
        folder = face.parent
        if folder.relative_to(PACKAGE).as_posix() not in OF_MANY_MODULES:
            assert len(list(folder.glob("*.py"))) - 1 <= LARGEST_PACKAGE, name_of(face)


def test_one_package_reads_the_environment() -> None:
    """Only `config` reads environment variables, except the console for colours and the demo for its own run."""
    readers = {name_of(path) for path in MODULES if "os.environ" in path.read_text()}
    assert readers == {"config/connection.py", "config/variables.py", "cli/console.py", "cli/demo.py"}


def test_one_module_writes_to_the_account() -> None:
    """Only the writer creates and deletes at Twilio; the demo, the parity run and the twin do so at sandboxes."""
    writers = set()
    for path in MODULES:
        calls = {
            node.func.attr
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        if {"create", "delete"} & calls and not name_of(path).startswith(("sandbox/", "parity/")):
            writers.add(name_of(path))
    assert writers <= {"twilio_api/writer.py", "cli/demo.py", "snapshots/twin.py"}


def test_every_package_says_what_is_in_it() -> None:
    """An `__init__` file has only a docstring."""
    for path in FACES:
        assert [type(node) for node in ast.parse(path.read_text()).body] == [ast.Expr], name_of(path)


# Each takes more than a tenth of `invoke plan` to import, and most commands do not need it.
IMPORTED_WHEN_NEEDED = {
    "apprise",
    "futel_twilio.sandbox.server",
    "jinja2",
    "jsonschema",
    "keyring",
    "phonenumbers",
    "rich",
    "tomlkit",
    "vcr",
    "yaml",  # only the code that loads vcr needs it
}


def test_imports_stand_at_the_top() -> None:
    """No function imports anything, but for the libraries that are slow to load; tasks.py loads the rest lazily."""
    for path in MODULES:
        tree = ast.parse(path.read_text())
        functions = [
            node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        inside = {node for function in functions for node in ast.walk(function)}
        for node in inside:
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                allowed = name in IMPORTED_WHEN_NEEDED or name.split(".")[0] in IMPORTED_WHEN_NEEDED
                assert allowed, f"{name_of(path)} imports {name} in a function"

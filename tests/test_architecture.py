"""The river: every import points back up the map of the package, and the map is whole."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import futel_twilio

PACKAGE = Path(futel_twilio.__file__).parent
MAP = [line.split()[0] for line in (futel_twilio.__doc__ or "").splitlines()[2:] if line.strip()]
STATIONS = [name for name in MAP if name != "sandbox"]


def imports_of(path: Path) -> set[str]:
    """The stations that a file imports, anywhere in it, imports for types alone left out."""
    found: set[str] = set()
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body.clear()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "futel_twilio":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("futel_twilio."):
            found.add(str(node.module).split(".")[1])
    return found


def test_the_map_names_every_file() -> None:
    """The map in `__init__` lists each station once, and nothing that is not there."""
    files = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    assert sorted(STATIONS) == sorted(files)


@pytest.mark.parametrize("station", STATIONS)
def test_imports_point_up_the_river(station: str) -> None:
    """A station imports only what stands above it, and the sandbox, which imports nothing of ours."""
    above = {*STATIONS[: STATIONS.index(station)], "sandbox"}
    assert imports_of(PACKAGE / f"{station}.py") <= above


def test_the_sandbox_has_never_heard_of_us() -> None:
    """No file of the sandbox imports anything of the package outside it."""
    for path in (PACKAGE / "sandbox").rglob("*.py"):
        assert imports_of(path) <= {"sandbox"}, path.name


def test_one_file_reads_the_environment() -> None:
    """The process environment is read for settings in one file; the console asks it about colour alone."""
    readers = {path.stem for path in PACKAGE.glob("*.py") if "os.environ" in path.read_text()}
    assert readers == {"settings", "console", "demo"}


def test_one_file_writes_to_the_account() -> None:
    """Only `apply` calls the client's create, update and delete; the demo plays the careless person."""
    writers = set()
    for path in PACKAGE.glob("*.py"):
        calls = [
            n.func.attr
            for n in ast.walk(ast.parse(path.read_text()))
            if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
        ]
        if {"create", "delete"} & set(calls):
            writers.add(path.stem)
    assert writers <= {"apply", "demo"}


def test_faces_hold_no_code() -> None:
    """`__init__` files are a docstring and nothing else."""
    for path in PACKAGE.rglob("__init__.py"):
        assert [type(node) for node in ast.parse(path.read_text()).body] == [ast.Expr]

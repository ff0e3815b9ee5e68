"""The river: every import points back up the map of the package, and the map is whole."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

import futel_twilio

PACKAGE = Path(futel_twilio.__file__).parent
MAP = [line.split()[0] for line in (futel_twilio.__doc__ or "").splitlines()[2:] if line.strip()]
STATIONS = [name for name in MAP if name != "sandbox"]
OWN = {"parity"}  # stations that are packages of their own


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


def files_of(station: str) -> list[Path]:
    """The file of a station, or all of them where it is a package of its own."""
    return [PACKAGE / f"{station}.py"] if station not in OWN else sorted((PACKAGE / station).rglob("*.py"))


def test_the_map_names_every_file() -> None:
    """The map in `__init__` lists each station once, and nothing that is not there."""
    files = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    assert sorted(STATIONS) == sorted({*files, *OWN})


@pytest.mark.parametrize("station", STATIONS)
def test_imports_point_up_the_river(station: str) -> None:
    """A station imports only what stands above it, and the sandbox, which imports nothing of ours."""
    above = {*STATIONS[: STATIONS.index(station)], "sandbox"} | (OWN & {station})
    for path in files_of(station):
        assert imports_of(path) <= above, path.name


@pytest.mark.parametrize("package", ["futel_twilio.parity", "futel_twilio.sandbox.experiments"])
def test_imports_point_up_the_smaller_rivers(package: str) -> None:
    """In a package with a map of its own each file stands in it, and imports only what stands above."""
    module = importlib.import_module(package)
    named = re.findall(r"^- ([\w, \n]+?):", module.__doc__ or "", flags=re.MULTILINE)
    order = [name for names in named for name in re.findall(r"\w+", names)]
    files = {path.stem: path for path in Path(str(module.__file__)).parent.glob("*.py")}
    assert sorted([*order, "__init__"]) == sorted(files)
    for name in order:
        assert siblings_of(files[name], package) <= set(order[: order.index(name)]), name


def siblings_of(path: Path, package: str) -> set[str]:
    """The files of its own package that a file imports, for types too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == package:
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package}."):
            found.add(str(node.module).rpartition(".")[2])
    return found


def test_the_sandbox_has_never_heard_of_us() -> None:
    """No file of the sandbox imports anything of the package outside it."""
    for path in (PACKAGE / "sandbox").rglob("*.py"):
        assert imports_of(path) <= {"sandbox"}, path.name


def test_one_file_reads_the_environment() -> None:
    """The process environment is read for settings in one file; the console asks it about colour alone."""
    readers = {path.stem for path in PACKAGE.glob("*.py") if "os.environ" in path.read_text()}
    assert readers == {"settings", "console", "demo"}


def test_one_file_writes_to_the_account() -> None:
    """Only `writing` calls the client's create, update and delete; the demo plays the careless person."""
    writers = set()
    for path in PACKAGE.glob("*.py"):
        calls = [
            n.func.attr
            for n in ast.walk(ast.parse(path.read_text()))
            if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
        ]
        if {"create", "delete"} & set(calls):
            writers.add(path.stem)
    assert writers <= {"writing", "demo"}


def test_faces_hold_no_code() -> None:
    """`__init__` files are a docstring and nothing else."""
    for path in PACKAGE.rglob("__init__.py"):
        assert [type(node) for node in ast.parse(path.read_text()).body] == [ast.Expr]

"""The sandbox's map: every file stands in it, and imports only what stands above."""

import ast
import re
from pathlib import Path

import pytest

from futel_twilio import sandbox

PACKAGE = Path(sandbox.__file__).parent
# The stations of a line are the words before a colon: `stock: ...; callers: ...`, `core, sip: ... (countries: ...)`.
LINES = [line for line in (sandbox.__doc__ or "").splitlines() if line.startswith("- ")]
STATIONS = [
    name
    for line in LINES
    for names in re.findall(r"(?:^- |; |\()([a-z_]+(?:, [a-z_]+)*):", line)
    for name in names.split(", ")
]
PREFIX = "futel_twilio.sandbox"


def imports_of(path: Path) -> set[str]:
    """The stations that a file imports anywhere, those for types alone too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == PREFIX:
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PREFIX + "."):
            found.add(str(node.module).split(".")[2])
    return found


def test_the_map_names_every_file_once() -> None:
    """Each file and each package within stands in the map, and nothing that is not there."""
    files = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert sorted(STATIONS) == sorted(files | packages)


@pytest.mark.parametrize("station", STATIONS)
def test_imports_point_up_the_map(station: str) -> None:
    """A station imports only what stands above it, or beside it on its line."""
    (line,) = [
        number for number, line in enumerate(LINES) if re.search(rf"(?:^- |, |; |\(){station}[,:]", line)
    ]
    above = {
        name for name in STATIONS if any(re.search(rf"\b{name}[,:]", text) for text in LINES[: line + 1])
    }
    files = (
        [PACKAGE / f"{station}.py"]
        if (PACKAGE / f"{station}.py").exists()
        else sorted((PACKAGE / station).glob("*.py"))
    )
    for path in files:
        assert imports_of(path) <= above, path.name

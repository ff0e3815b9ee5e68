"""The nox sessions: what `nox -l` lists, and the files and modules that they name."""

from __future__ import annotations

import ast
import re
from importlib.util import find_spec

from tests.support.paths import PROJECT

SOURCE = (PROJECT / "noxfile.py").read_text(encoding="utf-8")
CI = (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
CONTRIBUTING = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TREE = ast.parse(SOURCE)
SESSIONS = [one for one in TREE.body if isinstance(one, ast.FunctionDef) and one.decorator_list]
TEXTS = [
    node.value for node in ast.walk(TREE) if isinstance(node, ast.Constant) and isinstance(node.value, str)
]
WIDEST = 110


def test_every_session_has_a_line_in_the_list() -> None:
    """`nox -l` prints one line of text for each session, which is that session's whole docstring."""
    assert len(SESSIONS) > 15
    for session in SESSIONS:
        text = ast.get_docstring(session) or ""
        assert text.endswith("."), session.name
        assert "\n" not in text, session.name
        assert len(text) <= WIDEST, session.name


def test_contributing_names_every_session() -> None:
    """CONTRIBUTING.md explains every session and no other."""
    named = set(re.findall(r"^\| `(\w+)` \|", CONTRIBUTING, flags=re.MULTILINE))
    assert named == {session.name for session in SESSIONS}


def test_sessions_name_folders_and_modules_that_exist() -> None:
    """A session runs no folder and no module that was moved away, so that it never tests nothing."""
    folders = [
        text.removeprefix("--ignore=") for text in TEXTS if re.match(r"(--ignore=)?(tests|checks)\b", text)
    ]
    folders = [text for text in folders if not text.startswith("tests.")]
    modules = [text for text in TEXTS if re.fullmatch(r"(tests|futel_twilio)\.[\w.]+", text)]
    modules += re.findall(r"-m ((?:tests|futel_twilio)\.[\w.]+)", CI)
    assert len(folders) > 4
    assert len(modules) > 6
    assert [folder for folder in folders if not (PROJECT / folder).is_dir()] == []
    assert [module for module in modules if find_spec(module) is None] == []


def test_ci_names_sessions_that_exist() -> None:
    """`.ci/run` runs or mentions only sessions that there are."""
    named = " ".join(re.findall(r"nox -s ([\w ]+)", CI)).split()
    assert len(named) > 8
    assert set(named) <= {session.name for session in SESSIONS}

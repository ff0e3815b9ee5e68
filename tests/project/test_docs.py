"""The documents: every command in README runs, every task is in its table, every name and path exists."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.test_tasks import COMMANDS
from tests.conftest import clean_environment, copy_estate, invoke, somebody_elses_things
from tests.support.installed_phones import set_up
from tests.support.paths import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox

README = (PROJECT / "README.md").read_text(encoding="utf-8")
FENCES = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)
BLOCKS = [lines for language, lines in FENCES if not language]
IN_TABLE = re.findall(r"\| `invoke ([^`]+)` \|", README)
SERVES = "invoke sandbox --port 4010"
ARCHITECTURE = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "docs/architecture.md", "schedule/README.md")
PACKAGES = sorted(path.parent.name for path in (PROJECT / "futel_twilio").glob("*/__init__.py"))


def resolved(name: str) -> object:
    """What a dotted name below `futel_twilio` names: a module, or something in one."""
    place: Any = importlib.import_module("futel_twilio")
    for step in name.split("."):
        if not hasattr(place, step) and hasattr(place, "__path__"):
            importlib.import_module(f"{place.__name__}.{step}")
        place = (
            place.__annotations__[step]
            if step in vars(place).get("__annotations__", {})
            else getattr(place, step)
        )
    return place


def test_every_name_of_the_architecture_exists() -> None:
    """Each function, class and module that docs/architecture.md names is where it says."""
    modules = "|".join((*PACKAGES, "workspace"))
    names = re.findall(rf"`((?:{modules})\.(?!py\b)[\w.]+)`", ARCHITECTURE)
    assert len(names) > 50
    for name in names:
        assert resolved(name) is not None


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_of_a_document_exists(document: str) -> None:
    """Each file of the project that a document names by its path is there."""
    text = (PROJECT / document).read_text(encoding="utf-8")
    folders = "futel_twilio|tests|checks|docs|schedule|cassettes|tests_cli|tests_browser"
    paths = set(re.findall(rf"(?<![\w/.-])(?:{folders})/[\w./-]*", text)) - {"tests/recordings/"}
    missing = [path for path in paths if not (PROJECT / path.rstrip(".")).exists()]
    assert missing == []


def test_every_package_is_in_the_picture() -> None:
    """The picture in docs/architecture.md names every package."""
    picture = ARCHITECTURE.split("```")[1]
    assert [name for name in PACKAGES if not re.search(rf"\b{name}\b", picture)] == []


def test_readme_gives_the_two_commands() -> None:
    """README's first block has the two commands for a fresh clone, and CI runs both."""
    first, second = BLOCKS[0].splitlines()
    ci = (PROJECT / ".ci" / "run").read_text()
    assert second in ci.splitlines()
    assert first.replace("pip install", "pip install -q") in ci


def test_every_command_is_in_the_table() -> None:
    """README's table has each command once."""
    assert sorted(line.split()[0] for line in IN_TABLE) == sorted(COMMANDS)


def test_every_flag_is_in_readme() -> None:
    """README names each flag of each command."""
    flags = {f"--{name.replace('_', '-')}" for task in COMMANDS.values() for name in task.flags}
    assert sorted(flag for flag in flags if not re.search(rf"{flag}\b(?!-)", README)) == []


def test_every_command_of_the_table_runs(at_box: Sandbox, client: Any) -> None:
    """Each command of the table succeeds, in the order of the table, beginning with an empty account."""
    assert at_box.count() == 0
    for command in IN_TABLE:
        if command.startswith("delete-client"):
            somebody_elses_things(client)
        if f"invoke {command}" != SERVES:  # test_tasks runs and stops it
            assert invoke(command).code == 0, command


def test_every_command_of_the_blocks_runs(
    at_box: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command of README's blocks succeeds, in the order of README."""
    lines = [line for block in BLOCKS[1:] for line in block.splitlines()]
    monkeypatch.setenv("FUTEL_TWILIO_URL", at_box.url)
    assert len(lines) == 25
    set_up()
    for line in lines:
        command = re.sub(r"^FUTEL_TWILIO_URL=\S+ ", "", line)
        if command == SERVES or command.startswith("pytest"):  # test_audit runs pytest
            continue
        if "--remove" in command:  # README says to delete the section first
            estate = here / "estate.toml"
            text = estate.read_text()
            start, end = (
                text.index('[sip_domain."direct-futel-nonemergency'),
                text.index("# What the audit checks"),
            )
            estate.write_text(text[:start] + text[end:])
        assert invoke(command.removeprefix("invoke ")).code == int("--dry-run" in command), line
        if "--remove" in command:
            copy_estate(here)
        if "delete-client" in command:  # the next commands audit a complete account
            at_box.reset()
            copy_estate(here)
            set_up()
        if "--remove" in command or command == "invoke rollback":
            invoke("setup")


def test_the_python_of_readme_runs(here: Path) -> None:
    """README's Python example prints what it says, on the embedded sandbox."""
    codes = [lines for language, lines in FENCES if language == "python"]
    # tests/sandbox/test_pytest_plugin.py runs the examples for other projects.
    (code,) = [lines for lines in codes if "def test_" not in lines]
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=here,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ran.stdout, ran.stderr) == ("9 changes\n", "")


def test_the_demo_shows_the_commands(here: Path) -> None:
    """The demo shows each command as you would type it, ends with the lists, and leaves no files behind."""
    ended = invoke("demo")
    assert ended.code == 0
    commands = [line for line in ended.out.splitlines() if line.startswith("$ invoke")]
    assert [line.split()[2] for line in commands] == [
        "setup",
        "setup",
        "plan",
        "apply",
        "promote",
        "add-client",
        "change-address",
        "list-clients",
        "list-applications",
        "list-domains",
        "list-credential-lists",
        "list-mappings",
    ]
    for part in (
        "16 to create.",
        "No changes",
        "https://old.dialplans.example.net/dial_outgoing ->",
        "prod-2",
        "Buys 1 number.",
        "+15035550100 had no 911 address for",
        "9 NW NEW ST, PORTLAND, OR 97209, US",
    ):
        assert part in ended.out
    assert {path.name for path in here.iterdir()} == {"estate.toml", "extensions.json", "clients.toml"}


@pytest.mark.parametrize("name", ["LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", ".editorconfig", ".ci/run"])
def test_the_repository_is_whole(name: str) -> None:
    """The files that people look for first exist and are not empty."""
    assert (PROJECT / name).stat().st_size > 0


def test_list_imports_nothing_heavy() -> None:
    """`invoke --list` loads neither the Twilio client nor the engine nor a library that only they need."""
    code = (
        "import sys; from invoke.program import Program\n"
        "try: Program().run(sys.argv)\nexcept SystemExit: pass\n"
        "heavy = {'twilio', 'requests', 'rich', 'jsonschema', 'tomlkit', 'werkzeug', 'tenacity', 'dotenv'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, "--search-root", str(PROJECT), "--list"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "create-domains" in ran.stdout
    assert ran.stdout.splitlines()[-1] == "[]"

"""Files that hold addresses or secrets are kept out of git: refused, or the line that keeps them out is offered."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from futel_twilio.config import estate
from futel_twilio.errors import BadInput
from futel_twilio.files import gitignore
from tests.conftest import invoke

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox

GIT = shutil.which("git")
needs_git = pytest.mark.skipif(GIT is None, reason="git is not installed")
IGNORED = "# ours\nsnapshot-*.json\n/kept\nreport/\n!/report/keep.md\n*.key\n/sub/deep/\n\\#odd\n"


def ask(*words: str, at: Path) -> None:
    subprocess.run([str(GIT), *words], cwd=at, check=True, capture_output=True)


@pytest.fixture(params=["git", "without git"])
def tree(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A work tree with some lines in its .gitignore, asked through git and where git is not installed."""
    root = tmp_path / "tree"
    (root / "sub").mkdir(parents=True)
    if request.param == "git":
        if GIT is None:
            pytest.skip("git is not installed")
        ask("init", "-q", at=root)
    else:
        (root / ".git").mkdir()
        monkeypatch.setattr(shutil, "which", lambda _name: None)
    (root / ".gitignore").write_text(IGNORED)
    (root / "sub" / ".gitignore").write_text("mine.json\n")
    return root


@pytest.mark.parametrize(
    "name",
    [
        "snapshot-1.json",
        "sub/snapshot-1.json",
        "kept",
        "report/audit.html",
        "a.key",
        "sub/mine.json",
        "sub/deep/x/y",
    ],
)
def test_what_is_ignored_may_be_written(name: str, tree: Path) -> None:
    """A file that the work tree ignores may be written there, whether it exists or not."""
    assert gitignore.committable([tree / name]) == ()
    gitignore.refuse(tree / name, "passwords")


@pytest.mark.parametrize("name", ["snapshot.json", "sub/kept", "sub/new/x.json", "mine.json", "k e y.txt"])
def test_what_is_not_ignored_is_refused(name: str, tree: Path) -> None:
    """A file that git would take is refused, with the line for .gitignore and the place outside of which it may lie."""
    with pytest.raises(BadInput, match=r"would hold passwords, and git does not ignore it") as caught:
        gitignore.refuse(tree / name, "passwords")
    assert (
        f"Add the line /{name} to {tree / '.gitignore'}, or name a file outside of {tree}."
        == caught.value.hint
    )


@needs_git
@pytest.mark.parametrize(
    "name", ["plain", "with blanks  ", "a*b?[c]", "#hash", "!bang", "back\\slash", "sub/é"]
)
def test_the_line_that_is_offered_keeps_it_out(name: str, tmp_path: Path) -> None:
    """The line that is offered ignores just that file, whatever it is called."""
    ask("init", "-q", at=tmp_path)
    (tmp_path / "sub").mkdir()
    path, other = tmp_path / name, tmp_path / "aXbYc"
    (tmp_path / ".gitignore").write_text(gitignore.line_for(path, tmp_path) + "\n")
    assert gitignore.committable([path, other]) == (other,)


@needs_git
def test_what_git_has_already_is_refused(tmp_path: Path) -> None:
    """A file that is committed already is not ignored, whatever .gitignore says."""
    ask("init", "-q", at=tmp_path)
    (tmp_path / "kept").write_text("")
    (tmp_path / ".gitignore").write_text("kept\n")
    assert gitignore.committable([tmp_path / "kept"]) == ()
    ask("add", "-f", "kept", at=tmp_path)
    assert gitignore.committable([tmp_path / "kept"]) == (tmp_path / "kept",)


def test_outside_of_git_nothing_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of a work tree no program is started and nothing is refused."""
    monkeypatch.setattr(subprocess, "run", None)
    gitignore.refuse(tmp_path / "kept", "passwords")
    assert gitignore.offers([tmp_path / "kept"], "passwords") == ()


@needs_git
@pytest.mark.parametrize("broken", ["an empty directory", "a hook's variables", "a monitor"])
def test_surroundings_do_not_mislead(broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A .git that is no repository refuses nothing; a hook's variables lead nowhere else; no program of a tree runs."""
    root, path = tmp_path / "tree", tmp_path / "tree" / "kept"
    root.mkdir()
    if broken == "an empty directory":
        (root / ".git").mkdir()
        assert gitignore.committable([path]) == ()
        return
    ask("init", "-q", at=root)
    if broken == "a hook's variables":
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
        monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    else:
        ask("config", "core.fsmonitor", f"touch {tmp_path}/ran;false", at=root)
    assert gitignore.committable([path]) == (path,)
    assert not (tmp_path / "ran").exists()


@pytest.fixture
def cloned(at_box: Sandbox, here: Path) -> Path:
    """The directory of commands as a work tree that ignores nothing, its estate set up."""
    assert at_box.url
    if GIT is None:
        pytest.skip("git is not installed")
    ask("init", "-q", at=here)
    assert invoke("setup").code == 0
    return here


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("snapshot --file mine.json", "/mine.json"),
        ("snapshot", "snapshot-*.json"),
        ("create-credential cedar-lot --password-file kept", "/kept"),
        ("add-client cedar-lot --env prod --no-number --password-file kept", "/kept"),
    ],
)
def test_commands_refuse_it(command: str, line: str, cloned: Path) -> None:
    """A snapshot and a password file are refused where they could be committed, and written once they are ignored."""
    names = {path.name for path in cloned.iterdir()}
    ended = invoke(command)
    assert ended.code == 2
    assert f"Add the line {line} to {cloned / '.gitignore'}" in ended.err
    assert {path.name for path in cloned.iterdir()} == names
    (cloned / ".gitignore").write_text(f"{line}\n")
    assert invoke(command).code == 0
    assert {path.name for path in cloned.iterdir()} > names


def test_commands_offer_the_line(cloned: Path) -> None:
    """The history, the ledger and the report are written, and the line that keeps them out of git is reported."""
    ended = invoke("create-credential cedar-lot")
    assert f"add the line /journal.jsonl to {cloned / '.gitignore'}." in ended.err
    assert "add the line /credentials-ledger.jsonl to" in ended.err
    assert "add the line /report/ to" in invoke("audit --live --report report").err
    (cloned / ".gitignore").write_text("*.jsonl\n/report/\n")
    assert invoke("rotate-credential cedar-lot").err == ""
    assert invoke("audit --live --report report").err == ""
    assert "add the line /audit.html to" in invoke("audit --live --report .").err


@needs_git
def test_the_embedded_sandbox_offers_the_line(here: Path) -> None:
    """A command that only reads tells the line that keeps the state of the embedded sandbox out of git, once."""
    ask("init", "-q", at=here)
    ended = invoke("list-domains --profile sandbox")
    assert ended.err.count(f"add the line /sandbox.sqlite to {here / '.gitignore'}.") == 1
    (here / ".gitignore").write_text("sandbox.sqlite\n")
    assert invoke("list-domains --profile sandbox").err == ""


def test_the_doctor_looks_too(cloned: Path) -> None:
    """`doctor` names each file there that holds secrets or addresses and that git would take."""
    (cloned / ".env").touch(mode=0o600)
    ended = invoke("doctor")
    assert ended.code == 2
    for name in (".env", "journal.jsonl"):
        assert f"add the line /{name} to {cloned / '.gitignore'}." in ended.out
    (cloned / ".gitignore").write_text("*.jsonl\n.env\n")
    assert "git" not in invoke("doctor").out


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o600, 0o400])
@pytest.mark.parametrize("name", [".env", "config.json"])
def test_the_doctor_names_who_can_read_secrets(
    name: str, mode: int, at_box: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file with credentials that others can read is not well; one that its owner alone can read is."""
    assert at_box.url
    monkeypatch.setenv("TWILIO_CONFIG_DIR", str(here))
    path = here / name
    path.write_text(
        "{}" if name == "config.json" else f"TWILIO_ACCOUNT_SID=AC{'0' * 32}\nTWILIO_AUTH_TOKEN=x\n"
    )
    path.chmod(mode)
    ended = invoke("doctor")
    is_reported = (
        f"! NO {name}: other users of this machine can read {path}: run `chmod 600 {path}`" in ended.out
    )
    assert is_reported is bool(mode & 0o077)
    assert (ended.code == 2) is is_reported


def test_this_repository_ignores_them() -> None:
    """What this project's own commands leave is ignored here."""
    names = (
        ".env",
        "journal.jsonl",
        "credentials-ledger.jsonl",
        "snapshot-1.json",
        "passwords.txt",
        "last-audit.json",
    )
    assert gitignore.committable([estate.PROJECT / name for name in (*names, "report/audit.html")]) == ()

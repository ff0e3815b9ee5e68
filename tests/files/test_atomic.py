"""The files of the desired state on disk: two of them change together, however a run that writes them ends."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio.apply import journal
from futel_twilio.audit import notify, results
from futel_twilio.config import edits
from futel_twilio.config.estate import PROJECT, load_estate
from futel_twilio.errors import BadInput
from futel_twilio.files import atomic, pending
from tests.conftest import invoke

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox

OF_THE_TESTS = {"home", "of-all-users"}  # what conftest puts into a test's own directory
NAMES = {"estate.toml", "extensions.json", "clients.toml"}
PHONE = "birch-corner"


class Killed(BaseException):
    """The run ends here; nothing of it tidies up."""


@pytest.fixture
def dies(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets whoever writes die right before a file is put in place for the n-th time; lives on afterwards."""
    replace, left = os.replace, [0]

    def put(*given: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Killed
        replace(*given)

    monkeypatch.setattr(os, "replace", put)
    return lambda at: left.__setitem__(0, at)


def forget(here: Path, dies: Callable[[int], None], at: int) -> None:
    """Take a phone out of both files, and die right before the n-th file is put in place."""
    client = load_estate(here / "estate.toml").client(PHONE)
    edit = edits.PhoneEdit(client, None)
    run = journal.Journal(here / journal.JOURNAL_FILE, "AC0").begin("a test", (), (edit,))
    dies(at)
    with pytest.raises(Killed):
        edits.apply_edit(edit, here / "estate.toml", here / "extensions.json", run.announce_files)


def contents(here: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in here.iterdir()}


def lying_in(here: Path) -> set[str]:
    """The names in a directory; the history, in which a run is announced, is no leftover."""
    return {path.name for path in here.iterdir()} - {journal.JOURNAL_FILE}


def announce(here: Path) -> None:
    """Write into the history that an unfinished run wrote the recovery file that lies here."""
    run = journal.Journal(here / journal.JOURNAL_FILE, "AC0").begin("a test", ())
    run.announce_files(pending.digest((here / pending.READY).read_bytes()))


@pytest.mark.parametrize("at", [1, 2, 3])
def test_two_files_change_together(at: int, here: Path, dies: Callable[[int], None]) -> None:
    """A run that dies at any file leaves both as they were or both, for whoever reads them, as they must be."""
    forget(here, dies, at)
    assert lying_in(here) > NAMES
    desired = load_estate(here / "estate.toml")
    assert (desired.client(PHONE) is None) == (at == 3)
    edits.finish(here / "extensions.json", here / "estate.toml")
    assert (PHONE in (here / "clients.toml").read_text()) == (at < 3)
    assert (PHONE in (here / "extensions.json").read_text()) == (at < 3)
    assert lying_in(here) == NAMES


@pytest.mark.parametrize("at", [1, 2, 3])
def test_who_only_reads_writes_nothing(at: int, here: Path, dies: Callable[[int], None]) -> None:
    """Reading what a killed run left half written changes no byte of the directory and removes nothing."""
    forget(here, dies, at)
    before = contents(here)
    load_estate(here / "estate.toml")
    assert contents(here) == before


def test_what_somebody_fixed_stands(here: Path, dies: Callable[[int], None]) -> None:
    """A file that somebody changed by hand after the kill stays as it is, and nothing waits for it any more."""
    forget(here, dies, 3)
    details = here / "clients.toml"
    fixed = details.read_text().replace(PHONE, "alder-street-2").split("[client.alder-street-2]")[0]
    details.write_text(fixed)
    assert load_estate(here / "estate.toml").client(PHONE) is None
    edits.finish(here / "extensions.json", here / "estate.toml")
    assert details.read_text() == fixed
    assert lying_in(here) == NAMES


def test_a_user_who_may_not_write_learns_who_can(
    here: Path, dies: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a kill left can be read, not put in place, by whoever may not write: that is said, with who can."""
    forget(here, dies, 3)
    assert load_estate(here / "estate.toml").client(PHONE) is None

    def refuse(*_given: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(BadInput, match=r"clients.toml half written.*Permission denied") as caught:
        edits.finish(here / "extensions.json", here / "estate.toml")
    assert "run `invoke resume`" in caught.value.hint


def test_half_an_estate_file_is_swept_away(here: Path, dies: Callable[[int], None]) -> None:
    """What a run left beside estate.toml when it died is gone once that is written, and was in nobody's way."""
    estate = here / "estate.toml"
    before = estate.read_bytes()
    dies(1)
    with pytest.raises(Killed):
        edits.rewrite_dialplans(estate, "prod", "https://prod-2.example.com")
    (left,) = lying_in(here) - NAMES
    assert left.startswith(".estate.toml.")
    assert left.endswith(".new")
    load_estate(estate)
    assert estate.read_bytes() == before
    assert edits.rewrite_dialplans(estate, "prod", "https://prod-2.example.com")
    assert lying_in(here) == NAMES


def test_a_directory_that_somebody_holds(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that somebody else keeps locked, such as `flock . invoke plan`, is read anyway."""
    fcntl = pytest.importorskip("fcntl", reason="this system has no such locks")
    monkeypatch.setattr(atomic, "LONGEST_WAIT", 0.05)
    descriptor = os.open(here, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        assert load_estate(here / "estate.toml").client(PHONE)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("how", [f"delete-client {PHONE}", "resume", "apply"])
def test_a_removal_that_died_between_two_files(
    how: str, at_box: Sandbox, here: Path, dies: Callable[[int], None]
) -> None:
    """`delete-client` that died between the two files: who only looks sees no phone, who writes ends it in both."""
    assert at_box.url
    assert invoke("setup").code == 0
    assert invoke(f"create-credential {PHONE}").code == 0
    dies(3)
    with pytest.raises(Killed):
        invoke(f"delete-client {PHONE} --allow-911-loss {PHONE}")
    before = contents(here)
    looked = [invoke("list-clients"), invoke("plan"), invoke("promote --env prod --dry-run")]
    assert [one.code for one in looked] == [0, 0, 0]
    assert PHONE not in looked[0].out
    assert contents(here) == before
    ended = invoke(how)
    assert ended.code == 0, ended
    assert PHONE not in (here / "extensions.json").read_text() + (here / "clients.toml").read_text()
    assert lying_in(here) - NAMES <= {"credentials-ledger.jsonl", "sandbox.sqlite"}
    assert (here / journal.JOURNAL_FILE).exists()


def ready_with(here: Path, *ones: Any) -> Path:
    """Put a recovery file into a directory, as a stranger would; the directory's mode is its own."""
    lying = here / pending.READY
    lying.write_text(json.dumps(list(ones)))
    lying.chmod(0o644)
    return lying


def one_of(name: str, text: str = "{}", before: bytes = b"") -> dict[str, str]:
    return {"file": name, "before": hashlib.sha256(before).hexdigest(), "after": text}


STRANGE: dict[str, tuple[Any, ...]] = {
    "an absolute path": (one_of("/tmp/planted.json"),),  # noqa: S108
    "a path upwards": (one_of("../planted.json"),),
    "a file that is not of the desired state": (one_of("planted.json"),),
    "estate.toml, which is written alone": (one_of("estate.toml", ""),),
    "a file twice": (one_of("clients.toml", "a = 1"), one_of("clients.toml", "")),
    "no TOML": (one_of("clients.toml", "client = ["),),
    "no JSON": (one_of("extensions.json", "[1]"),),
    "a key of its own": ({**one_of("clients.toml", ""), "mode": "777"},),
    "no text": ({"file": "clients.toml", "before": 1, "after": None},),
    "a number": (7,),
    "a name that cannot be": (one_of("clients.toml\0", ""),),
}


@pytest.mark.parametrize("command", ["plan", "promote --env prod --dry-run", "audit", "apply"])
@pytest.mark.parametrize("kind", ["an absolute path", "a path upwards", "a number"])
def test_a_strangers_recovery_file(kind: str, command: str, at_box: Sandbox, here: Path) -> None:
    """A recovery file that names anything else is refused in a sentence by every command, and nothing is written."""
    assert at_box.url
    lying = ready_with(here, *STRANGE[kind])
    before = contents(here)
    ended = invoke(command)
    assert ended.code == 2
    assert "Traceback" not in ended.err
    assert ".wish-ready.json is not a file that a killed run of this tool left here" in ended.err
    assert f"Look at what {lying} holds, delete it" in ended.err
    assert contents(here) == before
    assert not (here.parent / "planted.json").exists()


@pytest.mark.parametrize("kind", STRANGE)
def test_what_is_not_of_our_form(kind: str, here: Path) -> None:
    """Each way in which what lies ready is not ours is reported, by who reads and by who writes; nothing is written."""
    ready_with(here, *STRANGE[kind])
    before = contents(here)
    for reader in (
        lambda: load_estate(here / "estate.toml"),
        lambda: edits.finish(here / "extensions.json", here / "estate.toml"),
    ):
        with pytest.raises(BadInput, match="is not a file that a killed run"):
            reader()
    assert contents(here) == before


@pytest.mark.parametrize(
    "raw",
    [b"", b"[{", b'{"file": "clients.toml"}', b"\xff\xfe[]", b"[" * 100_000, b"null", b" " * 5_000_000],
    ids=["empty", "torn", "a table", "not UTF-8", "too deep", "null", "too large"],
)
def test_what_lies_ready_may_be_anything(raw: bytes, here: Path) -> None:
    """Malformed content is one sentence, never a traceback."""
    (here / pending.READY).write_bytes(raw)
    with pytest.raises(BadInput, match="is not a file that a killed run"):
        load_estate(here / "estate.toml")


def test_what_lies_ready_is_a_regular_file_of_ours(here: Path, tmp_path: Path) -> None:
    """A link, a directory, and a file that others can write to are not what a killed run left."""
    lying, elsewhere = ready_with(here, one_of("clients.toml", "")), tmp_path / "elsewhere"
    lying.chmod(0o666)
    with pytest.raises(BadInput, match="other users can write to it"):
        load_estate(here / "estate.toml")
    lying.rename(elsewhere)
    lying.symlink_to(elsewhere)
    with pytest.raises(BadInput, match="no regular file"):
        load_estate(here / "estate.toml")
    lying.unlink()
    lying.mkdir()
    with pytest.raises(BadInput, match="no regular file"):
        load_estate(here / "estate.toml")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_another_users_recovery_file(here: Path) -> None:
    """What another user put there is not ours, unless the directory is that user's too."""
    lying = ready_with(here, one_of("clients.toml", ""))
    os.chown(lying, 12345, -1)
    with pytest.raises(BadInput, match="belongs to another user"):
        load_estate(here / "estate.toml")
    os.chown(here, 12345, -1)
    assert load_estate(here / "estate.toml").client(PHONE)


@pytest.mark.parametrize("target", ["there", "gone"])
def test_a_link_out_of_the_directory_is_not_followed(target: str, here: Path, tmp_path: Path) -> None:
    """What lies ready is put through no link that leads elsewhere, whether something is there or not."""
    elsewhere = tmp_path / "elsewhere.toml"
    if target == "there":
        elsewhere.write_text("")
    (here / "clients.toml").unlink()
    (here / "clients.toml").symlink_to(elsewhere)
    entries = (here / "extensions.json").read_text()
    ready_with(here, one_of("extensions.json", entries), one_of("clients.toml", "customer_name = 'x'"))
    with pytest.raises(BadInput, match="is a link to another directory"):
        edits.finish(here / "extensions.json", here / "estate.toml")
    assert elsewhere.exists() == (target == "there")
    assert not elsewhere.exists() or elsewhere.read_text() == ""


def test_a_recovery_that_nobody_began_is_ignored(here: Path) -> None:
    """Where no file is as it must be, no run was killed between them: what lies ready says nothing."""
    details, entries = ((here / name).read_bytes() for name in ("clients.toml", "extensions.json"))
    ready_with(here, one_of("extensions.json", "{}", entries), one_of("clients.toml", "", details))
    announce(here)
    assert load_estate(here / "estate.toml").client(PHONE)
    assert edits.finish(here / "extensions.json", here / "estate.toml") == ()
    assert lying_in(here) == NAMES


FORGED = "without a history", "of a finished run", "of another file"


@pytest.mark.parametrize("how", FORGED)
@pytest.mark.parametrize("command", ["plan", "apply", "list-clients"])
def test_a_forged_recovery_file_is_ignored(how: str, command: str, at_box: Sandbox, here: Path) -> None:
    """A recovery file of the right form that no unfinished run announced moves no phone, and a line reports it."""
    assert at_box.url
    details = (here / "clients.toml").read_text()
    moved = details.replace("1 SW Example St", "666 Elsewhere Ave")
    entries = (here / "extensions.json").read_bytes()
    ready_with(
        here,
        one_of("extensions.json", entries.decode(), b"another"),
        one_of("clients.toml", moved, details.encode()),
    )
    if how == "of another file":
        announce(here)
        ready_with(
            here, one_of("extensions.json", entries.decode()), one_of("clients.toml", moved, details.encode())
        )
    if how == "of a finished run":
        run = journal.Journal(here / journal.JOURNAL_FILE, "AC0").begin("a test", ())
        run.announce_files(pending.digest((here / pending.READY).read_bytes()))
        run.finish("done")
    ended = invoke(f"{command} --yes" if command == "apply" else command)
    assert ended.err.count(".wish-ready.json is ignored: no unfinished run of journal.jsonl wrote it.") == 1
    assert "666 Elsewhere" not in ended.out + ended.err
    assert (here / "clients.toml").read_text() == details
    assert (here / pending.READY).exists()


def test_a_recovery_file_that_is_used_is_named(
    at_box: Sandbox, here: Path, dies: Callable[[int], None]
) -> None:
    """Who reads what a killed run had yet to write reports it in one line, naming the file that it stands for."""
    assert at_box.url
    forget(here, dies, 3)
    ended = invoke("list-clients")
    assert (
        ended.err.count(
            "A run was killed before it wrote clients.toml: the text is taken from .wish-ready.json."
        )
        == 1
    )


def test_what_lies_ready_is_for_its_owner_alone(here: Path, dies: Callable[[int], None]) -> None:
    """What lies ready holds addresses: it is mode 0600, whatever the umask."""
    before = os.umask(0)
    try:
        forget(here, dies, 2)
    finally:
        os.umask(before)
    assert (here / pending.READY).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", [pending.READY, ".clients.toml.1a2b3c4d.new", ".accepted.toml.new"])
def test_git_ignores_what_a_kill_leaves(name: str) -> None:
    """None of the files that a killed run leaves can be committed to this repository."""
    done = subprocess.run(["git", "check-ignore", name], cwd=PROJECT, capture_output=True, check=False)
    assert done.returncode == 0


def test_a_full_disk_names_the_file(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full when a file is written is reported with its name; the old file stands, nothing else."""

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    before = contents(here)
    for write in (
        lambda: edits.rewrite_dialplans(here / "estate.toml", "prod", "https://prod-2.example.com"),
        lambda: atomic.replace(here / "estate.toml", "x"),
    ):
        with pytest.raises(BadInput, match=r"^estate\.toml cannot be written: No space left on device\.\n"):
            write()
    assert contents(here) == before


@pytest.mark.parametrize("private", [True, False])
def test_modes_of_what_is_written(private: bool, tmp_path: Path) -> None:
    """A new file is never writable for others; a private one is its owner's alone, even where it was not before."""
    path = tmp_path / "file"
    before = os.umask(0)
    try:
        atomic.replace(path, "a", private=private)
        assert path.stat().st_mode & 0o777 == (0o600 if private else 0o644)
        path.chmod(0o664)
        atomic.replace(path, "b", private=private)
        assert path.stat().st_mode & 0o777 == (0o600 if private else 0o664)
    finally:
        os.umask(before)
    assert lying_in(tmp_path) - OF_THE_TESTS == {"file"}


COMMANDS = (
    "setup",
    "create-credential cedar-lot --password-file kept",
    "add-client elm-office --env stage --no-number --device Cisco",
    "snapshot --file snapshot-mine.json",
    "audit --live --report new/report",
)


def test_whatever_the_umask(here: Path, tmp_path: Path) -> None:
    """All that commands write that holds names, addresses or passwords is mode 0600, their folders 0700."""
    estate = {here, here.parent, *here.iterdir(), here / "sandbox.sqlite-shm"}
    (here / "clients.toml").unlink()
    entries = json.loads((here / "extensions.json").read_text())
    for entry in entries.values():
        entry |= {"enable_emergency": False, "caller_id": "+15035550199"}
    (here / "extensions.json").write_text(json.dumps(entries))
    (here / "clients.toml").write_text('external_numbers = ["+15035550199"]\n')
    before = os.umask(0)
    try:
        ends = [invoke(f"{command} --profile sandbox") for command in COMMANDS]
    finally:
        os.umask(before)
    assert [ended.code for ended in ends] == [0, 0, 0, 0, 1]
    # The lock that all users share holds nothing.
    everything = {path for path in tmp_path.rglob("*") if "of-all-users" not in path.parts}
    written = everything - estate
    assert {path.name for path in written} > {
        "journal.jsonl",
        "credentials-ledger.jsonl",
        "kept",
        "sandbox.sqlite",
        "snapshot-mine.json",
        "audit.html",
        "well-formed",
    }
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in written}
    assert {
        path: oct(mode) for path, mode in modes.items() if mode != (0o700 if path.is_dir() else 0o600)
    } == {}


def test_a_new_clients_file_is_its_owners_alone(here: Path) -> None:
    """clients.toml holds addresses: made by a command it is mode 0600, found there it keeps its mode."""
    details, before = here / "clients.toml", os.umask(0)
    text = details.read_text()
    details.unlink()
    try:
        atomic.replace_together({details: text})
        assert stat.S_IMODE(details.stat().st_mode) == 0o600
        details.chmod(0o640)
        atomic.replace_together({details: text + "\n"})
    finally:
        os.umask(before)
    assert stat.S_IMODE(details.stat().st_mode) == 0o640


def test_what_was_open_to_others_is_tightened(here: Path) -> None:
    """A journal or ledger that an earlier version left for others to read is its owner's alone once it is added to."""
    for name in ("journal.jsonl", "credentials-ledger.jsonl"):
        (here / name).touch(mode=0o644)
    for command in ("setup", "create-credential cedar-lot --password-file kept"):
        assert invoke(f"{command} --profile sandbox").code == 0
    assert [
        stat.S_IMODE((here / n).stat().st_mode) for n in ("journal.jsonl", "credentials-ledger.jsonl")
    ] == [
        0o600,
        0o600,
    ]


def test_a_memory_of_findings_is_its_owners_alone(tmp_path: Path) -> None:
    """What the last audit found names phones: mode 0600, even where it was not before."""
    memory = tmp_path / "last-audit.json"
    memory.touch(mode=0o666)
    notify.remember(memory, results.Audit(datetime.now(UTC), "a sandbox", "1", (), ()))
    assert stat.S_IMODE(memory.stat().st_mode) == 0o600


@pytest.mark.parametrize("links", [True, False])
def test_a_new_file_replaces_nothing(links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that must be new is made whole or not at all, and never in place of a file, a link or a directory."""

    def none(*_given: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    if not links:
        monkeypatch.setattr(os, "link", none)
    new = tmp_path / "new"
    atomic.write_new(new, "ä\r\n")
    assert new.read_bytes() == "ä\r\n".encode()
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    (tmp_path / "folder").mkdir()
    for name in ("new", "link", "folder"):
        with pytest.raises(FileExistsError):
            atomic.write_new(tmp_path / name, "other")
    assert new.read_bytes() == "ä\r\n".encode()
    assert lying_in(tmp_path) - OF_THE_TESTS == {"new", "link", "folder"}


def test_a_full_disk_leaves_no_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot that a full disk cuts is not there, and nothing lies beside it."""

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device"):
        atomic.write_new(tmp_path / "new", "x")
    assert lying_in(tmp_path) - OF_THE_TESTS == set()


def test_a_full_disk_after_the_writes_names_the_file(
    at_box: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where Twilio holds all and a file here cannot follow, the file is named, and `resume` brings it up."""
    assert at_box.url
    assert invoke("setup").code == 0
    written = atomic._written

    def full(there: Path, text: str, mode: int, **given: bool) -> Path:
        if there.name == "clients.toml":
            raise OSError(28, "No space left on device", str(there))
        return written(there, text, mode, **given)

    with monkeypatch.context() as broken:
        broken.setattr(atomic, "_written", full)
        ended = invoke("update-client cedar-lot --env stage --take-over cedar-lot")
    assert ended.code == 2
    assert (
        "a file here cannot be written. clients.toml cannot be written: No space left on device.\n"
        in ended.err
    )
    assert invoke("resume").code == 0
    assert '[client.cedar-lot]\nenvironment = "stage"' in (here / "clients.toml").read_text()
    assert lying_in(here) - NAMES <= {journal.JOURNAL_FILE, "credentials-ledger.jsonl"}


def test_what_a_kill_left_beside_a_file_is_removed_without_writing_the_file(tmp_path: Path) -> None:
    """A leftover goes although nothing of the file changes; those of other files stay."""
    path, left = tmp_path / "estate.toml", tmp_path / ".estate.toml.1a2b3c4d.new"
    others = tmp_path / ".clients.toml.1a2b3c4d.new"
    for one in (path, left, others):
        one.write_text("a = 1\n")
    atomic.remove_leftovers(path)
    assert {one.name for one in tmp_path.iterdir()} == {path.name, others.name}


def test_a_read_only_directory_is_named(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that you may not write to is named as read-only; nothing is written."""

    def refuse(path: Any, flags: int, *more: Any, **named: Any) -> int:
        if flags & os.O_CREAT:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, flags, *more, **named)

    before, opened = (here / "estate.toml").read_bytes(), os.open
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(BadInput, match=f"the directory {here} is read-only for you"):
        edits.rewrite_dialplans(here / "estate.toml", "prod", "https://prod-2.example.com")
    assert (here / "estate.toml").read_bytes() == before

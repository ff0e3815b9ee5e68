"""Planted passwords, given and made, are searched for in everything that the tool leaves behind."""

from __future__ import annotations

import io
import json
import logging
import os
import stat
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keyring.backend
import keyring.errors
import pytest
import responses

from futel_twilio.apply import result, write_run
from futel_twilio.errors import Rejected
from futel_twilio.passwords import handover, store
from futel_twilio.passwords.handover import PasswordHandover, WrittenPassword
from futel_twilio.passwords.ledger import Ledger
from futel_twilio.resources.phones import Credential
from futel_twilio.sandbox.server import Sandbox
from futel_twilio.twilio_api.client import Api
from tests.cli.test_tasks import INVOKE
from tests.conftest import Ended, clean_environment, invoke
from tests.support.phones import begin_anew

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from futel_twilio.workspace import Workspace

Accounts = dict[str, dict[str, Any]]
PLANTED = "Planted7PasswordXyz"
TOLD = "Passwords, shown this once:"


class Left:
    """A sandbox in a file, a place to run commands, and all that they leave there."""

    def __init__(self, box: Sandbox, here: Path, log: pytest.LogCaptureFixture) -> None:
        self.box = box
        self.here = here
        self.log = log
        self.made: list[str] = []

    @property
    def secrets(self) -> list[str]:
        """Every password there was, given or made."""
        return [PLANTED, *self.made]

    def run(self, command: str, monkeypatch: pytest.MonkeyPatch, typed: str = f"{PLANTED}\n") -> Ended:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        return invoke(command)

    def require_none(self, ended: Ended, besides: str = "") -> None:
        """No password is anywhere: not in what was printed, but for `besides`, nor in files, logs and dumps."""
        assert besides in ended.out + ended.err
        places = {
            "stdout": ended.out.replace(besides, "") if besides else ended.out,
            "stderr": ended.err.replace(besides, "") if besides else ended.err,
            "logging": self.log.text,
            "dump": json.dumps(self.box.dump()),
            "request log": repr(self.box.requests()),
        }
        read = {str(path): path.read_bytes() for path in self.here.rglob("*") if path.is_file()}
        assert any(path.endswith("sandbox.sqlite") for path in read)
        assert any(path.endswith("sandbox.sqlite-wal") for path in read)
        for secret in self.secrets:
            assert [place for place, text in places.items() if secret in text] == []
            assert [path for path, content in read.items() if secret.encode() in content] == []


@pytest.fixture
def left(
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    phone_accounts: Accounts,
) -> Iterator[Left]:
    """A sandbox that keeps its state in a file, everything logged that can be, and passwords noted as they are made."""
    monkeypatch.setattr(write_run, "PAUSE_SECONDS", 0.0)
    for name in ("", "twilio.http_client", "urllib3", "futel_twilio"):
        caplog.set_level(logging.DEBUG, logger=name)
    with Sandbox(state=here / "sandbox.sqlite") as box:
        begin_anew(box, phone_accounts["bare"])
        monkeypatch.setenv("FUTEL_TWILIO_URL", box.url)
        monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "0" * 32)
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", "sandbox")
        found = Left(box, here, caplog)
        generate = handover.generate

        def noted() -> str:
            found.made.append(generate())
            return found.made[-1]

        monkeypatch.setattr(handover, "generate", noted)
        yield found


def line_with(ended: Ended, secret: str) -> str:
    """The one line that may hold a password: right under the words that say so."""
    lines = (ended.out + ended.err).splitlines()
    (line,) = [line for line in lines if secret in line]
    assert any("shown this once:" in one for one in lines[: lines.index(line)])
    return line


@pytest.mark.usefixtures("ring")
@pytest.mark.parametrize("how", ["", " --json", " --keyring", " --password-file kept"])
@pytest.mark.parametrize("command", ["create-credential cedar-lot", "add-client elm-office --env prod"])
def test_a_given_password_is_not_shown(
    command: str, how: str, left: Left, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever gave a password knows it: it is shown nowhere, and the command says which credential has it."""
    ended = left.run(f"{command} --password-stdin{how}", monkeypatch)
    assert ended.code == 0, ended
    name = command.split()[1]
    if "file" in how:
        assert (left.here / "kept").read_text() == f"{name}\t{PLANTED}\n"
        (left.here / "kept").unlink()
    left.require_none(ended)
    assert TOLD not in ended.out + ended.err
    if "json" in how:
        assert (ended.json["passwords"], ended.json["passwords_given"]) == ({}, [name])
    else:
        assert f"{name} has the password that you gave." in ended.out


def test_a_given_password_is_noted(left: Left, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password from standard input is nowhere in what is left but as a digest in the ledger."""
    ended = left.run("add-client alder-street --env prod --password-stdin", monkeypatch)
    assert ended.code == 0, ended
    left.require_none(ended)
    assert "POST" in left.log.text
    (entry,) = Ledger(left.here / "credentials-ledger.jsonl", "AC" + "0" * 32).entries()
    assert entry.is_password(PLANTED)


def test_made_passwords_are_reported_once(left: Left, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords that are made for a whole environment are each in one line, and nowhere else at all."""
    ended = left.run("sync-clients --env prod", monkeypatch)
    assert (ended.code, len(left.made)) == (0, 4)
    block = ended.out[ended.out.index(TOLD) :]
    for secret in left.made:
        line_with(ended, secret)
    left.require_none(ended, block)


def test_a_rotation_shows_the_new_one(left: Left, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rotation tells the new password once, and nothing it leaves holds that or the one before."""
    left.run("create-credential cedar-lot --password-stdin", monkeypatch)
    ended = left.run("rotate-credential cedar-lot", monkeypatch)
    left.require_none(ended, line_with(ended, left.made[0]))


def test_json_holds_them_under_one_key(left: Left, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --json passwords stand under `passwords`, and no other key of the document holds any."""
    ended = left.run("sync-clients --env prod --json", monkeypatch)
    document = ended.json
    assert sorted(document.pop("passwords").values()) == sorted(left.made)
    left.require_none(Ended(0, json.dumps(document), ended.err))


def test_a_failed_run_with_json_shows_them_on_stderr(left: Left, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a --json run that failed, stdout is one document without passwords; those at Twilio are reported on stderr."""
    left.box.fault("GET", "*/Credentials.json", "401", start=2)
    ended = left.run("create-credential cedar-lot --json", monkeypatch)
    assert (ended.code, sorted(ended.json)) == (2, ["error"])
    assert TOLD in ended.err
    left.require_none(ended, line_with(Ended(2, "", ended.err), left.made[0]))


def test_a_dry_run_makes_none(left: Left, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dry run makes no password, and does not repeat one that was given."""
    ended = left.run("add-client alder-street --env prod --password-stdin --dry-run", monkeypatch)
    assert (ended.code, left.made) == (1, [])
    left.require_none(ended)


def test_a_password_file_is_for_its_owner_alone(left: Left, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --password-file they are in that file, which nobody else may read, and are not shown."""
    before = os.umask(0)
    try:
        ended = left.run("sync-clients --env prod --password-file kept", monkeypatch)
    finally:
        os.umask(before)
    kept = left.here / "kept"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    lines = dict(line.split("\t") for line in kept.read_text().splitlines())
    assert sorted(lines.values()) == sorted(left.made)
    assert set(lines) == {"alder-street", "birch-corner", "cedar-lot", "elm-office"}
    kept.unlink()
    left.require_none(ended)
    assert (
        "The passwords of alder-street, birch-corner, cedar-lot, elm-office went to the file kept."
        in ended.out
    )
    assert TOLD not in ended.out


class InMemory(keyring.backend.KeyringBackend):
    """A keyring of this test's own, which may be locked."""

    priority = -1.0  # below "none": chosen by who asks for it, never alone
    locked = False

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked:
            raise keyring.errors.PasswordSetError("the keyring is locked")
        self.kept[service, username] = password

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def ring() -> Iterator[InMemory]:
    """The keyring that the library finds in this test."""
    before, made = keyring.get_keyring(), InMemory()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def test_the_keyring_keeps_them(left: Left, ring: InMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --keyring they are in the system's keyring, by account and phone, and are not shown."""
    ended = left.run("create-credential cedar-lot --keyring", monkeypatch)
    assert ended.code == 0
    assert ring.kept == {(f"futel_twilio AC{'0' * 32}", "cedar-lot"): left.made[0]}
    left.require_none(ended)


def test_what_the_keyring_refuses_is_reported(
    left: Left, ring: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password that reached Twilio and that the keyring would not take is shown after all, not lost."""
    ring.locked = True
    ended = left.run("create-credential cedar-lot --keyring", monkeypatch)
    assert ended.code == 0
    left.require_none(ended, line_with(ended, left.made[0]))


def test_a_full_disk_loses_none(left: Left, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password that its file could not take is shown after all, not lost."""
    add = store.PasswordFile._add

    def full(file: store.PasswordFile, line: str) -> int:
        if line:
            raise OSError(28, "No space left on device")
        return add(file, line)

    monkeypatch.setattr(store.PasswordFile, "_add", full)
    ended = left.run("create-credential cedar-lot --password-file kept", monkeypatch)
    assert ended.code == 0
    left.require_none(ended, line_with(ended, left.made[0]))


FAULTS = ("reset-before", "reset-after", "500", "429", "401", "truncated", "not-json")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("command", ["create-credential", "rotate-credential"])
def test_no_fault_of_the_wire_brings_one_out(
    command: str, fault: str, left: Left, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever becomes of the request that carries a password, it is reported if it is Twilio's, and else nowhere."""
    if command == "rotate-credential":
        left.run("create-credential cedar-lot", monkeypatch)
    left.box.fault("POST", "*/Credentials*", fault)
    known = len(left.made)
    ended = left.run(f"{command} cedar-lot", monkeypatch)
    assert "Traceback" not in ended.err
    (made,) = left.made[known:]
    left.require_none(ended, line_with(ended, made) if "shown this once:" in ended.out else "")


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_of_the_wire_brings_a_given_one_out(
    fault: str, left: Left, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever becomes of the request that carries a password that was given, it is nowhere."""
    left.box.fault("POST", "*/Credentials*", fault)
    ended = left.run("create-credential cedar-lot --password-stdin", monkeypatch)
    assert "Traceback" not in ended.err
    left.require_none(ended)


@pytest.mark.parametrize("error", [RuntimeError("broken"), KeyboardInterrupt()], ids=["fault", "interrupt"])
@pytest.mark.parametrize(
    ("where", "reported"),
    [
        ("futel_twilio.passwords.handover.PasswordHandover.of", False),
        ("futel_twilio.passwords.handover.PasswordHandover.wrote", False),
        ("futel_twilio.passwords.ledger.Ledger.note", True),
        ("futel_twilio.passwords.ledger._digest", True),
        ("futel_twilio.apply.write_run.WriteRun.verify", True),
        ("futel_twilio.cli.views.result_lines", True),
        ("futel_twilio.twilio_api.http.Http._once", False),
        ("twilio.http.http_client.TwilioHttpClient.request", False),
    ],
)
def test_no_fault_of_ours_brings_one_out(
    where: str, reported: bool, error: BaseException, left: Left, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of the tool, or Ctrl-C, at any stage: the traceback holds no password; a fault of Twilio is reported."""
    module, _, name = where.rpartition(".")
    if name in {"_once", "request"}:
        _break_the_write(monkeypatch, error)
    else:
        monkeypatch.setattr(where, _raising(error))
    ended = left.run("create-credential cedar-lot", monkeypatch)
    assert ended.code == 2
    assert ("Traceback" in ended.err) is isinstance(error, RuntimeError), module
    assert (TOLD in ended.out) is reported
    left.require_none(ended, line_with(ended, left.made[0]) if reported else "")


def _raising(error: BaseException) -> Callable[..., Any]:
    def fail(*_args: object, **_kwargs: object) -> Any:
        raise error

    return fail


def _break_the_write(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    from futel_twilio.twilio_api import http

    once = http.Http._once

    def fail(self: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        if method == "POST":
            raise error
        return once(self, method, url, *args, **kwargs)

    monkeypatch.setattr(http.Http, "_once", fail)


def test_a_recording_afterwards_holds_none(left: Left, monkeypatch: pytest.MonkeyPatch) -> None:
    """The audit's report and a recording that are made after passwords were hold none of them."""
    (left.here / "cassettes").mkdir()
    left.run("sync-clients --env prod", monkeypatch)
    recorded = left.run("record --profile sandbox", monkeypatch)
    audited = left.run("audit --live --profile sandbox --report report", monkeypatch)
    assert recorded.code == 0, recorded
    assert (left.here / "cassettes" / "account.yaml").stat().st_size > 0
    assert (left.here / "report" / "audit.json").stat().st_size > 0
    left.require_none(Ended(0, recorded.out + audited.out, recorded.err + audited.err))


def test_twilio_repeating_it_brings_none_out(workspace: Workspace) -> None:
    """Where Twilio's refusal repeats the password that it was sent, the message that people see does not."""
    api = Api(workspace.api.connection)
    path = f"{workspace.api.connection.url}/2010-04-01/Accounts/AC{'0' * 32}/SIP/CredentialLists/CL1/Credentials.json"
    with responses.RequestsMock() as answers:
        answers.post(path, status=400, json={"code": 21240, "message": f"Password {PLANTED} is too weak"})
        with pytest.raises(Rejected) as caught:
            api.client.sip.credential_lists("CL1").credentials.create("cedar-lot", PLANTED)
    api.close()
    assert PLANTED not in str(caught.value)
    assert "Password *** is too weak" in str(caught.value)


def test_the_values_do_not_show_it() -> None:
    """No repr of what carries a password shows it: neither of those of a run nor of the whole run's manner."""
    credential = Credential("cedar-lot", "sip-direct")
    found = PasswordHandover({"cedar-lot": PLANTED})
    found.of(credential)
    found.wrote(credential, None, "created")
    written = WrittenPassword(credential, "created", None, chosen=True, password=PLANTED)
    assert PLANTED not in repr((found, written, result.ApplyOptions(found)))
    assert (found.to_show(), found.taken_as_given()) == ({}, ("cedar-lot",))


def test_the_process_list_never_shows_it(left: Left) -> None:
    """While a command runs, no command line and no environment of any process on the machine holds the password."""
    left.box.latency_ms = 150
    marked = f"marked-{time.time_ns()}"
    with subprocess.Popen(
        [*INVOKE, "create-credential", "cedar-lot", "--password-stdin", "--password-file", marked],
        cwd=left.here,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={
            **clean_environment(),
            "FUTEL_TWILIO_URL": left.box.url,
            "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
            "TWILIO_AUTH_TOKEN": "sandbox",
        },
    ) as running:
        assert running.stdin is not None
        running.stdin.write(f"{PLANTED}\n".encode())
        running.stdin.close()
        seen: set[bytes] = set()
        while running.poll() is None:
            seen |= _of_processes()
            time.sleep(0.02)
    assert running.returncode == 0
    assert any(marked.encode() in text for text in seen)
    assert [text for text in seen if PLANTED.encode() in text] == []
    assert PLANTED in (left.here / marked).read_text()


def _of_processes() -> set[bytes]:
    """The command line and the environment of every process that can be seen."""
    found = set()
    for path in (*Path("/proc").glob("[0-9]*/cmdline"), *Path("/proc").glob("[0-9]*/environ")):
        try:
            found.add(path.read_bytes())
        except OSError:
            continue
    return found

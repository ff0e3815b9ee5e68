"""`--twin`: a whole command on a sandbox that holds what the account holds; the account is only read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio.cli import sandbox
from futel_twilio.errors import BadInput
from futel_twilio.sandbox.server import Sandbox
from futel_twilio.snapshots import capture
from futel_twilio.snapshots.document import load
from futel_twilio.snapshots.twin import Twin
from futel_twilio.workspace import open_workspace
from tests.conftest import invoke
from tests.support.phones import begin_anew
from tests.support.sandbox import sdk
from tests.support.snapshots import plain

if TYPE_CHECKING:
    from pathlib import Path

Accounts = dict[str, dict[str, Any]]
NEW_ADDRESS = "'9 NW New St, Portland, OR 97209'"
# What is typed, and on which account.
COMMANDS = {
    "setup": ("setup", "empty"),
    "setup again": ("setup", "set up"),
    "promote": ("promote --env prod --dialplans https://prod-2.example.com --yes", "synced"),
    "sync-clients": ("sync-clients --env prod --yes", "bare"),
    "change-address": (f"change-address alder-street --address {NEW_ADDRESS} --yes", "synced"),
    "delete-client": ("delete-client alder-street --allow-911-loss alder-street --yes", "synced"),
    "rotate-credential": ("rotate-credential elm-office --yes", "synced"),
    "add-client": ("add-client alder-street --env prod --yes", "bare"),
    "restore": ("restore there.json --yes", "changed"),
    "apply": ("apply --yes", "changed"),
}
REFUSED = {
    "911 would be lost": "delete-client alder-street --yes",
    "an unknown phone": "add-client no-such-phone --env prod --yes",
    "a guard": "apply --remove direct-futel-prod --yes",
}


@pytest.fixture
def account(at_box: Sandbox, phone_accounts: Accounts, here: Path, request: pytest.FixtureRequest) -> Sandbox:
    """The account of the parameter; `changed` differs from the snapshot there.json and from the files."""
    name = request.param
    if name == "empty":
        return at_box
    begin_anew(at_box, phone_accounts["synced" if name == "changed" else name])
    if name == "changed":
        with open_workspace("sandbox") as workspace, sdk(at_box.url) as client:
            capture.save(workspace.api, here / "there.json")
            client.applications.list()[0].update(voice_url="https://elsewhere.example.com/x")
            client.sip.domains.list()[0].update(sip_registration=False)
    at_box.clear_requests()
    return at_box


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What each twin holds when its command has ended."""
    found: list[Any] = []
    changes = Twin.changes

    def noted(twin: Twin) -> Any:
        found.append(plain(capture.capture(twin.workspace.api)))
        return changes(twin)

    monkeypatch.setattr(Twin, "changes", noted)
    return found


def objects_of(box: Sandbox) -> list[Any]:
    """What a sandbox holds, without the countries, which it lists when they are first read."""
    return [item for item in box.dump()["objects"] if item["kind"] != "dialing_country"]


def files_of(here: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in here.iterdir() if path.is_file()}


@pytest.mark.parametrize(("command", "account"), COMMANDS.values(), ids=[*COMMANDS], indirect=["account"])
def test_the_twin_ends_as_the_account_would(
    command: str, account: Sandbox, here: Path, ends: list[Any]
) -> None:
    """With --twin the account sees GETs alone and no file changes; twin and real run end the same, exit code too."""
    before, files = objects_of(account), files_of(here)
    tried = invoke(f"{command} --twin")
    assert {logged.method for logged in account.requests()} == {"GET"}
    assert objects_of(account) == before
    assert files_of(here) == files
    assert "nothing was changed at Twilio, and no file of yours" in tried.out
    done = invoke(command)
    assert tried.code == done.code == 0, (tried, done)
    with open_workspace("sandbox") as workspace:
        assert ends == [plain(capture.capture(workspace.api))]


@pytest.mark.parametrize("account", ["synced"], indirect=True)
@pytest.mark.parametrize("command", REFUSED.values(), ids=[*REFUSED])
def test_what_the_account_would_refuse_the_twin_refuses(command: str, account: Sandbox, here: Path) -> None:
    """A refusal is the same on the twin: its words, its exit code, and nothing changed."""
    before, files = objects_of(account), files_of(here)
    tried, done = invoke(f"{command} --twin"), invoke(command)
    assert (tried.code, done.code) == (2, 2)
    assert done.err.splitlines()[-1] in tried.err
    assert objects_of(account) == before
    assert files_of(here) == files


@pytest.mark.parametrize("account", ["bare"], indirect=True)
def test_no_password_of_a_twin_is_shown_or_kept(account: Sandbox, here: Path) -> None:
    """The twin's passwords sign nobody in: none is shown or written; the phones that get one are named."""
    command = "sync-clients --env prod --yes --password-file kept"
    tried = invoke(f"{command} --twin")
    assert tried.code == 0, tried
    assert "The real run makes 4 passwords, for " in tried.out
    assert "shown this once" not in tried.out
    assert not (here / "kept").exists()
    document = json.loads(invoke(f"{command} --twin --json").out)
    assert document["passwords"] == dict.fromkeys(document["passwords"])
    assert len(document["passwords"]) == 4
    assert [line for line in document["twin"]["changes"] if line.startswith("+ credential")]
    assert account.count("POST", "DELETE") == 0


@pytest.mark.parametrize("account", ["synced"], indirect=True)
def test_a_rollback_on_the_twin_uses_the_history(account: Sandbox, here: Path) -> None:
    """The twin has a copy of the history: a rollback on it undoes the last run, and the real history stays."""
    assert invoke("promote --env prod --dialplans https://prod-2.example.com --yes").code == 0
    account.clear_requests()
    files = files_of(here)
    tried = invoke("rollback --yes --twin")
    assert tried.code == 0, tried
    assert "voice_url: https://prod-2.example.com" in tried.out
    assert {logged.method for logged in account.requests()} == {"GET"}
    assert files_of(here) == files


@pytest.fixture
def snapshot(phone_accounts: Accounts, here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A snapshot of a synced account."""
    with Sandbox() as box, monkeypatch.context() as patch:
        box.seed(phone_accounts["synced"])
        patch.setenv("FUTEL_TWILIO_URL", box.url)
        with open_workspace("sandbox", directory=here) as workspace:
            return capture.save(workspace.api, here / "there.json").path


def test_a_sandbox_begins_with_a_snapshot(
    snapshot: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`invoke sandbox --from` serves what the snapshot holds, keeps nothing, and sells no number that is sold out."""
    options = sandbox.SandboxOptions(state=":memory:", sold_out=["+1971*"], document=load(snapshot))
    with sandbox.serve_sandbox(options) as box:
        monkeypatch.setenv("FUTEL_TWILIO_URL", box.url)
        assert invoke("plan --profile sandbox").code == 0
        assert invoke("sync-clients --env prod --dry-run --profile sandbox").code == 0
        refused = invoke("create-number +19712220142 --env prod --profile sandbox")
        assert (refused.code, "sandbox.sqlite" in files_of(here)) == (2, False)


def test_what_a_sandbox_cannot_begin_with(snapshot: Path, here: Path) -> None:
    """Faults of the flags are reported at once; a filled state file takes a snapshot only with --reset."""
    ended = invoke("sandbox --port x --sold-out '+1[' --from there.json")
    assert ended.code == 2
    assert all(words in ended.err for words in ("--port x: not a port", "--sold-out +1[: not a pattern"))
    both = invoke("sandbox --from there.json --from-profile futel")
    assert (both.code, "say different things" in both.err) == (2, True)
    assert invoke("sandbox --from nowhere.json").code == 2
    state = here / "kept.sqlite"
    options = sandbox.SandboxOptions(state=str(state), document=load(snapshot))
    for reset in (False, True):
        with sandbox.serve_sandbox(replace(options, reset=reset)) as box:
            assert len(box.dump()["objects"]) > 10
    with pytest.raises(BadInput, match="only an empty sandbox"), sandbox.serve_sandbox(options):
        pass

"""The journal: ahead of the writing, of everything that is written, and of nothing secret."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio.apply import history, journal, journal_codec, result
from futel_twilio.apply.journal import Journal
from futel_twilio.apply.result import RunOptions
from futel_twilio.commands import clients, credentials, promotion
from futel_twilio.commands.setup import setup
from futel_twilio.errors import PartiallyApplied
from futel_twilio.passwords.handover import PasswordHandover
from futel_twilio.plan.changes import Create, Delete, Update
from futel_twilio.resources.phones import Address, Credential, PhoneClient, PhoneNumber
from futel_twilio.resources.voice import SipDomain
from tests.conftest import invoke

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox
    from futel_twilio.workspace import Workspace

ADDRESS = Address("alder", "Futel", "1 SW Example St", "Portland", "OR", "97201")
NOUNS = (
    SipDomain("x.sip.twilio.com", voice_url="https://example.com", registrations=frozenset({"a", "b"})),
    ADDRESS,
    PhoneNumber("+15035550101", emergency_address=ADDRESS.name),
    Credential("alder", "sip-direct"),
    PhoneClient("alder", "out", "+15035550101", enable_emergency=True, environment="prod", address=ADDRESS),
)


@pytest.mark.parametrize("resource", NOUNS, ids=lambda resource: type(resource).__name__)
def test_a_resource_reads_back_the_same(resource: Any) -> None:
    """What is written of a resource reads back as the same resource, through JSON."""
    assert journal_codec.decode(json.loads(json.dumps(journal_codec.encode(resource)))) == resource


def test_it_is_on_disk_before_the_request_leaves(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every write to the account the journal holds already that it is about to happen."""
    seen: list[bool] = []
    ask = workspace.api._http._once

    def once(method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        if method != "GET":
            (entry,) = history.journal_of(workspace).entries()
            seen.append(bool(entry.begun) and entry.state == "cut off")
        return ask(method, url, *args, **kwargs)

    monkeypatch.setattr(workspace.api._http, "_once", once)
    setup(workspace)
    assert len(seen) == 16
    assert all(seen)
    (entry,) = history.journal_of(workspace).entries()
    assert (entry.state, len(entry.begun)) == ("done", 16)


def test_nothing_to_do_writes_nothing(workspace: Workspace) -> None:
    """A run that changes nothing leaves no entry."""
    setup(workspace)
    setup(workspace)
    assert len(history.journal_of(workspace).entries()) == 1


def test_a_dry_run_writes_nothing(at_box: Sandbox, here: Path) -> None:
    """--dry-run leaves no journal, and a listing neither."""
    assert at_box.url
    invoke("setup --dry-run")
    invoke("list-domains")
    assert not (here / journal.JOURNAL_FILE).exists()


def test_it_holds_no_password(workspace: Workspace) -> None:
    """Neither a given nor a made password is in the journal, in any form."""
    setup(workspace)
    made: list[str] = []

    def keep(_name: str, password: str) -> bool:
        made.append(password)
        return True

    passwords = PasswordHandover({"cedar-lot": "Hidden-word-2026"}, keep)
    options = RunOptions(apply_options=result.ApplyOptions(passwords))
    credentials.create_credential(workspace, "cedar-lot", options)
    credentials.rotate_credential(workspace, "cedar-lot", options)
    credentials.create_credential(workspace, "elm-office", options)
    text = (workspace.estate_file.with_name(journal.JOURNAL_FILE)).read_text()
    assert made
    assert not any(word in text for word in (*made, "Hidden-word-2026", workspace.api.connection.secret))


def test_a_cut_at_any_byte(workspace: Workspace) -> None:
    """A journal that breaks off anywhere is read up to the last whole line; the torn one is counted, and told."""
    setup(workspace)
    path = workspace.estate_file.with_name(journal.JOURNAL_FILE)
    whole = path.read_bytes()
    ends = [n for n, byte in enumerate(whole) if byte == 10]
    cuts = [*range(0, len(whole), 37), *ends, *(end + 1 for end in ends), *(end - 1 for end in ends)]
    for cut in cuts:
        path.write_bytes(whole[:cut])
        book = history.journal_of(workspace)
        entries = book.entries()
        lines = [line for line in whole[:cut].split(b"\n") if line]
        torn = bool(lines) and not whole[:cut].endswith(b"\n") and cut not in ends
        assert book.torn == torn, cut
        assert len(entries) == (1 if cut >= ends[0] else 0), cut


def test_after_a_torn_line_it_goes_on(workspace: Workspace) -> None:
    """A run after a torn last line begins its own line, and both runs are read."""
    setup(workspace)
    path = workspace.estate_file.with_name(journal.JOURNAL_FILE)
    path.write_bytes(path.read_bytes() + b'{"event": "beg')
    (stage,) = workspace.api.client.applications.list(friendly_name="incoming-stage")
    stage.update(voice_method="GET")
    promotion.update(workspace, "stage")
    book = history.journal_of(workspace)
    assert [entry.state for entry in book.entries()] == ["done", "done"]
    assert book.torn == 1


def test_rubbish_in_it_is_passed_over(tmp_path: Path) -> None:
    """Lines of anything never raise; they are counted."""
    rng = random.Random(911)  # noqa: S311  # the same always
    path = tmp_path / journal.JOURNAL_FILE
    lines = [b"null", b"[]", b"{}", b'{"event": "begin"}', b'{"event": "end", "run": 1}', b"\xff\xfe"]
    lines += [bytes(rng.randrange(256) for _ in range(40)).replace(b"\n", b"") for _ in range(50)]
    path.write_bytes(b"\n".join(lines) + b"\n")
    book = Journal(path, "AC")
    assert book.entries() == ()
    assert book.torn > 50


def test_another_accounts_runs_are_not_its_own(tmp_path: Path) -> None:
    """Two accounts in one file see each their own runs."""
    path = tmp_path / journal.JOURNAL_FILE
    change = Create(NOUNS[0])
    Journal(path, "AC1").begin("setup", (change,)).finish("done")
    Journal(path, "AC2").begin("setup", (change, Delete(NOUNS[1]))).finish("done")
    assert [len(e.changes) for e in Journal(path, "AC1").entries()] == [1]
    assert [len(e.changes) for e in Journal(path, "AC2").entries()] == [2]


def test_a_plan_reads_back(tmp_path: Path) -> None:
    """Every kind of change reads back unchanged, with its order and its settings."""
    before = NOUNS[0]
    plan = (
        Create(NOUNS[1]),
        Update(before, replace(before, voice_url="https://b"), ("voice_url",)),
        Delete(NOUNS[3]),
    )
    book = Journal(tmp_path / journal.JOURNAL_FILE, "AC")
    book.begin("x", plan).record_intent(plan[1:2])
    (entry,) = book.entries()
    assert entry.changes == plan
    assert entry.written == plan[1:2]
    assert entry.state == "cut off"


def test_a_stopped_run_says_so(workspace: Workspace) -> None:
    """A run that Twilio refuses half way is `stopped`, with what it was about to write."""
    setup(workspace)
    with pytest.raises(PartiallyApplied):
        clients.add_client(
            workspace,
            "alder-street",
            clients.ClientOptions(number="+15035550101"),
            RunOptions(on_progress=_break),
        )
    entry = history.journal_of(workspace).entries()[-1]
    assert entry.state in {"stopped", "cut off"}
    assert entry.begun


def _break(_done: int, _of: int, _latest: str) -> None:
    raise PartiallyApplied("Broken by the test.", "Nothing.")

"""Runs that never came to their end: reported until they are settled, and undone with what went on from them."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio.apply import journal, result
from futel_twilio.commands import promotion
from futel_twilio.config import schema
from futel_twilio.errors import Unreachable
from futel_twilio.files import atomic
from futel_twilio.twilio_api import http
from futel_twilio.workspace import open_workspace
from tests.commands.test_resume import PHONE, PROMOTE, at_setup, forget_the_end, states
from tests.commands.test_rollback import NEW, OLD, objects, urls
from tests.conftest import invoke
from tests.support.dying import KILLED, run_and_die

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox

__all__ = ["at_setup"]
OTHER = "https://prod-3.example.com"
TO_OTHER = f"promote --env prod --dialplans {OTHER} --skip-rehearsal 'a try'"
PROMOTION = ("promote", "--env", "prod", "--dialplans", NEW)
FINISH = ["  To finish it: `invoke resume`", "  To take back what it did: `invoke resume --undo`"]


@dataclass(frozen=True)
class Beginning:
    """Account, estate and history as they stand, to go back to."""

    box: Sandbox
    dump: Any
    files: dict[Path, bytes]

    @classmethod
    def of(cls, box: Sandbox, here: Path) -> Beginning:
        return cls(
            box,
            box.dump(),
            {here / n: (here / n).read_bytes() for n in ("estate.toml", journal.JOURNAL_FILE)},
        )

    def again(self) -> None:
        self.box.reset()
        self.box.seed(self.dump)
        for path, text in self.files.items():
            path.write_bytes(text)


def half_promoted(box: Sandbox, here: Path, first: int = 4) -> int:
    """Kill a promotion half way, however many requests that takes; at which request that was."""
    beginning = Beginning.of(box, here)
    for at in range(first, 16):
        assert run_and_die(at, *PROMOTION, cwd=here, url=box.url) == KILLED
        if len(urls(box)) == 2:
            return at
        beginning.again()
    pytest.fail("it was never killed half way")


def no_space(texts: dict[Path, str]) -> tuple[str, ...]:
    """Write the files of the desired state where the disk is full."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(next(iter(texts))))


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("again", [PROMOTE, TO_OTHER], ids=["the same", "another"])
def test_what_went_on_from_a_killed_run_is_taken_back_with_it(
    again: str, every: int, at_setup: Sandbox, here: Path
) -> None:
    """Killed at a request, promoted again, rolled back: the account and estate.toml are as before the first."""
    beginning, was, estate = (
        Beginning.of(at_setup, here),
        objects(at_setup),
        (here / "estate.toml").read_bytes(),
    )
    at, half_way = 0, 0
    while run_and_die(at, *PROMOTION, cwd=here, url=at_setup.url) == KILLED:
        half_way += len(urls(at_setup)) == 2
        assert invoke(again).code == 0
        assert urls(at_setup) == {OTHER if again == TO_OTHER else NEW}
        assert "was cut off" not in invoke("plan").err
        assert invoke("rollback").code == 0
        assert objects(at_setup) == was, at
        assert (here / "estate.toml").read_bytes() == estate, at
        beginning.again()
        at += every
    assert half_way >= max(1, 2 // every)
    assert at > 7


@pytest.mark.parametrize("way_back", ["rollback", "resume --undo", "rollback --to 2"])
@pytest.mark.parametrize("url", [NEW, OTHER], ids=["the same", "another"])
def test_what_wrote_a_part_of_a_half_done_run_is_taken_back_with_it(
    url: str, way_back: str, at_setup: Sandbox, here: Path
) -> None:
    """Killed half way, then only the SIP domains updated: every way back leads to before both, and needs no --force."""
    was, estate = objects(at_setup), (here / "estate.toml").read_bytes()
    half_promoted(at_setup, here)
    updated = invoke(f"update-domains --env prod --dialplans {url} --skip-rehearsal 'a try'")
    assert updated.code == 0, updated
    ended = invoke(way_back)
    assert ended.code == 0, ended
    assert [line.split(" (")[0] for line in ended.out.splitlines()[:2]] == [
        "Takes back entry 3",
        "Takes back entry 2",
    ]
    assert objects(at_setup) == was
    assert (here / "estate.toml").read_bytes() == estate
    assert invoke("list-domains").err == ""


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("way_back", ["rollback", "resume --undo"])
def test_killed_again_before_it_wrote_is_taken_back_unforced(
    way_back: str, every: int, at_setup: Sandbox, here: Path
) -> None:
    """Two promotions killed one after the other: what the second never wrote is not held to be somebody else's."""
    was = objects(at_setup)
    beginning = Beginning.of(at_setup, here)
    half_way = 4
    for at in range(4, 16, every):
        half_way = half_promoted(at_setup, here, half_way)
        code = run_and_die(at, "promote", "--env", "prod", "--dialplans", OTHER, cwd=here, url=at_setup.url)
        if code != KILLED:
            break
        assert invoke(way_back).code == 0, at
        assert objects(at_setup) == was, at
        beginning.again()
    assert at > 7


def test_a_killed_rollback_offers_no_way_further_back(at_setup: Sandbox, here: Path) -> None:
    """A rollback that goes on from one that was killed does not say that a rollback undoes it."""
    was = objects(at_setup)
    invoke(PROMOTE)
    for at in range(4, 16):
        assert run_and_die(at, "rollback", cwd=here, url=at_setup.url) == KILLED
        if len(urls(at_setup)) == 2:
            break
    ended = invoke("rollback")
    assert ended.code == 0
    assert "takes back both" not in ended.out
    assert objects(at_setup) == was
    assert invoke("list-domains").err == ""


def test_what_later_runs_wrote_over_is_not_half_done(at_setup: Sandbox, here: Path) -> None:
    """A run whose end cannot be read, and whose every thing was written since, is not offered to be undone."""
    for command in (PROMOTE, TO_OTHER, PROMOTE):
        assert invoke(command).code == 0
    book = here / journal.JOURNAL_FILE
    lines = book.read_bytes().splitlines(keepends=True)
    place = [n for n, line in enumerate(lines) if b'"end"' in line][1]
    book.write_bytes(b"".join([*lines[:place], b'{"event": "wri\n', *lines[place + 1 :]]))
    assert invoke("list-domains").err == ""
    assert invoke("resume --undo").out.startswith("Nothing to resume")
    assert at_setup.url


def test_what_somebody_took_away_is_not_made_anew(at_setup: Sandbox, client: Any) -> None:
    """An application that is gone since is reported and refused; --force with its name puts back all else."""
    invoke(PROMOTE)
    (application,) = client.applications.list(friendly_name="incoming-prod")
    application.delete()
    ended = invoke("rollback")
    assert ended.code == 2
    assert "TwiML application incoming-prod  it: there after that run, gone now" in ended.err
    assert invoke("rollback --force incoming-prod").code == 0
    assert client.applications.list(friendly_name="incoming-prod") == []
    domains = {domain.voice_url for domain in client.sip.domains.list() if "prod" in domain.domain_name}
    assert domains == {f"{OLD}/dial_outgoing"}
    assert at_setup.url


def test_nothing_is_undone_while_another_run_writes(at_setup: Sandbox, here: Path) -> None:
    """`rollback` and `resume` during a run say which one that is, before any plan."""
    assert at_setup.url
    seen: list[str] = []

    def look(_done: int, _of: int, _latest: str) -> None:
        seen.extend(invoke(command).err for command in ("rollback", "resume", "rollback --dry-run"))

    with open_workspace(directory=here) as workspace:
        (application,) = workspace.api.client.applications.list(friendly_name="incoming-prod")
        application.update(voice_method="GET")
        promotion.update(workspace, "prod", result.RunOptions(on_progress=look))
    assert len(seen) >= 3
    assert all("Another run is writing at this moment: entry 2 (invoke from Python" in said for said in seen)


def test_one_success_settles_a_whole_chain(
    at_setup: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A promotion and its `resume` that could not write estate.toml are both settled by the `resume` that could."""
    with monkeypatch.context() as broken:
        broken.setattr(atomic, "replace_together", no_space)
        assert invoke(PROMOTE).code == 2
        assert invoke("resume").code == 2
    assert invoke("resume").code == 0
    assert NEW in (here / "estate.toml").read_text()
    assert states() == ["done", "settled", "settled", "done"]
    assert invoke("resume").out.startswith("Nothing to resume")
    assert at_setup.url


def test_a_half_done_run_is_reported_until_it_is_settled(at_setup: Sandbox, here: Path) -> None:
    """Whatever runs meanwhile, a killed promotion is reported by each command, and `resume` still finishes it."""
    half_promoted(at_setup, here)
    for command in ("plan", "create-credential elm-office", "list-domains"):
        lines = invoke(command).err.splitlines()
        ((at, line),) = [(at, line) for at, line in enumerate(lines) if "was cut off" in line]
        assert line == "! entry 2 was cut off:"
        assert lines[at + 1].startswith("  invoke promote --env prod")
        assert lines[at + 2 :] == FINISH
    ended = invoke("resume")
    assert ended.code == 0
    assert ended.out.startswith("Finishes entry 2 (invoke promote --env prod")
    assert urls(at_setup) == {NEW}
    assert invoke("list-domains").err == ""
    assert [row["note"] for row in invoke("history --json").json][-1] == "goes on from 2"
    assert states() == ["done", "settled", "done", "done"]


def test_one_that_could_not_be_put_back_is_reported(at_setup: Sandbox) -> None:
    """A promotion that failed and could not be put back is reported by the next command, until it is undone."""
    was = objects(at_setup)
    at_setup.fault("POST", "*", "401", start=2)
    assert "Putting back what was written failed too" in invoke(PROMOTE).err
    at_setup.clear_faults()
    first, *rest = invoke("plan").err.splitlines()
    assert (first.endswith(" was stopped half-way:"), rest[1:3]) == (True, FINISH)
    assert invoke("resume --undo").code == 0
    assert objects(at_setup) == was
    assert "stopped" not in invoke("plan").err


BUY = "create-number +15035550150 --env prod"
REFUSED = {
    "a number that is not to be had": ("create-number +19995551234 --env prod", None),
    "a purchase without the right": (
        BUY,
        ("POST", "*/IncomingPhoneNumbers.json", "401"),
    ),
    "a purchase that never left": (BUY, None),
    "a credential": ("create-credential elm-office", ("POST", "*/CredentialLists/*/Credentials.json", "401")),
    "a phone": (f"add-client {PHONE} --env prod --number +15035550150", ("POST", "*/Addresses.json", "401")),
    "an application": ("create-applications", ("POST", "*/Applications.json", "401")),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_twilio_refused_before_anything_was_made_settles_itself(
    what: str, at_setup: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing reached the account, the run is called so; no command speaks of it or resumes it."""
    command, fault = REFUSED[what]
    estate = here / "estate.toml"
    estate.write_text(estate.read_text() + '\n[application."extra-{env}"]\nvoice_url = "/extra"\n')
    was = objects(at_setup)
    if fault:
        at_setup.fault(*fault)
    with monkeypatch.context() as unplugged:
        if what.endswith("never left"):
            unplugged.setattr(http.Http, "_once", never_leaves(http.Http._once))
        for _time in range(3):
            assert invoke(command).code == 2
    at_setup.clear_faults()
    assert objects(at_setup) == was
    assert states()[1:] == ["nothing written"] * 3
    assert invoke("list-domains").err == ""
    assert invoke("resume").out.startswith("Nothing to resume")
    assert "Entry 2 cannot be undone: it wrote nothing." in invoke("rollback --to 2").err


def never_leaves(ask: Callable[..., Any]) -> Callable[..., Any]:
    """A way to Twilio that is gone when a command wants to write."""

    def once(self: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        if method == "POST":
            raise Unreachable("Twilio could not be reached.", "Check the network.")
        return ask(self, method, *args, **kwargs)

    return once


def test_what_may_have_been_made_waits_to_be_settled(at_setup: Sandbox) -> None:
    """A purchase whose answer was lost, and that is refused the second time, may have been made: it is reported."""
    at_setup.fault("POST", "*/IncomingPhoneNumbers.json", "reset-after", times=1)
    at_setup.fault("GET", "*/IncomingPhoneNumbers.json", "stale", start=2)
    assert invoke("create-number +15035550150 --env prod").code == 2
    at_setup.clear_faults()
    assert "number" in {o["kind"] for o in objects(at_setup)}
    assert states()[-1] == "stopped"
    assert "was stopped half-way" in invoke("list-domains").err


def test_several_that_wait_are_counted(at_setup: Sandbox) -> None:
    """Runs that were left half done are counted once, with the command that lists them."""
    at_setup.fault("POST", "*/Credentials.json", "401")
    for name, number in (("alder-street", 1), ("birch-corner", 2), ("dogwood-stage", 3)):
        env = "stage" if name.endswith("stage") else "prod"
        assert invoke(f"add-client {name} --env {env} --number +1503555010{number}").code == 2
    at_setup.clear_faults()
    assert invoke("list-domains").err.splitlines() == [
        "! 3 runs were left half done (`invoke history` lists them).",
        "  To finish the latest: `invoke resume`",
        "  To take back the latest: `invoke resume --undo`",
        "  Then do the same for the next.",
    ]
    assert states()[-3:] == ["stopped"] * 3
    assert "! 2 earlier runs were left half done" in invoke("resume").err
    assert "! 2 runs were left half done" in invoke("list-domains").err
    assert invoke("resume").code == 0
    assert "! entry 2 was stopped half-way:\n  invoke add-client" in invoke("list-domains").err


def test_one_that_is_under_way_is_not_called_cut_off(at_setup: Sandbox, here: Path) -> None:
    """While a run writes, the history calls it running and other commands report it; no message says to resume it."""
    assert at_setup.url
    seen: list[tuple[str, str]] = []

    def look(_done: int, _of: int, _latest: str) -> None:
        seen.append((states()[-1], invoke("list-domains").err))

    with open_workspace(directory=here) as workspace:
        (application,) = workspace.api.client.applications.list(friendly_name="incoming-prod")
        application.update(voice_method="GET")
        promotion.update(workspace, "prod", result.RunOptions(on_progress=look))
    assert seen
    for state, said in seen:
        assert state == "running"
        assert "is being carried out at this moment" in said
        assert "resume" not in said
    assert states()[-1] == "done"


def test_a_rollback_says_what_it_takes_back(at_setup: Sandbox) -> None:
    """Entry, command, day and person are shown before anything is; it cannot be undone itself, and says why."""
    assert at_setup.url
    invoke(PROMOTE)
    shown = invoke("rollback --dry-run").out.splitlines()
    assert shown[0].startswith(f"Takes back entry 2 (invoke {PROMOTE}, 2")
    assert " UTC by " in shown[0]
    assert f"`invoke rehearse --env prod --dialplans {OLD}` asks them" in shown[1]
    assert invoke("rollback --json").json["about"][0] == shown[0]
    ended = invoke("rollback --to 3")
    assert ended.code == 2
    assert "Entry 3 cannot be undone: it undid others itself" in ended.err
    assert "Entry 2 cannot be undone: it was rolled back" in invoke("rollback --to 2").err


def test_what_somebody_wrote_into_estate_toml_since_is_not_written_over(
    at_setup: Sandbox, here: Path
) -> None:
    """A base URL that somebody wrote after a promotion is shown and refused; --force with the file's name takes it."""
    was = objects(at_setup)
    invoke(PROMOTE)
    estate = here / "estate.toml"
    estate.write_text(estate.read_text().replace(NEW, "https://hand.example.com"))
    promoted = objects(at_setup)
    ended = invoke("rollback")
    assert ended.code == 2
    assert f"environment.prod.dialplans: {NEW} by that run, https://hand.example.com now" in ended.err
    assert objects(at_setup) == promoted
    assert invoke("rollback --force estate.toml").code == 0
    assert objects(at_setup) == was
    assert OLD in estate.read_text()


def test_resume_says_what_was_there_before(at_setup: Sandbox, here: Path, client: Any) -> None:
    """`resume` shows what somebody changed since beside what was there before the run, and does not write over it."""
    half_promoted(at_setup, here)
    for application in client.applications.list(friendly_name="incoming-prod"):
        application.update(voice_url="https://hand.example.com/x")
    ended = invoke("resume")
    assert ended.code == 2
    assert f"{OLD}/dial_sip_e164 before that run, https://hand.example.com/x now" in ended.err
    assert "overwritten anyway" in ended.err


# --- What this machine will not do -------------------------------------------------------------------


def failing(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Have the disk be full from the so-manieth flush of the journal and the files of the desired state on."""
    whole, left = os.fsync, [at]

    def fsync(file: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        whole(file)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(schema, "remember", lambda *_file: None)  # a cache, which is flushed too


def test_a_full_disk_before_the_first_write(at_setup: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the history cannot be written ahead, nothing is changed, and that is said without a traceback."""
    was = objects(at_setup)
    failing(monkeypatch, 0)
    ended = invoke(PROMOTE)
    assert ended.code == 2
    assert "cannot be written: No space left on device. Nothing was changed." in ended.err
    assert "Traceback" not in ended.err
    assert objects(at_setup) == was


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_full_disk_on_the_way(
    at: int, at_setup: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Full half way or at the end: what was written is back, or said to be all there; then the next command ends it."""
    was = objects(at_setup)
    with monkeypatch.context() as full:
        failing(full, at)
        ended = invoke(PROMOTE)
    assert ended.code == 2
    assert "Traceback" not in ended.err
    assert "No space left on device" in ended.err
    is_back = objects(at_setup) == was
    assert ("the account is unchanged" if is_back else "Twilio holds all that was to be changed") in ended.err
    assert invoke(PROMOTE if is_back else "resume").code == 0
    assert urls(at_setup) == {NEW}
    assert NEW in (here / "estate.toml").read_text()
    assert invoke("list-domains").err == ""


def test_an_estate_file_that_cannot_be_written(
    at_setup: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where only estate.toml cannot follow, that is said, and `resume` brings it up to the account."""
    with monkeypatch.context() as broken:
        broken.setattr(atomic, "replace_together", no_space)
        ended = invoke(PROMOTE)
    assert ended.code == 2
    assert "Twilio holds all that was to be changed, but a file here cannot be written." in ended.err
    assert urls(at_setup) == {NEW}
    assert OLD in (here / "estate.toml").read_text()
    assert invoke("resume").code == 0
    assert NEW in (here / "estate.toml").read_text()


def test_a_history_that_cannot_be_read(at_setup: Sandbox, here: Path) -> None:
    """What writes, and what reads the history, is refused with one sentence; what only looks goes on."""
    was = objects(at_setup)
    (here / journal.JOURNAL_FILE).unlink()
    (here / journal.JOURNAL_FILE).mkdir()
    for command in ("history", "rollback", "resume", PROMOTE):
        ended = invoke(command)
        assert ended.code == 2, command
        assert "the history of what was changed, cannot be read: it is a directory, not a file." in ended.err
        assert "Traceback" not in ended.err
    assert objects(at_setup) == was
    looked = invoke("list-domains")
    assert looked.code == 0
    assert "cannot be read" in looked.err


SPOIL: dict[str, Callable[[bytes], bytes]] = {
    "rubbish": lambda _line: b"\x00\xff nonsense\n",
    "half of it": lambda line: line[: len(line) // 2] + b"\n",
}


@pytest.mark.parametrize("how", SPOIL)
def test_a_line_that_cannot_be_read_is_reported_and_shifts_no_number(
    how: str, at_setup: Sandbox, here: Path
) -> None:
    """An entry that is spoilt is missing, and said to be; all others keep their numbers."""
    assert at_setup.url
    for command in (PROMOTE, TO_OTHER):
        invoke(command)
    book = here / journal.JOURNAL_FILE
    lines = book.read_bytes().splitlines(keepends=True)
    place = next(n for n, line in enumerate(lines) if b'"number": 2' in line)
    book.write_bytes(b"".join([*lines[:place], SPOIL[how](lines[place]), *lines[place + 1 :]]))
    ended = invoke("history --json")
    assert [row["entry"] for row in ended.json] == [1, 3]
    assert ended.err == "(1 of the lines of the history cannot be read, and are passed over)\n"
    assert invoke("rollback").code == 0
    assert [row["entry"] for row in invoke("history --json").json] == [1, 3, 4]


def test_a_history_is_for_its_owner_alone(at_setup: Sandbox, here: Path) -> None:
    """It holds the addresses of phones: nobody else on the machine may read it."""
    assert at_setup.url
    assert stat.S_IMODE((here / journal.JOURNAL_FILE).stat().st_mode) == 0o600


def test_the_end_alone_is_missing(at_setup: Sandbox, here: Path) -> None:
    """A run that was killed after all it did is settled by the same command, which finds nothing to do."""
    invoke(PROMOTE)
    forget_the_end(here)
    at_setup.clear_requests()
    assert invoke(PROMOTE).code == 0
    assert at_setup.count("POST", "DELETE") == 0
    assert states() == ["done", "settled", "done"]


def test_where_nothing_was_begun_nothing_has_to_be_put_back(at_setup: Sandbox) -> None:
    """Twilio fails from the look right before the first write on: that nothing was written is said, and no more."""
    at_setup.fault("GET", "*/SIP/Domains.json", "500", start=2)
    at_setup.clear_requests()
    ended = invoke(PROMOTE)
    at_setup.clear_faults()
    assert ended.code == 2
    assert "Nothing was written: the account is unchanged." in ended.err
    assert at_setup.count("POST", "DELETE") == 0
    assert states()[-1] == "moved back"
    assert invoke("list-domains").err == ""


def test_where_there_is_nothing_to_take_back(at_setup: Sandbox, here: Path) -> None:
    """Without a history `rollback` and `resume` say that there is nothing to do, and exit with 0."""
    assert at_setup.url
    (here / journal.JOURNAL_FILE).unlink()
    for command, says in (
        ("rollback", "Nothing to roll back: no command"),
        ("resume", "Nothing to resume: no run"),
    ):
        ended = invoke(command)
        assert ended.code == 0
        assert ended.out.startswith(says)
        assert invoke(f"{command} --json").json is None

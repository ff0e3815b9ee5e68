"""The fault matrix itself: what a sample of it holds, and that what it is to find is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio.apply import journal, reverting, write_run
from futel_twilio.config import edits
from futel_twilio.passwords import handover
from tests.matrix import arena, kill
from tests.matrix.cases import Case, all_of, sample
from tests.matrix.columns import AT_A_FILE, COLUMNS
from tests.matrix.commands import BY_NAME, COMMANDS
from tests.matrix.play import play
from tests.matrix.stage import Asked, made
from tests.support.sampling import first

if TYPE_CHECKING:
    from collections.abc import Callable

EVERY_FAULT = [*(column.name for column in COLUMNS), AT_A_FILE.name]


@pytest.mark.parametrize("seed", range(3))
def test_a_sample_holds_every_command_with_every_fault(seed: int) -> None:
    """However small a sample is, each command meets each fault in it; a bigger one is filled up to its size."""
    asked = [Asked("GET", f"/{n}", 1, n) for n in range(1, 30)]
    cases = [
        Case(command.name, fault, "once", "again", one.of_all, one)
        for command in COMMANDS
        for fault in EVERY_FAULT
        for one in asked
    ]
    pairs = {(command.name, fault) for command in COMMANDS for fault in EVERY_FAULT}
    small, big = sample(cases, 1, seed), sample(cases, 1000, seed)
    assert {(case.command, case.column) for case in small} == pairs
    assert {(case.where, case.column) for case in small if case.command == "promote"} == {
        (str(one), fault) for one in asked for fault in EVERY_FAULT
    }
    assert len(big) == len(set(big)) == 1000
    assert set(small) < set(big)


def played(monkeypatch: pytest.MonkeyPatch, name: str, breakage: Callable[[], None]) -> list[str]:
    """The losses of one case, with something of ours broken before it is played."""
    monkeypatch.setattr(kill, "touches", lambda *_: 0)
    with arena.opened() as place:
        stage = made(place, BY_NAME[name.partition(" | ")[0]], place.keep())
        (case,) = (one for one in all_of(stage) if str(one) == name)
        assert play(place, stage, case).losses == []
        breakage()
        return play(place, stage, case).losses


def _nothing(*_given: Any, **_named: Any) -> None:
    return None


ADD, FILE = "add-client --number (to buy)", "extensions.json"
BROKEN: dict[str, tuple[str, Any, str, Any, str]] = {
    "nothing is put back": (
        "promote | POST /Applications/AP2 1 | 401 | once | again",
        reverting,
        "inverse_of",
        _nothing,
        " is torn",
    ),
    "nothing is journaled at the end": (
        "promote | POST /Applications/AP2 1 | 401 | once | again",
        journal.Run,
        "finish",
        _nothing,
        "the journal says that it was cut off",
    ),
    "the files do not follow": (
        f"{ADD} | POST /IncomingPhoneNumbers 1 | reset after | once | again",
        edits,
        "apply_edit",
        lambda *_: (),
        "the inventory names it",
    ),
    "a kept password is shown": (
        f"{ADD} | POST /IncomingPhoneNumbers 1 | reset after | once | again",
        handover.PasswordHandover,
        "to_show",
        lambda self: self._written,
        "a password is in stdout",
    ),
    "a fault of ours": (
        f"{ADD} | POST /IncomingPhoneNumbers 1 | reset after | once | again",
        write_run,
        "still_pending",
        lambda *_: 1 / 0,
        "it says 'This is a fault of futel_twilio'",
    ),
}


@pytest.mark.parametrize("what", first(2, BROKEN))
def test_what_is_broken_is_found(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case without a loss has one once something of ours is broken."""
    name, where, attribute, instead, says = BROKEN[what]
    losses = played(monkeypatch, name, lambda: monkeypatch.setattr(where, attribute, instead))
    assert [loss for loss in losses if says in loss], losses

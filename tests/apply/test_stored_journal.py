"""A journal that the code of 2026-11-27 wrote, before classes and fields were renamed, is still read and undone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from futel_twilio.apply.journal import JOURNAL_FILE, Journal
from tests.conftest import invoke

if TYPE_CHECKING:
    import pytest

FIXTURE = Path(__file__).parent / "fixtures" / "journal-2026-11-27.jsonl"
ACCOUNT = "AC" + "0" * 32


def test_every_run_is_read() -> None:
    """Each run comes back with its number, its state, its changes and its edits."""
    entries = Journal(FIXTURE, ACCOUNT).entries()
    assert [entry.number for entry in entries] == list(range(1, 12))
    assert {entry.state for entry in entries} == {"done", "rolled back"}
    assert [len(entry.changes) for entry in entries] == [16, 2, 2, 1, 4, 1, 1, 0, 3, 3, 1]
    assert [len(entry.edits) for entry in entries] == [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1]
    assert entries[9].reverts == (entries[8].run,)


def test_it_is_listed_resumed_and_rolled_back(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`history` lists it; a run of it that was cut off is resumed, and then rolled back, by the code of today."""
    lines = FIXTURE.read_text().splitlines(keepends=True)
    monkeypatch.delenv("FUTEL_TWILIO_URL", raising=False)
    shutil.copy(FIXTURE, here / JOURNAL_FILE)
    assert "sync-clients --env stage" in invoke("history --profile sandbox").out
    ends = [n for n, line in enumerate(lines) if json.loads(line)["event"] == "end"]
    (here / JOURNAL_FILE).write_text("".join(lines[: ends[0]]))
    assert "cut off" in invoke("history --profile sandbox").out
    assert invoke("resume --profile sandbox --yes").code == 0
    assert invoke("plan --profile sandbox").code == 0
    undone = invoke(
        "rollback --profile sandbox --yes --allow-911-loss direct-futel-prod --allow-911-loss direct-futel-stage"
    )
    assert undone.code == 0, undone
    assert "rolled back" in invoke("history --profile sandbox").out

"""The bench, without timing: it counts answers, and measuring one part keeps the figures of the others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio.sandbox.server import Sandbox
from tests.bench import __main__ as bench
from tests.bench.load import fetch, load

if TYPE_CHECKING:
    from pathlib import Path

BALANCE = "/2010-04-01/Accounts/AC" + "0" * 32 + "/Balance.json"


def test_the_load_counts_answers() -> None:
    """It counts only answers that the server gave, and none that is still outstanding at the end."""
    with Sandbox() as box:
        found = load(box.port, BALANCE, connections=2, seconds=0.2)
        assert 0 <= box.count("GET") - found.answers <= 2
    assert found.answers
    assert 0 < found.p50 <= found.p99


def test_a_refusal_is_no_answer() -> None:
    """Any status except 200 ends the bench, because an error may be faster than an answer."""
    with Sandbox() as box, pytest.raises(RuntimeError, match="404"):
        fetch(box.port, "/2010-04-01/Nothing.json")


def test_one_part_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Measuring one part keeps the last figures of the others; an unknown part exits with 2."""
    monkeypatch.setattr(bench, "JSON", tmp_path / "bench.json")
    figures: dict[str, Any] = {"prism": lambda *_: 2, "start": lambda *_: 1}
    for name, measure in figures.items():
        monkeypatch.setitem(bench.PARTS, name, measure)
    assert bench.main(["modules", "--only", "start"]) == bench.main(["modules", "--only", "prism"]) == 0
    assert json.loads((tmp_path / "bench.json").read_text()) == {"start": 1, "prism": 2}
    with pytest.raises(SystemExit, match="2"):
        bench.main(["modules", "--only", "all"])

"""An account is reached, or one sentence says why not: here on an embedded sandbox whose file cannot be used."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from futel_twilio.cli import sandbox
from futel_twilio.config.connection import SANDBOX_STATE
from futel_twilio.sandbox.storage.store import Store
from tests.conftest import invoke

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _of_another_program(file: Path) -> None:
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE other (x)")
    database.close()


def _broken_inside(file: Path) -> None:
    with sandbox.serve_sandbox(sandbox.SandboxOptions(state=str(file))):
        pass
    raw = bytearray(file.read_bytes())
    raw[5000:] = b"\xff" * (len(raw) - 5000)
    file.write_bytes(raw)


UNUSABLE: dict[str, Callable[[Path], object]] = {
    "not a database": lambda file: file.write_text("garbage " * 1000),
    "of another program": _of_another_program,
    "broken inside": _broken_inside,
    "a directory": lambda file: file.mkdir(),
}


@pytest.mark.parametrize("spoil", UNUSABLE.values(), ids=UNUSABLE)
@pytest.mark.parametrize("command", ["list-domains", "audit --live", "doctor"])
def test_a_state_file_that_cannot_be_used_is_reported(
    spoil: Callable[[Path], object], command: str, here: Path
) -> None:
    """A sandbox.sqlite that is broken or something else ends each command with 2 and one sentence."""
    spoil(here / SANDBOX_STATE)
    ended = invoke(f"{command} --profile sandbox")
    assert ended.code == 2, ended
    assert "The embedded sandbox cannot start: " in ended.err + ended.out
    assert "Traceback" not in ended.err


def test_a_full_disk_under_the_embedded_sandbox_is_reported(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full while the embedded sandbox answers is reported as that, not as an answer that was lost."""
    prepare = Store._prepare

    def on_a_small_disk(store: Store) -> None:
        prepare(store)
        (pages,) = store.db.execute("PRAGMA page_count").fetchone()
        store.db.execute(f"PRAGMA max_page_count = {pages + 3}")

    monkeypatch.setattr(Store, "_prepare", on_a_small_disk)
    assert here.is_dir()
    ended = invoke("setup --profile sandbox")
    assert ended.code == 2, ended
    assert "database or disk is full" in ended.err
    assert "Traceback" not in ended.err

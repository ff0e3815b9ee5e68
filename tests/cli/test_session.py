"""What a session does around a command: when it opens the ledger, and how wide its lines are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from futel_twilio.apply import journal
from futel_twilio.passwords.ledger import LEDGER_FILE
from tests.conftest import invoke
from tests.support.phones import delay_911

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox

WIDEST = 100


@pytest.mark.parametrize(
    "command",
    [
        "create-domains",
        "setup",
        "promote --env prod --dialplans https://prod-2.example.com",
        "rollback --allow-911-loss direct-futel-prod --allow-911-loss direct-futel-stage",
    ],
)
def test_a_command_without_a_password_needs_no_ledger(command: str, at_box: Sandbox, here: Path) -> None:
    """A command that makes no password works where the ledger of passwords cannot be written."""
    if command != "create-domains":
        assert invoke("setup").code == 0
    (here / LEDGER_FILE).mkdir()
    at_box.clear_requests()
    ended = invoke(command)
    assert ended.code == 0, ended.err
    assert command == "setup" or at_box.count("POST", "DELETE") > 0


def test_a_password_is_refused_before_anything_is_written(at_box: Sandbox, here: Path) -> None:
    """A command that makes a password is refused before it writes, where the ledger cannot be written."""
    assert invoke("setup").code == 0
    (here / LEDGER_FILE).mkdir()
    at_box.clear_requests()
    ended = invoke("create-credential cedar-lot")
    assert (ended.code, f"{LEDGER_FILE}, cannot be written" in ended.err) == (2, True)
    assert at_box.count("POST", "DELETE") == 0


def test_what_a_phone_needs_fits_a_terminal(at_box: Sandbox, here: Path) -> None:
    """What you type into a phone is several short lines; so is the notice of a run that was cut off."""
    delay_911(at_box, 0)
    assert invoke("setup").code == 0
    done = invoke("create-credential cedar-lot --profile sandbox")
    assert "Type into cedar-lot, besides the password:\n  SIP " in done.out
    book = here / journal.JOURNAL_FILE
    book.write_text("".join(book.read_text().splitlines(keepends=True)[:-1]))
    noticed = invoke("list-domains --profile sandbox")
    assert "was cut off" in noticed.err
    lines = [*done.out.splitlines(), *noticed.err.splitlines()]
    assert [line for line in lines if len(line) > WIDEST] == []

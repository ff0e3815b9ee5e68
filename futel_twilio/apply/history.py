"""The journal's entries, with the run that is under way now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from futel_twilio.apply import lock
from futel_twilio.apply.journal import JOURNAL_FILE, Entry, Journal

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.config.connection import Connection
    from futel_twilio.workspace import Workspace


def with_running(entries: tuple[Entry, ...], of: Connection, directory: Path) -> tuple[Entry, ...]:
    """The entries of an account, the one that is being written at this moment as `running`."""
    last = entries[-1] if entries else None
    if last and last.state == "cut off" and lock.is_held(of, directory):
        return (*entries[:-1], replace(last, state="running"))
    return entries


def journal_of(workspace: Workspace) -> Journal:
    """The journal beside the estate file, of this account."""
    return Journal(workspace.estate_file.with_name(JOURNAL_FILE), workspace.api.connection.account_sid)


def history(workspace: Workspace, book: Journal | None = None) -> tuple[Entry, ...]:
    """Every run that the journal holds of this account, in order; the one that is being written is `running`."""
    entries = (book or journal_of(workspace)).entries()
    return with_running(entries, workspace.api.connection, workspace.estate_file.parent)

"""List what this tool changed, from the journal alone: no credentials are needed."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from futel_twilio.apply.history import with_running
from futel_twilio.apply.journal import JOURNAL_FILE, Entry, Journal
from futel_twilio.config import connection, estate, variables
from futel_twilio.errors import BadInput, CannotRead
from futel_twilio.files import reading
from futel_twilio.resources.labels import Row, Table, Tabular

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from futel_twilio.config.connection import Connection

SKIPPED = "rehearsal skipped: "
FOLDS = frozenset({"command", "note"})


@dataclass(frozen=True)
class RunRow:
    """One entry of the journal: of which account, and what is noted of it."""

    account: str
    entry: Entry
    notes: tuple[str, ...]

    @property
    def row(self) -> Row:
        return {
            "entry": self.entry.number,
            "account": self.account,
            "when": f"{self.entry.at:%Y-%m-%d %H:%M:%S} UTC",
            "who": self.entry.user,
            "command": self.entry.command,
            "changes": len(self.entry.changes),
            "state": self.entry.state,
            "note": "; ".join(self.notes) or None,
        }


@dataclass(frozen=True)
class History:
    """What was done with this tool on this machine.

    Attributes:
        runs: in the order in which they began.
        account: whose they are; empty for those of every account.
        notes: what is left out, and why the rows are not of these credentials' account or of this directory.
    """

    runs: tuple[RunRow, ...]
    account: str
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> list[Row]:
        """One row for each run, for a machine."""
        return [run.row for run in self.runs]

    @property
    def table(self) -> Table:
        """One row for each run, for people: a reason that stands in the command is not said twice."""
        unsaid = {"account"} if self.account else set()
        rows = tuple(
            {key: value for key, value in (run.row | {"note": _recorded(run)}).items() if key not in unsaid}
            for run in self.runs
        )
        return Tabular(rows).table_that_folds(FOLDS)


def _recorded(run: RunRow) -> str | None:
    return "; ".join(_shorter(note, run.entry.command) for note in run.notes) or None


def read_history(profile: str | None = None, *, directory: Path | None = None) -> History:
    """The history beside the estate file: of the account that the files or credentials name, else of all.

    Args:
        profile: a profile of the Twilio CLI, or `sandbox`; None for the other places of `config.connection`.
        directory: where estate.toml and .env lie; the working directory if None.

    Raises:
        BadInput: there is no such profile, or the journal cannot be read.
    """
    directory = directory or variables.here()
    estate_file = estate.estate_file_of(directory)
    found, account, why = _account(profile, directory, estate_file)
    file = estate_file.with_name(JOURNAL_FILE)
    runs, torn = _runs(file, account, found)
    notes = [why] if why else []
    if estate_file.parent != directory:
        notes.insert(0, f"the history is {file}: this directory has no {estate_file.name}")
    if torn:
        notes.append(f"{torn} of the lines of the history cannot be read, and are passed over")
    return History(tuple(runs), account, tuple(f"({note})" for note in notes))


def _account(profile: str | None, directory: Path, estate_file: Path) -> tuple[Connection | None, str, str]:
    """The credentials, the account that is meant (empty if unknown), and why it is not theirs."""
    named = _account_named_in(estate_file)
    try:
        found = connection.resolve_connection(profile, directory=directory)
    except BadInput as error:
        if profile is not None:
            raise
        whose = f"account {named}, which {estate_file.name} names" if named else "every account"
        return None, named, f"{error.message.rstrip('.')}: these are the entries of {whose}"
    if profile is None and named and named.casefold() != found.account_sid.casefold():
        clash = (
            f"the credentials are of {found.account_sid} ({found.source}), {estate_file.name} is of {named}"
        )
        return None, "", f"{clash}: these are the entries of every account"
    return found, found.account_sid, ""


def _account_named_in(estate_file: Path) -> str:
    """The account that an estate file names, whatever else is wrong with it; empty where that cannot be read."""
    try:
        named = reading.read_toml(estate_file).get("account_sid")
    except (FileNotFoundError, CannotRead):
        return ""
    return named if isinstance(named, str) and connection.ACCOUNT_SID.fullmatch(named) else ""


def _runs(file: Path, account: str, found: Connection | None) -> tuple[list[RunRow], int]:
    """Every run of an account, or of all, in the order in which they began; and how many lines cannot be read."""
    begun = Journal(file, account).begun()
    accounts = {one for one, _id in begun if not account or one.casefold() == account.casefold()}
    runs: dict[tuple[str, str], RunRow] = {}
    torn = 0
    for one in accounts or {account}:
        book, of = Journal(file, one), found or replace(connection.replayed(), account_sid=one)
        entries = with_running(book.entries(), of, file.parent)
        numbers = {entry.run: entry.number for entry in entries}
        runs |= {(one, entry.run): RunRow(one, entry, tuple(_notes(entry, numbers))) for entry in entries}
        torn = max(torn, book.torn)
    return [runs[key] for key in begun if key in runs], torn


def _notes(entry: Entry, numbers: dict[str, int]) -> Iterator[str]:
    """What an entry says of itself, and which others it has to do with."""
    for how, ids in (("takes back", entry.reverts), ("goes on from", entry.resumes)):
        known = sorted(numbers[one] for one in ids if one in numbers)
        if known:
            yield f"{how} {', '.join(map(str, known))}"
    if entry.note:
        yield entry.note


def _shorter(note: str, command: str) -> str:
    """A note without the reason that stands in the command already."""
    reason = note.removeprefix(SKIPPED)
    return SKIPPED.rstrip(": ") if reason != note and reason in _words(command) else note


def _words(command: str) -> list[str]:
    try:
        return [word.strip() for word in shlex.split(command)]
    except ValueError:
        return []

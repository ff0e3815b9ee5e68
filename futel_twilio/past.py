"""The history: what the journal beside estate.toml holds, read without credentials and whatever faults that file has.

Whoever has to know what was changed may have neither at hand. Where the account can be told, it is of that account
alone; else of every account, each entry with its own. An entry's number counts within its account.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from futel_twilio import desired, lock, reading, settings
from futel_twilio.errors import BadInput, CannotRead
from futel_twilio.journal import FILE, Journal
from futel_twilio.tables import Roster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from futel_twilio.journal import Entry
    from futel_twilio.settings import Settings
    from futel_twilio.tables import Row, Table

SKIPPED = "rehearsal skipped: "
FOLDS = frozenset({"command", "note"})


@dataclass(frozen=True)
class Run:
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
            "who": self.entry.person,
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
        notes: what is not told, and why it is not of the account of the credentials, or not of this directory.
    """

    runs: tuple[Run, ...]
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
            {key: value for key, value in (run.row | {"note": _told(run)}).items() if key not in unsaid}
            for run in self.runs
        )
        return Roster(rows).table_that_folds(FOLDS)


def _told(run: Run) -> str | None:
    return "; ".join(_shorter(note, run.entry.command) for note in run.notes) or None


def read(profile: str | None = None, *, directory: Path | None = None) -> History:
    """The history beside the estate file, of the account that can be told from here, else of all.

    Args:
        profile: a profile of the Twilio CLI, or `sandbox`; None for the other places of `settings`.
        directory: where estate.toml and .env lie; the working directory if None.

    Raises:
        BadInput: there is no such profile, or the journal cannot be read.
    """
    directory = directory or settings.here()
    estate_file = desired.estate_file_of(directory)
    found, account, why = _account(profile, directory, estate_file)
    file = estate_file.with_name(FILE)
    runs, torn = _runs(file, account, found)
    notes = [why] if why else []
    if estate_file.parent != directory:
        notes.insert(0, f"the history is {file}: this directory has no {estate_file.name}")
    if torn:
        notes.append(f"{torn} of the lines of the history cannot be read, and are passed over")
    return History(tuple(runs), account, tuple(f"({note})" for note in notes))


def _account(profile: str | None, directory: Path, estate_file: Path) -> tuple[Settings | None, str, str]:
    """The credentials, the account that is meant, empty where that cannot be told; and why it is not theirs."""
    named = _account_named_in(estate_file)
    try:
        found = settings.resolve(profile, directory=directory)
    except BadInput as error:
        if profile is not None:
            raise
        whose = f"account {named}, which {estate_file.name} names" if named else "every account"
        return None, named, f"{error.what.rstrip('.')}: these are the entries of {whose}"
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
    return named if isinstance(named, str) and settings.ACCOUNT_SID.fullmatch(named) else ""


def with_running(entries: tuple[Entry, ...], of: Settings, directory: Path) -> tuple[Entry, ...]:
    """The entries of an account, the one that is being written at this moment as `running`."""
    last = entries[-1] if entries else None
    if last and last.state == "cut off" and lock.is_held(of, directory):
        return (*entries[:-1], replace(last, state="running"))
    return entries


def _runs(file: Path, account: str, found: Settings | None) -> tuple[list[Run], int]:
    """Every run of an account, or of all, in the order in which they began; and how many lines cannot be read."""
    begun = Journal(file, account).begun()
    accounts = {one for one, _id in begun if not account or one.casefold() == account.casefold()}
    runs: dict[tuple[str, str], Run] = {}
    torn = 0
    for one in accounts or {account}:
        book, of = Journal(file, one), found or replace(settings.replayed(), account_sid=one)
        entries = with_running(book.entries(), of, file.parent)
        numbers = {entry.run: entry.number for entry in entries}
        runs |= {(one, entry.run): Run(one, entry, tuple(_notes(entry, numbers))) for entry in entries}
        torn = max(torn, book.torn)
    return [runs[key] for key in begun if key in runs], torn


def _notes(entry: Entry, numbers: dict[str, int]) -> Iterator[str]:
    """What an entry says of itself, and which others it has to do with."""
    for how, ids in (("takes back", entry.takes_back), ("goes on from", entry.takes_up)):
        told = sorted(numbers[one] for one in ids if one in numbers)
        if told:
            yield f"{how} {', '.join(map(str, told))}"
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

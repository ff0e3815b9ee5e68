"""The journal: every change is written down before its request is sent."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import threading
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from futel_twilio.apply.journal_codec import change_as_json, change_of, edit_as_json, edit_of, reason, user
from futel_twilio.errors import BadInput, CannotRead, Refused
from futel_twilio.files import json_lines, pending, reading
from futel_twilio.plan.changes import Change, Changes, identity_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from futel_twilio.config.edits import Edit

JOURNAL_FILE = pending.JOURNAL_FILE
PASSWORDS_ARE_KEPT = ("--password-file", "--password-stdin")
State: TypeAlias = Literal[
    "done", "moved back", "nothing written", "stopped", "cut off", "rolled back", "settled", "running"
]


@dataclass(frozen=True)
class Entry:
    """One run, as the journal records it.

    Attributes:
        number: its place among the runs of this account, from 1; what `--to` takes.
        run: its id.
        at: when it began, UTC.
        user: who ran it, and on which machine.
        command: what was typed.
        fingerprint: of the plan, so that two runs of one plan are recognized.
        changes: what it meant to change.
        edits: what it meant to write into your files.
        note: what else it says of itself, such as why a rehearsal was skipped.
        begun: the places of the changes that were about to be written when it last wrote here.
        state: how it ended. `cut off`: the process ended before it did. `settled`: a later run superseded it.
            `nothing written`: it failed before it changed anything.
        reverts: the ids of the runs that it undid.
        resumes: the ids of the runs, left half done, that it finished or wrote over.
    """

    number: int
    run: str
    at: datetime
    user: str
    command: str
    fingerprint: str
    changes: Changes
    edits: tuple[Edit, ...] = ()
    note: str = ""
    begun: frozenset[int] = frozenset()
    state: State = "cut off"
    reverts: tuple[str, ...] = ()
    resumes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The entry in words: `entry 5 (invoke setup, 2026-11-24 18:03 UTC by ada@laptop)`."""
        return f"entry {self.number} (invoke {self.command}, {self.at:%Y-%m-%d %H:%M} UTC by {self.user})"

    @property
    def written(self) -> Changes:
        """The changes that may have reached Twilio."""
        return tuple(change for place, change in enumerate(self.changes) if place in self.begun)

    @property
    def keeps_passwords(self) -> bool:
        """Whether each password of this run was in a file, or given by you, before it was sent."""
        return any(flag in self.command for flag in PASSWORDS_ARE_KEPT)


@dataclass(frozen=True)
class RunLinks:
    """What a run has to do with runs before it: the ids of those that it undoes, and that it finishes; and in words."""

    reverts: tuple[str, ...] = ()
    resumes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass
class Run:
    """A run that is being written down."""

    journal: Journal
    run: str
    changes: Changes
    number: int = 0
    _begun: set[int] = field(default_factory=set, repr=False)

    def record_intent(self, changes: Sequence[Change]) -> None:
        """Have it on disk that these are about to be written."""
        places = [self._place(change) for change in changes]
        self._begun.update(places)
        self.journal.add({"event": "write", "run": self.run, "changes": places})

    def announce_files(self, digest: str) -> None:
        """Have it on disk which recovery file this run writes: readers believe no other."""
        self.journal.add({"event": "files", "run": self.run, "digest": digest})

    def refused(self, changes: Sequence[Change]) -> None:
        """Write down that these never reached the account, since Twilio refused them."""
        places = [self._place(change) for change in changes]
        self._begun.difference_update(places)
        with suppress(Refused):  # what is not written down is looked for once more, and not found
            self.journal.add({"event": "refused", "run": self.run, "changes": places})

    def _place(self, change: Change) -> int:
        return next(n for n, one in enumerate(self.changes) if identity_of(one) == identity_of(change))

    def stop(self) -> None:
        """Write down that the run failed: with nothing left to settle where none of its changes reached the account."""
        self.finish("stopped" if self._begun else "nothing written")

    def finish(self, state: State) -> None:
        """Have it on disk how the run ended.

        Raises:
            Refused: it was done, and that cannot be written. Of any other end it is enough that none is written.
        """
        with nullcontext() if state == "done" else suppress(Refused):
            self.journal.add({"event": "end", "run": self.run, "state": state})


class Journal:
    """The journal of one account, in one file that may hold those of others."""

    def __init__(self, path: Path, account: str) -> None:
        self.path = path
        self.account = account
        self.torn = 0
        self._guard = threading.Lock()
        self._read: tuple[bytes, tuple[Entry, ...]] = (b"", ())

    def begin(
        self,
        command: str,
        plan: Changes,
        planned_edits: Sequence[Edit] = (),
        note: str = "",
        earlier: RunLinks | None = None,
    ) -> Run:
        """Write down what a run means to do, before it does any of it.

        Raises:
            BadInput, Refused: the journal cannot be read, or not be written.
        """
        number = 1 + max((entry.number for entry in self.entries()), default=0)
        run, earlier = secrets.token_hex(6), earlier or RunLinks()
        changes = [change_as_json(change) for change in plan]
        begins = {
            "event": "begin",
            "run": run,
            "number": number,
            "account": self.account,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "person": f"{user()}@{os.uname().nodename}",
            "command": command,
            "fingerprint": hashlib.sha256(json.dumps(changes).encode()).hexdigest()[:16],
            "changes": changes,
            "edits": [edit_as_json(edit) for edit in planned_edits],
            "note": note,
            "takes_back": list(earlier.reverts),
            "takes_up": list(earlier.resumes),
        }
        try:
            self.add(begins)
        except Refused as error:
            raise Refused(f"{error.message} Nothing was changed.", error.hint) from None
        return Run(self, run, plan, number)

    def add(self, line: dict[str, Any]) -> None:
        """Add a line, and have it on disk before going on; after a torn line it begins a new one.

        Raises:
            Refused: it cannot be written.
        """
        try:
            with self._guard:
                json_lines.append(self.path, line)
        except OSError as error:
            raise Refused(
                f"{self.path.name}, where each change is written down before it is made, cannot be written: "
                f"{reason(error)}.",
                "Fix that (is the disk full, is the file yours?), then run the command again.",
            ) from None

    def entries(self) -> tuple[Entry, ...]:
        """Every run of this account, in order; a line that cannot be read is passed over and counted in `torn`.

        Raises:
            BadInput: the file cannot be read.
        """
        text = self._text()
        if text != self._read[0]:
            self._read = (text, self._entries(text))
        return self._read[1]

    def _entries(self, text: bytes) -> tuple[Entry, ...]:
        found: dict[str, Entry] = {}
        self.torn = 0
        for line in self._lines(text):
            try:
                self._take(line, found)
            except (KeyError, TypeError, ValueError, AttributeError):
                self.torn += 1
        done = [entry for entry in found.values() if entry.state == "done"]
        settled: dict[str, State] = {run: "settled" for entry in done for run in _taken_up(entry, found)}
        undone: dict[str, State] = {run: "rolled back" for entry in done for run in entry.reverts}
        later = settled | undone
        return tuple(replace(entry, state=later.get(entry.run, entry.state)) for entry in found.values())

    def begun(self) -> tuple[tuple[str, str], ...]:
        """The account and the id of each run in the file, of every account, in order."""
        lines = (line for line in self._lines(self._text()) if line.get("event") == "begin")
        return tuple((str(line.get("account")), str(line.get("run"))) for line in lines)

    def _text(self) -> bytes:
        try:
            return reading.read_bytes(self.path, largest=reading.LARGEST_RECORD)
        except FileNotFoundError:
            return b""
        except CannotRead as error:
            raise BadInput(
                f"{self.path.name}, the history of what was changed, cannot be read: {error.why}.",
                "Fix that, or move the file aside: the next command that writes begins a new one.",
            ) from None

    def _lines(self, text: bytes) -> Iterator[dict[str, Any]]:
        for line in json_lines.lines(text):
            if line is None:
                self.torn += 1
            else:
                yield line

    def _take(self, line: dict[str, Any], found: dict[str, Entry]) -> None:
        if line["event"] == "begin":
            if line["account"] == self.account:
                # The number is its own, so that a line that is lost shifts no other.
                found[line["run"]] = _entry(line, line.get("number") or len(found) + 1)
            return
        entry = found.get(line["run"])
        if entry is None:
            return
        if line["event"] == "write":
            found[entry.run] = replace(entry, begun=entry.begun | set(line["changes"]))
        elif line["event"] == "refused":
            found[entry.run] = replace(entry, begun=entry.begun - set(line["changes"]))
        elif line["event"] == "end":
            found[entry.run] = replace(entry, state=line["state"])


def _entry(line: dict[str, Any], number: int) -> Entry:
    return Entry(
        number,
        line["run"],
        datetime.fromisoformat(line["at"]),
        line["person"],
        line["command"],
        line["fingerprint"],
        tuple(change_of(change) for change in line["changes"]),
        tuple(edit_of(edit) for edit in line["edits"]),
        line["note"],
        reverts=tuple(line["takes_back"]),
        resumes=_runs(line["takes_up"]),
    )


def _taken_up(entry: Entry, entries: dict[str, Entry]) -> Iterator[str]:
    """The ids of the runs that an entry took up, and that those took up."""
    for run in entry.resumes:
        if run in entries:
            yield from (run, *_taken_up(entries[run], entries))


def _runs(value: str | list[str]) -> tuple[str, ...]:
    """The ids of runs; a journal of the first days has one of them, or none, as plain text."""
    return tuple(value) if isinstance(value, list) else tuple(filter(None, (value,)))

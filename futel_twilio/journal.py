"""What was written to an account, before and after, ahead of the writing: what `rollback` and `resume` read.

One JSON object a line in `journal.jsonl` beside estate.toml, only ever added to. A run begins with all that
it means to change; what is about to be written is on disk before the first request of it leaves, so that a
run that is killed can be finished or undone. No password is in a noun, so none is in the journal.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import secrets
import threading
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from futel_twilio import edits, jsonlines, model, reading
from futel_twilio.change import Create, Delete, Update, thing
from futel_twilio.errors import BadInput, CannotRead, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from futel_twilio.change import Change, Plan
    from futel_twilio.edits import Edit

FILE = "journal.jsonl"
PASSWORDS_ARE_KEPT = ("--password-file", "--password-stdin")
State: TypeAlias = Literal[
    "done", "moved back", "nothing written", "stopped", "cut off", "rolled back", "settled", "running"
]
NOUNS = (
    model.Application,
    model.SipDomain,
    model.CredentialList,
    model.UsageTrigger,
    model.Mapping,
    model.IpList,
    model.IpAddress,
    model.IpMapping,
    model.Address,
    model.PhoneNumber,
    model.Credential,
    model.Client,
)
BY_NAME: dict[str, type] = {noun.__name__: noun for noun in NOUNS}
ACTIONS = {Create: "create", Update: "update", Delete: "delete"}
MOMENTS = frozenset({"date_created", "date_updated"})


@dataclass(frozen=True)
class Entry:
    """One run, as the journal tells it.

    Attributes:
        number: its place among the runs of this account, from 1; what `--to` takes.
        run: its id.
        at: when it began, UTC.
        person: who ran it, and on which machine.
        command: what was typed.
        fingerprint: of the plan, so that two runs of one plan can be told.
        changes: what it meant to change.
        edits: what it meant to write into the files of the wish.
        note: what else it says of itself, such as why a rehearsal was skipped.
        begun: the places of the changes that were about to be written when it last wrote here.
        state: how it ended; `cut off` if it never said, `settled` if a later run took it up and was done,
            `nothing written` if it failed before anything was made or changed, so that nothing is left to settle.
        takes_back: the ids of the runs that it undid.
        takes_up: the ids of the runs, left half done, that it finished or wrote over.
    """

    number: int
    run: str
    at: datetime
    person: str
    command: str
    fingerprint: str
    changes: Plan
    edits: tuple[Edit, ...] = ()
    note: str = ""
    begun: frozenset[int] = frozenset()
    state: State = "cut off"
    takes_back: tuple[str, ...] = ()
    takes_up: tuple[str, ...] = ()

    @property
    def in_words(self) -> str:
        """The entry, as it is told: `entry 5 (invoke setup, 2026-11-24 18:03 UTC by ada@laptop)`."""
        return f"entry {self.number} (invoke {self.command}, {self.at:%Y-%m-%d %H:%M} UTC by {self.person})"

    @property
    def written(self) -> Plan:
        """The changes that may have reached Twilio."""
        return tuple(change for place, change in enumerate(self.changes) if place in self.begun)

    @property
    def keeps_passwords(self) -> bool:
        """Whether each password of this run was in a file, or known to a person, before it was sent."""
        return any(flag in self.command for flag in PASSWORDS_ARE_KEPT)


@dataclass(frozen=True)
class Earlier:
    """What a run has to do with runs before it: the ids of those that it undoes, and that it finishes; and in words."""

    takes_back: tuple[str, ...] = ()
    takes_up: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass
class Run:
    """A run that is being written down."""

    journal: Journal
    run: str
    changes: Plan
    number: int = 0
    _begun: set[int] = field(default_factory=set, repr=False)

    def intend(self, changes: Sequence[Change]) -> None:
        """Have it on disk that these are about to be written."""
        places = [self._place(change) for change in changes]
        self._begun.update(places)
        self.journal.add({"event": "write", "run": self.run, "changes": places})

    def refused(self, changes: Sequence[Change]) -> None:
        """Write down that these never reached the account, since Twilio refused them."""
        places = [self._place(change) for change in changes]
        self._begun.difference_update(places)
        with suppress(Refused):  # what is not written down is looked for once more, and not found
            self.journal.add({"event": "refused", "run": self.run, "changes": places})

    def _place(self, change: Change) -> int:
        return next(n for n, one in enumerate(self.changes) if thing(one) == thing(change))

    def stop(self) -> None:
        """Write down that the run failed: with nothing left to settle where none of its changes reached the account."""
        self.end("stopped" if self._begun else "nothing written")

    def end(self, state: State) -> None:
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
        plan: Plan,
        planned_edits: Sequence[Edit] = (),
        note: str = "",
        earlier: Earlier | None = None,
    ) -> Run:
        """Write down what a run means to do, before it does any of it.

        Raises:
            BadInput, Refused: the journal cannot be read, or not be written.
        """
        number = 1 + max((entry.number for entry in self.entries()), default=0)
        run, earlier = secrets.token_hex(6), earlier or Earlier()
        changes = [_change_as_json(change) for change in plan]
        begins = {
            "event": "begin",
            "run": run,
            "number": number,
            "account": self.account,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "person": f"{_user()}@{os.uname().nodename}",
            "command": command,
            "fingerprint": hashlib.sha256(json.dumps(changes).encode()).hexdigest()[:16],
            "changes": changes,
            "edits": [_edit_as_json(edit) for edit in planned_edits],
            "note": note,
            "takes_back": list(earlier.takes_back),
            "takes_up": list(earlier.takes_up),
        }
        try:
            self.add(begins)
        except Refused as error:
            raise Refused(f"{error.what} Nothing was changed.", error.remedy) from None
        return Run(self, run, plan, number)

    def add(self, line: dict[str, Any]) -> None:
        """Add a line, and have it on disk before going on; after a torn line it begins a new one.

        Raises:
            Refused: it cannot be written.
        """
        try:
            with self._guard:
                jsonlines.append(self.path, line)
        except OSError as error:
            raise Refused(
                f"{self.path.name}, where each change is written down before it is made, cannot be written: "
                f"{_reason(error)}.",
                "Mend that (is the disk full, is the file yours?), and run the command again.",
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
        undone: dict[str, State] = {run: "rolled back" for entry in done for run in entry.takes_back}
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
                "Mend that, or move the file aside: the next command that writes begins another.",
            ) from None

    def _lines(self, text: bytes) -> Iterator[dict[str, Any]]:
        for line in jsonlines.lines(text):
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


def _user() -> str:
    """Who runs this; a user of a container may have a number and no name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return f"user {os.getuid()}"


def _entry(line: dict[str, Any], number: int) -> Entry:
    return Entry(
        number,
        line["run"],
        datetime.fromisoformat(line["at"]),
        line["person"],
        line["command"],
        line["fingerprint"],
        tuple(_change_of(change) for change in line["changes"]),
        tuple(_edit_of(edit) for edit in line["edits"]),
        line["note"],
        takes_back=tuple(line["takes_back"]),
        takes_up=_runs(line["takes_up"]),
    )


def _taken_up(entry: Entry, entries: dict[str, Entry]) -> Iterator[str]:
    """The ids of the runs that an entry took up, and that those took up."""
    for run in entry.takes_up:
        if run in entries:
            yield from (run, *_taken_up(entries[run], entries))


def _runs(told: str | list[str]) -> tuple[str, ...]:
    """The ids of runs; a journal of the first days has one of them, or none, as plain text."""
    return tuple(told) if isinstance(told, list) else tuple(filter(None, (told,)))


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def encoded(noun: Any) -> dict[str, Any]:
    """A noun for JSON: its type and every field of it."""
    plain = {one.name: _plain(getattr(noun, one.name)) for one in fields(noun)}
    return {"noun": type(noun).__name__, **plain}


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return encoded(value) if isinstance(value, model.Address) else value


def decoded(document: dict[str, Any]) -> Any:
    """The noun that `encoded` wrote.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    noun = BY_NAME[document["noun"]]
    return noun(**{name: _value(name, value) for name, value in document.items() if name != "noun"})


def _value(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return frozenset(value)
    if isinstance(value, dict):
        return decoded(value)
    return datetime.fromisoformat(value) if name in MOMENTS and value else value


def _change_as_json(change: Change) -> dict[str, Any]:
    document: dict[str, Any] = {"action": ACTIONS[type(change)]}
    for name in ("before", "after"):
        if hasattr(change, name):
            document[name] = encoded(getattr(change, name))
    return document | ({"settings": list(change.settings)} if isinstance(change, Update) else {})


def _change_of(document: dict[str, Any]) -> Change:
    if document["action"] == "create":
        return Create(decoded(document["after"]))
    if document["action"] == "delete":
        return Delete(decoded(document["before"]))
    return Update(decoded(document["before"]), decoded(document["after"]), tuple(document["settings"]))


def _edit_as_json(edit: Edit) -> dict[str, Any]:
    if isinstance(edit, edits.Dialplans):
        return {"file": "estate", **{one.name: getattr(edit, one.name) for one in fields(edit)}}
    sides = {"before": edit.before, "after": edit.after}
    return {"file": "clients", **{name: encoded(side) if side else None for name, side in sides.items()}}


def _edit_of(document: dict[str, Any]) -> Edit:
    if document["file"] == "estate":
        return edits.Dialplans(document["environment"], document["before"], document["after"])
    return edits.Phone(*(decoded(document[side]) if document[side] else None for side in ("before", "after")))

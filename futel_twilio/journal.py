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
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from futel_twilio import edits, model
from futel_twilio.change import Create, Delete, Update

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from futel_twilio.change import Change, Plan
    from futel_twilio.edits import Edit

FILE = "journal.jsonl"
PASSWORDS_ARE_KEPT = ("--password-file", "--password-stdin")
State: TypeAlias = Literal["done", "moved back", "stopped", "cut off", "rolled back"]
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


@dataclass(frozen=True, slots=True)
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
        state: how it ended; `cut off` if it never said.
        takes_back: the ids of the runs that it undid.
        takes_up: the id of the run that it finished; empty for none.
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
    takes_up: str = ""

    @property
    def written(self) -> Plan:
        """The changes that may have reached Twilio."""
        return tuple(change for place, change in enumerate(self.changes) if place in self.begun)

    @property
    def keeps_passwords(self) -> bool:
        """Whether each password of this run was in a file, or known to a person, before it was sent."""
        return any(flag in self.command for flag in PASSWORDS_ARE_KEPT)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a run has to do with runs before it: the ids of those that it undoes, and of the one that it finishes."""

    takes_back: tuple[str, ...] = ()
    takes_up: str = ""


@dataclass
class Run:
    """A run that is being written down."""

    journal: Journal
    run: str
    changes: Plan
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def intend(self, changes: Sequence[Change]) -> None:
        """Have it on disk that these are about to be written."""
        places = [self._place(change) for change in changes]
        self.journal.add({"event": "write", "run": self.run, "changes": places})

    def _place(self, change: Change) -> int:
        mine = (type(change.noun), change.noun.name)
        return next(n for n, one in enumerate(self.changes) if (type(one.noun), one.noun.name) == mine)

    def end(self, state: State) -> None:
        """Have it on disk how the run ended."""
        self.journal.add({"event": "end", "run": self.run, "state": state})


class Journal:
    """The journal of one account, in one file that may hold those of others."""

    def __init__(self, path: Path, account: str) -> None:
        self.path = path
        self.account = account
        self.torn = 0
        self._guard = threading.Lock()

    def begin(
        self,
        command: str,
        plan: Plan,
        planned_edits: Sequence[Edit] = (),
        note: str = "",
        earlier: Earlier | None = None,
    ) -> Run:
        """Write down what a run means to do, before it does any of it."""
        run, earlier = secrets.token_hex(6), earlier or Earlier()
        changes = [_change_as_json(change) for change in plan]
        self.add(
            {
                "event": "begin",
                "run": run,
                "account": self.account,
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "person": f"{getpass.getuser()}@{os.uname().nodename}",
                "command": command,
                "fingerprint": hashlib.sha256(json.dumps(changes).encode()).hexdigest()[:16],
                "changes": changes,
                "edits": [_edit_as_json(edit) for edit in planned_edits],
                "note": note,
                "takes_back": list(earlier.takes_back),
                "takes_up": earlier.takes_up,
            }
        )
        return Run(self, run, plan)

    def add(self, line: dict[str, Any]) -> None:
        """Add a line, and have it on disk before going on; after a torn line it begins a new one."""
        with self._guard, self.path.open("ab+") as file:
            if file.tell() and not self._ends_whole():
                file.write(b"\n")
            file.write(json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _ends_whole(self) -> bool:
        with self.path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"

    def entries(self) -> tuple[Entry, ...]:
        """Every run of this account, in order; a line that cannot be read is passed over and counted in `torn`."""
        found: dict[str, Entry] = {}
        self.torn = 0
        for line in self._lines():
            try:
                self._take(line, found)
            except (KeyError, TypeError, ValueError, AttributeError):
                self.torn += 1
        undone = {run for entry in found.values() if entry.state == "done" for run in entry.takes_back}
        return tuple(replace(e, state="rolled back") if e.run in undone else e for e in found.values())

    def unfinished(self) -> Entry | None:
        """The last run, if it was cut off."""
        return next(iter(self.cut_off()), None)

    def cut_off(self) -> tuple[Entry, ...]:
        """The last run and those right before it, the latest first, as far as all of them were cut off."""
        return tuple(takewhile(lambda entry: entry.state == "cut off", reversed(self.entries())))

    def _lines(self) -> Iterator[dict[str, Any]]:
        if not self.path.exists():
            return
        for raw in self.path.read_bytes().split(b"\n"):
            if not raw.strip():
                continue
            with suppress(ValueError):
                line = json.loads(raw)
                if isinstance(line, dict):
                    yield line
                    continue
            self.torn += 1

    def _take(self, line: dict[str, Any], found: dict[str, Entry]) -> None:
        if line["event"] == "begin":
            if line["account"] == self.account:
                found[line["run"]] = _entry(line, len(found) + 1)
            return
        entry = found.get(line["run"])
        if entry is None:
            return
        if line["event"] == "write":
            found[entry.run] = replace(entry, begun=entry.begun | set(line["changes"]))
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
        tuple(_change_of(change) for change in line["changes"]),
        tuple(_edit_of(edit) for edit in line["edits"]),
        line["note"],
        takes_back=tuple(line["takes_back"]),
        takes_up=line["takes_up"],
    )


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

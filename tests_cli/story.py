"""All steps played: two at a time under one heading, each compared with what the sandbox holds then."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from .held import Estate, Flags, Item, Place, as_text, differences, estate, place
from .steps import STEPS, Step, flags
from .terminal import NEVER, Ended

if TYPE_CHECKING:
    from futel_twilio.sandbox.server import Sandbox

    from .terminal import Row, Terminal

AT_A_TIME = 2
PASSWORD = "Made-up-1234"


@dataclass(frozen=True)
class Played:
    """A step, how it ended, and in what it differs from what the sandbox holds."""

    step: Step
    ended: Ended
    differs: tuple[str, ...] = ()


@dataclass
class Story:
    """The steps so far, the SIDs that the CLI has printed, and the estate after each heading."""

    terminal: Terminal
    box: Sandbox
    sids: dict[str, list[str]] = field(default_factory=dict)
    played: dict[Step, Played] = field(default_factory=dict)
    after: dict[str, Estate] = field(default_factory=dict)
    written: str = ""

    def play(self) -> None:
        for heading, steps in groupby(STEPS, key=lambda step: step.heading):
            before = self.box.dump()
            with ThreadPoolExecutor(AT_A_TIME) as pool:
                block = list(pool.map(self.play_one, steps))
            for played in block:
                changed = bool(played.step.code) and self.box.dump() != before
                self.played[played.step] = replace(played, differs=("changed",)) if changed else played
            self.after[heading] = estate(self.box.url)
            self.written += f"{before}"
        self.written += f"{self.box.requests()}"

    def play_one(self, step: Step) -> Played:
        newest = {name: sids[-1] for name, sids in self.sids.items()}
        try:
            arguments = step.arguments({**newest, "PASSWORD": PASSWORD})
        except KeyError as missing:
            return Played(step, Ended(NEVER, "", f"the CLI has printed no SID for {missing}"))
        ended = self.terminal.twilio(*arguments)
        if step.code or ended.code:
            return Played(step, ended)
        given = flags(arguments[1:])
        there = place(self.box.url, step.command, given)
        if step.verb == "remove":
            differs = [] if there.one(self._forget(str(given["sid"]))) is None else ["still there"]
        else:
            self._learn(ended.rows)
            differs = _compare(step.verb, there, given, ended)
        return Played(step, ended, tuple(differs))

    def _learn(self, rows: list[Row]) -> None:
        """Keep each SID beside the name that the CLI printed with it, as `AP incoming-stage`."""
        for row in rows:
            name, sid = row.get("friendly_name") or row.get("username"), str(row.get("sid", ""))
            known = self.sids.setdefault(f"{sid[:2]} {name}", [])
            if sid not in known:
                known.append(sid)

    def _forget(self, sid: str) -> str:
        """The older thing of the same name is the one to speak of again."""
        for known in self.sids.values():
            if sid in known[1:]:
                known.remove(sid)
        return sid


def _compare(verb: str, there: Place, given: Flags, ended: Ended) -> list[str]:
    """What the CLI printed beside what is held; after a write, also what it was given."""
    rows = ended.rows
    found = there.list(given) if verb == "list" else [there.one(row["sid"]) for row in rows]
    held = [item for item in found if item is not None]
    if len(rows) != len(held) or (verb != "list" and len(rows) != 1):
        return [f"{len(rows)} printed, {len(held)} held"]
    wrong = _not_done(given, held[0]) if verb in {"create", "update"} else []
    for row, item in zip(rows, held, strict=True):
        wrong += differences(row, item if ended.is_json else as_text(item))
    return wrong


def _not_done(given: Flags, held: Item) -> list[str]:
    """The flags that the thing does not show afterwards; an empty one clears."""
    return [f"--{name}" for name in given.keys() & held.keys() if (held[name] or "") != (given[name] or "")]

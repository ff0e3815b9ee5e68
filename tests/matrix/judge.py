"""What may not be, whatever happened: each loss as a sentence."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from futel_twilio.passwords import ledger
from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID
from tests.matrix.arena import PASSWORDS
from tests.matrix.reading import ADDRESS, differences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Ended
    from tests.matrix.arena import Arena
    from tests.matrix.cases import Case
    from tests.matrix.stage import Stage

OURS = ("Traceback", "This is a fault of futel_twilio")
ASIDE = re.compile(r"^\(.*\)$")
ENVIRONMENTS = ("stage", "prod")
LONGEST_SENTENCE = 600


def returned(arena: Arena, stage: Stage, case: Case, ended: Ended, runs_before: int) -> Iterator[str]:
    """What may not be once a command has returned, well or not; the journal knew so many runs before it."""
    yield from _words(ended)
    yield from _objects(arena, stage)
    yield from _one_url(arena, stage, case, ended)
    yield from _911(arena, stage, ended)
    yield from _journal(arena, ended, runs_before)
    yield from _secrets(arena, ended)
    yield from (f"{path.name} was left behind" for path in arena.directory.glob(".*"))


def _words(ended: Ended) -> Iterator[str]:
    if ended.code not in {0, 2}:
        yield f"the exit code is {ended.code}"
    yield from (f"it says {sign!r}" for sign in OURS if sign in ended.err + ended.out)
    if ended.code == 0:
        return
    lines = [line for line in ended.err.splitlines() if not ASIDE.match(line)]
    if len(lines) < 2 or not lines[0].endswith(".") or len(lines[0]) > LONGEST_SENTENCE:
        yield f"it does not say in one sentence what happened and in one what to do: {ended.err!r}"


def _objects(arena: Arena, stage: Stage) -> Iterator[str]:
    account = arena.account()
    yield from (f"{' '.join(thing)} is there twice" for thing in account.duplicates if thing[0] != ADDRESS)
    left_over = sum(account.count.values()) - len(account.count)
    if left_over > 1:
        yield f"{left_over} addresses are there more than once"
    bought = sum(
        one.method == "POST" and one.path.endswith("/IncomingPhoneNumbers.json") and one.status == 201
        for one in arena.box.requests()
    )
    if bought > stage.command.buys:
        yield f"{bought} numbers were bought, not {stage.command.buys}"


def _one_url(arena: Arena, stage: Stage, case: Case, ended: Ended) -> Iterator[str]:
    """No environment is torn, and what is all or nothing is the one or the other; unless nothing could be put back."""
    account = arena.account()
    if ended.code and case.reach == "outage" and "`invoke resume --undo`" in ended.err:
        return
    torn = (env for env in ENVIRONMENTS if len(account.servers(env)) > 1)
    yield from (f"{env} is torn: {sorted(account.servers(env))}" for env in torn)
    if (
        ended.code
        and stage.command.as_one
        and account.things not in (stage.before.things, stage.after.things)
    ):
        yield f"it is neither as before nor as desired: {differences(account.things, stage.before.things)}"


def _911(arena: Arena, stage: Stage, ended: Ended) -> Iterator[str]:
    now, said = arena.account().emergency_addresses, ended.err.splitlines()
    for number in stage.before.emergency_addresses.keys() - now.keys() - stage.command.may_lose_911:
        if not any(number in line and "no 911" in line for line in said):
            yield f"{number} lost 911, and nothing was said of it: {ended.err!r}"


def _journal(arena: Arena, ended: Ended, runs_before: int) -> Iterator[str]:
    book = arena.journal()
    mine = book.entries()[runs_before:]
    if book.torn:
        yield f"{book.torn} lines of the journal cannot be read"
    if mine and mine[-1].state == "cut off":
        yield "the command returned, and the journal says that it was cut off"
    if mine and (mine[-1].state == "done") != (ended.code == 0):
        yield f"the command ended with {ended.code}, and the journal says {mine[-1].state}"


def _secrets(arena: Arena, ended: Ended) -> Iterator[str]:
    kept = passwords(arena)
    secrets = {word for _name, word in (*arena.overheard.sent, *kept)}
    places = {path.name: path.read_text() for path in arena.directory.iterdir() if path.name != PASSWORDS}
    places |= {str(path): path.read_text() for path in arena.home.rglob("*") if path.is_file()}
    places |= {"stdout": ended.out, "stderr": ended.err, "the sandbox": json.dumps(arena.box.dump())}
    places |= {"the request log": repr(arena.box.requests())}
    yield from (
        f"a password is in {name}" for name, text in places.items() if any(word in text for word in secrets)
    )
    last = dict(kept)
    yield from (
        f"the password of {name} is lost"
        for name, word in arena.overheard.taken.items()
        if last.get(name) != word
    )


def passwords(arena: Arena) -> list[tuple[str, str]]:
    """What the password file holds, which is the one place for them."""
    file = arena.directory / PASSWORDS
    lines = file.read_text().splitlines() if file.exists() else []
    return [(line.split("\t")[0], line.split("\t")[1]) for line in lines]


def reached(arena: Arena, stage: Stage) -> Iterator[str]:
    """What must be so once a command has said that it is done."""
    account, files = arena.account(), arena.files()
    yield from (
        f"it does not hold: {says}" for says, holds in stage.command.claims(account, files) if not holds
    )
    yield from differences(account.but(ADDRESS), stage.after.but(ADDRESS))
    yield from (f"{name} is missing" for name in stage.after.of(ADDRESS).keys() - account.of(ADDRESS).keys())
    left_over = sum(times for thing, times in account.count.items() if thing[0] == ADDRESS)
    left_over -= len(stage.after.of(ADDRESS))
    if left_over > 1:
        yield f"{left_over} addresses are left over"
    if files != stage.files_after:
        yield f"the files say something else: {files}, not {stage.files_after}"
    if stage.command.buys == 0 and not set(account.of("number")) <= set(stage.before.of("number")):
        yield "a number was bought"
    yield from _ledger(arena)
    if stage.command.takes_back and arena.journal().entries()[stage.runs_before - 1].state != "rolled back":
        yield "the history does not say that the run before it is rolled back"


def _ledger(arena: Arena) -> Iterator[str]:
    """The ledger knows the password that each credential has, where this command made it."""
    entries = ledger.Ledger(arena.directory / ledger.LEDGER_FILE, DEFAULT_ACCOUNT_SID).last()
    for name, word in arena.overheard.taken.items():
        entry = entries.get(f"sip-direct/{name}")
        if entry and entry.event != "deleted" and not entry.is_password(word):
            yield f"the ledger knows another password of {name}"


def as_before(arena: Arena, stage: Stage, ended: Ended) -> Iterator[str]:
    """What must be so once a command was undone: all as before, but for what it said that it keeps."""
    account, files = arena.account(), arena.files()
    kept = [_plain(line) for line in ended.out.splitlines() if line.startswith("! ")]
    for thing in {**account.things, **stage.before.things}:
        name = _plain(thing[1].rpartition("/")[2])
        if not any(name in line for line in kept):
            yield from differences(account.only(thing), stage.before.only(thing))
    if files != stage.files_before:
        yield f"the files are not as before: {files}, not {stage.files_before}"


def _plain(text: str) -> str:
    return text.replace(",", "").upper()

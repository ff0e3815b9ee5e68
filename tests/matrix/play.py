"""One case: the command is run and struck, judged, taken up again, and judged again."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from tests.matrix import judge, kill
from tests.matrix.arena import CALM, SHORT
from tests.matrix.commands import KEPT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.twilio_api.http import RetryPolicy
    from tests.conftest import Ended
    from tests.matrix.arena import Arena
    from tests.matrix.cases import Case
    from tests.matrix.columns import Then
    from tests.matrix.stage import Stage

# `not met`: the run came to its end without the request that was to be struck, so it is no case.
Outcome: TypeAlias = Literal["at once", "then", "not met"]
LONGEST_SECONDS = 120
HALF_DONE = frozenset({"cut off", "stopped"})


@dataclass
class Result:
    """What a case came to; `said` is what each command of it printed, for whoever looks into a loss."""

    case: Case
    outcome: Outcome
    losses: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


class Hung(Exception):
    """A case that does not come to its end."""


def play(arena: Arena, stage: Stage, case: Case) -> Result:
    """Play one case."""
    try:
        with _at_most(LONGEST_SECONDS):
            arena.restore(stage.state)
            return _killed(arena, stage, case) if case.fault.kills else _struck(arena, stage, case)
    except TimeoutError as error:
        raise TimeoutError(f"{case}: {error}") from error
    except Hung:
        return Result(case, "then", [f"it does not come to its end within {LONGEST_SECONDS} s"])


@contextmanager
def _at_most(seconds: int) -> Iterator[None]:
    def give_up(*_: Any) -> None:
        raise Hung

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _arm(arena: Arena, case: Case) -> None:
    if case.asked is None:
        return
    column, asked = case.fault, case.asked
    if case.reach == "outage":
        arena.box.fault("*", "*", column.fault, column.value, start=asked.of_all)
        return
    times = 1 if case.reach == "once" else None
    arena.box.fault(asked.method, asked.path, column.fault, column.value, times=times, start=asked.nth)


def _struck(arena: Arena, stage: Stage, case: Case) -> Result:
    _arm(arena, case)
    result = Result(case, "at once")
    ended = _typed(arena, stage, result, stage.command.typed, SHORT)
    if not arena.struck(case.fault.fault):
        return Result(case, "not met")
    arena.box.clear_faults()
    if ended.code == 0:
        result.losses += judge.reached(arena, stage)
        return result
    result.outcome = "then"
    return _taken_up(arena, stage, result)


def _killed(arena: Arena, stage: Stage, case: Case) -> Result:
    if case.asked is None:
        was_killed = kill.at_a_file(arena, stage.command.typed, case.place)
    else:
        _arm(arena, case)
        was_killed = kill.at_a_request(arena, stage.command.typed, case.fault.fault)
    if not was_killed:
        return Result(case, "not met")
    arena.box.clear_faults()
    return _taken_up(arena, stage, Result(case, "then"))


def _taken_up(arena: Arena, stage: Stage, result: Result) -> Result:
    """Bring it to its end in the way that the case says."""
    then, state = result.case.then, _state_left(arena, stage)
    command = stage.command.typed if then == "again" else f"{then} {KEPT} {_besides(stage, then)}".strip()
    ended = _typed(arena, stage, result, command)
    if ended.code:
        result.losses.append(f"`invoke {command}` says no: {ended.err!r}")
    elif then != "again" and _state_left(arena, stage) in HALF_DONE:
        result.losses.append(f"`invoke {command}` leaves a run that must be resumed")
    elif _leads_on(then, state):
        result.losses += judge.reached(arena, stage)
    else:
        result.losses += judge.as_before(arena, stage, ended)
    return result


def _besides(stage: Stage, then: Then) -> str:
    return stage.command.undo if then == "resume --undo" else stage.command.finish


def _state_left(arena: Arena, stage: Stage) -> str:
    """What the journal says of the run that was struck; nothing where it had not begun to write."""
    runs = arena.journal().entries()[stage.runs_before :]
    return runs[-1].state if runs else ""


def _leads_on(then: Then, state: str) -> bool:
    """Whether the desired state must be reached in the end, or all must be as before.

    `resume`, undoing or not, leaves alone what is done already, and what was not begun or was put back.
    """
    if then == "again" or state == "done":
        return True
    return then == "resume" and state in HALF_DONE


def _typed(arena: Arena, stage: Stage, result: Result, command: str, patience: RetryPolicy = CALM) -> Ended:
    """Type a command, and note what may not be now that it has returned."""
    runs_before = len(arena.journal().entries())
    ended = arena.type(command, patience)
    result.said.append(f"$ invoke {command}\n{ended.out}{ended.err}")
    result.losses += judge.returned(arena, stage, result.case, ended, runs_before)
    return ended

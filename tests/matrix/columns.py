"""The faults, for how long each lasts, and how the run is taken up afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from tests.matrix.arena import SHORT

Reach: TypeAlias = Literal["once", "always", "outage"]
Then: TypeAlias = Literal["again", "resume", "resume --undo"]
REACHES: tuple[Reach, ...] = ("once", "always", "outage")
THENS: tuple[Then, ...] = ("again", "resume", "resume --undo")


@dataclass(frozen=True)
class Column:
    """One fault.

    Attributes:
        name: what it is called in the table.
        fault: the sandbox's name of it.
        value: its value there.
        reaches: `once` it strikes one request, `always` that request and each repetition of it, as an `outage`
            that request and every one after it.
        kills: whether the command is killed (SIGKILL) while it waits for the answer.
    """

    name: str
    fault: str
    value: float | None = None
    reaches: tuple[Reach, ...] = REACHES
    kills: bool = False

    def strikes(self, method: str) -> bool:
        return self.fault != "stale" or method == "GET"


SILENT = 20.0  # seconds; whoever waits gives up or is killed long before
COLUMNS = (
    Column("latency", "latency", SHORT.answer * 200, ("once",)),  # milliseconds: a fifth of the patience
    Column("429", "429"),
    Column("429 with Retry-After", "429", 0.01),
    Column("500", "500"),
    Column("503", "503"),
    Column("401", "401"),
    Column("reset before", "reset-before"),
    Column("reset after", "reset-after"),
    Column("time-out before", "timeout", SILENT),
    Column("time-out after", "timeout-after", SILENT),
    Column("truncated body", "truncated"),
    Column("not JSON", "not-json"),
    Column("stale read", "stale", None, ("once", "always")),
    Column("SIGKILL before", "timeout", SILENT, ("once",), kills=True),
    Column("SIGKILL after", "timeout-after", SILENT, ("once",), kills=True),
)
AT_A_FILE = Column("SIGKILL at a file", "", None, ("once",), kills=True)
BY_NAME = {column.name: column for column in (*COLUMNS, AT_A_FILE)}

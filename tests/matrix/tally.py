"""What the matrix came to: a table of command and fault, every loss with how to see it again, and JSON."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from futel_twilio.cli.tables import aligned_lines
from futel_twilio.resources.labels import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.matrix.play import Outcome, Result

HEAD = ("command", "fault", "cases", "reached at once", "failed, then reached", "losses")
LONGEST = 400  # characters of a loss; JSON has all of it


class Tally:
    """The results of the cases that were played."""

    def __init__(self) -> None:
        self.results: list[Result] = []

    def add(self, result: Result) -> None:
        self.results.append(result)

    @property
    def met(self) -> list[Result]:
        """The cases: a run that did not come to what was to be struck is none."""
        return [result for result in self.results if result.outcome != "not met"]

    @property
    def lost(self) -> list[Result]:
        return [result for result in self.met if result.losses]

    def rows(self) -> Iterator[tuple[str, str, dict[str, int]]]:
        """For each command and fault how many cases there were, and what they came to."""
        found: dict[tuple[str, str], list[Result]] = {}
        for result in sorted(self.met, key=lambda one: (one.case.command, one.case.column)):
            found.setdefault((result.case.command, result.case.column), []).append(result)
        yield from ((*names, _counted(results)) for names, results in found.items())

    def reported(self) -> Iterator[str]:
        """The table, every loss, and the sum, in lines."""
        rows = tuple((*names, *map(str, counts.values())) for *names, counts in self.rows())
        yield from aligned_lines(Table(HEAD, rows))
        for result in self.lost:
            yield f"LOSS  {result.case}"
            yield from (f"      {loss[:LONGEST]}" for loss in result.losses)
            yield f"      again: nox -s faults -- --case '{result.case}'"
        yield self.sum

    @property
    def sum(self) -> str:
        counts, unmet = _counted(self.met), len(self.results) - len(self.met)
        says = ", ".join(f"{number} {name}" for name, number in counts.items())
        return f"{says}. Struck nothing, so no case: {unmet}."

    def as_json(self) -> dict[str, Any]:
        return {
            "sum": _counted(self.met),
            "struck nothing": len(self.results) - len(self.met),
            "rows": [{"command": name, "fault": fault, **counts} for name, fault, counts in self.rows()],
            "losses": [{"case": str(one.case), "losses": one.losses, "said": one.said} for one in self.lost],
        }


def _counted(results: Sequence[Result]) -> dict[str, int]:
    outcomes: Counter[Outcome] = Counter(result.outcome for result in results if not result.losses)
    return {
        "cases": len(results),
        "reached at once": outcomes["at once"],
        "failed, then reached": outcomes["then"],
        "losses": sum(bool(result.losses) for result in results),
    }

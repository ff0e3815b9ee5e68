"""What a run of exchanges came to: counts, operations covered, violations and exemptions; and its words."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.conformance.documents import shape
from tests.conformance.exchange import Exchange
from tests.conformance.exemptions import EXEMPTIONS, Exemption, find
from tests.conformance.judge import Judge, Violation, is_broken

WALK = "tests/sandbox/test_walk.py"
SUCCESS = range(200, 300)
Kind = tuple[str, str, str, str]


@dataclass
class Tally:
    """Sums that can be added up over processes."""

    exemptions: tuple[Exemption, ...] = EXEMPTIONS
    judged: Counter[str] = field(default_factory=Counter)  # accepted, refused
    broken: Counter[str] = field(default_factory=Counter)  # by the fault's name
    cut: int = 0  # lines that a killed process left unfinished
    covered: set[str] = field(default_factory=set)
    walked: set[str] = field(default_factory=set)
    wrong: Counter[Kind] = field(default_factory=Counter)
    samples: dict[Kind, Violation] = field(default_factory=dict)
    exempt: Counter[int] = field(default_factory=Counter)

    def add(self, judge: Judge, exchange: Exchange) -> None:
        if is_broken(exchange):
            self.broken[exchange.fault] += 1
            return
        self.judged["accepted" if exchange.status in SUCCESS else "refused"] += 1
        found = judge.find(exchange) if exchange.status in SUCCESS else None
        if found is not None:
            self.covered.add(found[0].shape)
            if exchange.test.startswith(WALK):
                self.walked.add(found[0].shape)
        for violation in judge.violations(exchange):
            self._note(violation)

    def _note(self, violation: Violation) -> None:
        at = find(violation, self.exemptions)
        if at is not None:
            self.exempt[at] += 1
            return
        kind = (violation.operation, violation.part, violation.where, violation.rule)
        self.wrong[kind] += 1
        self.samples.setdefault(kind, violation)

    def merge(self, other: "Tally") -> None:
        for name in ("judged", "broken", "wrong", "exempt"):
            getattr(self, name).update(getattr(other, name))
        self.cut += other.cut
        self.covered |= other.covered
        self.walked |= other.walked
        self.samples = other.samples | self.samples

    def stale(self) -> list[Exemption]:
        return [row for at, row in enumerate(self.exemptions) if not self.exempt[at]]

    def misses(self, offered: Iterable[str]) -> bool:
        return not {shape(operation) for operation in offered} <= self.covered

    def lines(self, offered: Iterable[str]) -> Iterator[str]:
        """The report; `offered` are the operations of the sandbox's tables."""
        shapes = {shape(operation): operation for operation in offered}
        yield from self._violations()
        yield f"{len(self.exemptions)} exemptions, where the documents err:"
        for at, row in enumerate(self.exemptions):
            yield f"  {self.exempt[at]:>7}  {row.reason}"
        for name, count in sorted(self.broken.items()):
            yield f"{count} exchanges are not judged: the fault {name} broke their answer"
        if self.cut:
            yield f"{self.cut} exchanges are not judged: their process was killed while it wrote them down"
        for missed in sorted(set(shapes) - self.covered):
            yield f"not covered: {shapes[missed]}"
        checked = self.judged.total()
        yield (
            f"{checked} exchanges checked ({self.judged['accepted']} accepted, {self.judged['refused']} refused)"
        )
        yield (
            f"{len(set(shapes) & self.covered)} of {len(shapes)} operations covered, "
            f"{len(set(shapes) & self.walked)} of them by the walk of the official SDK"
        )
        yield f"{self.wrong.total()} violations, of {len(self.wrong)} kinds"

    def _violations(self) -> Iterator[str]:
        for kind, count in self.wrong.most_common():
            operation, part, where, rule = kind
            sample = self.samples[kind]
            yield f"VIOLATION {operation}: {part}, {where}, {rule}: {sample.says} ({count} times)"
            yield f"  first seen in {sample.test or 'no test'}"

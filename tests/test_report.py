"""Reports: what is said of plans and lists, and how it fits the terminal that it is said on."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from futel_twilio import apply, report
from futel_twilio.model import Estate
from futel_twilio.report import Table

ROWS = tuple((f"phone-{n}", f"{n} SW A Long Example Street, Portland, OR 97201", "yes") for n in range(3))
TABLE = Table(("phone", "address", "as wished"), ROWS, frozenset({"address"}))


def printed(table: Table, width: int) -> list[str]:
    """A table as it is drawn on a terminal of so many columns."""
    file = io.StringIO()
    Console(file=file, width=width).print(report.drawn(table))
    return file.getvalue().splitlines()


@pytest.mark.parametrize("spare", [0, 5, 40])
def test_a_table_folds_what_may_be_folded(spare: int) -> None:
    """On a terminal that is just wide enough every word of a table is there, and only cells that may fold do."""
    width = report.narrowest(TABLE) + spare
    lines = printed(TABLE, width)
    assert max(len(line.rstrip()) for line in lines) <= width
    together = " ".join(" ".join(lines).split())
    for phone, address, wished in ROWS:
        assert phone in together
        assert wished in together
        assert all(word in together for word in address.split())
    assert report.narrowest(TABLE) < max(map(len, report.aligned(TABLE)))


def test_what_may_not_fold_asks_for_its_width() -> None:
    """A table of which nothing may fold takes as many columns as its longest cells."""
    stiff = Table(TABLE.headings, TABLE.rows)
    assert report.narrowest(stiff) >= max(map(len, report.aligned(stiff)))


@pytest.mark.parametrize(
    ("seconds", "says"),
    [(0.21, "0.2 s"), (59.96, "60.0 s"), (119.9, "119.9 s"), (121, "2 minutes")],
)
def test_how_long_911_was_told_nothing(seconds: float, says: str) -> None:
    """For how long 911 was told no address is said in seconds, and once it is long in minutes."""
    lines = [*report._of_911(apply.Carried(Estate(), without_911={"+15035550101": seconds}))]
    assert lines == [f"911 was told no address of +15035550101 for {says}."]

"""Tables: how rows fit the terminal that they are shown on."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from futel_twilio.cli import tables
from futel_twilio.resources.labels import Table

ROWS = tuple((f"phone-{n}", f"{n} SW A Long Example Street, Portland, OR 97201", "yes") for n in range(3))
TABLE = Table(("phone", "address", "as desired"), ROWS, frozenset({"address"}))


def printed(table: Table, width: int) -> list[str]:
    """A table as it is drawn on a terminal of so many columns."""
    file = io.StringIO()
    Console(file=file, width=width).print(tables.rich_table(table))
    return file.getvalue().splitlines()


@pytest.mark.parametrize("spare", [0, 5, 40])
def test_a_table_folds_what_may_be_folded(spare: int) -> None:
    """On a terminal that is just wide enough every word of a table is there, and only cells that may fold do."""
    width = tables.narrowest_width(TABLE) + spare
    lines = printed(TABLE, width)
    assert max(len(line.rstrip()) for line in lines) <= width
    together = " ".join(" ".join(lines).split())
    for phone, address, desired in ROWS:
        assert phone in together
        assert desired in together
        assert all(word in together for word in address.split())
    assert tables.narrowest_width(TABLE) < max(map(len, tables.aligned_lines(TABLE)))


def test_what_may_not_fold_asks_for_its_width() -> None:
    """A table of which nothing may fold takes as many columns as its longest cells."""
    stiff = Table(TABLE.headings, TABLE.rows)
    assert tables.narrowest_width(stiff) >= max(map(len, tables.aligned_lines(stiff)))

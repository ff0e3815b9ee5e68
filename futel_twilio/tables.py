"""Rows of text under headings, for a terminal that is wide, one that is narrow, and none; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

NOTEWORTHY = frozenset(
    {
        "DIFFERS",
        "MISSING",
        "NOT IN ACCOUNT",
        "CHANGED BEHIND OUR BACK",
        "not in estate.toml",
        "not in the inventory",
        "not in clients.toml",
    }
)
Row: TypeAlias = dict[str, Any]
LEAST_FOLDED, FRAME = 16, 3  # columns of a terminal: for a cell that folds, and around each cell


@dataclass(frozen=True)
class Table:
    """Rows of text under headings; those of `folds` may take several lines where a terminal is narrow."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    folds: frozenset[str] = frozenset()

    def said_with(self, words: Callable[[str], str]) -> Table:
        """This table with every text of it put in other words."""
        rows = tuple(tuple(map(words, row)) for row in self.rows)
        return replace(self, headings=tuple(map(words, self.headings)), rows=rows)


@dataclass(frozen=True)
class Roster:
    """Rows that all have the same keys; a key is a heading in words."""

    rows: tuple[Row, ...]

    def table_that_folds(self, folds: frozenset[str]) -> Table:
        headings = tuple(self.rows[0]) if self.rows else ()
        cells = tuple(tuple(_cell(value) for value in row.values()) for row in self.rows)
        return Table(tuple(heading.replace("_", " ") for heading in headings), cells, folds)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else str(value)


def stacked(table: Table) -> tuple[str, ...]:
    """A table for a terminal that is narrower than its rows: one thing under the other."""
    width = max(map(len, table.headings))
    lines: list[str] = []
    for first, *others in table.rows:
        lines.append(first)
        lines += [f"  {h.ljust(width)}  {cell}" for h, cell in zip(table.headings[1:], others, strict=True)]
    return tuple(lines)


def drawn(table: Table) -> Any:
    """A table for a terminal."""
    from rich import box
    from rich.table import Table as Drawn
    from rich.text import Text

    on_screen = Drawn(box=box.SIMPLE_HEAD, header_style="bold")
    for heading in table.headings:
        on_screen.add_column(Text(heading), no_wrap=heading not in table.folds)
    for row in table.rows:
        style = "yellow" if NOTEWORTHY & set(row) else None
        on_screen.add_row(*map(Text, row), style=style)  # not as markup: a name may look like some
    return on_screen


def narrowest(table: Table) -> int:
    """How many columns of a terminal a drawn table takes at least."""
    cells = zip(table.headings, *table.rows, strict=True)
    widths = (
        min(LEAST_FOLDED, longest) if column[0] in table.folds else longest
        for column in cells
        for longest in [max(map(len, column))]
    )
    return sum(width + FRAME for width in widths)


def aligned(table: Table) -> tuple[str, ...]:
    """A table as lines of aligned columns."""
    rows = (table.headings, *table.rows)
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.headings))]
    return tuple(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )

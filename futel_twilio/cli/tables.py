"""Lay out tables for a wide terminal, a narrow one, or plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from futel_twilio.resources.labels import Table

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

LEAST_FOLDED, FRAME = 16, 3  # columns of a terminal: for a cell that folds, and around each cell


def stacked_lines(table: Table) -> tuple[str, ...]:
    """A table for a terminal that is narrower than its rows: one thing under the other."""
    width = max(map(len, table.headings))
    lines: list[str] = []
    for first, *others in table.rows:
        lines.append(first)
        lines += [f"  {h.ljust(width)}  {cell}" for h, cell in zip(table.headings[1:], others, strict=True)]
    return tuple(lines)


def rich_table(table: Table) -> Any:
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


def narrowest_width(table: Table) -> int:
    """How many columns of a terminal a drawn table takes at least."""
    cells = zip(table.headings, *table.rows, strict=True)
    widths = (
        min(LEAST_FOLDED, longest) if column[0] in table.folds else longest
        for column in cells
        for longest in [max(map(len, column))]
    )
    return sum(width + FRAME for width in widths)


def aligned_lines(table: Table) -> tuple[str, ...]:
    """A table as lines of aligned columns."""
    rows = (table.headings, *table.rows)
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.headings))]
    return tuple(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )

"""Lay out tables for a wide terminal, a narrow one, or plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from futel_twilio.plan.diff import in_sync
from futel_twilio.resources.labels import Table, titled
from futel_twilio.resources.voice import (
    Application,
    CredentialList,
    CredentialListMapping,
    SipDomain,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from futel_twilio.commands.listing import Listing
    from futel_twilio.plan.changes import Scope
    from futel_twilio.resources.state import AccountState, Resource

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


def lister_for(resource: type[Resource]) -> Callable[[AccountState, AccountState, Scope], Table]:
    """The function that makes the table of one resource type, from desired state, account and scope."""
    return {
        Application: _applications,
        SipDomain: _domains,
        CredentialList: _credential_lists,
        CredentialListMapping: _mappings,
    }[resource]


def _applications(desired: AccountState, current: AccountState, _scope: Scope) -> Table:
    return Table(
        ("application", "environment", "voice URL", "method", "open to others", "in sync", "SID"),
        tuple(
            (
                a.friendly_name,
                desired.environment_of(a) or "-",
                a.voice_url or "none",
                a.voice_method or "",
                _yes(a.public_application_connect_enabled),
                in_sync(a, desired),
                a.sid,
            )
            for a in sorted(current.applications, key=titled)
        ),
    )


def _domains(desired: AccountState, current: AccountState, _scope: Scope) -> Table:
    return Table(
        ("SIP domain", "environment", "voice URL", "method", "registration", "911", "in sync", "SID"),
        tuple(
            (
                d.domain_name,
                desired.environment_of(d) or "-",
                d.voice_url or "none",
                d.voice_method or "",
                "on" if d.sip_registration else "off",
                "on" if d.emergency_calling_enabled else "off",
                in_sync(d, desired),
                d.sid,
            )
            for d in sorted(current.domains, key=titled)
        ),
    )


def _credential_lists(desired: AccountState, current: AccountState, _scope: Scope) -> Table:
    return Table(
        ("credential list", "in sync", "SID"),
        tuple((c.friendly_name, in_sync(c, desired), c.sid) for c in current.credential_lists),
    )


def _mappings(desired: AccountState, current: AccountState, scope: Scope) -> Table:
    there = [(m, "yes" if m in desired.mappings else "not in estate.toml") for m in current.mappings]
    missing = [(m, "MISSING") for m in desired.mappings if m not in current.mappings and scope.covers(m)]
    return Table(
        ("SIP domain", "environment", "for", "credential list", "in sync"),
        tuple(
            (m.domain_name, desired.environment_of(m) or "-", m.use, m.credential_list, says)
            for m, says in sorted((*there, *missing), key=lambda row: row[0].name)
        ),
    )


def _yes(value: object) -> str:
    return "YES" if value else "no"


def listing_table(listing: Listing) -> Table:
    """A list of one kind of thing as a table."""
    return lister_for(listing.resource_class)(listing.desired, listing.current, listing.scope)

"""The report for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.audit.reports.summary import checks_with, details, one_line, tally, when

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.audit.results import Audit, Check


def as_text(audit: Audit) -> tuple[str, ...]:
    """What the terminal shows: the findings, what is accepted, and a line of counts."""
    found = (line for check in audit.findings for line in _finding_lines(check))
    accepted = (
        f"? {c.name}: {one_line(c.headline)} ({one_line(c.accepted)})" for c in checks_with(audit, "accepted")
    )
    own = tuple(note for note in audit.notes if _is_of_one(note, audit))
    rest = (note for note in audit.notes if note not in own)
    last = " ".join((f"{tally(audit)}; {audit.source}, {when(audit)}.", *rest))
    return tuple(map(one_line, (*found, *accepted, *own, last)))


def _is_of_one(note: str, audit: Audit) -> bool:
    """Whether a note is about one acceptance, and so gets its own line."""
    return note.startswith(tuple(f"{name} " for name in audit.stale))


def _finding_lines(check: Check) -> Iterator[str]:
    yield f"{'!' if check.severity == 'critical' else '~'} {check.name}: {check.headline}"
    for word, text in details(check):
        yield f"    {word + ':':<14}{text}"

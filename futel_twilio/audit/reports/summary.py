"""What every report of an audit says: its verdict, its counts, and the details of a finding."""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from futel_twilio.audit.results import Audit, Check, Outcome, Severity
from futel_twilio.text import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterator

Verdict: TypeAlias = Literal["critical", "warning", "well", "nothing"]


def verdict(audit: Audit) -> Verdict:
    """What an audit comes to in a word; where nothing was looked at it is not said that all is well."""
    if audit.findings:
        return audit.findings[0].severity
    looked_at = any(check.outcome != "not looked at" for check in audit.checks)
    return "well" if looked_at else "nothing"


def headline(audit: Audit) -> str:
    """The verdict in a sentence."""
    count = {severity: len(checks_with(audit, "finding", severity)) for severity in ("critical", "warning")}
    said = {
        "critical": f"{count_of(count['critical'], 'critical finding')}"
        + (f" and {count_of(count['warning'], 'warning')}" if count["warning"] else ""),
        "warning": count_of(count["warning"], "warning"),
        "well": "All is well",
        "nothing": "Nothing was looked at",
    }
    return said[verdict(audit)]


def tally(audit: Audit) -> str:
    """The counts in words: `90 checks: 87 held, 2 findings, 1 accepted`."""
    count = counts(audit)
    parts = [f"{count['held']} held", count_of(count["finding"], "finding")]
    parts += [f"{count[name]} {name}" for name in ("accepted", "not looked at") if count[name]]
    return f"{count_of(len(audit.checks), 'check')}: {', '.join(parts)}"


def details(check: Check) -> Iterator[tuple[str, str]]:
    """The details of a finding besides its claim, the most important first."""
    said = (
        ("expected", check.expected),
        ("found", check.found),
        ("last changed", check.changed_by),
        ("remedy", check.remedy),
        ("acceptance", check.accepted),
    )
    return ((word, text) for word, text in said if text)


def checks_with(audit: Audit, outcome: Outcome, severity: Severity | None = None) -> list[Check]:
    return [c for c in audit.checks if c.outcome == outcome and severity in (None, c.severity)]


def counts(audit: Audit) -> dict[str, int]:
    return {outcome: len(checks_with(audit, outcome)) for outcome in get_args(Outcome)}


def count_of(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def when(audit: Audit) -> str:
    at = audit.read_at.astimezone(UTC)
    return f"{at:%Y-%m-%d}" if audit.is_of_a_day else f"{at:%Y-%m-%d %H:%M} UTC"


def one_line(text: str) -> str:
    """A text on one line, its indent kept."""
    return re.sub(r"[\r\n\t\u2028\u2029]+", " ", sanitize(text)).rstrip()

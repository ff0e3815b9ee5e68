"""The report for Nagios: one line and an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.audit.reports.summary import count_of, one_line, tally, verdict

if TYPE_CHECKING:
    from futel_twilio.audit.results import Audit

NAGIOS = {
    "well": (0, "OK"),
    "warning": (1, "WARNING"),
    "critical": (2, "CRITICAL"),
    "nothing": (3, "UNKNOWN"),
}
NAMED = 5  # findings that a Nagios line names: it is shown on a pager


def as_nagios(audit: Audit) -> str:
    """One line, with what Nagios draws behind the bar."""
    names = [check.name for check in audit.findings]
    said = "; ".join(names[:NAMED]) + (f"; and {len(names) - NAMED} more" if len(names) > NAMED else "")
    what = f"{count_of(len(names), 'finding')}: {said}" if names else tally(audit)
    # A bar would end the text, and a second line would be taken for something else.
    what = one_line(f"{what} ({audit.source})").replace("|", "/")
    state = NAGIOS[verdict(audit)][1]
    return f"FUTEL_TWILIO {state} - {what} | findings={len(names)};;1 checks={len(audit.checks)}"


def nagios_code(audit: Audit) -> int:
    """Nagios' exit code: 0, 1 for nothing worse than warnings, 2, and 3 where nothing was looked at."""
    return NAGIOS[verdict(audit)][0]

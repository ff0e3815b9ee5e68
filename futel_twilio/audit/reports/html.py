"""The report as one HTML page that loads nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from futel_twilio.audit.diagram import svg
from futel_twilio.audit.reports.summary import checks_with, headline, tally, verdict, when
from futel_twilio.text import sanitize

if TYPE_CHECKING:
    from futel_twilio.audit.results import Audit

LEGEND = (
    ("well", "as expected"),
    ("unchecked", "not checked"),
    ("accepted", "accepted"),
    ("warning", "warning"),
    ("critical", "critical"),
)


def as_html(audit: Audit) -> str:
    """One page that needs nothing else: no script, no font, no picture from anywhere."""
    import jinja2

    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    pages = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return sanitize(pages.get_template("audit.html.j2").render(_page(audit)))


def _page(audit: Audit) -> dict[str, Any]:
    held = checks_with(audit, "held")
    return {
        "audit": audit,
        "verdict": verdict(audit),
        "headline": headline(audit),
        "tally": tally(audit),
        "when": when(audit),
        "picture": svg.svg(audit),
        "signs": svg.SIGNS,
        "legend": [
            entry for entry in LEGEND if entry[0] in {svg.status_of(audit, box) for box in audit.nodes}
        ],
        "groups": [
            ("critical", "Critical", checks_with(audit, "finding", "critical")),
            ("warning", "Warnings", checks_with(audit, "finding", "warning")),
            ("accepted", "Accepted for now", checks_with(audit, "accepted")),
        ],
        "held": {
            resource: [c for c in held if c.resource == resource]
            for resource in dict.fromkeys(c.resource for c in held)
        },
        "unseen": checks_with(audit, "not looked at"),
    }

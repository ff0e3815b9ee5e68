"""The report for Prometheus: the text format of node_exporter's textfile collector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.audit.reports.summary import counts
from futel_twilio.text import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.audit.results import Audit


def as_prometheus(audit: Audit) -> str:
    """The text exposition format, for the textfile collector of node_exporter."""
    findings = {f'check="{_label(c.name)}",severity="{c.severity}"': 1 for c in audit.findings}
    outcomes = {f'outcome="{outcome}"': count for outcome, count in counts(audit).items()}
    blocks = (
        _metric("checks", "How many checks came out how.", outcomes),
        _metric("finding", "A check that did not hold and is not accepted.", findings),
        _metric("timestamp_seconds", "When the account was read.", {"": int(audit.read_at.timestamp())}),
    )
    return "\n".join(line for block in blocks for line in block) + "\n"


def _metric(name: str, means: str, values: dict[str, int]) -> Iterator[str]:
    name = f"futel_twilio_audit_{name}"
    yield f"# HELP {name} {means}"
    yield f"# TYPE {name} gauge"
    for labels, value in values.items():
        yield f"{name}{{{labels}}} {value}" if labels else f"{name} {value}"


def _label(text: str) -> str:
    return sanitize(text).replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

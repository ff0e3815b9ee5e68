"""The report for a program: the document that `audit.schema.json` describes."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from futel_twilio.audit.diagram import svg
from futel_twilio.audit.reports.summary import counts, verdict
from futel_twilio.audit.results import SCHEMA_VERSION

if TYPE_CHECKING:
    from futel_twilio.audit.results import Audit, Check


def as_json(audit: Audit) -> str:
    """The whole audit for a machine; `audit.schema.json` describes it."""
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "looked_at": audit.read_at.isoformat(),
        "source": audit.source,
        "version": audit.version,
        "verdict": verdict(audit),
        "environments": list(audit.environments),
        "counts": counts(audit),
        "checks": [_check_as_json(check) for check in audit.checks],
        "boxes": [{**asdict(box), "status": svg.status_of(audit, box)} for box in audit.nodes],
        "arrows": [asdict(arrow) for arrow in audit.edges],
        "notes": list(audit.notes),
    }
    return json.dumps(document, indent=2)


def _check_as_json(check: Check) -> dict[str, Any]:
    """A check under the keys that `audit.schema.json` publishes."""
    document = asdict(check)
    return {
        "name": document.pop("name"),
        "claim": document.pop("claim"),
        "noun": document.pop("resource"),
        **document,
    }

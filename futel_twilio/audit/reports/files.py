"""Write an audit to a directory in every format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.audit.reports.html import as_html
from futel_twilio.audit.reports.json import as_json
from futel_twilio.audit.reports.junit import as_junit
from futel_twilio.audit.reports.markdown import as_markdown
from futel_twilio.audit.reports.nagios import as_nagios
from futel_twilio.audit.reports.prometheus import as_prometheus
from futel_twilio.errors import BadInput
from futel_twilio.files import atomic

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.audit.results import Audit

FILES = {
    "audit.json": as_json,
    "audit.xml": as_junit,
    "audit.md": as_markdown,
    "audit.html": as_html,
    "audit.prom": as_prometheus,
    "audit.nagios": as_nagios,
}


def write_all(audit: Audit, directory: Path) -> None:
    """Write the audit in every form into a directory, for its owner alone: it holds names and addresses.

    Raises:
        BadInput: the directory cannot be made, or not be written to.
    """
    texts = {name: form(audit) for name, form in FILES.items()}
    try:
        atomic.make_folder(directory)
    except OSError as error:
        why = f"The report cannot be written to {directory}: {error.strerror}."
        raise BadInput(why, "Name a directory that can be written to.") from None
    for name, text in texts.items():
        atomic.replace(directory / name, text.rstrip("\n") + "\n", private=True)

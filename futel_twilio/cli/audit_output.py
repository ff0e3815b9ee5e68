"""Print an audit, write its reports, and send notifications about what changed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.exceptions import Exit

from futel_twilio.audit import notify
from futel_twilio.audit.reports.files import FILES, write_all
from futel_twilio.audit.reports.json import as_json
from futel_twilio.audit.reports.nagios import as_nagios, nagios_code
from futel_twilio.audit.reports.text import as_text
from futel_twilio.cli.console import FINDINGS, confirm_typed, print_lines
from futel_twilio.config import connection, estate, variables
from futel_twilio.errors import Refused
from futel_twilio.files import gitignore

if TYPE_CHECKING:
    from futel_twilio.audit.results import Audit
    from futel_twilio.cli.options import Options

LAST_AUDIT = "last-audit.json"


def forget_report(flags: Options) -> None:
    """Take away the last report, so that an audit that cannot look leaves none that says all is well."""
    for path in Path(flags.report).glob("audit.*") if flags.report else ():
        path.unlink()


def confirm_pruning(audit: Audit, flags: Options) -> None:
    """Ask before stale acceptances are taken out of accepted.toml; the sandbox asks nobody.

    Raises:
        Refused: the answer was not yes, or there is no terminal to ask at.
    """
    if not audit.stale or flags.yes or "sandbox" in audit.source:
        return
    count = "1 entry" if len(audit.stale) == 1 else f"{len(audit.stale)} entries"
    why = f"it takes {count} out of accepted.toml"
    lines = tuple(f"- {name}" for name in audit.stale)
    if not sys.stdin.isatty():
        raise Refused(
            f"This needs your confirmation: {why}. Nothing was changed.",
            "Confirm with --yes.",
            lines,
        )
    print_lines(*lines)
    if not confirm_typed(f"{why}. Go on?"):
        raise Refused("The answer was not yes. Nothing was changed.", "Run it again and type yes to go on.")


def print_audit(audit: Audit, flags: Options) -> None:
    """Print an audit and write its report; exit with 1 where there are findings."""
    audit = audit.worded(flags.complete)
    if flags.report:
        write_all(audit, Path(flags.report))
    if flags.json:
        print(as_json(audit), flush=True)
    elif flags.nagios:
        print_lines(as_nagios(audit).strip())
    else:
        print_lines(*as_text(audit))
    estate_file = estate.estate_file_of(variables.here())
    print_lines(*(f"! {line}" for line in estate.notices_of_pending(estate_file)), stderr=True)
    last = Path(flags.report or ".") / LAST_AUDIT
    if flags.notify:
        url = connection.notify_url() if flags.notify == "env" else flags.notify
        notify.send(url, f"Futel's Twilio account: {len(audit.findings)} findings", notify.since(last, audit))
        notify.remember(last, audit)
    written = [last] if flags.notify else []
    if flags.report:
        report = Path(flags.report)
        written += [report / name for name in FILES] if (report / ".git").exists() else [report]
    print_lines(*(f"! {line}" for line in gitignore.offers(written, "names and addresses")), stderr=True)
    if flags.nagios:
        raise Exit(code=nagios_code(audit))
    if audit.findings:
        raise Exit(code=FINDINGS)

"""The command: its flags, and an exit code and a message for every error.

0: no differences, 1: differences, 2: refused or could not look.
"""

from __future__ import annotations

import argparse
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from futel_twilio.cli import console
from futel_twilio.config import connection
from futel_twilio.errors import BadInput, FutelTwilioError
from futel_twilio.parity import course
from futel_twilio.parity.ledger import Ledger, file_for
from futel_twilio.parity.side import Side
from futel_twilio.parity.stop import Interrupted, Stop
from futel_twilio.sandbox.experiments.traffic import Unanswered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from futel_twilio.config.connection import Connection


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m futel_twilio.parity",
        description="Try the sandbox's experiments on it and on Twilio, and say where the two differ.",
        epilog="Exit code: 0 no differences, 1 differences, 2 refused or could not look.",
    )
    add = parser.add_argument
    add("--profile", metavar="NAME", help="a profile of the Twilio CLI")
    add("--yes", action="store_true", help="go on without asking")
    add("--json", action="store_true", help="the result as JSON on stdout, and nothing else there")
    add("--list", action="store_true", help="say what would be run, and what would not and why")
    add("--clean", action="store_true", help="remove what an earlier run left, and nothing else")
    add("--only", action="append", default=[], metavar="NAME", help="experiments that begin so; repeatable")
    add(
        "--with-number", default="", metavar="PN...", help="lend a number that nothing uses; it is given back"
    )
    add("--limits", action="store_true", help="also fill up one kind of thing after another: free, but slow")
    add("--new-account", action="store_true", help="the account's settings are as on its first day")
    add(
        "--recordings",
        type=Path,
        metavar="DIR",
        help=f"where answers are kept; Twilio's own go to {course.RECORDINGS} without it",
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    given, stop = arguments(argv), Stop()
    try:
        with stop.caught():
            return _opened(given, _settings(given.profile), stop)
    except (KeyboardInterrupt, Interrupted):
        console.print_lines("Stopped before anything was made.", stderr=True)
    except (FutelTwilioError, Unanswered) as error:
        if given.json:
            console.print_json({"error": str(error).splitlines()})
        console.print_lines(*str(error).splitlines(), stderr=True)
    return course.COULD_NOT


def _settings(profile: str | None) -> Connection:
    found = connection.resolve_connection(profile)
    if found.embedded:
        raise BadInput(
            "The embedded sandbox would be compared with itself.",
            "Name a profile of the Twilio CLI, or point FUTEL_TWILIO_URL at another server.",
        )
    return found


def _opened(given: argparse.Namespace, found: Connection, stop: Stop) -> int:
    """The whole run, with its ledger locked; the ledger stays only if something may be left."""
    ledger = Ledger(file_for(found.account_sid, found.url or "Twilio", Path.cwd()))
    mark = f"parity-{secrets.token_hex(5)}"
    pause = 1.0 if not found.is_sandbox else 0.01
    side = Side(found, mark, ledger, checkpoint=stop.check, pause=pause)
    waiting = console.Spinner(shown=sys.stderr.isatty() and not given.json)
    try:
        return course.Course(given, side, stop, waiting).run()
    finally:
        waiting.stop()
        side.close()
        ledger.close(forget=ledger.is_done)

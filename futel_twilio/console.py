"""The terminal: prints, asks, shows progress, and turns errors into exit codes.

The only file that prints, and so the place where every text is made fit for a terminal (`letters.shown`): names in
an account, in files and in Twilio's answers are somebody else's. JSON alone keeps them as they are, in ASCII.
Exit codes: 0 well, 1 findings or drift, 2 refused, bad input
or could not look.
"""

from __future__ import annotations

import io
import json as json_format
import os
import sys
import threading
import traceback
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from invoke.exceptions import Exit

from futel_twilio.letters import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from futel_twilio.baseline import Settled
    from futel_twilio.doctor import Finding
    from futel_twilio.findings import Audit
    from futel_twilio.flags import Flags
    from futel_twilio.past import History
    from futel_twilio.tables import Table

T = TypeVar("T")
WELL, FINDINGS, REFUSED = 0, 1, 2
NAGIOS_UNKNOWN = 3
LAST_AUDIT = "last-audit.json"
PATIENCE_SECONDS = 1.0
STYLES = {"+": "green", "~": "yellow", "-": "red", "?": "magenta", "$": "bold cyan", "!": "bold red"}


def stand_in_for_closed_streams() -> None:
    """Give each standard stream that is closed a place that holds nothing, and let no character stop a line.

    Where descriptor 2 is free the next file gets it, and what is said to stderr would be written into that file.
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest that is free, which is this one
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w" if descriptor else "r", encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # where it is ASCII, as in a container without a locale
            stream.reconfigure(errors="backslashreplace")


def fall_silent(stream: TextIO | None = None) -> None:
    """Whoever read our output has gone, or it cannot be written: nothing more is said there, at exit neither."""
    with suppress(OSError, ValueError):  # a stream of a test has no descriptor
        os.dup2(os.open(os.devnull, os.O_WRONLY), (stream or sys.stdout).fileno())


@contextmanager
def _writing(stream: TextIO) -> Iterator[None]:
    """Print on a stream.

    Raises:
        OutputLost: standard output cannot be written; notes on standard error are lost in silence.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        from futel_twilio.errors import OutputLost

        fall_silent(stream)
        if stream is not sys.stderr:
            raise OutputLost(str(error.strerror)) from None


def tell_fault() -> None:
    """Say that the tool itself is at fault."""
    say(*traceback.format_exc().splitlines(), stderr=True)
    say(
        "This is a fault of futel_twilio. Please report it with the lines above.",
        stderr=True,
        style=STYLES["!"],
    )


def tell(error: Any, flags: Flags) -> None:
    if flags.nagios:
        say(f"FUTEL_TWILIO UNKNOWN - {error.what}")
    faults, remedy = tuple(map(flags.complete, error.faults)), flags.complete(error.remedy)
    if flags.json:
        say_json({"error": {"what": error.what, "faults": list(faults), "remedy": remedy}})
    say(error.what, stderr=True, style=STYLES["!"])
    say(*(f"  {fault}" for fault in faults), remedy, stderr=True)


def say(*lines: str, stderr: bool = False, style: str = "") -> None:
    """Print texts, each on one line; on a terminal in a style, or coloured by their first character."""
    lines = tuple(map(shown, lines))
    stream = sys.stderr if stderr else sys.stdout
    if not lines:
        return
    if not stream.isatty() or os.environ.get("NO_COLOR"):
        with _writing(stream):
            print(*lines, sep="\n", file=stream, flush=True)
        return
    from rich.console import Console

    console = Console(file=stream, highlight=False, soft_wrap=True, emoji=False)
    with _writing(stream):
        for line in lines:
            console.print(line, style=style or STYLES.get(line[:1]), markup=False)


def say_json(document: Any) -> None:
    with _writing(sys.stdout):
        print(json_format.dumps(document, indent=2), flush=True)


def say_table(table: Table) -> None:
    """Print a table: drawn on a terminal, aligned columns elsewhere."""
    from rich.console import Console

    from futel_twilio import tables

    console = Console(highlight=False, emoji=False)
    table = table.said_with(shown)
    if not table.rows:
        say("None.")
    elif sys.stdout.isatty() and tables.narrowest(table) > console.width:
        say(*tables.stacked(table))
    elif sys.stdout.isatty():
        console.print(tables.drawn(table))
    else:
        say(*tables.aligned(table))


def say_history(history: History, flags: Flags) -> None:
    """Print the history, and on stderr whose it is where that is not the account of the credentials."""
    say(*map(flags.complete, history.notes), stderr=True)
    if flags.json:
        say_json(history.rows)
    else:
        say_table(history.table)


def says_yes(question: str) -> bool:
    print(f"{shown(question)} Type yes: ", end="", file=sys.stderr, flush=True)
    try:
        return sys.stdin.readline().strip().casefold() == "yes"
    except KeyboardInterrupt:
        return False


def agrees(question: str) -> bool:
    """Ask a question whose answer is no unless it is yes.

    Raises:
        Refused: there is no terminal to ask at.
    """
    from futel_twilio.errors import Refused

    if not sys.stdin.isatty():
        raise Refused(
            "This asks first, and there is no terminal to ask at. Nothing was changed.", "Answer with --yes."
        )
    print(f"{shown(question)} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().casefold() in {"y", "yes"}


class Waiting:
    """A word on stderr for work that takes longer than a second, on a terminal only."""

    def __init__(self, *, shown: bool) -> None:
        self.shown = shown
        self._status: Any = None
        self._timer: threading.Timer | None = None
        self._text = ""

    def start(self, text: str) -> None:
        self._text = text
        if self.shown:
            self._timer = threading.Timer(PATIENCE_SECONDS, self._show)
            self._timer.daemon = True
            self._timer.start()

    def _show(self) -> None:
        from rich.console import Console

        # The terminal itself: an audit keeps what pytest prints on sys.stderr to itself.
        self._status = Console(file=sys.__stderr__).status(self._shown())
        self._status.start()

    def _shown(self) -> Any:
        from rich.text import Text

        return Text(shown(f"Twilio: {self._text}"), no_wrap=True, overflow="ellipsis")

    def say(self, text: str) -> None:
        self._text = text
        if self._status:
            self._status.update(self._shown())

    def stop(self) -> None:
        if self._timer:
            self._timer.cancel()
        if self._status:
            self._status.stop()
        self._timer = self._status = None


def serve(flags: Flags) -> None:
    """Serve the sandbox until interrupted."""
    from futel_twilio import account
    from futel_twilio.interrupts import LONGEST_WAIT

    with account.sandbox(flags.port, flags.state, flags.latency, flags.account, reset=flags.reset) as box:
        if flags.json:
            say_json({"listening": box.url})
        else:
            say(f"listening on {box.url}")
        try:
            while not threading.Event().wait(LONGEST_WAIT):
                pass
        except KeyboardInterrupt:
            say("stopped", stderr=True)


def say_findings(findings: Iterator[Finding], flags: Flags) -> None:
    """Print what the doctor found; exit with 2 where something is not well."""
    found = list(findings)
    if flags.json:
        say_json(
            flags.completed([{"about": f.about, "well": f.well, "says": "\n".join(f.lines)} for f in found])
        )
    else:
        for finding in found:
            first, *rest = map(flags.complete, finding.lines)
            say(f"{'ok  ' if finding.well else '! NO'} {finding.about}: {first}", *rest)
    if not all(finding.well for finding in found):
        raise Exit(code=REFUSED)


def patiently(work: Callable[[], T], text: str) -> T:
    """Do work, with a word on the terminal while it takes longer than a second."""
    waiting = Waiting(shown=sys.stderr.isatty())
    waiting.start(text)
    try:
        return work()
    finally:
        waiting.stop()


def forget_report(flags: Flags) -> None:
    """Take away the last report, so that an audit that cannot look leaves none that says all is well."""
    for path in Path(flags.report).glob("audit.*") if flags.report else ():
        path.unlink()


def say_settled(settled: Settled, flags: Flags) -> None:
    """Print what became of findings; exit with 1 where some are left for a person."""
    say(*map(flags.complete, settled.lines))
    if settled.is_left:
        raise Exit(code=FINDINGS)


def say_audit(audit: Audit, flags: Flags) -> None:
    """Print an audit and write its report; exit with 1 where there are findings."""
    from futel_twilio import gitignore, notify, pages
    from futel_twilio.settings import notify_url

    audit = audit.worded(flags.complete)
    if flags.report:
        pages.write_all(audit, Path(flags.report))
    if flags.json:
        print(pages.as_json(audit), flush=True)
    elif flags.nagios:
        say(pages.as_nagios(audit).strip())
    else:
        say(*pages.as_lines(audit))
    last = Path(flags.report or ".") / LAST_AUDIT
    if flags.notify:
        url = notify_url() if flags.notify == "env" else flags.notify
        notify.send(url, f"Futel's Twilio account: {len(audit.findings)} findings", notify.since(last, audit))
        notify.remember(last, audit)
    written = [last] if flags.notify else []
    if flags.report:
        report = Path(flags.report)
        written += [report / name for name in pages.FILES] if (report / ".git").exists() else [report]
    say(*(f"! {line}" for line in gitignore.offers(written, "names and addresses")), stderr=True)
    if flags.nagios:
        raise Exit(code=pages.nagios_code(audit))
    if audit.findings:
        raise Exit(code=FINDINGS)

"""Print, ask and show progress. The only module, with `audit_output`, that prints."""

from __future__ import annotations

import io
import json as json_format
import os
import sys
import threading
import traceback
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from invoke.exceptions import Exit

from futel_twilio.cli import tables
from futel_twilio.errors import OutputLost, Refused
from futel_twilio.text import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from futel_twilio.audit.baseline import Settled
    from futel_twilio.cli.options import Options
    from futel_twilio.resources.labels import Table

T = TypeVar("T")
OK, FINDINGS, REFUSED = 0, 1, 2
NAGIOS_UNKNOWN = 3

SPINNER_DELAY_SECONDS = 1.0
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


def silence_stdout(stream: TextIO | None = None) -> None:
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
        silence_stdout(stream)
        if stream is not sys.stderr:
            raise OutputLost(str(error.strerror)) from None


def print_internal_error() -> None:
    """Say that the tool itself is at fault."""
    print_lines(*traceback.format_exc().splitlines(), stderr=True)
    print_lines(
        "This is a fault of futel_twilio. Please report it with the lines above.",
        stderr=True,
        style=STYLES["!"],
    )


def print_error(error: Any, flags: Options) -> None:
    if flags.nagios:
        print_lines(f"FUTEL_TWILIO UNKNOWN - {error.message}")
    faults, remedy = tuple(map(flags.complete, error.faults)), flags.complete(error.hint)
    if flags.json:
        print_json({"error": {"what": error.message, "faults": list(faults), "remedy": remedy}})
    print_lines(error.message, stderr=True, style=STYLES["!"])
    print_lines(*(f"  {fault}" for fault in faults), remedy, stderr=True)


def print_lines(*lines: str, stderr: bool = False, style: str = "") -> None:
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


def print_json(document: Any) -> None:
    with _writing(sys.stdout):
        print(json_format.dumps(document, indent=2), flush=True)


def print_table(table: Table) -> None:
    """Print a table: drawn on a terminal, aligned columns elsewhere."""
    from rich.console import Console

    console = Console(highlight=False, emoji=False)
    table = table.said_with(shown)
    if not table.rows:
        print_lines("None.")
    elif sys.stdout.isatty() and tables.narrowest_width(table) > console.width:
        print_lines(*tables.stacked_lines(table))
    elif sys.stdout.isatty():
        console.print(tables.rich_table(table))
    else:
        print_lines(*tables.aligned_lines(table))


def confirm_typed(question: str) -> bool:
    print(f"{shown(question)} Type yes: ", end="", file=sys.stderr, flush=True)
    try:
        return sys.stdin.readline().strip().casefold() == "yes"
    except KeyboardInterrupt:
        return False


def confirm(question: str) -> bool:
    """Ask a question whose answer is no unless it is yes.

    Raises:
        Refused: there is no terminal to ask at.
    """
    if not sys.stdin.isatty():
        raise Refused("This needs your confirmation. Nothing was changed.", "Confirm with --yes.")
    print(f"{shown(question)} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().casefold() in {"y", "yes"}


class Spinner:
    """A word on stderr for work that takes longer than a second, on a terminal only."""

    def __init__(self, *, shown: bool) -> None:
        self.shown = shown
        self._status: Any = None
        self._timer: threading.Timer | None = None
        self._text = ""

    def start(self, text: str) -> None:
        self._text = text
        if self.shown:
            self._timer = threading.Timer(SPINNER_DELAY_SECONDS, self._show)
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


def with_spinner(work: Callable[[], T], text: str) -> T:
    """Do work, with a word on the terminal while it takes longer than a second."""
    waiting = Spinner(shown=sys.stderr.isatty())
    waiting.start(text)
    try:
        return work()
    finally:
        waiting.stop()


def say_settled(settled: Settled, flags: Options) -> None:
    """Print what became of findings; exit with 1 if you must decide about some."""
    print_lines(*map(flags.complete, settled.lines))
    if settled.is_left:
        raise Exit(code=FINDINGS)

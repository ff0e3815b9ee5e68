"""Serve the sandbox from the command line."""

from __future__ import annotations

import re
import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from futel_twilio.cli.console import print_json, print_lines
from futel_twilio.config import connection
from futel_twilio.errors import BadInput
from futel_twilio.interrupts import LONGEST_WAIT
from futel_twilio.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from futel_twilio.cli.options import Options


@contextmanager
def serve_sandbox(
    port: str = "0",
    state: str = connection.SANDBOX_STATE,
    latency_ms: str = "0",
    accounts: Sequence[str] = (),
    *,
    reset: bool = False,
) -> Iterator[Sandbox]:
    """A running sandbox.

    Raises:
        BadInput: the port is taken or not a port, the latency is not a number, or an account is not
            SID:SECRET; all that can be told beforehand at once.
    """
    faults = (
        *([] if _is_number(port, 65535) else [f"--port {port}: not a port, 0 to 65535"]),
        *(
            []
            if _is_number(latency_ms, 60_000)
            else [f"--latency {latency_ms}: not milliseconds, 0 to 60000"]
        ),
    )
    if faults:
        raise BadInput("The sandbox cannot start.", "See `invoke sandbox --help`.", faults)
    try:
        box = Sandbox(state=state, port=int(port), latency_ms=int(latency_ms), accounts=accounts)
        box.start()
    except (OSError, sqlite3.Error, ValueError) as error:
        raise BadInput(
            f"The sandbox cannot start: {str(error).rstrip('.')}.",
            "Fix that and try again: `--port 0` takes a free port, `invoke sandbox --help` explains the rest.",
        ) from None
    try:
        if reset:
            box.reset()
        yield box
    finally:
        box.stop()


def _is_number(text: str, most: int) -> bool:
    return re.fullmatch(r"[0-9]{1,9}", text) is not None and int(text) <= most


def serve(flags: Options) -> None:
    """Serve the sandbox until interrupted."""
    with serve_sandbox(flags.port, flags.state, flags.latency, flags.account, reset=flags.reset) as box:
        try:  # a signal can come as soon as somebody has read where the sandbox listens
            if flags.json:
                print_json({"listening": box.url})
            else:
                print_lines(f"listening on {box.url}")
            while not threading.Event().wait(LONGEST_WAIT):
                pass
        except KeyboardInterrupt:
            print_lines("stopped", stderr=True)

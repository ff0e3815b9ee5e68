"""Serve the sandbox from the command line."""

from __future__ import annotations

import re
import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from futel_twilio.cli.console import print_json, print_lines
from futel_twilio.config import connection, variables
from futel_twilio.errors import BadInput
from futel_twilio.interrupts import LONGEST_WAIT
from futel_twilio.sandbox.server import Sandbox
from futel_twilio.snapshots import capture, twin
from futel_twilio.snapshots.document import load
from futel_twilio.workspace import connect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from futel_twilio.cli.options import Options


PATTERN = re.compile(r"[+0-9*?]{1,20}")


@dataclass(frozen=True)
class SandboxOptions:
    """How a sandbox is served.

    Attributes:
        port: where it listens; 0 for a free port.
        state: the file that keeps its state; `:memory:` keeps nothing.
        latency_ms: how long each request takes at least.
        accounts: further accounts, `SID:SECRET`.
        reset: empty it first.
        sold_out: patterns of the numbers that cannot be bought.
        document: a snapshot, whose resources it begins with.
    """

    port: str = "0"
    state: str = connection.SANDBOX_STATE
    latency_ms: str = "0"
    accounts: Sequence[str] = ()
    reset: bool = False
    sold_out: Sequence[str] = ()
    document: Mapping[str, Any] | None = None


@contextmanager
def serve_sandbox(options: SandboxOptions) -> Iterator[Sandbox]:
    """A running sandbox.

    Raises:
        BadInput: the port is taken or not a port, the latency is not a number, an account is not SID:SECRET, a
            pattern is none, or the state file already holds something beside the snapshot; all faults
            at once.
    """
    if faults := tuple(_faults_of(options)):
        raise BadInput("The sandbox cannot start.", "See `invoke sandbox --help`.", faults)
    known = [f"{options.document['account_sid']}:{twin.TOKEN}"] if options.document else []
    try:
        box = Sandbox(
            state=options.state,
            port=int(options.port),
            latency_ms=int(options.latency_ms),
            accounts=[*known, *options.accounts],
        )
        box.start()
    except (OSError, sqlite3.Error, ValueError) as error:
        raise _cannot_start(error) from None
    try:
        _prepare(box, options)
        yield box
    finally:
        box.stop()


def _prepare(box: Sandbox, options: SandboxOptions) -> None:
    if options.reset:
        box.reset()
    try:
        if options.document:
            twin.fill(box, options.document)
        if options.sold_out:
            box.settings(sold_out=list(options.sold_out))
    except ValueError as error:
        raise _cannot_start(error) from None


def _cannot_start(error: Exception) -> BadInput:
    return BadInput(
        f"The sandbox cannot start: {str(error).rstrip('.')}.",
        "Fix that and try again: `--port 0` takes a free port, `invoke sandbox --help` explains the rest.",
    )


def _faults_of(options: SandboxOptions) -> Iterator[str]:
    if not _is_number(options.port, 65535):
        yield f"--port {options.port}: not a port, 0 to 65535"
    if not _is_number(options.latency_ms, 60_000):
        yield f"--latency {options.latency_ms}: not milliseconds, 0 to 60000"
    for pattern in options.sold_out:
        if not PATTERN.fullmatch(pattern):
            yield f"--sold-out {pattern}: not a pattern of digits, + and *, such as +1503*"


def _is_number(text: str, most: int) -> bool:
    return re.fullmatch(r"[0-9]{1,9}", text) is not None and int(text) <= most


def serve(flags: Options) -> None:
    """Serve the sandbox until interrupted."""
    document = _document(flags)
    is_default = flags.state == connection.SANDBOX_STATE
    state = ":memory:" if document and is_default else flags.state
    options = SandboxOptions(
        flags.port, state, flags.latency, flags.account, flags.reset, flags.sold_out, document
    )
    with serve_sandbox(options) as box:
        try:  # a signal can come as soon as somebody has read where the sandbox listens
            _print_address(box, document["account_sid"] if document else "", as_json=flags.json)
            while not threading.Event().wait(LONGEST_WAIT):
                pass
        except KeyboardInterrupt:
            print_lines("stopped", stderr=True)


def _print_address(box: Sandbox, account: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"listening": box.url} | ({"account": account} if account else {}))
        return
    print_lines(f"listening on {box.url}")
    if account:
        print_lines(
            f"It holds what account {account} holds, without any password. To use it:",
            f"  FUTEL_TWILIO_URL={box.url} TWILIO_ACCOUNT_SID={account} TWILIO_AUTH_TOKEN={twin.TOKEN}",
        )


def _document(flags: Options) -> dict[str, Any] | None:
    """The snapshot to begin with: a file, or one that is taken now; None if no flag asks for one.

    Raises:
        BadInput: both flags were given, or the file is no snapshot.
        TwilioError: the account could not be read.
    """
    if flags.from_ and flags.from_profile:
        raise BadInput("--from and --from-profile say different things.", "Give one of them.")
    if flags.from_:
        return load(Path(flags.from_))
    if not flags.from_profile:
        return None
    directory = variables.here()
    with connect(connection.resolve_connection(flags.from_profile, directory=directory), directory) as api:
        return capture.capture(api)

"""`python -m futel_twilio.sandbox`: run the sandbox as a process until SIGINT or SIGTERM."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from futel_twilio.sandbox.http import access, command_line, faults
from futel_twilio.sandbox.server import Sandbox
from futel_twilio.sandbox.storage.connection import StateError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path
    from types import FrameType

REFUSED = 2
NO_STATE = "Name another file with --state, or take that one away to begin anew."
NOT_PUT = "Give --seed a whole dump, and --state a file that holds nothing yet."
NO_PORT = "Stop what listens there, or leave --port out: then a free one is taken."


def _prepared(given: argparse.Namespace) -> Sandbox:
    """The sandbox with its state open, its port bound and its seed in place; OSError or ValueError."""
    box = Sandbox(
        given.state,
        int(given.port),
        float(given.latency),
        given.account,
        int(given.credentials_per_list),
        given.host,
        allow_remote=given.allow_remote,
        test_accounts=given.test_account,
        limits=command_line.limits(given.limit),
    )
    for rule in given.fault:
        box.set_fault(faults.parse(rule))
    box.prepare()
    try:
        if given.reset:
            box.reset()
        if given.seed is not None:
            box.seed(command_line.document(given.seed))
        if given.sold_out:
            box.settings(sold_out=given.sold_out)
    except BaseException:
        box.stop()
        raise
    return box


def _remedy(error: OSError | ValueError, given: argparse.Namespace) -> str:
    if isinstance(error, ValueError):
        return f"--seed {given.seed}: {error}. {NOT_PUT}"
    if isinstance(error, StateError):
        return f"{error}. {NO_STATE}"
    return f"Cannot listen on {given.host}, port {given.port}: {error.strerror}. {NO_PORT}"


def _write_dump(box: Sandbox, file: Path | None) -> None:
    """The whole file or none: it is written beside its place and then put there, whoever is impatient."""
    if file is None:
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.touch(mode=0o600)  # it holds people's addresses
        beside.write_text(json.dumps(box.dump(), indent=1) + "\n", encoding="utf-8")
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(argv: Sequence[str] | None = None) -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    given = command_line.parser().parse_args(argv)
    wrong = command_line.wrong(given)
    if wrong:
        return _refuse(wrong)
    try:
        box = _prepared(given)
    except (OSError, ValueError) as error:
        return _refuse([_remedy(error, given)])
    if not access.is_loopback(given.host):
        sys.stderr.write(f"Whoever reaches {given.host} may use this sandbox: everybody knows its token.\n")
    try:
        with suppress(KeyboardInterrupt):
            sys.stdout.write(f"listening on {box.url}\n")
            sys.stdout.flush()
            box.answer_forever()
        _write_dump(box, given.dump)
    except OSError as error:
        return _refuse(
            [f"--dump {given.dump} could not be written: {error.strerror}. {command_line.NO_DUMP}"]
        )
    finally:
        box.stop()
    return 0


def _refuse(wrong: Sequence[str]) -> int:
    sys.stderr.writelines(f"{line}\n" for line in wrong)
    return REFUSED


if __name__ == "__main__":
    sys.exit(main())

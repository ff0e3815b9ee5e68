"""`python -m futel_twilio.sandbox`: the sandbox as a process of its own, until SIGINT or SIGTERM."""

import argparse
import json
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from futel_twilio.sandbox import dump, faults, loopback
from futel_twilio.sandbox.accounts import Accounts
from futel_twilio.sandbox.server import Sandbox
from futel_twilio.sandbox.store import StateError

REFUSED = 2
MEMORY = ":memory:"
EXITS = "\nExit codes: 0 interrupted, 2 could not start. All that is wrong is told at once, and nothing is written."
NO_SEED = "Give it a file that GET /_sandbox/dump wrote."
NO_STATE = "Name another file with --state, or take that one away to begin anew."
NOT_PUT = "Give --seed a whole dump, and --state a file that holds nothing yet."
NO_PORT = "Stop what listens there, or leave --port out: then a free one is taken."


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m futel_twilio.sandbox",
        description=__doc__,
        epilog=faults.described() + "\n" + EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default=loopback.DEFAULT_HOST, metavar="ADDR", help="a loopback address; default 127.0.0.1")
    add("--allow-remote", action="store_true", help="--host may be any address, open to all who reach it")
    add("--port", default="0", metavar="N", help="0 (the default) takes a free one")
    add("--state", default=MEMORY, metavar="FILE", help="default: nothing is kept")
    add("--latency", default="0", metavar="MS", help="added to every answer")
    add("--account", action="append", default=[], metavar="SID:SECRET", help="may be repeated")
    add(
        "--test-account",
        action="append",
        default=[],
        metavar="SID:TOKEN",
        help="more test credentials; may be repeated",
    )
    add("--credentials-per-list", default="1000", metavar="N", help="the limit; default 1000, as at Twilio")
    add("--fault", action="append", default=[], metavar="RULE", help="may be repeated; see below")
    add("--seed", type=Path, metavar="FILE", help="what GET /_sandbox/dump gave")
    return parser


def _number(flag: str, text: str, least: int, most: int) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not least <= number <= most:
        raise ValueError(f"{flag} {text} is not a number from {least} to {most}. Give one, or leave it out.")
    return number


def _whole(flag: str, text: str, least: int, most: int) -> int:
    return int(_number(flag, text if text.isascii() and text.isdecimal() else "none", least, most))


def _document(file: Path | None) -> Any:
    """What a seed file holds, judged."""
    if file is None:
        return None
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        dump.read(document)
    except OSError as error:
        raise ValueError(f"--seed {file} cannot be read: {error.strerror}. {NO_SEED}") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"--seed {file} is no seed: {error}. {NO_SEED}") from None
    return document


def _account(flag: str, entry: str) -> None:
    """Judge one, and never repeat it: it may hold a secret."""
    try:
        Accounts([entry]) if flag == "--account" else Accounts(tests=[entry])
    except ValueError as error:
        raise ValueError(f"{error} Mend {flag}.") from None


def _fault(rule: str) -> faults.Fault:
    try:
        return faults.parse(rule)
    except ValueError as error:
        raise ValueError(f"--fault {rule!r} is none: {error}. See --help.") from None


def _wrong(given: argparse.Namespace) -> list[str]:
    """All that can be told beforehand, each in a sentence of what is wrong and one of what to do."""
    judges: tuple[Callable[[], object], ...] = (
        lambda: loopback.judge(given.host, allow_remote=given.allow_remote),
        lambda: _whole("--port", given.port, 0, 65_535),
        lambda: _number("--latency", given.latency, 0, 600_000),
        lambda: _whole("--credentials-per-list", given.credentials_per_list, 1, 1_000_000),
        *(partial(_account, "--account", entry) for entry in given.account),
        *(partial(_account, "--test-account", entry) for entry in given.test_account),
        *(partial(_fault, rule) for rule in given.fault),
        lambda: _document(given.seed),
    )
    return [told for told in map(_told, judges) if told]


def _told(judge: Callable[[], object]) -> str:
    try:
        judge()
    except ValueError as error:
        return str(error)
    return ""


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
    )
    for rule in given.fault:
        box.set_fault(faults.parse(rule))
    box.prepare()
    try:
        if given.seed is not None:
            box.seed(_document(given.seed))
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


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(argv: Sequence[str] | None = None) -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    given = _parser().parse_args(argv)
    wrong = _wrong(given)
    if wrong:
        return _refuse(wrong)
    try:
        box = _prepared(given)
    except (OSError, ValueError) as error:
        return _refuse([_remedy(error, given)])
    if not loopback.is_loopback(given.host):
        sys.stderr.write(f"Whoever reaches {given.host} may use this sandbox: everybody knows its token.\n")
    try:
        sys.stdout.write(f"listening on {box.url}\n")
        sys.stdout.flush()
        box.serve_forever()
    except KeyboardInterrupt:
        box.stop()
    return 0


def _refuse(wrong: Sequence[str]) -> int:
    sys.stderr.writelines(f"{line}\n" for line in wrong)
    return REFUSED


if __name__ == "__main__":
    sys.exit(main())

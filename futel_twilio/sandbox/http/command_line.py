"""The flags of `python -m futel_twilio.sandbox`: their help and their checks."""

from __future__ import annotations

import argparse
import os
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.api_v2010 import addresses
from futel_twilio.sandbox.api_v2010.phone_numbers import purchase, stock
from futel_twilio.sandbox.engine.accounts import Accounts
from futel_twilio.sandbox.engine.values import json_of
from futel_twilio.sandbox.http import access, control, faults, seed
from futel_twilio.sandbox.http.registry import LIMITS, judge_limits

if TYPE_CHECKING:
    from collections.abc import Callable

ABOUT = """A small Twilio on this machine, until SIGINT or SIGTERM.

It prints `listening on http://127.0.0.1:PORT` once it answers. Its account is AC and 32 zeros with the auth
token `sandbox`; AC and 32 f, with the same token, are test credentials.
"""
EXAMPLES = """For instance:
  python -m futel_twilio.sandbox --port 4010 --state twilio.sqlite
  python -m futel_twilio.sandbox --port 4010 --seed before.json --dump after.json
  python -m futel_twilio.sandbox --fault 'POST */Messages.json 429=3 x2' --latency 50
  curl 'http://127.0.0.1:4010/_sandbox/requests?method=POST'
  curl -d emergency_next=failure http://127.0.0.1:4010/_sandbox/settings
"""
EXITS = "Exit codes: 0 interrupted, 2 could not start. It reports everything that is wrong at once, and writes nothing."
MEMORY = ":memory:"
NO_SEED = "Give it a file that --dump or GET /_sandbox/dump wrote."
NO_DUMP = "Name a file in a folder where files can be written."
LIMIT = re.compile(r"([a-z_]+)=([0-9]{1,9})")


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m futel_twilio.sandbox",
        description=ABOUT,
        epilog=f"{EXAMPLES}\n{control.describe_paths()}\n\n{faults.describe_faults()}\n\n{_magic()}\n\n{EXITS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _of_place(made.add_argument)
    _of_content(made.add_argument)
    _of_behaviour(made.add_argument)
    return made


def _magic() -> str:
    """The addresses and numbers that mean something here and nothing at Twilio, as the help shows them."""
    rows = [*addresses.MAGIC, *((f"the numbers {words}", says) for words, says in purchase.MAGIC)]
    lines = [f"  {words:46}{says}" for words, says in rows]
    return "\n".join(["Made up here, to provoke refusals of Twilio:", *lines])


def _of_place(add: Callable[..., object]) -> None:
    add("--host", default=access.DEFAULT_HOST, metavar="ADDR", help="a loopback address; default 127.0.0.1")
    add("--allow-remote", action="store_true", help="--host may be any address, open to all who reach it")
    add("--port", default="0", metavar="N", help="0 (the default) takes a free one")


def _of_content(add: Callable[..., object]) -> None:
    add("--state", default=MEMORY, metavar="FILE", help="keep everything there; default: nothing is kept")
    add("--reset", action="store_true", help="empty the --state file first")
    add("--seed", type=Path, metavar="FILE", help="begin with a dump")
    add(
        "--dump",
        type=Path,
        metavar="FILE",
        help="write a dump there at the end, readable by its owner alone",
    )


def _of_behaviour(add: Callable[..., object]) -> None:
    add(
        "--account",
        action="append",
        default=[],
        metavar="SID:SECRET",
        help="AC...:token, SK...:secret (of the default account) or AC...:SK...:secret; may be repeated; "
        "the default account's SID with another token replaces `sandbox`, for this process",
    )
    add(
        "--test-account",
        action="append",
        default=[],
        metavar="SID:TOKEN",
        help="more test credentials; may be repeated",
    )
    add("--latency", default="0", metavar="MS", help="added to every answer")
    add("--fault", action="append", default=[], metavar="RULE", help="may be repeated; see below")
    add(
        "--limit",
        action="append",
        default=[],
        metavar="KIND=N",
        help=f"how many there may be, other than at Twilio: {', '.join(sorted(LIMITS))}; may be repeated",
    )
    add(
        "--sold-out",
        action="append",
        default=[],
        metavar="PATTERN",
        help="numbers that cannot be bought, such as +1503* or +15035550142; may be repeated",
    )
    add("--credentials-per-list", default="1000", metavar="N", help="the same as --limit credential=N")


def wrong(given: argparse.Namespace) -> list[str]:
    """Everything that can be checked before the start: each message says what is wrong and what to do."""
    judges: tuple[Callable[[], object], ...] = (
        lambda: access.judge(given.host, allow_remote=given.allow_remote),
        lambda: _whole("--port", given.port, 0, 65_535),
        lambda: _state(given.state),
        lambda: _number("--latency", given.latency, 0, 600_000),
        lambda: _whole("--credentials-per-list", given.credentials_per_list, 1, 1_000_000),
        *(partial(_account, "--account", entry) for entry in given.account),
        *(partial(_account, "--test-account", entry) for entry in given.test_account),
        *(partial(_fault, rule) for rule in given.fault),
        *(partial(_limit, entry) for entry in given.limit),
        *(partial(_sold_out, entry) for entry in given.sold_out),
        lambda: document(given.seed),
        lambda: _place_of_dump(given.dump),
    )
    return [message for message in map(_message_of, judges) if message]


def _message_of(judge: Callable[[], object]) -> str:
    try:
        judge()
    except ValueError as error:
        return str(error)
    return ""


def _number(flag: str, text: str, least: int, most: int, *, is_whole: bool = False) -> None:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not least <= number <= most or (is_whole and not (text.isascii() and text.isdecimal())):
        raise ValueError(
            f"{flag} {text[:20] or repr(text)} is not a number from {least} to {most}. Give one, or leave it out."
        )


_whole = partial(_number, is_whole=True)


def _state(file: str) -> None:
    if not file.strip():
        raise ValueError("--state needs the name of a file. Give one, or leave it out to keep nothing.")


def document(file: Path | None) -> Any:
    """What a seed file holds, judged."""
    if file is None:
        return None
    try:
        found = json_of(_text_of(file))
        seed.read(found)
    except OSError as error:
        raise ValueError(f"--seed {file} cannot be read: {error.strerror}. {NO_SEED}") from None
    except seed.SeedError as error:
        lines = [f"--seed {file} holds what no sandbox dumps:", *error.lines(), NO_SEED]
        raise ValueError("\n".join(lines)) from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"--seed {file} is no seed: {error}. {NO_SEED}") from None
    return found


def _text_of(file: Path) -> str:
    """What a seed file holds; only a regular one, since a pipe would be waited for and a device never ends."""
    if file.exists() and not file.is_file():
        raise ValueError("it is not a regular file")
    return file.read_text(encoding="utf-8-sig")


def _place_of_dump(file: Path | None) -> None:
    """Check now that the dump can be written: at the end it would be lost."""
    if file is not None and (file.is_dir() or not os.access(file.absolute().parent, os.W_OK)):
        raise ValueError(f"--dump {file} cannot be written. {NO_DUMP}")


def _account(flag: str, entry: str) -> None:
    """Judge one, and never repeat it: it may hold a secret."""
    try:
        Accounts([entry]) if flag == "--account" else Accounts(tests=[entry])
    except ValueError as error:
        raise ValueError(f"{error} Correct {flag}.") from None


def _fault(rule: str) -> faults.Fault:
    try:
        return faults.parse(rule)
    except ValueError as error:
        raise ValueError(f"--fault {rule!r} is none: {error}. See --help.") from None


def _limit(entry: str) -> None:
    try:
        judge_limits(limits([entry]))
    except ValueError as error:
        raise ValueError(f"--limit {entry!r} is none: {error}. See --help.") from None


def _sold_out(entry: str) -> None:
    try:
        stock.judge_settings({"sold_out": [entry]})
    except ValueError:
        raise ValueError(
            f"--sold-out {entry!r} is no pattern. Write digits, + and *, such as +1503*."
        ) from None


def limits(entries: list[str]) -> dict[str, int]:
    """The limits as they are written; ValueError when one is not."""
    found = [LIMIT.fullmatch(entry) for entry in entries]
    if None in found:
        raise ValueError("a limit is written KIND=N, for instance domain=3")
    return {kind[1]: int(kind[2]) for kind in found if kind}

"""Twilio's values: the dates of both API families, and what a form or a query may carry.

A reader takes the parameter's name and its raw text, and gives the stored value or raises a Refusal.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from futel_twilio.sandbox.engine.errors import Refusal, bad

MOST_LEVELS = 100
Reader = Callable[[str, str], Any]


def rfc2822(seconds: float) -> str:
    """The dates of v2010: `Mon, 20 Jul 2015 17:27:10 +0000`."""
    return format_datetime(datetime.fromtimestamp(int(seconds), UTC))


def iso8601(seconds: float) -> str:
    """The dates of the product APIs: `2016-10-27T02:34:21Z`; they sort as text."""
    return datetime.fromtimestamp(int(seconds), UTC).replace(tzinfo=None).isoformat() + "Z"


def invalid(param: str) -> Refusal:
    # GUESS: v2010 says little about a bad boolean, SID or choice; 20001 is its code for bad parameters.
    return bad(20001, f"{param} is not valid")


def name(longest: int) -> Reader:
    """A friendly name: never empty, never longer than Twilio keeps."""

    def read(param: str, raw: str) -> str:
        if not raw.strip() or len(raw) > longest:
            # GUESS: the dictionary gives 20002; its live wording is not recorded.
            raise bad(20002, f"{param} is not valid: it must have 1 to {longest} characters")
        return raw

    return read


def url(param: str, raw: str) -> str:
    try:
        parts = urlsplit(raw)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", raw)
    except ValueError:
        fine = False
    if not fine:
        raise bad(21402, f"{param} is not valid")
    return raw


def method(param: str, raw: str) -> str:
    """A reader: one of the two of the spec, in upper case as it has them."""
    if raw not in {"GET", "POST"}:
        # GUESS: worded like 21402; only the code is documented.
        raise bad(21403, f"{param} is not valid")
    return raw


def boolean(param: str, raw: str) -> bool:
    if raw.lower() not in {"true", "false"}:
        raise invalid(param)
    return raw.lower() == "true"


def choice(*allowed: str) -> Reader:
    def read(param: str, raw: str) -> str:
        if raw not in allowed:
            raise invalid(param)
        return raw

    return read


def sid(prefix: str) -> Reader:
    pattern = re.compile(rf"{prefix}[0-9a-fA-F]{{32}}")

    def read(param: str, raw: str) -> str:
        if not pattern.fullmatch(raw):
            raise invalid(param)
        return raw

    return read


def text(_param: str, raw: str) -> str:
    return raw


def integer(smallest: int, largest: int) -> Reader:
    def read(param: str, raw: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,9}", raw) or not smallest <= int(raw) <= largest:
            raise invalid(param)
        return int(raw)

    return read


def seconds_of(iso: str) -> float:
    """The time that `iso8601` has written."""
    return datetime.fromisoformat(iso).timestamp()


def is_iso8601(value: Any) -> bool:
    """Whether a value is a time as it is kept, which `seconds_of` and `rfc2822_of` can read."""
    try:
        return isinstance(value, str) and iso8601(seconds_of(value)) == value
    except (ValueError, OverflowError, OSError):
        return False


def rfc2822_of(iso: str | None) -> str | None:
    """A time that is kept as the product APIs write it, as v2010 writes it."""
    return None if iso is None else rfc2822(seconds_of(iso))


def day(param: str, raw: str) -> str:
    """A day of a filter, as a pattern for the ISO text the rows are kept in; of a time its day."""
    return f"{moment(param, raw)[:10]}%"


def moment(param: str, raw: str) -> str:
    """A date or a date and time of a product API's filter, as the ISO text the rows are kept in."""
    try:
        found = datetime.fromisoformat(raw)
        return iso8601((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):  # no date, or one that is in the year 0 or 10000 in UTC
        raise invalid(param) from None


def json_of(raw: str | bytes) -> Any:
    """JSON as the standard has it, of few levels; ValueError for anything else that Python would take.

    SQLite cannot look into text with an Infinity or with a thousand levels.
    """
    try:
        found = json.loads(raw, parse_constant=_no_number, parse_float=_finite)
        json.dumps(found, ensure_ascii=False).encode()  # half a character cannot be stored
        _refuse_deep(found)
    except RecursionError:
        raise ValueError(f"it has more than {MOST_LEVELS} levels") from None
    return found


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def _refuse_deep(found: Any) -> None:
    level = [found]
    for _ in range(MOST_LEVELS):
        inside = [held for held in level if isinstance(held, dict | list)]
        level = [part for held in inside for part in (held.values() if isinstance(held, dict) else held)]
        if not level:
            return
    raise RecursionError

"""Read a file that you, another program or a kill may have left: one error says what is wrong with it.

Everything that we read from a file goes through here: it is a regular file of a sensible size, in UTF-8 with or
without a byte order mark, and nested no deeper than people write.
"""

from __future__ import annotations

import codecs
import errno
import json
import math
import os
import re
import stat
import tomllib
from collections import Counter
from typing import TYPE_CHECKING, Any, TextIO

from futel_twilio.errors import CannotRead

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MEBIBYTE = 2**20
LARGEST = 4 * MEBIBYTE  # for files that people write; a snapshot, a cassette or a history may be larger
LARGEST_RECORD = 256 * MEBIBYTE
DEEPEST = 64  # levels of tables and lists
LONGEST_LINE = 4096  # characters typed on standard input
FIRST_SURROGATE, LAST_SURROGATE = "\ud800", "\udfff"
KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)
# The longer mark first: that of UTF-32 begins as that of UTF-16 does.
OTHER_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
# tomllib needs a minute for one key of 50,000 steps, so such a key is refused before it is parsed.
LONG_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){64}""")
TOO_DEEP = f"it is nested more than {DEEPEST} levels deep"


def read_bytes(path: Path, called: str = "", *, largest: int = LARGEST) -> bytes:
    """What a regular file holds.

    Args:
        path: the file.
        called: what to call it in an error, if not by its name.
        largest: how many bytes it may have.

    Raises:
        FileNotFoundError: it is not there; each caller knows what that means.
        CannotRead: it is no regular file, too large, or may not be read.
    """
    called = called or path.name
    try:
        return _bytes_of(path, called, largest)
    except FileNotFoundError:
        raise
    except PermissionError:
        raise CannotRead(
            called,
            "you may not read it",
            "Give yourself the right to read it, such as with chmod u+r.",
        ) from None
    except OSError as error:
        what = "it leads to itself" if error.errno == errno.ELOOP else error.strerror or type(error).__name__
        raise CannotRead(called, what, "Fix that, and run the command again.") from None
    except ValueError:  # Python's own words for a name that no system call takes
        raise CannotRead(called, "its name holds a NUL character", "Fix the name.") from None


def _bytes_of(path: Path, called: str, largest: int) -> bytes:
    # Opening a named pipe would wait for a writer; O_NONBLOCK does not.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        _require_regular(os.fstat(descriptor).st_mode, called)
        pieces: list[bytes] = []
        while sum(len(piece) for piece in pieces) <= largest and (piece := os.read(descriptor, 8 * MEBIBYTE)):
            pieces.append(piece)
    finally:
        os.close(descriptor)
    found = b"".join(pieces)
    if len(found) > largest:
        raise CannotRead(
            called,
            f"it is larger than {largest // MEBIBYTE} MiB",
            "Look whether it is the file that you mean.",
        )
    return found


def _require_regular(mode: int, called: str) -> None:
    if not stat.S_ISREG(mode):
        resource_type = next((words for is_so, words in KINDS if is_so(mode)), "something else")
        raise CannotRead(called, f"it is {resource_type}, not a file", "Put a regular file in its place.")


def read_text(path: Path, called: str = "", *, largest: int = LARGEST) -> str:
    """What a regular file of text holds, line ends as they are; raises as `read_bytes` does.

    Raises:
        CannotRead: it is not UTF-8, besides.
    """
    called = called or path.name
    return decoded(read_bytes(path, called, largest=largest), called)


def decoded(raw: bytes, called: str) -> str:
    """Bytes as text: UTF-8, with or without a byte order mark.

    Raises:
        CannotRead: they are something else.
    """
    other = next((name for mark, name in OTHER_MARKS if raw.startswith(mark)), "")
    halves = raw[:2].count(b"\0") == 1  # of the first letter, in UTF-16 without a mark
    if other or (halves and len(raw) > 1):
        what = f"it is in {other or 'UTF-16'}, not in UTF-8"
        raise CannotRead(called, what, "Save it as UTF-8, and run the command again.")
    try:
        return raw.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise CannotRead(
            called,
            f"line {line} is not UTF-8 (byte 0x{raw[error.start]:02x}); perhaps the file is in Latin-1",
            "Save it as UTF-8, or write that line again, and run the command again.",
        ) from None


def read_toml(path: Path, called: str = "", *, largest: int = MEBIBYTE) -> dict[str, Any]:
    """What a TOML file holds; raises as `read_text` does.

    Raises:
        CannotRead: it is not TOML, or nested too deep, besides.
    """
    called = called or path.name
    return parsed_toml(read_text(path, called, largest=largest), called)


def parsed_toml(text: str, called: str) -> dict[str, Any]:
    """A text as TOML.

    Raises:
        CannotRead: it is none, or nested too deep.
    """
    try:
        found = None if LONG_KEY.search(text) else tomllib.loads(text)
    except RecursionError:
        found = None
    except ValueError as error:  # TOMLDecodeError, or a number that is too long for int
        raise _not_of_the_form(called, "TOML", error) from None
    if found is None or not _is_shallow(found):
        raise _too_deep(called, "TOML")
    return found


def read_json(path: Path, called: str = "", *, largest: int = LARGEST) -> Any:
    """What a JSON file holds, in which no key stands twice; raises as `read_text` does.

    Raises:
        CannotRead: it is not JSON, or nested too deep, besides.
    """
    called = called or path.name
    return parsed_json(read_text(path, called, largest=largest), called)


def parsed_json(text: str, called: str) -> Any:
    """A text as JSON.

    Raises:
        CannotRead: it is none, a key stands twice in a table of it, or it is nested too deep.
    """
    try:
        found = loads(text, object_pairs_hook=_once)
    except RecursionError:
        raise _too_deep(called, "JSON") from None
    except ValueError as error:
        raise _not_of_the_form(called, "JSON", error) from None
    if not _is_shallow(found):
        raise _too_deep(called, "JSON")
    return found


def loads(text: str | bytes, **given: Any) -> Any:
    """A text as JSON, as the standard has it: no NaN and no number beyond all bounds, which Python would take.

    Raises:
        ValueError: it is none.
    """
    return json.loads(text, parse_constant=_no_number, parse_float=_finite, **given)


def _finite(word: str) -> float:
    number = float(word)
    return number if math.isfinite(number) else _no_number(word)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = [key for key, times in Counter(key for key, _value in pairs).items() if times > 1]
        raise ValueError(f"{', '.join(twice)}: stands in the file twice")
    return found


def _no_number(word: str) -> float:
    raise ValueError(f"{word[:20]} is no number of JSON")


def _not_of_the_form(called: str, form: str, error: ValueError) -> CannotRead:
    why = "a number has too many digits" if "integer string conversion" in str(error) else str(error)
    return CannotRead(called, why, "Fix that place, and run the command again.", form)


def _too_deep(called: str, form: str) -> CannotRead:
    return CannotRead(called, TOO_DEEP, "Write it with fewer levels.", form)


def _is_shallow(document: Any) -> bool:
    """Whether a document is nested no deeper than allowed; level by level, since Python cannot recurse far."""
    level = [document]
    for _depth in range(DEEPEST):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return True
    return False


def _inside(one: Any) -> Iterable[Any]:
    if isinstance(one, dict):
        return one.values()
    return one if isinstance(one, list) else ()


def is_there(path: Path) -> bool:
    """Whether something has this name, even a link that leads nowhere.

    Raises:
        CannotRead: nobody may look, or the name is none.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "its name holds a NUL character"
        raise CannotRead(path.name, str(why), "Fix that, and run the command again.") from None
    return True


def read_line(stream: TextIO | None, called: str) -> str:
    """One line of a stream, without its end and without a byte order mark.

    Raises:
        CannotRead: the stream is closed, the line is not UTF-8, or longer than anybody types.
    """
    try:
        line = stream.readline(LONGEST_LINE + 1) if stream else None
    except UnicodeDecodeError:
        raise CannotRead(called, "it is not UTF-8", "Send UTF-8.") from None
    except (OSError, ValueError):  # a descriptor that is closed, or that was opened to write
        line = None
    if line is None:
        raise CannotRead(called, "it is closed", "Send a line to it, such as through a pipe.")
    if any(
        FIRST_SURROGATE <= letter <= LAST_SURROGATE for letter in line
    ):  # what Python makes of other bytes
        raise CannotRead(called, "it is not UTF-8", "Send UTF-8.")
    if len(line) > LONGEST_LINE:
        raise CannotRead(called, f"its line has more than {LONGEST_LINE} characters", "Send a shorter one.")
    return line.removeprefix("\ufeff").rstrip("\r\n")

"""Keep two runs on one machine apart."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from futel_twilio.config.variables import home
from futel_twilio.errors import CannotRead, Refused
from futel_twilio.files import atomic, reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.config.connection import Connection

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]

NOTHING = "Nothing was changed."
SHARED = Path("/tmp")  # noqa: S108  # TMPDIR is of one user; what lies here is empty, and opened with care
OURS = "futel_twilio-"
FOR_ALL = 0o644
FOLDER = Path(".local") / "state" / "futel_twilio"


@contextmanager
def hold(settings: Connection, command: str, directory: Path) -> Iterator[None]:
    """Keep other runs on this machine off an account, whoever runs them.

    Args:
        settings: the account, and the server it is asked for at.
        command: what is being run, for whoever comes second.
        directory: where an embedded sandbox keeps its state.

    Raises:
        Refused: another run is writing to the account.
    """
    path = _path(settings, directory)
    if path is None:
        raise Refused(
            f"Two runs at once are kept apart by a file in {FOLDER} of your home, and you have no home. {NOTHING}",
            "Set HOME to a directory that you may write to.",
        )
    note = path.with_suffix(".json")
    with ExitStack() as files_held:
        # Of this user first, who may read the note; then of this machine, where another user, or another HOME, may run.
        _take_or_refuse(files_held.enter_context(_opened(path)), note)
        if shared := _shared(path.name):
            _take_or_refuse(files_held.enter_context(shared), note)
        since = f"{datetime.now(UTC):%H:%M:%S} UTC"
        with suppress(OSError, Refused), _opened(note) as there:  # the second run works without this note
            there.truncate(0)
            there.write(json.dumps({"command": command, "process": os.getpid(), "since": since}))
        yield


def _take_or_refuse(file: TextIO, note: Path) -> None:
    if not _take(file):
        raise Refused(
            f"Another run is writing to this account on this machine{_who(note)}. {NOTHING}",
            "Wait until it has ended, look at `invoke plan`, and run the command again.",
        )


def _shared(name: str) -> TextIO | None:
    """The file that keeps apart the users of this machine, opened to be locked; None where it has no place for all.

    It holds nothing, and its name tells no account. Whoever made it, anybody may lock it.

    Raises:
        Refused: something else lies there, or what nobody else may open.
    """
    path = SHARED / f"{OURS}{name}"
    only_this = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with suppress(FileExistsError):
            made = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | only_this, FOR_ALL)
            with suppress(OSError):
                os.fchmod(made, FOR_ALL)  # whatever the umask
            return os.fdopen(made, "r")
    except OSError:  # no such place, or one that we may not write to, as in some containers
        return None
    try:
        return _regular(os.open(path, os.O_RDONLY | only_this))
    except OSError as error:
        raise Refused(
            f"The file {path}, which keeps the users of this machine apart, cannot be opened: {error.strerror}. "
            f"{NOTHING}",
            "Find out who put it there, and have it taken away.",
        ) from None


def _regular(descriptor: int) -> TextIO:
    """What was opened, as a file; OSError where it is none."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a regular file")
    return os.fdopen(descriptor, "r")


def _opened(path: Path) -> TextIO:
    """A file of ours in the folder of locks, opened to be added to, and made where it is not there.

    Raises:
        Refused: it cannot be, or something else lies there.
    """
    try:
        atomic.make_folder(path.parent)
        # Opening a named pipe would wait for a reader; O_NONBLOCK does not.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NONBLOCK", 0), 0o600)
    except OSError as error:
        raise Refused(
            f"The file {path}, which keeps two runs apart, cannot be written: {error.strerror}. {NOTHING}",
            "Fix that, or set HOME to a directory that you may write to.",
        ) from None
    return os.fdopen(descriptor, "a")


def is_held(settings: Connection, directory: Path) -> bool:
    """Whether another run is writing to the account at this moment; the arguments are those of `held`."""
    try:
        path = _path(settings, directory)
        if path is None:
            return False
        ways = [_opened(path)] if path.is_file() else []
        if (SHARED / f"{OURS}{path.name}").exists() and (shared := _shared(path.name)):
            ways.append(shared)
        with ExitStack() as opened:
            taken = [_take(opened.enter_context(file)) for file in ways]
        return not all(taken)
    except (OSError, Refused):
        return False


def _path(settings: Connection, directory: Path) -> Path | None:
    where = str(directory.resolve()) if settings.embedded else settings.url
    name = hashlib.blake2b(f"{settings.account_sid} {where}".encode(), digest_size=12).hexdigest()
    base = home()
    return base / FOLDER / f"{name}.lock" if base else None


def _take(file: TextIO) -> bool:
    """Lock a file until it is closed, or until this process ends, however it does; whether it could be."""
    if fcntl is None:  # Windows: there nothing keeps two runs apart but the look right before each write
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _who(note: Path) -> str:
    try:
        says = reading.read_json(note)
        return f": `invoke {says['command']}`, process {says['process']}, since {says['since']}"
    except (OSError, CannotRead, LookupError, TypeError):
        return ""

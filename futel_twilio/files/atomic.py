"""Your files on disk: each is replaced in one step, and several are written all or none.

When several change, a separate file has all new texts before the first changes. A reader takes the new text for what a
kill left half written; the next writer puts it in place. A file that somebody changed by hand meanwhile stays as it is;
`resume` then writes what it lacks.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from futel_twilio.errors import BadInput
from futel_twilio.files import pending
from futel_twilio.files.pending import READY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]

LONGEST_WAIT = 2.0  # seconds
NOT_WRITABLE = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
PRIVATE, PRIVATE_FOLDER = 0o600, 0o700
PUBLIC = 0o644  # never writable for others, whatever the umask
NEW_ONLY = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)


def read_text(path: Path) -> str:
    """What a file holds, its line ends as they are; nothing where it is not there."""
    return path.read_bytes().decode("utf-8") if path.exists() else ""


def replace(path: Path, text: str, *, private: bool = False, lasting: bool = True) -> None:
    """Replace a file in one step: a kill leaves the old one or the new one. Links, modes and owners stay.

    Args:
        path: the file; made if it is not there.
        text: what it is to hold, its line ends as they are.
        private: whether nobody else may read it, whatever its mode was.
        lasting: whether to sync it to disk before going on; what can be made again need not be.

    Raises:
        BadInput: it cannot be written; the old one stands.
    """
    there = path.resolve()
    with _mapped_errors(path), _alone(there.parent) as is_held:
        _sweep(is_held, there)
        _put(path, text, private=private, lasting=lasting)


def write_new(path: Path, text: str) -> None:
    """Put a text into a new file that nobody else may read, all of it or none.

    Raises:
        FileExistsError: there is something of that name.
        OSError: it cannot be written, for another reason.
    """
    there = path.parent.resolve() / path.name
    with _alone(there.parent) as is_held:
        _sweep(is_held, there)
        new = _written(there, text, PRIVATE)
        try:
            os.link(new, there)  # unlike a renaming, this replaces nothing
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            if os.path.lexists(there):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
            new.rename(there)
        finally:
            new.unlink(missing_ok=True)


def replace_together(
    texts: Mapping[Path, str], announce: Callable[[str], None] | None = None
) -> tuple[str, ...]:
    """Write files of one directory, all or none; the names of those that changed.

    Args:
        texts: what each is to hold.
        announce: called with the digest of the recovery file before it is written, so that the journal knows it.

    Raises:
        BadInput: one of them cannot be written.
    """
    changed = {path: text for path, text in texts.items() if text != read_text(path)}
    for directory in {path.parent for path in changed}:
        with _mapped_errors(*changed), _alone(directory) as is_held:
            _sweep(is_held, *changed, directory / READY)
            _write_all(directory, changed, announce)
    return tuple(path.name for path in changed)


def make_folder(path: Path) -> None:
    """Make a folder that nobody else may look into, and those above that miss; one that is there stays as it is.

    Raises:
        OSError: it cannot be made.
    """
    missing = [folder for folder in (path, *path.parents) if not folder.is_dir()]
    for folder in reversed(missing):
        folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)


def for_its_owner(path: str, flags: int) -> int:
    """Open a file that nobody else may read, made so or tightened: an `opener` of `open`."""
    descriptor = os.open(path, flags, PRIVATE)
    with suppress(OSError):  # somebody else's file has somebody else's mode
        mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
        if mode & ~PRIVATE and os.name == "posix":
            os.fchmod(descriptor, mode & PRIVATE)
    return descriptor


@contextmanager
def read_alone(path: Path) -> Iterator[None]:
    """While a file is read nobody here writes it."""
    with _alone(path.parent):
        yield


@contextmanager
def recover_pending(*paths: Path, journal: Path) -> Iterator[Mapping[Path, str]]:
    """The texts of files of one directory that a kill left half written; nothing is written.

    While they are read nobody on this machine writes them.

    Args:
        *paths: the files.
        journal: the history that must know the run that was killed.

    Raises:
        BadInput: what lies ready is not what we would have left.
    """
    with _alone(paths[0].parent):
        yield pending.half_written(paths, journal)


def finish(*paths: Path, journal: Path) -> tuple[str, ...]:
    """Write what a kill left half written of files of one directory; the names of those that changed.

    Args:
        *paths: the files.
        journal: the history that must know the run that was killed.

    Raises:
        BadInput: what lies ready is not what we would have left, or cannot be put in place.
    """
    directory = paths[0].parent
    with _alone(directory) as is_held:
        texts = pending.half_written(paths, journal)
        is_ours = pending.is_announced(directory / READY, journal)
        try:
            for path, text in texts.items():
                _put(path, text, private=not path.exists())
            if is_ours:
                (directory / READY).unlink(missing_ok=True)
        except OSError as error:
            raise BadInput(
                f"A run that was killed left {' and '.join(p.name for p in texts)} half written, and it cannot "
                f"be written now: {error.strerror}.",
                "Let whoever may write it run `invoke resume`, which puts the rest in place.",
            ) from None
        _sweep(is_held, *paths, directory / READY)
    return tuple(path.name for path in texts)


def _write_all(directory: Path, texts: Mapping[Path, str], announce: Callable[[str], None] | None) -> None:
    if len(texts) > 1 and not any(pending.leads_away(path) for path in texts):
        ready = pending.text_for(texts)
        if announce:
            announce(pending.digest(ready.encode()))
        _put(directory / READY, ready, private=True)
    for path, text in texts.items():
        _put(path, text, private=not path.exists())  # a new clients.toml holds addresses
    (directory / READY).unlink(missing_ok=True)


def _put(path: Path, text: str, *, private: bool = False, lasting: bool = True) -> None:
    """Raises an OSError that names the file; nothing is left of the new one then."""
    there = path.resolve()
    with _tidied(path) as fresh:
        new = _written(there, text, PRIVATE if private else PUBLIC, lasting=lasting)
        fresh.append(new)
        _take_after(there, new, private=private)
        os.replace(new, there)  # noqa: PTH105  # a kill leaves the old file or the new one


def _written(there: Path, text: str, mode: int, *, lasting: bool = True) -> Path:
    """A new file beside another."""
    new = there.with_name(f".{there.name}.{secrets.token_hex(4)}.new")
    with _tidied(there) as fresh:
        descriptor = os.open(new, NEW_ONLY, mode)
        fresh.append(new)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            if lasting:
                os.fsync(file.fileno())
    return new


@contextmanager
def _tidied(path: Path) -> Iterator[list[Path]]:
    """Where what follows fails, remove what it made, and raise an OSError that names the file."""
    fresh: list[Path] = []
    try:
        yield fresh
    except (OSError, KeyboardInterrupt) as error:
        for new in fresh:
            with suppress(OSError):
                new.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OSError(error.errno, error.strerror or str(error), str(path)) from None
        raise


def _take_after(there: Path, new: Path, *, private: bool) -> None:
    """Give a new file the owner and the mode of the one that it replaces."""
    try:
        old = there.stat()
    except FileNotFoundError:
        return
    if hasattr(os, "chown"):
        with suppress(OSError):  # only root may give a file away
            os.chown(new, old.st_uid, old.st_gid)
    new.chmod(PRIVATE if private else stat.S_IMODE(old.st_mode))


def remove_leftovers(path: Path) -> None:
    """Remove what a run that was killed while it wrote a file left beside it."""
    with _alone(path.parent) as is_held:
        _sweep(is_held, path)


def _sweep(is_held: bool, *paths: Path) -> None:
    """Remove what runs that were killed left beside files; not while somebody else may be writing it."""
    for path in paths if is_held else ():
        there = path.resolve()
        for left in there.parent.glob(".*.new"):
            if left.name == f".{there.name}.new" or left.name.startswith(f".{there.name}."):
                with suppress(OSError):  # of a directory that only others may write to: it does no harm there
                    left.unlink()


@contextmanager
def _mapped_errors(*paths: Path) -> Iterator[None]:
    """Raises BadInput, with the name of the file, for what keeps one from being written."""
    try:
        yield
    except OSError as error:
        file = Path(str(error.filename or paths[0]))
        name = file.name if error.filename else " and ".join(path.name for path in paths)
        why, hint = (
            str(error.strerror or error),
            "Is the disk full, is the file yours? Fix that, and run it again.",
        )
        if error.errno in NOT_WRITABLE:
            why = f"the directory {file.absolute().parent} is read-only for you"
            hint = "Make it writable, or run the command as the user who owns it."
        raise BadInput(f"{name} cannot be written: {why}.", hint) from None


@contextmanager
def _alone(directory: Path) -> Iterator[bool]:
    """Keep others on this machine off the files of a directory, where its file system can; whether it could."""
    descriptor, is_held = None, False
    if fcntl is not None:
        with suppress(OSError):
            descriptor = os.open(directory, os.O_RDONLY)
            is_held = _lock(descriptor)
    try:
        yield is_held
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Lock until it is closed. We hold it for an instant; who holds on to it, such as flock(1), is somebody else."""
    deadline = time.monotonic() + LONGEST_WAIT
    while time.monotonic() < deadline:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.01)
        else:
            return True
    return False

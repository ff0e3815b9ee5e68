"""The files of the wish on disk: several are written all or none, and what a kill left half written is finished.

What is to stand in them lies ready in a file of its own before the first of them changes. Whoever reads them
next, by whatever command, first puts the rest in place. One that somebody changed by hand meanwhile stands as
it is; `resume` then writes what it lacks.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from futel_twilio.errors import BadInput

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

READY = ".wish-ready.json"
LONGEST_WAIT = 2.0  # seconds


def text_of(path: Path) -> str:
    """What a file holds; nothing where it is not there."""
    return path.read_text(encoding="utf-8") if path.exists() else ""


def write(texts: Mapping[Path, str]) -> tuple[str, ...]:
    """Write files of one directory, all or none; the names of those that changed.

    Each is replaced in one step: a kill leaves the old file or the new one. A link stays a link, a mode its mode.
    """
    changed = {path: text for path, text in texts.items() if text != text_of(path)}
    for directory in {path.parent for path in changed}:
        with _alone(directory):
            _write_all(directory, changed)
    return tuple(path.name for path in changed)


@contextmanager
def settled(*paths: Path) -> Iterator[None]:
    """Finish what a kill left of writing files of one directory; while they are read nobody here writes them."""
    directory = paths[0].parent
    with _alone(directory):
        _finish(directory)
        for path in (*paths, directory / READY):
            with suppress(OSError):  # of a directory that only others may write to: it does no harm there
                _new(path).unlink(missing_ok=True)
        yield


def _write_all(directory: Path, texts: Mapping[Path, str]) -> None:
    ready = directory / READY
    if len(texts) > 1:
        waiting = [
            {"file": p.name, "before": _digest(text_of(p)), "after": text} for p, text in texts.items()
        ]
        _put(ready, json.dumps(waiting))
    for path, text in texts.items():
        _put(path, text)
    ready.unlink(missing_ok=True)


def _finish(directory: Path) -> None:
    """Put in place what lies ready, if all of it is as it was then or as it is to be.

    Raises:
        BadInput: it cannot be written.
    """
    ready = directory / READY
    if not ready.exists():
        return
    texts = {directory / one["file"]: one for one in _waiting(ready)}
    todo = {path: one for path, one in texts.items() if text_of(path) != one["after"]}
    try:
        if all(_digest(text_of(path)) == one["before"] for path, one in todo.items()):
            for path, one in todo.items():
                _put(path, one["after"])
        ready.unlink()
    except OSError as error:
        raise BadInput(
            f"A run that was killed left {' and '.join(p.name for p in texts)} half written, and they cannot be "
            f"written now: {error.strerror}.",
            "Let whoever may write them run `invoke plan`, which puts the rest in place.",
        ) from None


def _waiting(ready: Path) -> list[dict[str, Any]]:
    """What lies ready: put there in one step, so it is whole, unless the machine itself went down."""
    try:
        found: list[dict[str, Any]] = json.loads(ready.read_text(encoding="utf-8"))
    except ValueError:
        return []
    return found


def _put(path: Path, text: str) -> None:
    there, new = path.resolve(), _new(path)
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if there.exists():
        shutil.copymode(there, new)
    os.replace(new, there)  # noqa: PTH105  # a kill leaves the old file or the new one


def _new(path: Path) -> Path:
    there = path.resolve()
    return there.with_name(f".{there.name}.new")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Keep others on this machine off the files of a directory, where its file system can."""
    descriptor = None
    if fcntl is not None:
        with suppress(OSError):
            descriptor = os.open(directory, os.O_RDONLY)
            _lock(descriptor)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Lock until it is closed. We hold it for an instant; who holds on to it, such as flock(1), is somebody else."""
    deadline = time.monotonic() + LONGEST_WAIT
    while time.monotonic() < deadline:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.01)
        else:
            return

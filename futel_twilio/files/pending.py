"""Read the recovery file, which holds what a killed run had yet to write, as if a stranger had put it there.

A clone of a repository, or another user of a shared directory, can leave such a file too. So it may name the
client inventory and clients.toml only, in their own directory, and it is ignored unless the journal has the
unfinished run that wrote it: its id with the digest of the recovery file.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from typing import TYPE_CHECKING, Any

from futel_twilio.errors import BadInput, CannotRead
from futel_twilio.files import json_lines, reading

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

JOURNAL_FILE = "journal.jsonl"
READY = ".wish-ready.json"
LARGEST = 4_000_000  # bytes
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
PARTS = {"file", "before", "after"}


def text_for(texts: Mapping[Path, str]) -> str:
    """What lies ready while files are written."""
    return json.dumps(
        [{"file": path.name, "before": digest(bytes_of(path)), "after": text} for path, text in texts.items()]
    )


def half_written(paths: tuple[Path, ...], journal: Path) -> dict[Path, str]:
    """The text of each file that a kill kept from being written, where another of them was written.

    Empty where none was written, or all were, or somebody changed one by hand, or where the journal knows nothing
    of the recovery file.
    """
    ready = paths[0].parent / READY
    if not os.path.lexists(ready):
        return {}
    waiting = _waiting(ready, {path.name: path for path in paths})
    if not is_announced(ready, journal):
        return {}
    left = {path: one for path, one in waiting.items() if bytes_of(path) != one["after"].encode()}
    is_ours = all(digest(bytes_of(path)) == one["before"] for path, one in left.items())
    return {path: one["after"] for path, one in left.items()} if is_ours and len(left) < len(waiting) else {}


def is_announced(ready: Path, journal: Path) -> bool:
    """Whether the journal has an unfinished run that announced just this recovery file."""
    try:
        found = digest(ready.read_bytes())
        text = reading.read_bytes(journal, largest=reading.LARGEST_RECORD)
    except (OSError, CannotRead):
        return False
    runs: dict[str, str] = {}
    for line in json_lines.lines(text):
        run, event = str((line or {}).get("run")), (line or {}).get("event")
        if line and event == "begin":
            runs[run] = ""
        elif line and event == "files" and run in runs:
            runs[run] = str(line.get("digest"))
        elif line and event == "end" and line.get("state") != "stopped":
            runs.pop(run, None)
    return found in runs.values()


def notice(paths: tuple[Path, ...], journal: Path) -> str:
    """A sentence about the recovery file, for whoever reads these files; empty where there is nothing to say.

    Raises:
        BadInput: it is not of the form that this tool writes.
    """
    ready = paths[0].parent / READY
    names = " and ".join(path.name for path in half_written(paths, journal))
    if names:
        return f"A run was killed before it wrote {names}: the text is taken from {READY}."
    if os.path.lexists(ready) and not is_announced(ready, journal):
        return f"{READY} is ignored: no unfinished run of {journal.name} wrote it. Look at it and delete it."
    return ""


def _waiting(ready: Path, known: Mapping[str, Path]) -> dict[Path, dict[str, str]]:
    """What lies ready, by file; checked as a stranger's would be, since a clone of a repository can hold one.

    Raises:
        BadInput: it is not what we would have left.
    """
    why = _fault_of_file(ready)
    found: Any = None
    if not why:
        try:
            found = reading.loads(ready.read_bytes().decode("utf-8"))
        except (OSError, ValueError, RecursionError):
            why = "it is not whole"
    why = why or _fault_of_form(found, known)
    if why:
        raise BadInput(
            f"{ready.name} is not a file that a killed run of this tool left here: {why}.",
            f"Look at what {ready} holds, delete it, and run the command again.",
        )
    return {known[one["file"]]: one for one in found}


def _fault_of_file(ready: Path) -> str:
    """Why a file is not one that we left; empty where it may be."""
    try:
        found = ready.lstat()
        owners = {ready.parent.stat().st_uid, found.st_uid if not hasattr(os, "geteuid") else os.geteuid()}
    except OSError as error:
        return str(error.strerror)
    if not stat.S_ISREG(found.st_mode):
        return "it is no regular file"
    if found.st_uid not in owners:
        return "it belongs to another user"
    if found.st_mode & OTHERS_WRITE and os.name == "posix":
        return "other users can write to it"
    return "it is too large" if found.st_size > LARGEST else ""


def _fault_of_form(found: Any, known: Mapping[str, Path]) -> str:
    """Why what lies ready is not of our form; empty where it is."""
    if not isinstance(found, list) or not all(_is_one(one) for one in found):
        return "it is not of the form that this tool writes"
    names = [one["file"] for one in found]
    for name in names:
        if name not in known:
            return f"it names {name!r}, which is none of {', '.join(known)}"
        if names.count(name) > 1:
            return f"it names {name} twice"
    for one in found:
        if leads_away(known[one["file"]]):
            return f"{one['file']} is a link to another directory, or no regular file"
        if not _is_readable(one["file"], one["after"]):
            return f"what it holds for {one['file']} cannot be read as such a file"
    return ""


def _is_one(one: Any) -> bool:
    return isinstance(one, dict) and one.keys() == PARTS and all(isinstance(v, str) for v in one.values())


def _is_readable(name: str, text: str) -> bool:
    try:
        parsed = reading.parsed_json if name.endswith(".json") else reading.parsed_toml
        return isinstance(parsed(text, name), dict)
    except CannotRead:
        return False


def leads_away(path: Path) -> bool:
    """Whether a file is a link out of its directory or to nothing, or no regular file."""
    there = path.resolve()
    if path.is_symlink() or there.exists():
        return there.parent != path.parent.resolve() or not there.is_file()
    return False


def bytes_of(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

"""Whether git could commit a file that holds addresses or secrets, and the line that keeps it out.

git itself is asked. Where it is not installed (a container that mounts a work tree), the plain patterns of the
`.gitignore` files are read.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from futel_twilio.errors import BadInput, CannotRead
from futel_twilio.files import reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

NAME = ".gitignore"
PATIENCE_SECONDS = 5.0
NOTHING_IGNORED = 1  # an exit code of `git check-ignore`


def refuse(path: Path, holds: str, line: str = "") -> None:
    """Refuse to write a file that could be committed.

    Args:
        path: the file, which need not be there yet.
        holds: what it is to hold, in words.
        line: the line that would keep it out; one for just this file if empty.

    Raises:
        BadInput: it lies in a work tree of git that does not ignore it.
    """
    root = work_tree_of(path)
    if root and committable([path]):
        raise BadInput(
            f"{path} would hold {holds}, and git does not ignore it: it could be committed.",
            f"Add the line {line or line_for(path, root)} to {root / NAME}, or name a file outside of {root}.",
        )


def offers(paths: Iterable[Path], holds: str) -> tuple[str, ...]:
    """A sentence for each file that could be committed, with the line that keeps it out."""
    found = committable(paths)
    return tuple(
        f"{path.name} holds {holds}, and git does not ignore it: add the line {line_for(path, root)} to "
        f"{root / NAME}."
        for path in found
        if (root := work_tree_of(path))
    )


def committable(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Those of some files that lie in a work tree of git that does not ignore them."""
    trees: dict[Path, list[Path]] = {}
    for path in paths:
        if root := work_tree_of(path):
            trees.setdefault(root, []).append(path)
    return tuple(path for root, some in trees.items() for path in some if path not in _ignored(root, some))


def work_tree_of(path: Path) -> Path | None:
    """The work tree of git that a file lies in."""
    return next((folder for folder in path.resolve().parents if (folder / ".git").exists()), None)


def line_for(path: Path, root: Path) -> str:
    """The line of the work tree's `.gitignore` that is about one file or folder."""
    inside = path.resolve().relative_to(root).as_posix()
    pattern = re.sub(r"([\\*?\[\]!#])", r"\\\1", inside)
    pattern = re.sub(r" +$", lambda blanks: r"\ " * len(blanks.group()), pattern)
    return f"/{pattern}{'/' if path.is_dir() else ''}"


def _ignored(root: Path, paths: list[Path]) -> set[Path]:
    """Those of some files of a work tree that git ignores; all of them where it cannot say."""
    program = shutil.which("git")
    if program is None:
        return {path for path in paths if _is_matched(root, path.resolve())}
    by_name = {str(path.resolve()): path for path in paths}
    # Named outright, so that no variable of a hook leads elsewhere, nor is the tree another user's; the monitor of
    # a work tree's configuration would be a program to run.
    asked = [f"--git-dir={root / '.git'}", f"--work-tree={root}", "-c", "core.fsmonitor=false"]
    try:
        done = subprocess.run(  # noqa: S603  # its arguments are ours, the names of files are standard input
            [program, *asked, "check-ignore", "--stdin", "-z"],
            input="\0".join(by_name).encode(errors="surrogateescape"),
            cwd=root,
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return set(paths)
    if (
        done.returncode > NOTHING_IGNORED
    ):  # no repository after all, or a broken one: nothing is committed there
        return set(paths)
    names = done.stdout.decode(errors="surrogateescape").split("\0")
    return {by_name[name] for name in names if name in by_name}


def _is_matched(root: Path, path: Path) -> bool:
    """Whether plain patterns ignore a file: the last that fits decides."""
    inside, is_out = path.relative_to(root), False
    for folder in reversed(inside.parents):
        for pattern in _patterns(root / folder):
            within = inside.relative_to(folder)
            if any(_fits(pattern.removeprefix("!"), part) for part in (within, *within.parents)):
                is_out = not pattern.startswith("!")
    return is_out


def _patterns(folder: Path) -> Iterator[str]:
    try:
        lines = reading.read_text(folder / NAME).splitlines()
    except (FileNotFoundError, CannotRead):
        return
    yield from (line.rstrip() for line in lines if line.strip() and not line.startswith("#"))


def _fits(pattern: str, inside: Path) -> bool:
    bare = pattern.rstrip("/")
    if "/" in bare:
        return fnmatchcase(inside.as_posix(), bare.lstrip("/"))
    return fnmatchcase(inside.name, bare)

"""Do a preparation of many tests once in a process, and give the others a copy of what it leaves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import requests

from futel_twilio.apply.journal import JOURNAL_FILE
from futel_twilio.passwords.ledger import LEDGER_FILE
from tests.conftest import invoke

if TYPE_CHECKING:
    from collections.abc import Callable

    from futel_twilio.sandbox.server import Sandbox

LEFT = (JOURNAL_FILE, LEDGER_FILE)
_made: dict[tuple[str, tuple[bytes, ...]], tuple[bytes, dict[str, bytes]]] = {}


def prepare(folder: Path, url: str, name: str, make: Callable[[], object]) -> None:
    """Prepare a sandbox and a directory, or load into them what an earlier preparation of this process left.

    What is kept is the sandbox's dump, and the journal and the ledger beside the files. A sandbox that is not empty is
    prepared as ever, and so is a directory with other contents of estate.toml, clients.toml or the inventory.

    Args:
        folder: the directory with the files.
        url: the sandbox.
        name: of the preparation.
        make: does it, with what `folder` and the sandbox hold.
    """
    files = sorted(path for path in folder.glob("*") if path.suffix in {".toml", ".json", ".jsonl"})
    key = (name, tuple(path.read_bytes() for path in files))
    if key in _made and _load(folder, url, *_made[key]):
        return
    is_empty = not requests.get(f"{url}/_sandbox/dump", timeout=60).json()["objects"]
    make()
    if is_empty:
        dump = requests.get(f"{url}/_sandbox/dump", timeout=60).content
        _made[key] = dump, {left: (folder / left).read_bytes() for left in LEFT if (folder / left).exists()}


def _load(folder: Path, url: str, dump: bytes, files: dict[str, bytes]) -> bool:
    """Load it; whether that was possible: only an empty sandbox takes a dump."""
    if not requests.post(f"{url}/_sandbox/seed", data=dump, timeout=60).ok:
        return False
    for name, content in files.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o600)
    return True


def set_up(box: Sandbox) -> Sandbox:
    """A sandbox with `invoke setup` done in the current directory; once in a process."""

    def make() -> None:
        ended = invoke("setup")
        assert ended.code == 0, ended

    prepare(Path.cwd(), box.url, "setup", make)
    box.clear_requests()
    return box

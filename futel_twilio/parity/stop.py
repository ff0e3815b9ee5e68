"""An interruption that waits for the request under way, so that nothing is made without being noted."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(Exception):
    """Somebody asked for the end; raised between two requests only."""


class Stop:
    """Whether the end was asked for, and whether it may come now."""

    def __init__(self) -> None:
        self.asked = False
        self._begun = False
        self._shielded = False

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Take the signals that end a process: before `begin` they end it at once, later they are remembered."""
        before = {number: signal.signal(number, self._ask) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def begin(self) -> None:
        """From here on something may be made."""
        self._begun = True

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        if not self._begun:
            raise KeyboardInterrupt
        if not self.asked:
            # Not through sys.stderr: a handler that runs within a write to it would raise.
            os.write(2, b"\nStopping: what was made is removed first.\n")
        self.asked = True

    def check(self) -> None:
        """Called before each request.

        Raises:
            Interrupted: the end was asked for, and nothing is being removed.
        """
        if self.asked and not self._shielded:
            raise Interrupted

    @contextmanager
    def shielded(self) -> Iterator[None]:
        """What is done here is done to its end."""
        before, self._shielded = self._shielded, True
        try:
            yield
        finally:
            self._shielded = before

"""Interrupts: Ctrl-C and SIGTERM end a command, although the shell that started it had Ctrl-C ignored.

A shell without job control starts what ends in `&` with SIGINT ignored (POSIX, section 2.11), and Python keeps to
that: a server or a long wait would then outlive whoever asked for its end.
"""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

# A signal that comes just before the main thread blocks wakes it from no wait (CPython), so none is longer than this.
LONGEST_WAIT = 0.5
# What a signal does where this program was started without anybody having decided about it.
UNHEEDED = {signal.SIGINT: signal.SIG_IGN, signal.SIGTERM: signal.SIG_DFL}


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextmanager
def heeded() -> Iterator[None]:
    """Let SIGINT and SIGTERM raise KeyboardInterrupt; a handler that somebody set stays."""
    with _handled({n: _interrupt for n, found in UNHEEDED.items() if signal.getsignal(n) == found}):
        yield


@contextmanager
def put_off() -> Iterator[None]:
    """Let neither cut short what an interrupted command has to say."""
    with _handled(dict.fromkeys(UNHEEDED, signal.SIG_IGN)):
        yield


@contextmanager
def _handled(handlers: dict[signal.Signals, signal._HANDLER]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # signals are the main thread's
        yield
        return
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def pause(seconds: float) -> None:
    """Sleep; an interrupt ends it."""
    while seconds > LONGEST_WAIT:
        time.sleep(LONGEST_WAIT)
        seconds -= LONGEST_WAIT
    time.sleep(seconds)

"""Work in threads that nobody has to wait for: after a deadline or an interrupt they are left behind.

Python joins the threads of `concurrent.futures` before it exits, so one blocking read would hold up the whole command.
"""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import Future, wait
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, TypeVar

from futel_twilio.interrupts import LONGEST_WAIT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")


class Workers:
    """At most so many calls at once, each in a daemon thread."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._waiting: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._started = 0
        self._guard = Lock()

    def submit(self, call: Callable[[], T]) -> Future[T]:
        """Have a call made as soon as a thread is free."""
        future: Future[T] = Future()
        self._waiting.put((future, call))
        with self._guard:
            is_new = self._started < self._at_once
            self._started += is_new
        if is_new:
            Thread(target=self._work, daemon=True).start()
        return future

    def _work(self) -> None:
        while job := self._waiting.get():
            future, call = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001  # raised where the result is asked for
                future.set_exception(error)

    def close(self) -> None:
        """Let the threads end after what was submitted; do not wait for them."""
        with self._guard:
            for _thread in range(self._started):
                self._waiting.put(None)
            self._started = self._at_once


def result_of(future: Future[T]) -> T:
    """The result of a call; an interrupt ends the wait for it."""
    while not future.done():
        wait([future], LONGEST_WAIT)
    return future.result()


def each_within(
    seconds: float, calls: Sequence[Callable[[], T]], at_once: int, give_up: Callable[[int], None]
) -> list[T | None]:
    """Make each call under its own deadline, which holds whatever the call is blocked in.

    Args:
        seconds: how long each call may take.
        calls: what to call.
        at_once: how many calls run at the same time.
        give_up: called with the place of a call that took too long; its thread is left behind.

    Returns:
        The answers in order; None for each call that took too long.
    """
    answers: list[T | None] = [None] * len(calls)
    waiting = deque(range(len(calls)))
    deadlines: dict[int, float] = {}
    ended: SimpleQueue[tuple[int, Future[T]]] = SimpleQueue()
    while waiting or deadlines:
        while waiting and len(deadlines) < at_once:
            place = waiting.popleft()
            deadlines[place] = time.monotonic() + seconds
            Thread(target=_call, args=(place, calls[place], ended), daemon=True).start()
        left = max(0.0, min(deadlines.values()) - time.monotonic())
        try:
            place, answer = ended.get(timeout=min(left, LONGEST_WAIT))
        except Empty:
            now = time.monotonic()
            for place in [place for place, deadline in deadlines.items() if deadline <= now]:
                del deadlines[place]
                give_up(place)
            continue
        if deadlines.pop(place, None) is not None:
            answers[place] = answer.result()
    return answers


def _call(place: int, call: Callable[[], T], ended: SimpleQueue[tuple[int, Future[T]]]) -> None:
    answer: Future[T] = Future()
    try:
        answer.set_result(call())
    except BaseException as error:  # noqa: BLE001  # raised where the result is asked for
        answer.set_exception(error)
    ended.put((place, answer))

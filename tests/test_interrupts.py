"""Ctrl-C and SIGTERM end what waits, whatever whoever started it had ignored."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio import interrupts
from futel_twilio.twilio_api import workers
from tests.conftest import ignored_interrupts

if TYPE_CHECKING:
    from collections.abc import Callable

SIGNALS = [signal.SIGINT, signal.SIGTERM]


def interrupted_in_a_pause(number: signal.Signals) -> None:
    with interrupts.heeded():
        os.kill(os.getpid(), number)
        interrupts.pause(60)


@pytest.mark.parametrize("number", SIGNALS)
def test_signals_are_heeded(number: signal.Signals) -> None:
    """A signal that was ignored, or would end the process without a word, interrupts; afterwards it is as before."""
    with ignored_interrupts():
        before = [signal.getsignal(one) for one in SIGNALS]
        with pytest.raises(KeyboardInterrupt):
            interrupted_in_a_pause(number)
        assert [signal.getsignal(one) for one in SIGNALS] == before


@pytest.mark.parametrize("number", SIGNALS)
def test_a_handler_of_somebody_stays(number: signal.Signals) -> None:
    """Where somebody set a handler, that one is asked."""
    asked: list[int] = []

    def note(asked_for: int, _frame: Any) -> None:
        asked.append(asked_for)

    before = signal.signal(number, note)
    try:
        with interrupts.heeded():
            os.kill(os.getpid(), number)
            time.sleep(0)
    finally:
        signal.signal(number, before)
    assert asked == [number]


def test_other_threads_have_no_signals() -> None:
    """In another thread than the main one nothing is set, and nothing fails."""
    with ignored_interrupts():
        found: list[Any] = []

        def look() -> None:
            with interrupts.heeded(), interrupts.put_off():
                found.append(signal.getsignal(signal.SIGINT))

        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert found == [signal.SIG_IGN]


def test_a_call_that_never_ends_is_left_behind() -> None:
    """Each call has its own deadline; the others' answers come in order, and an error is raised."""
    never, given_up = threading.Event(), list[int]()
    calls: list[Callable[[], object]] = [lambda: "first", never.wait, lambda: "last"]
    assert workers.each_within(0.2, calls, 2, given_up.append) == ["first", None, "last"]
    assert given_up == [1]
    never.set()
    with pytest.raises(ZeroDivisionError):
        workers.each_within(60, [lambda: 1 // 0], 1, given_up.append)


def test_workers_do_what_was_submitted_and_end() -> None:
    """Results and errors arrive; after `close` no thread of theirs is left."""
    before, pool = set(threading.enumerate()), workers.Workers(3)
    asked = [pool.submit(lambda n=n: 10 // n) for n in (1, 2, 0)]  # type: ignore[misc]
    assert [workers.result_of(one) for one in asked[:2]] == [10, 5]
    with pytest.raises(ZeroDivisionError):
        workers.result_of(asked[2])
    ours = set(threading.enumerate()) - before
    assert all(thread.daemon for thread in ours)
    pool.close()
    for thread in ours:
        thread.join(60)
        assert not thread.is_alive()

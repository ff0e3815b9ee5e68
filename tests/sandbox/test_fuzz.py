"""Fuzzed requests at a sandbox in its own process: few of them here, 20,000 in `nox -s fuzz`."""

from __future__ import annotations

from functools import partial

import pytest

from tests.support.fuzzing import Server, Tally, judge, run
from tests.support.shots import PLACES, Shot
from tests.tools.print_fuzz import findings

FEW = 200
ANSWER = b"HTTP/1.1 404 NOT FOUND\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
TWILIO = b'{"code": 1, "message": "", "more_info": "", "status": 404}'


def answer(body: bytes, length: int | None = None) -> bytes:
    return ANSWER % (len(body) if length is None else length, body)


def test_nothing_makes_it_fail() -> None:
    """No 500, no crash, no hang and no traceback for a few hundred fuzzed requests."""
    tally = Tally()
    with Server() as server:
        run(server, tally, FEW, [7])
        alive, log = server.is_alive(), server.stop()
    assert tally.fired == FEW
    assert tally.statuses["200"] > 10
    assert findings(tally, alive=alive, log=log) == []


def test_a_server_that_fails_is_found_out() -> None:
    """A sandbox that learns to fail, to hang up or to answer with a page is found out, with the request."""
    with Server() as server:
        for fault in ("500", "truncated", "reset-before", "503"):
            tally, rule = Tally(), {"rule": f"* * {fault}"}
            run(server, tally, FEW, [7], plant=partial(Server.own, method="POST", name="faults", sent=rule))
            assert len(tally.wrong) == 1
            assert "  sent: " in tally.wrong[0]


@pytest.mark.parametrize(
    ("heard", "fault"),
    [
        (answer(TWILIO), ""),
        (answer(b"{}"), "an error of the keys []"),
        (answer(b'{"code": NaN}'), "no JSON: NaN is no JSON"),
        (answer(TWILIO, 99), f"{len(TWILIO)} bytes of a body of 99"),
        (b"HTTP/1.1 500 X\r\n\r\n", "status 500"),
        (b"HTTP/1.1 505 X\r\n\r\n", ""),
        (b"HTTP/1.1 404 X\r\nX-Injected: 1\r\n\r\n", "a header of the client's"),
        (b"", "no answer"),
        (b"hello", "no HTTP"),
    ],
)
def test_the_judge(heard: bytes, fault: str) -> None:
    """The judge of answers finds a status, a length, a header, a body and an error that are wrong."""
    assert judge(Shot(b"GET / HTTP/1.1\r\n\r\n", "GET"), heard) == fault


def test_a_leak_and_a_traceback_are_findings() -> None:
    """Memory that grows by the replay, a traceback and a dead server are findings."""
    tally = Tally(replayed=[1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000])
    assert findings(tally, alive=False, log="Traceback") == [
        "the server is dead",
        "there is a traceback in its log",
        "its memory grows by 3000 KiB",
    ]
    assert findings(Tally(replayed=[1000, 9000, 9100, 9100]), alive=True, log="") == []


def test_the_shots_know_every_table() -> None:
    """The paths that are shot at are those of the tables, with their lists and items."""
    paths = {place.path for place in PLACES}
    assert len(paths) > 60
    assert {"/v1/Events", "/v1/Events/<sid>"} <= paths

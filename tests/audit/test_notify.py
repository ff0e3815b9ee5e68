"""Telling people: what changed, what is remembered for the next time, and that no URL leaks."""

from __future__ import annotations

import json
import logging
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio.audit import notify
from futel_twilio.audit.results import Audit, Check, Outcome
from futel_twilio.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "s3cr3t-t0ken"


def audit(**outcomes: Outcome) -> Audit:
    """An audit whose checks are named a, b, c and came out as reported."""
    checks = tuple(
        Check(name, f"{name} is so.", "domains", "", "", ("urgent",), "critical", outcome, remedy="Fix it.")
        for name, outcome in outcomes.items()
    )
    return Audit(datetime(2026, 11, 23, 5, 17, tzinfo=UTC), "live: sandbox", "1", ("prod",), checks)


@pytest.fixture
def before(tmp_path: Path) -> Path:
    return tmp_path / "last.json"


@contextmanager
def listening(status: int = 200) -> Iterator[tuple[str, list[Any]]]:
    """A server on loopback, as an Apprise URL that holds a secret, and what was posted to it."""
    posted: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name is its parent's
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"json://127.0.0.1:{server.server_port}/{SECRET}", posted
        finally:
            server.shutdown()
            thread.join()


def test_on_the_first_day_every_finding_is_new(before: Path) -> None:
    """Where nothing is remembered, each finding is new, and what held or is accepted is not reported."""
    lines = notify.since(before, audit(a="finding", b="held", c="accepted", d="finding"))
    assert lines == ("new: a: a is so.", "new: d: d is so.")


def test_only_changes_are_reported(before: Path) -> None:
    """A finding of yesterday and today is not reported again; one that came is new, one that went is fixed."""
    notify.remember(before, audit(a="finding", b="finding", c="held"))
    assert notify.since(before, audit(a="finding", b="held", c="finding")) == (
        "new: c: c is so.",
        "fixed: b",
    )
    assert notify.since(before, audit(a="finding", b="finding", c="held")) == ()


@pytest.mark.parametrize("now", ["accepted", "not looked at", None])
def test_fixed_is_only_what_was_checked_and_passed(now: Outcome | None, before: Path) -> None:
    """A finding that was accepted, or that this audit did not look at, is never reported as fixed."""
    notify.remember(before, audit(a="finding"))
    assert notify.since(before, audit(a=now) if now else audit()) == ()


def test_an_acceptance_that_ran_out_is_new(before: Path) -> None:
    """What was accepted yesterday and counts again today is reported."""
    notify.remember(before, audit(a="accepted"))
    assert notify.since(before, audit(a="finding")) == ("new: a: a is so.",)


def test_no_more_is_remembered_than_is_needed(before: Path) -> None:
    """The file holds names, claims, severities and the time, replaces the old one, and stands alone."""
    before.write_text("old")
    notify.remember(before, audit(a="finding", b="held"))
    assert json.loads(before.read_text()) == {
        "looked_at": "2026-11-23T05:17:00+00:00",
        "findings": [{"name": "a", "claim": "a is so.", "severity": "critical"}],
    }
    assert list(before.parent.iterdir()) == [before]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"3",
        b"{}",
        b'{"findings": {}}',
        b'{"findings": "ab"}',
        b'{"findings": ["a"]}',
        b'{"findings": [{}]}',
        b'{"findings": [{"name": null}]}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_a_broken_memory_is_reported(raw: bytes, before: Path) -> None:
    """A file that is cut or of another form is one clear message, never taken for nothing found."""
    before.write_bytes(raw)
    with pytest.raises(BadInput, match=r"last\.json, .* is broken"):
        notify.since(before, audit())


def test_a_memory_that_cannot_be_kept_is_reported(tmp_path: Path) -> None:
    """A directory that is not there is one clear message."""
    with pytest.raises(BadInput, match="cannot be written"):
        notify.remember(tmp_path / "nowhere" / "last.json", audit())


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback is reached straight, whatever this machine's proxy."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.mark.usefixtures("no_proxy")
def test_the_lines_arrive() -> None:
    """Title and lines reach the service as they are, in one message."""
    lines = ("new: domains/voice_url[a_b-prod]: <b> & *so*.", "fixed: b")
    with listening() as (url, posted):
        notify.send(url, "Audit of prod", lines)
    assert [(one["title"], one["message"]) for one in posted] == [("Audit of prod", "\n".join(lines))]


@pytest.mark.usefixtures("no_proxy")
def test_nothing_to_say_sends_nothing() -> None:
    """With no lines nothing is sent; a URL that is none is reported nevertheless, on the first day."""
    with listening() as (url, posted):
        notify.send(url, "Audit", ())
    assert posted == []
    with pytest.raises(BadInput, match="does not understand"):
        notify.send(f"nosuch://{SECRET}", "Audit", ())


def assert_silent(
    caught: pytest.ExceptionInfo[BadInput], caplog: pytest.LogCaptureFixture, *secrets: str
) -> None:
    """Neither the error, nor what it came from, nor a log holds a secret."""
    error = caught.value
    reported = f"{error} {error!r} {error.__cause__} {error.__context__} {caplog.text}"
    assert [secret for secret in secrets if secret in reported] == []


@pytest.mark.parametrize(
    "url", ["", f"nosuch://{SECRET}", SECRET, f"slack://{SECRET}", f"https://127.0.0.1:99999999/{SECRET}?x=%"]
)
def test_a_url_that_is_none(
    url: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """A URL that Apprise does not understand is reported without being repeated, on any channel."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(BadInput) as caught:
        notify.send(url, "Audit", ["new: a: b"])
    assert_silent(caught, caplog, SECRET)
    assert SECRET not in "".join(capfd.readouterr())


@pytest.mark.usefixtures("no_proxy")
def test_a_service_that_refuses(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """A service that answers with an error is reported without its URL; logs are heard again afterwards."""
    caplog.set_level(logging.DEBUG)
    with listening(status=500) as (url, posted), pytest.raises(BadInput, match="could not be sent") as caught:
        notify.send(url, "Audit", ["new: a: b"])
    assert len(posted) == 1
    assert_silent(caught, caplog, SECRET)
    assert SECRET not in "".join(capfd.readouterr())
    logging.getLogger("apprise").debug("heard")
    assert "heard" in caplog.text


@pytest.mark.usefixtures("no_proxy")
def test_a_service_that_is_not_there(caplog: pytest.LogCaptureFixture) -> None:
    """A server that does not listen is reported without its URL."""
    caplog.set_level(logging.DEBUG)
    with listening() as (url, _posted):
        pass
    with pytest.raises(BadInput, match="could not be sent") as caught:
        notify.send(url, "Audit", ["new: a: b"])
    assert_silent(caught, caplog, SECRET)


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Apprise is not installed, the message says what to install."""
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(BadInput, match="not installed") as caught:
        notify.send(f"json://127.0.0.1/{SECRET}", "Audit", ["new: a: b"])
    assert "pip install 'futel-twilio[notify]'" in caught.value.hint

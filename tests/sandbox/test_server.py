"""The running sandbox: state over processes and kills, the request log, latency, secrets, the command."""

import contextlib
import json
import signal
import socket
import sqlite3
import threading
import time
import traceback
from pathlib import Path
from typing import Any

import pytest
import requests

from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN
from futel_twilio.sandbox.engine.accounts import Accounts
from futel_twilio.sandbox.server import Sandbox
from tests.support.sandbox import AUTH, GOOD_PASSWORD, ROOT, call, process, sdk


def _make_some(box: Sandbox) -> list[str]:
    with sdk(box.url) as client:
        made = client.sip.credential_lists.create(friendly_name="phones")
        users = client.sip.credential_lists(made.sid).credentials
        return [
            client.applications.create().sid,
            client.applications.create().sid,
            client.sip.domains.create(domain_name="a.sip.twilio.com").sid,
            users.create("u", GOOD_PASSWORD).sid,
        ]


def test_sids_are_the_same_in_two_fresh_sandboxes() -> None:
    """SIDs are counted, not drawn: two fresh sandboxes, and one that was reset, give the same ones."""
    with Sandbox() as one, Sandbox() as two:
        first = _make_some(one)
        assert len(set(first)) == 4
        assert _make_some(two) == first
        one.reset()
        assert one.requests() == []
        assert _make_some(one) == first


def test_state_outlives_the_server(tmp_path: Path) -> None:
    """What one sandbox stored in a file, the next one on that file shows; `start` and `stop` are enough."""
    box = Sandbox(tmp_path / "state.db")
    box.start()
    made = _make_some(box)
    box.stop()
    box.stop()
    with Sandbox(str(tmp_path / "state.db")) as again, sdk(again.url) as client:
        assert [row.sid for row in client.applications.list()] == made[:2]
        assert again.count("POST") == 5


def test_two_processes_share_one_file(tmp_path: Path) -> None:
    """Two server processes on one file: no write is lost, no SID given twice, and the log has them all."""
    state = str(tmp_path / "state.db")
    with process("--state", state) as (_one, first), process("--state", state) as (_two, second):
        sids: list[str] = []

        def create(base: str) -> None:
            with sdk(base) as client:
                sids.extend(client.applications.create().sid for _ in range(40))

        threads = [threading.Thread(target=create, args=(base,)) for base in (first, second) * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(sids) == len(set(sids)) == 160
        with sdk(first) as client:
            assert {row.sid for row in client.applications.list()} == set(sids)
        assert requests.get(f"{second}/_sandbox/requests", timeout=60).json()["count"] == 164


def test_a_killed_server_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    """SIGKILL in the middle of writes: whatever was answered 201 is there afterwards, and is logged."""
    state = str(tmp_path / "state.db")
    answered: list[str] = []
    with process("--state", state) as (running, base):
        threading.Timer(0.3, running.kill).start()
        with requests.Session() as session, contextlib.suppress(requests.ConnectionError):
            while True:
                made = session.post(f"{base}{ROOT}/Applications.json", auth=AUTH, timeout=60)
                answered.append(made.json()["sid"])
    assert answered
    with Sandbox(state) as box, sdk(box.url) as client:
        assert set(answered) <= {row.sid for row in client.applications.list(page_size=1000)}
        assert box.count("POST") >= len(answered)


def test_requests_are_logged_and_counted() -> None:
    """Each request is logged with method, path, query, host, status and times; the log can be cleared."""
    with Sandbox() as box, sdk(box.url) as client:
        client.applications.create()
        client.applications.list(friendly_name="x")
        call(box.url, "DELETE", f"{ROOT}/Applications/AP1.json")
        assert [box.count(), box.count("POST"), box.count("POST", "DELETE"), box.count("PUT")] == [3, 1, 2, 0]
        post, get, delete = box.requests()
        assert (post.method, post.path, post.status) == ("POST", f"{ROOT}/Applications.json", 201)
        assert (post.host, get.query, delete.status) == ("api.twilio.com", "FriendlyName=x", 404)
        assert post.started < post.ended <= get.started < get.ended <= time.monotonic()
        box.clear_requests()
        assert box.requests() == []


def test_control_paths() -> None:
    """The sandbox's own paths give and clear the log, set the latency and reset, and are not logged."""
    with Sandbox() as box:
        call(box.url, "POST", f"{ROOT}/Applications.json")
        log = requests.get(f"{box.url}/_sandbox/requests", timeout=60).json()
        assert (log["count"], log["requests"][0]["method"]) == (1, "POST")
        requests.delete(f"{box.url}/_sandbox/requests", timeout=60)
        assert box.count() == 0
        settings = f"{box.url}/_sandbox/settings"
        assert requests.post(settings, json={"latency_ms": 5}, timeout=60).json()["latency_ms"] == 5
        assert requests.get(settings, timeout=60).json()["latency_ms"] == box.latency_ms == 5
        assert requests.post(settings, data={"latency_ms": "-1"}, timeout=60).status_code == 400
        assert (
            requests.post(
                settings, data=b"[", headers={"Content-Type": "application/json"}, timeout=60
            ).status_code
            == 400
        )
        assert requests.post(f"{box.url}/_sandbox/reset", timeout=60).status_code == 200
        assert call(box.url, "GET", f"{ROOT}/Applications.json").json()["applications"] == []
        assert requests.get(f"{box.url}/_sandbox/nothing", timeout=60).status_code == 404


def test_latency_can_be_switched() -> None:
    """Latency delays every answer while it is set, of many requests at once, and can be taken away."""
    with Sandbox(latency_ms=60) as box:
        began = time.monotonic()
        threads = [
            threading.Thread(target=call, args=(box.url, "GET", f"{ROOT}/Balance.json")) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert 0.06 <= time.monotonic() - began < 0.22
        assert all(entry.ended - entry.started >= 0.06 for entry in box.requests())
        box.latency_ms = 0
        call(box.url, "GET", f"{ROOT}/Balance.json")
        assert box.requests()[-1].ended - box.requests()[-1].started < 0.05


def test_headers_are_on_every_answer() -> None:
    """Good and bad answers carry Twilio's request id, concurrency and duration; a 204 has no body."""
    with Sandbox() as box:
        made = call(box.url, "POST", f"{ROOT}/Applications.json")
        gone = call(box.url, "DELETE", made.json()["uri"])
        again = call(box.url, "DELETE", made.json()["uri"])
        for response in (made, gone, again):
            assert response.headers["Twilio-Concurrent-Requests"] == "1"
            assert float(response.headers["Twilio-Request-Duration"]) >= 0
        assert len({response.headers["Twilio-Request-Id"] for response in (made, gone, again)}) == 3
        assert (gone.status_code, gone.content, again.status_code) == (204, b"", 404)
        assert "Content-Type" not in gone.headers


def test_no_secret_is_kept(tmp_path: Path) -> None:
    """Passwords, tokens and key secrets are in no file, no log and no repr, even after refused requests."""
    state = tmp_path / "state.db"
    key = "SK" + "3" * 32
    secrets = ("Abcdefgh9Zulu77", "Tooweaksecret", "Keysecret999")
    with Sandbox(state, accounts=[f"{key}:Keysecret999"]) as box, sdk(box.url) as client:
        made = client.sip.credential_lists.create(friendly_name="phones")
        place = f"{ROOT}/SIP/CredentialLists/{made.sid}/Credentials.json"
        bodies = [
            call(box.url, "POST", place, {"Username": "u", "Password": word}).text for word in secrets[:2]
        ]
        user = client.sip.credential_lists(made.sid).credentials.list()[0]
        user.update(password=secrets[0] + "2")
        bodies.append(call(box.url, "POST", f"{place}?Password={secrets[0]}", {"Username": "v"}).text)
        shown = repr(box.requests()) + repr(vars(box)) + json.dumps(bodies)
        kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in secrets:
        assert secret not in shown
        assert secret.encode() not in kept
    for path in tmp_path.iterdir():
        assert b"Abcdefgh9Zulu77" not in path.read_bytes()


def test_accounts_are_read_strictly() -> None:
    """Three spellings of an account are understood; any other is one clear sentence without the secret."""
    other, key = "AC" + "2" * 32, "SK" + "3" * 32
    Accounts([f"{other}:token", f"{key}:secret", f"{other}:{key}:secret"])
    for entry in (
        "",
        "token",
        other,
        f"{other}:",
        "AC12:token",
        f"{key}:{other}:x",
        f"{other}:{other}:Hush99",
    ):
        with pytest.raises(ValueError, match=r"^An account of the sandbox is written .*\.$") as caught:
            Accounts([entry])
        assert "Hush99" not in "".join(traceback.format_exception_only(caught.value))


def test_a_taken_port_is_an_oserror() -> None:
    """A port that is in use raises OSError, and leaves nothing running behind."""
    with Sandbox() as box:
        with pytest.raises(OSError, match="in use"):
            Sandbox(port=box.port).start()
        assert box.count() == 0


def test_stop_does_not_wait_for_open_connections() -> None:
    """Stopping is quick although clients keep connections open, and nothing answers afterwards."""
    box = Sandbox()
    box.start()
    port = box.port
    with requests.Session() as session, socket.create_connection(("127.0.0.1", port)):
        for _ in range(3):
            session.get(f"{box.url}{ROOT}/Balance.json", auth=AUTH, timeout=60)
        began = time.monotonic()
        box.stop()
        assert time.monotonic() - began < 1
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port))
    with pytest.raises(RuntimeError):
        _ = box.url


def test_a_state_that_is_no_database_is_an_oserror(tmp_path: Path) -> None:
    """A state file of another kind, or in a folder that is not there, raises OSError."""
    (tmp_path / "letter.txt").write_text("Dear volunteers, " * 200)
    for state in (tmp_path / "letter.txt", tmp_path / "absent" / "state.db"):
        with pytest.raises(OSError, match="state file"):
            Sandbox(state).start()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command_listens_and_stops(number: signal.Signals) -> None:
    """`python -m futel_twilio.sandbox` says where it listens, takes accounts, and ends with 0 on a signal."""
    other = "AC" + "2" * 32
    with process("--account", f"{other}:token", "--latency", "1") as (running, base):
        with sdk(base, other, "token") as client:
            assert client.applications.create().account_sid == other != DEFAULT_ACCOUNT_SID
        running.send_signal(number)
        out, err = running.communicate(timeout=60)
        assert (running.returncode, out, err) == (0, "", "")


def _fill(box: Sandbox, _state: Path) -> None:
    """The disk is full."""
    (pages,) = box._parts[0].db.execute("PRAGMA page_count").fetchone()
    box._parts[0].db.execute(f"PRAGMA max_page_count={pages}")


def _protect(box: Sandbox, _state: Path) -> None:
    """The file is read-only."""
    box._parts[0].db.execute("PRAGMA query_only=ON")


def _lock(box: Sandbox, state: Path) -> sqlite3.Connection:
    """Somebody else holds the file and does not let go."""
    box._parts[0].db.execute("PRAGMA busy_timeout=1")
    other = sqlite3.connect(state, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


def _break(_box: Sandbox, state: Path) -> None:
    """Somebody else took a table away."""
    with contextlib.closing(sqlite3.connect(state)) as other:
        other.execute("ALTER TABLE counter RENAME TO gone")


@pytest.mark.parametrize("spoil", [_fill, _protect, _lock, _break])
@pytest.mark.parametrize("path", [f"{ROOT}/Applications.json", "/_sandbox/alerts"])
def test_a_state_that_cannot_be_written_is_answered(spoil: Any, path: str, tmp_path: Path) -> None:
    """A full disk, a locked, read-only or broken state: 500 in Twilio's form, and nothing is kept."""
    state = tmp_path / "state.sqlite"
    form = {"FriendlyName": "x" * 60, "error_code": "11200", "alert_text": "x" * 999}
    with Sandbox(state=state) as box, requests.Session() as session:
        session.auth = (DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN)
        held = spoil(box, state)
        answers: list[requests.Response] = []
        while not answers or (answers[-1].ok and len(answers) < 99):
            answers.append(session.post(f"{box.url}{path}", data=form, timeout=60))
        refused = answers[-1]
        assert (refused.status_code, refused.json()["code"], refused.json()["status"]) == (500, 20500, 500)
        assert set(refused.json()) == {"code", "message", "more_info", "status"}
        if held:
            held.close()
        sought = "SELECT count(*) FROM resource WHERE kind IN ('application', 'alert')"
        assert box._parts[0].db.execute(sought).fetchone() == (len(answers) - 1,)

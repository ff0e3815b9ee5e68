"""Faults on demand: each fault over real HTTP, the three commands_by_name that set them, and what the log says."""

import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from futel_twilio.sandbox.http import faults
from futel_twilio.sandbox.http.faults import Fault
from futel_twilio.sandbox.server import Sandbox
from tests.support.sandbox import AUTH, GOOD_PASSWORD, ROOT, call, process

APPS = f"{ROOT}/Applications.json"
LOST = requests.ConnectionError


def names(box: Sandbox) -> list[str]:
    """The applications by name, in the order of their list."""
    listed = call(box.url, "GET", APPS).json()["applications"]
    return [row["friendly_name"] for row in listed]


def make(box: Sandbox, name: str = "a") -> requests.Response:
    return call(box.url, "POST", APPS, {"FriendlyName": name})


@pytest.mark.parametrize(
    ("name", "value", "status", "code"),
    [("429", None, 429, 20429), ("429", 3, 429, 20429), ("500", None, 500, 20500), ("401", None, 401, 20003)],
)
def test_refusals(box: Sandbox, name: str, value: float | None, status: int, code: int) -> None:
    """429 (with Retry-After when it has a value), 500 and 401 have Twilio's body, and carry nothing out."""
    box.fault("POST", "/Applications", name, value, times=1)
    answer = make(box)
    assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (status, code, status)
    assert answer.headers.get("Retry-After") == (None if value is None else "3")
    assert (box.requests()[0].status, box.requests()[0].fault) == (status, name)
    assert names(box) == []
    assert make(box).status_code == 201
    assert box.requests()[-1].fault == ""


def test_503_is_html(box: Sandbox) -> None:
    """503 is an HTML page, and carries nothing out."""
    box.fault("POST", "/Applications", "503")
    answer = make(box)
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (503, "text/html")
    assert answer.text.startswith("<html>")
    assert names(box) == []


@pytest.mark.parametrize(("name", "kept", "status"), [("reset-before", [], 0), ("reset-after", ["a"], 201)])
def test_resets(box: Sandbox, name: str, kept: list[str], status: int) -> None:
    """A reset is a real RST; before, nothing is carried out, and after, it is and only the answer is lost."""
    box.fault("POST", "*/Applications.json", name, times=1)
    with pytest.raises(LOST, match="reset by peer"):
        make(box)
    assert names(box) == kept
    assert (box.requests()[0].status, box.requests()[0].fault) == (status, name)


@pytest.mark.parametrize(("name", "kept"), [("timeout", []), ("timeout-after", ["a"])])
def test_timeouts(box: Sandbox, name: str, kept: list[str]) -> None:
    """A time-out answers nothing while the client waits; it is logged at once, and others are served."""
    box.fault("POST", "/Applications", name, times=1)
    with pytest.raises(requests.ReadTimeout):
        requests.post(box.url + APPS, {"FriendlyName": "a"}, auth=AUTH, timeout=0.1)
    assert names(box) == kept
    assert box.requests()[0].fault == name


def test_a_timeout_ends(box: Sandbox) -> None:
    """A time-out with a value closes the connection unanswered after that many seconds."""
    box.fault("GET", "/Applications", "timeout", 0.05)
    with pytest.raises(LOST, match="closed connection without response"):
        call(box.url, "GET", APPS)


def test_stop_does_not_wait_for_a_timeout() -> None:
    """The sandbox stops quickly although a request is being left without an answer."""
    lost: list[Exception] = []

    def ask(base: str) -> None:
        try:
            call(base, "GET", APPS)
        except LOST as error:
            lost.append(error)

    with Sandbox() as box:
        box.fault("GET", "/Applications", "timeout")
        thread = threading.Thread(target=ask, args=(box.url,))
        thread.start()
        while not box.count():
            time.sleep(0.005)
        began = time.monotonic()
    assert time.monotonic() - began < 1
    thread.join()
    assert len(lost) == 1


def test_truncated(box: Sandbox) -> None:
    """A truncated answer promises more than it sends; the work is done."""
    box.fault("*", "/Applications", "truncated", times=2)
    for act in (make, names):
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
            act(box)
    assert names(box) == ["a"]
    assert [entry.fault for entry in box.requests()] == ["truncated", "truncated", ""]


def test_a_truncated_answer_without_a_body(box: Sandbox) -> None:
    """An answer without a body breaks off in its status line, so that nobody takes it for whole."""
    uri = make(box).json()["uri"]
    box.fault("DELETE", "/Applications/", "truncated")
    with pytest.raises(LOST):
        call(box.url, "DELETE", uri)
    assert names(box) == []


def test_not_json(box: Sandbox) -> None:
    """A body that is not JSON comes with the status of the work that was done; a 204 comes as 200."""
    box.fault("*", "/Applications", "not-json", times=2)
    answer = make(box)
    assert (answer.status_code, answer.text[:6]) == (201, "<html>")
    assert box.requests()[0].fault == "not-json"
    with pytest.raises(requests.JSONDecodeError):
        names(box)
    uri = call(box.url, "GET", APPS).json()["applications"][0]["uri"]
    box.fault("DELETE", "/Applications/", "not-json")
    assert call(box.url, "DELETE", uri).status_code == 200
    assert names(box) == []


def test_latency(box: Sandbox) -> None:
    """Latency delays the matching requests alone."""
    box.fault("GET", "/Applications", "latency", 80, times=1)
    names(box)
    names(box)
    first, second = box.requests()
    assert (first.fault, second.fault) == ("latency", "")
    assert first.ended - first.started >= 0.08 > second.ended - second.started


def test_stale_reads_see_the_state_before_the_latest_write(box: Sandbox) -> None:
    """Lists and fetches read stale: without the latest create, before the latest update and delete."""
    uri = make(box, "a").json()["uri"]
    other = make(box, "b").json()["uri"]
    box.fault("*", "/Applications", "stale")
    assert names(box) == ["a"]
    assert [call(box.url, "GET", path).status_code for path in (uri, other)] == [200, 404]
    call(box.url, "POST", uri, {"FriendlyName": "c"})
    assert (names(box), call(box.url, "GET", uri).json()["friendly_name"]) == (["a", "b"], "a")
    call(box.url, "DELETE", uri)
    assert names(box) == ["c", "b"]
    assert call(box.url, "GET", uri).status_code == 200
    assert [entry.fault for entry in box.requests() if entry.method != "GET"] == [""] * 4
    box.clear_faults()
    assert names(box) == ["b"]
    assert call(box.url, "GET", uri).status_code == 404


def test_stale_is_one_collection_at_a_time(box: Sandbox) -> None:
    """The latest write to another collection stays seen, and a refused write is no write."""
    make(box)
    lists = f"{ROOT}/SIP/CredentialLists"
    made = call(box.url, "POST", f"{lists}.json", {"FriendlyName": "phones"}).json()["sid"]
    users = f"{lists}/{made}/Credentials.json"
    call(box.url, "POST", users, {"Username": "u", "Password": GOOD_PASSWORD})
    assert call(box.url, "POST", users, {"Username": "v", "Password": "weak"}).status_code == 400
    box.fault("GET", "*/Credentials.json", "stale")
    assert call(box.url, "GET", users).json()["credentials"] == []
    box.fault("GET", "*/CredentialLists.json", "stale")
    assert call(box.url, "GET", f"{lists}.json").json()["credential_lists"] == []
    assert names(box) == ["a"]
    assert call(box.url, "GET", f"{ROOT}/Balance.json").status_code == 200
    box.reset()
    assert call(box.url, "GET", f"{lists}.json").json()["credential_lists"] == []


def test_counts(box: Sandbox) -> None:
    """`from3 x2` is the third and the fourth matching request; others are not counted."""
    box.fault("GET", "/Balance", "500", times=2, start=3)
    statuses = []
    for _ in range(6):
        statuses.append(call(box.url, "GET", f"{ROOT}/Balance.json").status_code)
        make(box)
    assert statuses == [200, 200, 500, 500, 200, 200]


def test_the_first_that_is_due_wins(box: Sandbox) -> None:
    """Of two faults that match, the one set first is taken while it lasts; both count the request."""
    box.fault("*", "/Balance", "500", times=1)
    box.fault("*", "/Balance", "401", start=2)
    assert [call(box.url, "GET", f"{ROOT}/Balance.json").status_code for _ in range(3)] == [500, 401, 401]


def test_many_threads_share_one_count(box: Sandbox) -> None:
    """x5 strikes five of twenty requests, whoever sends them."""
    box.fault("GET", "/Balance", "500", times=5)
    statuses: list[int] = []

    def ask() -> None:
        statuses.extend(call(box.url, "GET", f"{ROOT}/Balance.json").status_code for _ in range(5))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 15 + [500] * 5


def test_over_http(box: Sandbox) -> None:
    """POST sets a fault from JSON or a rule, GET shows each with its counts, DELETE clears; none is logged."""
    place = f"{box.url}/_sandbox/faults"
    requests.post(place, json={"rule": "GET */Balance.json 429=2 from2 x1"}, timeout=60).raise_for_status()
    sent = {"method": "post", "path": "/Applications", "fault": "reset-after", "times": 1}
    requests.post(place, json=sent, timeout=60).raise_for_status()
    call(box.url, "GET", f"{ROOT}/Balance.json")
    first, second = requests.get(place, timeout=60).json()["faults"]
    assert (first["rule"], first["matched"], first["fired"]) == ("GET */Balance.json 429=2 from2 x1", 1, 0)
    assert second["rule"] == "POST /Applications reset-after x1"
    with pytest.raises(LOST):
        make(box)
    log = requests.get(f"{box.url}/_sandbox/requests", timeout=60).json()["requests"]
    assert [entry["fault"] for entry in log] == ["", "reset-after"]
    assert requests.delete(place, timeout=60).status_code == 200
    assert requests.get(place, timeout=60).json() == {"faults": []}


@pytest.mark.parametrize(
    "sent",
    [
        {"path": "/x", "fault": "rain"},
        {"method": "TAKE", "path": "/x", "fault": "500"},
        {"fault": "500"},
        {"path": "/x", "fault": "500", "times": 0},
        {"path": "/x", "fault": "500", "from": "soon"},
        {"path": "/x", "fault": "500", "value": 3},
        {"path": "/x", "fault": "latency", "value": "long"},
        {"path": "/x", "fault": "latency", "value": -1},
        {"path": "/x", "fault": "latency", "value": "nan"},
        {"path": "/x", "fault": "stale", "method": "POST"},
        {"path": "/x", "fault": "500", "count": 3},
        {"rule": "GET /x"},
        {"rule": "GET /x 500 twice"},
        {"rule": "GET /x 500 x1 x2"},
        {"rule": "GET /x latency=1.2.3"},
        [],
    ],
)
def test_what_is_no_fault_is_refused(box: Sandbox, sent: Any) -> None:
    """A fault that cannot be is a 400 with one sentence, and sets nothing."""
    answer = requests.post(f"{box.url}/_sandbox/faults", json=sent, timeout=60)
    assert (answer.status_code, bool(answer.json()["message"])) == (400, True)
    assert requests.get(f"{box.url}/_sandbox/faults", timeout=60).json() == {"faults": []}


@pytest.mark.parametrize("name", sorted(faults.FAULT_KINDS))
def test_a_rule_reads_back(name: str) -> None:
    """Every fault is written as it is read, with its value and its counts."""
    value = 2.5 if faults.FAULT_KINDS[name].unit else None
    for fault in (Fault("GET", "*/a?.json", name, value, 3, 2), Fault("*", "/a", name)):
        assert faults.parse(str(fault)) == fault


def test_on_the_command_line() -> None:
    """`--fault` sets faults for its own process."""
    rules = ("POST */Applications.json reset-after x1", "GET /Balance 503")
    with process("--fault", rules[0], "--fault", rules[1]) as (_running, base):
        with pytest.raises(LOST):
            call(base, "POST", APPS)
        assert len(call(base, "GET", APPS).json()["applications"]) == 1
        assert call(base, "GET", f"{ROOT}/Balance.json").status_code == 503


def test_the_help_shows_the_grammar() -> None:
    """The help names the grammar and every fault; a rule that is none ends with 2 and one sentence."""
    command = [sys.executable, "-m", "futel_twilio.sandbox"]
    reported = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True).stdout
    assert faults.GRAMMAR in reported
    assert all(f"  {name} " in reported for name in faults.FAULT_KINDS)
    wrong = subprocess.run([*command, "--fault", "rain"], capture_output=True, text=True, check=False)
    assert (wrong.returncode, wrong.stdout, wrong.stderr.count("\n")) == (2, "", 1)


def test_faults_outlive_a_restart_of_the_server_and_not_of_the_process() -> None:
    """Faults may be set before the sandbox runs, and a reset of the state leaves them."""
    box = Sandbox()
    box.fault("GET", "/Balance", "500")
    with box:
        box.reset()
        assert call(box.url, "GET", f"{ROOT}/Balance.json").status_code == 500


def test_a_state_file_from_before_there_were_faults(tmp_path: Path) -> None:
    """A state file whose log knows no faults is opened and goes on."""
    state = tmp_path / "state.db"
    with sqlite3.connect(state) as old:
        old.execute(
            "CREATE TABLE request (id INTEGER PRIMARY KEY AUTOINCREMENT, method TEXT NOT NULL,"
            " path TEXT NOT NULL, query TEXT NOT NULL, host TEXT NOT NULL, status INTEGER NOT NULL,"
            " started REAL NOT NULL, ended REAL NOT NULL)"
        )
        old.execute("INSERT INTO request VALUES (1, 'GET', '/', '', 'h', 200, 1, 2)")
    old.close()
    with Sandbox(state) as box:
        make(box)
        assert [(entry.method, entry.fault) for entry in box.requests()] == [("GET", ""), ("POST", "")]

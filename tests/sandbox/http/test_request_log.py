"""The request log: the parameters that were sent, when by the clock of the wall, and what the sandbox lacks."""

from __future__ import annotations

import json
import sqlite3
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests

from futel_twilio.sandbox.server import Sandbox
from tests.support.sandbox import AUTH, GOOD_PASSWORD, ROOT, call, sdk

if TYPE_CHECKING:
    from pathlib import Path

HUSH = "Planted1Secret99"


def test_what_was_sent_is_in_the_log(box: Sandbox, client: Any) -> None:
    """Names and values of a form are logged, in Python and over HTTP, for a refused request too; a GET has none."""
    client.applications.create(friendly_name="a b & c", voice_url="https://a.example/x?y=1")
    call(box.url, "POST", f"{ROOT}/SIP/Domains.json", {"DomainName": "a", "Secure": ["true", "false"]})
    client.applications.list()
    made, refused, listed = box.requests()
    assert made.form == {"FriendlyName": ["a b & c"], "VoiceUrl": ["https://a.example/x?y=1"]}
    assert (refused.status, refused.form) == (400, {"DomainName": ["a"], "Secure": ["true", "false"]})
    assert listed.form == {}
    over_http = requests.get(f"{box.url}/_sandbox/requests", timeout=60).json()["requests"]
    assert [row["form"] for row in over_http] == [made.form, refused.form, {}]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"Password": HUSH}, {"Password": ["***"]}),
        ({"ApiKey": HUSH, "X-Api-Key": HUSH}, {"ApiKey": ["***"], "X-Api-Key": ["***"]}),
        ({"api_key": HUSH, "AuthKey": HUSH}, {"api_key": ["***"], "AuthKey": ["***"]}),
        (
            {"Authorization": f"Basic {HUSH}", "CallToken": HUSH},
            {"Authorization": ["***"], "CallToken": ["***"]},
        ),
        ({"Password": ""}, {"Password": [""]}),
        ({"VoiceUrl": f"https://ada:{HUSH}@a.example/"}, {"VoiceUrl": ["https://ada:***@a.example/"]}),
        ({"VoiceUrl": f"https://a.example/?token={HUSH}"}, {"VoiceUrl": ["https://a.example/?token="]}),
        ({"Twiml": f'<Sip username="a" password="{HUSH}">x</Sip>'}, {"Twiml": ["***"]}),
        ({"Twiml": f"<Parameter name='secret' value='{HUSH}'/>"}, {"Twiml": ["***"]}),
        ({"SinkConfiguration": json.dumps({"write_key": HUSH})}, {"SinkConfiguration": ["***"]}),
        ({"Body": f'password="{HUSH}" and more'}, {"Body": ["password= and more"]}),
        ({"Body": f"password='{HUSH}'"}, {"Body": ["password="]}),
        ({"Twiml": "<Response/>"}, {"Twiml": ["<Response/>"]}),
        ({"Twiml": "x" * 5000}, {"Twiml": ["(5000 characters)"]}),
        ({"PageToken": "PAAP1"}, {"PageToken": ["PAAP1"]}),
    ],
)
def test_no_secret_is_in_the_log(tmp_path: Path, sent: dict[str, str], said: dict[str, list[str]]) -> None:
    """A secret is `***`: by its name, in a URL, in markup and in JSON; neither told, nor in the file."""
    with Sandbox(tmp_path / "state.db") as box:
        call(box.url, "POST", f"{ROOT}/Calls.json", sent)
        (entry,) = box.requests()
        reported = requests.get(f"{box.url}/_sandbox/requests", timeout=60).text
    assert entry.form == said
    assert HUSH not in reported + repr(entry)
    assert HUSH.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


@pytest.mark.parametrize("how", ["data", "json", "text"])
def test_a_body_that_is_no_form_is_not_logged(box: Sandbox, how: str) -> None:
    """JSON and text, whatever they are called, leave no word in the log: half of a secret could stand anywhere."""
    body = json.dumps({"Password": f"{HUSH}&{HUSH}={HUSH}"})
    kinds = {"data": "application/x-www-form-urlencoded", "json": "application/json", "text": "text/plain"}
    call(box.url, "POST", f"{ROOT}/Applications.json", body, **{"Content-Type": kinds[how]})
    (entry,) = box.requests()
    assert entry.form in ({}, {"(no form)": []})
    assert HUSH not in requests.get(f"{box.url}/_sandbox/requests", timeout=60).text


def test_a_long_form_is_logged_as_far_as_there_is_room(box: Sandbox) -> None:
    """Of hundreds of parameters the first are logged, each whole."""
    call(box.url, "POST", f"{ROOT}/Applications.json", {f"Name{n}": "value" for n in range(500)})
    (entry,) = box.requests()
    assert 100 < len(entry.form) < 500
    assert all(values == ["value"] for values in entry.form.values())


def test_secrets_of_a_query_are_not_logged_nor_dumped(box: Sandbox) -> None:
    """A key that a client puts into a query, or into a webhook's, is in neither."""
    call(box.url, "GET", f"{ROOT}/Applications.json?ApiKey={HUSH}&FriendlyName=a&api_key={HUSH}")
    call(box.url, "POST", f"{ROOT}/Applications.json", {"VoiceUrl": f"https://a.example/?ApiKey={HUSH}&b=1"})
    assert box.requests()[0].query == "ApiKey=&FriendlyName=a&api_key="
    assert HUSH not in json.dumps(box.dump()) + repr(box.requests())
    assert "https://a.example/?ApiKey=&b=1" in json.dumps(box.dump())


def test_the_clock_of_the_wall_is_in_the_log(box: Sandbox, client: Any) -> None:
    """Each entry has when it began and ended in UTC, as far apart as by the monotonic clock."""
    before = time.time()
    client.applications.list()
    after = time.time()
    (entry,) = box.requests()
    began, ended = (datetime.fromisoformat(text).timestamp() for text in (entry.started_at, entry.ended_at))
    assert before - 0.001 <= began <= ended <= after + 0.001
    assert ended - began == pytest.approx(entry.ended - entry.started, abs=0.002)
    assert entry.started_at.endswith("Z")


def test_a_method_is_sought_in_any_case(box: Sandbox, client: Any) -> None:
    """`?method=post` finds what `?method=POST` does."""
    client.applications.create()
    client.applications.list()
    found = [
        requests.get(f"{box.url}/_sandbox/requests?method={word}", timeout=60).json()["count"]
        for word in ("post", "POST", "Get", "delete")
    ]
    assert found == [1, 1, 1, 0]


@pytest.mark.parametrize(
    ("method", "path", "note"),
    [
        ("GET", "/v1/Trunks", "no such path here, see COVERAGE.md"),
        ("GET", "/v1/PhoneNumbers/+15035550100", "no such path here, see COVERAGE.md"),
        ("POST", "/v2/Services", "no such path here, see COVERAGE.md"),
        ("GET", f"{ROOT}/Queues.json", "no such path here, see COVERAGE.md"),
        ("GET", f"{ROOT}/Calls.csv", "no such path here, see COVERAGE.md"),
        ("GET", f"{ROOT}/Calls", "no such path here, see COVERAGE.md"),
        ("POST", f"{ROOT}/Messages/SM{'1' * 32}.json", "no such method here, see COVERAGE.md"),
        ("GET", f"{ROOT}/Calls/CA{'1' * 32}.json", ""),
        ("GET", f"{ROOT}/Calls.json", ""),
    ],
)
def test_what_the_sandbox_lacks_says_so(box: Sandbox, method: str, path: str, note: str) -> None:
    """A path that is not here is Twilio's 404, with a header and a note in the log; what is gone has neither."""
    answer = call(box.url, method, path)
    (entry,) = box.requests()
    assert (answer.headers.get("X-Sandbox", ""), entry.note) == (note, note)
    if note.startswith("no such path"):
        assert (answer.status_code, answer.json()["code"]) == (404, 20404)


def test_the_log_of_an_older_version_is_read_on(tmp_path: Path) -> None:
    """A state file whose log lacks what is new is taken up: its entries stay, without a clock or a form."""
    file = tmp_path / "state.db"
    database = sqlite3.connect(file)
    database.execute(
        "CREATE TABLE request (id INTEGER PRIMARY KEY AUTOINCREMENT, method TEXT NOT NULL, path TEXT NOT NULL, "
        "query TEXT NOT NULL, host TEXT NOT NULL, status INTEGER NOT NULL, started REAL NOT NULL, ended REAL NOT NULL)"
    )
    database.execute("INSERT INTO request VALUES (1, 'GET', '/x', '', '', 404, 1.0, 2.0)")
    database.commit()
    database.close()
    with Sandbox(file) as box, sdk(box.url) as client:
        client.applications.create(friendly_name="new")
        old, new = box.requests()
    assert (old.path, old.started_at, old.ended_at, old.form, old.note) == ("/x", "", "", {}, "")
    assert new.form == {"FriendlyName": ["new"]}


def test_a_refused_stranger_leaves_no_password(box: Sandbox) -> None:
    """A request with a wrong token is logged as 401 with its form, and a password in it is hidden, too."""
    form = {"Username": "ada", "Password": GOOD_PASSWORD}
    path = f"{ROOT}/SIP/CredentialLists/CL{'1' * 32}/Credentials.json"
    requests.post(box.url + path, form, auth=(AUTH[0], "wrong"), timeout=60)
    (entry,) = box.requests()
    assert (entry.status, entry.form) == (401, {"Username": ["ada"], "Password": ["***"]})

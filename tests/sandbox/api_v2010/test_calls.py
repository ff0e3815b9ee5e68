"""Calls on their way, calls that come in, and what the account is notified of."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests

from futel_twilio.sandbox.server import Sandbox
from tests.support.sandbox import ROOT, call, refusal

URL = "https://a.example/"
DOOR = "sip:door@a.sip.twilio.com"


def put(box: Sandbox, **sent: str) -> requests.Response:
    """Do to a call what only a telephone could."""
    return requests.post(f"{box.url}/_sandbox/calls", json=sent, timeout=60)


def made(client: Any) -> Any:
    return client.calls.create(to=DOOR, from_="desk", url=URL)


@pytest.mark.parametrize("sent", ["canceled", "completed"])
def test_a_waiting_call_is_hung_up(client: Any, sent: str) -> None:
    """A call that waits is canceled by either word; then it has an end and no start, and may be deleted."""
    one = made(client)
    assert refusal(one.delete)[:2] == (409, 20409)
    ended = one.update(status=sent)
    assert (ended.status, ended.start_time, ended.duration) == ("canceled", None, "0")
    assert ended.end_time is not None
    assert one.update(status="completed").status == "canceled"
    assert one.delete()
    assert refusal(one.fetch)[:2] == (404, 20404)
    events = client.monitor.v1.events.list()
    assert [row.event_type for row in events] == ["call.status.updated", "call.deleted"]
    assert events[0].event_data == {"status": {"previous": "queued", "updated": "canceled"}}


def test_a_call_under_way_is_completed_and_redirected(box: Sandbox, client: Any) -> None:
    """Only a call under way takes new TwiML; canceled does nothing to it, completed ends it."""
    one = made(client)
    assert refusal(lambda: one.update(url=URL))[:2] == (400, 21220)
    assert put(box, sid=one.sid, status="in-progress").json() == {"sid": one.sid}
    assert one.fetch().start_time is not None
    assert one.update(twiml="<Response/>").status == "in-progress"
    assert one.update(status="canceled").status == "in-progress"
    ended = one.update(status="completed")
    assert (ended.status, ended.end_time is not None) == ("completed", True)
    assert refusal(lambda: one.update(status="queued"))[:2] == (400, 20001)


def test_a_call_comes_in(box: Sandbox, client: Any) -> None:
    """A call that comes in is listed by who called, and by the day it began and ended."""
    sid = put(box, **{"from": DOOR, "to": "+15035550100"}).json()["sid"]
    (one,) = client.calls.list(from_=DOOR)
    assert (one.sid, one.direction, one.status, one.duration) == (sid, "inbound", "completed", "0")
    today = datetime.now(UTC).date()
    tomorrow, yesterday = today + timedelta(days=1), today - timedelta(days=1)

    def listed(**sought: date) -> int:
        return len(client.calls.list(**sought))

    # A test that runs over midnight finds the call on the day before its end.
    assert listed(start_time=today) + listed(start_time=yesterday) == 1
    assert listed(start_time_before=tomorrow + timedelta(days=1)) == 1
    assert listed(start_time_before=yesterday) == 0
    assert listed(start_time_after=yesterday) == 1
    assert listed(end_time_after=tomorrow + timedelta(days=1)) == 0
    assert listed(end_time=tomorrow + timedelta(days=2)) == 0
    assert put(box, **{"from": DOOR, "to": "+15035550100", "status": "busy"}).ok
    assert len(client.calls.list(status="busy")) == 1


@pytest.mark.parametrize(
    "sent",
    [{"sid": "CA" + "0" * 32, "status": "busy"}, {"from": DOOR}, {"from": "a", "to": "b", "status": "dead"}],
)
def test_calls_that_cannot_be_put(box: Sandbox, sent: dict[str, str]) -> None:
    """A call that is not there, has no other end or an unknown status is a 400 that reports it."""
    answer = put(box, **sent)
    assert answer.status_code == 400
    assert answer.json()["message"]


@pytest.mark.parametrize(
    ("was", "wanted", "status"),
    [
        ("completed", "queued", 400),
        ("completed", "in-progress", 400),
        ("busy", "completed", 400),
        ("in-progress", "ringing", 400),
        ("completed", "completed", 200),
        ("ringing", "in-progress", 200),
        ("queued", "no-answer", 200),
    ],
)
def test_a_call_goes_one_way(box: Sandbox, client: Any, was: str, wanted: str, status: int) -> None:
    """From outside, too, a call goes on to its one end: it never comes back to life, nor ends otherwise."""
    one = made(client)
    assert put(box, sid=one.sid, status=was).ok
    answer = put(box, sid=one.sid, status=wanted)
    assert answer.status_code == status
    assert one.fetch().status == (wanted if status == 200 else was)
    assert (
        status == 200 or answer.json()["message"] == f"the call is {was} already, and cannot become {wanted}"
    )


def test_the_parameters_of_a_call_are_judged(box: Sandbox, client: Any) -> None:
    """What Twilio's document restricts is refused when it is wrong, and taken when it is right."""
    good = {"To": DOOR, "From": "desk", "Url": URL}
    for wrong in (
        {"Record": "perhaps"},
        {"Timeout": "601"},
        {"RecordingChannels": "three"},
        {"MachineDetection": "Maybe"},
        {"Byoc": "TK1"},
        {"MachineDetectionTimeout": "x"},
    ):
        assert call(box.url, "POST", f"{ROOT}/Calls.json", good | wrong).json()["code"] == 20001
    assert call(box.url, "POST", f"{ROOT}/Calls.json", good | {"StatusCallback": "x"}).json()["code"] == 21402
    assert client.calls.list() == []
    right = client.calls.create(to=DOOR, from_="desk", url=URL, record=True, trim="do-not-trim", timeout=20)
    assert right.status == "queued"


def test_alerts_are_notifications_too(box: Sandbox, client: Any) -> None:
    """An alert is found among the notifications, by level and day, and under the call that it is about."""
    one, other = made(client), made(client)
    for about, level, on in ((one.sid, "error", "2026-01-02"), ("SD" + "1" * 32, "warning", "2026-01-03")):
        code = {"error": "32202", "warning": "32009"}[level]
        alert = {"error_code": code, "log_level": level, "resource_sid": about, "alert_text": "Msg=none"}
        alert |= {"date_generated": f"{on}T12:00:00Z", "request_method": "GET"}
        assert requests.post(f"{box.url}/_sandbox/alerts", json=alert, timeout=60).ok
    every = client.api.v2010.account.notifications
    assert [(row.log, row.call_sid) for row in every.list()] == [("0", one.sid), ("1", None)]
    assert [row.log for row in every.list(log=1)] == ["1"]
    assert [row.log for row in every.list(message_date=date(2026, 1, 2))] == ["0"]
    assert [row.log for row in every.list(message_date_before=date(2026, 1, 3))] == ["0"]
    assert [row.log for row in every.list(message_date_after=date(2026, 1, 3))] == ["1"]
    (about_one,) = client.calls(one.sid).notifications.list()
    assert client.calls(other.sid).notifications.list() == []
    fetched = client.calls(one.sid).notifications(about_one.sid).fetch()
    assert (fetched.message_text, fetched.error_code, fetched.request_variables) == (
        "Msg=none",
        "32202",
        None,
    )
    assert fetched.uri == f"{ROOT}/Calls/{one.sid}/Notifications/{about_one.sid}.json"
    assert every(about_one.sid).fetch().uri == f"{ROOT}/Notifications/{about_one.sid}.json"
    assert refusal(client.calls(other.sid).notifications(about_one.sid).fetch)[:2] == (404, 20404)
    assert refusal(lambda: client.api.v2010.account.notifications("NO" + "0" * 32).fetch())[:2] == (
        404,
        20404,
    )


def test_a_caller_id_is_asked_for(client: Any) -> None:
    """A request for validation answers a code of six digits, verifies nobody, and keeps nothing."""
    asked = client.validation_requests.create(phone_number="+15035550142")
    assert (asked.friendly_name, asked.phone_number, len(asked.validation_code)) == (
        "(503) 555-0142",
        "+15035550142",
        6,
    )
    assert client.outgoing_caller_ids.list() == []
    box = client.http_client.base
    assert requests.post(f"{box}/_sandbox/caller-ids", json={"phone_number": "+15035550142"}, timeout=60).ok
    again = refusal(lambda: client.validation_requests.create(phone_number="+15035550142"))
    assert again[:2] == (400, 21450)
    assert refusal(lambda: client.validation_requests.create(phone_number="503"))[:2] == (400, 21401)

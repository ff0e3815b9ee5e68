"""API keys, caller IDs and calls of the sandbox, through the SDK."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN
from futel_twilio.sandbox.server import Sandbox
from tests.support.sandbox import ROOT, call, refusal, sdk

NUMBER = "+15035550100"
URL = "https://a.example/"


def verify(box: Sandbox, **sent: str) -> requests.Response:
    return requests.post(f"{box.url}/_sandbox/caller-ids", json=sent, timeout=60)


def test_a_key_shows_its_secret_once(box: Sandbox, client: Any) -> None:
    """Only the create shows the secret; a key is renamed, listed under both names, and removed."""
    made = client.new_keys.create(friendly_name="laptop")
    assert len(made.secret) == 32
    shown = call(box.url, "GET", f"{ROOT}/Keys/{made.sid}.json").json()
    assert sorted(shown) == ["date_created", "date_updated", "friendly_name", "sid"]
    assert client.keys(made.sid).update(friendly_name="desk").friendly_name == "desk"
    listed = call(box.url, "GET", f"{ROOT}/Keys.json").json()["keys"]
    assert [sorted(row) for row in listed] == [sorted(shown)]
    assert [row.sid for row in client.signing_keys.list()] == [made.sid]
    assert client.keys(made.sid).delete()
    assert refusal(client.keys(made.sid).fetch)[:2] == (404, 20404)
    assert client.new_signing_keys.create().friendly_name == ""


def test_a_key_lets_in_until_it_is_deleted(box: Sandbox, client: Any) -> None:
    """A made key reads the account's things with its secret, and with no other; deleted, it is nobody."""
    made = client.new_keys.create()
    with sdk(box.url, made.sid, made.secret, DEFAULT_ACCOUNT_SID) as keyed:
        assert keyed.applications.create(friendly_name="a").account_sid == DEFAULT_ACCOUNT_SID
        with sdk(box.url, made.sid, "0" * 32, DEFAULT_ACCOUNT_SID) as wrong:
            assert refusal(wrong.applications.create)[:2] == (401, 20003)
        made_sid = made.sid
        assert client.keys(made_sid).delete()
        assert refusal(keyed.applications.create)[:2] == (401, 20003)


def test_keys_and_the_account_are_not_for_keys(box: Sandbox, client: Any) -> None:
    """A standard key gets 401/20003 from Keys and from the account itself."""
    made = client.new_keys.create()
    with sdk(box.url, made.sid, made.secret, DEFAULT_ACCOUNT_SID) as keyed:
        assert refusal(keyed.keys(made.sid).fetch) == (401, 20003, "Authenticate")
        assert refusal(keyed.new_keys.create)[:2] == (401, 20003)
        assert refusal(keyed.keys(made.sid).delete)[:2] == (401, 20003)
        assert refusal(keyed.api.v2010.accounts(DEFAULT_ACCOUNT_SID).fetch)[:2] == (401, 20003)
    assert len(client.keys.list()) == 1


def test_keys_refuse(client: Any) -> None:
    """A name over 64 characters is 70001, a malformed SID 70002."""
    assert refusal(lambda: client.new_keys.create(friendly_name="x" * 65))[:2] == (400, 70001)
    assert refusal(client.keys("SK1").fetch)[:2] == (400, 70002)


def test_a_secret_is_kept_nowhere(tmp_path: Path) -> None:
    """The state files, the audit events and the request log hold no secret, and the events no digest."""
    with Sandbox(state=tmp_path / "state.db") as box, sdk(box.url) as client:
        made = client.new_keys.create(friendly_name="laptop")
        with sdk(box.url, made.sid, made.secret, DEFAULT_ACCOUNT_SID) as keyed:
            keyed.applications.create()
        events = [row.event_data for row in client.monitor.v1.events.list(resource_sid=made.sid)]
        assert events == [{"friendly_name": {"previous": None, "updated": "laptop"}}]
        files = [path.read_bytes() for path in tmp_path.iterdir()]
        assert any(made.sid.encode() in content for content in files)
        assert not any(made.secret.encode() in content for content in files)
        assert made.secret not in repr(box.requests())


def test_caller_ids_are_verified_by_the_sandbox(box: Sandbox, client: Any) -> None:
    """A caller ID put there, as by a telephone, is listed, filtered, renamed and removed."""
    assert verify(box, phone_number=NUMBER).ok
    second = verify(box, phone_number="+12065550100", friendly_name="Desk").json()["sid"]
    ids = client.outgoing_caller_ids
    assert [row.friendly_name for row in ids.list()] == ["(503) 555-0100", "Desk"]
    assert [row.sid for row in ids.list(phone_number="+12065550100")] == [second]
    assert [row.sid for row in ids.list(friendly_name="Desk")] == [second]
    assert ids(second).update(friendly_name="Door").friendly_name == "Door"
    assert refusal(lambda: ids(second).update(friendly_name=""))[:2] == (400, 20002)
    assert ids(second).fetch().uri == f"{ROOT}/OutgoingCallerIds/{second}.json"
    assert ids(second).delete()
    assert len(ids.list()) == 1
    assert verify(box, phone_number=NUMBER).status_code == 400
    assert verify(box, phone_number="555").status_code == 400


def test_calls_are_queued_and_listed(client: Any) -> None:
    """A call is 201 and queued, from a number of the account's; the list has its filters."""
    number = client.incoming_phone_numbers.create(phone_number=NUMBER)
    made = client.calls.create(to="+12065550100", from_=NUMBER, url=URL)
    assert (made.status, made.direction, made.phone_number_sid) == ("queued", "outbound-api", number.sid)
    assert (made.to_formatted, made.start_time, made.price) == ("(206) 555-0100", None, None)
    other = client.calls.create(to="sip:door@a.sip.twilio.com", from_="door", twiml="<Response/>")
    listed = client.calls.list
    assert [row.sid for row in listed(to="+12065550100")] == [made.sid]
    assert [row.sid for row in listed(from_="door")] == [other.sid]
    assert (len(listed(status="queued")), len(listed(status="busy"))) == (2, 0)
    assert listed(parent_call_sid=made.sid) == []
    assert listed(start_time_after=datetime(2020, 1, 1, tzinfo=UTC)) == []
    assert listed(end_time_before=datetime(2020, 1, 1, tzinfo=UTC)) == []
    assert client.calls(made.sid).fetch().from_formatted == "(503) 555-0100"


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"From": NUMBER, "Url": URL}, 21201),
        ({"To": NUMBER, "Url": URL}, 21213),
        ({"To": NUMBER, "From": NUMBER}, 21205),
        ({"To": "here", "From": NUMBER, "Url": URL}, 21211),
        ({"To": NUMBER, "From": NUMBER, "Url": URL}, 21210),
        ({"To": NUMBER, "From": NUMBER, "ApplicationSid": "AP" + "0" * 32}, 21218),
        ({"To": NUMBER, "From": NUMBER, "Url": "nothing"}, 21402),
        ({"To": NUMBER, "From": NUMBER, "Twiml": "x" * 4001}, 20001),
    ],
)
def test_what_a_call_refuses(box: Sandbox, form: dict[str, str], code: int) -> None:
    """A call that lacks something, or is from somebody else's number, is a 400 and is not queued."""
    answer = call(box.url, "POST", f"{ROOT}/Calls.json", form)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert call(box.url, "GET", f"{ROOT}/Calls.json").json()["calls"] == []


def test_a_verified_caller_id_may_call(box: Sandbox, client: Any) -> None:
    """A From that is a verified caller ID is as good as an owned number."""
    assert verify(box, phone_number=NUMBER).ok
    assert client.calls.create(to="+12065550100", from_=NUMBER, url=URL).phone_number_sid is None


HOOK = {"destination": "https://a.example/", "method": "POST", "batch_events": False}
LOGGED = "com.twilio.error-logs.error.logged"


def test_sinks_live_and_die(box: Sandbox, client: Any) -> None:
    """A webhook sink is active at once; another is when validated; only the description changes."""
    sinks = client.events.v1.sinks
    made = sinks.create(description="hook", sink_configuration=HOOK, sink_type="webhook")
    assert (made.status, made.sink_configuration) == ("active", HOOK)
    assert made.links["sink_test"] == f"{box.url}/v1/Sinks/{made.sid}/Test"
    assert sinks(made.sid).update(description="web").description == "web"
    other = sinks.create("seg", {"write_key": "hush"}, "segment")
    assert (other.status, other.sink_configuration) == ("initialized", {"write_key": ""})
    assert [row.sid for row in sinks.list(status="initialized")] == [other.sid]
    assert sinks(other.sid).sink_test.create().result == "submitted"
    assert sinks(other.sid).sink_validate.create(test_id="1").result == "valid"
    assert sinks(other.sid).fetch().status == "active"
    assert sinks(made.sid).delete()
    assert refusal(sinks(made.sid).fetch)[:2] == (404, 20404)
    assert refusal(lambda: sinks.create("x", {"destination": "nowhere"}, "webhook"))[:2] == (400, 20001)
    for lacking in (
        {"SinkType": "webhook"},
        {"Description": "x", "SinkType": "webhook", "SinkConfiguration": "x"},
    ):
        assert call(box.url, "POST", "/v1/Sinks", lacking).json()["code"] == 20001


def test_subscriptions_live_and_die(client: Any) -> None:
    """A subscription has its event types; its sink is in use until it is removed, and takes no second."""
    sinks, subscriptions = client.events.v1.sinks, client.events.v1.subscriptions
    sink = sinks.create("hook", HOOK, "webhook").sid
    made = subscriptions.create("errors", sink, [{"type": LOGGED, "schema_version": 2}])
    types = subscriptions(made.sid).subscribed_events
    assert [(row.type, row.schema_version, row.subscription_sid) for row in types.list()] == [
        (LOGGED, 2, made.sid)
    ]
    assert types.create("com.twilio.voice.insights").schema_version == 1
    assert refusal(lambda: types.create(LOGGED))[:2] == (400, 20001)
    assert types(LOGGED).update(schema_version=3).schema_version == 3
    assert types(LOGGED).delete()
    words = f"Sink with SID {sink} is in use"
    assert refusal(lambda: subscriptions.create("x", sink, [{"type": LOGGED}])) == (400, 20001, words)
    assert refusal(sinks(sink).delete) == (400, 20001, words)
    assert (len(sinks.list(in_use=True)), len(sinks.list(in_use=False))) == (1, 0)
    assert subscriptions(made.sid).update(description="all").description == "all"
    assert len(subscriptions.list(sink_sid=sink)) == 1
    assert subscriptions(made.sid).delete()
    assert len(sinks.list(in_use=False)) == 1
    assert sinks(sink).delete()


def test_subscriptions_refuse(client: Any) -> None:
    """A subscription needs an active sink and event types that are JSON objects with a name."""
    create = client.events.v1.subscriptions.create
    waiting = client.events.v1.sinks.create("stream", {}, "kinesis").sid
    sink = client.events.v1.sinks.create("hook", HOOK, "webhook").sid
    for to, types in ((waiting, [{"type": LOGGED}]), ("DG" + "0" * 32, [{"type": LOGGED}]), (sink, [])):
        assert refusal(lambda to=to, types=types: create("x", to, types))[:2] == (400, 20001)  # type: ignore[misc]
    for wrong in ({}, {"type": ""}, {"type": LOGGED, "schema_version": "x"}):
        assert refusal(lambda wrong=wrong: create("x", sink, [wrong]))[:2] == (400, 20001)  # type: ignore[misc]
    assert client.events.v1.sinks.list(in_use=True) == []


def test_the_accounts_are_listed(box: Sandbox, client: Any) -> None:
    """Whoever logs in lists the accounts: its own, whole, in the envelope of v2010; and by name and status."""
    accounts = client.api.v2010.accounts
    (one,) = accounts.list()
    whole = accounts(DEFAULT_ACCOUNT_SID).fetch()
    assert (one.sid, one.status, one.auth_token) == (whole.sid, "active", DEFAULT_AUTH_TOKEN)
    body = call(box.url, "GET", "/2010-04-01/Accounts.json?PageSize=9&Status=active").json()
    assert body.pop("accounts") == [call(box.url, "GET", f"{ROOT}.json").json()]
    link = "/2010-04-01/Accounts.json?Status=active&PageSize=9&Page=0"
    assert body == {
        "end": 0,
        "first_page_uri": link,
        "next_page_uri": None,
        "page": 0,
        "page_size": 9,
        "previous_page_uri": None,
        "start": 0,
        "uri": link,
    }
    assert len(accounts.list(friendly_name="Sandbox")) == 1
    assert accounts.list(friendly_name="sandbox") == accounts.list(status="closed") == []


@pytest.mark.parametrize(
    ("query", "code"),
    [("Status=open", 20001), ("PageSize=0", 20007), ("PageSize=1001", 20007), ("PageToken=PAx", 21481)],
)
def test_a_wrong_list_of_accounts_is_refused(box: Sandbox, query: str, code: int) -> None:
    """A status that is none, a page that is too large and a token that nobody gave are refused."""
    answer = call(box.url, "GET", f"/2010-04-01/Accounts.json?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_key_lists_no_accounts(box: Sandbox, client: Any) -> None:
    """A standard API key may not list accounts, and each account sees itself alone; nothing is made there."""
    key = client.new_keys.create()
    answer = requests.get(f"{box.url}/2010-04-01/Accounts.json", auth=(key.sid, key.secret), timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)
    assert call(box.url, "POST", "/2010-04-01/Accounts.json", {"FriendlyName": "x"}).status_code == 405
    other = "AC" + "9" * 32
    with Sandbox(accounts=[f"{other}:token"]) as two, sdk(two.url, other, "token") as client_of_two:
        assert [one.sid for one in client_of_two.api.v2010.accounts.list()] == [other]

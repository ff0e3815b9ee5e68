"""Test credentials and trial accounts: what they may, what they may not, and that nothing of it is kept."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from futel_twilio.sandbox.defaults import DEFAULT_AUTH_TOKEN, TEST_ACCOUNT_SID
from futel_twilio.sandbox.http.registry import RESOURCES
from futel_twilio.sandbox.server import Sandbox
from tests.support.sandbox import ROOT, call, process, refusal, sdk

ROOT_OF_TESTS = f"/2010-04-01/Accounts/{TEST_ACCOUNT_SID}"
URL = "https://a.example/"
MAGIC = "+15005550006"
OTHER = "+15035550142"


@pytest.fixture
def tester(box: Sandbox) -> Iterator[Any]:
    """The official client with the default test credentials."""
    with sdk(box.url, TEST_ACCOUNT_SID, DEFAULT_AUTH_TOKEN) as made:
        yield made


def ask(box: Sandbox, method: str, path: str) -> tuple[int, Any]:
    auth = (TEST_ACCOUNT_SID, DEFAULT_AUTH_TOKEN)
    answer = requests.request(method, box.url + path, auth=auth, timeout=60)
    return answer.status_code, answer.json()


def test_test_credentials_may_do_three_things(box: Sandbox) -> None:
    """Of all paths of the tables and both verbs, test credentials reach three creates; the rest is 403."""
    forbidden = {
        "code": 20008,
        "message": "Resource not accessible with Test Account Credentials",
        "more_info": "https://www.twilio.com/docs/errors/20008",
        "status": 403,
    }
    reached = set()
    for resource in RESOURCES:
        path = resource.path.replace("<account>", TEST_ACCOUNT_SID).replace("<parent>", "AD" + "0" * 32)
        for method in ("GET", "POST", "DELETE"):
            answer = ask(box, method, path + resource.suffix)
            if answer != (403, forbidden):
                reached.add((method, path.rpartition("/")[2]))
                assert answer[0] == 400  # nothing was sent with it
    assert reached == {("POST", "IncomingPhoneNumbers"), ("POST", "Messages"), ("POST", "Calls")}
    assert ask(box, "GET", f"{ROOT_OF_TESTS}.json") == (403, forbidden)


def test_what_the_numbers_mean_when_one_is_bought(tester: Any) -> None:
    """One number is taken, one is none, one can be bought; an area code has none, another has one."""
    create = tester.incoming_phone_numbers.create
    assert refusal(lambda: create(phone_number="+15005550000"))[:2] == (400, 21422)
    assert refusal(lambda: create(phone_number="+15005550001"))[:2] == (400, 21421)
    assert refusal(lambda: create(area_code="533"))[:2] == (400, 21452)
    assert create(area_code="500").phone_number == MAGIC
    made = create(phone_number=MAGIC, friendly_name="Booth", voice_url=URL)
    assert (made.phone_number, made.friendly_name, made.voice_url) == (MAGIC, "Booth", URL)
    assert refusal(lambda: create(phone_number=MAGIC, voice_url="nothing"))[:2] == (400, 21402)


@pytest.mark.parametrize(
    ("to", "from_", "code"),
    [
        (OTHER, "+15005550001", 21212),
        (OTHER, "+15035550100", 21210),
        ("+15005550001", MAGIC, 21217),
        ("+15005550002", MAGIC, 21214),
        ("+15005550003", MAGIC, 21215),
        ("+15005550004", MAGIC, 21216),
    ],
)
def test_what_the_numbers_mean_when_one_calls(tester: Any, to: str, from_: str, code: int) -> None:
    """Each number that fails a call has its code, and so has every From but the one that works."""
    assert refusal(lambda: tester.calls.create(to=to, from_=from_, url=URL))[:2] == (400, code)


@pytest.mark.parametrize(
    ("to", "from_", "code"),
    [
        (OTHER, "+15005550001", 21212),
        (OTHER, "+15005550007", 21606),
        (OTHER, "+15005550008", 21611),
        (OTHER, "+15035550100", 21606),
        ("+15005550001", MAGIC, 21211),
        ("+15005550002", MAGIC, 21612),
        ("+15005550003", MAGIC, 21408),
        ("+15005550004", MAGIC, 21610),
        ("+15005550009", MAGIC, 21614),
    ],
)
def test_what_the_numbers_mean_when_one_writes(tester: Any, to: str, from_: str, code: int) -> None:
    """Each number that fails a message has its code, and so has every From but the one that works."""
    assert refusal(lambda: tester.messages.create(to=to, from_=from_, body="hi"))[:2] == (400, code)


def test_nothing_of_a_test_is_kept(box: Sandbox, client: Any, tester: Any) -> None:
    """What test credentials make has SIDs of its own and is nowhere afterwards; the numbers stay for sale."""
    before = box.dump()["objects"]
    sids = {tester.calls.create(to=OTHER, from_=MAGIC, url=URL).sid for _ in range(2)}
    sids |= {tester.messages.create(to=OTHER, from_=MAGIC, body="hi").sid for _ in range(2)}
    sids |= {tester.incoming_phone_numbers.create(phone_number="+15035550100").sid for _ in range(2)}
    assert len(sids) == 6
    assert box.dump()["objects"] == before
    assert not sids & set(json.dumps(box.dump()).split('"'))
    assert client.incoming_phone_numbers.create(phone_number="+15035550100").account_sid != TEST_ACCOUNT_SID


def test_live_credentials_have_no_magic(client: Any) -> None:
    """With live credentials those numbers are numbers of nobody: not for sale, and not one's own."""
    assert refusal(lambda: client.incoming_phone_numbers.create(phone_number=MAGIC))[:2] == (400, 21422)
    assert refusal(lambda: client.calls.create(to=OTHER, from_=MAGIC, url=URL))[:2] == (400, 21210)
    assert refusal(lambda: client.messages.create(to=OTHER, from_=MAGIC, body="hi"))[:2] == (400, 21606)


def test_test_credentials_of_ones_own() -> None:
    """More test credentials are given in Python, or as `--test-account`; a key cannot be one."""
    sid = "AC" + "7" * 32
    with Sandbox(test_accounts=[f"{sid}:hush"]) as box, sdk(box.url, sid, "hush") as tester:
        assert refusal(tester.applications.create)[:2] == (403, 20008)
    with process("--test-account", f"{sid}:hush") as (_, url), sdk(url, sid, "hush") as tester:
        assert refusal(tester.applications.create)[:2] == (403, 20008)
    with pytest.raises(ValueError, match="Test credentials"):
        Sandbox(test_accounts=["SK" + "7" * 32 + ":hush"])


def trial(box: Sandbox) -> None:
    assert requests.post(f"{box.url}/_sandbox/settings", json={"account_type": "Trial"}, timeout=60).ok


def test_a_trial_account_is_reported_so(box: Sandbox, client: Any) -> None:
    """The account reads Full until the settings make it a Trial; what is neither is refused."""
    account = client.api.v2010.accounts(client.account_sid)
    assert account.fetch().type == "Full"
    trial(box)
    assert account.fetch().type == "Trial"
    wrong = requests.post(f"{box.url}/_sandbox/settings", json={"account_type": "Gratis"}, timeout=60)
    assert wrong.status_code == 400


def test_a_trial_account_reaches_verified_numbers_only(box: Sandbox, client: Any) -> None:
    """A call and a message of a trial account go to a verified caller ID, and to nobody else; SIP is free."""
    trial(box)
    own = client.incoming_phone_numbers.create(phone_number="+15035550100").phone_number
    unverified = (
        400,
        21219,
        f"The number {OTHER} is unverified. Trial accounts may only make calls to verified numbers.",
    )
    assert refusal(lambda: client.calls.create(to=OTHER, from_=own, url=URL)) == unverified
    assert refusal(lambda: client.messages.create(to=OTHER, from_=own, body="hi"))[:2] == (400, 21608)
    assert client.calls.create(to="sip:door@a.sip.twilio.com", from_=own, url=URL).status == "queued"
    assert requests.post(f"{box.url}/_sandbox/caller-ids", json={"phone_number": OTHER}, timeout=60).ok
    assert client.calls.create(to=OTHER, from_=own, url=URL).status == "queued"
    assert client.messages.create(to=OTHER, from_=own, body="hi").status == "queued"


def test_a_trial_account_holds_one_number(box: Sandbox, client: Any) -> None:
    """The second number of a trial account is refused with 21404."""
    trial(box)
    client.incoming_phone_numbers.create(area_code="503")
    assert refusal(lambda: client.incoming_phone_numbers.create(area_code="503"))[:2] == (400, 21404)


def test_a_message_stays_queued(box: Sandbox, client: Any) -> None:
    """A message is made, counted in parts, listed by its filters and removed; it needs sender and words."""
    own = client.incoming_phone_numbers.create(phone_number="+15035550100").phone_number
    made = client.messages.create(to=OTHER, from_=own, body="x" * 161)
    assert (made.status, made.num_segments, made.direction, made.num_media) == (
        "queued",
        "2",
        "outbound-api",
        "0",
    )
    wide = client.messages.create(to=own, from_=own, body="ü" * 70, media_url=[URL, URL])
    assert (wide.num_segments, wide.num_media) == ("1", "2")
    assert [row.sid for row in client.messages.list(to=OTHER)] == [made.sid]
    assert len(client.messages.list(from_=own)) == 2
    assert made.fetch().body == "x" * 161
    assert made.delete()
    assert refusal(made.fetch)[:2] == (404, 20404)
    whole = {"To": OTHER, "From": own, "Body": "hi"}
    for lacking, code in (("To", 21604), ("From", 21603), ("Body", 21602)):
        form = {key: value for key, value in whole.items() if key != lacking}
        assert call(box.url, "POST", f"{ROOT}/Messages.json", form).json()["code"] == code
    for wrong, code in (({"Body": "x" * 1601}, 21617), ({"To": "here"}, 21211), ({"From": "me"}, 21212)):
        assert call(box.url, "POST", f"{ROOT}/Messages.json", whole | wrong).json()["code"] == code

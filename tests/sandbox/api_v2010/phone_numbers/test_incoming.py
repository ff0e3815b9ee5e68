"""Phone numbers of the sandbox, through the SDK: on offer, bought, configured, registered, released."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import requests

from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID
from futel_twilio.sandbox.server import Sandbox
from tests.sandbox.api_v2010.test_addresses import HOUSE
from tests.support.sandbox import ROOT, call, refusal, sdk

NUMBER = "+15035550100"
TRUNK = "TK" + "a" * 32
ABSENT = "0" * 32


def set_up(box: Sandbox, **settings: Any) -> None:
    assert requests.post(f"{box.url}/_sandbox/settings", json=settings, timeout=60).ok


def seen(read: Callable[[], Any], wanted: Any) -> bool:
    """Whether `read` gives `wanted` within five seconds."""
    end = time.monotonic() + 60
    while read() != wanted and time.monotonic() < end:
        time.sleep(0.01)
    return bool(read() == wanted)


def test_a_new_number_reads_as_recorded(box: Sandbox, client: Any) -> None:
    """A number just bought is in use, named after itself, with the recorded defaults and nulls."""
    made = client.incoming_phone_numbers.create(phone_number=NUMBER)
    body = call(box.url, "GET", f"{ROOT}/IncomingPhoneNumbers/{made.sid}.json").json()
    del body["date_created"], body["date_updated"]
    empty = ("voice_fallback_url", "sms_url", "sms_fallback_url", "status_callback")
    posts = ("voice", "voice_fallback", "sms", "sms_fallback", "status_callback")
    nulls = ("trunk_sid", "emergency_address_sid", "address_sid", "identity_sid", "bundle_sid")
    assert body == {
        "sid": made.sid,
        "account_sid": DEFAULT_ACCOUNT_SID,
        "friendly_name": "(503) 555-0100",
        "phone_number": NUMBER,
        "voice_url": "https://demo.twilio.com/welcome/voice/",
        **dict.fromkeys((*empty, "voice_application_sid", "sms_application_sid"), ""),
        **{f"{name}_method": "POST" for name in posts},
        **dict.fromkeys(nulls),
        "voice_caller_id_lookup": False,
        "address_requirements": "none",
        "beta": False,
        "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
        "voice_receive_mode": "voice",
        "api_version": "2010-04-01",
        "origin": "twilio",
        "emergency_status": "Inactive",
        "emergency_address_status": "unregistered",
        "uri": f"{ROOT}/IncomingPhoneNumbers/{made.sid}.json",
        "status": "in-use",
        "type": "local",
    }


def test_numbers_are_bought_by_area_code(client: Any) -> None:
    """An area code gives its first free number; 500 and 533 are nowhere, and 12 or 911 is no area code."""
    create = client.incoming_phone_numbers.create
    assert [create(area_code="503").phone_number for _ in range(2)] == [NUMBER, "+15035550101"]
    assert create(area_code="800").type == "toll free"
    assert refusal(lambda: create(area_code="500"))[:2] == (400, 21452)
    assert refusal(lambda: create(area_code="533"))[:2] == (400, 21452)
    assert refusal(lambda: create(area_code="911"))[:2] == (400, 21451)
    assert refusal(lambda: create(area_code="12"))[:2] == (400, 21451)
    assert refusal(create)[:2] == (400, 21421)


def test_an_area_code_runs_out(client: Any) -> None:
    """When all hundred numbers of an area code are taken, the next is refused with 21452."""
    for _ in range(100):
        client.incoming_phone_numbers.create(area_code="971")
    assert refusal(lambda: client.incoming_phone_numbers.create(area_code="971"))[:2] == (400, 21452)
    assert client.available_phone_numbers("US").local.list(area_code=971) == []


def test_numbers_that_cannot_be_had(client: Any) -> None:
    """What is no number is 21421; what nobody sells is 21422, the numbers of test credentials among them."""
    create = client.incoming_phone_numbers.create
    words = "+15005550000 is not available"
    assert refusal(lambda: create(phone_number="+15005550000")) == (400, 21422, words)
    assert refusal(lambda: create(phone_number="+15005550006"))[:2] == (400, 21422)
    assert refusal(lambda: create(phone_number="5035550100"))[:2] == (400, 21421)
    assert refusal(lambda: create(phone_number="+15031111000"))[:2] == (400, 21422)
    assert refusal(lambda: create(phone_number="+4930901820"))[:2] == (400, 21422)


def test_any_valid_number_can_be_bought(box: Sandbox, client: Any) -> None:
    """A valid number of a country that the sandbox knows is sold, unless the setting `sold_out` matches it."""
    create = client.incoming_phone_numbers.create
    for number in ("+15032220142", "+13137770142", "+16042220142"):
        made = create(phone_number=number)
        assert (made.phone_number, made.capabilities["voice"]) == (number, True)
    box.settings(sold_out=["+1971*", "+15032220199"])
    for number in ("+19712220142", "+15032220199", "+19715550100"):
        assert refusal(partial(create, phone_number=number))[:2] == (400, 21422)
    assert client.available_phone_numbers("US").local.list(area_code="971") == []
    assert create(phone_number="+15032220198").phone_number == "+15032220198"


@pytest.mark.parametrize("value", ["+1503[", [1], {"a": 1}, 7, ["x" * 30]])
def test_a_pattern_of_sold_out_numbers_is_checked(box: Sandbox, value: Any) -> None:
    """Sold-out numbers are patterns of digits, + and *; anything else is refused."""
    with pytest.raises(ValueError, match="sold_out"):
        box.settings(sold_out=value)


def test_a_number_belongs_to_one_account() -> None:
    """What one account has, another can neither buy nor see."""
    other = "AC" + "1" * 32
    with (
        Sandbox(accounts=[f"{other}:token"]) as box,
        sdk(box.url) as one,
        sdk(box.url, other, "token") as two,
    ):
        made = one.incoming_phone_numbers.create(phone_number=NUMBER)
        assert refusal(lambda: two.incoming_phone_numbers.create(phone_number=NUMBER))[:2] == (400, 21422)
        assert refusal(two.incoming_phone_numbers(made.sid).fetch)[:2] == (404, 20404)
        assert two.available_phone_numbers("US").local.list(contains="5035550100") == []


def test_a_released_number_is_gone(client: Any) -> None:
    """A deleted number is a 404, is not offered again and cannot be bought back."""
    made = client.incoming_phone_numbers.create(phone_number=NUMBER)
    assert made.delete()
    assert refusal(made.fetch)[:2] == (404, 20404)
    assert refusal(made.delete)[:2] == (404, 20404)
    assert refusal(lambda: client.incoming_phone_numbers.create(phone_number=NUMBER))[:2] == (400, 21422)
    assert client.incoming_phone_numbers.create(area_code="503").phone_number == "+15035550101"
    assert client.available_phone_numbers("US").local.list(contains="5035550100") == []


def test_a_number_is_configured(client: Any) -> None:
    """What is sent is set, what is not stays, what is sent empty is cleared."""
    made = client.incoming_phone_numbers.create(
        phone_number=NUMBER, friendly_name="Booth", sms_url="https://a.example/sms", voice_url=""
    )
    assert (made.friendly_name, made.voice_url, made.sms_url) == ("Booth", "", "https://a.example/sms")
    changed = made.update(voice_url="https://a.example/voice", voice_method="GET", sms_url="")
    assert (changed.voice_url, changed.voice_method, changed.sms_url) == (
        "https://a.example/voice",
        "GET",
        "",
    )
    assert changed.friendly_name == "Booth"
    assert changed.update(voice_receive_mode="fax").voice_receive_mode == "fax"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"voice_url": "not a url"}, 21402),
        ({"sms_method": "PUT"}, 21403),
        ({"friendly_name": "x" * 65}, 20002),
        ({"friendly_name": ""}, 20002),
        ({"voice_application_sid": "AP" + ABSENT}, 21420),
        ({"sms_application_sid": "AP" + ABSENT}, 21420),
        ({"sms_fallback_url": "https://a.example/"}, 21406),
        ({"address_sid": "AD" + ABSENT}, 20001),
        ({"emergency_address_sid": "AD" + ABSENT}, 20001),
        ({"account_sid": "AC" + "1" * 32}, 20001),
        ({"voice_receive_mode": "pigeon"}, 20001),
    ],
)
def test_what_a_number_refuses(client: Any, sent: dict[str, str], code: int) -> None:
    """A bad value is a 400 with its code, and changes nothing."""
    made = client.incoming_phone_numbers.create(phone_number=NUMBER)
    assert refusal(lambda: made.update(**sent))[:2] == (400, code)
    assert client.incoming_phone_numbers(made.sid).fetch().date_updated == made.date_updated


def test_application_and_trunk_clear_each_other(client: Any) -> None:
    """Setting VoiceApplicationSid deletes TrunkSid, and the other way round."""
    app = client.applications.create()
    made = client.incoming_phone_numbers.create(phone_number=NUMBER, voice_application_sid=app.sid)
    assert (made.voice_application_sid, made.trunk_sid) == (app.sid, None)
    made = made.update(trunk_sid=TRUNK)
    assert (made.voice_application_sid, made.trunk_sid) == ("", TRUNK)
    made = made.update(voice_application_sid=app.sid)
    assert (made.voice_application_sid, made.trunk_sid) == (app.sid, None)
    assert made.update(voice_application_sid="").voice_application_sid == ""


def test_numbers_are_filtered(client: Any) -> None:
    """PhoneNumber matches a part, with * for a digit; FriendlyName the whole; Beta and Origin too."""
    create, listed = client.incoming_phone_numbers.create, client.incoming_phone_numbers.list
    for number, name in ((NUMBER, "one"), ("+15035550142", "two"), ("+12065550100", "two")):
        create(phone_number=number, friendly_name=name)
    assert len(listed(phone_number="+1503")) == 2
    assert [row.phone_number for row in listed(phone_number="50*555014*")] == ["+15035550142"]
    assert [row.phone_number for row in listed(phone_number="+12065550100")] == ["+12065550100"]
    assert len(listed(friendly_name="two")) == 2
    assert listed(friendly_name="tw") == []
    assert (len(listed(beta=False)), len(listed(beta=True)), len(listed(origin="twilio"))) == (3, 0, 3)


def test_numbers_by_type(box: Sandbox, client: Any) -> None:
    """/Local, /TollFree and /Mobile make and list their own type, show none, and have no single objects."""
    numbers = client.incoming_phone_numbers
    here, free = numbers.local.create(phone_number=NUMBER), numbers.toll_free.create("+18005550100")
    assert here.uri == f"{ROOT}/IncomingPhoneNumbers/{here.sid}.json"
    assert [row.sid for row in numbers.local.list()] == [here.sid]
    assert [row.sid for row in numbers.toll_free.list(phone_number="+1800")] == [free.sid]
    assert numbers.mobile.list() == []
    address = client.addresses.create("Ada", "1 Main St", "Portland", "OR", "97201", "US").sid
    there = numbers.mobile.create("+447700900100", address_sid=address)
    assert [row.sid for row in numbers.mobile.list()] == [there.sid]
    assert {row.sid for row in numbers.list()} == {here.sid, free.sid, there.sid}
    for other in ("+18005550101",):
        assert refusal(partial(numbers.local.create, other))[:2] == (400, 21422)
    for lacking in ({}, {"AreaCode": "503"}):  # an area code is not enough here
        answer = call(box.url, "POST", f"{ROOT}/IncomingPhoneNumbers/Local.json", lacking)
        assert answer.json()["code"] == 21421
    body = call(box.url, "GET", f"{ROOT}/IncomingPhoneNumbers/Local.json").json()
    assert "type" not in body["incoming_phone_numbers"][0]
    assert call(box.url, "GET", f"{ROOT}/IncomingPhoneNumbers/Local/{here.sid}.json").status_code == 404
    assert client.monitor.v1.events.list()[0].links["resource"].endswith(here.uri)


def test_an_emergency_address_registers_and_unregisters(box: Sandbox, client: Any) -> None:
    """Setting the address is pending, then registered; clearing it is pending, then unregistered."""
    set_up(box, emergency_delay_seconds=0.3)
    address = client.addresses.create(**HOUSE, emergency_enabled=True)
    made = client.incoming_phone_numbers.create(area_code="503")
    number = client.incoming_phone_numbers(made.sid)
    made = made.update(emergency_address_sid=address.sid)
    assert (made.emergency_address_sid, made.emergency_address_status) == (
        address.sid,
        "pending-registration",
    )
    assert made.emergency_status == "Inactive"
    assert seen(lambda: number.fetch().emergency_address_status, "registered")
    assert number.update(friendly_name="x").emergency_status == "Active"
    other = client.addresses.create(**HOUSE, emergency_enabled=True)
    assert refusal(lambda: number.update(emergency_address_sid=other.sid))[:2] == (409, 20409)
    made = number.update(emergency_address_sid="")
    assert (made.emergency_address_sid, made.emergency_address_status) == (None, "pending-unregistration")
    assert seen(lambda: number.fetch().emergency_address_status, "unregistered")
    assert number.fetch().emergency_status == "Inactive"


def test_emergency_registration_can_be_made_to_fail(box: Sandbox, client: Any) -> None:
    """With the outcome set to failure both ways end in their failure; a second try can succeed."""
    set_up(box, emergency_delay_seconds=0, emergency_outcome="failure")
    address = client.addresses.create(**HOUSE, emergency_enabled=True)
    number = client.incoming_phone_numbers.create(area_code="503")
    number.update(emergency_address_sid=address.sid)
    assert number.fetch().emergency_address_status == "registration-failure"
    assert number.emergency_status == "Inactive"
    set_up(box, emergency_outcome="success")
    number.update(emergency_address_sid=address.sid)
    assert number.fetch().emergency_address_status == "registered"
    set_up(box, emergency_outcome="failure")
    number.update(emergency_address_sid="")
    assert number.fetch().emergency_address_status == "unregistration-failure"
    assert refusal(client.addresses(address.sid).delete)[:2] == (400, 21625)
    set_up(box, emergency_outcome="success")
    number.update(emergency_address_sid="")
    assert number.fetch().emergency_address_status == "unregistered"


@pytest.mark.parametrize("view", ["local", "mobile", "toll_free", ""])
def test_an_emergency_address_at_purchase_is_ignored(client: Any, view: str) -> None:
    """EmergencyAddressSid in a purchase does nothing, as users told of Twilio; an update sets it."""
    address = client.addresses.create(**HOUSE, emergency_enabled=True)
    numbers = client.incoming_phone_numbers
    phone = {"mobile": "+447700900000", "toll_free": "+18005550100"}.get(view, "+15035550142")
    create = getattr(numbers, view).create if view else numbers.create
    made = create(phone_number=phone, address_sid=address.sid, emergency_address_sid=address.sid)
    assert (made.emergency_address_sid, made.emergency_address_status) == (None, "unregistered")
    assert numbers(made.sid).update(emergency_address_sid=address.sid).emergency_address_sid == address.sid


def test_emergency_settings_are_judged(box: Sandbox) -> None:
    """A delay that is no time and an outcome that is neither of the two change nothing."""
    for wrong in (
        {"emergency_delay_seconds": -1},
        {"emergency_delay_seconds": "x"},
        {"emergency_outcome": "x"},
    ):
        assert requests.post(f"{box.url}/_sandbox/settings", json=wrong, timeout=60).status_code == 400
    found = requests.get(f"{box.url}/_sandbox/settings", timeout=60).json()
    assert (found["emergency_delay_seconds"], found["emergency_outcome"]) == (0.05, "success")


def test_an_address_in_use_stays_as_it_is(box: Sandbox, client: Any) -> None:
    """While a number holds it, an emergency address is neither edited nor deleted; other use forbids a delete."""
    set_up(box, emergency_delay_seconds=0)
    address = client.addresses.create(**HOUSE, emergency_enabled=True)
    number = client.incoming_phone_numbers.create(area_code="503")
    number.update(emergency_address_sid=address.sid)
    assert refusal(lambda: address.update(city="Salem"))[:2] == (400, 21625)
    assert refusal(address.delete)[:2] == (400, 21625)
    number.update(emergency_address_sid="", address_sid=address.sid)
    assert address.update(city="Salem").city == "Salem"
    assert refusal(address.delete)[:2] == (400, 21625)
    number.update(address_sid="")
    assert address.delete()


def test_only_an_address_for_emergencies_is_attached(client: Any) -> None:
    """An address that is not enabled for emergencies is refused, and the number stays unregistered."""
    address = client.addresses.create(**HOUSE)
    number = client.incoming_phone_numbers.create(area_code="503")
    assert refusal(lambda: number.update(emergency_address_sid=address.sid))[:2] == (400, 20001)
    assert number.fetch().emergency_address_status == "unregistered"


def test_dependent_numbers(client: Any) -> None:
    """An address lists the numbers that name it, with capabilities in capitals, and no others."""
    one = client.addresses.create(**HOUSE, emergency_enabled=True)
    two = client.addresses.create(**HOUSE)
    first = client.incoming_phone_numbers.create(area_code="503").update(emergency_address_sid=one.sid)
    second = client.incoming_phone_numbers.create(area_code="503", address_sid=two.sid)
    found = client.addresses(one.sid).dependent_phone_numbers.list()
    assert [(row.sid, row.uri) for row in found] == [(first.sid, first.uri)]
    assert found[0].capabilities == {"Voice": True, "SMS": True, "MMS": True}
    assert [row.sid for row in client.addresses(two.sid).dependent_phone_numbers.list()] == [second.sid]


def test_emergency_status_is_ignored_with_a_warning(client: Any) -> None:
    """EmergencyStatus changes nothing and leaves the alert 22222."""
    number = client.incoming_phone_numbers.create(area_code="503")
    assert number.update(emergency_status="Active").emergency_status == "Inactive"
    alerts = [(row.error_code, row.log_level, row.resource_sid) for row in client.monitor.v1.alerts.list()]
    assert alerts == [("22222", "warning", number.sid)]
    made = client.incoming_phone_numbers.create(area_code="503", emergency_status="Active")
    local = client.incoming_phone_numbers.local.create("+15035550142", emergency_status="Active")
    assert (made.emergency_status, local.emergency_status) == ("Inactive", "Inactive")
    assert [row.resource_sid for row in client.monitor.v1.alerts.list()][:2] == [local.sid, made.sid]


def test_numbers_on_offer(box: Sandbox, client: Any) -> None:
    """A list of two keys: free numbers, filtered by place and pattern; what is bought is no longer there."""
    local = client.available_phone_numbers("US").local
    found = local.list(area_code=503)
    assert len(found) == 30
    assert (found[0].phone_number, found[0].friendly_name) == (NUMBER, "(503) 555-0100")
    assert (found[0].region, found[0].locality, found[0].postal_code) == ("OR", "Portland", "97201")
    assert found[0].capabilities == {"MMS": True, "SMS": True, "voice": True}
    client.incoming_phone_numbers.create(phone_number=NUMBER)
    assert local.list(area_code=503, limit=1)[0].phone_number == "+15035550101"
    body = call(box.url, "GET", f"{ROOT}/AvailablePhoneNumbers/US/Local.json").json()
    assert sorted(body) == ["available_phone_numbers", "uri"]
    assert local.list(area_code=533) == []
    assert {row.locality for row in local.list(in_region="OR")} == {"Portland"}
    assert {row.locality for row in local.list(in_region="OR", contains="*0199")} == {
        "Portland",
        "Salem",
        "Eugene",
    }
    assert {row.region for row in local.list(in_locality="Detroit")} == {"MI"}
    assert {row.locality for row in local.list(in_postal_code="48197")} == {"Ypsilanti"}
    assert {row.iso_country for row in client.available_phone_numbers("CA").local.list()} == {"CA"}


def test_numbers_on_offer_by_pattern(box: Sandbox, client: Any) -> None:
    """Contains is a part of the number with wildcards at its ends; anything else is an invalid pattern."""
    local = client.available_phone_numbers("US").local
    assert [row.phone_number for row in local.list(contains="+1503555014*")][::9] == [
        "+15035550140",
        "+15035550149",
    ]
    assert {row.phone_number[-2:] for row in local.list(contains="0142$")} == {"42"}
    assert len(local.list(contains="503JKL0142")) == 1
    for wrong in ("5", "50*01", "5-5", "1" * 17):
        answer = call(box.url, "GET", f"{ROOT}/AvailablePhoneNumbers/US/Local.json?Contains={wrong}")
        assert (answer.status_code, answer.json()["message"]) == (400, "Invalid Pattern Provided")


@pytest.mark.parametrize(
    ("kind", "country", "first", "last"),
    [
        ("local", "US", "+15035550100", "0199"),
        ("toll_free", "US", "+18005550100", "0199"),
        ("toll_free", "GB", "+448081570000", "999"),
        ("mobile", "GB", "+447700900000", "999"),
        ("local", "GB", "+442079460000", "999"),
    ],
)
def test_every_kind_has_its_numbers(client: Any, kind: str, country: str, first: str, last: str) -> None:
    """Toll-free, mobile and British numbers are on offer, in the same order in every sandbox; 30 at most a search."""
    offered = getattr(client.available_phone_numbers(country), kind)
    found = offered.list(page_size=1000, limit=2000)
    assert (found[0].phone_number, len(found)) == (first, 30)
    assert [len(offered.list(page_size=size, limit=2000)) for size in (1, 29, 31)] == [1, 29, 30]
    assert offered.list(contains=f"{last}$")
    assert {row.iso_country for row in found} == {country}


@pytest.mark.parametrize(
    ("sought", "places"),
    [
        ({"near_number": "+15035550142"}, {"Portland", "Vancouver"}),
        ({"near_number": "+15039999999", "distance": 60}, {"Portland", "Vancouver", "Salem"}),
        ({"near_number": "+14045550100"}, set()),
        ({"near_lat_long": "44.94,-123.04"}, {"Salem"}),
        (
            {"near_lat_long": "44.94, -123.04", "distance": 500, "in_region": "OR"},
            {"Salem", "Portland", "Eugene"},
        ),
        ({"in_lata": "722"}, {"San Francisco", "Oakland"}),
        ({"in_lata": "+15415550100"}, {"Eugene"}),
        ({"in_lata": "340", "in_rate_center": "detroit"}, {"Detroit"}),
        ({"in_postal_code": "+18085550100"}, {"Hilo"}),
        ({"in_region": "+12065550100", "in_locality": "Seattle"}, {"Seattle"}),
        ({"exclude_all_address_required": True, "in_region": "HI"}, {"Hilo"}),
    ],
)
def test_numbers_are_sought_by_where_they_are(client: Any, sought: dict[str, Any], places: set[str]) -> None:
    """Near a number or a point, by LATA and rate center, and by the place of another number."""
    found = client.available_phone_numbers("US").local.list(contains="0142$", **sought)
    assert {row.locality for row in found} == places


def test_where_numbers_are_is_reported(box: Sandbox) -> None:
    """A local number tells its LATA, rate center and position; a toll-free one is nowhere."""
    local = call(box.url, "GET", f"{ROOT}/AvailablePhoneNumbers/US/Local.json?AreaCode=808&PageSize=1").json()
    (one,) = local["available_phone_numbers"]
    assert (one["lata"], one["rate_center"], one["latitude"], one["longitude"]) == (
        "834",
        "HILO",
        19.72,
        -155.09,
    )
    free = call(box.url, "GET", f"{ROOT}/AvailablePhoneNumbers/US/TollFree.json?PageSize=1").json()
    (one,) = free["available_phone_numbers"]
    assert {one[key] for key in ("lata", "rate_center", "latitude", "region", "locality")} == {None}


def test_addresses_that_are_asked_for_can_be_excluded(client: Any) -> None:
    """Numbers that need any, a local or a foreign address are left out by the filter for each."""
    british = client.available_phone_numbers("GB")
    assert british.local.list(limit=1)[0].address_requirements == "local"
    assert british.local.list(exclude_local_address_required=True) == []
    assert len(british.local.list(exclude_foreign_address_required=True, limit=3)) == 3
    assert len(british.mobile.list(exclude_local_address_required=True, limit=3)) == 3
    assert british.mobile.list(exclude_all_address_required=True) == []
    assert len(british.mobile.list(exclude_all_address_required=False, limit=3)) == 3


@pytest.mark.parametrize(
    "query",
    [
        "NearLatLong=Portland",
        "NearLatLong=45",
        "Distance=501",
        "Distance=near",
        "InRateCenter=PORTLAND",
        "ExcludeAllAddressRequired=perhaps",
        "SmsEnabled=perhaps",
        "AreaCode=97",
    ],
)
def test_searches_that_are_refused(box: Sandbox, query: str) -> None:
    """A filter of a value that is none is a 400."""
    answer = call(box.url, "GET", f"{ROOT}/AvailablePhoneNumbers/US/Local.json?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, 20001)


def test_some_numbers_need_an_address(client: Any) -> None:
    """A British mobile number needs an address of anywhere, a London one of Britain; neither gives it up."""
    create = client.incoming_phone_numbers.create
    here = client.addresses.create("Ada", "1 Main St", "Portland", "OR", "97201", "US").sid
    there = client.addresses.create("Ada", "1 High St", "London", "England", "E1 6AN", "GB").sid
    assert refusal(lambda: create(phone_number="+447700900000"))[:2] == (400, 21631)
    assert refusal(lambda: create(phone_number="+442079460000"))[:2] == (400, 21631)
    assert refusal(lambda: create(phone_number="+442079460000", address_sid=here))[:2] == (400, 21615)
    mobile = create(phone_number="+447700900000", address_sid=here)
    local = create(phone_number="+442079460000", address_sid=there)
    assert (mobile.type, mobile.address_requirements, mobile.friendly_name) == (
        "mobile",
        "any",
        "+447700900000",
    )
    assert (local.type, local.address_requirements) == ("local", "local")
    assert refusal(lambda: mobile.update(address_sid=""))[:2] == (400, 21631)
    assert refusal(lambda: local.update(address_sid=here))[:2] == (400, 21615)
    assert create(area_code="503").address_requirements == "none"


def test_countries_on_offer(box: Sandbox, client: Any) -> None:
    """Three countries have numbers, each links to its kinds; what a country has not is not found."""
    assert [row.country_code for row in client.available_phone_numbers.list()] == ["US", "CA", "GB"]
    kinds = {"US": ["local", "toll_free"], "GB": ["local", "mobile", "toll_free"]}
    for code, there in kinds.items():
        assert sorted(client.available_phone_numbers(code).fetch().subresource_uris) == there
    assert client.available_phone_numbers("US").fetch().country == "United States"
    for absent in ("US/Mobile", "CA/Mobile", "US/National", "ZZ/Local", "ZZ"):
        answer = call(box.url, "GET", f"{ROOT}/AvailablePhoneNumbers/{absent}.json")
        assert (answer.status_code, answer.json()["code"]) == (404, 20404)

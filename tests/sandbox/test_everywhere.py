"""What holds at every path of the tables: pages, methods, absent things, the missing suffix, limits."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import requests

from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID
from futel_twilio.sandbox.engine.tables import Endpoint, Resource
from futel_twilio.sandbox.http.registry import ENDPOINTS, LIMITS, RESOURCES
from futel_twilio.sandbox.server import Sandbox
from tests.support.sandbox import GOOD_PASSWORD, ROOT, call, refusal, sdk

ABSENT = "0" * 32
OWNERS = {
    "domain": ("/SIP/Domains.json", {"DomainName": "a.sip.twilio.com"}),
    "credential_list": ("/SIP/CredentialLists.json", {"FriendlyName": "phones"}),
    "ip_access_control_list": ("/SIP/IpAccessControlLists.json", {"FriendlyName": "office"}),
    "address": (
        "/Addresses.json",
        {
            "CustomerName": "Ada",
            "Street": "1 Main St",
            "City": "Portland",
            "Region": "OR",
            "PostalCode": "97201",
            "IsoCountry": "US",
        },
    ),
    "call": ("/Calls.json", {"To": "sip:a@a.sip.twilio.com", "From": "b", "Url": "https://a.example/"}),
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with Sandbox() as box:
        yield box.url


@pytest.fixture(scope="module")
def owners(url: str) -> dict[str, str]:
    """The SID of one thing of each kind that others live in."""
    made = {kind: call(url, "POST", ROOT + path, form).json()["sid"] for kind, (path, form) in OWNERS.items()}
    hook = {
        "Description": "a",
        "SinkType": "webhook",
        "SinkConfiguration": '{"destination": "https://a.example"}',
    }
    sink = call(url, "POST", "/v1/Sinks", hook).json()["sid"]
    types = '{"type": "com.twilio.voice.insights.call-summary.complete"}'
    subscription = {"Description": "a", "SinkSid": sink, "Types": types}
    return made | {"subscription": call(url, "POST", "/v1/Subscriptions", subscription).json()["sid"]}


def filled(path: str, resource: Resource, owners: dict[str, str]) -> str:
    parent = owners.get(resource.parent, "")
    return path.replace("<account>", DEFAULT_ACCOUNT_SID).replace("<parent>", parent)


LISTS = pytest.mark.parametrize(
    "resource",
    [row for row in RESOURCES if "list" in row.verbs],
    ids=lambda row: row.path.rpartition("<account>")[2],
)


@LISTS
def test_every_list_judges_its_pages(url: str, owners: dict[str, str], resource: Resource) -> None:
    """PageSize 1 to 1000 is taken, beyond it 20007; a token of no list, or of another one, is 21481."""
    path = filled(resource.path + resource.suffix, resource, owners)
    body = call(url, "GET", f"{path}?PageSize=1000").json()
    assert isinstance(body[resource.key], list)
    assert (body.get("meta") or body)["page_size"] == 1000
    for query, code in (("PageSize=1001", 20007), ("PageSize=0", 20007), ("PageToken=PAXX1", 21481)):
        answer = call(url, "GET", f"{path}?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, code), query


@pytest.mark.parametrize("resource", [row for row in RESOURCES if row.parent], ids=lambda row: row.path)
def test_a_list_of_nobody_is_not_found(url: str, resource: Resource) -> None:
    """A list whose owner is not there is 404/20404, with the path in the message."""
    path = resource.path.replace("<account>", DEFAULT_ACCOUNT_SID).replace("<parent>", "XX" + ABSENT)
    answer = call(url, "GET", path + resource.suffix)
    body = answer.json()
    assert (answer.status_code, body["code"]) == (404, 20404)
    assert body["message"] == f"The requested resource {path}{resource.suffix} was not found"


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda row: row.path.rpartition("<account>")[2])
def test_every_absent_thing_is_not_found(url: str, owners: dict[str, str], resource: Resource) -> None:
    """What is not there is 404/20404 to a fetch, an update and a delete; a verb that is not there is 405/20004."""
    item = filled(f"{resource.path}/{resource.prefix or 'ZZ'}{ABSENT}{resource.suffix}", resource, owners)
    verbs = {"GET": "fetch", "POST": "update", "DELETE": "delete"}
    has_items = {"fetch", "update", "delete"} & set(resource.verbs)
    for method, verb in verbs.items():
        answer = call(url, method, item)
        expected = (404, 20404) if verb in resource.verbs or not has_items else (405, 20004)
        assert (answer.status_code, answer.json()["code"]) == expected, (method, item)
    for method in ("PUT", "PATCH"):
        collection = filled(resource.path + resource.suffix, resource, owners)
        answer = call(url, method, collection)
        assert (answer.status_code, answer.json()["code"]) == (405, 20004)


ROWS: tuple[Resource | Endpoint, ...] = (*RESOURCES, *ENDPOINTS)
V2010 = [row.path for row in ROWS if row.product == "api"]


@pytest.mark.parametrize("path", sorted(set(V2010)))
def test_every_path_without_its_suffix_says_so(url: str, path: str) -> None:
    """Where Twilio would answer in XML, the sandbox says that it has none, and what to add."""
    for name, value in (("<account>", DEFAULT_ACCOUNT_SID), ("<parent>", "XX" + ABSENT), ("<country>", "US")):
        path = path.replace(name, value)
    answer = call(url, "GET", path.replace("<sid>", "XX" + ABSENT))
    assert answer.status_code == 404
    assert (
        answer.json()["message"]
        == f"{path} would be answered in XML, which this sandbox lacks: add .json to it"
    )


def test_every_product_has_its_own_host(url: str) -> None:
    """A path that is asked of another of Twilio's hosts is not found, and every host is on the one port."""
    for resource in RESOURCES:
        if resource.parent or "list" not in resource.verbs:
            continue
        path = resource.path.replace("<account>", DEFAULT_ACCOUNT_SID) + resource.suffix
        for host in ("api", "voice", "monitor", "events"):
            answer = call(url, "GET", path, **{"X-Original-Host": f"{host}.twilio.com"})
            assert answer.status_code == (200 if host == resource.product else 404), (host, path)


def _fill(client: Any, kind: str) -> Any:
    """Makes one more of a kind each time it is called, and says which."""
    sip, number = client.sip, iter(range(100))
    if kind == "credential":
        phones = sip.credential_lists.create(friendly_name="phones")
        return lambda: phones.credentials.create(f"u{next(number)}", GOOD_PASSWORD)
    if kind == "ip_address":
        office = sip.ip_access_control_lists.create(friendly_name="office")
        return lambda: office.ip_addresses.create("door", f"192.0.2.{next(number)}")
    return {
        "application": client.applications.create,
        "domain": lambda: sip.domains.create(domain_name=f"d{next(number)}.sip.twilio.com"),
        "credential_list": lambda: sip.credential_lists.create(friendly_name=f"l{next(number)}"),
        "ip_access_control_list": lambda: sip.ip_access_control_lists.create(
            friendly_name=f"a{next(number)}"
        ),
    }[kind]


CODES = {
    "application": 20001,
    "domain": 21230,
    "credential_list": 21239,
    "credential": 21242,
    "ip_access_control_list": 21255,
    "ip_address": 21237,
}


@pytest.mark.parametrize("kind", sorted(LIMITS))
def test_every_limit_has_its_code(kind: str) -> None:
    """Beyond a limit the create is a 400 with its code; what goes makes room again; other lists are not full."""
    with Sandbox(limits={kind: 2}) as box, sdk(box.url) as client:
        make = _fill(client, kind)
        first, _ = make(), make()
        assert refusal(make)[:2] == (400, CODES[kind])
        assert first.delete() if hasattr(first, "delete") else True
        assert make().sid
        assert refusal(make)[:2] == (400, CODES[kind])


def test_limits_are_of_an_account_or_of_a_list() -> None:
    """Another account, and another list of the same account, has room apart."""
    other = "AC" + "1" * 32
    with (
        Sandbox(limits={"application": 1, "credential": 1}, accounts=[f"{other}:token"]) as box,
        sdk(box.url) as one,
        sdk(box.url, other, "token") as two,
    ):
        one.applications.create()
        assert two.applications.create().account_sid == other
        lists = [one.sip.credential_lists.create(friendly_name=name) for name in "ab"]
        for made in lists:
            made.credentials.create("u", GOOD_PASSWORD)
            assert refusal(partial(made.credentials.create, "v", GOOD_PASSWORD))[:2] == (400, 21242)


@pytest.mark.parametrize("query", ["x=1", "Unknown=%00", "friendlyname=a"])
def test_unknown_parameters_of_a_list_are_ignored(url: str, query: str) -> None:
    """Parameters of a query that a list does not know are as if they were not there."""
    answer = call(url, "GET", f"{ROOT}/Applications.json?{query}")
    assert answer.status_code == 200
    assert requests.get(f"{url}{ROOT}/Applications.json?{query}", timeout=60).status_code == 401


def _filtered(client: Any) -> Iterator[tuple[str, Any, dict[str, Any], int]]:
    """A list, one of its filters, and how many of what is there it leaves."""
    triggers = client.usage.triggers
    for category, recurring, by in (("calls", "daily", "count"), ("totalprice", "monthly", "price")):
        triggers.create("https://a.example/", "1", category, recurring=recurring, trigger_by=by)
    for sought in ({"recurring": "daily"}, {"trigger_by": "price"}, {"usage_category": "calls"}):
        yield "triggers", triggers.list, sought, 1
    yield "triggers", triggers.list, {"recurring": "daily", "trigger_by": "price"}, 0
    order = [{"iso_code": "LV", "high_risk_special_numbers_enabled": True}]
    order.append({"iso_code": "EE", "high_risk_tollfraud_numbers_enabled": True})
    permissions = client.voice.v1.dialing_permissions
    permissions.bulk_country_updates.create(update_request=json.dumps(order))
    countries = permissions.countries.list
    yield "countries", countries, {"high_risk_special_numbers_enabled": True}, 1
    yield "countries", countries, {"high_risk_tollfraud_numbers_enabled": True, "iso_code": "EE"}, 1
    yield "countries", countries, {"iso_code": "LV", "low_risk_numbers_enabled": True}, 0
    place = ("1 Main St", "Portland", "OR", "97201", "US")
    client.addresses.create("Ada", *place, friendly_name="one", emergency_enabled=True)
    client.addresses.create("Bo", *place, friendly_name="two")
    addresses = client.addresses.list
    for name, value in (("customer_name", "Ada"), ("friendly_name", "two"), ("emergency_enabled", False)):
        yield "addresses", addresses, {name: value}, 1
    yield "addresses", addresses, {"iso_country": "US"}, 2
    yield "addresses", addresses, {"iso_country": "CA"}, 0
    client.applications.create(friendly_name="x")
    yield "applications", client.applications.list, {"friendly_name": "x"}, 1
    yield "applications", client.applications.list, {"friendly_name": "X"}, 0


def test_filters_leave_what_they_ask_for() -> None:
    """Each filter alone and with another leaves what meets it, and nothing else."""
    with Sandbox() as box, sdk(box.url) as client:
        for name, listed, sought, many in _filtered(client):
            assert len(listed(**sought)) == many, (name, sought)

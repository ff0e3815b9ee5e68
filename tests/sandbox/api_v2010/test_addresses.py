"""Addresses of the sandbox, through the SDK."""

from typing import Any

import pytest

from futel_twilio.sandbox.server import Sandbox
from tests.support.sandbox import ROOT, call, refusal

HOUSE = {
    "customer_name": "Example Co",
    "street": "100 Example St",
    "city": "Portland",
    "region": "OR",
    "postal_code": "97201",
    "iso_country": "US",
}
FORM = {
    "CustomerName": "Example Co",
    "Street": "100 Example St",
    "City": "Portland",
    "Region": "OR",
    "PostalCode": "97201",
    "IsoCountry": "US",
}


def test_addresses_live_and_die(client: Any) -> None:
    """An address is made, read, changed and removed; only one for emergencies is validated."""
    made = client.addresses.create(**HOUSE, emergency_enabled=True, friendly_name="Booth")
    assert (made.validated, made.verified, made.emergency_enabled) == (True, False, True)
    assert made.uri == f"{ROOT}/Addresses/{made.sid}.json"
    changed = client.addresses(made.sid).update(city="Salem", street_secondary="Booth 2")
    assert (changed.city, changed.street_secondary, changed.street) == ("Salem", "Booth 2", HOUSE["street"])
    assert client.addresses(made.sid).fetch().city == "Salem"
    assert made.delete()
    assert refusal(client.addresses(made.sid).fetch)[:2] == (404, 20404)
    assert client.addresses.create(**HOUSE).validated is False


def test_addresses_are_filtered(client: Any) -> None:
    """The four filters of the list match whole values."""
    one = client.addresses.create(**HOUSE, friendly_name="one")
    two = client.addresses.create(
        **{**HOUSE, "iso_country": "CA", "customer_name": "Other"}, emergency_enabled=True
    )
    listed = client.addresses.list
    assert [row.sid for row in listed(friendly_name="one")] == [one.sid]
    assert [row.sid for row in listed(customer_name="Other")] == [two.sid]
    assert [row.sid for row in listed(emergency_enabled=True)] == [two.sid]
    assert [row.sid for row in listed(iso_country="US")] == [one.sid]


@pytest.mark.parametrize("name", sorted(FORM))
def test_addresses_need_six_parts(box: Sandbox, name: str) -> None:
    """A create without one of the six required parameters, or with an empty one, is a 400."""
    lacking = {key: value for key, value in FORM.items() if key != name}
    for form in (lacking, {**FORM, name: ""}):
        answer = call(box.url, "POST", f"{ROOT}/Addresses.json", form)
        assert (answer.status_code, answer.json()["code"]) == (400, 20001)


def test_names_of_emergency_addresses_are_short(client: Any) -> None:
    """64 characters for a FriendlyName, 32 when the address is for emergencies; a customer has 64 bytes."""
    create = client.addresses.create
    long = create(**HOUSE, friendly_name="x" * 64)
    assert refusal(lambda: create(**HOUSE, friendly_name="x" * 65))[:2] == (400, 20002)
    assert refusal(lambda: long.update(emergency_enabled=True))[:2] == (400, 20002)
    assert create(**HOUSE, friendly_name="x" * 32, emergency_enabled=True).sid
    many = {**HOUSE, "customer_name": "\N{WHITE SMILING FACE}" * 22}
    assert refusal(lambda: create(**many, emergency_enabled=True))[0] == 400
    assert create(**many).sid


IMPOSSIBLE = (
    {"postal_code": "9720"},
    {"postal_code": "972011"},
    {"postal_code": "97201-12"},
    {"postal_code": "ABCDE"},
    {"postal_code": "٩٧٢٠١"},
    {"region": "ZZ"},
    {"region": "Orogen"},
    {"region": "ON"},
)
POSSIBLE = (
    {"postal_code": "97201-1234"},
    {"region": "or"},
    {"region": "Oregon"},
    {"region": "DC", "postal_code": "20001"},
    {"region": "PR", "postal_code": "00901"},
    {"iso_country": "CA", "region": "ON", "postal_code": "M5H 2N2"},
)


@pytest.mark.parametrize("wrong", IMPOSSIBLE)
def test_an_emergency_address_that_cannot_be_is_refused(client: Any, wrong: dict[str, str]) -> None:
    """In the US a postal code that is none and a region that is no state are 21628, made or changed to; never kept."""
    place = {**HOUSE, **wrong}
    assert refusal(lambda: client.addresses.create(**place, emergency_enabled=True))[:2] == (400, 21628)
    plain = client.addresses.create(**place)
    assert refusal(lambda: plain.update(emergency_enabled=True))[:2] == (400, 21628)
    good = client.addresses.create(**HOUSE, emergency_enabled=True)
    assert refusal(lambda: good.update(**wrong))[:2] == (400, 21628)
    assert good.fetch().postal_code == HOUSE["postal_code"]
    assert [row.sid for row in client.addresses.list(emergency_enabled=True)] == [good.sid]


@pytest.mark.parametrize("right", POSSIBLE)
def test_an_emergency_address_that_can_be_is_taken(client: Any, right: dict[str, str]) -> None:
    """Nine digits, a state by its name or in small letters, a territory, and another country's codes pass."""
    made = client.addresses.create(**{**HOUSE, **right}, emergency_enabled=True)
    assert all(getattr(made, name) == value for name, value in right.items())


def test_addresses_are_corrected_or_refused_with_a_suggestion(client: Any) -> None:
    """21628 for a wrong street; 21629 with a suggestion when it may not be corrected; else its correction."""
    create = client.addresses.create
    wrong = {**HOUSE, "street": "1 does not exist St"}
    assert refusal(lambda: create(**wrong))[:2] == (400, 21628)
    unclear = {**HOUSE, "street": "100 needs correction Example St"}
    status, code, words = refusal(lambda: create(**unclear, auto_correct_address=False))
    assert (status, code) == (400, 21629)
    assert words.startswith("Failed to validate address. Check the suggested address. | FriendlyName: ,")
    assert "Street: 100 Example St, City: Portland" in words
    assert create(**unclear).street == "100 Example St"
    assert create(**unclear, auto_correct_address=True).street == "100 Example St"
    assert len(client.addresses.list()) == 2

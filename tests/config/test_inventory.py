"""The client inventory and clients.toml: who the phones are, and what each of them has at Twilio."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from futel_twilio.config import e164, estate, inventory, phone_resources
from futel_twilio.errors import BadInput
from futel_twilio.resources.phones import Address, PhoneClient
from tests.conftest import copy_estate, invoke
from tests.support.paths import ESTATE
from tests.support.phones import EXTERNAL, phones

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox

DESIRED = estate.load_estate(ESTATE / "estate.toml")
HERE = Address("one", "Futel", "1 SW Example St", "Portland", "OR", "97201")


def client(
    name: str, number: str = "+15035550101", *, emergency: bool = False, env: str = "prod"
) -> PhoneClient:
    """A client, with its own address if it may call 911."""
    return PhoneClient(
        name,
        "outgoing",
        number,
        emergency,
        env,
        address=replace(HERE, friendly_name=name) if emergency else None,
    )


def test_the_files_say_who_the_phones_are() -> None:
    """Each phone has what the inventory says, its place and device of clients.toml, and defaults for the rest."""
    alder, birch, cedar, dogwood, elm = DESIRED.clients
    assert [c.environment for c in DESIRED.clients] == ["prod", "prod", "prod", "stage", "prod"]
    assert (alder.device, cedar.device) == ("Grandstream HT801", "")
    assert alder.address == Address("alder-street", "Futel", "1 SW Example St", "Portland", "OR", "97201")
    assert birch.address is not None
    assert birch.address.name == "200 SE SAMPLE AVE PORCH, PORTLAND, OR 97202, US"
    assert (dogwood.dialtone_ivr, elm.dialtone_ivr) == ("outgoing_portland", None)
    assert DESIRED.external_numbers == {"+15035550199"}


def test_what_the_phones_need() -> None:
    """A credential for each phone, a number for each that the account has to hold, an address for each with 911."""
    assert [c.username for c in DESIRED.credentials] == [c.name for c in DESIRED.clients]
    numbers = {n.phone_number: n for n in DESIRED.numbers}
    assert set(numbers) == {"+15035550101", "+15035550102", "+15035550103"}
    alder, dogwood = numbers["+15035550101"], numbers["+15035550103"]
    assert (alder.friendly_name, alder.voice_application) == ("alder-street", "incoming-prod")
    assert (dogwood.friendly_name, dogwood.voice_application) == ("dogwood-stage", "incoming-stage")
    assert {(n.sms_url, n.sms_application, n.trunk_sid) for n in numbers.values()} == {("", "", "")}
    assert (alder.emergency_address, dogwood.emergency_address) == (
        "1 SW EXAMPLE ST, PORTLAND, OR 97201, US",
        None,
    )
    assert len(DESIRED.addresses) == 2


def test_a_shared_number_is_called_by_who_calls_911() -> None:
    """Of the phones that share a number, the one with 911 names it; without one, the first of the inventory."""
    plain, other, caller = client("plain"), client("other"), client("caller", emergency=True)
    assert phone_resources.names_number([plain, other]) is plain
    assert phone_resources.names_number([plain, caller, other]) is caller
    (number,) = phone_resources.desired_numbers([plain, caller], (), "incoming-{env}")
    assert (number.friendly_name, number.emergency_address) == ("caller", HERE.name)


def test_phones_at_one_address_share_it() -> None:
    """Two phones at one place desired state for one address, and each number tells it."""
    one = client("one", emergency=True)
    two = client("two", "+15035550102", emergency=True)
    assert len(phone_resources.desired_addresses([one, two])) == 1
    numbers = phone_resources.desired_numbers([one, two], (), "incoming-{env}")
    assert {n.emergency_address for n in numbers} == {HERE.name}


FAULTS = {
    "well": ([client("one", emergency=True), client("two", "+15035550102")], []),
    "911 without an address": (
        [replace(client("one", emergency=True), address=None)],
        ["there is no address"],
    ),
    "911 from another carrier": ([client("one", EXTERNAL, emergency=True)], ["at another carrier"]),
    "two with 911 on one number": (
        [client("one", emergency=True), client("two", emergency=True)],
        ["one and two: 911 is on for both with one number"],
    ),
    "one with 911 on a shared number": ([client("one", emergency=True), client("two")], []),
    "two environments on one number": (
        [client("one"), client("two", env="stage")],
        ["different environments"],
    ),
    "two environments on an external number": (
        [client("one", EXTERNAL), client("two", EXTERNAL, env="stage")],
        [],
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_does_not_go_together(name: str) -> None:
    """What neither file says alone: where help would not find a phone, or would go to the wrong one."""
    clients, says = FAULTS[name]
    found = list(inventory.faults_between(clients, {EXTERNAL}))
    assert len(found) == len(says)
    for words, fault in zip(says, found, strict=True):
        assert words in fault


@pytest.mark.parametrize("number", ["+15035550100", "+447700900123", "+81312345678"])
def test_what_is_a_number(number: str) -> None:
    """A number in E.164 is taken, of any country."""
    assert e164.is_e164(number)


@pytest.mark.parametrize(
    "number",
    [
        "",
        "+",
        "+15550100",
        "15035550100",
        "503-555-0100",
        "+1 503 555 0100",
        "+1503555010",
        "+150355501000",
        "+15035550100x",
    ],
)
def test_what_is_none(number: str) -> None:
    """Anything that is not a whole number in E.164, and just that, is none."""
    assert not e164.is_e164(number)


@given(st.text(max_size=20))
def test_only_digits_are_a_number(text: str) -> None:
    """Whatever is taken for a number is a plus and digits, and nothing else."""
    assert not e164.is_e164(text) or (text[0] == "+" and text[1:].isascii() and text[1:].isdecimal())


def test_an_inventory_without_details(here: Path) -> None:
    """Where no phone may call 911, clients.toml may be missing; keys that only the dialplans know are let be."""
    entries = {
        "one": {"outgoing": "x", "caller_id": "+15035550101", "enable_emergency": False, "theirs": [1]}
    }
    (here / "extensions.json").write_text(json.dumps(entries))
    (here / "clients.toml").unlink()
    (one,) = estate.load_estate(here / "estate.toml").clients
    assert (one.name, one.environment, one.address) == ("one", "prod", None)


def test_an_estate_without_clients(here: Path) -> None:
    """An estate that names no inventory has no clients, and has nothing of theirs."""
    text = (here / "estate.toml").read_text()
    start, end = text.index("[clients]"), text.index("# What the audit checks")
    (here / "estate.toml").write_text(text[:start] + text[end:])
    desired = estate.load_estate(here / "estate.toml")
    assert (desired.clients, desired.numbers, desired.credentials, desired.addresses) == ((), (), (), ())


def test_an_inventory_of_the_shape_that_futels_has(tmp_path: Path) -> None:
    """51 phones, 24 with 911 and 28 numbers, one of them with another carrier, are read without a fault."""
    copy_estate(tmp_path)
    phones().write(tmp_path)
    desired = estate.load_estate(tmp_path / "estate.toml")
    assert len(desired.clients) == 51
    assert sum(c.enable_emergency for c in desired.clients) == 24
    assert len({c.caller_id for c in desired.clients}) == 28
    assert sorted(len(group) for group in phone_resources.by_number(desired.clients).values())[-2:] == [2, 23]
    assert (len(desired.credentials), len(desired.numbers), len(desired.addresses)) == (51, 27, 24)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999", "[1, -1e400]", '{"deep": NaN}'])
def test_no_number_of_the_inventory_is_none(word: str, here: Path) -> None:
    """What Python takes for a number and JSON does not is refused, in keys that only the dialplans know too."""
    path = here / "extensions.json"
    path.write_text(path.read_text().replace('"outgoing":', f'"theirs": {word}, "outgoing":', 1))
    with pytest.raises(BadInput) as caught:
        estate.load_estate(here / "estate.toml")
    (fault,) = caught.value.faults
    assert fault.startswith("extensions.json: cannot be read as JSON: ")
    assert fault.endswith("is no number of JSON")


def test_a_fault_of_the_inventory_has_its_line(here: Path) -> None:
    """A fault of extensions.json has the line of its member, whatever the layout; of two phones, that of the first."""
    path = here / "extensions.json"
    text = path.read_text().replace('"caller_id": "+15035550102"', '"caller_id": "503"')
    path.write_text(text.replace("\n", "\r\n"), newline="")
    number = 1 + text[: text.index('"503"')].count("\n")
    faults = inventory.read_inventory(path, None, "prod").faults
    assert f"(line {number})" in next(fault for fault in faults if "birch-corner.caller_id" in fault)
    path.write_text('{"a": {"outgoing": "x", "caller_id": "1", "enable_emergency": false},\n "b": 7}')
    assert [
        fault[-8:] for fault in inventory.read_inventory(path, None, "prod").faults if fault.startswith("ext")
    ] == [
        "(line 2)",
        "(line 1)",
    ]


def test_a_placeholder_is_no_phone(here: Path) -> None:
    """An entry with `placeholder = true` gets no credential, number or address, and is no fault whatever it says."""
    path = here / "extensions.json"
    entries = json.loads(path.read_text())
    entries["hot-leet"] = {"outgoing": "outgoing_safe", "caller_id": "+15035550101", "enable_emergency": True}
    path.write_text(json.dumps(entries))
    before = estate.load_estate(ESTATE / "estate.toml")
    with pytest.raises(BadInput, match="fault"):
        estate.load_estate(here / "estate.toml")
    with (here / "clients.toml").open("a") as file:
        file.write("\n[client.hot-leet]\nplaceholder = true\n")
    loaded = estate.load_estate(here / "estate.toml")
    assert loaded.placeholders == {"hot-leet"}
    assert (loaded.clients, loaded.numbers, loaded.credentials) == (
        before.clients,
        before.numbers,
        before.credentials,
    )


@pytest.mark.parametrize("command", ["add-client", "update-client", "delete-client", "create-credential"])
def test_a_placeholder_is_named_where_a_phone_is_asked_for(here: Path, at_box: Sandbox, command: str) -> None:
    """A command about a placeholder is refused, says that it is one, and writes nothing."""
    path = here / "extensions.json"
    entries = json.loads(path.read_text())
    entries["hot-leet"] = {
        "outgoing": "outgoing_safe",
        "caller_id": "+15035550199",
        "enable_emergency": False,
    }
    path.write_text(json.dumps(entries))
    with (here / "clients.toml").open("a") as file:
        file.write("\n[client.hot-leet]\nplaceholder = true\n")
    ended = invoke(f"{command} hot-leet{' --env prod' if command == 'add-client' else ''}")
    assert (ended.code, "hot-leet is a placeholder in clients.toml" in ended.err) == (2, True), ended
    assert at_box.count("POST", "DELETE") == 0
    assert "hot-leet" not in invoke("list-clients").out

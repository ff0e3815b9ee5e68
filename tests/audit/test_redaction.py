"""Masks: a recording tells nobody where phones are, and the checks come out the same."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from urllib3.connectionpool import HTTPConnectionPool

from futel_twilio.audit import runner
from futel_twilio.audit.redaction import ELSEWHERE, HIDDEN, SECRET_KEYS, Redaction
from futel_twilio.errors import BadInput
from futel_twilio.resources.phones import Address, PhoneClient
from futel_twilio.resources.state import AccountState
from futel_twilio.workspace import open_workspace
from tests.support.breakages import Account
from tests.support.breakages_of_phones import ALDER, elsewhere
from tests.support.installed_phones import set_up, verify

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox

TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters='\\"', min_codepoint=33), min_size=6, max_size=30
)


def client(name: str, street: str = "1 SW Example St", **other: str) -> PhoneClient:
    parts = {"city": "Portland", "region": "OR", "postal_code": "97201", **other}
    where = Address(name, "Futel", street, parts["city"], parts["region"], parts["postal_code"])
    return PhoneClient(name, "outgoing_portland", "+15035550101", True, "prod", address=where)


def record_of(**other: object) -> dict[str, Any]:
    """An address as Twilio lists it: in capitals, as it stores them."""
    return {
        "customer_name": "FUTEL",
        "friendly_name": "alder",
        "street": "1 SW EXAMPLE ST",
        "street_secondary": None,
        "city": "PORTLAND",
        "region": "OR",
        "postal_code": "97201",
        "iso_country": "US",
        "validated": True,
        **other,
    }


def recorded(record: dict[str, Any], desired: AccountState) -> str:
    return json.dumps(Redaction.of(desired).masked({"addresses": [record]}), ensure_ascii=False)


def there_and_back(record: dict[str, Any], then: AccountState, now: AccountState) -> dict[str, Any]:
    """A record as it is read from a recording that was made with one desired state and is played with another."""
    text = json.dumps(Redaction.of(then).masked({"addresses": [record]}))
    found: dict[str, Any] = json.loads(Redaction.of(now).unmasked(text))["addresses"][0]
    return found


def name_of(record: dict[str, Any]) -> str:
    parts = (record[part] for part in ("street", "city", "region", "postal_code"))
    return Address("", "", *parts).name


def test_the_address_of_a_phone_comes_back() -> None:
    """What Twilio stores in capitals is hidden in the recording, and read back as the inventory says it."""
    desired = AccountState(clients=(client("alder"),))
    masked = Redaction.of(desired).masked(record_of())
    assert {key: masked[key] for key in SECRET_KEYS & masked.keys() if masked[key]} == {
        "street": masked["street"],
        "city": HIDDEN,
        "postal_code": HIDDEN,
        "customer_name": HIDDEN,
    }
    assert re.fullmatch(r"the place of alder \([0-9a-f]{2}\)", masked["street"])
    found = there_and_back(record_of(), desired, desired)
    assert (found["street"], found["city"], found["postal_code"]) == ("1 SW Example St", "Portland", "97201")


@pytest.mark.parametrize(
    "change",
    [{"street": "2 SW Example St"}, {"city": "Salem"}, {"region": "WA"}, {"postal_code": "97209"}],
    ids=str,
)
def test_another_address_stays_another(change: dict[str, str]) -> None:
    """What differs at Twilio, and what was changed in the inventory since, both differ when played back."""
    desired, changed = (
        AccountState(clients=(client("alder"),)),
        AccountState(clients=(client("alder", **change),)),
    )
    at_twilio = there_and_back(record_of(**change), desired, desired)
    assert at_twilio["street"] == ELSEWHERE
    since = there_and_back(record_of(), desired, changed)
    assert name_of(since) != changed.clients[0].address.name  # type: ignore[union-attr]


def test_two_phones_in_one_house() -> None:
    """Of phones at one address each still has it, when the other has moved since."""
    desired = AccountState(clients=(client("alder"), client("birch")))
    moved = AccountState(clients=(client("alder", "9 NW New St"), client("birch")))
    assert there_and_back(record_of(), desired, moved)["street"] == "1 SW Example St"


@example(dict.fromkeys(("street", "city", "postal_code", "customer_name"), "record"))
@given(st.fixed_dictionaries(dict.fromkeys(("street", "city", "postal_code", "customer_name"), TEXT)))
def test_nothing_of_an_address_is_left(parts: dict[str, str]) -> None:
    """Whatever an address says, of a phone or of a stranger, no text of it is in the recording."""
    for desired in (
        AccountState(),
        AccountState(clients=(client("alder", **{k: parts[k] for k in ("street", "city")}),)),
    ):
        text, of_another = recorded(record_of(**parts), desired), recorded(record_of(), desired)
        # What is said of any address, "record" in ELSEWHERE for one, tells nothing of this one.
        assert [part for part in parts.values() if part in text and part not in of_another] == []


def test_events_of_addresses_and_caller_ids_are_hidden() -> None:
    """Twilio's audit events tell what an address or a caller ID was before; a recording does not."""
    changed = {"friendly_name": {"previous": "Ada's house", "updated": "x"}}
    events = [
        {"event_type": "address.updated", "resource_sid": "AD1", "event_data": changed},
        {"event_type": "caller-id.updated", "resource_sid": "PN1", "event_data": changed},
        {"event_type": "sip-domain.updated", "resource_sid": "SD1", "event_data": changed},
    ]
    found = Redaction.of(AccountState()).masked({"events": events})["events"]
    assert [one["event_data"] for one in found] == [HIDDEN, HIDDEN, changed]
    assert [one["resource_sid"] for one in found] == ["AD1", "PN1", "SD1"]


def test_private_numbers_are_hidden() -> None:
    """Of the verified caller IDs a recording holds those of the inventory, and no names."""
    ids = [{"phone_number": n, "friendly_name": "Ada"} for n in ("+15035550101", "+15035550166")]
    found = Redaction.of(AccountState(clients=(client("alder"),))).masked({"outgoing_caller_ids": ids})
    kept = [(one["phone_number"], one["friendly_name"]) for one in found["outgoing_caller_ids"]]
    assert kept == [("+15035550101", HIDDEN), (HIDDEN, HIDDEN)]


def test_a_whole_recording_holds_no_address(at_box: Sandbox, here: Path) -> None:
    """Recorded from an account with strangers' addresses and numbers, a cassette holds none, and says what is wrong."""
    set_up()
    with open_workspace("sandbox") as workspace:
        verify(workspace.api.connection, "+15035550166")
        elsewhere(street="77 Planted Passage", city="Plantville")(Account(workspace.api.client, at_box.url))
    text = runner.record(profile="sandbox", directory=here).read_text().casefold()
    for planted in ("planted", "plantville", "example st", "sample ave", "porch", "97202", "5550166"):
        assert planted not in text
    assert ALDER in text
    found = {check.name: check for check in runner.run().findings}
    assert set(found) == {
        "emergency/address[911 of alder-street]",
        "emergency/no_address_that_nobody_wished_for",
    }
    reported = found["emergency/address[911 of alder-street]"]
    assert reported.expected == "1 SW EXAMPLE ST, PORTLAND, OR 97201, US"
    assert reported.found == "AN ADDRESS THAT RECORDINGS HIDE, HIDDEN, OR HIDDEN, US"


def test_a_moved_phone_shows_offline(at_box: Sandbox, here: Path) -> None:
    """Once clients.toml says another address than was recorded, the offline audit reports it."""
    assert at_box.count() == 0
    set_up()
    runner.record(profile="sandbox", directory=here)
    file = here / "clients.toml"
    file.write_text(file.read_text().replace("200 SE Sample Ave", "300 SE Sample Ave"))
    assert {check.name for check in runner.run().findings} == {
        "emergency/address[911 of birch-corner]",
        "emergency/no_address_that_nobody_wished_for",
    }


def test_a_place_that_slipped_through_stops_the_recording(at_box: Sandbox, here: Path) -> None:
    """A street where nobody looks for one is found at the end: nothing is written, and nothing records any more."""
    assert at_box.count() == 0
    connects = HTTPConnectionPool.ConnectionCls
    set_up()
    with open_workspace("sandbox") as workspace:
        workspace.api.client.applications.list()[0].update(friendly_name="menu of 1 sw example st")
    with pytest.raises(BadInput, match="a street address"):
        runner.record(profile="sandbox", directory=here)
    assert HTTPConnectionPool.ConnectionCls is connects
    assert not (here / "cassettes").exists() or list((here / "cassettes").iterdir()) == []

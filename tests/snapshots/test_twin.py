"""The twin of an account: a sandbox that holds what a snapshot holds."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio.config.connection import Connection
from futel_twilio.sandbox.server import Record, Sandbox
from futel_twilio.snapshots import capture, twin
from futel_twilio.twilio_api.client import Api
from tests.support.sandbox import ROOT, call, sdk
from tests.support.snapshots import furnish

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = "AC" + "0" * 32
OTHER = "AC" + "1" * 32


@contextmanager
def open_at(box: Sandbox, account: str = ACCOUNT, token: str = "sandbox") -> Iterator[Api]:  # noqa: S107
    api = Api(Connection(account, account, token, "a test", url=box.url))
    try:
        yield api
    finally:
        api.close()


@contextmanager
def twin_of(document: dict[str, Any]) -> Iterator[Sandbox]:
    with Sandbox(accounts=[f"{document['account_sid']}:{twin.TOKEN}"]) as box:
        twin.fill(box, document)
        yield box


def records_at(box: Sandbox, path: str) -> list[Any]:
    """A list as the API returns it, by SID: a snapshot does not keep its order."""
    (found,) = [v for v in call(box.url, "GET", f"{ROOT}/{path}.json").json().values() if isinstance(v, list)]
    return sorted(found, key=lambda record: str(record["sid"]))


def without_key_dates(document: dict[str, Any]) -> dict[str, Any]:
    """A snapshot without its time; a snapshot has no SID of a key, so the twin's keys are listed in its own order."""
    keys = sorted(document["beyond"].get("keys", ()), key=str)
    return {**document, "taken_at": "", "beyond": {**document["beyond"], "keys": keys}}


def test_a_twin_holds_what_the_account_holds(box: Sandbox, phone_accounts: dict[str, Any]) -> None:
    """Of an account with something of every kind, the snapshot of the twin is the account's: SIDs, dates and states."""
    box.seed(phone_accounts["synced"])
    with sdk(box.url) as client:
        furnish(box, client)
    with open_at(box) as api:
        document = capture.capture(api)
    with twin_of(document) as copy, open_at(copy) as api:
        assert copy.requests() == []
        again = capture.capture(api)
        for path in ("IncomingPhoneNumbers", "SIP/Domains", "Applications", "Addresses"):
            there, here = (records_at(one, path) for one in (box, copy))
            assert here == there, path
    assert without_key_dates(again) == without_key_dates(document)


def test_a_twin_has_the_account_of_the_snapshot_and_no_secret() -> None:
    """The twin answers for the snapshot's account, whatever its SID; nothing of a password is in its dump."""
    with Sandbox(accounts=[f"{OTHER}:token"]) as box, sdk(box.url, OTHER, "token") as client:
        phones = client.sip.credential_lists.create(friendly_name="sip-direct")
        phones.credentials.create(username="alder-street", password="Planted7PasswordXyz")
        with open_at(box, OTHER, "token") as api:
            document = capture.capture(api)
    with twin_of(document) as copy, open_at(copy, OTHER) as api:
        (found,) = api.client.sip.credential_lists.list()
        assert [one.username for one in found.credentials.list()] == ["alder-street"]
        assert "Planted7PasswordXyz" not in str(copy.dump())


@pytest.mark.parametrize(
    ("status", "held"),
    [
        ("registered", True),
        ("pending-registration", True),
        ("registration-failure", True),
        ("unregistered", False),
        ("unregistration-failure", True),
    ],
)
def test_the_state_of_a_911_address_is_kept(status: str, held: bool) -> None:
    """Each state of a number's 911 address reads the same on the twin; what was pending comes to its end."""
    address = {
        "sid": "AD" + "1" * 32,
        "street": "1 A St",
        "city": "Portland",
        "region": "OR",
        "postal_code": "97201",
        "iso_country": "US",
        "customer_name": "Futel",
        "emergency_enabled": True,
        "validated": True,
    }
    number = {
        "sid": "PN" + "1" * 32,
        "phone_number": "+15032220142",
        "emergency_address_status": status,
        "emergency_address_sid": address["sid"] if held else None,
    }
    with Sandbox() as box, sdk(box.url) as client:
        box.load(ACCOUNT, [Record("address", address), Record("number", number)])
        box.settings(emergency_delay_seconds=0)
        (found,) = client.incoming_phone_numbers.list()
        states = {status} | ({"registered"} if status == "pending-registration" else set())
        assert found.emergency_address_status in states
        assert found.friendly_name == ""
        assert (found.emergency_address_sid is not None) is held


def test_what_a_sandbox_cannot_hold_is_named() -> None:
    """A record of an unknown kind, or one that contradicts another, is refused; the sandbox stays empty."""
    with Sandbox() as box:
        with pytest.raises(ValueError, match="no resources of the kind trunk"):
            box.load(ACCOUNT, [Record("trunk", {"sid": "TK" + "1" * 32})])
        twice = Record("credential_list", {"sid": "CL" + "1" * 32, "friendly_name": "phones"})
        with pytest.raises(ValueError, match="contradicts itself"):
            box.load(ACCOUNT, [twice, twice])
        assert box.dump()["objects"] == []

"""Belongings: a credential, a number, an address at a time, and nothing but that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio.commands import clients, credentials
from futel_twilio.commands.addresses import create_address, delete_address
from futel_twilio.commands.clients import ClientOptions
from futel_twilio.commands.numbers import available_numbers, create_number, delete_number, update_number
from futel_twilio.errors import BadInput, PartiallyApplied, Refused
from futel_twilio.plan import describe
from tests.conftest import invoke
from tests.support.phones import WRITES, begin_anew, purchases
from tests.support.sandbox import GOOD_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from futel_twilio.apply.result import Result
    from futel_twilio.sandbox.server import Sandbox
    from futel_twilio.workspace import Workspace

Accounts = dict[str, dict[str, Any]]
ALDER, OF_NOBODY = "+15035550101", "+15035550142"
OLD_ADDRESS = "5 OLD ST, PORTLAND, OR 97201, US"


@pytest.fixture
def synced(workspace: Workspace, box: Sandbox, phone_accounts: Accounts) -> Workspace:
    """The tests' estate at an account where every phone has what it needs, and somebody else's things are."""
    begin_anew(box, phone_accounts["synced"])
    return workspace


def words(outcome: Result) -> list[str]:
    """A plan as what is done to what."""
    return [describe.describe_change(change).split("  ")[0] for change in outcome.plan.changes]


def the_number(workspace: Workspace, number: str = ALDER) -> Any:
    return next(n for n in workspace.api.client.incoming_phone_numbers.list() if n.phone_number == number)


def whole(workspace: Workspace) -> dict[str, Any]:
    """Every number and credential of the account with all that Twilio tells of it but the dates."""
    (found,) = workspace.api.client.sip.credential_lists.list()
    things: list[Any] = [*workspace.api.client.incoming_phone_numbers.list(), *found.credentials.list()]
    return {
        str(thing.sid): {k: str(v) for k, v in vars(thing).items() if k[0] != "_" and k != "date_updated"}
        for thing in things
    }


def test_a_rotation_changes_nothing_else(synced: Workspace, box: Sandbox) -> None:
    """A new password is one write; the credential keeps its SID and name, and all else of the account is as before."""
    before = whole(synced)
    box.clear_requests()
    outcome = credentials.rotate_credential(synced, "alder-street")
    assert words(outcome) == ["~ credential sip-direct/alder-street"]
    assert "a phone is cut off until it has its new password" in outcome.plan.reasons_to_confirm
    assert box.count(*WRITES) == 1
    assert whole(synced) == before


def test_a_rotation_needs_a_credential(synced: Workspace) -> None:
    """A phone without a credential has no password to renew: it is refused with what makes one."""
    (found,) = synced.api.client.sip.credential_lists.list()
    next(c for c in found.credentials.list() if c.username == "cedar-lot").delete()
    with pytest.raises(Refused, match="not there yet") as caught:
        credentials.rotate_credential(synced, "cedar-lot")
    assert "invoke create-credential" in caught.value.hint


def test_an_area_code_takes_a_spare_number_first(synced: Workspace, box: Sandbox) -> None:
    """A number is bought of an area code only where the account holds none there for nobody; again, none is."""
    taken = create_number(synced, area_code="503", env="prod")
    assert words(taken) == [f"~ incoming phone number {OF_NOBODY}"]
    bought = create_number(synced, area_code="971", env="stage")
    assert words(bought) == ["+ incoming phone number +19715550100"]
    again = create_number(synced, area_code="971", env="stage")
    assert again.plan.changes == ()
    assert purchases(box) == 1


@pytest.mark.parametrize("use", ["application", "trunk"])
def test_no_spare_number_is_taken_from_others(use: str, synced: Workspace, box: Sandbox) -> None:
    """A number that another application or a trunk uses is not spare."""
    if use == "trunk":
        the_number(synced, OF_NOBODY).update(trunk_sid="TK" + "a" * 32)
    else:
        other = synced.api.client.applications.create(friendly_name="conference-line")
        the_number(synced, OF_NOBODY).update(voice_application_sid=other.sid)
    assert words(create_number(synced, area_code="503", env="prod")) == [
        "+ incoming phone number +15035550100"
    ]
    assert purchases(box) == 1


@pytest.mark.parametrize("use", ["application", "trunk"])
def test_taking_a_number_over_is_said_by_name(use: str, synced: Workspace, box: Sandbox) -> None:
    """A phone's number that something else uses is left alone; named, it is undone, and 911 with it stays."""
    if use == "trunk":
        the_number(synced).update(trunk_sid="TK" + "a" * 32)
    else:
        other = synced.api.client.applications.create(friendly_name="conference-line")
        the_number(synced).update(voice_application_sid=other.sid)
    box.clear_requests()
    commands: tuple[Callable[[], Result], ...] = (
        lambda: update_number(synced, ALDER),
        lambda: clients.sync_clients(synced, "prod"),
        lambda: clients.add_client(
            synced, "alder-street", ClientOptions("prod", take_over=("+15035550102",))
        ),
    )
    for command in commands:
        with pytest.raises(Refused, match="in use by something else"):
            command()
    assert box.count(*WRITES) == 0
    assert update_number(synced, ALDER, take_over=(ALDER,)).applied
    number = the_number(synced)
    assert (number.trunk_sid, number.emergency_address_status) == (None, "registered")
    assert clients.sync_clients(synced, "prod").plan.changes == ()


def test_a_number_with_911_is_released_only_by_name(synced: Workspace, box: Sandbox) -> None:
    """A number that tells 911 an address is released once it is named; 911 knows none of it before it goes."""
    address = next(a for a in synced.api.client.addresses.list() if a.street == "5 Old St")
    the_number(synced, OF_NOBODY).update(emergency_address_sid=address.sid)
    box.clear_requests()
    with pytest.raises(Refused, match="911"):
        delete_number(synced, OF_NOBODY, OF_NOBODY)
    assert box.count(*WRITES) == 0
    outcome = delete_number(synced, OF_NOBODY, OF_NOBODY, allow_911_loss=(OF_NOBODY,))
    assert outcome.plan.summary == (f"Affects no phone.\n{OF_NOBODY} loses 911.\nReleases 1 number.")
    writes = [r.method for r in box.requests() if r.method in WRITES]
    assert writes == ["POST", "DELETE"]
    assert delete_number(synced, OF_NOBODY, OF_NOBODY).plan.changes == ()


def test_of_twin_addresses_the_one_that_nothing_holds_goes(synced: Workspace) -> None:
    """A second address of the same text is taken away by its SID, though a phone stands at the first."""
    client = synced.api.client
    twin = client.addresses.create(
        "Futel", "1 SW Example St", "Portland", "OR", "97201", "US", emergency_enabled=True
    )
    held = str(the_number(synced).emergency_address_sid)
    assert held != str(twin.sid)
    assert clients.sync_clients(synced, "prod").plan.changes == ()
    with pytest.raises(BadInput, match="needed"):
        delete_address(synced, "1 SW Example St, Portland, OR 97201")
    with pytest.raises(PartiallyApplied, match="21625") as caught:
        delete_address(synced, held)
    assert "A number still needs this address" in caught.value.hint
    assert delete_address(synced, str(twin.sid)).applied
    assert [str(a.sid) for a in client.addresses.list() if a.street == "1 SW Example St"] == [held]


def test_an_address_that_is_gone_is_gone(synced: Workspace, box: Sandbox) -> None:
    """An address is taken away by SID or text, and a second time there is nothing to do."""
    address = next(a for a in synced.api.client.addresses.list() if a.street == "5 Old St")
    assert words(delete_address(synced, str(address.sid))) == [f"- emergency address {OLD_ADDRESS}"]
    box.clear_requests()
    for which in (str(address.sid), "5 Old St, Portland, OR 97201"):
        assert delete_address(synced, which).plan.changes == ()
    assert box.count(*WRITES) == 0


def test_an_address_is_made_before_a_number_needs_it(
    workspace: Workspace, box: Sandbox, phone_accounts: Accounts
) -> None:
    """`create-address` makes an address that no number tells yet, and adding the phone later uses it."""
    begin_anew(box, phone_accounts["bare"])
    assert len(words(create_address(workspace, "alder-street"))) == 1
    assert the_number(workspace).emergency_address_sid is None
    outcome = clients.add_client(workspace, "alder-street", ClientOptions("prod"))
    assert words(outcome) == [
        f"~ incoming phone number {ALDER}",
        "+ credential sip-direct/alder-street",
    ]


def test_a_credential_that_somebody_makes_meanwhile(
    workspace: Workspace, box: Sandbox, phone_accounts: Accounts
) -> None:
    """A credential that appears between the look and the write is not claimed: whoever asked learns to rotate it."""
    from futel_twilio.apply.result import ApplyOptions, RunOptions
    from futel_twilio.passwords.handover import PasswordHandover

    begin_anew(box, phone_accounts["bare"])
    passwords = PasswordHandover()

    def somebody_was_faster(_proposal: object) -> bool:
        (found,) = workspace.api.client.sip.credential_lists.list()
        found.credentials.create(username="cedar-lot", password=GOOD_PASSWORD)
        return True

    options = RunOptions(somebody_was_faster, apply_options=ApplyOptions(passwords))
    assert credentials.create_credential(workspace, "cedar-lot", options).applied
    assert (passwords.to_show(), passwords.unknown) == ({}, ["cedar-lot"])


def test_offers_are_numbers_that_can_be_bought(synced: Workspace) -> None:
    """What is listed can be bought: no number of the account, of the area code and with the digits that were asked."""
    offers = available_numbers(synced, "503")
    assert len(offers) == 20
    held = {str(n.phone_number) for n in synced.api.client.incoming_phone_numbers.list()}
    assert not held & {offer.phone_number for offer in offers}
    assert {offer.phone_number[:5] for offer in offers} == {"+1503"}
    (one,) = available_numbers(synced, "503", "5550177")
    assert one.phone_number == "+15035550177"


def test_lists_mark_what_differs(synced: Workspace) -> None:
    """Each list marks what is missing, what differs, and what is unmanaged."""
    (found,) = synced.api.client.sip.credential_lists.list()
    next(c for c in found.credentials.list() if c.username == "elm-office").delete()
    the_number(synced).update(friendly_name="renamed")
    by_phone = {row["phone"]: row for row in invoke("list-clients --json --profile sandbox").json}
    assert [name for name, row in by_phone.items() if row["credential"] == "MISSING"] == ["elm-office"]
    numbers = {
        row["number"]: row["as_wished"] for row in invoke("list-numbers --json --profile sandbox").json
    }
    assert numbers == {
        ALDER: "DIFFERS",
        "+15035550102": "yes",
        "+15035550103": "yes",
        OF_NOBODY: "not in the inventory",
    }
    marks = {
        row["credential"]: row["as_wished"]
        for row in invoke("list-credentials --json --profile sandbox").json
    }
    assert marks["old-phone"] == "not in the inventory"
    addresses = {
        row["address"]: row["as_wished"] for row in invoke("list-addresses --json --profile sandbox").json
    }
    assert addresses[OLD_ADDRESS] == "not in clients.toml"

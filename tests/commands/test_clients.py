"""Clients: a whole inventory is one command, and its cost grows as slowly as eight requests at once allow."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio.apply.result import RunOptions
from futel_twilio.commands import clients, listing
from futel_twilio.commands.clients import ClientOptions
from futel_twilio.config import estate
from futel_twilio.plan import describe
from futel_twilio.resources import labels, relations
from futel_twilio.workspace import open_workspace
from tests.conftest import round_trips
from tests.support.phones import EXTERNAL, WRITES, Phones, begin_anew, delay_911, files, purchases, set_up
from tests.support.phones import phones as made_up

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.apply.result import Plan, Result
    from futel_twilio.sandbox.server import Sandbox
    from futel_twilio.workspace import Workspace

AT_ONCE = 8


def synced(box: Sandbox, here: Path, found: Phones, latency_ms: float = 0) -> list[tuple[Result, int]]:
    """Sync an inventory twice into a set-up account that owns its numbers; each outcome with its round trips."""
    found.write(here)
    set_up(box, here, found.owned)
    delay_911(box, 0)  # or the number of looks would depend on the machine
    runs = []
    for _ in range(2):
        box.clear_requests()
        box.latency_ms = latency_ms
        with open_workspace("sandbox", directory=here) as workspace:
            runs.append((clients.sync_clients(workspace, "prod"), round_trips(box)))
        assert runs[-1][0].requests == box.count()
        box.latency_ms = 0
    return runs


@pytest.fixture
def at_url(box: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox, with `account.at` in this test reaching it."""
    assert here.is_dir()
    monkeypatch.setenv("FUTEL_TWILIO_URL", box.url)
    return box


def test_the_whole_inventory_is_one_command(at_url: Sandbox, here: Path, client: Any) -> None:
    """51 phones, 24 with 911, on 27 unconfigured numbers and one elsewhere: one plan, and a second run does nothing."""
    inventory = made_up()
    assert (len(inventory.entries), len(inventory.calling_911), len(inventory.owned)) == (51, 24, 27)
    (first, trips), (second, few) = synced(at_url, here, inventory, latency_ms=60)
    print(f"\n51 phones: {first.requests} requests, {trips} round trips; again: {second.requests} and {few}")
    assert first.plan.summary == ("Affects 51 phones (24 with 911).")
    assert len(first.plan.changes) == 24 + 27 + 51
    (credential_list,) = client.sip.credential_lists.list()
    assert {str(c.username) for c in credential_list.credentials.list(page_size=1000)} == set(
        inventory.entries
    )
    application = next(a for a in client.applications.list() if a.friendly_name == "incoming-prod")
    numbers = client.incoming_phone_numbers.list(page_size=1000)
    assert {str(n.phone_number) for n in numbers} == set(inventory.owned)
    assert {n.voice_application_sid for n in numbers} == {application.sid}
    assert {(n.sms_url, n.trunk_sid) for n in numbers} == {("", None)}
    registered = [n for n in numbers if n.emergency_address_status == "registered"]
    assert sorted(n.friendly_name for n in registered) == sorted(inventory.calling_911)
    assert len({n.emergency_address_sid for n in registered}) == 24
    assert (second.plan.changes, second.requests, few) == ((), 5, 2)


def test_round_trips_grow_with_an_eighth_of_the_phones(at_url: Sandbox, here: Path) -> None:
    """Twice the phones cost twice the requests and as many more round trips as an eighth of the requests, about."""
    cost = {}
    for size in (1, 2):
        at_url.reset()
        inventory = made_up(24 * size, 23 * size, 2, 2 * size)
        (first, trips), (second, few) = synced(at_url, here, inventory, latency_ms=60)
        cost[size] = (first.requests, trips)
        print(f"\n{len(inventory.entries)} phones: {first.requests} requests, {trips} round trips")
        assert (second.requests, few) == (5, 2)
    (requests, trips), (more_requests, more_trips) = cost[1], cost[2]
    assert more_requests - requests == 24 + 26 + 49  # addresses, numbers, credentials
    assert more_trips - trips <= math.ceil((more_requests - requests) / AT_ONCE) * 2


def test_a_thousand_phones(at_url: Sandbox, here: Path) -> None:
    """As many phones as a credential list holds: each credential is one request, and a second run takes five in all."""
    inventory = made_up(5, 992, 2, 1)
    assert len(inventory.entries) == 1000
    (first, _trips), (second, _few) = synced(at_url, here, inventory)
    print(f"\n1,000 phones: {first.requests} requests; again: {second.requests}")
    assert len(first.plan.changes) == 5 + 7 + 1000
    assert first.requests <= len(first.plan.changes) + 20
    assert (second.plan.changes, second.requests) == ((), 5)
    assert at_url.count(*WRITES) == 0


def test_the_external_number_is_not_asked_of_twilio(at_url: Sandbox, here: Path) -> None:
    """No phone on another carrier's number makes the plan speak of that number."""
    made_up(1, 3, 0, 0).write(here)
    set_up(at_url, here)
    with open_workspace("sandbox", directory=here) as workspace:
        assert EXTERNAL in workspace.desired.external_numbers
        assert EXTERNAL not in {n.phone_number for n in workspace.desired.numbers}
        domains = (relations.domain_of(client, workspace.desired) for client in workspace.desired.clients)
        assert {domain.domain_name.split(".")[0] for domain in domains if domain} == {
            "direct-futel-prod",
            "direct-futel-nonemergency-prod",
        }


Accounts = dict[str, dict[str, Any]]
ALDER = "+15035550101"


@pytest.fixture
def synced_site(workspace: Workspace, box: Sandbox, phone_accounts: Accounts) -> Workspace:
    """The tests' estate at an account where every phone has what it needs."""
    begin_anew(box, phone_accounts["synced"])
    return workspace


@pytest.fixture
def bare_site(workspace: Workspace, box: Sandbox, phone_accounts: Accounts) -> Workspace:
    """The tests' estate at an account that owns bare numbers."""
    begin_anew(box, phone_accounts["bare"])
    return workspace


def again(workspace: Workspace) -> Workspace:
    """The site with its files read anew, as by the next command."""
    return replace(workspace, desired=estate.load_estate(workspace.estate_file))


def words(outcome: Result) -> list[str]:
    """A plan as what is done to what."""
    return [describe.describe_change(change).split("  ")[0] for change in outcome.plan.changes]


def phone(workspace: Workspace, name: str) -> dict[str, Any]:
    return next(row for row in listing.clients(again(workspace)).rows if row["phone"] == name)


def status_911(workspace: Workspace, number: str = ALDER) -> str:
    (found,) = workspace.api.client.incoming_phone_numbers.list(phone_number=number)
    return str(found.emergency_address_status)


def edit(workspace: Workspace, name: str, **values: object) -> Workspace:
    """The site with an entry of the inventory changed, or a new one."""
    path = workspace.estate_file.with_name("extensions.json")
    entries = json.loads(path.read_text())
    new = {"outgoing": "outgoing_portland", "caller_id": EXTERNAL, "enable_emergency": False}
    entries[name] = entries.get(name, new) | values
    path.write_text(json.dumps(entries))
    return again(workspace)


def test_a_sync_asks_once(bare_site: Workspace) -> None:
    """Everything of an environment is one proposal, one question, and touches nothing of another environment."""
    asked: list[str] = []

    def agree(proposal: Plan) -> bool:
        asked.append(proposal.summary)
        return True

    assert clients.sync_clients(bare_site, "prod", options=RunOptions(agree)).applied
    assert asked == ["Affects 4 phones (2 with 911)."]
    assert phone(bare_site, "dogwood-stage")["credential"] == "MISSING"
    assert len(words(clients.sync_clients(bare_site, "stage"))) == 2


def test_what_is_extra_goes_only_by_name(synced_site: Workspace) -> None:
    """Things of nobody are reported by each sync and left alone; named, they go, and nothing else does."""
    outcome = clients.sync_clients(synced_site, "prod")
    assert outcome.plan.changes == ()
    extras = [labels.resource_title(resource) for resource in outcome.plan.unmanaged]
    assert extras == [
        "emergency address 5 OLD ST, PORTLAND, OR 97201, US",
        "incoming phone number +15035550142",
        "credential sip-direct/old-phone",
    ]
    removed = clients.sync_clients(
        synced_site,
        "prod",
        ClientOptions(
            remove=("old-phone", "+15035550142", "5 OLD ST, PORTLAND, OR 97201, US"),
            allow_911_loss=("old-phone",),
        ),
    )
    assert sorted(words(removed)) == sorted(f"- {extra}" for extra in extras)
    assert clients.sync_clients(synced_site, "prod").plan.unmanaged == ()


@pytest.mark.parametrize("name", ["cedar-lot", "alder-street"])
def test_a_phone_that_is_added_has_all_it_needs(name: str, bare_site: Workspace) -> None:
    """A phone with a number of its own gets credential, number and address; one of another carrier its credential."""
    outcome = clients.add_client(bare_site, name, ClientOptions("prod"))
    assert f"+ credential sip-direct/{name}" in words(outcome)
    row = phone(bare_site, name)
    assert row["credential"] == "yes"
    assert row["application"] == ("incoming-prod" if name == "alder-street" else "another carrier")
    assert row["911"] == ("registered" if name == "alder-street" else "off")


def test_a_phone_without_a_number(bare_site: Workspace) -> None:
    """With --no-number a phone gets its credential alone; what it calls from is the account's, or another carrier's."""
    for number in ("+15035550101", "+15035550199"):
        workspace = edit(bare_site, "fir-park", caller_id=number)
        shown = RunOptions(lambda _proposal: False)
        outcome = clients.add_client(workspace, "fir-park", ClientOptions("prod", no_number=True), shown)
        assert words(outcome) == ["+ credential sip-direct/fir-park"]


def test_what_is_said_anew_is_written_into_the_files(bare_site: Workspace, here: Path) -> None:
    """Number, address, environment and device of the command line are done, and then stand in the files."""
    said = ClientOptions(
        "stage", number="+15035550150", address="9 NW New St, Portland, OR 97209", device="Box"
    )
    outcome = clients.add_client(bare_site, "alder-street", said)
    assert outcome.edited_files == ("extensions.json", "clients.toml")
    row = phone(bare_site, "alder-street")
    assert (row["number"], row["environment"], row["application"]) == (
        "+15035550150",
        "stage",
        "incoming-stage",
    )
    assert (row["address"], row["device"]) == ("9 NW NEW ST, PORTLAND, OR 97209, US", "Box")
    before = files(here)
    assert (
        clients.sync_clients(again(bare_site), "stage").plan.changes != ()
    )  # the phone of stage is still missing
    assert clients.add_client(again(bare_site), "alder-street", said).plan.changes == ()
    assert {n: t for n, t in files(here).items() if n.endswith((".json", ".toml"))} == {
        n: t for n, t in before.items() if n.endswith((".json", ".toml"))
    }


def test_a_dry_run_writes_no_file(bare_site: Workspace, here: Path) -> None:
    """A plan that was not agreed to leaves the files as they were."""
    before = files(here)
    said = ClientOptions("prod", number="+15035550150", device="Box")
    refused = RunOptions(lambda _proposal: False)
    assert not clients.add_client(bare_site, "alder-street", said, refused).applied
    assert not clients.delete_client(bare_site, "elm-office", options=refused).applied
    assert files(here) == before


def test_buying_for_a_phone_that_shares_a_number(synced_site: Workspace, box: Sandbox) -> None:
    """A phone that shares a number and is to have its own gets one, though the shared number bears its name."""
    details = synced_site.estate_file.with_name("clients.toml")
    details.write_text(f'{details.read_text()}\n[client.fir-park]\nenvironment = "stage"\n')
    workspace = edit(synced_site, "fir-park", caller_id="+15035550103")
    outcome = clients.add_client(workspace, "dogwood-stage", ClientOptions("stage", buy="971"))
    assert words(outcome) == ["+ incoming phone number +19715550100"]
    assert (
        clients.add_client(again(workspace), "dogwood-stage", ClientOptions("stage", buy="971")).plan.changes
        == ()
    )
    assert purchases(box) == 1


def test_another_number_for_a_phone(synced_site: Workspace) -> None:
    """A phone's new number is configured and tells its address; the old one is kept, reported, and still tells it."""
    outcome = clients.update_client(synced_site, "alder-street", ClientOptions(number="+15035550142"))
    assert words(outcome) == ["~ incoming phone number +15035550142"]
    assert outcome.plan.summary.startswith("Affects 1 phone (1 with 911).")
    assert [
        labels.resource_title(resource) for resource in outcome.plan.unmanaged if resource.name == ALDER
    ] == [f"incoming phone number {ALDER}"]
    row = phone(synced_site, "alder-street")
    assert (row["number"], row["911"]) == ("+15035550142", "registered")


def test_911_goes_off_only_by_name(synced_site: Workspace) -> None:
    """A phone that may not call 911 any more keeps its address at Twilio until it is named."""
    workspace = edit(synced_site, "alder-street", enable_emergency=False)
    assert clients.sync_clients(workspace, "prod").plan.changes == ()
    assert clients.update_client(workspace, "alder-street").plan.changes == ()
    assert status_911(workspace) == "registered"
    outcome = clients.update_client(
        workspace, "alder-street", ClientOptions(allow_911_loss=("alder-street",))
    )
    assert words(outcome) == [f"~ incoming phone number {ALDER}"]
    assert outcome.plan.reasons_to_confirm
    assert status_911(workspace) == "unregistered"


def test_a_phone_that_goes_leaves_its_number(synced_site: Workspace, here: Path) -> None:
    """A phone is taken away with its credential; its number stays, configured; both files forget it."""
    outcome = clients.delete_client(
        synced_site, "alder-street", said=ClientOptions(allow_911_loss=("alder-street",))
    )
    assert words(outcome) == ["- credential sip-direct/alder-street"]
    assert outcome.edited_files == ("extensions.json", "clients.toml")
    assert "alder-street" not in (here / "extensions.json").read_text() + (here / "clients.toml").read_text()
    assert status_911(synced_site) == "registered"
    second = clients.delete_client(again(synced_site), "alder-street")
    assert (second.plan.changes, second.edited_files) == ((), ())


def test_a_phone_that_goes_with_its_number(synced_site: Workspace, box: Sandbox) -> None:
    """With the number typed back it is released, its address first; a second time there is nothing to do."""
    said = ClientOptions(allow_911_loss=("alder-street",))
    outcome = clients.delete_client(synced_site, "alder-street", ALDER, said)
    assert outcome.plan.summary == (
        "Affects 1 phone (1 with 911).\nalder-street loses 911.\nReleases 1 number."
    )
    assert sorted(words(outcome)) == [
        "- credential sip-direct/alder-street",
        "- emergency address 1 SW EXAMPLE ST, PORTLAND, OR 97201, US",
        f"- incoming phone number {ALDER}",
    ]
    assert ALDER not in {str(n.phone_number) for n in synced_site.api.client.incoming_phone_numbers.list()}
    assert "1 SW Example St" not in {str(a.street) for a in synced_site.api.client.addresses.list()}
    box.clear_requests()
    assert clients.delete_client(again(synced_site), "alder-street", ALDER, said).plan.changes == ()
    assert box.count(*WRITES) == 0


def test_one_address_for_two_phones_is_not_let_go(synced_site: Workspace) -> None:
    """Where two phones stand at one address and one moves, the address stays for the other."""
    together = ClientOptions(address="200 SE Sample Ave, Porch, Portland, OR 97202")
    assert clients.update_client(synced_site, "alder-street", together).applied
    outcome = clients.change_address(again(synced_site), "alder-street", "9 NW New St, Portland, OR 97209")
    assert [word for word in words(outcome) if word.startswith("-")] == []
    assert phone(synced_site, "birch-corner")["911"] == "registered"

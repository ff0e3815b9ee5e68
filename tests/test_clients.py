"""Clients: a whole inventory is one command, and its cost grows as slowly as eight requests at once allow."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio import account, apply, clients, phones

from .conftest import round_trips
from .phone_support import EXTERNAL, WRITES, Phones, delay_911, set_up
from .phone_support import phones as made_up

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.runbook import Outcome
    from futel_twilio.sandbox.server import Sandbox

AT_ONCE = 8


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds follow each other at once."""
    monkeypatch.setattr(apply, "PAUSE_SECONDS", 0.0)


def synced(box: Sandbox, here: Path, found: Phones, latency_ms: float = 0) -> list[tuple[Outcome, int]]:
    """Sync an inventory twice into a set-up account that owns its numbers; each outcome with its round trips."""
    found.write(here)
    set_up(box, here, found.owned)
    delay_911(box, 0)  # or the number of looks would depend on the machine
    runs = []
    for _ in range(2):
        box.clear_requests()
        box.latency_ms = latency_ms
        with account.at("sandbox", directory=here) as site:
            runs.append((clients.sync_clients(site, "prod"), round_trips(box)))
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
    print(f"\n51 phones: {first.requests} requests, {trips} round trips; again: {second.requests} and {few}")  # noqa: T201
    assert first.proposal.sentence == (
        "This touches 51 phones, 24 of which can call 911; none loses 911; 0 numbers released."
    )
    assert len(first.proposal.plan) == 24 + 27 + 51
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
    assert (second.proposal.plan, second.requests, few) == ((), 5, 2)


def test_round_trips_grow_with_an_eighth_of_the_phones(at_url: Sandbox, here: Path) -> None:
    """Twice the phones cost twice the requests and as many more round trips as an eighth of the requests, about."""
    cost = {}
    for size in (1, 2):
        at_url.reset()
        inventory = made_up(24 * size, 23 * size, 2, 2 * size)
        (first, trips), (second, few) = synced(at_url, here, inventory, latency_ms=60)
        cost[size] = (first.requests, trips)
        print(f"\n{len(inventory.entries)} phones: {first.requests} requests, {trips} round trips")  # noqa: T201
        assert (second.requests, few) == (5, 2)
    (requests, trips), (more_requests, more_trips) = cost[1], cost[2]
    assert more_requests - requests == 24 + 26 + 49  # addresses, numbers, credentials
    assert more_trips - trips <= math.ceil((more_requests - requests) / AT_ONCE) * 2


def test_a_thousand_phones(at_url: Sandbox, here: Path) -> None:
    """As many phones as a credential list holds: each credential is one request, and a second run takes five in all."""
    inventory = made_up(5, 992, 2, 1)
    assert len(inventory.entries) == 1000
    (first, _trips), (second, _few) = synced(at_url, here, inventory)
    print(f"\n1,000 phones: {first.requests} requests; again: {second.requests}")  # noqa: T201
    assert len(first.proposal.plan) == 5 + 7 + 1000
    assert first.requests <= len(first.proposal.plan) + 20
    assert (second.proposal.plan, second.requests) == ((), 5)
    assert at_url.count(*WRITES) == 0


def test_the_external_number_is_not_asked_of_twilio(at_url: Sandbox, here: Path) -> None:
    """No phone on another carrier's number makes the plan speak of that number."""
    made_up(1, 3, 0, 0).write(here)
    set_up(at_url, here)
    with account.at("sandbox", directory=here) as site:
        assert EXTERNAL in site.wish.external_numbers
        assert EXTERNAL not in {n.phone_number for n in site.wish.numbers}
        assert {phones.domain_of(c, site.wish).domain_name.split(".")[0] for c in site.wish.clients} == {  # type: ignore[union-attr]
            "direct-futel-prod",
            "direct-futel-nonemergency-prod",
        }

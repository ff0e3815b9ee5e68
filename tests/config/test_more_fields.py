"""What estate.toml has no word for and the engine can write anyway: further settings, IP access control lists."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from futel_twilio.apply import converge, reading
from futel_twilio.commands.rollback import rollback
from futel_twilio.commands.setup import setup
from futel_twilio.errors import Refused
from futel_twilio.plan import describe
from futel_twilio.plan.changes import Scope
from futel_twilio.resources.types import ALL_TYPES, IP_TYPES, VOICE_TYPES
from futel_twilio.resources.voice import Application, IpAddress, IpList

if TYPE_CHECKING:
    from futel_twilio.resources.state import AccountState
    from futel_twilio.sandbox.server import Sandbox
    from futel_twilio.workspace import Workspace

DOMAIN = "direct-futel-prod"
OFFICE = IpAddress("office", "192.0.2.0", "a net for examples", 24)


def with_office(workspace: Workspace) -> AccountState:
    """The desired state, and that prod's phones may call from the office alone."""
    return replace(
        workspace.desired,
        ip_lists=(IpList("office"),),
        ip_addresses=(OFFICE,),
        domains=tuple(
            replace(domain, ip_lists=frozenset({"office"}) if domain.friendly_name == DOMAIN else frozenset())
            for domain in workspace.desired.domains
        ),
    )


def test_ip_lists_are_created_and_fixed(workspace: Workspace, box: Sandbox) -> None:
    """An IP list, its address and its mapping are created, found again, and brought back to the desired state."""
    scope = Scope(ALL_TYPES)
    assert converge.converge(
        workspace, Scope((*VOICE_TYPES, *IP_TYPES)), desired=with_office(workspace)
    ).applied
    (office,) = workspace.api.client.sip.ip_access_control_lists.list()
    (address,) = office.ip_addresses.list()
    assert (address.ip_address, address.cidr_prefix_length) == ("192.0.2.0", 24)
    found = reading.read_scope(workspace.api, with_office(workspace), scope)
    assert [mapping.name for mapping in found.ip_mappings] == [f"{DOMAIN}.sip.twilio.com ip office"]
    box.clear_requests()
    address.update(cidr_prefix_length=32)
    outcome = converge.converge(workspace, Scope(IP_TYPES), desired=with_office(workspace))
    assert [describe.describe_change(change) for change in outcome.plan.changes] == [
        "~ IP address office/192.0.2.0  cidr_prefix_length: 32 -> 24"
    ]
    assert converge.converge(workspace, Scope(IP_TYPES), desired=with_office(workspace)).plan.changes == ()
    assert box.count("POST", "DELETE") == 2


def test_an_ip_list_on_a_domain_with_911_is_named_first(workspace: Workspace, box: Sandbox) -> None:
    """An IP list shuts out every phone elsewhere, 911 too: on a domain that is there it is refused unless named."""
    setup(workspace)
    box.clear_requests()
    with pytest.raises(Refused, match="emergency calling") as caught:
        converge.converge(workspace, Scope(IP_TYPES), desired=with_office(workspace))
    assert caught.value.faults == (
        f"SIP domain {DOMAIN}.sip.twilio.com would take calls, 911 too, from the addresses of office only",
    )
    assert box.count("POST") == 0
    assert converge.converge(
        workspace, Scope(IP_TYPES, allow_911_loss=(DOMAIN,)), desired=with_office(workspace)
    ).applied


def test_a_mapping_needs_its_ip_list(workspace: Workspace) -> None:
    """An IP list that is neither there nor made is missed before anything is written."""
    setup(workspace)
    desired = replace(with_office(workspace), ip_lists=(), ip_addresses=())
    with pytest.raises(Refused, match="needs what is not there") as caught:
        converge.converge(workspace, Scope(IP_TYPES, allow_911_loss=(DOMAIN,)), desired=desired)
    assert caught.value.faults == ("IP access control list office does not exist",)


def test_a_domain_goes_with_its_ip_mapping(workspace: Workspace) -> None:
    """A SIP domain that is taken away is detached from its IP list first."""
    desired = with_office(workspace)
    converge.converge(workspace, Scope((*VOICE_TYPES, *IP_TYPES)), desired=desired)
    less = replace(desired, domains=tuple(d for d in desired.domains if d.friendly_name != DOMAIN))
    scope = Scope((*VOICE_TYPES, *IP_TYPES), remove=(DOMAIN,), allow_911_loss=(DOMAIN,))
    outcome = converge.converge(replace(workspace, desired=less), scope)
    assert f"- IP mapping {DOMAIN}.sip.twilio.com <- office" in map(
        describe.describe_change, outcome.plan.changes
    )
    assert [
        d.friendly_name for d in workspace.api.client.sip.domains.list() if d.friendly_name == DOMAIN
    ] == []


def test_what_is_not_desired_is_not_compared(workspace: Workspace) -> None:
    """A status callback that estate.toml has no word for is left alone, and written where it is desired."""
    setup(workspace)
    application = next(
        a for a in workspace.api.client.applications.list() if a.friendly_name == "incoming-prod"
    )
    application.update(status_callback="https://status.example.com/")
    assert setup(workspace).plan.changes == ()
    desired = Application(
        "incoming-prod", status_callback="https://other.example.com/", voice_caller_id_lookup=True
    )
    outcome = converge.converge(
        workspace, Scope(), desired=replace(workspace.desired, applications=(desired,))
    )
    assert [describe.describe_change(change) for change in outcome.plan.changes] == [
        (
            "~ TwiML application incoming-prod  voice_caller_id_lookup: off -> on, "
            "status_callback: https://status.example.com/ -> https://other.example.com/"
        )
    ]


def test_ip_lists_are_rolled_back(workspace: Workspace) -> None:
    """What was made of IP lists is undone like all else: mapping, address and list are gone, the SIP domain stays."""
    setup(workspace)
    scope = Scope(IP_TYPES, allow_911_loss=(DOMAIN,))
    converge.converge(workspace, scope, desired=with_office(workspace))
    rollback(workspace)
    assert workspace.api.client.sip.ip_access_control_lists.list() == []
    assert setup(workspace).plan.changes == ()

"""What estate.toml has no word for and the engine can write all the same: further settings, IP access control lists."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from futel_twilio import apply, recovery, report, runbook
from futel_twilio.change import Scope
from futel_twilio.errors import Refused
from futel_twilio.kinds import ALL_KINDS, IP_KINDS, KINDS
from futel_twilio.model import Application, IpAddress, IpList

if TYPE_CHECKING:
    from futel_twilio.account import Site
    from futel_twilio.model import Estate
    from futel_twilio.sandbox.server import Sandbox

DOMAIN = "direct-futel-prod"
OFFICE = IpAddress("office", "192.0.2.0", "a net for examples", 24)


def with_office(site: Site) -> Estate:
    """The wish, and that prod's phones may call from the office alone."""
    return replace(
        site.wish,
        ip_lists=(IpList("office"),),
        ip_addresses=(OFFICE,),
        domains=tuple(
            replace(domain, ip_lists=frozenset({"office"}) if domain.friendly_name == DOMAIN else frozenset())
            for domain in site.wish.domains
        ),
    )


def test_ip_lists_are_made_and_mended(site: Site, box: Sandbox) -> None:
    """An IP list, its address and its mapping are made, found the second time, and brought back to the wish."""
    scope = Scope(ALL_KINDS)
    assert runbook.converge(site, Scope((*KINDS, *IP_KINDS)), wish=with_office(site)).applied
    (office,) = site.api.client.sip.ip_access_control_lists.list()
    (address,) = office.ip_addresses.list()
    assert (address.ip_address, address.cidr_prefix_length) == ("192.0.2.0", 24)
    found = apply.look(site.api, with_office(site), scope)
    assert [mapping.name for mapping in found.ip_mappings] == [f"{DOMAIN}.sip.twilio.com ip office"]
    box.clear_requests()
    address.update(cidr_prefix_length=32)
    outcome = runbook.converge(site, Scope(IP_KINDS), wish=with_office(site))
    assert [report.of_change(change) for change in outcome.proposal.plan] == [
        "~ IP address office/192.0.2.0  cidr_prefix_length: 32 -> 24"
    ]
    assert runbook.converge(site, Scope(IP_KINDS), wish=with_office(site)).proposal.plan == ()
    assert box.count("POST", "DELETE") == 2


def test_an_ip_list_on_a_domain_with_911_is_named_first(site: Site, box: Sandbox) -> None:
    """An IP list shuts out every phone elsewhere, 911 too: on a domain that is there it is refused unless named."""
    runbook.setup(site)
    box.clear_requests()
    with pytest.raises(Refused, match="emergency calling") as caught:
        runbook.converge(site, Scope(IP_KINDS), wish=with_office(site))
    assert caught.value.faults == (
        f"SIP domain {DOMAIN}.sip.twilio.com would take calls, 911 too, from the addresses of office only",
    )
    assert box.count("POST") == 0
    assert runbook.converge(site, Scope(IP_KINDS, allow_911_loss=(DOMAIN,)), wish=with_office(site)).applied


def test_a_mapping_needs_its_ip_list(site: Site) -> None:
    """An IP list that is neither there nor made is missed before anything is written."""
    runbook.setup(site)
    wish = replace(with_office(site), ip_lists=(), ip_addresses=())
    with pytest.raises(Refused, match="needs what is not there") as caught:
        runbook.converge(site, Scope(IP_KINDS, allow_911_loss=(DOMAIN,)), wish=wish)
    assert caught.value.faults == ("IP access control list office does not exist",)


def test_a_domain_goes_with_its_ip_mapping(site: Site) -> None:
    """A SIP domain that is taken away is detached from its IP list first."""
    wish = with_office(site)
    runbook.converge(site, Scope((*KINDS, *IP_KINDS)), wish=wish)
    less = replace(wish, domains=tuple(d for d in wish.domains if d.friendly_name != DOMAIN))
    scope = Scope((*KINDS, *IP_KINDS), remove=(DOMAIN,), allow_911_loss=(DOMAIN,))
    outcome = runbook.converge(replace(site, wish=less), scope)
    assert f"- IP mapping {DOMAIN}.sip.twilio.com <- office" in map(report.of_change, outcome.proposal.plan)
    assert [d.friendly_name for d in site.api.client.sip.domains.list() if d.friendly_name == DOMAIN] == []


def test_what_is_not_wished_for_is_not_compared(site: Site) -> None:
    """A status callback that estate.toml has no word for is left alone, and written where it is wished for."""
    runbook.setup(site)
    application = next(a for a in site.api.client.applications.list() if a.friendly_name == "incoming-prod")
    application.update(status_callback="https://status.example.com/")
    assert runbook.setup(site).proposal.plan == ()
    wished = Application(
        "incoming-prod", status_callback="https://other.example.com/", voice_caller_id_lookup=True
    )
    outcome = runbook.converge(site, Scope(), wish=replace(site.wish, applications=(wished,)))
    assert [report.of_change(change) for change in outcome.proposal.plan] == [
        (
            "~ TwiML application incoming-prod  voice_caller_id_lookup: off -> on, "
            "status_callback: https://status.example.com/ -> https://other.example.com/"
        )
    ]


def test_ip_lists_are_rolled_back(site: Site) -> None:
    """What was made of IP lists is undone like all else: mapping, address and list are gone, the SIP domain stays."""
    runbook.setup(site)
    scope = Scope(IP_KINDS, allow_911_loss=(DOMAIN,))
    runbook.converge(site, scope, wish=with_office(site))
    recovery.rollback(site)
    assert site.api.client.sip.ip_access_control_lists.list() == []
    assert runbook.setup(site).proposal.plan == ()

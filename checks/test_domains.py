"""SIP domains: where phones register and call out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.audit.checks import (
    CheckFailed,
    NotLookedAt,
    check,
    expect,
    expect_no_other,
    expect_one,
    expect_url,
)
from futel_twilio.resources import relations
from futel_twilio.resources.labels import format_value
from futel_twilio.resources.voice import SIP_SUFFIX, CredentialListMapping
from futel_twilio.text import option

if TYPE_CHECKING:
    from collections.abc import Iterable

    from futel_twilio.audit.account_data import AccountData
    from futel_twilio.resources.phones import PhoneClient
    from futel_twilio.resources.state import AccountState
    from futel_twilio.resources.voice import SipDomain, Use

UPDATE = "Run `invoke update-domains --env {env}`."
DETACH = "Detach the other list."


def remove(names: Iterable[str], *flags: str) -> str:
    """The command that removes resources by their names."""
    return f"`invoke apply {' '.join((*(option('--remove', name) for name in sorted(names)), *flags))}`"


def detach(domain: SipDomain, use: Use, lists: frozenset[str]) -> str:
    """How credential lists are detached from a SIP domain, as it is at Twilio."""
    names = [CredentialListMapping(domain.name, use, one).name for one in lists]
    if domain.emergency_calling_enabled and lists & domain.calls:
        loss = option("--allow-911-loss", domain.name.removesuffix(SIP_SUFFIX))
        return f"Find out who uses it, for whom 911 ends there; then run {remove(names, loss)}."
    return f"Run {remove(names)}."


def only(names: Iterable[str]) -> str:
    return f"only {format_value(names)}" if names else "no list"


@check(
    "urgent",
    severity="critical",
    problem="The SIP domain {name} does not exist exactly once.",
    remedy="Run `invoke setup --env {env}`.",
)
def test_there(domain: SipDomain, account_data: AccountData) -> None:
    """The SIP domain exists."""
    expect_one(sum(d.name == domain.name for d in account_data.state.domains))


@check(
    "urgent",
    severity="critical",
    problem="{name} has no SIP domain.",
    remedy="Give {name} a SIP domain without 911 in estate.toml, and run `invoke setup --env {env}`.",
)
def test_of_a_phone(quiet_phone: PhoneClient, desired: AccountState, account_data: AccountData) -> None:
    """There is a SIP domain for the phones without 911."""
    domain = relations.domain_of(quiet_phone, desired)
    if domain is None:
        raise CheckFailed("a SIP domain for phones without 911", "none in estate.toml")
    expect({one.name for one in account_data.state.domains} & {domain.name}, {domain.name})


@check(
    "urgent",
    severity="critical",
    problem="{name} cannot register.",
    remedy="Where estate.toml turns registration off, write `registration = true`; "
    "then run `invoke setup --env {env}`.",
)
def test_phone_can_register(client: PhoneClient, desired: AccountState, account_data: AccountData) -> None:
    """The SIP domain of each phone takes registrations, with the credential list of the phones."""
    expected = relations.domain_of(client, desired)
    found = [one for one in account_data.state.domains if expected and one.name == expected.name]
    if expected is None or len(found) != 1:
        raise NotLookedAt("another check reports the missing SIP domain")
    missing = []
    if not expected.sip_registration:
        missing.append(f"estate.toml turns registration off for {expected.name}")
    if not found[0].sip_registration:
        missing.append(f"{expected.name} takes no registrations")
    if desired.clients_credential_list not in found[0].registrations:
        missing.append(
            f"{desired.clients_credential_list} is not mapped to {expected.name} for registrations"
        )
    if missing:
        raise CheckFailed("registration on, credential list mapped", "; ".join(missing))


@check(
    "urgent", severity="critical", problem="Registration at {name} differs from estate.toml.", remedy=UPDATE
)
def test_registration(domain: SipDomain, the_domain: SipDomain) -> None:
    """Phones can register, where estate.toml allows it."""
    expect(the_domain.sip_registration, domain.sip_registration)


@check(
    "urgent",
    "emergency",
    severity="critical",
    problem="911 calling at {name} differs from estate.toml.",
    remedy="Run `invoke update-domains --env {env}`; where 911 should be "
    "turned off, `invoke apply --allow-911-loss {name}`.",
)
def test_emergency_calling(domain: SipDomain, the_domain: SipDomain) -> None:
    """911 goes straight to the emergency services exactly as estate.toml has it."""
    expect(the_domain.emergency_calling_enabled, domain.emergency_calling_enabled)


@check(
    "urgent",
    "urls",
    severity="critical",
    problem="The voice URL of {name} differs from estate.toml.",
    remedy=UPDATE,
)
def test_voice_url(domain: SipDomain, the_domain: SipDomain) -> None:
    """Outgoing calls ask the dialplan of this environment."""
    expect_url(the_domain.voice_url or "", domain.voice_url or "")


@check(
    "urgent",
    severity="critical",
    problem="The voice method of {name} differs from estate.toml.",
    remedy=UPDATE,
)
def test_voice_method(domain: SipDomain, the_domain: SipDomain) -> None:
    """Calls ask the dialplan with the method in estate.toml."""
    expect(the_domain.voice_method, domain.voice_method)


@check(
    "urls", severity="warning", problem="The fallback URL of {name} differs from estate.toml.", remedy=UPDATE
)
def test_fallback_url(domain: SipDomain, the_domain: SipDomain) -> None:
    """When the dialplan fails, calls ask the fallback URL of estate.toml and no other."""
    expect_url(the_domain.voice_fallback_url or "", domain.voice_fallback_url or "")


@check("urgent", severity="critical", problem="Encryption at {name} differs from estate.toml.", remedy=UPDATE)
def test_secure(domain: SipDomain, the_domain: SipDomain) -> None:
    """Encryption is required exactly where estate.toml requires it: a phone without it would be shut out."""
    expect(the_domain.secure, domain.secure or False)


@check(
    "hygiene",
    severity="warning",
    problem="The friendly name of {name} differs from estate.toml.",
    remedy=UPDATE,
)
def test_friendly_name(domain: SipDomain, the_domain: SipDomain) -> None:
    """The console shows the SIP domain under its own name."""
    expect(the_domain.friendly_name, domain.friendly_name)


@check(
    "urgent",
    severity="critical",
    problem="A credential list is not mapped to {name} for registrations.",
    remedy="Run `invoke create-registration-mappings --env {env}`.",
    mapped="/Auth/Registrations/",
)
def test_list_registers(domain: SipDomain, the_domain: SipDomain) -> None:
    """The phones of the credential lists in estate.toml may register."""
    expect(the_domain.registrations & domain.registrations, domain.registrations)


@check(
    "urgent",
    severity="critical",
    problem="A credential list is not mapped to {name} for calls.",
    remedy="Run `invoke create-voice-mappings --env {env}`.",
    mapped="/Auth/Calls/CredentialListMappings",
)
def test_list_calls(domain: SipDomain, the_domain: SipDomain) -> None:
    """The phones of the credential lists in estate.toml may call."""
    expect(the_domain.calls & domain.calls, domain.calls)


@check(
    "fraud",
    severity="critical",
    problem="Other credential lists may register with {name}.",
    remedy=DETACH,
    mapped="/Auth/Registrations/",
)
def test_no_other_list_registers(domain: SipDomain, the_domain: SipDomain) -> None:
    """Nobody else may register."""
    others = the_domain.registrations - domain.registrations
    expect_no_other(others, only(domain.registrations), remedy=detach(the_domain, "registrations", others))


@check(
    "fraud",
    severity="critical",
    problem="Other credential lists may call through {name}.",
    remedy=DETACH,
    mapped="/Auth/Calls/CredentialListMappings",
)
def test_no_other_list_calls(domain: SipDomain, the_domain: SipDomain) -> None:
    """Nobody else may call."""
    others = the_domain.calls - domain.calls
    expect_no_other(others, only(domain.calls), remedy=detach(the_domain, "calls", others))


@check(
    "fraud",
    "urgent",
    severity="critical",
    problem="IP access control lists are mapped to {name}.",
    remedy="Detach the IP access control list in the Twilio console, under "
    "Voice, SIP domains, {name}, voice authentication.",
    mapped="/Auth/Calls/IpAccessControlListMappings",
)
def test_no_ip_list(domain: SipDomain, the_domain: SipDomain) -> None:
    """No IP access control list opens the SIP domain, or shuts phones out of it."""
    expect(the_domain.ip_lists, domain.ip_lists)


@check(
    "fraud",
    "urgent",
    severity="critical",
    problem="{name} does not authenticate calls by credential list alone.",
    remedy="Run `invoke create-voice-mappings --env {env}`; an IP list goes in the Twilio console.",
    mapped="/Auth/Calls/",
)
def test_auth_type(the_domain: SipDomain) -> None:
    """Calls are authenticated by credential list alone."""
    expect(frozenset(filter(None, the_domain.auth_type.split(","))), frozenset({"CREDENTIAL_LIST"}))


@check(
    "fraud",
    severity="warning",
    problem="SIP domains are not in estate.toml.",
    remedy="Find out whose they are; then remove them, or add them to estate.toml.",
)
def test_none_that_nobody_wished_for(desired_all: AccountState, account_data: AccountData) -> None:
    """Every SIP domain of the account is in estate.toml."""
    others = {d.name for d in account_data.state.domains} - {d.name for d in desired_all.domains}
    remedy = f"Find out whose they are; then run {remove(others)}, or add them to estate.toml."
    expect_no_other(others, "only those of estate.toml", remedy=remedy)

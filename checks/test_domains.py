"""SIP domains: where phones register and call out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.audit.checks import CheckFailed, check, expect
from futel_twilio.resources import relations

if TYPE_CHECKING:
    from futel_twilio.audit.account_data import AccountData
    from futel_twilio.resources.phones import PhoneClient
    from futel_twilio.resources.state import AccountState
    from futel_twilio.resources.voice import SipDomain

UPDATE = "Run `invoke update-domains --env {env}`."
DETACH = "Run `invoke plan`: its last lines name it as `invoke apply --remove` wants it, which detaches it."


@check("urgent", severity="critical", remedy="Run `invoke setup --env {env}`.")
def test_there(domain: SipDomain, account_data: AccountData) -> None:
    """The SIP domain exists."""
    expect(sum(d.name == domain.name for d in account_data.state.domains), 1)


@check(
    "urgent",
    severity="critical",
    remedy="Give {name} a SIP domain without 911 in estate.toml, and run `invoke setup --env {env}`.",
)
def test_of_a_phone(quiet_phone: PhoneClient, desired: AccountState, account_data: AccountData) -> None:
    """The SIP domain that a phone without 911 registers with exists."""
    domain = relations.domain_of(quiet_phone, desired)
    if domain is None:
        raise CheckFailed("a SIP domain for phones without 911", "none in estate.toml")
    expect({one.name for one in account_data.state.domains} & {domain.name}, {domain.name})


@check("urgent", severity="critical", remedy=UPDATE)
def test_registration(domain: SipDomain, the_domain: SipDomain) -> None:
    """Phones can register, where that is wished."""
    expect(the_domain.sip_registration, domain.sip_registration)


@check(
    "urgent",
    "emergency",
    severity="critical",
    remedy="Run `invoke update-domains --env {env}`; where 911 is to be "
    "turned off, `invoke apply --allow-911-loss {name}`.",
)
def test_emergency_calling(domain: SipDomain, the_domain: SipDomain) -> None:
    """911 goes straight to the emergency services exactly where that is wished."""
    expect(the_domain.emergency_calling_enabled, domain.emergency_calling_enabled)


@check("urgent", "urls", severity="critical", remedy=UPDATE)
def test_voice_url(domain: SipDomain, the_domain: SipDomain) -> None:
    """Outgoing calls ask the dialplan of this environment."""
    expect(the_domain.voice_url, domain.voice_url)


@check("urgent", severity="critical", remedy=UPDATE)
def test_voice_method(domain: SipDomain, the_domain: SipDomain) -> None:
    """The dialplan is asked with the method that it answers to."""
    expect(the_domain.voice_method, domain.voice_method)


@check("urls", severity="warning", remedy=UPDATE)
def test_fallback_url(domain: SipDomain, the_domain: SipDomain) -> None:
    """When the dialplan fails, calls ask where that is wished and nowhere else."""
    expect(the_domain.voice_fallback_url, domain.voice_fallback_url or "")


@check("urgent", severity="critical", remedy=UPDATE)
def test_secure(domain: SipDomain, the_domain: SipDomain) -> None:
    """Encryption is demanded of phones exactly where that is wished: a phone without it would be shut out."""
    expect(the_domain.secure, domain.secure or False)


@check("hygiene", severity="warning", remedy=UPDATE)
def test_friendly_name(domain: SipDomain, the_domain: SipDomain) -> None:
    """The SIP domain is called what it is, for whoever looks at the console."""
    expect(the_domain.friendly_name, domain.friendly_name)


@check(
    "urgent",
    severity="critical",
    remedy="Run `invoke create-registration-mappings --env {env}`.",
    mapped="/Auth/Registrations/",
)
def test_list_registers(domain: SipDomain, the_domain: SipDomain) -> None:
    """The phones of the wished credential lists may register."""
    expect(the_domain.registrations & domain.registrations, domain.registrations)


@check(
    "urgent",
    severity="critical",
    remedy="Run `invoke create-voice-mappings --env {env}`.",
    mapped="/Auth/Calls/CredentialListMappings",
)
def test_list_calls(domain: SipDomain, the_domain: SipDomain) -> None:
    """The phones of the wished credential lists may call."""
    expect(the_domain.calls & domain.calls, domain.calls)


@check("fraud", severity="critical", remedy=DETACH, mapped="/Auth/Registrations/")
def test_no_other_list_registers(domain: SipDomain, the_domain: SipDomain) -> None:
    """Nobody else may register."""
    expect(the_domain.registrations - domain.registrations, frozenset())


@check("fraud", severity="critical", remedy=DETACH, mapped="/Auth/Calls/CredentialListMappings")
def test_no_other_list_calls(domain: SipDomain, the_domain: SipDomain) -> None:
    """Nobody else may call."""
    expect(the_domain.calls - domain.calls, frozenset())


@check(
    "fraud",
    "urgent",
    severity="critical",
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
    remedy="Run `invoke create-voice-mappings --env {env}`; an IP list goes in the Twilio console.",
    mapped="/Auth/Calls/",
)
def test_auth_type(the_domain: SipDomain) -> None:
    """Calls are authenticated by credential list alone: with nothing no call passes, with less anybody's does."""
    expect(frozenset(filter(None, the_domain.auth_type.split(","))), frozenset({"CREDENTIAL_LIST"}))


@check(
    "fraud",
    severity="warning",
    remedy="Find out whose it is; then `invoke apply --remove NAME`, or add it to estate.toml.",
)
def test_none_that_nobody_wished_for(wish_of_all: AccountState, account_data: AccountData) -> None:
    """Every SIP domain of the account is in estate.toml."""
    expect({d.name for d in account_data.state.domains} - {d.name for d in wish_of_all.domains}, set())

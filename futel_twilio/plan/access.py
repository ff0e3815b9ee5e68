"""Which phones an account lets in, which can call 911, and which lose either by a plan. No I/O.

All of it is judged by the account as found, before a plan and after it. The inventory, which whoever
runs a command may have edited, only tells more: which phones may call 911, and where a phone registers.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from futel_twilio.plan import projection
from futel_twilio.plan.changes import Change, Changes, Delete, Update
from futel_twilio.resources.phones import Address, PhoneNumber
from futel_twilio.resources.types import (
    ADDRESS,
    CREDENTIAL,
    CREDENTIAL_LIST,
    IP_TYPES,
    MAPPING_TYPES,
    PHONE_NUMBER,
    SIP_DOMAIN,
    ResourceType,
)
from futel_twilio.resources.voice import (
    SIP_SUFFIX,
    USES,
    Application,
    CredentialListMapping,
    IpAddress,
    IpMapping,
    SipDomain,
    UsageTrigger,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.resources.state import AccountState, Resource

TLS = "tls"
NOT_FOR_EMERGENCIES = "(not for emergencies)"
NEVER_REGISTERED = "(registration-failure)"
IP_MODE = "IP_ACL"
OF_NUMBERS = frozenset({PHONE_NUMBER, ADDRESS})
OF_PHONES = frozenset({SIP_DOMAIN, *MAPPING_TYPES, CREDENTIAL_LIST, CREDENTIAL, *IP_TYPES, *OF_NUMBERS})
OF_A_NUMBER = frozenset({"emergency_address", "voice_application", "voice_url", "trunk_sid"})
CAN_TAKE_911_AWAY = frozenset({"emergency_calling_enabled", "sip_registration", "secure"})
Networks: TypeAlias = "list[ipaddress.IPv4Network]"


@dataclass(frozen=True)
class Loss:
    """What loses 911 by a plan.

    Attributes:
        name: what `--allow-911-loss` wants: a phone, a number or a SIP domain.
        why: the reason, in words.
        also: other names that allow it as well.
        of_domain: whether it is a SIP domain.
    """

    name: str
    why: str
    also: frozenset[str] = frozenset()
    of_domain: bool = False


def kinds_in_question(plan: Changes, seen: AccountState) -> frozenset[ResourceType]:
    """What must be read of an account to see what a plan takes from phones; nothing if it can take nothing.

    Args:
        plan: the changes.
        seen: the reading that the plan was made from, which may be of a part of the account.
    """
    return frozenset().union(*(_kinds_of(change, seen) for change in plan))


def _kinds_of(change: Change, seen: AccountState) -> frozenset[ResourceType]:
    of_number = isinstance(change.resource, PhoneNumber | Address | Application)
    if isinstance(change, Update):
        found = _takes_by_update(change)
    elif isinstance(change, Delete):
        found = not isinstance(change.resource, UsageTrigger)
    else:
        found = _tightens(change.resource, seen)
    return frozenset() if not found else OF_NUMBERS if of_number else OF_PHONES


def _takes_by_update(change: Update) -> bool:
    resource, settings = change.resource, {*change.changed_fields}
    if isinstance(resource, Application):
        return "voice_url" in settings and not resource.voice_url
    if isinstance(resource, PhoneNumber):
        return bool(settings & OF_A_NUMBER)
    return isinstance(resource, IpAddress) or (
        isinstance(resource, SipDomain) and bool(settings & CAN_TAKE_911_AWAY)
    )


def _tightens(resource: Resource, seen: AccountState) -> bool:
    """Whether a mapping shuts somebody out of a domain that is there already.

    An IP list shuts out all other addresses, a credential list whoever came in by address alone.
    """
    if not isinstance(resource, CredentialListMapping | IpMapping):
        return False
    there = next((one for one in seen.domains if one.name == resource.domain_name), None)
    return there is not None and (isinstance(resource, IpMapping) or IP_MODE in there.auth_type)


def losses(account: AccountState, plan: Changes, desired: AccountState) -> tuple[Loss, ...]:
    """What of an account can call 911, and cannot once a plan is carried out."""
    if not kinds_in_question(plan, account):
        return ()
    later = projection.after(account, plan)
    return (
        *_of_domains(account, later, desired),
        *_of_credentials(account, later),
        *_of_numbers(account, later, desired),
    )


def _of_domains(account: AccountState, later: AccountState, desired: AccountState) -> Iterator[Loss]:
    there = {domain.name: domain for domain in later.domains}
    for domain in account.domains:
        if not domain.emergency_calling_enabled or not (domain.calls or domain.ip_lists):
            continue
        name = domain.name.removesuffix(SIP_SUFFIX)
        for why in _why_lost(domain, there.get(domain.name), account, later, desired):
            phones = callers_at(domain, account, desired)
            those = f" (phones with 911: {', '.join(phones)})" if phones else ""
            yield Loss(name, f"SIP domain {domain.name} would {why}{those}", of_domain=True)


def _why_lost(
    domain: SipDomain,
    later: SipDomain | None,
    account: AccountState,
    afterwards: AccountState,
    desired: AccountState,
) -> Iterator[str]:
    """What a SIP domain that takes 911 calls would do no longer."""
    if later is None or not later.emergency_calling_enabled:
        yield "no longer take 911 calls"
        return
    if domain.sip_registration and not later.sip_registration:
        yield "no longer let its phones register, so none could call 911"
    if later.secure and not domain.secure:
        known = {client.name for client in desired.clients}
        strangers = {name for name in users_of(domain, account) if name not in known}
        deaf = {*callers_at(domain, account, desired), *strangers} - _speaking_tls(desired)
        if deaf or not domain.calls:
            yield "shut out every phone that is not known to use TLS"
    for use in USES:
        for name in sorted(domain.lists_for(use) - later.lists_for(use)):
            if _takes(domain, name):
                yield f"no longer let its phones in ({use}) by the credential list {name}"
    if _comes_by_address(domain) and (later.calls or not later.ip_lists):
        yield "no longer let phones in by their IP address"
    elif later.ip_lists and not _covers(_networks(later, afterwards), _networks(domain, account)):
        lists = ", ".join(sorted(later.ip_lists))
        yield f"take calls, 911 too, from the addresses of {lists} only"


def _networks(domain: SipDomain, estate: AccountState) -> Networks:
    """The addresses that a SIP domain takes calls from."""
    if not domain.ip_lists:
        return [ipaddress.IPv4Network("0.0.0.0/0")]
    found = (one for one in estate.ip_addresses if one.ip_list in domain.ip_lists)
    return list(ipaddress.collapse_addresses(filter(None, map(_network, found))))


def _network(address: IpAddress) -> ipaddress.IPv4Network | None:
    try:
        return ipaddress.IPv4Network((address.ip_address, address.cidr_prefix_length or 32), strict=False)
    except ValueError:
        return None


def _covers(wide: Networks, narrow: Networks) -> bool:
    return all(any(one.subnet_of(other) for other in wide) for one in narrow)


def _of_credentials(account: AccountState, later: AccountState) -> Iterator[Loss]:
    """The credentials that are deleted although a SIP domain with 911 lets them in.

    Whoever holds such a credential can call 911, whatever its number tells and the files say of it: a phone that
    was renamed in the files still holds its old one.
    """
    kept = {credential.name for credential in later.credentials}
    for credential in account.credentials:
        domains = sorted(
            domain.name.removesuffix(SIP_SUFFIX)
            for domain in account.domains
            if domain.emergency_calling_enabled and _takes(domain, credential.credential_list)
        )
        if domains and credential.name not in kept:
            name = credential.username
            why = f"{name}: it can call 911 through {', '.join(domains)}; without its credential it can call nobody"
            yield Loss(name, why, frozenset({credential.name}))


def _of_numbers(account: AccountState, later: AccountState, desired: AccountState) -> Iterator[Loss]:
    there = {number.name: number for number in later.numbers}
    usernames = {credential.username for credential in later.credentials}
    held = {address.name for address in account.addresses} - {address.name for address in later.addresses}
    for number in account.numbers:
        address, after = number.emergency_address or "", there.get(number.name)
        now = after.emergency_address if after else ""
        if not address or address.endswith(NEVER_REGISTERED) or (address == now and now not in held):
            continue
        if not now or now in held or now.endswith(NOT_FOR_EMERGENCIES):
            for name in callers_of(number.name, desired):
                why = f"{name}: {number.name} would lose its 911 address {address}"
                yield Loss(name, why, frozenset({number.name, number.friendly_name or number.name}))
        elif after and (name := str(number.friendly_name)) in usernames and after.friendly_name != name:
            why = (
                f"{name}: its number {number.name} would tell 911 the address {now}, of {after.friendly_name}"
            )
            yield Loss(name, why, frozenset({number.name}))


def unanswered(account: AccountState, later: AccountState) -> tuple[tuple[str, str], ...]:
    """The numbers that something answers, and nothing any more: each with the application that does it now."""
    kept = {number.name: number for number in later.numbers}
    return tuple(
        (number.name, str(number.voice_application))
        for number in account.numbers
        if _is_answered(number, account)
        and (after := kept.get(number.name))
        and not _is_answered(after, later)
    )


def _is_answered(number: PhoneNumber, estate: AccountState) -> bool:
    """Whether anything answers a number; beside an application, Twilio ignores the number's own URL."""
    if number.voice_application and not number.trunk_sid:
        return any(one.name == number.voice_application and one.voice_url for one in estate.applications)
    return bool(number.voice_url or number.trunk_sid)


def callers_of(number: str, desired: AccountState) -> tuple[str, ...]:
    """Who calls 911 from a number: the phones that may, else those that may no more, else the number itself."""
    clients = [client for client in desired.clients if client.caller_id == number]
    may = tuple(client.name for client in clients if client.enable_emergency)
    return may or tuple(client.name for client in clients) or (number,)


def callers_at(domain: SipDomain, account: AccountState, desired: AccountState) -> tuple[str, ...]:
    """The phones that can call 911, as far as known, and whose credentials a SIP domain accepts."""
    callers = _who_calls_911(account, desired)
    found = users_of(domain, account)
    return tuple(name for name in found if name in callers or domain.emergency_caller_sid)


def users_of(domain: SipDomain, account: AccountState) -> tuple[str, ...]:
    """The user names that can sign in at a SIP domain and call through it."""
    found = (c.username for c in account.credentials if _takes(domain, c.credential_list))
    return tuple(sorted({*found}))


def _takes(domain: SipDomain, credential_list: str) -> bool:
    """Whether a SIP domain takes calls of the phones of a credential list: by the list, or by IP address alone."""
    return credential_list in (domain.registrations if _comes_by_address(domain) else domain.calls)


def _comes_by_address(domain: SipDomain) -> bool:
    """Whether a SIP domain takes calls by IP address alone, without a credential."""
    return bool(domain.ip_lists) and not domain.calls


def _who_calls_911(account: AccountState, desired: AccountState) -> frozenset[str]:
    """The user names of the phones that can call 911.

    They are those that the inventory allows to, and those whose number has a 911 address: a number bears the
    name of its phone. Of one that bears no name of a phone, the inventory knows the phone; where it does not, it
    may be any phone that the inventory does not know.
    """
    usernames = {credential.username for credential in account.credentials}
    found = {client.name for client in desired.clients if client.enable_emergency}
    for number in account.numbers:
        if not number.emergency_address or number.emergency_address.endswith(NEVER_REGISTERED):
            continue
        if number.friendly_name in usernames:
            found.add(str(number.friendly_name))
        else:
            calling = {client.name for client in desired.clients if client.caller_id == number.name}
            found |= calling or usernames - {client.name for client in desired.clients}
    return frozenset(found)


def _speaking_tls(desired: AccountState) -> frozenset[str]:
    return frozenset(client.name for client in desired.clients if client.transport == TLS)

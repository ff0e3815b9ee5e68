"""Which phones a resource serves, and which resource owns which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.resources.phones import Address, Credential, PhoneClient, PhoneNumber
from futel_twilio.resources.types import (
    ADDRESS,
    APPLICATION,
    CREDENTIAL_LIST,
    IP_LIST,
    SIP_DOMAIN,
    ResourceType,
)
from futel_twilio.resources.voice import (
    Application,
    CredentialList,
    CredentialListMapping,
    IpAddress,
    IpMapping,
    SipDomain,
)

if TYPE_CHECKING:
    from futel_twilio.resources.state import AccountState, Resource


def clients_of(resource: Resource, desired: AccountState) -> tuple[PhoneClient, ...]:
    """The phones that a thing at Twilio serves."""
    return tuple(client for client in desired.clients if serves(resource, client, desired))


def serves(resource: Resource, client: PhoneClient, desired: AccountState) -> bool:
    match resource:
        case Credential() | PhoneNumber() | Address():
            return belongs_to(resource, client)
        case Application():
            return (
                client.environment == resource.environment
                and client.caller_id not in desired.external_numbers
            )
        case SipDomain() | CredentialListMapping() | IpMapping():
            return _registers_with(client, resource.domain_name, desired)
        case CredentialList():
            return resource.name == desired.clients_credential_list
        case _:
            return False


def belongs_to(resource: Credential | PhoneNumber | Address, client: PhoneClient) -> bool:
    if isinstance(resource, Credential):
        return client.name == resource.username
    if isinstance(resource, PhoneNumber):
        return client.caller_id == resource.phone_number
    return client.enable_emergency and client.address is not None and client.address.name == resource.name


def _registers_with(client: PhoneClient, domain_name: str, desired: AccountState) -> bool:
    domain = domain_of(client, desired)
    return domain is not None and domain.domain_name == domain_name


def domain_of(client: PhoneClient, desired: AccountState) -> SipDomain | None:
    """The SIP domain that a phone registers with: of its environment, with emergency calling or without."""
    return next(
        (
            domain
            for domain in desired.domains
            if domain.environment == client.environment
            and bool(domain.emergency_calling_enabled) == client.enable_emergency
            and desired.clients_credential_list in domain.registrations
        ),
        None,
    )


def owners_of(resource: Resource) -> tuple[tuple[ResourceType, str], ...]:
    """What must exist before a resource can be created; its owner first, if it has one."""
    if isinstance(resource, CredentialListMapping):
        return ((SIP_DOMAIN, resource.domain_name), (CREDENTIAL_LIST, resource.credential_list))
    if isinstance(resource, IpMapping):
        return ((SIP_DOMAIN, resource.domain_name), (IP_LIST, resource.ip_list))
    if isinstance(resource, IpAddress):
        return ((IP_LIST, resource.ip_list),)
    if isinstance(resource, Credential):
        return ((CREDENTIAL_LIST, resource.credential_list),)
    if isinstance(resource, PhoneNumber):
        applications = ((APPLICATION, resource.voice_application), (APPLICATION, resource.sms_application))
        owners = (*applications, (ADDRESS, resource.emergency_address))
        return tuple((resource_type, name) for resource_type, name in owners if name)
    return ()

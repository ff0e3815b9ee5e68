"""The collections of Twilio's client that lie within a SIP domain or a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from futel_twilio.resources.types import CREDENTIAL, IP_ADDRESS, IP_MAPPING, MAPPING_TYPES, ResourceType
from futel_twilio.resources.voice import USES, Use

if TYPE_CHECKING:
    from twilio.rest import Client


def owned_collection(client: Client, resource_type: ResourceType, owner_sid: str) -> Any:
    """The resources of one type within one SIP domain or one list."""
    if resource_type in MAPPING_TYPES:
        return mapping_collection(client, owner_sid, USES[MAPPING_TYPES.index(resource_type)])
    return {
        CREDENTIAL: credential_collection,
        IP_ADDRESS: ip_address_collection,
        IP_MAPPING: ip_list_collection,
    }[resource_type](client, owner_sid)


def mapping_collection(client: Client, domain_sid: str, use: Use) -> Any:
    """The credential list mappings of one SIP domain.

    Both uses are plain API (`/SIP/Domains/{SD}/Auth/{Calls,Registrations}/CredentialListMappings`), the
    including the one for which the old runbook used the web console: official OpenAPI document.
    """
    return getattr(client.sip.domains(domain_sid).auth, use).credential_list_mappings


def credential_collection(client: Client, list_sid: str) -> Any:
    """The credentials of one credential list."""
    return client.sip.credential_lists(list_sid).credentials


def ip_list_collection(client: Client, domain_sid: str) -> Any:
    """The IP access control lists that may call through one SIP domain; there are none for registrations."""
    return client.sip.domains(domain_sid).auth.calls.ip_access_control_list_mappings


def ip_address_collection(client: Client, list_sid: str) -> Any:
    """The addresses of one IP access control list."""
    return client.sip.ip_access_control_lists(list_sid).ip_addresses

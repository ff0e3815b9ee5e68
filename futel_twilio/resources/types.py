"""The table of resource types: their fields with Twilio's names, their order, their collections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from futel_twilio.resources.phones import Address, Credential, PhoneClient, PhoneNumber
from futel_twilio.resources.voice import (
    Application,
    CredentialList,
    CredentialListMapping,
    IpAddress,
    IpList,
    IpMapping,
    SipDomain,
    UsageTrigger,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from twilio.rest import Client

    from futel_twilio.resources.state import Resource


@dataclass(frozen=True)
class ResourceType:
    """One type of resource at Twilio.

    Attributes:
        resource_class: its dataclass, in `resources.voice` or `resources.phones`.
        cli_name: what a volunteer calls it on the command line (`--only domains`).
        title: the field's term for one of it.
        name_field: the field that names it, since SIDs differ from account to account.
        mutable_fields: the fields that are compared, shown and written.
        create_only_fields: the fields that are written on creation and that Twilio never changes afterwards.
        read_only_fields: the fields that Twilio returns and that are never written.
        create_order: creates of step 0 go out together, then those of step 1; deletes go the other way.
        create_command: the task that creates it.
        collection: the list resource of the Twilio client; None where an owner is needed (mappings).
    """

    resource_class: type[Resource]
    cli_name: str
    title: str
    name_field: str
    mutable_fields: tuple[str, ...]
    create_order: int
    create_command: str
    collection: Callable[[Client], Any] | None
    create_only_fields: tuple[str, ...] = ()
    read_only_fields: tuple[str, ...] = ()


APPLICATION = ResourceType(
    Application,
    "applications",
    "TwiML application",
    "friendly_name",
    (
        "voice_url",
        "voice_method",
        "voice_fallback_url",
        "sms_url",
        "public_application_connect_enabled",
        "voice_fallback_method",
        "voice_caller_id_lookup",
        "sms_method",
        "sms_fallback_url",
        "sms_fallback_method",
        "sms_status_callback",
        "message_status_callback",
        "status_callback",
        "status_callback_method",
    ),
    0,
    "create-applications",
    lambda client: client.applications,
)
SIP_DOMAIN = ResourceType(
    SipDomain,
    "domains",
    "SIP domain",
    "domain_name",
    (
        "friendly_name",
        "voice_url",
        "voice_method",
        "voice_fallback_url",
        "sip_registration",
        "emergency_calling_enabled",
        "secure",
        "voice_fallback_method",
        "voice_status_callback_url",
        "voice_status_callback_method",
    ),
    0,
    "create-domains",
    lambda client: client.sip.domains,
    read_only_fields=("auth_type", "emergency_caller_sid", "byoc_trunk_sid"),
)
CREDENTIAL_LIST = ResourceType(
    CredentialList,
    "credential-lists",
    "credential list",
    "friendly_name",
    (),
    0,
    "create-credential-list",
    lambda client: client.sip.credential_lists,
)
USAGE_TRIGGER = ResourceType(
    UsageTrigger,
    "usage-triggers",
    "usage trigger",
    "friendly_name",
    ("callback_url", "callback_method"),
    0,
    "setup",
    lambda client: client.usage.triggers,
    ("usage_category", "trigger_by", "trigger_value", "recurring"),
)
REGISTRATION_MAPPING = ResourceType(
    CredentialListMapping,
    "registration-mappings",
    "registration mapping",
    "name",
    (),
    1,
    "create-registration-mappings",
    None,
)
VOICE_MAPPING = ResourceType(
    CredentialListMapping, "voice-mappings", "voice mapping", "name", (), 1, "create-voice-mappings", None
)
ADDRESS = ResourceType(
    Address,
    "addresses",
    "emergency address",
    "friendly_name",
    (),
    0,
    "create-address",
    lambda client: client.addresses,
    (
        "customer_name",
        "street",
        "street_secondary",
        "city",
        "region",
        "postal_code",
        "iso_country",
        "emergency_enabled",
    ),
    ("validated",),
)
PHONE_NUMBER = ResourceType(
    PhoneNumber,
    "numbers",
    "incoming phone number",
    "phone_number",
    (
        "friendly_name",
        "voice_application",
        "sms_url",
        "sms_application",
        "trunk_sid",
        "emergency_address",
        "voice_url",
        "voice_method",
        "voice_fallback_url",
        "voice_fallback_method",
        "voice_caller_id_lookup",
        "voice_receive_mode",
        "sms_method",
        "sms_fallback_url",
        "sms_fallback_method",
        "status_callback",
        "status_callback_method",
    ),
    1,
    "create-number",
    lambda client: client.incoming_phone_numbers,
    read_only_fields=("emergency_address_status", "date_updated"),
)
CREDENTIAL = ResourceType(
    Credential,
    "credentials",
    "credential",
    "username",
    (),
    1,
    "create-credential",
    None,
    read_only_fields=("date_created", "date_updated"),
)
IP_LIST = ResourceType(
    IpList,
    "ip-lists",
    "IP access control list",
    "friendly_name",
    (),
    0,
    "restore",
    lambda client: client.sip.ip_access_control_lists,
)
IP_ADDRESS = ResourceType(
    IpAddress,
    "ip-addresses",
    "IP address",
    "ip_address",
    ("friendly_name", "cidr_prefix_length"),
    1,
    "restore",
    None,
)
IP_MAPPING = ResourceType(IpMapping, "ip-mappings", "IP mapping", "name", (), 1, "restore", None)
VOICE_TYPES = (APPLICATION, SIP_DOMAIN, CREDENTIAL_LIST, USAGE_TRIGGER, REGISTRATION_MAPPING, VOICE_MAPPING)
CLIENT_TYPES = (ADDRESS, PHONE_NUMBER, CREDENTIAL)
IP_TYPES = (IP_LIST, IP_ADDRESS, IP_MAPPING)
ALL_TYPES = (*VOICE_TYPES, *CLIENT_TYPES, *IP_TYPES)
MAPPING_TYPES = (REGISTRATION_MAPPING, VOICE_MAPPING)
# Every resource type that an `AccountState` has a field for, by the field's name; mappings are part of their domain.
SECTIONS: dict[str, ResourceType] = {
    "applications": APPLICATION,
    "domains": SIP_DOMAIN,
    "credential_lists": CREDENTIAL_LIST,
    "credentials": CREDENTIAL,
    "usage_triggers": USAGE_TRIGGER,
    "ip_lists": IP_LIST,
    "ip_addresses": IP_ADDRESS,
    "addresses": ADDRESS,
    "numbers": PHONE_NUMBER,
}
PROMOTED_FIELDS = frozenset({"voice_url", "voice_method", "voice_fallback_url"})


def type_of(resource: Resource) -> ResourceType:
    """The row of the table that a thing belongs to."""
    if isinstance(resource, CredentialListMapping):
        return REGISTRATION_MAPPING if resource.use == "registrations" else VOICE_MAPPING
    return next(
        resource_type for resource_type in ALL_TYPES if resource_type.resource_class is type(resource)
    )


def parameters_of(resource: Resource, names: tuple[str, ...]) -> dict[str, Any]:
    """The desired fields of a resource, as keyword arguments of the Twilio client."""
    values = {name: getattr(resource, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}


STORED_NAMES: dict[type, str] = {
    Application: "Application",
    SipDomain: "SipDomain",
    CredentialList: "CredentialList",
    UsageTrigger: "UsageTrigger",
    CredentialListMapping: "Mapping",
    IpList: "IpList",
    IpAddress: "IpAddress",
    IpMapping: "IpMapping",
    Address: "Address",
    PhoneNumber: "PhoneNumber",
    Credential: "Credential",
    PhoneClient: "Client",
}
"""What journals and cassettes call each class, whatever its name in the code is."""

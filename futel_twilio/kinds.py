"""The one table where a noun meets Twilio's words for it; owners stand above what they own.

A setting is spelled here as the Twilio Python client spells it, which is Twilio's parameter in snake
case (`voice_url` is `VoiceUrl`): source, the official OpenAPI document of api v2010.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from futel_twilio.model import (
    USES,
    Address,
    Application,
    Credential,
    CredentialList,
    IpAddress,
    IpList,
    IpMapping,
    Mapping,
    Noun,
    PhoneNumber,
    SipDomain,
    UsageTrigger,
    Use,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from twilio.rest import Client


@dataclass(frozen=True)
class Kind:
    """One kind of thing at Twilio.

    Attributes:
        noun: its frozen type in `model`.
        word: what a volunteer calls it on the command line (`--only domains`).
        title: the field's term for one of it.
        key: the field that names it, since SIDs differ from account to account.
        settings: the fields that are compared, shown and written.
        at_birth: the fields that are written when it is made, and that Twilio never changes afterwards.
        reported: the fields that Twilio tells and that are never written.
        step: creates of step 0 go out together, then those of step 1; deletes go the other way.
        task: the task that creates it.
        collection: the list resource of the Twilio client; None where an owner is needed (mappings).
    """

    noun: type[Noun]
    word: str
    title: str
    key: str
    settings: tuple[str, ...]
    step: int
    task: str
    collection: Callable[[Client], Any] | None
    at_birth: tuple[str, ...] = ()
    reported: tuple[str, ...] = ()


APPLICATION = Kind(
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
SIP_DOMAIN = Kind(
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
    reported=("auth_type", "emergency_caller_sid", "byoc_trunk_sid"),
)
CREDENTIAL_LIST = Kind(
    CredentialList,
    "credential-lists",
    "credential list",
    "friendly_name",
    (),
    0,
    "create-credential-list",
    lambda client: client.sip.credential_lists,
)
USAGE_TRIGGER = Kind(
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
REGISTRATION_MAPPING = Kind(
    Mapping,
    "registration-mappings",
    "registration mapping",
    "name",
    (),
    1,
    "create-registration-mappings",
    None,
)
VOICE_MAPPING = Kind(Mapping, "voice-mappings", "voice mapping", "name", (), 1, "create-voice-mappings", None)
ADDRESS = Kind(
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
PHONE_NUMBER = Kind(
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
    reported=("emergency_address_status", "date_updated"),
)
CREDENTIAL = Kind(
    Credential,
    "credentials",
    "credential",
    "username",
    (),
    1,
    "create-credential",
    None,
    reported=("date_created", "date_updated"),
)
IP_LIST = Kind(
    IpList,
    "ip-lists",
    "IP access control list",
    "friendly_name",
    (),
    0,
    "restore",
    lambda client: client.sip.ip_access_control_lists,
)
IP_ADDRESS = Kind(
    IpAddress,
    "ip-addresses",
    "IP address",
    "ip_address",
    ("friendly_name", "cidr_prefix_length"),
    1,
    "restore",
    None,
)
IP_MAPPING = Kind(IpMapping, "ip-mappings", "IP mapping", "name", (), 1, "restore", None)
KINDS = (APPLICATION, SIP_DOMAIN, CREDENTIAL_LIST, USAGE_TRIGGER, REGISTRATION_MAPPING, VOICE_MAPPING)
CLIENT_KINDS = (ADDRESS, PHONE_NUMBER, CREDENTIAL)
IP_KINDS = (IP_LIST, IP_ADDRESS, IP_MAPPING)
ALL_KINDS = (*KINDS, *CLIENT_KINDS, *IP_KINDS)
MAPPINGS = (REGISTRATION_MAPPING, VOICE_MAPPING)
# Every kind that an `Estate` holds by itself, by the name of the field; mappings are fields of their domain.
SECTIONS: dict[str, Kind] = {
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
SETTINGS_OF_A_PROMOTION = frozenset({"voice_url", "voice_method", "voice_fallback_url"})


def kind_of(noun: Noun) -> Kind:
    """The row of the table that a thing belongs to."""
    if isinstance(noun, Mapping):
        return REGISTRATION_MAPPING if noun.use == "registrations" else VOICE_MAPPING
    return next(kind for kind in ALL_KINDS if kind.noun is type(noun))


def parameters(noun: Noun, names: tuple[str, ...]) -> dict[str, Any]:
    """The settings of a thing that have a wish, as keyword arguments of the Twilio client."""
    values = {name: getattr(noun, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def owned_collection(client: Client, kind: Kind, owner_sid: str) -> Any:
    """The things of one kind that live inside one SIP domain, or inside one list."""
    if kind in MAPPINGS:
        return mapping_collection(client, owner_sid, USES[MAPPINGS.index(kind)])
    return {
        CREDENTIAL: credential_collection,
        IP_ADDRESS: ip_address_collection,
        IP_MAPPING: ip_list_collection,
    }[kind](client, owner_sid)


def mapping_collection(client: Client, domain_sid: str, use: Use) -> Any:
    """The credential list mappings of one SIP domain.

    Both uses are plain API (`/SIP/Domains/{SD}/Auth/{Calls,Registrations}/CredentialListMappings`), the
    one that the old runbook sent people to the web console for included: official OpenAPI document.
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

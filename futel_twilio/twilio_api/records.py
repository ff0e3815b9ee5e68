"""Turn records of Twilio's client into resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from futel_twilio.resources.phones import Credential, PhoneNumber
from futel_twilio.resources.types import (
    PHONE_NUMBER,
    ResourceType,
)
from futel_twilio.resources.voice import NO_ADDRESS, IpAddress

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from futel_twilio.resources.state import AccountState


WHOLE_ADDRESS = 32  # bits of an IPv4 address


FAILED = "-failure"


BY_NAME = frozenset({"voice_application", "sms_application", "emergency_address"})


NUMBER_FIELDS = tuple(
    name for name in (PHONE_NUMBER.name_field, *PHONE_NUMBER.mutable_fields, "sid") if name not in BY_NAME
)


def numbers_of(records: Iterable[Any], estate: AccountState) -> tuple[PhoneNumber, ...]:
    """Incoming numbers, with their application and address by name where the estate tells it."""
    applications = {one.sid: one.name for one in estate.applications}
    addresses = {one.sid: one.name for one in estate.addresses}
    return tuple(_number(record, applications, addresses) for record in records)


def _number(record: Any, applications: Mapping[str, str], addresses: Mapping[str, str]) -> PhoneNumber:
    calls, messages = str(record.voice_application_sid or ""), str(record.sms_application_sid or "")
    held, status = str(record.emergency_address_sid or ""), str(record.emergency_address_status or "")
    address = addresses.get(held, held)
    fields = {name: _plain_value(getattr(record, name)) for name in NUMBER_FIELDS}
    return PhoneNumber(
        **fields,
        voice_application=applications.get(calls, calls),
        sms_application=applications.get(messages, messages),
        # An address whose registration failed is none that help would be sent to.
        emergency_address=f"{address or NO_ADDRESS} ({status})" if status.endswith(FAILED) else address,
        emergency_address_status=status,
        date_updated=record.date_updated,
    )


def credential(record: Any, list_name: str) -> Credential:
    """A record of a credential of one list."""
    return Credential(
        username=str(record.username),
        credential_list=list_name,
        date_created=record.date_created,
        date_updated=record.date_updated,
        sid=str(record.sid),
    )


def ip_address(record: Any, list_name: str) -> IpAddress:
    """A record of an address of one IP access control list."""
    return IpAddress(
        ip_list=list_name,
        ip_address=str(record.ip_address),
        friendly_name=str(record.friendly_name or ""),
        cidr_prefix_length=int(record.cidr_prefix_length or WHOLE_ADDRESS),
        sid=str(record.sid),
    )


def resources_of(resource_type: ResourceType, found: Mapping[ResourceType, Iterable[Any]]) -> tuple[Any, ...]:
    return tuple(resource_from(resource_type, record) for record in found.get(resource_type, ()))


def resource_from(resource_type: ResourceType, record: Any) -> Any:
    """A record of Twilio's as a resource, with the fields of its type."""
    names = (
        resource_type.name_field,
        *resource_type.mutable_fields,
        *resource_type.create_only_fields,
        *resource_type.read_only_fields,
        "sid",
    )
    values: dict[str, Any] = {name: _plain_value(getattr(record, name)) for name in names}
    return resource_type.resource_class(**values)


def _plain_value(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    return "" if value is None else str(value)

"""Describe a change in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from futel_twilio.plan.changes import PASSWORD, Change, Create, Delete, Update
from futel_twilio.resources.labels import format_field, resource_title
from futel_twilio.resources.phones import Address, Credential, PhoneNumber
from futel_twilio.resources.types import type_of
from futel_twilio.resources.voice import address_held
from futel_twilio.text import first_word, option, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.resources.state import Resource

SIGNS = {Create: "+", Update: "~", Delete: "-"}
ACTIONS = {Create: "create", Update: "update", Delete: "delete"}


def describe_change(change: Change) -> str:
    """One change as one line: `~ SIP domain X  voice_url: old -> new`; of a create, what is not plain."""
    line = f"{SIGNS[type(change)]} {resource_title(change.resource)}"
    if isinstance(change, Update):
        if PASSWORD in change.changed_fields:
            return f"{line}  a new password"
        pairs = (
            f"{name}: {format_field(before)} -> {format_field(after)}"
            for name, before, after in change.values()
        )
        return f"{line}  {', '.join(pairs)}"
    return (
        f"{line}  {', '.join(desired_fields(change.resource))}".rstrip()
        if isinstance(change, Create)
        else line
    )


def unmanaged_lines(found: tuple[Resource, ...]) -> tuple[str, ...]:
    """The unmanaged resources, one line each."""
    held = {
        address_held(resource.emergency_address): resource.name
        for resource in found
        if isinstance(resource, PhoneNumber)
    }
    return tuple(
        f"? {resource_title(resource)}  {_how_to_go(resource, held.get(resource.name))}" for resource in found
    )


def _how_to_go(resource: Resource, holder: str | None = None) -> str:
    if isinstance(resource, Credential):
        how = f"`invoke delete-credential {first_word(resource.username)}`"
        return f"unmanaged: belongs to no phone. Remove it with: {how}"
    if isinstance(resource, PhoneNumber):
        number = quoted(resource.name)
        loses = f" --allow-911-loss {number}" if resource.emergency_address else ""
        how = f"`invoke delete-number {number} --release-number {number}{loses}`"
        return f"unmanaged: belongs to no phone. Remove it with: {how}"
    if isinstance(resource, Address) and holder:
        return f"unmanaged: the 911 address of {holder}, which belongs to no phone"
    if isinstance(resource, Address):
        return (
            f"unmanaged: belongs to no phone. Remove it with: `invoke delete-address {quoted(resource.sid)}`"
        )
    return f"unmanaged: not in estate.toml. Remove it with: {option('--remove', resource.name)}"


def desired_fields(resource: Resource) -> Iterator[str]:
    if isinstance(resource, Address):
        yield f"customer: {resource.customer_name}"  # all else is in its name
        return
    if isinstance(resource, PhoneNumber):
        yield "BOUGHT, which costs money every month"
    for name, value in changed_fields(resource):
        if value and value != "POST" and name != "friendly_name":
            yield f"{name}: {format_field(value)}"


def changed_fields(resource: Resource) -> Iterator[tuple[str, Any]]:
    for name in (*type_of(resource).mutable_fields, *type_of(resource).create_only_fields):
        value = getattr(resource, name)
        if value is not None:
            yield name, value

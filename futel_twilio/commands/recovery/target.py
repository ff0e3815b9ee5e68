"""Compute the state that changes lead to, and how far they reach."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from futel_twilio.plan.changes import (
    PASSWORD,
    Changes,
    Create,
    Delete,
    Scope,
    Update,
    identity_of,
)
from futel_twilio.plan.projection import FIELDS
from futel_twilio.resources.phones import Credential, PhoneNumber
from futel_twilio.resources.types import SECTIONS, type_of
from futel_twilio.resources.voice import (
    Application,
    CredentialListMapping,
    IpMapping,
    SipDomain,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from futel_twilio.resources.state import AccountState, Resource


def scope_of_changes(changes: Changes, before: AccountState, allow_911_loss: Collection[str]) -> Scope:
    """How far a recovery reaches: just what its changes are about."""
    there = {(type(resource), resource.name) for resource in before.resources()}
    gone = [c.resource.name for c in changes if isinstance(c, Delete) and identity_of(c) in there]
    numbers = [c for c in changes if isinstance(c.resource, PhoneNumber)]
    return Scope(
        tuple(dict.fromkeys(type_of(change.resource) for change in changes)),
        remove=tuple(gone),
        allow_911_loss=tuple(allow_911_loss),
        purchase=tuple(c.resource.name for c in numbers if isinstance(c, Create)),
        take_over=tuple(c.resource.name for c in numbers),
        rotate_passwords=tuple(
            c.resource.name for c in changes if isinstance(c, Update) and PASSWORD in c.changed_fields
        ),
        # A number lets go of one address before it takes another: that cannot be put back in one step.
        atomic=bool(changes)
        and all(
            isinstance(change, Update) and "emergency_address" not in change.changed_fields
            for change in changes
        ),
    )


def repointed(changes: Changes, now: AccountState) -> Iterator[Update]:
    """What has numbers use an application that is made anew again: they name the old one, by its SID."""
    anew = {
        c.after.sid: c.after for c in changes if isinstance(c, Create) and isinstance(c.after, Application)
    }
    known = {identity_of(change) for change in changes}
    for number in now.numbers:
        names = ("voice_application", "sms_application")
        lost: dict[str, Any] = {
            name: anew[sid].name for name in names if (sid := getattr(number, name)) and sid in anew
        }
        if lost and (PhoneNumber, number.name) not in known:
            yield Update(number, replace(number, **lost), tuple(lost))


def desired_after(changes: Changes, desired: AccountState) -> AccountState:
    """The desired state that changes lead to, and nothing else."""
    resources = [_sparse(change) for change in changes if not isinstance(change, Delete)]
    found: dict[str, tuple[Resource, ...]] = dict.fromkeys(SECTIONS, ())
    for resource in resources:
        field = FIELDS.get(type(resource))
        if field:
            found[field] = (*found[field], resource)
    domains = {resource.domain_name: resource for resource in resources if isinstance(resource, SipDomain)}
    for resource in resources:
        if isinstance(resource, CredentialListMapping | IpMapping):
            domains[resource.domain_name] = _with(domains.get(resource.domain_name), resource)
    everything: dict[str, Any] = {**found, "domains": tuple(domains.values())}
    return replace(desired, **everything)


def _sparse(change: Create | Update) -> Resource:
    """What a change leads to; of an update only the settings that it is about."""
    resource = change.after
    if isinstance(change, Create) or isinstance(resource, Credential):
        return resource
    resource_type = type_of(resource)
    unasked = {*resource_type.mutable_fields, *resource_type.create_only_fields} - {
        resource_type.name_field,
        *change.changed_fields,
    }
    unset: dict[str, Any] = dict.fromkeys(unasked)
    if isinstance(resource, SipDomain):
        unset |= dict.fromkeys(("registrations", "calls", "ip_lists"), frozenset())
    return replace(resource, **unset)


def _with(domain: SipDomain | None, mapping: CredentialListMapping | IpMapping) -> SipDomain:
    """Desired mappings are fields of their domain; a domain that has nothing else desired asks for no setting."""
    domain = domain or SipDomain(mapping.domain_name, environment=mapping.environment)
    if isinstance(mapping, IpMapping):
        return replace(domain, ip_lists=domain.ip_lists | {mapping.ip_list})
    lists = domain.lists_for(mapping.use) | {mapping.credential_list}
    if mapping.use == "registrations":
        return replace(domain, registrations=lists)
    return replace(domain, calls=lists)

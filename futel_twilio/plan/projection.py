"""The account as it would be after a plan; pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from futel_twilio.plan.changes import PASSWORD, Change, Changes, Create, Delete, Update
from futel_twilio.resources.types import SECTIONS
from futel_twilio.resources.voice import CredentialList, CredentialListMapping, IpList, IpMapping, SipDomain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from futel_twilio.resources.state import AccountState, Resource

FIELDS = {resource_type.resource_class: field for field, resource_type in SECTIONS.items()}


def after(account: AccountState, plan: Changes) -> AccountState:
    """The account with every change of a plan made: what is created, then updates, then what is deleted."""
    for change in sorted(plan, key=_order):
        account = _changed(account, change)
    return account


def with_what_changes(account: AccountState, plan: Changes, seen: AccountState) -> AccountState:
    """A reading of the account, completed with what only an earlier reading had.

    A reading may be stale. What the plan changes or deletes exists, as the plan has it.
    """
    for resource in seen.resources():
        if not isinstance(resource, CredentialListMapping | IpMapping) and _found(account, resource) is None:
            account = _put(account, resource)
    for change in plan:
        if not isinstance(change, Create) and not isinstance(
            change.before, CredentialListMapping | IpMapping
        ):
            account = _put(account, _with_lists_of(account, change.before))
    mappings: tuple[CredentialListMapping | IpMapping, ...] = (*seen.mappings, *seen.ip_mappings)
    doomed = (change.before for change in plan if isinstance(change, Delete))
    for mapping in (
        *mappings,
        *(one for one in doomed if isinstance(one, CredentialListMapping | IpMapping)),
    ):
        account = _mapped(account, mapping)
    return account


def _order(change: Change) -> tuple[int, bool]:
    return (Create, Update, Delete).index(type(change)), isinstance(
        change.resource, CredentialListMapping | IpMapping
    )


def _changed(account: AccountState, change: Change) -> AccountState:
    resource = change.resource
    if isinstance(resource, CredentialListMapping | IpMapping):
        return _mapped(account, resource, is_there=not isinstance(change, Delete))
    if isinstance(change, Delete):
        return _without(account, resource)
    if isinstance(change, Create):
        # A domain is created without its mappings, which are separate changes.
        return _put(account, _unmapped(resource) if isinstance(resource, SipDomain) else resource)
    there = _found(account, resource) or change.before
    values: dict[str, Any] = {
        name: getattr(resource, name) for name in change.changed_fields if name != PASSWORD
    }
    return _put(account, replace(there, **values))


def _unmapped(domain: SipDomain) -> SipDomain:
    return replace(domain, registrations=frozenset(), calls=frozenset(), ip_lists=frozenset())


def _with_lists_of(account: AccountState, resource: Resource) -> Resource:
    """A domain as it is given, with the mappings of the reading too."""
    there = _found(account, resource)
    if not isinstance(resource, SipDomain) or not isinstance(there, SipDomain):
        return resource
    return replace(
        resource,
        registrations=resource.registrations | there.registrations,
        calls=resource.calls | there.calls,
        ip_lists=resource.ip_lists | there.ip_lists,
    )


def _found(account: AccountState, resource: Resource) -> Resource | None:
    those: Iterable[Resource] = getattr(account, FIELDS[type(resource)])
    return next((one for one in those if one.name == resource.name), None)


def _put(account: AccountState, resource: Resource) -> AccountState:
    """The account with a thing in place of the first of its name, or besides where there is none."""
    field, there = FIELDS[type(resource)], _found(account, resource)
    those: tuple[Resource, ...] = getattr(account, field)
    if there is None:
        return replace(account, **{field: (*those, resource)})  # type: ignore[arg-type]
    return replace(account, **{field: tuple(resource if one is there else one for one in those)})  # type: ignore[arg-type]


def _without(account: AccountState, resource: Resource) -> AccountState:
    """The account without a thing, and without what was in it. Of several of one name, the one of its SID goes."""
    field = FIELDS[type(resource)]
    those: tuple[Resource, ...] = getattr(account, field)
    gone = next(
        (n for n in those if n.name == resource.name and n.sid == resource.sid), _found(account, resource)
    )
    account = replace(account, **{field: tuple(one for one in those if one is not gone)})  # type: ignore[arg-type]
    if isinstance(resource, CredentialList):
        kept = tuple(one for one in account.credentials if one.credential_list != resource.name)
        account = replace(account, credentials=kept)
        for mapping in account.mappings:
            if mapping.credential_list == resource.name:
                account = _mapped(account, mapping, is_there=False)
    if isinstance(resource, IpList):
        addresses = tuple(one for one in account.ip_addresses if one.ip_list != resource.name)
        account = replace(account, ip_addresses=addresses)
        for ip_mapping in account.ip_mappings:
            if ip_mapping.ip_list == resource.name:
                account = _mapped(account, ip_mapping, is_there=False)
    return account


def _mapped(
    account: AccountState, mapping: CredentialListMapping | IpMapping, *, is_there: bool = True
) -> AccountState:
    """The account with a list mapped to a domain, or not mapped any more."""
    field, name = (
        ("ip_lists", mapping.ip_list)
        if isinstance(mapping, IpMapping)
        else (mapping.use, mapping.credential_list)
    )

    def with_it(domain: SipDomain) -> SipDomain:
        lists: frozenset[str] = getattr(domain, field)
        return replace(domain, **{field: lists | {name} if is_there else lists - {name}})  # type: ignore[arg-type]

    domains = tuple(with_it(d) if d.name == mapping.domain_name else d for d in account.domains)
    return replace(account, domains=domains)

"""The account as it would be after a plan; pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from futel_twilio.change import PASSWORD, Create, Delete, Update
from futel_twilio.kinds import SECTIONS
from futel_twilio.model import CredentialList, Estate, IpList, IpMapping, Mapping, SipDomain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from futel_twilio.change import Change, Plan
    from futel_twilio.model import Noun

FIELDS = {kind.noun: field for field, kind in SECTIONS.items()}


def after(account: Estate, plan: Plan) -> Estate:
    """The account with every change of a plan made: what is created, then updates, then what is deleted."""
    for change in sorted(plan, key=_order):
        account = _changed(account, change)
    return account


def with_what_changes(account: Estate, plan: Plan, seen: Estate) -> Estate:
    """A reading of the account, with what an earlier reading had and this one has not.

    A reading may be late. What is to be changed or deleted is there, as the plan says it was.
    """
    for noun in seen.nouns():
        if not isinstance(noun, Mapping | IpMapping) and _found(account, noun) is None:
            account = _put(account, noun)
    for change in plan:
        if not isinstance(change, Create) and not isinstance(change.before, Mapping | IpMapping):
            account = _put(account, _with_lists_of(account, change.before))
    mappings: tuple[Mapping | IpMapping, ...] = (*seen.mappings, *seen.ip_mappings)
    doomed = (change.before for change in plan if isinstance(change, Delete))
    for mapping in (*mappings, *(one for one in doomed if isinstance(one, Mapping | IpMapping))):
        account = _mapped(account, mapping)
    return account


def _order(change: Change) -> tuple[int, bool]:
    return (Create, Update, Delete).index(type(change)), isinstance(change.noun, Mapping | IpMapping)


def _changed(account: Estate, change: Change) -> Estate:
    noun = change.noun
    if isinstance(noun, Mapping | IpMapping):
        return _mapped(account, noun, is_there=not isinstance(change, Delete))
    if isinstance(change, Delete):
        return _without(account, noun)
    if isinstance(change, Create):
        # A domain is made without its mappings, which are changes of their own.
        return _put(account, _unmapped(noun) if isinstance(noun, SipDomain) else noun)
    there = _found(account, noun) or change.before
    values: dict[str, Any] = {name: getattr(noun, name) for name in change.settings if name != PASSWORD}
    return _put(account, replace(there, **values))


def _unmapped(domain: SipDomain) -> SipDomain:
    return replace(domain, registrations=frozenset(), calls=frozenset(), ip_lists=frozenset())


def _with_lists_of(account: Estate, noun: Noun) -> Noun:
    """A domain as it is given, with the mappings of the reading too."""
    there = _found(account, noun)
    if not isinstance(noun, SipDomain) or not isinstance(there, SipDomain):
        return noun
    return replace(
        noun,
        registrations=noun.registrations | there.registrations,
        calls=noun.calls | there.calls,
        ip_lists=noun.ip_lists | there.ip_lists,
    )


def _found(account: Estate, noun: Noun) -> Noun | None:
    those: Iterable[Noun] = getattr(account, FIELDS[type(noun)])
    return next((one for one in those if one.name == noun.name), None)


def _put(account: Estate, noun: Noun) -> Estate:
    """The account with a thing in place of the first of its name, or besides where there is none."""
    field, there = FIELDS[type(noun)], _found(account, noun)
    those: tuple[Noun, ...] = getattr(account, field)
    if there is None:
        return replace(account, **{field: (*those, noun)})  # type: ignore[arg-type]
    return replace(account, **{field: tuple(noun if one is there else one for one in those)})  # type: ignore[arg-type]


def _without(account: Estate, noun: Noun) -> Estate:
    """The account without a thing, and without what was in it. Of several of one name, the one of its SID goes."""
    field = FIELDS[type(noun)]
    those: tuple[Noun, ...] = getattr(account, field)
    gone = next((n for n in those if n.name == noun.name and n.sid == noun.sid), _found(account, noun))
    account = replace(account, **{field: tuple(one for one in those if one is not gone)})  # type: ignore[arg-type]
    if isinstance(noun, CredentialList):
        kept = tuple(one for one in account.credentials if one.credential_list != noun.name)
        account = replace(account, credentials=kept)
        for mapping in account.mappings:
            if mapping.credential_list == noun.name:
                account = _mapped(account, mapping, is_there=False)
    if isinstance(noun, IpList):
        addresses = tuple(one for one in account.ip_addresses if one.ip_list != noun.name)
        account = replace(account, ip_addresses=addresses)
        for ip_mapping in account.ip_mappings:
            if ip_mapping.ip_list == noun.name:
                account = _mapped(account, ip_mapping, is_there=False)
    return account


def _mapped(account: Estate, mapping: Mapping | IpMapping, *, is_there: bool = True) -> Estate:
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

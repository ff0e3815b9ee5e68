"""Read the account as an `AccountState`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from futel_twilio.errors import Rejected
from futel_twilio.resources.state import AccountState
from futel_twilio.resources.types import (
    ADDRESS,
    APPLICATION,
    CREDENTIAL,
    CREDENTIAL_LIST,
    IP_ADDRESS,
    IP_LIST,
    IP_MAPPING,
    MAPPING_TYPES,
    PHONE_NUMBER,
    REGISTRATION_MAPPING,
    SIP_DOMAIN,
    USAGE_TRIGGER,
    VOICE_MAPPING,
    VOICE_TYPES,
    ResourceType,
)
from futel_twilio.twilio_api.client import PAGE, Api
from futel_twilio.twilio_api.collections import owned_collection
from futel_twilio.twilio_api.records import credential, ip_address, numbers_of, resources_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from futel_twilio.resources.voice import SipDomain

GONE = 404
CREDENTIALS_ONLY = frozenset({"CREDENTIAL_LIST"})
IP_MODE = "IP_ACL"
LISTED = (APPLICATION, SIP_DOMAIN, CREDENTIAL_LIST, USAGE_TRIGGER, IP_LIST, ADDRESS, PHONE_NUMBER)
OF_DOMAINS = (*MAPPING_TYPES, IP_MAPPING)
# What else must be read for a type: a number names its application and its address by SID.
NEEDS = {
    **dict.fromkeys(MAPPING_TYPES, (SIP_DOMAIN, CREDENTIAL_LIST)),
    CREDENTIAL: (CREDENTIAL_LIST,),
    IP_ADDRESS: (IP_LIST,),
    IP_MAPPING: (SIP_DOMAIN, IP_LIST),
    PHONE_NUMBER: (APPLICATION, ADDRESS),
}


def read_state(
    api: Api,
    resource_types: Collection[ResourceType] = VOICE_TYPES,
    domain_names: Collection[str] | None = None,
    known: AccountState | None = None,
    list_names: Collection[str] | None = (),
) -> AccountState:
    """Read what an account holds.

    Args:
        api: the account.
        resource_types: what to read; a type that needs another one brings that too.
        domain_names: the SIP domains whose mappings are read; all if None.
        known: an earlier reading, for the SIDs of domains and lists: it saves a round trip, nothing else.
        list_names: the credential lists whose credentials are read; all if None.

    Raises:
        TwilioError: any of it could not be read.
    """
    needed = {resource_type for one in resource_types for resource_type in (one, *NEEDS.get(one, ()))}
    listed = [resource_type for resource_type in LISTED if resource_type in needed]
    inside = _Inside(resource_types, domain_names, list_names)
    early = inside.worth_asking(known) if known else []
    answers = api.gather_or_raise(
        [*(lister(api, resource_type) for resource_type in listed), *(asking(api, one) for one in early)]
    )
    inside.keep(early, answers[len(listed) :])
    found = dict(zip(listed, answers, strict=False))
    estate = read_credentials(found, api.connection.account_sid)
    late = [one for one in inside.worth_asking(estate) if one not in inside.answers]
    inside.keep(late, api.gather_or_raise([asking(api, one) for one in late]))
    return inside.joined_to(estate)


def read_credentials(found: Mapping[ResourceType, Iterable[Any]], account_sid: str) -> AccountState:
    """What the lists of an account tell; not what lives inside its domains and lists."""
    estate = AccountState(
        applications=resources_of(APPLICATION, found),
        domains=resources_of(SIP_DOMAIN, found),
        credential_lists=resources_of(CREDENTIAL_LIST, found),
        usage_triggers=resources_of(USAGE_TRIGGER, found),
        ip_lists=resources_of(IP_LIST, found),
        addresses=resources_of(ADDRESS, found),
        account_sid=account_sid,
    )
    return replace(estate, numbers=numbers_of(found.get(PHONE_NUMBER, ()), estate))


Owned: TypeAlias = "tuple[ResourceType, str]"


def asking(api: Api, question: Owned) -> Callable[[], list[Any]]:
    """What of one kind lives inside the domain or the list of one SID; nothing where that is gone meanwhile."""
    # A mapping's own SID is the SID of its list: official OpenAPI document and examples.
    collection = owned_collection(api.client, *question)

    def ask() -> list[Any]:
        try:
            return list(collection.list(page_size=PAGE))
        except Rejected as error:
            if error.status == GONE:
                return []  # somebody deleted the owner meanwhile; the list of owners tells
            raise

    return ask


class _Inside:
    """What lives inside domains and lists, asked for where the answer is not plain from what is known.

    A question is a kind of thing and the SID of the domain or the list that it lives in.
    """

    def __init__(
        self,
        resource_types: Collection[ResourceType],
        domain_names: Collection[str] | None,
        list_names: Collection[str] | None,
    ) -> None:
        self.kinds = {
            *resource_types,
            *(
                MAPPING_TYPES
                if any(resource_type in MAPPING_TYPES for resource_type in resource_types)
                else ()
            ),
        }
        self.domain_names = domain_names
        self.list_names = list_names
        self.answers: dict[Owned, list[Any]] = {}

    def worth_asking(self, estate: AccountState) -> list[Owned]:
        found: list[Owned] = [
            (resource_type, domain.sid)
            for domain in estate.domains
            for resource_type in OF_DOMAINS
            if self._is_wanted(domain) and not _is_plain(resource_type, domain, estate)
        ]
        names = self.list_names
        lists = (one for one in estate.credential_lists if names is None or one.name in names)
        found += [(CREDENTIAL, one.sid) for one in lists]
        found += [(IP_ADDRESS, one.sid) for one in estate.ip_lists]
        return [question for question in found if question[0] in self.kinds]

    def _is_wanted(self, domain: SipDomain) -> bool:
        return self.domain_names is None or domain.domain_name in self.domain_names

    def keep(self, asked: list[Owned], answers: list[Any]) -> None:
        self.answers |= dict(zip(asked, answers, strict=True))

    def joined_to(self, estate: AccountState) -> AccountState:
        wanted = [domain for domain in estate.domains if self._is_wanted(domain)]
        plain = {domain.sid: _plain(domain, estate) for domain in wanted if VOICE_MAPPING in self.kinds}
        return joined(estate, self.answers, plain)


def joined(
    estate: AccountState,
    answers: Mapping[Owned, Iterable[Any]],
    plain: Mapping[str, frozenset[str] | None] | None = None,
) -> AccountState:
    """An estate with what lives inside its domains and lists.

    Args:
        estate: what the lists of the account tell.
        answers: what was asked for, by question.
        plain: the lists mapped for calls where that was not asked for, by the SID of the domain.
    """
    return replace(
        estate,
        domains=tuple(_with_lists(domain, answers, plain or {}) for domain in estate.domains),
        credentials=tuple(
            credential(record, one.name)
            for one in estate.credential_lists
            for record in answers.get((CREDENTIAL, one.sid), ())
        ),
        ip_addresses=tuple(
            ip_address(record, one.name)
            for one in estate.ip_lists
            for record in answers.get((IP_ADDRESS, one.sid), ())
        ),
    )


def _with_lists(
    domain: SipDomain,
    answers: Mapping[Owned, Iterable[Any]],
    plain: Mapping[str, frozenset[str] | None],
) -> SipDomain:
    registrations, calls, ip_lists = (
        answers.get((resource_type, domain.sid)) for resource_type in OF_DOMAINS
    )
    return replace(
        domain,
        registrations=_names(registrations or ()),
        calls=(plain.get(domain.sid) or frozenset()) if calls is None else _names(calls),
        ip_lists=_names(ip_lists or ()),
    )


def _names(records: Iterable[Any]) -> frozenset[str]:
    return frozenset(str(record.friendly_name) for record in records)


def _is_plain(resource_type: ResourceType, domain: SipDomain, estate: AccountState) -> bool:
    """Whether what is mapped to a domain follows from what is known of it."""
    if resource_type is REGISTRATION_MAPPING:
        return False
    return (
        IP_MODE not in domain.auth_type if resource_type is IP_MAPPING else _plain(domain, estate) is not None
    )


def _plain(domain: SipDomain, estate: AccountState) -> frozenset[str] | None:
    """The lists mapped for calls, if `auth_type` leaves no doubt; None if Twilio must be asked.

    `auth_type` follows the mappings for calls alone (seen live). Without a credential
    list in it there is no such mapping; with one, in an account that has a single list, it is that list.
    """
    modes = frozenset(filter(None, domain.auth_type.split(",")))
    if not modes & CREDENTIALS_ONLY:
        return frozenset()
    names = {one.friendly_name for one in estate.credential_lists}
    return frozenset(names) if len(estate.credential_lists) == 1 else None


def lister(api: Api, resource_type: ResourceType) -> Callable[[], list[Any]]:
    if resource_type.collection is None:
        raise TypeError(resource_type.title)
    resource = resource_type.collection(api.client)
    return lambda: list(resource.list(page_size=PAGE))

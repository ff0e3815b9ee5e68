"""Twilio -> Estate; reads only.

One round trip brings the lists, a second one the mappings of the SIP domains, whose SIDs the first one
tells. Where the SIDs are known already (the look after a write) all of it is one round trip.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from futel_twilio.errors import Rejected
from futel_twilio.kinds import (
    APPLICATION,
    CREDENTIAL_LIST,
    KINDS,
    MAPPINGS,
    SIP_DOMAIN,
    USAGE_TRIGGER,
    Kind,
    mapping_collection,
)
from futel_twilio.model import USES, Estate, SipDomain, Use

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from futel_twilio.client import Api

GONE = 404
PAGE = 1000  # the longest page that Twilio gives: official OpenAPI document
CREDENTIALS_ONLY = frozenset({"CREDENTIAL_LIST"})


def read(
    api: Api,
    kinds: Collection[Kind] = KINDS,
    domain_names: Collection[str] | None = None,
    known: Estate | None = None,
) -> Estate:
    """Read what an account holds.

    Args:
        api: the account.
        kinds: what to read; mappings bring the domains and lists that they join.
        domain_names: the SIP domains whose mappings are read; all if None.
        known: an earlier reading, for the SIDs of the domains: it saves a round trip, nothing else.

    Raises:
        TwilioError: any of it could not be read.
    """
    with_mappings = any(kind in MAPPINGS for kind in kinds)
    listed = [
        kind
        for kind in (APPLICATION, SIP_DOMAIN, CREDENTIAL_LIST, USAGE_TRIGGER)
        if kind in kinds or (with_mappings and kind in (SIP_DOMAIN, CREDENTIAL_LIST))
    ]
    wanted = _Mappings(api, domain_names)
    early = wanted.worth_asking(known) if with_mappings and known else []
    answers = api.all_of([*(lister(api, kind) for kind in listed), *(wanted.asking(*one) for one in early)])
    wanted.keep(early, answers[len(listed) :])
    found = dict(zip(listed, answers, strict=False))
    estate = Estate(
        applications=_nouns(APPLICATION, found),
        domains=_nouns(SIP_DOMAIN, found),
        credential_lists=_nouns(CREDENTIAL_LIST, found),
        usage_triggers=_nouns(USAGE_TRIGGER, found),
        account_sid=api.settings.account_sid,
    )
    return _joined(estate, api, wanted) if with_mappings else estate


def _joined(estate: Estate, api: Api, wanted: _Mappings) -> Estate:
    late = [one for one in wanted.worth_asking(estate) if one not in wanted.answers]
    wanted.keep(late, api.all_of([wanted.asking(*one) for one in late]))
    return replace(estate, domains=tuple(wanted.joined_to(domain, estate) for domain in estate.domains))


class _Mappings:
    """The mappings of SIP domains, asked for where the answer is not plain from what is known."""

    def __init__(self, api: Api, domain_names: Collection[str] | None) -> None:
        self.api = api
        self.domain_names = domain_names
        self.answers: dict[tuple[str, Use], frozenset[str]] = {}

    def worth_asking(self, estate: Estate) -> list[tuple[str, Use]]:
        return [
            (domain.sid, use)
            for domain in estate.domains
            for use in USES
            if self._is_wanted(domain) and (use == "registrations" or _plain(domain, estate) is None)
        ]

    def _is_wanted(self, domain: SipDomain) -> bool:
        return self.domain_names is None or domain.domain_name in self.domain_names

    def asking(self, domain_sid: str, use: Use) -> Callable[[], list[Any]]:
        # A mapping's own SID is the SID of its credential list: official OpenAPI document and examples.
        def ask() -> list[Any]:
            try:
                return list(mapping_collection(self.api.client, domain_sid, use).list(page_size=PAGE))
            except Rejected as error:
                if error.status == GONE:
                    return []  # somebody deleted the domain meanwhile; the list of domains tells
                raise

        return ask

    def keep(self, asked: list[tuple[str, Use]], answers: list[Any]) -> None:
        for one, records in zip(asked, answers, strict=True):
            self.answers[one] = frozenset(str(record.friendly_name) for record in records)

    def joined_to(self, domain: SipDomain, estate: Estate) -> SipDomain:
        if not self._is_wanted(domain):
            return domain
        plain = _plain(domain, estate) or frozenset()
        return replace(
            domain,
            registrations=self.answers[domain.sid, "registrations"],
            calls=self.answers.get((domain.sid, "calls"), plain),
        )


def _plain(domain: SipDomain, estate: Estate) -> frozenset[str] | None:
    """The lists mapped for calls, where `auth_type` leaves no doubt; None where it has to be asked.

    `auth_type` follows the mappings for calls alone (facts 1.2, recorded live). Without a credential
    list in it there is no such mapping; with one, in an account that has a single list, it is that list.
    """
    modes = frozenset(filter(None, domain.auth_type.split(",")))
    if not modes & CREDENTIALS_ONLY:
        return frozenset()
    names = {one.friendly_name for one in estate.credential_lists}
    return frozenset(names) if len(estate.credential_lists) == 1 else None


def lister(api: Api, kind: Kind) -> Callable[[], list[Any]]:
    if kind.collection is None:
        raise TypeError(kind.title)
    resource = kind.collection(api.client)
    return lambda: list(resource.list(page_size=PAGE))


def _nouns(kind: Kind, found: dict[Kind, list[Any]]) -> tuple[Any, ...]:
    return tuple(noun(kind, record) for record in found.get(kind, ()))


def noun(kind: Kind, record: Any) -> Any:
    """A record of Twilio's as one of our nouns, by the names of the kind."""
    names = (kind.key, *kind.settings, *kind.at_birth, *kind.reported, "sid")
    values: dict[str, Any] = {name: _plain_value(getattr(record, name)) for name in names}
    return kind.noun(**values)


def _plain_value(value: Any) -> str | bool:
    if isinstance(value, bool):
        return value
    return "" if value is None else str(value)

"""What of a snapshot can be restored to an account, and what needs manual steps."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from futel_twilio.errors import BadInput
from futel_twilio.resources import labels
from futel_twilio.resources.phones import Address, Credential, PhoneNumber
from futel_twilio.resources.types import (
    ADDRESS,
    APPLICATION,
    CREDENTIAL,
    PHONE_NUMBER,
    SECTIONS,
    SIP_DOMAIN,
    USAGE_TRIGGER,
    ResourceType,
)
from futel_twilio.snapshots.document import state_of
from futel_twilio.text import option

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from futel_twilio.resources.state import AccountState, Resource

NAMED = {"voice_application": APPLICATION, "sms_application": APPLICATION, "emergency_address": ADDRESS}
CONSOLE = "put that back in the Twilio console"


@dataclass(frozen=True)
class RestorePlan:
    """A snapshot, with what may be done to restore it.

    Attributes:
        document: the snapshot.
        estate: all managed resources in it, with the environments and the phones of your files.
        duplicates: names that several things of a kind have; two addresses of one text are as good as one another.
        buy_again: numbers that may be bought.
    """

    document: Mapping[str, Any]
    estate: AccountState
    duplicates: frozenset[tuple[type, str]]
    buy_again: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, document: Mapping[str, Any], desired: AccountState, buy_again: tuple[str, ...] = ()
    ) -> RestorePlan:
        """A snapshot with estate.toml, which knows the environments and the phones.

        Raises:
            BadInput: the snapshot does not have a number that a flag says to buy.
        """
        held = state_of(document)
        unknown = {*buy_again} - {number.name for number in held.numbers}
        if unknown:
            raise BadInput(
                "Only a number that the snapshot holds can be bought again.",
                "Buy another with `invoke create-number`.",
                tuple(f"{number}: not in the snapshot" for number in sorted(unknown)),
            )
        environments = {_key(resource): resource.environment for resource in desired.resources()}
        sections: dict[str, Any] = {
            section: tuple(
                replace(resource, environment=environments.get(_key(resource), ""))
                for resource in getattr(held, section)
            )
            for section in SECTIONS
        }
        count = Counter(_key(resource) for resource in held.resources() if not isinstance(resource, Address))
        duplicates = frozenset(key for key, times in count.items() if times > 1)
        return cls(document, replace(desired, **sections), duplicates, buy_again)

    def desired(self, before: AccountState) -> AccountState:
        """The part that can be restored: each name once, no number that is gone, no name that it does not have."""
        sections: dict[str, Any] = {
            section: tuple(
                {n.name: n for n in getattr(self.estate, section) if _key(n) not in self.duplicates}.values()
            )
            for section in SECTIONS
        }
        held = {number.name for number in before.numbers} | {*self.buy_again}
        known = self._known()
        sections["numbers"] = tuple(self._number(n, known) for n in sections["numbers"] if n.name in held)
        return replace(self.estate, **sections)

    def _number(self, number: PhoneNumber, known: Collection[tuple[type, str]]) -> PhoneNumber:
        unset: dict[str, Any] = dict.fromkeys(_unknown(number, known))
        return replace(number, **unset | ({"trunk_sid": None} if number.trunk_sid else {}))

    def _known(self) -> frozenset[tuple[type, str]]:
        """What a number can name: the applications and addresses that the snapshot holds, each once."""
        resources: tuple[Resource, ...] = (*self.estate.applications, *self.estate.addresses)
        return frozenset(map(_key, resources)) - self.duplicates

    def by_hand(self, before: AccountState, resource_types: Collection[ResourceType]) -> Iterator[str]:
        """What cannot be restored of some resource types, and what you must do about it."""
        for resource_type, lines in (
            (PHONE_NUMBER, self._of_numbers(before)),
            (SIP_DOMAIN, self._of_domains(before)),
            (USAGE_TRIGGER, self._of_triggers(before)),
        ):
            yield from lines if resource_type in resource_types else ()
        titles = {
            resource_type.resource_class: resource_type.title
            for resource_type in SECTIONS.values()
            if resource_type in resource_types
        }
        for resource, name in sorted(self.duplicates, key=str):
            if resource in titles:
                several = "the snapshot holds several of this name, so none is touched"
                yield f"{titles[resource]} {name}: {several}; {CONSOLE}"

    def _of_numbers(self, before: AccountState) -> Iterator[str]:
        held, known = {number.name: number for number in before.numbers}, self._known()
        for number in self.estate.numbers:
            there, title = held.get(number.name), labels.resource_title(number)
            if there is None and number.name not in self.buy_again:
                reported = (
                    f" and has no 911 address ({number.emergency_address})"
                    if number.emergency_address
                    else ""
                )
                yield (
                    f"{title}: the account holds it no more{reported}; if Twilio still has it, "
                    f"{option('--buy-again', number.name)} buys it, which costs money every month"
                )
                continue
            for setting in ("trunk_sid", *_unknown(number, known)):
                was = getattr(number, setting)
                if was and was != getattr(there, setting, None):
                    yield f"{title}: {setting} was {was}; {CONSOLE}"

    def _of_domains(self, before: AccountState) -> Iterator[str]:
        there = {domain.name: domain for domain in before.domains}
        numbers = {_reported(entry, "sid"): entry["phone_number"] for entry in self.document["numbers"]}
        for entry in self.document["domains"]:
            domain, title = there.get(entry["domain_name"]), f"SIP domain {entry['domain_name']}"
            caller, trunk = (_reported(entry, name) for name in ("emergency_caller_sid", "byoc_trunk_sid"))
            if caller and not (domain and domain.emergency_caller_sid):
                yield f"{title}: its calls to 911 came from {numbers.get(caller, caller)}, whoever called; {CONSOLE}"
            if trunk and not (domain and domain.byoc_trunk_sid == trunk):
                yield f"{title}: byoc_trunk_sid was {trunk}; {CONSOLE}"

    def _of_triggers(self, before: AccountState) -> Iterator[str]:
        there = {trigger.name: trigger for trigger in before.usage_triggers}
        for trigger in self.estate.usage_triggers:
            found = there.get(trigger.name)
            for name in USAGE_TRIGGER.create_only_fields if found else ():
                was, now = getattr(trigger, name), getattr(found, name)
                if was not in (None, now):
                    yield (
                        f"{labels.resource_title(trigger)}: {name} was {was} and is {now}, "
                        "which nobody can change at Twilio; "
                        "delete it in the Twilio console and run this again"
                    )

    def notes(
        self, before: AccountState, resource_types: Collection[ResourceType], account_sid: str
    ) -> Iterator[str]:
        """What else you must know."""
        if CREDENTIAL in resource_types:
            yield from self._of_passwords(before)
        theirs = self.document["account_sid"]
        if theirs.casefold() != account_sid.casefold():
            yield (
                f"the snapshot is of account {theirs}: a SIP domain or a number that it still holds cannot be had "
                "here before it is given up there"
            )

    def _of_passwords(self, before: AccountState) -> Iterator[str]:
        there = {credential.name: credential for credential in before.credentials}
        new = [one.username for one in self.estate.credentials if one.name not in there]
        if new:
            yield f"new passwords, which these phones need before they can call: {', '.join(new)}"
        entries = {f"{e['credential_list']}/{e['username']}": e for e in self.document["credentials"]}
        later = [
            one.username for name, one in there.items() if name in entries and _is_another(one, entries[name])
        ]
        if later:
            yield (
                f"passwords given since the snapshot, and left as they are: {', '.join(sorted(later))}; where such a "
                "phone cannot register, `invoke rotate-credential NAME` gives it another"
            )


def _key(resource: Resource) -> tuple[type, str]:
    return type(resource), resource.name


def _unknown(number: PhoneNumber, known: Collection[tuple[type, str]]) -> Iterator[str]:
    """The settings of a number that name what the snapshot does not hold, or holds twice."""
    for setting, resource_type in NAMED.items():
        name = getattr(number, setting)
        if name and (resource_type.resource_class, name) not in known:
            yield setting


def _reported(entry: Mapping[str, Any], name: str) -> str:
    return str(entry.get("told", {}).get(name) or "")


def _is_another(credential: Credential, entry: Mapping[str, Any]) -> bool:
    """Whether a credential was created again, or got a password, since the snapshot."""
    changed = credential.date_updated.isoformat() if credential.date_updated else ""
    return bool(_reported(entry, "date_updated")) and changed != _reported(entry, "date_updated")

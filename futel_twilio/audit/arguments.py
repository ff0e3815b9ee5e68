"""What a check may ask for by the name of an argument: its subject, and what the account holds for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from futel_twilio.audit.account_data import ALERTS, AccountData
from futel_twilio.audit.checks import NotLookedAt
from futel_twilio.resources import labels, relations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from futel_twilio.audit.session import AuditSession
    from futel_twilio.passwords.ledger import LedgerEntry
    from futel_twilio.plan.changes import Scope
    from futel_twilio.resources.phones import Address, Credential, PhoneNumber
    from futel_twilio.resources.state import AccountState, Resource
    from futel_twilio.resources.voice import Application, SipDomain, UsageTrigger

N = TypeVar("N", bound="Resource")
NamedSubjects: TypeAlias = tuple[tuple[str, Any], ...]  # each subject after its name


def _called(things: Iterable[Any], name: Callable[[Any], str] = labels.subject_of) -> NamedSubjects:
    return tuple((name(thing), thing) for thing in things)


def _may_call_911(desired: AccountState) -> Iterable[Any]:
    return (client for client in desired.clients if client.enable_emergency)


SUBJECTS: Mapping[str, Callable[[AccountState], NamedSubjects]] = {
    "application": lambda desired: _called(desired.applications),
    "domain": lambda desired: _called(desired.domains),
    "credential_list": lambda desired: _called(desired.credential_lists),
    "environment": lambda desired: _called(desired.environments),
    "usage_trigger": lambda desired: _called(desired.usage_triggers),
    "credential": lambda desired: _called(desired.credentials),
    "number": lambda desired: _called(desired.numbers),
    "quiet_number": lambda desired: _called(one for one in desired.numbers if one.emergency_address is None),
    "external_number": lambda desired: _called(labels.external_numbers(desired)),
    "client": lambda desired: _called(desired.clients),
    "phone": lambda desired: _called(_may_call_911(desired)),
    "quiet_phone": lambda desired: _called(one for one in desired.clients if not one.enable_emergency),
    "place": lambda desired: _called(_may_call_911(desired), labels.emergency_subject),
    "codes": lambda _desired: tuple(ALERTS.items()),
}

SUBJECT_OF = {
    "the_application": "application",
    "the_domain": "domain",
    "the_usage_trigger": "usage_trigger",
    "the_credential": "credential",
    "the_number": "number",
    "the_quiet_number": "quiet_number",
    "its_number": "place",
    "its_address": "place",
    "the_domain_of": "phone",
}  # the subject that each argument belongs to


class Arguments:
    """What a check may take besides its subject, by the name of its argument."""

    def __init__(self, looking: AuditSession, thing: Any) -> None:
        self._looking = looking
        self._thing = thing
        self.taken: list[Resource] = []

    @property
    def desired(self) -> AccountState:
        """The desired state of the environment that was named."""
        return self._looking.desired

    @property
    def desired_all(self) -> AccountState:
        """The desired state of all environments."""
        return self._looking.desired_all

    @property
    def scope(self) -> Scope:
        """How far the plan is asked for."""
        return self._looking.scope

    @property
    def account_data(self) -> AccountData:
        """The account, read once."""
        return self._looking.look()

    @property
    def names_by_sid(self) -> dict[str, str]:
        """What the SIDs of the account are called."""
        return {
            resource.sid: resource.name for resource in self.account_data.state.resources() if resource.sid
        }

    @property
    def ledger(self) -> dict[str, LedgerEntry]:
        """When this tool last gave out a password, by credential."""
        return self._looking.ledger

    @property
    def the_application(self) -> Application:
        """The application as it is at Twilio."""
        return self._the_one(self._thing, self.account_data.state.applications)

    @property
    def the_domain(self) -> SipDomain:
        """The SIP domain as it is at Twilio."""
        return self._the_one(self._thing, self.account_data.state.domains)

    @property
    def the_usage_trigger(self) -> UsageTrigger:
        """The usage trigger as it is at Twilio."""
        return self._the_one(self._thing, self.account_data.state.usage_triggers)

    @property
    def on_the_list(self) -> tuple[Credential, ...]:
        """What the credential list of the phones holds."""
        estate, name = self.account_data.state, self.desired.clients_credential_list
        if sum(one.name == name for one in estate.credential_lists) != 1:
            raise NotLookedAt("the list is missing or there are several; another check reports it")
        return tuple(one for one in estate.credentials if one.credential_list == name)

    @property
    def the_credential(self) -> Credential:
        """The credential of a phone as it is at Twilio."""
        return self._the_one(self._thing, self.on_the_list)

    @property
    def the_number(self) -> PhoneNumber:
        """The number as it is at Twilio."""
        return self._the_one(self._thing, self.account_data.state.numbers)

    the_quiet_number = the_number

    @property
    def its_number(self) -> PhoneNumber:
        """The number that a phone calls 911 from, as it is at Twilio."""
        expected = next(one for one in self.desired.numbers if one.phone_number == self._thing.caller_id)
        return self._the_one(expected, self.account_data.state.numbers)

    @property
    def its_address(self) -> Address:
        """The address that the number of a phone holds for emergencies, as it is at Twilio."""
        held = self.account_data.held.get(self.its_number.name)
        if held is None:
            raise NotLookedAt("the number has no address; another check reports it")
        self.taken.append(held)
        return held

    @property
    def the_domain_of(self) -> SipDomain:
        """The SIP domain that a phone registers with, as it is at Twilio."""
        expected = relations.domain_of(self._thing, self.desired)
        if expected is None:
            raise NotLookedAt("estate.toml has no SIP domain for it; another check reports it")
        return self._the_one(expected, self.account_data.state.domains)

    def _the_one(self, expected: Any, found: Iterable[N]) -> N:
        those = [thing for thing in found if thing.name == expected.name]
        if len(those) != 1:
            raise NotLookedAt(
                "missing; another check reports it"
                if not those
                else f"there are {len(those)}; another check reports it"
            )
        self.taken.append(those[0])
        return those[0]


ARGUMENTS = frozenset(name for name in vars(Arguments) if not name.startswith("_"))

"""`AccountState`: everything an account holds, desired or current."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from futel_twilio.resources.phones import Address, Credential, PhoneClient, PhoneNumber
from futel_twilio.resources.voice import (
    USES,
    Application,
    CredentialList,
    CredentialListMapping,
    Environment,
    IpAddress,
    IpList,
    IpMapping,
    SipDomain,
    UsageTrigger,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Resource: TypeAlias = (
    Application
    | SipDomain
    | CredentialList
    | UsageTrigger
    | CredentialListMapping
    | IpList
    | IpAddress
    | IpMapping
    | Address
    | PhoneNumber
    | Credential
)


@dataclass(frozen=True)
class AccountSettings:
    """What an audit checks about the account as a whole; None or False is not checked.

    Attributes:
        plan_is_empty: the account matches estate.toml.
        dialling_countries: ISO codes of the countries that may be called; no other, and no high-risk number.
        alert_hours: no alert that means broken phones in so many hours.
        api_key: the credentials in use are an API key.
        balance_floor: the balance is not below this, in the account's currency.
        credential_days: no password of a phone is older than so many days.
    """

    plan_is_empty: bool = False
    dialling_countries: tuple[str, ...] | None = None
    alert_hours: int | None = None
    api_key: bool = False
    balance_floor: float | None = None
    credential_days: int | None = None


@dataclass(frozen=True)
class AccountState:
    """What an account holds, or should hold.

    The current state has no clients: an account knows addresses, numbers and credentials. In the desired state
    those three follow from the clients, from the numbers that live with another carrier (`external_numbers`),
    and from the credential list and the application (with `{env}`) that clients use.
    """

    environments: tuple[Environment, ...] = ()
    applications: tuple[Application, ...] = ()
    domains: tuple[SipDomain, ...] = ()
    credential_lists: tuple[CredentialList, ...] = ()
    usage_triggers: tuple[UsageTrigger, ...] = ()
    addresses: tuple[Address, ...] = ()
    numbers: tuple[PhoneNumber, ...] = ()
    credentials: tuple[Credential, ...] = ()
    ip_lists: tuple[IpList, ...] = ()
    ip_addresses: tuple[IpAddress, ...] = ()
    clients: tuple[PhoneClient, ...] = ()
    external_numbers: frozenset[str] = frozenset()
    placeholders: frozenset[str] = frozenset()
    clients_file: str = ""
    clients_credential_list: str = ""
    clients_application: str = ""
    account_sid: str = ""
    account: AccountSettings = AccountSettings()

    @property
    def mappings(self) -> tuple[CredentialListMapping, ...]:
        return tuple(
            CredentialListMapping(
                domain.domain_name, use, name, environment=domain.environment, sid=domain.sid
            )
            for domain in self.domains
            for use in USES
            for name in sorted(domain.lists_for(use))
        )

    @property
    def ip_mappings(self) -> tuple[IpMapping, ...]:
        return tuple(
            IpMapping(domain.domain_name, name, environment=domain.environment)
            for domain in self.domains
            for name in sorted(domain.ip_lists)
        )

    def resources(self) -> Iterator[Resource]:
        """Everything, owners before what they own."""
        yield from self.applications
        yield from self.domains
        yield from self.credential_lists
        yield from self.usage_triggers
        yield from self.ip_lists
        yield from self.addresses
        yield from self.mappings
        yield from self.ip_addresses
        yield from self.ip_mappings
        yield from self.numbers
        yield from self.credentials

    def client(self, name: str) -> PhoneClient | None:
        """The phone of this name."""
        return next((client for client in self.clients if client.name == name), None)

    def environment_of(self, resource: Resource) -> str:
        """The environment that a resource of this type and name belongs to in your files, or an empty string."""
        mine = (n for n in self.resources() if type(n) is type(resource) and n.name == resource.name)
        return next((n.environment for n in mine), "")

"""The nouns, frozen: the same values are wished for, found, compared, shown and written.

A setting that is None has no wish: it is not compared and never written. So a noun holds every setting that
Twilio lets be written, though estate.toml has words for few: the others only a snapshot wishes for. What
Twilio gives as null is held as an empty string, since Twilio uses the two without difference (unset URLs of
applications are "", of SIP domains null). Identity and place (`sid`, `environment`) take no part in equality.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

SIP_SUFFIX = ".sip.twilio.com"
PROD = "prod"
Use: TypeAlias = Literal["registrations", "calls"]
USES: tuple[Use, Use] = ("registrations", "calls")


@dataclass(frozen=True)
class Environment:
    """An installation: `stage`, `prod`, and the base URL of its dialplan functions."""

    name: str
    dialplans: str


@dataclass(frozen=True)
class Application:
    """A TwiML application: where an incoming call asks what to do."""

    friendly_name: str
    voice_url: str | None = None
    voice_method: str | None = None
    voice_fallback_url: str | None = None
    sms_url: str | None = None
    public_application_connect_enabled: bool | None = None
    voice_fallback_method: str | None = None
    voice_caller_id_lookup: bool | None = None
    sms_method: str | None = None
    sms_fallback_url: str | None = None
    sms_fallback_method: str | None = None
    sms_status_callback: str | None = None
    message_status_callback: str | None = None
    status_callback: str | None = None
    status_callback_method: str | None = None
    environment: str = field(default="", compare=False)
    sid: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        return self.friendly_name


@dataclass(frozen=True)
class SipDomain:
    """A SIP domain: where phones register and call out; its lists say who may.

    `auth_type` is what Twilio reports of call authentication, `emergency_caller_sid` the number that all 911
    calls of the domain would come from in place of the phones' own, `byoc_trunk_sid` a carrier's trunk: they
    are found, never wished for and never written. `ip_lists` are the IP access control lists that may call:
    estate.toml wishes for none, a snapshot for those that there were.
    """

    domain_name: str
    friendly_name: str | None = None
    voice_url: str | None = None
    voice_method: str | None = None
    voice_fallback_url: str | None = None
    sip_registration: bool | None = None
    emergency_calling_enabled: bool | None = None
    secure: bool | None = None
    voice_fallback_method: str | None = None
    voice_status_callback_url: str | None = None
    voice_status_callback_method: str | None = None
    registrations: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    ip_lists: frozenset[str] = field(default=frozenset(), compare=False)
    auth_type: str = field(default="", compare=False)
    emergency_caller_sid: str = field(default="", compare=False)
    byoc_trunk_sid: str = field(default="", compare=False)
    environment: str = field(default="", compare=False)
    sid: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        return self.domain_name

    def lists_for(self, use: Use) -> frozenset[str]:
        return self.registrations if use == "registrations" else self.calls


@dataclass(frozen=True)
class CredentialList:
    """A credential list: the user names and passwords that phones sign in with."""

    friendly_name: str
    environment: str = field(default="", compare=False)
    sid: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        return self.friendly_name


@dataclass(frozen=True)
class UsageTrigger:
    """A usage trigger: Twilio posts to a URL once spending passes a value."""

    friendly_name: str
    callback_url: str | None = None
    callback_method: str | None = None
    usage_category: str | None = None
    trigger_by: str | None = None
    trigger_value: str | None = None
    recurring: str | None = None
    environment: str = field(default="", compare=False)
    sid: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        return self.friendly_name


@dataclass(frozen=True)
class Mapping:
    """A credential list attached to a SIP domain, for registrations or for calls."""

    domain_name: str
    use: Use
    credential_list: str
    environment: str = field(default="", compare=False)
    sid: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        return f"{self.domain_name} {self.use} {self.credential_list}"


@dataclass(frozen=True)
class IpList:
    """An IP access control list: the addresses that may call through the SIP domains that it is mapped to."""

    friendly_name: str
    environment: str = field(default="", compare=False)
    sid: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        return self.friendly_name


@dataclass(frozen=True)
class IpAddress:
    """An address of an IP access control list, or all addresses that share its first bits with it."""

    ip_list: str
    ip_address: str
    friendly_name: str | None = None
    cidr_prefix_length: int | None = None
    environment: str = field(default="", compare=False)
    sid: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        return f"{self.ip_list}/{self.ip_address}"


@dataclass(frozen=True)
class IpMapping:
    """An IP access control list attached to a SIP domain, for calls; there are none for registrations."""

    domain_name: str
    ip_list: str
    environment: str = field(default="", compare=False)
    sid: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        return f"{self.domain_name} ip {self.ip_list}"


@dataclass(frozen=True)
class Address:
    """A street address, as the emergency services are told it.

    It is known by what it says: Twilio corrects and upper-cases what it stores, and refuses to change an
    address that a number holds, so another text is another address (its guide to emergency calling). Who it
    is called by (`friendly_name`, `customer_name`) takes no part in that.
    """

    friendly_name: str
    customer_name: str
    street: str
    city: str
    region: str
    postal_code: str
    iso_country: str = "US"
    street_secondary: str = ""
    emergency_enabled: bool = True
    validated: bool = field(default=False, compare=False)
    environment: str = field(default="", compare=False)
    sid: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        """The text in one line, in capitals and without punctuation: `1 SW EXAMPLE ST, PORTLAND, OR 97201, US`."""
        street = " ".join(filter(None, (self.street, self.street_secondary)))
        parts = (street, self.city, f"{self.region} {self.postal_code}", self.iso_country)
        line = ", ".join(" ".join(re.sub(r"[^\w/&'-]", " ", part).upper().split()) for part in parts)
        return line if self.emergency_enabled else f"{line} (not for emergencies)"


NOT_REGISTERED = re.compile(r" \((?:un)?registration-failure\)$")
NO_ADDRESS = "none"


def address_held(told: str | None) -> str:
    """The address that a number holds for 911, without what Twilio says of a registration that failed.

    `told` is the `emergency_address` of a number as it was read; empty where the number holds no address.
    """
    name = NOT_REGISTERED.sub("", told or "")
    return "" if name == NO_ADDRESS else name


@dataclass(frozen=True)
class PhoneNumber:
    """An incoming phone number: which application answers calls and messages, and which address 911 is told.

    `emergency_address` is the name of an `Address`, empty for none. What Twilio says of its registration
    is found and never written: `registered`, `pending-registration` and the like (official OpenAPI document),
    and so is when the number was last changed.
    """

    phone_number: str
    friendly_name: str | None = None
    voice_application: str | None = None
    sms_url: str | None = None
    sms_application: str | None = None
    trunk_sid: str | None = None
    emergency_address: str | None = None
    voice_url: str | None = None
    voice_method: str | None = None
    voice_fallback_url: str | None = None
    voice_fallback_method: str | None = None
    voice_caller_id_lookup: bool | None = None
    voice_receive_mode: str | None = None
    sms_method: str | None = None
    sms_fallback_url: str | None = None
    sms_fallback_method: str | None = None
    status_callback: str | None = None
    status_callback_method: str | None = None
    emergency_address_status: str = field(default="", compare=False)
    date_updated: datetime | None = field(default=None, compare=False)
    environment: str = field(default="", compare=False)
    sid: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        return self.phone_number


@dataclass(frozen=True)
class Credential:
    """A user name that a phone signs in with. Its password is held by nothing here: Twilio never tells it."""

    username: str
    credential_list: str
    date_created: datetime | None = field(default=None, compare=False)
    date_updated: datetime | None = field(default=None, compare=False)
    environment: str = field(default="", compare=False)
    sid: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        return f"{self.credential_list}/{self.username}"


@dataclass(frozen=True)
class Client:
    """A phone of the inventory: its extension, which is its user name, and what it may do.

    Attributes:
        extension: its name and user name.
        outgoing: the dialplan that its outgoing calls get.
        caller_id: the number it calls from, E.164; several phones may share one that has no 911.
        enable_emergency: whether it may call 911.
        dialtone_ivr: the dialplan behind the dial tone, where it has one.
        environment: the installation that it belongs to.
        address: where it stands, as the emergency services are told; None where it may not call 911.
        device: what kind of thing it is.
        transport: how it talks to Twilio: tls, tcp or udp; empty where nobody said.
    """

    extension: str
    outgoing: str
    caller_id: str
    enable_emergency: bool
    environment: str
    dialtone_ivr: str | None = None
    address: Address | None = None
    device: str = ""
    transport: str = ""

    @property
    def name(self) -> str:
        return self.extension


Noun: TypeAlias = (
    Application
    | SipDomain
    | CredentialList
    | UsageTrigger
    | Mapping
    | IpList
    | IpAddress
    | IpMapping
    | Address
    | PhoneNumber
    | Credential
)


@dataclass(frozen=True)
class AccountWish:
    """What an audit asks of the account as a whole; None or False is not asked.

    Attributes:
        plan_is_empty: the account is as the estate wishes.
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
class Estate:
    """What an account holds, or should hold.

    Of an account, what is said of clients is empty: it knows addresses, numbers and credentials. Of a wish,
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
    clients: tuple[Client, ...] = ()
    external_numbers: frozenset[str] = frozenset()
    clients_file: str = ""
    clients_list: str = ""
    clients_application: str = ""
    account_sid: str = ""
    account: AccountWish = AccountWish()

    @property
    def mappings(self) -> tuple[Mapping, ...]:
        return tuple(
            Mapping(domain.domain_name, use, name, domain.environment, domain.sid)
            for domain in self.domains
            for use in USES
            for name in sorted(domain.lists_for(use))
        )

    @property
    def ip_mappings(self) -> tuple[IpMapping, ...]:
        return tuple(
            IpMapping(domain.domain_name, name, domain.environment)
            for domain in self.domains
            for name in sorted(domain.ip_lists)
        )

    def nouns(self) -> Iterator[Noun]:
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

    def client(self, name: str) -> Client | None:
        """The phone of this name."""
        return next((client for client in self.clients if client.name == name), None)

    def environment_of(self, noun: Noun) -> str:
        """The name of the environment that wishes for a thing of this kind and name, or an empty string."""
        mine = (n for n in self.nouns() if type(n) is type(noun) and n.name == noun.name)
        return next((n.environment for n in mine), "")

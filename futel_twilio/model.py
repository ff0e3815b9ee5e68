"""The nouns, frozen: the same values are wished for, found, compared, shown and written.

A setting that is None has no wish: it is not compared and never written. What Twilio gives as null
is held as an empty string, since Twilio uses the two without difference (unset URLs of applications are
"", of SIP domains null). Identity and place (`sid`, `environment`) take no part in equality.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

SIP_SUFFIX = ".sip.twilio.com"
Use: TypeAlias = Literal["registrations", "calls"]
USES: tuple[Use, Use] = ("registrations", "calls")


@dataclass(frozen=True, slots=True)
class Environment:
    """An installation: `stage`, `prod`, and the base URL of its dialplan functions."""

    name: str
    dialplans: str


@dataclass(frozen=True, slots=True)
class Application:
    """A TwiML application: where an incoming call asks what to do."""

    friendly_name: str
    voice_url: str | None = None
    voice_method: str | None = None
    voice_fallback_url: str | None = None
    sms_url: str | None = None
    public_application_connect_enabled: bool | None = None
    environment: str = field(default="", compare=False)
    sid: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        return self.friendly_name


@dataclass(frozen=True, slots=True)
class SipDomain:
    """A SIP domain: where phones register and call out; its lists say who may.

    `auth_type` is what Twilio reports of call authentication, and `ip_lists` are the IP access control
    lists that may call: both are found, never wished for and never written.
    """

    domain_name: str
    friendly_name: str | None = None
    voice_url: str | None = None
    voice_method: str | None = None
    voice_fallback_url: str | None = None
    sip_registration: bool | None = None
    emergency_calling_enabled: bool | None = None
    secure: bool | None = None
    registrations: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    ip_lists: frozenset[str] = field(default=frozenset(), compare=False)
    auth_type: str = field(default="", compare=False)
    environment: str = field(default="", compare=False)
    sid: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        return self.domain_name

    def lists_for(self, use: Use) -> frozenset[str]:
        return self.registrations if use == "registrations" else self.calls


@dataclass(frozen=True, slots=True)
class CredentialList:
    """A credential list: the user names and passwords that phones sign in with."""

    friendly_name: str
    environment: str = field(default="", compare=False)
    sid: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        return self.friendly_name


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


Noun: TypeAlias = Application | SipDomain | CredentialList | UsageTrigger | Mapping


@dataclass(frozen=True, slots=True)
class AccountWish:
    """What an audit asks of the account as a whole; None or False is not asked.

    Attributes:
        plan_is_empty: the account is as the estate wishes.
        dialling_countries: ISO codes of the countries that may be called; no other, and no high-risk number.
        alert_hours: no alert that means broken phones in so many hours.
        api_key: the credentials in use are an API key.
        balance_floor: the balance is not below this, in the account's currency.
    """

    plan_is_empty: bool = False
    dialling_countries: tuple[str, ...] | None = None
    alert_hours: int | None = None
    api_key: bool = False
    balance_floor: float | None = None


@dataclass(frozen=True, slots=True)
class Estate:
    """What an account holds, or should hold."""

    environments: tuple[Environment, ...] = ()
    applications: tuple[Application, ...] = ()
    domains: tuple[SipDomain, ...] = ()
    credential_lists: tuple[CredentialList, ...] = ()
    usage_triggers: tuple[UsageTrigger, ...] = ()
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

    def nouns(self) -> Iterator[Noun]:
        """Everything, owners before what they own."""
        yield from self.applications
        yield from self.domains
        yield from self.credential_lists
        yield from self.usage_triggers
        yield from self.mappings

    def environment_of(self, noun: Noun) -> str:
        """The name of the environment that wishes for a thing of this kind and name, or an empty string."""
        mine = (n for n in self.nouns() if type(n) is type(noun) and n.name == noun.name)
        return next((n.environment for n in mine), "")

"""Resource types for voice: applications, SIP domains, credential lists, mappings, triggers, IP lists."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

SIP_SUFFIX = ".sip.twilio.com"
PROD = "prod"
Use: TypeAlias = Literal["registrations", "calls"]
USES: tuple[Use, Use] = ("registrations", "calls")


@dataclass(frozen=True)
class Environment:
    """An installation: `stage`, `prod`, and the base URL of its dialplan functions."""

    name: str
    dialplans: str


@dataclass(frozen=True, kw_only=True)
class Owned:
    """What every resource has besides its fields; two resources that differ in these alone are equal.

    Attributes:
        environment: the environment that it belongs to in your files; empty if to none.
        sid: Twilio's SID; empty for a desired resource.
    """

    environment: str = field(default="", compare=False)
    sid: str = field(default="", compare=False)


@dataclass(frozen=True)
class Application(Owned):
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

    @property
    def name(self) -> str:
        return self.friendly_name


@dataclass(frozen=True)
class SipDomain(Owned):
    """A SIP domain: where phones register and call out; its lists say who may.

    `auth_type` is what Twilio reports of call authentication, `emergency_caller_sid` the number that all 911
    calls of the domain would come from in place of the phones' own, `byoc_trunk_sid` a carrier's trunk: they
    are read, never desired and never written. `ip_lists` are the IP access control lists that may call:
    estate.toml has none; a snapshot has those that existed.
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

    @property
    def name(self) -> str:
        return self.domain_name

    def lists_for(self, use: Use) -> frozenset[str]:
        return self.registrations if use == "registrations" else self.calls


@dataclass(frozen=True)
class CredentialList(Owned):
    """A credential list: the user names and passwords that phones sign in with."""

    friendly_name: str

    @property
    def name(self) -> str:
        return self.friendly_name


@dataclass(frozen=True)
class UsageTrigger(Owned):
    """A usage trigger: Twilio posts to a URL once spending passes a value."""

    friendly_name: str
    callback_url: str | None = None
    callback_method: str | None = None
    usage_category: str | None = None
    trigger_by: str | None = None
    trigger_value: str | None = None
    recurring: str | None = None

    @property
    def name(self) -> str:
        return self.friendly_name


@dataclass(frozen=True)
class CredentialListMapping(Owned):
    """A credential list attached to a SIP domain, for registrations or for calls."""

    domain_name: str
    use: Use
    credential_list: str

    @property
    def name(self) -> str:
        return f"{self.domain_name} {self.use} {self.credential_list}"


@dataclass(frozen=True)
class IpList(Owned):
    """An IP access control list: the addresses that may call through the SIP domains that it is mapped to."""

    friendly_name: str

    @property
    def name(self) -> str:
        return self.friendly_name


@dataclass(frozen=True)
class IpAddress(Owned):
    """An address of an IP access control list, or all addresses that share its first bits with it."""

    ip_list: str
    ip_address: str
    friendly_name: str | None = None
    cidr_prefix_length: int | None = None

    @property
    def name(self) -> str:
        return f"{self.ip_list}/{self.ip_address}"


@dataclass(frozen=True)
class IpMapping(Owned):
    """An IP access control list attached to a SIP domain, for calls; there are none for registrations."""

    domain_name: str
    ip_list: str

    @property
    def name(self) -> str:
        return f"{self.domain_name} ip {self.ip_list}"


NOT_REGISTERED = re.compile(r" \((?:un)?registration-failure\)$")
NO_ADDRESS = "none"


def address_held(reported: str | None) -> str:
    """The address that a number holds for 911, without what Twilio says of a registration that failed.

    `reported` is the `emergency_address` of a number as read; empty where the number holds no address.
    """
    name = NOT_REGISTERED.sub("", reported or "")
    return "" if name == NO_ADDRESS else name

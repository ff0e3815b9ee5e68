"""Resource types about phones: addresses, phone numbers, credentials, clients."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from futel_twilio.resources.voice import Owned

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class Address(Owned):
    """A street address, as the emergency services see it.

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

    @property
    def name(self) -> str:
        """The text in one line, in capitals and without punctuation: `1 SW EXAMPLE ST, PORTLAND, OR 97201, US`."""
        street = " ".join(filter(None, (self.street, self.street_secondary)))
        parts = (street, self.city, f"{self.region} {self.postal_code}", self.iso_country)
        line = ", ".join(" ".join(re.sub(r"[^\w/&'-]", " ", part).upper().split()) for part in parts)
        return line if self.emergency_enabled else f"{line} (not for emergencies)"


@dataclass(frozen=True)
class PhoneNumber(Owned):
    """An incoming phone number: the application that answers calls and messages, and its 911 address.

    `emergency_address` is the name of an `Address`, empty for none. What Twilio says of its registration
    is read and never written: `registered`, `pending-registration` and the like (official OpenAPI document),
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

    @property
    def name(self) -> str:
        return self.phone_number


@dataclass(frozen=True)
class Credential(Owned):
    """A user name that a phone signs in with. Its password is held by nothing here: Twilio never tells it."""

    username: str
    credential_list: str
    date_created: datetime | None = field(default=None, compare=False)
    date_updated: datetime | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        return f"{self.credential_list}/{self.username}"


@dataclass(frozen=True)
class PhoneClient:
    """A phone of the inventory: its extension, which is its user name, and what it may do.

    Attributes:
        extension: its name and user name.
        outgoing: the dialplan that its outgoing calls get.
        caller_id: the number it calls from, E.164; several phones may share one that has no 911.
        enable_emergency: whether it may call 911.
        dialtone_ivr: the dialplan behind the dial tone, where it has one.
        environment: the installation that it belongs to.
        address: where it stands, as the emergency services see it; None if it may not call 911.
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

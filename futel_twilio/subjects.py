"""What the checks and the picture call the things that they are about, as a volunteer says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from futel_twilio.model import Credential, PhoneNumber

if TYPE_CHECKING:
    from futel_twilio.model import Client, Estate

OF_911 = "911 of "  # no extension has a blank in it


def subject_of(thing: Any) -> str:
    """What a volunteer calls a thing: `direct-futel-prod`, not its whole domain name; a credential as its phone."""
    if isinstance(thing, Credential):
        return thing.username
    if isinstance(thing, PhoneNumber):
        return thing.phone_number
    return str(getattr(thing, "friendly_name", None) or thing.name)


def of_911(client: Client) -> str:
    """What a volunteer calls that which 911 is told of a phone, beside the phone itself."""
    return f"{OF_911}{client.name}"


def external_numbers(wish: Estate) -> tuple[PhoneNumber, ...]:
    """The numbers of another carrier that phones call from."""
    used = {client.caller_id for client in wish.clients}
    return tuple(PhoneNumber(number) for number in sorted(wish.external_numbers & used))

"""A phone number that its owner lends to the experiments: how it was, and how it becomes that again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from futel_twilio.errors import Refused
from futel_twilio.sandbox.experiments.lab import REFUSED

if TYPE_CHECKING:
    from futel_twilio.parity.side import Side

DEMO = "https://demo.twilio.com/"
KEPT = {
    "friendly_name": "FriendlyName",
    "voice_url": "VoiceUrl",
    "voice_method": "VoiceMethod",
    "voice_fallback_url": "VoiceFallbackUrl",
    "voice_fallback_method": "VoiceFallbackMethod",
    "voice_caller_id_lookup": "VoiceCallerIdLookup",
    "sms_url": "SmsUrl",
    "sms_method": "SmsMethod",
    "sms_fallback_url": "SmsFallbackUrl",
    "sms_fallback_method": "SmsFallbackMethod",
    "status_callback": "StatusCallback",
    "status_callback_method": "StatusCallbackMethod",
    "voice_application_sid": "VoiceApplicationSid",
    "sms_application_sid": "SmsApplicationSid",
    "address_sid": "AddressSid",
}
FREE = ("voice_application_sid", "sms_application_sid", "trunk_sid", "emergency_address_sid", "address_sid")


def path_of(number: str) -> str:
    return f"{{account}}/IncomingPhoneNumbers/{number}.json"


def borrow(side: Side, number: str) -> dict[str, Any]:
    """How a number is now.

    Raises:
        Refused: it is not this account's, or something uses it.
    """
    answer = side.ask("GET", path_of(number))
    if answer.status >= REFUSED:
        raise Refused(
            f"There is no phone number {number} in this account. Nothing was made.",
            "Give the SID of a number that nothing uses, or leave --with-number out.",
        )
    used = [key for key in FREE if answer.body.get(key)]
    used += [key for key in ("voice_url", "sms_url") if not _is_free(answer.body.get(key))]
    if used:
        raise Refused(
            f"The phone number {number} is in use: it has {', '.join(used)}. Nothing was made.",
            "Give the SID of a number that nothing uses, or leave --with-number out.",
        )
    return {key: answer.body.get(key) for key in KEPT}


def _is_free(url: Any) -> bool:
    return not url or str(url).startswith(DEMO)


def give_back(side: Side, number: str, kept: dict[str, Any]) -> bool:
    """Set a number to what it was; whether it is."""
    now = side.ask("GET", path_of(number)).body
    differing = [key for key, value in kept.items() if now.get(key) != value]
    if not differing:
        return True
    form = {KEPT[key]: _sent(kept[key]) for key in differing}
    place = path_of(number).format(account=side.root)
    side.client.request("POST", f"https://api.twilio.com{place}", data=form)
    now = side.ask("GET", path_of(number)).body
    return all((now.get(key) or "") == (value or "") for key, value in kept.items())


def _sent(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value or "")

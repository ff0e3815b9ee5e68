"""What the walk sends for a parameter: a value written here, or the first of a list that its reader takes."""

from collections.abc import Iterator, Mapping
from itertools import product
from string import ascii_uppercase

from futel_twilio.sandbox.engine.errors import Refusal
from futel_twilio.sandbox.engine.values import Reader

Value = str | list[str]
SINK = '{"destination": "https://example.com/walk", "method": "POST", "batch_events": false}'
NUMBER, TOLL_FREE, MOBILE = "+15035550100", "+18005550100", "+447700900100"

# Where the reader takes more than Twilio's document does, or one parameter must agree with another.
# A list's filter is written with a question mark; None is not sent at all.
CHOSEN: dict[tuple[str, str], Value | None] = {
    ("", "AreaCode"): None,  # beside a PhoneNumber it decides nothing
    ("", "PhoneNumber"): NUMBER,
    ("IncomingPhoneNumbers/Local", "PhoneNumber"): "+15035550101",
    ("IncomingPhoneNumbers/TollFree", "PhoneNumber"): TOLL_FREE,
    ("IncomingPhoneNumbers/Mobile", "PhoneNumber"): MOBILE,
    ("", "From"): NUMBER,
    ("", "To"): "+15035550199",
    ("Calls", "Status"): "completed",
    ("", "RecordingChannels"): "dual",
    ("", "RecordingTrack"): "both",
    ("", "Trim"): "do-not-trim",
    ("", "MachineDetection"): "Enable",
    ("", "Byoc"): "BY" + "0" * 32,
    ("", "Twiml"): "<Response><Hangup/></Response>",
    ("", "UsageCategory"): "calls",
    ("", "TriggerBy"): "usage",
    ("", "Recurring"): "daily",
    ("", "Region"): "OR",
    ("", "PostalCode"): "97201",
    ("", "IsoCountry"): "US",
    ("", "IsoCode"): "US",
    ("", "CountryCode"): "1",
    ("", "Continent"): "NORTH_AMERICA",
    ("", "Origin"): "twilio",
    ("", "SourceIpAddress"): "127.0.0.1",
    ("", "ActorSid"): "<account>",
    ("", "ResourceSid"): "<application>",
    ("", "ParentCallSid"): "CA" + "0" * 32,
    ("", "SinkSid"): "<sink>",
    ("", "EventType"): "application.created",
    **{("", f"MessageDate{sign}"): "2026-01-02" for sign in ("", "<", ">")},  # a day, and no time of it
}
# Parameters that the tables do not name, because a function reads them.
BESIDES: dict[str, dict[str, Value]] = {
    "POST /v1/Subscriptions": {"Types": ['{"type": "com.twilio.voice.status-callback.call.initiated"}']},
    "POST /v1/Sinks/<sid>/Validate": {"TestId": "walk"},
    "POST /v1/Settings": {"DialingPermissionsInheritance": "true"},
    "POST /v1/DialingPermissions/BulkCountryUpdates": {
        "UpdateRequest": '[{"iso_code": "LV", "low_risk_numbers_enabled": "true"}]'
    },
}
CANDIDATES = (
    *("Walk", "true", "1", "POST", "https://example.com/walk", "2026-01-02T03:04:05Z", "2010-04-01"),
    *("walk.sip.twilio.com", "192.0.2.1", "Abcdefgh12345", NUMBER, SINK, "com.twilio.walk.taken"),
    *("queued", "active", "error", "voice", "webhook"),
)


class Unknown(Exception):
    """A parameter for which no value is known; it is named, with what to do."""


def value(path: str, param: str, read: Reader, made: Mapping[str, str]) -> Value | None:
    """What is sent; `made` gives, for the prefix of a SID, the name of an object that the walk has made."""
    tail = path.partition("<account>/")[2]
    for key in ((tail, param), ("", param)):
        if key in CHOSEN:
            return CHOSEN[key]
    for raw, sent in (*_sids(param, made), *((raw, raw) for raw in CANDIDATES)):
        try:
            read(param, raw)
        except Refusal:
            continue
        return sent
    raise Unknown(f"{path} takes none of the walk's values for {param}: give it one in CHOSEN or CANDIDATES")


def _sids(param: str, made: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """A SID of every kind, those of the walk first: what is tried, and what is sent."""
    if not param.endswith("Sid"):
        return
    prefixes = [*made, *("".join(pair) for pair in product(ascii_uppercase, repeat=2))]
    for prefix in prefixes:
        raw = prefix + "0" * 32
        yield raw, f"<{made[prefix]}>" if prefix in made else raw

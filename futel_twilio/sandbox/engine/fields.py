"""Fields that many tables share: SIDs, dates, URIs, and the URL, method and flag of a webhook."""

from __future__ import annotations

from typing import Any

from futel_twilio.sandbox.engine.errors import bad
from futel_twilio.sandbox.engine.tables import API_VERSION, Field, Rendered
from futel_twilio.sandbox.engine.values import boolean, choice, iso8601, method, name, rfc2822, url

SID = Field("sid", derive=lambda shown: shown.row.sid)
ACCOUNT = Field("account_sid", derive=lambda shown: shown.row.account)
VERSION = Field("api_version", derive=lambda _shown: API_VERSION)
# GUESS: the older version is refused; nothing new should ask for it.
ASKED_VERSION = Field("api_version", "ApiVersion", choice(API_VERSION), API_VERSION, clears=False)
URI = Field("uri", derive=lambda shown: f"{shown.place}.json")
URL = Field("url", derive=lambda shown: shown.context.url_of(shown.place))
CREATED = Field("date_created", derive=lambda shown: rfc2822(shown.row.created))
UPDATED = Field("date_updated", derive=lambda shown: rfc2822(shown.row.updated))
CREATED_ISO = Field("date_created", derive=lambda shown: iso8601(shown.row.created))
UPDATED_ISO = Field("date_updated", derive=lambda shown: iso8601(shown.row.updated))


def parent(name: str) -> Field:
    return Field(name, derive=lambda shown: shown.row.parent)


def subresources(**paths: str) -> Field:
    """Links to what lives inside an object: key and last part of the path."""

    def derive(shown: Rendered) -> dict[str, str]:
        return {key: f"{shown.place}/{last}.json" for key, last in paths.items()}

    return Field("subresource_uris", derive=derive)


def links(**paths: str) -> Field:
    """The same in the product APIs, as whole URLs."""

    def derive(shown: Rendered) -> dict[str, str]:
        return {key: shown.context.url_of(f"{shown.place}/{last}") for key, last in paths.items()}

    return Field("links", derive=derive)


def param_of(name: str) -> str:
    """`voice_fallback_url` is sent as `VoiceFallbackUrl`."""
    return "".join(word.capitalize() for word in name.split("_"))


def webhook(name: str, *, unset: Any) -> Field:
    """A URL that Twilio calls; `unset` is what it reads as before it is set and after it is cleared."""
    return Field(name, param_of(name), url, unset, source="docs: Twilio API responses; examples")


def verb(name: str) -> Field:
    return Field(name, param_of(name), method, "POST")


def flag(name: str) -> Field:
    # GUESS: an empty boolean is refused like any other that is neither true nor false.
    return Field(name, param_of(name), boolean, default=False, clears=False)


def friendly_name(longest: int, *required_on: str) -> Field:
    """A FriendlyName that must be there and cannot be emptied."""
    return Field(
        "friendly_name",
        "FriendlyName",
        name(longest),
        clears=False,
        required=bad(20002, "FriendlyName is required"),
        required_on=required_on,
    )

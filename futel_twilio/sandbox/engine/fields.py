"""Fields that many tables share: SIDs, dates, URIs, and the URL, method and flag of a webhook."""

from __future__ import annotations

from typing import Any

from futel_twilio.sandbox.engine.errors import bad
from futel_twilio.sandbox.engine.tables import API_VERSION, Field, Rendered
from futel_twilio.sandbox.engine.values import boolean, choice, iso8601, method, name, rfc2822, url

SID = Field("sid", derive=lambda rendered: rendered.row.sid)
ACCOUNT = Field("account_sid", derive=lambda rendered: rendered.row.account)
VERSION = Field("api_version", derive=lambda _rendered: API_VERSION)
# GUESS: the older version is refused; nothing new should ask for it.
ASKED_VERSION = Field("api_version", "ApiVersion", choice(API_VERSION), API_VERSION, clears=False)
URI = Field("uri", derive=lambda rendered: f"{rendered.place}.json")
URL = Field("url", derive=lambda rendered: rendered.context.url_of(rendered.place))
CREATED = Field("date_created", derive=lambda rendered: rfc2822(rendered.row.created))
UPDATED = Field("date_updated", derive=lambda rendered: rfc2822(rendered.row.updated))
CREATED_ISO = Field("date_created", derive=lambda rendered: iso8601(rendered.row.created))
UPDATED_ISO = Field("date_updated", derive=lambda rendered: iso8601(rendered.row.updated))


def parent(name: str) -> Field:
    return Field(name, derive=lambda rendered: rendered.row.parent)


def subresources(**paths: str) -> Field:
    """Links to what lives inside an object: key and last part of the path."""

    def derive(rendered: Rendered) -> dict[str, str]:
        return {key: f"{rendered.place}/{last}.json" for key, last in paths.items()}

    return Field("subresource_uris", derive=derive)


def links(**paths: str) -> Field:
    """The same in the product APIs, as whole URLs."""

    def derive(rendered: Rendered) -> dict[str, str]:
        return {key: rendered.context.url_of(f"{rendered.place}/{last}") for key, last in paths.items()}

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

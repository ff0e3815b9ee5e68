"""The variables that we read, from the environment or from `.env`: which there are, and what is wrong with a value."""

from __future__ import annotations

import io
import os
import re
import ssl
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from futel_twilio.errors import BadInput, CannotRead
from futel_twilio.files import reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

VARIABLES = {
    "TWILIO_ACCOUNT_SID": "the account, AC and 32 hexadecimal digits",
    "TWILIO_API_KEY": "an API key, SK and 32 hexadecimal digits; better than the auth token",
    "TWILIO_API_SECRET": "the secret of that key",
    "TWILIO_AUTH_TOKEN": "the account's auth token, where there is no API key; beside one, it signs rehearsals alone",
    "TWILIO_EDGE": "the edge that requests enter by, such as umatilla",
    "TWILIO_REGION": "the region that requests are processed in, such as us1",
    "TWILIO_CONFIG_DIR": "the folder of the Twilio CLI's config.json, if not ~/.twilio-cli",
    "FUTEL_TWILIO_URL": "sends every request of every Twilio product to this server instead",
    "FUTEL_TWILIO_NOTIFY": "the URL that `audit --notify env` tells",
}
OF_EVERY_RUN = ("TWILIO_EDGE", "TWILIO_REGION", "FUTEL_TWILIO_URL")  # whichever credentials are taken
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
OF_HOST = re.compile("[A-Za-z0-9-]+")
CURLY = "\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"
ELLIPSIS = "\u2026"
AUTHORITIES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")  # in the order in which requests reads them


def refuse_unclean(names: Iterable[str], env: Mapping[str, str], dotenv: Mapping[str, str]) -> None:
    """Refuse values that were not copied whole, or with more than belongs to them; no secret is repeated.

    Raises:
        BadInput: there are some: all of them.
    """
    places = (("", env), (" in the file .env", dotenv))
    faults = [
        f"{name}{place}: {what}"
        for place, values in places
        for name in names
        for what in _faults_of(name, values.get(name, ""))
    ]
    if faults:
        raise BadInput(
            "A variable is not as it should be."
            if len(faults) == 1
            else "Some variables are not as they should be.",
            "Copy the value again, all of it and nothing else, and run the command again.",
            tuple(faults),
        )


def _faults_of(name: str, value: str) -> Iterator[str]:
    if not value:
        return
    if name in ("TWILIO_CONFIG_DIR", "FUTEL_TWILIO_NOTIFY"):
        return  # a path may hold anything, and the other's form is Apprise's own
    what = unclean(value)
    if what:
        yield what
    elif name in ("TWILIO_EDGE", "TWILIO_REGION") and not OF_HOST.fullmatch(value):
        yield f"{value!r} is no part of a host name"


def unclean(value: str) -> str:
    """What is wrong with a value that must be plain ASCII without blanks, in words that do not repeat it."""
    odd = next((character for character in value if not "!" <= character <= "~"), "")
    if ELLIPSIS in value or value.endswith("..."):
        return "it has an ellipsis in it: it was not copied whole"
    if any(character in CURLY for character in value):
        return "it has typographic quotes, which do not belong to it"
    if value[0] in "\"'`" or value[-1] in "\"'`":
        return "it has quotes around it, which do not belong to it"
    if value.endswith(("\n", "\r")):
        return "it ends in a line end, which does not belong to it"
    if odd.isspace():
        return "it holds a blank, which does not belong to it"
    return f"it holds U+{ord(odd):04X}, which is not plain ASCII" if odd else ""


def require_authorities(env: Mapping[str, str]) -> None:
    """Refuse a file of certificate authorities that requests would stumble over, or that holds none.

    Raises:
        BadInput: the variables name such a file.
    """
    name = next((name for name in AUTHORITIES if env.get(name)), "")
    file = Path(env.get(name, ""))
    if not name or file.is_dir():
        return
    remedy = f"Name a file of certificates in PEM, or unset {name}."
    try:
        reading.read_bytes(file, f"The file {file}, which {name} names,")
        ssl.create_default_context(cafile=str(file))
    except FileNotFoundError:
        raise BadInput(f"There is no file {file}, which {name} names.", remedy) from None
    except ssl.SSLError:
        raise BadInput(
            f"The file {file}, which {name} names, holds no certificates in PEM.", remedy
        ) from None


def checked_url(url: str) -> str:
    """The server of FUTEL_TWILIO_URL; empty where that is.

    Raises:
        BadInput: it is no URL, or credentials would cross a network in clear.
    """
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        _ = parts.port  # which raises where it is none
    except ValueError as error:
        raise BadInput(
            f"FUTEL_TWILIO_URL is no URL: {error}.",
            "Set it to http://127.0.0.1:PORT or to an https URL, or unset it.",
        ) from None
    if parts.username or parts.password or parts.query:
        raise BadInput(
            "FUTEL_TWILIO_URL holds a user name, a password or a query, which do not belong there.",
            "Set it to http://127.0.0.1:PORT or to an https URL; credentials go into TWILIO_* variables.",
        )
    if parts.scheme == "https" and parts.hostname:
        return url.rstrip("/")
    if parts.scheme == "http" and parts.hostname in LOOPBACK:
        return url.rstrip("/")
    raise BadInput(
        f"FUTEL_TWILIO_URL is {url}, which is neither https nor, for this machine only, http.",
        "Set it to http://127.0.0.1:PORT or to an https URL, or unset it.",
    )


def here() -> Path:
    """The working directory.

    Raises:
        CannotRead: it was taken away.
    """
    try:
        return Path.cwd()
    except OSError as error:
        raise CannotRead(
            "the working directory", str(error.strerror), "Change to a directory that is there."
        ) from None


def home(environ: Mapping[str, str] | None = None) -> Path | None:
    """The home of whoever runs this; None where neither HOME nor the system names one, as in a container."""
    env = os.environ if environ is None else environ
    named = env.get("HOME") or env.get("USERPROFILE")
    if named:
        return Path(named)
    try:
        return Path.home()
    except RuntimeError:
        return None


def _dotenv(path: Path) -> dict[str, str]:
    if os.path.isdir(path):  # noqa: PTH112  # a virtual environment of Python; Path's own raises where nobody may look
        return {}
    try:
        text = reading.read_text(path)
    except FileNotFoundError:
        return {}
    broken = [str(binding.original.line) for binding in parse_stream(io.StringIO(text)) if binding.error]
    if broken:
        raise BadInput(
            f"The file .env cannot be read in line {', '.join(broken)}.", "Write each line as NAME=value."
        )
    values = dotenv_values(stream=io.StringIO(text), interpolate=False)
    return {name: value for name, value in values.items() if value and name in VARIABLES}

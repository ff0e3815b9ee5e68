"""Who may reach the sandbox: programs of this machine, and others only with --allow-remote.

Its token is known to everybody, so it listens on loopback alone. That does not keep web pages out: a page
in this machine's browser reaches loopback too, under its own name that it lets point here (DNS
rebinding) or with a form that it sends. Browsers tell both apart, in Host and in Origin.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_HOST = "127.0.0.1"
TWILIO = ".twilio.com"  # nobody else can let such a name point here


def is_loopback(host: str) -> bool:
    """Whether an address, or a name that needs no look-up, is of this machine alone."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def judge(host: str, *, allow_remote: bool) -> str:
    """The address to listen on; ValueError when others could reach it and nobody allowed that."""
    if not host:
        raise ValueError("The sandbox needs an address to listen on. Leave it out for 127.0.0.1.")
    if not is_loopback(host) and not allow_remote:
        raise ValueError(
            f"The sandbox listens on loopback only, and {host} is not loopback. Leave the host out, or allow "
            "remote access too (--allow-remote, allow_remote=True) if all who reach this machine may use it."
        )
    return DEFAULT_HOST if host.lower() == "localhost" else host


def why_foreign(environ: Mapping[str, str]) -> str:
    """Why a request is one that a web page of another site could have made, in a sentence; empty when it is none.

    Everybody knows the token, and the control paths ask for none. A page's scripts and forms say where they are
    from; of an image or a link the browser says only that another site has it (Sec-Fetch-Site).
    """
    host = environ.get("HTTP_HOST")
    if host is not None and not _is_ours(f"//{host}"):
        return f"The sandbox answers to loopback addresses and names of twilio.com, not to {host}."
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None and not _is_ours(origin):
        return f"The sandbox is not for web pages of {origin}."
    if environ.get("HTTP_SEC_FETCH_SITE") == "cross-site":
        return "The sandbox is not for web pages of other sites."
    return ""


def _is_ours(url: str) -> bool:
    try:
        parts = urlsplit(url)
        name, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    return is_loopback(name) or name.endswith(TWILIO)

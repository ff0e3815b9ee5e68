"""Base URLs of dialplans: are two the same, does one end in a path of ours, can Twilio reach it; pure."""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address
from urllib.parse import urlsplit

SERVER = re.compile(r"^(https://[^/:?#]+?)\.*(?::0*([0-9]*))?(?=[/?#]|$)")
# Names that no public name server knows: RFC 6761, RFC 6762, RFC 8375, and ICANN's resolution of 29 July 2024.
LOCAL = (".localhost", ".local", ".home.arpa", ".internal")


def normal(url: str) -> str:
    """A URL by which two can be compared: without capitals, the default port, and slashes at the end."""
    return SERVER.sub(_server_of, url.casefold().rstrip("/"))


def _server_of(found: re.Match[str]) -> str:
    return found[1] if found[2] in {None, "", "443"} else f"{found[1]}:{found[2]}"


def ends_in(url: str, path: str) -> bool:
    """Whether a base URL ends in a path that is added to it by itself."""
    return normal(url).endswith(path.casefold().rstrip("/"))


def places(before: str, after: str, base: str) -> tuple[str, str]:
    """What a URL moves between, as short as tells them apart: the servers, or the base URLs where they are one.

    Args:
        before: the URL as it is.
        after: the URL as it is to be.
        base: the base URL that `after` was made from; may be empty.
    """
    if urlsplit(normal(before)).netloc != urlsplit(normal(after)).netloc:
        return urlsplit(before).netloc or "nowhere", urlsplit(after).netloc or "nowhere"
    path = after.removeprefix(base) if base else ""
    if path and path != after and before.endswith(path):
        return before.removesuffix(path), base
    return before, after


def out_of_reach(url: str) -> str:
    """Why nobody outside a local network reaches the host of a URL; empty where its name does not tell that."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        # As resolvers read it, so that 127.1 is found too.
        is_public = IPv4Address(socket.inet_aton(host)).is_global
    except OSError:
        is_name = "." in host and not host.endswith(LOCAL)
        return "" if is_name else f"{host} is a name of this machine or of a local network"
    return "" if is_public else f"{host} is an address of this machine or of a private network"

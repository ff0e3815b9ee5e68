"""Base URLs of dialplans: normalize, compare, and tell whether Twilio can reach one."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

import ada_url

# GUESS: Twilio documents no limit; proxies and web servers begin to refuse at 4 kB, and parameters may come after it.
LONGEST = 2048
DOTS = "has . or .. in its path"
LONGEST_HOST = 253  # RFC 1035
LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")  # RFC 1123
ESCAPED = re.compile(
    r"%(4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a]|3[0-9]|2[de]|5f|7e)", re.IGNORECASE
)  # of A-Z a-z 0-9 - . _ ~
# Names that no public name server knows: RFC 6761, RFC 6762 with its appendix G, RFC 8375, and ICANN's resolutions of
# 4 February 2018 (.corp, .home, .mail) and 29 July 2024 (.internal). `localdomain` stands in /etc/hosts of Red Hat's
# and other Linux systems, as the domain of `localhost.localdomain`.
LOCAL = (
    *(
        "localhost",
        "localdomain",
        "local",
        "home.arpa",
        "internal",
        "lan",
        "home",
        "corp",
        "mail",
        "intranet",
    ),
    "private",
)
# Names that nobody is given: RFC 6761; those of other systems than the DNS: RFC 7686, RFC 9476.
NOBODYS = ("test", "invalid", "example", "onion", "alt")


def normalize(url: str) -> str:
    """A URL by which two can be compared: its normal form, without capitals and slashes at the end."""
    parsed = _parsed(ESCAPED.sub(lambda found: chr(int(found[1], 16)), url))
    if parsed is None:
        return url.casefold().rstrip("/")
    host = parsed.hostname.rstrip(".")
    server = f"{parsed.protocol}//{host}{f':{parsed.port}' if parsed.port else ''}"
    return f"{server}{parsed.pathname}{parsed.search}{parsed.hash}".casefold().rstrip("/")


def _parsed(url: str) -> ada_url.URL | None:
    try:
        return ada_url.URL(url)
    except ValueError:
        return None


def fault(url: str) -> str:
    """Why an https URL cannot be that of a dialplan; empty where nothing speaks against it."""
    parsed = _parsed(url)
    if parsed is None:
        return "is not a URL that can be read"
    if parsed.port == "0":
        return "has port 0, where no server listens"
    host = parsed.hostname.removesuffix(".")
    if len(host) > LONGEST_HOST or not all(LABEL.fullmatch(label) for label in host.split(".")):
        return "has a host that is no name: its parts are 1 to 63 letters, digits or hyphens, with no hyphen at an end"
    of_path = fault_of_path(url)
    return f"{of_path}: write {parsed.href.rstrip('/')}" if of_path == DOTS else of_path


def fault_of_path(path: str) -> str:
    """Why what comes after a server cannot be the path of a dialplan; empty where nothing speaks against it."""
    if len(path) > LONGEST:
        return f"is longer than {LONGEST} characters"
    return DOTS if {".", ".."} & set(path.split("/")) else ""


def ends_in(url: str, path: str) -> bool:
    """Whether a base URL already ends in the path that the tool appends."""
    return normalize(url).endswith(path.casefold().rstrip("/"))


def reserved_paths(before: str, after: str, base: str) -> tuple[str, str]:
    """What a URL moves between, in the shortest form that differs: the servers, or the base URLs on one server.

    Args:
        before: the URL as it is.
        after: the new URL.
        base: the base URL that `after` was made from; may be empty.
    """
    if urlsplit(normalize(before)).netloc != urlsplit(normalize(after)).netloc:
        return urlsplit(before).netloc or "nowhere", urlsplit(after).netloc or "nowhere"
    path = after.removeprefix(base) if base else ""
    if path and path != after and before.endswith(path):
        return before.removesuffix(path), base
    return before, after


def why_unreachable(url: str) -> str:
    """Why nobody outside a local network reaches the host of a URL; empty where its name does not tell that."""
    parsed = _parsed(url)
    if parsed is None:
        return f"{url[:80]} is not a URL that can be read"
    shown = (urlsplit(url).hostname or "").rstrip(".")
    host = parsed.hostname.rstrip(".").strip("[]")
    try:
        return _of_address(ip_address(host), shown)
    except ValueError:
        return _of_name(host, shown)


def _of_address(address: IPv4Address | IPv6Address, shown: str) -> str:
    if address.is_multicast:
        return f"{shown} is an address of a group, not of a server"
    return "" if address.is_global else f"{shown} is an address of this machine or of a private network"


def _of_name(host: str, shown: str) -> str:
    if "." not in host or _is_below(host, LOCAL):
        return f"{shown} is a name of this machine or of a local network"
    return f"{shown} is a name that the internet gives to nobody" if _is_below(host, NOBODYS) else ""


def _is_below(host: str, names: tuple[str, ...]) -> bool:
    return host.endswith(tuple(f".{name}" for name in names))

"""The way out to the internet: which proxy leads there, and why a request did not get through, in words."""

from __future__ import annotations

import re
import ssl
from typing import TYPE_CHECKING

import requests
from requests.utils import get_environ_proxies, select_proxy
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

if TYPE_CHECKING:
    from collections.abc import Iterator

TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")  # the words of http.client
SCHEMES = frozenset({"http", "https", "socks4", "socks4a", "socks5", "socks5h"})
NO_SOCKS = "Missing dependencies for SOCKS"  # the words of requests


def proxy_of(url: str) -> str:
    """The proxy that the environment names for a URL, with its password; empty where there is none."""
    return select_proxy(url, get_environ_proxies(url)) or ""


def without_password(proxy: str) -> str:
    """A proxy as it may be shown."""
    scheme, _, rest = proxy.rpartition("://")
    return f"{scheme or 'http'}://{rest.rpartition('@')[2].split('/')[0][:80]}"


def fault_of_proxy(error: BaseException, url: str) -> str:
    """Why the proxy did not let a request through, with its name; empty where it was not the proxy."""
    proxy = proxy_of(url)
    why = _why_of_proxy(error, proxy) if proxy else ""
    return f"the proxy {without_password(proxy)} {why}" if why else ""


def _why_of_proxy(error: BaseException, proxy: str) -> str:
    if NO_SOCKS in str(error):
        return "speaks SOCKS, and PySocks is not installed"
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return "" if _is_usable(proxy) else "has no URL that can be used"
    if not isinstance(error, requests.exceptions.ProxyError) and not _is_of_socks(error):
        return ""
    refusal = TUNNEL.search(str(error))
    if refusal and refusal[1] == "407":
        return "wants a user name and password, or refuses those it was given (HTTP 407)"
    if refusal:
        return f"refuses to connect there (HTTP {refusal[1]})"
    return f"cannot be reached ({system_words(error) or 'it broke the connection'})"


def _is_usable(proxy: str) -> bool:
    try:
        parts = parse_url(proxy if "://" in proxy else f"http://{proxy}")
    except LocationParseError:
        return False
    return bool(parts.host) and str(parts.scheme) in SCHEMES


def _is_of_socks(error: BaseException) -> bool:
    return any(type(one).__module__.startswith("socks") for one in causes(error))


def system_words(error: BaseException) -> str:
    """What the operating system said of an error; empty where it said nothing."""
    said = (
        one.strerror
        for one in causes(error)
        if isinstance(one, OSError) and not isinstance(one, ssl.SSLError)
    )
    return next((words for words in said if words), "")


def certificate_words(error: BaseException) -> str:
    """What is wrong with a certificate, or with the way it was shown; empty where that is not said."""
    for one in causes(error):
        if isinstance(one, ssl.SSLError):
            return str(getattr(one, "verify_message", "") or one.reason or "")
    return ""


def causes(error: BaseException) -> Iterator[BaseException]:
    """An error with all that stands behind it: requests and urllib3 wrap one into another in three ways."""
    seen: set[int] = set()
    todo: list[object] = [error]
    while todo:
        one = todo.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        todo += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]

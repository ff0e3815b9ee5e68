"""Who may ask: the sandbox's accounts, their auth tokens and API keys, held in memory only."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN, TEST_ACCOUNT_SID

if TYPE_CHECKING:
    from collections.abc import Iterable

SID = re.compile(r"(AC|SK)[0-9a-fA-F]{32}")
SHAPES = "AC...:token, SK...:secret or AC...:SK...:secret"


@dataclass(frozen=True)
class Principal:
    """Whoever sent a request: the account, and the SID that signed (the account's own or a key's)."""

    account: str
    actor: str
    is_key: bool
    token: str = field(default="", repr=False)
    is_test: bool = False  # test credentials, which may do little and change nothing


@dataclass(frozen=True)
class _Entry:
    account: str
    name: str
    secret: str = field(repr=False)
    is_test: bool = False


def _parse(entry: str) -> _Entry:
    parts = entry.split(":")
    names, secret = parts[:-1], parts[-1]
    if not secret or not names or not all(SID.fullmatch(name) for name in names):
        raise ValueError(f"An account of the sandbox is written {SHAPES} (32 hex digits after the letters).")
    kinds = "".join(name[:2] for name in names)
    if kinds == "SK":
        return _Entry(DEFAULT_ACCOUNT_SID, names[0], secret)
    if kinds not in {"AC", "ACSK"}:
        raise ValueError(f"An account of the sandbox is written {SHAPES}.")
    return _Entry(names[0], names[-1], secret)


def _parse_test(entry: str) -> _Entry:
    found = _parse(entry)
    if found.name != found.account:
        raise ValueError("Test credentials of the sandbox are written AC...:token (32 hex digits after AC).")
    return replace(found, is_test=True)


class Accounts:
    """The credentials this process accepts; nothing of them reaches the state file."""

    def __init__(self, entries: Iterable[str] = (), tests: Iterable[str] = ()) -> None:
        default = _Entry(DEFAULT_ACCOUNT_SID, DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN)
        test = _Entry(TEST_ACCOUNT_SID, TEST_ACCOUNT_SID, DEFAULT_AUTH_TOKEN, is_test=True)
        found = (default, test, *map(_parse, entries), *map(_parse_test, tests))
        self._entries = {entry.name: entry for entry in found}

    def authenticate(self, header: str | None) -> Principal | None:
        """Read a Basic Authorization header; None when it names nobody we know."""
        name, secret = basic(header or "")
        entry = self._entries.get(name)
        if entry is None or not hmac.compare_digest(entry.secret.encode(), secret.encode()):
            return None
        is_key = entry.name != entry.account
        return Principal(entry.account, entry.name, is_key, "" if is_key else entry.secret, entry.is_test)


def basic(header: str) -> tuple[str, str]:
    """The name and the secret of a Basic Authorization header; both empty when it is none."""
    scheme, _, packed = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        text = base64.b64decode(packed.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    name, _, secret = text.partition(":")
    return name, secret

"""The ledger of credentials: who got a password when, with a salted digest."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from futel_twilio.errors import BadInput
from futel_twilio.files import json_lines, reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from futel_twilio.resources.phones import Credential

LEDGER_FILE = "credentials-ledger.jsonl"
COST = 2**14  # of scrypt, for a password that you chose; a generated one cannot be guessed
Event: TypeAlias = Literal["created", "rotated", "deleted"]


@dataclass(frozen=True)
class LedgerEntry:
    """One line: what happened to one credential of one account, and Twilio's own date of it."""

    account: str
    credential: str
    event: Event
    at: datetime
    twilio_at: datetime | None
    chosen: bool = False
    salt: str = field(default="", repr=False)
    digest: str = field(default="", repr=False)

    def is_password(self, password: str) -> bool:
        """Whether this is the password that was written then."""
        return hmac.compare_digest(self.digest, _digest(password, self.salt, chosen=self.chosen))


class Ledger:
    """The ledger of one account, in one file that may hold those of others."""

    def __init__(self, path: Path, account: str) -> None:
        self.path = path
        self.account = account
        self._guard = threading.Lock()

    def require_writable(self) -> None:
        """Refuse a ledger that nothing can be added to, before a password is made that it should know.

        Raises:
            BadInput: it is one.
        """
        place = self.path if self.path.exists() else self.path.parent
        if (place == self.path and not place.is_file()) or not os.access(place, os.W_OK):
            raise BadInput(
                f"The ledger of passwords, {self.path}, cannot be written.",
                "Make it writable, and run the command again.",
            )

    def entries(self) -> tuple[LedgerEntry, ...]:
        """Every entry of this account in order; a line that cannot be read, such as a torn last one, is passed over."""
        return tuple(entry for entry in self._read() if entry.account == self.account)

    def last(self) -> dict[str, LedgerEntry]:
        """The last entry of each credential, by its name."""
        return {entry.credential: entry for entry in self.entries()}

    def note(
        self,
        credential: Credential,
        event: Event,
        twilio_at: datetime | None = None,
        password: str = "",
        *,
        chosen: bool = False,
    ) -> None:
        """Add a line; `chosen` says that you chose the password.

        Raises:
            OSError: it cannot be written.
        """
        salt = secrets.token_hex(16)
        line: dict[str, Any] = {
            "account": self.account,
            "credential": credential.name,
            "event": event,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "twilio_at": twilio_at.isoformat() if twilio_at else None,
        }
        if password:
            line |= {"chosen": chosen, "salt": salt, "digest": _digest(password, salt, chosen=chosen)}
        with self._guard:
            json_lines.append(self.path, line)

    def _read(self) -> Iterator[LedgerEntry]:
        try:
            text = reading.read_bytes(self.path, largest=reading.LARGEST_RECORD)
        except FileNotFoundError:
            return
        for line in json_lines.lines(text):
            with suppress(ValueError, KeyError, TypeError):
                yield _entry(line or {})


def state_of(credential: Credential, last: LedgerEntry | None) -> str:
    """What the ledger knows of a credential that is at Twilio, in a few words."""
    if last is None or last.event == "deleted":
        return "not made by this tool"
    changed_at = credential.date_updated
    if changed_at and last.twilio_at and changed_at - last.twilio_at > timedelta(seconds=1):
        return "CHANGED BEHIND OUR BACK"
    return last.event


def _entry(line: dict[str, Any]) -> LedgerEntry:
    twilio_at = line["twilio_at"]
    return LedgerEntry(
        account=line["account"],
        credential=line["credential"],
        event=line["event"],
        at=datetime.fromisoformat(line["at"]),
        twilio_at=datetime.fromisoformat(twilio_at) if twilio_at else None,
        chosen=line.get("chosen", False),
        salt=line.get("salt", ""),
        digest=line.get("digest", ""),
    )


def _digest(password: str, salt: str, *, chosen: bool) -> str:
    salted, word = bytes.fromhex(salt), password.encode()
    if chosen:
        return hashlib.scrypt(word, salt=salted, n=COST, r=8, p=1, maxmem=2**26, dklen=32).hex()
    return hashlib.blake2b(word, salt=salted, digest_size=32).hexdigest()

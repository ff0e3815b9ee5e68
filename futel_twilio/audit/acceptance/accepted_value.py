"""What accepted.toml keeps of the value that was found: its words, or a salted digest where it is private; pure.

The file is made for git. A digest hides a street address or a secret from whoever reads the file; whoever guesses it
can find out whether the guess is right, which for an address cannot be helped.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from futel_twilio.audit import redaction

if TYPE_CHECKING:
    from collections.abc import Iterable

    from futel_twilio.resources.labels import Value
    from futel_twilio.resources.phones import Address

Kept: TypeAlias = str | list[str]
COST = 2**14  # of scrypt
DIGEST = re.compile(r"digest:([0-9a-f]{16}):([0-9a-f]{64})")
SHORTEST_STREET = 4  # letters
# Of a URL: who may ask, what is asked, and what stands after; and a long word of letters and digits that is no SID.
SECRET = re.compile(
    r"://[^/\s]*@|://\S*[?#]|\b(?![A-Z]{2}[0-9a-f]{32}\b)(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9_-]{20,}\b"
)


@dataclass(frozen=True)
class Found:
    """A value that was found.

    Attributes:
        value: in words, or the things that are there and should not be.
        private: whether it may not stand in a file for git.
    """

    value: Value
    private: bool

    @property
    def items(self) -> tuple[str, ...]:
        return (self.value,) if isinstance(self.value, str) else tuple(sorted(self.value))

    def to_keep(self) -> Kept:
        """What accepted.toml keeps of it: a text, or a list of which fewer are accepted too."""
        salt = secrets.token_hex(8)
        hides = self.private or any(DIGEST.fullmatch(item) for item in self.items)
        kept = [_digest(item, salt) if hides else item for item in self.items]
        return kept[0] if isinstance(self.value, str) else kept

    def is_accepted_by(self, kept: Kept) -> bool:
        """Whether this is the value that was accepted, or of a list nothing that was not."""
        if isinstance(kept, str) != isinstance(self.value, str):
            return False
        accepted = [kept] if isinstance(kept, str) else kept
        salts = {found[1] for found in map(DIGEST.fullmatch, accepted) if found}
        return all(
            (item in accepted and not DIGEST.fullmatch(item))
            or any(hmac.compare_digest(_digest(item, salt), one) for salt in salts for one in accepted)
            for item in self.items
        )


def in_words(kept: Kept) -> str:
    """What was accepted, in words; empty for a digest."""
    items = [kept] if isinstance(kept, str) else kept
    if any(map(DIGEST.fullmatch, items)):
        return "another value, which accepted.toml keeps as a digest"
    return ", ".join(items)


def is_private(texts: Iterable[str], addresses: Iterable[Address]) -> bool:
    """Whether any of some texts may hold a street address or a secret."""
    streets = {
        part.casefold()
        for address in addresses
        for part in (address.street, address.street_secondary)
        if len(part) >= SHORTEST_STREET
    }
    return any(
        SECRET.search(text)
        or redaction.find_leaks(text)
        or any(street in text.casefold() for street in streets)
        for text in texts
    )


def _digest(item: str, salt: str) -> str:
    made = hashlib.scrypt(
        item.encode("utf-8", "surrogatepass"), salt=salt.encode(), n=COST, r=8, p=1, dklen=32
    )
    return f"digest:{salt}:{made.hex()}"

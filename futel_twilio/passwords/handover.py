"""Generate passwords, hand them to Twilio, and show each once."""

from __future__ import annotations

import os
import re
import secrets
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Literal, TypeAlias

from futel_twilio.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from futel_twilio.resources.phones import Credential

LENGTH = 24
SHORTEST, LONGEST = 12, 64
DIGITS, LOWER, UPPER = "23456789", "abcdefghjkmnpqrstuvwxyz", "ABCDEFGHJKMNPQRSTUVWXYZ"

KeepPassword: TypeAlias = "Callable[[str, str], bool]"


def generate() -> str:
    """A new password of 24 characters, 135 bits of chance, by Twilio's rules."""
    while True:
        made = "".join(secrets.choice(DIGITS + LOWER + UPPER) for _ in range(LENGTH))
        if not faults_of(made):
            return made


def faults_of(password: str) -> tuple[str, ...]:
    """What is wrong with a password, in words that do not hold it."""
    rules = (
        (len(password) >= SHORTEST, f"it has fewer than {SHORTEST} characters"),
        (len(password) <= LONGEST, f"it has more than {LONGEST} characters"),
        (re.search("[0-9]", password), "it has no digit"),
        (re.search("[a-z]", password), "it has no lower-case letter"),
        (re.search("[A-Z]", password), "it has no upper-case letter"),
        (re.fullmatch("[!-~]*", password), "it has a blank, or a character that is not plain ASCII"),
    )
    return tuple(says for holds, says in rules if not holds)


def require_good(password: str) -> str:
    """Return the password, if Twilio will take it.

    Raises:
        BadInput: it will not; the error names every broken rule and not the password.
    """
    faults = faults_of(password)
    if faults:
        raise BadInput(
            "The password that was given will not do.",
            "Give another on standard input, or none: then one is made.",
            faults,
        )
    return password


@dataclass(frozen=True)
class WrittenPassword:
    """A password that reached Twilio: of which credential, when by Twilio's clock, and what it was."""

    credential: Credential
    event: Literal["created", "rotated"]
    at: datetime | None
    chosen: bool
    password: str = field(repr=False)


@dataclass
class PasswordHandover:
    """The passwords of one run: what was given, what was made, what reached Twilio.

    Args:
        given: passwords to use, by user name; any other is made.
        keep_before: keeps a password before it is sent, so that a killed run loses none; says whether it could.
        keep_after: keeps one that reached Twilio, where the one before must not be lost; says whether it could.
        noted: called for each that reached Twilio.
        place: where they are kept, in words.

    Attributes:
        unknown: credentials that somebody else made meanwhile, whose password nobody here knows.
        unchanged: credentials that were there already and keep a password that nobody here knows, or not the
            one that was given.
        possibly_unseen: credentials whose password a run made that was cut off, and that may have been shown to nobody.
        unnoted: credentials whose password is at Twilio and could not be noted in the ledger, and why.
    """

    given: dict[str, str] = field(default_factory=dict, repr=False)
    keep_before: KeepPassword | None = field(default=None, repr=False)
    keep_after: KeepPassword | None = field(default=None, repr=False)
    noted: Callable[[WrittenPassword], None] | None = field(default=None, repr=False)
    place: str = ""
    unknown: list[str] = field(default_factory=list, init=False)
    unchanged: list[str] = field(default_factory=list, init=False)
    possibly_unseen: list[str] = field(default_factory=list, init=False)
    unnoted: list[tuple[str, str]] = field(default_factory=list, init=False)
    _perhaps: set[str] = field(default_factory=set, repr=False, init=False)
    _kept: set[str] = field(default_factory=set, repr=False, init=False)
    _handed: dict[str, str] = field(default_factory=dict, repr=False, init=False)
    _written: dict[str, str] = field(default_factory=dict, repr=False, init=False)
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False, init=False)

    def of(self, credential: Credential) -> str:
        """The password of a credential, the same however often it is asked for in one run."""
        name = credential.username
        with self._guard:
            if name not in self._handed:
                password = self.given.get(name) or generate()
                self._keep(self.keep_before, name, password)
                self._handed[name] = password
            return self._handed[name]

    def is_open(self, credential: Credential) -> bool:
        """Whether a password was handed out that is not known to have reached Twilio."""
        return credential.username in self._handed and credential.username not in self._written

    def may_have_taken(self, credential: Credential) -> None:
        """Note that Twilio may have a password, since its answer was lost."""
        with self._guard:
            self._perhaps.add(credential.username)

    def was_not_taken(self, credential: Credential) -> None:
        """Note that Twilio does not have a password: the account shows no such credential."""
        with self._guard:
            self._perhaps.discard(credential.username)

    def wrote(
        self, credential: Credential, at: datetime | None, event: Literal["created", "rotated"]
    ) -> None:
        """Note that a password reached Twilio, at Twilio's time."""
        name = credential.username
        with self._guard:
            self._written[name] = password = self._handed[name]
            self._keep(self.keep_after, name, password)
            if self.noted:
                self.noted(WrittenPassword(credential, event, at, name in self.given, password))

    def disown(self, credential: Credential) -> None:
        """Somebody else made this credential: the password that was handed out is not its password."""
        with self._guard:
            self._handed.pop(credential.username, None)
            self.unknown.append(credential.username)

    def to_show(self) -> dict[str, str]:
        """The passwords to show, once: user name -> password, of those made here that are stored nowhere."""
        known = self._kept | self.given.keys()
        return {name: password for name, password in self._written.items() if name not in known}

    def taken_as_given(self) -> tuple[str, ...]:
        """The credentials that now have the password that was given."""
        return tuple(name for name in self._written if name in self.given)

    def reached(self) -> tuple[str, ...]:
        """The credentials that have a new password at Twilio, or may have."""
        return tuple(name for name in self._handed if name in self._written or name in self._perhaps)

    def kept(self) -> tuple[str, ...]:
        """The credentials whose password is kept in `place`, of those that reached Twilio, or may have."""
        return tuple(sorted(self._handed.keys() & self._kept & (self._written.keys() | self._perhaps)))

    def uncertain_to_show(self) -> dict[str, str]:
        """As `to_show`, for passwords that Twilio may or may not have, and that only this run knows."""
        known = self._written.keys() | self.given.keys() | self._kept
        return {name: word for name, word in self._handed.items() if name in self._perhaps - known}

    def _keep(self, keep: KeepPassword | None, name: str, password: str) -> None:
        if keep and keep(name, password):
            self._kept.add(name)


def end_of_torn(file: BinaryIO) -> bytes:
    """What has to stand before a new line: the end of one that a full disk tore."""
    if not file.seek(0, os.SEEK_END):
        return b""
    file.seek(-1, os.SEEK_END)
    return b"" if file.read(1) == b"\n" else b"\n"

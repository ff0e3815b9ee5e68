"""Where passwords come from and where they are kept: standard input, a file, the keyring."""

from __future__ import annotations

import errno
import getpass
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from futel_twilio.errors import BadInput
from futel_twilio.files import gitignore, reading
from futel_twilio.passwords.handover import (
    KeepPassword,
    PasswordHandover,
    WrittenPassword,
    end_of_torn,
    require_good,
)
from futel_twilio.text import quoted

if TYPE_CHECKING:
    from futel_twilio.passwords.ledger import Ledger

PRIVATE = 0o600


@dataclass
class PasswordFile:
    """A file for passwords that nobody else can read: one line each, user name, tab, password.

    Args:
        path: made with mode 0600 when there is something to keep; one that is there is added to, if its mode is
            just that.

    Raises:
        BadInput: its mode is another, it cannot be written, or it could be committed.
    """

    path: Path

    def __post_init__(self) -> None:
        gitignore.refuse(self.path, "passwords")
        was_there = self.path.exists()
        try:
            mode = self._add("")
            if not was_there:
                self.path.unlink()
        except OSError as error:
            raise BadInput(
                f"The password file {self.path} cannot be written: {error.strerror}.",
                "Name another with --password-file.",
            ) from None
        if mode != PRIVATE:
            raise BadInput(
                f"The password file {self.path} is not for its owner alone: its mode is {mode:o}, not 600.",
                f"Run `chmod 600 {quoted(self.path)}`, or name another with --password-file.",
            )

    def keep(self, username: str, password: str) -> bool:
        """Add a line, and have it on disk before going on; whether that could be."""
        try:
            self._add(f"{username}\t{password}\n")
        except OSError:
            return False
        return True

    def _add(self, line: str) -> int:
        # Opening a named pipe would wait for a reader; O_NONBLOCK does not.
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NONBLOCK", 0)
        descriptor = os.open(self.path, flags, PRIVATE)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "it is not a regular file")
            with os.fdopen(
                descriptor, "ab+", closefd=False
            ) as file:  # a disk that is nearly full takes a part
                file.write(end_of_torn(file) + line.encode() if line else b"")
            os.fsync(descriptor)
            return stat.S_IMODE(os.fstat(descriptor).st_mode)
        finally:
            os.close(descriptor)


SERVICE = "futel_twilio"


def open_password_store(
    ledger: Ledger,
    *,
    typed_for: str | None = None,
    source: TextIO | None = None,
    file: str | None = None,
    keyring: bool = False,
) -> PasswordHandover:
    """The passwords of one command.

    Args:
        ledger: where each password that reaches Twilio is noted.
        typed_for: the phone whose password is read from `source`; None makes every password.
        source: standard input.
        file: the file that passwords are written to instead of being shown.
        keyring: whether they go to the system's keyring instead.

    Raises:
        BadInput: the given password will not do, or there is no safe place for passwords.
    """
    given = {typed_for: _typed(source)} if typed_for and source else {}

    def noted(written: WrittenPassword) -> None:
        try:
            ledger.note(
                written.credential, written.event, written.at, written.password, chosen=written.chosen
            )
        except OSError as error:  # the phone has its password: say so, whatever the disk does
            passwords.unnoted.append((written.credential.username, error.strerror or str(error)))

    passwords = PasswordHandover(
        given,
        PasswordFile(Path(file)).keep if file else None,
        # Afterwards, since the keyring holds one password of a phone, which may be the one that it still has.
        _keyring(ledger.account) if keyring else None,
        noted,
        f"the file {file}" if file else "the keyring of this system" if keyring else "",
    )
    return passwords


def _typed(source: TextIO) -> str:
    line = getpass.getpass("Password: ") if source.isatty() else reading.read_line(source, "Standard input")
    if not line.strip():
        raise BadInput("--password-stdin was given, and no password came.", "Leave it out: then one is made.")
    return require_good(line)


def _keyring(account_sid: str) -> KeepPassword:
    """Raises BadInput where there is no keyring to write to, before anything is sent."""
    try:
        import keyring
        import keyring.errors
        from keyring.backends import fail
    except ImportError:
        raise BadInput(
            "The keyring library is not installed.", "Run `pip install keyring`, or use --password-file."
        ) from None
    if isinstance(keyring.get_keyring(), fail.Keyring):
        raise BadInput(
            "This machine has no keyring that can be written to.", "Use --password-file, or neither."
        )
    service = f"{SERVICE} {account_sid}"

    def keep(name: str, password: str) -> bool:
        try:
            keyring.set_password(service, name, password)
        except keyring.errors.KeyringError:
            return False
        return True

    return keep

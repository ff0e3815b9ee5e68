"""Where the passwords of a command come from and go to: made or typed in; shown, a file, or the keyring; the ledger."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from futel_twilio import ledger, reading
from futel_twilio.errors import BadInput
from futel_twilio.passwords import PasswordFile, Passwords, require_good

if TYPE_CHECKING:
    from futel_twilio.account import Site
    from futel_twilio.passwords import Keep, Written

SERVICE = "futel_twilio"


def open_for(
    site: Site,
    *,
    typed_for: str | None = None,
    source: TextIO | None = None,
    file: str | None = None,
    keyring: bool = False,
) -> Passwords:
    """The passwords of one command.

    Args:
        site: the account; its ledger notes each password that reaches Twilio.
        typed_for: the phone whose password is read from `source`; None makes every password.
        source: standard input.
        file: the file that passwords are written to instead of being shown.
        keyring: whether they go to the system's keyring instead.

    Raises:
        BadInput: the given password will not do, or there is no safe place for passwords.
    """
    given = {typed_for: _typed(source)} if typed_for and source else {}
    book = ledger.of(site)
    book.require_writable()

    def noted(written: Written) -> None:
        try:
            book.note(written.credential, written.event, written.at, written.password, chosen=written.chosen)
        except OSError as error:  # the phone has its password: that is told, whatever the disk does
            passwords.unnoted.append((written.credential.username, error.strerror or str(error)))

    passwords = Passwords(
        given,
        PasswordFile(Path(file)).keep if file else None,
        # Afterwards, since the keyring holds one password of a phone, which may be the one that it still has.
        _keyring(site) if keyring else None,
        noted,
        f"the file {file}" if file else "the keyring of this system" if keyring else "",
    )
    return passwords


def _typed(source: TextIO) -> str:
    line = getpass.getpass("Password: ") if source.isatty() else reading.read_line(source, "Standard input")
    if not line.strip():
        raise BadInput("--password-stdin was given, and no password came.", "Leave it out: then one is made.")
    return require_good(line)


def _keyring(site: Site) -> Keep:
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
    service = f"{SERVICE} {site.api.settings.account_sid}"

    def keep(name: str, password: str) -> bool:
        try:
            keyring.set_password(service, name, password)
        except keyring.errors.KeyringError:
            return False
        return True

    return keep

"""Show the passwords of a run once, and say what to do about each that this run does not know."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from futel_twilio.cli.console import print_lines
from futel_twilio.config import estate
from futel_twilio.errors import BadInput
from futel_twilio.plan import impact
from futel_twilio.text import first_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.cli.session import Session
    from futel_twilio.passwords.handover import PasswordHandover

LEDGER = "credentials-ledger.jsonl"


def print_passwords(session: Session) -> None:
    """Show the passwords that reached Twilio, once, unless they were kept elsewhere.

    With --json they are part of the document; if the run failed, they go to stderr, or they would be lost.
    """
    passwords, stderr = session.passwords, session.options.json
    if passwords is None:
        return
    if session.twin:
        session.say(*_made_on_twin(passwords), stderr=stderr)
        session.passwords = None
        return
    _print_table_of("Passwords, shown this once:", passwords.to_show(), stderr=stderr)
    _print_table_of(
        "Passwords that Twilio may have taken, its answer was lost; shown this once:",
        passwords.uncertain_to_show(),
        stderr=stderr,
    )
    session.say(*_where_kept(passwords), *_set_up_lines(session), *_unknown_lines(passwords), stderr=stderr)
    session.passwords = None


def _made_on_twin(passwords: PasswordHandover) -> Iterator[str]:
    """How many passwords the real run makes. Those of the twin sign nobody in, so they are not shown."""
    if names := [*passwords.to_show()]:
        count = "a password" if len(names) == 1 else f"{len(names)} passwords"
        yield f"The real run makes {count}, for {', '.join(names)}."


def _print_table_of(title: str, found: dict[str, str], *, stderr: bool) -> None:
    if found:
        width = max(map(len, found))
        lines = (f"  {name.ljust(width)}  {password}" for name, password in found.items())
        print_lines(title, *lines, stderr=stderr)


def _where_kept(passwords: PasswordHandover) -> Iterator[str]:
    """Where the passwords are that are not shown: with whoever gave them, and where the flags say."""
    for name in passwords.taken_as_given():
        yield f"{name} has the password that you gave."
    if kept := passwords.kept():
        yield f"The {'password' if len(kept) == 1 else 'passwords'} of {', '.join(kept)} went to {passwords.place}."


def _set_up_lines(session: Session) -> Iterator[str]:
    for name, settings in _phones_to_set_up(session).items():
        yield f"Type into {name}, besides the password:"
        yield from (f"  {field} {value}" for field, value in settings.items())


def _unknown_lines(passwords: PasswordHandover) -> Iterator[str]:
    """The phones whose password this run does not know, each with the command that renews it."""
    for name in passwords.unknown:
        yield f"! {name}: somebody else made it meanwhile."
        yield f"  {_rotate(name)} gives it a password."
    for name in passwords.unchanged:
        yield f"! {name} had a credential already, and it keeps its password."
        yield f"  {_rotate(name)} gives it a new one."
    for name, why in passwords.unnoted:
        yield f"! {name}: its password could not be noted in {LEDGER} ({why})."
        yield "  An audit will report it as changed outside this tool."
        yield f"  Fix that, then {_rotate(name)} gives it a password that is noted."
    for name in passwords.possibly_unseen:
        yield f"! {name}: a run that was cut off made its password."
        yield f"  If you did not see it, {_rotate(name)} gives it a new one."


def _rotate(name: str) -> str:
    return f"`invoke rotate-credential {first_word(name)}`"


def _phones_to_set_up(session: Session) -> dict[str, dict[str, str]]:
    """What you type into each phone that has a new password, by the files as they are now."""
    names = session.passwords.reached() if session.passwords else ()
    desired = session.workspace.desired
    if names:
        with suppress(BadInput):
            desired = estate.load_estate(session.workspace.estate_file)
    edge = session.workspace.api.connection.edge
    clients = {name: client for name in names if (client := desired.client(name))}
    settings = {name: impact.to_type(client, desired, edge) for name, client in clients.items()}
    return {name: fields for name, fields in settings.items() if fields}


def passwords_as_json(session: Session) -> dict[str, Any]:
    """The passwords of a run for a machine; null in place of those that were made on a twin."""
    passwords = session.passwords
    shown = passwords.to_show() if passwords else {}
    unknown = [*passwords.unknown, *passwords.unchanged, *passwords.possibly_unseen] if passwords else []
    return {
        "passwords": dict.fromkeys(shown) if session.twin else shown,
        "passwords_given": list(passwords.taken_as_given() if passwords else ()),
        "passwords_kept": dict.fromkeys(passwords.kept(), passwords.place) if passwords else {},
        "passwords_unknown": [*dict.fromkeys(unknown)],
        "to_type": {
            name: {field.replace(" ", "_").lower(): value for field, value in fields.items()}
            for name, fields in _phones_to_set_up(session).items()
        },
    }

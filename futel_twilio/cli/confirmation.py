"""Ask before a command writes: about its plan, and about each address that Twilio would write otherwise."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from futel_twilio.apply import journal
from futel_twilio.cli.console import confirm_typed
from futel_twilio.cli.result_output import finish
from futel_twilio.config import address_corrections, estate, inventory
from futel_twilio.errors import AddressCorrected, Refused
from futel_twilio.files import gitignore
from futel_twilio.passwords import ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from futel_twilio.apply.result import Plan, Result
    from futel_twilio.cli.session import Session
    from futel_twilio.config.address_corrections import Correction


def ask_about(plan: Plan) -> None:
    """Ask whether to carry out a plan.

    Raises:
        Refused: the answer was not yes, or there is no terminal to ask at.
    """
    why = " and ".join(plan.reasons_to_confirm)
    if not sys.stdin.isatty():
        raise Refused(
            f"This needs your confirmation: {why}. Nothing was changed.",
            "Look at the plan with --dry-run, then confirm with --yes.",
        )
    account = plan.connection.account_sid
    if not confirm_typed(f"Account {account}: {why}. Go on?"):
        raise Refused("The answer was not yes. Nothing was changed.", "Run it again and type yes to go on.")


def offer_to_ignore(session: Session) -> None:
    """Say how to keep the files that this command writes out of git, if nothing does yet."""
    written = [
        session.workspace.estate_file.with_name(name) for name in (journal.JOURNAL_FILE, ledger.LEDGER_FILE)
    ]
    offered = gitignore.offers(written, "the names and addresses of phones")
    session.say(*(f"! {line}" for line in offered), stderr=True)


def run_with_corrections(session: Session, command: Callable[[], Result]) -> None:
    """Run a command; if Twilio corrects addresses, ask about each correction and run the command again.

    Raises:
        AddressCorrected: Twilio suggests nothing, or there is no terminal to ask at.
        Refused: the answer was not yes.
    """
    edited: tuple[str, ...] = ()
    earlier: Sequence[Correction] = ()
    while True:
        try:
            result = command()
        except AddressCorrected as error:
            session.spinner.stop()
            accepted = address_corrections.read_corrections(error, session.workspace.desired)
            if accepted == earlier:  # accepted before, and Twilio corrects it again
                raise
            _agree(session, error, accepted)
            earlier = accepted
            address_corrections.write_corrections(
                accepted, session.workspace.desired, session.workspace.estate_file
            )
            session.workspace = replace(
                session.workspace, desired=estate.load_estate(session.workspace.estate_file)
            )
            session.options = replace(session.options, address=None)
            edited = (inventory.CLIENTS_FILE,)
        else:
            files = tuple(dict.fromkeys((*result.edited_files, *edited)))
            return finish(session, replace(result, edited_files=files))


def _agree(session: Session, error: AddressCorrected, accepted: Sequence[Correction]) -> None:
    asks = not session.options.accept_corrections
    if not accepted or (asks and not sys.stdin.isatty()):
        raise error  # its message has what Twilio suggests
    if not session.options.json:
        session.say(error.message, *error.faults)
    for correction in accepted if asks else ():
        if not confirm_typed(f"{correction.client}: is it at {correction.address.name}?"):
            raise Refused(
                "The answer was not yes, so the address is unchanged.",
                "Correct it in clients.toml, or run the command again and answer yes.",
            )

"""Create the phones of an estate in a sandbox, as its files describe them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from futel_twilio.apply import converge
from futel_twilio.commands.setup import setup
from futel_twilio.passwords.ledger import LEDGER_FILE, Ledger
from futel_twilio.plan.changes import Scope
from futel_twilio.resources.types import CLIENT_TYPES
from futel_twilio.twilio_api import reader
from futel_twilio.workspace import open_workspace
from tests.support.prepared import prepare

if TYPE_CHECKING:
    from futel_twilio.config.connection import Connection
    from futel_twilio.workspace import Workspace


def verify(settings: Connection, number: str) -> None:
    """Verify a number of another carrier, as if somebody had answered Twilio's call."""
    sent = {"phone_number": number, "account_sid": settings.account_sid}
    requests.post(f"{settings.url}/_sandbox/caller-ids", json=sent, timeout=60).raise_for_status()


def install(workspace: Workspace) -> None:
    """Create the desired credentials, numbers, addresses and caller IDs, and the password ledger."""
    desired, settings = workspace.desired, workspace.api.connection
    known = {str(one.phone_number) for one in workspace.api.client.outgoing_caller_ids.list()}
    for number in desired.external_numbers - known:
        verify(settings, number)
    converge.converge(
        workspace, Scope(CLIENT_TYPES, purchase=tuple(number.name for number in desired.numbers))
    )
    ledger = Ledger(workspace.estate_file.with_name(LEDGER_FILE), settings.account_sid)
    for credential in reader.read_state(
        workspace.api, CLIENT_TYPES, (), None, (desired.clients_credential_list,)
    ).credentials:
        ledger.note(credential, "created", credential.date_updated)


def set_up() -> None:
    """Set up the estate of the current directory with its phones, with the sandbox's credentials; once in a process."""
    with open_workspace("sandbox") as workspace:

        def make() -> None:
            setup(workspace)
            install(workspace)

        prepare(workspace.estate_file.parent, workspace.api.connection.url, "phones", make)

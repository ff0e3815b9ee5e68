"""The phones of an estate, put into a sandbox as its inventory wishes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from futel_twilio import account, actual, runbook
from futel_twilio.change import Scope
from futel_twilio.kinds import CLIENT_KINDS
from futel_twilio.ledger import FILE, Ledger

if TYPE_CHECKING:
    from futel_twilio.account import Site
    from futel_twilio.settings import Settings


def verify(settings: Settings, number: str) -> None:
    """Have a number of another carrier verified, as a person does who answers Twilio's call."""
    sent = {"phone_number": number, "account_sid": settings.account_sid}
    requests.post(f"{settings.url}/_sandbox/caller-ids", json=sent, timeout=60).raise_for_status()


def install(site: Site) -> None:
    """Credentials, numbers, addresses and caller IDs as wished, and the ledger of the passwords."""
    wish, settings = site.wish, site.api.settings
    known = {str(one.phone_number) for one in site.api.client.outgoing_caller_ids.list()}
    for number in wish.external_numbers - known:
        verify(settings, number)
    runbook.converge(site, Scope(CLIENT_KINDS, buys=tuple(number.name for number in wish.numbers)))
    ledger = Ledger(site.estate_file.with_name(FILE), settings.account_sid)
    for credential in actual.read(site.api, CLIENT_KINDS, (), None, (wish.clients_list,)).credentials:
        ledger.note(credential, "created", credential.date_updated)


def set_up() -> None:
    """All that the estate of the working directory wishes, its phones included, by the sandbox's credentials."""
    with account.at("sandbox") as site:
        runbook.setup(site)
        install(site)

"""Credentials: the user name and password that each phone signs in with."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from futel_twilio.audit.checks import CheckFailed, check, expect

if TYPE_CHECKING:
    from futel_twilio.audit.account_data import AccountData
    from futel_twilio.passwords.ledger import LedgerEntry
    from futel_twilio.resources.phones import Credential
    from futel_twilio.resources.state import AccountState

CLOCKS_DIFFER = timedelta(seconds=1)  # Twilio tells whole seconds


@check(
    "urgent",
    severity="critical",
    remedy="Run `invoke create-credential {name}`, or `invoke sync-clients --env {env}` for all, "
    "and type the password that it shows into the phone.",
)
def test_there(credential: Credential, on_the_list: tuple[Credential, ...]) -> None:
    """The phone has a user name to sign in with."""
    expect(sum(one.name == credential.name for one in on_the_list), 1)


@check(
    "fraud",
    "hygiene",
    severity="warning",
    remedy="Delete it from the other list in the Twilio console, under Voice, Credential lists: "
    "whoever knows its password there could be this phone.",
    needs=("on_the_list",),
)
def test_on_no_other_list(credential: Credential, account_data: AccountData) -> None:
    """No other credential list has the user name of this phone, with another password."""
    same = (one for one in account_data.state.credentials if one.username == credential.username)
    expect({one.credential_list for one in same} - {credential.credential_list}, set())


@check("fraud", severity="warning", remedy="Run `invoke rotate-credential {name}`.", asked="credential_days")
def test_age(desired: AccountState, the_credential: Credential, account_data: AccountData) -> None:
    """The password of the phone is not older than estate.toml allows."""
    oldest = desired.account.credential_days or 0
    since = the_credential.date_updated
    days = (account_data.read_at - since).days if since else oldest + 1
    if days > oldest:
        raise CheckFailed(
            f"changed in the last {oldest} days", f"changed last on {since:%Y-%m-%d}" if since else "never"
        )


@check(
    "urgent",
    "fraud",
    severity="warning",
    remedy="Find out who did it and whether the phone knows; `invoke rotate-credential {name}` gives it a password "
    "of ours again.",
    asked="ledger",
)
def test_changed_by_us(
    credential: Credential, the_credential: Credential, ledger: dict[str, LedgerEntry]
) -> None:
    """Nobody else has changed the password of the phone since this tool did."""
    ours, told = ledger[credential.name].twilio_at, the_credential.date_updated
    if ours and told and told > ours + CLOCKS_DIFFER:
        raise CheckFailed(
            f"changed last on {ours:%Y-%m-%d %H:%M} UTC", f"changed on {told:%Y-%m-%d %H:%M} UTC"
        )


@check(
    "fraud",
    severity="critical",
    remedy="Find out whose it is; then `invoke delete-credential NAME`, or add the phone to the inventory. "
    "On another list, delete it in the Twilio console.",
    asked="clients",
)
def test_none_that_no_client_owns(wish_of_all: AccountState, account_data: AccountData) -> None:
    """Every user name that can sign in is that of a phone of the inventory."""
    phones = {client.name for client in wish_of_all.clients}
    expect({one.name for one in account_data.state.credentials if one.username not in phones}, set())

"""Credentials: the user name and password that each phone signs in with."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from futel_twilio.audit.checks import CheckFailed, check, expect_no_other, expect_one
from futel_twilio.text import first_word, option

if TYPE_CHECKING:
    from futel_twilio.audit.account_data import AccountData
    from futel_twilio.passwords.ledger import LedgerEntry
    from futel_twilio.resources.phones import Credential
    from futel_twilio.resources.state import AccountState

CLOCKS_DIFFER = timedelta(seconds=1)  # Twilio tells whole seconds


@check(
    "urgent",
    severity="critical",
    problem="{name} has no credential.",
    remedy="Run `invoke create-credential {name}`, or `invoke sync-clients --env {env}` for all, "
    "and type the password that it shows into the phone.",
)
def test_there(credential: Credential, on_the_list: tuple[Credential, ...]) -> None:
    """The phone has a user name to sign in with."""
    expect_one(sum(one.name == credential.name for one in on_the_list))


@check(
    "fraud",
    "hygiene",
    severity="warning",
    problem="{name} has a credential on another list, too.",
    remedy="Delete it from the other list in the Twilio console, under Voice, Credential lists: "
    "whoever knows its password there could be this phone.",
    needs=("on_the_list",),
)
def test_on_no_other_list(credential: Credential, account_data: AccountData) -> None:
    """No other credential list has the user name of this phone."""
    same = (one for one in account_data.state.credentials if one.username == credential.username)
    expect_no_other({one.credential_list for one in same} - {credential.credential_list}, "no other list")


@check(
    "fraud",
    severity="warning",
    problem="The password of {name} is too old.",
    remedy="Run `invoke rotate-credential {name}`.",
    asked="credential_days",
)
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
    problem="Somebody else changed the password of {name}.",
    remedy="Find out who did it and whether the phone knows; `invoke rotate-credential {name}` gives it a password "
    "of ours again.",
    asked="ledger",
)
def test_changed_by_us(
    credential: Credential, the_credential: Credential, ledger: dict[str, LedgerEntry]
) -> None:
    """Nobody else has changed the password of the phone since this tool did."""
    ours, reported = ledger[credential.name].twilio_at, the_credential.date_updated
    if ours and reported and reported > ours + CLOCKS_DIFFER:
        raise CheckFailed(
            f"changed last on {ours:%Y-%m-%d %H:%M} UTC", f"changed on {reported:%Y-%m-%d %H:%M} UTC"
        )


@check(
    "fraud",
    severity="critical",
    problem="Credentials belong to no phone of the inventory.",
    remedy="Find out whose they are; then delete them, or add the phones to the inventory.",
    asked="clients",
)
def test_none_that_no_client_owns(desired_all: AccountState, account_data: AccountData) -> None:
    """Every user name that can sign in belongs to a phone of the inventory."""
    phones = {client.name for client in desired_all.clients}
    others = [one for one in account_data.state.credentials if one.username not in phones]
    here = sorted(
        one.username for one in others if one.credential_list == desired_all.clients_credential_list
    )
    may_call_911 = any(
        domain.emergency_calling_enabled and desired_all.clients_credential_list in domain.calls
        for domain in account_data.state.domains
    )
    steps = [
        f"`invoke delete-credential {first_word(name)}"
        f"{' ' + option('--allow-911-loss', name) if may_call_911 else ''}`"
        for name in here
    ]
    if len(here) < len(others):
        steps.append("delete those of other lists in the Twilio console, under Voice, Credential lists")
    remedy = f"Find out whose they are; then {', '.join(steps)}; or add the phones to the inventory."
    expect_no_other((one.name for one in others), "only those of phones", remedy=remedy)

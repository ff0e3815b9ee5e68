"""Credential lists: the user names and passwords that phones sign in with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.audit.checks import check, expect_one

if TYPE_CHECKING:
    from futel_twilio.audit.account_data import AccountData
    from futel_twilio.resources.voice import CredentialList


@check(
    "urgent",
    severity="critical",
    problem="The credential list {name} does not exist exactly once.",
    remedy="If it is missing run `invoke create-credential-list`; of two, delete the "
    "empty one (`invoke list-credential-lists` shows the SIDs).",
)
def test_exactly_one(credential_list: CredentialList, account_data: AccountData) -> None:
    """There is exactly one credential list of this name."""
    expect_one(sum(c.name == credential_list.name for c in account_data.state.credential_lists))

"""Credential lists: the user names and passwords that phones sign in with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.claims import claim, expect

if TYPE_CHECKING:
    from futel_twilio.evidence import Evidence
    from futel_twilio.model import CredentialList


@claim(
    "urgent",
    severity="critical",
    remedy="If it is missing run `invoke create-credential-list`; of two, delete the "
    "empty one (`invoke list-credential-lists` shows the SIDs).",
)
def test_exactly_one(credential_list: CredentialList, evidence: Evidence) -> None:
    """There is exactly one credential list of this name."""
    expect(sum(c.name == credential_list.name for c in evidence.estate.credential_lists), 1)

"""accepted.toml: findings that are accepted until a date, with their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from futel_twilio.audit.acceptance import accepted_file, accepted_value

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date
    from pathlib import Path

    from futel_twilio.audit.acceptance.accepted_value import Found, Kept

ACCEPTED = "accepted.toml"


@dataclass(frozen=True)
class Acceptance:
    """One accepted finding.

    Attributes:
        check: the finding's name, as the audit prints it.
        reason: why.
        by: who accepted it.
        until: the last day on which it holds.
        found: the value that is accepted; None in a file from before values were kept.
    """

    check: str
    reason: str
    by: str
    until: date
    found: Kept | None = None


def load(path: Path, known: Collection[str]) -> tuple[Acceptance, ...]:
    """Read what is accepted; nothing where there is no file.

    Args:
        path: the file.
        known: the names of all checks that exist, those that this run leaves out included.

    Raises:
        BadInput: the file is not TOML, or has faults: all of them, each with its place.
    """
    document = accepted_file.document_of(path, accepted_file.text_of(path))
    accepted_file.require_faultless(
        path, [*accepted_file.faults_of_entries(document), *accepted_file.unknown_checks(document, known)]
    )
    return tuple(
        Acceptance(
            entry["check"],
            accepted_file.one_line(entry["reason"]),
            accepted_file.one_line(entry["by"]),
            entry["until"],
            entry.get("found"),
        )
        for entry in document.get("accepted", ())
    )


def judge(
    name: str, found: Found, acceptances: Collection[Acceptance], today: date, renew: str = ""
) -> tuple[Literal["accepted", "finding"], str]:
    """What a finding counts as, and who accepted it until when and why.

    Args:
        name: the check.
        found: the value that was found.
        acceptances: what is accepted.
        today: now, in UTC.
        renew: the command that accepts it anew.
    """
    one = next((one for one in acceptances if one.check == name), None)
    if one is None:
        return "finding", ""
    if today > one.until:
        return "finding", f"was accepted by {one.by} until {one.until}, which has passed: {one.reason}"
    if one.found is None:
        how = f" To accept it as it is now: {renew}." if renew else ""
        return "finding", f"{one.by} accepted it without a value, which no longer counts.{how}"
    if not found.is_accepted_by(one.found):
        until = f"until {one.until}: {one.reason}"
        return "finding", f"not as found now; {one.by} accepted {accepted_value.in_words(one.found)} {until}"
    return "accepted", f"by {one.by} until {one.until}: {one.reason}"


def stale(acceptances: Collection[Acceptance], findings: Collection[str]) -> tuple[str, ...]:
    """The names of those acceptances whose finding is no longer found.

    Args:
        acceptances: what is accepted.
        findings: the names of all checks that did not hold, accepted or not, or that were not looked at.
    """
    return tuple(one.check for one in acceptances if one.check not in findings)

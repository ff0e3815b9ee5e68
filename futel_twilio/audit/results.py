"""The values of an audit: checks, findings, nodes and edges."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from futel_twilio.audit.acceptance.accepted_value import Found

Outcome: TypeAlias = Literal["held", "finding", "accepted", "not looked at"]
Severity: TypeAlias = Literal["critical", "warning"]
SCHEMA_VERSION = 2


@dataclass(frozen=True)
class Check:
    """One check of one subject.

    Attributes:
        name: what `accepted.toml` calls it: `domains/registration_is_on[direct-futel-prod]`.
        claim: what should be so, in a sentence.
        resource: what it is about: applications, domains, credentials, numbers, emergency, account and the like.
        subject: the one thing that was looked at, as a volunteer says it; empty for the account as a whole.
        environment: the environment that it belongs to; empty where it belongs to none.
        markers: urgent, emergency, fraud, urls, hygiene.
        severity: how bad it is if it does not hold.
        outcome: `held`; `finding`; `accepted` (a finding that accepted.toml accepts for now); or
            `not looked at` (its subject is missing, which another check says).
        expected: what should be, in words; empty if it held.
        found: what is, in words; empty if it held.
        remedy: one sentence that says what to do and names the task that does it.
        changed_by: who changed the subject last, from Twilio's audit events; may be empty.
        accepted: who accepted it, until when and why; or that an acceptance has run out; may be empty.
        problem: what is wrong, in a sentence that names the subject; empty if it held.
    """

    name: str
    claim: str
    resource: str
    subject: str
    environment: str
    markers: tuple[str, ...]
    severity: Severity
    outcome: Outcome
    expected: str = ""
    found: str = ""
    remedy: str = ""
    changed_by: str = ""
    accepted: str = ""
    problem: str = ""

    @property
    def headline(self) -> str:
        """What is wrong, with the name of what is wrong; the claim, if nothing is."""
        return self.problem or self.claim


@dataclass(frozen=True)
class Node:
    """One node of the diagram.

    Attributes:
        key: unique in the picture, such as `domain:direct-futel-prod.sip.twilio.com`.
        row: application, url, domain, list, phone, number, external (a number of another carrier), or address
            (the 911 address of a number).
        label: what stands in the box.
        environment: the column; empty for what all environments share.
        subject: the subject of the checks that colour it.
    """

    key: str
    row: str
    label: str
    environment: str
    subject: str


@dataclass(frozen=True)
class Edge:
    """From one box to another, by their keys."""

    start: str
    end: str


@dataclass(frozen=True)
class Audit:
    """One audit.

    Attributes:
        read_at: when the account was read, UTC; of a cassette, when it was recorded.
        source: where it was read: `live: Twilio`, `live: sandbox`, `cassette of 2026-11-23 (sandbox)`.
        version: of this tool.
        environments: in the order of estate.toml.
        checks: every check of every subject, in the order of the suite.
        boxes, arrows: the account as found.
        notes: what else a reader should know, such as an old cassette.
        is_of_a_day: whether of `read_at` the day alone is known: a cassette names no hour.
        stale: the names of the checks that accepted.toml accepts although they hold.
        values: of each finding, what is accepted by whoever accepts it.
    """

    read_at: datetime
    source: str
    version: str
    environments: tuple[str, ...]
    checks: tuple[Check, ...]
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    notes: tuple[str, ...] = field(default=())
    is_of_a_day: bool = False
    stale: tuple[str, ...] = ()
    values: Mapping[str, Found] = field(default_factory=dict, repr=False)

    @property
    def findings(self) -> tuple[Check, ...]:
        """The checks that did not hold and are not accepted, the critical ones first."""
        found = (check for check in self.checks if check.outcome == "finding")
        return tuple(sorted(found, key=lambda check: check.severity != "critical"))

    def worded(self, words: Callable[[str], str]) -> Audit:
        """This audit with its advice rewritten, such as with a profile in each command."""
        checks = tuple(
            replace(check, remedy=words(check.remedy), accepted=words(check.accepted))
            for check in self.checks
        )
        return replace(self, checks=checks, notes=tuple(map(words, self.notes)))

    def status_of(self, box: Node) -> str:
        """How a box is coloured: well, accepted, warning or critical, by the worst check of its subject."""
        about = [check for check in self.checks if check.subject == box.subject]
        levels = [c.severity if c.outcome == "finding" else c.outcome for c in about]
        return next((level for level in ("critical", "warning", "accepted") if level in levels), "well")

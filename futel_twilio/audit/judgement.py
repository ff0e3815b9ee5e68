"""Judge one check of one resource: does it hold, is its finding accepted, who changed the resource last."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from futel_twilio.audit import redaction
from futel_twilio.audit.acceptance import acceptances, accepted_value
from futel_twilio.audit.acceptance.accepted_value import Found
from futel_twilio.audit.checks import CheckFailed, NotLookedAt
from futel_twilio.audit.results import Check
from futel_twilio.resources import labels, relations
from futel_twilio.resources.phones import PhoneClient
from futel_twilio.resources.voice import Environment
from futel_twilio.text import quoted, with_quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from futel_twilio.audit.registry import Case
    from futel_twilio.audit.session import AuditSession


def judge(case: Case, session: AuditSession) -> Check:
    """A check as it comes out."""
    thing, claim = case.thing, case.function.claim
    environment = thing.name if isinstance(thing, Environment) else getattr(thing, "environment", "")
    check = Check(
        name=case.name,
        claim=(case.function.run.__doc__ or "").strip(),
        resource=case.function.resource,
        subject=case.label,
        environment=environment,
        markers=claim.markers,
        severity=claim.severity,
        outcome="held",
    )
    try:
        case.look(session)
    except NotLookedAt:
        return replace(check, outcome="not looked at")
    except CheckFailed as error:
        return finding(check, case, error, session)
    return check


def finding(check: Check, case: Case, error: CheckFailed, session: AuditSession) -> Check:
    words = {
        "{env}": check.environment or "ENV",
        "{name}": case.label.removeprefix(labels.EMERGENCY_SUFFIX),
    }
    value = error.value if isinstance(error.value, str) else sorted(error.value)
    items = [redaction.scrub(item) for item in ([value] if isinstance(value, str) else value)]
    private = case.function.claim.private or accepted_value.is_private(items, session.addresses())
    found = Found(items[0] if isinstance(value, str) else frozenset(items), private)
    session.values[check.name] = found
    live = " --live" if session.settings else ""
    renew = session.completed(f"`invoke baseline{live} --check {quoted(check.name)} --by NAME`")
    outcome, said = acceptances.judge(check.name, found, session.acceptances, datetime.now(UTC).date(), renew)
    remedy = session.completed(error.remedy or with_quoted(case.function.claim.remedy, words))
    return replace(
        check,
        outcome=outcome,
        markers=tuple(dict.fromkeys((*check.markers, *error.markers))),
        problem=_filled(case.function.claim.problem, words),
        accepted=said,
        expected=redaction.scrub(error.expected),
        found=redaction.scrub(error.found),
        remedy=remedy,
        changed_by=_changed_by(case, error.about, session),
    )


def _filled(text: str, words: Mapping[str, str]) -> str:
    return re.sub(r"\{\w+\}", lambda found: words.get(found.group(), found.group()), text)


def _changed_by(case: Case, about: Any, session: AuditSession) -> str:
    """Who changed last what is wrong: the resource that the check took, else the one that it is asked about."""
    resource = about or case.thing
    if isinstance(
        resource, PhoneClient
    ):  # what is asked of a phone without its number is asked of its SIP domain
        resource = relations.domain_of(resource, session.desired)
    if session.seen is None or not hasattr(resource, "sid"):
        return ""
    return session.seen.last_change(resource, case.function.claim.mapped)

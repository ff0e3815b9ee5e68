"""Run the checks, record the account, and accept findings."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from futel_twilio.audit import account_reader, cassettes, registry
from futel_twilio.audit.acceptance import acceptances
from futel_twilio.audit.checks import MARKERS
from futel_twilio.audit.diagram import model
from futel_twilio.audit.judgement import judge
from futel_twilio.audit.results import Audit, Check
from futel_twilio.audit.session import ACCEPTED, CASSETTES, TOLD_AT_MOST, AuditSession
from futel_twilio.errors import BadInput, FutelTwilioError, Refused
from futel_twilio.workspace import connect

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from futel_twilio.audit.registry import Case


def require_assertions() -> None:
    """Refuse a Python that leaves assertions out: none of ours would be lost, and those of a check might be.

    Raises:
        Refused: it is one.
    """
    if not __debug__:
        raise Refused(
            "Python runs with -O (or PYTHONOPTIMIZE), which leaves assertions out.",
            "Run the audit without it.",
        )


def run(
    *, live: bool = False, profile: str | None = None, env: str | None = None, only: Sequence[str] = ()
) -> Audit:
    """Run the checks and give what they came to.

    Args:
        live: look at the account over the wire; at the cassette otherwise.
        profile: with `live`, a profile of the Twilio CLI, or `sandbox`.
        env: one environment; all if None.
        only: markers; checks with any of them are run, all if empty.

    Raises:
        FutelTwilioError: it could not look.
    """
    unknown = [name for name in only if name not in MARKERS]
    if unknown:
        raise BadInput(
            f"There is no marker {unknown[0]!r}.", f"Use --only with some of: {', '.join(MARKERS)}."
        )
    require_assertions()
    looking = AuditSession.of(env, profile, live=live)
    functions = registry.load()
    looking.accept([function.name for function in functions])
    demanded = [
        case
        for case in registry.cases(functions, looking)
        if case.demanded and (not only or {*only} & {*case.function.claim.markers})
    ]
    if not demanded:
        raise Refused(
            "There is nothing to check: estate.toml asks for nothing of this kind.",
            "Leave out --env or --only, or write into estate.toml what you want checked.",
        )
    looking.look()
    return audit_result(looking, _judged(demanded, looking), only)


def _judged(demanded: Sequence[Case], looking: AuditSession) -> tuple[Check, ...]:
    """Each case as it comes out.

    Raises:
        FutelTwilioError: a check itself is at fault, so that it was not judged.
    """
    checks, broken = [], []
    for case in demanded:
        try:
            checks.append(judge(case, looking))
        except FutelTwilioError:
            raise
        except Exception as error:  # noqa: BLE001  # a check is anybody's code
            broken.append(f"{case.name}: {type(error).__name__}: {error}")
    if broken:
        raise FutelTwilioError(
            f"{len(broken)} of {len(demanded)} checks could not be judged.",
            "This is a fault of the project: please report it.",
            tuple(broken[:TOLD_AT_MOST]),
        )
    return tuple(checks)


def audit_result(looking: AuditSession, checks: tuple[Check, ...], only: Sequence[str]) -> Audit:
    seen, found = looking.look(), {check.name for check in checks if check.outcome != "held"}
    not_looked = [check.name for check in checks if check.outcome == "not looked at"]
    saying = {"finding"} if only else {"finding", "accepted"}
    if not_looked and not any(check.outcome in saying for check in checks):
        # What is missing is the finding of another check, which was not asked.
        raise Refused(
            f"{len(not_looked)} of {len(checks)} checks could not look: what they are about is missing.",
            f"Run the audit without --only {' --only '.join(only)}: it says what is missing."
            if only
            else "This is a fault of the project: please report it.",
            tuple(not_looked[:TOLD_AT_MOST]),
        )
    ran = {check.name for check in checks}
    if looking.settings is None and any(check.outcome == "finding" for check in checks):
        looking.notes.append(
            "This is a recording: if Twilio was changed since, look with --live or `invoke record`."
        )
    stale = acceptances.stale([a for a in looking.acceptances if a.check in ran], found)
    pruning = f"`invoke baseline{' --live' if looking.settings else ''} --prune` takes it out of {ACCEPTED}."
    return Audit(
        read_at=seen.read_at,
        is_of_a_day=looking.settings is None,
        source=looking.source,
        version=version("futel-twilio"),
        environments=tuple(environment.name for environment in looking.desired.environments),
        checks=checks,
        nodes=tuple(model.nodes_of(looking.desired, seen)),
        edges=tuple(model.edges_of(looking.desired, seen)),
        notes=(*looking.notes, *(f"{name} is accepted but no longer found: {pruning}" for name in stale)),
        stale=stale,
        values=looking.values,
    )


def record(*, profile: str | None = None, env: str | None = None, directory: Path | None = None) -> Path:
    """Record all that the checks read, and give the cassette.

    Raises:
        FutelTwilioError: it could not be read, or something secret was left in it; nothing was written.
    """
    looking = AuditSession.of(env, profile, live=True, directory=directory)
    found = looking.settings
    if found is None:
        raise TypeError
    label = cassettes.metadata_for(
        looking.desired, found, by_key=found.username.startswith("SK") or found.is_sandbox
    )
    path = looking.directory / CASSETTES / (f"account-{env}.yaml" if env else "account.yaml")
    secrets = tuple(filter(None, (found.secret, found.auth_token))) if not found.is_sandbox else ()
    with (
        connect(found, looking.directory, cassettes.AT_ONCE) as api,
        cassettes.record(path, label, secrets, looking.desired_all),
    ):
        account_reader.read_account_data(api, looking.desired)
    return path

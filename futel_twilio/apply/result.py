"""The values of a run: its options, the plan that is shown, and the result."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from futel_twilio.passwords.handover import PasswordHandover
from futel_twilio.plan import impact
from futel_twilio.twilio_api import emergency

if TYPE_CHECKING:
    from collections.abc import Callable

    from futel_twilio.config.connection import Connection
    from futel_twilio.errors import Refused
    from futel_twilio.plan.changes import Changes, ManualSteps
    from futel_twilio.rehearsal.runner import Rehearsal
    from futel_twilio.resources.state import AccountState, Resource

ProgressCallback: TypeAlias = "Callable[[int, int, str], None]"


@dataclass(frozen=True)
class ApplyOptions:
    """How a plan is applied.

    Attributes:
        passwords: where the passwords of new credentials come from, and where they go.
        wait_911: how many seconds to wait until an address is registered; 0 waits for none that is being put on.
    """

    passwords: PasswordHandover = field(default_factory=PasswordHandover)
    wait_911: float = emergency.PATIENCE_SECONDS


@dataclass(frozen=True)
class Applied:
    """An account after a plan was carried out.

    Attributes:
        state: what it holds.
        pending_911: numbers whose address Twilio has not registered yet.
        without_911: for how many seconds a number had no 911 address, by number.
    """

    state: AccountState
    pending_911: tuple[str, ...] = ()
    without_911: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What a command would change, before anything is written; `reach` and `summary` say it for phones.

    `manual_steps` is what a snapshot has and no command writes; None if the plan restores no snapshot.
    `files_to_edit` names your files that would change. `caveats` says what you must know
    of it besides, such as what cannot be put back; `about`, which runs of the journal it undoes, finishes or goes
    on from. `rehearsal_skipped` is why the dialplans were not asked; empty where they were,
    or where a command never asks; `notes`, what the plan does not do although it might be thought to.
    """

    changes: Changes
    unmanaged: tuple[Resource, ...]
    reasons_to_confirm: tuple[str, ...]
    refusal: Refused | None
    connection: Connection
    summary: str = ""
    rehearsal: Rehearsal | None = None
    manual_steps: ManualSteps | None = None
    files_to_edit: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    rehearsal_skipped: str = ""
    about: tuple[str, ...] = ()
    reach: impact.Impact = impact.NOBODY
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """What a command did.

    Attributes:
        plan: what was shown.
        applied: whether it was carried out and found so afterwards; False for a dry run or a no.
        requests: how many requests were sent in all.
        final: the account afterwards, and what became of 911; None where nothing was carried out.
        edited_files: the names of your files that were updated.
        entry: the number of its entry in the history; None where it has none, since it wrote nothing.
    """

    plan: Plan
    applied: bool
    requests: int
    final: Applied | None = None
    edited_files: tuple[str, ...] = ()
    entry: int | None = None


ConfirmCallback: TypeAlias = "Callable[[Plan], bool]"


def always_confirm(_proposal: Plan) -> bool:
    """Approve whatever is proposed."""
    return True


def no_progress(_done: int, _of: int, _latest: str) -> None:
    """Watch nothing."""


@dataclass(frozen=True)
class RunOptions:
    """How you take part in a command: confirmation and progress.

    Attributes:
        confirm: shown the proposal; says whether to go on.
        on_progress: called after each change with how many are done, of how many, and the latest.
        apply_options: passwords, and patience for 911.
        command: what was typed, for the journal.
        skip_rehearsal: why the dialplans are not asked first, for the journal; empty: they are.
        allow_unanswered: numbers that may be left with nothing that answers them.
    """

    confirm: ConfirmCallback = always_confirm
    on_progress: ProgressCallback = no_progress
    apply_options: ApplyOptions = field(default_factory=ApplyOptions)
    command: str = "from Python"
    skip_rehearsal: str = ""
    allow_unanswered: tuple[str, ...] = ()

"""Undo or finish runs of the journal: what `rollback` and `resume` share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from futel_twilio.apply import reading
from futel_twilio.apply.converge import converge
from futel_twilio.apply.journal import Entry, RunLinks
from futel_twilio.apply.result import Plan, Result, RunOptions
from futel_twilio.commands.recovery import drift, file_advice
from futel_twilio.commands.recovery.conflicts import left_between, refuse_changed, refuse_edited
from futel_twilio.commands.recovery.inverse import combined, inverse, where_it_stands
from futel_twilio.commands.recovery.target import desired_after, repointed, scope_of_changes
from futel_twilio.config import edits, estate
from futel_twilio.errors import BadInput, Refused
from futel_twilio.plan import impact, irreversible
from futel_twilio.plan.changes import (
    Change,
    Changes,
    Create,
    Scope,
    Update,
    identity_of,
)
from futel_twilio.resources import labels, relations
from futel_twilio.resources.phones import Credential, PhoneNumber
from futel_twilio.resources.types import (
    APPLICATION,
    CLIENT_TYPES,
    IP_MAPPING,
    MAPPING_TYPES,
    PHONE_NUMBER,
    SECTIONS,
    SIP_DOMAIN,
    ResourceType,
    type_of,
)
from futel_twilio.resources.voice import (
    Application,
    address_held,
)
from futel_twilio.text import option

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from futel_twilio.resources.phones import PhoneClient
    from futel_twilio.resources.state import AccountState
    from futel_twilio.workspace import Workspace


def with_caveats(proposal: Plan, desired: AccountState, cannot: tuple[str, ...]) -> Plan:
    """What is restored, with a note on what differs afterwards: passwords never come back."""
    remade = [
        c.resource for c in proposal.changes if isinstance(c, Create) and isinstance(c.resource, Credential)
    ]
    renewed = (
        f"{labels.resource_title(one)}: comes back with a new password; {one.username} can call nobody until given that"
        for one in remade
    )
    found = proposal.reach
    cut_off = (client.name for one in remade for client in relations.clients_of(one, desired))
    found = replace(found, locked_out=(*found.locked_out, *cut_off))
    return replace(proposal, caveats=(*cannot, *renewed), summary=impact.summary(found))


@dataclass(frozen=True)
class Recovery:
    """What a recovery did, what it cannot restore exactly, and where the files still differ."""

    outcome: Result | None
    cannot: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()


def undo_runs(
    workspace: Workspace,
    entries: Sequence[Entry],
    force: Collection[str],
    allow_911_loss: Collection[str],
    options: RunOptions | None,
    *,
    or_refuse: bool = False,
) -> Recovery:
    """Undo what some runs did; the oldest comes first.

    Raises:
        Refused: nothing of it can be restored.
    """
    together = combined(entries)
    backwards = tuple(inverse(change) for change in together)
    planned = [edits.inverse(edit) for entry in reversed(entries) for edit in reversed(entry.edits)]
    earlier = RunLinks(
        reverts=tuple(entry.run for entry in entries),
        labels=(
            *(f"Takes back {entry.label}." for entry in reversed(entries)),
            *dict.fromkeys(_not_asked(edit) for edit in planned if isinstance(edit, edits.DialplanEdit)),
            *_registered_anew(together),
        ),
    )
    asked = Replay(
        backwards,
        planned,
        earlier,
        left_between(entries),
        force,
        allow_911_loss,
        known=[change for entry in entries for change in entry.changes],
        or_refuse=or_refuse,
    )
    return replay(workspace, asked, options)


def _not_asked(edit: edits.DialplanEdit) -> str:
    return (
        f"The dialplans at {edit.after} are not asked whether they still answer: "
        f"`invoke rehearse {option('--env', edit.environment)} {option('--dialplans', edit.after)}` asks them."
    )


def _registered_anew(together: Changes) -> Iterator[str]:
    """The numbers whose address before was not registered with 911: that may fail again."""
    for change in together:
        before = getattr(change, "before", None)
        address = before.emergency_address if isinstance(before, PhoneNumber) else ""
        if address and address_held(address) not in {"", address}:
            yield (
                f"{change.resource.name}: Twilio could not register {address_held(address)} with 911 before. "
                "This asks it to try again."
            )


@dataclass(frozen=True)
class Replay:
    """What a recovery does, and what it may overwrite.

    Attributes:
        changes: the changes to make: those of the runs, or their inverse.
        planned: the edits of the files.
        earlier: the runs that it undoes or finishes.
        between: the numbers that may have no 911 address, since a run was cut off after it removed one.
        force: the names of resources to overwrite although somebody changed them since.
        allow_911_loss: the names of phones, numbers and SIP domains that may lose 911.
        known: all changes of the runs.
        or_refuse: whether it is refused if nothing of it can be restored.
    """

    changes: Changes
    planned: list[edits.Edit]
    earlier: RunLinks
    between: Collection[str]
    force: Collection[str]
    allow_911_loss: Collection[str]
    known: Sequence[Change]
    or_refuse: bool = False

    @property
    def undoes(self) -> bool:
        """Whether it undoes runs; else it finishes one."""
        return bool(self.earlier.reverts)


def replay(workspace: Workspace, asked: Replay, options: RunOptions | None) -> Recovery:
    """Bring what some changes are about to where they lead, as far as possible.

    Raises:
        Refused: nothing of it can be restored, or somebody changed it since.
    """
    before = _read(workspace, asked)
    after = irreversible.clients_after(workspace.desired, asked.planned)
    there = {(type(resource), resource.name): resource for resource in before.resources()}
    changes = (
        tuple(where_it_stands(change, there) for change in asked.changes) if asked.undoes else asked.changes
    )
    # Everything that finishes a run is possible.
    why = [irreversible.why_not(one, changes, before, after) if asked.undoes else "" for one in changes]
    cannot = tuple(filter(None, why))
    possible = tuple(change for change, reason in zip(changes, why, strict=True) if not reason)
    if asked.or_refuse and cannot and not possible and not asked.planned:
        raise Refused(
            "Nothing of this can be restored.",
            "`invoke rollback --to ENTRY` goes back before an earlier entry of the history.",
            (*asked.earlier.labels, *cannot),
        )
    refuse_changed(possible, before, asked.between, asked.force, asked.known, undoes=asked.undoes)
    # An update of a resource that is gone, and that --force names, is passed over.
    possible = tuple(c for c in possible if not isinstance(c, Update) or identity_of(c) in there)
    possible = (*possible, *repointed(possible, before))
    refuse_edited(asked.planned, workspace, asked.force)
    desired = desired_after(possible, workspace.desired)
    outcome = _converge(_with_clients(workspace, after), asked, possible, (desired, before), cannot, options)
    left_alone = {identity_of(one) for one, reason in zip(changes, why, strict=True) if reason}
    differences = _differences(workspace, outcome, before, possible, asked.planned, left_alone)
    return Recovery(outcome, outcome.plan.caveats, differences)


def _read(workspace: Workspace, asked: Replay) -> AccountState:
    """The current state of all types that the changes and the edits are about."""
    using = (
        [PHONE_NUMBER] if any(isinstance(change.resource, Application) for change in asked.changes) else []
    )
    about = [*(type_of(change.resource) for change in asked.changes), *_kinds_of_edits(asked.planned), *using]
    resource_types = tuple(dict.fromkeys(about))
    return reading.read_scope(workspace.api, workspace.desired, Scope(resource_types, remove=("*",)))


def _with_clients(workspace: Workspace, after: Sequence[PhoneClient]) -> Workspace:
    """A workspace whose phones include those that come back, which the inventory does not have yet."""
    named = {client.name for client in workspace.desired.clients}
    of_both = (*workspace.desired.clients, *(client for client in after if client.name not in named))
    return replace(workspace, desired=estate.with_clients(workspace.desired, of_both))


def _converge(
    workspace: Workspace,
    asked: Replay,
    changes: Changes,
    states: tuple[AccountState, AccountState],
    cannot: tuple[str, ...],
    options: RunOptions | None,
) -> Result:
    """Run the engine between two states, desired and current; its plan says what cannot be restored."""

    def shown(proposal: Plan) -> Plan:
        return with_caveats(proposal, workspace.desired, cannot) if asked.undoes else proposal

    desired, before = states
    options = options or RunOptions()
    confirm = options.confirm
    outcome = converge(
        workspace,
        scope_of_changes(changes, before, asked.allow_911_loss),
        replace(options, confirm=lambda proposal: confirm(shown(proposal))),
        desired=desired,
        before=before,
        planned_edits=asked.planned,
        earlier=asked.earlier,
    )
    return replace(outcome, plan=shown(outcome.plan))


def _kinds_of_edits(planned: Iterable[edits.Edit]) -> Iterator[ResourceType]:
    """The kinds of resource that edits of the files say something of."""
    for edit in planned:
        yield from (APPLICATION, SIP_DOMAIN) if isinstance(edit, edits.DialplanEdit) else CLIENT_TYPES


def _differences(
    workspace: Workspace,
    outcome: Result,
    before: AccountState,
    changes: Changes,
    planned: Sequence[edits.Edit],
    left_alone: set[tuple[type, str]],
) -> tuple[str, ...]:
    """Where the files say otherwise than the account, now that a recovery has ended."""
    if not outcome.applied:
        return ()
    try:
        said = estate.load_estate(workspace.estate_file)
    except BadInput as error:
        return (f"Your files are not right as they are now: {error.message}", *error.faults, error.hint)
    account = before
    if outcome.final:
        resource_types = {type_of(change.resource) for change in changes}
        resource_types |= (
            {SIP_DOMAIN} if resource_types & {*MAPPING_TYPES, IP_MAPPING} else set()
        )  # a mapping is a field of its domain
        fields = [field for field, resource_type in SECTIONS.items() if resource_type in resource_types]
        read: dict[str, Any] = {field: getattr(outcome.final.state, field) for field in fields}
        account = replace(before, **read)
    about = {identity_of(change) for change in changes} | drift.about_edits(planned, said, account)
    files = file_advice.read_files(said, workspace.estate_file)
    return drift.differences(files, account, about - left_alone)

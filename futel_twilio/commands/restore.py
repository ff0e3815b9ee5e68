"""Bring an account back to a snapshot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from futel_twilio.apply import converge, result
from futel_twilio.commands import scopes
from futel_twilio.commands.setup import scope_of
from futel_twilio.errors import AddressCorrected, Refused
from futel_twilio.plan.changes import Create, ManualSteps, Scope
from futel_twilio.resources.phones import Credential
from futel_twilio.resources.types import ALL_TYPES
from futel_twilio.snapshots import comparison, unmanaged
from futel_twilio.snapshots.document import load
from futel_twilio.snapshots.restore_plan import RestorePlan
from futel_twilio.text import first_word, option

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from futel_twilio.apply.result import Plan, Result, RunOptions
    from futel_twilio.resources.state import AccountState
    from futel_twilio.workspace import Workspace


@dataclass(frozen=True)
class RestoreOptions:
    """How far a restoration reaches, and what it may do that needs permission.

    Attributes:
        only: words for the kinds of thing that come back; all if empty.
        allow_911_loss: names of phones, numbers or SIP domains that may lose 911.
        take_over: numbers that may be taken from another application or a trunk.
        buy_again: numbers of the snapshot that the account holds no more, to be bought.
        another_account: whether the account may be another than the snapshot's.
    """

    only: tuple[str, ...] = ()
    allow_911_loss: tuple[str, ...] = ()
    take_over: tuple[str, ...] = ()
    buy_again: tuple[str, ...] = ()
    another_account: bool = False


NO_RESTORE_OPTIONS = RestoreOptions()


def restore(
    workspace: Workspace,
    file: Path,
    said: RestoreOptions = NO_RESTORE_OPTIONS,
    options: RunOptions | None = None,
) -> Result:
    """Bring an account to what a snapshot holds.

    Args:
        workspace: the account; estate.toml and the inventory tell which phones a change affects.
        file: the snapshot.
        said: how far it reaches, and what it may do.
        options: callbacks to confirm and to report progress, and where the passwords of new credentials come from.

    Raises:
        BadInput: the file is no snapshot, or a number to be bought is not in it; nothing was written.
        Refused: the snapshot is of another account; or as `converge`.
        PartiallyApplied: some of it was written; the error says what.
    """
    options = options or result.RunOptions()
    document = load(file)
    _refuse_another_account(document, workspace, said)
    scope = _scope(workspace, said)
    held = RestorePlan.of(document, workspace.desired, said.buy_again)
    before = scopes.read_types(workspace, held.estate, scope.resource_types)
    remainder = _remainder(held, before, scope, workspace, said)

    def shown(proposal: Plan) -> Plan:
        why = (f"it brings back what was there at {document['taken_at']}",) if proposal.changes else ()
        return replace(
            proposal,
            manual_steps=remainder,
            reasons_to_confirm=(*proposal.reasons_to_confirm, *why),
            notes=(*proposal.notes, *_credentials_of_nobody(proposal, workspace.desired)),
        )

    try:
        outcome = converge.converge(
            replace(workspace, desired=held.estate),
            scope,
            replace(options, confirm=lambda proposal: options.confirm(shown(proposal))),
            desired=held.desired(before),
            before=before,
            rehearses=True,
        )
    except AddressCorrected as error:
        remedy = f"Write it into {file} as suggested, if that is right, and run it again."
        raise Refused(error.message, remedy, error.faults) from None
    return replace(outcome, plan=shown(outcome.plan))


def _credentials_of_nobody(proposal: Plan, desired: AccountState) -> Iterator[str]:
    """Credentials that come back although your files do not have their phones any more."""
    for change in proposal.changes if desired.clients_file else ():
        made = change.resource
        if isinstance(change, Create) and isinstance(made, Credential) and not desired.client(made.username):
            yield (
                f"{made.username}: its credential comes back, but {Path(desired.clients_file).name} has no such phone. "
                f"`invoke delete-credential {first_word(made.username)} "
                f"{option('--allow-911-loss', made.username)}` deletes it."
            )


def _refuse_another_account(document: Mapping[str, Any], workspace: Workspace, said: RestoreOptions) -> None:
    theirs, ours = document["account_sid"], workspace.api.connection.account_sid
    if theirs.casefold() != ours.casefold() and not said.another_account:
        raise Refused(
            f"The snapshot is of account {theirs}, and the credentials are of {ours} "
            f"({workspace.api.connection.source}). Nothing was changed.",
            "Use that account's credentials, or say --into-another-account if that is meant.",
        )


def _scope(workspace: Workspace, said: RestoreOptions) -> Scope:
    scope = scope_of(workspace, only=said.only, allow_911_loss=said.allow_911_loss)
    resource_types = scope.resource_types if said.only else ALL_TYPES
    return replace(scope, resource_types=resource_types, purchase=said.buy_again, take_over=said.take_over)


def _remainder(
    held: RestorePlan, before: AccountState, scope: Scope, workspace: Workspace, said: RestoreOptions
) -> ManualSteps:
    """What does not come back, within the scope of a restoration; unmanaged parts only if it restores everything."""
    by_hand = held.by_hand(before, scope.resource_types)
    notes = held.notes(before, scope.resource_types, workspace.api.connection.account_sid)
    others = (
        ManualSteps()
        if said.only
        else comparison.compare(held.document["beyond"], unmanaged.read(workspace.api))
    )
    return ManualSteps((*by_hand, *others.by_hand), (*notes, *others.notes))

"""Create, rotate and delete the SIP credentials of phones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.commands.scopes import (
    converge_part,
    part_of,
    read_for_removal,
    required,
    unknown,
    was_deleted,
)
from futel_twilio.errors import BadInput
from futel_twilio.plan.changes import Scope
from futel_twilio.resources.types import CREDENTIAL, CREDENTIAL_LIST
from futel_twilio.text import first_word
from futel_twilio.workspace import Workspace, ledger_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from futel_twilio.apply.result import Result, RunOptions


def create_credential(workspace: Workspace, name: str, options: RunOptions | None = None) -> Result:
    """Make the credential of a phone of the inventory; one that is there is left as it is.

    Raises:
        BadInput, Refused, PartiallyApplied: as `converge`.
    """
    required(workspace.desired, name)
    outcome = converge_part(workspace, Scope((CREDENTIAL,)), options, part_of(workspace.desired, (name,)))
    note_unchanged(workspace, name, outcome, options)
    return outcome


def note_unchanged(workspace: Workspace, name: str, outcome: Result, options: RunOptions | None) -> None:
    """Say of a credential that was there already that it keeps a password that whoever asked may not know."""
    made = {change.resource.name for change in outcome.plan.changes}
    (credential,) = (one for one in workspace.desired.credentials if one.username == name)
    if (
        options is None
        or not outcome.applied
        or credential.name in made
        or name in options.apply_options.passwords.possibly_unseen
    ):
        return
    last, passwords = ledger_of(workspace).last().get(credential.name), options.apply_options.passwords
    given = passwords.given.get(name)
    is_known = last is not None and bool(last.digest)
    if not is_known or (given and last and not last.is_password(given)):
        passwords.unchanged.append(name)


def rotate_credential(workspace: Workspace, name: str, options: RunOptions | None = None) -> Result:
    """Give the credential of a phone a new password, and change nothing else of it.

    Raises:
        BadInput: the inventory does not know the phone.
        Refused: it has no credential yet.
    """
    required(workspace.desired, name)
    desired = part_of(workspace.desired, (name,))
    scope = Scope(
        (CREDENTIAL,), allow_create=False, rotate_passwords=tuple(one.name for one in desired.credentials)
    )
    return converge_part(workspace, scope, options, desired)


def delete_credential(
    workspace: Workspace, name: str, options: RunOptions | None = None, allow_911_loss: Collection[str] = ()
) -> Result:
    """Take away a credential that no phone of the inventory has; one that is gone already is gone.

    Raises:
        BadInput: the inventory still names the phone, or nobody ever knew it.
        Refused: its phone can call 911, as the account tells, and was not named in `allow_911_loss`.
    """
    if workspace.desired.client(name):
        raise BadInput(
            f"{name} is a phone of the inventory, which would be cut off.",
            f"Use `invoke delete-client {first_word(name)}` to take the phone away, or "
            f"`invoke rotate-credential {first_word(name)}`.",
        )
    before = read_for_removal(
        workspace,
        (CREDENTIAL, CREDENTIAL_LIST),
        lambda found: any(c.username == name for c in found.credentials),
    )
    names = tuple(one.name for one in before.credentials if one.username == name)
    if not names and not was_deleted(workspace, name):
        raise unknown(
            workspace.desired,
            name,
            "There is no such credential either: `invoke list-credentials` shows them.",
        )
    scope = Scope((CREDENTIAL,), remove=names, allow_911_loss=tuple(allow_911_loss))
    return converge_part(workspace, scope, options, part_of(workspace.desired, ()), before)

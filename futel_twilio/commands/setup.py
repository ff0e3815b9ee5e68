"""Create applications, domains, the credential list and its mappings, one by one or all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.apply.converge import converge
from futel_twilio.errors import BadInput
from futel_twilio.plan.changes import Scope
from futel_twilio.resources.types import (
    ALL_TYPES,
    APPLICATION,
    CREDENTIAL_LIST,
    REGISTRATION_MAPPING,
    SIP_DOMAIN,
    VOICE_MAPPING,
    VOICE_TYPES,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from futel_twilio.apply.result import Result, RunOptions
    from futel_twilio.workspace import Workspace


def create_applications(
    workspace: Workspace, env: str | None = None, options: RunOptions | None = None
) -> Result:
    """Create the TwiML applications; one that is there is updated to match estate.toml."""
    return converge(workspace, Scope((APPLICATION,), workspace.environments(env)), options)


def create_domains(workspace: Workspace, env: str | None = None, options: RunOptions | None = None) -> Result:
    """Create the SIP domains; one that is there is updated to match estate.toml."""
    return converge(workspace, Scope((SIP_DOMAIN,), workspace.environments(env)), options)


def create_credential_list(
    workspace: Workspace, env: str | None = None, options: RunOptions | None = None
) -> Result:
    """Create the credential lists, which all environments share."""
    return converge(workspace, Scope((CREDENTIAL_LIST,), workspace.environments(env)), options)


def create_registration_mappings(
    workspace: Workspace, env: str | None = None, options: RunOptions | None = None
) -> Result:
    """Let the phones of the credential lists register with the SIP domains."""
    return converge(workspace, Scope((REGISTRATION_MAPPING,), workspace.environments(env)), options)


def create_voice_mappings(
    workspace: Workspace, env: str | None = None, options: RunOptions | None = None
) -> Result:
    """Let the phones of the credential lists call through the SIP domains."""
    return converge(workspace, Scope((VOICE_MAPPING,), workspace.environments(env)), options)


def setup(workspace: Workspace, env: str | None = None, options: RunOptions | None = None) -> Result:
    """Everything that the runbook sets up once."""
    return converge(workspace, Scope(VOICE_TYPES, workspace.environments(env)), options)


def scope_of(
    workspace: Workspace,
    env: str | None = None,
    only: Sequence[str] = (),
    remove: Sequence[str] = (),
    allow_911_loss: Sequence[str] = (),
) -> Scope:
    """The scope that the flags of `plan` and `apply` name.

    Raises:
        BadInput: an environment or a kind of thing that does not exist.
    """
    words = {resource_type.cli_name: resource_type for resource_type in ALL_TYPES}
    unknown = [word for word in only if word not in words]
    if unknown:
        raise BadInput(f"There is no kind {unknown[0]!r}.", f"Use --only with one of: {', '.join(words)}.")
    resource_types = tuple(words[word] for word in words if word in only) or VOICE_TYPES
    return Scope(
        resource_types,
        workspace.environments(env),
        remove=tuple(remove),
        allow_911_loss=tuple(allow_911_loss),
    )

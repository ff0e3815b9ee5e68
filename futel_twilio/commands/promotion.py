"""Rehearse, update and promote an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.apply.converge import converge, files_to_edit
from futel_twilio.config import edits
from futel_twilio.plan.changes import Scope
from futel_twilio.rehearsal import requests, runner
from futel_twilio.resources.types import APPLICATION, PROMOTED_FIELDS, SIP_DOMAIN, ResourceType
from futel_twilio.resources.voice import PROD

if TYPE_CHECKING:
    from futel_twilio.apply.result import Result, RunOptions
    from futel_twilio.rehearsal.runner import Rehearsal
    from futel_twilio.workspace import Workspace


def rehearse(workspace: Workspace, env: str) -> Rehearsal:
    """Ask the dialplans of an environment what Twilio would ask; nothing is changed.

    Raises:
        BadInput: the estate has no environment of that name.
    """
    workspace.environments(env)
    return runner.rehearse(requests.questions_of(workspace.desired, env), workspace.api.connection)


def update_applications(workspace: Workspace, env: str, options: RunOptions | None = None) -> Result:
    """Bring the TwiML applications of one environment to estate.toml; none is created."""
    return _update(workspace, env, (APPLICATION,), options)


def update_domains(workspace: Workspace, env: str, options: RunOptions | None = None) -> Result:
    """Bring the SIP domains of one environment to estate.toml; none is created."""
    return _update(workspace, env, (SIP_DOMAIN,), options)


def update(workspace: Workspace, env: str, options: RunOptions | None = None) -> Result:
    """Bring the TwiML applications and SIP domains of one environment to estate.toml; none is created."""
    return _update(workspace, env, (APPLICATION, SIP_DOMAIN), options)


def promote(workspace: Workspace, env: str, options: RunOptions | None = None) -> Result:
    """Point an environment to its installation; for prod, all others to their own. Only URLs change."""
    reach = workspace.environments(env)
    scope = Scope(
        (APPLICATION, SIP_DOMAIN),
        None if env == PROD else reach,
        allow_create=False,
        only_fields=PROMOTED_FIELDS,
        atomic=True,
    )
    workspace.refuse_out_of_reach(scope.environments)
    return converge(workspace, scope, options, planned_edits=_new_url(workspace, env), rehearses=True)


def _update(
    workspace: Workspace, env: str, resource_types: tuple[ResourceType, ...], options: RunOptions | None
) -> Result:
    scope = Scope(resource_types, workspace.environments(env), allow_create=False, atomic=True)
    workspace.refuse_out_of_reach(scope.environments)
    return converge(workspace, scope, options, planned_edits=_new_url(workspace, env), rehearses=True)


def _new_url(workspace: Workspace, env: str) -> tuple[edits.DialplanEdit, ...]:
    """The edit of estate.toml that follows a promotion; none if the file has the URL already."""
    url = next(e.dialplans for e in workspace.desired.environments if e.name == env)
    edit = edits.DialplanEdit(env, edits.dialplans_in(workspace.estate_file, env), url)
    return (edit,) if files_to_edit(workspace, (edit,)) else ()

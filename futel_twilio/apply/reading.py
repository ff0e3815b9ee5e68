"""Read what a scope touches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.twilio_api import reader

if TYPE_CHECKING:
    from futel_twilio.plan.changes import Scope
    from futel_twilio.resources.state import AccountState
    from futel_twilio.resources.voice import CredentialListMapping, IpMapping
    from futel_twilio.twilio_api.client import Api


def domains_in_question(desired: AccountState, scope: Scope) -> frozenset[str] | None:
    """The SIP domains whose mappings matter to a scope; None for all (a removal may name any)."""
    if scope.remove:
        return None
    mappings: tuple[CredentialListMapping | IpMapping, ...] = (*desired.mappings, *desired.ip_mappings)
    return frozenset(m.domain_name for m in mappings if scope.covers(m))


def read_scope(
    api: Api, desired: AccountState, scope: Scope, known: AccountState | None = None
) -> AccountState:
    """Read as much of an account as a scope needs."""
    domains = domains_in_question(desired, scope)
    return reader.read_state(api, scope.resource_types, domains, known, lists_in_question(desired))


def lists_in_question(desired: AccountState) -> frozenset[str]:
    """The credential lists whose credentials the desired state needs."""
    of_clients = {desired.clients_credential_list} if desired.clients_credential_list else set()
    return frozenset(of_clients | {credential.credential_list for credential in desired.credentials})

"""Every table of the sandbox in one place: what it can be asked, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.sandbox.api_v2010 import (
    account,
    addresses,
    applications,
    calls,
    keys,
    messages,
    notifications,
    usage_triggers,
)
from futel_twilio.sandbox.api_v2010.phone_numbers import available, dependent, incoming, outgoing_caller_ids
from futel_twilio.sandbox.api_v2010.sip import credential_lists, credentials, domains, ip_access, mappings
from futel_twilio.sandbox.events_v1 import event_types, sinks, subscriptions
from futel_twilio.sandbox.monitor_v1 import alerts, events
from futel_twilio.sandbox.voice_v1 import dialing_permissions, ip_records

if TYPE_CHECKING:
    from collections.abc import Mapping

    from futel_twilio.sandbox.engine.tables import Endpoint, Resource

RESOURCES: tuple[Resource, ...] = (
    applications.APPLICATIONS,
    usage_triggers.TRIGGERS,
    domains.DOMAINS,
    credential_lists.CREDENTIAL_LISTS,
    credentials.CREDENTIALS,
    *ip_access.ACCESS,
    *mappings.MAPPINGS,
    *dialing_permissions.VOICE,
    *ip_records.SOURCE_TABLES,
    alerts.ALERTS,
    events.EVENTS,
    addresses.ADDRESSES,
    *incoming.OWNED,
    dependent.DEPENDENT,
    outgoing_caller_ids.CALLER_IDS,
    calls.CALLS,
    messages.MESSAGES,
    *notifications.NOTIFIED,
    *keys.KEYS,
    sinks.SINKS,
    subscriptions.SUBSCRIPTIONS,
    event_types.TYPES,
)
ENDPOINTS: tuple[Endpoint, ...] = (
    *account.ENDPOINTS,
    *dialing_permissions.ENDPOINTS,
    *available.ENDPOINTS,
    *sinks.ENDPOINTS,
)
LIMITS = {row.kind: row.limit.most for row in RESOURCES if row.limit is not None}


def judge_limits(limits: Mapping[str, int]) -> Mapping[str, int]:
    """Other limits than Twilio's, by the kind that they are of; ValueError when one is wrong."""
    for kind, most in limits.items():
        if kind not in LIMITS:
            raise ValueError(f"no limit is known for {kind}: there are {', '.join(sorted(LIMITS))}")
        if most < 1:
            raise ValueError(f"the limit for {kind} must be 1 or more")
    return limits

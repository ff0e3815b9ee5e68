"""Every table of the sandbox in one place: what it can be asked, row by row."""

from collections.abc import Mapping

from futel_twilio.sandbox import (
    access,
    addresses,
    available,
    callers,
    calls,
    core,
    keys,
    mappings,
    messages,
    monitor,
    notifications,
    numbers,
    sip,
    sources,
    streams,
    voice,
)
from futel_twilio.sandbox.table import Endpoint, Resource

RESOURCES: tuple[Resource, ...] = (
    *core.CORE,
    *sip.SIP,
    *access.ACCESS,
    *mappings.MAPPINGS,
    *voice.VOICE,
    *sources.SOURCE_TABLES,
    *monitor.MONITOR,
    addresses.ADDRESSES,
    *numbers.OWNED,
    callers.CALLER_IDS,
    calls.CALLS,
    messages.MESSAGES,
    *notifications.NOTIFIED,
    *keys.KEYS,
    *streams.STREAMS,
)
ENDPOINTS: tuple[Endpoint, ...] = (
    *core.ENDPOINTS,
    *voice.ENDPOINTS,
    *available.ENDPOINTS,
    *streams.ENDPOINTS,
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

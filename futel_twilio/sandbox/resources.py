"""Every table of the sandbox in one place: what it can be asked, row by row."""

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

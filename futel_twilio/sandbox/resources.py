"""Every table of the sandbox in one place: what it can be asked, row by row."""

from futel_twilio.sandbox import (
    access,
    addresses,
    available,
    calls,
    core,
    keys,
    mappings,
    monitor,
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
    *calls.TELEPHONY,
    *keys.KEYS,
    *streams.STREAMS,
)
ENDPOINTS: tuple[Endpoint, ...] = (
    *core.ENDPOINTS,
    *voice.ENDPOINTS,
    *available.ENDPOINTS,
    *streams.ENDPOINTS,
)

"""Every table of the sandbox in one place: what it can be asked, row by row."""

from futel_twilio.sandbox import core, sip
from futel_twilio.sandbox.table import Endpoint, Resource

RESOURCES: tuple[Resource, ...] = (*core.CORE, *sip.SIP)
ENDPOINTS: tuple[Endpoint, ...] = core.ENDPOINTS

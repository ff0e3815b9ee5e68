"""The table of the numbers that depend on an address, as one of the address's own paths shows them."""

from __future__ import annotations

from futel_twilio.sandbox.api_v2010.phone_numbers import emergency, number_fields, stock
from futel_twilio.sandbox.engine.fields import (
    ACCOUNT,
    SID,
)
from futel_twilio.sandbox.engine.tables import (
    Field,
    Rendered,
    RequestContext,
    Resource,
)
from futel_twilio.sandbox.storage.rows import Condition

BASE = "/2010-04-01/Accounts/<account>"


def _upper_capabilities(rendered: Rendered) -> dict[str, bool]:
    held = rendered.row.body["capabilities"]
    return {"Voice": held["voice"], "SMS": held["sms"], "MMS": held["mms"]}


def _of_address(context: RequestContext) -> list[Condition]:
    return [Condition("_addresses", "LIKE", f"%{context.parent}%")]


# GUESS: a number depends on the address it names for emergencies as it does on any other.
DEPENDENT = Resource(
    kind=stock.NUMBER,
    path=f"{BASE}/Addresses/<parent>/DependentPhoneNumbers",
    home=f"{BASE}/IncomingPhoneNumbers",
    key="dependent_phone_numbers",
    prefix="PN",
    parent=emergency.ADDRESS,
    verbs=("list",),
    fields=(
        SID,
        ACCOUNT,
        Field("phone_number"),
        *number_fields.routing(),
        Field("capabilities", derive=_upper_capabilities, evidence="example", source="api_v2010"),
    ),
    within=_of_address,
    evidence="example",
    source="api_v2010",
)

"""The v2010 tables of addresses and of the numbers that depend on one."""

from __future__ import annotations

import re
from typing import Any

from futel_twilio.sandbox.api_v2010 import states
from futel_twilio.sandbox.api_v2010.phone_numbers import emergency
from futel_twilio.sandbox.engine.errors import bad, lacks
from futel_twilio.sandbox.engine.fields import ACCOUNT, CREATED, SID, UPDATED, URI, flag, param_of
from futel_twilio.sandbox.engine.tables import Change, Field, Filter, Resource, Rule
from futel_twilio.sandbox.engine.values import Reader, boolean, invalid, name, text

BASE = "/2010-04-01/Accounts/<account>"
LONGEST_EMERGENCY_NAME = 32
LONGEST_CUSTOMER_BYTES = 64  # 16 characters of four bytes, or 21 of three
LONGEST_LINE = 255
# Twilio asks a postal database; the sandbox has none, so what a street says decides, and what no address can be.
WRONG = "does not exist"
CORRECTABLE = "needs correction"
MAGIC = (
    (f"a Street with the words '{WRONG}'", "21628: there is no such address"),
    (f"a Street with the words '{CORRECTABLE}'", "is corrected: they go; AutoCorrectAddress=false: 21629"),
    ("EmergencyEnabled, in the US: a PostalCode", "that is not like 97201 or 97201-1234: 21628"),
    ("EmergencyEnabled, in the US: a Region", "that is no state or territory, by code or name: 21628"),
)


def _line(longest: int) -> Reader:
    """A reader: text that is there. GUESS: how long it may be, and the code."""

    def read(param: str, raw: str) -> str:
        if not raw.strip() or len(raw) > longest:
            raise invalid(param)
        return raw

    return read


def _country(param: str, raw: str) -> str:
    """A reader: an ISO code. GUESS: lower case is refused, and the code."""
    if not re.fullmatch("[A-Z]{2}", raw):
        raise invalid(param)
    return raw


def _required(field: str, read: Reader, *on: str) -> Field:
    param = param_of(field)
    return Field(field, param, read, clears=False, required=lacks(param), on=on or ("create", "update"))


def _lengths(change: Change) -> None:
    after = change.after or {}
    if not after["emergency_enabled"]:
        return
    if len(after["friendly_name"]) > LONGEST_EMERGENCY_NAME:
        # GUESS: the length is documented, the code is that of any long name.
        raise bad(20002, f"FriendlyName must have at most {LONGEST_EMERGENCY_NAME} characters")
    if len(after["customer_name"].encode()) > LONGEST_CUSTOMER_BYTES:
        # GUESS: the same code.
        raise invalid("CustomerName")


def _validate(change: Change) -> None:
    after = change.after or {}
    if WRONG in after["street"] or _is_impossible(after):
        # GUESS: the code is documented, the wording is not.
        raise bad(21628, "Failed to validate address")
    corrected = " ".join(after["street"].replace(CORRECTABLE, "").split())
    if CORRECTABLE in after["street"]:
        if change.context.form.get("AutoCorrectAddress", "").lower() == "false":
            raise bad(21629, _suggestion(after | {"street": corrected}))
        after["street"] = corrected
    # GUESS: only an address for emergencies is validated; the examples show both values.
    after["validated"] = after["emergency_enabled"]


def _is_impossible(after: dict[str, Any]) -> bool:
    """Whether no postal database can know an address for emergencies.

    GUESS: that a wrong postal code or region is answered like a wrong street, and is not corrected from the rest.
    """
    if not after["emergency_enabled"] or after["iso_country"] != "US":
        return False
    return not (states.is_postal_code(after["postal_code"]) and states.is_state(after["region"]))


def _suggestion(better: dict[str, Any]) -> str:
    """The documented sentence; GUESS: which parts follow the street."""
    parts = ("friendly_name", "street", "city", "region", "postal_code", "iso_country")
    words = ", ".join(f"{param_of(part)}: {better[part]}" for part in parts)
    return f"Failed to validate address. Check the suggested address. | {words}"


def _not_attached(change: Change) -> None:
    context = change.context
    rows = context.store.select((emergency.NUMBER, context.account, ""))
    if any(emergency.attached(row.body, context.now) == change.sid for row in rows):
        # GUESS: the code and wording, and that even a new FriendlyName is refused.
        raise bad(21625, "Address is attached to a phone number for emergency calling")


def _not_used(change: Change) -> None:
    context = change.context
    rows = context.store.select((emergency.NUMBER, context.account, ""))
    if any(row.body["address_sid"] == change.sid for row in rows):
        # GUESS: the code is documented, the status and the wording are not.
        raise bad(21625, "Address is in use by a phone number")


WRITES = ("create", "update")
ADDRESSES = Resource(
    kind=emergency.ADDRESS,
    path=f"{BASE}/Addresses",
    key="addresses",
    prefix="AD",
    verbs=("create", "list", "fetch", "update", "delete"),
    fields=(
        ACCOUNT,
        _required("city", _line(LONGEST_LINE)),
        _required("customer_name", _line(LONGEST_LINE)),
        CREATED,
        UPDATED,
        flag("emergency_enabled"),
        # GUESS: what an unsent name reads as is not recorded.
        Field("friendly_name", "FriendlyName", name(64), "", source="docs: Addresses"),
        _required("iso_country", _country, "create"),
        _required("postal_code", _line(LONGEST_LINE)),
        _required("region", _line(LONGEST_LINE)),
        SID,
        _required("street", _line(LONGEST_LINE)),
        Field("street_secondary", "StreetSecondary", _line(LONGEST_LINE)),
        Field("validated", default=False),
        Field("verified", default=False),
        URI,
        Field("auto_correct_address", "AutoCorrectAddress", boolean, kept=False),
    ),
    filters=(
        Filter("CustomerName", "customer_name", text),
        Filter("FriendlyName", "friendly_name", text),
        Filter("EmergencyEnabled", "emergency_enabled", boolean),
        Filter("IsoCountry", "iso_country", text),
    ),
    rules=(
        Rule(
            ("update", "delete"),
            _not_attached,
            "an address that a number holds for emergencies is neither edited nor deleted",
            "documented",
            "docs: Emergency Calling for SIP Interfaces; the codes of the edit are guesses",
        ),
        Rule(
            ("delete",),
            _not_used,
            "21625 for deleting an address that a number uses",
            "documented",
            "docs: Addresses",
        ),
        Rule(
            WRITES,
            _lengths,
            "an emergency address has a short name and customer",
            "documented",
            "docs: Emergency Calling for SIP Interfaces",
        ),
        Rule(
            WRITES,
            _validate,
            "21628 for a wrong address; 21629 with a suggestion for one to be corrected, or its correction",
            "documented",
            f"docs: Addresses; which are wrong is made up: streets with `{WRONG}` and `{CORRECTABLE}` in them, and "
            "for emergencies in the US a postal code or region that cannot be",
        ),
    ),
    audit="address",
    evidence="spec",
    source="docs: Addresses; examples",
)

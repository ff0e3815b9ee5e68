"""What people type, read: numbers, area codes, addresses in one line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from futel_twilio import inventory
from futel_twilio.errors import BadInput

if TYPE_CHECKING:
    from futel_twilio.model import Address

AREA_CODE = re.compile(r"[2-9][0-9]{2}")
ADDRESS = re.compile(
    r"(?P<street>[^,]+?)(\s*,\s*(?P<street_secondary>[^,]+?))?\s*,\s*(?P<city>[^,]+?)\s*,"
    r"\s*(?P<region>[A-Za-z]{2,3})\s+(?P<postal_code>[A-Za-z0-9][A-Za-z0-9 -]*?)(\s*,\s*(?P<country>[A-Za-z]{2}))?"
)
ADDRESS_SID = re.compile("AD[0-9a-f]{32}")
IN_CAPITALS = frozenset({"region", "postal_code", "country"})


def number(text: str) -> str:
    """A telephone number in E.164.

    Raises:
        BadInput: it is none.
    """
    if not inventory.is_e164(text):
        raise BadInput(f"{text!r} is {inventory.NOT_E164}.", "Write it with + and the country code.")
    return text


def area_code(text: str) -> str:
    """An area code of North America.

    Raises:
        BadInput: it is none.
    """
    if not AREA_CODE.fullmatch(text):
        raise BadInput(f"{text!r} is not an area code.", "Give three digits, such as 503.")
    return text


def address_name(text: str) -> str:
    """The SID of an address as it is, or its text in the form of `Address.name`; empty where it is neither."""
    if ADDRESS_SID.fullmatch(text.strip()):
        return text.strip()
    try:
        return address("", text, "").name
    except BadInput:
        return ""


def address(name: str, text: str, customer: str) -> Address:
    """An address in one line, of the phone `name`: street, perhaps a second line, city, state and postal code.

    Raises:
        BadInput: it is not of that form.
    """
    found = ADDRESS.fullmatch(text.strip())
    table = {
        key: value.upper() if key in IN_CAPITALS else value
        for key, value in (found.groupdict() if found else {}).items()
        if value
    }
    faults = inventory.faults_of_address(table)
    if faults:
        raise BadInput(
            f"--address {text!r} is not an address in one line.",
            "Write it as 'STREET, CITY, STATE POSTALCODE', such as '1 SW Example St, Portland, OR 97201'.",
            tuple(faults) if found else (),
        )
    return inventory.address_of(name, table, customer)

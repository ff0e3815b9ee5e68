"""Parse what people type: numbers, area codes, addresses."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from futel_twilio.config import e164, inventory
from futel_twilio.errors import BadInput

if TYPE_CHECKING:
    from futel_twilio.resources.phones import Address

AREA_CODE = re.compile(r"[2-9][0-9]{2}")
ADDRESS = re.compile(
    r"(?P<street>[^,]+?)(\s*,\s*(?P<street_secondary>[^,]+?))?\s*,\s*(?P<city>[^,]+?)\s*,"
    r"\s*(?P<region>[A-Za-z]{2,3})\s+(?P<postal_code>[A-Za-z0-9][A-Za-z0-9 -]*?)(\s*,\s*(?P<country>[A-Za-z]{2}))?"
)
# As people write it: a comma after the state or none before it, a full stop, the country in words.
LOOSE = re.compile(
    r"(?P<before>.+?)[ ,]+(?P<state>[A-Za-z]{2})\.?[ ,]+(?P<code>[0-9]{5}(-[0-9]{4})?)"
    r"([ ,]+(U\.?S\.?A?\.?|United States( of America)?))?[ ,.]*",
    re.IGNORECASE,
)
EXAMPLE = "1 SW Example St, Portland, OR 97201"
ADDRESS_SID = re.compile("AD[0-9a-f]{32}")
IN_CAPITALS = frozenset({"region", "postal_code", "country"})


def parse_number(text: str) -> str:
    """A telephone number in E.164.

    Raises:
        BadInput: it is none.
    """
    if not e164.is_e164(text):
        says = e164.not_e164(text)
        end = "" if says.endswith("?") else "."
        raise BadInput(f"{text!r} is {says}{end}", "Write it with + and the country code.")
    return text


def parse_area_code(text: str) -> str:
    """An area code of North America.

    Raises:
        BadInput: it is none.
    """
    if not AREA_CODE.fullmatch(text):
        raise BadInput(f"{text!r} is not an area code.", "Give three digits, such as 503.")
    return text


def parse_address_name(text: str) -> str:
    """The SID of an address as it is, or its text in the form of `Address.name`; empty where it is neither."""
    if ADDRESS_SID.fullmatch(text.strip()):
        return text.strip()
    try:
        return parse_address("", text, "").name
    except BadInput:
        return ""


def parse_address(name: str, text: str, customer: str) -> Address:
    """An address in one line, of the phone `name`: street, perhaps a second line, city, state and postal code.

    Raises:
        BadInput: it is not of that form.
    """
    found = ADDRESS.fullmatch(text.strip())
    table = _table(text)
    faults = inventory.faults_of_address(table)
    if faults:
        meant = _meant(text)
        such = f"did you mean {shlex.quote(meant)}?" if meant else f"such as {shlex.quote(EXAMPLE)}."
        raise BadInput(
            f"--address {text!r} is not an address in one line.",
            f"Write it as 'STREET, CITY, STATE POSTALCODE'{':' if meant else ','} {such}",
            tuple(faults) if found else (),
        )
    return inventory.address_of(name, table, customer)


def _table(text: str) -> dict[str, str]:
    """What an address in one line says, by the names of clients.toml; nothing where it is none."""
    found = ADDRESS.fullmatch(text.strip())
    return {
        key: value.upper() if key in IN_CAPITALS else value
        for key, value in (found.groupdict() if found else {}).items()
        if value
    }


def _meant(text: str) -> str:
    """The address that a text seems to mean, in the form that is asked for; empty if there is none."""
    found = LOOSE.fullmatch(re.sub(r"\s+", " ", text))
    if not found:
        return ""
    meant = f"{found['before'].strip(' ,')}, {found['state'].upper()} {found['code']}"
    return meant if not inventory.faults_of_address(_table(meant)) else ""

"""The SIP tables of who may call by address: IP access control lists and their addresses."""

from __future__ import annotations

import re

from futel_twilio.sandbox.engine import rules
from futel_twilio.sandbox.engine.errors import bad
from futel_twilio.sandbox.engine.fields import (
    ACCOUNT,
    CREATED,
    SID,
    UPDATED,
    URI,
    friendly_name,
    parent,
    subresources,
)
from futel_twilio.sandbox.engine.tables import Field, Limit, Resource, Unique
from futel_twilio.sandbox.engine.values import integer

BASE = "/2010-04-01/Accounts/<account>/SIP"
OCTET = "(25[0-5]|2[0-4][0-9]|[01]?[0-9]?[0-9])"
ALL = ("create", "list", "fetch", "update", "delete")


def ip_address(param: str, raw: str) -> str:
    """A reader: a whole IPv4 address."""
    if not re.fullmatch(rf"{OCTET}(\.{OCTET}){{3}}", raw):
        # GUESS: the code is documented, the wording is not.
        raise bad(21238, f"{param} is not valid")
    return raw


# GUESS: one code is documented for a duplicate of either kind; the wording is not.
ACLS = Resource(
    kind="ip_access_control_list",
    path=f"{BASE}/IpAccessControlLists",
    key="ip_access_control_lists",
    prefix="AL",
    verbs=ALL,
    fields=(
        ACCOUNT,
        CREATED,
        UPDATED,
        friendly_name(255, "create", "update"),
        SID,
        subresources(ip_addresses="IpAddresses"),
        URI,
    ),
    rules=(rules.ADDRESSES_UNMAPPED,),
    uniques=(
        Unique(
            "friendly_name",
            "account",
            lambda taken: bad(21235, f"An IpAccessControlList with the FriendlyName {taken} already exists"),
            "documented",
            "error dictionary",
        ),
    ),
    limit=Limit(
        1000,
        "account",
        bad(21255, "Too many IP access control lists"),
        "documented",
        "docs: SIP IpAccessControlList",
    ),
    audit="sip-ip-access-control-list",
    evidence="spec",
    source="docs: SIP IpAccessControlList",
)

IP_ADDRESSES = Resource(
    kind="ip_address",
    path=f"{BASE}/IpAccessControlLists/<parent>/IpAddresses",
    key="ip_addresses",
    prefix="IP",
    parent="ip_access_control_list",
    verbs=ALL,
    fields=(
        ACCOUNT,
        CREATED,
        UPDATED,
        friendly_name(255, "create"),
        parent("ip_access_control_list_sid"),
        Field(
            "ip_address", "IpAddress", ip_address, clears=False, required=bad(21238, "IpAddress is required")
        ),
        Field("cidr_prefix_length", "CidrPrefixLength", integer(0, 32), 32),
        SID,
        URI,
    ),
    uniques=(
        Unique(
            "ip_address",
            "parent",
            lambda taken: bad(21235, f"IpAddress {taken} already exists in this list"),
            "guess",
            "error dictionary",
        ),
    ),
    limit=Limit(
        100,
        "parent",
        bad(21237, "Too many IP addresses in this list"),
        "documented",
        "docs: SIP IpAccessControlList",
    ),
    audit="sip-ip-address",
    evidence="spec",
    source="docs: SIP IpAccessControlList",
)

ACCESS = (ACLS, IP_ADDRESSES)

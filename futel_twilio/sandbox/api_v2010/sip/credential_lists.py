"""The table of SIP credential lists."""

from __future__ import annotations

from futel_twilio.sandbox.engine import rules
from futel_twilio.sandbox.engine.errors import bad
from futel_twilio.sandbox.engine.fields import (
    ACCOUNT,
    CREATED,
    SID,
    UPDATED,
    URI,
    friendly_name,
    subresources,
)
from futel_twilio.sandbox.engine.tables import Limit, Resource, Unique

BASE = "/2010-04-01/Accounts/<account>/SIP"
ALL = ("create", "list", "fetch", "update", "delete")

CREDENTIAL_LISTS = Resource(
    kind="credential_list",
    path=f"{BASE}/CredentialLists",
    key="credential_lists",
    prefix="CL",
    verbs=ALL,
    fields=(
        ACCOUNT,
        CREATED,
        UPDATED,
        friendly_name(64, "create", "update"),
        SID,
        subresources(credentials="Credentials"),
        URI,
    ),
    rules=(rules.LIST_UNMAPPED,),
    uniques=(
        Unique(
            "friendly_name",
            "account",
            # GUESS: the refusal itself and its wording are not recorded.
            lambda taken: bad(21240, f"A Credential List with the FriendlyName {taken} already exists"),
            "documented",
            "error dictionary",
        ),
    ),
    limit=Limit(
        100, "account", bad(21239, "Too many credential lists"), "documented", "docs: SIP CredentialList"
    ),
    audit="sip-credential-list",
    evidence="spec",
    source="docs: SIP CredentialList; examples",
)

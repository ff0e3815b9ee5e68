"""The table of SIP credentials, which live in a credential list."""

from __future__ import annotations

from futel_twilio.sandbox.engine import rules
from futel_twilio.sandbox.engine.errors import bad
from futel_twilio.sandbox.engine.fields import (
    ACCOUNT,
    CREATED,
    SID,
    UPDATED,
    URI,
    parent,
)
from futel_twilio.sandbox.engine.tables import Field, Limit, Resource, Unique

BASE = "/2010-04-01/Accounts/<account>/SIP"
ALL = ("create", "list", "fetch", "update", "delete")

CREDENTIALS = Resource(
    kind="credential",
    path=f"{BASE}/CredentialLists/<parent>/Credentials",
    key="credentials",
    prefix="CR",
    parent="credential_list",
    verbs=ALL,
    fields=(
        SID,
        ACCOUNT,
        parent("credential_list_sid"),
        Field(
            "username",
            "Username",
            rules.username,
            clears=False,
            required=bad(21240, "Username is required"),
            on=("create",),
            evidence="guess",
            source="docs: SIP Credential; error dictionary",
        ),
        Field(
            "password",
            "Password",
            rules.password,
            clears=False,
            required=bad(21240, "Password is required"),
            kept=False,
            evidence="documented",
            source="docs: SIP Credential; the code is a guess",
        ),
        CREATED,
        UPDATED,
        URI,
    ),
    uniques=(
        Unique(
            "username",
            "parent",
            # GUESS: 21243 and this wording; 21240 is the other candidate.
            lambda taken: bad(21243, f"Username {taken} already exists in this Credential List"),
            "guess",
            "error dictionary",
        ),
    ),
    limit=Limit(
        1000,
        "parent",
        bad(21242, "Too many credentials in this list"),
        "documented",
        "docs: SIP CredentialList",
    ),
    audit="sip-credential",
    evidence="spec",
    source="docs: SIP Credential; examples",
)

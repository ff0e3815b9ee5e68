"""The SIP tables: domains, credential lists and credentials."""

from __future__ import annotations

from futel_twilio.sandbox.engine import rules
from futel_twilio.sandbox.engine.errors import bad
from futel_twilio.sandbox.engine.fields import (
    ACCOUNT,
    CREATED,
    SID,
    UPDATED,
    URI,
    VERSION,
    flag,
    friendly_name,
    parent,
    subresources,
    verb,
    webhook,
)
from futel_twilio.sandbox.engine.tables import Field, Limit, Rendered, Resource, Unique
from futel_twilio.sandbox.engine.values import name, sid

BASE = "/2010-04-01/Accounts/<account>/SIP"
ALL = ("create", "list", "fetch", "update", "delete")


def _auth_type(shown: Rendered) -> str:
    """Call authentication only; mappings for registrations do not show here."""
    pairs = (("CREDENTIAL_LIST", rules.CALLS_CREDENTIALS), ("IP_ACL", rules.CALLS_ADDRESSES))
    store, row = shown.context.store, shown.row
    return ",".join(word for word, kind in pairs if store.count(kind, row.account, parent=row.sid))


DOMAINS = Resource(
    kind="domain",
    path=f"{BASE}/Domains",
    key="domains",
    prefix="SD",
    verbs=ALL,
    fields=(
        ACCOUNT,
        VERSION,
        Field("auth_type", derive=_auth_type, evidence="live", source="live log, T1 to T6"),
        CREATED,
        UPDATED,
        # GUESS: a create without a name gets 21231 like a malformed one.
        Field(
            "domain_name",
            "DomainName",
            rules.domain_name,
            clears=False,
            required=bad(21231, "Invalid Domain Name"),
            evidence="recording",
            source="recorded: dixahq/twilio-client",
        ),
        # GUESS: what an unsent name reads as is not recorded.
        Field("friendly_name", "FriendlyName", name(64), "", clears=False),
        SID,
        subresources(
            credential_list_mappings="CredentialListMappings",
            ip_access_control_list_mappings="IpAccessControlListMappings",
        ),
        URI,
        verb("voice_fallback_method"),
        webhook("voice_fallback_url", unset=None),
        verb("voice_method"),
        verb("voice_status_callback_method"),
        webhook("voice_status_callback_url", unset=None),
        webhook("voice_url", unset=None),
        flag("sip_registration"),
        flag("emergency_calling_enabled"),
        flag("secure"),
        Field("byoc_trunk_sid", "ByocTrunkSid", sid("BY")),
        Field("emergency_caller_sid", "EmergencyCallerSid", sid("PN")),
    ),
    # GUESS: the code, and that the number must be there; whether its address is registered is not asked.
    rules=(
        rules.EMERGENCY_CALLER,
        rules.PARENT_DOMAIN,
        rules.NO_SUBDOMAINS,
        rules.NO_MAPPINGS,
        rules.VOICE_PRIMARY,
    ),
    uniques=(
        Unique(
            "domain_name",
            "global",
            lambda taken: bad(21232, f"Domain {taken} already exists."),
            "live",
            "docs: SIP Domain; live log, T8; folding upper and lower case is a guess",
            folds=True,
        ),
    ),
    # GUESS: the code is documented, the wording is not; likewise for every limit below.
    limit=Limit(100, "account", bad(21230, "Too many SIP domains"), "documented", "docs: SIP Domain"),
    audit="sip-domain",
    evidence="spec",
    source="docs: SIP Domain; examples",
)

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

SIP = (DOMAINS, CREDENTIAL_LISTS, CREDENTIALS)

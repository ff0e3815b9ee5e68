"""The table of SIP domains."""

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
    subresources,
    verb,
    webhook,
)
from futel_twilio.sandbox.engine.tables import Field, Limit, Rendered, Resource, Unique
from futel_twilio.sandbox.engine.values import name, sid

BASE = "/2010-04-01/Accounts/<account>/SIP"
ALL = ("create", "list", "fetch", "update", "delete")


def _auth_type(rendered: Rendered) -> str:
    """Call authentication only; mappings for registrations do not show here."""
    pairs = (("CREDENTIAL_LIST", rules.CALLS_CREDENTIALS), ("IP_ACL", rules.CALLS_ADDRESSES))
    store, row = rendered.context.store, rendered.row
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
    # GUESS: the code is documented, the wording is not; this holds for every limit of the SIP tables.
    limit=Limit(100, "account", bad(21230, "Too many SIP domains"), "documented", "docs: SIP Domain"),
    audit="sip-domain",
    evidence="spec",
    source="docs: SIP Domain; examples",
)

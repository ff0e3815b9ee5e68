"""The SIP tables: domains, credential lists, credentials, IP access control lists, and all mappings."""

from futel_twilio.sandbox import rules
from futel_twilio.sandbox.errors import bad
from futel_twilio.sandbox.fields import (
    ACCOUNT,
    CREATED,
    SID,
    UPDATED,
    URI,
    VERSION,
    flag,
    parent,
    subresources,
    verb,
    webhook,
)
from futel_twilio.sandbox.table import Field, Limit, Maps, Resource, Shown, Unique
from futel_twilio.sandbox.wire import integer, name, sid

BASE = "/2010-04-01/Accounts/<account>/SIP"
ALL = ("create", "list", "fetch", "update", "delete")
MAPPED = ("create", "list", "fetch", "delete")


def _auth_type(shown: Shown) -> str:
    """Call authentication only; mappings for registrations do not show here."""
    pairs = (("CREDENTIAL_LIST", rules.CALLS_CREDENTIALS), ("IP_ACL", rules.CALLS_ADDRESSES))
    store, row = shown.scene.store, shown.row
    return ",".join(word for word, kind in pairs if store.count(kind, row.account, parent=row.sid))


def _mapped_name(kind: str) -> Field:
    """The name of what is mapped, as it is called now."""

    def derive(shown: Shown) -> str:
        target = shown.scene.store.find(kind, shown.row.account, shown.row.sid)
        return "" if target is None else str(target.body["friendly_name"])

    return Field("friendly_name", derive=derive)


DOMAINS = Resource(
    kind="domain",
    path=f"{BASE}/Domains",
    key="domains",
    prefix="SD",
    verbs=ALL,
    fields=(
        ACCOUNT,
        VERSION,
        Field("auth_type", derive=_auth_type, evidence="live", source="facts 1.2"),
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
            source="error_bodies.json",
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
    rules=(rules.PARENT_DOMAIN, rules.NO_SUBDOMAINS, rules.NO_MAPPINGS, rules.VOICE_PRIMARY),
    uniques=(
        Unique(
            "domain_name",
            "global",
            lambda taken: bad(21232, f"Domain {taken} already exists."),
            "live",
            "facts 1.2, T8; folding upper and lower case is a guess",
            folds=True,
        ),
    ),
    # GUESS: the code is documented, the wording is not; likewise for every limit below.
    limit=Limit(100, "account", bad(21230, "Too many SIP domains"), "documented", "facts 1.2"),
    audit="sip-domain",
    evidence="spec",
    source="facts 1.2, Appendix A",
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
        Field(
            "friendly_name",
            "FriendlyName",
            name(64),
            clears=False,
            required=bad(20002, "FriendlyName is required"),
            required_on=("create", "update"),
        ),
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
            "facts 3, 11.2",
        ),
    ),
    limit=Limit(100, "account", bad(21239, "Too many credential lists"), "documented", "facts 1.3"),
    audit="sip-credential-list",
    evidence="spec",
    source="facts 1.3, Appendix A",
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
            source="facts 1.4, 2.2",
        ),
        Field(
            "password",
            "Password",
            rules.password,
            clears=False,
            required=bad(21240, "Password is required"),
            kept=False,
            evidence="documented",
            source="facts 1.4; the code is a guess",
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
            "facts 2.2, 11.1",
        ),
    ),
    limit=Limit(1000, "parent", bad(21242, "Too many credentials in this list"), "documented", "facts 1.3"),
    audit="sip-credential",
    evidence="spec",
    source="facts 1.4, Appendix A",
)


def _ip_address(param: str, raw: str) -> str:
    """A reader: a whole IPv4 address."""
    parts = raw.split(".")
    if len(parts) != 4 or not all(part.isascii() and part.isdigit() and int(part) <= 255 for part in parts):  # noqa: PLR2004
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
        Field(
            "friendly_name",
            "FriendlyName",
            name(255),
            clears=False,
            required=bad(20002, "FriendlyName is required"),
            required_on=("create", "update"),
        ),
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
            "facts 3",
        ),
    ),
    limit=Limit(1000, "account", bad(21255, "Too many IP access control lists"), "documented", "facts 1.9"),
    audit="sip-ip-access-control-list",
    evidence="spec",
    source="facts 1.9",
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
        Field(
            "friendly_name",
            "FriendlyName",
            name(255),
            clears=False,
            required=bad(20002, "FriendlyName is required"),
        ),
        parent("ip_access_control_list_sid"),
        Field(
            "ip_address", "IpAddress", _ip_address, clears=False, required=bad(21238, "IpAddress is required")
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
            "facts 2.2",
        ),
    ),
    limit=Limit(100, "parent", bad(21237, "Too many IP addresses in this list"), "documented", "facts 1.9"),
    audit="sip-ip-address",
    evidence="spec",
    source="facts 1.9",
)

# Recorded for access control lists; GUESS: credential lists are told the same.
CREDENTIAL_MAP = Maps(
    "CredentialListSid", "credential_list", "CL", "CredentialList already associated with this domain"
)
ACL_MAP = Maps(
    "IpAccessControlListSid",
    "ip_access_control_list",
    "AL",
    "IpAccessControlList already associated with this domain",
)


def _mapping(kind: str, path: str, maps: Maps, key: str = "contents") -> Resource:
    """One view of one store of mappings; the legacy views show two keys more."""
    fields: tuple[Field, ...] = (ACCOUNT, CREATED, UPDATED, _mapped_name(maps.kind), SID)
    if key != "contents":
        fields += (parent("domain_sid"), URI)
    return Resource(
        kind=kind,
        path=f"{BASE}/Domains/<parent>/{path}",
        key=key,
        prefix=maps.prefix,
        parent="domain",
        verbs=MAPPED,
        fields=fields,
        maps=maps,
        audit="sip-domain-mapping",
        evidence="spec",
        source="facts 1.5-1.8; shared storage of credential lists by analogy with the tested ACLs",
    )


MAPPINGS = (
    _mapping(rules.CALLS_CREDENTIALS, "Auth/Calls/CredentialListMappings", CREDENTIAL_MAP),
    _mapping(rules.REGISTRATIONS, "Auth/Registrations/CredentialListMappings", CREDENTIAL_MAP),
    _mapping(
        rules.CALLS_CREDENTIALS, "CredentialListMappings", CREDENTIAL_MAP, key="credential_list_mappings"
    ),
    _mapping(rules.CALLS_ADDRESSES, "Auth/Calls/IpAccessControlListMappings", ACL_MAP),
    _mapping(
        rules.CALLS_ADDRESSES, "IpAccessControlListMappings", ACL_MAP, key="ip_access_control_list_mappings"
    ),
)

SIP = (DOMAINS, CREDENTIAL_LISTS, CREDENTIALS, ACLS, IP_ADDRESSES, *MAPPINGS)

"""The SIP tables of what is mapped to a domain: five views of three stores."""

from __future__ import annotations

from futel_twilio.sandbox.engine import rules
from futel_twilio.sandbox.engine.fields import ACCOUNT, CREATED, SID, UPDATED, URI, parent
from futel_twilio.sandbox.engine.tables import THROUGH, Field, JoinTable, Rendered, Resource

BASE = "/2010-04-01/Accounts/<account>/SIP/Domains/<parent>"
MAPPED = ("create", "list", "fetch", "delete")

# Recorded for access control lists. GUESS: credential lists get the same error.
CREDENTIAL_MAP = JoinTable(
    "CredentialListSid", "credential_list", "CL", "CredentialList already associated with this domain"
)
ACL_MAP = JoinTable(
    "IpAccessControlListSid",
    "ip_access_control_list",
    "AL",
    "IpAccessControlList already associated with this domain",
)


def _mapped_name(kind: str) -> Field:
    """The name of what is mapped, as it is called now."""

    def derive(rendered: Rendered) -> str:
        target = rendered.context.store.find(kind, rendered.row.account, rendered.row.sid)
        return "" if target is None else str(target.body["friendly_name"])

    return Field("friendly_name", derive=derive)


def _mapping(kind: str, path: str, maps: JoinTable, key: str = "contents") -> Resource:
    """One view of one store of mappings; the legacy views show two keys more."""
    fields: tuple[Field, ...] = (ACCOUNT, CREATED, UPDATED, _mapped_name(maps.kind), SID)
    if key != "contents":
        fields += (parent("domain_sid"), URI)
    return Resource(
        kind=kind,
        path=f"{BASE}/{path}",
        key=key,
        prefix=maps.prefix,
        parent="domain",
        verbs=MAPPED,
        fields=fields,
        maps=maps,
        hidden={THROUGH: lambda value: value is None or isinstance(value, str)},
        audit="sip-domain-mapping",
        evidence="spec",
        source="api_v2010; live log, T2 to T7; shared storage of credential lists by analogy with the tested ACLs",
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

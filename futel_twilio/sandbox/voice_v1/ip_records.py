"""The voice v1 tables of who calls from which address to which SIP domain: IP records and their mappings."""

from __future__ import annotations

from futel_twilio.sandbox.api_v2010.sip.ip_access import ip_address
from futel_twilio.sandbox.engine.errors import Refusal, lacks
from futel_twilio.sandbox.engine.fields import ACCOUNT, CREATED_ISO, SID, UPDATED_ISO, URL
from futel_twilio.sandbox.engine.rules import SOURCES
from futel_twilio.sandbox.engine.tables import Change, Field, Resource, Rule
from futel_twilio.sandbox.engine.values import integer, invalid, name, sid
from futel_twilio.sandbox.storage.rows import Condition

RECORD = "ip_record"
ALL = ("create", "list", "fetch", "update", "delete")
CREATE = ("create",)


def _is_free(change: Change) -> None:
    wanted = [Condition("ip_record_sid", "=", change.sid)]
    if change.context.store.select((SOURCES, change.context.account, ""), wanted, limit=1):
        # GUESS: that a mapped record is not deleted, and the code.
        raise Refusal(409, 20409, "The IP record is still mapped to a SIP domain")


def _ends_are_there(change: Change) -> None:
    after, context = change.after or {}, change.context
    for kind, field, param in (
        (RECORD, "ip_record_sid", "IpRecordSid"),
        ("domain", "sip_domain_sid", "SipDomainSid"),
    ):
        if context.store.find(kind, context.account, after[field]) is None:
            # GUESS: the code.
            raise invalid(param)


RECORDS = Resource(
    kind=RECORD,
    path="/v1/IpRecords",
    key="ip_records",
    prefix="IL",
    verbs=ALL,
    fields=(
        ACCOUNT,
        SID,
        # GUESS: what an unsent name reads as is not recorded.
        Field("friendly_name", "FriendlyName", name(255), "", clears=False),
        Field("ip_address", "IpAddress", ip_address, clears=False, required=lacks("IpAddress"), on=CREATE),
        Field("cidr_prefix_length", "CidrPrefixLength", integer(0, 32), 32, on=CREATE),
        CREATED_ISO,
        UPDATED_ISO,
        URL,
    ),
    rules=(Rule(("delete",), _is_free, "20409 for deleting a mapped IP record", "guess", "voice_v1"),),
    audit="ip-record",
    evidence="spec",
    source="voice_v1",
)
MAPPINGS = Resource(
    kind=SOURCES,
    path="/v1/SourceIpMappings",
    key="source_ip_mappings",
    prefix="IB",
    verbs=ALL,
    fields=(
        SID,
        Field(
            "ip_record_sid",
            "IpRecordSid",
            sid("IL"),
            clears=False,
            required=lacks("IpRecordSid"),
            on=CREATE,
        ),
        Field(
            "sip_domain_sid",
            "SipDomainSid",
            sid("SD"),
            clears=False,
            required=lacks("SipDomainSid"),
            required_on=("create", "update"),
        ),
        CREATED_ISO,
        UPDATED_ISO,
        URL,
    ),
    rules=(
        Rule(
            ("create", "update"),
            _ends_are_there,
            "20001 for a mapping from or to what is not there",
            "guess",
            "voice_v1",
        ),
    ),
    audit="source-ip-mapping",
    evidence="spec",
    source="voice_v1",
)
SOURCE_TABLES = (RECORDS, MAPPINGS)

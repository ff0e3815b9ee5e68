"""Experiments with IP records and their mappings to SIP domains."""

from __future__ import annotations

from functools import partial
from typing import Any

from futel_twilio.sandbox.experiments.lab import UNSENT, Lab, fields, whole
from futel_twilio.sandbox.experiments.table import experiment

RECORD, MAPPING, DOMAIN = "IP record", "source IP mapping", "SIP domain"
ONE = "192.0.2.7"


def _record(lab: Lab) -> Any:
    return lab.make(partial(lab.client.voice.v1.ip_records.create, ip_address=ONE, friendly_name=lab.name()))


def _domain(lab: Lab) -> Any:
    return lab.make(partial(lab.client.sip.domains.create, lab.domain()))


@experiment(
    "Create an IP record with its address and nothing more, one with a bad address and one without.",
    "ip_records: what an unsent name",
    "ip_access: the code is documented",
    makes={RECORD: 3},
)
def records(lab: Lab) -> None:
    made = lab.client.voice.v1.ip_records
    lab.look("create", partial(made.create, ip_address=ONE), whole)
    lab.look("a bad address", partial(made.create, ip_address="192.0.2", friendly_name=lab.name()))
    lab.look("without an address", partial(made.create, ip_address=UNSENT, friendly_name=lab.name()))


@experiment(
    "Map an IP record to a domain, delete the record, the domain, and then the mapping first.",
    "ip_records: that a mapped record",
    "rules: whether Twilio refuses",
    makes={RECORD: 1, DOMAIN: 1, MAPPING: 1},
    rules=("IpRecords: 20409", "SIP/Domains: deleting a domain with mappings"),
)
def delete_mapped(lab: Lab) -> None:
    record, domain = _record(lab), _domain(lab)
    mappings = lab.client.voice.v1.source_ip_mappings
    made = lab.make(partial(mappings.create, ip_record_sid=record.sid, sip_domain_sid=domain.sid))
    lab.look("the mapping", mappings(made.sid).fetch, whole)
    lab.look("delete the record", record.delete)
    lab.look("delete the domain", domain.delete)
    lab.look("delete the mapping", made.delete)
    lab.look("delete the domain then", domain.delete)


@experiment(
    "Map an IP record to a domain that is not there, and a record that is not there to a domain.",
    "ip_records: the code.",
    makes={RECORD: 1, DOMAIN: 1, MAPPING: 3},
    rules=("SourceIpMappings: 20001",),
)
def absent_ends(lab: Lab) -> None:
    record, domain = _record(lab), _domain(lab)
    create = lab.client.voice.v1.source_ip_mappings.create
    lab.look("no domain", partial(create, ip_record_sid=record.sid, sip_domain_sid=lab.absent("SD")))
    lab.look("no record", partial(create, ip_record_sid=lab.absent("IL"), sip_domain_sid=domain.sid))
    made = lab.make(partial(create, ip_record_sid=record.sid, sip_domain_sid=domain.sid))
    lab.look(
        "moved to no domain", partial(made.update, sip_domain_sid=lab.absent("SD")), fields("sip_domain_sid")
    )

"""Experiments with domains that hold something: sub-domains, or what is mapped to them."""

from __future__ import annotations

from typing import Any

from futel_twilio.sandbox.experiments.lab import Lab, fields
from futel_twilio.sandbox.experiments.table import experiment


@experiment(
    "Create a sub-domain of a domain that is not there, and one of a domain that is.",
    makes={"SIP domain": 3},
    rules=("SIP/Domains: sub-domain whose parent",),
)
def parents(lab: Lab) -> None:
    domains = lab.client.sip.domains
    parent = lab.domain()
    lab.look("without a parent", lambda: domains.create(domain_name=lab.domain(parent)))
    lab.make(lambda: domains.create(domain_name=parent))
    lab.look("with one", lambda: domains.create(domain_name=lab.domain(parent)), fields("domain_name"))


@experiment(
    "Create a domain and a sub-domain of it, then delete the upper one.",
    makes={"SIP domain": 2},
    rules=("SIP/Domains: deleting or renaming a domain with sub-domains",),
)
def delete_parent(lab: Lab) -> None:
    lab.look("delete", lab.client.sip.domains(_family(lab)).delete)


@experiment(
    "Create a domain and a sub-domain of it, then rename the upper one.",
    "rules: a rename",
    makes={"SIP domain": 2},
)
def rename_parent(lab: Lab) -> None:
    parent = _family(lab)
    lab.look("rename", lambda: lab.client.sip.domains(parent).update(domain_name=lab.domain()))


@experiment(
    "Map a credential list to a domain's calls, delete the domain and look for both: 21233, or gone.",
    "rules: whether Twilio refuses",
    makes={"SIP domain": 1, "credential list": 1, "mapping for calls": 1},
    rules=("SIP/Domains: deleting a domain with mappings",),
)
def delete_mapped_for_calls(lab: Lab) -> None:
    domain, held = _pair(lab)
    lab.make(lambda: domain.auth.calls.credential_list_mappings.create(credential_list_sid=held))
    _delete_and_look(lab, domain, held)


@experiment(
    "The same with a credential list mapped to its registrations.",
    "rules: whether Twilio refuses",
    makes={"SIP domain": 1, "credential list": 1, "mapping for registrations": 1},
    rules=("SIP/Domains: deleting a domain with mappings",),
)
def delete_mapped_for_registrations(lab: Lab) -> None:
    domain, held = _pair(lab)
    lab.make(lambda: domain.auth.registrations.credential_list_mappings.create(credential_list_sid=held))
    _delete_and_look(lab, domain, held)


def _family(lab: Lab) -> str:
    """A domain with one sub-domain; the SID of the upper one."""
    name = lab.domain()
    parent = lab.make(lambda: lab.client.sip.domains.create(domain_name=name))
    lab.make(lambda: lab.client.sip.domains.create(domain_name=lab.domain(name)))
    return str(parent.sid)


def _pair(lab: Lab) -> tuple[Any, str]:
    """A domain, and the SID of a credential list."""
    domain = lab.make(lambda: lab.client.sip.domains.create(domain_name=lab.domain()))
    held = lab.make(lambda: lab.client.sip.credential_lists.create(friendly_name=lab.name()))
    return lab.client.sip.domains(domain.sid), str(held.sid)


def _delete_and_look(lab: Lab, domain: Any, held: str) -> None:
    lab.look("delete", domain.delete)
    lab.look("the domain", domain.fetch)
    lab.look("the list", lab.client.sip.credential_lists(held).fetch)

"""Experiments with credential lists."""

from __future__ import annotations

from functools import partial
from typing import Any

from futel_twilio.sandbox.experiments.lab import GOOD_PASSWORD, UNSENT, Lab, fields, whole
from futel_twilio.sandbox.experiments.table import experiment

RULE_DELETE = "SIP/CredentialLists: deleting a mapped credential list"


@experiment(
    "Create two credential lists of one FriendlyName, then one in capitals: whether and how it is refused.",
    "credential_lists: the refusal itself",
    makes={"credential list": 3},
    rules=("SIP/CredentialLists: `friendly_name` that is taken",),
)
def name_taken(lab: Lab) -> None:
    name = lab.name(suffix="-x")
    lists = lab.client.sip.credential_lists
    lab.look("create", lambda: lists.create(friendly_name=name), whole)
    lab.look("again", lambda: lists.create(friendly_name=name))
    lab.look("in capitals", lambda: lists.create(friendly_name=f"{name[:-1]}X"))


@experiment(
    "Rename a credential list to the name of another.",
    "credential_lists: the refusal itself",
    makes={"credential list": 2},
    rules=("SIP/CredentialLists: `friendly_name` that is taken",),
)
def renamed_to_a_taken_name(lab: Lab) -> None:
    name = lab.name()
    lists = lab.client.sip.credential_lists
    lab.make(lambda: lists.create(friendly_name=name))
    other = lab.make(lambda: lists.create(friendly_name=lab.name()))
    lab.look("rename", lambda: lists(other.sid).update(friendly_name=name))
    lab.look("its own name", lambda: lists(other.sid).update(friendly_name=other.friendly_name))


@experiment(
    "Create credential lists without a FriendlyName, with an empty one, and with 64 and 65 characters.",
    "values: the dictionary gives 20002",
    makes={"credential list": 4},
)
def names(lab: Lab) -> None:
    for step, name in {"missing": UNSENT, "empty": "", "64": lab.name(64), "65": lab.name(65)}.items():
        lab.look(
            step,
            partial(lab.client.sip.credential_lists.create, friendly_name=name),
            fields("friendly_name"),
        )


@experiment(
    "Map a credential list to a domain's calls, then delete the list: 21241 and its wording.",
    "rules: the code is documented, the wording",
    makes={"SIP domain": 1, "credential list": 1, "mapping for calls": 1},
    rules=(RULE_DELETE,),
)
def delete_mapped_for_calls(lab: Lab) -> None:
    domain, held = _pair(lab)
    lab.make(lambda: domain.auth.calls.credential_list_mappings.create(credential_list_sid=held))
    lab.look("delete", lab.client.sip.credential_lists(held).delete)


@experiment(
    "The same with a list mapped to registrations alone.",
    "rules: the code is documented, the wording",
    makes={"SIP domain": 1, "credential list": 1, "mapping for registrations": 1},
    rules=(RULE_DELETE,),
)
def delete_mapped_for_registrations(lab: Lab) -> None:
    domain, held = _pair(lab)
    lab.make(lambda: domain.auth.registrations.credential_list_mappings.create(credential_list_sid=held))
    lab.look("delete", lab.client.sip.credential_lists(held).delete)


@experiment(
    "Delete a credential list that holds a credential, then fetch both.",
    makes={"credential list": 1, "credential": 1},
)
def delete_full(lab: Lab) -> None:
    made = lab.make(lambda: lab.client.sip.credential_lists.create(friendly_name=lab.name()))
    one = lab.client.sip.credential_lists(made.sid)
    user = lab.make(lambda: one.credentials.create(lab.name(), GOOD_PASSWORD))
    lab.look("delete", one.delete)
    lab.look("the list", one.fetch)
    lab.look("the credential", one.credentials(user.sid).fetch)


def _pair(lab: Lab) -> tuple[Any, str]:
    domain = lab.make(lambda: lab.client.sip.domains.create(domain_name=lab.domain()))
    held = lab.make(lambda: lab.client.sip.credential_lists.create(friendly_name=lab.name()))
    return lab.client.sip.domains(domain.sid), str(held.sid)

"""Experiments with IP access control lists and the addresses in them."""

from __future__ import annotations

from functools import partial
from typing import Any

from futel_twilio.sandbox.experiments.lab import UNSENT, Lab, fields, whole
from futel_twilio.sandbox.experiments.table import experiment

LIST, ENTRY = "IP access control list", "IP address"
ONE = "192.0.2.1"


def _list(lab: Lab) -> Any:
    made = lab.make(partial(lab.client.sip.ip_access_control_lists.create, friendly_name=lab.name()))
    return lab.client.sip.ip_access_control_lists(made.sid)


@experiment(
    "Create two IP access control lists of one name: whether the second is refused, and how.",
    "ip_access: a duplicate of either kind",
    makes={LIST: 2},
    rules=("SIP/IpAccessControlLists: `friendly_name` that is taken",),
)
def name_taken(lab: Lab) -> None:
    name, lists = lab.name(), lab.client.sip.ip_access_control_lists
    lab.look("create", partial(lists.create, friendly_name=name), whole)
    lab.look("again", partial(lists.create, friendly_name=name))


@experiment(
    "Create IP access control lists without a FriendlyName, with an empty one, with 255 and 256 characters.",
    "values: the dictionary gives 20002",
    makes={LIST: 4},
)
def names(lab: Lab) -> None:
    for step, name in {"missing": UNSENT, "empty": "", "255": lab.name(255), "256": lab.name(256)}.items():
        lab.look(step, partial(lab.client.sip.ip_access_control_lists.create, friendly_name=name))


@experiment(
    "Put one address twice into a list, then into its range: whether it is refused, and how.",
    "ip_access: a duplicate of either kind",
    makes={LIST: 1, ENTRY: 3},
    rules=("SIP/IpAccessControlLists/<parent>/IpAddresses: `ip_address` that is taken",),
)
def address_twice(lab: Lab) -> None:
    entries = _list(lab).ip_addresses
    lab.look("create", partial(entries.create, lab.name(), ONE), whole)
    lab.look("again", partial(entries.create, lab.name(), ONE))
    lab.look("as a range", partial(entries.create, lab.name(), ONE, cidr_prefix_length=24))


@experiment(
    "Create addresses of three parts, beyond 255, of IPv6, with a prefix inside, and none: 21238's wording.",
    "ip_access: the code is documented",
    makes={LIST: 1, ENTRY: 6},
)
def malformed_addresses(lab: Lab) -> None:
    entries = _list(lab).ip_addresses
    for address in ("192.0.2", "192.0.2.256", "2001:db8::1", "192.0.2.0/24", ""):
        lab.look(address or "empty", partial(entries.create, lab.name(), address), fields("ip_address"))
    lab.look("missing", partial(entries.create, lab.name(), UNSENT))


@experiment(
    "Create addresses with a prefix of 0, 24, 33 and a word.",
    "values: v2010 says little",
    makes={LIST: 1, ENTRY: 4},
)
def prefixes(lab: Lab) -> None:
    entries = _list(lab).ip_addresses
    for number, prefix in enumerate((0, 24, 33, "x")):
        lab.look(
            f"prefix {prefix}",
            partial(entries.create, lab.name(), f"192.0.{number}.0", cidr_prefix_length=prefix),
            fields("cidr_prefix_length"),
        )


@experiment(
    "Map an IP access control list to a domain, then delete the list: 21236 and its wording.",
    "rules: the code is documented, the wording",
    makes={"SIP domain": 1, LIST: 1, "mapping for calls by address": 1},
    rules=("SIP/IpAccessControlLists: deleting a mapped IP access control list",),
)
def delete_mapped(lab: Lab) -> None:
    domain = lab.make(partial(lab.client.sip.domains.create, lab.domain()))
    held = lab.make(partial(lab.client.sip.ip_access_control_lists.create, friendly_name=lab.name()))
    calls = lab.client.sip.domains(domain.sid).auth.calls.ip_access_control_list_mappings
    lab.make(partial(calls.create, ip_access_control_list_sid=held.sid))
    lab.look("delete", lab.client.sip.ip_access_control_lists(held.sid).delete)

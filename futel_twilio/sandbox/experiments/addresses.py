"""Experiments with addresses. An address is free, for emergencies too, until a number registers it."""

from __future__ import annotations

from functools import partial
from typing import Any

from futel_twilio.sandbox.experiments.lab import UNSENT, Lab, fields, of_run, whole
from futel_twilio.sandbox.experiments.table import experiment

ADDRESS = "address"
# The one that Twilio's documentation uses.
WHERE = {
    "street": "645 Harrison Street",
    "city": "San Francisco",
    "region": "CA",
    "postal_code": "94107",
    "iso_country": "US",
}
VALIDATION = "Addresses: 21628 for a wrong address; 21629 with a suggestion"


def _create(lab: Lab, **other: Any) -> Any:
    """A call that creates one with what is required, a name, and something else."""
    form = {**WHERE, "customer_name": "Parity", "friendly_name": lab.name()}
    return partial(lab.client.addresses.create, **{**form, **other})


@experiment(
    "Create an address without a name, one for emergencies and one not: what unset and `validated` read as.",
    "addresses: what an unsent name",
    "addresses: only an address for emergencies",
    makes={ADDRESS: 2},
)
def unset_fields(lab: Lab) -> None:
    lab.look("plain", _create(lab, customer_name=lab.name(), friendly_name=UNSENT), whole)
    lab.look("for emergencies", _create(lab, emergency_enabled=True), fields("validated", "verified"))


@experiment(
    "Create addresses without each of the six required parameters, and with each empty.",
    "errors: the code and the wording",
    "addresses: how long it may be",
    makes={ADDRESS: 12},
)
def missing_parameters(lab: Lab) -> None:
    for name in ("customer_name", *WHERE):
        lab.look(f"without {name}", _create(lab, **{name: UNSENT}))
        lab.look(f"empty {name}", _create(lab, **{name: ""}))


@experiment(
    "Create addresses in a country in lower case, in none that there is, and with lines of 300 characters.",
    "addresses: lower case is refused",
    "addresses: how long it may be",
    makes={ADDRESS: 4},
)
def bad_values(lab: Lab) -> None:
    lab.look("us", _create(lab, iso_country="us"), fields("iso_country"))
    lab.look("ZZ", _create(lab, iso_country="ZZ"), fields("iso_country"))
    lab.look("a long customer", _create(lab, customer_name=lab.name(300)))
    lab.look("a long second line", _create(lab, street_secondary=lab.name(300)))


@experiment(
    "Create addresses for emergencies with a name of 33 characters and a customer of 65 bytes.",
    "addresses: the length is documented",
    "addresses: the same code",
    makes={ADDRESS: 4},
    rules=("Addresses: an emergency address has a short name and customer",),
)
def emergency_lengths(lab: Lab) -> None:
    lab.look("name of 32", _create(lab, emergency_enabled=True, friendly_name=lab.name(32)))
    lab.look("name of 33", _create(lab, emergency_enabled=True, friendly_name=lab.name(33)))
    lab.look("customer of 65 bytes", _create(lab, emergency_enabled=True, customer_name=lab.name(65)))
    lab.look("name of 65, not for emergencies", _create(lab, friendly_name=lab.name(65)))


@experiment(
    "Create an address for emergencies whose street does not exist, corrected or not: 21628 and its wording.",
    "addresses: the code is documented, the wording",
    makes={ADDRESS: 2},
    rules=(VALIDATION,),
)
def wrong_address(lab: Lab) -> None:
    street = "99999 This Street does not exist"
    for correct in (True, False):
        call = _create(lab, emergency_enabled=True, street=street, auto_correct_address=correct)
        lab.look(f"AutoCorrectAddress={str(correct).lower()}", call, fields("street", "validated"))


@experiment(
    "Create addresses for emergencies with a postal code and a region that are none: refused, or corrected.",
    "addresses: that a wrong postal code or region",
    makes={ADDRESS: 4},
    rules=(VALIDATION,),
)
def impossible_addresses(lab: Lab) -> None:
    shown = fields("postal_code", "region", "validated")
    for wrong in ({"postal_code": "999"}, {"postal_code": "ABCDE"}, {"region": "ZZ"}, {"region": "Oregon"}):
        (words,) = wrong.values()
        lab.look(words, _create(lab, emergency_enabled=True, **wrong), shown)


@experiment(
    "Create an address for emergencies that needs correction, with and without AutoCorrectAddress: 21629.",
    "addresses: which parts follow the street",
    makes={ADDRESS: 2},
    rules=(VALIDATION,),
)
def correctable_address(lab: Lab) -> None:
    street = "645 Harrison Street needs correction"
    for correct in (False, True):
        call = _create(lab, emergency_enabled=True, street=street, auto_correct_address=correct)
        lab.look(f"AutoCorrectAddress={str(correct).lower()}", call, fields("street", "validated"))


@experiment(
    "Filter addresses by each of the four filters, rename one and delete it twice.",
    makes={ADDRESS: 2},
)
def filters_and_deletion(lab: Lab) -> None:
    addresses, customer, shown = lab.client.addresses, lab.name(), of_run(lab, "friendly_name")
    made = lab.make(_create(lab, customer_name=customer))
    lab.make(_create(lab, emergency_enabled=True))
    for step, sought in {
        "by customer": {"customer_name": customer},
        "by name": {"friendly_name": made.friendly_name},
        "for emergencies": {"emergency_enabled": True},
        "in Canada": {"iso_country": "CA"},
    }.items():
        lab.look(step, partial(addresses.page, page_size=1000, **sought), shown)
    one = addresses(made.sid)
    lab.look("rename", partial(one.update, friendly_name=""), fields("friendly_name"))
    lab.look("delete", one.delete)
    lab.look("delete again", one.delete)

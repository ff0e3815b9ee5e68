"""Experiments with phone numbers: purchases that can only be refused, and a number that is lent for it."""

from __future__ import annotations

from functools import partial
from typing import Any

from futel_twilio.sandbox.experiments.lab import Lab, fields, items, of_run
from futel_twilio.sandbox.experiments.table import NUMBER, experiment

INVALID, NOT_SOLD = "+15005550001", "+15335550100"
ABSENT_REFUSAL = "IncomingPhoneNumbers*: 21420 for an application"
WHERE = {
    "street": "645 Harrison Street",
    "city": "San Francisco",
    "region": "CA",
    "postal_code": "94107",
    "iso_country": "US",
}


@experiment(
    "Ask for numbers that nobody can own: two digits, a word, Twilio's test number and one that is not sold.",
    "purchase: the wording; the code is documented",
    "stock: a number that nobody sells",
    rules=(
        "IncomingPhoneNumbers*: field `phone_number`",
        "IncomingPhoneNumbers*: a number by itself or by its area code",
        "IncomingPhoneNumbers*: `phone_number` that is taken",
    ),
)
def purchases_refused(lab: Lab) -> None:
    for number in ("+1", "x", INVALID, NOT_SOLD):
        lab.look(number, partial(lab.client.incoming_phone_numbers.create, phone_number=number))
    lab.look("local", partial(lab.client.incoming_phone_numbers.local.create, phone_number=INVALID))


@experiment(
    "Filter the account's numbers by a word, a wildcard and digits that no number has, and fetch an absent one.",
    "incoming: a filter of anything else",
)
def filters(lab: Lab) -> None:
    page = lab.client.incoming_phone_numbers.page
    for sought in ("abc", "+1533*", "*15335550100"):
        lab.look(f"PhoneNumber={sought}", partial(page, phone_number=sought), items("sid"))
    lab.look("beta=perhaps", partial(page, beta="perhaps", phone_number="+1533*"), items("sid"))
    lab.look("absent", lab.client.incoming_phone_numbers(lab.absent("PN")).fetch)


@experiment(
    "Point the number to an application, an address and an emergency address that are not there.",
    "incoming: the code is documented, the wording",
    "incoming: the code.",
    "emergency: the code; that the address must be enabled",
    rules=(ABSENT_REFUSAL, "IncomingPhoneNumbers*: 400 for an address that is not there"),
    needs=NUMBER,
)
def absent_references(lab: Lab) -> None:
    one = _number(lab)
    lab.look("application", partial(one.update, voice_application_sid=lab.absent("AP")))
    lab.look("SMS application", partial(one.update, sms_application_sid=lab.absent("AP")))
    lab.look("address", partial(one.update, address_sid=lab.absent("AD")))
    lab.look("emergency address", partial(one.update, emergency_address_sid=lab.absent("AD")))


@experiment(
    "Give the number an emergency address that is not enabled for emergencies: code and wording.",
    "emergency: the code; that the address must be enabled",
    makes={"address": 1},
    needs=NUMBER,
)
def address_not_for_emergencies(lab: Lab) -> None:
    made = lab.make(_address(lab))
    lab.look(
        "emergency address",
        partial(_number(lab).update, emergency_address_sid=made.sid),
        fields("emergency_address_status"),
    )


@experiment(
    "Give the number an address, look whether the address names it, delete the address, and clear it.",
    "addresses: the code is documented, the status",
    "dependent: a number depends on the address",
    makes={"address": 1},
    rules=(
        "Addresses: 21625 for deleting an address that a number uses",
        "IncomingPhoneNumbers*: an address knows the numbers",
    ),
    needs=NUMBER,
)
def address_in_use(lab: Lab) -> None:
    made, one = lab.make(_address(lab)), _number(lab)
    lab.look("address", partial(one.update, address_sid=made.sid), fields("address_sid"))
    lab.look("dependent", lab.client.addresses(made.sid).dependent_phone_numbers.page, items("sid"))
    lab.look("delete it", lab.client.addresses(made.sid).delete)
    lab.look("clear it", partial(one.update, address_sid=""), fields("address_sid"))
    lab.look("delete it again", lab.client.addresses(made.sid).delete)


@experiment(
    "Point the number to an application, set EmergencyStatus, a bad URL and fallbacks alone, and undo it.",
    makes={"application": 1},
    rules=(
        "IncomingPhoneNumbers*: EmergencyStatus is ignored",
        "IncomingPhoneNumbers*: field `emergency_status`",
        "IncomingPhoneNumbers*: field `emergency_address_status`",
        "IncomingPhoneNumbers*: field `status`",
        "IncomingPhoneNumbers*: 21405",
        "IncomingPhoneNumbers*: 21406",
        "Addresses/<parent>/DependentPhoneNumbers: field `emergency_status`",
    ),
    needs=NUMBER,
)
def routing(lab: Lab) -> None:
    made = lab.make(partial(lab.client.applications.create, friendly_name=lab.name(), voice_url=lab.url()))
    one, shown = _number(lab), fields("status", "emergency_status", "emergency_address_status")
    lab.look("fetch", one.fetch, shown)
    lab.look("EmergencyStatus", partial(one.update, emergency_status="Active"), shown)
    lab.look("a bad URL", partial(one.update, voice_url="nonsense"))
    lab.look("a fallback alone", partial(one.update, voice_url="", voice_fallback_url=lab.url()))
    lab.look("an SMS fallback alone", partial(one.update, sms_url="", sms_fallback_url=lab.url()))
    application = fields("voice_application_sid", "trunk_sid")
    lab.look("application", partial(one.update, voice_application_sid=made.sid), application)
    lab.look("delete it", lab.client.applications(made.sid).delete)
    lab.look("what the number names", one.fetch, application)


@experiment(
    "Give the number a name, find it by the name, by its digits and by a part of them.",
    needs=NUMBER,
)
def found(lab: Lab) -> None:
    name, one = lab.name(), _number(lab)
    digits = lab.make(partial(one.update, friendly_name=name)).phone_number
    page, shown = lab.client.incoming_phone_numbers.page, of_run(lab, "friendly_name")
    lab.look("by name", partial(page, friendly_name=name), shown)
    lab.look("by digits", partial(page, phone_number=digits), shown)
    lab.look("by a part", partial(page, phone_number=digits[2:8]), shown)


def _number(lab: Lab) -> Any:
    return lab.client.incoming_phone_numbers(lab.number)


def _address(lab: Lab) -> Any:
    return partial(lab.client.addresses.create, **WHERE, customer_name="Parity", friendly_name=lab.name())

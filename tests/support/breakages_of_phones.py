"""Every way in which the tests break what belongs to phones, and the checks that have to report it.

Done as in `breakages`; what neither a client nor the sandbox's settings can do (a password that is old, an address
that Twilio has been busy with for days) is a dump of the sandbox, doctored and seeded again.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import requests

from tests.support.breakages import BREAKAGES, PHONES, PLAN, QUIET, Account, of_callers, of_domain

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.breakages import Breakage

PASSWORD = "Another-Passw0rd"
ALDER, BIRCH, DOGWOOD, EXTERNAL = (f"+150355501{last}" for last in ("01", "02", "03", "99"))
DAY = 86_400.0
Stored = dict[str, "Any"]


def of_number(number: str, *checks: str) -> set[str]:
    return {f"numbers/{check}[{number}]" for check in checks}


def of_credential(name: str, *checks: str) -> set[str]:
    return {f"credentials/{check}[{name}]" for check in checks}


def of_911(name: str, *checks: str) -> set[str]:
    return {f"emergency/{check}[911 of {name}]" for check in checks}


def of_phones_without_911(check: str) -> set[str]:
    return {f"domains/{check}[{name}]" for name in ("cedar-lot", "elm-office")}


STRANGER = {"credentials/none_that_no_client_owns"}
SPARE_NUMBER = {"numbers/none_that_nobody_wished_for"}
SPARE_ADDRESS = {"emergency/no_address_that_nobody_wished_for"}


def number(account: Account, phone_number: str = ALDER) -> Any:
    return account.client.incoming_phone_numbers.list(phone_number=phone_number)[0]


def credential(account: Account, name: str) -> Any:
    return next(one for one in account.phones().credentials.list() if one.username == name)


def add_credential(account: Account, name: str, list_sid: str = "") -> None:
    sid = list_sid or account.phones().sid
    account.client.sip.credential_lists(sid).credentials.create(username=name, password=PASSWORD)


def doctor(account: Account, change: Callable[[Stored], object], **which: str) -> None:
    """Change the objects of the sandbox's store that have these values, by a dump and a seed."""
    state = requests.get(f"{account.url}/_sandbox/dump", timeout=60).json()
    found = [one for one in state["objects"] if which.items() <= _plain(one).items()]
    assert found
    for one in found:
        change(one)
    state["objects"] = [one for one in state["objects"] if one["sid"]]
    account.post("reset")
    account.post("seed", **state)


def _plain(stored: Stored) -> dict[str, str]:
    return {name: value for name, value in {**stored["body"], **stored}.items() if isinstance(value, str)}


def age(stored: Stored, seconds: float) -> None:
    stored["updated"] -= seconds


def rename_credential(account: Account) -> None:
    credential(account, "alder-street").delete()
    add_credential(account, "alder-str")


def move_credential(account: Account) -> None:
    credential(account, "cedar-lot").delete()
    add_credential(account, "cedar-lot", account.other_list())


def drop_credentials(account: Account) -> None:
    for one in account.phones().credentials.list():
        one.delete()


def rotate(account: Account) -> None:
    credential(account, "birch-corner").update(password=PASSWORD)
    doctor(account, partial(age, seconds=-DAY / 24), username="birch-corner")


def make_anew(account: Account) -> None:
    credential(account, "birch-corner").delete()
    add_credential(account, "birch-corner")
    doctor(account, partial(age, seconds=-DAY / 24), username="birch-corner")


def answered_by(account: Account, application: str, phone_number: str = ALDER) -> None:
    number(account, phone_number).update(voice_application_sid=account.app(application).sid)


def answered_by_a_stranger(account: Account) -> None:
    account.client.applications.create(friendly_name="old-menu")
    answered_by(account, "old-menu")


def buy(account: Account, phone_number: str) -> None:
    account.client.incoming_phone_numbers.create(phone_number=phone_number)


def unverify(account: Account) -> None:
    for one in account.client.outgoing_caller_ids.list():
        one.delete()


def verify_another(account: Account) -> None:
    unverify(account)
    account.post("caller-ids", phone_number="+15035550198")


def at_once(account: Account, outcome: str = "success", seconds: float = 0.0) -> None:
    """How long Twilio takes with 911 from now on, and how it ends."""
    account.post("settings", emergency_delay_seconds=seconds, emergency_outcome=outcome)


def detach(account: Account, phone_number: str = ALDER) -> None:
    number(account, phone_number).update(emergency_address_sid="")


def attach(account: Account, sid: str, phone_number: str = ALDER) -> None:
    number(account, phone_number).update(emergency_address_sid=sid)


def address(account: Account, name: str = "alder-street") -> Any:
    return next(one for one in account.client.addresses.list() if one.friendly_name == name)


def tell(account: Account, sid: str, phone_number: str = ALDER) -> None:
    """Let 911 be reported another address, and be done with it."""
    at_once(account)
    detach(account, phone_number)
    attach(account, sid, phone_number)


def new_address(account: Account, name: str = "alder-street", **other: str) -> str:
    """The address of a phone but for what is named, as a new one."""
    parts = ("customer_name", "street", "street_secondary", "city", "region", "postal_code", "iso_country")
    was = address(account, name)
    values = {part: getattr(was, part) for part in parts if getattr(was, part)} | other
    made = account.client.addresses.create(friendly_name=name, emergency_enabled=True, **values)
    return str(made.sid)


def elsewhere(
    name: str = "alder-street", phone_number: str = ALDER, **other: str
) -> Callable[[Account], None]:
    return lambda account: tell(account, new_address(account, name, **other), phone_number)


def swap(account: Account) -> None:
    alder, birch = address(account).sid, address(account, "birch-corner").sid
    at_once(account)
    detach(account)
    detach(account, BIRCH)
    attach(account, birch)
    attach(account, alder, BIRCH)


def take_off(account: Account, outcome: str = "success", seconds: float = 0.0) -> None:
    at_once(account, outcome, seconds)
    detach(account)


def put_on_again(account: Account, outcome: str = "success", seconds: float = 0.0) -> None:
    sid = address(account).sid
    take_off(account)
    at_once(account, outcome, seconds)
    attach(account, sid)


def hang(begin: Callable[..., None]) -> Callable[[Account], None]:
    """Begin something with 911 two days ago that Twilio is not done with."""

    def since_then(account: Account) -> None:
        begin(account, seconds=DAY)
        doctor(account, partial(age, seconds=2 * DAY), phone_number=ALDER)

    return since_then


def one_caller(account: Account, phone_number: str) -> None:
    account.domain().update(emergency_caller_sid=number(account, phone_number).sid)


def of_address(**body: object) -> Callable[[Account], None]:
    return lambda account: doctor(
        account, lambda stored: stored["body"].update(body), kind="address", friendly_name="alder-street"
    )


def lose_address(account: Account) -> None:
    doctor(account, lambda stored: stored.update(sid=""), kind="address", friendly_name="alder-street")


OFF_ALDER = of_911("alder-street", "registered", "address")


def drop_quiet_domain(account: Account) -> None:
    """The SIP domain of the phones without 911 is deleted, after its mappings."""
    account.unmap("calls", QUIET)
    account.unmap("registrations", QUIET)
    account.domain(QUIET).delete()


OF_PHONES: dict[str, Breakage] = {
    "SIP domain of phones without 911 deleted": (
        drop_quiet_domain,
        {PLAN, *of_domain(QUIET, "there"), *of_phones_without_911("of_a_phone")},
    ),
    "credential deleted": (
        lambda a: credential(a, "alder-street").delete(),
        of_credential("alder-street", "there"),
    ),
    "credential of stage deleted": (
        lambda a: credential(a, "dogwood-stage").delete(),
        of_credential("dogwood-stage", "there"),
    ),
    "every credential deleted": (
        drop_credentials,
        {check for name in PHONES for check in of_credential(name, "there")},
    ),
    "credential has another name": (rename_credential, of_credential("alder-street", "there") | STRANGER),
    "credential of nobody": (lambda a: add_credential(a, "karl"), STRANGER),
    "credential of nobody on another list": (
        lambda a: add_credential(a, "karl", a.other_list()),
        STRANGER,
    ),
    "credential on another list too": (
        lambda a: add_credential(a, "cedar-lot", a.other_list()),
        of_credential("cedar-lot", "on_no_other_list"),
    ),
    "credential moved to another list": (
        move_credential,
        of_credential("cedar-lot", "there", "on_no_other_list"),
    ),
    "password changed behind our back": (rotate, of_credential("birch-corner", "changed_by_us")),
    "credential made anew behind our back": (make_anew, of_credential("birch-corner", "changed_by_us")),
    "password is old": (
        lambda a: doctor(a, partial(age, seconds=400 * DAY), username="elm-office"),
        of_credential("elm-office", "age"),
    ),
    "every password is old": (
        lambda a: doctor(a, partial(age, seconds=366.5 * DAY), kind="credential"),
        {check for name in PHONES for check in of_credential(name, "age")},
    ),
    "number released": (lambda a: number(a, DOGWOOD).delete(), of_number(DOGWOOD, "there")),
    "number of 911 released": (lambda a: number(a).delete(), of_number(ALDER, "there")),
    "number answered by stage": (
        lambda a: answered_by(a, "incoming-stage"),
        of_number(ALDER, "application"),
    ),
    "number of stage answered by prod": (
        lambda a: answered_by(a, "incoming-prod", DOGWOOD),
        of_number(DOGWOOD, "application"),
    ),
    "number answered by a stranger": (answered_by_a_stranger, of_number(ALDER, "application")),
    "number answered by no application": (
        lambda a: number(a, BIRCH).update(voice_application_sid="", voice_url="https://old.example.com/"),
        of_number(BIRCH, "application"),
    ),
    "number on a trunk": (
        lambda a: number(a).update(trunk_sid="TK" + "1" * 32),
        of_number(ALDER, "no_trunk", "application"),
    ),
    "number takes messages": (
        lambda a: number(a, BIRCH).update(sms_url="https://demo.example.com/sms"),
        of_number(BIRCH, "sms_url"),
    ),
    "application takes the messages of a number": (
        lambda a: number(a, BIRCH).update(sms_application_sid=a.app().sid),
        of_number(BIRCH, "sms_application"),
    ),
    "number has another name": (
        lambda a: number(a).update(friendly_name="(503) 555-0101"),
        of_number(ALDER, "friendly_name"),
    ),
    "unmanaged number": (lambda a: buy(a, "+15035550150"), SPARE_NUMBER),
    "number of another carrier bought": (lambda a: buy(a, EXTERNAL), SPARE_NUMBER),
    "caller ID of another carrier gone": (unverify, of_number(EXTERNAL, "external_is_verified")),
    "another caller ID is verified": (verify_another, of_number(EXTERNAL, "external_is_verified")),
    "911 address on a number that needs none": (
        lambda a: attach(a, address(a).sid, DOGWOOD),
        of_number(DOGWOOD, "pays_for_no_911"),
    ),
    "911 address taken off": (take_off, OFF_ALDER),
    "911 address is being taken off": (lambda a: take_off(a, seconds=DAY), OFF_ALDER),
    "911 address was not taken off": (lambda a: take_off(a, "failure"), OFF_ALDER),
    "911 address is on its way": (
        lambda a: put_on_again(a, seconds=DAY),
        of_911("alder-street", "registered"),
    ),
    "911 address was not registered": (
        lambda a: put_on_again(a, "failure"),
        of_911("alder-street", "registered"),
    ),
    "911 address on its way for days": (
        hang(put_on_again),
        of_911("alder-street", "registered") | {f"emergency/not_pending_for_long[{ALDER}]"},
    ),
    "911 address being taken off for days": (
        hang(take_off),
        OFF_ALDER | {f"emergency/not_pending_for_long[{ALDER}]"},
    ),
    "911 knows another street": (
        elsewhere(street="2 SW Example St"),
        of_911("alder-street", "address") | SPARE_ADDRESS,
    ),
    "911 knows another city": (
        elsewhere(city="Salem"),
        of_911("alder-street", "address") | SPARE_ADDRESS,
    ),
    "911 knows another state": (
        elsewhere(region="WA"),
        of_911("alder-street", "address") | SPARE_ADDRESS,
    ),
    "911 knows another postal code": (
        elsewhere(postal_code="97209"),
        of_911("alder-street", "address") | SPARE_ADDRESS,
    ),
    "911 knows another door": (
        elsewhere("birch-corner", BIRCH, street_secondary="Cellar"),
        of_911("birch-corner", "address") | SPARE_ADDRESS,
    ),
    "911 knows each other's address": (
        swap,
        of_911("alder-street", "address") | of_911("birch-corner", "address"),
    ),
    "911 knows one address of two phones": (
        lambda a: tell(a, address(a).sid, BIRCH),
        of_911("birch-corner", "address"),
    ),
    "911 address is not validated": (
        of_address(validated=False),
        of_911("alder-street", "address_is_validated"),
    ),
    "911 address is not for emergencies": (
        of_address(emergency_enabled=False),
        of_911("alder-street", "address_is_for_emergencies"),
    ),
    "911 address has vanished": (lose_address, of_911("alder-street", "address")),
    "address where no phone stands": (lambda a: new_address(a, street="9 Elsewhere Rd"), SPARE_ADDRESS),
    "911 calls of a domain come from one phone": (
        lambda a: one_caller(a, ALDER),
        of_callers("shares_no_number") | {"emergency/calls_from_its_own_number[birch-corner]"},
    ),
    "911 calls of a domain come from another number": (
        lambda a: one_caller(a, DOGWOOD),
        of_callers("shares_no_number", "calls_from_its_own_number"),
    ),
}
EVERY: dict[str, Breakage] = {**BREAKAGES, **OF_PHONES}

"""911: whether the emergency services learn where each phone is that may call them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from futel_twilio.audit.checks import CheckFailed, check, expect, expect_no_other
from futel_twilio.resources import relations
from futel_twilio.text import quoted

if TYPE_CHECKING:
    from futel_twilio.audit.account_data import AccountData
    from futel_twilio.resources.phones import Address, PhoneClient, PhoneNumber
    from futel_twilio.resources.state import AccountState
    from futel_twilio.resources.voice import SipDomain

LONGEST_PENDING = timedelta(days=1)
UPDATE = "Run `invoke update-client {name}`."
CHANGE = "Run `invoke change-address {name}`: the phone has no 911 for some minutes meanwhile."
ONE_CALLER = (
    "Empty the emergency caller of the SIP domain in the Twilio console, under Voice, SIP domains: with it every "
    "911 call comes from one number."
)


@check("emergency", severity="critical", problem="911 has no registered address for {name}.", remedy=UPDATE)
def test_registered(its_number: PhoneNumber) -> None:
    """The emergency services have an address for the number of the phone."""
    expect(its_number.emergency_address_status, "registered")


@check(
    "emergency",
    severity="critical",
    problem="The 911 address of {name} is not where it stands.",
    remedy=CHANGE,
    private=True,
)
def test_address(place: PhoneClient, its_number: PhoneNumber, account_data: AccountData) -> None:
    """The 911 address is where the phone stands."""
    held = account_data.held.get(its_number.name)
    # That it is one for emergencies is asked below.
    found = replace(held, emergency_enabled=True).name if held else its_number.emergency_address
    expect(found, place.address.name if place.address else "")


@check(
    "emergency",
    severity="critical",
    problem="Twilio has not validated the address of {name}.",
    remedy="Write it in clients.toml as the postal service knows it, and run `invoke change-address {name}`.",
)
def test_address_is_validated(its_address: Address) -> None:
    """Twilio has validated the address of the phone."""
    expect(its_address.validated, True)


@check(
    "emergency",
    severity="critical",
    problem="The address of {name} is not enabled for emergencies.",
    remedy=CHANGE,
)
def test_address_is_for_emergencies(its_address: Address) -> None:
    """The address of the phone is enabled for emergencies."""
    expect(its_address.emergency_enabled, True)


@check(
    "emergency",
    severity="critical",
    problem="The 911 registration of {name} is stuck.",
    remedy="Ask Twilio's support why its 911 address is stuck; `invoke list-numbers` shows what Twilio says of it.",
)
def test_not_pending_for_long(the_number: PhoneNumber, account_data: AccountData) -> None:
    """No change of the number's 911 address takes longer than a day."""
    # GUESS: the date of a number moves when its address is put on or taken off, and not while that is pending.
    since, status = the_number.date_updated, the_number.emergency_address_status
    if status.startswith("pending") and since and account_data.read_at - since > LONGEST_PENDING:
        raise CheckFailed("done within a day", f"{status} since {since:%Y-%m-%d %H:%M} UTC")


def caller_of(client: PhoneClient, desired: AccountState, account_data: AccountData) -> str:
    """The number that a phone calls 911 from: its own, unless its SIP domain has one for all.

    GUESS: that `EmergencyCallerSid` of a SIP domain stands in for the caller's own number even where that has an
    address; Twilio's documentation calls it the call-back number of the domain's emergency calls.
    """
    domain = relations.domain_of(client, desired)
    found = [one for one in account_data.state.domains if domain and one.name == domain.name]
    sid = found[0].emergency_caller_sid if len(found) == 1 else ""
    numbers = {number.sid: number.name for number in account_data.state.numbers}
    return numbers.get(sid, sid) or client.caller_id


@check(
    "emergency",
    severity="critical",
    problem="{name} calls 911 from a number that is not its own.",
    remedy=ONE_CALLER,
)
def test_calls_from_its_own_number(
    phone: PhoneClient, desired: AccountState, account_data: AccountData
) -> None:
    """The phone calls 911 from its own number, so that 911 sees its own address."""
    expect(caller_of(phone, desired, account_data), phone.caller_id)


@check(
    "emergency",
    severity="critical",
    problem="{name} shares its 911 number with other phones.",
    remedy=f"Give each its own number in the inventory and run `invoke sync-clients --env {{env}}`. {ONE_CALLER}",
)
def test_shares_no_number(phone: PhoneClient, desired_all: AccountState, account_data: AccountData) -> None:
    """No other phone calls 911 from the same number: help would go to one of them."""
    callers = [one for one in desired_all.clients if one.enable_emergency and one.name != phone.name]
    number = caller_of(phone, desired_all, account_data)
    others = {one.name for one in callers if caller_of(one, desired_all, account_data) == number}
    expect_no_other(others, "no other phone")


@check(
    "urgent",
    "emergency",
    severity="critical",
    problem="{name} has no SIP domain.",
    remedy="Run `invoke setup --env {env}`.",
)
def test_domain_is_there(phone: PhoneClient, desired: AccountState, account_data: AccountData) -> None:
    """There is a SIP domain for the phone."""
    domain = relations.domain_of(phone, desired)
    if domain is None:
        raise CheckFailed("a SIP domain for phones that may call 911", "none in estate.toml")
    expect({d.name for d in account_data.state.domains} & {domain.name}, {domain.name})


@check(
    "emergency",
    severity="critical",
    problem="The SIP domain of {name} does not pass 911 calls on.",
    remedy="Run `invoke update-domains --env {env}`.",
)
def test_domain_calls_911(the_domain_of: SipDomain) -> None:
    """A 911 call of the phone goes straight to the emergency services."""
    expect(the_domain_of.emergency_calling_enabled, True)


@check(
    "hygiene",
    severity="warning",
    problem="Emergency addresses belong to no phone of the inventory.",
    remedy="If no phone stands there any more, delete them; `invoke list-addresses` shows their numbers.",
    asked="clients",
    private=True,
)
def test_no_address_that_nobody_wished_for(desired_all: AccountState, account_data: AccountData) -> None:
    """Every emergency address of the account is where a phone of the inventory stands."""
    expected = {address.name for address in desired_all.addresses}
    others = [
        one for one in account_data.state.addresses if one.emergency_enabled and one.name not in expected
    ]
    steps = ", ".join(f"`invoke delete-address {quoted(one.sid)}`" for one in others)
    remedy = f"If no phone stands there any more, {steps}; `invoke list-addresses` shows their numbers."
    expect_no_other((one.name for one in others), "only those of phones", remedy=remedy)

"""Phone numbers: what phones call from, and what answers when they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.audit.checks import check, expect

if TYPE_CHECKING:
    from futel_twilio.audit.account_data import AccountData
    from futel_twilio.resources.phones import PhoneNumber
    from futel_twilio.resources.state import AccountState

UPDATE = "Run `invoke update-number {name}`."
TAKE_OVER = "Find out what uses it; then run `invoke update-number {name} --take-over {name}`."


@check(
    "urgent",
    severity="critical",
    remedy="Buy it with `invoke create-number {name}`; if it lives with another carrier, name it under "
    "external_numbers in clients.toml.",
)
def test_there(number: PhoneNumber, account_data: AccountData) -> None:
    """The account holds the number that phones call from."""
    expect(sum(one.name == number.name for one in account_data.state.numbers), 1)


@check("urgent", severity="critical", remedy=TAKE_OVER)
def test_application(number: PhoneNumber, the_number: PhoneNumber) -> None:
    """Who calls the number reaches the application of its environment."""
    expect(the_number.voice_application, number.voice_application)


@check("urgent", "fraud", severity="critical", remedy=TAKE_OVER)
def test_no_trunk(the_number: PhoneNumber) -> None:
    """No trunk takes the calls of the number away."""
    expect(the_number.trunk_sid, "")


@check("urls", "hygiene", severity="warning", remedy=UPDATE)
def test_sms_url(the_number: PhoneNumber) -> None:
    """Messages to the number are sent nowhere: a payphone takes none."""
    expect(the_number.sms_url, "")


@check("urls", "hygiene", severity="warning", remedy=UPDATE)
def test_sms_application(the_number: PhoneNumber) -> None:
    """No application gets the messages to the number."""
    expect(the_number.sms_application, "")


@check("hygiene", severity="warning", remedy=UPDATE)
def test_friendly_name(number: PhoneNumber, the_number: PhoneNumber) -> None:
    """The number is called what its phone is called, for whoever looks at the console."""
    expect(the_number.friendly_name, number.friendly_name)


@check(
    "hygiene",
    severity="warning",
    remedy="Take it off in the Twilio console, under the number, Emergency calling; or let a phone of it call 911 "
    "in the inventory.",
    private=True,
)
def test_pays_for_no_911(the_quiet_number: PhoneNumber) -> None:
    """A number whose phones may not call 911 tells it no address, which would cost money every month."""
    expect(the_quiet_number.emergency_address, "")


@check(
    "urgent",
    severity="critical",
    remedy="Verify it in the Twilio console, under Phone numbers, Verified caller IDs: Twilio calls it and tells "
    "a code.",
)
def test_external_is_verified(external_number: PhoneNumber, account_data: AccountData) -> None:
    """A number of another carrier that phones call from is one that Twilio has verified."""
    expect(sorted(account_data.caller_ids & {external_number.name}), [external_number.name])


@check(
    "hygiene",
    severity="warning",
    remedy="Find out what it is for; then `invoke delete-number NUMBER --release-number NUMBER`, or give it to a "
    "phone of the inventory.",
    asked="clients",
)
def test_none_that_nobody_wished_for(wish_of_all: AccountState, account_data: AccountData) -> None:
    """Every number that the account pays for is one that a phone calls from."""
    expected = {number.name for number in wish_of_all.numbers}
    expect({number.name for number in account_data.state.numbers} - expected, set())

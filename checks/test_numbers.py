"""Phone numbers: what phones call from, and what answers when they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.audit.checks import check, expect, expect_no_other, expect_one
from futel_twilio.text import option, quoted

if TYPE_CHECKING:
    from futel_twilio.audit.account_data import AccountData
    from futel_twilio.resources.phones import PhoneNumber
    from futel_twilio.resources.state import AccountState

UPDATE = "Run `invoke update-number {name}`."
TAKE_OVER = "Find out what uses it; then run `invoke update-number {name} --take-over {name}`."


@check(
    "urgent",
    severity="critical",
    problem="The account does not hold {name} exactly once.",
    remedy="Buy it with `invoke create-number {name}`; if it lives with another carrier, name it under "
    "external_numbers in clients.toml.",
)
def test_there(number: PhoneNumber, account_data: AccountData) -> None:
    """The account holds the number that phones call from."""
    expect_one(sum(one.name == number.name for one in account_data.state.numbers))


@check("urgent", severity="critical", problem="{name} is answered by another application.", remedy=TAKE_OVER)
def test_application(number: PhoneNumber, the_number: PhoneNumber) -> None:
    """Calls to the number reach the application of its environment."""
    expect(the_number.voice_application, number.voice_application)


@check("urgent", "fraud", severity="critical", problem="A trunk takes the calls of {name}.", remedy=TAKE_OVER)
def test_no_trunk(the_number: PhoneNumber) -> None:
    """No trunk takes the calls of the number away."""
    expect(the_number.trunk_sid, "")


@check("urls", "hygiene", severity="warning", problem="{name} sends messages to a URL.", remedy=UPDATE)
def test_sms_url(the_number: PhoneNumber) -> None:
    """Messages to the number are sent nowhere: a payphone takes none."""
    expect(the_number.sms_url, "")


@check(
    "urls", "hygiene", severity="warning", problem="{name} sends messages to an application.", remedy=UPDATE
)
def test_sms_application(the_number: PhoneNumber) -> None:
    """No application gets the messages to the number."""
    expect(the_number.sms_application, "")


@check(
    "hygiene",
    severity="warning",
    problem="The friendly name of {name} differs from that of its phone.",
    remedy=UPDATE,
)
def test_friendly_name(number: PhoneNumber, the_number: PhoneNumber) -> None:
    """The console shows the number under the name of its phone."""
    expect(the_number.friendly_name, number.friendly_name)


@check(
    "hygiene",
    severity="warning",
    problem="{name} has a 911 address, and no phone that uses it.",
    remedy="Take it off in the Twilio console, under the number, Emergency calling; or let a phone of it call 911 "
    "in the inventory.",
    private=True,
)
def test_pays_for_no_911(the_quiet_number: PhoneNumber) -> None:
    """A number whose phones may not call 911 has no 911 address, which would cost money every month."""
    expect(the_quiet_number.emergency_address, "")


@check(
    "urgent",
    severity="critical",
    problem="Twilio has not verified {name}.",
    remedy="Verify it in the Twilio console, under Phone numbers, Verified caller IDs: Twilio calls it and tells "
    "a code.",
)
def test_external_is_verified(external_number: PhoneNumber, account_data: AccountData) -> None:
    """Twilio has verified each number at another carrier that phones call from."""
    expect(sorted(account_data.caller_ids & {external_number.name}), [external_number.name])


@check(
    "hygiene",
    severity="warning",
    problem="Numbers belong to no phone of the inventory.",
    remedy="Find out what they are for; then release them, or give them to phones of the inventory.",
    asked="clients",
)
def test_none_that_nobody_wished_for(desired_all: AccountState, account_data: AccountData) -> None:
    """A phone uses every number that the account pays for."""
    expected = {number.name for number in desired_all.numbers}
    others = sorted({number.name for number in account_data.state.numbers} - expected)
    steps = ", ".join(
        f"`invoke delete-number {quoted(name)} {option('--release-number', name)}`" for name in others
    )
    remedy = f"Find out what they are for; then {steps}, or give them to phones of the inventory."
    expect_no_other(others, "only those of phones", remedy=remedy)

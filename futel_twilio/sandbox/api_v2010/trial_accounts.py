"""What a trial account may not: call or write to whom nobody has verified, and hold more than one number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.sandbox.api_v2010.account import account_type
from futel_twilio.sandbox.api_v2010.phone_numbers import stock
from futel_twilio.sandbox.api_v2010.phone_numbers.outgoing_caller_ids import E164, is_verified, owned
from futel_twilio.sandbox.engine.errors import bad
from futel_twilio.sandbox.engine.tables import Change, Rule

if TYPE_CHECKING:
    from collections.abc import Callable

CREATE = ("create",)
MESSAGE = (
    "The number {0} is unverified. Trial accounts cannot send messages to unverified numbers; verify {0} at "
    "twilio.com/user/account/phone-numbers/verified, or purchase a Twilio number to send messages to "
    "unverified numbers"
)
# GUESS: the wording; that of messages is recorded.
CALL = "The number {0} is unverified. Trial accounts may only make calls to verified numbers."


def _is_trial(change: Change) -> bool:
    return account_type(change.context.store) == "Trial" and not change.context.caller.is_test


def _verified_only(code: int, words: str) -> Callable[[Change], None]:
    def judge(change: Change) -> None:
        to, context = (change.after or {})["to"], change.context
        if _is_trial(change) and E164.fullmatch(to) and not (is_verified(context, to) or owned(context, to)):
            raise bad(code, words.format(to))

    return judge


def _one_number(change: Change) -> None:
    if _is_trial(change) and change.context.store.count(stock.NUMBER, change.context.account):
        # GUESS: the code is in the dictionary; that one number is the limit, and the wording, are not.
        raise bad(21404, "A trial account can have one phone number: upgrade it to have more")


CALLS = Rule(
    CREATE,
    _verified_only(21219, CALL),
    "21219 for a trial account's call to an unverified number",
    "documented",
    "error dictionary",
)
MESSAGES = Rule(
    CREATE,
    _verified_only(21608, MESSAGE),
    "21608 for a trial account's message to an unverified number",
    "recording",
    "recorded: keploy docs",
)
NUMBERS = Rule(CREATE, _one_number, "21404 for a trial account's second number", "guess", "error dictionary")

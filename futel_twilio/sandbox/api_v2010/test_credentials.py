"""Test credentials: the three things they may do, nothing of which is kept, and the numbers that mean something.

Source: Twilio's documentation, Test Credentials. With live credentials the same numbers mean nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from futel_twilio.sandbox.engine.errors import Refusal, bad
from futel_twilio.sandbox.engine.tables import Change, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from futel_twilio.sandbox.engine.accounts import Principal

MAY_POST = re.compile(r"/2010-04-01/Accounts/AC[0-9a-f]{32}/(IncomingPhoneNumbers|Messages|Calls)\.json")
SOURCE = "docs: Test Credentials"
FROM = "+15005550006"  # the one number that test credentials may call and write from, and buy
AREA_CODE = "500"  # the area code that has a number for them
NUMBERS = {
    "PhoneNumber": {
        "+15005550000": (21422, "{} is not available"),
        "+15005550001": (21421, "{} is not a valid number"),
    }
}
CALLS = {
    "From": {"+15005550001": (21212, "{} is not a valid caller ID")},
    "To": {
        "+15005550001": (21217, "{} is not a valid number"),
        "+15005550002": (21214, "{} cannot be reached"),
        "+15005550003": (21215, "This account is not authorized to call {}"),
        "+15005550004": (21216, "{} is blocked for this account"),
    },
}
MESSAGES = {
    "From": {
        "+15005550001": (21212, "{} is not a valid phone number"),
        "+15005550007": (21606, "{} is not a number of this account that can send messages"),
        "+15005550008": (21611, "{} has too many messages queued"),
    },
    "To": {
        "+15005550001": (21211, "{} is not a valid phone number"),
        "+15005550002": (21612, "A message from this number cannot be routed to {}"),
        "+15005550003": (21408, "This account may not send messages to the region of {}"),
        "+15005550004": (21610, "{} is blocked for this account"),
        "+15005550009": (21614, "{} is not a mobile number"),
    },
}


def guard(caller: Principal, method: str, path: str) -> None:
    """Refuse test credentials everything but their three requests. The wording was seen live."""
    if caller.is_test and (method != "POST" or not MAY_POST.fullmatch(path)):
        raise Refusal(403, 20008, "Resource not accessible with Test Account Credentials")


def _judge(meanings: Mapping[str, Mapping[str, tuple[int, str]]]) -> Callable[[Change], None]:
    def judge(change: Change) -> None:
        if not change.context.caller.is_test:
            return
        for param, numbers in meanings.items():
            sent = change.context.form.get(param, "")
            if sent in numbers:
                code, words = numbers[sent]
                # GUESS: the codes are documented, but for 21422 the wordings are not.
                raise bad(code, words.format(sent))

    return judge


def rule(meanings: Mapping[str, Mapping[str, tuple[int, str]]]) -> Rule:
    codes = sorted({code for numbers in meanings.values() for code, _ in numbers.values()})
    says = f"{', '.join(map(str, codes))} for the numbers that mean that with test credentials"
    return Rule(("create",), _judge(meanings), says, "documented", SOURCE)

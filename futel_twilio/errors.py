"""What can go wrong. Each error says in one sentence what happened and in one what to do.

FutelTwilioError          exit code 2, unless it says otherwise
├── BadInput              a flag, a file or a setting is wrong; nothing was sent
│   └── CannotRead        a file, a variable or standard input cannot be read, or not as what it is to be
├── OutputLost            standard output cannot be written: what was found cannot be told
├── Refused               a guard said no; nothing was written
│   └── Corrected         Twilio would write an address otherwise; a person has to say whether that is right
├── Stopped               a run of writes ended half way; says what was changed and what was not
└── TwilioError           Twilio, or the way to it, did not give what was asked for
    ├── Unreachable       the request never left
    ├── AnswerLost        the request left and no whole answer came: it may have been carried out
    └── Rejected          Twilio answered and said no: HTTP status, Twilio's code and message
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

A = TypeVar("A")
B = TypeVar("B")


class FutelTwilioError(Exception):
    """An error that a person can mend.

    Args:
        message: one sentence of what happened.
        hint: one sentence of what to do.
        faults: the single faults, one line each, where there are several.
    """

    def __init__(self, what: str, remedy: str, faults: tuple[str, ...] = ()) -> None:
        super().__init__(what)
        self.message = what
        self.hint = remedy
        self.faults = faults

    @property
    def lines(self) -> tuple[str, ...]:
        """What is to be said of it, a line each; a text of somebody else's in one may hold line ends of its own."""
        return (self.message, *(f"  {fault}" for fault in self.faults), self.hint)

    def __str__(self) -> str:
        return "\n".join(self.lines)


class BadInput(FutelTwilioError):
    """A flag, a file or a setting is wrong; nothing was sent."""


class CannotRead(BadInput):
    """A file, a variable or standard input cannot be read, or not as what it is to be.

    Args:
        called: the name of it.
        why: what is wrong with it, as half a sentence.
        remedy: one sentence of what to do.
        form: what it is to be, such as TOML; empty where not even its text can be read.

    `fault` says it without the name, for a list of the faults of several files.
    """

    def __init__(self, called: str, why: str, remedy: str, form: str = "") -> None:
        self.fault = f"cannot be read{f' as {form}' if form else ''}: {why}"
        super().__init__(f"{called} {self.fault}.", remedy)
        self.why = why


class OutputLost(FutelTwilioError):
    """Standard output cannot be written: what was found, or done, cannot be told."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"Standard output cannot be written: {why}.",
            "Send it to where there is room; what the command changed, if anything, `invoke history` tells.",
        )


class Refused(FutelTwilioError):
    """A guard said no; nothing was written."""


def both(one: Callable[[], A], other: Callable[[], B]) -> tuple[A, B]:
    """What two readings give; where both find fault, a person is told of both at once.

    Raises:
        BadInput: either found fault.
    """
    try:
        first = one()
    except BadInput as error:
        try:
            other()
        except BadInput as also:
            raise _joined(error, also) from None
        raise
    return first, other()


def _joined(one: BadInput, other: BadInput) -> BadInput:
    return BadInput(
        f"{one.message} {other.message}", f"{one.hint} {other.hint}", (*one.faults, *other.faults)
    )


class AddressCorrected(Refused):
    """Twilio would write an address otherwise; no number was touched.

    Args:
        said: Twilio's words about each address, by the address's name; they hold its suggestion.
    """

    def __init__(self, said: dict[str, str]) -> None:
        super().__init__(
            "Twilio does not take an address as it stands, and suggests another.",
            "If that is where the phone is, run the command again with --accept-corrections, or write it into "
            "clients.toml as suggested.",
            tuple(f"{name}: {words}" for name, words in said.items()),
        )
        self.said = said


class PartiallyApplied(FutelTwilioError):
    """A run of writes ended half way."""


class TwilioError(FutelTwilioError):
    """Twilio, or the way to it, did not give what was asked for."""


class Unreachable(TwilioError):
    """The request never left."""


class ResponseLost(TwilioError):
    """The request left and no whole answer came: it may have been carried out."""


class Rejected(TwilioError):
    """Twilio answered and said no.

    Args:
        status: the HTTP status.
        code: Twilio's error code, or the status where the body had none.
        message: Twilio's own words.
        asked: the request, as `POST /path`.
        request_id: the `Twilio-Request-Id`, to quote to Twilio's support; may be empty.
        retry_after: seconds that Twilio asked to wait, where it did.

    `is_known` says that the remedy is for just this code.
    """

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        asked: str,
        request_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        quoted = f" (request {request_id})" if request_id else ""
        super().__init__(
            f"Twilio answered {asked} with HTTP {status}, error {code}: {message}{quoted}.",
            hint_for(status, code),
        )
        self.status = status
        self.code = code
        self.is_known = code in HINTS
        self.twilio_message = message
        self.retry_after = retry_after


HINTS = {
    21422: "Somebody has this number, or Twilio does not sell it: `invoke list-available-numbers` shows what there is.",
    21452: "Try another area code: `invoke list-available-numbers` shows what there is.",
    21625: "A number still needs this address: `invoke list-addresses` shows which.",
    21628: "Twilio knows no such address: mend it in clients.toml, or in --address, and run the command again.",
}


def hint_for(status: int, code: int) -> str:
    if code in HINTS:
        return HINTS[code]
    remedies = {
        401: "Check the account SID and its key or token: `invoke doctor` shows which were used and why.",
        403: "These credentials may not do this: use a key of the right account, see `invoke doctor`.",
        429: "Twilio is busy with other requests of this account: wait a minute and run the command again.",
    }
    server_fault = 500
    if status >= server_fault:
        return "Twilio has a fault of its own: look at status.twilio.com and run the command again later."
    return remedies.get(status, f"Read https://www.twilio.com/docs/api/errors/{code} and run it again.")

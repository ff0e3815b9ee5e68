"""The errors of this tool. Each says what happened and what to do next.

FutelTwilioError          exit code 2, unless its docstring says otherwise
├── BadInput              a flag, a file or a setting is wrong; nothing was sent
│   └── CannotRead        a file, a variable or standard input cannot be read
├── OutputLost            standard output cannot be written
├── Refused               a guard refused; nothing was written
│   └── AddressCorrected  Twilio suggests another form of an address; you decide
├── PartiallyApplied      a run stopped half-way; it lists what was changed and what was not
└── TwilioError           Twilio could not be asked, or did not do what was asked
    ├── Unreachable       the request was not sent
    ├── ResponseLost      the request was sent and no complete response came: it may have been carried out
    └── Rejected          Twilio refused: HTTP status, Twilio's code and message
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

A = TypeVar("A")
B = TypeVar("B")


class FutelTwilioError(Exception):
    """An error that you can fix.

    Args:
        message: one sentence that says what happened.
        hint: one sentence that says what to do.
        faults: the single faults, one line each, where there are several.
    """

    def __init__(self, message: str, hint: str, faults: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.faults = faults

    @property
    def lines(self) -> tuple[str, ...]:
        """The message, the faults and the hint, one line each. Text from outside may contain line ends."""
        return (self.message, *(f"  {fault}" for fault in self.faults), self.hint)

    def __str__(self) -> str:
        return "\n".join(self.lines)


class BadInput(FutelTwilioError):
    """A flag, a file or a setting is wrong; nothing was sent."""


class CannotRead(BadInput):
    """A file, a variable or standard input cannot be read.

    Args:
        called: its name.
        why: what is wrong with it, as half a sentence.
        hint: one sentence that says what to do.
        form: the expected format, such as TOML; empty where the text itself cannot be read.

    `fault` is the message without the name, for a list of the faults of several files.
    """

    def __init__(self, called: str, why: str, hint: str, form: str = "") -> None:
        self.fault = f"cannot be read{f' as {form}' if form else ''}: {why}"
        super().__init__(f"{called} {self.fault}.", hint)
        self.why = why


class OutputLost(FutelTwilioError):
    """Standard output cannot be written, so the result of the command is lost."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"Standard output cannot be written: {why}.",
            "Send it to where there is room; what the command changed, if anything, `invoke history` tells.",
        )


class Refused(FutelTwilioError):
    """A guard refused; nothing was written."""


def both(one: Callable[[], A], other: Callable[[], B]) -> tuple[A, B]:
    """The results of two readers. Where both fail, one error lists the faults of both.

    Raises:
        BadInput: at least one of them failed.
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
    """Twilio suggests another form of an address; no number was changed.

    Args:
        said: Twilio's message about each address, by the address's name; it includes the suggestion.
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
    """A run stopped half-way."""


class TwilioError(FutelTwilioError):
    """Twilio could not be asked, or did not do what was asked."""


class Unreachable(TwilioError):
    """The request was not sent."""


class ResponseLost(TwilioError):
    """The request was sent and no complete response came: it may have been carried out."""


class Rejected(TwilioError):
    """Twilio refused the request.

    Args:
        status: the HTTP status.
        code: Twilio's error code, or the status where the body had none.
        message: Twilio's own words.
        asked: the request, as `POST /path`.
        request_id: the `Twilio-Request-Id`, to quote to Twilio's support; may be empty.
        retry_after: seconds that Twilio asked to wait, where it did.

    `is_known` is true where the hint was written for this code.
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
    21628: "Twilio knows no such address: fix it in clients.toml, or in --address, and run the command again.",
}


def hint_for(status: int, code: int) -> str:
    if code in HINTS:
        return HINTS[code]
    hints = {
        401: "Check the account SID and its key or token: `invoke doctor` shows which were used and why.",
        403: "These credentials may not do this: use a key of the right account, see `invoke doctor`.",
        429: "Twilio is busy with other requests of this account: wait a minute and run the command again.",
    }
    server_fault = 500
    if status >= server_fault:
        return "Twilio itself failed: look at status.twilio.com, and run the command again later."
    return hints.get(status, f"Read https://www.twilio.com/docs/api/errors/{code} and run it again.")

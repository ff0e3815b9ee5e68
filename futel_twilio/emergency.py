"""How a number comes to tell 911 another address: off, wait, on, wait; never two steps at once.

Twilio registers an address in its own time, and refuses to swap one for another: take it off, wait until it
is `unregistered`, put the other on, wait until it is `registered` (Twilio's guide to emergency calling for
SIP interfaces). How long that takes is not documented. So a number is moved one step at a time, by what it
says of itself, and a run that was killed in between is taken up from there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from futel_twilio.model import PhoneNumber

Step: TypeAlias = Literal["attach", "detach", "wait", "none"]
FAILED = "registration-failure"
FREE = frozenset({"", "unregistered", FAILED})
PENDING_ON, PENDING_OFF = "pending-registration", "pending-unregistration"
PENDING = frozenset({PENDING_ON, PENDING_OFF})
PATIENCE_SECONDS = 300.0
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 5.0  # seconds between two looks


def next_step(number: PhoneNumber, wanted: str) -> Step:
    """What can be done next, so that a number tells 911 the wanted address (empty: none).

    Args:
        number: the number as it was found.
        wanted: the name of an `Address`.
    """
    status = number.emergency_address_status
    if number.emergency_address == wanted and status not in PENDING:
        return "none"
    if status in PENDING:
        return "wait"
    if status in FREE:
        return "attach" if wanted else "none"
    return "detach"

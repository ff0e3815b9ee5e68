"""Move a phone number from one emergency address to another, one step at a time."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from futel_twilio import interrupts
from futel_twilio.errors import PartiallyApplied, TwilioError
from futel_twilio.twilio_api.client import PAGE, Api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from futel_twilio.resources.phones import PhoneNumber
    from futel_twilio.resources.state import AccountState

Step: TypeAlias = Literal["attach", "detach", "wait", "none"]
FAILED = "registration-failure"
UNREGISTERED = frozenset({"", "unregistered", FAILED})
PENDING_ON, PENDING_OFF = "pending-registration", "pending-unregistration"
PENDING = frozenset({PENDING_ON, PENDING_OFF})
PATIENCE_SECONDS = 300.0
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 5.0  # seconds between two looks


def next_step(number: PhoneNumber, wanted: str) -> Step:
    """The next step towards registering the desired address of a number (empty: none).

    Args:
        number: the number as found.
        wanted: the name of an `Address`.
    """
    status = number.emergency_address_status
    if number.emergency_address == wanted and status not in PENDING:
        return "none"
    if status in PENDING:
        return "wait"
    if status in UNREGISTERED:
        return "attach" if wanted else "none"
    return "detach"


def pending(desired: AccountState, found: AccountState) -> frozenset[str]:
    """The desired numbers whose address Twilio is still registering or unregistering."""
    wanted = {number.name for number in desired.numbers if number.emergency_address}
    return frozenset(
        number.name
        for number in found.numbers
        if number.name in wanted and number.emergency_address_status in PENDING
    )


@dataclass
class EmergencyRegistration:
    """Numbers whose address is being registered, and for how long each had none.

    Args:
        api: the account.
        patience: how many seconds to wait for addresses that are put on; one that is taken off is waited for, since
            until then it has none.
        on_progress: called before each pause with how many numbers are pending.
    """

    api: Api
    patience: float
    on_progress: Callable[[int], None]
    moving: set[str] = field(default_factory=set)
    without_911: dict[str, float] = field(default_factory=dict)
    _detached: dict[str, float] = field(default_factory=dict)

    def detached(self, number: PhoneNumber) -> None:
        """Note that from now on this number has no 911 address."""
        self._detached[number.name] = time.monotonic()

    @property
    def off(self) -> tuple[str, ...]:
        """The numbers that have no 911 address at this moment."""
        return tuple(sorted(self._detached))

    def settle(self, besides: Iterable[str] = ()) -> None:
        """Wait until Twilio has done with the numbers that move, and with others that were on their way before.

        Raises:
            PartiallyApplied: an address could not be registered, or is still being taken off when patience ends.
        """
        names = {*self.moving, *besides}
        deadline, pause = time.monotonic() + self.patience, FIRST_PAUSE
        while names:
            states = self._states(names)
            self._note_registered(states)
            _refuse_unregistered(states)
            waiting = {name for name, state in states.items() if state in PENDING}
            coming_off = {name for name in waiting if states[name] == PENDING_OFF}
            if not waiting or (not coming_off and time.monotonic() > deadline):
                return
            self._refuse_late(coming_off, deadline)
            self.on_progress(len(waiting))
            interrupts.pause(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def _refuse_late(self, coming_off: set[str], deadline: float) -> None:
        latest = max(self._detached.values(), default=0.0)
        if time.monotonic() > max(deadline, latest + PATIENCE_SECONDS):
            raise PartiallyApplied(
                f"Twilio is still taking the address off {', '.join(sorted(coming_off))}: no 911 there yet.",
                "Run the same command again: it goes on from there.",
            )

    def _states(self, names: set[str]) -> dict[str, str]:
        numbers = self.api.client.incoming_phone_numbers
        one: dict[str, Any] = {"phone_number": next(iter(names))} if len(names) == 1 else {}
        try:
            found = self.api.gather_or_raise([lambda: numbers.list(**one, page_size=PAGE)])[0]
        except TwilioError as error:
            raise PartiallyApplied(
                f"The look at 911 failed: {error.message}",
                "Run the same command again: it goes on from there.",
            ) from None
        states = {str(n.phone_number): str(n.emergency_address_status or "") for n in found}
        return {name: states.get(name, "") for name in names}

    def _note_registered(self, states: dict[str, str]) -> None:
        for name, state in states.items():
            if state == "registered" and name in self._detached:
                self.without_911[name] = time.monotonic() - self._detached.pop(name)


def _refuse_unregistered(states: dict[str, str]) -> None:
    failed = sorted(name for name, state in states.items() if state == FAILED)
    if failed:
        raise PartiallyApplied(
            f"Twilio could not register the address of {', '.join(failed)} with 911: no help would come.",
            "Check the address (`invoke list-addresses`), and correct it with `invoke change-address "
            "NAME`; `invoke resume --undo` registers the one before again. If it is right, ask Twilio's support.",
        )

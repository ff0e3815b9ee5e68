"""Emergency registration: how a number's address moves between unregistered and registered.

The states are documented (Twilio's page on emergency calling for SIP interfaces), their duration is not: the
settings say how long, and how it ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.engine.errors import Refusal
from futel_twilio.sandbox.engine.tables import Change, Rule
from futel_twilio.sandbox.engine.values import invalid

if TYPE_CHECKING:
    from futel_twilio.sandbox.storage.store import Store

NUMBER = "number"
ADDRESS = "address"
STATE = "_emergency"
DEFAULT_DELAY = 0.05
OUTCOMES = ("success", "failure")
LONGEST_DELAY = 86_400
# How each movement looks while it lasts, when it has succeeded, and when it has failed.
MOVES = {
    "registration": ("pending-registration", "registered", "registration-failure"),
    "unregistration": ("pending-unregistration", "unregistered", "unregistration-failure"),
}
# GUESS: what a failed unregistration leaves is still a registered address.
ACTIVE = {"registered", "pending-unregistration", "unregistration-failure"}


def status(body: dict[str, Any], now: float) -> str:
    """The `emergency_address_status` of a number at this moment."""
    state = body.get(STATE)
    if state is None:
        return "unregistered"
    pending, success, failure = MOVES[state["move"]]
    if now < state["ready"]:
        return pending
    return success if state["outcome"] == "success" else failure


def attached(body: dict[str, Any], now: float) -> str:
    """The address that a number holds for emergencies, until it is unregistered. Empty: none."""
    return "" if status(body, now) == "unregistered" else str(body[STATE]["address"])


def is_state(value: Any) -> bool:
    """Whether a value is how a movement is kept, or says that there was none."""
    if value is None:
        return True
    return (
        isinstance(value, dict)
        and value.get("move") in tuple(MOVES)
        and value.get("outcome") in OUTCOMES
        and isinstance(value.get("address"), str)
        and type(value.get("ready")) in {int, float}
    )


def settings(store: Store) -> dict[str, Any]:
    return {
        "emergency_delay_seconds": store.setting("", "emergency_delay_seconds", DEFAULT_DELAY),
        "emergency_outcome": store.setting("", "emergency_outcome", OUTCOMES[0]),
        "emergency_next": store.setting("", "emergency_next", []),
    }


def judge_settings(sent: dict[str, Any]) -> dict[str, Any]:
    """The settings that are sent, checked; ValueError when one is wrong."""
    found: dict[str, Any] = {}
    if "emergency_delay_seconds" in sent:
        found["emergency_delay_seconds"] = _seconds(sent["emergency_delay_seconds"])
    if "emergency_outcome" in sent:
        found["emergency_outcome"] = sent["emergency_outcome"]
        if found["emergency_outcome"] not in OUTCOMES:
            raise ValueError(f"emergency_outcome must be {' or '.join(OUTCOMES)}")
    if "emergency_next" in sent:
        found["emergency_next"] = _outcomes(sent["emergency_next"])
    return found


def _outcomes(value: Any) -> list[str]:
    """How the next movements end, one by one; a list, or words with commas between."""
    words = [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value
    if not isinstance(words, list) or not all(word in OUTCOMES for word in words):
        raise ValueError(f"emergency_next must be a list of {' and '.join(OUTCOMES)}")
    return words


def _outcome(store: Store) -> str:
    """How this movement ends: as the first of those that were ordered, or as they all do."""
    given = settings(store)
    if not given["emergency_next"]:
        return str(given["emergency_outcome"])
    first, *rest = given["emergency_next"]
    store.set("", "emergency_next", rest)
    return str(first)


def _seconds(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = -1.0
    if not 0 <= number <= LONGEST_DELAY:
        raise ValueError(f"emergency_delay_seconds must be a number from 0 to {LONGEST_DELAY}")
    return number


def _move(change: Change) -> None:
    after, context = change.after or {}, change.context
    if "EmergencyAddressSid" not in context.form:
        return
    wanted, held = after["emergency_address_sid"], (change.before or {}).get("emergency_address_sid")
    stands = status(after, context.now)
    if wanted == held and not stands.endswith("-failure"):
        return
    if wanted:
        _may_attach(change, wanted, stands)
    delay = settings(context.store)["emergency_delay_seconds"]
    after[STATE] = {
        "move": "registration" if wanted else "unregistration",
        "address": wanted or held or (after.get(STATE) or {}).get("address", ""),
        "ready": context.now + delay,
        "outcome": _outcome(context.store),
    }


def _may_attach(change: Change, wanted: str, stands: str) -> None:
    if stands not in {"unregistered", "registration-failure"}:
        # GUESS: "remove, wait, add, wait" is documented; what happens to the impatient is not.
        raise Refusal(409, 20409, f"The number's emergency address is {stands}: unregister it first")
    address = change.context.store.find(ADDRESS, change.context.account, wanted)
    if address is None or not address.body["emergency_enabled"]:
        # GUESS: the code; that the address must be enabled for emergencies is documented.
        raise invalid("EmergencyAddressSid")


MOVE = Rule(
    ("update",),
    _move,
    "an emergency address registers after a while, and unregisters when it is cleared",
    "documented",
    "docs: Emergency Calling for SIP Interfaces; durations and refusals are guesses",
)

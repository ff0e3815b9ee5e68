"""The status of a call: which follows which, and what a request or the control path may do to it."""

from __future__ import annotations

from typing import Any

from futel_twilio.sandbox.engine import audit_events
from futel_twilio.sandbox.engine.errors import Refusal, bad
from futel_twilio.sandbox.engine.tables import Change, Rule
from futel_twilio.sandbox.engine.values import (
    iso8601,
    seconds_of,
)

BASE = "/2010-04-01/Accounts/<account>"
WAITING = ("queued", "ringing")
STATUSES = (*WAITING, "in-progress", "completed", "busy", "failed", "no-answer", "canceled")
ENDED = STATUSES.index("completed")  # and all after it


def move(body: dict[str, Any], status: str, now: float) -> None:
    """Bring a call to a status, with the times that belong to it.

    GUESS: a call that nobody took has no start; its length is counted in whole seconds.
    """
    body["status"] = status
    if status in WAITING:
        return
    if status == "in-progress":
        body["start_time"] = body.get("start_time") or iso8601(now)
        return
    started = body.get("start_time")
    body["end_time"] = iso8601(now)
    body["duration"] = str(int(now - seconds_of(started))) if started else "0"


def _hang_up(change: Change) -> None:
    """Hang up. `canceled` does nothing to a call that was taken; an ended call stays as it is."""
    before, after, sent = change.before or {}, change.after or {}, change.context.form.get("Status", "")
    was = after["status"] = before["status"]
    if sent and (was in WAITING or (was == "in-progress" and sent == "completed")):
        # GUESS: a call that is completed before anybody took it reads canceled.
        move(after, "canceled" if was in WAITING else "completed", change.context.now)
        path = f"{BASE.replace('<account>', change.context.account)}/Calls/{change.sid}.json"
        changed = {"status": {"previous": was, "updated": after["status"]}}
        audit_events.write(change.context, "call.status.updated", change.sid, path, changed)
    elif (
        not sent
        and was != "in-progress"
        and (change.context.form.get("Url") or change.context.form.get("Twiml"))
    ):
        # GUESS: the wording; the code is in the dictionary.
        raise bad(21220, "Call is not in-progress. Cannot redirect.")


def _has_ended(change: Change) -> None:
    if (change.before or {})["status"] in {*WAITING, "in-progress"}:
        # GUESS: that a call under way cannot be deleted, and the code.
        raise Refusal(409, 20409, "The call has not ended yet")
    path = f"{BASE.replace('<account>', change.context.account)}/Calls/{change.sid}.json"
    audit_events.write(change.context, "call.deleted", change.sid, path, {})


def refuse_backwards(was: str, status: str) -> None:
    """A call goes from queued over ringing and in-progress to one end, and stays there."""
    before, after = (min(STATUSES.index(one), ENDED) for one in (was, status))
    if after < before or (before == ENDED and status != was):
        raise ValueError(f"the call is {was} already, and cannot become {status}")


HANG_UP = Rule(
    ("update",),
    _hang_up,
    "canceled hangs up what waits, completed what is under way; 21220 for new TwiML without a call",
    "spec",
    "api_v2010; the refusal is a guess",
)
ONLY_ENDED = Rule(("delete",), _has_ended, "only a call that has ended is deleted", "guess", "api_v2010")

"""The sandbox's own paths, which Twilio does not have.

Request log, state, settings, faults, and what only a telephone could bring: alerts, calls, caller IDs.

They are not logged themselves.
"""

import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol

from werkzeug.wrappers import Request, Response

from futel_twilio.sandbox import calls, core, dump, emergency, faults, journal
from futel_twilio.sandbox.accounts import DEFAULT_ACCOUNT_SID
from futel_twilio.sandbox.callers import add_caller_id
from futel_twilio.sandbox.monitor import add_alert
from futel_twilio.sandbox.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

PREFIX = "/_sandbox/"


class Delayed(Protocol):
    """Whatever holds the latency and the faults of the running server."""

    latency_ms: float
    faults: faults.Faults


def answer(request: Request, store: Store, delayed: Delayed) -> Response:
    actions: dict[tuple[str, str], Callable[[], dict[str, Any] | None]] = {
        ("GET", "requests"): lambda: _requests(store),
        ("DELETE", "requests"): lambda: journal.clear(store),
        ("POST", "reset"): store.reset,
        ("GET", "dump"): lambda: dump.dump(store),
        ("POST", "seed"): lambda: dump.seed(store, given(request)),
        ("GET", "settings"): lambda: _settings(store, delayed),
        ("POST", "settings"): lambda: _set(request, store, delayed),
        ("POST", "alerts"): lambda: _alert(request, store),
        ("GET", "faults"): lambda: {"faults": delayed.faults.shown()},
        ("POST", "faults"): lambda: _fault(request, delayed),
        ("DELETE", "faults"): delayed.faults.clear,
        ("POST", "caller-ids"): lambda: _caller_id(request, store),
        ("POST", "calls"): lambda: _call(request, store),
    }
    action = actions.get((request.method, request.path.removeprefix(PREFIX)))
    if action is None:
        return _json(404, {"message": f"The sandbox has no {request.method} {request.path}"})
    try:
        body = action()
    except (ValueError, RecursionError) as error:
        return _json(400, {"message": str(error)})
    return _json(200, {} if body is None else body)


def refuse(why: str) -> Response:
    """What is not for whoever asks; Twilio has nothing like it, and the request log neither."""
    return _json(403, {"message": why})


def _json(status: int, body: dict[str, Any]) -> Response:
    return Response(json.dumps(body), status=status, content_type="application/json")


def _requests(store: Store) -> dict[str, Any]:
    found = journal.read(store)
    return {"count": len(found), "requests": [asdict(entry) for entry in found]}


def _settings(store: Store, delayed: Delayed) -> dict[str, Any]:
    with store.transaction():
        rest = {**core.settings(store), **emergency.settings(store)}
    return {"latency_ms": delayed.latency_ms, **rest}


def _set(request: Request, store: Store, delayed: Delayed) -> dict[str, Any]:
    """Change what is sent, in JSON or as a form; the latency is this process's, the rest the file's."""
    sent = given(request)
    rest = {**core.judge_settings(sent), **emergency.judge_settings(sent)}
    if "latency_ms" in sent:
        delayed.latency_ms = milliseconds(sent["latency_ms"])
    with store.transaction():
        for name, value in rest.items():
            store.set("", name, value)
    return _settings(store, delayed)


def _alert(request: Request, store: Store) -> dict[str, Any]:
    """Raise an alert for the account named by account_sid, or the default one."""
    sent = given(request)
    account = str(sent.get("account_sid", DEFAULT_ACCOUNT_SID))
    return {"sid": add_alert(store, account, sent, time.time())}


def _fault(request: Request, delayed: Delayed) -> dict[str, Any]:
    """Set one fault, as `faults.read` understands it, and show them all."""
    delayed.faults.set(faults.read(given(request)))
    return {"faults": delayed.faults.shown()}


def _caller_id(request: Request, store: Store) -> dict[str, Any]:
    """Verify a caller ID for the account named by account_sid, or the default one."""
    sent = given(request)
    account = str(sent.get("account_sid", DEFAULT_ACCOUNT_SID))
    return {"sid": add_caller_id(store, account, sent, time.time())}


def _call(request: Request, store: Store) -> dict[str, Any]:
    """Move a call to a status, or let one come in, for the account named by account_sid, or the default one."""
    sent = given(request)
    account = str(sent.get("account_sid", DEFAULT_ACCOUNT_SID))
    return {"sid": calls.put_call(store, account, sent, time.time())}


def given(request: Request) -> dict[str, Any]:
    if not request.is_json:
        return dict(request.form.items())
    sent = json.loads(request.get_data())
    if not isinstance(sent, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004 - it is the client's fault, a 400
    return sent


def milliseconds(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number <= 600_000:  # noqa: PLR2004 - ten minutes
        raise ValueError("latency_ms must be a number from 0 to 600000")
    return number

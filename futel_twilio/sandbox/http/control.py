"""The sandbox's own paths, which Twilio does not have: what tests and people do to it, and ask of it.

They are not logged themselves.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

from werkzeug.wrappers import Request, Response

from futel_twilio.sandbox.api_v2010 import account, calls
from futel_twilio.sandbox.api_v2010.phone_numbers import emergency, stock
from futel_twilio.sandbox.api_v2010.phone_numbers.outgoing_caller_ids import add_caller_id
from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID
from futel_twilio.sandbox.engine.values import json_of
from futel_twilio.sandbox.http import dump, faults, request_log, seed
from futel_twilio.sandbox.monitor_v1.alerts import add_alert

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from futel_twilio.sandbox.storage.store import Store

PREFIX = "/_sandbox/"
SOUGHT = ("method", "path", "status", "fault")


class Delayed(Protocol):
    """Whatever holds the latency and the faults of the running server."""

    latency_ms: float
    faults: faults.Faults


@dataclass(frozen=True)
class ControlRequest:
    """One request to a path of the sandbox's own."""

    store: Store
    delayed: Delayed
    request: Request

    @property
    def given(self) -> dict[str, Any]:
        """The JSON object or the form that was sent; ValueError when it is neither.

        What begins like an object is one, whatever it is called: curl says of any data that it is a form.
        """
        if not self.request.is_json and not self.request.get_data()[:1024].lstrip().startswith(b"{"):
            return dict(self.request.form.items())
        name = self.request.path.removeprefix(PREFIX)
        try:
            sent = json_of(self.request.get_data())
        except ValueError as error:
            raise ValueError(f"what {name} takes is no JSON: {error}") from None
        if not isinstance(sent, dict):
            raise ValueError(f"what {name} takes is a JSON object")  # noqa: TRY004 - the client's fault, a 400
        return sent


def _requests(control: ControlRequest) -> dict[str, Any]:
    sought = dict(control.request.args.items())
    unknown = sorted(set(sought) - set(SOUGHT))
    if unknown:
        raise ValueError(f"the request log is sought by {', '.join(SOUGHT)}, not by {', '.join(unknown)}")
    found = [asdict(entry) for entry in request_log.read(control.store) if _is_sought(entry, sought)]
    return {"count": len(found), "requests": found}


def _is_sought(entry: request_log.Logged, sought: Mapping[str, str]) -> bool:
    if not faults.is_path(entry.path, sought.get("path", "*")):
        return False
    plain = {"method": entry.method, "status": str(entry.status), "fault": entry.fault}
    wanted = {**sought, "method": sought.get("method", entry.method).upper()}
    return all(plain[name] == value for name, value in wanted.items() if name in plain)


def shown_settings(store: Store, delayed: Delayed) -> dict[str, Any]:
    with store.transaction():
        rest = {**account.settings(store), **emergency.settings(store), **stock.settings(store)}
    return {"latency_ms": delayed.latency_ms, **rest}


def change_settings(sent: dict[str, Any], store: Store, delayed: Delayed) -> dict[str, Any]:
    """Change what is sent: the latency is this process's, the rest the file's.

    Raises:
        ValueError: one is unknown or wrong; then none is changed.
    """
    unknown = sorted(set(sent) - set(shown_settings(store, delayed)))
    if unknown:
        raise ValueError(f"there is no setting {', '.join(unknown)}")
    rest = {
        **account.judge_settings(sent),
        **emergency.judge_settings(sent),
        **stock.judge_settings(sent),
    }
    latency = milliseconds(sent.get("latency_ms", delayed.latency_ms))
    with store.transaction():
        for name, value in rest.items():
            store.set("", name, value)
    delayed.latency_ms = latency
    return shown_settings(store, delayed)


def milliseconds(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = -1.0
    if not 0 <= number <= 600_000:  # noqa: PLR2004 - ten minutes
        raise ValueError("latency_ms must be a number from 0 to 600000")
    return number


def _fault(control: ControlRequest) -> dict[str, Any]:
    control.delayed.faults.set(faults.read(control.given))
    return {"faults": control.delayed.faults.shown()}


def _put(
    add: Callable[[Store, str, dict[str, Any], float], str],
) -> Callable[[ControlRequest], dict[str, Any]]:
    """Put something there for the account that `account_sid` names, or the default one."""

    def act(control: ControlRequest) -> dict[str, Any]:
        sent = control.given
        return {
            "sid": add(control.store, str(sent.get("account_sid", DEFAULT_ACCOUNT_SID)), sent, time.time())
        }

    return act


@dataclass(frozen=True)
class Path:
    """One thing that can be done to the sandbox, and how the help describes it."""

    method: str
    name: str
    says: str
    act: Callable[[ControlRequest], dict[str, Any] | None]


PATHS = (
    Path("GET", "requests", "what was asked; ?method=, path= (part or glob), status=, fault=", _requests),
    Path("DELETE", "requests", "forget what was asked", lambda control: request_log.clear(control.store)),
    Path(
        "GET",
        "settings",
        "all of them; see below",
        lambda control: shown_settings(control.store, control.delayed),
    ),
    Path(
        "POST",
        "settings",
        "change some of them",
        lambda control: change_settings(control.given, control.store, control.delayed),
    ),
    Path("GET", "dump", "the whole state, fit for --seed", lambda control: dump.dump(control.store)),
    Path(
        "POST",
        "seed",
        "put a dump into an empty sandbox",
        lambda control: seed.seed(control.store, control.given),
    ),
    Path("POST", "reset", "forget everything but faults and latency", lambda control: control.store.reset()),
    Path(
        "GET", "faults", "the faults that are set", lambda control: {"faults": control.delayed.faults.shown()}
    ),
    Path("POST", "faults", 'set one: {"rule": "POST */Calls.json 429 x1"}', _fault),
    Path("DELETE", "faults", "take all faults away", lambda control: control.delayed.faults.clear()),
    Path("POST", "alerts", 'an entry of the error log: {"error_code": "32009"}', _put(add_alert)),
    Path("POST", "calls", "let one come in (from, to), or move one (sid, status)", _put(calls.put_call)),
    Path("POST", "caller-ids", 'verify one: {"phone_number": "+15035550142"}', _put(add_caller_id)),
)


SETTINGS = {
    "latency_ms": "added to every answer",
    "account_type": "Full or Trial",
    "balance": "such as 20.00",
    "emergency_delay_seconds": "how long an emergency address takes to register and to unregister",
    "emergency_outcome": "how that ends: success or failure",
    "emergency_next": "how the next ones end, one by one: failure,success",
    "sold_out": "which numbers cannot be bought: patterns such as +1503*",
}


def describe_paths() -> str:
    """The paths and the settings, as the help shows them."""
    paths = [f"  {path.method:7}{PREFIX}{path.name:12}{path.says}" for path in PATHS]
    settings = [f"  {name:25}{says}" for name, says in SETTINGS.items()]
    return "\n".join(["Its own paths, with JSON or a form:", *paths, "", "The settings:", *settings])


def answer(request: Request, store: Store, delayed: Delayed) -> Response:
    name = request.path.removeprefix(PREFIX)
    found = next((path for path in PATHS if (path.method, path.name) == (request.method, name)), None)
    if found is None:
        return _json(404, {"message": f"The sandbox has no {request.method} {request.path}"})
    try:
        body = found.act(ControlRequest(store, delayed, request))
    except seed.SeedError as error:
        return _json(400, {"message": str(error), "faults": [asdict(fault) for fault in error.faults]})
    except (ValueError, RecursionError) as error:
        return _json(400, {"message": str(error)})
    return _json(200, {} if body is None else body)


def refuse(why: str) -> Response:
    """What is not for whoever asks; Twilio has nothing like it, and the request log neither."""
    return _json(403, {"message": why})


def _json(status: int, body: dict[str, Any]) -> Response:
    return Response(json.dumps(body), status=status, content_type="application/json")

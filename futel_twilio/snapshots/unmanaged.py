"""Read what an account holds beyond the managed resource types."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from futel_twilio.errors import Rejected
from futel_twilio.twilio_api.client import PAGE, Api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

NOT_ALLOWED = frozenset({401, 403})
CONFIGURATION = ("destination", "method", "batch_events", "arn", "role_arn")
SECTIONS = {
    "outgoing_caller_ids": "verified caller IDs",
    "keys": "API keys",
    "sinks": "event streams sinks",
    "subscriptions": "event streams subscriptions",
    "dialling": "dialling permissions",
    "balance": "the balance",
}
RISKS = {
    "low_risk": ("low_risk_numbers_enabled", "calls to {}"),
    "high_risk_special": ("high_risk_special_numbers_enabled", "calls to special numbers of {}"),
    "high_risk_tollfraud": ("high_risk_tollfraud_numbers_enabled", "calls to toll-fraud numbers of {}"),
}


@dataclass(frozen=True)
class Withheld:
    """In place of an answer: these credentials may not read it, in Twilio's words."""

    why: str


def requests_for(api: Api) -> dict[str, Callable[[], Any]]:
    """What is asked for first, all of it at the same time."""
    client = api.client
    calls: dict[str, Callable[[], Any]] = {
        "outgoing_caller_ids": lambda: client.outgoing_caller_ids.list(page_size=PAGE),
        "keys": lambda: client.keys.list(page_size=PAGE),
        "sinks": lambda: client.events.v1.sinks.list(page_size=PAGE),
        "subscriptions": lambda: client.events.v1.subscriptions.list(page_size=PAGE),
        "countries": lambda: client.voice.v1.dialing_permissions.countries.list(page_size=PAGE),
        "inheritance": client.voice.v1.dialing_permissions.settings().fetch,
        "balance": client.balance.fetch,
    }
    return {name: _if_allowed(call) for name, call in calls.items()}


def detail_requests(api: Api, found: Mapping[str, Any]) -> dict[str, Callable[[], Any]]:
    """What is asked for then: the event types of each subscription, by its SID."""
    return {
        str(one.sid): _if_allowed(_types_of(api, str(one.sid))) for one in _records(found["subscriptions"])
    }


def _types_of(api: Api, sid: str) -> Callable[[], Any]:
    return lambda: api.client.events.v1.subscriptions(sid).subscribed_events.list(page_size=PAGE)


def _if_allowed(call: Callable[[], Any]) -> Callable[[], Any]:
    def ask() -> Any:
        try:
            return call()
        except Rejected as error:
            if error.status in NOT_ALLOWED:
                return Withheld(error.message)
            raise

    return ask


def read(api: Api) -> dict[str, Any]:
    """Everything, as JSON: `asking`, `asking_more` and `told` for whoever wants nothing else.

    Raises:
        TwilioError: any of it could not be read, for another reason than that these credentials may not.
    """
    calls = requests_for(api)
    found = dict(zip(calls, api.gather_or_raise([*calls.values()]), strict=True))
    more = detail_requests(api, found)
    return reported(found, dict(zip(more, api.gather_or_raise([*more.values()]), strict=True)))


def reported(found: Mapping[str, Any], types: Mapping[str, Any]) -> dict[str, Any]:
    """What was found, as JSON: a section each, and under `not_read` why one is missing."""
    answers = [*found.items(), *(("subscriptions", answer) for answer in types.values())]
    not_read = {_section(name): answer.why for name, answer in answers if isinstance(answer, Withheld)}
    sections = {
        "outgoing_caller_ids": _entries(found["outgoing_caller_ids"], ("phone_number", "friendly_name")),
        "keys": [_without_sid(one) for one in _entries(found["keys"], ("friendly_name",))],
        "sinks": _sinks(found["sinks"]),
        "subscriptions": _subscriptions(found["subscriptions"], _records(found["sinks"]), types),
        "dialling": _dialling(found["countries"], found["inheritance"]),
        "balance": _balance(found["balance"]),
    }
    readable = {name: value for name, value in sections.items() if name not in not_read}
    return readable | {"not_read": not_read}


def _section(name: str) -> str:
    return "dialling" if name in {"countries", "inheritance"} else name


def _records(answer: Any) -> list[Any]:
    return [] if isinstance(answer, Withheld) else list(answer)


def _entries(answer: Any, names: Iterable[str]) -> list[dict[str, Any]]:
    entries = (
        {name: str(getattr(one, name) or "") for name in names} | _identity(one) for one in _records(answer)
    )
    return sorted(entries, key=str)


def _identity(record: Any) -> dict[str, Any]:
    dates = {name: getattr(record, name) for name in ("date_created", "date_updated")}
    plain = {n: v.isoformat() if isinstance(v, datetime) else str(v or "") for n, v in dates.items()}
    return {"told": {"sid": str(record.sid), **plain}}


def _without_sid(entry: dict[str, Any]) -> dict[str, Any]:
    return entry | {"told": {name: value for name, value in entry["told"].items() if name != "sid"}}


def _sinks(answer: Any) -> list[dict[str, Any]]:
    entries = [
        {
            "description": str(one.description or ""),
            "sink_type": str(one.sink_type),
            "sink_configuration": {
                n: one.sink_configuration[n] for n in CONFIGURATION if n in one.sink_configuration
            },
            "told": _identity(one)["told"] | {"status": str(one.status)},
        }
        for one in _records(answer)
    ]
    return sorted(entries, key=str)


def _subscriptions(answer: Any, sinks: list[Any], types: Mapping[str, Any]) -> list[dict[str, Any]]:
    named = {one.sid: str(one.description or "") for one in sinks}
    entries = [
        {
            "description": str(one.description or ""),
            "sink": named.get(one.sink_sid, str(one.sink_sid)),
            "types": sorted(
                f"{event.type} {event.schema_version}" for event in _records(types[str(one.sid)])
            ),
            **_identity(one),
        }
        for one in _records(answer)
    ]
    return sorted(entries, key=str)


def _dialling(countries: Any, inheritance: Any) -> dict[str, Any]:
    """The ISO codes of the countries that may be called, for each risk."""
    records = _records(countries)
    allowed = {
        risk: sorted(str(one.iso_code) for one in records if getattr(one, field))
        for risk, (field, _words) in RISKS.items()
    }
    inherits = None if isinstance(inheritance, Withheld) else inheritance.dialing_permissions_inheritance
    return {**allowed, "inheritance": inherits}


def _balance(answer: Any) -> dict[str, str]:
    if isinstance(answer, Withheld):
        return {}
    return {"balance": str(answer.balance), "currency": str(answer.currency)}

"""What a snapshot has, beyond managed resources, that the account no longer has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from futel_twilio.plan.changes import ManualSteps
from futel_twilio.snapshots.unmanaged import RISKS, SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

CONSOLE = {
    "outgoing_caller_ids": "verify it again in the Twilio console (Phone Numbers, Verified Caller IDs): "
    "Twilio calls it and asks for a code",
    "keys": "nobody can read its secret again; create a new key in the Twilio console, and give it to whoever "
    "used this one",
    "sinks": "make it again in the Twilio console (Event Streams), then what subscribes to it",
    "subscriptions": "make it again in the Twilio console (Event Streams)",
    "dialling": "set that in the Twilio console (Voice, Settings, Geo permissions)",
}


def compare(then: Mapping[str, Any], now: Mapping[str, Any]) -> ManualSteps:
    """What was there and is no more, with what to do about it; what could not be compared is a note."""
    both = [name for name in CONSOLE if name in then and name in now]
    lost = [f"{words}: {CONSOLE[name]}" for name in both for words in _lost(name, then[name], now[name])]
    unread = [
        f"{SECTIONS[name]} could not be read with {'these credentials' if name in then else 'those of that time'}, "
        "so whether they are as they were was not looked at"
        for name in CONSOLE
        if name not in both
    ]
    return ManualSteps(tuple(lost), tuple(unread))


def _lost(name: str, then: Any, now: Any) -> Iterator[str]:
    if name == "dialling":
        yield from _permissions(then, now)
    else:
        yield from (_words(name, entry) for entry in _missing(then, now))


def _missing(
    then: Iterable[Mapping[str, Any]], now: Iterable[Mapping[str, Any]]
) -> Iterator[Mapping[str, Any]]:
    left = [_core(entry) for entry in now]
    for entry in then:
        if _core(entry) in left:
            left.remove(_core(entry))
        else:
            yield entry


def _core(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != "told"}


def _words(name: str, entry: Mapping[str, Any]) -> str:
    if name == "outgoing_caller_ids":
        return f"verified caller ID {entry['phone_number']} ({entry['friendly_name']})"
    if name == "keys":
        return f"API key {entry['friendly_name'] or 'without a name'}"
    if name == "sinks":
        where = entry["sink_configuration"].get("destination") or entry["sink_configuration"].get("arn", "")
        return f"event streams sink {entry['description']} ({' to '.join(filter(None, (entry['sink_type'], where)))})"
    return (
        f"event streams subscription {entry['description']} of {', '.join(entry['types'])} to {entry['sink']}"
    )


def _permissions(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for risk, (_field, words) in RISKS.items():
        before, after = set(then[risk]), set(now[risk])
        if closed := sorted(before - after):
            yield f"{words.format(', '.join(closed))} were allowed and are not"
        if opened := sorted(after - before):
            yield f"{words.format(', '.join(opened))} were not allowed and are"
    if then["inheritance"] != now["inheritance"]:
        yield f"that dialling permissions are inherited was {then['inheritance']} and is {now['inheritance']}"

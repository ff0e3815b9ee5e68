"""The estate as an audit found it, in boxes and arrows: what the picture shows; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from futel_twilio import phones
from futel_twilio.findings import Arrow, Box
from futel_twilio.subjects import external_numbers, of_911, subject_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.evidence import Evidence
    from futel_twilio.model import Application, Estate, PhoneNumber, SipDomain

NOTHING = "no address"


def boxes(wish: Estate, seen: Evidence) -> Iterator[Box]:
    """What the wish names, found or not, and what the things found point to: each once."""
    kept: dict[str, Box] = {}
    for box in (
        *_wished(wish),
        *_pointed_to(wish, seen),
        *_phones(wish),
        *_numbers(wish),
        *_places(wish, seen),
    ):
        kept.setdefault(box.key, box)
    yield from kept.values()


def arrows(wish: Estate, seen: Evidence) -> Iterator[Arrow]:
    """What points to what: as it was found, but for phones, of which Twilio tells nothing but their user name."""
    for thing in _found(wish, seen):
        if thing.voice_url:
            yield Arrow(_key(thing), f"url:{urlsplit(thing.voice_url).netloc}")
        for name in _lists(thing):
            yield Arrow(_key(thing), f"list:{name}")
    yield from _arrows_of_phones(wish)
    for number in _found_numbers(wish, seen):
        if number.voice_application:
            yield Arrow(_key(number), f"application:{number.voice_application}")
    callers = {client.caller_id for client in wish.clients if client.enable_emergency}
    for number in wish.numbers:
        if number.name in callers | {one.name for one in _telling(wish, seen)}:
            yield Arrow(_key(number), _place(number.name))


def _wished(wish: Estate) -> Iterator[Box]:
    for environment in wish.environments:
        yield _url_box(environment.dialplans, environment.name)
    for application in wish.applications:
        yield Box(
            _key(application), "application", application.name, application.environment, application.name
        )
    for domain in wish.domains:
        label = subject_of(domain)
        yield Box(_key(domain), "domain", label, domain.environment, label)
    for credential_list in wish.credential_lists:
        yield _list_box(credential_list.name)


def _pointed_to(wish: Estate, seen: Evidence) -> Iterator[Box]:
    for thing in _found(wish, seen):
        if thing.voice_url:
            yield _url_box(thing.voice_url, wish.environment_of(thing))
        yield from map(_list_box, _lists(thing))
    for number in _found_numbers(wish, seen):
        name = number.voice_application
        if name:
            yield Box(f"application:{name}", "application", name, "", name)


def _phones(wish: Estate) -> Iterator[Box]:
    for client in wish.clients:
        yield Box(f"phone:{client.name}", "phone", client.name, client.environment, client.name)


def _numbers(wish: Estate) -> Iterator[Box]:
    for number in wish.numbers:
        yield Box(_key(number), "number", number.name, number.environment, number.name)
    for number in external_numbers(wish):
        yield Box(_key(number), "external", number.name, "", number.name)


def _places(wish: Estate, seen: Evidence) -> Iterator[Box]:
    """What 911 is told of each number: of a phone that may call it, or of one that need not pay for it."""
    told = {number.name for number in _telling(wish, seen)}
    for client in wish.clients:
        if client.enable_emergency:
            label = _told(client.caller_id, seen) if client.caller_id in told else NOTHING
            yield Box(_place(client.caller_id), "address", label, client.environment, of_911(client))
    for number in wish.numbers:
        if number.name in told:
            yield Box(
                _place(number.name), "address", _told(number.name, seen), number.environment, number.name
            )


def _told(number: str, seen: Evidence) -> str:
    """The address that a number holds, without what all share."""
    held = seen.held.get(number)
    if held is None:
        return "an unknown address"
    return ", ".join((" ".join(filter(None, (held.street, held.street_secondary))), held.city))


def _arrows_of_phones(wish: Estate) -> Iterator[Arrow]:
    for client in wish.clients:
        domain = phones.domain_of(client, wish)
        if domain:
            yield Arrow(f"phone:{client.name}", _key(domain))
        yield Arrow(f"phone:{client.name}", f"number:{client.caller_id}")


def _key(thing: Application | SipDomain | PhoneNumber) -> str:
    kinds = {"Application": "application", "SipDomain": "domain", "PhoneNumber": "number"}
    return f"{kinds[type(thing).__name__]}:{thing.name}"


def _place(number: str) -> str:
    return f"address:{number}"


def _list_box(name: str) -> Box:
    return Box(f"list:{name}", "list", name, "", name)


def _url_box(url: str, environment: str) -> Box:
    host = urlsplit(url).netloc
    return Box(f"url:{host}", "url", host, environment, environment)


def _lists(thing: Application | SipDomain) -> list[str]:
    return sorted(getattr(thing, "registrations", frozenset()) | getattr(thing, "calls", frozenset()))


def _found(wish: Estate, seen: Evidence) -> Iterator[Application | SipDomain]:
    yield from (a for a in seen.estate.applications if wish.environment_of(a))
    yield from (d for d in seen.estate.domains if wish.environment_of(d))


def _telling(wish: Estate, seen: Evidence) -> Iterator[PhoneNumber]:
    yield from (number for number in _found_numbers(wish, seen) if number.emergency_address)


def _found_numbers(wish: Estate, seen: Evidence) -> Iterator[PhoneNumber]:
    wished = {number.name for number in wish.numbers}
    yield from (number for number in seen.estate.numbers if number.name in wished)

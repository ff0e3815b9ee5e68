"""The account as nodes and edges, as the audit found it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from futel_twilio.audit.results import Edge, Node
from futel_twilio.resources import relations
from futel_twilio.resources.labels import emergency_subject, external_numbers, subject_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.audit.account_data import AccountData
    from futel_twilio.resources.phones import PhoneNumber
    from futel_twilio.resources.state import AccountState
    from futel_twilio.resources.voice import Application, SipDomain

NOTHING = "no address"


def nodes_of(desired: AccountState, seen: AccountData) -> Iterator[Node]:
    """Every resource of the desired state, found or not, and what the found resources point to: each once."""
    kept: dict[str, Node] = {}
    for box in (
        *_expected(desired),
        *_pointed_to(desired, seen),
        *_phones(desired),
        *_numbers(desired),
        *_places(desired, seen),
    ):
        kept.setdefault(box.key, box)
    yield from kept.values()


def edges_of(desired: AccountState, seen: AccountData) -> Iterator[Edge]:
    """What points to what, as found. For phones the files say it: Twilio knows only their user name."""
    for thing in _found(desired, seen):
        if thing.voice_url:
            yield Edge(_key(thing), f"url:{urlsplit(thing.voice_url).netloc}")
        for name in _lists(thing):
            yield Edge(_key(thing), f"list:{name}")
    yield from _arrows_of_phones(desired)
    for number in _found_numbers(desired, seen):
        if number.voice_application:
            yield Edge(_key(number), f"application:{number.voice_application}")
    callers = {client.caller_id for client in desired.clients if client.enable_emergency}
    for number in desired.numbers:
        if number.name in callers | {one.name for one in _telling(desired, seen)}:
            yield Edge(_key(number), _place(number.name))


def _expected(desired: AccountState) -> Iterator[Node]:
    for environment in desired.environments:
        yield _url_box(environment.dialplans, environment.name)
    for application in desired.applications:
        yield Node(
            _key(application), "application", application.name, application.environment, application.name
        )
    for domain in desired.domains:
        label = subject_of(domain)
        yield Node(_key(domain), "domain", label, domain.environment, label)
    for credential_list in desired.credential_lists:
        yield _list_box(credential_list.name)


def _pointed_to(desired: AccountState, seen: AccountData) -> Iterator[Node]:
    for thing in _found(desired, seen):
        if thing.voice_url:
            yield _url_box(thing.voice_url, desired.environment_of(thing))
        yield from map(_list_box, _lists(thing))
    for number in _found_numbers(desired, seen):
        name = number.voice_application
        if name:
            yield Node(f"application:{name}", "application", name, "", name)


def _phones(desired: AccountState) -> Iterator[Node]:
    for client in desired.clients:
        yield Node(f"phone:{client.name}", "phone", client.name, client.environment, client.name)


def _numbers(desired: AccountState) -> Iterator[Node]:
    for number in desired.numbers:
        yield Node(_key(number), "number", number.name, number.environment, number.name)
    for number in external_numbers(desired):
        yield Node(_key(number), "external", number.name, "", number.name)


def _places(desired: AccountState, seen: AccountData) -> Iterator[Node]:
    """The 911 address of each number: of phones that may call 911, and of numbers that pay for one without need."""
    with_address = {number.name for number in _telling(desired, seen)}
    for client in desired.clients:
        if client.enable_emergency:
            label = (
                _emergency_address(client.caller_id, seen) if client.caller_id in with_address else NOTHING
            )
            yield Node(
                _place(client.caller_id), "address", label, client.environment, emergency_subject(client)
            )
    for number in desired.numbers:
        if number.name in with_address:
            yield Node(
                _place(number.name),
                "address",
                _emergency_address(number.name, seen),
                number.environment,
                number.name,
            )


def _emergency_address(number: str, seen: AccountData) -> str:
    """The address that a number holds, without what all share."""
    held = seen.held.get(number)
    if held is None:
        return "an unknown address"
    return ", ".join((" ".join(filter(None, (held.street, held.street_secondary))), held.city))


def _arrows_of_phones(desired: AccountState) -> Iterator[Edge]:
    for client in desired.clients:
        domain = relations.domain_of(client, desired)
        if domain:
            yield Edge(f"phone:{client.name}", _key(domain))
        yield Edge(f"phone:{client.name}", f"number:{client.caller_id}")


def _key(thing: Application | SipDomain | PhoneNumber) -> str:
    resource_types = {"Application": "application", "SipDomain": "domain", "PhoneNumber": "number"}
    return f"{resource_types[type(thing).__name__]}:{thing.name}"


def _place(number: str) -> str:
    return f"address:{number}"


def _list_box(name: str) -> Node:
    return Node(f"list:{name}", "list", name, "", name)


def _url_box(url: str, environment: str) -> Node:
    host = urlsplit(url).netloc
    return Node(f"url:{host}", "url", host, environment, environment)


def _lists(thing: Application | SipDomain) -> list[str]:
    return sorted(getattr(thing, "registrations", frozenset()) | getattr(thing, "calls", frozenset()))


def _found(desired: AccountState, seen: AccountData) -> Iterator[Application | SipDomain]:
    yield from (a for a in seen.state.applications if desired.environment_of(a))
    yield from (d for d in seen.state.domains if desired.environment_of(d))


def _telling(desired: AccountState, seen: AccountData) -> Iterator[PhoneNumber]:
    yield from (number for number in _found_numbers(desired, seen) if number.emergency_address)


def _found_numbers(desired: AccountState, seen: AccountData) -> Iterator[PhoneNumber]:
    expected = {number.name for number in desired.numbers}
    yield from (number for number in seen.state.numbers if number.name in expected)

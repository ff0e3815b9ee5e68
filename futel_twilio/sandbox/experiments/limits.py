"""Experiments that fill up one kind of thing until Twilio refuses the next. Free, but many requests."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.experiments.lab import GOOD_PASSWORD, Lab
from futel_twilio.sandbox.experiments.table import LIMITS, experiment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _fill(lab: Lab, most: int, calls: Iterator[Callable[[], Any]]) -> None:
    """Create until one is refused, and write down the refusal; what the account has already counts too."""
    for _, call in zip(range(most), calls, strict=False):
        call_made = lab.attempt(call)
        if not call_made:
            break
    lab.look("one more", next(calls))


def _endless(make: Callable[[int], Callable[[], Any]]) -> Iterator[Callable[[], Any]]:
    count = 0
    while True:
        yield make(count)
        count += 1


@experiment(
    "Create SIP domains until refused: 21230 and its wording.",
    "domains: the code is documented, the wording is not; this holds",
    makes={"SIP domain": 101},
    rules=("SIP/Domains: beyond 100",),
    needs=LIMITS,
)
def domains(lab: Lab) -> None:
    _fill(lab, 100, _endless(lambda _n: partial(lab.client.sip.domains.create, lab.domain())))


@experiment(
    "Create credential lists until refused: 21239 and its wording.",
    "domains: the code is documented, the wording is not; this holds",
    makes={"credential list": 101},
    rules=("SIP/CredentialLists: beyond 100",),
    needs=LIMITS,
)
def credential_lists(lab: Lab) -> None:
    create = lab.client.sip.credential_lists.create
    _fill(lab, 100, _endless(lambda _n: partial(create, friendly_name=lab.name())))


@experiment(
    "Create credentials in one list until refused: 21242 and its wording.",
    "domains: the code is documented, the wording is not; this holds",
    makes={"credential list": 1, "credential": 1001},
    rules=("SIP/CredentialLists/<parent>/Credentials: beyond 1000",),
    needs=LIMITS,
)
def credentials(lab: Lab) -> None:
    made = lab.make(partial(lab.client.sip.credential_lists.create, friendly_name=lab.name()))
    users = lab.client.sip.credential_lists(made.sid).credentials
    _fill(lab, 1000, _endless(lambda _n: partial(users.create, lab.name(), GOOD_PASSWORD)))


@experiment(
    "Create addresses in one IP access control list until refused: 21237, whether at 100 or at 25.",
    "domains: the code is documented, the wording is not; this holds",
    makes={"IP access control list": 1, "IP address": 101},
    rules=("SIP/IpAccessControlLists/<parent>/IpAddresses: beyond 100",),
    needs=LIMITS,
)
def ip_addresses(lab: Lab) -> None:
    made = lab.make(partial(lab.client.sip.ip_access_control_lists.create, friendly_name=lab.name()))
    entries = lab.client.sip.ip_access_control_lists(made.sid).ip_addresses
    _fill(lab, 100, _endless(lambda n: partial(entries.create, lab.name(), f"192.0.2.{n}")))


@experiment(
    "Create IP access control lists until refused: 21255 and its wording.",
    "domains: the code is documented, the wording is not; this holds",
    makes={"IP access control list": 1001},
    rules=("SIP/IpAccessControlLists: beyond 1000",),
    needs=LIMITS,
)
def ip_access_control_lists(lab: Lab) -> None:
    create = lab.client.sip.ip_access_control_lists.create
    _fill(lab, 1000, _endless(lambda _n: partial(create, friendly_name=lab.name())))


@experiment(
    "Create applications until refused: the code, which is not documented.",
    "applications: the number is documented",
    makes={"application": 1001},
    rules=("Applications: beyond 1000",),
    needs=LIMITS,
)
def applications(lab: Lab) -> None:
    create = lab.client.applications.create
    _fill(lab, 1000, _endless(lambda _n: partial(create, friendly_name=lab.name())))

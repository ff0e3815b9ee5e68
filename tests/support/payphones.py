"""An audit of Futel's size for the picture: 51 phones, 24 of which may call 911, whole or troubled."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from futel_twilio.audit.account_data import AccountData
from futel_twilio.audit.diagram import model
from futel_twilio.audit.results import Audit, Check
from futel_twilio.config import estate, inventory
from futel_twilio.resources.labels import EMERGENCY_SUFFIX
from futel_twilio.resources.state import AccountState
from futel_twilio.resources.voice import Application, CredentialList, Environment, SipDomain
from tests.support.phones import EXTERNAL
from tests.support.phones import phones as made_up

if TYPE_CHECKING:
    from collections.abc import Iterable

    from futel_twilio.audit.results import Outcome, Severity
    from futel_twilio.resources.phones import PhoneClient

NAMES = ("ainsworth", "alley-twentyseventh", "bottles-and-cans-one", "eighth-and-oak", "killingsworthporch")
ENVIRONMENTS = ("stage", "prod")


def desired_of(environments: Iterable[str] = ENVIRONMENTS) -> AccountState:
    """An estate with the phones of a made-up inventory, all of prod."""
    names = tuple(environments)
    lists = frozenset({"sip-direct"})
    base = AccountState(
        environments=tuple(Environment(env, f"https://{env}.dialplans.example.net") for env in names),
        applications=tuple(
            Application(f"incoming-{env}", f"https://{env}.dialplans.example.net/dial", environment=env)
            for env in names
        ),
        domains=tuple(
            SipDomain(
                f"direct-futel-{kind}{env}.sip.twilio.com",
                f"direct-futel-{kind}{env}",
                f"https://{env}.dialplans.example.net/out",
                emergency_calling_enabled=not kind,
                registrations=lists,
                calls=lists,
                environment=env,
            )
            for env in names
            for kind in ("", "nonemergency-")
        ),
        credential_lists=(CredentialList("sip-direct"),),
        external_numbers=frozenset({EXTERNAL}),
        clients_credential_list="sip-direct",
        clients_application="incoming-{env}",
    )
    return estate.with_clients(base, tuple(clients()))


def clients() -> Iterable[PhoneClient]:
    for at, (name, entry) in enumerate(made_up().entries.items()):
        table = {"street": f"{at} SW Example St", "city": "Portland", "region": "OR", "postal_code": "97201"}
        reported = {"address": table} if entry["enable_emergency"] else {}
        called = f"{NAMES[at % len(NAMES)][:26]}-{name[-2:]}"
        yield inventory.client_of(called, entry, reported, "prod", "Futel")


def seen_of(desired: AccountState) -> AccountData:
    """What an account holds that is as desired."""
    addresses = {address.name: address for address in desired.addresses}
    return AccountData(
        replace(desired, clients=()),
        balance=20.0,
        countries=(),
        alerts=(),
        events=(),
        by_key=True,
        read_at=datetime(2026, 11, 23, 12, tzinfo=UTC),
        caller_ids=desired.external_numbers,
        held={n.name: addresses[n.emergency_address] for n in desired.numbers if n.emergency_address},
    )


def audit_of(desired: AccountState, seen: AccountData, *checks: Check) -> Audit:
    boxes = tuple(model.nodes_of(desired, seen))
    rest = (check_of(box.subject) for box in boxes)
    environments = tuple(environment.name for environment in desired.environments)
    arrows = tuple(model.edges_of(desired, seen))
    source = "cassette of 2026-11-23 (sandbox)"
    return Audit(seen.read_at, source, "0.1.0", environments, (*checks, *rest), boxes, arrows)


def check_of(subject: str, outcome: Outcome = "held", severity: Severity = "critical") -> Check:
    claim = "It is as it should be."
    return Check(f"phones/so[{subject}]", claim, "phones", subject, "prod", ("urgent",), severity, outcome)


def whole(environments: Iterable[str] = ENVIRONMENTS) -> Audit:
    """An audit that found nothing."""
    desired = desired_of(environments)
    return audit_of(desired, seen_of(desired))


def troubled() -> Audit:
    """A phone without its credential, a number on stage, one with a wrong name, and a 911 address that is gone."""
    desired = desired_of()
    seen = seen_of(desired)
    callers = [client for client in desired.clients if client.enable_emergency]
    astray, unregistered, named = (client.caller_id for client in callers[2:5])
    numbers = tuple(
        replace(number, voice_application="incoming-stage")
        if number.name == astray
        else replace(number, emergency_address="")
        if number.name == unregistered
        else number
        for number in seen.state.numbers
    )
    held = {name: address for name, address in seen.held.items() if name != unregistered}
    return audit_of(
        desired,
        replace(seen, state=replace(seen.state, numbers=numbers), held=held),
        check_of(callers[0].name, "finding"),
        check_of(desired.clients[-3].name, "accepted"),
        check_of(astray, "finding"),
        check_of(named, "finding", "warning"),
        check_of(EMERGENCY_SUFFIX + callers[3].name, "finding"),
    )

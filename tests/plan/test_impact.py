"""Phones: what a plan means for them, in one sentence that counts them, and the refusal of what takes 911 away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from futel_twilio.commands import scopes
from futel_twilio.config.estate import load_estate, with_clients
from futel_twilio.plan import diff, guards, impact, projection
from futel_twilio.plan.changes import Change, Changes, Create, Delete, Scope, Update
from futel_twilio.resources import relations
from futel_twilio.resources.phones import Credential, PhoneClient, PhoneNumber
from futel_twilio.resources.state import AccountState
from futel_twilio.resources.types import (
    ADDRESS,
    ALL_TYPES,
    CLIENT_TYPES,
    CREDENTIAL,
    PHONE_NUMBER,
    VOICE_TYPES,
)
from futel_twilio.resources.voice import CredentialListMapping, SipDomain
from tests.support.paths import ESTATE

if TYPE_CHECKING:
    from collections.abc import Callable

    from futel_twilio.errors import Refused

WISH = load_estate(ESTATE / "estate.toml")
EMPTY = AccountState()


def found(desired: AccountState = WISH) -> AccountState:
    """An account that is as it is desired."""
    numbers = tuple(
        replace(n, emergency_address_status="registered", emergency_address=n.emergency_address or "")
        for n in desired.numbers
    )
    return replace(desired, clients=(), external_numbers=frozenset(), numbers=numbers)


def without(estate: AccountState, *names: str) -> AccountState:
    """An estate less some phones of its inventory."""
    return with_clients(estate, tuple(c for c in estate.clients if c.name not in names))


def said(proposed: Changes, desired: AccountState = WISH, account: AccountState | None = None) -> str:
    return impact.summary(impact.impact_of(proposed, desired, account or found(desired)))


def refusal(
    proposed: Changes, *allowed: str, desired: AccountState = WISH, account: AccountState | None = None
) -> Refused | None:
    """How the guard refuses a plan; None where it does not."""
    there = account or found()
    meaning = impact.impact_of(proposed, desired, projection.with_what_changes(there, proposed, there))
    return guards.guard_911(meaning, Scope(ALL_TYPES, allow_911_loss=allowed))


STAGE = "https://stage.dialplans.phu73l.net"


def on_stage(estate: AccountState, url: str = "https://old.example.com") -> AccountState:
    """Only the application of stage, and it answers elsewhere."""
    (stage,) = (a for a in estate.applications if a.environment == "stage")
    return replace(EMPTY, applications=(replace(stage, voice_url=url),))


def moved(estate: AccountState) -> AccountState:
    """An account where alder-street's number tells 911 another address."""
    number = replace(estate.numbers[0], emergency_address="9 OLD ST, PORTLAND, OR 97201, US")
    return replace(estate, numbers=(number, *estate.numbers[1:]))


PLANS: dict[str, tuple[Callable[[], Changes], str]] = {
    "nothing to do": (lambda: diff.diff(WISH, found(), Scope(ALL_TYPES)), ""),
    "a trigger, which no phone knows": (
        lambda: (Create(WISH.usage_triggers[0]),),
        "",
    ),
    "all from nothing": (
        lambda: diff.diff(
            WISH, EMPTY, Scope(ALL_TYPES, purchase=tuple(n.phone_number for n in WISH.numbers))
        ),
        "Affects 5 phones (2 with 911).\nBuys 3 numbers.",
    ),
    "the set-up": (
        lambda: diff.diff(WISH, EMPTY, Scope(VOICE_TYPES)),
        "Affects 5 phones (2 with 911).",
    ),
    "an application of stage": (
        lambda: diff.diff(replace(EMPTY, applications=WISH.applications[:1]), on_stage(WISH)),
        (
            "Affects 1 phone (no 911).\nIncoming calls of 1 phone, 0 with 911, move from "
            "old.example.com to stage.dialplans.phu73l.net."
        ),
    ),
    "an application of stage on the same server": (
        lambda: diff.diff(
            replace(EMPTY, applications=WISH.applications[:1]),
            on_stage(WISH, f"{STAGE.upper().replace('HTTPS', 'https')}:443/old/dial_sip_e164"),
        ),
        (
            "Affects 1 phone (no 911).\nIncoming calls of 1 phone, 0 with 911, move from "
            f"https://STAGE.DIALPLANS.PHU73L.NET:443/old to\n  {STAGE}."
        ),
    ),
    "another path of the same server": (
        lambda: diff.diff(
            replace(EMPTY, applications=WISH.applications[:1]), on_stage(WISH, f"{STAGE}/other?x=y")
        ),
        (
            "Affects 1 phone (no 911).\nIncoming calls of 1 phone, 0 with 911, move from "
            f"{STAGE}/other?x=y to\n  {STAGE}/dial_sip_e164."
        ),
    ),
    "one number bought": (
        lambda: (Create(WISH.numbers[0]),),
        "Affects 1 phone (1 with 911).\nBuys 1 number.",
    ),
    "a number for nobody": (
        lambda: (Create(PhoneNumber("+15035550150")),),
        "Affects no phone.\nBuys 1 number.",
    ),
    "an address that is changed": (
        lambda: diff.diff(WISH, moved(found()), Scope(CLIENT_TYPES)),
        (
            "Affects 1 phone (1 with 911).\nalder-street cannot call 911 for some "
            "minutes, while the address is changed."
        ),
    ),
    "a password that is renewed": (
        lambda: diff.diff(WISH, found(), Scope((CREDENTIAL,), rotate_passwords=("sip-direct/alder-street",))),
        ("Affects 1 phone (1 with 911).\nalder-street can call nobody until given the new password."),
    ),
    "a number that nobody has is released": (
        lambda: (Delete(PhoneNumber("+15035550150")),),
        "Affects no phone.\nReleases 1 number.",
    ),
    "a phone with 911 is taken away": (
        lambda: diff.diff(
            without(WISH, "alder-street"),
            found(),
            Scope((PHONE_NUMBER, CREDENTIAL), remove=("sip-direct/alder-street", "+15035550101")),
        ),
        "Affects 1 phone (1 with 911).\nalder-street loses 911.\nReleases 1 number.",
    ),
}


@pytest.mark.parametrize("name", PLANS)
def test_the_sentence_counts_phones(name: str) -> None:
    """Each plan is one sentence in phones; one that touches none is none."""
    proposed, sentence = PLANS[name]
    assert said(proposed()) == sentence


def many(count: int) -> AccountState:
    """A desired state with so many phones that may call 911."""
    alder = WISH.clients[0]
    clients = (
        replace(alder, extension=f"phone-{n}", caller_id=f"+150355501{n:02}") for n in range(10, 10 + count)
    )
    return with_clients(WISH, tuple(clients))


def test_a_long_list_of_losses_is_cut() -> None:
    """Of many phones that lose 911 the sentence names six and counts the rest."""
    desired = many(9)
    doomed = tuple(Delete(credential) for credential in found(desired).credentials)
    assert "phone-10, phone-11, phone-12, phone-13, phone-14, phone-15 and 3 more lose 911." in said(
        doomed, desired
    )


DOMAIN = "direct-futel-prod.sip.twilio.com"


def domain(name: str = DOMAIN) -> SipDomain:
    return next(d for d in found().domains if d.domain_name == name)


def number(name: str) -> PhoneNumber:
    return next(n for n in found().numbers if n.friendly_name == name)


def credential(name: str) -> Credential:
    return Credential(name, "sip-direct")


def mapping(name: str = DOMAIN, credential_list: str = "sip-direct") -> CredentialListMapping:
    return CredentialListMapping(name, "registrations", credential_list)


QUIET = "direct-futel-nonemergency-prod.sip.twilio.com"
LOSSES: dict[str, tuple[Change, str, str]] = {
    "credential": (
        Delete(credential("alder-street")),
        "alder-street",
        "without its credential it can call nobody",
    ),
    "number released": (
        Delete(number("alder-street")),
        "alder-street",
        "lose its 911 address 1 SW",
    ),
    "address cleared": (
        Update(
            number("alder-street"),
            replace(number("alder-street"), emergency_address=""),
            ("emergency_address",),
        ),
        "alder-street",
        "lose its 911 address 1 SW EXAMPLE ST",
    ),
    "number of nobody released": (
        Delete(PhoneNumber("+15035550150", emergency_address="5 OLD ST, PORTLAND, OR 97201, US")),
        "+15035550150",
        "lose its 911 address 5 OLD ST",
    ),
    "credential of a phone without 911 by the files": (
        Delete(credential("cedar-lot")),
        "cedar-lot",
        "can call 911 through direct-futel-prod",
    ),
    "credential of nobody": (
        Delete(credential("old-phone")),
        "old-phone",
        "can call 911 through direct-futel-prod",
    ),
    "domain deleted": (Delete(domain()), "direct-futel-prod", "no longer take 911 calls"),
    "emergency calling off": (
        Update(domain(), replace(domain(), emergency_calling_enabled=False), ("emergency_calling_enabled",)),
        "direct-futel-prod",
        "no longer take 911 calls",
    ),
    "registration off": (
        Update(domain(), replace(domain(), sip_registration=False), ("sip_registration",)),
        "direct-futel-prod",
        "no longer let its phones register",
    ),
    "list taken off": (Delete(mapping()), "direct-futel-prod", "no longer let its phones in (registrations)"),
}


@pytest.mark.parametrize("name", LOSSES)
def test_what_takes_911_away_is_refused(name: str) -> None:
    """What takes 911 from a phone is refused, says why, and names the flag that allows it; another name does not."""
    change, wanted, why = LOSSES[name]
    for allowed in ((), ("birch-corner",)):
        refused = refusal((change,), *allowed)
        assert refused is not None
        at = " to `invoke apply` and its flags" if wanted.startswith("direct") else ""
        assert f"add --allow-911-loss {wanted}{at}." in refused.hint
        assert [why in fault for fault in refused.faults] == [True]
    assert refusal((change,), wanted) is None


LOSES_NOTHING: dict[str, Change] = {
    "number without an address": Delete(number("dogwood-stage")),
    "another application": Update(
        number("alder-street"),
        replace(number("alder-street"), voice_application="incoming-stage"),
        ("voice_application",),
    ),
    "another address": Update(
        number("alder-street"), replace(number("alder-street"), emergency_address="X"), ("emergency_address",)
    ),
    "domain without 911": Delete(domain(QUIET)),
    "registration of a domain without 911": Update(
        domain(QUIET), replace(domain(QUIET), sip_registration=False), ("sip_registration",)
    ),
    "another URL": Update(domain(), replace(domain(), voice_url="https://x.example.com"), ("voice_url",)),
    "a list that phones do not use": Delete(mapping(credential_list="other")),
    "a list off a domain without 911": Delete(mapping(QUIET)),
    "a domain that is made": Create(domain()),
}


@pytest.mark.parametrize("name", LOSES_NOTHING)
def test_what_takes_no_911_away_passes(name: str) -> None:
    """What leaves every phone its 911 is not refused."""
    assert refusal((LOSES_NOTHING[name],)) is None


def test_each_loss_is_named_for_itself() -> None:
    """A plan with several losses names all that are not allowed, and lets through what is."""
    plans = (Delete(credential("alder-street")), Delete(credential("birch-corner")), Delete(domain()))
    refused = refusal(plans, DOMAIN, "alder-street")
    assert refused is not None
    assert len(refused.faults) == 1
    assert "birch-corner" in refused.hint


def test_a_phone_registers_by_its_environment_and_its_911() -> None:
    """Which SIP domain a phone registers with follows from its environment, and from whether it may call 911."""
    found_domains = {client.name: relations.domain_of(client, WISH) for client in WISH.clients}
    names = {name: one.friendly_name for name, one in found_domains.items() if one}
    assert names == {
        "alder-street": "direct-futel-prod",
        "birch-corner": "direct-futel-prod",
        "cedar-lot": "direct-futel-nonemergency-prod",
        "dogwood-stage": "direct-futel-nonemergency-stage",
        "elm-office": "direct-futel-nonemergency-prod",
    }
    stranger = PhoneClient("x", "y", "+15035550150", enable_emergency=True, environment="moon")
    assert relations.domain_of(stranger, WISH) is None


def test_a_part_of_the_desired_state_is_what_some_phones_need() -> None:
    """The desired state of one phone has its credential, number and address, and all that is not about phones."""
    part = scopes.part_of(WISH, ("alder-street",))
    assert [c.username for c in part.credentials] == ["alder-street"]
    assert [n.friendly_name for n in part.numbers] == ["alder-street"]
    assert [a.friendly_name for a in part.addresses] == ["alder-street"]
    assert (part.clients, part.domains) == (WISH.clients, WISH.domains)
    assert scopes.part_of(WISH, ("cedar-lot",)).numbers == ()
    assert ADDRESS.resource_class is type(part.addresses[0])

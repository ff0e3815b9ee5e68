"""No plan that is accepted takes 911 from a phone that is not named: any account, any files, any command."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from futel_twilio.config import estate as estate_module
from futel_twilio.errors import FutelTwilioError
from futel_twilio.plan import access, diff, guards, impact, projection
from futel_twilio.plan.changes import Change, Changes, Create, Delete, Scope, Update
from futel_twilio.resources.phones import Address, Credential, PhoneClient, PhoneNumber
from futel_twilio.resources.state import AccountState
from futel_twilio.resources.types import ALL_TYPES, type_of
from futel_twilio.resources.voice import (
    USES,
    CredentialList,
    CredentialListMapping,
    Environment,
    IpAddress,
    IpList,
    IpMapping,
    SipDomain,
)
from tests.support.sampling import examples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hypothesis.strategies import DrawFn, SearchStrategy

USERS = ("ash", "beech", "cedar")
LISTS = ("phones", "others")
IP_LISTS = ("office", "home")
USED = tuple(frozenset(names) for names in (("phones",), ("phones", "others"), ("others",), ()))
DOMAINS = tuple(f"{name}.sip.twilio.com" for name in ("one", "two"))
NUMBERS = ("+15035550101", "+15035550102", "+15035550103")
PLACES = tuple(Address(f"p{n}", "Futel", f"{n} SW Example St", "Portland", "OR", "97201") for n in (1, 2))
IPS = ("192.0.2.1", "192.0.2.9")


def some(*things: str) -> SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(things))


def mostly(draw: DrawFn) -> bool:
    """True, three times of four."""
    return draw(st.integers(0, 3)) > 0


@st.composite
def domains(draw: DrawFn) -> tuple[SipDomain, ...]:
    """SIP domains of any settings and mappings."""
    return tuple(
        SipDomain(
            name,
            sip_registration=mostly(draw),
            emergency_calling_enabled=mostly(draw),
            secure=not mostly(draw),
            registrations=draw(st.sampled_from(USED)),
            calls=draw(st.sampled_from(USED)),
            ip_lists=frozenset() if mostly(draw) else draw(some(*IP_LISTS)),
            auth_type="CREDENTIAL_LIST,IP_ACL",
            environment="prod",
            sid=f"SD{name}",
        )
        for name in DOMAINS
        if mostly(draw)
    )


@st.composite
def numbers(draw: DrawFn) -> tuple[PhoneNumber, ...]:
    """Numbers with the name of a phone, as every command of ours gives them, or with none."""
    return tuple(
        PhoneNumber(
            name,
            friendly_name=draw(st.sampled_from(USERS)),
            emergency_address=draw(st.sampled_from((*(place.name for place in PLACES), ""))),
            voice_application="",
            environment="prod",
        )
        for name in NUMBERS
        if mostly(draw)
    )


@st.composite
def estates(draw: DrawFn) -> AccountState:
    """What any account may hold, or any files may desired state for."""
    return AccountState(
        environments=(Environment("prod", "https://prod.dialplans.phu73l.net"),),
        domains=draw(domains()),
        credential_lists=tuple(map(CredentialList, LISTS)),
        credentials=tuple(
            Credential(user, name) for user, name in product(USERS, LISTS) if draw(st.booleans())
        ),
        numbers=draw(numbers()),
        addresses=PLACES,
        ip_lists=tuple(map(IpList, IP_LISTS)),
        ip_addresses=tuple(
            IpAddress(name, ip, cidr_prefix_length=draw(st.sampled_from((24, 28, 32))))
            for name, ip in product(IP_LISTS, IPS)
            if draw(st.booleans())
        ),
    )


@st.composite
def accounts(draw: DrawFn) -> AccountState:
    """An account in which one phone at least can call 911."""
    found = draw(estates())
    by_address = draw(st.integers(0, 3)) == 0
    home = SipDomain(
        DOMAINS[0],
        sip_registration=True,
        emergency_calling_enabled=True,
        secure=False,
        registrations=draw(st.sampled_from(USED[:2])),
        calls=frozenset() if by_address else draw(st.sampled_from(USED[:2])),
        ip_lists=frozenset({IP_LISTS[0]}) if by_address else frozenset(),
        environment="prod",
        sid="SD1",
    )
    credential = Credential(USERS[0], LISTS[0])
    number = PhoneNumber(NUMBERS[0], friendly_name=USERS[0], emergency_address=PLACES[0].name)
    address = IpAddress(IP_LISTS[0], IPS[0], cidr_prefix_length=draw(st.sampled_from((24, 32))))
    return replace(
        found,
        ip_addresses=(address, *(one for one in found.ip_addresses if one.name != address.name)),
        domains=(home, *(one for one in found.domains if one.name != home.name)),
        credentials=(credential, *(one for one in found.credentials if one != credential)),
        numbers=(number, *(one for one in found.numbers if one.name != number.name)),
    )


@st.composite
def desired_states(draw: DrawFn) -> AccountState:
    """What any edit of the files may have made of them: any phones, numbers and domains."""
    clients = tuple(
        PhoneClient(
            name,
            "outgoing",
            draw(st.sampled_from(NUMBERS)),
            enable_emergency=draw(st.booleans()),
            environment="prod",
            address=draw(st.sampled_from(PLACES)),
        )
        for name in draw(some(*USERS))
    )
    estate = replace(draw(estates()), clients_credential_list="phones", clients_application="incoming-{env}")
    with_clients = estate_module.with_clients(estate, clients)
    numbers = tuple(replace(number, voice_application=None) for number in with_clients.numbers)
    return replace(with_clients, numbers=numbers)


NAMES = (*USERS, *NUMBERS, *DOMAINS, *(name.partition(".")[0] for name in DOMAINS))


@st.composite
def scopes(draw: DrawFn, account: AccountState) -> Scope:
    """Any flags of a command."""
    named = [resource.name for resource in account.resources() if not isinstance(resource, CredentialList)]
    return Scope(
        tuple(kind for kind in ALL_TYPES if draw(st.integers(0, 3))),
        remove=tuple(draw(st.lists(st.sampled_from(named), max_size=2))),
        allow_911_loss=tuple(draw(st.lists(st.sampled_from(NAMES), max_size=1))),
        purchase=NUMBERS,
        take_over=NUMBERS,
    )


@st.composite
def changes(draw: DrawFn, account: AccountState, other: AccountState) -> Changes:
    """Any changes at all, such as an undoing makes of a journal: towards another account, or away from this one."""
    there = {(type(resource), resource.name): resource for resource in account.resources()}
    wanted = {(type(resource), resource.name): resource for resource in other.resources()}
    found: list[Change] = []
    for key in draw(st.lists(st.sampled_from([*there, *wanted]), max_size=5, unique=True)):
        before, after = there.get(key), wanted.get(key)
        if before is None:
            assert after is not None
            found.append(Create(after))
        elif after is None or draw(st.booleans()):
            found.append(Delete(before))
        elif names := [n for n in type_of(before).mutable_fields if getattr(before, n) != getattr(after, n)]:
            found.append(Update(before, after, tuple(names)))
    return tuple(found)


@st.composite
def changes_of_access(draw: DrawFn, account: AccountState) -> Changes:
    """One or two changes of who gets in at the SIP domain of the phone: lists, and the addresses on them."""
    home = account.domains[0]
    mappings: list[Change] = [
        Delete(IpMapping(home.name, name)) if name in home.ip_lists else Create(IpMapping(home.name, name))
        for name in IP_LISTS
    ]
    mappings += [
        Delete(CredentialListMapping(home.name, use, name))
        if name in home.lists_for(use)
        else Create(CredentialListMapping(home.name, use, name))
        for use, name in product(USES, LISTS)
    ]
    addresses: list[Change] = [Delete(one) for one in account.ip_addresses]
    addresses += [
        Update(one, replace(one, cidr_prefix_length=32), ("cidr_prefix_length",))
        for one in account.ip_addresses
        if one.cidr_prefix_length != 32
    ]
    every = [*mappings, *addresses]
    places = draw(st.lists(st.integers(0, len(every) - 1), min_size=1, max_size=2, unique=True))
    return tuple(every[place] for place in places)


@dataclass(frozen=True)
class Phone:
    """A real phone: what it was told to sign in with and where, which number is its, and from where it calls."""

    credential: Credential
    domain: str
    number: str
    ip: str

    def calls_911(self, account: AccountState, *, encrypted: bool) -> bool:
        """Whether help comes to it, in so many words of Twilio's."""
        domain = next((one for one in account.domains if one.name == self.domain), None)
        number = next((one for one in account.numbers if one.name == self.number), None)
        if domain is None or number is None or self.credential not in account.credentials:
            return False
        mine = {self.credential.credential_list}
        signs_in = bool(mine & domain.calls) or (not domain.calls and bool(domain.ip_lists))
        registers = bool(domain.sip_registration) and bool(mine & domain.registrations)
        comes_from = not domain.ip_lists or any(
            self._is_in(one) for one in account.ip_addresses if one.ip_list in domain.ip_lists
        )
        is_clear = encrypted or not domain.secure
        is_reported = number.emergency_address in {place.name for place in account.addresses}
        return all((domain.emergency_calling_enabled, signs_in, registers, comes_from, is_clear, is_reported))

    def _is_in(self, address: IpAddress) -> bool:
        one, other = (int.from_bytes(bytes(map(int, ip.split(".")))) for ip in (self.ip, address.ip_address))
        shift = 32 - (address.cidr_prefix_length or 32)
        return one >> shift == other >> shift

    def is_named(self, names: tuple[str, ...]) -> bool:
        return bool(
            {*names} & {self.credential.username, self.number, self.domain, self.domain.partition(".")[0]}
        )


def real_phones(account: AccountState) -> list[Phone]:
    """Every phone that there may be with the credentials and the numbers of an account."""
    return [
        Phone(credential, domain.name, number.name, ip)
        for credential in account.credentials
        for number in account.numbers
        if number.friendly_name == credential.username
        for domain in account.domains
        for ip in IPS
    ]


def losing(account: AccountState, proposed: Changes) -> list[Phone]:
    """The real phones that can call 911, and cannot after a plan; those that speak TLS and those that do not."""
    later = projection.after(account, proposed)
    return [
        phone
        for phone, encrypted in product(real_phones(account), (False, True))
        if phone.calls_911(account, encrypted=encrypted) and not phone.calls_911(later, encrypted=encrypted)
    ]


def check(account: AccountState, desired: AccountState, proposed: Changes, scope: Scope) -> None:
    """What the guard accepts takes 911 from no phone that is not named."""
    if guards.guard_911(impact.impact_of(proposed, desired, account), scope) is None:
        unnamed = [phone for phone in losing(account, proposed) if not phone.is_named(scope.allow_911_loss)]
        assert not unnamed
    elif not access.kinds_in_question(proposed, account):
        raise AssertionError("refused, and the account is not looked at")


MANY = settings(
    max_examples=examples(150),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@MANY
@given(st.data())
def test_no_accepted_plan_of_the_files_takes_911(data: st.DataObject) -> None:
    """Any account, any files, any scope: what `plan.make` gives and the guard accepts takes 911 from nobody unnamed."""
    account, desired = data.draw(accounts()), data.draw(desired_states())
    scope = data.draw(scopes(account))
    with contextlib.suppress(FutelTwilioError):
        proposed = diff.diff(desired, account, scope)
        check(account, desired, proposed, scope)


@MANY
@given(st.data())
def test_no_accepted_plan_of_any_changes_takes_911(data: st.DataObject) -> None:
    """Any account and any changes of it, such as an undoing makes: the same."""
    account, desired = data.draw(accounts()), data.draw(desired_states())
    proposed = data.draw(changes(account, data.draw(estates())))
    check(account, desired, proposed, data.draw(scopes(account)))


@MANY
@given(st.data())
def test_no_accepted_plan_of_access_takes_911(data: st.DataObject) -> None:
    """Whatever a plan does to the lists of a SIP domain and to their addresses: the same."""
    check_of_access(data)


def check_of_access(data: st.DataObject) -> None:
    account, desired = data.draw(accounts()), data.draw(desired_states())
    check(account, desired, data.draw(changes_of_access(account)), Scope(ALL_TYPES))


@pytest.mark.parametrize(
    ("guard", "instead"),
    [
        ("_covers", lambda *_: True),
        ("_comes_by_address", lambda _domain: False),
        ("_of_domains", lambda *_: ()),
    ],
)
def test_a_broken_guard_is_found(guard: str, instead: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A guard that overlooks addresses that no longer get in, or phones that come by address alone, is found."""
    monkeypatch.setattr(access, guard, instead)
    with pytest.raises(AssertionError):
        settings(MANY, phases=[Phase.generate], report_multiple_bugs=False)(
            given(st.data())(check_of_access)
        )()


def may_call_911(account: AccountState) -> set[str]:
    """The credentials that a SIP domain with 911 lets in."""
    lists: set[str] = set()
    for domain in account.domains:
        if domain.emergency_calling_enabled:
            lists |= domain.calls or (domain.registrations if domain.ip_lists else frozenset())
    return {one.name for one in account.credentials if one.credential_list in lists}


def check_of_two_steps(data: st.DataObject) -> None:
    start, named = data.draw(accounts()), set[str]()
    account = start
    for _step in range(2):
        desired = data.draw(desired_states())
        scope = data.draw(scopes(account))
        towards = data.draw(st.sampled_from(("files", "any", "credential")))
        try:
            if towards == "files":
                proposed = diff.diff(desired, account, scope)
            elif towards == "any":
                proposed = data.draw(changes(account, data.draw(estates())))
            else:
                proposed = tuple(map(Delete, account.credentials[:1]))
        except FutelTwilioError:
            continue
        if guards.guard_911(impact.impact_of(proposed, desired, account), scope) is None:
            account = projection.after(account, proposed)
            named |= {*scope.allow_911_loss}
    gone = may_call_911(start) - {one.name for one in account.credentials}
    homes = {domain.name for domain in start.domains} | {
        domain.name.partition(".")[0] for domain in start.domains
    }
    assert not {name for name in gone if not named & {name, name.partition("/")[2], *homes}}


@MANY
@given(st.data())
def test_no_two_accepted_plans_take_a_credential_with_911(data: st.DataObject) -> None:
    """After any two accepted plans no credential that could call 911 is gone, unless it or a SIP domain was named."""
    check_of_two_steps(data)


def test_a_guard_that_goes_by_the_names_of_numbers_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A guard that takes a credential for harmless since no number bears its name is found by two plans."""
    of_credentials = access._of_credentials

    def of_named_numbers(account: AccountState, later: AccountState) -> Iterator[access.Loss]:
        with_911 = {number.friendly_name for number in account.numbers if number.emergency_address}
        return (loss for loss in of_credentials(account, later) if loss.name in with_911)

    monkeypatch.setattr(access, "_of_credentials", of_named_numbers)
    with pytest.raises(AssertionError):
        settings(MANY, phases=[Phase.generate], max_examples=1000, report_multiple_bugs=False)(
            given(st.data())(check_of_two_steps)
        )()

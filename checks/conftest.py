"""How the checks look: the wish names what is checked, the account is read once, and a finding is said plainly.

Parametrized from estate.toml alone, so that collecting needs no network and the names are always the same.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio import audit, phones, subjects
from futel_twilio.claims import MARKERS, NotSo
from futel_twilio.errors import FutelTwilioError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from futel_twilio.change import Scope
    from futel_twilio.evidence import Evidence
    from futel_twilio.ledger import Entry
    from futel_twilio.model import (
        Address,
        Application,
        Client,
        Credential,
        Estate,
        Noun,
        PhoneNumber,
        SipDomain,
        UsageTrigger,
    )

COULD_NOT_LOOK = 2
NONE_WISHED = "none-wished"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("futel_twilio", "the audit of the Twilio account")
    group.addoption("--live", action="store_true", help="read the account over the wire, not a cassette")
    group.addoption("--profile", help="with --live: a profile of the Twilio CLI, or `sandbox`")
    group.addoption("--env", help="check one environment")


def pytest_configure(config: pytest.Config) -> None:
    for name, means in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {means}")
    config.addinivalue_line("markers", "claim(severity, remedy, asked, markers): set by futel_twilio.claims")
    env, profile, live = (config.getoption(name) for name in ("--env", "--profile", "--live"))
    session = _or_exit(lambda: audit.Looking.of(env, profile, live=live))
    config.stash[audit.LOOKING] = session


def _or_exit(ask: Any) -> Any:
    try:
        return ask()
    except FutelTwilioError as error:
        stop = pytest.exit.Exception(str(error), returncode=COULD_NOT_LOOK)
        stop.error = error  # type: ignore[attr-defined]  # for whoever runs the checks from Python
        raise stop from None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    wish = metafunc.config.stash[audit.LOOKING].wish
    may_call_911 = tuple(client for client in wish.clients if client.enable_emergency)
    asked: dict[str, tuple[Any, ...]] = {
        "application": wish.applications,
        "domain": wish.domains,
        "credential_list": wish.credential_lists,
        "environment": wish.environments,
        "usage_trigger": wish.usage_triggers,
        "credential": wish.credentials,
        "number": wish.numbers,
        "quiet_number": tuple(number for number in wish.numbers if number.emergency_address is None),
        "external_number": subjects.external_numbers(wish),
        "phone": may_call_911,
        "place": may_call_911,
    }
    for name, things in asked.items():
        if name in metafunc.fixturenames:
            called = subjects.of_911 if name == "place" else subjects.subject_of
            ids = [called(thing) for thing in things]
            metafunc.parametrize(name, things or (None,), ids=ids or [NONE_WISHED], scope="session")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What estate.toml does not ask for is not checked; it is deselected, not passed."""
    looking = config.stash[audit.LOOKING]
    _or_exit(lambda: looking.accept([audit.name_of(item.nodeid) for item in items if _claim_of(item)]))
    unasked = [
        item
        for item in items
        if NONE_WISHED in _ids(item)
        or ((key := _claim_of(item).get("asked")) and not looking.asks_for(key, _subject_of(item)[1]))
    ]
    if unasked:
        config.hook.pytest_deselected(items=unasked)
        items[:] = [item for item in items if item not in unasked]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for note in config.stash[audit.LOOKING].notes:
        terminalreporter.write_line(note)


@pytest.fixture(scope="session")
def looking(request: pytest.FixtureRequest) -> audit.Looking:
    """What this run looks at."""
    return request.config.stash[audit.LOOKING]


@pytest.fixture(scope="session")
def wish(looking: audit.Looking) -> Estate:
    """The wish, narrowed to the environment that was named."""
    return looking.wish


@pytest.fixture(scope="session")
def wish_of_all(looking: audit.Looking) -> Estate:
    """The whole wish."""
    return looking.wish_of_all


@pytest.fixture(scope="session")
def scope(looking: audit.Looking) -> Scope:
    """How far the plan is asked for."""
    return looking.scope


@pytest.fixture(scope="session")
def evidence(looking: audit.Looking) -> Evidence:
    """The account, read once; where it cannot be read, the run ends: no check is passed or failed for it."""
    found: Evidence = _or_exit(looking.look)
    return found


@pytest.fixture(scope="session")
def names_by_sid(evidence: Evidence) -> dict[str, str]:
    """What the SIDs of the account are called."""
    return {noun.sid: noun.name for noun in evidence.estate.nouns() if noun.sid}


def _the_one(wished: Noun, found: Iterable[Any]) -> Any:
    those = [thing for thing in found if thing.name == wished.name]
    if len(those) != 1:
        pytest.skip(f"there are {len(those)} of it, which is a finding of its own")
    return those[0]


@pytest.fixture
def the_application(application: Application, evidence: Evidence) -> Application:
    """The application as it is at Twilio."""
    found: Application = _the_one(application, evidence.estate.applications)
    return found


@pytest.fixture
def the_domain(domain: SipDomain, evidence: Evidence) -> SipDomain:
    """The SIP domain as it is at Twilio."""
    found: SipDomain = _the_one(domain, evidence.estate.domains)
    return found


@pytest.fixture
def the_usage_trigger(usage_trigger: UsageTrigger, evidence: Evidence) -> UsageTrigger:
    """The usage trigger as it is at Twilio."""
    found: UsageTrigger = _the_one(usage_trigger, evidence.estate.usage_triggers)
    return found


@pytest.fixture
def on_the_list(wish: Estate, evidence: Evidence) -> tuple[Credential, ...]:
    """What the credential list of the phones holds."""
    if sum(one.name == wish.clients_list for one in evidence.estate.credential_lists) != 1:
        pytest.skip("there is not exactly one such list, which is a finding of its own")
    return tuple(one for one in evidence.estate.credentials if one.credential_list == wish.clients_list)


@pytest.fixture
def the_credential(credential: Credential, on_the_list: tuple[Credential, ...]) -> Credential:
    """The credential of a phone as it is at Twilio."""
    found: Credential = _the_one(credential, on_the_list)
    return found


@pytest.fixture
def ledger(looking: audit.Looking) -> dict[str, Entry]:
    """When this tool last gave out a password, by credential."""
    return looking.ledger


@pytest.fixture
def the_number(number: PhoneNumber, evidence: Evidence) -> PhoneNumber:
    """The number as it is at Twilio."""
    found: PhoneNumber = _the_one(number, evidence.estate.numbers)
    return found


@pytest.fixture
def the_quiet_number(quiet_number: PhoneNumber, evidence: Evidence) -> PhoneNumber:
    """The number as it is at Twilio."""
    found: PhoneNumber = _the_one(quiet_number, evidence.estate.numbers)
    return found


@pytest.fixture
def its_number(place: Client, wish: Estate, evidence: Evidence) -> PhoneNumber:
    """The number that a phone calls 911 from, as it is at Twilio."""
    wished = next(number for number in wish.numbers if number.phone_number == place.caller_id)
    found: PhoneNumber = _the_one(wished, evidence.estate.numbers)
    return found


@pytest.fixture
def its_address(its_number: PhoneNumber, evidence: Evidence) -> Address:
    """The address that the number of a phone holds for emergencies, as it is at Twilio."""
    if its_number.name not in evidence.held:
        pytest.skip("the number holds none, which is a finding of its own")
    return evidence.held[its_number.name]


@pytest.fixture
def the_domain_of(phone: Client, wish: Estate, evidence: Evidence) -> SipDomain:
    """The SIP domain that a phone registers with, as it is at Twilio."""
    wished = phones.domain_of(phone, wish)
    if wished is None:
        pytest.skip("no domain is wished for it, which is a finding of its own")
    found: SipDomain = _the_one(wished, evidence.estate.domains)
    return found


def _subject_of(item: pytest.Item) -> tuple[str, Any]:
    """The id of what a check is asked about, and the thing itself; empty and None for the account as a whole."""
    callspec = getattr(item, "callspec", None)
    return (callspec.id, next(iter(callspec.params.values()))) if callspec else ("", None)


def _ids(item: pytest.Item) -> str:
    return _subject_of(item)[0]


def _doc(item: pytest.Item) -> str:
    return str(item.obj.__doc__)  # type: ignore[attr-defined]


def _claim_of(item: pytest.Item) -> dict[str, Any]:
    marker = item.get_closest_marker("claim")
    return dict(marker.kwargs) if marker else {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Say a finding as wished, found and remedy, without a traceback; let accepted ones pass as such."""
    report = yield
    looking = item.config.stash[audit.LOOKING]
    marks = _claim_of(item)
    if not marks or (call.when != "call" and not report.skipped):
        return report
    error = call.excinfo.value if call.excinfo else None
    check = looking.judged(
        item.nodeid, _doc(item), _subject_of(item), marks, error if isinstance(error, NotSo) else None
    )
    if isinstance(error, NotSo):
        report.longrepr = "\n".join(audit.lines_of(check))
        if check.outcome == "accepted":
            report.outcome, report.wasxfail = "skipped", check.accepted
    elif report.skipped:
        check = replace(check, outcome="not looked at")
    # A worker of xdist sends its reports on as plain data, and nobody there asks for the check.
    if (call.when == "call" or report.skipped) and not hasattr(item.config, "workerinput"):
        report.check = check
    return report

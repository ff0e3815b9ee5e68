"""The checks of `checks/`: loaded by this tool itself, and one case for each thing that a check is asked about.

`invoke audit` runs them without pytest, so that nothing of the caller's pytest (variables, plugins, ini files) can
leave one out; `checks/conftest.py` shows the same cases to pytest.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from futel_twilio.audit.account_data import ALERTS, AccountData
from futel_twilio.audit.checks import CheckFailed, Claim, NotLookedAt, claim_of
from futel_twilio.config.estate import PROJECT
from futel_twilio.errors import FutelTwilioError
from futel_twilio.resources import labels, relations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path
    from types import ModuleType

    from futel_twilio.audit.session import AuditSession
    from futel_twilio.passwords.ledger import LedgerEntry
    from futel_twilio.plan.changes import Scope
    from futel_twilio.resources.phones import Address, Credential, PhoneNumber
    from futel_twilio.resources.state import AccountState, Resource
    from futel_twilio.resources.voice import Application, SipDomain, UsageTrigger

N = TypeVar("N", bound="Resource")
Called: TypeAlias = tuple[tuple[str, Any], ...]  # things, each after what a volunteer calls it
CHECKS = PROJECT / "checks"
PREFIX = "test_"


@dataclass(frozen=True)
class Function:
    """A check as it is written: the noun of its file, its own name, and its claim."""

    resource: str
    run: Callable[..., None]
    claim: Claim

    @property
    def name(self) -> str:
        return f"{self.resource}/{self.run.__name__.removeprefix(PREFIX)}"

    @property
    def takes(self) -> tuple[str, ...]:
        return tuple(inspect.signature(self.run).parameters)

    @property
    def subject(self) -> str:
        """The argument that names what it is asked about; empty for the account as a whole."""
        return next(iter(self.subjects), "")

    @property
    def subjects(self) -> frozenset[str]:
        """What it takes as its subject, itself or as that is at Twilio."""
        taken = (OF.get(name, name) for name in (*self.takes, *self.claim.needs))
        return frozenset(name for name in taken if name in SUBJECTS)


@dataclass(frozen=True)
class Case:
    """One check of one thing.

    Attributes:
        function: the check.
        label: the thing, as a volunteer says it; empty for the account as a whole.
        thing: the thing itself.
        demanded: whether estate.toml asks for it.
    """

    function: Function
    label: str
    thing: Any
    demanded: bool

    @property
    def name(self) -> str:
        """What accepted.toml calls it: `domains/there[direct-futel-prod]`."""
        return self.function.name + self._of

    @property
    def test_name(self) -> str:
        """What pytest calls it: `test_there[direct-futel-prod]`."""
        return self.function.run.__name__ + self._of

    @property
    def _of(self) -> str:
        return f"[{self.label}]" if self.function.subject else ""

    def look(self, looking: AuditSession) -> None:
        """Hold the account to the claim.

        Raises:
            NotSo: it does not hold.
            NotLookedAt: the thing is missing, which another check says.
        """
        given = Given(looking, self.thing)
        for name in self.function.claim.needs:
            getattr(given, name)
        takes = self.function.takes
        values = {name: self.thing if name in SUBJECTS else getattr(given, name) for name in takes}
        try:
            self.function.run(**values)
        except CheckFailed as error:
            error.about = given.taken[-1] if given.taken else None
            raise


def load(directory: Path = CHECKS) -> tuple[Function, ...]:
    """Every check of a directory, in the order of its files.

    Raises:
        FutelTwilioError: there is none, a file cannot be loaded, or one of them could be left out in silence.
    """
    found, faults = [], []
    for path in sorted(directory.glob(f"{PREFIX}*.py")):
        try:
            functions = _of_file(path)
        except Exception as error:  # noqa: BLE001  # a check is anybody's code
            faults.append(f"{path.name}: {type(error).__name__}: {error}")
            continue
        faults += _faults_of(path, functions)
        found += functions
    if not found and not faults:
        faults.append(f"there are no checks in {directory}")
    if faults:
        raise FutelTwilioError(
            "The checks could not be loaded.",
            "Take `checks/` from git again, or mend what you changed there.",
            tuple(faults),
        )
    return tuple(found)


def cases(functions: Iterable[Function], looking: AuditSession) -> tuple[Case, ...]:
    """One case for each thing of the wish that a check is asked about, in the order of the checks."""
    return tuple(case for function in functions for case in cases_of(function, looking))


def cases_of(function: Function, looking: AuditSession) -> tuple[Case, ...]:
    """The cases of one check."""
    things = SUBJECTS[function.subject](looking.desired) if function.subject else (("", None),)
    asked = function.claim.asked
    return tuple(
        Case(function, label, thing, not asked or looking.asks_for(asked, thing)) for label, thing in things
    )


def function_of(path: Path, run: Callable[..., None]) -> Function | None:
    """A function of a file as a check; None where it makes no claim."""
    made = claim_of(run)
    return Function(path.stem.removeprefix(PREFIX), run, made) if made else None


def _of_file(path: Path) -> list[Function]:
    module = _module(path)
    made = (function_of(path, getattr(module, name, None)) for name in dict.fromkeys(_written_in(path)))  # type: ignore[arg-type]
    return [function for function in made if function]


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"checks.{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError("not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _written_in(path: Path) -> list[str]:
    """The names of the checks that a file holds, each as often as it is written."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return [node.name for node in body if isinstance(node, ast.FunctionDef) and node.name.startswith(PREFIX)]


def _faults_of(path: Path, functions: Iterable[Function]) -> list[str]:
    """Why a check would be left out, or could not be run."""
    made = {function.run.__name__: function for function in functions}
    written = Counter(_written_in(path))
    faults = [f"{path.name}: {name} is there {many} times" for name, many in written.items() if many > 1]
    faults += [f"{path.name}: {name} has no claim" for name in written if name not in made]
    for name, function in made.items():
        unknown = {*function.takes, *function.claim.needs} - SUBJECTS.keys() - GIVEN
        faults += [f"{path.name}: {name} asks for {one}, which there is not" for one in sorted(unknown)]
        if len(function.subjects) > 1:
            faults.append(f"{path.name}: {name} has several subjects")
    return faults


def _called(things: Iterable[Any], name: Callable[[Any], str] = labels.subject_of) -> Called:
    return tuple((name(thing), thing) for thing in things)


def _may_call_911(desired: AccountState) -> Iterable[Any]:
    return (client for client in desired.clients if client.enable_emergency)


SUBJECTS: Mapping[str, Callable[[AccountState], Called]] = {
    "application": lambda desired: _called(desired.applications),
    "domain": lambda desired: _called(desired.domains),
    "credential_list": lambda desired: _called(desired.credential_lists),
    "environment": lambda desired: _called(desired.environments),
    "usage_trigger": lambda desired: _called(desired.usage_triggers),
    "credential": lambda desired: _called(desired.credentials),
    "number": lambda desired: _called(desired.numbers),
    "quiet_number": lambda desired: _called(one for one in desired.numbers if one.emergency_address is None),
    "external_number": lambda desired: _called(labels.external_numbers(desired)),
    "phone": lambda desired: _called(_may_call_911(desired)),
    "quiet_phone": lambda desired: _called(one for one in desired.clients if not one.enable_emergency),
    "place": lambda desired: _called(_may_call_911(desired), labels.emergency_subject),
    "codes": lambda _desired: tuple(ALERTS.items()),
}

OF = {
    "the_application": "application",
    "the_domain": "domain",
    "the_usage_trigger": "usage_trigger",
    "the_credential": "credential",
    "the_number": "number",
    "the_quiet_number": "quiet_number",
    "its_number": "place",
    "its_address": "place",
    "the_domain_of": "phone",
}  # what each of `Given` is of


class Given:
    """What a check may take besides its subject, by the name of its argument."""

    def __init__(self, looking: AuditSession, thing: Any) -> None:
        self._looking = looking
        self._thing = thing
        self.taken: list[Resource] = []

    @property
    def desired(self) -> AccountState:
        """The wish, narrowed to the environment that was named."""
        return self._looking.desired

    @property
    def wish_of_all(self) -> AccountState:
        """The whole wish."""
        return self._looking.desired_all

    @property
    def scope(self) -> Scope:
        """How far the plan is asked for."""
        return self._looking.scope

    @property
    def account_data(self) -> AccountData:
        """The account, read once."""
        return self._looking.look()

    @property
    def names_by_sid(self) -> dict[str, str]:
        """What the SIDs of the account are called."""
        return {
            resource.sid: resource.name for resource in self.account_data.state.resources() if resource.sid
        }

    @property
    def ledger(self) -> dict[str, LedgerEntry]:
        """When this tool last gave out a password, by credential."""
        return self._looking.ledger

    @property
    def the_application(self) -> Application:
        """The application as it is at Twilio."""
        return self._the_one(self._thing, self.account_data.state.applications)

    @property
    def the_domain(self) -> SipDomain:
        """The SIP domain as it is at Twilio."""
        return self._the_one(self._thing, self.account_data.state.domains)

    @property
    def the_usage_trigger(self) -> UsageTrigger:
        """The usage trigger as it is at Twilio."""
        return self._the_one(self._thing, self.account_data.state.usage_triggers)

    @property
    def on_the_list(self) -> tuple[Credential, ...]:
        """What the credential list of the phones holds."""
        estate, name = self.account_data.state, self.desired.clients_list
        if sum(one.name == name for one in estate.credential_lists) != 1:
            raise NotLookedAt("there is not exactly one such list, which is a finding of its own")
        return tuple(one for one in estate.credentials if one.credential_list == name)

    @property
    def the_credential(self) -> Credential:
        """The credential of a phone as it is at Twilio."""
        return self._the_one(self._thing, self.on_the_list)

    @property
    def the_number(self) -> PhoneNumber:
        """The number as it is at Twilio."""
        return self._the_one(self._thing, self.account_data.state.numbers)

    the_quiet_number = the_number

    @property
    def its_number(self) -> PhoneNumber:
        """The number that a phone calls 911 from, as it is at Twilio."""
        expected = next(one for one in self.desired.numbers if one.phone_number == self._thing.caller_id)
        return self._the_one(expected, self.account_data.state.numbers)

    @property
    def its_address(self) -> Address:
        """The address that the number of a phone holds for emergencies, as it is at Twilio."""
        held = self.account_data.held.get(self.its_number.name)
        if held is None:
            raise NotLookedAt("the number holds none, which is a finding of its own")
        self.taken.append(held)
        return held

    @property
    def the_domain_of(self) -> SipDomain:
        """The SIP domain that a phone registers with, as it is at Twilio."""
        expected = relations.domain_of(self._thing, self.desired)
        if expected is None:
            raise NotLookedAt("no domain is wished for it, which is a finding of its own")
        return self._the_one(expected, self.account_data.state.domains)

    def _the_one(self, expected: Any, found: Iterable[N]) -> N:
        those = [thing for thing in found if thing.name == expected.name]
        if len(those) != 1:
            raise NotLookedAt(f"there are {len(those)} of it, which is a finding of its own")
        self.taken.append(those[0])
        return those[0]


GIVEN = frozenset(name for name in vars(Given) if not name.startswith("_"))

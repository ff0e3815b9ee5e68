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
from typing import TYPE_CHECKING, Any

from futel_twilio.audit.arguments import ARGUMENTS, SUBJECT_OF, SUBJECTS, Arguments
from futel_twilio.audit.checks import CheckFailed, Claim, claim_of
from futel_twilio.config.estate import PROJECT
from futel_twilio.errors import FutelTwilioError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import ModuleType

    from futel_twilio.audit.session import AuditSession

CHECKS = PROJECT / "checks"
PREFIX = "test_"


@dataclass(frozen=True)
class Function:
    """A check as written: the resource of its file, its name, and its claim."""

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
        taken = (SUBJECT_OF.get(name, name) for name in (*self.takes, *self.claim.needs))
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
        given = Arguments(looking, self.thing)
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
            "Restore `checks/` from git, or fix what you changed there.",
            tuple(faults),
        )
    return tuple(found)


def cases(functions: Iterable[Function], looking: AuditSession) -> tuple[Case, ...]:
    """One case for each resource that a check is about, in the order of the checks."""
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
        unknown = {*function.takes, *function.claim.needs} - SUBJECTS.keys() - ARGUMENTS
        faults += [f"{path.name}: {name} asks for {one}, which there is not" for one in sorted(unknown)]
        if len(function.subjects) > 1:
            faults.append(f"{path.name}: {name} has several subjects")
    return faults

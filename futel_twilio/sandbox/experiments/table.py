"""The types of experiments: those that run, and those that do not with their costs."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from futel_twilio.sandbox.experiments.lab import CannotGoOn, Lab

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    from futel_twilio.sandbox.experiments.observations import Observation

FULL_POWER = "the account's auth token or a Main key"
NUMBER = "a phone number of the account's that nothing uses"
LIMITS = "leave to fill up one kind of thing"
NEW_ACCOUNT = "a new account"
FLAGS = {
    FULL_POWER: "credentials other than a standard API key",
    NUMBER: "--with-number PN...",
    LIMITS: "--limits",
    NEW_ACCOUNT: "--new-account",
}


@dataclass(frozen=True)
class Experiment:
    """Something to try at Twilio, free of charge.

    Attributes:
        name: the module and the function.
        says: what is done and what it would tell, in one sentence.
        run: the steps.
        makes: how many of each kind it tries to make, at most.
        guesses: what it would settle, each as `file: part of the guess`.
        rules: what it tries beside, each as `table: part of the behaviour` in COVERAGE.md's words.
        needs: what it requires, one of the four above; empty for nothing.
    """

    name: str
    says: str
    run: Callable[[Lab], None]
    makes: Mapping[str, int]
    guesses: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    needs: str = ""


@dataclass(frozen=True)
class NotRun:
    """Something that is not tried: what it would take, and what that would cost."""

    name: str
    says: str
    costs: str
    guesses: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


def experiment(
    says: str,
    *guesses: str,
    makes: Mapping[str, int] | None = None,
    rules: tuple[str, ...] = (),
    needs: str = "",
) -> Callable[[Callable[[Lab], None]], Experiment]:
    """A function of a `Lab`, as an experiment that is named after it and its module."""

    def named(run: Callable[[Lab], None]) -> Experiment:
        name = f"{run.__module__.rpartition('.')[2]}.{run.__name__}"
        return Experiment(name, says, run, makes or {}, guesses, rules, needs)

    return named


def perform(one: Experiment, lab: Lab) -> tuple[Observation, ...]:
    """Run an experiment and give what was seen; one that could not go on ends with why."""
    with suppress(CannotGoOn):
        one.run(lab)
    return tuple(lab.seen)


def of_module(module: ModuleType) -> tuple[Experiment, ...]:
    """The experiments of one module, in its order."""
    return tuple(value for value in vars(module).values() if isinstance(value, Experiment))

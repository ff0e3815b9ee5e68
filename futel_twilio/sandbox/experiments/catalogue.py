"""All experiments in one place, and which of them would settle a guess or try a rule."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from futel_twilio.sandbox.experiments import (
    access,
    addresses,
    applications,
    calls,
    credential_lists,
    credentials,
    dialing,
    domains,
    keys,
    limits,
    mappings,
    messages,
    monitor,
    numbers,
    offers,
    paging,
    protocol,
    sinks,
    sources,
    subdomains,
    subscriptions,
    triggers,
)
from futel_twilio.sandbox.experiments.table import Experiment, NotRun, of_module
from futel_twilio.sandbox.experiments.unrun import UNRUN

if TYPE_CHECKING:
    from collections.abc import Sequence

MODULES = (
    applications,
    domains,
    subdomains,
    credential_lists,
    credentials,
    mappings,
    access,
    sources,
    triggers,
    addresses,
    keys,
    sinks,
    subscriptions,
    dialing,
    monitor,
    calls,
    messages,
    offers,
    numbers,
    paging,
    protocol,
    limits,
)
EXPERIMENTS: tuple[Experiment, ...] = tuple(one for module in MODULES for one in of_module(module))
ALL: tuple[Experiment | NotRun, ...] = (*EXPERIMENTS, *UNRUN)


def settling(file: str, words: str) -> list[Experiment | NotRun]:
    """What would settle a guess of a file of the sandbox."""
    return [one for one in ALL if any(meets(claim, file, words) for claim in one.guesses)]


def trying(table: str, behaviour: str) -> list[Experiment | NotRun]:
    """What tries a behaviour of one of the sandbox's tables."""
    return [one for one in ALL if any(meets(claim, table, behaviour) for claim in one.rules)]


def describe(found: Sequence[Experiment | NotRun]) -> str:
    """Each by its name and its sentence; what is not run with its price."""
    return "; ".join(_describe_one(one) for one in found)


def _describe_one(one: Experiment | NotRun) -> str:
    if isinstance(one, NotRun):
        return f"`{one.name}` (not run, would cost {one.costs}): {one.says}"
    return f"`{one.name}`: {one.says}"


def meets(claim: str, place: str, words: str) -> bool:
    """Whether a claim, `place: part of the words`, is of these words; the place may hold wildcards."""
    pattern, _, part = claim.partition(": ")
    return fnmatchcase(place, pattern) and part in words

"""The words that the checks are written in: `claim` above a check, `expect` in it.

A check that does not hold raises `NotSo`, which is what was wished and what was found; `checks/conftest`
says it without a traceback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from futel_twilio.findings import Severity

T = TypeVar("T", bound="Callable[..., Any]")
MARKERS = {
    "urgent": "phones are silent, or about to be",
    "emergency": "911 does not reach the right place",
    "fraud": "somebody else can spend Futel's money",
    "urls": "calls ask the wrong server what to do",
    "hygiene": "untidy, and a trap for the next change",
}


class NotSo(AssertionError):
    """A claim that does not hold."""

    def __init__(self, wished: str, found: str) -> None:
        super().__init__(f"wished {wished}, found {found}")
        self.wished = wished
        self.found = found


def claim(*markers: str, severity: Severity, remedy: str, asked: str = "") -> Callable[[T], T]:
    """Mark a check.

    Args:
        markers: names of `MARKERS`.
        severity: how bad it is if it does not hold.
        remedy: one sentence naming the task that mends it; `{env}` and `{name}` stand for the subject's.
        asked: the key of `[account]` in estate.toml that asks for this check; or `clients`, where the estate has
            an inventory, or `ledger`, where this tool made the credential; empty if it is always asked.
    """

    def mark(check: T) -> T:
        for name in markers:
            getattr(pytest.mark, name)(check)
        pytest.mark.claim(severity=severity, remedy=remedy, asked=asked, markers=markers)(check)
        return check

    return mark


def expect(found: object, wished: object) -> None:
    """Hold what was found to what is wished.

    Raises:
        NotSo: they differ.
    """
    if found != wished:
        raise NotSo(in_words(wished), in_words(found))


def in_words(value: object) -> str:
    """A value as a person says it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, frozenset | set | list | tuple):
        return ", ".join(sorted(map(str, value))) or "none"
    return "none" if value in (None, "") else str(value)

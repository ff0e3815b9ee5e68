"""The decorator and the assertions that checks are written with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from futel_twilio.resources.labels import Value, format_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from futel_twilio.audit.results import Severity

T = TypeVar("T", bound="Callable[..., Any]")
MARKERS = {
    "urgent": "phones are silent, or about to be",
    "emergency": "911 does not reach the right place",
    "fraud": "somebody else can spend Futel's money",
    "urls": "calls ask the wrong server what to do",
    "hygiene": "untidy, and a trap for the next change",
}
ATTRIBUTE = "__claim__"


class CheckFailed(AssertionError):
    """A claim that does not hold.

    Args:
        expected: what should be, in words.
        found: what is, in words.
        value: what somebody accepts who accepts the finding; `found`, unless a part of that changes by itself, such as
            a count. Of a set, fewer of them are accepted too.
    """

    def __init__(self, expected: str, found: str, value: Value | None = None) -> None:
        super().__init__(f"expected {expected}, found {found}")
        self.expected = expected
        self.found = found
        self.value = found if value is None else value
        self.about: Any = None  # the resource at Twilio that the check looked at, where it took one


class NotLookedAt(Exception):
    """The subject of a check is missing, which another check says."""


@dataclass(frozen=True)
class Claim:
    """What `claim` says of a check.

    Attributes:
        markers: names of `MARKERS`.
        severity: how bad it is if it does not hold.
        remedy: one sentence naming the task that mends it; `{env}` and `{name}` stand for the subject's.
        asked: what has to be there for the check to be asked; empty if it is always asked.
        needs: names of what has to be there to look, besides what the check takes.
        private: whether what is found may hold a street address.
        mapped: a part of the path of a mapping, where that is what is wrong and not the SIP domain that it is of.
    """

    markers: tuple[str, ...]
    severity: Severity
    remedy: str
    asked: str = ""
    needs: tuple[str, ...] = ()
    private: bool = False
    mapped: str = ""


def check(
    *markers: str,
    severity: Severity,
    remedy: str,
    asked: str = "",
    needs: tuple[str, ...] = (),
    private: bool = False,
    mapped: str = "",
) -> Callable[[T], T]:
    """Mark a check.

    Args:
        markers: names of `MARKERS`.
        severity: how bad it is if it does not hold.
        remedy: one sentence naming the task that mends it; `{env}` and `{name}` stand for the subject's.
        asked: the key of `[account]` in estate.toml that asks for this check; or `clients`, where the estate has
            an inventory, or `ledger`, where this tool made the credential; empty if it is always asked.
        needs: names of what has to be there to look, besides what the check takes as arguments.
        private: what is found may hold a street address, so that acceptances keep a digest of it.
        mapped: a part of the path of a mapping, where that is what is wrong and not the SIP domain that it is of.

    Raises:
        ValueError: there is no marker of that name.
    """
    unknown = set(markers) - set(MARKERS)
    if unknown:
        raise ValueError(f"no marker {', '.join(sorted(unknown))}")
    made = Claim(markers, severity, remedy, asked, needs, private, mapped)

    def mark(check: T) -> T:
        setattr(check, ATTRIBUTE, made)
        return check

    return mark


def claim_of(check: object) -> Claim | None:
    """What `claim` said of a check; None of anything else."""
    found = getattr(check, ATTRIBUTE, None)
    return found if isinstance(found, Claim) else None


def expect(found: object, expected: object) -> None:
    """Hold what was found to what is wished.

    Raises:
        NotSo: they differ.
    """
    if found != expected:
        raise CheckFailed(format_value(expected), format_value(found), _excess(found, expected))


def _excess(found: object, expected: object) -> Value | None:
    """What is there and should not be, one by one, where nothing should be."""
    is_excess = not expected and isinstance(found, frozenset | set) and isinstance(expected, frozenset | set)
    return frozenset(map(str, cast("set[object]", found))) if is_excess else None

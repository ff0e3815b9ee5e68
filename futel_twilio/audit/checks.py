"""The decorator and the assertions that checks are written with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

from futel_twilio.errors import FutelTwilioError
from futel_twilio.resources import dialplan_urls
from futel_twilio.resources.labels import Value, format_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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
    """The account is not what the check expects.

    Args:
        expected: what should be, in words.
        found: what is, in words.
        value: what an acceptance keeps; `found`, unless a part of that changes on its own, such as a count. If it is a
            set, the acceptance holds for a part of it, too.
        remedy: what to do, with every name filled in and quoted; empty for the remedy of the check.
        markers: what this failure threatens besides the markers of the check.
    """

    def __init__(
        self,
        expected: str,
        found: str,
        value: Value | None = None,
        *,
        remedy: str = "",
        markers: tuple[str, ...] = (),
    ) -> None:
        super().__init__(f"expected {expected}, found {found}")
        self.expected = expected
        self.found = found
        self.value = found if value is None else value
        self.remedy = remedy
        self.markers = markers
        self.about: Any = None  # the resource at Twilio that the check looked at, where it took one


class NotLookedAt(Exception):
    """The subject of a check is missing, which another check says."""


@dataclass(frozen=True)
class Claim:
    """What a check claims.

    Attributes:
        markers: names of `MARKERS`.
        severity: how bad it is if it does not hold.
        remedy: one sentence naming the task that fixes it; `{env}` and `{name}` stand for the subject's.
        asked: what must exist for the check to run; empty if it always runs.
        needs: names of what must exist to check, besides what the check takes.
        private: whether what is found may hold a street address.
        mapped: a part of the path of a mapping, where that is what is wrong and not the SIP domain that it is of.
        problem: what is wrong if the check fails, in a sentence; `{name}` stands for the subject's name.
    """

    markers: tuple[str, ...]
    severity: Severity
    remedy: str
    asked: str = ""
    needs: tuple[str, ...] = ()
    private: bool = False
    mapped: str = ""
    problem: str = ""


def check(
    *markers: str,
    severity: Severity,
    remedy: str,
    asked: str = "",
    needs: tuple[str, ...] = (),
    private: bool = False,
    mapped: str = "",
    problem: str = "",
) -> Callable[[T], T]:
    """Mark a check.

    Args:
        markers: names of `MARKERS`.
        severity: how bad it is if it does not hold.
        remedy: one sentence naming the task that fixes it; `{env}` and `{name}` stand for the subject's.
        asked: the key of `[account]` in estate.toml that asks for this check; or `clients`, where the estate has
            an inventory, or `ledger`, where this tool made the credential; empty if it is always asked.
        needs: names of what must exist to check, besides what the check takes as arguments.
        private: what is found may hold a street address, so that acceptances keep a digest of it.
        mapped: a part of the path of a mapping, where that is what is wrong and not the SIP domain that it is of.
        problem: what is wrong if the check fails, in a sentence; `{name}` stands for the subject's name.

    Raises:
        ValueError: there is no marker of that name.
    """
    unknown = set(markers) - set(MARKERS)
    if unknown:
        raise ValueError(f"no marker {', '.join(sorted(unknown))}")
    made = Claim(markers, severity, remedy, asked, needs, private, mapped, problem)

    def mark(check: T) -> T:
        setattr(check, ATTRIBUTE, made)
        return check

    return mark


def claim_of(check: object) -> Claim | None:
    """What `claim` said of a check; None of anything else."""
    found = getattr(check, ATTRIBUTE, None)
    return found if isinstance(found, Claim) else None


def expect(found: object, expected: object, *, remedy: str = "", markers: tuple[str, ...] = ()) -> None:
    """Compare what was found with what is expected.

    Raises:
        CheckFailed: they differ.
    """
    if found != expected:
        value = _excess(found, expected)
        raise CheckFailed(format_value(expected), format_value(found), value, remedy=remedy, markers=markers)


def expect_one(count: int) -> None:
    """Expect that something exists exactly once.

    Raises:
        CheckFailed: it is missing, or there are several.
    """
    if count != 1:
        raise CheckFailed("present" if not count else "one", str(count) if count else "missing")


def expect_no_other(others: Iterable[str], expected: str, *, remedy: str = "") -> None:
    """Expect that there is nothing besides what is expected.

    Args:
        others: the names of what else there is.
        expected: what alone should be there, in words.
        remedy: what to do, with every name filled in.

    Raises:
        CheckFailed: there is something else.
    """
    found = frozenset(others)
    if found:
        raise CheckFailed(expected, format_value(found), found, remedy=remedy)


def expect_url(found: str, expected: str) -> None:
    """Expect a URL that Twilio asks what to do with a call; one on another host lets somebody else decide.

    Raises:
        CheckFailed: it is another URL; marked as fraud where it is on another host.
    """
    markers = ("fraud",) if is_on_another_host(found, expected) else ()
    expect(found, expected, markers=markers)


def is_on_another_host(found: str, expected: str) -> bool:
    """Whether a URL leads to another host, or asks without https."""
    return bool(found) and _place_of(found) != _place_of(expected)


def _place_of(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(dialplan_urls.normalize(url))
    except (ValueError, FutelTwilioError):
        return ("", url)
    return (parts.scheme, parts.netloc)


def _excess(found: object, expected: object) -> Value | None:
    """What is there and should not be, one by one, where nothing should be."""
    is_excess = not expected and isinstance(found, frozenset | set) and isinstance(expected, frozenset | set)
    return frozenset(map(str, cast("set[object]", found))) if is_excess else None

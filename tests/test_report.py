"""Reports: what is said of plans and of what became of them."""

from __future__ import annotations

import pytest

from futel_twilio import apply, report
from futel_twilio.model import Estate


@pytest.mark.parametrize(
    ("seconds", "says"),
    [(0.21, "0.2 s"), (59.96, "60.0 s"), (119.9, "119.9 s"), (121, "2 minutes")],
)
def test_how_long_911_was_told_nothing(seconds: float, says: str) -> None:
    """For how long 911 was told no address is said in seconds, and once it is long in minutes."""
    lines = [*report._of_911(apply.Carried(Estate(), without_911={"+15035550101": seconds}))]
    assert lines == [f"911 was told no address of +15035550101 for {says}."]

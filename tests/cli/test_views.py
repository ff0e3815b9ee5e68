"""Reports: what is said of plans and of what became of them."""

from __future__ import annotations

import pytest

from futel_twilio.apply import result
from futel_twilio.apply.result import Plan
from futel_twilio.cli import views
from futel_twilio.config import connection
from futel_twilio.resources.state import AccountState


@pytest.mark.parametrize(
    ("seconds", "says"),
    [(0.21, "0.2 s"), (59.96, "60.0 s"), (119.9, "119.9 s"), (121, "2 minutes")],
)
def test_how_long_a_number_had_no_911_address(seconds: float, says: str) -> None:
    """For how long a number had no 911 address is said in seconds, and once it is long in minutes."""
    lines = [*views._of_911(result.Applied(AccountState(), without_911={"+15035550101": seconds}))]
    assert lines == [f"+15035550101 had no 911 address for {says}."]


LEFT_ALONE = "incoming phone number +15035550101: was bought, and is kept"


@pytest.mark.parametrize(
    ("rewrites", "caveats", "lines"),
    [
        ((), (), ["No changes: Twilio matches your files."]),
        (("clients.toml",), (), ["Twilio matches your files; clients.toml would be changed."]),
        (
            (),
            (LEFT_ALONE,),
            [
                "No command can change more at Twilio: the line marked with ! below is left for you.",
                f"! {LEFT_ALONE}",
            ],
        ),
        (
            ("clients.toml",),
            (LEFT_ALONE,),
            [
                "No command can change more at Twilio: the line marked with ! below is left for you.",
                "clients.toml would be changed.",
                f"! {LEFT_ALONE}",
            ],
        ),
    ],
)
def test_where_nothing_changes_at_twilio(
    rewrites: tuple[str, ...], caveats: tuple[str, ...], lines: list[str]
) -> None:
    """Of a plan with no change it is said that all is well only where nothing is left for somebody."""
    proposal = Plan((), (), (), None, connection.replayed(), files_to_edit=rewrites, caveats=caveats)
    assert list(views.plan_lines(proposal)) == lines

"""The form of a snapshot: files of earlier versions are read."""

from __future__ import annotations

from pathlib import Path

from futel_twilio.snapshots import document

FIXTURE = Path(__file__).parent / "fixtures" / "version-1.json"


def test_a_snapshot_of_an_earlier_version_is_read() -> None:
    """A snapshot that was taken before the code moved into packages is read, with all that it holds."""
    state = document.state_of(document.load(FIXTURE))
    assert {"incoming-prod", "incoming-stage"} <= {one.friendly_name for one in state.applications}
    assert state.domains
    assert state.credential_lists

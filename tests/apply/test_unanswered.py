"""What a run says and leaves behind when Twilio answers none of its tries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from futel_twilio.apply import write_run
from tests.conftest import invoke
from tests.support.sandbox import sdk

if TYPE_CHECKING:
    from futel_twilio.sandbox.server import Sandbox


@pytest.mark.parametrize("fault", ["500", "503", "reset-before"])
def test_a_credential_that_twilio_never_made(
    fault: str, at_box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run says that nothing was made, shows no password, and leaves nothing to resume."""
    assert invoke("setup").code == 0
    monkeypatch.setattr(write_run, "PAUSE_SECONDS", 0.0)
    at_box.fault("POST", "*/Credentials.json", fault)
    ended = invoke("create-credential cedar-lot --yes")
    assert ended.code == 2
    assert "Twilio did not answer; nothing was made." in ended.err
    assert "assword" not in ended.out + ended.err
    assert "nothing written" in invoke("history").out
    at_box.clear_faults()
    with sdk(at_box.url) as client:
        (phones,) = client.sip.credential_lists.list()
        assert phones.credentials.list() == []
    assert invoke("resume --dry-run").code == 0
    assert invoke("create-credential cedar-lot --yes").code == 0

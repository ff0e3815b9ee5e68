"""The walk: every operation that the sandbox offers, through the official Python SDK."""

import json
import subprocess
import sys
from typing import Any

from futel_twilio.sandbox.coverage import operations as covered
from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID
from futel_twilio.sandbox.server import Sandbox
from tests.conformance import sdk, walk


def test_every_operation_answers_its_success(box: Sandbox, client: Any) -> None:
    """Each operation of the tables is called through the SDK, and answers the status of its success."""
    kept = {"account": DEFAULT_ACCOUNT_SID}
    done = set()
    for step in walk.steps():
        box.clear_requests()
        expression = sdk.take(client, box.url, step, kept)
        if expression:
            answered = [(entry.method, entry.status) for entry in box.requests()]
            assert answered == [(step.method, step.expects)], expression
            done.add(step.operation)
    assert done == set(walk.operations())


def test_the_walk_knows_every_operation() -> None:
    """The operations of the walk are those of COVERAGE.md, each once, and they are many."""
    found = walk.operations()
    assert sorted(found) == sorted(line[1].strip("`") for line in covered())
    assert len(found) == len(set(found)) >= 60


def test_the_walk_is_data() -> None:
    """`python -m tests.conformance.walk` prints the steps as JSON, for a client in another language."""
    reported = subprocess.run(
        [sys.executable, "-m", "tests.conformance.walk"], capture_output=True, text=True, check=True
    ).stdout
    steps = json.loads(reported)
    assert [step["operation"] for step in steps] == [step.operation for step in walk.steps()]
    assert all(
        f"<{step['keeps']}>" in reported for step in steps if step["keeps"] in {"domain", "application"}
    )

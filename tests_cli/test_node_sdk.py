"""Twilio's Node SDK, a second official client, walks every operation of the sandbox."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING

import pytest

from tests.conformance import walk
from tests.support.sandbox import ROOT, call

from .node import PAGES, node, take

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.sandbox.server import Sandbox

    from .node import Node, Taken
    from .terminal import Terminal

# Operations of the sandbox that the Node SDK has no method for, each with what was looked for.
ABSENT: dict[str, str] = {}
DOMAINS = f"{ROOT}/SIP/Domains.json"


@pytest.fixture
def sdk(terminal: Terminal) -> Iterator[Node]:
    with node(terminal) as running:
        yield running


def test_every_operation_is_walked(walked: list[Taken]) -> None:
    """Each operation of the sandbox's tables is called through the SDK; what it lacks is named with its reason."""
    done = {taken.step.operation for taken in walked if "answer" in taken.reported}
    assert done == set(walk.operations()) - set(ABSENT)
    assert len(done) >= 60


def test_every_step_succeeds_as_it_should(walked: list[Taken]) -> None:
    """Every parameter is sent, the status is that of success, and what the SDK shows is what the sandbox holds."""
    wrong = {f"{taken.step.method} {taken.step.path} {taken.step.params}": taken.wrong for taken in walked}
    assert {step: found for step, found in wrong.items() if found} == {}


def test_every_list_turns_its_pages(walked: list[Taken]) -> None:
    """Each list of the tables comes whole and in order over three pages, each row once."""
    lists = [taken for taken in walked if "PageSize" in taken.step.params]
    assert {taken.step.operation for taken in lists} == {
        step.operation for step in walk.steps() if "PageSize" in step.params
    }
    for taken in lists:
        assert len(taken.answered) == PAGES, taken.step
        assert taken.step.params == {"PageSize": str(ceil(len(taken.rows) / PAGES))}
    assert len(lists) >= 25


def test_a_refusal_reaches_the_sdk_whole(sdk: Node, box: Sandbox) -> None:
    """Status, code, message and the link to Twilio's page arrive in the SDK's own error."""
    create = walk.Step("", "POST", DOMAINS, "api", 201, {"DomainName": "walk.sip.twilio.com"})
    assert take(box, sdk, create).rows[0]["domain_name"] == "walk.sip.twilio.com"
    assert sdk.take(create)["error"] == {
        "name": "Error",
        "message": "Domain walk.sip.twilio.com already exists.",
        "status": 400,
        "code": 21232,
        "moreInfo": "https://www.twilio.com/docs/errors/21232",
    }
    absent = f"{ROOT}/SIP/Domains/SD{'f' * 32}.json"
    gone = sdk.take(walk.Step("", "GET", absent, "api", 200))["error"]
    assert (gone["status"], gone["code"]) == (404, 20404)
    assert gone["message"] == f"The requested resource {absent} was not found"


def test_a_busy_twilio_is_asked_again(sdk: Node, box: Sandbox) -> None:
    """The SDK's own patience meets the sandbox's 429: it asks again and gets its answer."""
    box.fault("GET", "*", "429", times=2)
    taken = sdk.take(walk.Step("", "GET", DOMAINS, "api", 200))
    assert taken["answer"] == []
    assert [request.status for request in box.requests()] == [429, 429, 200]


def test_pages_turn_where_an_edge_is_set(terminal: Terminal, box: Sandbox) -> None:
    """With TWILIO_EDGE the SDK asks other hosts, and the pages of a product's list still come from the sandbox."""
    step = walk.Step("", "GET", "/v1/DialingPermissions/Countries", "voice", 200, {"PageSize": "100"})
    with node(terminal, TWILIO_EDGE="umatilla") as sdk:
        taken = take(box, sdk, step)
    assert taken.wrong == []
    assert len(taken.answered) == PAGES
    assert "voice.umatilla.us1.twilio.com" in {request.host for request in box.requests()}


def test_a_step_that_goes_wrong_is_seen(sdk: Node, box: Sandbox) -> None:
    """A parameter or path the SDK lacks, a status that is not success, a row that is not shown: each is named."""
    everything = walk.Step("", "GET", DOMAINS, "api", 200)
    assert take(box, sdk, replace(everything, params={"Colour": "red"})).wrong == ["sent []"]
    assert take(box, sdk, replace(everything, expects=204)).wrong == ["[('GET', 200)]"]
    (lacking,) = take(box, sdk, replace(everything, path=f"{ROOT}/Payphones.json")).wrong
    assert "the Node SDK has nothing at GET" in lacking
    call(box.url, "POST", DOMAINS, {"DomainName": "walk.sip.twilio.com"})
    box.fault("GET", "*", "stale", times=1)
    assert take(box, sdk, everything).wrong == ["0 rows, 1 held"]

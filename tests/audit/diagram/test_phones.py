"""Phones in the picture: each once, in the frame of its domain, beside its number and its 911 address."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from futel_twilio.audit import runner
from futel_twilio.audit.diagram import groups
from futel_twilio.audit.diagram import svg as svg_module
from futel_twilio.audit.diagram.svg import status_of
from futel_twilio.audit.results import Edge, Node
from futel_twilio.resources.labels import EMERGENCY_SUFFIX
from futel_twilio.workspace import open_workspace
from tests.audit.diagram.test_svg import SVG, boxes_of, drawing, frames_of, lines_of
from tests.support import payphones
from tests.support.breakages import Account
from tests.support.breakages_of_phones import (
    ALDER,
    BIRCH,
    DOGWOOD,
    EXTERNAL,
    address,
    answered_by,
    attach,
    number,
    take_off,
)
from tests.support.installed_phones import set_up

if TYPE_CHECKING:
    from futel_twilio.audit.results import Audit
    from futel_twilio.sandbox.server import Sandbox
    from tests.audit.diagram.test_svg import Drawn

QUIET, PROD = "direct-futel-nonemergency-prod", "direct-futel-prod"


def drawn(found: Audit) -> dict[str, Drawn]:
    return {box.key: box for box in boxes_of(found)}


def inside(box: Drawn, frame: Drawn) -> bool:
    return (
        frame.left < box.left
        and box.right < frame.right
        and frame.top < box.top
        and box.bottom < frame.bottom
    )


def titles(found: Audit) -> list[str]:
    texts = (text for text in drawing(found).iter(f"{SVG}text") if text.attrib["class"] == "title")
    return [text.text or "" for text in texts]


def test_fifty_one_phones_are_drawn_once_each() -> None:
    """Each phone, each of the 28 numbers, and the address of each that may call 911 has one box."""
    rows = Counter(key.split(":")[0] for key in drawn(payphones.whole()))
    assert rows == {
        "application": 2,
        "url": 2,
        "domain": 4,
        "list": 1,
        "phone": 51,
        "number": 28,
        "address": 24,
    }


def test_phones_stand_in_the_frame_of_their_domain() -> None:
    """A frame for each domain that phones register with says how many, and holds them and no others."""
    found = payphones.whole()
    boxes = drawn(found)
    frames = [frame for frame in frames_of(found) if frame.right - frame.left >= 360]
    assert titles(found) == [f"24 phones at {PROD}", f"27 phones at {QUIET}"]
    for frame, domain in zip(frames, (PROD, QUIET), strict=True):
        theirs = {arrow.start for arrow in found.edges if arrow.end == f"domain:{domain}.sip.twilio.com"}
        held = {key for key, box in boxes.items() if key.startswith("phone:") and inside(box, frame)}
        assert held == theirs


def test_a_phone_stands_beside_its_number_and_that_beside_its_address() -> None:
    """From left to right on one line: the phone, its number, its 911 address; with an arrow between each."""
    found = payphones.whole()
    boxes, ways = drawn(found), [*lines_of(found)]
    callers = [arrow for arrow in found.edges if f"address:{arrow.end.removeprefix('number:')}" in boxes]
    assert len([arrow for arrow in callers if arrow.start.startswith("phone:")]) == 24
    for arrow in callers:
        if arrow.start.startswith("phone:"):
            chain = (boxes[arrow.start], boxes[arrow.end], boxes[arrow.end.replace("number", "address")])
            assert len({(box.top, box.bottom) for box in chain}) == 1
            for left, right in ((chain[0], chain[1]), (chain[1], chain[2])):
                middle = (left.top + left.bottom) / 2
                assert [(left.right, middle), (right.left - 5, middle)] in ways


def test_phones_that_share_a_number_stand_in_a_frame_below_it() -> None:
    """The number of another carrier is drawn once, labelled so, and is led to from the frame of its 23 phones."""
    found = payphones.whole()
    boxes = drawn(found)
    key = next(box.key for box in found.nodes if box.row == "external")
    theirs = [boxes[arrow.start] for arrow in found.edges if arrow.end == key]
    (frame,) = [
        f for f in frames_of(found) if f.top > boxes[key].bottom and all(inside(b, f) for b in theirs)
    ]
    assert len(theirs) == 23
    assert sum(inside(box, frame) for box in boxes.values()) == 23
    middle = (boxes[key].left + boxes[key].right) / 2
    assert [(middle, frame.top), (middle, boxes[key].bottom + 5)] in [*lines_of(found)]
    assert ">elsewhere</tspan>" in svg_module.svg(found)


@pytest.mark.parametrize("found", [payphones.whole(), payphones.troubled()], ids=["whole", "troubled"])
def test_every_arrow_of_a_phone_is_shown(found: Audit) -> None:
    """Each arrow is its own line, a link in its chain, or one that the line of a frame stands for."""
    gathered = groups.of(found)
    links = [link for group in gathered for chain in group.chains for link in chain.links]
    led = {
        pair
        for group in gathered
        for chain in group.chains
        for pair in [
            *((phone.key, group.domain) for phone in chain.phones),
            *([(chain.number.key, group.application)] if chain.number else []),
        ]
    }
    pairs = {(arrow.start, arrow.end) for arrow in found.edges}
    alone = pairs - led - set(links)
    shared = [chain for group in gathered for chain in group.chains if len(chain.phones) > 1]
    side_by_side = len(links) - sum(len(chain.phones) for chain in shared)
    of_frames = {(group.key, end) for group in gathered for end in (group.domain, group.application)}
    assert set(links) <= pairs
    assert len([*lines_of(found)]) == len(alone) + side_by_side + len(shared) + len(of_frames)


def test_a_number_on_the_wrong_application_stands_out() -> None:
    """Where one number of a frame leads to stage, a dashed line of its own does too, in the colour of a finding."""
    found = payphones.troubled()
    svg = svg_module.svg(found)
    assert svg.count('class="line astray critical"') == svg.count('class="head astray critical"') == 1
    assert 'class="line astray critical"' not in svg_module.svg(payphones.whole())


def test_each_is_coloured_by_its_own_findings() -> None:
    """A phone, a number and the 911 address each show what was found of them, and not of each other."""
    found = payphones.troubled()
    statuses = Counter((box.key.split(":")[0], box.status) for box in boxes_of(found) if box.status != "well")
    assert statuses == {
        ("phone", "critical"): 1,
        ("phone", "accepted"): 1,
        ("number", "critical"): 1,
        ("number", "warning"): 1,
        ("address", "critical"): 1,
    }
    assert ">no address</tspan>" in svg_module.svg(found)


def test_screen_readers_hear_what_leads_where() -> None:
    """The title of a phone's box names its state, its domain and its number; that of a number its address."""
    found = payphones.whole()
    phone = next(box for box in found.nodes if box.row == "phone")
    texts = re.findall(r"<title>(.*?)</title>", svg_module.svg(found), re.DOTALL)
    said = {text.partition(":")[0]: text for text in texts}
    assert said[phone.label] == f"{phone.label}: well\nleads to {PROD}, +19715550100"
    assert said["+19715550100"].endswith("leads to incoming-prod, 0 SW Example St, Portland")


def test_one_environment_has_room_for_a_chain() -> None:
    """With --env alone in the picture, phones, numbers and addresses stand beside each other just the same."""
    width = float(drawing(payphones.whole(("prod",))).attrib["viewBox"].split()[2])
    assert width == 400
    assert titles(payphones.whole(("prod",))) == [f"24 phones at {PROD}", f"27 phones at {QUIET}"]


def test_a_phone_without_a_domain_is_shown() -> None:
    """A phone for which no SIP domain is desired stands in a frame that says this."""
    desired = replace(payphones.desired_of(), domains=())
    assert titles(payphones.audit_of(desired, payphones.seen_of(desired))) == [
        "51 phones without a SIP domain"
    ]


def test_a_number_of_two_frames_is_drawn_in_the_first() -> None:
    """A number that phones of two domains call from has one box, and a line to it from the phone of the other."""
    boxes = (
        *(Node(f"domain:{name}", "domain", name, "prod", name) for name in ("a", "b")),
        *(Node(f"phone:{name}", "phone", name, "prod", name) for name in ("x", "y")),
        Node("number:1", "number", "+15035550101", "prod", "1"),
    )
    leads = (
        ("phone:x", "domain:a"),
        ("phone:y", "domain:b"),
        ("phone:x", "number:1"),
        ("phone:y", "number:1"),
    )
    found = replace(payphones.whole(("prod",)), nodes=boxes, edges=tuple(Edge(*pair) for pair in leads))
    places = drawn(found)
    assert places["number:1"].top == places["phone:x"].top < places["phone:y"].top
    assert len([*lines_of(found)]) == 4


def test_the_audit_draws_what_it_found(at_box: Sandbox) -> None:
    """The boxes and arrows of a live audit: phones as desired, numbers and addresses as found, with their subjects."""
    set_up()
    with open_workspace("sandbox") as workspace:
        broken = Account(workspace.api.client, at_box.url)
        answered_by(broken, "incoming-stage")
        attach(broken, address(broken).sid, DOGWOOD)
        take_off(broken)
        number(broken, BIRCH).delete()
    found = runner.run(live=True)
    boxes = {box.key: (box.row, box.label, box.subject) for box in found.nodes}
    assert boxes["phone:cedar-lot"] == ("phone", "cedar-lot", "cedar-lot")
    assert boxes[f"number:{ALDER}"] == ("number", ALDER, ALDER)
    assert boxes[f"number:{EXTERNAL}"] == ("external", EXTERNAL, EXTERNAL)
    assert boxes[f"address:{ALDER}"] == ("address", "no address", f"{EMERGENCY_SUFFIX}alder-street")
    assert boxes[f"address:{DOGWOOD}"] == ("address", "1 SW Example St, Portland", DOGWOOD)
    arrows = {(arrow.start, arrow.end) for arrow in found.edges}
    assert {
        ("phone:alder-street", f"domain:{PROD}.sip.twilio.com"),
        ("phone:cedar-lot", f"domain:{QUIET}.sip.twilio.com"),
        ("phone:elm-office", f"number:{EXTERNAL}"),
        (f"number:{ALDER}", "application:incoming-stage"),
        (f"number:{ALDER}", f"address:{ALDER}"),
        (f"number:{DOGWOOD}", f"address:{DOGWOOD}"),
    } <= arrows
    assert not any(start == f"number:{BIRCH}" and end.startswith("application:") for start, end in arrows)
    statuses = {box.key: status_of(found, box) for box in found.nodes}
    assert (
        statuses[f"number:{ALDER}"]
        == statuses[f"number:{BIRCH}"]
        == statuses[f"address:{ALDER}"]
        == "critical"
    )
    assert (statuses[f"number:{DOGWOOD}"], statuses["phone:cedar-lot"]) == ("warning", "well")

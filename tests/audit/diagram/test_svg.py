"""The picture of the estate: each box once and in its place, and no line through a box."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations, pairwise
from random import Random
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from futel_twilio.audit.diagram import layout
from futel_twilio.audit.diagram import svg as svg_module
from futel_twilio.audit.diagram.svg import SIGNS
from futel_twilio.audit.results import Audit, Edge, Node
from futel_twilio.text import sanitize
from tests.audit.test_reports import AUDITS, EVIL, audit_of, check_of, troubled
from tests.support import payphones

if TYPE_CHECKING:
    from collections.abc import Iterator

SVG = "{http://www.w3.org/2000/svg}"
LETTER = 0.602  # how wide a letter of DejaVu Sans Mono is for its size; other monospaced fonts are narrower


@dataclass(frozen=True)
class Drawn:
    """A drawn node."""

    key: str
    status: str
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Drawn) -> bool:
        beside = self.right <= other.left or other.right <= self.left
        return not (beside or self.bottom <= other.top or other.bottom <= self.top)

    def is_crossed(self, start: tuple[float, float], end: tuple[float, float]) -> bool:
        (x, x2), (y, y2) = sorted((start[0], end[0])), sorted((start[1], end[1]))
        return x < self.right and x2 > self.left and y < self.bottom and y2 > self.top


def crowd(environments: tuple[str, ...], seed: int) -> Audit:
    """An estate with boxes of every row, shared ones among them, and arrows from anywhere to anywhere."""
    chance = Random(seed)  # noqa: S311  # a seed is asked for, not a secret
    rows = [(row, n) for row in layout.ROWS for n in range(chance.choice((0, 1, 2, 5, 9)))]
    boxes = tuple(
        Node(
            f"{row}:{n}",
            row,
            f"{row}-{n}-" + "x" * chance.randrange(30),
            chance.choice((*environments, "")),
            "",
        )
        for row, n in rows
    )
    keys = [box.key for box in boxes] or ["none"]
    arrows = tuple(Edge(chance.choice(keys), chance.choice(keys)) for _ in range(60))
    return audit_of(environments=environments, nodes=boxes, edges=arrows)


def phones(count: int) -> Audit:
    """An estate of prod alone with so many phones in one row."""
    boxes = [Node("list:all", "list", "all", "", "all")]
    boxes += [Node(f"phone:{n}", "phone", f"+1503555{100 + n:04}", "prod", str(n)) for n in range(count)]
    arrows = tuple(Edge(box.key, "list:all") for box in boxes[1:])
    return audit_of(environments=("stage", "prod"), nodes=tuple(boxes), edges=arrows)


ESTATES = {
    **AUDITS,
    "50 phones": phones(50),
    "one environment": audit_of(environments=("prod",)),
    "five environments": audit_of(environments=("a", "b", "stage", "test", "prod")),
    "no environment": crowd((), 1),
    "51 payphones": payphones.whole(),
    "51 payphones, troubled": payphones.troubled(),
    "51 payphones, one environment": payphones.whole(("prod",)),
    **{f"crowd {n}": crowd(("stage", "test", "prod")[: n % 3 + 1], n) for n in range(12)},
}
ANY = pytest.mark.parametrize("audit", ESTATES.values(), ids=ESTATES.keys())


def drawing(audit: Audit) -> ET.Element:
    return ET.fromstring(svg_module.svg(audit))  # noqa: S314  # our own


def boxes_of(audit: Audit) -> list[Drawn]:
    found = []
    for group in drawing(audit).iter(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        assert rect is not None
        x, y, width, height = (float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
        status = group.attrib["class"].removeprefix("box ")
        found.append(Drawn(group.attrib["data-key"], status, x, y, x + width, y + height))
    return found


def frames_of(audit: Audit) -> list[Drawn]:
    """The frames around phones, the outer ones by the lines that leave them; each called by its place."""
    found = []
    for rect in drawing(audit).iter(f"{SVG}rect"):
        if rect.attrib.get("class") == "frame":
            x, y, width, height = (float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
            found.append(Drawn(f"frame at {y:g}", "", x, y, x + width, y + height))
    return found


def lines_of(audit: Audit) -> Iterator[list[tuple[float, float]]]:
    """The corners of each line."""
    for path in drawing(audit).iter(f"{SVG}path"):
        if path.attrib["class"].startswith("line"):
            yield list(corners(path.attrib["d"]))


def corners(way: str) -> Iterator[tuple[float, float]]:
    x = y = 0.0
    for step, values in re.findall(r"([MVH])([-\d. ]+)", way):
        if step == "M":
            x, y = map(float, values.split())
        x = float(values) if step == "H" else x
        y = float(values) if step == "V" else y
        yield x, y


@ANY
def test_each_box_is_drawn_once(audit: Audit) -> None:
    """The picture's boxes are those of the audit, each with its key."""
    keys = [sanitize(box.key) for box in audit.nodes]
    assert sorted(box.key for box in boxes_of(audit)) == sorted(keys)


@ANY
def test_no_two_boxes_overlap(audit: Audit) -> None:
    """However many there are, boxes stand beside and below each other, inside the picture."""
    found = boxes_of(audit)
    assert [(a.key, b.key) for a, b in combinations(found, 2) if a.meets(b)] == []
    _, _, width, height = map(float, drawing(audit).attrib["viewBox"].split())
    assert all(b.left >= 0 and b.top >= 0 and b.right <= width and b.bottom <= height for b in found)


@ANY
def test_no_line_runs_through_a_box(audit: Audit) -> None:
    """A line touches the box it leaves and no other."""
    found = boxes_of(audit)
    crossed = [
        box.key for way in lines_of(audit) for leg in pairwise(way) for box in found if box.is_crossed(*leg)
    ]
    assert crossed == []


@ANY
def test_every_line_stays_in_the_picture(audit: Audit) -> None:
    """No lane is pushed over an edge."""
    _, _, width, height = map(float, drawing(audit).attrib["viewBox"].split())
    assert all(0 <= x <= width and 0 <= y <= height for way in lines_of(audit) for x, y in way)


@ANY
def test_lines_to_different_boxes_never_share_a_way(audit: Audit) -> None:
    """Two lines that run along each other end at the same box, or come from the same one."""
    found = [*boxes_of(audit), *frames_of(audit)[::-1]]
    ways = [(way, at(way[0], found), at(way[-1], found)) for way in lines_of(audit)]
    for (one, start, end), (other, from_, to) in combinations(ways, 2):
        if start != from_ and end != to:
            assert not [1 for a in pairwise(one) for b in pairwise(other) if along(*a, *b)]


def at(place: tuple[float, float], boxes: list[Drawn]) -> str:
    """The box that a line begins or ends at."""
    x, y = place
    near = (box for box in boxes if box.left - 6 < x < box.right + 6 and box.top - 6 < y < box.bottom + 6)
    return next(near).key


def along(
    a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], d: tuple[float, float]
) -> bool:
    """Whether two legs run along each other for a while."""
    for level, run in ((0, 1), (1, 0)):
        if a[level] == b[level] == c[level] == d[level] and a != b and c != d:
            return max(min(a[run], b[run]), min(c[run], d[run])) < min(
                max(a[run], b[run]), max(c[run], d[run])
            )
    return False


@ANY
def test_labels_fit_their_boxes(audit: Audit) -> None:
    """No line of a label is wider than its box, nor stands below it."""
    for group, box in zip(drawing(audit).iter(f"{SVG}g"), boxes_of(audit), strict=True):
        label = next(text for text in group.iter(f"{SVG}text") if text.attrib["class"] == "label")
        for line in label:
            assert float(line.attrib["x"]) + width_of(line.text or "", label) <= box.right - 3
            assert float(line.attrib["y"]) <= box.bottom - 4


def width_of(text: str, label: ET.Element) -> float:
    return sum(1 if c.isascii() else 2 for c in text) * LETTER * float(label.attrib["font-size"])


def test_a_label_is_broken_where_it_has_a_joint() -> None:
    """Names of ours that are too long for a line are broken after a dash or a dot."""
    svg = svg_module.svg(troubled())
    assert re.search(r">direct-futel-</tspan><tspan[^>]*>nonemergency-stage</tspan>", svg)
    assert re.search(r">stage\.dialplans\.</tspan><tspan[^>]*>example\.net</tspan>", svg)


@pytest.mark.parametrize("label", ["x" * 2000, "電話" * 100, "", "- " * 300, "Straße-🏠-prod"])
def test_any_label_finds_a_place(label: str) -> None:
    """A label without a joint is cut, a far too long one ends in an ellipsis, and the title has it all."""
    audit = audit_of(nodes=(Node("a", "domain", label, "prod", ""),), edges=())
    test_labels_fit_their_boxes(audit)
    title = next(drawing(audit).iter(f"{SVG}title")).text or ""
    assert title == f"{label}: unchecked"
    assert boxes_of(audit)[0].bottom < 160


def test_the_rows_are_in_order_and_the_columns_are_the_environments() -> None:
    """Applications above URLs above domains above lists; stage left of prod; what is shared in the middle."""
    found = {box.key: box for box in boxes_of(troubled())}
    rows = ["application:incoming-{}", "url:{}.dialplans.example.net", "domain:direct-futel-{}"]
    stage, prod = ([found[row.format(env)] for row in rows] for env in ("stage", "prod"))
    assert [box.top for box in stage] == [box.top for box in prod] == sorted(box.top for box in stage)
    assert all(left.right < right.left for left, right in zip(stage, prod, strict=True))
    shared = found["list:sip-direct"]
    assert (shared.left + shared.right) / 2 == pytest.approx((stage[0].left + prod[0].right) / 2)
    assert shared.top > max(box.bottom for key, box in found.items() if box is not shared)


def test_two_environments_are_about_as_wide_as_a_phone() -> None:
    """The unit of the picture is about a pixel of a phone, so that its 12 units can be read there."""
    assert float(drawing(troubled()).attrib["viewBox"].split()[2]) == 400


def test_a_box_shows_the_worst_of_its_checks() -> None:
    """The class, the sign and the title of a box say what was found; without colour the sign still does."""
    audit = troubled()
    statuses = {box.key: box.status for box in boxes_of(audit)}
    assert statuses["domain:direct-futel-prod"] == "critical"
    assert statuses["domain:direct-futel-nonemergency-stage"] == "warning"
    assert statuses["application:incoming-stage"] == "accepted"
    assert statuses["domain:direct-futel-stage"] == "well"
    for group in drawing(audit).iter(f"{SVG}g"):
        signs = [text.text for text in group.iter(f"{SVG}text") if text.attrib["class"] == "sign"]
        assert signs == [SIGNS[group.attrib["class"].removeprefix("box ")]]
    assert "finding: 911 goes straight to the emergency services" in svg_module.svg(audit)


def test_every_arrow_is_drawn_and_those_that_lead_astray_stand_out() -> None:
    """One line per arrow; one from prod to stage is of another class."""
    svg = svg_module.svg(troubled())
    assert len(list(lines_of(troubled()))) == len(troubled().edges)
    assert svg.count('class="line astray critical"') == svg.count('class="head astray critical"') == 1


def test_an_arrow_to_nowhere_is_not_drawn() -> None:
    """An arrow of a box that is not in the picture, or to itself, is left out."""
    boxes = (Node("a", "domain", "a", "prod", "a"),)
    audit = audit_of(nodes=boxes, edges=(Edge("a", "b"), Edge("b", "a"), Edge("a", "a")))
    assert list(lines_of(audit)) == []


def test_nothing_of_the_account_is_markup() -> None:
    """Tags and quotes in labels, keys, environments and claims are text."""
    label = f"{EVIL}-x"
    check = check_of("domains/there", label, "finding", claim=EVIL)
    box = Node(EVIL, EVIL, label, EVIL, label)
    svg = svg_module.svg(audit_of(check, environments=(EVIL,), nodes=(box,), edges=()))
    assert "<script" not in svg
    assert {node.tag.removeprefix(SVG) for node in ET.fromstring(svg).iter()} == {  # noqa: S314  # our own
        *("svg", "style", "g", "title", "rect", "text", "tspan")
    }


def test_a_box_of_which_nothing_was_checked_is_not_called_well() -> None:
    """What no check looked at, such as a list that is in no file, has its own look."""
    found = {
        box.key: box.status for box in boxes_of(audit_of(check_of("domains/there", "direct-futel-prod")))
    }
    assert found.pop("domain:direct-futel-prod") == "well"
    assert set(found.values()) == {"unchecked"}


def test_a_phone_number_stands_on_one_line() -> None:
    """Fifty phones take two places beside each other, and their numbers are not broken."""
    assert ">+15035550149</tspan>" in svg_module.svg(phones(50))

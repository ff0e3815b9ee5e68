"""The written page in a real browser: Chromium, headless, from a file, as wide as a phone and as a desk."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright

from futel_twilio.audit.reports.files import write_all
from futel_twilio.audit.reports.summary import headline
from tests.audit.diagram.test_svg import phones
from tests.audit.test_reports import AUDITS
from tests.support import payphones

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from futel_twilio.audit.results import Audit

CHROMIUM = "/usr/bin/chromium"
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}
SHOWN = {**AUDITS, "50 phones": phones(50), "51 payphones": payphones.troubled()}
MEASURE = """() => [...document.querySelectorAll('svg.estate g.box')].map(box => ({
    key: box.dataset.key,
    rect: box.querySelector('rect').getBoundingClientRect().toJSON(),
    texts: [...box.querySelectorAll('text')].filter(t => t.textContent).map(t => ({
        text: t.textContent, ...t.getBoundingClientRect().toJSON()
    })),
}))"""


@dataclass
class Shown:
    """A page that was opened, what it asked for and what the browser had to say about it."""

    page: Page
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def boxes(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.page.evaluate(MEASURE)
        return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield running
        running.close()


@pytest.fixture(params=("light", "dark"))
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=(PHONE, DESK), ids=("phone", "desk"))
def size(request: pytest.FixtureRequest) -> dict[str, int]:
    found: dict[str, int] = request.param
    return found


@pytest.fixture(params=list(SHOWN.values()), ids=list(SHOWN))
def audit(request: pytest.FixtureRequest) -> Audit:
    found: Audit = request.param
    return found


@pytest.fixture
def shown(browser: Browser, audit: Audit, scheme: Any, size: Any, tmp_path: Path) -> Iterator[Shown]:
    """The report of an audit, written and opened."""
    write_all(audit, tmp_path)
    page = browser.new_page(viewport=size, color_scheme=scheme)
    shown = Shown(page)
    page.on("request", lambda request: shown.asked.append(request.url))
    page.on("console", lambda message: shown.said.append(message.text))
    page.on("pageerror", lambda error: shown.said.append(str(error)))
    page.goto((tmp_path / "audit.html").as_uri(), wait_until="load")
    page.wait_for_timeout(50)
    yield shown
    page.close()


def test_it_is_shown_and_asks_for_nothing_else(shown: Shown, audit: Audit) -> None:
    """The headline stands on the page; the browser asks for the page alone and complains of nothing."""
    assert headline(audit) in shown.page.inner_text("h1")
    assert [url for url in shown.asked if not url.startswith("data:")] == [shown.page.url]
    assert shown.said == []


def test_nothing_is_wider_than_the_window(shown: Shown, size: dict[str, int]) -> None:
    """Nobody scrolls sideways, also with everything unfolded, and no element hangs over the edge."""
    shown.page.evaluate("() => document.querySelectorAll('details').forEach(found => { found.open = true })")
    assert shown.page.evaluate("() => document.scrollingElement.scrollWidth") <= size["width"]
    assert (
        shown.page.evaluate(
            "width => [...document.querySelectorAll('body *')]"
            ".filter(found => found.getBoundingClientRect().right > width + 0.5)"
            ".map(found => found.outerHTML)",
            size["width"],
        )
        == []
    )


def test_each_box_is_there_once_and_holds_its_texts(shown: Shown, audit: Audit) -> None:
    """The picture has each box of the audit once, and label, kind and sign stand inside it, side by side."""
    boxes = shown.boxes()
    assert len(boxes) == len(audit.nodes) == len({box["key"] for box in boxes})
    for box in boxes:
        assert [text for text in box["texts"] if not inside(text, box["rect"])] == []
        assert [pair for pair in combinations(box["texts"], 2) if apart(*pair) < 0] == []


def inside(text: dict[str, Any], rect: dict[str, Any]) -> bool:
    across = rect["left"] <= text["left"] and text["right"] <= rect["right"]
    return bool(across and rect["top"] <= text["top"] and text["bottom"] <= rect["bottom"])


def apart(one: dict[str, Any], other: dict[str, Any]) -> float:
    """How far two things are apart; below zero if they overlap by more than the air around letters."""
    beside = max(one["left"] - other["right"], other["left"] - one["right"])
    above = max(one["top"] - other["bottom"], other["top"] - one["bottom"])
    return float(max(beside, above + 3))


def test_no_two_boxes_overlap(shown: Shown) -> None:
    """As the browser draws them, boxes stand clear of each other."""
    rects = [box["rect"] for box in shown.boxes()]
    assert [pair for pair in combinations(rects, 2) if apart(*pair) < 0] == []


@pytest.mark.parametrize("audit", [payphones.troubled()], ids=["51 payphones"], indirect=True)
def test_fifty_one_phones_can_be_read(shown: Shown, size: dict[str, int]) -> None:
    """Each phone stands left of its number, that left of its address, in letters that somebody can read."""
    boxes = {box["key"]: box for box in shown.boxes()}
    phones = [key for key in boxes if key.startswith("phone:")]
    places = [key for key in boxes if key.startswith("address:")]
    assert (len(phones), len(places)) == (51, 24)
    for place in places:
        number = boxes[place.replace("address", "number")]["rect"]
        assert number["right"] < boxes[place]["rect"]["left"]
        assert number["top"] == pytest.approx(boxes[place]["rect"]["top"], abs=1)
        assert any(
            boxes[phone]["rect"]["right"] < number["left"]
            and boxes[phone]["rect"]["top"] == pytest.approx(number["top"], abs=1)
            for phone in phones
        )
    letters = shown.page.evaluate(LETTERS)
    assert min(letters) >= (8.9 if size == PHONE else 11)


@pytest.mark.parametrize("audit", [payphones.troubled()], ids=["51 payphones"], indirect=True)
def test_findings_come_before_the_picture(shown: Shown) -> None:
    """However long the picture is, what must be done stands above it."""
    tops = shown.page.evaluate(
        "() => ['article', 'figure'].map(tag => document.querySelector(tag).getBoundingClientRect().top)"
    )
    assert tops == sorted(tops)


@pytest.mark.parametrize("audit", [AUDITS["troubled"], payphones.troubled()], indirect=True)
def test_words_can_be_read(shown: Shown) -> None:
    """Every text has the contrast that WCAG's level AA asks for, 4.5 to 1; no sign is below 9 pixels."""
    assert [found for found in shown.page.evaluate(CONTRASTS) if found[1] < 4.5] == []
    sizes = [
        text["bottom"] - text["top"]
        for box in shown.boxes()
        for text in box["texts"]
        if text["text"] in "✓?!✗"
    ]
    assert min(sizes) > 9


LETTERS = """() => {
  const svg = document.querySelector('svg.estate');
  const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  return [...svg.querySelectorAll('.label')].map(label => parseFloat(label.getAttribute('font-size')) * scale);
}"""
CONTRASTS = """() => {
  const parts = colour => colour.match(/[\\d.]+/g).map(Number);
  const shine = colour => {
    const [r, g, b] = parts(colour).slice(0, 3).map(v => v / 255)
      .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = node => {
    const rect = node.closest('g.box')?.querySelector('rect');
    if (rect) return getComputedStyle(rect).fill;
    for (let at = node; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((parts(colour)[3] ?? 1) > 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || ['STYLE', 'style', 'title'].includes(node.tagName)) continue;
    const style = getComputedStyle(node), svg = node.closest('svg');
    const [a, b] = [shine(svg ? style.fill : style.color), shine(ground(node))].sort((x, y) => y - x);
    found.push([node.textContent, (a + 0.05) / (b + 0.05)]);
  }
  return found;
}"""

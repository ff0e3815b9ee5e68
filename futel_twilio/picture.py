"""An audit -> the estate drawn as one SVG picture: a row per kind of thing, a column per environment.

Lines run in the gutters between rows and beside columns, where no box stands. All lines to the same box share
a lane and lines to different boxes never do, so that a line can be followed wherever others cross it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from html import escape
from itertools import accumulate, zip_longest
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from futel_twilio.findings import Audit, Box

ROWS = ("application", "url", "domain", "list", "number", "phone", "address")
KINDS = {"url": "dialplan", "domain": "SIP domain", "list": "credential list", "number": "phone number"}
SIGNS = {"well": "✓", "accepted": "?", "warning": "!", "critical": "✗", "unchecked": "-"}
HEADING, MARGIN, LANE, GUTTER = 24, 12, 6, 20
MANY = 6  # boxes of one column and row that still stand one below the other at full width
MOST_LINES = 6  # of a label; the whole of it is in the box's title
MONOSPACED = 0.61  # how wide a letter is, for its size: labels are measured without a browser

STYLE = """
.estate{--ink:#1f2933;--soft:#5b6775;--line:#8492a3;display:block;width:100%;height:auto;margin:0 auto}
.estate .well{--edge:#3f8f5f;--fill:#eff8f2;--mark:#2c7148}
.estate .unchecked{--edge:#8492a3;--fill:#f4f5f7;--mark:#566270}
.estate .accepted{--edge:#5f7fae;--fill:#eef3fa;--mark:#3f629a}
.estate .warning{--edge:#c07a10;--fill:#fff5e0;--mark:#8f5600}
.estate .critical{--edge:#c62f2f;--fill:#fdecec;--mark:#b01f1f}
@media (prefers-color-scheme:dark){
.estate{--ink:#e8edf2;--soft:#a3b0bd;--line:#728396}
.estate .well{--edge:#4fa574;--fill:#16291f;--mark:#7fd3a2}
.estate .unchecked{--edge:#728396;--fill:#1f262e;--mark:#a3b0bd}
.estate .accepted{--edge:#6f92c6;--fill:#182436;--mark:#9dbdec}
.estate .warning{--edge:#d6993a;--fill:#322710;--mark:#f5c163}
.estate .critical{--edge:#e66060;--fill:#3a1a1c;--mark:#ff9b9b}}
.estate text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.estate .label{fill:var(--ink);
font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.estate .column{font-size:13px;font-weight:600;fill:var(--soft);text-anchor:middle}
.estate .kind{fill:var(--soft)}
.estate .sign{font-size:12px;font-weight:700;fill:var(--mark);text-anchor:end}
.estate rect{fill:var(--fill);stroke:var(--edge);stroke-width:1.2}
.estate .accepted rect{stroke-dasharray:5 3}
.estate .warning rect{stroke-width:1.8}
.estate .critical rect{stroke-width:2.4}
.estate .line{fill:none;stroke:var(--line);stroke-width:1.4;stroke-linejoin:round}
.estate .head{fill:var(--line)}
.estate .line.astray{stroke:var(--edge);stroke-dasharray:5 3}
.estate .head.astray{fill:var(--edge)}
"""

# What XML cannot carry, and what would move a terminal's cursor or turn the reading direction.
_UNPRINTABLE = re.compile(
    "[^\\t\\n\\r -~\\xa0-\u2029\u202f-\u2065\u206a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
_PIECES = re.compile(r"[^-./:_@ ]*[-./:_@ ]+|[^-./:_@ ]+")


_Some = TypeVar("_Some", str, "list[Box]")


def printable(text: str) -> str:
    """A text of somebody else's without what is no character to read."""
    return _UNPRINTABLE.sub("\ufffd", text)


def status_of(audit: Audit, box: Box) -> str:
    """How a box is coloured; not as well where no check of it held, such as a list that nobody wished for."""
    status = audit.status_of(box)
    held = any(check.subject == box.subject and check.outcome == "held" for check in audit.checks)
    return status if held or status != "well" else "unchecked"


def svg(audit: Audit) -> str:
    """The estate, each box once, coloured by the worst that was found of it."""
    grid = _Grid(len(audit.environments))
    cells = tuple(_cells(audit, grid))
    sheet = _Sheet(grid, cells, tuple(_routes(audit, grid, cells)))
    drawn = [
        *(
            _heading(name, grid.middle(column), grid.column + GUTTER)
            for column, name in enumerate(audit.environments)
            if cells
        ),
        *sheet.lines(),
        *(_box(audit, cell, *sheet.span(cell.line)) for cell in cells),
    ]
    if not cells:
        drawn.append(_heading("Nothing to draw.", grid.width / 2, grid.width))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="estate" '
        f'viewBox="0 0 {grid.width:g} {sheet.height:g}" style="max-width:{grid.width * 1.35:g}px" '
        f'role="img" aria-label="The estate in {len(cells)} boxes">'
        f"<style>{STYLE}</style>{''.join(drawn)}</svg>"
    )


@dataclass(frozen=True, slots=True)
class _Grid:
    """The columns, and the gutters beside them."""

    environments: int

    @property
    def columns(self) -> int:
        return max(1, self.environments)

    @property
    def column(self) -> int:
        """How wide a column is: two of them suit a phone, more of them have to be narrow."""
        return 170 if self.columns <= 2 else 124  # noqa: PLR2004  # said in the line above

    @property
    def width(self) -> int:
        return self.columns * (self.column + GUTTER) + GUTTER

    @property
    def gutters(self) -> tuple[float, ...]:
        return tuple(GUTTER / 2 + at * (self.column + GUTTER) for at in range(self.columns + 1))

    def middle(self, column: float) -> float:
        return GUTTER + self.column / 2 + column * (self.column + GUTTER)


@dataclass(frozen=True, slots=True)
class _Cell:
    """A box in its place: which line of boxes from above, where from the left, and what stands in it."""

    box: Box
    line: int
    middle: float
    width: float
    size: int
    text: tuple[str, ...]

    @property
    def left(self) -> float:
        return self.middle - self.width / 2

    @property
    def height(self) -> float:
        return 24 + len(self.text) * (self.size + 2.5)

    def covers(self, x: float) -> bool:
        return abs(self.middle - x) < self.width / 2


def _cells(audit: Audit, grid: _Grid) -> Iterator[_Cell]:
    line = 0
    for row in dict.fromkeys([*ROWS, *(box.row for box in audit.boxes)]):
        for places in _lines_of([box for box in audit.boxes if box.row == row], audit.environments, grid):
            yield from (_cell(box, line, middle, width) for box, middle, width in places)
            line += 1


_Place = tuple["Box", float, float]


def _lines_of(boxes: list[Box], environments: Sequence[str], grid: _Grid) -> Iterator[list[_Place]]:
    """The lines of one row: those of the columns side by side, below them what environments share."""
    columns = [[box for box in boxes if box.environment == name] for name in environments]
    across = 2 if max(map(len, columns), default=0) > MANY else 1
    stacks = [_stack(found, at, across, grid) for at, found in enumerate(columns)]
    for beside in zip_longest(*stacks, fillvalue=()):
        yield [place for places in beside for place in places]
    shared = [box for box in boxes if box.environment not in environments]
    across = 2 if len(shared) > MANY * grid.columns else 1
    for some in _batched(shared, grid.columns * across):
        yield list(_side_by_side(some, grid.width / 2, across, grid))


def _stack(boxes: list[Box], column: int, across: int, grid: _Grid) -> list[tuple[_Place, ...]]:
    return [tuple(_side_by_side(some, grid.middle(column), across, grid)) for some in _batched(boxes, across)]


def _batched(things: _Some, count: int) -> Iterator[_Some]:
    for at in range(0, len(things), count):
        yield things[at : at + count]


def _side_by_side(boxes: Sequence[Box], middle: float, across: int, grid: _Grid) -> Iterator[_Place]:
    """Boxes around a middle; `across` is how many share the width of a column."""
    gap = GUTTER if across == 1 else 6
    width = (grid.column - gap * (across - 1)) / across
    for at, box in enumerate(boxes):
        yield box, middle + (at - (len(boxes) - 1) / 2) * (width + gap), width


def _cell(box: Box, line: int, middle: float, width: float) -> _Cell:
    size = 12 if width > 100 else 10  # noqa: PLR2004  # half a column
    return _Cell(box, line, middle, width, size, _wrapped(printable(box.label), _room(width, size)))


def _room(width: float, size: float) -> int:
    """How many letters stand beside each other."""
    return int((width - 2 * _pad(size)) / (size * MONOSPACED))


def _pad(size: float) -> int:
    """Beside the texts; so little in half a column that a phone number stands on one line."""
    return 6 if size > 10 else 4  # noqa: PLR2004  # as in _cell


def _wrapped(label: str, room: int) -> tuple[str, ...]:
    """A label in lines, broken after its own punctuation where it has some."""
    lines = [""]
    for piece in _PIECES.findall(label):
        for part in _batched(piece, room if piece.isascii() else max(1, room // 2)):
            if _wide(lines[-1]) + _wide(part) > room:
                lines.append("")
            lines[-1] += part
    return tuple(lines) if len(lines) <= MOST_LINES else (*lines[: MOST_LINES - 1], "…")


def _wide(text: str) -> int:
    return sum(1 if letter.isascii() else 2 for letter in text)


@dataclass(frozen=True, slots=True)
class _Route:
    """The way of an arrow: out into the gutter `first`, along `beside` if any, in from the gutter `last`."""

    start: _Cell
    end: _Cell
    down: bool
    beside: int | None

    @property
    def first(self) -> int:
        return self.start.line + self.down

    @property
    def last(self) -> int:
        return self.end.line + (not self.down)

    @property
    def straight(self) -> bool:
        return self.beside is None and abs(self.start.middle - self.end.middle) < 1

    @property
    def astray(self) -> bool:
        """It leads from one environment into another."""
        there, here = self.end.box.environment, self.start.box.environment
        return bool(there and here) and there != here

    @property
    def lane(self) -> tuple[str, bool]:
        return self.end.box.key, self.astray


def _routes(audit: Audit, grid: _Grid, cells: Iterable[_Cell]) -> Iterator[_Route]:
    by_key = {cell.box.key: cell for cell in cells}
    for arrow in dict.fromkeys(audit.arrows):
        start, end = by_key.get(arrow.start), by_key.get(arrow.end)
        if start and end and start is not end:
            down = start.line <= end.line
            yield _Route(start, end, down, _beside(start, end, down, grid, by_key.values()))


def _beside(start: _Cell, end: _Cell, down: bool, grid: _Grid, cells: Iterable[_Cell]) -> int | None:
    """The gutter beside a column that is the shortest way past the lines between; none if none is between."""
    past = range(*sorted((start.line + down, end.line + (not down))))
    if not past:
        return None
    between = [cell for cell in cells if cell.line in past]
    free = [at for at, x in enumerate(grid.gutters) if not any(cell.covers(x) for cell in between)]
    # Of two ways of the same length, one leads upwards and the other downwards: they stay apart.
    return min(free, key=lambda at: (_way(start, end, grid.gutters[at]), -at if down else at))


def _way(start: _Cell, end: _Cell, x: float) -> float:
    return round(abs(start.middle - x) + abs(end.middle - x))


@dataclass(frozen=True)
class _Sheet:
    """Cells and routes with their measures."""

    grid: _Grid
    cells: tuple[_Cell, ...]
    routes: tuple[_Route, ...]

    @cached_property
    def heights(self) -> list[float]:
        """How high each line of boxes is."""
        heights = [0.0] * (1 + max((cell.line for cell in self.cells), default=-1))
        for cell in self.cells:
            heights[cell.line] = max(heights[cell.line], cell.height)
        return heights

    @cached_property
    def lanes(self) -> list[list[tuple[str, bool]]]:
        """The lanes of the gutter above each line, and of the one below the last."""
        lanes: list[dict[tuple[str, bool], None]] = [{} for _ in range(len(self.heights) + 1)]
        for route in self.routes:
            lanes[route.first][route.lane] = lanes[route.last][route.lane] = None
        return [list(found) for found in lanes]

    @cached_property
    def lanes_beside(self) -> dict[int | None, list[tuple[str, bool]]]:
        """The lanes of the gutters beside columns."""
        lanes: dict[int | None, dict[tuple[str, bool], None]] = {}
        for route in self.routes:
            lanes.setdefault(route.beside, {})[route.lane] = None
        return {beside: list(found) for beside, found in lanes.items()}

    @cached_property
    def gaps(self) -> list[float]:
        """Where each gutter between lines begins."""
        sizes = [
            2 * MARGIN + (len(lanes) - 1) * LANE if lanes else MARGIN * (at > 0)
            for at, lanes in enumerate(self.lanes)
        ]
        steps = (size + height for size, height in zip(sizes, [*self.heights, 2], strict=True))
        return list(accumulate(steps, initial=HEADING))

    @property
    def height(self) -> float:
        return self.gaps[-1]

    def span(self, line: int) -> tuple[float, float]:
        """Where a line of boxes begins, and how high it is."""
        height = self.heights[line]
        below = self.gaps[line + 1]
        return below - height, height

    def lane_y(self, gutter: int, route: _Route) -> float:
        return self.gaps[gutter] + MARGIN + self.lanes[gutter].index(route.lane) * LANE

    def lane_x(self, route: _Route) -> float:
        """Where a route runs beside a column; without one it turns into its end's way at once."""
        if route.beside is None:
            return self.entry(route)
        lanes = self.lanes_beside[route.beside]
        apart = min(5.0, (GUTTER - 4) / len(lanes))
        return self.grid.gutters[route.beside] + (lanes.index(route.lane) - (len(lanes) - 1) / 2) * apart

    def entry(self, route: _Route) -> float:
        away = 32 if route.astray else 10
        return route.end.middle + (away if route.down else -away)

    def lines(self) -> Iterator[str]:
        """The lines, then the heads, those that lead astray last and so on top."""
        routes = sorted(self.routes, key=lambda route: route.astray)
        yield from dict.fromkeys(self.line(route) for route in routes)
        yield from dict.fromkeys(self.head(route) for route in routes)

    def line(self, route: _Route) -> str:
        """Out at a place of its own, so that it is not taken for a line that comes in across the gutter."""
        away = 10 if route.straight and not route.astray else 20
        x = route.start.middle + (away if route.down else -away)
        top, height = self.span(route.start.line)
        first, last = self.lane_y(route.first, route), self.lane_y(route.last, route)
        way = f"V{first:g}H{self.lane_x(route):g}V{last:g}H{self.entry(route):g}"
        out = top + height if route.down else top
        return f'<path class="{_classes("line", route)}" d="M{x:g} {out:g}{way}V{self.tip(route, 5):g}"/>'

    def head(self, route: _Route) -> str:
        x, back = self.entry(route), self.tip(route, 7)
        way = f"M{x:g} {self.tip(route, 1):g}L{x - 4:g} {back:g}H{x + 4:g}Z"
        return f'<path class="{_classes("head", route)}" d="{way}"/>'

    def tip(self, route: _Route, away: float) -> float:
        top, height = self.span(route.end.line)
        return top - away if route.down else top + height + away


def _classes(kind: str, route: _Route) -> str:
    return f"{kind} astray critical" if route.astray else kind


def _heading(text: str, x: float, width: float) -> str:
    text = text[: _room(width, 13)]
    return f'<text class="column" x="{x:g}" y="17">{escape(printable(text))}</text>'


def _box(audit: Audit, cell: _Cell, top: float, height: float) -> str:
    status, size, left = status_of(audit, cell.box), cell.size, cell.left + _pad(cell.size)
    names = KINDS if size > 10 else {}  # noqa: PLR2004  # as in _cell
    kind = names.get(cell.box.row, cell.box.row)
    right = cell.left + cell.width - _pad(size)
    text = "".join(
        f'<tspan x="{left:g}" y="{top + 17 + (at + 1) * (size + 2.5):g}">{escape(line)}</tspan>'
        for at, line in enumerate(cell.text)
    )
    return (
        f'<g class="box {status}" data-key="{escape(printable(cell.box.key))}">'
        f"<title>{escape(printable(_title(audit, cell.box, status)))}</title>"
        f'<rect x="{cell.left:g}" y="{top:g}" width="{cell.width:g}" height="{height:g}" rx="6"/>'
        f'<text class="kind" font-size="{size - 2}" x="{left:g}" y="{top + 14:g}">'
        f"{escape(printable(kind)[: _room(cell.width - 16, size - 2)])}</text>"
        f'<text class="sign" x="{right:g}" y="{top + 14.5:g}">{SIGNS[status]}</text>'
        f'<text class="label" font-size="{size}">{text}</text></g>'
    )


def _title(audit: Audit, box: Box, status: str) -> str:
    about = [check for check in audit.checks if check.subject == box.subject and check.subject]
    said = [f"{check.outcome}: {check.claim}" for check in about if check.outcome in ("finding", "accepted")]
    return "\n".join((f"{box.label}: {status}", *said))

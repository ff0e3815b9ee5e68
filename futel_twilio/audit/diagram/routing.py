"""Route the edges of the diagram between its nodes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

from futel_twilio.audit.diagram.layout import GUTTER, Cell, Frame, Grid, Layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from futel_twilio.audit.diagram.groups import Group
    from futel_twilio.audit.results import Audit

HEADING, MARGIN, LANE = 24, 12, 6
TIGHT, TO_SHARED = 8, 22  # between lines of phones; below a number that several share
AROUND, AROUND_SHARED = 8, 5  # from boxes to the frame around them


@dataclass(frozen=True)
class Route:
    """The way of an arrow: out into the gutter `first`, along `beside` if any, in from the gutter `last`."""

    start: Cell
    end: Cell
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


def of(audit: Audit, layout: Layout) -> tuple[Route, ...]:
    """The routes of an audit's arrows, but for those that a chain of phone, number and address shows itself."""
    by_key = {cell.box.key: cell for cell in layout.cells}
    stands_for = {pair: title for group in layout.groups for pair, title in _led(group)}
    shown = {link for group in layout.groups for chain in group.chains for link in chain.links}
    pairs = [(arrow.start, arrow.end) for arrow in audit.edges]
    wanted = dict.fromkeys((stands_for.get(pair, pair[0]), pair[1]) for pair in pairs if pair not in shown)
    ends = ((by_key.get(start), by_key.get(end)) for start, end in wanted)
    return tuple(
        _route(start, end, layout.grid, layout.cells)
        for start, end in ends
        if start and end and start is not end
    )


def _led(group: Group) -> Iterator[tuple[tuple[str, str], str]]:
    """The arrows that those of the group's title stand for."""
    for chain in group.chains:
        for phone in chain.phones:
            yield (phone.key, group.domain), group.key
        if chain.number:
            yield (chain.number.key, group.application), group.key


def _route(start: Cell, end: Cell, grid: Grid, cells: Iterable[Cell]) -> Route:
    down = start.line <= end.line
    return Route(start, end, down, _beside(start, end, down, grid, cells))


def _beside(start: Cell, end: Cell, down: bool, grid: Grid, cells: Iterable[Cell]) -> int | None:
    """The gutter beside a column that is the shortest way past the lines between; none if none is between."""
    past = range(*sorted((start.line + down, end.line + (not down))))
    if not past:
        return None
    between = [cell for cell in cells if cell.line in past]
    free = [at for at, x in enumerate(grid.gutters) if not any(cell.covers(x) for cell in between)]
    # Of two ways of the same length, one leads upwards and the other downwards: they stay apart.
    return min(free, key=lambda at: (_way(start, end, grid.gutters[at]), -at if down else at))


def _way(start: Cell, end: Cell, x: float) -> float:
    return round(abs(start.middle - x) + abs(end.middle - x))


@dataclass(frozen=True)
class Canvas:
    """Cells and routes with their measures."""

    layout: Layout
    routes: tuple[Route, ...]

    @cached_property
    def heights(self) -> list[float]:
        """How high each line of boxes is."""
        heights = [0.0] * (1 + max((cell.line for cell in self.layout.cells), default=-1))
        for cell in self.layout.cells:
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
    def least(self) -> list[float]:
        """How wide each gutter between lines is at least."""
        least = [MARGIN * (at > 0) + 0.0 for at in range(len(self.heights) + 1)]
        for frame in self.layout.frames:
            if not frame.inner:
                inside = range(frame.first + 1, frame.last + 1)
                least[frame.first + 1 : frame.last + 1] = [TIGHT for _ in inside]
                least[frame.last + 1] = MARGIN + AROUND
        for frame in self.layout.frames:
            if frame.inner:
                least[frame.first] = TO_SHARED
                least[frame.last + 1] += AROUND_SHARED
        return least

    @cached_property
    def gaps(self) -> list[float]:
        """Where each gutter between lines begins."""
        sizes = [
            max(least, 2 * MARGIN + (len(lanes) - 1) * LANE) if lanes else least
            for lanes, least in zip(self.lanes, self.least, strict=True)
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

    def lane_y(self, gutter: int, route: Route) -> float:
        return self.gaps[gutter] + MARGIN + self.lanes[gutter].index(route.lane) * LANE

    def lane_x(self, route: Route) -> float:
        """Where a route runs beside a column; without one it turns into its end's way at once."""
        if route.beside is None:
            return self.entry(route)
        lanes = self.lanes_beside[route.beside]
        apart = min(5.0, (GUTTER - 4) / len(lanes))
        return (
            self.layout.grid.gutters[route.beside] + (lanes.index(route.lane) - (len(lanes) - 1) / 2) * apart
        )

    def entry(self, route: Route) -> float:
        away = 32 if route.astray else 10
        return route.end.middle + (away if route.down else -away)

    def lines(self) -> Iterator[str]:
        """The lines, then the heads, those that lead astray last and so on top."""
        routes = sorted(self.routes, key=lambda route: route.astray)
        yield from dict.fromkeys(self.line(route) for route in routes)
        yield from dict.fromkeys(self.head(route) for route in routes)
        yield from self.links()

    def line(self, route: Route) -> str:
        """Where a line leaves a node: apart from the lines that come in across the gutter."""
        away = 10 if route.straight and not route.astray else 20
        x = route.start.middle + (away if route.down else -away)
        top, height = self.span(route.start.line)
        first, last = self.lane_y(route.first, route), self.lane_y(route.last, route)
        way = f"V{first:g}H{self.lane_x(route):g}V{last:g}H{self.entry(route):g}"
        out = top + height if route.down else top
        return f'<path class="{_classes("line", route)}" d="M{x:g} {out:g}{way}V{self.tip(route, 5):g}"/>'

    def head(self, route: Route) -> str:
        x, back = self.entry(route), self.tip(route, 7)
        way = f"M{x:g} {self.tip(route, 1):g}L{x - 4:g} {back:g}H{x + 4:g}Z"
        return f'<path class="{_classes("head", route)}" d="{way}"/>'

    def tip(self, route: Route, away: float) -> float:
        top, height = self.span(route.end.line)
        return top - away if route.down else top + height + away

    def links(self) -> Iterator[str]:
        """From a phone to its number and on to its address, side by side; from phones in a frame to theirs."""
        by_key = {cell.box.key: cell for cell in self.layout.cells}
        chains = [chain for group in self.layout.groups for chain in group.chains]
        for start, end in ((by_key[one], by_key[other]) for chain in chains for one, other in chain.links):
            if start.line == end.line:
                top, height = self.span(start.line)
                y = top + height / 2
                yield f'<path class="line" d="M{start.right:g} {y:g}H{end.left - 5:g}"/>'
                yield f'<path class="head" d="M{end.left - 1:g} {y:g}l-6 -4V{y + 4:g}Z"/>'
        for number, frame in self.layout.shared:
            top, height = self.span(number.line)
            bottom, x = top + height, number.middle
            yield f'<path class="line" d="M{x:g} {self.around(frame)[0]:g}V{bottom + 5:g}"/>'
            yield f'<path class="head" d="M{x:g} {bottom + 1:g}l-4 6H{x + 4:g}Z"/>'

    def around(self, frame: Frame) -> tuple[float, float]:
        """Where a frame begins, and how high it is."""
        away = AROUND_SHARED if frame.inner else AROUND
        top, (last, height) = self.span(frame.first)[0], self.span(frame.last)
        above = away if frame.inner else away / 2
        return top - above, last + height + away - top + above


def _classes(resource_type: str, route: Route) -> str:
    return f"{resource_type} astray critical" if route.astray else resource_type

"""Place the nodes of the diagram."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING

from futel_twilio.audit.diagram import groups
from futel_twilio.audit.diagram.metrics import batched, width_of, wrap
from futel_twilio.audit.results import Audit, Node
from futel_twilio.text import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from futel_twilio.audit.diagram.groups import Chain, Group

ROWS = ("application", "url", "domain", "list", "number", "external", "phone", "address")
GUTTER = 20
MANY = 6  # boxes of one column and row that still stand one below the other at full width
BESIDE = 3  # boxes of phones on one line: a phone, its number, its address
APART = 14  # between them, for the arrow
NUMBER = 102  # how wide the box of a number is, with its sign; an address gets more of the rest than a phone
ELSEWHERE = "elsewhere"  # with another carrier


@dataclass(frozen=True)
class Grid:
    """The columns, and the gutters beside them."""

    environments: int
    has_groups: bool = False

    @property
    def columns(self) -> int:
        return max(1, self.environments)

    @property
    def column(self) -> int:
        """How wide a column is: two of them suit a phone, more of them have to be narrow."""
        if self.columns == 1:
            return 360 if self.has_groups else 170
        return 170 if self.columns == 2 else 124  # noqa: PLR2004  # said in the line above

    @property
    def width(self) -> int:
        return self.columns * (self.column + GUTTER) + GUTTER

    @property
    def gutters(self) -> tuple[float, ...]:
        return tuple(GUTTER / 2 + at * (self.column + GUTTER) for at in range(self.columns + 1))

    def middle(self, column: float) -> float:
        return GUTTER + self.column / 2 + column * (self.column + GUTTER)


@dataclass(frozen=True)
class Cell:
    """A box in its place: which line of boxes from above, where from the left, and what stands in it.

    Attributes:
        compact: it stands among phones, and its place says what kind of thing it is.
        is_title: it is no box of the audit, but what stands above a group.
    """

    box: Node
    line: int
    middle: float
    width: float
    size: int
    text: tuple[str, ...]
    compact: bool = False
    is_title: bool = False

    @property
    def left(self) -> float:
        return self.middle - self.width / 2

    @property
    def right(self) -> float:
        return self.middle + self.width / 2

    @property
    def height(self) -> float:
        if self.is_title:
            return 32
        above = 10 if self.compact else 24
        return above + len(self.text) * (self.size + 2.5)

    def covers(self, x: float) -> bool:
        return abs(self.middle - x) < self.width / 2


@dataclass(frozen=True)
class Frame:
    """What is drawn around the lines of a group, or of the phones that share a number: their first and last."""

    first: int
    last: int
    inner: bool = False


@dataclass
class Layout:
    """Everything in its place.

    Attributes:
        titles: the cell above each group, by the group's key.
        shared: the cell of a number that several phones share, with the frame around those.
    """

    grid: Grid
    groups: tuple[Group, ...]
    cells: list[Cell] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    titles: dict[str, Cell] = field(default_factory=dict)
    shared: list[tuple[Cell, Frame]] = field(default_factory=list)
    line: int = 0


def of(audit: Audit) -> Layout:
    """The layout of an audit's boxes."""
    found = groups.of(audit)
    grouped = {box.key for group in found for chain in group.chains for box in chain.boxes}
    layout = Layout(Grid(len(audit.environments), bool(found)), found)
    boxes = [box for box in audit.nodes if box.key not in grouped]
    for row in dict.fromkeys([*ROWS, *(box.row for box in boxes)]):
        those = [box for box in boxes if box.row == row]
        for places in _lines_of(those, audit.environments, layout.grid):
            layout.cells += [_cell(box, layout.line, middle, width) for box, middle, width in places]
            layout.line += 1
    for group in found:
        _lay_group(layout, group)
    return layout


_Place = tuple["Node", float, float]


def _lines_of(boxes: list[Node], environments: Sequence[str], grid: Grid) -> Iterator[list[_Place]]:
    """The lines of one row: those of the columns side by side, below them what environments share."""
    columns = [[box for box in boxes if box.environment == name] for name in environments]
    across = 2 if max(map(len, columns), default=0) > MANY else 1
    stacks = [_stack(found, at, across, grid) for at, found in enumerate(columns)]
    for beside in zip_longest(*stacks, fillvalue=()):
        yield [place for places in beside for place in places]
    shared = [box for box in boxes if box.environment not in environments]
    across = 2 if len(shared) > MANY * grid.columns else 1
    for some in batched(shared, grid.columns * across):
        yield list(_side_by_side(some, grid.width / 2, across, grid))


def _stack(boxes: list[Node], column: int, across: int, grid: Grid) -> list[tuple[_Place, ...]]:
    return [tuple(_side_by_side(some, grid.middle(column), across, grid)) for some in batched(boxes, across)]


def _side_by_side(boxes: Sequence[Node], middle: float, across: int, grid: Grid) -> Iterator[_Place]:
    """Boxes around a middle; `across` is how many share the width of a column."""
    gap = GUTTER if across == 1 else 6
    width = (min(grid.column, 170) - gap * (across - 1)) / across
    for at, box in enumerate(boxes):
        yield box, middle + (at - (len(boxes) - 1) / 2) * (width + gap), width


def _lay_group(layout: Layout, group: Group) -> None:
    """A title, a line for each phone that has its own number, then the phones that share one."""
    first = layout.line
    title = Node(group.key, "title", group.title, group.environment, "")
    width = layout.grid.width - 2 * GUTTER - 12
    cell = Cell(title, layout.line, layout.grid.width / 2, width, 12, (group.title,), is_title=True)
    layout.titles[group.key] = cell
    layout.cells.append(cell)
    layout.line += 1
    for chain in group.chains:
        if len(chain.phones) == 1:
            _lay_line(layout, chain.boxes)
        else:
            _lay_sharing(layout, chain)
    layout.frames.append(Frame(first, layout.line - 1))


def _lay_sharing(layout: Layout, chain: Chain) -> None:
    """A number, the address that it tells, and below them the phones that share it."""
    above = [box for box in (chain.number, chain.address) if box]
    _lay_line(layout, above, shift=1)
    number = layout.cells[-len(above)]
    frame = Frame(layout.line, layout.line + (len(chain.phones) - 1) // BESIDE, inner=True)
    for some in batched(chain.phones, BESIDE):
        _lay_line(layout, some, even=True)
    layout.frames.append(frame)
    layout.shared.append((number, frame))


def _lay_line(layout: Layout, boxes: Sequence[Node], shift: int = 0, *, even: bool = False) -> None:
    """Boxes beside each other, in thirds of a line that are even, or made for a phone, its number and its address."""
    room_for_all = layout.grid.width - 2 * GUTTER - 2 * 8 - APART * (BESIDE - 1)
    of_phone = round((room_for_all - NUMBER) * 0.49)
    thirds = (of_phone, NUMBER, room_for_all - NUMBER - of_phone)
    widths = [room_for_all / BESIDE] * BESIDE if even else thirds
    for at, box in enumerate(boxes, start=shift):
        left = GUTTER + 8 + sum(widths[:at]) + at * APART
        text = wrap(sanitize(box.label), width_of(widths[at] - 12, 11))
        text = (*text, ELSEWHERE) if box.row == "external" else text
        layout.cells.append(Cell(box, layout.line, left + widths[at] / 2, widths[at], 11, text, compact=True))
    layout.line += 1


def _cell(box: Node, line: int, middle: float, width: float) -> Cell:
    size = 12 if width > 100 else 10  # noqa: PLR2004  # half a column
    return Cell(box, line, middle, width, size, wrap(sanitize(box.label), width_of(width, size)))

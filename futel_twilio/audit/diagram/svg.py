"""Draw the diagram as SVG."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from futel_twilio.audit.diagram import layout, routing
from futel_twilio.audit.diagram.layout import GUTTER, Cell
from futel_twilio.audit.diagram.metrics import pad, width_of
from futel_twilio.audit.diagram.routing import AROUND, AROUND_SHARED, Canvas
from futel_twilio.text import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.audit.results import Audit, Node

KINDS = {
    "url": "dialplan",
    "domain": "SIP domain",
    "list": "credential list",
    "number": "phone number",
    "external": "number elsewhere",
}
SIGNS = {"well": "✓", "accepted": "?", "warning": "!", "critical": "✗", "unchecked": "-"}

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
.estate .box rect{fill:var(--fill);stroke:var(--edge);stroke-width:1.2}
.estate .accepted rect{stroke-dasharray:5 3}
.estate .warning rect{stroke-width:1.8}
.estate .critical rect{stroke-width:2.4}
.estate .title{fill:var(--soft);font-weight:600}
.estate .caption{fill:var(--soft)}
.estate .frame{fill:none;stroke:var(--line);stroke-width:1;stroke-opacity:.55}
.estate .line{fill:none;stroke:var(--line);stroke-width:1.4;stroke-linejoin:round}
.estate .head{fill:var(--line)}
.estate .line.astray{stroke:var(--edge);stroke-dasharray:5 3}
.estate .head.astray{fill:var(--edge)}
"""


def status_of(audit: Audit, box: Node) -> str:
    """The colour of a node; not the one for `passed` if no check of it passed, such as for an unmanaged list."""
    status = audit.status_of(box)
    held = any(check.subject == box.subject and check.outcome == "held" for check in audit.checks)
    return status if held or status != "well" else "unchecked"


def svg(audit: Audit) -> str:
    """The estate, each box once, coloured by the worst that was found of it."""
    placed = layout.of(audit)
    sheet = Canvas(placed, routing.of(audit, placed))
    grid, boxes = placed.grid, [cell for cell in placed.cells if not cell.is_title]
    drawn = [*_headings(audit, sheet), *_frames(sheet), *sheet.lines()]
    drawn += [_box(audit, cell, *sheet.span(cell.line)) for cell in boxes]
    scale = 1.15 if placed.groups else 1.35  # a picture of phones is long
    if not boxes:
        drawn.append(_heading("Nothing to draw.", grid.width / 2, grid.width))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="estate" '
        f'viewBox="0 0 {grid.width:g} {sheet.height:g}" style="max-width:{grid.width * scale:g}px" '
        f'role="img" aria-label="The estate in {len(boxes)} boxes">'
        f"<style>{STYLE}</style>{''.join(drawn)}</svg>"
    )


def _headings(audit: Audit, sheet: Canvas) -> Iterator[str]:
    grid = sheet.layout.grid
    for column, name in enumerate(audit.environments if sheet.layout.cells else ()):
        yield _heading(name, grid.middle(column), grid.column + GUTTER)


def _heading(text: str, x: float, width: float) -> str:
    text = text[: width_of(width, 13)]
    return f'<text class="column" x="{x:g}" y="17">{escape(sanitize(text))}</text>'


def _frames(sheet: Canvas) -> Iterator[str]:
    """What stands around phones, and above them."""
    width = sheet.layout.grid.width - 2 * GUTTER
    for frame in sheet.layout.frames:
        top, height = sheet.around(frame)
        inside = AROUND - AROUND_SHARED if frame.inner else 0
        yield (
            f'<rect class="frame" x="{GUTTER + inside:g}" y="{top:g}" width="{width - 2 * inside:g}" '
            f'height="{height:g}" rx="8"/>'
        )
    for group in sheet.layout.groups:
        cell = sheet.layout.titles[group.key]
        top, _height = sheet.span(cell.line)
        for text, resource_type, size, below in (
            (group.title, "title", 12, 15),
            (group.caption, "caption", 10, 28),
        ):
            said = escape(sanitize(text)[: width_of(cell.width, size)])
            place = f'x="{cell.left:g}" y="{top + below:g}" font-size="{size}"'
            yield f'<text class="{resource_type}" {place}>{said}</text>'


def _box(audit: Audit, cell: Cell, top: float, height: float) -> str:
    status, left = status_of(audit, cell.box), cell.left + pad(cell.size)
    right = cell.right - pad(cell.size)
    return (
        f'<g class="box {status}" data-key="{escape(sanitize(cell.box.key))}">'
        f"<title>{escape(sanitize(_title(audit, cell.box, status)))}</title>"
        f'<rect x="{cell.left:g}" y="{top:g}" width="{cell.width:g}" height="{height:g}" rx="6"/>'
        f"{_kind(cell, left, top)}"
        f'<text class="sign" x="{right:g}" y="{top + 14.5:g}">{SIGNS[status]}</text>'
        f'<text class="label" font-size="{cell.size}">{_lines(cell, left, top)}</text></g>'
    )


def _lines(cell: Cell, left: float, top: float) -> str:
    step, above = cell.size + 2.5, 2.5 if cell.compact else 17
    ys = (top + above + (at + 1) * step for at in range(len(cell.text)))
    return "".join(
        f'<tspan x="{left:g}" y="{y:g}">{escape(line)}</tspan>' for y, line in zip(ys, cell.text, strict=True)
    )


def _kind(cell: Cell, left: float, top: float) -> str:
    """What kind of thing it is; among phones its place says that."""
    if cell.compact:
        return ""
    size = cell.size - 2
    names = KINDS if cell.size > 10 else {}  # noqa: PLR2004  # half a column has no room for them
    resource_type = sanitize(names.get(cell.box.row, cell.box.row))[: width_of(cell.width - 16, size)]
    return (
        f'<text class="kind" font-size="{size}" x="{left:g}" y="{top + 14:g}">{escape(resource_type)}</text>'
    )


def _title(audit: Audit, box: Node, status: str) -> str:
    """The tooltip of a node, which screen readers read out too."""
    labels = {other.key: other.label for other in audit.nodes}
    about = [check for check in audit.checks if check.subject == box.subject and check.subject]
    said = [f"{check.outcome}: {check.claim}" for check in about if check.outcome in ("finding", "accepted")]
    leads = [labels[arrow.end] for arrow in audit.edges if arrow.start == box.key and arrow.end in labels]
    return "\n".join((f"{box.label}: {status}", *said, *([f"leads to {', '.join(leads)}"] if leads else [])))

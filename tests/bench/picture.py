"""Draw the comparison: a bar for each latency and each of both tools, on a scale of seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .commands import Beside

WIDTH, BAR, GAP, LEFT, RIGHT = 760, 16, 12, 190, 110
OLD, OURS = "#9aa5b1", "#2f6f4f"


def drawn(rows: Sequence[Beside]) -> str:
    """An SVG that is readable on a light and on a dark page."""
    longest = max(row.old.wall for row in rows)
    scale = (WIDTH - LEFT - RIGHT) / longest
    height = len(rows) * (2 * BAR + GAP) + 40
    face = 'role="img" font-family="system-ui, sans-serif" font-size="13" fill="#6b7785"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {face}>',
        f"<title>Twilio's CLI beside invoke: {escape(_spoken(rows))}</title>",
        f'<rect x="{LEFT}" y="8" width="12" height="12" fill="{OLD}"/>',
        f'<text x="{LEFT + 18}" y="19">the old runbook by Twilio\'s CLI</text>',
        f'<rect x="{LEFT + 240}" y="8" width="12" height="12" fill="{OURS}"/>',
        f'<text x="{LEFT + 258}" y="19">invoke</text>',
        *(line for n, row in enumerate(rows) for line in _bars(row, 32 + n * (2 * BAR + GAP), scale)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _bars(row: Beside, top: int, scale: float) -> Iterator[str]:
    yield f'<text x="{LEFT - 8}" y="{top + BAR + 4}" text-anchor="end">{row.name}, {row.latency} ms</text>'
    for place, (cost, colour, says) in enumerate(
        (
            (row.old, OLD, f"{row.old.wall:.1f} s"),
            (row.ours, OURS, f"{row.ours.wall:.2f} s ({row.times:.0f}x)"),
        )
    ):
        y, width = top + place * BAR, max(2.0, cost.wall * scale)
        yield f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR - 3}" fill="{colour}"/>'
        yield f'<text x="{LEFT + width + 6:.1f}" y="{y + BAR - 5}">{says}</text>'


def _spoken(rows: Sequence[Beside]) -> str:
    return "; ".join(f"{r.name} at {r.latency} ms {r.old.wall:.1f} s and {r.ours.wall:.2f} s" for r in rows)

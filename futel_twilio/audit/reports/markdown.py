"""The report as Markdown, for a chat."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from futel_twilio.audit.reports.summary import details, headline, one_line, tally, verdict, when

if TYPE_CHECKING:
    from futel_twilio.audit.results import Audit


def as_markdown(audit: Audit) -> str:
    """A short text for a chat: one line if all is well."""
    sign = {"well": "✅", "warning": "⚠️", "critical": "🔴", "nothing": "❔"}[verdict(audit)]
    rest = f"{tally(audit)}; {audit.source}, {when(audit)}"
    lines = [f"{sign} **{headline(audit)}** — {_escaped(rest)}"]
    for check in audit.findings:
        lines += ["", f"- **{check.severity}** {_code(check.name)}: {_escaped(check.headline)}"]
        lines += [f"  - {word}: {_quoted(word, text)}" for word, text in details(check)]
    return "\n".join([*lines, *(f"\n{_escaped(note)}" for note in audit.notes)])


def _quoted(word: str, text: str) -> str:
    """Values stand as code, so that a chat neither formats nor links them; sentences do not."""
    return _code(text) if word in ("expected", "found", "last changed") else _escaped(text, but="`")


def _code(text: str) -> str:
    """A text as Markdown code, whatever back-ticks it has."""
    text = one_line(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if len(fence) > 1 else ""
    return f"{fence}{space}{text}{space}{fence}"


def _escaped(text: str, but: str = "") -> str:
    marks = "".join(mark for mark in r"\`*_[]<>#|~@" if mark not in but)
    return re.sub(f"([{re.escape(marks)}])", r"\\\1", one_line(text))

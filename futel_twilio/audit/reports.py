"""Write an audit as text, JSON, JUnit, Markdown, HTML, Prometheus and Nagios output."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args
from xml.etree import ElementTree as ET

from futel_twilio.audit.diagram import svg
from futel_twilio.audit.results import SCHEMA_VERSION, Audit, Check, Outcome, Severity
from futel_twilio.errors import BadInput
from futel_twilio.files import atomic
from futel_twilio.text import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterator

Verdict = Literal["critical", "warning", "well", "nothing"]
NAGIOS = {
    "well": (0, "OK"),
    "warning": (1, "WARNING"),
    "critical": (2, "CRITICAL"),
    "nothing": (3, "UNKNOWN"),
}
NAMED = 5  # findings that a Nagios line names: it is shown on a pager
LEGEND = (
    ("well", "as expected"),
    ("unchecked", "not checked"),
    ("accepted", "accepted"),
    ("warning", "warning"),
    ("critical", "critical"),
)


def verdict(audit: Audit) -> Verdict:
    """What an audit comes to in a word; where nothing was looked at it is not said that all is well."""
    if audit.findings:
        return audit.findings[0].severity
    looked_at = any(check.outcome != "not looked at" for check in audit.checks)
    return "well" if looked_at else "nothing"


def headline(audit: Audit) -> str:
    """The verdict in a sentence."""
    count = {severity: len(_those(audit, "finding", severity)) for severity in ("critical", "warning")}
    said = {
        "critical": f"{_count(count['critical'], 'critical finding')}"
        + (f" and {_count(count['warning'], 'warning')}" if count["warning"] else ""),
        "warning": _count(count["warning"], "warning"),
        "well": "All is well",
        "nothing": "Nothing was looked at",
    }
    return said[verdict(audit)]


def tally(audit: Audit) -> str:
    """The counts in words: `90 checks: 87 held, 2 findings, 1 accepted`."""
    count = _counts(audit)
    parts = [f"{count['held']} held", _count(count["finding"], "finding")]
    parts += [f"{count[name]} {name}" for name in ("accepted", "not looked at") if count[name]]
    return f"{_count(len(audit.checks), 'check')}: {', '.join(parts)}"


def as_text(audit: Audit) -> tuple[str, ...]:
    """What the terminal shows: the findings, what is accepted, and a line of counts."""
    found = (line for check in audit.findings for line in _finding_lines(check))
    accepted = (f"? {c.name}: {_line(c.claim)} ({_line(c.accepted)})" for c in _those(audit, "accepted"))
    own = tuple(note for note in audit.notes if _is_of_one(note, audit))
    rest = (note for note in audit.notes if note not in own)
    last = " ".join((f"{tally(audit)}; {audit.source}, {_when(audit)}.", *rest))
    return tuple(map(_line, (*found, *accepted, *own, last)))


def _is_of_one(note: str, audit: Audit) -> bool:
    """Whether a note is about one acceptance, and so a line of its own."""
    return note.startswith(tuple(f"{name} " for name in audit.stale))


def _finding_lines(check: Check) -> Iterator[str]:
    yield f"{'!' if check.severity == 'critical' else '~'} {check.name}: {check.claim}"
    for word, text in _details(check):
        yield f"    {word + ':':<14}{text}"


def _details(check: Check) -> Iterator[tuple[str, str]]:
    """What is to be said of a finding besides its claim, in the order in which a person asks for it."""
    said = (
        ("expected", check.expected),
        ("found", check.found),
        ("last changed", check.changed_by),
        ("remedy", check.remedy),
        ("acceptance", check.accepted),
    )
    return ((word, text) for word, text in said if text)


def as_json(audit: Audit) -> str:
    """The whole audit for a machine; `audit.schema.json` describes it."""
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "looked_at": audit.read_at.isoformat(),
        "source": audit.source,
        "version": audit.version,
        "verdict": verdict(audit),
        "environments": list(audit.environments),
        "counts": _counts(audit),
        "checks": [_check_as_json(check) for check in audit.checks],
        "boxes": [{**asdict(box), "status": svg.status_of(audit, box)} for box in audit.nodes],
        "arrows": [asdict(arrow) for arrow in audit.edges],
        "notes": list(audit.notes),
    }
    return json.dumps(document, indent=2)


def _check_as_json(check: Check) -> dict[str, Any]:
    """A check under the keys that `audit.schema.json` publishes."""
    document = asdict(check)
    return {
        "name": document.pop("name"),
        "claim": document.pop("claim"),
        "noun": document.pop("resource"),
        **document,
    }


def as_junit(audit: Audit) -> str:
    """JUnit XML, one test case for each check, for whatever draws a build's results."""
    count = _counts(audit)
    totals = {
        "tests": str(len(audit.checks)),
        "failures": str(count["finding"]),
        "errors": "0",
        "skipped": str(count["accepted"] + count["not looked at"]),
    }
    root = ET.Element("testsuites", totals)
    suite = ET.SubElement(
        root, "testsuite", {"name": "futel_twilio audit", **totals, "timestamp": _iso(audit)}
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in (("source", audit.source), ("version", audit.version)):
        ET.SubElement(properties, "property", {"name": name, "value": sanitize(value)})
    for check in audit.checks:
        _testcase(suite, check)
    ET.SubElement(suite, "system-out").text = sanitize("\n".join(audit.notes))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False)


def _testcase(suite: ET.Element, check: Check) -> None:
    names = {"classname": sanitize(check.resource), "name": sanitize(check.name), "time": "0"}
    case = ET.SubElement(suite, "testcase", names)
    details = sanitize("\n".join(f"{word}: {text}" for word, text in _details(check)))
    if check.outcome == "finding":
        fault = {"message": sanitize(check.claim), "type": check.severity}
        ET.SubElement(case, "failure", fault).text = details
    elif check.outcome != "held":
        why = f"{check.outcome}: {check.accepted or 'its subject is missing'}"
        ET.SubElement(case, "skipped", {"message": sanitize(why)}).text = details or None


def as_markdown(audit: Audit) -> str:
    """A short text for a chat: one line if all is well."""
    sign = {"well": "✅", "warning": "⚠️", "critical": "🔴", "nothing": "❔"}[verdict(audit)]
    rest = f"{tally(audit)}; {audit.source}, {_when(audit)}"
    lines = [f"{sign} **{headline(audit)}** — {_escaped(rest)}"]
    for check in audit.findings:
        lines += ["", f"- **{check.severity}** {_code(check.name)}: {_escaped(check.claim)}"]
        lines += [f"  - {word}: {_quoted(word, text)}" for word, text in _details(check)]
    return "\n".join([*lines, *(f"\n{_escaped(note)}" for note in audit.notes)])


def _quoted(word: str, text: str) -> str:
    """Values stand as code, so that a chat neither formats nor links them; sentences do not."""
    return _code(text) if word in ("expected", "found", "last changed") else _escaped(text, but="`")


def _code(text: str) -> str:
    """A text as Markdown code, whatever back-ticks it has."""
    text = _line(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if len(fence) > 1 else ""
    return f"{fence}{space}{text}{space}{fence}"


def _escaped(text: str, but: str = "") -> str:
    marks = "".join(mark for mark in r"\`*_[]<>#|~@" if mark not in but)
    return re.sub(f"([{re.escape(marks)}])", r"\\\1", _line(text))


def as_html(audit: Audit) -> str:
    """One page that needs nothing else: no script, no font, no picture from anywhere."""
    import jinja2

    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    pages = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return sanitize(pages.get_template("audit.html.j2").render(_page(audit)))


def _page(audit: Audit) -> dict[str, Any]:
    held = _those(audit, "held")
    return {
        "audit": audit,
        "verdict": verdict(audit),
        "headline": headline(audit),
        "tally": tally(audit),
        "when": _when(audit),
        "picture": svg.svg(audit),
        "signs": svg.SIGNS,
        "legend": [
            entry for entry in LEGEND if entry[0] in {svg.status_of(audit, box) for box in audit.nodes}
        ],
        "groups": [
            ("critical", "Critical", _those(audit, "finding", "critical")),
            ("warning", "Warnings", _those(audit, "finding", "warning")),
            ("accepted", "Accepted for now", _those(audit, "accepted")),
        ],
        "held": {
            resource: [c for c in held if c.resource == resource]
            for resource in dict.fromkeys(c.resource for c in held)
        },
        "unseen": _those(audit, "not looked at"),
    }


def as_prometheus(audit: Audit) -> str:
    """The text exposition format, for the textfile collector of node_exporter."""
    findings = {f'check="{_label(c.name)}",severity="{c.severity}"': 1 for c in audit.findings}
    outcomes = {f'outcome="{outcome}"': count for outcome, count in _counts(audit).items()}
    blocks = (
        _metric("checks", "How many checks came out how.", outcomes),
        _metric("finding", "A check that did not hold and is not accepted.", findings),
        _metric("timestamp_seconds", "When the account was read.", {"": int(audit.read_at.timestamp())}),
    )
    return "\n".join(line for block in blocks for line in block) + "\n"


def _metric(name: str, means: str, values: dict[str, int]) -> Iterator[str]:
    name = f"futel_twilio_audit_{name}"
    yield f"# HELP {name} {means}"
    yield f"# TYPE {name} gauge"
    for labels, value in values.items():
        yield f"{name}{{{labels}}} {value}" if labels else f"{name} {value}"


def _label(text: str) -> str:
    return sanitize(text).replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def as_nagios(audit: Audit) -> str:
    """One line, with what Nagios draws behind the bar."""
    names = [check.name for check in audit.findings]
    said = "; ".join(names[:NAMED]) + (f"; and {len(names) - NAMED} more" if len(names) > NAMED else "")
    what = f"{_count(len(names), 'finding')}: {said}" if names else tally(audit)
    # A bar would end the text, and a second line would be taken for something else.
    what = _line(f"{what} ({audit.source})").replace("|", "/")
    state = NAGIOS[verdict(audit)][1]
    return f"FUTEL_TWILIO {state} - {what} | findings={len(names)};;1 checks={len(audit.checks)}"


def nagios_code(audit: Audit) -> int:
    """Nagios' exit code: 0, 1 for nothing worse than warnings, 2, and 3 where nothing was looked at."""
    return NAGIOS[verdict(audit)][0]


FILES = {
    "audit.json": as_json,
    "audit.xml": as_junit,
    "audit.md": as_markdown,
    "audit.html": as_html,
    "audit.prom": as_prometheus,
    "audit.nagios": as_nagios,
}


def write_all(audit: Audit, directory: Path) -> None:
    """Write the audit in every form into a directory, for its owner alone: it holds names and addresses.

    Raises:
        BadInput: the directory cannot be made, or not be written to.
    """
    texts = {name: form(audit) for name, form in FILES.items()}
    try:
        atomic.make_folder(directory)
    except OSError as error:
        why = f"The report cannot be written to {directory}: {error.strerror}."
        raise BadInput(why, "Name a directory that can be written to.") from None
    for name, text in texts.items():
        atomic.replace(directory / name, text.rstrip("\n") + "\n", private=True)


def _those(audit: Audit, outcome: Outcome, severity: Severity | None = None) -> list[Check]:
    return [c for c in audit.checks if c.outcome == outcome and severity in (None, c.severity)]


def _counts(audit: Audit) -> dict[str, int]:
    return {outcome: len(_those(audit, outcome)) for outcome in get_args(Outcome)}


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _when(audit: Audit) -> str:
    at = audit.read_at.astimezone(UTC)
    return f"{at:%Y-%m-%d}" if audit.is_of_a_day else f"{at:%Y-%m-%d %H:%M} UTC"


def _iso(audit: Audit) -> str:
    """JUnit's schema has no room for a time zone."""
    return f"{audit.read_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"


def _line(text: str) -> str:
    """A text on one line, its indent kept."""
    return re.sub(r"[\r\n\t\u2028\u2029]+", " ", sanitize(text)).rstrip()

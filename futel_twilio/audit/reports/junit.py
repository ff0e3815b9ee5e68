"""The report as JUnit XML, for a build server."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from futel_twilio.audit.reports.summary import counts, details
from futel_twilio.text import sanitize

if TYPE_CHECKING:
    from futel_twilio.audit.results import Audit, Check


def as_junit(audit: Audit) -> str:
    """JUnit XML, one test case for each check, for whatever draws a build's results."""
    count = counts(audit)
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
    text = sanitize("\n".join(f"{word}: {text}" for word, text in details(check)))
    if check.outcome == "finding":
        fault = {"message": sanitize(check.headline), "type": check.severity}
        ET.SubElement(case, "failure", fault).text = text
    elif check.outcome != "held":
        why = f"{check.outcome}: {check.accepted or 'its subject is missing'}"
        ET.SubElement(case, "skipped", {"message": sanitize(why)}).text = text or None


def _iso(audit: Audit) -> str:
    """JUnit's schema has no room for a time zone."""
    return f"{audit.read_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"

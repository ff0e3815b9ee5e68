"""An audit in words: each form says all of it, parses as what it is, and escapes what an account holds."""

from __future__ import annotations

import json
import os
import re
import stat
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from futel_twilio.audit import results
from futel_twilio.audit.reports.files import write_all
from futel_twilio.audit.reports.html import as_html
from futel_twilio.audit.reports.json import as_json
from futel_twilio.audit.reports.junit import as_junit
from futel_twilio.audit.reports.markdown import as_markdown
from futel_twilio.audit.reports.nagios import as_nagios, nagios_code
from futel_twilio.audit.reports.prometheus import as_prometheus
from futel_twilio.audit.reports.text import as_text
from futel_twilio.audit.results import Audit, Check, Edge, Node
from futel_twilio.errors import BadInput

if TYPE_CHECKING:
    from futel_twilio.audit.results import Outcome, Severity

SCHEMA = json.loads((Path(results.__file__).parent / "audit.schema.json").read_text())
EVIL = """<script>alert("x")</script>'"&`*|\x1b[31m\x00\ud800\u202e"""
SAMPLE = re.compile(
    r'[a-z_]+(\{[a-z]+="([^"\\\n]|\\["\\n])*"(,[a-z]+="([^"\\\n]|\\["\\n])*")*\})? \d+'
    r"|# (HELP|TYPE) [a-z_]+ .+"
)


def check_of(
    name: str, subject: str, outcome: Outcome = "held", severity: Severity = "critical", **more: Any
) -> Check:
    """A check of a subject, named as the suite names it."""
    resource = name.partition("/")[0]
    claim = more.pop("claim", "The dialplan is asked with the method that it answers to.")
    environment = subject.rpartition("-")[2] if resource in ("domains", "applications") else ""
    full = f"{name}[{subject}]" if subject else name
    return Check(full, claim, resource, subject, environment, ("urgent",), severity, outcome, **more)


def estate(*environments: str) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """The boxes and arrows of an estate that is what it should be."""
    boxes, arrows = [Node("list:sip-direct", "list", "sip-direct", "", "sip-direct")], []
    for env in environments:
        host, application = f"{env}.dialplans.example.net", f"incoming-{env}"
        url = f"url:{host}"
        boxes.append(Node(url, "url", host, env, env))
        boxes.append(Node(f"application:{application}", "application", application, env, application))
        arrows.append(Edge(f"application:{application}", url))
        for name in (f"direct-futel-{env}", f"direct-futel-nonemergency-{env}"):
            boxes.append(Node(f"domain:{name}", "domain", name, env, name))
            arrows += [Edge(f"domain:{name}", url), Edge(f"domain:{name}", "list:sip-direct")]
    return tuple(boxes), tuple(arrows)


def audit_of(*checks: Check, environments: tuple[str, ...] = ("stage", "prod"), **more: Any) -> Audit:
    """An audit of the estate with these checks."""
    boxes, arrows = estate(*environments)
    about: dict[str, Any] = {
        "read_at": datetime(2026, 11, 23, 12, tzinfo=UTC),
        "source": "cassette of 2026-11-23 (sandbox)",
        "version": "0.1.0",
        "environments": environments,
        "checks": checks,
        "nodes": boxes,
        "edges": arrows,
    }
    return Audit(**{**about, **more})


def troubled() -> Audit:
    """Two critical findings, a warning, an accepted one, one not looked at, and what held."""
    broken = (
        check_of(
            "domains/emergency_calling",
            "direct-futel-prod",
            "finding",
            claim="911 goes straight to the emergency services exactly where that is desired.",
            expected="True",
            found="False",
            remedy="Run `invoke update-domains --env prod`; where 911 must be turned off, "
            "`invoke apply --allow-911-loss direct-futel-prod`.",
            changed_by="volunteer@example.com in the console, 2026-11-22 23:10 UTC",
        ),
        check_of(
            "domains/fallback_url",
            "direct-futel-nonemergency-stage",
            "finding",
            "warning",
            claim="When the dialplan fails, calls ask where that is desired and nowhere else.",
            expected="''",
            found="'https://old.example.com/functions/dial_outgoing/again?environment=stage&extension=demo'",
            remedy="Run `invoke update-domains --env stage`.",
        ),
        check_of(
            "domains/voice_url",
            "direct-futel-nonemergency-prod",
            "finding",
            claim="Outgoing calls ask the dialplan of this environment.",
            expected="'https://prod.dialplans.example.net/dial_outgoing'",
            found="'https://stage.dialplans.example.net/dial_outgoing'",
            remedy="Run `invoke update-domains --env prod`.",
        ),
    )
    rest = (
        check_of(
            "applications/there",
            "incoming-stage",
            "accepted",
            claim="The TwiML application exists.",
            accepted="accepted by Ada until 2027-01-31: the stage phone is being moved",
        ),
        check_of("domains/secure", "direct-futel-stage", "not looked at"),
        *(check_of(f"domains/held_{n}", "direct-futel-stage") for n in range(6)),
        *(check_of("environments/url", name) for name in ("stage", "prod")),
        *(check_of("applications/url", f"incoming-{name}") for name in ("stage", "prod")),
        *(check_of("credential_lists/there", name) for name in ("sip-direct", "direct-futel-prod")),
        *(check_of(f"account/held_{n}", "") for n in range(4)),
    )
    boxes, arrows = estate("stage", "prod")
    wrong = Edge("domain:direct-futel-nonemergency-prod", "url:prod.dialplans.example.net")
    right = replace(wrong, end="url:stage.dialplans.example.net")
    return audit_of(*broken, *rest, nodes=boxes, edges=tuple(right if a == wrong else a for a in arrows))


def evil() -> Audit:
    """An account in which every text was written by somebody who means harm."""
    texts: dict[str, Any] = dict.fromkeys(
        ("claim", "expected", "found", "remedy", "changed_by", "accepted"), EVIL
    )
    checks = [check_of(f"domains/x{outcome}", EVIL, outcome, **texts) for outcome in OUTCOMES]
    box = Node(f"domain:{EVIL}", "domain", EVIL, EVIL, EVIL)
    return audit_of(*checks, environments=(EVIL,), nodes=(box,), edges=(), notes=(EVIL,), source=EVIL)


OUTCOMES: tuple[Outcome, ...] = ("held", "finding", "accepted", "not looked at")
AUDITS = {
    "empty": audit_of(environments=(), nodes=(), edges=()),
    "well": audit_of(check_of("domains/there", "direct-futel-prod")),
    "troubled": troubled(),
    "evil": evil(),
    "200 findings": audit_of(*(check_of(f"domains/there_{n}", "x-prod", "finding") for n in range(200))),
}
ANY = pytest.mark.parametrize("audit", AUDITS.values(), ids=AUDITS.keys())


@ANY
def test_json_is_what_its_schema_says(audit: Audit) -> None:
    """Every audit is a valid document, and the schema allows nothing that is not described."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(json.loads(as_json(audit)), SCHEMA, cls=jsonschema.Draft202012Validator)


@ANY
def test_json_holds_every_check_with_every_field(audit: Audit) -> None:
    """The checks of the document, and their counts, are those of the audit, in its order."""
    document = json.loads(as_json(audit))
    published = [
        {"noun" if key == "resource" else key: value for key, value in asdict(c).items()}
        for c in audit.checks
    ]
    assert document["checks"] == json.loads(json.dumps(published))
    assert sum(document["counts"].values()) == len(audit.checks)
    assert list(document["counts"]) == list(OUTCOMES)


def test_json_is_the_same_for_the_same_audit() -> None:
    """Two documents of one audit are the same text, and its first key is the schema's version."""
    assert as_json(troubled()) == as_json(troubled())
    assert next(iter(json.loads(as_json(troubled())).items())) == ("schema_version", 2)


@ANY
def test_junit_has_one_test_case_for_each_check(audit: Audit) -> None:
    """JUnit XML parses, and its totals are those of its test cases."""
    root = ET.fromstring(as_junit(audit).encode())  # noqa: S314  # our own
    assert len(list(root.iter("testcase"))) == len(audit.checks) == int(root.attrib["tests"])
    assert len(list(root.iter("failure"))) == len(audit.findings) == int(root.attrib["failures"])
    assert len(list(root.iter("skipped"))) == int(root.attrib["skipped"])


def test_junit_says_what_is_wrong() -> None:
    """A finding is a failure with desired state, fact and remedy; accepted and not looked at are skipped, with why."""
    root = ET.fromstring(as_junit(troubled()))  # noqa: S314  # our own
    cases = {case.attrib["name"]: case for case in root.iter("testcase")}
    failure = cases["domains/emergency_calling[direct-futel-prod]"].find("failure")
    assert failure is not None
    assert failure.attrib["type"] == "critical"
    assert {"expected: True", "found: False"} <= set((failure.text or "").splitlines())
    assert "invoke update-domains --env prod" in (failure.text or "")
    assert next(iter(cases.values())).attrib["classname"] == "domains"
    skipped = [found.attrib["message"] for found in root.iter("skipped")]
    assert skipped[0].startswith("accepted: accepted by Ada until 2027-01-31")
    assert skipped[1] == "not looked at: its subject is missing"


def test_markdown_is_one_line_if_all_is_well() -> None:
    """A chat is not bothered with more than a line, which counts and names the source, if all is well."""
    said = as_markdown(AUDITS["well"])
    assert said == (
        "✅ **All is well** — 1 check: 1 held, 0 findings; "
        "cassette of 2026-11-23 (sandbox), 2026-11-23 12:00 UTC"
    )


def test_markdown_lists_the_findings() -> None:
    """The headline counts; each finding says desired state, fact, remedy and who changed it, critical ones first."""
    first, *rest = as_markdown(troubled()).splitlines()
    assert first.startswith("🔴 **2 critical findings and 1 warning** — 21 checks: 16 held, 3 findings")
    items = [line for line in rest if line.startswith("- ")]
    assert [item.split("**")[1] for item in items] == ["critical", "critical", "warning"]
    assert items[0].startswith("- **critical** `domains/emergency_calling[direct-futel-prod]`: 911 goes")
    assert "  - last changed: `volunteer@example.com in the console, 2026-11-22 23:10 UTC`" in rest
    assert "  - expected: `'https://prod.dialplans.example.net/dial_outgoing'`" in rest


def test_markdown_formats_nothing_of_the_account() -> None:
    """What an account holds stands as code, fenced longer than its own back-ticks, or is escaped."""
    said = as_markdown(evil())
    assert "  - found: `` <script>" in said
    assert not re.search(r"(?m)^(?!.*``).*(?<!\\)<script", said)


@ANY
def test_html_asks_for_nothing(audit: Audit) -> None:
    """The page has no script, and refers to nothing over a network."""
    page = as_html(audit)
    assert "<script" not in page
    assert "@import" not in page
    referred = re.findall(
        r"""(?i)(?:src|href|srcset|action|data)\s*=\s*["']?([^"'\s>]*)|url\(([^)]*)""", page
    )
    assert [a or b for a, b in referred] == ["data:image/svg+xml,%3Csvg"]


@ANY
def test_html_says_every_check(audit: Audit) -> None:
    """Each check is named on the page once."""
    page = as_html(audit)
    assert page.count('class="check"') == len(audit.checks)
    assert f"({len(audit.findings)})" in page or len(audit.findings) != 200


def test_html_puts_what_is_broken_first() -> None:
    """Critical findings, warnings, what is accepted with its reason, and last what held, folded in."""
    page = as_html(troubled())
    heads = ("Critical (2)", "Warnings (1)", "Accepted for now (1)", "Not looked at (1)", "Held")
    places = [page.index(f"<h2>{head}</h2>") for head in heads]
    assert places == sorted(places)
    assert "the stage phone is being moved" in page
    assert "<code>invoke update-domains --env prod</code>" in page
    assert page.index("volunteer@example.com") < places[1]


def test_html_escapes_what_others_wrote() -> None:
    """No tag, quote or control character of an account reaches the page as such."""
    page = as_html(evil())
    assert "&lt;script&gt;alert(&#34;x&#34;)" in page
    assert not re.search("[\x00-\x08\x0b-\x1f\ud800\u202e]", page)
    assert re.findall(r"<(?!/?[a-z]|!doctype)", page) == []


def test_prometheus_parses() -> None:
    """Each line is a sample or says what one means; no series twice; each outcome is counted, also as 0."""
    for audit in AUDITS.values():
        lines = as_prometheus(audit).removesuffix("\n").split("\n")
        assert [line for line in lines if not SAMPLE.fullmatch(line)] == []
        series = [line.rpartition(" ")[0] for line in lines if not line.startswith("#")]
        assert len(series) == len(set(series))
        assert sum(line.startswith("futel_twilio_audit_checks{") for line in lines) == len(OUTCOMES)


def test_prometheus_names_each_finding() -> None:
    """A finding is its own series, with its severity, and the time is that of the look."""
    said = as_prometheus(troubled())
    name = "domains/emergency_calling[direct-futel-prod]"
    assert f'futel_twilio_audit_finding{{check="{name}",severity="critical"}} 1\n' in said
    assert 'futel_twilio_audit_checks{outcome="not looked at"} 1\n' in said
    assert "futel_twilio_audit_timestamp_seconds 1795435200\n" in said


@pytest.mark.parametrize(
    ("audit", "code", "begins"),
    [
        (AUDITS["well"], 0, "FUTEL_TWILIO OK - 1 check: 1 held, 0 findings"),
        (troubled(), 2, "FUTEL_TWILIO CRITICAL - 3 findings: domains/emergency_calling[direct-futel-prod]; "),
        (
            audit_of(check_of("a/b", "c", "finding", "warning")),
            1,
            "FUTEL_TWILIO WARNING - 1 finding: a/b[c] (",
        ),
        (AUDITS["empty"], 3, "FUTEL_TWILIO UNKNOWN - 0 checks"),
        (audit_of(check_of("a/b", "c", "not looked at")), 3, "FUTEL_TWILIO UNKNOWN - 1 check"),
    ],
)
def test_nagios_is_reported_by_line_and_code(audit: Audit, code: int, begins: str) -> None:
    """The line and the exit code say the same; an audit that looked at nothing is not called well."""
    assert nagios_code(audit) == code
    assert as_nagios(audit).startswith(begins)


@ANY
def test_nagios_gets_one_short_line(audit: Audit) -> None:
    """However many findings and whatever their names: one line, one bar, and what is measured behind it."""
    line = as_nagios(audit)
    assert len(line.splitlines()) == 1
    assert len(line) < 1000
    assert re.fullmatch(r"[^|]+ \| findings=\d+;;1 checks=\d+", line)


def test_the_terminal_is_shown_findings_then_what_is_accepted_then_the_counts() -> None:
    """A line per finding, its details indented below; a line per accepted one; a last one that counts."""
    lines = as_text(replace(troubled(), notes=("The cassette is 40 days old.",)))
    assert [line[:2] for line in lines if line[0] != " "] == ["! ", "! ", "~ ", "? ", "21"]
    assert lines[1:5] == (
        "    expected:     True",
        "    found:        False",
        "    last changed: volunteer@example.com in the console, 2026-11-22 23:10 UTC",
        f"    remedy:       {troubled().findings[0].remedy}",
    )
    assert lines[-1] == (
        "21 checks: 16 held, 3 findings, 1 accepted, 1 not looked at; cassette of 2026-11-23 (sandbox), "
        "2026-11-23 12:00 UTC. The cassette is 40 days old."
    )


@ANY
def test_the_terminal_is_not_driven_by_the_account(audit: Audit) -> None:
    """No line holds a line break or a control character."""
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202e]", "".join(as_text(audit)))


@ANY
def test_all_forms_are_written(audit: Audit, tmp_path: Path) -> None:
    """A directory that was not there holds the six files afterwards, and nothing else."""
    home = tmp_path / "new" / "report"
    write_all(audit, home)
    write_all(audit, home)
    names = ["audit.html", "audit.json", "audit.md", "audit.nagios", "audit.prom", "audit.xml"]
    assert sorted(path.name for path in home.iterdir()) == names
    assert all(path.read_text(encoding="utf-8").endswith("\n") for path in home.iterdir())


def test_a_file_is_replaced_and_not_written_over(tmp_path: Path) -> None:
    """Who has the old file open goes on reading all of it; the new one is its owner's alone, whatever it was."""
    write_all(AUDITS["well"], tmp_path)
    with (tmp_path / "audit.md").open() as old:
        write_all(troubled(), tmp_path)
        assert "All is well" in old.read()
        (tmp_path / "audit.md").chmod(0o666)
        write_all(troubled(), tmp_path)
    assert stat.S_IMODE((tmp_path / "audit.md").stat().st_mode) == 0o600


def test_a_directory_that_cannot_be_is_said_plainly(tmp_path: Path) -> None:
    """Where the directory is a file, somebody is reported so without a traceback."""
    (tmp_path / "report").touch()
    with pytest.raises(BadInput, match="The report cannot be written to"):
        write_all(AUDITS["well"], tmp_path / "report")


def test_a_report_is_its_owners_alone(tmp_path: Path) -> None:
    """A report holds names and addresses: under any umask its folder is mode 0700, each file 0600."""
    home = tmp_path / "new" / "report"
    before = os.umask(0)
    try:
        write_all(troubled(), home)
    finally:
        os.umask(before)
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (home, home.parent)} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()} == {0o600}

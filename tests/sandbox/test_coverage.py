"""COVERAGE.md: made from the sandbox's tables, current, and whole."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from futel_twilio.sandbox import coverage
from futel_twilio.sandbox.everywhere import ABSENT, EVERYWHERE
from futel_twilio.sandbox.experiments import catalogue
from futel_twilio.sandbox.experiments.unrun import UNRUN
from futel_twilio.sandbox.http.registry import RESOURCES
from tests.support.paths import PROJECT
from tests.support.sandbox import ROOT, call

# As the file's introduction explains them.
SOURCES = re.compile(
    r"(api_v2010|voice_v1|monitor_v1|events_v1|examples|error dictionary|live log|nobody )"
    r"|(docs|recorded|users): \w"
)
EVIDENCE = {"spec", "example", "recording", "documented", "live", "guess"}


def test_the_file_is_current() -> None:
    """COVERAGE.md is what `python -m futel_twilio.sandbox.coverage` writes today."""
    assert (PROJECT / coverage.FILE).read_text(encoding="utf-8") == coverage.document()


def test_the_command_writes_it(tmp_path: Path) -> None:
    """The command writes the file in the working directory, or the one named; a bad place is one line."""
    command = [sys.executable, "-m", "futel_twilio.sandbox.coverage"]
    subprocess.run(command, cwd=tmp_path, check=True, env={"PYTHONPATH": str(PROJECT)})
    assert (tmp_path / coverage.FILE).read_text(encoding="utf-8") == coverage.document()
    wrong = [*command, str(tmp_path / "absent" / "x.md")]
    ended = subprocess.run(wrong, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)


def test_everything_has_evidence_and_a_source() -> None:
    """Each operation and each behaviour names its evidence, one of six words, and a source."""
    lines = [line[-2:] for line in coverage.operations()]
    lines += [line[-2:] for resource in RESOURCES for line in coverage.behaviours(resource)]
    lines += [line[-2:] for line in EVERYWHERE]
    assert {account_data for account_data, _ in lines} <= EVIDENCE
    assert [source for _, source in lines if not SOURCES.match(source)] == []


def test_what_no_table_says_stands_in_it(client: Any) -> None:
    """What holds everywhere, what is not here and why stand in the file; what is not here is really not there."""
    reported = coverage.document()
    assert all(line[0] in reported for line in (*EVERYWHERE, *ABSENT))
    assert all(why for _, why in ABSENT)
    base = client.http_client.base
    for path in ("Usage/Records.json", "Messages/SM1/Media.json", "Trunks.json"):
        assert call(base, "GET", f"{ROOT}/{path}").status_code == 404


def test_the_guesses_stand_in_it_whole() -> None:
    """Each GUESS of the source stands in the table as a whole sentence, over its lines."""
    found = coverage.guesses()
    marks = sum(path.read_text().count(coverage.MARK) for path in coverage.HERE.rglob("*.py"))
    assert len(found) == marks
    rules = [words for station, words, _ in found if station == "rules"]
    assert any(words.endswith("and that SIP domains share the first, is not.") for words in rules)


def test_every_guess_has_an_experiment() -> None:
    """Each guess names an experiment that would settle it, or what is not run and what that would cost."""
    assert [(file, words) for file, words, reported in coverage.guesses() if not reported] == []


def test_every_rule_is_tried() -> None:
    """Each behaviour that rests on neither the specification nor an example is tried, or said not to be."""
    firm = {"spec", "example"}
    assert [rule[:3] for rule in coverage.rules() if rule[2] not in firm and not rule[4]] == []


def test_no_experiment_claims_what_is_not_there() -> None:
    """Each claim of an experiment belongs to a guess that is still made, or to a rule of the tables."""
    guesses, rules = coverage.guesses(), coverage.rules()
    for one in catalogue.ALL:
        for claim in one.guesses:
            assert any(catalogue.meets(claim, file, words) for file, words, _ in guesses), (one.name, claim)
        for claim in one.rules:
            assert any(catalogue.meets(claim, table, says) for table, says, *_ in rules), (one.name, claim)


def test_what_is_not_run_says_what_it_costs() -> None:
    """Whatever is not run stands in the file with its price."""
    for one in UNRUN:
        assert f"`{one.name}` (not run, would cost {one.costs})" in coverage.document()

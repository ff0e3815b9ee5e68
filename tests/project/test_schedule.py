"""The files that run the audit every day: they parse, contain no secret, and use flags that exist."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from futel_twilio.config.variables import VARIABLES
from tests.support.paths import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

SCHEDULE = PROJECT / "schedule"
HOME = "/opt/futel_twilio"
FILES = sorted(path.name for path in SCHEDULE.iterdir())
WORKFLOW: dict[str, Any] = yaml.safe_load((SCHEDULE / "github-actions.yml").read_text())
JOB: dict[str, Any] = WORKFLOW["jobs"]["audit"]
STEPS: list[dict[str, Any]] = JOB["steps"]
(CRON_LINE,) = [
    line for line in (SCHEDULE / "crontab").read_text().splitlines() if line and not line.startswith("#")
]
ALONE = {"--live", "--nagios", "--json"}
WITH_VALUE = {"--report", "--only", "--env", "--notify", "--profile"}
BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
NEEDED = ["TWILIO_ACCOUNT_SID", "TWILIO_API_KEY", "TWILIO_API_SECRET"]
SYSTEMD_ANALYZE = shutil.which("systemd-analyze") or ""


def is_cron(expression: str) -> bool:
    """Whether each of five fields is `*`, or has numbers, ranges, steps or lists within its bounds."""
    fields = expression.split()
    return len(fields) == len(BOUNDS) and all(map(_is_field, fields, BOUNDS))


def _is_field(text: str, bounds: tuple[int, int]) -> bool:
    low, high = bounds
    for part in text.split(","):
        found = re.fullmatch(r"(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:/([1-9]\d?))?", part)
        if not found:
            return False
        numbers = [int(number) for number in found.groups()[:2] if number]
        if numbers != sorted(numbers) or not all(low <= number <= high for number in numbers):
            return False
    return True


def unit(name: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's names have capitals
    parser.read_string((SCHEDULE / name).read_text())
    return parser


def step(name: str) -> dict[str, Any]:
    (found,) = [one for one in STEPS if one.get("name") == name]
    return found


@pytest.mark.parametrize(
    ("expression", "good"),
    [
        ("17 5 * * *", True),
        ("*/15 0-6,22 1 1-12/2 7", True),
        ("60 5 * * *", False),
        ("17 24 * * *", False),
        ("17 5 0 * *", False),
        ("17 5 * * 8", False),
        ("17 6-5 * * *", False),
        ("17 5 * *", False),
        ("17 5 * * * *", False),
        ("17 5 * * */0", False),
        ("@daily", False),
        ("17, 5 * * *", False),
    ],
)
def test_what_a_cron_expression_is(expression: str, good: bool) -> None:
    """The validator of cron expressions accepts a valid one and refuses an invalid one."""
    assert is_cron(expression) is good


def test_the_crons_are_daily() -> None:
    """Workflow and crontab run once a day and not on the full hour, which is the busiest time."""
    (cron,) = WORKFLOW["on"]["schedule"]
    for expression in (cron["cron"], " ".join(CRON_LINE.split()[:5])):
        assert is_cron(expression)
        assert re.fullmatch(r"[1-9]\d? \d+ \* \* \*", expression)
    assert "workflow_dispatch" in WORKFLOW["on"]


def test_the_workflow_may_do_little() -> None:
    """The workflow can only read the repository, has a time limit, runs once at a time, and not in a fork."""
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert "permissions" not in JOB
    assert JOB["timeout-minutes"] <= 30
    assert WORKFLOW["concurrency"]["group"]
    assert JOB["if"] == "${{ !github.event.repository.fork }}"
    assert STEPS[0]["with"] == {"persist-credentials": False}


def test_secrets_reach_one_step_alone() -> None:
    """Only the step of the audit gets the three secrets, as environment variables."""
    audit = step("Audit")
    assert audit["env"] == {name: f"${{{{ secrets.{name} }}}}" for name in NEEDED}
    rest = json.dumps({**WORKFLOW, "jobs": [{**JOB, "steps": [one for one in STEPS if one is not audit]}]})
    assert "secrets" not in rest + audit["run"]
    assert set(NEEDED) <= set(VARIABLES)


def test_actions_are_pinned() -> None:
    """Each action is from GitHub and pinned to a major version; Python is the oldest supported version."""
    used = [one["uses"] for one in STEPS if "uses" in one]
    assert len(used) == 3
    assert all(re.fullmatch(r"actions/[a-z-]+@v[1-9]\d?", one) for one in used)
    assert STEPS[1]["with"] == {"python-version": "3.11"}


def test_no_exit_code_is_swallowed() -> None:
    """Exit codes 1 and 2 fail the run, and the later steps still run."""
    assert step("Audit")["run"] == "invoke audit --live --report report"
    assert "continue-on-error" not in json.dumps(WORKFLOW)
    after = STEPS[STEPS.index(step("Audit")) + 1 :]
    assert [one["if"] for one in after] == ["always()", "always()"]
    assert step("Keep the report")["with"]["path"] == "report/"


@pytest.mark.parametrize("looked", [True, False])
def test_the_summary(looked: bool, tmp_path: Path) -> None:
    """The summary of the run is the report; without a report it is one sentence."""
    if looked:
        (tmp_path / "report").mkdir()
        (tmp_path / "report" / "audit.md").write_text("# 2 findings\n")
    subprocess.run(
        ["bash", "-e", "-c", step("Summary")["run"]],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")},
        check=True,
    )
    assert ("# 2 findings" if looked else "could not read the account") in (tmp_path / "summary").read_text()


def test_the_service() -> None:
    """The service runs once from /opt/futel_twilio, writes only to its state directory, and fails on exit code 1."""
    service = unit("futel-twilio-audit.service")["Service"]
    assert service["Type"] == "oneshot"
    assert service["WorkingDirectory"] == HOME
    assert service["EnvironmentFile"] == "/etc/futel-twilio.env"  # without the dash that forgives its absence
    assert service["ExecStart"].startswith(f"{HOME}/.venv/bin/invoke audit --live --report %S/")
    assert service["StateDirectory"] == "futel-twilio"
    assert "1" not in service.get("SuccessExitStatus", "").split()
    for name in ("DynamicUser", "NoNewPrivileges", "ProtectHome", "PrivateTmp"):
        assert service[name] == "yes"
    assert service["ProtectSystem"] == "strict"


def test_the_timer() -> None:
    """The timer starts the service daily at a random minute of an hour, or at boot if the day was missed."""
    timer = unit("futel-twilio-audit.timer")
    assert dict(timer["Timer"]) == {"OnCalendar": "daily", "RandomizedDelaySec": "1h", "Persistent": "true"}
    assert timer["Install"]["WantedBy"] == "timers.target"
    assert {"futel-twilio-audit.timer", "futel-twilio-audit.service"} <= set(FILES)


if SYSTEMD_ANALYZE:

    def test_systemd_takes_the_units(tmp_path: Path) -> None:
        """`systemd-analyze verify` reports nothing about either unit, if its command exists on this machine."""
        units = [tmp_path / name for name in FILES if name.startswith("futel-twilio-audit.")]
        for path in units:
            text = (SCHEDULE / path.name).read_text()
            path.write_text(text.replace(f"{HOME}/.venv/bin/invoke", sys.executable))
        ran = subprocess.run(
            [SYSTEMD_ANALYZE, "verify", "--man=no", *map(str, units)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        about_ours = [line for line in ran.stderr.splitlines() if "futel-twilio" in line]
        assert (ran.returncode, about_ours) == (0, []), ran.stderr


@pytest.mark.parametrize("code", [0, 1, 2])
def test_cron_mails_only_when_there_is_something(code: int, tmp_path: Path) -> None:
    """The line of the crontab prints nothing on success, and otherwise the output of the audit without secrets."""
    home, env = tmp_path / "futel_twilio", tmp_path / "futel-twilio.env"
    fake = home / ".venv" / "bin" / "invoke"
    fake.parent.mkdir(parents=True)
    fake.write_text(f'#!/bin/sh\necho "$*" for "$TWILIO_API_KEY"\necho trouble >&2\nexit {code}\n')
    fake.chmod(0o700)
    env.write_text("TWILIO_API_KEY=SK1\nTWILIO_API_SECRET=s3cr3t\n")
    command = CRON_LINE.split(maxsplit=5)[5]
    assert "%" not in command  # cron would make it the end of the line
    ran = subprocess.run(
        ["/bin/sh", "-c", command.replace(HOME, str(home)).replace("/etc/futel-twilio.env", str(env))],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert ran.stdout == ("audit --live for SK1\ntrouble\n" if code else "")
    assert ran.stderr == ""


@pytest.mark.parametrize("name", FILES)
def test_every_command_is_one(name: str) -> None:
    """Each file runs or names `invoke audit` with existing flags, and gives a value to each that takes one."""
    text = (SCHEDULE / name).read_text()
    for command in re.findall(r"\binvoke ([^`\n]*)", text):
        words = re.sub(r"2>&1.*", "", command).split()
        assert words[0] == "audit"
        while words := words[1:]:
            assert words[0] in ALONE | WITH_VALUE
            if words[0] in WITH_VALUE:
                words = words[1:]
                assert words
                assert not words[0].startswith("-")
    assert "invoke audit --live" in text or name == "futel-twilio-audit.timer"


@pytest.mark.parametrize("name", FILES)
def test_no_file_holds_a_secret(name: str) -> None:
    """No file uses the variable of the auth token or contains a SID."""
    text = (SCHEDULE / name).read_text()
    assert "AUTH_TOKEN" not in text
    assert not re.search(r"(AC|SK)[0-9a-f]{32}", text)


def test_the_readme_says_what_is_needed() -> None:
    """README names each file, each credential, the mode of the credentials file and the three exit codes."""
    text = (SCHEDULE / "README.md").read_text()
    named = [name for name in FILES if name != "README.md"]
    assert [word for word in (*named, *NEEDED, "0600", "Never use the auth token") if word not in text] == []
    assert re.findall(r"^\| (\d) \| ([a-z ]+)", text, flags=re.MULTILINE) == [
        ("0", "success "),
        ("1", "findings "),
        ("2", "the account could not be read"),
    ]

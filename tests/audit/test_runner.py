"""The audit: it looks or says that it could not, live and offline, and never passes for want of looking."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest

from futel_twilio.audit import cassettes, judgement, redaction, registry, runner, session
from futel_twilio.audit.checks import CheckFailed
from futel_twilio.audit.results import Check
from futel_twilio.commands.setup import setup
from futel_twilio.errors import BadInput, FutelTwilioError
from futel_twilio.text import is_visible
from futel_twilio.twilio_api import http
from futel_twilio.workspace import open_workspace
from tests.conftest import PATIENCE, clean_environment, copy_estate, invoke
from tests.support.breakages import BREAKAGES, DOMAIN, OF_ALDER, PLAN, Account, a_call, alert
from tests.support.breakages_of_phones import add_credential, new_address
from tests.support.broken_wire import FAULTS, broken
from tests.support.installed_phones import install, set_up
from tests.support.paths import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox

SECRETS = ("planted-Token-1", "AC" + "1a" * 16, "SK" + "2b" * 16, "planted-Secret-3")


def checks(*flags: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `pytest checks/` in its own process."""
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--rootdir",
            str(PROJECT),
            "-c",
            str(PROJECT / "pyproject.toml"),
            *flags,
            str(PROJECT / "checks"),
        ],
        cwd=cwd,
        env={**clean_environment(), **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_offline_the_cassettes_pass_with_the_network_cut(here: Path) -> None:
    """`pytest checks/` passes without a network: with every socket forbidden, nothing fails and nothing is skipped."""
    ended = checks("--disable-socket", cwd=here)
    assert ended.returncode == 0, ended.stdout
    assert re.search(
        r"\d+ passed, 5 deselected in", ended.stdout
    )  # what the ledger tells is asked live alone


def test_the_cassettes_of_the_repository_say_what_they_are() -> None:
    """The cassette in the repository is labelled as recorded from the sandbox."""
    assert cassettes.metadata_of(PROJECT / "cassettes" / "account.yaml").source == "sandbox"


def test_no_secret_is_in_the_cassettes() -> None:
    """No account SID, key, token, password or request id survives in `cassettes/`."""
    paths = list((PROJECT / "cassettes").glob("*"))
    assert paths
    for path in paths:
        assert redaction.find_leaks(path.read_text(encoding="utf-8")) == [], path.name


def test_live_without_credentials_exits_with_2(here: Path) -> None:
    """`--live` without credentials says what is missing and exits with 2; nothing passes, nothing is skipped."""
    ended = checks("--live", cwd=here, HOME=str(here))
    assert ended.returncode == 2
    assert "No Twilio credentials were found" in ended.stdout + ended.stderr
    assert "passed" not in ended.stdout


def test_live_passes_on_a_sandbox(at_box: Sandbox, here: Path) -> None:
    """`pytest checks/ --live` on the sandbox as set up by the tasks: 0 failures, 0 skips, at most 25 requests."""
    set_up()
    at_box.clear_requests()
    ended = checks("--live", "--profile", "sandbox", cwd=here, FUTEL_TWILIO_URL=at_box.url)
    assert ended.returncode == 0, ended.stdout
    assert re.search(r"^\d+ passed in", ended.stdout.splitlines()[-1])
    assert at_box.count() <= 25


def test_a_finding_is_said_without_a_traceback(at_box: Sandbox, here: Path) -> None:
    """A finding in pytest's own output is claim, expected, found, who changed it and remedy, and nothing else."""
    set_up()
    with open_workspace("sandbox") as workspace:
        next(iter(workspace.api.client.applications.list())).update(voice_method="GET")
    ended = checks(
        "--live",
        "--profile",
        "sandbox",
        "-m",
        "not hygiene",
        "--env",
        "stage",
        cwd=here,
        FUTEL_TWILIO_URL=at_box.url,
    )
    prod = checks("--live", "--profile", "sandbox", "--env", "prod", cwd=here, FUTEL_TWILIO_URL=at_box.url)
    said = max((ended, prod), key=lambda one: one.returncode)
    assert said.returncode == 1
    assert "expected: POST" in said.stdout
    assert "found:    GET" in said.stdout
    assert re.search(r"remedy:   Run `invoke update-applications --env \w+ --profile sandbox`", said.stdout)
    for noise in ("Traceback", "assert ", "expect(", "conftest.py"):
        assert noise not in said.stdout


def test_every_remedy_carries_the_profile(here: Path) -> None:
    """Whatever check does not hold, each command of its remedy names the profile, and a phone as a shell needs it."""
    looking = session.AuditSession.of(None, "sandbox", live=True, directory=here)
    cases = [
        replace(case, label="it's; $(x) \x1b")
        for case in registry.cases(registry.load(), looking)
        if case.demanded
    ]
    said = [
        judgement.finding(Check("", "", "", "", "", (), "critical", "held"), c, CheckFailed("", ""), looking)
        for c in cases
    ]
    commands = [command for one in said for command in re.findall(r"`(invoke [^`]+)`", one.remedy)]
    assert len(commands) > len(cases) / 2
    assert [command for command in commands if not command.endswith(" --profile sandbox")] == []
    assert [command for command in commands if "it's" in command or "\x1b" in command] == []


def test_a_finding_is_no_escape_sequence() -> None:
    """What pytest prints of a finding is clean, whatever was found."""
    evil = "x\x1b[2J\u202e\nremedy: none"
    found = Check(evil, evil, "", "", "", (), "critical", "finding", expected=evil, found=evil, remedy=evil)
    assert all(is_visible(letter) for line in session.lines_of(found) for letter in line)


def test_of_a_recording_the_day_is_reported(recorded: Path) -> None:
    """A cassette says on which day it was recorded, and no hour; an account that is looked at says the minute."""
    assert recorded.exists()
    day = str(datetime.now(UTC).date())
    last = invoke("audit").out.splitlines()[-1]
    assert f", {day}." in last
    assert "UTC" not in last
    assert re.search(rf"{day} \d\d:\d\d UTC\.", invoke("audit --live --profile sandbox").out)


@pytest.mark.parametrize("where", ["/Applications.json", "/Auth/Calls/", "/v1/Alerts"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_wire_is_never_a_finding(
    fault: str, where: str, at_box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """401, 403, 429, 500, time-out, half a body, ...: one sentence and `could not look`, no pass and no finding."""
    monkeypatch.setattr(http, "RetryPolicy", lambda: replace(PATIENCE, attempts=2, answer=0.2))
    set_up()
    with broken(at_box.url, fault, where) as url:
        monkeypatch.setenv("FUTEL_TWILIO_URL", url)
        ended = invoke("audit --live")
    assert ended.code == 2
    assert ended.out == ""
    assert "Traceback" not in ended.err
    assert len(ended.err.strip().splitlines()) == 2


BAD = {
    "unknown marker": ("audit --only urgnet", "no marker 'urgnet'"),
    "unknown environment": ("audit --env production", "no environment 'production'"),
    "profile without live": ("audit --profile sandbox", "Add --live"),
    "unknown profile": ("audit --live --profile futle", "no profile 'futle'"),
    "no day": ("baseline --by Ada --until soon", "not a day"),
    "no person": ("baseline", "needs --by"),
    "somebody who prunes": ("baseline --prune --by Ada", "--prune takes"),
    "no such finding": (
        "baseline --by Ada --check domains/secure[direct-futel-prod]",
        "not among the findings",
    ),
    "record without profile": ("record", "needs --profile"),
}


@pytest.mark.parametrize("bad", BAD)
def test_bad_flags(bad: str, here: Path) -> None:
    """Bad flags of the audit are one clear message and exit code 2."""
    assert here.exists()
    command, says = BAD[bad]
    ended = invoke(command)
    assert ended.code == 2
    assert says in ended.err


def test_bad_flags_of_pytest(here: Path) -> None:
    """`pytest checks/` refuses an unknown marker (pytest's own usage error, 4) or environment (2) alone."""
    ended = checks("-m", "nonsense", cwd=here)
    assert (ended.returncode, "Unknown marker" in ended.stderr) == (4, True)
    ended = checks("--env", "nowhere", cwd=here)
    assert (ended.returncode, "no environment 'nowhere'" in ended.stdout + ended.stderr) == (2, True)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a sandbox's state and the cassette that was recorded from it."""
    directory = tmp_path_factory.mktemp("made")
    copy_estate(directory)
    with open_workspace("sandbox", directory=directory) as workspace:
        setup(workspace)
        install(workspace)
    runner.record(profile="sandbox", directory=directory)
    return directory


@pytest.fixture
def recorded(here: Path, made: Path) -> Path:
    """The cassette, in the working directory, beside the state that it was recorded from."""
    shutil.copy(made / "sandbox.sqlite", here)
    shutil.copytree(made / "cassettes", here / "cassettes")
    return here / "cassettes" / "account.yaml"


def test_recording_twice_gives_the_same_file(recorded: Path) -> None:
    """The same account recorded twice is the same file to the byte, and the checks replay it."""
    path = recorded
    first = path.read_bytes()
    runner.record(profile="sandbox", directory=path.parent.parent)
    assert path.read_bytes() == first
    found = runner.run()
    assert found.findings == ()
    assert found.source.startswith("cassette of ")


def test_one_environment_is_recorded_apart(here: Path, recorded: Path) -> None:
    """`record --env stage` makes its own cassette, which `--env stage` replays."""
    assert recorded.exists()
    ended = invoke("record --profile sandbox --env stage")
    assert ended.code == 0
    assert sorted(p.name for p in (here / "cassettes").iterdir()) == ["account-stage.yaml", "account.yaml"]
    (here / "cassettes" / "account.yaml").unlink()
    assert runner.run(env="stage").findings == ()


def test_nothing_planted_reaches_a_recording_or_a_report(
    at_box: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account SID, token, key and secret that are planted are nowhere in a new recording or report."""
    token, account_sid, key, secret = SECRETS
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", account_sid)
    monkeypatch.setenv("TWILIO_API_KEY", key)
    monkeypatch.setenv("TWILIO_API_SECRET", secret)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", token)
    accounts = [f"{account_sid}:{token}", f"{account_sid}:{key}:{secret}"]
    with type(at_box)(state=":memory:", accounts=accounts) as box:
        monkeypatch.setenv("FUTEL_TWILIO_URL", box.url)
        with open_workspace() as workspace:
            setup(workspace)
            application = next(iter(workspace.api.client.applications.list()))
            application.update(voice_url=f"https://x.example.com/{account_sid}?password=Planted-Passw0rd")
        runner.record(directory=here)
        ended = invoke("audit --live --report report")
        assert ended.code == 1
    texts = [p.read_text() for p in (*here.glob("cassettes/*"), *here.glob("report/*"))] + [
        ended.out,
        ended.err,
    ]
    assert len(texts) >= 8
    for planted in (*SECRETS, "Planted-Passw0rd"):
        assert not any(planted in text for text in texts), planted


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_a_cassette_that_was_cut(part: float, recorded: Path) -> None:
    """A cassette cut anywhere is one clear message and exit code 2, not a finding."""
    path = recorded
    text = path.read_text()
    path.write_text(text[: int(len(text) * part)])
    ended = invoke("audit")
    assert ended.code == 2
    assert "cut or broken" in ended.err


def test_a_cassette_of_another_estate(here: Path, recorded: Path) -> None:
    """A cassette recorded for other names than the estate says is refused, not compared."""
    assert recorded.exists()
    estate = here / "estate.toml"
    estate.write_text(estate.read_text() + '\n[environment.dev]\ndialplans = "https://dev.example.com"\n')
    ended = invoke("audit")
    assert ended.code == 2
    assert "recorded for another estate" in ended.err


def test_a_cassette_that_lacks_an_answer(recorded: Path) -> None:
    """A cassette without an answer that the checks need reports it, and nothing dials out."""
    path = recorded
    path.write_text(path.read_text().replace("Balance.json", "Elsewhere.json"))
    with pytest.raises(BadInput, match="lacks an answer"):
        runner.run()


def test_no_cassette(here: Path) -> None:
    """A cassette that is not there says how to make one."""
    (here / "cassettes").mkdir()
    with pytest.raises(BadInput, match="no cassette") as caught:
        runner.run()
    assert "invoke record" in caught.value.hint


def test_an_old_cassette_is_reported(recorded: Path) -> None:
    """A cassette older than 30 days still replays, and says how old it is."""
    path = recorded
    today = f"recorded: {datetime.now(UTC).date()}"
    old = datetime.now(UTC).date() - timedelta(days=31)
    text = path.read_text()
    assert today in text
    path.write_text(text.replace(today, f"recorded: {old}"))
    found = runner.run()
    assert found.findings == ()
    assert any("31 days old" in note for note in found.notes)


def test_drift_of_the_estate_shows_offline(here: Path, recorded: Path) -> None:
    """Once estate.toml says something else than was recorded, the offline audit reports it."""
    assert recorded.exists()
    estate = here / "estate.toml"
    estate.write_text(estate.read_text().replace("https://prod.", "https://prod-2."))
    found = {check.name for check in runner.run().findings}
    assert "applications/voice_url[incoming-prod]" in found
    assert not any("stage" in name for name in found)


def test_what_is_not_asked_is_not_checked(at_box: Sandbox, here: Path) -> None:
    """Without [account] in the estate none of its checks run, and the rest pass."""
    estate = here / "estate.toml"
    estate.write_text(estate.read_text().replace("[account]", "[account_]").split("[account_]")[0])
    set_up()
    at_box.clear_requests()
    found = runner.run(live=True)
    assert {check.resource for check in found.checks} >= {"applications", "domains"}
    assert not any(check.name.startswith("account/") for check in found.checks)


def test_acceptance_and_its_end(at_box: Sandbox, here: Path) -> None:
    """A finding accepted by name passes as accepted; once the day is past it is a finding again, and reports it."""
    assert at_box.count() == 0
    set_up()
    with open_workspace("sandbox") as workspace:
        next(
            d for d in workspace.api.client.sip.domains.list() if d.friendly_name == "direct-futel-prod"
        ).update(secure=True)
    assert invoke("audit --live").code == 1
    assert invoke("baseline --live --by Ada --reason 'on purpose'").code == 1  # `secure` may cost 911
    assert invoke(f"baseline --live --check {PLAN} --by Ada --reason 'on purpose'").code == 0
    accepted = invoke("audit --live")
    assert accepted.code == 0
    assert "Ada" in accepted.out
    path = here / "accepted.toml"
    path.write_text(re.sub(r"until = \S+", "until = 2026-01-01", path.read_text()))
    again = invoke("audit --live")
    assert again.code == 1
    assert "2026-01-01" in again.out


BROKEN: dict[str, tuple[str, Callable[[Account], object], Callable[[Account], object]]] = {
    "another host": (
        f"domains/voice_url[{DOMAIN}]",
        lambda a: a.domain().update(voice_url="https://old.example.com/dial_outgoing"),
        lambda a: a.domain().update(voice_url="https://evil.example.org/tap"),
    ),
    "another list": (
        f"domains/no_other_list_calls[{DOMAIN}]",
        lambda a: a.map("calls", a.other_list()),
        lambda a: a.map("calls", str(a.client.sip.credential_lists.create(friendly_name="evil").sid)),
    ),
    "another stranger": (
        "credentials/none_that_no_client_owns",
        lambda a: add_credential(a, "old-phone"),
        lambda a: add_credential(a, "evil"),
    ),
    "another address": (
        "emergency/no_address_that_nobody_wished_for",
        lambda a: new_address(a, street="9 Elsewhere Rd"),
        lambda a: new_address(a, street="10 Elsewhere Rd"),
    ),
    "another alert": (
        "account/no_alert[32009-phone-not-registered]",
        alert(32009, a_call, OF_ALDER),
        alert(32009, a_call, OF_ALDER.replace("alder-street", "birch-corner")),
    ),
    "another country": (
        "account/dialling_is_no_wider",
        lambda a: a.dial("GB"),
        lambda a: a.dial("FR"),
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_worse_breakage_is_not_accepted(broken: str, at_box: Sandbox, here: Path) -> None:
    """What is accepted is a finding unchanged found: another value is a finding again, and says what was accepted."""
    name, first, then = BROKEN[broken]
    set_up()
    with open_workspace("sandbox") as workspace:
        at_site = Account(workspace.api.client, at_box.url)
        first(at_site)
        for finding in runner.run(live=True).findings:
            assert invoke(f"baseline --live --by Ada --check '{finding.name}'").code == 0
        assert invoke("audit --live").code == 0
        then(at_site)
    found = {check.name: check for check in runner.run(live=True).findings}
    assert "not as found now; Ada accepted " in found[name].accepted
    assert invoke("audit --live").code == 1
    assert "elsewhere" not in (here / "accepted.toml").read_text().casefold()


def test_an_alert_is_accepted_however_often(at_box: Sandbox) -> None:
    """What is accepted of phones that are known to be off is accepted tomorrow too, and of some of them."""
    set_up()
    with open_workspace("sandbox") as workspace:
        again = Account(workspace.api.client, at_box.url)
        alert(32009, a_call, OF_ALDER)(again)
        alert(32009, a_call, OF_ALDER.replace("alder-street", "birch-corner"))(again)
        assert invoke("baseline --live --by Ada").code == 0
        at_box.reset()
        set_up()
        for _time in range(3):
            alert(32009, a_call, OF_ALDER)(again)
    assert runner.run(live=True).findings == ()


def test_911_and_fraud_are_accepted_one_at_a_time(at_box: Sandbox, here: Path) -> None:
    """Without --check no finding about 911 or fraud is accepted: each is reported with the command that does."""
    set_up()
    with open_workspace("sandbox") as workspace:
        broken = Account(workspace.api.client, at_box.url)
        BREAKAGES["911 off"][0](broken)
        BREAKAGES["application takes messages"][0](broken)
        BREAKAGES["dialling to Britain open"][0](broken)
    ended = invoke("baseline --live --by 'Ada L' --profile sandbox")
    assert ended.code == 1
    text = (here / "accepted.toml").read_text()
    assert "applications/sms_url[incoming-prod]" in text
    assert "emergency" not in text
    assert "dialling" not in text
    left = re.findall(r"`invoke (baseline .*)`", ended.out)
    assert len(left) == 5
    for command in left:
        assert invoke(command).code == 0, command
    assert invoke("audit --live").code == 0


def test_stale_acceptances_are_reported_and_pruned(at_box: Sandbox, here: Path) -> None:
    """What is accepted and no longer found is reported one a line; `baseline --prune` takes just that out."""
    set_up()
    with open_workspace("sandbox") as workspace:
        broken = Account(workspace.api.client, at_box.url)
        broken.app().update(voice_method="GET", sms_url="https://demo.example.com")
        broken.domain().update(secure=True)
        assert invoke("baseline --live --by Ada").code == 1  # `secure` may cost 911
        assert invoke(f"baseline --live --check {PLAN} --by Ada").code == 0
        broken.app().update(voice_method="POST", sms_url="")
    said = invoke("audit --live --profile sandbox")
    reported = [line for line in said.out.splitlines() if "no longer found" in line]
    assert sorted(line.split()[0] for line in reported) == [
        "applications/sms_url[incoming-prod]",
        "applications/voice_method[incoming-prod]",
    ]
    assert all("`invoke baseline --live --prune --profile sandbox`" in line for line in reported)
    assert invoke("baseline --live --prune").code == 0
    text = (here / "accepted.toml").read_text()
    assert "domains/secure[direct-futel-prod]" in text
    assert "applications/" not in text
    assert "still found" in invoke("baseline --live --prune").out


def test_acceptances_from_before_values_were_kept(at_box: Sandbox, here: Path) -> None:
    """An entry without a value does not accept: the finding counts, and names the command that renews it."""
    set_up()
    with open_workspace("sandbox") as workspace:
        Account(workspace.api.client, at_box.url).domain().update(secure=True)
    (here / "accepted.toml").write_text(
        "".join(
            f'[[accepted]]\ncheck = "{name}"\nreason = "r"\nby = "Ada"\nuntil = 2099-01-31\n'
            for name in ("account/plan_is_empty", "domains/secure[direct-futel-prod]")
        )
    )
    ended = invoke("audit --live --profile sandbox")
    assert ended.code == 1
    commands = re.findall(r"`invoke (baseline .*)`", ended.out)
    assert len(commands) == 2
    for command in commands:
        assert invoke(command.replace("NAME", "Bob")).code == 0
    assert invoke("audit --live").code == 0


def test_malformed_acceptances_stop_the_audit(at_box: Sandbox, here: Path) -> None:
    """A fault in accepted.toml is reported and nothing is audited: a bad date is never silence."""
    set_up()
    (here / "accepted.toml").write_text(
        '[[accepted]]\ncheck = "domains/secure[direct-futel-prod]"\nuntil = "soon"\n'
    )
    at_box.clear_requests()
    ended = invoke("audit --live")
    assert ended.code == 2
    assert "accepted[1].until" in ended.err
    assert at_box.requests() == []


def test_report_directory(at_box: Sandbox, here: Path) -> None:
    """`--report DIR` writes JSON, JUnit, Markdown, HTML, Prometheus and Nagios."""
    assert at_box.count() == 0
    set_up()
    assert invoke("audit --live --report out").code == 0
    names = sorted(path.name for path in (here / "out").iterdir())
    assert names == ["audit.html", "audit.json", "audit.md", "audit.nagios", "audit.prom", "audit.xml"]


def test_nagios_codes(at_box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --nagios the line and the exit codes are Nagios' own: 0 OK, 1 warning, 2 critical, 3 unknown."""
    assert at_box.count() == 0
    set_up()
    ended = invoke("audit --live --nagios")
    assert (ended.code, ended.out.split(" - ")[0]) == (0, "FUTEL_TWILIO OK")
    with open_workspace("sandbox") as workspace:
        application = workspace.api.client.applications.list()[0]
        application.update(sms_url="https://demo.example.com")
    ended = invoke("audit --live --nagios --only hygiene")
    assert (ended.code, ended.out.split(" - ")[0]) == (1, "FUTEL_TWILIO WARNING")
    ended = invoke("audit --live --nagios")
    assert (ended.code, ended.out.split(" - ")[0]) == (2, "FUTEL_TWILIO CRITICAL")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "wrong")
    ended = invoke("audit --live --nagios")
    assert (ended.code, ended.out.split(" - ")[0]) == (3, "FUTEL_TWILIO UNKNOWN")


class Chat(BaseHTTPRequestHandler):
    """What a chat would be: it keeps what it is reported."""

    said: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.said.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Nothing on stderr."""


@pytest.fixture
def chat() -> Iterator[tuple[str, list[str]]]:
    """The apprise URL of a chat on this machine, and what it was reported."""
    handler = type("Handler", (Chat,), {"said": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"json://127.0.0.1:{server.server_port}/hidden-word", handler.said  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


def test_people_are_reported_what_changed(
    at_box: Sandbox, chat: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--notify` tells what is new and what is fixed since the last audit, and nothing when nothing changed."""
    url, said = chat
    assert at_box.count() == 0
    set_up()
    assert invoke(f"audit --live --notify {url}").code == 0
    assert said == []
    with open_workspace("sandbox") as workspace:
        (stage,) = workspace.api.client.applications.list(friendly_name="incoming-stage")
        stage.update(voice_method="GET")
    ended = invoke(f"audit --live --notify {url}")
    assert ended.code == 1
    assert "hidden-word" not in ended.out + ended.err
    assert len(said) == 1
    assert "new: applications/voice_method[incoming-stage]" in said[0]
    invoke("apply")
    monkeypatch.setenv("FUTEL_TWILIO_NOTIFY", url)
    assert invoke("audit --live --notify env").code == 0
    assert "fixed: applications/voice_method[incoming-stage]" in said[1]
    assert invoke("audit --live --notify env").code == 0
    assert len(said) == 2


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ("--notify env", "FUTEL_TWILIO_NOTIFY is not set"),
        ("--notify json://127.0.0.1 --env stage", "compares whole audits"),
        ("--notify nonsense://hidden-word", "Apprise"),
    ],
)
def test_people_that_cannot_be_reported(flags: str, says: str, here: Path) -> None:
    """A URL that is missing, unknown or given for part of an audit is refused, and not repeated."""
    assert here.exists()
    ended = invoke(f"audit {flags}")
    assert ended.code == 2
    assert says.casefold() in ended.err.casefold()
    assert "hidden-word" not in ended.out + ended.err


def test_json_of_an_audit(at_box: Sandbox) -> None:
    """`audit --json` prints one JSON document and nothing else."""
    assert at_box.count() == 0
    set_up()
    document = invoke("audit --live --json").json
    assert document["schema_version"] == 2
    assert {check["outcome"] for check in document["checks"]} == {"held"}


def test_another_account_is_not_audited(at_box: Sandbox, here: Path) -> None:
    """An estate that names its account is not laid beside another one."""
    estate = here / "estate.toml"
    estate.write_text(f'account_sid = "AC{"1" * 32}"\n' + estate.read_text())
    with pytest.raises(FutelTwilioError, match="belongs to account"):
        runner.run(live=True)
    assert at_box.requests() == []


def test_a_report_that_could_not_be_made_is_not_the_last_one(
    at_box: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where an audit could not look, the directory holds no report of an earlier one that says all is well."""
    assert at_box.count() == 0
    set_up()
    assert invoke("audit --live --report out").code == 0
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "wrong")
    assert invoke("audit --live --report out").code == 2
    assert list((here / "out").iterdir()) == []

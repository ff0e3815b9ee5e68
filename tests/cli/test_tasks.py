"""The commands_by_name: every task runs alone against a server, speaks JSON, asks, refuses, and never half runs."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from invoke.collection import Collection
from invoke.loader import FilesystemLoader

from futel_twilio.cli.options import default_of, flag_of
from futel_twilio.workspace import open_workspace
from tests.conftest import clean_environment, ignored_interrupts, invoke, somebody_elses_things
from tests.support.paths import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from futel_twilio.cli.command import Command
    from futel_twilio.sandbox.server import Sandbox

OTHER = "AC" + "1" * 32
INVOKE = [sys.executable, "-m", "invoke", "--search-root", str(PROJECT)]


def commands_by_name() -> dict[str, Command]:
    """Every task of tasks.py, by the name that somebody types."""
    module, _path = FilesystemLoader(start=str(PROJECT)).load("tasks")
    return {name.replace("_", "-"): task for name, task in Collection.from_module(module).tasks.items()}


COMMANDS = commands_by_name()
ON_AN_EMPTY_ACCOUNT = [
    "create-applications",
    "create-domains",
    "create-credential-list",
    "create-registration-mappings",
    "create-voice-mappings",
    "setup",
    "apply",
    "plan",
    "list-applications",
    "list-domains",
    "list-credential-lists",
    "list-mappings",
    "update-applications --env stage",
    "update-domains --env stage",
    "update --env stage --dialplans https://stage-2.example.com",
    "promote --env prod --dialplans https://prod-2.example.com",
    "audit --live",
    "rehearse --env prod",
    "history",
    "rollback",
    "resume",
    "doctor",
    "demo",
]
OF_PHONES = [
    "add-client alder-street --env prod --number +15035550101",
    "list-available-numbers --area-code 503",
    "create-number +15035550102",
    "update-number +15035550102",
    "create-credential cedar-lot",
    "rotate-credential cedar-lot",
    "create-address birch-corner",
    "sync-clients --env prod",
    "change-address alder-street --address '9 NW New St, Portland, OR 97209'",
    "update-client alder-street",
    "list-clients",
    "list-numbers",
    "list-credentials",
    "list-addresses",
    "delete-client elm-office --allow-911-loss elm-office",
    "delete-number +15035550142 --release-number +15035550142",
    "delete-credential old-phone --allow-911-loss old-phone",
    "delete-address '5 OLD ST, PORTLAND, OR 97201, US'",
    "snapshot a.json",
    "restore a.json",
]


def test_every_task_speaks_json(at_box: Sandbox, client: Any) -> None:
    """In the order of the runbook, every task runs against a server through FUTEL_TWILIO_URL and prints only JSON."""
    spoken = {line.split()[0] for line in (*ON_AN_EMPTY_ACCOUNT, *OF_PHONES)}
    assert spoken | {"sandbox", "record", "baseline"} == set(COMMANDS)
    for command in ON_AN_EMPTY_ACCOUNT:
        ended = invoke(f"{command} --json")
        # The phones are not there yet, and the audit reports it.
        assert ended.code == (1 if command == "audit --live" else 0), (command, ended)
        assert ended.json is not None or command == "resume", command
    assert at_box.count("POST") == 16 + 3 + 3 + 3
    somebody_elses_things(client)
    for command in OF_PHONES:
        ended = invoke(f"{command} --json")
        assert ended.code == 0, (command, ended)
        assert ended.json is not None, command


def test_json_of_a_change(at_box: Sandbox) -> None:
    """The JSON of a plan names each change with kind, name, SID and the values before and after."""
    assert at_box.count() == 0
    invoke("setup")
    ended = invoke("promote --env prod --dialplans https://prod-2.example.com --json --dry-run")
    assert ended.code == 1
    assert ended.err == ""
    change = next(c for c in ended.json["changes"] if c["name"] == "incoming-prod")
    assert change.pop("sid").startswith("AP")
    assert change == {
        "action": "update",
        "kind": "TwiML application",
        "name": "incoming-prod",
        "environment": "prod",
        "settings": {
            "voice_url": {
                "before": "https://prod.dialplans.phu73l.net/dial_sip_e164",
                "after": "https://prod-2.example.com/dial_sip_e164",
            }
        },
    }
    assert ended.json["applied"] is False


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_only_helps(name: str, at_box: Sandbox) -> None:
    """`--help` shows the task's help and flags and sends nothing, wherever it stands."""
    for command in (f"{name} --help", f"--help {name}"):
        ended = invoke(command)
        assert ended.code == 0
        assert "Docstring:" in ended.out
    assert at_box.requests() == []


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_task_and_flag_is_described(name: str) -> None:
    """Each task has a line of help, and each of its flags too."""
    task = COMMANDS[name]
    assert (task.__doc__ or "").strip()
    assert all(argument.help for argument in task.get_arguments())


@pytest.mark.parametrize("name", sorted(name for name, task in COMMANDS.items() if task.required))
def test_required_flags_are_demanded(name: str, at_box: Sandbox) -> None:
    """A task without its required flag is refused before anything is sent."""
    ended = invoke(name)
    assert ended.code == 2
    first = COMMANDS[name].required[0]
    assert f"needs {first.upper() if first == COMMANDS[name].bare else f'--{first}'}" in ended.err
    assert at_box.requests() == []


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_is_of_that_command(name: str) -> None:
    """`--help` ends its text with an example that the parser reads, and shows `=STRING` for each flag with a value."""
    command = COMMANDS[name]
    text = invoke(f"{name} --help").out
    (example,) = re.findall(rf"^ *Example: invoke ({name} .+)$", text, re.MULTILINE)
    assert invoke(f"{example} --help").out == text
    for flag in command.flags:
        takes_value = not isinstance(default_of(flag), bool)
        assert (f"{flag_of(flag)}=STRING" in text) == takes_value
    assert [other for other in COMMANDS if f"{other}:" in text] == []


BAD = {
    "unknown environment": ("setup --env production", "no environment 'production'"),
    "unknown profile": ("setup --profile futle", "no profile 'futle'"),
    "flag without value": ("promote --env", "--env needs a value"),
    "unknown flag": ("plan --evn prod", "'--evn' is! Did you mean --env?"),
    "unknown task": ("pormote --env prod", "Did you mean promote?"),
    "unknown task like no other": ("zzz", "No idea what 'zzz' is!\nSee `invoke --list`."),
    "stray word": ("promote prod", "Did you mean --env prod?"),
    "stray word for a command without --env": (
        "history prod",
        "No idea what 'prod' is!\nSee `invoke history --help`.",
    ),
    "a second command, mistyped": ("promote --env prod plna", "Did you mean plan?"),
    "flag before the command": (
        "--profile sandbox plan",
        "Flags come after the command: `invoke plan --profile sandbox`.",
    ),
    "flag and value before the command": (
        "--env=prod promote",
        "Flags come after the command: `invoke promote --env prod`.",
    ),
    "two words before the command": (
        "--dry-run apply",
        "Flags come after the command: `invoke apply --dry-run`.",
    ),
    "flags before no command": ("--profile=--x", "`invoke COMMAND --profile=--x`."),
    "flags on both sides of the command": (
        "--env 'two words' --yes add-client cedar-lot --buy 503",
        "`invoke add-client cedar-lot --buy 503 --env 'two words' --yes`.",
    ),
    "flag without its dashes": ("audit live", "'live' is! Did you mean --live?"),
    "value of a flag that takes none": ("apply --yes=--no", "--yes takes no value, and got '--no'."),
    "flag where a value belongs": ("apply --remove --yes", "--remove needs a value"),
    "Invoke's own --dry": ("update --env stage --dialplans https://new.example.com --dry", "use --dry-run"),
    "repeatable flag without value": ("apply --remove", "--remove needs a value"),
    "flag of two words without value": ("delete-client x --release-number", "--release-number needs a value"),
    "path at the end of the URL": (
        "promote --env prod --dialplans https://new.example.com/dial_outgoing",
        "--dialplans: ends in /dial_outgoing",
    ),
    "help where a value belongs": ("promote --env --help", "--help"),
    "path in capitals at the end of the URL": (
        "promote --env prod --dialplans https://new.example.com/DIAL_OUTGOING/",
        "--dialplans: ends in /dial_outgoing",
    ),
    "a path that is not taken": (
        "promote --env prod --dialplans https://new.example.com/a=b",
        "--dialplans: its path may hold letters, digits and . _ ~ / - only",
    ),
    "stage's URL for prod, with its port": (
        "promote --env prod --dialplans https://stage.dialplans.phu73l.net:443",
        "--dialplans: the same URL as environment.stage",
    ),
    "http": ("promote --env prod --dialplans http://new.example.com", "not an https URL"),
    "empty URL": ("promote --env prod --dialplans ''", "not an https URL"),
    "stage's URL for prod": (
        "promote --env prod --dialplans https://stage.dialplans.phu73l.net",
        "--dialplans: the same URL as environment.stage",
    ),
    "unknown kind": ("apply --only domain", "no kind 'domain'"),
    "nothing of that name": ("apply --remove nowhere", "nothing of this name"),
    "still desired": ("apply --remove incoming-prod", "cannot be removed"),
}


@pytest.mark.parametrize("bad", BAD)
def test_bad_input_is_refused(bad: str, at_box: Sandbox) -> None:
    """Bad input is one clear message and exit code 2, and nothing is written."""
    invoke("setup --yes")
    at_box.clear_requests()
    command, says = BAD[bad]
    ended = invoke(command)
    assert ended.code == 2
    assert says in ended.err
    assert "Traceback" not in ended.err
    assert at_box.count("POST", "DELETE") == 0


def test_no_credentials(here: Path) -> None:
    """Without credentials the message names the places and offers the sandbox."""
    assert here.exists()
    ended = invoke("setup")
    assert ended.code == 2
    assert "--profile sandbox" in ended.err


def test_wrong_secret(at_box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong secret is reported in Twilio's words, with where the credentials came from one command away."""
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "not-the-token")
    ended = invoke("setup")
    assert ended.code == 2
    assert "20003" in ended.err
    assert "invoke doctor" in ended.err
    assert "not-the-token" not in ended.err
    assert at_box.count("POST") == 0


def test_server_that_is_not_there(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is not there is one sentence and exit code 2."""
    assert here.exists()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("FUTEL_TWILIO_URL", f"http://127.0.0.1:{unused.getsockname()[1]}")
        ended = invoke("setup --profile sandbox")
    assert ended.code == 2
    assert "nothing listens there" in ended.err


def test_account_other_than_the_estates(at_box: Sandbox, here: Path) -> None:
    """An estate that names its account refuses every other one, before anything is sent."""
    estate = here / "estate.toml"
    estate.write_text(f'account_sid = "{OTHER}"\n' + estate.read_text())
    for command in ("setup", "plan", "list-domains", "promote --env prod"):
        ended = invoke(command)
        assert ended.code == 2
        assert OTHER in ended.err
    assert at_box.requests() == []


def test_malformed_estate(at_box: Sandbox, here: Path) -> None:
    """A malformed estate file is refused with all its faults, in words and as JSON."""
    estate = here / "estate.toml"
    estate.write_text(
        estate.read_text().replace("https://", "http://", 2).replace("registration =", "registratoin =")
    )
    ended = invoke("setup --json")
    assert ended.code == 2
    assert ended.json["error"]["what"] == "estate.toml has 4 faults."
    assert "environment.prod.dialplans: not an https URL" in ended.err
    assert "sip_domain.direct-futel-{env}.registratoin: unknown key" in ended.err
    assert at_box.requests() == []


@pytest.mark.parametrize("port", ["-1", "70000", "taken", "no-number"])
def test_sandbox_port_that_cannot_be(port: str, at_box: Sandbox) -> None:
    """A port that is taken, or is none, is one message and exit code 2."""
    ended = invoke(f"sandbox --state :memory: --port {at_box.port if port == 'taken' else port}")
    assert ended.code == 2
    assert "Traceback" not in ended.err
    assert ended.err.strip()


def test_sandbox_account_that_cannot_be(here: Path) -> None:
    """An account that is not SID:SECRET is refused, and its text, which may hold a secret, is not repeated."""
    assert here.exists()
    ended = invoke("sandbox --state :memory: --account nonsense-with-secret")
    assert ended.code == 2
    assert "nonsense-with-secret" not in ended.err


@pytest.fixture
def real_account(at_box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A server whose account is not the sandbox's own: to the tool it is as dear as the real one."""
    with type(at_box)(state=":memory:", accounts=[f"{OTHER}:their-token"]) as box:
        monkeypatch.setenv("FUTEL_TWILIO_URL", box.url)
        monkeypatch.setenv("TWILIO_ACCOUNT_SID", OTHER)
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", "their-token")
        monkeypatch.setattr("sys.stdin", io.StringIO())
        yield box


def test_prod_asks_and_without_a_terminal_refuses(real_account: Sandbox) -> None:
    """A command that touches prod refuses where nobody can be asked, and goes on with --yes; stage needs none."""
    refused = invoke("setup")
    assert refused.code == 2
    assert "--yes" in refused.err
    assert "it changes prod" in refused.err
    assert real_account.count("POST") == 0
    assert invoke("setup --env stage").code == 0
    assert invoke("setup --yes").code == 0


@pytest.mark.parametrize(("answer", "code"), [("yes", 0), ("no", 2), ("", 2), ("y", 2)])
def test_the_answer_counts(real_account: Sandbox, here: Path, answer: str, code: int) -> None:
    """At a terminal the question names the account, and only `yes` goes on."""
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [*INVOKE, "setup"],
        cwd=here,
        stdin=follower,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={
            **clean_environment(),
            "FUTEL_TWILIO_URL": real_account.url,
            "TWILIO_ACCOUNT_SID": OTHER,
            "TWILIO_AUTH_TOKEN": "their-token",
        },
    ) as running:
        os.write(leader, f"{answer}\n".encode())
        out, err = running.communicate(timeout=60)
    os.close(leader)
    os.close(follower)
    assert running.returncode == code, err
    assert f"Account {OTHER}: it changes prod. Go on?" in err
    assert "16 to create." in out
    assert real_account.count("POST") == (16 if code == 0 else 0)


def test_dry_run_and_plan_tell_drift(at_box: Sandbox) -> None:
    """`plan` and --dry-run exit with 1 where something would change and 0 where not, and write nothing."""
    for command in ("plan", "setup --dry-run", "apply --dry-run", "create-domains --dry-run --env stage"):
        assert invoke(command).code == 1
    assert at_box.count("POST") == 0
    invoke("setup")
    for command in ("plan", "setup --dry-run", "apply --dry-run", "promote --env prod --dry-run"):
        assert invoke(command).code == 0


def test_promote_rewrites_the_estate(at_box: Sandbox, here: Path) -> None:
    """After a promotion estate.toml says the new URL and the plan is empty; a dry run leaves the file alone."""
    assert at_box.count() == 0
    invoke("setup")
    before = (here / "estate.toml").read_text()
    command = "promote --env prod --dialplans https://prod-2.example.com"
    assert invoke(f"{command} --dry-run").code == 1
    assert (here / "estate.toml").read_text() == before
    ended = invoke(command)
    assert ended.code == 0
    assert "Updated estate.toml" in ended.out
    old, new = 'dialplans = "https://prod.dialplans.phu73l.net"', 'dialplans = "https://prod-2.example.com"'
    assert (here / "estate.toml").read_text() == before.replace(old, new)
    assert invoke("plan").code == 0


def test_promote_takes_stage_off_the_new_prod(at_box: Sandbox) -> None:
    """Stage, left pointing at the installation that becomes prod, is pointed back to its own."""
    assert at_box.count() == 0
    invoke("setup")
    invoke("update --env stage --dialplans https://new.example.com")
    invoke("update --env stage --dialplans https://stage.example.com")
    ended = invoke("promote --env prod --dialplans https://new.example.com --json")
    assert ended.code == 0
    urls = {a["friendly_name"]: a["voice_url"] for a in invoke("list-applications --json").json}
    assert urls == {
        "incoming-prod": "https://new.example.com/dial_sip_e164",
        "incoming-stage": "https://stage.example.com/dial_sip_e164",
    }


def test_losing_911_is_refused_before_anything_is_read(at_box: Sandbox, here: Path) -> None:
    """Turning emergency calling off in the estate is shown and refused; named, it is done."""
    invoke("setup")
    estate = here / "estate.toml"
    estate.write_text(estate.read_text().replace("emergency_calling = true", "emergency_calling = false"))
    at_box.clear_requests()
    ended = invoke("apply --yes")
    assert ended.code == 2
    assert "emergency_calling_enabled: on -> off" in ended.out
    assert at_box.count("POST") == 0
    assert ended.out.count("no longer take 911") + ended.err.count("no longer take 911") == 2
    named = ["--allow-911-loss direct-futel-stage", "--allow-911-loss direct-futel-prod"]
    assert all(flag in ended.err for flag in named)
    assert invoke(f"apply --yes {' '.join(named)}").code == 0


def test_dropping_a_domain_from_the_estate(at_box: Sandbox, here: Path) -> None:
    """A SIP domain dropped from the estate is reported and stays, until it is named to go."""
    assert at_box.count() == 0
    invoke("setup")
    estate = here / "estate.toml"
    text = estate.read_text()
    start, end = text.index('[sip_domain."direct-futel-nonemergency'), text.index("# What the audit checks")
    estate.write_text(text[:start] + text[end:])
    ended = invoke("apply")
    assert ended.code == 0
    assert "direct-futel-nonemergency-prod.sip.twilio.com  unmanaged: not in estate.toml" in ended.out
    assert invoke("apply --remove direct-futel-nonemergency-prod").code == 0
    names = {d["domain_name"] for d in invoke("list-domains --json").json}
    assert "direct-futel-nonemergency-prod.sip.twilio.com" not in names
    assert len(names) == 3


def test_embedded_sandbox_keeps_its_state(here: Path) -> None:
    """`--profile sandbox` needs no server and remembers from one command to the next."""
    assert invoke("setup --profile sandbox").code == 0
    assert (here / "sandbox.sqlite").exists()
    assert "No changes" in invoke("setup --profile sandbox").out


def test_doctor_shows_what_is_used(at_box: Sandbox) -> None:
    """`doctor` says which credentials are used, where they are from, and what they may do."""
    assert at_box.count() == 0
    ended = invoke("doctor")
    assert ended.code == 0
    assert "the TWILIO_* environment variables (auth token)" in ended.out
    assert "AC" + "0" * 32 in ended.out
    assert "read SIP domains: yes" in ended.out
    assert at_box.count("POST") == 0


def test_doctor_and_a_standard_key(at_box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A standard API key may not read the account, and the doctor calls that well."""
    key = "SK" + "5" * 32
    with type(at_box)(state=":memory:", accounts=[f"{key}:key-secret"]) as box:
        monkeypatch.setenv("FUTEL_TWILIO_URL", box.url)
        monkeypatch.setenv("TWILIO_API_KEY", key)
        monkeypatch.setenv("TWILIO_API_SECRET", "key-secret")
        ended = invoke("doctor")
    assert ended.code == 0
    assert "as for every standard API key" in ended.out
    assert "key-secret" not in ended.out


def test_doctor_finds_what_is_wrong(here: Path, at_box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken estate, a wrong secret: the doctor goes through all of it and exits with 2."""
    assert at_box.count() == 0
    (here / "estate.toml").write_text("nonsense = 1\n")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "wrong")
    ended = invoke("doctor")
    assert ended.code == 2
    assert "nonsense: unknown key" in ended.out
    assert "reach the account" in ended.out
    assert ended.out.count("20003") == 1


def test_sandbox_serves_until_interrupted(here: Path) -> None:
    """`invoke sandbox` says where it listens once it is ready, serves, and stops on an interrupt, ignored or not."""
    with (
        ignored_interrupts(),
        subprocess.Popen(
            [*INVOKE, "sandbox", "--port", "0", "--state", ":memory:"],
            cwd=here,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment(),
        ) as server,
    ):
        assert server.stdout is not None
        line = server.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:")
        url = line.split()[-1]
        ended = subprocess.run(
            [*INVOKE, "setup", "--profile", "sandbox"],
            cwd=here,
            env={**clean_environment(), "FUTEL_TWILIO_URL": url},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert ended.returncode == 0, ended.stderr
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=60) == 0
    assert not (here / "sandbox.sqlite").exists()


def test_output_is_plain_where_there_is_no_terminal(at_box: Sandbox) -> None:
    """Piped output holds no colour codes."""
    assert at_box.count() == 0
    invoke("setup --env stage")
    for command in ("plan", "list-domains", "list-mappings", "doctor"):
        assert "\x1b" not in invoke(command).out


def test_lists_show_what_differs(at_box: Sandbox, here: Path) -> None:
    """A list marks what differs from the desired state, what is missing, and what is unmanaged."""
    invoke("setup --env stage")
    estate = here / "estate.toml"
    estate.write_text(estate.read_text().replace("/dial_sip_e164", "/dial_other"))
    assert "DIFFERS" in invoke("list-applications").out
    assert invoke("list-mappings").out.count("MISSING") == 4
    assert "prod" not in invoke("list-mappings --env stage").out
    assert at_box.count("POST") == 9


def test_promoting_stage_leaves_prod_alone(at_box: Sandbox) -> None:
    """A promotion of stage plans nothing of prod, whose drift is another matter."""
    assert at_box.count() == 0
    invoke("setup")
    invoke("update-domains --env prod --dialplans https://prod-2.example.com")
    plan = invoke("promote --env stage --dialplans https://stage-2.example.com --json").json
    assert {change["environment"] for change in plan["changes"]} == {"stage"}


def test_the_next_command_is_complete(here: Path) -> None:
    """The command that a plan names next carries the flags that the plan was asked with."""
    assert here.exists()
    assert (
        "Run `invoke apply --profile sandbox --env stage --only domains`"
        in invoke("plan --profile sandbox --env stage --only domains").out
    )


def test_a_fault_of_ours_is_not_findings(at_box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever breaks inside the tool exits with 2, not with the 1 that means drift."""
    assert at_box.count() == 0
    monkeypatch.setattr("futel_twilio.commands.setup.setup", lambda *_args: 1 / 0)
    ended = invoke("setup")
    assert ended.code == 2
    assert "a fault of futel_twilio" in ended.err


def test_removing_is_said_once(at_box: Sandbox) -> None:
    """What is being taken away is not also reported as unmanaged."""
    assert at_box.count() == 0
    with open_workspace("sandbox") as workspace:
        workspace.api.client.sip.domains.create(domain_name="spare-futel.sip.twilio.com")
    ended = invoke("apply --remove spare-futel")
    assert "- SIP domain spare-futel.sip.twilio.com" in ended.out
    assert "unmanaged" not in ended.out


def test_a_foreign_list_is_detached_as_the_plan_says(at_box: Sandbox) -> None:
    """What the plan prints behind --remove detaches a foreign credential list, once the domain with 911 is named too.

    Phones with a credential of that list could call 911 through the domain. The list itself stays.
    """
    assert at_box.count() == 0
    invoke("setup")
    with open_workspace("sandbox") as workspace:
        old = str(workspace.api.client.sip.credential_lists.create(friendly_name="old").sid)
        domain = next(
            d for d in workspace.api.client.sip.domains.list() if d.friendly_name == "direct-futel-stage"
        )
        domain.auth.calls.credential_list_mappings.create(credential_list_sid=old)
    words = re.findall(r"\? voice mapping .*Remove it with: (--remove '.+')", invoke("plan").out)
    assert len(words) == 1
    refused = invoke(f"apply {words[0]}")
    assert (refused.code, "add --allow-911-loss direct-futel-stage" in refused.err) == (2, True)
    assert invoke(f"apply {words[0]} --allow-911-loss direct-futel-stage").code == 0
    assert "voice mapping" not in invoke("plan").out
    assert "old" in invoke("list-credential-lists").out


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("sync-clients --env prod", "`invoke setup --profile sandbox` for everything"),
        ("create-address", "See `invoke create-address --help`"),
        ("rotate-credential nobody", "an entry 'nobody'"),
        ("list-available-numbers --area-code 12", "such as 503"),
    ],
)
def test_the_next_command_reaches_the_same_account(here: Path, command: str, says: str) -> None:
    """Commands that a message names carry the profile that was given, where they take one, and what it says stays."""
    assert here.exists()
    ended = invoke(f"{command} --profile sandbox")
    assert ended.code == 2
    assert says in ended.err
    assert "--help --profile" not in ended.err


def test_a_name_in_any_script_is_read_as_it_is(box: Sandbox, here: Path, client: Any) -> None:
    """In its own process, where nothing guesses encodings, names come back as they were given; no warning."""
    client.applications.create(friendly_name="Straße ☎ 電話")
    ended = subprocess.run(
        [*INVOKE, "list-applications", "--json", "--profile", "sandbox"],
        cwd=here,
        env={**clean_environment(), "FUTEL_TWILIO_URL": box.url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [row["friendly_name"] for row in json.loads(ended.stdout)] == ["Straße ☎ 電話"]

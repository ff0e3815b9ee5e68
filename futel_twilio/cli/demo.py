"""The story that `invoke demo` tells."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomlkit
from invoke.program import Program

from futel_twilio.cli.console import print_json, print_lines
from futel_twilio.config import inventory
from futel_twilio.config.connection import SANDBOX
from futel_twilio.config.estate import ESTATE_FILE, PROJECT
from futel_twilio.config.variables import VARIABLES
from futel_twilio.errors import PartiallyApplied
from futel_twilio.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Step:
    """One command of the story: why, what is typed, and the exit code that belongs to it."""

    why: str
    command: str
    exits: int = 0


STORY = (
    Step("A new account holds nothing. One command makes stage and prod:", "invoke setup --profile sandbox"),
    Step("Run again, it finds nothing to do:", "invoke setup --profile sandbox"),
    Step("Then somebody edits the account by hand, in a hurry:", "by hand"),
    Step("The plan shows what differs now:", "invoke plan --profile sandbox", exits=1),
    Step("Apply fixes it:", "invoke apply --profile sandbox"),
    Step(
        "A new prod installation is ready. Promote points prod to it, and estate.toml follows:",
        "invoke promote --env prod --dialplans https://prod-2.dialplans.example.net "
        "--skip-rehearsal 'the sandbox has no dialplans' --profile sandbox",
    ),
    Step(
        "A phone of the inventory is new. One command gives it a number, a password, and its address to 911:",
        "invoke add-client alder-street --env prod --buy 503 --profile sandbox",
    ),
    Step(
        "It moves to another corner, and its 911 address with it:",
        "invoke change-address alder-street --address '9 NW New St, Portland, OR 97209' --profile sandbox",
    ),
    Step("Where everything stands now:", "invoke list-clients --profile sandbox"),
    Step("", "invoke list-applications --profile sandbox"),
    Step("", "invoke list-domains --profile sandbox"),
    Step("", "invoke list-credential-lists --profile sandbox"),
    Step("", "invoke list-mappings --profile sandbox"),
)


def tell(*, as_json: bool = False) -> None:
    """Tell the story.

    Raises:
        PartiallyApplied: a step did not end as it should.
    """
    steps = []
    with _fresh_directory():
        for step in STORY:
            if not as_json:
                print_lines("", *([f"# {step.why}"] if step.why else []))
            steps.append({"why": step.why, **_take(step, as_json=as_json)})
    if as_json:
        print_json(steps)
    else:
        print_lines(
            "",
            "All of this happened on the sandbox, in a directory that is gone now: nothing is left.",
        )
        print_lines("Next: `invoke setup --profile sandbox` here, or `invoke doctor` for the real account.")


def _take(step: Step, *, as_json: bool) -> dict[str, Any]:
    if step.command == "by hand":
        return _by_hand(as_json=as_json)
    if not as_json:
        print_lines(f"$ {step.command}")
        _expect(step, _run(step.command))
        return {}
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        code = _run(f"{step.command} --json")
    _expect(step, code)
    return {"command": step.command, "exit_code": code, "output": json.loads(output.getvalue())}


def _expect(step: Step, code: int) -> None:
    if code != step.exits:
        raise PartiallyApplied(
            f"The demo stopped: `{step.command}` exited with {code}.",
            "Something is wrong with this copy of the project: run `.venv/bin/pytest` to see what.",
        )


def _run(command: str) -> int:
    try:
        Program().run(shlex.split(f"invoke --search-root {shlex.quote(str(PROJECT))} {command[7:]}"))
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def _by_hand(*, as_json: bool) -> dict[str, Any]:
    with open_workspace(SANDBOX) as workspace:
        done = [(command, edit) for command, edit in _edits(workspace)]
        for command, edit in done:
            if not as_json:
                print_lines(f"$ {command}")
            edit()
    return {"command": [command for command, _edit in done]}


def _edits(workspace: Workspace) -> Iterator[tuple[str, Callable[[], object]]]:
    client = workspace.api.client
    sids = {domain.domain_name: domain for domain in client.sip.domains.list(page_size=1000)}
    stage, prod = (sids[f"direct-futel-{env}.sip.twilio.com"] for env in ("stage", "prod"))
    credential_list = client.sip.credential_lists.list(page_size=1000)[0]
    cli = "twilio api:core:sip:domains"
    yield (
        f"{cli}:update --sid {stage.sid} --voice-url https://old.dialplans.example.net/dial_outgoing",
        lambda: stage.update(voice_url="https://old.dialplans.example.net/dial_outgoing"),
    )
    yield (
        f"{cli}:auth:calls:credential-list-mappings:remove --domain-sid {prod.sid} --sid {credential_list.sid}",
        prod.auth.calls.credential_list_mappings(str(credential_list.sid)).delete,
    )


@contextlib.contextmanager
def _fresh_directory() -> Iterator[None]:
    """A directory with the project's estate and nothing else, and an environment that names no account."""
    estate = tomlkit.parse((PROJECT / ESTATE_FILE).read_text(encoding="utf-8"))
    estate.pop("account_sid", None)
    before = {
        name: os.environ.pop(name) for name in VARIABLES if name in os.environ
    }  # the story names its own
    try:
        with tempfile.TemporaryDirectory() as directory, contextlib.chdir(directory):
            for name in ("extensions.json", inventory.CLIENTS_FILE):
                shutil.copy(PROJECT / name, name)
            Path(ESTATE_FILE).write_text(tomlkit.dumps(estate), encoding="utf-8")
            yield
    finally:
        os.environ.update(before)

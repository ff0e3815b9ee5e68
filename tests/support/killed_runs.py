"""Kill a phone command after each of its requests, and run it again: `-m tests.support.killed_runs COMMAND`.

One line of JSON for each kill: whether it came to that, and what the account holds after the second run. The
sandbox is at FUTEL_TWILIO_URL; what it holds to begin with is read from standard input, as it dumps it. The
working directory holds the estate. With a second argument N only every N-th request is tried.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from futel_twilio.apply import write_run
from futel_twilio.commands import clients, listing
from futel_twilio.commands.clients import ClientOptions
from futel_twilio.twilio_api import http
from futel_twilio.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from futel_twilio.apply.result import Result
    from futel_twilio.workspace import Workspace

ESTATE = ("estate.toml", "extensions.json", "clients.toml")
BOUGHT, NEW_ADDRESS = "+15035550150", "9 NW New St, Portland, OR 97209"
CREATED = 201
COMMANDS: dict[str, Callable[[Workspace], Result]] = {
    "add --number": lambda workspace: clients.add_client(
        workspace, "alder-street", ClientOptions("prod", number=BOUGHT)
    ),
    "add --buy": lambda workspace: clients.add_client(
        workspace, "alder-street", ClientOptions("prod", buy="971")
    ),
    "change": lambda workspace: clients.change_address(workspace, "alder-street", NEW_ADDRESS),
    "delete": lambda workspace: clients.delete_client(
        workspace, "alder-street", "+15035550101", ClientOptions(allow_911_loss=("alder-street",))
    ),
}


def main(command: str, every: int = 1) -> None:
    """Kill after request `every`, then after twice as many, and so on, until the command ends by then."""
    url, dump = os.environ["FUTEL_TWILIO_URL"], json.load(sys.stdin)
    write_run.PAUSE_SECONDS = 0.0
    for after in range(every, 1000, every):
        _begin_anew(url, dump)
        child = os.fork()
        if not child:
            _run(command, after)
            os._exit(0)
        killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
        sys.stdout.write(json.dumps({"after": after, "killed": killed, **_again(command, url)}) + "\n")
        if not killed:
            return


def _begin_anew(url: str, dump: dict[str, Any]) -> None:
    for name in ESTATE:
        shutil.copy(Path("as-it-was") / name, name)
    Path("credentials-ledger.jsonl").unlink(missing_ok=True)
    requests.post(f"{url}/_sandbox/reset", timeout=60).raise_for_status()
    requests.post(f"{url}/_sandbox/seed", json=dump, timeout=60).raise_for_status()


def _run(command: str, kill_after: int) -> None:
    answered, ask = 0, http.Http._once

    def once(self: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal answered
        answer = ask(self, *args, **kwargs)
        answered += 1
        if answered == kill_after:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    http.Http._once = once  # type: ignore[method-assign]
    with open_workspace("sandbox") as workspace:
        COMMANDS[command](workspace)


def _again(command: str, url: str) -> dict[str, Any]:
    with open_workspace("sandbox") as workspace:
        COMMANDS[command](workspace)
    with open_workspace("sandbox") as workspace:
        left = COMMANDS[command](workspace).plan.changes
        return {
            "left": len(left),
            "clients": listing.clients(workspace).rows,
            "numbers": listing.numbers(workspace).rows,
            "credentials": listing.credentials(workspace).rows,
            "addresses": listing.addresses(workspace).rows,
            "bought": _purchases(url),
        }


def _purchases(url: str) -> int:
    log = requests.get(f"{url}/_sandbox/requests", timeout=60).json()["requests"]
    return sum(
        one["method"] == "POST"
        and one["path"].endswith("/IncomingPhoneNumbers.json")
        and one["status"] == CREATED
        for one in log
    )


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))

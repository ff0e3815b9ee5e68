"""Interrupted commands about phones: no second purchase, no lost 911, and the same command again ends it."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio.commands import clients, listing
from futel_twilio.commands.clients import ClientOptions
from futel_twilio.errors import FutelTwilioError
from futel_twilio.workspace import open_workspace
from tests.cli.test_tasks import INVOKE
from tests.conftest import clean_environment, copy_estate, ignored_interrupts, invoke
from tests.support.paths import PROJECT
from tests.support.phones import begin_anew, delay_911, purchases
from tests.support.sampling import EVERY

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.apply.result import Result
    from futel_twilio.sandbox.server import Sandbox

Accounts = dict[str, dict[str, Any]]
ASKED = {
    "--number": ClientOptions("prod", number="+15035550150"),
    "--buy": ClientOptions("prod", buy="971"),
}
FAULTS = ("reset-before", "reset-after", "500", "truncated")


@pytest.fixture
def at_url(box: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox, with `account.at` in this test reaching it."""
    assert here.is_dir()
    monkeypatch.setenv("FUTEL_TWILIO_URL", box.url)
    return box


def add(asked: ClientOptions) -> Result:
    """Add a phone, as its own command."""
    with open_workspace("sandbox") as workspace:
        return clients.add_client(workspace, "alder-street", asked)


def try_each(
    box: Sandbox, here: Path, dump: dict[str, Any], asked: ClientOptions, methods: tuple[str, ...]
) -> int:
    """Let each request of `add_client` in turn go wrong in each way, and run it again; how many were tried."""
    begin_anew(box, dump)
    add(asked)
    of_each = {method: box.count(method) for method in methods}
    places = [(method, n) for method, count in of_each.items() for n in range(1, count + 1)]
    for fault in FAULTS:
        for method, n in places:
            copy_estate(here)
            begin_anew(box, dump)
            box.fault(method, "*", fault, times=1, start=n)
            with contextlib.suppress(FutelTwilioError):
                add(asked)
            box.clear_faults()
            assert add(asked).applied
            assert purchases(box) == 1, (fault, method, n)
            require_whole(box, here)
    return len(places) * len(FAULTS)


def require_whole(box: Sandbox, here: Path) -> None:
    """The phone has all it needs, once, and the files say so."""
    with open_workspace("sandbox", directory=here) as workspace:
        (row,) = [row for row in listing.clients(workspace).rows if row["phone"] == "alder-street"]
        names = [n["name"] for n in listing.numbers(workspace).rows]
    assert (row["credential"], row["application"], row["911"]) == ("yes", "incoming-prod", "registered")
    assert row["address"] == "1 SW EXAMPLE ST, PORTLAND, OR 97201, US"
    assert names.count("alder-street") == 1
    box.clear_requests()
    with open_workspace("sandbox", directory=here) as workspace:
        assert clients.add_client(workspace, "alder-street", ClientOptions("prod")).plan.changes == ()


@pytest.mark.parametrize("how", ASKED)
def test_no_second_purchase(how: str, at_url: Sandbox, here: Path, phone_accounts: Accounts) -> None:
    """Whichever write of `add-client` is lost, before or after it was carried out: one number is bought, no more."""
    tried = try_each(at_url, here, phone_accounts["set up"], ASKED[how], ("POST",))
    assert tried == len(FAULTS) * 4  # the address, the number, the credential, and the address on the number


@pytest.mark.slow
@pytest.mark.parametrize("how", ASKED)
def test_no_second_purchase_at_any_request(
    how: str, at_url: Sandbox, here: Path, phone_accounts: Accounts
) -> None:
    """Whichever request of `add-client` is lost, before or after it was carried out: one number is bought, no more."""
    assert try_each(at_url, here, phone_accounts["set up"], ASKED[how], ("GET", "POST")) > len(FAULTS) * 15


def killed(box: Sandbox, here: Path, dump: dict[str, Any], command: str, every: int = 1) -> list[Any]:
    """What `tests.support.killed_runs` saw."""
    copy_estate(here / "as-it-was")
    ran = subprocess.run(
        [sys.executable, "-m", "tests.support.killed_runs", command, str(every)],
        cwd=here,
        env={**clean_environment(), "FUTEL_TWILIO_URL": box.url, "PYTHONPATH": str(PROJECT)},
        input=json.dumps(dump),
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    runs = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [run["killed"] for run in runs] == [True] * (len(runs) - 1) + [False]
    assert {run["left"] for run in runs} == {0}
    return runs


def slow_911(box: Sandbox, dump: dict[str, Any], seconds: float) -> dict[str, Any]:
    """The same account where Twilio takes its time with addresses, so that pending states are met."""
    begin_anew(box, dump)
    delay_911(box, seconds)
    return box.dump()


def test_ctrl_c_while_911_is_waited_for(
    at_url: Sandbox, here: Path, client: Any, phone_accounts: Accounts
) -> None:
    """Ctrl-C while 911 is waited for, although it was ignored before: 2, and the passwords that are Twilio's.

    The same command goes on from there.
    """
    begin_anew(at_url, phone_accounts["bare"])
    delay_911(at_url, 3600)
    command = [*INVOKE, "add-client", "alder-street", "--env", "prod", "--profile", "sandbox"]
    environment = {**clean_environment(), "FUTEL_TWILIO_URL": at_url.url}
    with (
        ignored_interrupts(),
        subprocess.Popen(
            command, cwd=here, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as running,
    ):
        while not any(n.emergency_address_sid for n in client.incoming_phone_numbers.list()):
            assert running.poll() is None
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert running.returncode == 2
    assert "Passwords, shown this once:\n  alder-street  " in out
    assert (
        "Interrupted half-way: 3 of 3 changes may have been made.\n"
        "  To finish it: `invoke resume --profile sandbox`\n" in err
    )
    assert "Traceback" not in err
    again = invoke("add-client alder-street --env prod --no-wait --profile sandbox")
    assert again.code == 0, again
    assert "The 911 address of +15035550101 is not registered yet" in again.out
    assert "was cut off:\n  invoke add-client" in again.err
    assert "\n  To finish it: `invoke resume --profile sandbox`\n" in again.err


@pytest.mark.parametrize("every", EVERY)
@pytest.mark.parametrize("how", ASKED)
def test_a_killed_purchase_is_not_made_again(
    how: str, every: int, at_url: Sandbox, here: Path, phone_accounts: Accounts
) -> None:
    """Killed (SIGKILL) after a request, `add-client` run again ends with one number bought, registered and named."""
    dump = slow_911(at_url, phone_accounts["set up"], 0.15)
    runs = killed(at_url, here, dump, f"add {how}", every)
    assert len(runs) > 2
    for run in runs:
        assert run["bought"] == 1, run["after"]
        (phone,) = [row for row in run["clients"] if row["phone"] == "alder-street"]
        assert (phone["credential"], phone["911"]) == ("yes", "registered")
        assert [n["name"] for n in run["numbers"]].count("alder-street") == 1
        assert [c["credential"] for c in run["credentials"]] == ["alder-street"]
        assert [a["address"] for a in run["addresses"]] == ["1 SW EXAMPLE ST, PORTLAND, OR 97201, US"]


@pytest.mark.parametrize("every", EVERY)
def test_a_killed_change_of_address_is_finished(
    every: int, at_url: Sandbox, here: Path, phone_accounts: Accounts
) -> None:
    """Killed after a request and run again, `change-address` ends at the new address; a left-over one is reported."""
    dump = slow_911(at_url, phone_accounts["synced"], 0.15)
    runs = killed(at_url, here, dump, "change", every)
    assert len(runs) > 2
    old, new = "1 SW EXAMPLE ST, PORTLAND, OR 97201, US", "9 NW NEW ST, PORTLAND, OR 97209, US"
    for run in runs:
        (phone,) = [row for row in run["clients"] if row["phone"] == "alder-street"]
        assert (phone["911"], phone["address"]) == ("registered", new), run["after"]
        there = {row["address"]: row["as_wished"] for row in run["addresses"]}
        assert len(run["addresses"]) == len(there)
        assert there.pop(new) == "yes"
        assert there.pop(old, "not in clients.toml") == "not in clients.toml"
        assert set(there) == {
            "200 SE SAMPLE AVE PORCH, PORTLAND, OR 97202, US",
            "5 OLD ST, PORTLAND, OR 97201, US",
        }


@pytest.mark.parametrize("every", EVERY)
def test_a_killed_removal_is_finished(
    every: int, at_url: Sandbox, here: Path, phone_accounts: Accounts
) -> None:
    """Killed after a request, `delete-client` with its number run again ends without either."""
    dump = slow_911(at_url, phone_accounts["synced"], 0.15)
    runs = killed(at_url, here, dump, "delete", every)
    assert len(runs) > 2
    for run in runs:
        assert "alder-street" not in {row["phone"] for row in run["clients"]}
        assert "+15035550101" not in {row["number"] for row in run["numbers"]}
        assert "alder-street" not in {row["credential"] for row in run["credentials"]}
        left = {row["as_wished"] for row in run["addresses"] if row["address"].startswith("1 SW")}
        assert left <= {"not in clients.toml"}

"""The parity run stopped, killed and cut off at any moment: the account is unchanged, at once or after --clean."""

import json
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from futel_twilio.sandbox.experiments.catalogue import EXPERIMENTS
from futel_twilio.sandbox.experiments.guard import kind_of
from futel_twilio.sandbox.experiments.table import LIMITS, NEW_ACCOUNT, NUMBER
from futel_twilio.sandbox.http.app import App
from futel_twilio.sandbox.server import Sandbox
from tests.support.parity import command, ended, furnish, picture, planted
from tests.support.planted import WAYS
from tests.support.sampling import first
from tests.support.sandbox import sdk

MOMENTS = 24
EXACT_MOMENTS = 8
KILLS = 12
AT_ONCE = [one.name for one in EXPERIMENTS if one.needs not in {LIMITS, NEW_ACCOUNT, NUMBER}]
SIGNALS = (signal.SIGINT, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def some(chance: random.Random, count: int) -> tuple[str, ...]:
    """Flags for a few experiments."""
    return tuple(part for name in chance.sample(AT_ONCE, count) for part in ("--only", name))


@dataclass
class Ambush:
    """Sends a signal to a run when its server sees a request, before it is carried out or after."""

    when: Callable[[int, str, str], bool]
    number: signal.Signals
    after: bool = False
    again: bool = False
    running: subprocess.Popen[str] | None = None
    seen: int = 0
    sprung: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def around(self, serve: Any, app: App, environ: Any, start_response: Any) -> Iterable[bytes]:
        """One request."""
        with self.lock:
            self.seen += 1
            now = not self.sprung and self.when(self.seen, environ["REQUEST_METHOD"], environ["PATH_INFO"])
            if now:
                self.sprung = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        if now and not self.after:
            self.send()
        answer: Iterable[bytes] = serve(app, environ, start_response)
        if now and self.after:
            self.send()
        return answer

    def send(self) -> None:
        assert self.running is not None
        for _ in range(2 if self.again else 1):
            os.kill(self.running.pid, self.number)


@pytest.fixture
def ambushed(box: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A furnished account, and a run of it that is ambushed."""
    furnish(box.url)
    serve = App.__call__

    def run(ambush: Ambush, *flags: str) -> tuple[int, str, str]:
        def call(app: App, environ: Any, start_response: Any) -> Iterable[bytes]:
            # Only what the run asks of this server: the run's own sandbox is another process.
            return ambush.around(serve, app, environ, start_response)

        with monkeypatch.context() as patched:
            ambush.running = command(box.url, tmp_path, "--yes", *flags)
            patched.setattr(App, "__call__", call)
            return ended(ambush.running)

    return run


@pytest.mark.parametrize("moment", first(0, range(MOMENTS)))
def test_stopped_at_a_random_moment_at_a_server_that_differs(tmp_path: Path, moment: int) -> None:
    """Stopped at any moment while it tries what ten planted ways change, it leaves that account unchanged too."""
    chance = random.Random(200 + moment)  # noqa: S311 - which moment, not a secret
    ways = chance.sample(sorted(WAYS), 10)
    flags = [part for way in ways for part in ("--only", way)]
    with planted(*ways) as url:
        furnish(url)
        before = picture(url)
        at = asked_of(url) + chance.randrange(1, 110)  # of some 125
        running = command(url, tmp_path, "--yes", "--json", *flags)
        while running.poll() is None and asked_of(url) < at:
            time.sleep(0.01)
        running.send_signal(chance.choice(SIGNALS))
        code, out, err = ended(running)
        assert picture(url) == before
    assert list(tmp_path.iterdir()) == []
    assert "Traceback" not in err, err
    found = json.loads(out) if out else {"experiments": []}
    assert {one["name"] for one in found["experiments"] if one["result"] != "same"} <= set(ways)
    stopped = "It was stopped before its end." in err or "Stopped before anything was made." in err
    assert code == (2 if stopped else 1)


def asked_of(url: str) -> int:
    """How many requests a sandbox has answered."""
    return int(requests.get(f"{url}/_sandbox/requests", timeout=60).json()["count"])


@pytest.mark.parametrize("moment", first(0, range(EXACT_MOMENTS)))
def test_stopped_at_a_random_request(box: Sandbox, ambushed: Any, tmp_path: Path, moment: int) -> None:
    """Stopped at a random request, before it or after it, once or twice, it removes what it made, and reports it."""
    chance = random.Random(moment)  # noqa: S311 - which moment, not a secret
    flags = some(chance, 6)
    before = picture(box.url)
    at = chance.randrange(1, 140)
    ambush = Ambush(
        lambda seen, _method, _path: seen == at,
        chance.choice(SIGNALS),
        after=chance.random() < 0.5,
        again=chance.random() < 0.25,
    )
    code, out, err = ambushed(ambush, *flags)
    assert picture(box.url) == before
    assert list(tmp_path.iterdir()) == []
    assert "Traceback" not in err, err
    stopped = "It was stopped before its end." in err or "Stopped before anything was made." in err
    assert code == (2 if stopped else 0)
    assert stopped or "6 experiments: 6 the same" in out  # it had come to its end, and was looking again


@pytest.mark.parametrize("after", first(1, [False, True]))
def test_stopped_while_something_is_being_made(box: Sandbox, ambushed: Any, *, after: bool) -> None:
    """Stopped during the very request that makes something, it removes that too and begins nothing else."""
    before = picture(box.url)
    ambush = Ambush(lambda _n, method, path: method == "POST" and bool(kind_of(path)), signal.SIGINT, after)
    code, _, err = ambushed(ambush, "--only", "mappings.auth_type")
    assert (code, ambush.sprung.partition(" ")[0]) == (2, "POST")
    assert "It was stopped before its end." in err
    assert picture(box.url) == before
    assert box.count("POST") - len(before) < 30


@pytest.mark.parametrize("moment", first(1, range(KILLS)))
def test_killed_at_a_random_moment(box: Sandbox, ambushed: Any, tmp_path: Path, moment: int) -> None:
    """Killed at a random request, --clean or a second run removes what is left, and the ledger goes."""
    chance = random.Random(100 + moment)  # noqa: S311 - which moment, not a secret
    flags = some(chance, 6)
    before = picture(box.url)
    at = chance.randrange(40, 140)
    ambush = Ambush(lambda seen, _m, _p: seen == at, signal.SIGKILL, after=chance.random() < 0.5)
    code, _, _ = ambushed(ambush, *flags)
    assert (code == -signal.SIGKILL) == bool(ambush.sprung)
    again = ("--clean",) if moment % 2 else some(chance, 1)
    code, out, err = ended(command(box.url, tmp_path, "--yes", *again))
    assert (code, "Traceback" in err) == (0, False), out + err
    assert picture(box.url) == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("experiment", "path"),
    [
        ("keys.unnamed", "/Keys.json"),
        pytest.param(
            "subdomains.delete_mapped_for_calls", "/CredentialListMappings.json", marks=pytest.mark.slow
        ),
        pytest.param("credentials.shape", "/Credentials.json", marks=pytest.mark.slow),
        pytest.param("subscriptions.shape", "/v1/Subscriptions", marks=pytest.mark.slow),
    ],
)
def test_killed_before_the_answer_came(
    box: Sandbox, ambushed: Any, tmp_path: Path, experiment: str, path: str
) -> None:
    """What was made without anybody hearing of it is found again by --clean, a thing without a name too."""
    before = picture(box.url)
    ambush = Ambush(lambda _n, m, p: m == "POST" and p.endswith(path), signal.SIGKILL, after=True)
    code, _, _ = ambushed(ambush, "--only", experiment)
    assert (code, len(picture(box.url)) > len(before)) == (-signal.SIGKILL, True)
    code, out, _ = ended(command(box.url, tmp_path, "--clean", "--yes"))
    assert (code, out.splitlines()[-1]) == (0, "The account is unchanged by that run.")
    assert picture(box.url) == before
    assert list(tmp_path.iterdir()) == []


def test_a_lost_ledger_is_made_up_for_by_the_marks(box: Sandbox, ambushed: Any, tmp_path: Path) -> None:
    """Killed, and the ledger lost: --clean finds everything by the names that the run gave."""
    before = picture(box.url)
    ambush = Ambush(lambda _n, m, p: m == "POST" and "IpAccessControlListMappings" in p, signal.SIGKILL, True)
    ambushed(ambush, "--only", "mappings.auth_type")
    (ledger,) = tmp_path.iterdir()
    ledger.unlink()
    code, out, _ = ended(command(box.url, tmp_path, "--clean", "--yes"))
    assert (code, out.splitlines()[-1]) == (0, "They are gone.")
    assert picture(box.url) == before


@pytest.mark.slow
def test_a_killed_run_gives_a_lent_number_back(box: Sandbox, ambushed: Any, tmp_path: Path) -> None:
    """Killed while a lent number named an application of the run's: --clean sets the number to what it was."""
    with sdk(box.url) as client:
        (lent,) = client.incoming_phone_numbers.list(phone_number="+15035550124")
    before = picture(box.url)
    done: list[str] = []

    def pointed(_n: int, method: str, path: str) -> bool:
        done.append(path) if method == "POST" and lent.sid in path else None
        return len(done) == 5 and method == "DELETE"  # after the application was named

    ambushed(Ambush(pointed, signal.SIGKILL), "--only", "numbers.routing", "--with-number", lent.sid)
    with sdk(box.url) as client:
        assert client.incoming_phone_numbers(lent.sid).fetch().voice_application_sid
    code, _, err = ended(command(box.url, tmp_path, "--clean", "--yes"))
    assert code == 0, err
    after = [one for one in picture(box.url) if one["kind"] != "alert"]
    for one in (*before, *after):
        if one["sid"] == lent.sid:
            one.pop("updated")
    assert after == before


@pytest.mark.slow
def test_what_is_made_is_noted_before_it_is_asked_for(ambushed: Any, tmp_path: Path) -> None:
    """When a create reaches the server, the ledger on disk names it already, and holds no secret."""
    missing: list[str] = []

    def noted(_n: int, method: str, path: str) -> bool:
        if method == "POST" and kind_of(path):
            (ledger,) = tmp_path.glob("*.ledger")
            text = ledger.read_text()
            last = json.loads(text.splitlines()[-1])
            assert "secret" not in text
            if last.get("wanted", {}).get("collection") != path:
                missing.append(path)
        return False

    code, _, _ = ambushed(Ambush(noted, signal.SIGINT), "--only", "mappings.", "--only", "keys.")
    assert (code, missing) == (0, [])


@pytest.mark.parametrize("fault", first(0, ["reset-after", "reset-before", "503", "truncated"]))
def test_answers_that_are_lost(box: Sandbox, tmp_path: Path, fault: str) -> None:
    """A create whose answer is lost is not tried again; its experiment is not answered, the rest goes on."""
    furnish(box.url)
    before = picture(box.url)
    box.fault("POST", "*/SIP/CredentialLists.json", fault, times=1)
    flags = ("--only", "credential_lists.name_taken", "--only", "credentials.shape")
    code, out, _ = ended(command(box.url, tmp_path, "--yes", *flags))
    assert (code, out.splitlines()[-1]) == (2, "2 experiments: 1 the same, 0 different, 1 not answered.")
    assert picture(box.url) == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_reads_and_removals_are_patient(box: Sandbox, tmp_path: Path) -> None:
    """A 429 to anything, and a 503 to a read or a removal, are waited out."""
    box.fault("POST", "*", "429", times=2, start=3)
    box.fault("DELETE", "*", "503", times=2, start=2)
    box.fault("GET", "*", "503", times=1, start=30)
    code, out, _ = ended(command(box.url, tmp_path, "--yes", "--only", "credentials."))
    assert (code, out.splitlines()[-1]) == (0, "9 experiments: 9 the same, 0 different.")


def test_one_run_at_a_time(box: Sandbox, ambushed: Any, tmp_path: Path) -> None:
    """While a run is under way another of the same account is refused, and the first ends well."""
    others: list[tuple[int, str, str]] = []

    def second(seen: int, _method: str, _path: str) -> bool:
        if seen == 60:
            others.append(ended(command(box.url, tmp_path, "--yes", "--only", "paging.nothing")))
        return False

    code, _, _ = ambushed(Ambush(second, signal.SIGINT, lock=NoLock()), "--only", "mappings.")  # type: ignore[arg-type]
    assert code == 0
    ((other, _, err),) = others
    assert (other, err.splitlines()[0]) == (
        2,
        "A parity run of this account is under way already. Nothing was made.",
    )


class NoLock:
    """Two runs at once are counted by nobody."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...

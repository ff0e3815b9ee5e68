"""The sandbox's own door: its help, its flags, its own paths, and what it leaves behind."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from futel_twilio.sandbox.api_v2010 import addresses
from futel_twilio.sandbox.api_v2010.phone_numbers import purchase
from futel_twilio.sandbox.http import command_line, control
from futel_twilio.sandbox.http.faults import FAULT_KINDS, METHODS
from futel_twilio.sandbox.http.registry import LIMITS
from futel_twilio.sandbox.server import Sandbox
from tests.support.paths import PROJECT
from tests.support.sandbox import ROOT, call, process, refusal, sdk


def help_text() -> str:
    command = [sys.executable, "-m", "futel_twilio.sandbox", "--help"]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "120"}
    )
    return ended.stdout


def test_the_help_explains_everything() -> None:
    """Every flag, path, setting, fault and limit stands in the help, with the default credentials and examples."""
    reported = help_text()
    for action in command_line.parser()._actions:
        assert action.help
        assert action.option_strings[-1] in reported
    assert all(f"{path.method:7}{control.PREFIX}{path.name}" in reported for path in control.PATHS)
    assert all(f"  {name}" in reported for name in (*control.SETTINGS, *FAULT_KINDS))
    assert all(kind in reported for kind in LIMITS)
    assert all(f"{code}" in reported for code in (21628, 21629, 21631, 21615))
    assert all(word in reported for word in METHODS)
    assert "1000" in re.findall(r"  latency .*", reported)[-1]
    assert "AC and 32 zeros" in reported
    assert "Exit codes: 0" in reported


def test_the_magic_that_is_reported_works(client: Any) -> None:
    """Each made-up street and number that the help lists is refused, or corrected, with the code it says."""
    reported = help_text()
    place = ("Ada", "1 Main St", "Portland", "OR", "97201", "US")
    here = client.addresses.create(*place).sid
    for words in (addresses.WRONG, addresses.CORRECTABLE):
        assert f"a Street with the words '{words}'" in reported
    for words, says in purchase.MAGIC:
        assert f"the numbers {words}" in reported
        assert says in reported
        first = words.partition(" ")[0]
        codes = [int(code) for code in re.findall(r"\b2[0-9]{4}\b", says)]
        buy = partial(client.incoming_phone_numbers.create, phone_number=first)
        tries = (buy, partial(buy, address_sid=here))[: len(codes)]
        assert [refusal(one)[1] for one in tries] == codes
    assert len(purchase.MAGIC) == 3


README = (PROJECT / "README.md").read_text(encoding="utf-8")
(BLOCK,) = [block for block in re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL) if "curl" in block]
EMPTY: dict[str, Any] = {"format": "futel_twilio.sandbox/1", "objects": [], "counters": [], "settings": []}
STARTS = [line for line in (BLOCK + command_line.EXAMPLES).splitlines() if "python -m" in line]
CURLS = [line for line in (BLOCK + command_line.EXAMPLES).splitlines() if "curl" in line]


@pytest.mark.parametrize("line", STARTS)
def test_the_commands_that_are_shown_start(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command of README and of the help is one that starts, once the seed that it names is there."""
    monkeypatch.chdir(tmp_path)
    for name in ("before.json", "after.json"):
        (tmp_path / name).write_text(json.dumps(EMPTY))
    words = shlex.split(line)
    assert words[:3] == ["python", "-m", "futel_twilio.sandbox"]
    assert command_line.wrong(command_line.parser().parse_args(words[3:])) == []


@pytest.mark.parametrize("line", CURLS)
def test_the_requests_that_are_shown_are_answered(box: Sandbox, line: str) -> None:
    """Each `curl` of README and of the help is answered with 200."""
    *sent, url = shlex.split(line)[1:]
    there = url.replace("http://127.0.0.1:4010", box.url)
    assert there.startswith(box.url)
    answer = as_curl(there, *sent)
    assert answer.status_code == 200, answer.text


def as_curl(url: str, *words: str) -> requests.Response:
    """What curl sends for `-d NAME=VALUE` and `--data-binary @FILE`: of both it says that they are a form."""
    if not words:
        return requests.get(url, timeout=60)
    flag, data = words
    body = json.dumps(EMPTY) if data.startswith("@") else data
    assert flag == ("--data-binary" if data.startswith("@") else "-d")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return requests.post(url, data=body, headers=form, timeout=60)


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "text/plain", "application/json", None]
)
def test_json_is_known_by_how_it_begins(box: Sandbox, client: Any, kind: str | None) -> None:
    """A dump is a seed whatever its Content-Type says, and so is JSON on every other path of the sandbox's own."""
    sid = client.applications.create(friendly_name="a=b&c").sid
    dumped = requests.get(f"{box.url}/_sandbox/dump", timeout=60).text
    headers = {"Content-Type": kind} if kind else {}

    def post(name: str, body: str) -> requests.Response:
        return requests.post(f"{box.url}/_sandbox/{name}", body.encode(), headers=headers, timeout=60)

    assert post("reset", "").status_code == 200
    assert post("seed", f"\n {dumped}").text == "{}"
    assert client.applications(sid).fetch().friendly_name == "a=b&c"
    assert post("settings", '{"balance": "1.00"}').json()["balance"] == "1.00"
    assert post("faults", '{"rule": "GET /x 500"}').status_code == 200
    broken = post("seed", dumped[:-9])
    assert (broken.status_code, "is no JSON" in broken.json()["message"]) == (400, True)


def test_the_settings_that_are_reported_are_those_there_are(box: Sandbox) -> None:
    """The help names each setting that can be read, and each can be put back as it reads."""
    assert set(box.settings()) == set(control.SETTINGS)
    assert box.settings(**box.settings()) == box.settings()


def test_every_path_of_its_own_answers(box: Sandbox) -> None:
    """Each path is served by its method and by no other, and none is logged or needs credentials."""
    sent = {
        "alerts": {"error_code": "32009"},
        "calls": {"from": "a", "to": "b"},
        "caller-ids": {"phone_number": "+15035550142"},
        "faults": {"rule": "GET /nowhere 500"},
        "seed": {"format": "futel_twilio.sandbox/1", "objects": [], "counters": [], "settings": []},
    }
    for path in sorted(control.PATHS, key=lambda one: one.name != "seed"):  # a seed needs an empty sandbox
        answer = requests.request(
            path.method, f"{box.url}{control.PREFIX}{path.name}", json=sent.get(path.name, {}), timeout=60
        )
        assert answer.status_code == 200, (path.method, path.name, answer.text)
    assert requests.put(f"{box.url}{control.PREFIX}reset", timeout=60).status_code == 404
    assert box.count() == 0


def listed(url: str, **sought: str) -> list[dict[str, Any]]:
    answer = requests.get(f"{url}/_sandbox/requests", params=sought, timeout=60)
    assert answer.ok, answer.text
    assert answer.json()["count"] == len(answer.json()["requests"])
    return list(answer.json()["requests"])


def test_the_request_log_is_sought(box: Sandbox, client: Any) -> None:
    """Requests are found by method, path, status and fault, and each by the id that its answer had."""
    client.applications.create(friendly_name="a")
    client.applications.list()
    refusal(client.applications("AP" + "0" * 32).fetch)
    box.fault("GET", "*/Balance.json", "500")
    answer = call(box.url, "GET", f"{ROOT}/Balance.json")
    assert [row["method"] for row in listed(box.url)] == ["POST", "GET", "GET", "GET"]
    assert len(listed(box.url, method="GET", path="Applications")) == 2
    assert len(listed(box.url, path="*/Applications.json")) == 2
    assert [row["path"][-8:] for row in listed(box.url, status="404")] == ["000.json"]
    (broken,) = listed(box.url, fault="500")
    assert broken["request_id"] == answer.headers["Twilio-Request-Id"] == box.requests()[-1].request_id
    wrong = requests.get(f"{box.url}/_sandbox/requests?colour=red", timeout=60)
    assert (wrong.status_code, "colour" in wrong.json()["message"]) == (400, True)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_dump_is_left_at_the_end(tmp_path: Path, ending: signal.Signals) -> None:
    """Interrupted, the process exits 0 and leaves a dump for its owner alone, that another begins with."""
    file = tmp_path / "after.json"
    with process("--dump", str(file)) as (running, url), sdk(url) as client:
        sid = client.applications.create(friendly_name="kept").sid
        assert not file.exists()
        running.send_signal(ending)
        assert running.wait(timeout=60) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["after.json"]
    assert file.stat().st_mode & 0o777 == 0o600
    with process("--seed", str(file)) as (_, url), sdk(url) as client:
        assert client.applications(sid).fetch().friendly_name == "kept"


def test_a_dump_that_cannot_be_written_is_reported_at_once(tmp_path: Path) -> None:
    """A place where no file can be is refused before anything is served."""
    for place in (tmp_path, tmp_path / "absent" / "after.json"):
        command = [sys.executable, "-m", "futel_twilio.sandbox", "--dump", str(place)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert ended.stderr == f"--dump {place} cannot be written. {command_line.NO_DUMP}\n"


def test_a_dump_that_fails_at_the_end_is_reported(tmp_path: Path) -> None:
    """When the place is gone by the end, that is one line and an exit code of 2, and no traceback."""
    folder = tmp_path / "folder"
    folder.mkdir()
    with process("--dump", str(folder / "after.json")) as (running, _):
        folder.rmdir()
        running.terminate()
        assert running.wait(timeout=60) == 2
        assert running.stderr is not None
        reported = running.stderr.read()
    assert reported.startswith(f"--dump {folder}")
    assert reported.count("\n") == 1


def test_limits_are_set_lower(tmp_path: Path) -> None:
    """A limit is set in Python or by a flag, by the kind of thing; the refusal is the usual one."""
    with Sandbox(limits={"domain": 1}) as box, sdk(box.url) as client:
        client.sip.domains.create(domain_name="a.sip.twilio.com")
        assert refusal(lambda: client.sip.domains.create(domain_name="b.sip.twilio.com"))[:2] == (400, 21230)
    with process("--limit", "application=1") as (_, url), sdk(url) as client:
        client.applications.create()
        assert refusal(client.applications.create)[0] == 400
    for wrong in ("domain", "domain=0", "phone=3", "domain=-1"):
        command = [sys.executable, "-m", "futel_twilio.sandbox", "--limit", wrong]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60)
        assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
        assert wrong in ended.stderr


def test_settings_are_all_or_nothing(box: Sandbox) -> None:
    """An unknown or wrong setting is a ValueError in Python and a 400 over HTTP, and changes nothing."""
    before = box.settings()
    for wrong in ({"colour": "red"}, {"balance": "1.00", "account_type": "None"}, {"latency_ms": "x"}):
        with pytest.raises(ValueError, match=r"."):
            box.settings(**wrong)
        answer = requests.post(f"{box.url}/_sandbox/settings", json=wrong, timeout=60)
        assert answer.status_code == 400
    assert box.settings() == before
    assert box.settings(latency_ms=0, balance="1.00")["balance"] == "1.00"


def test_the_next_registrations_end_as_ordered(box: Sandbox, client: Any) -> None:
    """Outcomes are ordered one by one: the next fails, the one after succeeds, and then all are as set."""
    place = ("Ada", "1 Main St", "Portland", "OR", "97201", "US")
    address = client.addresses.create(*place, emergency_enabled=True).sid
    assert box.settings(emergency_delay_seconds=0, emergency_next="failure, success")["emergency_next"] == [
        "failure",
        "success",
    ]
    states = []
    for _ in range(3):
        number = client.incoming_phone_numbers.create(area_code="503").update(emergency_address_sid=address)
        states.append(number.fetch().emergency_address_status)
    assert states == ["registration-failure", "registered", "registered"]
    assert box.settings()["emergency_next"] == []
    with pytest.raises(ValueError, match="emergency_next"):
        box.settings(emergency_next=["perhaps"])


def test_a_refused_registration_uses_no_outcome_up(box: Sandbox, client: Any) -> None:
    """An order for the next registration stays when the request is refused."""
    box.settings(emergency_next=["failure"])
    number = client.incoming_phone_numbers.create(area_code="503")
    refusal(lambda: number.update(emergency_address_sid="AD" + "0" * 32))
    assert box.settings()["emergency_next"] == ["failure"]


def test_the_dump_is_json_that_people_can_read(box: Sandbox, client: Any) -> None:
    """A dump over HTTP is the one of Python, and names each object by its kind."""
    client.applications.create(friendly_name="a")
    found = requests.get(f"{box.url}/_sandbox/dump", timeout=60).json()
    assert found == json.loads(json.dumps(box.dump()))
    assert [row["kind"] for row in found["objects"]] == ["application", "event"]

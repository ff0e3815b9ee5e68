"""The parity run against sandboxes that differ: it names what differs, costs nothing, and leaves nothing."""

import json
import os
import pty
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from futel_twilio.parity import census
from futel_twilio.parity.command import arguments
from futel_twilio.sandbox.experiments import guard
from futel_twilio.sandbox.experiments.catalogue import EXPERIMENTS
from futel_twilio.sandbox.experiments.table import LIMITS
from futel_twilio.sandbox.experiments.unrun import UNRUN
from futel_twilio.sandbox.server import Sandbox
from tests.conftest import clean_environment
from tests.support.parity import command, compared, differing, ended, furnish, picture, planted
from tests.support.paths import PROJECT
from tests.support.planted import WAYS
from tests.support.sampling import first
from tests.support.sandbox import sdk

SHUFFLED = random.Random(4).sample(sorted(WAYS), len(WAYS))  # noqa: S311 - which ten, not a secret
TENS = [SHUFFLED[n : n + 10] for n in range(0, len(SHUFFLED) - 9, 10)]
FEW = ("--only", "applications.", "--only", "subdomains.", "--only", "keys.unnamed")


@pytest.mark.parametrize("ways", first(1, TENS), ids=lambda ways: ways[0])
def test_ten_planted_differences_are_named_and_no_other(ways: list[str], tmp_path: Path) -> None:
    """Of a server that differs in ten ways those ten are named; its account is unchanged, to the date."""
    with planted(*ways) as url:
        furnish(url)
        before = picture(url)
        code, result = compared(url, tmp_path)
        assert differing(result) == set(ways)
        assert (code, result["problems"]) == (1, [])
        assert picture(url) == before
    assert list(tmp_path.iterdir()) == []


def test_enough_ways_are_planted() -> None:
    """At least thirty ways are planted in all, so that three runs of ten share none."""
    assert len(TENS) >= 3


@pytest.mark.parametrize("limits", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_server_that_does_not_differ(box: Sandbox, tmp_path: Path, limits: bool) -> None:
    """Against a sandbox like ours, with a lent number, all is the same, nothing is left; limits of a hundred too.

    No number is bought, nobody called, no message or test event sent: the server granted no such request. What
    is left is a line in the error log, for EmergencyStatus, and the day the lent number was changed.
    """
    furnish(box.url)
    with sdk(box.url) as client:
        (lent,) = client.incoming_phone_numbers.list(phone_number="+15035550124")
        lent.update(voice_url="", friendly_name="to lend")
    before = picture(box.url)
    tried = [one for one in EXPERIMENTS if max([*one.makes.values(), 0]) < 1000]
    names = [one.name for one in tried if limits or one.needs != LIMITS]
    flags = ("--with-number", lent.sid, "--new-account", *(["--limits"] if limits else []))
    only = [part for name in names for part in ("--only", name)]
    code, result = compared(box.url, tmp_path, *flags, *only)
    assert (code, differing(result), result["problems"]) == (0, set(), [])
    assert [one["name"] for one in result["experiments"]] == names
    assert len(tried) == len(EXPERIMENTS) - 3
    assert granted(box, r"/IncomingPhoneNumbers\b.*") == {f"/IncomingPhoneNumbers/{lent.sid}.json"}
    assert granted(box, r"/(Calls|Messages|OutgoingCallerIds)\b.*|.*/Test") == set()
    after = [one for one in picture(box.url) if one["kind"] != "alert"]
    for one in (*before, *after):
        if one["sid"] == lent.sid:
            one.pop("updated")
    assert after == before


def granted(box: Sandbox, costly: str) -> set[str]:
    """Which of the paths that may cost or tell somebody something were posted to, and not refused."""
    asked = [one for one in box.requests()[before_it(box) :] if one.method == "POST" and one.status < 400]
    places = {re.sub(r"^/2010-04-01/Accounts/AC0+", "", one.path) for one in asked}
    return {place for place in places if re.fullmatch(costly, place)}


def before_it(box: Sandbox) -> int:
    """How many requests furnished the account: all before the run first looked for its keys."""
    return next(
        n for n, one in enumerate(box.requests()) if one.path.endswith("/Keys.json") and one.method == "GET"
    )


def test_it_shows_what_it_makes_and_what_it_does_not(box: Sandbox, tmp_path: Path) -> None:
    """--list says how many of what would be made, that it costs nothing, and what is not run and its price."""
    code, out, err = ended(command(box.url, tmp_path, "--list"))
    assert (code, err) == (0, "")
    assert re.search(r"^  \d+ SIP domains$", out, flags=re.MULTILINE)
    assert "Cost: nothing." in out
    for one in UNRUN:
        assert f"{one.name}: would cost {one.costs}" in out
    assert "limits.domains: needs leave to fill up one kind of thing (--limits)" in out
    assert box.count("POST", "DELETE") == 0


def test_without_a_terminal_it_refuses(box: Sandbox, tmp_path: Path) -> None:
    """Where there is nobody to ask, nothing is made, and the exit code is 2."""
    code, _, err = ended(command(box.url, tmp_path))
    assert (code, err.splitlines()[-1]) == (2, "Confirm with --yes.")
    assert box.count("POST", "DELETE") == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("answer", "code"), [("y", 0), ("n", 2), pytest.param("", 2, marks=pytest.mark.slow)]
)
def test_at_a_terminal_it_asks(box: Sandbox, tmp_path: Path, answer: str, code: int) -> None:
    """At a terminal it asks, goes on for y alone, and shows how far it is."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "futel_twilio.parity", "--profile", "sandbox", *FEW],
        cwd=tmp_path,
        env={**clean_environment(), "FUTEL_TWILIO_URL": box.url, "PYTHONPATH": str(PROJECT)},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        os.write(ours, f"{answer}\n".encode())
        out, err = running.communicate(timeout=120)
    os.close(ours)
    os.close(theirs)
    assert (running.returncode, "Go on? [y/N]" in err) == (code, True)
    assert ("the same" in out) == (code == 0)
    assert (box.count("POST") > 0) == (code == 0)


@pytest.mark.slow
def test_the_table_says_what_each_side_said(tmp_path: Path) -> None:
    """The table has a row for each experiment, and for one that differs a row for each such step."""
    with planted("credentials.username_taken") as url:
        code, out, _ = ended(command(url, tmp_path, "--yes", "--only", "credentials.username"))
    assert code == 1
    rows = [re.split(r"  +", line.strip()) for line in out.splitlines()]
    assert ["experiment", "sandbox said", "server said"] in rows
    row = next(row for row in rows if row[0] == "credentials.username_taken: again")
    assert (row[1][:9], row[2][:9], row[3]) == ("400/21243", "400/21240", "DIFFERENT")
    assert next(row for row in rows if row[0] == "credentials.username_in_two_lists")[-1] == "same"
    assert out.splitlines()[-1] == "4 experiments: 3 the same, 1 different."


def test_an_api_key_may_do_less(tmp_path: Path) -> None:
    """With a standard API key the experiments that need more are named as not run, the rest is the same."""
    with Sandbox(accounts=[f"AC{'0' * 32}:SK{'3' * 32}:secret"]) as box:
        run = command_by_key(box.url, tmp_path)
        result = json.loads(run.stdout)
    assert (run.returncode, differing(result)) == (0, set())
    assert "keys.secret: needs the account's auth token or a Main key" in run.stderr
    assert not [one for one in result["experiments"] if one["name"].startswith("keys.")]


def command_by_key(url: str, here: Path) -> subprocess.CompletedProcess[str]:
    variables = {
        "FUTEL_TWILIO_URL": url,
        "TWILIO_ACCOUNT_SID": f"AC{'0' * 32}",
        "TWILIO_API_KEY": f"SK{'3' * 32}",
        "TWILIO_API_SECRET": "secret",
    }
    return subprocess.run(
        [sys.executable, "-m", "futel_twilio.parity", "--yes", "--json", "--only", "k", "--only", "m"],
        cwd=here,
        env={**clean_environment(), **variables, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--only", "nonsense"), "No experiment begins so."),
        (("--yes", "--with-number", f"PN{'1' * 32}"), "There is no phone number"),
    ],
)
def test_what_cannot_be_done_is_refused(
    box: Sandbox, tmp_path: Path, flags: tuple[str, ...], says: str
) -> None:
    """A wrong name or a number that is not there: one sentence, exit code 2, nothing made, no ledger left."""
    code, _, err = ended(command(box.url, tmp_path, *flags))
    assert (code, says in err, "Traceback" in err) == (2, True, False)
    assert (box.count("POST"), list(tmp_path.iterdir())) == (0, [])


def test_a_number_in_use_is_not_lent(box: Sandbox, tmp_path: Path) -> None:
    """A number that something uses is left alone, and said to be in use."""
    furnish(box.url)
    before = picture(box.url)
    with sdk(box.url) as client:
        (used,) = client.incoming_phone_numbers.list(phone_number="+15035550123")
    code, _, err = ended(command(box.url, tmp_path, "--yes", "--with-number", used.sid))
    assert (code, "is in use: it has emergency_address_sid" in err) == (2, True)
    assert picture(box.url) == before


def test_nothing_is_reached(tmp_path: Path) -> None:
    """A server that is not there, and the embedded sandbox: one sentence each, exit code 2."""
    code, _, err = ended(command("http://127.0.0.1:9", tmp_path, "--yes"))
    assert (code, "was not answered" in err, "Traceback" in err) == (2, True, False)
    code, _, err = ended(command("", tmp_path, "--yes"))
    assert (code, err.splitlines()[0]) == (2, "The embedded sandbox would be compared with itself.")


def test_whatever_can_be_made_is_counted() -> None:
    """Each kind that an experiment may make stands in the census, alone or in what it lives in.

    But for what the census knows by another path: the old ones of mappings, and signing keys.
    """
    twice = {
        "/SIP/Domains/{}/CredentialListMappings",
        "/SIP/Domains/{}/IpAccessControlListMappings",
        "/SigningKeys",
    }
    counted = set()
    for listing in census.LISTINGS:
        path = listing.path.removeprefix("{account}").removesuffix(".json")
        counted |= {path, *(f"{path}/{{}}/{inner.path.removesuffix('.json')}" for inner in listing.inner)}
    assert {kind.path.removesuffix(".json") for kind in guard.KINDS} - twice <= counted


def test_the_session_of_nox_lets_it_clean_up() -> None:
    """Left alone, nox would kill what it runs half a second after an interrupt: this session waits."""
    text = (PROJECT / "noxfile.py").read_text(encoding="utf-8")
    (session,) = re.findall(r"def parity\(.*?\n\n\n", text, flags=re.DOTALL)
    assert '"interrupt_timeout": None, "terminate_timeout": None' in session
    assert "futel_twilio.parity" in session


def test_its_flags_are_described(capsys: pytest.CaptureFixture[str]) -> None:
    """--help describes every flag and the exit codes."""
    with pytest.raises(SystemExit):
        arguments(["--help"])
    out = capsys.readouterr().out
    for flag in ("--profile", "--yes", "--json", "--list", "--clean", "--only", "--with-number", "--limits"):
        assert flag in out
    assert "0 no differences, 1 differences, 2 refused" in out

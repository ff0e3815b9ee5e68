"""Rehearsal: dialplans are asked what Twilio would ask, and calls are not pointed at what does not answer."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import trustme

from futel_twilio.apply import history
from futel_twilio.cli import views
from futel_twilio.rehearsal import requests, runner
from futel_twilio.workspace import open_workspace
from tests.cli.test_tasks import INVOKE
from tests.conftest import clean_environment, ignored_interrupts, invoke
from tests.support import prepared
from tests.support.dialplans import DRIBBLES, ELSEWHERE, Behavior, proxying, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox
    from futel_twilio.workspace import Workspace

pytestmark = pytest.mark.rehearses
PATHS = {"/dial_outgoing", "/dial_sip_e164"}


@pytest.fixture(autouse=True)
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority of the tests' dialplans is trusted, as a system's own would be."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "authority.pem"))


@pytest.fixture
def set_up(at_box: Sandbox) -> Sandbox:
    """The sandbox, set up."""
    return prepared.set_up(at_box)


def promote(url: str, *more: str) -> str:
    return " ".join(("promote --env prod --dialplans", url, *more))


def urls_of(box: Sandbox) -> set[str]:
    return {o["body"]["voice_url"] for o in box.dump()["objects"] if o["kind"] in {"application", "domain"}}


def test_dialplans_that_answer_are_promoted(set_up: Sandbox, tmp_path: Path) -> None:
    """Right answers to signed questions, and a refusal of forged ones: the promotion goes through."""
    behavior = Behavior(checks=True)
    with serving(tmp_path, behavior) as url:
        ended = invoke(promote(url))
    assert ended.code == 0, ended
    assert "Rehearsal: 11 of 11 answers are well." in ended.out
    assert {path for path, _form in behavior.asked} == PATHS
    assert f"{url}/dial_outgoing" in urls_of(set_up)


def test_what_twilio_would_ask(set_up: Sandbox, tmp_path: Path) -> None:
    """A phone's calls to 933, #, 0 and a number, and a call that comes in; never 911."""
    behavior = Behavior(checks=True)
    assert set_up.url
    with serving(tmp_path, behavior) as url:
        assert invoke(f"rehearse --env prod --dialplans {url}").code == 0
    outgoing = {form["To"].split("@")[0] for path, form in behavior.asked if path == "/dial_outgoing"}
    assert outgoing == {"sip:933", "sip:#", "sip:0", "sip:+15035550100"}
    callers = {form["From"] for path, form in behavior.asked if path == "/dial_outgoing"}
    assert callers == {
        "sip:alder-street@direct-futel-prod.sip.twilio.com",
        "sip:cedar-lot@direct-futel-nonemergency-prod.sip.twilio.com",
    }
    incoming = next(form for path, form in behavior.asked if path == "/dial_sip_e164")
    assert incoming["To"] == "+15035550101"
    assert incoming["CallStatus"] == "ringing"
    assert incoming["AccountSid"] == "AC" + "0" * 32
    assert not any("911" in value for _path, form in behavior.asked for value in form.values())


WRONG = {
    "HTML": (Behavior(body=b"<html><body>It works</body></html>"), "<html>, not TwiML"),
    "broken XML": (Behavior(body=b"<Response><Say>"), "not XML"),
    "nothing": (Behavior(body=b""), "answers with nothing"),
    "a redirect": (Behavior(status=302, headers={"Location": "https://example.com/"}), "redirects"),
    "HTTP 500": (Behavior(status=500, body=b"oops"), "HTTP 500"),
    "a bomb": (
        Behavior(body=b'<!DOCTYPE x [<!ENTITY a "aaaa">]><Response>&a;</Response>'),
        "not XML",
    ),
}


@pytest.mark.parametrize(("behavior", "says"), WRONG.values(), ids=WRONG.keys())
def test_wrong_answers_refuse_the_promotion(
    set_up: Sandbox, here: Path, tmp_path: Path, behavior: Behavior, says: str
) -> None:
    """What is not TwiML keeps every URL, and estate.toml, as they are; exit 2, and why for each URL."""
    before, estate = urls_of(set_up), (here / "estate.toml").read_text()
    with serving(tmp_path, behavior) as url:
        ended = invoke(promote(url))
    assert ended.code == 2
    assert says in ended.err
    assert "--skip-rehearsal" in ended.err
    assert (urls_of(set_up), (here / "estate.toml").read_text()) == (before, estate)


def test_nothing_listens(set_up: Sandbox, tmp_path: Path) -> None:
    """A server that is not there is reported as such."""
    before = urls_of(set_up)
    with serving(tmp_path, Behavior()) as url:
        pass
    ended = invoke(promote(url))
    assert ended.code == 2
    assert "cannot be reached" in ended.err
    assert urls_of(set_up) == before


@pytest.mark.parametrize(
    ("days", "says"), [(-1, "certificate does not hold"), (5, "certificate ends in 4 days")]
)
def test_certificates(set_up: Sandbox, tmp_path: Path, days: float, says: str) -> None:
    """An expired certificate, and one that ends within 14 days, refuse the promotion."""
    before = urls_of(set_up)
    with serving(tmp_path, Behavior(), days=days) as url:
        ended = invoke(promote(url))
    assert ended.code == 2
    assert says in ended.err
    assert urls_of(set_up) == before


def test_a_strange_authority(set_up: Sandbox, tmp_path: Path) -> None:
    """A certificate of an authority that nobody here trusts refuses the promotion."""
    before = urls_of(set_up)
    with serving(tmp_path, Behavior()) as url:
        trustme.CA().cert_pem.write_to_path(tmp_path / "authority.pem")
        ended = invoke(promote(url))
    assert ended.code == 2
    assert "certificate does not hold" in ended.err
    assert urls_of(set_up) == before


def test_slow_answers(set_up: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slower than the budget is a warning; slower than Twilio waits, even byte by byte, is a failure."""
    monkeypatch.setattr(runner, "SLOW_SECONDS", 0.05)
    with serving(tmp_path, Behavior(wait=0.1, checks=True)) as url:
        ended = invoke(f"rehearse --env prod --dialplans {url}")
    assert ended.code == 0
    assert "! warning: 9 answers of " in ended.out
    assert "2 well, 9 slow" in ended.out
    assert "FAILED" not in ended.out
    monkeypatch.setattr(runner, "LONGEST_SECONDS", 0.5)
    for behavior in (
        Behavior(wait=2),
        Behavior(trickle=0.05, body=b"<Response>" + b" " * 80 + b"</Response>"),
    ):
        with serving(tmp_path, behavior) as url:
            ended = invoke(promote(url))
        assert ended.code == 2
        assert "Twilio would hang up" in ended.err
    assert not any("localhost" in url for url in urls_of(set_up))


def test_forged_requests_that_are_believed(set_up: Sandbox, tmp_path: Path) -> None:
    """An answer to a wrong signature is a finding: reported, exit 1 of `rehearse`, and no bar to a promotion."""
    with serving(tmp_path, Behavior(checks=False)) as url:
        ended = invoke(f"rehearse --env prod --dialplans {url} --json")
        assert ended.code == 1
        findings = [a for a in ended.json["answers"] if a["level"] == "finding"]
        assert {a["url"] for a in findings} == {url + path for path in PATHS}
        promoted = invoke(promote(url))
    assert promoted.code == 0
    assert "wrong signature is answered" in promoted.out
    assert any(url in one for one in urls_of(set_up))


KEY = "SK" + "1" * 32


@pytest.fixture
def by_key(set_up: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The sandbox, set up, with an API key at hand and no auth token."""
    with type(set_up)(state=":memory:", accounts=[f"{KEY}:key-secret"]) as box:
        box.seed(set_up.dump())
        monkeypatch.setenv("FUTEL_TWILIO_URL", box.url)
        monkeypatch.setenv("TWILIO_API_KEY", KEY)
        monkeypatch.setenv("TWILIO_API_SECRET", "key-secret")
        monkeypatch.delenv("TWILIO_AUTH_TOKEN")
        yield box


@pytest.mark.parametrize("behavior", [Behavior(checks=True), Behavior(status=403), Behavior(status=401)])
def test_unsigned_and_refused_is_not_rehearsed(by_key: Sandbox, tmp_path: Path, behavior: Behavior) -> None:
    """With an API key alone a server that refuses everybody is not promoted; the remedy names the token."""
    before = urls_of(by_key)
    with serving(tmp_path, behavior) as url:
        ended = invoke(promote(url, "--yes"))
        alone = invoke(f"rehearse --env prod --dialplans {url}")
    assert ended.code == 2
    assert "asked unsigned, and refused: whether it would answer Twilio is unknown" in ended.err
    assert "Give TWILIO_AUTH_TOKEN beside the API key" in ended.err
    assert "--skip-rehearsal" in ended.err
    assert "Fix the dialplans" not in ended.err
    assert urls_of(by_key) == before
    assert alone.code == 1
    assert "Give TWILIO_AUTH_TOKEN beside the API key" in alone.out


def test_a_token_beside_the_key_signs(
    by_key: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TWILIO_AUTH_TOKEN beside an API key signs what the dialplans are asked, and nothing that Twilio is asked."""
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "sandbox")
    by_key.clear_requests()
    with serving(tmp_path, Behavior(checks=True)) as url:
        ended = invoke(promote(url, "--yes"))
    assert ended.code == 0, ended
    assert "11 of 11 answers are well.\n" in ended.out
    assert f"{url}/dial_outgoing" in urls_of(by_key)
    assert "rehearsals: signed" in invoke("doctor").out
    monkeypatch.setenv("TWILIO_API_SECRET", "wrong")
    assert "20003" in invoke("plan").err


def test_unsigned_and_answered(by_key: Sandbox, tmp_path: Path) -> None:
    """With an API key alone good TwiML is well, and it says that it asked unsigned; nothing is forged then."""
    with serving(tmp_path, behavior := Behavior()) as url:
        ended = invoke(promote(url, "--yes"))
    assert ended.code == 0, ended
    assert "9 of 9 answers are well, unsigned, since only an API key is at hand" in ended.out
    assert len(behavior.asked) == 9
    assert f"{url}/dial_outgoing" in urls_of(by_key)
    assert "rehearsals: unsigned; give TWILIO_AUTH_TOKEN" in invoke("doctor").out


def test_a_wrong_token_is_reported(set_up: Sandbox, tmp_path: Path) -> None:
    """A refusal of what was signed reports it: it may be the token that is wrong."""
    before = urls_of(set_up)
    with serving(tmp_path, Behavior(status=403)) as url:
        ended = invoke(promote(url))
    assert ended.code == 2
    assert "it refuses what is signed with the auth token at hand (HTTP 403)" in ended.err
    assert urls_of(set_up) == before


@pytest.mark.parametrize(
    "verbs", ["", "<!-- nothing -->", "<Reject/>", '<Reject reason="busy"/>', "<Hangup/><Say>Hello</Say>"]
)
def test_a_caller_who_would_be_hung_up_on(set_up: Sandbox, tmp_path: Path, verbs: str) -> None:
    """TwiML that ends the call at once is a finding: exit 1 of `rehearse`; a promotion shows it and goes on."""
    with serving(tmp_path, Behavior(checks=True, body=f"<Response>{verbs}</Response>".encode())) as url:
        ended = invoke(f"rehearse --env prod --dialplans {url}")
        promoted = invoke(promote(url))
    assert ended.code == 1
    assert "Rehearsal: 11 answers: 2 well, 9 with a finding." in ended.out
    assert "/dial_outgoing (all 8): it answers with nothing: the caller would be hung up on" in ended.out
    assert ended.out.splitlines()[-1] == (
        "Fix the dialplans, then run it again. `promote` shows findings and goes on."
    )
    assert promoted.code == 0
    assert "hung up on" in promoted.out
    assert any(url in one for one in urls_of(set_up))


@pytest.mark.parametrize(
    "verbs", ["<Redirect>https://example.com/</Redirect>", "<Pause/>", "<Say/><Hangup/>"]
)
def test_what_is_not_judged(set_up: Sandbox, tmp_path: Path, verbs: str) -> None:
    """What a call is redirected to, waits for or hears before its end is not judged."""
    assert set_up.url
    with serving(tmp_path, Behavior(checks=True, body=f"<Response>{verbs}</Response>".encode())) as url:
        assert "11 of 11 answers are well." in invoke(f"rehearse --env prod --dialplans {url}").out


def test_one_cause_is_one_line(set_up: Sandbox, tmp_path: Path) -> None:
    """What is wrong with a whole server is reported in one line, with how many answers of which URLs it is about."""
    assert set_up.url
    with serving(tmp_path, Behavior()) as url:
        pass
    ended = invoke(promote(url))
    (line,) = [line for line in ended.err.splitlines() if url in line]
    assert line.strip().startswith("11 answers of ")
    assert all(f"{url}{path} (all " in line for path in PATHS)
    alone = invoke(f"rehearse --env prod --dialplans {url}").out.splitlines()
    assert [one.split(" ")[1] for one in alone] == ["11", "FAILED:", "the"]
    assert alone[2].startswith(
        "Fix the dialplans, then run it again. `promote` is refused as long as this fails"
    )
    assert alone[0] == "Rehearsal: 11 answers: 11 failed."


def of_one_url(*answers: tuple[runner.Level, str, float]) -> runner.Rehearsal:
    """Answers of one URL to as many questions."""
    asked = (requests.Question("prod", "https://x.example.com/a", f"call {n}", {}) for n in range(9))
    return runner.Rehearsal(
        tuple(runner.Answer(q, *answer) for q, answer in zip(asked, answers, strict=False)), signed=True
    )


def test_each_level_is_counted() -> None:
    """The first line counts each level that occurs; slow answers are one line, with how slow; others keep apart."""
    slow = "it takes more than 2 s"
    found = of_one_url(
        ("well", "", 0.1),
        ("warning", slow, 2.5),
        ("warning", slow, 4.04),
        ("failed", "no", 1),
        ("failed", "none", 1),
    )
    assert views.rehearsal_lines(found) == (
        "Rehearsal: 5 answers: 1 well, 2 slow, 2 failed.",
        "! FAILED: https://x.example.com/a (call 3): no",
        "! FAILED: https://x.example.com/a (call 4): none",
        "! warning: 2 answers of https://x.example.com/a (call 1; call 2): it takes more than 2 s (2.5 to 4.0 s)",
    )
    assert views.rehearsal_next_steps(of_one_url(("warning", slow, 2.5), ("well", "", 0.1))) == ()


def test_the_remedy_is_for_what_failed() -> None:
    """Where some answers are bad and others were refused unsigned, both remedies are named."""
    found = of_one_url(("failed", "it answers with HTTP 500", 0.1), ("failed", runner.UNSIGNED, 0.1))
    assert found.remedy.startswith("Fix the dialplans and give TWILIO_AUTH_TOKEN beside the API key")
    assert found.refusal
    assert "do not answer as Twilio needs it" in found.refusal.message


def test_a_skipped_rehearsal_needs_a_reason_and_is_written_down(set_up: Sandbox, here: Path) -> None:
    """--skip-rehearsal goes on without asking; the history keeps why."""
    assert invoke(promote("https://prod-2.example.com", "--skip-rehearsal ' '")).code == 2
    ended = invoke(promote("https://prod-2.example.com", "--skip-rehearsal 'the lamp fell over'"))
    assert ended.code == 0
    with open_workspace("sandbox", directory=here) as workspace:
        (entry,) = [e for e in history.journal_of(workspace).entries() if e.command.startswith("promote")]
    assert entry.note == "rehearsal skipped: the lamp fell over"
    assert "https://prod-2.example.com/dial_outgoing" in urls_of(set_up)


def test_a_repr_holds_no_token(workspace: Workspace) -> None:
    """What asks holds the auth token, and does not show it."""
    question = requests.Question("prod", "https://x.example.com/a", "a call", {})
    asking = runner._Asking(question, replace(workspace.api.connection, secret="hidden-word"))
    assert "hidden-word" not in repr(asking) + repr(vars(asking))
    assert workspace.desired.domains


@pytest.mark.parametrize("part", DRIBBLES)
def test_a_deadline_holds_whatever_dribbles(
    set_up: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """An answer of which some part never ends fails at the deadline of its question, and the connection is cut."""
    assert set_up.url
    monkeypatch.setattr(runner, "LONGEST_SECONDS", 0.6)
    begun = time.monotonic()
    with serving(tmp_path, behavior := Behavior(dribble=part)) as url:
        ended = invoke(f"rehearse --env prod --dialplans {url}")
        took = time.monotonic() - begun
    assert ended.code == 1
    assert "Rehearsal: 11 answers: 11 failed." in ended.out
    assert "there is no whole answer within 1 s, and Twilio would hang up" in ended.out
    assert len(behavior.asked) == 11
    assert took < 60


def test_a_server_that_never_shakes_hands(set_up: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes the connection and says nothing at all fails at the deadline too."""
    assert set_up.url
    monkeypatch.setattr(runner, "LONGEST_SECONDS", 0.4)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ended = invoke(f"rehearse --env prod --dialplans https://localhost:{silent.getsockname()[1]}")
    assert ended.code == 1
    assert "11 failed" in ended.out


@pytest.mark.parametrize("part", ["body", "100 Continue"])
def test_an_interrupt_ends_a_rehearsal(at_box: Sandbox, here: Path, tmp_path: Path, part: str) -> None:
    """Ctrl-C ends a rehearsal at once, with 2, although answers never end, and although SIGINT was ignored."""
    environment = {
        **clean_environment(),
        "FUTEL_TWILIO_URL": at_box.url,
        "REQUESTS_CA_BUNDLE": str(tmp_path / "authority.pem"),
    }
    with serving(tmp_path, behavior := Behavior(dribble=part)) as url, ignored_interrupts():
        command = [*INVOKE, "rehearse", "--env", "prod", "--dialplans", url, "--profile", "sandbox"]
        with subprocess.Popen(
            command, cwd=here, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as running:
            while len(behavior.asked) < 8:
                assert running.poll() is None
                time.sleep(0.02)
            running.send_signal(signal.SIGINT)
            _out, err = running.communicate(timeout=60)
    assert running.returncode == 2
    assert "Interrupted. Nothing was written at Twilio." in err
    assert "Traceback" not in err


SENT = {
    "Host": "",
    "Accept": "*/*",
    "Connection": "close",
    "Content-Type": "application/x-www-form-urlencoded",
    "User-Agent": "TwilioProxy/1.1",
    "X-Home-Region": "us1",
    "I-Twilio-Idempotency-Token": "",
    "X-Twilio-Signature": "",
    "Content-Length": "",
}


def test_what_leaves_us_is_what_twilio_sends(
    set_up: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twilio's headers and no other: no netrc, no cookies of an earlier answer, nothing that Python adds."""
    assert set_up.url
    (tmp_path / "netrc").write_text("default login ada password hidden-word\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serving(tmp_path, behavior := Behavior(headers={"Set-Cookie": "a=b"})) as url:
        invoke(f"rehearse --env prod --dialplans {url}")
    assert len(behavior.heads) == 11
    for head in behavior.heads:
        assert set(head) == set(SENT)
        assert {name: head[name] for name, value in SENT.items() if value} == {
            n: v for n, v in SENT.items() if v
        }
    assert len({head["I-Twilio-Idempotency-Token"] for head in behavior.heads}) == 11


@pytest.mark.parametrize(
    ("signed_url", "code"),
    [("https://localhost", 0), ("https://localhost:{port}", 1), ("http://localhost", 1)],
)
def test_twilio_signs_without_the_port(set_up: Sandbox, tmp_path: Path, signed_url: str, code: int) -> None:
    """A verifier that leaves the port out, as Twilio does, is well; one that keeps it would refuse Twilio."""
    assert set_up.url
    behavior = Behavior(checks=True)
    with serving(tmp_path, behavior) as url:
        behavior.signed_url = signed_url.format(port=url.rpartition(":")[2])
        ended = invoke(f"rehearse --env prod --dialplans {url}")
    assert ended.code == code
    assert ("11 of 11 answers are well." in ended.out) == (code == 0)


@pytest.mark.parametrize("days", [90, 5, -1])
def test_certificates_are_looked_at_through_the_proxy(
    set_up: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    """Where only a proxy resolves the name, the question and the look at the certificate both go through it."""
    assert set_up.url
    with serving(tmp_path, Behavior(), days=days) as url, proxying() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://ada:hidden-word@127.0.0.1:{proxy.server_port}")
        there = url.replace("localhost", ELSEWHERE)
        ended = invoke(f"rehearse --env prod --dialplans {there}")
    says = {90: "2 with a finding", 5: "certificate ends in 4 days", -1: "its certificate does not hold"}[
        days
    ]
    assert says in ended.out
    assert {path for path, _head in proxy.asked} == {there.removeprefix("https://")}
    assert "cannot be reached" not in ended.out


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (
            407,
            "the proxy http://127.0.0.1:{port} wants a user name and password, or refuses those it was given",
        ),
        (403, "the proxy http://127.0.0.1:{port} refuses to connect there (HTTP 403)"),
        (0, "the proxy http://127.0.0.1:{port} cannot be reached (Connection refused)"),
    ],
)
def test_a_proxy_that_is_at_fault_is_named(
    set_up: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, says: str
) -> None:
    """What a proxy refuses is not blamed on the dialplans; its password is not shown."""
    assert set_up.url
    with serving(tmp_path, Behavior()) as url, proxying(status or 200) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://ada:hidden-word@127.0.0.1:{proxy.server_port}")
        if not status:
            proxy.server_close()
        ended = invoke(f"rehearse --env prod --dialplans {url.replace('localhost', ELSEWHERE)}")
    assert says.format(port=proxy.server_port) in ended.out
    assert "hidden-word" not in ended.out + ended.err


@pytest.mark.parametrize("encoding", ["no-such-encoding", "utf-7", "x"])
def test_an_encoding_that_nobody_knows(set_up: Sandbox, tmp_path: Path, encoding: str) -> None:
    """TwiML in an encoding that cannot be read is not XML for us, and no fault of the tool."""
    assert set_up.url
    body = f'<?xml version="1.0" encoding="{encoding}"?><Response/>'.encode()
    with serving(tmp_path, Behavior(body=body)) as url:
        ended = invoke(f"rehearse --env prod --dialplans {url}")
    assert ended.code == 1
    assert "its answer is not XML" in ended.out

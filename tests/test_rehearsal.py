"""Rehearsal: dialplans are asked what Twilio would ask, and calls are not pointed at what does not answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import trustme

from futel_twilio import account, rehearsal, runbook

from .conftest import invoke
from .dialplans import Manner, serving

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.account import Site
    from futel_twilio.sandbox.server import Sandbox

pytestmark = pytest.mark.rehearses
PATHS = {"/dial_outgoing", "/dial_sip_e164"}


@pytest.fixture(autouse=True)
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority of the tests' dialplans is trusted, as a system's own would be."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "authority.pem"))


@pytest.fixture
def set_up(at_box: Sandbox) -> Sandbox:
    """The sandbox, set up."""
    assert invoke("setup").code == 0
    return at_box


def promote(url: str, *more: str) -> str:
    return " ".join(("promote --env prod --dialplans", url, *more))


def urls_of(box: Sandbox) -> set[str]:
    return {o["body"]["voice_url"] for o in box.dump()["objects"] if o["kind"] in {"application", "domain"}}


def test_dialplans_that_answer_are_promoted(set_up: Sandbox, tmp_path: Path) -> None:
    """Right answers to signed questions, and a refusal of forged ones: the promotion goes through."""
    manner = Manner(checks=True)
    with serving(tmp_path, manner) as url:
        ended = invoke(promote(url))
    assert ended.code == 0, ended
    assert "Rehearsal: 11 of 11 answers are well." in ended.out
    assert {path for path, _form in manner.asked} == PATHS
    assert f"{url}/dial_outgoing" in urls_of(set_up)


def test_what_twilio_would_ask(set_up: Sandbox, tmp_path: Path) -> None:
    """A phone's calls to 933, #, 0 and a number, and a call that comes in; never 911."""
    manner = Manner(checks=True)
    assert set_up.url
    with serving(tmp_path, manner) as url:
        assert invoke(f"rehearse --env prod --dialplans {url}").code == 0
    outgoing = {form["To"].split("@")[0] for path, form in manner.asked if path == "/dial_outgoing"}
    assert outgoing == {"sip:933", "sip:#", "sip:0", "sip:+15035550100"}
    callers = {form["From"] for path, form in manner.asked if path == "/dial_outgoing"}
    assert callers == {
        "sip:alder-street@direct-futel-prod.sip.twilio.com",
        "sip:cedar-lot@direct-futel-nonemergency-prod.sip.twilio.com",
    }
    incoming = next(form for path, form in manner.asked if path == "/dial_sip_e164")
    assert incoming["To"] == "+15035550101"
    assert incoming["CallStatus"] == "ringing"
    assert incoming["AccountSid"] == "AC" + "0" * 32
    assert not any("911" in value for _path, form in manner.asked for value in form.values())


WRONG = {
    "HTML": (Manner(body=b"<html><body>It works</body></html>"), "<html>, not TwiML"),
    "broken XML": (Manner(body=b"<Response><Say>"), "not XML"),
    "nothing": (Manner(body=b""), "answers with nothing"),
    "a redirect": (Manner(status=302, headers={"Location": "https://example.com/"}), "redirects"),
    "HTTP 500": (Manner(status=500, body=b"oops"), "HTTP 500"),
    "a bomb": (
        Manner(body=b'<!DOCTYPE x [<!ENTITY a "aaaa">]><Response>&a;</Response>'),
        "not XML",
    ),
}


@pytest.mark.parametrize(("manner", "says"), WRONG.values(), ids=WRONG.keys())
def test_wrong_answers_refuse_the_promotion(
    set_up: Sandbox, here: Path, tmp_path: Path, manner: Manner, says: str
) -> None:
    """What is not TwiML keeps every URL, and estate.toml, as they are; exit 2, and why for each URL."""
    before, estate = urls_of(set_up), (here / "estate.toml").read_text()
    with serving(tmp_path, manner) as url:
        ended = invoke(promote(url))
    assert ended.code == 2
    assert says in ended.err
    assert "--skip-rehearsal" in ended.err
    assert (urls_of(set_up), (here / "estate.toml").read_text()) == (before, estate)


def test_nothing_listens(set_up: Sandbox, tmp_path: Path) -> None:
    """A server that is not there is told as such."""
    before = urls_of(set_up)
    with serving(tmp_path, Manner()) as url:
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
    with serving(tmp_path, Manner(), days=days) as url:
        ended = invoke(promote(url))
    assert ended.code == 2
    assert says in ended.err
    assert urls_of(set_up) == before


def test_a_strange_authority(set_up: Sandbox, tmp_path: Path) -> None:
    """A certificate of an authority that nobody here trusts refuses the promotion."""
    before = urls_of(set_up)
    with serving(tmp_path, Manner()) as url:
        trustme.CA().cert_pem.write_to_path(tmp_path / "authority.pem")
        ended = invoke(promote(url))
    assert ended.code == 2
    assert "certificate does not hold" in ended.err
    assert urls_of(set_up) == before


def test_slow_answers(set_up: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slower than the budget is a warning; slower than Twilio waits, even byte by byte, is a failure."""
    monkeypatch.setattr(rehearsal, "SLOW_SECONDS", 0.05)
    with serving(tmp_path, Manner(wait=0.1)) as url:
        ended = invoke(f"rehearse --env prod --dialplans {url}")
    assert "warning" in ended.out
    assert "FAILED" not in ended.out
    monkeypatch.setattr(rehearsal, "LONGEST_SECONDS", 0.5)
    for manner in (Manner(wait=2), Manner(trickle=0.05, body=b"<Response>" + b" " * 80 + b"</Response>")):
        with serving(tmp_path, manner) as url:
            ended = invoke(promote(url))
        assert ended.code == 2
        assert "Twilio would hang up" in ended.err
    assert not any("localhost" in url for url in urls_of(set_up))


def test_forged_requests_that_are_believed(set_up: Sandbox, tmp_path: Path) -> None:
    """An answer to a wrong signature is a finding: told, exit 1 of `rehearse`, and no bar to a promotion."""
    with serving(tmp_path, Manner(checks=False)) as url:
        ended = invoke(f"rehearse --env prod --dialplans {url} --json")
        assert ended.code == 1
        findings = [a for a in ended.json["answers"] if a["level"] == "finding"]
        assert {a["url"] for a in findings} == {url + path for path in PATHS}
        promoted = invoke(promote(url))
    assert promoted.code == 0
    assert "wrong signature is answered" in promoted.out
    assert any(url in one for one in urls_of(set_up))


def test_without_a_token_it_asks_unsigned(site: Site, tmp_path: Path) -> None:
    """With an API key alone questions go unsigned, which is said; a refusal is then no failure."""
    with_key = replace(site.api.settings, username="SK" + "1" * 32, secret="x")
    questions = rehearsal.of_environment(site.wish, "prod")
    manner = Manner(checks=True)
    with serving(tmp_path, manner) as url:
        moved = [replace(q, url=url + "/dial_outgoing") for q in questions]
        found = rehearsal.rehearse(moved, with_key)
    assert not found.signed
    assert {answer.level for answer in found.answers} == {"warning"}
    assert not any(answer.question.forged for answer in found.answers)
    assert found.refusal is None


def test_a_skipped_rehearsal_needs_a_reason_and_is_written_down(set_up: Sandbox, here: Path) -> None:
    """--skip-rehearsal goes on without asking; the history keeps why."""
    assert invoke(promote("https://prod-2.example.com", "--skip-rehearsal ' '")).code == 2
    ended = invoke(promote("https://prod-2.example.com", "--skip-rehearsal 'the lamp fell over'"))
    assert ended.code == 0
    with account.at("sandbox", directory=here) as site:
        (entry,) = [e for e in runbook.journal_of(site).entries() if e.command.startswith("promote")]
    assert entry.note == "rehearsal skipped: the lamp fell over"
    assert "https://prod-2.example.com/dial_outgoing" in urls_of(set_up)


def test_a_repr_holds_no_token(site: Site) -> None:
    """What asks holds the auth token, and does not show it."""
    asking = rehearsal._Asking(None, "hidden-word", "AC", {})  # type: ignore[arg-type]
    assert "hidden-word" not in repr(asking)
    assert site.wish.domains

"""The terminal: what others wrote is shown as text, and steers neither the terminal nor the reader."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
from typing import TYPE_CHECKING

import pytest
import requests
import responses
from invoke.exceptions import Exit

from futel_twilio import console, errors, letters, tables
from futel_twilio.console import Waiting
from futel_twilio.desired import ESTATE
from futel_twilio.doctor import Finding
from futel_twilio.flags import Flags

from .conftest import invoke
from .phone_support import own
from .sandbox_support import GOOD_PASSWORD, sdk

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox

EVIL = "evil\x1b[2J\x1b[31mRED\x1b]0;title\x07"
OTHERS = (
    EVIL,
    "gnp.\u202egpj",
    "zero\u200bwidth \u2066isolate\u2069",
    "new\nline: 0 to delete.\r\x08",
    "8-bit \x9b2J \x9d0;t\x9c",
    "tag\U000e0041 \ufeffmark \u2028 \ud800",
)
STRANGER = "s;$(x)'"
MARKUP = ("[red]x[/red]", "[link=https://evil.example]x[/link]", ":bomb:", "[/]", "\\[bold]")
COMMANDS = (
    "plan",
    "apply --dry-run",
    f"apply --dry-run --remove 'x{EVIL}'",
    "list-applications",
    "list-domains",
    "list-credentials",
    "list-numbers",
    "list-addresses",
    "list-clients",
    "sync-clients --env prod --dry-run",
    "audit --live --profile sandbox",
    f"delete-credential {shlex.quote(STRANGER)} --dry-run",
    f"update-client '{EVIL}'",
    f"promote --env '{EVIL}'",
    f"plan --only '{EVIL}'",
    f"list-available-numbers --area-code '{EVIL}'",
    f"snapshot --file 'snapshot-{EVIL}.json'",
    f"no-such-{EVIL}",
    f"plan --no-such-{EVIL}",
    "history",
    "doctor",
)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Terminal(io.StringIO):
    """A stream that takes itself for a terminal."""

    def isatty(self) -> bool:
        return True


def is_clean(text: str) -> bool:
    """Whether a text holds nothing but what is seen, and line ends."""
    return all(letters.is_visible(letter) or letter == "\n" for letter in text)


def on_terminal(line: str, table: tables.Table) -> str:
    """What is printed of a line and a table where stdout is a terminal, its colours left out."""
    screen = Terminal()
    with contextlib.redirect_stdout(screen):
        console.say(line)
        console.say_table(table)
    return COLOURS.sub("", screen.getvalue())


@pytest.mark.parametrize("text", OTHERS)
def test_what_would_steer_a_terminal_is_escaped(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Lines, tables and questions show what would not be seen, on a terminal and elsewhere, on one line each."""
    table = tables.Table(("name", text), ((text, "x"),))
    console.say(text, f"two {text}")
    console.say(text, stderr=True)
    console.say_table(table)
    printed = capsys.readouterr()
    assert is_clean(printed.out + printed.err)
    assert letters.shown(text) in printed.out
    assert printed.out.count("\n") == 4  # two lines, and two of the table
    screen = on_terminal(text, table)
    assert is_clean(screen)
    assert letters.shown(text) in screen.splitlines()[0]


def test_escapes_tell_texts_apart() -> None:
    """Two names that would look alike do not."""
    alike = ("a", "a\u200b", "a\u2060", "a\x7f", "a\ufe0f", "\u202ea", "a\u3164", "a\u00ad", "a\u2800")
    assert len({letters.shown(text) for text in alike}) == len(alike)


@pytest.mark.parametrize("text", ["plain", "Straße 12 — Ä", "日本", "fish 🐟", "é", "“quotes” … ✗"])
def test_what_can_be_read_stays(text: str) -> None:
    """What a person reads is printed as it is."""
    assert letters.shown(text) == text


@pytest.mark.parametrize("text", MARKUP)
def test_markup_is_text(text: str) -> None:
    """What looks like rich's markup, a link or an emoji's name is printed as it stands, in lines and in tables."""
    screen = on_terminal(text, tables.Table((text,), ((text,),)))
    assert screen.count(text) == 3


def test_a_question_and_a_wait_are_clean(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Questions, and the word while something takes long, hold nothing that steers a terminal."""
    monkeypatch.setattr("sys.stdin", Terminal("no\nno\n"))
    assert not console.says_yes(f"{EVIL}: go on?")
    assert not console.agrees(f"{EVIL}?")
    assert is_clean(capsys.readouterr().err)
    waiting = Waiting(shown=True)
    waiting.say(EVIL)
    assert is_clean(waiting._shown().plain)  # it is shown by a timer


def test_an_error_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    """What went wrong, every fault, the remedy and the doctor's words: a line each, whatever is in them."""
    error = errors.BadInput(f"{EVIL} failed", f"Mend {EVIL}", tuple(OTHERS))
    console.tell(error, Flags(nagios=True))
    printed = capsys.readouterr()
    assert is_clean(printed.out + printed.err)
    assert printed.err.count("\n") == len(error.lines)
    with pytest.raises(Exit):
        console.say_findings(iter([Finding("estate.toml", False, error.lines)]), Flags())
    printed = capsys.readouterr()
    assert is_clean(printed.out)
    assert printed.out.count("\n") == len(error.lines)


def test_a_fault_of_ours_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    """A traceback shows the text of an exception, and is not steered by it."""
    with contextlib.suppress(ValueError):
        try:
            int(EVIL)
        finally:
            console.tell_fault()
    assert is_clean(capsys.readouterr().err)


@pytest.fixture
def haunted(at_box: Sandbox) -> Sandbox:
    """An account that a stranger wrote into wherever a text can be written."""
    assert invoke("setup").code == 0
    own(at_box, ("+15035550101", "+15035550102"))
    with sdk(at_box.url) as client:
        for name in (*OTHERS[:-1], *MARKUP):
            client.applications.create(friendly_name=name, voice_url="https://x.example/")
        ours = next(one for one in client.applications.list() if one.friendly_name == "incoming-prod")
        ours.update(voice_url="https://evil.example/\u202e/x", status_callback="https://evil.example/?\u200b")
        (phones,) = client.sip.credential_lists.list()
        phones.credentials.create(username=STRANGER, password=GOOD_PASSWORD)
        client.addresses.create(
            EVIL, f"5 {EVIL} St", "Portl\u202eand", "OR", "97201", "US", friendly_name=EVIL
        )
        client.incoming_phone_numbers.create(phone_number="+15035550142", friendly_name=EVIL)
    alert = {
        "error_code": "11200",
        "alert_text": EVIL,
        "request_url": f"https://{EVIL}",
        "resource_sid": EVIL,
    }
    requests.post(f"{at_box.url}/_sandbox/alerts", json=alert, timeout=9).raise_for_status()
    return at_box


@pytest.mark.usefixtures("haunted")
def test_no_command_is_steered_by_an_account() -> None:
    """Whatever a stranger wrote into the account, or somebody typed, no command prints it raw."""
    ended = {command: invoke(command) for command in COMMANDS}
    assert [command for command, one in ended.items() if not is_clean(one.out + one.err)] == []
    assert letters.quoted(STRANGER) in ended["sync-clients --env prod --dry-run"].out


@pytest.mark.usefixtures("haunted")
def test_json_keeps_the_true_text() -> None:
    """A machine gets the names as they are, in ASCII."""
    ended = invoke("list-applications --json")
    assert {one["friendly_name"] for one in ended.json} >= {*OTHERS[:-1], *MARKUP}
    assert ended.out.isascii()


@responses.activate
@pytest.mark.parametrize(
    "body", [f"<html>{EVIL}</html>", json.dumps({"code": 20001, "message": EVIL, "status": 400})]
)
def test_an_error_page_is_clean(here: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page or the message of a server or a proxy is printed as text."""
    assert here.is_dir()
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "0" * 32)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "0" * 32)
    responses.add("GET", re.compile(r"https://.*"), body=body, status=400)
    ended = invoke("list-applications")
    assert ended.code == 2
    assert is_clean(ended.out + ended.err)


@pytest.mark.parametrize("old", ["[environment.stage]", "dialplans = "])
def test_a_file_is_told_clean(here: Path, old: str) -> None:
    """A file with such a text in it is told of in clean words."""
    estate = here / ESTATE
    estate.write_text(estate.read_text().replace(old, f'"x\\u001b[2J\\u202e" = 1\n{old}', 1))
    ended = invoke("plan --profile sandbox")
    assert ended.code == 2
    assert is_clean(ended.out + ended.err)
    assert "x\\x1b[2J\\u202e" in ended.out + ended.err

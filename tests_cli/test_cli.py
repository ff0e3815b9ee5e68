"""The CLI beside the runbook: paging, keys, refusals, and the hook that keeps it on this machine."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.project.test_docs import FENCES
from tests.support.paths import PROJECT
from tests.support.sandbox import call, sdk

from .held import as_text, differences
from .steps import STEPS
from .story import Story
from .terminal import SIGNED, run

if TYPE_CHECKING:
    from futel_twilio.sandbox.server import Sandbox

    from .terminal import Terminal

REACHES = "require('node:https').get(process.argv[1], answer => console.log(answer.statusCode))"

TELL = "error => console.log((error.cause ?? error).message)"
# Ways out of Node, each to a host of somebody else; none may get as far as a look-up.
WAYS_OUT = {
    "https": f"try {{ require('https').get('https://example.com/') }} catch (e) {{ ({TELL})(e) }}",
    "http": f"require('http').get('http://example.com/').on('error', {TELL})",
    "fetch": f"fetch('https://example.com/').catch({TELL})",
    "fetch, as Twilio": f"fetch('https://twilio.com.example.com/').catch({TELL})",
    "http2": f"require('http2').connect('https://example.com').on('error', {TELL})",
    "net, by port and host": f"require('net').connect(80, 'example.com').on('error', {TELL})",
    "net, by options": f"new (require('net').Socket)().connect({{port: 80, host: '192.0.2.1'}}).on('error', {TELL})",
    "tls": f"require('tls').connect({{port: 443, host: 'example.com'}}).on('error', {TELL})",
    "tls, to Twilio": f"require('tls').connect(443, 'api.twilio.com').on('error', {TELL})",
    "udp": f"try {{ require('dgram').createSocket('udp4').send('x', 53, '192.0.2.1') }} catch (e) {{ ({TELL})(e) }}",
    "udp, connected": "try { require('dgram').createSocket('udp4').connect(53, 'example.com') }"
    f" catch (e) {{ ({TELL})(e) }}",
}
FETCH = """
(async () => {
  const at = `https://api.twilio.com/2010-04-01/Accounts/${process.env.TWILIO_ACCOUNT_SID}/Applications.json`;
  const signed = btoa(`${process.env.TWILIO_ACCOUNT_SID}:${process.env.TWILIO_AUTH_TOKEN}`);
  const headers = { Authorization: `Basic ${signed}` };
  const body = new URLSearchParams({ FriendlyName: 'fetched' });
  const made = await fetch(at, { method: 'POST', headers, body });
  const listed = await (await fetch(new Request(`${at}?FriendlyName=fetched`, { headers }))).json();
  console.log(made.status, listed.applications.map((row) => row.friendly_name).join());
})();
"""
LOOPBACK = """
const net = require('net');
const server = net.createServer((one) => one.end('here')).listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const say = (words) => (words ? process.stdout.write(`${words}\\n`) : server.close());
  net.connect(port, '127.0.0.1').on('data', (words) => { say(String(words)); say(); });
});
"""


def test_a_long_list_comes_whole_over_several_pages(terminal: Terminal, box: Sandbox) -> None:
    """It prints 50 rows unless told otherwise, and with --no-limit every row once, in the order of the sandbox."""
    with sdk(box.url) as client:
        made = [client.applications.create(friendly_name=f"app-{n}").sid for n in range(75)]
    fifty = terminal.twilio("api:core:applications:list", "-o", "json").rows
    assert [row["sid"] for row in fifty] == made[:50]
    before = box.count("GET")
    everything = terminal.twilio("api:core:applications:list", "--no-limit", "--page-size", "20").rows
    assert [row["sid"] for row in everything] == made
    assert box.count("GET") - before == 4


def test_a_wrong_token_is_reported_as_such(terminal: Terminal) -> None:
    """With a wrong auth token the CLI says what Twilio says, and ends with 20, of the code 20003."""
    stranger = replace(terminal, credentials=(SIGNED[0], ("TWILIO_AUTH_TOKEN", "wrong")))
    ended = stranger.twilio("api:core:applications:list")
    assert ended.code == 20
    assert "Error code 20003 from Twilio: Authenticate" in ended.err


def test_a_key_made_by_the_cli_lets_it_in(terminal: Terminal) -> None:
    """A key and its secret, printed once, work instead of the auth token, but not for keys."""
    (key,) = terminal.twilio("api:core:keys:create", "--friendly-name", "laptop", "-o", "json").rows
    signed = (SIGNED[0], ("TWILIO_API_KEY", key["sid"]), ("TWILIO_API_SECRET", key["secret"]))
    with_key = replace(terminal, credentials=signed)
    assert with_key.twilio("api:core:sip:domains:list").code == 0
    assert with_key.twilio("api:core:keys:list").code == 20
    (listed,) = terminal.twilio("api:core:keys:list", "-o", "json").rows
    assert (listed["sid"], "secret" in listed) == (key["sid"], False)


def test_what_the_cli_logs_in_this_tool_can_use(terminal: Terminal, box: Sandbox) -> None:
    """A profile that `twilio profiles:create` makes, the token typed in, opens the account for `invoke` as well."""
    asking = replace(terminal, credentials=())
    login = ("profiles:create", SIGNED[0][1], "--profile", "futel", "--skip-parameter-validation")
    logged_in = asking.run("twilio", *login, typed=f"{SIGNED[1][1]}\n")
    assert logged_in.code == 0, logged_in.err
    assert asking.twilio("profiles:use", "futel").code == 0
    commands_by_name = [sys.executable, "-m", "invoke", "--search-root", str(PROJECT)]
    at_box = {**terminal.bare, "FUTEL_TWILIO_URL": box.url}
    made = run([*commands_by_name, "create-domains"], at_box, terminal.home)
    assert made.code == 0, made.err
    seen = asking.twilio("api:core:sip:domains:list")
    assert len(seen.rows) == 4
    (key,) = terminal.twilio("api:core:keys:list", "-o", "json").rows
    assert key["friendly_name"].startswith("twilio-cli for ")
    config = terminal.home / ".twilio-cli" / "config.json"
    config.chmod(0o600)  # Twilio's CLI lets everybody read it, which `doctor` reports
    reported = run([*commands_by_name, "doctor"], at_box, terminal.home)
    assert (reported.code, "futel" in reported.out) == (0, True), reported.out
    kept = json.loads(config.read_text())["profiles"]["futel"]
    assert kept["apiKey"] == key["sid"]
    assert kept["apiSecret"] not in reported.out + reported.err + logged_in.out + logged_in.err


def test_the_shortcuts_of_the_cli_work(terminal: Terminal, box: Sandbox) -> None:
    """`phone-numbers:update` and `:list` reach the number, and `debugger:logs:list` the error log."""
    with sdk(box.url) as client:
        number = client.incoming_phone_numbers.create(phone_number="+15035550100")
    call(box.url, "POST", "/_sandbox/alerts", {"error_code": "32009"})
    updated = terminal.twilio("phone-numbers:update", number.sid, "--friendly-name", "Clinton Street")
    assert updated.code == 0, updated.err
    (row,) = terminal.twilio("phone-numbers:list").rows
    assert row == {"sid": number.sid, "phone_number": "+15035550100", "friendly_name": "Clinton Street"}
    logs = terminal.twilio("debugger:logs:list", "-o", "json")
    assert [row["error_code"] for row in logs.rows] == ["32009"], logs.err


def test_other_products_are_reached_on_their_hosts(terminal: Terminal, box: Sandbox) -> None:
    """Voice, monitor and events answer through the same hook, each told by its host."""
    commands = (
        ("api:voice:v1:dialing-permissions:countries:fetch", "--iso-code", "US"),
        ("api:monitor:v1:events:list",),
        ("api:events:v1:sinks:list",),
    )
    assert [terminal.twilio(*command).code for command in commands] == [0, 0, 0]
    hosts = [request.host for request in box.requests()]
    assert hosts == ["voice.twilio.com", "monitor.twilio.com", "events.twilio.com"]


def test_a_difference_is_found(terminal: Terminal, box: Sandbox) -> None:
    """Where the sandbox does not show what a client printed, or shows it otherwise, the comparison names it."""
    box.fault("GET", "*", "stale")
    (step, *_) = STEPS
    played = Story(terminal, box).play_one(step)
    assert (played.ended.code, played.differs) == (0, ("1 printed, 0 held",))
    printed = {"sid": "AP1", "date_created": "Nov 24 2026 11:08:50 GMT+0000", "beta": "true", "voice_url": ""}
    held = {"sid": "AP1", "date_created": "Tue, 24 Nov 2026 11:08:50 +0000", "beta": True, "voice_url": None}
    assert differences(printed, as_text(held)) == []
    other = {**held, "sid": "AP2", "date_created": "Tue, 24 Nov 2026 11:08:51 +0000", "beta": False}
    assert differences(printed, as_text(other)) == ["sid", "date_created", "beta"]
    assert differences(printed, {}) == list(printed)


def test_the_hook_lets_nothing_past(terminal: Terminal) -> None:
    """A request for any other host is refused in one sentence that says how to reach it."""
    ended = terminal.run("node", "-e", REACHES, "https://example.com/twilio.com")
    assert ended.code != 0
    assert "hook.cjs sends requests to the sandbox alone, not to example.com: unset NODE_OPTIONS" in ended.err


@pytest.mark.parametrize("way", WAYS_OUT)
def test_no_way_out_of_node_is_open(terminal: Terminal, box: Sandbox, way: str) -> None:
    """Whatever of Node's a program uses, no other host is connected to, and it is reported so in one sentence."""
    ended = terminal.run("node", "-e", WAYS_OUT[way])
    assert "hook.cjs sends requests to the sandbox alone, not to " in ended.out, (ended.out, ended.err)
    assert box.count() == 0


def test_fetch_reaches_the_sandbox(terminal: Terminal, box: Sandbox) -> None:
    """Node's own fetch, with a body and as a Request, is aimed like https: the sandbox hears which host was meant."""
    ended = terminal.run("node", "-e", FETCH)
    assert (ended.code, ended.out) == (0, "201 fetched\n"), ended.err
    assert [(request.method, request.host) for request in box.requests()] == [
        ("POST", "api.twilio.com"),
        ("GET", "api.twilio.com"),
    ]


def test_loopback_stays_open(terminal: Terminal) -> None:
    """A program's own servers on this machine are reached as ever."""
    ended = terminal.run("node", "-e", LOOPBACK)
    assert (ended.code, ended.out) == (0, "here\n"), ended.err


def test_the_hook_wants_a_sandbox_on_this_machine(terminal: Terminal) -> None:
    """Without an address, or with one elsewhere, nothing starts, and one sentence says what is missing."""
    for url in ("", "https://api.twilio.com", "http://192.0.2.1:4010", "4010"):
        ended = replace(terminal, url=url).run("node", "-e", REACHES, "https://api.twilio.com/")
        assert ended.code == 2
        assert ended.err.startswith(
            "hook.cjs: TWILIO_SANDBOX_URL must be the address that the sandbox prints"
        )


def test_readme_shows_how_to_point_the_cli_at_the_sandbox(terminal: Terminal, box: Sandbox) -> None:
    """README's lines, in a shell in the clone, let the CLI list what the sandbox holds."""
    (lines,) = [lines for language, lines in FENCES if language == "sh" and "hook.cjs" in lines]
    with sdk(box.url) as client:
        client.sip.domains.create(domain_name="direct-futel-stage.sip.twilio.com")
    ended = run(["bash", "-c", lines.replace("http://127.0.0.1:4010", box.url)], terminal.bare, PROJECT)
    assert ended.code == 0, ended.err
    assert [row["domain_name"] for row in ended.rows] == ["direct-futel-stage.sip.twilio.com"]

"""What a message tells somebody to do next is right: it can be typed as it stands, and leaves nothing out."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio import interrupts
from futel_twilio.audit import account_reader
from tests.conftest import invoke
from tests.support.phones import delay_911, own

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox

ADDRESS = "'12 N Main St, Portland, OR 97203'"
ADD = f"add-client fox-glove --env prod --number +15035550104 --address {ADDRESS}"
KNOWN = {"outgoing": "outgoing_portland", "caller_id": "+15035550104", "enable_emergency": True}


@pytest.fixture
def synced(at_box: Sandbox) -> Sandbox:
    """An account that holds what the tests' estate and its phones of prod desired state for."""
    own(at_box, ("+15035550101", "+15035550102", "+15035550104"))
    delay_911(at_box, 0)
    assert invoke("setup").code == invoke("sync-clients --env prod").code == 0
    return at_box


@pytest.fixture
def at_setup_phones(at_box: Sandbox) -> Sandbox:
    """An account that is set up and holds the numbers of prod's phones, and none of the phones yet."""
    own(at_box, ("+15035550101", "+15035550102"))
    delay_911(at_box, 0)
    assert invoke("setup").code == 0
    return at_box


def know(here: Path, name: str = "fox-glove", **entry: Any) -> None:
    """Write a phone into the inventory, and nothing into clients.toml."""
    file = here / "extensions.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), name: KNOWN | entry}))


@pytest.mark.usefixtures("synced")
def test_the_address_of_a_new_phone_is_said_once(here: Path) -> None:
    """A new phone with 911 is added by one command that says where it stands; without that it is refused."""
    know(here)
    refused = invoke("add-client fox-glove --env prod")
    assert (refused.code, "fox-glove: 911 is on but there is no address" in refused.err) == (2, True)
    assert invoke("plan").code == 2
    added = invoke(ADD)
    assert added.code == 0, added.err
    details = tomllib.loads((here / "clients.toml").read_text())["client"]["fox-glove"]
    assert details["address"]["street"] == "12 N Main St"
    assert invoke("sync-clients --env prod --dry-run").code == 0


@pytest.mark.usefixtures("synced")
def test_a_phone_that_gets_911_later_is_reported_by_one_command(here: Path) -> None:
    """`change-address` and `update-client` take the address of a phone that may call 911 from now on."""
    for command in ("update-client", "change-address"):
        know(here, "fox-glove", enable_emergency=True)
        assert invoke(f"{command} fox-glove --address {ADDRESS}").code == 0
        know(here, "fox-glove", enable_emergency=False)
        assert invoke("update-client fox-glove --allow-911-loss fox-glove").code == 0


@pytest.mark.usefixtures("synced")
def test_what_was_said_once_can_be_taken_back(here: Path) -> None:
    """The journal's commands run although clients.toml does not say, again, where a phone stands."""
    know(here)
    before = (here / "clients.toml").read_text()
    assert invoke(ADD).code == 0
    back = invoke("rollback --allow-911-loss fox-glove")
    assert back.code == 0, back.err
    assert tomllib.loads((here / "clients.toml").read_text())["client"].get("fox-glove", {}).keys() <= {
        "environment"
    }
    assert (
        tomllib.loads(before)["client"].keys()
        <= tomllib.loads((here / "clients.toml").read_text())["client"].keys()
    )
    assert invoke("history").code == invoke("rollback --dry-run --allow-911-loss alder-street").code - 1 == 0


@pytest.mark.usefixtures("synced")
def test_a_remedy_reaches_the_account_that_was_looked_at(client: Any) -> None:
    """Each command that an audit advises carries the profile that the audit was given."""
    client.applications.list()[0].update(voice_url="https://elsewhere.example.com/x")
    found = invoke("audit --live --profile sandbox")
    remedies = [line for line in found.out.splitlines() if "remedy" in line and "`invoke" in line]
    assert found.code == 1
    assert remedies
    assert all("--profile sandbox`" in line for line in remedies)


@pytest.mark.usefixtures("synced")
def test_a_plan_says_what_it_leaves_out(client: Any) -> None:
    """A plan that finds nothing to do does not say that the phones are well: it names the command that tells."""
    (credentials,) = client.sip.credential_lists.list()
    credentials.credentials.list()[0].delete()
    planned = invoke("plan --env prod")
    assert (planned.code, "`invoke sync-clients --env prod --dry-run`" in planned.out) == (0, True)
    assert invoke("sync-clients --env prod --dry-run").code == 1


@pytest.mark.usefixtures("synced")
def test_a_rollback_of_files_alone_is_shown() -> None:
    """Where only files would be put back, the dry run names them and exits with 1, as the run then does it."""
    assert invoke("update-client cedar-lot --device 'A new one'").code == 0
    shown = invoke("rollback --dry-run")
    assert (shown.code, "clients.toml would be changed" in shown.out) == (1, True)
    assert "Updated clients.toml" in invoke("rollback").out


def test_an_interrupted_move_says_that_911_is_off(synced: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while a phone has no 911 reports it, and of which number."""
    delay_911(synced, 60)

    def interrupted(seconds: float) -> None:
        if seconds:
            raise KeyboardInterrupt

    monkeypatch.setattr(interrupts, "pause", interrupted)
    moved = invoke("change-address alder-street --address '9 NW New St, Portland, OR 97209'")
    assert moved.code == 2
    assert "+15035550101 has no 911 address at this moment" in moved.err


@pytest.mark.usefixtures("synced")
def test_an_interrupted_audit_blames_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in an audit says that nothing was written, and does not call itself a fault."""

    def interrupted(*_args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(account_reader, "read_account_data", interrupted)
    stopped = invoke("audit --live")
    assert stopped.code == 2
    assert stopped.err.startswith("Interrupted. Nothing was written")


@pytest.mark.usefixtures("synced")
def test_a_phone_that_changes_its_installation_is_named() -> None:
    """A wrong --env is seen in the sentence: whose incoming calls move from where to where."""
    shown = invoke("add-client alder-street --env stage --dry-run")
    assert "Incoming calls of alder-street move from incoming-prod to incoming-stage" in shown.out


@pytest.mark.usefixtures("at_box")
def test_what_is_missing_is_named_with_the_phone() -> None:
    """A command that needs a credential names the one command that makes it, with the phone."""
    assert invoke("setup").code == 0
    refused = invoke("rotate-credential cedar-lot")
    assert refused.code == 2
    assert "Run `invoke create-credential cedar-lot` first." in refused.err


def test_a_rollback_that_takes_911_names_itself(synced: Sandbox) -> None:
    """Who rolls back is reported the flag for this very command, and no other command."""
    assert synced.count() > 0
    refused = invoke("rollback --to 1 --dry-run")
    assert "--allow-911-loss" in refused.out
    assert "invoke apply" not in refused.out


@pytest.mark.parametrize("sent", [{"TWILIO_AUTH_TOKEN": "another"}, {"TWILIO_ACCOUNT_SID": "AC" + "9" * 32}])
def test_the_doctor_sends_nobody_to_the_doctor(
    sent: dict[str, str], at_box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where credentials are refused the doctor says where they come from, other commands that the doctor tells it."""
    assert at_box.url
    for name, value in sent.items():
        monkeypatch.setenv(name, value)
    reported = invoke("doctor")
    assert reported.code
    assert "invoke doctor" not in reported.out + reported.err
    assert "they come from the TWILIO_* environment variables" in reported.out
    assert "`invoke doctor`" in invoke("plan").err


HT801 = "  SIP domain {}.sip.twilio.com\n  user name {}\n  outbound proxy sip.ashburn.twilio.com"


@pytest.mark.usefixtures("at_setup_phones")
@pytest.mark.parametrize(
    ("command", "domains"),
    [
        ("add-client elm-office --env prod", {"elm-office": "direct-futel-nonemergency-prod"}),
        ("add-client alder-street --env prod", {"alder-street": "direct-futel-prod"}),
        ("create-credential cedar-lot --password-file kept", {"cedar-lot": "direct-futel-nonemergency-prod"}),
        (
            "sync-clients --env prod",
            {
                "alder-street": "direct-futel-prod",
                "birch-corner": "direct-futel-prod",
                "cedar-lot": "direct-futel-nonemergency-prod",
                "elm-office": "direct-futel-nonemergency-prod",
            },
        ),
    ],
)
def test_what_is_typed_into_a_phone_is_reported(command: str, domains: dict[str, str]) -> None:
    """With a new password come the SIP domain, the user name and the outbound proxy of each phone that got one."""
    reported = {name: HT801.format(domain, name) for name, domain in domains.items()}
    assert "Type into" not in invoke(f"{command} --dry-run").out
    done = invoke(command)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    starts = [at for at, line in enumerate(lines) if line.startswith("Type into ")]
    shown = ["\n".join(lines[at : at + 4]) for at in starts]
    assert sorted(shown) == [  # in the order in which Twilio took them
        f"Type into {name}, besides the password:\n{words}" for name, words in reported.items()
    ]
    assert "Type into" not in invoke(command).out


@pytest.mark.usefixtures("at_setup_phones")
def test_what_is_typed_into_a_phone_is_in_the_document(here: Path) -> None:
    """As JSON it is its own key; a phone that speaks TLS is reported so."""
    details = here / "clients.toml"
    details.write_text(details.read_text() + '\n[client.cedar-lot]\ntransport = "tls"\n')
    done = invoke("create-credential cedar-lot --json")
    assert done.code == 0, done.out
    assert done.json["to_type"] == {
        "cedar-lot": {
            "sip_domain": "direct-futel-nonemergency-prod.sip.twilio.com",
            "user_name": "cedar-lot",
            "outbound_proxy": "sip.ashburn.twilio.com",
            "transport": "TLS",
        }
    }

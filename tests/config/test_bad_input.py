"""What cannot be asked of phones: each in one clear message with 2, before anything is written anywhere."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import invoke
from tests.support.phones import WRITES, begin_anew, files
from tests.support.sandbox import sdk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox

INVENTORY, DETAILS = "extensions.json", "clients.toml"
NEW_ADDRESS = "'9 NW New St, Portland, OR 97209'"


@dataclass(frozen=True)
class Bad:
    """What is typed, what the message says, and what was done to the files or the account before."""

    command: str
    says: tuple[str, ...] | str
    to_files: Callable[[Path], object] | None = None
    to_account: Callable[[Any], object] | None = None
    typed: str = ""
    on: str = "synced"


def _entry(name: str, **values: object) -> Callable[[Path], object]:
    """Change, or add, an entry of the inventory."""

    def change(here: Path) -> None:
        entries = json.loads((here / INVENTORY).read_text())
        made = {"outgoing": "outgoing_portland", "caller_id": "+15035550199", "enable_emergency": False}
        entries[name] = entries.get(name, made) | values
        (here / INVENTORY).write_text(json.dumps(entries))

    return change


def _file(name: str, text: str) -> Callable[[Path], object]:
    return lambda here: (here / name).write_text(text)


def _say(old: str, new: str, name: str = DETAILS) -> Callable[[Path], object]:
    """Write something else into a file."""

    def change(here: Path) -> None:
        text = (here / name).read_text()
        assert old in text
        (here / name).write_text(text.replace(old, new))

    return change


def _add(text: str) -> Callable[[Path], object]:
    return lambda here: (here / DETAILS).write_text((here / DETAILS).read_text() + f"\n{text}\n")


def _readable_by_all(here: Path) -> None:
    (here / "passwords").touch(mode=0o644)


def _number(client: Any, number: str) -> Any:
    return next(n for n in client.incoming_phone_numbers.list() if n.phone_number == number)


def _given_to_another(client: Any) -> None:
    application = client.applications.create(friendly_name="conference-line")
    _number(client, "+15035550101").update(voice_application_sid=application.sid)


def _on_a_trunk(client: Any) -> None:
    _number(client, "+15035550101").update(trunk_sid="TK" + "a" * 32)


def _carrying_911(client: Any) -> None:
    address = next(a for a in client.addresses.list() if a.street == "5 Old St")
    _number(client, "+15035550142").update(emergency_address_sid=address.sid)


def _drop_clients(here: Path) -> None:
    text = (here / "estate.toml").read_text()
    start, end = text.index("[clients]"), text.index("# What the audit checks")
    (here / "estate.toml").write_text(text[:start] + text[end:])


BAD = {
    "unknown extension": Bad("add-client alder-stret --env prod", ("no phone", "Did you mean alder-street?")),
    "unknown environment": Bad("add-client alder-street --env prdo", "no environment 'prdo'"),
    "number that is not E.164": Bad(
        "add-client alder-street --env prod --number 503-555-0101", "not a number in E.164"
    ),
    "number without a plus": Bad("create-number 15035550150 --env prod", "not a number in E.164"),
    "number with too many digits": Bad("update-number +150355501011111", "not a number in E.164"),
    "area code that is none": Bad("add-client alder-street --env prod --buy 12", "not an area code"),
    "area code without numbers": Bad("create-number --buy 500 --env prod", "no number in area code 500"),
    "number and area code": Bad(
        "add-client alder-street --env prod --number +15035550150 --buy 503",
        "--number and --buy say different",
    ),
    "number and none": Bad(
        "add-client cedar-lot --env prod --number +15035550150 --no-number", "--number and --no-number"
    ),
    "no number for a phone with 911": Bad("add-client alder-street --env prod --no-number", "may call 911"),
    "a second number": Bad("add-client alder-street --env prod --buy 971", "has a number already"),
    "neither number nor area code": Bad("create-number", "One of --number and --buy"),
    "number of nobody, for no environment": Bad("create-number +15035550150", "Add --env"),
    "number for an environment that is not there": Bad(
        "create-number +15035550150 --env prdo", "no environment 'prdo'"
    ),
    "short password": Bad(
        "create-credential cedar-lot --password-stdin",
        ("fewer than 12", "no digit"),
        typed="Short",
        on="bare",
    ),
    "password of one case": Bad(
        "rotate-credential cedar-lot --password-stdin", "no upper-case", typed="only-lower-case-1\n"
    ),
    "no password": Bad("rotate-credential cedar-lot --password-stdin", ("no password came", "Leave it out")),
    "password with a blank": Bad(
        "rotate-credential cedar-lot --password-stdin", "has a blank", typed="Two Words 12345\n"
    ),
    "password file for all": Bad(
        "rotate-credential cedar-lot --password-file passwords", "mode is 644", _readable_by_all
    ),
    "password file that is a directory": Bad(
        "rotate-credential cedar-lot --password-file .", "cannot be written: Is a directory"
    ),
    "password file nowhere": Bad(
        "rotate-credential cedar-lot --password-file no/where", "cannot be written: No such file"
    ),
    "no keyring": Bad("rotate-credential cedar-lot --keyring", "no keyring"),
    "ledger that cannot be written": Bad(
        "rotate-credential cedar-lot",
        "credentials-ledger.jsonl, cannot be written",
        lambda here: (here / "credentials-ledger.jsonl").mkdir(),
    ),
    "address without postal code": Bad(
        "change-address alder-street --address '9 NW New St, Portland, OR'", "not an address in one line"
    ),
    "address with a state in words": Bad(
        "change-address alder-street --address '9 NW New St, Portland, Oregon 97209'", "not an address in one"
    ),
    "address with four digits of a postal code": Bad(
        "change-address alder-street --address '9 NW New St, Portland, OR 9720'",
        "postal_code: not a postal code",
    ),
    "address in a state that there is not": Bad(
        "change-address alder-street --address '9 NW New St, Portland, ZZ 97209'", "region: not a state"
    ),
    "postal code of four digits in the file": Bad(
        "sync-clients --env prod",
        "clients.toml: client.alder-street.address.postal_code: not a postal code",
        _say('"97201"', '"9720"'),
    ),
    "number of another carrier to be released": Bad(
        "delete-number +15035550199 --release-number +15035550199", "lives with another carrier"
    ),
    "no number, and calling from one that is nowhere": Bad(
        "add-client new-phone --env prod --no-number",
        ("+15035550150, which this account does not hold", "external_numbers"),
        _entry("new-phone", caller_id="+15035550150"),
    ),
    "a number that is none, beside a key that is missing": Bad(
        "plan",
        ("new-phone.caller_id: not a number", "cedar-lot.enable_emergency: neither true nor false"),
        lambda here: (_entry("new-phone", caller_id="")(here), _entry("cedar-lot", enable_emergency=1)(here)),
    ),
    "address for a phone without 911": Bad(
        f"change-address cedar-lot --address {NEW_ADDRESS}", "may not call 911"
    ),
    "no address to make": Bad("create-address cedar-lot", "no emergency address"),
    "address that is needed": Bad(
        "delete-address '1 SW Example St, Portland, OR 97201'",
        ("+15035550101 tells 911 this address", "alder-street stands there"),
    ),
    "address that never was there": Bad(
        "delete-address '7 Old St, Portland, OR 97201'", "holds no address '7 Old St"
    ),
    "address that is none": Bad("delete-address nowhere", "neither an address nor the SID"),
    "number of another application": Bad(
        "sync-clients --env prod",
        ("application conference-line", "--take-over"),
        to_account=_given_to_another,
    ),
    "number on a trunk": Bad("update-number +15035550101", ("the trunk TKaaa",), to_account=_on_a_trunk),
    "number that is not there": Bad(
        "sync-clients --env prod",
        ("+15035550150: not in this account", "create-number"),
        _entry("new-phone", caller_id="+15035550150"),
    ),
    "number of nobody, to be updated": Bad("update-number +15035550142", "No phone of the inventory"),
    "number of another phone with 911": Bad(
        "update-client alder-street --number +15035550102", "911 is on for both with one number"
    ),
    "number of another carrier for 911": Bad(
        "update-client alder-street --number +15035550199", "is a number at another carrier"
    ),
    "number of another environment": Bad(
        "update-client cedar-lot --number +15035550103", "belong to different environments"
    ),
    "number that update-client would have to buy": Bad(
        "update-client alder-street --number +15035550150", "nothing is bought without your consent"
    ),
    "release of a number that tells 911 an address": Bad(
        "delete-number +15035550142 --release-number +15035550142",
        "--allow-911-loss +15035550142",
        to_account=_carrying_911,
    ),
    "release not typed back": Bad("delete-number +15035550142", "must type the number again"),
    "release of a phone's number": Bad(
        "delete-number +15035550101 --release-number +15035550101", "the number of alder-street"
    ),
    "release of another number than the phone's": Bad(
        "delete-client alder-street --allow-911-loss alder-street --release-number +15035550102",
        "not the number of this phone",
    ),
    "release of a shared number": Bad(
        "delete-client cedar-lot --release-number +15035550199", "the number of elm-office too"
    ),
    "release for a phone that is not known any more": Bad(
        "delete-client old-phone --release-number +15035550142", "does not know this phone any more"
    ),
    "phone with 911 taken away": Bad(
        "delete-client alder-street", ("it can call nobody", "--allow-911-loss alder-street")
    ),
    "another phone named for the loss": Bad(
        "delete-client alder-street --allow-911-loss birch-corner", "--allow-911-loss alder-street"
    ),
    "unknown phone taken away": Bad("delete-client alder-stret", "no phone 'alder-stret'"),
    "credential of a phone": Bad("delete-credential alder-street", "would be cut off"),
    "credential of nobody": Bad("delete-credential elder", "no phone 'elder'"),
    "removal of what is not there": Bad("sync-clients --env prod --remove nothing", "nothing of this name"),
    "removal of what is desired": Bad(
        "sync-clients --env prod --remove cedar-lot", "the client inventory still has it"
    ),
    "inventory that is not JSON": Bad("list-clients", "cannot be read as JSON", _file(INVENTORY, "{,")),
    "inventory that is a list": Bad("list-clients", "not a JSON object", _file(INVENTORY, "[]")),
    "inventory in another encoding": Bad(
        "list-clients",
        "cannot be read: line 1 is not UTF-8 (byte 0xe9)",
        lambda here: (here / INVENTORY).write_bytes(b'{"caf\xe9": 1}'),
    ),
    "no inventory": Bad("list-clients", "there is no such file", lambda here: (here / INVENTORY).unlink()),
    "extension twice": Bad(
        "list-clients",
        "elm-office: stands in the file twice",
        _say('"cedar-lot"', '"elm-office"', INVENTORY),
    ),
    "extension of 33 characters": Bad("list-clients", "at most 32", _entry("a" * 33)),
    "extension with a blank": Bad("list-clients", "letters, digits", _entry("two words")),
    "caller id that is not E.164": Bad(
        "list-clients", "cedar-lot.caller_id: not a number", _entry("cedar-lot", caller_id="503-555-0199")
    ),
    "911 that is neither on nor off": Bad(
        "list-clients", "cedar-lot.enable_emergency: neither", _entry("cedar-lot", enable_emergency="yes")
    ),
    "911 without an address": Bad(
        "list-clients",
        "dogwood-stage: 911 is on but there is no address",
        _entry("dogwood-stage", enable_emergency=True),
    ),
    "two phones with 911 on one number": Bad(
        "list-clients",
        "alder-street and birch-corner: 911 is on for both with one number",
        _entry("birch-corner", caller_id="+15035550101"),
    ),
    "911 from another carrier's number": Bad(
        "list-clients",
        "alder-street: 911 is on, but +15035550199",
        _entry("alder-street", caller_id="+15035550199"),
    ),
    "environment in clients.toml that is not there": Bad(
        "list-clients",
        "client.dogwood-stage.environment: no [environment.satge]",
        _say('"stage"', '"satge"'),
    ),
    "phone in clients.toml that is not there": Bad(
        "list-clients",
        "client.fir-park: extensions.json has no such",
        _add('[client.fir-park]\ndevice = "x"'),
    ),
    "key in clients.toml that is none": Bad(
        "list-clients",
        ("client.birch-corner.adress: unknown key", "client.alder-street.adress: unknown key"),
        _say("address = {", "adress = {"),
    ),
    "clients.toml that is not TOML": Bad("list-clients", "cannot be read as TOML", _add("= nothing")),
    "customer of more than 21 characters": Bad(
        "list-clients", "customer_name", _say('"Futel"', '"Futel, the free payphones"')
    ),
    "external number that is none": Bad(
        "list-clients", "external_numbers", _say('["+15035550199"]', '["5035550199"]')
    ),
    "no inventory named": Bad(
        "list-clients",
        "names no client inventory",
        _drop_clients,
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_writes_nothing(
    name: str,
    at_box: Sandbox,
    here: Path,
    phone_accounts: dict[str, dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One clear message and 2; no request that writes was sent, no file changed or appeared."""
    bad = BAD[name]
    begin_anew(at_box, phone_accounts[bad.on])
    if bad.to_account:
        with sdk(at_box.url) as client:
            bad.to_account(client)
    if bad.to_files:
        bad.to_files(here)
    before, writes = files(here), at_box.count(*WRITES)
    monkeypatch.setattr("sys.stdin", io.StringIO(bad.typed))
    ended = invoke(bad.command)
    assert ended.code == 2, ended
    for words in (bad.says,) if isinstance(bad.says, str) else bad.says:
        assert words in ended.err
    assert "Traceback" not in ended.err
    assert not bad.typed or bad.typed.strip() not in ended.err + ended.out
    assert at_box.count(*WRITES) == writes
    assert files(here) == before


def test_all_faults_of_the_files_at_once(at_box: Sandbox, here: Path) -> None:
    """Every fault of both files is reported in one message, each with its file and place."""
    (here / INVENTORY).write_text(
        json.dumps(
            {
                "two words": {"outgoing": "x", "caller_id": "+15035550199", "enable_emergency": False},
                "alder-street": {"outgoing": "", "caller_id": "+15035550101", "enable_emergency": "yes"},
                "cedar-lot": {"caller_id": "+15035550199", "enable_emergency": False},
            }
        )
    )
    (here / DETAILS).write_text(
        'environmnt = "prod"\n[client.alder-street]\naddress = { street = "1 A St" }\n'
    )
    ended = invoke("sync-clients --env prod --json")
    assert ended.code == 2
    faults = ended.json["error"]["faults"]
    places = [fault.split(": ")[:2] for fault in faults]
    assert sorted(places) == [
        [DETAILS, "client.alder-street.address.city"],
        [DETAILS, "client.alder-street.address.postal_code"],
        [DETAILS, "client.alder-street.address.region"],
        [DETAILS, "environmnt"],
        [INVENTORY, "alder-street.enable_emergency"],
        [INVENTORY, "alder-street.outgoing"],
        [INVENTORY, "cedar-lot.outgoing"],
        [INVENTORY, "two words"],
    ], faults
    assert ended.json["error"]["what"] == "extensions.json and clients.toml have 8 faults."
    assert at_box.requests() == []


def test_all_contradictions_at_once(at_box: Sandbox, here: Path) -> None:
    """What neither file says alone is reported all at once, too: numbers, places, phones that nobody knows."""
    for change in (
        _entry("alder-street", caller_id="+15035550199"),
        _entry("birch-corner", caller_id="12"),
        _entry("dogwood-stage", enable_emergency=True),
        _add('[client.fir-park]\nenvironment = "moon"'),
    ):
        change(here)
    ended = invoke("sync-clients --env prod")
    assert ended.code == 2
    for words in (
        "extensions.json: birch-corner.caller_id: not a number",
        "extensions.json: alder-street: 911 is on, but +15035550199",
        "extensions.json: dogwood-stage: 911 is on but there is no address",
        "clients.toml: client.fir-park: extensions.json has no such extension",
        "clients.toml: client.fir-park.environment: no [environment.moon]",
        "extensions.json and clients.toml have 5 faults.",
    ):
        assert words in ended.err
    assert at_box.requests() == []


def _fault_lines(text: str) -> list[str]:
    return sorted(line.strip() for line in text.splitlines() if line.startswith("  ") and ": " in line)


def test_a_fault_of_form_hides_no_other(at_box: Sandbox, here: Path) -> None:
    """A number that is none, and one that is missing, hide neither an address that is missing nor a shared number."""
    _entry("cedar-lot", enable_emergency=True, caller_id="503-555-0111")(here)
    _entry("elm-office", enable_emergency=True)(here)
    entries = json.loads((here / INVENTORY).read_text())
    del entries["elm-office"]["caller_id"]
    (here / INVENTORY).write_text(json.dumps(entries))
    ended = invoke("sync-clients --env prod --json")
    places = [fault.split(": ")[:2] for fault in ended.json["error"]["faults"]]
    assert sorted(places) == [
        [INVENTORY, "cedar-lot"],  # no address
        [INVENTORY, "cedar-lot.caller_id"],
        [INVENTORY, "elm-office"],  # no address
        [INVENTORY, "elm-office.caller_id"],
    ]
    assert at_box.requests() == []


HIDDEN: dict[str, tuple[tuple[Callable[[Path], object], ...], tuple[str, ...]]] = {
    "an unknown key in clients.toml, an unknown phone there": (
        (_say('environment = "prod"', 'environmnt = "prod"'), _add("[client.fir-park]")),
        ("environmnt: unknown key", "client.fir-park: extensions.json has no such extension"),
    ),
    "an address cut short, a number of another carrier with 911": (
        (_say(', postal_code = "97201"', ""), _entry("alder-street", caller_id="+15035550199")),
        ("address.postal_code: missing", "911 is on, but +15035550199"),
    ),
    "a clients.toml that is no TOML, an entry without a dialplan": (
        (_add("= nothing"), _entry("alder-street", outgoing="")),
        ("clients.toml: cannot be read as TOML", "alder-street.outgoing: not the name"),
    ),
    "an inventory that is no JSON, an environment that is not there": (
        (_file(INVENTORY, "{"), _say('environment = "prod"', 'environment = "moon"')),
        ("extensions.json: cannot be read as JSON", "environment: no [environment.moon]"),
    ),
    "a fault of estate.toml and one of each other file": (
        (
            _say("emergency_calling = true", "emergency_callin = true", "estate.toml"),
            _entry("dogwood-stage", enable_emergency="yes"),
            _add("[client.dogwood-stage.address]"),
        ),
        (
            "emergency_callin: unknown key",
            "dogwood-stage.enable_emergency: neither",
            "dogwood-stage.address.city: mis",
        ),
    ),
    "half credentials and a fault of a file": (
        (
            _entry("cedar-lot", enable_emergency=True),
            lambda here: (here / ".env").write_text("TWILIO_REGION='a b'"),
        ),
        ("cedar-lot: 911 is on but there is no address", "TWILIO_REGION in the file .env: it holds a blank"),
    ),
}


@pytest.mark.parametrize(("changes", "says"), HIDDEN.values(), ids=HIDDEN)
def test_no_file_and_no_pass_hides_faults_of_another(
    changes: tuple[Callable[[Path], object], ...], says: tuple[str, ...], at_box: Sandbox, here: Path
) -> None:
    """Faults of several files and of several kinds are reported at once, by commands and by the doctor."""
    for change in changes:
        change(here)
    ended = invoke("sync-clients --env prod")
    assert (ended.code, at_box.requests()) == (2, [])
    looked = invoke("doctor")
    assert looked.code
    for words in says:
        assert words in ended.err
        assert words in looked.out


@pytest.mark.parametrize("command", ["rollback", "resume", "plan", "audit --live", "sync-clients --env prod"])
def test_commands_and_the_doctor_say_the_same(command: str, at_box: Sandbox, here: Path) -> None:
    """Every command reports the same faults of the files, also those that need only a part of them."""
    _entry("cedar-lot", enable_emergency=True)(here)
    reported = _fault_lines(invoke(command).err)
    assert at_box.requests() == []
    assert len(reported) == 2, reported
    looked = invoke("doctor").out
    for line in reported:
        assert line in looked
    assert "! NO client inventory: " in looked
    assert "ok   estate.toml: " in looked


def test_a_bad_flag_hides_no_fault_of_the_files(at_box: Sandbox, here: Path) -> None:
    """A base URL that is none is reported beside what is wrong with the files."""
    _entry("cedar-lot", enable_emergency=True)(here)
    ended = invoke("promote --env prod --dialplans http://plain.example.org")
    assert ended.code == 2
    assert "--dialplans: " in ended.err
    assert "cedar-lot: 911 is on but there is no address" in ended.err
    assert at_box.requests() == []

"""Snapshots: the whole account in one file, whole, in order, without a secret, and never over another file."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio.config.schema import faults_of_form
from futel_twilio.errors import BadInput, Rejected, TwilioError
from futel_twilio.resources import types
from futel_twilio.resources.types import ALL_TYPES
from futel_twilio.sandbox.http.registry import RESOURCES
from futel_twilio.snapshots import capture
from futel_twilio.snapshots.document import MAPPED, SCHEMA, counts, load, writable_fields
from tests.conftest import invoke, round_trips
from tests.support.phones import delay_911
from tests.support.sandbox import GOOD_PASSWORD
from tests.support.snapshots import WRITE_KEY, furnish, plain, read

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox
    from futel_twilio.workspace import Workspace

TABLES = {
    "applications": "application",
    "domains": "domain",
    "credential_lists": "credential_list",
    "credentials": "credential",
    "usage_triggers": "usage_trigger",
    "ip_lists": "ip_access_control_list",
    "ip_addresses": "ip_address",
    "addresses": "address",
    "numbers": "number",
}
# What Twilio lets be written and a snapshot does not bring back, each with the reason.
NOT_WRITTEN = {
    "api_version": "there is one",
    "password": "nobody is reported it",
    "auto_correct_address": "is asked for and not kept",
    "area_code": "is asked for and not kept",
    "byoc_trunk_sid": "a SID; somebody is reported",
    "emergency_caller_sid": "a SID; somebody is reported",
    "address_sid": "a SID that regulation asks for; stands under told",
    "identity_sid": "too",
    "bundle_sid": "too",
}
BY_NAME = {
    "voice_application_sid": "voice_application",
    "sms_application_sid": "sms_application",
    "emergency_address_sid": "emergency_address",
}


@pytest.fixture
def full(box: Sandbox, workspace: Workspace, client: Any, phone_accounts: dict[str, Any]) -> Workspace:
    """An account with something of every kind."""
    box.seed(phone_accounts["synced"])
    furnish(box, client)
    box.clear_requests()
    return workspace


@pytest.mark.parametrize("section", TABLES)
def test_every_setting_is_in_it(section: str) -> None:
    """Whatever Twilio lets be written of a thing stands in a snapshot alone, but for what is named here."""
    fields = {
        field.name
        for resource in RESOURCES
        if resource.kind == TABLES[section] and resource.home in ("", resource.path)
        for field in resource.fields
        if field.param
    }
    held = {BY_NAME.get(name, name) for name in fields} - set(NOT_WRITTEN)
    written = writable_fields(types.SECTIONS[section])
    assert held == set(written) - {"credential_list", "ip_list"}


def test_the_schema_knows_every_setting() -> None:
    """The schema names each section with each of its settings, and those of the mappings."""
    schema = json.loads(SCHEMA.read_text())
    for section, kind in types.SECTIONS.items():
        named = set(schema["properties"][section]["items"]["properties"])
        mapped = set(MAPPED) if section == "domains" else set()
        assert named == {*writable_fields(kind), *mapped, "told"}, section
    assert {kind.cli_name for kind in ALL_TYPES} - {kind.cli_name for kind in types.SECTIONS.values()} == {
        "registration-mappings",
        "voice-mappings",
        "ip-mappings",
    }


def test_it_holds_the_whole_account(full: Workspace) -> None:
    """Of every kind each thing is reported, with its settings by name, and with what Twilio tells besides."""
    document = capture.capture(full.api)
    assert faults_of_form(SCHEMA, document) == []
    assert counts(document) == {
        "applications": 2,
        "domains": 5,
        "credential-lists": 2,
        "credentials": 7,
        "usage-triggers": 1,
        "ip-lists": 1,
        "ip-addresses": 2,
        "addresses": 3,
        "numbers": 4,
    }
    office = next(d for d in document["domains"] if d["friendly_name"] == "office")
    assert (office["ip_lists"], office["calls"], office["voice_fallback_method"]) == (["office"], [], "GET")
    number = next(n for n in document["numbers"] if n["phone_number"] == "+15035550101")
    assert number["voice_application"] == "incoming-prod"
    assert number["emergency_address"] == "1 SW EXAMPLE ST, PORTLAND, OR 97201, US"
    assert number["told"]["emergency_address_status"] == "registered"
    assert number["told"]["capabilities"]["voice"] is True
    beyond = document["beyond"]
    assert beyond["outgoing_caller_ids"][0]["phone_number"] == "+15035550199"
    assert [key["friendly_name"] for key in beyond["keys"]] == ["laptop"]
    assert beyond["subscriptions"][0]["types"] == ["com.twilio.error-logs.error.logged 2"]
    assert beyond["subscriptions"][0]["sink"] == "errors"
    assert beyond["dialling"]["low_risk"] == ["CA", "MX", "US"]
    assert beyond["balance"] == {"balance": "20.00", "currency": "USD"}
    assert beyond["not_read"] == {}


def test_an_address_that_is_being_taken_off(full: Workspace, box: Sandbox, client: Any) -> None:
    """A number whose address is being taken off tells 911 none, as far as a snapshot goes."""
    delay_911(box, 3600)
    (number,) = client.incoming_phone_numbers.list(phone_number="+15035550101")
    number.update(emergency_address_sid="")
    entry = next(n for n in capture.capture(full.api)["numbers"] if n["phone_number"] == "+15035550101")
    assert entry["emergency_address"] == ""
    assert entry["told"]["emergency_address_status"] == "pending-unregistration"


def test_an_address_that_could_not_be_registered(full: Workspace, box: Sandbox, client: Any) -> None:
    """An address whose registration failed is reported by its text, so that a restoration tries again."""
    delay_911(box)
    (number,) = client.incoming_phone_numbers.list(phone_number="+15035550101")
    held = number.emergency_address_sid
    number.update(emergency_address_sid="")
    delay_911(box, outcome="failure")
    number.update(emergency_address_sid=held)
    entry = next(n for n in capture.capture(full.api)["numbers"] if n["phone_number"] == "+15035550101")
    assert entry["emergency_address"] == "1 SW EXAMPLE ST, PORTLAND, OR 97201, US"
    assert entry["told"]["emergency_address_status"] == "registration-failure"


def test_it_reads_and_writes_nothing(full: Workspace, box: Sandbox) -> None:
    """A snapshot writes nothing, asks in the longest pages, 14 lists and then all that is inside, in few steps."""
    capture.capture(full.api)
    assert box.count() == box.count("GET") == 14 + 5 * 3 + 2 + 1 + 1
    unpaged = {r.path for r in box.requests() if "PageSize=1000" not in r.query}
    assert {path.rpartition("/")[2] for path in unpaged} == {"Balance.json", "Settings"}
    box.clear_requests()
    box.latency_ms = 250
    capture.capture(full.api)
    assert round_trips(box) <= 2 + 3 + 1


def test_it_does_not_depend_on_order(full: Workspace, client: Any) -> None:
    """Two snapshots of an account are the same but for the moment, and things made in another order too."""
    first = capture.capture(full.api)
    assert capture.capture(full.api) | {"taken_at": ""} == first | {"taken_at": ""}
    for name in ("zebra", "aardvark"):
        client.applications.create(friendly_name=name)
    forth = plain(capture.capture(full.api))
    for application in client.applications.list():
        if application.friendly_name in {"zebra", "aardvark"}:
            application.delete()
    for name in ("aardvark", "zebra"):
        client.applications.create(friendly_name=name)
    assert plain(capture.capture(full.api)) == forth


def test_no_secret_is_in_it(
    box: Sandbox, workspace: Workspace, client: Any, phone_accounts: dict[str, Any]
) -> None:
    """Neither a password nor a key's secret, a sink's write key or the auth token; the account is not fetched."""
    box.seed(phone_accounts["synced"])
    secret = furnish(box, client)
    box.clear_requests()
    text = json.dumps(capture.capture(workspace.api))
    for planted in (GOOD_PASSWORD, secret, WRITE_KEY, "auth_token", '"sandbox"'):
        assert planted not in text
    assert not [
        r.path for r in box.requests() if r.path.endswith(f"{workspace.api.connection.account_sid}.json")
    ]


def test_the_file_is_private_and_new(full: Workspace, box: Sandbox, here: Path) -> None:
    """The file is its owner's alone; one that is there, or a link, is not written over, and nothing is asked."""
    saved = capture.save(full.api, here / "a.json")
    assert stat.S_IMODE(saved.path.stat().st_mode) == 0o600
    assert load(saved.path) == saved.document
    (here / "b.json").symlink_to(here / "nowhere")
    box.clear_requests()
    before = saved.path.read_bytes()
    for name in ("a.json", "b.json"):
        with pytest.raises(BadInput, match="already"):
            capture.save(full.api, here / name)
    assert (box.count(), saved.path.read_bytes()) == (0, before)
    assert not (here / "nowhere").exists()


def test_its_name_has_the_time(full: Workspace, here: Path) -> None:
    """Without a name the file is called after the day and the time, so that a second one is another file."""
    saved = capture.save(full.api)
    assert [path.name for path in here.glob("snapshot-*.json")] == [saved.path.name]
    assert saved.path.name[:19] == f"snapshot-{saved.document['taken_at'][:10]}"


def test_what_may_not_be_read_is_reported(
    at_box: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A standard API key may not list keys: the rest is read, and the file and a message say what is missing."""
    key = "SK" + "5" * 32
    with type(at_box)(state=":memory:", accounts=[f"{key}:key-secret"]) as box:
        monkeypatch.setenv("FUTEL_TWILIO_URL", box.url)
        monkeypatch.setenv("TWILIO_API_KEY", key)
        monkeypatch.setenv("TWILIO_API_SECRET", "key-secret")
        ended = invoke("snapshot a.json")
    assert ended.code == 0
    assert "! keys could not be read" in ended.out
    document = read(here / "a.json")
    assert "keys" not in document["beyond"]
    assert "20003" in document["beyond"]["not_read"]["keys"]
    assert load(here / "a.json") == document


def test_subscriptions_without_their_types_are_none(full: Workspace, box: Sandbox) -> None:
    """Where the event types of a subscription may not be read, the subscriptions are reported as not read."""
    box.fault("GET", "*/SubscribedEvents", "401")
    beyond = capture.capture(full.api)["beyond"]
    assert "subscriptions" not in beyond
    assert [*beyond["not_read"]] == ["subscriptions"]


@pytest.mark.parametrize("path", ["*/SIP/Domains.json", "*/IpAddresses.json", "/v1/Sinks"])
def test_half_an_account_is_no_snapshot(full: Workspace, box: Sandbox, here: Path, path: str) -> None:
    """What breaks on the way leaves no file: a snapshot is whole or is not there."""
    box.fault("GET", path, "503")
    with pytest.raises(TwilioError):
        capture.save(full.api, here / "a.json")
    assert not (here / "a.json").exists()


def test_what_is_refused_for_another_reason_is_no_gap(full: Workspace, box: Sandbox, here: Path) -> None:
    """Only what these credentials may not read may be missing; any other refusal ends it."""
    box.fault("GET", "*/Keys.json", "500")
    with pytest.raises(Rejected):
        capture.save(full.api, here / "a.json")


def test_the_command_says_what_it_did(full: Workspace, at_box: Sandbox, here: Path) -> None:
    """The command names the file and counts; with --json for a machine; a second time it refuses with 2."""
    assert (full.api.connection.url, here.is_dir()) == (at_box.url, True)
    ended = invoke("snapshot --file a.json")
    assert (ended.code, ended.err) == (0, "")
    assert "Wrote a.json: applications 2, domains 5, credential-lists 2, credentials 7" in ended.out
    assert invoke("snapshot --file a.json").code == 2
    spoken = invoke("snapshot b.json --json").json
    assert spoken["file"] == "b.json"
    assert spoken["holds"]["numbers"] == 4
    assert invoke("snapshot nowhere/c.json").code == 2


@pytest.mark.parametrize("name", ["/dev/zero", "pipe", "folder", "a\0b", "x" * 300])
def test_what_is_no_file_is_no_snapshot(name: str, tmp_path: Path) -> None:
    """A device, a pipe, a directory and a name that is none are refused at once: nothing waits or fills the memory."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    with pytest.raises(BadInput, match="is no snapshot that can be restored") as caught:
        load(tmp_path / name)
    assert "cannot be read: " in caught.value.faults[0]

"""Restore: a snapshot brought back into an empty account and into a changed one, and what cannot come back."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from futel_twilio.cli import views
from futel_twilio.commands import restore as symbols_module
from futel_twilio.commands.restore import RestoreOptions
from futel_twilio.errors import PartiallyApplied
from futel_twilio.snapshots import capture
from futel_twilio.workspace import open_workspace
from tests.conftest import clean_environment, invoke
from tests.support.paths import PROJECT
from tests.support.phones import OWNED, WRITES, begin_anew, delay_911
from tests.support.sampling import EVERY, examples
from tests.support.sandbox import GOOD_PASSWORD, sdk
from tests.support.snapshots import URL, create_unmanaged, dial, furnish, less, plain, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from futel_twilio.apply.result import Result
    from futel_twilio.sandbox.server import Sandbox
    from futel_twilio.workspace import Workspace

SPARE = "+15035550142"
NUMBERS = (*OWNED, SPARE)
PROD, OFFICE, QUIET = (
    f"{name}.sip.twilio.com"
    for name in ("direct-futel-prod", "office-futel", "direct-futel-nonemergency-prod")
)
CALM = settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="session")
def furnished(phone_accounts: dict[str, Any]) -> dict[str, Any]:
    """The dump of an account with something of every kind."""
    from futel_twilio.sandbox.server import Sandbox

    with Sandbox() as running, sdk(running.url) as made:
        running.seed(phone_accounts["synced"])
        furnish(running, made)
        return running.dump()


@pytest.fixture
def file(box: Sandbox, workspace: Workspace, here: Path, furnished: dict[str, Any]) -> Path:
    """A snapshot of that account, which stands in the sandbox."""
    begin_anew(box, furnished)
    path = here / "a.json"
    capture.save(workspace.api, path)
    box.clear_requests()
    return path


def brought_back(workspace: Workspace, file: Path, **said: Any) -> Result:
    return symbols_module.restore(workspace, file, RestoreOptions(**said))


def found(workspace: Workspace) -> Any:
    """The account as a snapshot, without SIDs and dates."""
    return plain(capture.capture(workspace.api))


def by_hand(outcome: Result) -> tuple[str, ...]:
    assert outcome.plan.manual_steps
    return outcome.plan.manual_steps.by_hand


def notes(outcome: Result) -> tuple[str, ...]:
    assert outcome.plan.manual_steps
    return outcome.plan.manual_steps.notes


def edited(file: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """The snapshot as somebody wrote into it."""
    document = read(file)
    change(document)
    file.write_text(json.dumps(document))
    return file


def domain(client: Any, name: str = PROD) -> Any:
    return next(one for one in client.sip.domains.list() if one.domain_name == name)


def named(things: list[Any], name: str) -> Any:
    return next(one for one in things if one.friendly_name == name)


def number(client: Any, which: str = OWNED[0]) -> Any:
    return next(one for one in client.incoming_phone_numbers.list() if one.phone_number == which)


def test_an_empty_account_becomes_the_same(
    workspace: Workspace, box: Sandbox, client: Any, file: Path
) -> None:
    """Into an empty account everything comes back that can; with the rest made by hand it is the same account."""
    box.reset()
    outcome = brought_back(workspace, file, buy_again=NUMBERS)
    beyond = ("outgoing_caller_ids", "keys", "sinks", "subscriptions", "dialling")
    assert less(found(workspace), *beyond) == less(plain(read(file)), *beyond)
    said = " ".join(by_hand(outcome))
    assert len(by_hand(outcome)) == len(beyond)
    for word in ("+15035550199", "API key laptop", URL, "all errors", "calls to MX were allowed"):
        assert word in said
    create_unmanaged(box, client)
    assert found(workspace) == plain(read(file))
    again = brought_back(workspace, file)
    assert (again.plan.changes, by_hand(again)) == ((), ())


def test_a_second_restoration_writes_nothing(workspace: Workspace, box: Sandbox, file: Path) -> None:
    """Where the account is unchanged, nothing is done, nothing is left for somebody, and not one write is sent."""
    outcome = brought_back(workspace, file)
    assert (outcome.plan.changes, by_hand(outcome), notes(outcome)) == ((), (), ())
    assert box.count(*WRITES) == 0


def _detach(client: Any, which: str) -> None:
    for mapping in domain(client, which).auth.calls.ip_access_control_list_mappings.list():
        mapping.delete()


def _drop(client: Any, which: str) -> None:
    gone = domain(client, which)
    for mappings in (gone.auth.calls, gone.auth.registrations):
        for mapping in mappings.credential_list_mappings.list():
            mapping.delete()
    _detach(client, which)
    gone.delete()


def _drop_office(client: Any) -> None:
    _detach(client, OFFICE)
    for one in client.sip.ip_access_control_lists.list():
        one.delete()


def _let_go(client: Any) -> None:
    number(client).update(emergency_address_sid="")


def _forget(client: Any, name: str) -> None:
    for one in client.sip.credential_lists.list():
        for credential in one.credentials.list():
            if credential.username == name:
                credential.delete()


# Each is done with the official client, as a careless person would; none makes what the snapshot does not hold.
DRIFTS: dict[str, Callable[[Any], object]] = {
    "application gone": lambda c: named(c.applications.list(), "incoming-stage").delete(),
    "callbacks of an application": lambda c: named(c.applications.list(), "incoming-prod").update(
        status_callback="", message_status_callback="https://other.example.com/", sms_method="POST"
    ),
    "caller ID lookup off": lambda c: named(c.applications.list(), "incoming-prod").update(
        voice_caller_id_lookup=False
    ),
    "SIP domain gone": lambda c: _drop(c, QUIET),
    "SIP domain of the office gone": lambda c: _drop(c, OFFICE),
    "status callback of a domain": lambda c: domain(c, OFFICE).update(voice_status_callback_url=""),
    "voice URL of a domain": lambda c: domain(c).update(voice_url="https://other.example.com/"),
    "emergency calling off": lambda c: domain(c).update(emergency_calling_enabled=False),
    "IP list detached": lambda c: _detach(c, OFFICE),
    "IP list gone": _drop_office,
    "IP address of other size": lambda c: [
        address.update(cidr_prefix_length=30, friendly_name="less")
        for one in c.sip.ip_access_control_lists.list()
        for address in one.ip_addresses.list()
    ],
    "credential gone": lambda c: _forget(c, "alder-street"),
    "credential of another list gone": lambda c: _forget(c, "guest"),
    "usage trigger gone": lambda c: [one.delete() for one in c.usage.triggers.list()],
    "usage trigger calls elsewhere": lambda c: [
        one.update(callback_url="https://other.example.com/", callback_method="GET")
        for one in c.usage.triggers.list()
    ],
    "address gone": lambda c: [one.delete() for one in c.addresses.list() if one.street == "5 Old St"],
    "number renamed": lambda c: number(c).update(friendly_name="x", voice_fallback_url=URL, sms_url=URL),
    "number without application": lambda c: number(c).update(voice_application_sid=""),
    "messages answered by nobody": lambda c: number(c, OWNED[2]).update(sms_application_sid=""),
    "number that takes faxes no more": lambda c: number(c, OWNED[2]).update(voice_receive_mode="voice"),
    "number without 911": _let_go,
}


@CALM
@given(drifts=st.lists(st.sampled_from(sorted(DRIFTS)), min_size=1, max_size=7, unique=True))
def test_a_changed_account_becomes_the_same(
    workspace: Workspace, box: Sandbox, client: Any, furnished: dict[str, Any], file: Path, drifts: list[str]
) -> None:
    """From 25 generated drifted accounts a restoration leads back to the snapshot; then there is nothing to do."""
    begin_anew(box, furnished)
    delay_911(box)
    for drift in drifts:
        try:
            DRIFTS[drift](client)
        except StopIteration:
            continue  # an earlier drift removed it
    outcome = brought_back(workspace, file)
    assert outcome.applied
    assert found(workspace) == plain(read(file))
    assert brought_back(workspace, file).plan.changes == ()


@pytest.mark.parametrize("drift", DRIFTS)
def test_each_drift_is_seen(workspace: Workspace, client: Any, file: Path, drift: str) -> None:
    """Each kind of drift alone is seen, fixed, and then gone."""
    DRIFTS[drift](client)
    assert brought_back(workspace, file).plan.changes
    assert found(workspace) == plain(read(file))


def test_what_is_unmanaged_is_left_alone(workspace: Workspace, client: Any, file: Path) -> None:
    """What the account holds and the snapshot does not is reported, and stays."""
    client.applications.create(friendly_name="newcomer")
    client.addresses.create("x", "7 New St", "Portland", "OR", "97201", "US")
    before = found(workspace)
    domain(client).update(sip_registration=False)
    outcome = brought_back(workspace, file)
    assert found(workspace) == before
    reported = views.plan_lines(outcome.plan)
    assert "? TwiML application newcomer  unmanaged: not in the snapshot" in reported
    assert sum(line.startswith("? ") for line in reported) == 2


def test_a_released_number_is_reported_and_not_bought(
    workspace: Workspace, box: Sandbox, client: Any, file: Path
) -> None:
    """A number that was released is named with what buys it again, and unnamed it is not bought."""
    number(client, SPARE).delete()
    number(client, OWNED[1]).update(emergency_address_sid="")
    number(client, OWNED[1]).delete()
    box.clear_requests()
    outcome = brought_back(workspace, file)
    assert by_hand(outcome) == (
        (
            f"incoming phone number {OWNED[1]}: the account holds it no more and has no 911 address "
            "(200 SE SAMPLE AVE PORCH, PORTLAND, OR 97202, US); if Twilio still has it, "
            f"--buy-again {OWNED[1]} buys it, which costs money every month"
        ),
        (
            f"incoming phone number {SPARE}: the account holds it no more; if Twilio still has it, "
            f"--buy-again {SPARE} buys it, which costs money every month"
        ),
    )
    assert box.count(*WRITES) == 0


def test_a_number_that_nobody_has_is_bought_again(
    workspace: Workspace, box: Sandbox, furnished: dict[str, Any], file: Path
) -> None:
    """A number that Twilio still has is bought once where it is named, and is then unchanged, 911 included."""
    objects = [one for one in furnished["objects"] if one["body"].get("phone_number") != OWNED[0]]
    begin_anew(box, furnished | {"objects": objects})
    outcome = brought_back(workspace, file, buy_again=(OWNED[0],))
    assert (outcome.applied, by_hand(outcome)) == (True, ())
    assert found(workspace) == plain(read(file))
    assert "it buys a phone number" in outcome.plan.reasons_to_confirm
    assert brought_back(workspace, file, buy_again=(OWNED[0],)).plan.changes == ()


def test_a_number_that_is_not_to_be_had(workspace: Workspace, client: Any, file: Path) -> None:
    """A number that Twilio does not sell again ends it in Twilio's words; the other changes are made anyway."""
    number(client, SPARE).delete()
    domain(client).update(sip_registration=False)
    with pytest.raises(PartiallyApplied, match="not available"):
        brought_back(workspace, file, buy_again=(SPARE,))
    assert domain(client).sip_registration is True


def test_new_passwords_are_named(workspace: Workspace, client: Any, file: Path) -> None:
    """The phones whose credentials are made anew are named; once they are, that they have other passwords."""
    _forget(client, "alder-street")
    _forget(client, "elm-office")
    outcome = brought_back(workspace, file)
    assert notes(outcome) == (
        "new passwords, which these phones need before they can call: alder-street, elm-office",
    )


def test_a_password_given_since_is_left(workspace: Workspace, file: Path) -> None:
    """A credential whose password was changed since the snapshot is left as it is, and its phone is named."""
    edited(file, lambda d: d["credentials"][0]["told"].update(date_updated="2020-01-01T00:00:00+00:00"))
    outcome = brought_back(workspace, file)
    assert outcome.plan.changes == ()
    (note,) = notes(outcome)
    assert note.startswith("passwords given since the snapshot, and left as they are: alder-street;")


def test_911_is_not_taken_unnamed(workspace: Workspace, box: Sandbox, client: Any, file: Path) -> None:
    """Where the snapshot knows no 911 for a domain or a number that has it now, that is refused unless named."""

    def without_911(document: dict[str, Any]) -> None:
        for one in document["domains"]:
            one["emergency_calling_enabled"] = False
        document["numbers"][0]["emergency_address"] = ""

    edited(file, without_911)
    before = found(workspace)
    box.clear_requests()
    ended = invoke_at(box, f"restore {file.name} --yes")
    assert ended.code == 2
    assert "--allow-911-loss alder-street" in ended.err
    assert "--allow-911-loss direct-futel-prod" in ended.err
    assert box.count(*WRITES) == 0
    assert found(workspace) == before
    lost = ("alder-street", "direct-futel-prod", "direct-futel-stage")
    assert brought_back(workspace, file, allow_911_loss=lost).applied
    assert number(client).emergency_address_sid is None


def invoke_at(box: Sandbox, command: str) -> Any:
    """A command at the sandbox that the fixtures of this file use."""
    assert box.url
    return invoke(f"{command} --profile sandbox")


def test_a_number_of_somebody_else_is_not_taken(box: Sandbox, client: Any, file: Path) -> None:
    """A number that another application answers now is left alone, unless it is named to be taken over."""
    assert file.exists()
    other = client.applications.create(friendly_name="another project")
    number(client).update(voice_application_sid=other.sid)
    ended = invoke_at(box, "restore a.json --yes")
    assert ended.code == 2
    assert "belongs to the application another project" in ended.err
    ended = invoke_at(box, f"restore a.json --yes --take-over {OWNED[0]}")
    assert ended.code == 0
    assert named(client.applications.list(), "incoming-prod").sid == number(client).voice_application_sid


def _with_trunk(document: dict[str, Any]) -> None:
    document["numbers"][0]["trunk_sid"] = "TK" + "a" * 32


def _with_unknown_application(document: dict[str, Any]) -> None:
    document["numbers"][0]["voice_application"] = "AP" + "b" * 32


def _with_emergency_caller(document: dict[str, Any]) -> None:
    document["domains"][0]["told"]["emergency_caller_sid"] = document["numbers"][0]["told"]["sid"]


def _with_carriers_trunk(document: dict[str, Any]) -> None:
    document["domains"][0]["told"]["byoc_trunk_sid"] = "BY" + "c" * 32


def _with_other_value(document: dict[str, Any]) -> None:
    document["usage_triggers"][0]["trigger_value"] = "7000"


def _with_duplicates(document: dict[str, Any]) -> None:
    document["applications"].append(dict(document["applications"][0]))


LEFT: dict[str, tuple[Callable[[dict[str, Any]], object], tuple[str, ...]]] = {
    "a trunk": (_with_trunk, (f"incoming phone number {OWNED[0]}: trunk_sid was TKaaaa",)),
    "an application that is not in it": (
        _with_unknown_application,
        (f"incoming phone number {OWNED[0]}: voice_application was APbbbb",),
    ),
    "a number for all 911 calls": (
        _with_emergency_caller,
        (f"SIP domain {QUIET}: its calls to 911 came from {OWNED[0]}, whoever called",),
    ),
    "a carrier's trunk": (_with_carriers_trunk, (f"SIP domain {QUIET}: byoc_trunk_sid was BYcccc",)),
    "the value of a usage trigger": (
        _with_other_value,
        ("usage trigger futel total price: trigger_value was 7000 and is 100",),
    ),
    "two applications of one name": (
        _with_duplicates,
        (
            f"incoming phone number {OWNED[0]}: voice_application was incoming-prod",
            f"incoming phone number {OWNED[1]}: voice_application was incoming-prod",
            f"incoming phone number {OWNED[2]}: sms_application was incoming-prod",
            "TwiML application incoming-prod: the snapshot holds several of this name",
        ),
    ),
}


@pytest.mark.parametrize("what", LEFT)
def test_what_no_command_writes_is_left_for_a_person(
    workspace: Workspace, box: Sandbox, file: Path, what: str
) -> None:
    """A SID without a name, a fixed setting and a duplicate name are reported, and nothing is written."""
    change, lines = LEFT[what]
    edited(file, change)
    if what == "two applications of one name":
        for one in workspace.api.client.incoming_phone_numbers.list():
            one.update(
                **{"sms_application_sid" if one.phone_number == OWNED[2] else "voice_application_sid": ""}
            )
    box.clear_requests()
    outcome = brought_back(workspace, file)
    assert len(by_hand(outcome)) == len(lines)
    for reported, line in zip(by_hand(outcome), lines, strict=True):
        assert reported.startswith(line)
        assert "Twilio console" in reported
    assert box.count(*WRITES) == 0


def test_two_addresses_of_one_text_are_one(
    workspace: Workspace, box: Sandbox, client: Any, file: Path
) -> None:
    """Of two addresses of one text one is brought back: the one is as good as the other."""
    edited(file, lambda d: d["addresses"].append(dict(d["addresses"][0])))
    box.reset()
    assert brought_back(workspace, file).applied
    assert len(client.addresses.list()) == 3


def test_what_a_snapshot_lacks_is_not_desired(
    workspace: Workspace, box: Sandbox, client: Any, file: Path
) -> None:
    """A setting that stands not in the file, or a method that is empty there, is left as the account has it."""

    def shorter(document: dict[str, Any]) -> None:
        for one in document["applications"]:
            one["voice_method"] = ""
            del one["status_callback"]

    edited(file, shorter)
    named(client.applications.list(), "incoming-prod").update(voice_method="GET", status_callback="")
    box.clear_requests()
    assert brought_back(workspace, file).plan.changes == ()
    assert box.count(*WRITES) == 0


def test_dialling_permissions_are_compared(workspace: Workspace, client: Any, file: Path) -> None:
    """A country that is open and was not, and one that was open and is not, are both reported with what to do."""
    dial(client, "MX", allowed=False)
    dial(client, "LV", allowed=True)
    client.voice.v1.dialing_permissions.settings().update(dialing_permissions_inheritance=True)
    assert [line.partition(":")[0] for line in by_hand(brought_back(workspace, file))] == [
        "calls to MX were allowed and are not",
        "calls to LV were not allowed and are",
        "that dialling permissions are inherited was False and is True",
    ]


def test_what_could_not_be_read_is_not_called_lost(workspace: Workspace, file: Path) -> None:
    """What was not read when the snapshot was taken is a word, not something that is left to do."""

    def without_keys(document: dict[str, Any]) -> None:
        del document["beyond"]["keys"]
        document["beyond"]["not_read"]["keys"] = "401"

    outcome = brought_back(workspace, edited(file, without_keys))
    assert by_hand(outcome) == ()
    (note,) = notes(outcome)
    assert note.startswith("API keys could not be read")


def test_one_kind_alone(workspace: Workspace, box: Sandbox, client: Any, file: Path) -> None:
    """--only brings back that kind and tells of that kind; the rest is not looked at."""
    domain(client).update(sip_registration=False)
    named(client.applications.list(), "incoming-prod").update(voice_url="https://other.example.com/")
    number(client, OWNED[2]).delete()
    box.clear_requests()
    outcome = brought_back(workspace, file, only=("applications",))
    assert [change.resource.name for change in outcome.plan.changes] == ["incoming-prod"]
    assert by_hand(outcome) == ()
    assert domain(client).sip_registration is False
    assert not [r.path for r in box.requests() if "Sinks" in r.path or "Keys" in r.path]


def test_calls_are_not_pointed_where_nobody_answers(
    workspace: Workspace, box: Sandbox, client: Any, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dialplans that calls would move back to are asked first; where they do not answer it is refused."""
    from futel_twilio.rehearsal import runner

    asked: list[str] = []

    def silent(questions: Any, _settings: Any) -> runner.Rehearsal:
        asked.extend(question.url for question in questions)
        answers = (runner.Answer(question, "failed", "nobody answers", 1.0) for question in questions)
        return runner.Rehearsal(tuple(answers), signed=True)

    monkeypatch.setattr(runner, "rehearse", silent)
    domain(client).update(voice_url="https://other.example.com/")
    box.clear_requests()
    ended = invoke_at(box, "restore a.json --yes")
    assert ended.code == 2
    assert set(asked) == {"https://prod.dialplans.phu73l.net/dial_outgoing"}
    assert box.count(*WRITES) == 0
    assert invoke_at(box, "restore a.json --yes --skip-rehearsal 'they are down'").code == 0
    assert found(workspace) == plain(read(file))


def test_another_account_is_named_first(
    workspace: Workspace, box: Sandbox, file: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Into another account than the snapshot's nothing is written unless that is said; names come, SIDs do not."""
    other = "AC" + "7" * 32
    with type(box)(state=":memory:", accounts=[f"{other}:other-token"]) as elsewhere:
        monkeypatch.setenv("FUTEL_TWILIO_URL", elsewhere.url)
        monkeypatch.setenv("TWILIO_ACCOUNT_SID", other)
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", "other-token")
        ended = invoke("restore a.json --yes")
        assert ended.code == 2
        assert f"The snapshot is of account {workspace.api.connection.account_sid}" in ended.err
        assert elsewhere.count() == 0
        buys = " ".join(f"--buy-again {one}" for one in NUMBERS)
        ended = invoke(f"restore a.json --yes --into-another-account {buys} --password-file new.txt")
        assert ended.code == 1
        assert "cannot be had here before it is given up there" in ended.out
        with open_workspace(directory=here) as there:
            beyond = ("account_sid", "beyond")
            assert less(found(there), *beyond) == less(plain(read(file)), *beyond)


def test_a_corrected_address_ends_it(box: Sandbox, client: Any, file: Path) -> None:
    """An address that Twilio would write otherwise is reported in its words; you write it into the file."""
    edited(file, lambda d: d["addresses"][0].update(street="1 needs correction St"))
    ended = invoke_at(box, "restore a.json --yes")
    assert ended.code == 2
    assert "Street: 1 St" in ended.err
    assert "Write it into a.json" in ended.err
    assert len(client.addresses.list()) == 3


BAD: dict[str, tuple[str, tuple[str, ...]]] = {
    "no such file": ("", ("there is no such file",)),
    "not JSON": ("{", ("cannot be read as JSON",)),
    "not text": ("\x00", ("cannot be read as JSON",)),
    "not an object": ("[]", ("not a JSON object",)),
    "a key twice": ('{"format": 1, "format": 2}', ("format: stands in the file twice",)),
    "another file": ('{"alder-street": {}}', ("format: missing",)),
    "another format": ('{"format": "something"}', ("format: not a snapshot of futel_twilio",)),
    "a later version": ('{"format": "futel_twilio snapshot", "version": 2}', ("version: not version 1",)),
}
FAULTS: dict[str, tuple[Callable[[dict[str, Any]], object], tuple[str, ...]]] = {
    "a section is missing": (lambda d: d.pop("numbers"), ("numbers: missing",)),
    "a setting that nobody knows": (
        lambda d: d["domains"][0].update(voice_uri="x"),
        ("domains.0.voice_uri: unknown key",),
    ),
    "words for a switch": (
        lambda d: d["domains"][0].update(sip_registration="yes"),
        ("domains.0.sip_registration: not true or false",),
    ),
    "no number": (
        lambda d: d["numbers"][1].update(phone_number="503"),
        ("numbers.1.phone_number: not a number in E.164",),
    ),
    "a method": (
        lambda d: d["applications"][0].update(voice_method="PUT"),
        ("applications.0.voice_method: not GET or POST",),
    ),
    "a list that is not in it": (
        lambda d: d["domains"][0].update(calls=["nowhere"]),
        ("domains.0.calls: credential_lists holds no 'nowhere'",),
    ),
    "the list of a credential": (
        lambda d: d["credentials"][0].update(credential_list="nowhere"),
        ("credentials.0.credential_list: credential_lists holds no 'nowhere'",),
    ),
    "several at once": (
        lambda d: (
            d["usage_triggers"][0].pop("friendly_name"),
            d.update(account_sid="AC1"),
            d["addresses"][2].pop("city"),
        ),
        ("account_sid: not AC", "addresses.2.city: missing", "usage_triggers.0.friendly_name: missing"),
    ),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_file_that_is_none_is_refused(at_box: Sandbox, here: Path, bad: str) -> None:
    """What is no snapshot of this form is reported in one message with exit code 2, and nothing is asked of Twilio."""
    text, says = BAD[bad]
    if text:
        (here / "bad.json").write_text(text)
    ended = invoke("restore --file bad.json --yes")
    assert ended.code == 2
    assert "Traceback" not in ended.err
    for line in says:
        assert line in ended.err
    assert at_box.count() == 0


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_has_its_place(workspace: Workspace, box: Sandbox, file: Path, fault: str) -> None:
    """Each fault of a snapshot is reported with its place, all at once, with exit code 2 before anything is asked."""
    assert workspace.api.connection.url == box.url
    change, says = FAULTS[fault]
    edited(file, change)
    ended = invoke_at(box, "restore a.json --yes")
    assert ended.code == 2
    for line in says:
        assert line in ended.err
    assert len([line for line in ended.err.splitlines() if line.startswith("  ")]) == len(says)
    assert box.count() == 0


def test_bad_flags_are_refused(box: Sandbox, file: Path) -> None:
    """A kind that there is not, a number that the snapshot does not hold, and none at all: exit code 2, no write."""
    assert file.exists()
    for flags, says in (
        ("--only domain", "no kind 'domain'"),
        ("--buy-again +15035550177", "+15035550177: not in the snapshot"),
        ("--buy-again 503", "503"),
    ):
        ended = invoke_at(box, f"restore a.json --yes {flags}")
        assert (ended.code, says in ended.err) == (2, True), ended
    assert box.count(*WRITES) == 0


def test_exit_codes(box: Sandbox, client: Any, file: Path) -> None:
    """0 where all is back, 1 for a dry run with something to do and for what is left for somebody, 2 for a refusal."""
    assert file.exists()
    assert invoke_at(box, "restore a.json").code == 0
    domain(client).update(sip_registration=False)
    box.clear_requests()
    ended = invoke_at(box, "restore a.json --dry-run")
    assert (ended.code, box.count(*WRITES)) == (1, 0)
    assert "sip_registration: off -> on" in ended.out
    assert invoke_at(box, "restore a.json").code == 0
    number(client, SPARE).delete()
    ended = invoke_at(box, "restore a.json")
    assert ended.code == 1
    assert "1 step is left for you, marked with ! above" in ended.out
    spoken = invoke_at(box, "restore a.json --json")
    assert (spoken.code, len(spoken.json["by_hand"]), spoken.json["changes"]) == (1, 1, [])


def test_it_asks_first(workspace: Workspace, client: Any, file: Path) -> None:
    """A restoration that writes anything is asked about first, and says of when the snapshot is."""
    domain(client, OFFICE).update(voice_status_callback_url="https://other.example.com/")
    outcome = brought_back(workspace, file)
    assert outcome.plan.reasons_to_confirm == (f"it brings back what was there at {read(file)['taken_at']}",)


def test_it_can_be_rolled_back(workspace: Workspace, client: Any, file: Path) -> None:
    """A restoration stands in the history like every command, and is undone like one."""
    from futel_twilio.commands.rollback import rollback

    _drop_office(client)
    domain(client).update(voice_status_callback_url=URL)
    before = found(workspace)
    assert brought_back(workspace, file).applied
    rollback(workspace)
    assert found(workspace) == before


def test_passwords_are_nowhere(workspace: Workspace, box: Sandbox, here: Path, file: Path) -> None:
    """The new passwords stand in the one place that was asked for, and nowhere else that a restoration leaves."""
    assert file.exists()
    box.reset()
    buys = " ".join(f"--buy-again {one}" for one in NUMBERS)
    ended = invoke_at(box, f"restore a.json --yes {buys} --password-file new.txt")
    assert ended.code == 1
    made = [line.split("\t")[1] for line in (here / "new.txt").read_text().splitlines()]
    assert len(made) == 7
    left = [path for path in here.rglob("*") if path.is_file() and path.name != "new.txt"]
    assert {"journal.jsonl", "credentials-ledger.jsonl", "a.json"} <= {path.name for path in left}
    said = [ended.out, ended.err, json.dumps(box.dump()), *(path.read_text() for path in left)]
    capture.save(workspace.api, here / "b.json")
    said.append((here / "b.json").read_text())
    for password in (*made, GOOD_PASSWORD):
        assert not [text for text in said if password in text]
    notes = (here / "credentials-ledger.jsonl").read_text()
    assert notes.count('"event": "created"') == 7


def test_shown_passwords_are_shown_once(box: Sandbox, client: Any, file: Path) -> None:
    """Without a file for them the new passwords are shown once, with the phone that each is for."""
    assert file.exists()
    _forget(client, "alder-street")
    ended = invoke_at(box, "restore a.json --yes")
    assert ended.code == 0
    assert len([line for line in ended.out.splitlines() if line.startswith("  alder-street  ")]) == 1


KILLED_RUNS = r"""
import json, os, signal, sys, urllib.request
from pathlib import Path
from futel_twilio.apply import executor, write_run
from futel_twilio.commands import restore
from futel_twilio.snapshots import capture
from futel_twilio.twilio_api import http
from futel_twilio.workspace import open_workspace
from tests.support.snapshots import less, plain, read
write_run.PAUSE_SECONDS = 0.0
file, every, numbers = Path(sys.argv[1]), int(sys.argv[2]), tuple(sys.argv[3:])
url = os.environ["FUTEL_TWILIO_URL"]
ask = http.Http._once

def at_the_door(path):
    urllib.request.urlopen(urllib.request.Request(f"{url}/_sandbox/{path}", method="POST", data=b"")).read()

def run(kill_after):
    written = 0
    def once(self, method, *args, **kwargs):
        nonlocal written
        answer = ask(self, method, *args, **kwargs)
        written += method != "GET"
        if written == kill_after:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer
    http.Http._once = once
    with open_workspace("sandbox") as workspace:
        restore.restore(workspace, file, restore.RestoreOptions(buy_again=numbers))

for after in range(1, 1000, every):
    at_the_door("reset")
    child = os.fork()
    if child == 0:
        run(after)
        os._exit(0)
    killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
    with open_workspace("sandbox") as workspace:
        restore.restore(workspace, file, restore.RestoreOptions(buy_again=numbers))
        left = restore.restore(workspace, file).plan.changes
        same = less(plain(capture.capture(workspace.api)), "beyond") == less(plain(read(file)), "beyond")
    print(json.dumps({"after": after, "killed": killed, "left": len(left), "same": same}), flush=True)
    if not killed:
        break
"""


@pytest.mark.parametrize("every", EVERY)
def test_a_killed_restoration_is_finished_by_the_next(
    box: Sandbox, here: Path, file: Path, every: int
) -> None:
    """Killed (SIGKILL) after its writes, run again it ends in the same account, without twins."""
    ran = subprocess.run(
        [sys.executable, "-c", KILLED_RUNS, str(file), str(every), *NUMBERS],
        cwd=here,
        env={**clean_environment(), "FUTEL_TWILIO_URL": box.url, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    runs = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 0, ran.stderr
    assert len(runs) >= 30 // every
    assert [run["killed"] for run in runs] == [True] * (len(runs) - 1) + [False]
    assert {(run["left"], run["same"]) for run in runs} == {(0, True)}


GONE: dict[str, Callable[[Any], object]] = {
    "a number": lambda c: number(c, SPARE).delete(),
    "leave to call a country": lambda c: dial(c, "MX", allowed=False),
    "a verified caller": lambda c: [one.delete() for one in c.outgoing_caller_ids.list()],
    "two numbers": lambda c: [number(c, one).delete() for one in (SPARE, OWNED[2])],
}


@pytest.mark.parametrize("what", GONE)
def test_nothing_to_do_is_not_said_above_what_is_gone(
    box: Sandbox, client: Any, file: Path, what: str
) -> None:
    """Where no command can bring back what is gone, the first line reports it, and of how many lines."""
    assert file.exists()
    GONE[what](client)
    ended = invoke_at(box, "restore a.json")
    assert ended.code == 1
    assert "No changes" not in ended.out
    left = sum(line.startswith("! ") for line in ended.out.splitlines())
    assert left
    those = "the line marked with ! below is" if left == 1 else f"the {left} lines marked with ! below are"
    assert ended.out.startswith(f"No command can change more at Twilio: {those} left for you.\n")

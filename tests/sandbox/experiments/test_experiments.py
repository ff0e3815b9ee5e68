"""The experiments: what each sees on the sandbox, what it makes, and what none of them can do."""

import json
from pathlib import Path
from typing import Any

import pytest

from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID
from futel_twilio.sandbox.experiments.catalogue import EXPERIMENTS, MODULES
from futel_twilio.sandbox.experiments.guard import Forbidden
from futel_twilio.sandbox.experiments.lab import GOOD_PASSWORD, Lab
from futel_twilio.sandbox.experiments.observations import Observation, Scrubber, differences
from futel_twilio.sandbox.experiments.table import FLAGS, Experiment, experiment, perform
from futel_twilio.sandbox.server import Sandbox
from tests.support.experiments import EXPECTATIONS, MARK, expected, lab_at, meets, tried
from tests.support.sandbox import sdk

EXPECTED = expected()
ROOT = f"https://api.twilio.com/2010-04-01/Accounts/{DEFAULT_ACCOUNT_SID}"


@pytest.mark.parametrize("one", EXPERIMENTS, ids=lambda one: one.name)
def test_the_sandbox_behaves_as_expected(one: Experiment) -> None:
    """Each experiment sees line for line what `expectations/` says, and tries to make what it says it makes."""
    found, wanted = tried(one), EXPECTED[one.name]
    assert len(found.seen) == len(wanted)
    for observation, line in zip(found.seen, wanted, strict=True):
        assert meets(observation.line, line)
    assert found.makes == dict(one.makes)


def test_every_experiment_is_expected() -> None:
    """Each experiment has its expectation, in the file of its module, and there is none besides."""
    assert set(EXPECTED) == {one.name for one in EXPERIMENTS}
    resources = [resource.__name__.rpartition(".")[2] for resource in MODULES]
    assert sorted(path.stem for path in EXPECTATIONS.glob("*.txt")) == sorted(resources)
    for path in EXPECTATIONS.glob("*.txt"):
        heads = [line for line in path.read_text().splitlines() if line.startswith("## ")]
        assert all(head.startswith(f"## {path.stem}.") for head in heads)


def test_experiments_have_unique_names_and_descriptions() -> None:
    """Names are unique, each says in one sentence what is done, and needs nothing that is not known."""
    assert len({one.name for one in EXPERIMENTS}) == len(EXPERIMENTS)
    for one in EXPERIMENTS:
        assert one.says.endswith("."), one.name
        assert "\n" not in one.says, one.name
        assert not one.needs or one.needs in FLAGS, one.name


def test_every_module_is_in_the_catalogue() -> None:
    """A module of experiments that the catalogue forgot would never be run."""
    folder = Path(str(MODULES[0].__file__)).parent
    with_some = {path.stem for path in folder.glob("*.py") if "\n@experiment(" in path.read_text()}
    assert with_some == {resource.__name__.rpartition(".")[2] for resource in MODULES}


@pytest.fixture
def lab(box: Sandbox) -> Any:
    with lab_at(box.url) as made:
        yield made


@pytest.mark.parametrize(
    ("method", "place", "form"),
    [
        ("POST", f"{ROOT}/IncomingPhoneNumbers.json", {"PhoneNumber": "+15035550100"}),
        ("POST", f"{ROOT}/IncomingPhoneNumbers.json", {"PhoneNumber": "15035550100"}),
        ("POST", f"{ROOT}/IncomingPhoneNumbers.json", {"AreaCode": "503"}),
        ("POST", f"{ROOT}/IncomingPhoneNumbers.json", {}),
        ("POST", f"{ROOT}/IncomingPhoneNumbers/Local.json", {"PhoneNumber": "+15035550100"}),
        ("POST", f"{ROOT}/IncomingPhoneNumbers/PN{'1' * 32}.json", {"FriendlyName": MARK}),
        ("DELETE", f"{ROOT}/IncomingPhoneNumbers/PN{'1' * 32}.json", {}),
        (
            "POST",
            f"{ROOT}/Calls.json",
            {"To": "+15035550100", "From": "+15005550001", "Url": "https://a.example"},
        ),
        (
            "POST",
            f"{ROOT}/Calls.json",
            {"To": "sip:a@a.sip.twilio.com", "From": "x", "Url": "https://a.example"},
        ),
        ("POST", f"{ROOT}/Messages.json", {"To": "+15005550001", "From": "+15005550001", "Body": MARK}),
        ("POST", f"{ROOT}.json", {"FriendlyName": MARK}),
        ("POST", "https://api.twilio.com/2010-04-01/Accounts.json", {"FriendlyName": MARK}),
        ("POST", f"{ROOT}/OutgoingCallerIds.json", {"PhoneNumber": "+15005550001", "FriendlyName": MARK}),
        ("POST", f"{ROOT}/Applications/AP{'1' * 32}.json", {"FriendlyName": MARK}),
        ("DELETE", f"{ROOT}/Applications/AP{'1' * 32}.json", {}),
        ("PUT", f"{ROOT}/Applications/AP{'1' * 32}.json", {}),
        ("POST", f"{ROOT}/SIP/CredentialLists/CL{'1' * 32}/Credentials.json", {"Username": MARK}),
        (
            "POST",
            f"{ROOT}/SIP/Domains/SD{'1' * 32}/Auth/Calls/CredentialListMappings.json",
            {"CredentialListSid": f"CL{'1' * 32}"},
        ),
        ("POST", "https://voice.twilio.com/v1/Settings", {"DialingPermissionsInheritance": "true"}),
        (
            "POST",
            "https://voice.twilio.com/v1/SourceIpMappings",
            {"IpRecordSid": f"IL{'f' * 32}", "SipDomainSid": f"SD{'1' * 32}"},
        ),
    ],
)
def test_what_no_experiment_may_send(
    box: Sandbox, lab: Lab, method: str, place: str, form: dict[str, str]
) -> None:
    """What costs, calls, sends or touches others' things never leaves, whatever an experiment says."""
    with pytest.raises(Forbidden):
        lab.send(method, place, **form)
    assert box.count() == 0


def test_countries_change_only_into_what_they_are(lab: Lab) -> None:
    """A bulk change of dialling permissions leaves only if it says what was read of the country before."""
    bulk = lab.client.voice.v1.dialing_permissions.bulk_country_updates
    same = json.dumps([{"iso_code": "US", "low_risk_numbers_enabled": "true"}])
    other = json.dumps([{"iso_code": "US", "low_risk_numbers_enabled": "false"}])
    with pytest.raises(Forbidden):
        bulk.create(update_request=same)
    lab.client.voice.v1.dialing_permissions.countries("US").fetch()
    with pytest.raises(Forbidden):
        bulk.create(update_request=other)
    assert bulk.create(update_request=same).update_count == 1


def test_a_lent_number_is_neither_moved_nor_registered(box: Sandbox) -> None:
    """The number that a run was given is changed, never released, moved or registered for emergencies."""
    with sdk(box.url) as owner:
        number = owner.incoming_phone_numbers.create(area_code="503").sid
    with lab_at(box.url, number) as lab:
        lent = lab.client.incoming_phone_numbers(number)
        assert lent.update(friendly_name="lent").friendly_name == "lent"
        for spoilt in (f"PN{'f' * 32}", number):
            with pytest.raises(Forbidden):
                lab.send("POST", f"{ROOT}/IncomingPhoneNumbers/{number}.json", AccountSid=spoilt)
        with pytest.raises(Forbidden):
            lent.delete()
        place = {"street": "1 A", "city": "B", "region": "OR", "postal_code": "97201", "iso_country": "US"}
        made = lab.client.addresses.create(customer_name=lab.name(), emergency_enabled=True, **place)
        with pytest.raises(Forbidden):
            lent.update(emergency_address_sid=made.sid)


def test_a_name_of_one_run_reads_as_that_of_any() -> None:
    """SIDs, names, dates, tokens, hosts, secrets and the account are placeholders, the same in every run."""
    account, other = "AC" + "1" * 32, "AC" + "2" * 32
    bodies = [
        {
            "sid": f"CL{digit * 32}",
            "again": f"CL{digit * 32}",
            "account_sid": who,
            "friendly_name": f"parity-{digit * 10}-000{digit}",
            "uri": f"/2010-04-01/Accounts/{who}/SIP/CredentialLists/CL{digit * 32}.json?PageToken=PACL{digit}",
            "url": f"{base}/v1/Sinks/DG{digit * 32}",
            "date_created": f"Mon, 20 Jul 2015 17:27:1{digit} +0000",
            "date": f"2015-07-20T17:27:1{digit}Z",
            "secret": digit * 32,
            "auth_token": digit * 30,
        }
        for digit, who, base in (
            ("3", account, "https://events.twilio.com"),
            ("4", other, "http://127.0.0.1:4010"),
        )
    ]
    one, two = Scrubber(account).clean(bodies[0]), Scrubber(other, "http://127.0.0.1:4010").clean(bodies[1])
    assert one == two
    assert one["again"] == one["sid"] == "<CL 1>"
    assert (one["secret"], one["auth_token"]) == ("<32 characters>", "<hidden>")
    assert one["url"] == "<host>/v1/Sinks/<DG 1>"
    assert not {account, "3" * 10} & set(json.dumps(one).split('"'))


def test_no_observation_holds_a_secret(box: Sandbox) -> None:
    """Neither a password, a key's secret nor the auth token stands in what the experiments saw."""
    for one in EXPERIMENTS:
        if one.name.startswith(("credentials.", "keys.", "protocol.")):
            with lab_at(box.url) as lab:
                seen = json.dumps([observation.as_json() for observation in perform(one, lab)])
            assert GOOD_PASSWORD not in seen
            assert '"sandbox"' not in seen


def test_an_experiment_that_cannot_go_on_says_why(lab: Lab) -> None:
    """When what an experiment needs first is refused, that refusal is the last it saw, and it is no error."""

    @experiment("Needs a domain of no name.", makes={"SIP domain": 1})
    def spoilt(lab: Lab) -> None:
        lab.make(lambda: lab.client.sip.domains.create(domain_name=f"{lab.name()}..sip.twilio.com"))
        lab.look("never", lab.client.applications.page)

    (seen,) = perform(spoilt, lab)
    assert seen.line == "what was needed first: 400/21231 Invalid Domain Name"


def test_two_steps_of_one_name_are_a_fault(lab: Lab) -> None:
    """A step that is called like another would hide it: that is refused."""
    lab.tell("a", 1)
    with pytest.raises(ValueError, match="two steps"):
        lab.tell("a", 2)


def test_differences_are_listed_step_by_step() -> None:
    """Where two runs differ is reported by the step, with what each said, and a step that one lacks."""
    ours = [Observation("a", 201), Observation("b", 400, 21240, "no"), Observation("c", 200, value=[1])]
    theirs = [Observation("a", 201), Observation("b", 400, 21243, "no"), Observation("d", 200)]
    assert differences(ours, theirs) == [
        ("b", "400/21240 no", "400/21243 no"),
        ("c", "200 [1]", "(nothing)"),
        ("d", "(nothing)", "200"),
    ]

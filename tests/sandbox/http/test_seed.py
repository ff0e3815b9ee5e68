"""A seed is judged before anything of it is written: what is wrong in it is named, and what is taken is answered."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings

from futel_twilio.sandbox.api_v2010.phone_numbers.stock import RELEASED
from futel_twilio.sandbox.http import seed
from futel_twilio.sandbox.http.registry import RESOURCES
from futel_twilio.sandbox.http.shapes import forms
from futel_twilio.sandbox.server import Sandbox
from tests.sandbox.test_command import SMALL as EMPTY
from tests.sandbox.test_command import refused
from tests.support.sampling import examples
from tests.support.sandbox import AUTH, ROOT, call
from tests.support.spoiled_seeds import Spoiled, broken_by, spoiled, whole

MANY = settings(
    max_examples=examples(60), deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


def test_each_spoiled_seed_is_refused_or_answered() -> None:
    """Whatever is taken out of a dump or put in its place: it is refused whole, or no request after it fails."""

    @settings(MANY)
    @given(spoiled())
    def each(seeds: Spoiled) -> None:
        assert not broken_by(seeds.document)

    each()


def test_what_no_judge_sees_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the judgement of the objects a seed is taken after which requests fail."""
    monkeypatch.setattr(seed, "_of_objects", lambda _objects: [])

    @settings(MANY, max_examples=500, phases=[Phase.generate], report_multiple_bugs=False)
    @given(spoiled())
    def each(seeds: Spoiled) -> None:
        assert not broken_by(seeds.document)

    with pytest.raises(AssertionError):
        each()


def test_there_is_something_of_every_kind() -> None:
    """The dump that is spoiled holds each kind of the tables, and what is there without one."""
    kinds = {one["kind"] for one in whole()[0]["objects"]}
    assert kinds == {row.kind for row in RESOURCES} | {RELEASED}


def parts() -> Iterator[tuple[int, str]]:
    """Each value that must stand in a body of the dump, one object of each kind."""
    seen = set()
    for n, one in enumerate(whole()[0]["objects"]):
        if one["kind"] in forms() and one["kind"] not in seen:
            seen.add(one["kind"])
            yield from ((n, name) for name, _ in forms()[one["kind"]].shown)


def faults_of(document: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(seed.SeedError) as caught:
        seed.read(document)
    return [(fault.kind, fault.sid, fault.field) for fault in caught.value.faults]


@pytest.mark.parametrize("is_there", [True, False])
def test_each_field_is_asked_for(*, is_there: bool) -> None:
    """A body that lacks a field, or holds half a number in it, is refused, and the field named."""
    fields = list(dict.fromkeys(parts()))
    for n, name in fields:
        document = copy.deepcopy(whole()[0])
        one = document["objects"][n]
        del one["body"][name]
        one["body"] |= {name: 0.5} if is_there else {}
        assert (one["kind"], one["sid"], name) in faults_of(document)
    assert len(fields) > 100


def spoil_much(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Faults of several objects at once, and what they are called."""
    objects = {one["kind"]: one for one in document["objects"]}
    number, mapping, key = objects["number"], objects["source_ip_mapping"], objects["key"]
    del number["body"]["voice_url"]
    number["body"]["_emergency"] = {"move": "up"}
    mapping["parent"] = "SD" + "9" * 32
    key["body"]["_salt"] = "no hex"
    objects["credential"]["parent"] = "CL" + "9" * 32
    objects["application"]["sid"] = "AP1"
    objects["domain"]["unique"] = []
    objects["call"]["body"]["start_time"] = "yesterday"
    document["settings"].append(["", "emergency_outcome", "perhaps"])
    return [
        ("number", number["sid"], "voice_url"),
        ("number", number["sid"], "_emergency"),
        ("source_ip_mapping", mapping["sid"], "parent"),
        ("key", key["sid"], "_salt"),
        ("credential", objects["credential"]["sid"], "parent"),
        ("application", "AP1", "sid"),
        ("domain", objects["domain"]["sid"], "unique"),
        ("call", objects["call"]["sid"], "start_time"),
        ("setting", "emergency_outcome", "value"),
    ]


def test_all_faults_are_reported_at_once(box: Sandbox) -> None:
    """One answer names every fault by kind, SID and field, and nothing is written."""
    document, empty = copy.deepcopy(whole()[0]), box.dump()
    expected = spoil_much(document)
    answer = requests.post(f"{box.url}/_sandbox/seed", json=document, timeout=60)
    reported = [(fault["kind"], fault["sid"], fault["field"]) for fault in answer.json()["faults"]]
    assert (answer.status_code, sorted(reported)) == (400, sorted(expected))
    assert all(f"{kind} {sid}: " in answer.json()["message"] for kind, sid, _ in expected)
    assert box.dump() == empty


def test_a_line_for_each_on_the_command_line(tmp_path: Path) -> None:
    """`--seed` names them too, a line for each object, before the state file is made."""
    document = copy.deepcopy(whole()[0])
    expected = spoil_much(document)
    (tmp_path / "seed.json").write_text(json.dumps(document))
    first, *reported, last = refused(tmp_path, "--seed", "seed.json", "--state", "state.db")
    assert {line.partition(":")[0] for line in reported} == {f"{kind} {sid}" for kind, sid, _ in expected}
    assert len(reported) == len({sid for _, sid, _ in expected})
    assert (first, last[:9]) == ("--seed seed.json holds what no sandbox dumps:", "Give it a")
    assert not (tmp_path / "state.db").exists()


@pytest.mark.parametrize(
    ("counters", "sid"),
    [
        ([], f"{AUTH[0]} AP"),
        ([[AUTH[0], "AP", 2]], f"{AUTH[0]} AP"),
        ([[AUTH[0], "AP", 3], [AUTH[0], "SD", -1]], f"{AUTH[0]} SD"),
        ([[AUTH[0], "AP", 2**63 - 1]], f"{AUTH[0]} AP"),
    ],
)
def test_a_counter_that_would_give_a_sid_twice(counters: list[Any], sid: str) -> None:
    """A counter stands where the SIDs of the dump stand, or beyond; it can count on."""
    (third,) = [one for one in whole()[0]["objects"] if one["sid"][:2] == "AP" and one["sid"][-1] == "3"]
    document = EMPTY | {"objects": [third], "counters": counters}
    assert faults_of(document) == [("counter", sid, "n")]


def test_what_is_wrong_is_not_repeated() -> None:
    """A fault names an object by its place where its kind or its SID is not fit to be shown; values are not told."""
    document = copy.deepcopy(whole()[0])
    document["objects"][0] |= {"sid": "\x1b[2Jhush", "kind": "application"}
    document["objects"][1]["body"]["friendly_name"] = ["hush"]
    document["objects"][2] = "hush"
    with pytest.raises(seed.SeedError) as caught:
        seed.read(document)
    assert ("object", "3") in {(fault.kind, fault.sid) for fault in caught.value.faults}
    assert "hush" not in str(caught.value)


def test_ten_thousand_numbers_are_taken(box: Sandbox) -> None:
    """A large account is judged like a small one, and found as dumped."""
    document = copy.deepcopy(whole()[0])
    owned = next(one for one in document["objects"] if one["kind"] == "number")
    for n in range(10_000):
        body = owned["body"] | {"phone_number": f"+1212{5_000_000 + n}"}
        keys = [["phone_number", "", body["phone_number"]]]
        document["objects"].append(owned | {"sid": f"PN{n:032x}", "body": body, "unique": keys})
    box.seed(document)
    assert box.dump() == document


def test_a_dump_holds_no_password_in_what_exists_once(box: Sandbox) -> None:
    """The password in a URL that is a name is hidden wherever the name stands, and the dump fits."""
    form = {"FriendlyName": "https://u:hush@a.example/"}
    assert call(box.url, "POST", f"{ROOT}/SIP/CredentialLists.json", form).status_code == 201
    dumped = box.dump()
    assert "hush" not in json.dumps(dumped)
    assert seed.read(dumped).objects

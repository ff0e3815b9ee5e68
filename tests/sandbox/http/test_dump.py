"""Dump and seed: the whole state as JSON and back, through each of the three commands_by_name, without a secret."""

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from futel_twilio.sandbox.server import Sandbox
from tests.support.sandbox import AUTH, GOOD_PASSWORD, ROOT, call, process, sdk

KEY = "SK" + "3" * 32
APPS = f"{ROOT}/Applications.json"


def fill(base: str) -> None:
    """Something of every sort: objects within objects, mappings, events, an alert, countries, settings."""
    with sdk(base) as client:
        application = client.applications.create(friendly_name="é", voice_url="https://example.org/")
        client.applications.create().delete()
        domain = client.sip.domains.create(domain_name="a.sip.twilio.com")
        users = client.sip.credential_lists.create(friendly_name="phones")
        client.sip.credential_lists(users.sid).credentials.create("u", GOOD_PASSWORD)
        domain.auth.calls.credential_list_mappings.create(users.sid)
        client.voice.v1.dialing_permissions.countries.list(limit=1)
        client.voice.v1.dialing_permissions.settings().update(dialing_permissions_inheritance=True)
        application.update(friendly_name="ö")
    requests.post(f"{base}/_sandbox/alerts", json={"error_code": "11200"}, timeout=60).raise_for_status()
    requests.post(f"{base}/_sandbox/settings", json={"balance": "3.50"}, timeout=60).raise_for_status()


def everything(base: str) -> list[Any]:
    """What a client sees of it."""
    paths = (
        APPS,
        f"{ROOT}/SIP/Domains.json",
        f"{ROOT}/SIP/CredentialLists.json",
        f"{ROOT}/Balance.json",
        "/v1/Events",
        "/v1/Alerts",
        "/v1/Settings",
        "/v1/DialingPermissions/Countries",
    )
    seen = [call(base, "GET", path).text.replace(base, "") for path in paths]
    lists = json.loads(seen[2])["credential_lists"]
    return [*seen, call(base, "GET", lists[0]["subresource_uris"]["credentials"]).json()["credentials"]]


def filled() -> dict[str, Any]:
    with Sandbox() as box:
        fill(box.url)
        return box.dump()


def test_a_dump_seeded_and_dumped_again_is_equal() -> None:
    """A dump seeded into an empty sandbox gives the same dump, and clients see the same."""
    with Sandbox() as one, Sandbox() as two:
        fill(one.url)
        document = json.loads(json.dumps(one.dump()))
        two.seed(document)
        assert two.dump() == one.dump() == document
        plain = [everything(base.url)[:-1] for base in (one, two)]
        # The opaque page tokens and a seed's fresh row numbers may differ, and nothing else.
        assert plain[0][:7] == plain[1][:7]
        assert everything(two.url)[-1][0]["username"] == "u"


def test_a_seeded_sandbox_goes_on_as_the_first_would(box: Sandbox) -> None:
    """After a seed the SIDs count on, taken names are taken, and what is mapped cannot be deleted."""
    box.seed(filled())
    sids = {row["sid"] for row in call(box.url, "GET", APPS).json()["applications"]}
    assert call(box.url, "POST", APPS).json()["sid"][-1] == "3"
    assert len(sids) == 1
    again = call(box.url, "POST", f"{ROOT}/SIP/Domains.json", {"DomainName": "A.sip.twilio.com"})
    assert again.json()["code"] == 21232
    lists = call(box.url, "GET", f"{ROOT}/SIP/CredentialLists.json").json()["credential_lists"]
    assert call(box.url, "DELETE", lists[0]["uri"]).json()["code"] == 21241


def test_over_http(box: Sandbox) -> None:
    """GET /_sandbox/dump and POST /_sandbox/seed are the same two; neither is in the request log."""
    document = filled()
    requests.post(f"{box.url}/_sandbox/seed", json=document, timeout=60).raise_for_status()
    assert requests.get(f"{box.url}/_sandbox/dump", timeout=60).json() == document == box.dump()
    assert box.requests() == []


def test_on_the_command_line(tmp_path: Path) -> None:
    """`--seed FILE` begins with what the file holds."""
    document = filled()
    file = tmp_path / "seed.json"
    file.write_text(json.dumps(document))
    with process("--seed", str(file)) as (_running, base):
        assert requests.get(f"{base}/_sandbox/dump", timeout=60).json() == document


@pytest.mark.parametrize("text", [None, "{", "[]", '{"format": "futel_twilio.sandbox/1"}'])
def test_a_bad_file_on_the_command_line(tmp_path: Path, text: str | None) -> None:
    """A file that is absent, no JSON or no dump ends with 2 and one line."""
    file = tmp_path / "seed.json"
    if text is not None:
        file.write_text(text)
    command = [sys.executable, "-m", "futel_twilio.sandbox", "--seed", str(file)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)


def test_only_an_empty_sandbox_is_seeded(box: Sandbox) -> None:
    """A seed never mixes with what is there: it is refused until a reset, and a reset is enough."""
    document = filled()
    call(box.url, "POST", APPS)
    before = box.dump()
    answer = requests.post(f"{box.url}/_sandbox/seed", json=document, timeout=60)
    assert (answer.status_code, answer.json()["message"][:23]) == (400, "only an empty sandbox t")
    assert box.dump() == before
    box.reset()
    box.seed(document)
    assert box.dump() == document


def test_no_secret_is_dumped() -> None:
    """No password, auth token or key secret is in a dump."""
    with Sandbox(accounts=[f"{KEY}:Keysecret999"]) as box:
        fill(box.url)
        shown = json.dumps(box.dump())
    for secret in (GOOD_PASSWORD, AUTH[1], "Keysecret999", "password"):
        assert f'"{secret}"' not in shown
        assert secret == AUTH[1] or secret not in shown


def break_(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    document = copy.deepcopy(SMALL)
    change(document)
    return document


SMALL: dict[str, Any] = {
    "format": "futel_twilio.sandbox/1",
    "objects": [
        {
            "kind": "credential_list",
            "account": AUTH[0],
            "parent": "",
            "sid": "CL" + "1" * 32,
            "created": 1,
            "updated": 1.5,
            "body": {"friendly_name": "phones"},
            "unique": [["friendly_name", AUTH[0], "phones"]],
        }
    ],
    "counters": [[AUTH[0], "CL", 1]],
    "settings": [["", "balance", "1.00"]],
}


@pytest.mark.parametrize(
    "document",
    [
        break_(lambda it: it.update(format="other")),
        break_(lambda it: it.pop("counters")),
        break_(lambda it: it.update(objects={})),
        break_(lambda it: it["objects"].append(1)),
        break_(lambda it: it["objects"].append(it["objects"][0])),
        break_(lambda it: it["objects"].append(it["objects"][0] | {"sid": "CL" + "2" * 32})),
        break_(lambda it: it["objects"][0].pop("body")),
        break_(lambda it: it["objects"][0].update(sid=7)),
        break_(lambda it: it["objects"][0].update(unique=[["one"]])),
        break_(lambda it: it["objects"][0].update(created=float("inf"))),
        break_(lambda it: it["objects"][0].update(created=float("nan"))),
        break_(lambda it: it["counters"].append(["a", "b"])),
        break_(lambda it: it["counters"].append(["a", "b", "c"])),
        break_(lambda it: it["counters"].append(["a", "b", 2**70])),
    ],
)
def test_what_is_no_dump_is_refused_whole(box: Sandbox, document: dict[str, Any]) -> None:
    """A document that is no dump, or that contradicts itself, is a 400, and nothing of it is kept."""
    empty = box.dump()
    sent, kind = json.dumps(document), {"Content-Type": "application/json"}  # it writes Infinity, too
    answer = requests.post(f"{box.url}/_sandbox/seed", sent, headers=kind, timeout=60)
    assert (answer.status_code, "seed" in answer.json()["message"]) == (400, True)
    assert box.dump() == empty


def test_a_large_seed_is_taken(box: Sandbox) -> None:
    """A seed may be larger than any request of Twilio's."""
    document = break_(lambda it: it["objects"][0]["body"].update(note="x" * 1_500_000))
    answer = requests.post(f"{box.url}/_sandbox/seed", json=document, timeout=60)
    assert (answer.status_code, box.dump() == document) == (200, True)


def test_a_document_nested_without_end_is_refused(box: Sandbox) -> None:
    """JSON that nests too deep is a 400, and the sandbox goes on."""
    kind = {"Content-Type": "application/json"}
    answer = requests.post(f"{box.url}/_sandbox/seed", "[" * 200_000, headers=kind, timeout=60)
    assert answer.status_code == 400
    assert box.dump()["objects"] == []


def test_a_small_seed_by_hand(box: Sandbox) -> None:
    """A seed may be written by hand; a body's secret is thrown away."""
    document = break_(lambda it: it["objects"][0]["body"].update(password=GOOD_PASSWORD))
    box.seed(document)
    assert box.dump() == SMALL
    listed = call(box.url, "GET", f"{ROOT}/SIP/CredentialLists.json").json()["credential_lists"]
    assert listed[0]["friendly_name"] == "phones"

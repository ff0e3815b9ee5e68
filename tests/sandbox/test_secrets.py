"""No secret reaches a dump, the request log, an answer that need not hold it, or a file: each is planted."""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID
from futel_twilio.sandbox.http.registry import RESOURCES
from futel_twilio.sandbox.server import Sandbox
from futel_twilio.sandbox.storage import redaction
from tests.support.sandbox import AUTH, ROOT, call, sdk

PLANT = "Planted1Secret99"
IN_URL = f"https://ada:{PLANT}@a.example/hook"
# Parameters that carry a secret by their name, Twilio's and others that a client might send by mistake.
NAMED = (
    "Password",
    "SipAuthPassword",
    "CallToken",
    "AuthToken",
    "Secret",
    "password",
    "api_secret",
    "write_key",
)
CALL = {"To": "sip:door@a.sip.twilio.com", "From": "desk", "Url": "https://a.example/"}


@pytest.fixture
def planted(tmp_path: Path) -> Iterator[tuple[Sandbox, Any, Path]]:
    """A sandbox that keeps its state in files, and the official client at it."""
    with Sandbox(state=tmp_path / "state.db") as box, sdk(box.url) as client:
        yield box, client, tmp_path


def reported(box: Sandbox) -> str:
    """All that people read of a sandbox: its dump and its log, from Python and over HTTP, and its faults."""
    paths = ("dump", "requests", "settings", "faults")
    over_http = [requests.get(f"{box.url}/_sandbox/{path}", timeout=60).text for path in paths]
    return json.dumps(box.dump()) + repr(box.requests()) + "".join(over_http)


def files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def collections() -> list[str]:
    """The path of every collection that can be created in, with an owner that is there or not."""
    owners = {"<account>": DEFAULT_ACCOUNT_SID, "<parent>": "XX" + "0" * 32}
    found = [row.path + row.suffix for row in RESOURCES if "create" in row.verbs]
    for name, sid in owners.items():
        found = [path.replace(name, sid) for path in found]
    return found


def test_secrets_sent_to_every_collection_are_kept_nowhere(planted: tuple[Sandbox, Any, Path]) -> None:
    """Each secret, in the form, in the query and in both, to each collection: neither told nor kept."""
    box, _, folder = planted
    for path in (*collections(), *(f"{ROOT}/{there}.json" for there in ("Calls", "Applications"))):
        for name in NAMED:
            for query, form in (({name: PLANT}, {}), ({}, {name: PLANT}), ({name: PLANT}, {name: PLANT})):
                address = requests.Request("POST", f"{box.url}{path}", params=query).prepare().url
                answer = requests.post(str(address), CALL | form, auth=AUTH, timeout=60)
                assert PLANT not in answer.text
                assert PLANT not in repr(answer.headers)
    assert PLANT not in reported(box)
    assert PLANT.encode() not in files(folder)


def test_a_password_leaves_no_trace(planted: tuple[Sandbox, Any, Path]) -> None:
    """The password of a credential, made and changed, is in no answer, event, dump, log or file."""
    box, client, folder = planted
    phones = client.sip.credential_lists.create(friendly_name="phones")
    here = client.sip.credential_lists(phones.sid).credentials
    made = here.create(username="ada", password=PLANT)
    here(made.sid).update(password=PLANT + "x")
    path = f"{ROOT}/SIP/CredentialLists/{phones.sid}/Credentials"
    answers = [call(box.url, "GET", f"{path}/{made.sid}.json"), call(box.url, "GET", f"{path}.json")]
    answers.append(call(box.url, "GET", "/v1/Events"))
    assert not any(PLANT in answer.text for answer in answers)
    assert PLANT not in reported(box)
    assert PLANT.encode() not in files(folder)


def test_a_secret_of_a_sink_leaves_no_trace(planted: tuple[Sandbox, Any, Path]) -> None:
    """What is named like a secret in a sink's configuration is emptied before it is kept."""
    box, client, folder = planted
    made = client.events.v1.sinks.create("seg", {"write_key": PLANT, "region": "us"}, "segment")
    assert made.sink_configuration == {"write_key": "", "region": "us"}
    assert PLANT not in reported(box)
    assert PLANT.encode() not in files(folder)


def test_credentials_leave_no_trace(planted: tuple[Sandbox, Any, Path]) -> None:
    """Neither the token that signs, nor a wrong one, nor a key's secret is reported or kept."""
    box, client, folder = planted
    key = client.new_keys.create()
    for auth in ((key.sid, key.secret), (DEFAULT_ACCOUNT_SID, PLANT), (PLANT, PLANT)):
        requests.get(f"{box.url}{ROOT}/Applications.json", auth=auth, timeout=60)
    packed = base64.b64encode(f"{DEFAULT_ACCOUNT_SID}:{PLANT}".encode()).decode()
    for secret in (PLANT, key.secret, packed):
        assert secret not in reported(box)
        assert secret.encode() not in files(folder)
    assert PLANT not in repr(box.__dict__)


def test_the_password_in_a_url_is_not_dumped(planted: tuple[Sandbox, Any, Path]) -> None:
    """A webhook's password is answered, as Twilio does to its owner; a dump and the log hide it, and so does a seed."""
    box, client, _ = planted
    app = client.applications.create(
        voice_url=IN_URL, status_callback=f"https://a.example/?auth_token={PLANT}"
    )
    client.usage.triggers.create(IN_URL, "1", "calls")
    client.events.v1.sinks.create("hook", {"destination": IN_URL}, "webhook")
    assert app.voice_url == IN_URL
    call(box.url, "GET", f"{ROOT}/Applications.json?FriendlyName={quote(IN_URL, safe='')}")
    assert PLANT not in reported(box)
    dumped = json.dumps(box.dump())
    assert "https://ada:***@a.example/hook" in dumped
    with Sandbox() as other, sdk(other.url) as reader:
        other.seed(json.loads(dumped))
        assert reader.applications(app.sid).fetch().voice_url == "https://ada:***@a.example/hook"


def test_no_table_keeps_what_is_named_a_secret() -> None:
    """Every parameter whose name says that it is a secret is judged and thrown away; no field shows one."""
    for resource in RESOURCES:
        for field in resource.fields:
            if redaction.is_named(field.param):
                assert not field.kept, (resource.path, field.param)
            elif redaction.is_named(field.name):
                assert (field.name, field.only) == ("secret", "create"), resource.path  # a key's, told once


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("https://ada:hush@a.example/x?y=1", "https://ada:***@a.example/x?y=1"),
        ("call sip:ada:hush@a.sip.twilio.com now", "call sip:ada:***@a.sip.twilio.com now"),
        ("https://a.example:8080/x@y", "https://a.example:8080/x@y"),
        ("https://ada@a.example/", "https://ada@a.example/"),
        ("https://a.example/?token=hush&b=1", "https://a.example/?token=&b=1"),
        ("PageToken=PAAP1&PageSize=2", "PageToken=PAAP1&PageSize=2"),
        ("Pass%77ord=hush", "Pass%77ord="),
        ("plain words", "plain words"),
        ("sip:door@a.sip.twilio.com", "sip:door@a.sip.twilio.com"),
    ],
)
def test_what_is_hidden_and_what_is_not(text: str, said: str) -> None:
    """Passwords in URLs and values that are named secrets are hidden; ports, SIP addresses and pages are not."""
    assert redaction.mask(text) == said


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", ""),
        ("Password=a%26b&x=1", "Password=&x=1"),
        ("a=https%3A%2F%2Fu%3Ahush%40h%2F", "a=https%3A%2F%2Fu%3A%2A%2A%2A%40h%2F"),
        ("FriendlyName=x+y&PageSize=9", "FriendlyName=x+y&PageSize=9"),
        ("%50assword=hush", "%50assword="),
    ],
)
def test_what_the_log_says_of_a_query(query: str, said: str) -> None:
    """A query is logged as it came but for its secrets, however they are written."""
    assert redaction.mask_query(query) == said


def test_a_host_that_is_none_is_not_logged(box: Sandbox) -> None:
    """A header of the host that is no host, and might be anything, is left out of the log."""
    headers = {"X-Original-Host": f"ada:{PLANT}@api.twilio.com"}
    with suppress(requests.RequestException):
        requests.get(f"{box.url}{ROOT}/Balance.json", headers=headers, auth=AUTH, timeout=60)
    assert not re.search(PLANT, reported(box))

"""The sandbox's refusals: status, Twilio's code, message and more_info, for each rule."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import requests

from futel_twilio.sandbox.server import Sandbox
from tests.support.sandbox import AUTH, GOOD_PASSWORD, ROOT, call, refusal, sdk

LIST = "/SIP/CredentialLists"
PLAIN = {"DomainName": "a.sip.twilio.com"}
URLS = {"VoiceUrl": "https://a.example/"}
PASSWORD_RULE = "Password must have at least 12 characters, a digit, an upper-case and a lower-case letter"
CASES = [
    ("/SIP/Domains", {}, 21231, "Invalid Domain Name"),
    ("/SIP/Domains", {"DomainName": ""}, 21231, "Invalid Domain Name"),
    ("/SIP/Domains", {"DomainName": "ie1.test..sip.twilio.com"}, 21231, "Invalid Domain Name"),
    ("/SIP/Domains", {"DomainName": "a.example"}, 21231, "Invalid Domain Name"),
    ("/SIP/Domains", {"DomainName": "a_b.sip.twilio.com"}, 21231, "Invalid Domain Name"),
    (
        "/SIP/Domains",
        {"DomainName": "b.absent.sip.twilio.com"},
        21232,
        "Cannot create subdomain because the parent domain does not exist",
    ),
    ("/SIP/Domains", PLAIN | {"FriendlyName": "x" * 65}, 20002, None),
    ("/SIP/Domains", PLAIN | {"VoiceUrl": "not a url"}, 21402, "VoiceUrl is not valid"),
    ("/SIP/Domains", PLAIN | {"VoiceMethod": "PUT"}, 21403, "VoiceMethod is not valid"),
    ("/SIP/Domains", PLAIN | {"SipRegistration": "yes"}, 20001, "SipRegistration is not valid"),
    ("/SIP/Domains", PLAIN | {"EmergencyCallerSid": "PN1"}, 20001, "EmergencyCallerSid is not valid"),
    (
        "/SIP/Domains",
        PLAIN | {"EmergencyCallerSid": "PN" + "0" * 32},
        20001,
        "EmergencyCallerSid is not valid",
    ),
    ("/SIP/Domains", PLAIN | {"VoiceFallbackUrl": "https://a.example/"}, 21405, None),
    ("/Applications", {"FriendlyName": ""}, 20002, None),
    ("/Applications", {"FriendlyName": "x" * 65}, 20002, None),
    ("/Applications", {"VoiceUrl": "ftp://a.example/"}, 21402, "VoiceUrl is not valid"),
    ("/Applications", {"StatusCallback": "https://"}, 21402, "StatusCallback is not valid"),
    ("/Applications", {"SmsMethod": "HEAD"}, 21403, "SmsMethod is not valid"),
    ("/Applications", {"VoiceCallerIdLookup": "1"}, 20001, "VoiceCallerIdLookup is not valid"),
    ("/Applications", {"SmsFallbackUrl": "https://a.example/"}, 21406, None),
    ("/Applications", {"ApiVersion": "2008-08-01"}, 20001, "ApiVersion is not valid"),
    (LIST, {}, 20002, None),
    (LIST, {"FriendlyName": "x" * 65}, 20002, None),
]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with Sandbox() as running:
        yield running.url


@pytest.fixture
def client() -> Iterator[Any]:
    with Sandbox() as running, sdk(running.url) as made:
        yield made


@pytest.mark.parametrize(("path", "form", "code", "message"), CASES)
def test_bad_parameters(url: str, path: str, form: dict[str, str], code: int, message: str | None) -> None:
    """A bad parameter is refused with 400, its code, its message and a link to Twilio's page."""
    response = call(url, "POST", f"{ROOT}{path}.json", form)
    body = response.json()
    assert response.status_code == 400
    assert set(body) == {"code", "message", "more_info", "status"}
    assert (body["code"], body["status"]) == (code, 400)
    assert body["more_info"] == f"https://www.twilio.com/docs/errors/{code}"
    assert body["message"] if message is None else body["message"] == message


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"Password": GOOD_PASSWORD}, "Username is required"),
        ({"Username": "u"}, "Password is required"),
        ({"Username": "u" * 33, "Password": GOOD_PASSWORD}, None),
        ({"Username": "u v", "Password": GOOD_PASSWORD}, None),
        ({"Username": "u", "Password": "Abcdefgh123"}, PASSWORD_RULE),
        ({"Username": "u", "Password": "abcdefgh12345"}, PASSWORD_RULE),
        ({"Username": "u", "Password": "ABCDEFGH12345"}, PASSWORD_RULE),
        ({"Username": "u", "Password": "Abcdefghijklmn"}, PASSWORD_RULE),
    ],
)
def test_bad_credentials(client: Any, form: dict[str, str], message: str | None) -> None:
    """A credential needs a username of at most 32 characters and a password that follows the rule."""
    made = client.sip.credential_lists.create(friendly_name="phones")
    response = call(client.http_client.base, "POST", f"{ROOT}{LIST}/{made.sid}/Credentials.json", form)
    body = response.json()
    assert (response.status_code, body["code"]) == (400, 21240)
    assert body["message"] if message is None else body["message"] == message
    assert form.get("Password", "no password") not in response.text


def test_duplicates(client: Any) -> None:
    """Domain names, list names and usernames in a list exist once; a rename is held to the same."""
    domains, lists = client.sip.domains, client.sip.credential_lists
    domains.create(domain_name="a.sip.twilio.com")
    second = domains.create(domain_name="b.sip.twilio.com")
    taken = (400, 21232, "Domain a.sip.twilio.com already exists.")
    assert refusal(lambda: domains.create(domain_name="a.sip.twilio.com")) == taken
    assert refusal(lambda: second.update(domain_name="a.sip.twilio.com")) == taken
    assert refusal(lambda: domains.create(domain_name="A.sip.twilio.com"))[:2] == (400, 21232)
    made = lists.create(friendly_name="phones")
    assert refusal(lambda: lists.create(friendly_name="phones"))[:2] == (400, 21240)
    lists(made.sid).credentials.create("u", GOOD_PASSWORD)
    assert refusal(lambda: lists(made.sid).credentials.create("u", GOOD_PASSWORD))[:2] == (400, 21243)
    assert len(lists.list()) == 1
    assert second.update(domain_name="b.sip.twilio.com").domain_name == "b.sip.twilio.com"


def test_subdomains_hold_their_parent(client: Any) -> None:
    """A sub-domain needs its parent, and the parent can be neither deleted nor renamed while it has one."""
    parent = client.sip.domains.create(domain_name="a.sip.twilio.com")
    child = client.sip.domains.create(domain_name="x.a.sip.twilio.com")
    assert refusal(parent.delete)[:2] == (400, 21233)
    assert refusal(lambda: parent.update(domain_name="c.sip.twilio.com"))[:2] == (400, 21233)
    assert child.delete()
    assert parent.delete()


def test_mapped_things_stay(client: Any) -> None:
    """A mapped list, and a domain with mappings, cannot be deleted; mapping twice or nothing is refused."""
    domain = client.sip.domains.create(domain_name="a.sip.twilio.com")
    made = client.sip.credential_lists.create(friendly_name="phones")
    here = client.sip.domains(domain.sid).auth
    for mappings in (here.calls.credential_list_mappings, here.registrations.credential_list_mappings):
        mappings.create(credential_list_sid=made.sid)
        words = f"{made.sid} already associated with {domain.sid}"
        assert refusal(partial(mappings.create, credential_list_sid=made.sid)) == (400, 21231, words)
        assert refusal(partial(mappings.create, credential_list_sid="CL" + "9" * 32))[:2] == (404, 20404)
        assert refusal(made.delete)[:2] == (400, 21241)
        assert refusal(domain.delete)[:2] == (400, 21233)
        assert mappings(made.sid).delete()
    assert made.delete()
    assert domain.delete()


def test_limits(client: Any) -> None:
    """The 101st domain and the 101st credential list are refused."""
    for number in range(100):
        client.sip.domains.create(domain_name=f"d{number}.sip.twilio.com")
        client.sip.credential_lists.create(friendly_name=f"l{number}")
    assert refusal(lambda: client.sip.domains.create(domain_name="x.sip.twilio.com"))[:2] == (400, 21230)
    assert refusal(lambda: client.sip.credential_lists.create(friendly_name="x"))[:2] == (400, 21239)


@pytest.mark.parametrize("auth", [None, (AUTH[0], "wrong"), ("AC" + "7" * 32, "sandbox"), ("", "")])
def test_unknown_credentials_get_401(url: str, auth: tuple[str, str] | None) -> None:
    """No, wrong and unknown credentials get 401 20003 with a challenge, whatever the path."""
    for path in (f"{ROOT}/Applications.json", "/2010-04-01/nowhere"):
        response = requests.get(url + path, auth=auth, timeout=60)
        assert (response.status_code, response.json()) == (
            401,
            {
                "code": 20003,
                "message": "Authenticate",
                "more_info": "https://www.twilio.com/docs/errors/20003",
                "status": 401,
            },
        )
        assert response.headers["WWW-Authenticate"] == 'Basic realm="Twilio API"'


def test_paths_and_methods_that_are_not_there(url: str) -> None:
    """Unknown paths are 404 with the path in the message, paths without .json say so, other verbs are 405."""
    gone = f"{ROOT}/Applications/AP{'0' * 32}.json"
    for method in ("GET", "POST", "DELETE"):
        body = call(url, method, gone).json()
        assert (body["code"], body["message"]) == (20404, f"The requested resource {gone} was not found")
    plain = call(url, "GET", f"{ROOT}/Applications")
    assert (plain.status_code, plain.json()["code"]) == (404, 20404)
    assert ".json" in plain.json()["message"]
    for method, path in (
        ("PUT", gone),
        ("DELETE", f"{ROOT}/Applications.json"),
        ("POST", f"{ROOT}/Balance.json"),
    ):
        response = call(url, method, path)
        assert (response.status_code, response.json()["code"]) == (405, 20004)
    elsewhere = call(url, "GET", f"{ROOT}/Applications.json", **{"X-Original-Host": "voice.twilio.com"})
    assert elsewhere.status_code == 404


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("PageSize=1001", 20007),
        ("PageSize=0", 20007),
        ("PageSize=x", 20007),
        ("PageToken=PAAP" + "0" * 32, 21481),
        ("PageToken=nonsense", 21481),
    ],
)
def test_bad_pages(url: str, query: str, code: int) -> None:
    """A page too large is 20007; a token that no list gave is 21481."""
    response = call(url, "GET", f"{ROOT}/Applications.json?{query}")
    assert (response.status_code, response.json()["code"]) == (400, code)


def test_unknown_parameters_are_ignored(client: Any) -> None:
    """v2010 ignores parameters that it does not know."""
    base = client.http_client.base
    response = call(
        base, "POST", f"{ROOT}/Applications.json", URLS | {"Nonsense": "1", "EmergencyStatus": "x"}
    )
    assert response.status_code == 201


def test_a_refused_change_changes_nothing(client: Any) -> None:
    """When one parameter of an update is bad, the good ones are not stored either."""
    made = client.applications.create(friendly_name="a")
    refusal(lambda: made.update(friendly_name="b", voice_url="nonsense"))
    assert made.fetch().friendly_name == "a"

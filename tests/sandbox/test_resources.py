"""The sandbox through the official SDK: every SIP object and application, made, read, changed, removed."""

from typing import Any

from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN
from futel_twilio.sandbox.server import Sandbox
from tests.support.sandbox import GOOD_PASSWORD, ROOT, call, refusal, sdk


def test_application_lives_and_dies(client: Any) -> None:
    """An application is created, fetched, updated, listed and deleted; a second delete is a 404."""
    made = client.applications.create(friendly_name="a", voice_url="https://a.example/", voice_method="GET")
    assert (made.friendly_name, made.voice_method, made.sms_url, made.voice_caller_id_lookup) == (
        "a",
        "GET",
        "",
        False,
    )
    assert client.applications(made.sid).fetch().voice_url == "https://a.example/"
    changed = made.update(friendly_name="b", public_application_connect_enabled=True)
    assert (changed.friendly_name, changed.voice_url, changed.public_application_connect_enabled) == (
        "b",
        "https://a.example/",
        True,
    )
    assert [row.sid for row in client.applications.list()] == [made.sid]
    assert made.delete()
    assert client.applications.list() == []
    path = f"{ROOT}/Applications/{made.sid}.json"
    assert refusal(made.delete) == (404, 20404, f"The requested resource {path} was not found")


def test_application_names_may_repeat_and_the_filter_is_exact(client: Any) -> None:
    """Two applications may share a name; the FriendlyName filter gives both and no near miss."""
    for name in ("x y", "x y", "x"):
        client.applications.create(friendly_name=name)
    assert len(client.applications.list(friendly_name="x y")) == 2
    page = call(
        client.http_client.base, "GET", f"{ROOT}/Applications.json?PageSize=9&FriendlyName=x+y"
    ).json()
    assert page["uri"] == f"{ROOT}/Applications.json?FriendlyName=x%20y&PageSize=9&Page=0"


def test_empty_clears_and_omitted_stays(client: Any) -> None:
    """An empty parameter clears a URL, an omitted one leaves it."""
    made = client.applications.create(voice_url="https://a.example/", sms_url="https://b.example/")
    changed = made.update(sms_url="")
    assert (changed.voice_url, changed.sms_url) == ("https://a.example/", "")
    domain = client.sip.domains.create(domain_name="a.sip.twilio.com", voice_url="https://a.example/")
    assert domain.update(voice_url="").voice_url is None


def test_new_domain_has_twilios_defaults(box: Sandbox) -> None:
    """A domain with only a name: no auth type, no flags, URLs null, methods POST, legacy subresources."""
    body = call(box.url, "POST", f"{ROOT}/SIP/Domains.json", {"DomainName": "a.sip.twilio.com"})
    domain = body.json()
    assert body.status_code == 201
    assert domain["auth_type"] == ""
    assert not any(domain[key] for key in ("sip_registration", "secure", "emergency_calling_enabled"))
    assert domain["voice_url"] is None
    assert domain["voice_fallback_url"] is None
    assert domain["byoc_trunk_sid"] is None
    assert domain["voice_method"] == domain["voice_status_callback_method"] == "POST"
    place = f"{ROOT}/SIP/Domains/{domain['sid']}"
    assert domain["uri"] == f"{place}.json"
    assert domain["subresource_uris"] == {
        "credential_list_mappings": f"{place}/CredentialListMappings.json",
        "ip_access_control_list_mappings": f"{place}/IpAccessControlListMappings.json",
    }
    assert domain["date_created"].endswith(" +0000")


def test_domain_lives_and_dies(client: Any) -> None:
    """A domain is created, fetched, renamed, listed and deleted."""
    made = client.sip.domains.create(domain_name="a.sip.twilio.com", friendly_name="f", sip_registration=True)
    assert client.sip.domains(made.sid).fetch().sip_registration is True
    assert made.update(domain_name="b.sip.twilio.com", secure=True).domain_name == "b.sip.twilio.com"
    assert [row.domain_name for row in client.sip.domains.list()] == ["b.sip.twilio.com"]
    assert client.sip.domains.create(domain_name="a.sip.twilio.com").sid != made.sid
    assert made.delete()
    assert refusal(client.sip.domains(made.sid).fetch)[:2] == (404, 20404)


def test_credentials_live_and_die(client: Any) -> None:
    """Credential lists and credentials: made, renamed, given a new password, listed, removed together."""
    made = client.sip.credential_lists.create(friendly_name="phones")
    assert made.update(friendly_name="telephones").friendly_name == "telephones"
    users = client.sip.credential_lists(made.sid).credentials
    user = users.create(username="phone-1", password=GOOD_PASSWORD)
    assert (user.username, user.credential_list_sid) == ("phone-1", made.sid)
    assert users(user.sid).update(password=GOOD_PASSWORD + "x").sid == user.sid
    assert [row.username for row in users.list()] == ["phone-1"]
    assert users(user.sid).delete()
    kept = users.create(username="phone-1", password=GOOD_PASSWORD)
    assert made.delete()
    assert refusal(users(kept.sid).fetch)[:2] == (404, 20404)


def test_usernames_may_recur_in_other_lists(client: Any) -> None:
    """A username is unique within its list only."""
    for name in ("one", "two"):
        made = client.sip.credential_lists.create(friendly_name=name)
        assert client.sip.credential_lists(made.sid).credentials.create("phone", GOOD_PASSWORD).username


def test_call_mappings_are_one_store_with_two_views(client: Any) -> None:
    """Auth/Calls and the legacy path show one store, registrations another; auth_type follows calls only."""
    domain = client.sip.domains.create(domain_name="a.sip.twilio.com")
    made = client.sip.credential_lists.create(friendly_name="phones")
    here = client.sip.domains(domain.sid)
    registered = here.auth.registrations.credential_list_mappings.create(credential_list_sid=made.sid)
    assert (registered.sid, registered.friendly_name) == (made.sid, "phones")
    assert here.fetch().auth_type == ""
    assert here.auth.calls.credential_list_mappings.list() == []
    here.auth.calls.credential_list_mappings.create(credential_list_sid=made.sid)
    assert here.fetch().auth_type == "CREDENTIAL_LIST"
    (legacy,) = here.credential_list_mappings.list()
    assert (legacy.sid, legacy.domain_sid) == (made.sid, domain.sid)
    assert here.credential_list_mappings(made.sid).delete()
    assert here.auth.calls.credential_list_mappings.list() == []
    assert [row.sid for row in here.auth.registrations.credential_list_mappings.list()] == [made.sid]


def test_what_is_mapped_keeps_what_is_in_it(client: Any) -> None:
    """Detached from a domain, a credential list has its credentials and an access control list its addresses."""
    domain = client.sip.domains.create(domain_name="x-detach.sip.twilio.com")
    users = client.sip.credential_lists.create(friendly_name="users")
    users.credentials.create(username="ada", password="Long-enough-1")
    hosts = client.sip.ip_access_control_lists.create(friendly_name="hosts")
    hosts.ip_addresses.create(friendly_name="one", ip_address="192.0.2.1")
    calls = client.sip.domains(domain.sid).auth.calls
    calls.credential_list_mappings.create(credential_list_sid=users.sid)
    calls.ip_access_control_list_mappings.create(ip_access_control_list_sid=hosts.sid)
    calls.credential_list_mappings(users.sid).delete()
    calls.ip_access_control_list_mappings(hosts.sid).delete()
    assert [one.username for one in users.credentials.list()] == ["ada"]
    assert [one.ip_address for one in hosts.ip_addresses.list()] == ["192.0.2.1"]


def test_mapping_bodies(box: Sandbox, client: Any) -> None:
    """Mapping items have five keys under `contents`; legacy ones have two more and their own list key."""
    domain = client.sip.domains.create(domain_name="a.sip.twilio.com")
    made = client.sip.credential_lists.create(friendly_name="phones")
    client.sip.domains(domain.sid).auth.calls.credential_list_mappings.create(credential_list_sid=made.sid)
    place = f"{ROOT}/SIP/Domains/{domain.sid}"
    new = call(box.url, "GET", f"{place}/Auth/Calls/CredentialListMappings.json").json()["contents"]
    old = call(box.url, "GET", f"{place}/CredentialListMappings.json").json()["credential_list_mappings"]
    keys = {"account_sid", "date_created", "date_updated", "friendly_name", "sid"}
    assert set(new[0]) == keys
    assert set(old[0]) == keys | {"domain_sid", "uri"}
    assert old[0]["uri"] == f"{place}/CredentialListMappings/{made.sid}.json"


def _multiply_credentials(box: Sandbox, many: int) -> None:
    """Give a sandbox with one credential, u0, as many as u0, u1, u2 …, without a request for each."""
    document = box.dump()
    (first,) = [item for item in document["objects"] if item["kind"] == "credential"]
    place, start = first["sid"][:-24], int(first["sid"][-24:], 16)
    for n in range(1, many):
        name = f"u{n}"
        unique = [[field, scope, name] for field, scope, _ in first["unique"]]
        body = first["body"] | {"username": name}
        document["objects"].append(
            first | {"sid": f"{place}{start + n:024x}", "body": body, "unique": unique}
        )
    document["counters"] = [
        [account, prefix, n + many if prefix == "CR" else n] for account, prefix, n in document["counters"]
    ]
    box.reset()
    box.seed(document)


def test_credentials_page_by_the_thousand() -> None:
    """2,500 credentials of a larger list come in three pages of 1,000, forwards and back, in order."""
    with Sandbox(credentials_per_list=2500) as large, sdk(large.url) as other:
        made = other.sip.credential_lists.create(friendly_name="phones")
        users = other.sip.credential_lists(made.sid).credentials
        users.create(username="u0", password=GOOD_PASSWORD)
        _multiply_credentials(large, 2500)
        found = users.list(page_size=1000)
        assert [row.username for row in found] == [f"u{number}" for number in range(2500)]
        assert large.count("GET") == 3
        back = users.page(page_size=1000).next_page().next_page().previous_page()
        assert next(iter(back)).username == "u1000"
        place = f"{ROOT}/SIP/CredentialLists/{made.sid}/Credentials.json?PageSize=1000"
        second = call(large.url, "GET", call(large.url, "GET", place).json()["next_page_uri"]).json()
        last = call(large.url, "GET", second["next_page_uri"]).json()
        assert (last["start"], last["end"], last["page"], last["next_page_uri"]) == (2000, 2499, 2, None)
        assert refusal(lambda: users.create("one-more", GOOD_PASSWORD))[:2] == (400, 21242)


def test_envelope_has_twilios_keys_and_no_other(box: Sandbox, client: Any) -> None:
    """A v2010 list has eight keys beside its own; an empty one starts and ends at 0."""
    empty = call(box.url, "GET", f"{ROOT}/Applications.json").json()
    at = f"{ROOT}/Applications.json?PageSize=50&Page=0"
    assert empty == {
        "applications": [],
        "end": 0,
        "first_page_uri": at,
        "next_page_uri": None,
        "page": 0,
        "page_size": 50,
        "previous_page_uri": None,
        "start": 0,
        "uri": at,
    }
    for _ in range(3):
        client.applications.create()
    first = call(box.url, "GET", f"{ROOT}/Applications.json?PageSize=2").json()
    assert (first["start"], first["end"]) == (0, 1)
    second = call(box.url, "GET", first["next_page_uri"]).json()
    assert (second["start"], second["end"], second["page"]) == (2, 2, 1)
    assert second["next_page_uri"] is None
    back = call(box.url, "GET", second["previous_page_uri"]).json()
    assert [row["sid"] for row in back["applications"]] == [row["sid"] for row in first["applications"]]
    assert (back["page"], back["previous_page_uri"]) == (0, None)


def test_account_shows_its_token_to_the_token_alone(box: Sandbox) -> None:
    """The account's body holds the auth token when signed with it; an API key gets a 401 there."""
    key = "SK" + "1" * 32
    with Sandbox(accounts=[f"{key}:secret"]) as keyed:
        with sdk(keyed.url) as owner:
            fetched = owner.api.v2010.accounts(DEFAULT_ACCOUNT_SID).fetch()
            assert (fetched.auth_token, fetched.status) == (DEFAULT_AUTH_TOKEN, "active")
        with sdk(keyed.url, key, "secret", DEFAULT_ACCOUNT_SID) as holder:
            assert holder.applications.list() == []
            fetch = holder.api.v2010.accounts(DEFAULT_ACCOUNT_SID).fetch
            assert refusal(fetch) == (401, 20003, "Authenticate")
    assert box.count() == 0


def test_accounts_do_not_see_each_other() -> None:
    """Another account's objects and paths are out of reach, but domain names are shared by all."""
    other = "AC" + "2" * 32
    with (
        Sandbox(accounts=[f"{other}:token"]) as box,
        sdk(box.url) as mine,
        sdk(box.url, other, "token") as his,
    ):
        made = mine.applications.create(friendly_name="mine")
        mine.sip.domains.create(domain_name="taken.sip.twilio.com")
        assert his.applications.list() == []
        assert his.applications.create().sid != made.sid
        assert refusal(lambda: his.sip.domains.create(domain_name="taken.sip.twilio.com")) == (
            400,
            21232,
            "Domain taken.sip.twilio.com already exists.",
        )
        response = call(box.url, "GET", f"/2010-04-01/Accounts/{other}/Applications.json")
        assert (response.status_code, response.json()["code"]) == (401, 20003)

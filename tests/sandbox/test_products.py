"""The rest of the sandbox through the SDK: address lists, triggers, balance, dialling, monitor."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID
from futel_twilio.sandbox.http.registry import ENDPOINTS, RESOURCES
from futel_twilio.sandbox.monitor_v1 import alert_levels
from futel_twilio.sandbox.server import Sandbox
from tests.support.sandbox import GOOD_PASSWORD, ROOT, call, refusal


def test_address_lists_live_and_die(client: Any) -> None:
    """IP access control lists and their addresses are made, read, changed, listed and removed."""
    lists = client.sip.ip_access_control_lists
    made = lists.create(friendly_name="office")
    assert made.update(friendly_name="offices").friendly_name == "offices"
    entries = lists(made.sid).ip_addresses
    one = entries.create(friendly_name="door", ip_address="192.0.2.1")
    assert (one.cidr_prefix_length, one.ip_access_control_list_sid) == (32, made.sid)
    assert entries(one.sid).update(cidr_prefix_length=24, ip_address="192.0.2.0").cidr_prefix_length == 24
    assert [row.ip_address for row in entries.list()] == ["192.0.2.0"]
    assert refusal(lambda: entries.create("door", "192.0.2.0"))[:2] == (400, 21235)
    for wrong in ("192.0.2", "192.0.2.256", "2001:db8::1", "a.b.c.d"):
        assert refusal(lambda ip=wrong: entries.create("x", ip))[:2] == (400, 21238)  # type: ignore[misc]
    assert refusal(lambda: lists.create(friendly_name="offices"))[:2] == (400, 21235)
    assert entries(one.sid).delete()
    assert made.delete()
    assert lists.list() == []


def test_address_lists_are_mapped_to_calls(client: Any) -> None:
    """Both paths show one store of address mappings; auth_type follows; a mapped list stays."""
    domain = client.sip.domains.create(domain_name="a.sip.twilio.com")
    made = client.sip.ip_access_control_lists.create(friendly_name="office")
    phones = client.sip.credential_lists.create(friendly_name="phones")
    here = client.sip.domains(domain.sid)
    new = here.auth.calls.ip_access_control_list_mappings
    assert new.create(ip_access_control_list_sid=made.sid).sid == made.sid
    words = "IpAccessControlList already associated with this domain"
    legacy = here.ip_access_control_list_mappings
    assert refusal(lambda: legacy.create(ip_access_control_list_sid=made.sid)) == (400, 21231, words)
    assert legacy(made.sid).fetch().domain_sid == domain.sid
    assert here.fetch().auth_type == "IP_ACL"
    here.auth.calls.credential_list_mappings.create(credential_list_sid=phones.sid)
    assert here.fetch().auth_type == "CREDENTIAL_LIST,IP_ACL"
    assert refusal(made.delete)[:2] == (400, 21236)
    assert legacy(made.sid).delete()
    assert new.list() == []
    assert made.delete()


def test_usage_triggers_live_and_die(client: Any) -> None:
    """A usage trigger is made, read, changed in its three ways, filtered and removed."""
    made = client.usage.triggers.create(
        callback_url="https://a.example/",
        trigger_value="+30",
        usage_category="totalprice",
        trigger_by="price",
    )
    assert (made.trigger_value, made.current_value, made.callback_method) == ("30", "0", "POST")
    assert made.usage_record_uri == f"{ROOT}/Usage/Records.json?Category=totalprice"
    changed = client.usage.triggers(made.sid).update(friendly_name="budget", callback_method="GET")
    assert (changed.friendly_name, changed.callback_method) == ("budget", "GET")
    assert len(client.usage.triggers.list(usage_category="totalprice")) == 1
    assert client.usage.triggers.list(usage_category="calls") == []
    assert client.usage.triggers(made.sid).delete()


def test_usage_triggers_refuse(box: Sandbox) -> None:
    """A trigger without one of its three required parameters, or with a value that is none, is a 400."""
    whole = {"CallbackUrl": "https://a.example/", "TriggerValue": "1", "UsageCategory": "calls"}
    for name in whole:
        form = {key: value for key, value in whole.items() if key != name}
        assert call(box.url, "POST", f"{ROOT}/Usage/Triggers.json", form).json()["code"] == 20001
    for extra in ({"TriggerValue": "much"}, {"Recurring": "hourly"}, {"TriggerBy": "luck"}):
        assert call(box.url, "POST", f"{ROOT}/Usage/Triggers.json", whole | extra).status_code == 400


def test_balance_can_be_set(box: Sandbox, client: Any) -> None:
    """The balance is 20.00 USD until the sandbox's settings say otherwise."""
    fetched = client.api.v2010.account.balance.fetch()
    assert (fetched.balance, fetched.currency, fetched.account_sid) == ("20.00", "USD", DEFAULT_ACCOUNT_SID)
    assert requests.post(f"{box.url}/_sandbox/settings", json={"balance": "-1.5"}, timeout=60).ok
    assert client.api.v2010.account.balance.fetch().balance == "-1.5"
    assert (
        requests.post(f"{box.url}/_sandbox/settings", json={"balance": "lots"}, timeout=60).status_code == 400
    )


def test_countries_are_listed_fetched_and_filtered(box: Sandbox, client: Any) -> None:
    """Dialling permissions: over 200 countries, low risk open for US and CA, each filter."""
    countries = client.voice.v1.dialing_permissions.countries
    found = countries.list()
    assert len(found) > 200
    assert {row.iso_code for row in found if row.low_risk_numbers_enabled} == {"US", "CA"}
    assert not any(row.high_risk_special_numbers_enabled for row in found)
    assert [row.iso_code for row in countries.list(country_code="+1787")] == ["PR"]
    assert {row.iso_code for row in countries.list(country_code="1")} == {"US", "CA"}
    assert len(countries.list(low_risk_numbers_enabled=True)) == 2
    assert {row.continent for row in countries.list(continent="EUROPE")} == {"EUROPE"}
    one = countries("US").fetch()
    assert (one.name, one.country_codes) == ("United States/Canada", ["+1"])
    assert one.url == f"{box.url}/v1/DialingPermissions/Countries/US"
    assert [row.prefix for row in countries("LV").highrisk_special_prefixes.list()] == ["+37181", "+3719000"]
    assert refusal(countries("ZZ").fetch)[:2] == (404, 20404)


def test_countries_are_changed_in_bulk_or_not_at_all(box: Sandbox, client: Any) -> None:
    """A bulk update changes the named countries; a bad one among them changes none."""
    bulk = client.voice.v1.dialing_permissions.bulk_country_updates
    countries = client.voice.v1.dialing_permissions.countries
    order = {
        "iso_code": "MX",
        "low_risk_numbers_enabled": "true",
        "high_risk_special_numbers_enabled": "false",
        "high_risk_tollfraud_numbers_enabled": "true",
    }
    made = bulk.create(update_request=json.dumps([order]))
    assert (made.update_count, made.update_request) == (1, "accepted")
    fetched = countries("MX").fetch()
    assert (fetched.low_risk_numbers_enabled, fetched.high_risk_tollfraud_numbers_enabled) == (True, True)
    bad = [{"iso_code": "FR", "low_risk_numbers_enabled": "true"}, {"iso_code": "ZZ"}]
    for sent in (json.dumps(bad), "nonsense", "[]", '[{"iso_code":"FR","low_risk_numbers_enabled":"x"}]'):
        assert refusal(lambda text=sent: bulk.create(update_request=text))[:2] == (400, 20001)  # type: ignore[misc]
    assert countries("FR").fetch().low_risk_numbers_enabled is False
    assert box.count("POST") == 5


def test_prefixes_come_by_the_page(box: Sandbox, client: Any) -> None:
    """The high-risk prefixes of a country are paged like any list, and refuse a bad size, token or country."""
    prefixes = client.voice.v1.dialing_permissions.countries("LV").highrisk_special_prefixes
    assert [row.prefix for row in prefixes.list(page_size=1)] == ["+37181", "+3719000"]
    path = "/v1/DialingPermissions/Countries/LV/HighRiskSpecialPrefixes"
    first = call(box.url, "GET", f"{path}?PageSize=1").json()["meta"]
    second = call(box.url, "GET", first["next_page_url"].removeprefix(box.url)).json()["meta"]
    assert (second["page"], second["next_page_url"]) == (1, None)
    assert second["previous_page_url"] == first["first_page_url"]
    for query, code in (("PageSize=1001", 20007), ("PageToken=PT1", 21481)):
        answer = call(box.url, "GET", f"{path}?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_source_addresses_are_mapped_to_domains(client: Any) -> None:
    """IP records and their mappings are made, read, changed and removed; what is mapped stays."""
    voice = client.voice.v1
    record = voice.ip_records.create("192.0.2.1", friendly_name="office", cidr_prefix_length=30)
    assert (record.ip_address, record.cidr_prefix_length) == ("192.0.2.1", 30)
    assert voice.ip_records(record.sid).update(friendly_name="offices").friendly_name == "offices"
    one = client.sip.domains.create(domain_name="a.sip.twilio.com")
    two = client.sip.domains.create(domain_name="b.sip.twilio.com")
    made = voice.source_ip_mappings.create(record.sid, one.sid)
    assert made.update(two.sid).sip_domain_sid == two.sid
    assert one.delete()
    assert refusal(two.delete)[:2] == (400, 21233)
    assert refusal(record.delete)[:2] == (409, 20409)
    for sid, domain in ((record.sid, "SD" + "0" * 32), ("IL" + "0" * 32, two.sid), ("x", two.sid)):
        wrong = refusal(lambda sid=sid, domain=domain: voice.source_ip_mappings.create(sid, domain))  # type: ignore[misc]
        assert wrong[:2] == (400, 20001)
    assert [row.sid for row in voice.source_ip_mappings.list()] == [made.sid]
    assert made.delete()
    assert two.delete()
    assert record.delete()
    assert voice.ip_records.list() == []


def test_dialling_settings(client: Any) -> None:
    """The inheritance of dialling permissions is read and set; the change is answered 202."""
    settings = client.voice.v1.dialing_permissions.settings()
    assert settings.fetch().dialing_permissions_inheritance is False
    assert settings.update(dialing_permissions_inheritance=True).dialing_permissions_inheritance is True
    assert settings.fetch().dialing_permissions_inheritance is True
    form = {"DialingPermissionsInheritance": "false"}
    assert call(client.http_client.base, "POST", "/v1/Settings", form).status_code == 202


def test_alerts_are_put_there_listed_and_fetched(box: Sandbox, client: Any) -> None:
    """Alerts are added by the sandbox's own path, and found by level and date, page by page."""
    for number in range(3):
        alert = {
            "error_code": "32202" if number else "32009",
            "resource_sid": "CA" + "1" * 32,
            "alert_text": "not registered",
            "request_url": "https://a.example/",
            "date_generated": f"2026-01-0{number + 1}T00:00:00Z",
        }
        assert requests.post(f"{box.url}/_sandbox/alerts", json=alert, timeout=60).ok
    alerts = client.monitor.v1.alerts
    assert len(alerts.list(page_size=2)) == 3
    (one,) = alerts.list(log_level="warning")
    assert (one.error_code, one.alert_text, one.date_generated.day) == ("32009", "not registered", 1)
    assert alerts(one.sid).fetch().more_info == "https://www.twilio.com/docs/errors/32009"
    later = alerts.list(
        start_date=datetime(2026, 1, 2, tzinfo=UTC), end_date=datetime(2026, 1, 2, 12, tzinfo=UTC)
    )
    assert [row.date_generated.day for row in later] == [2]
    body = call(box.url, "GET", "/v1/Alerts?PageSize=2").json()
    assert set(body) == {"alerts", "meta"}
    assert "response_body" not in body["alerts"][0]
    assert body["meta"]["key"] == "alerts"
    assert body["meta"]["next_page_url"].startswith(f"{box.url}/v1/Alerts?PageSize=2&Page=1&PageToken=PA")
    wrong = [{"error_code": "x"}, {"error_code": "32009", "date_generated": "soon"}]
    wrong += [{"error_code": "32009", "log_level": level} for level in ("error", "notice", "x")]
    wrong += [{"error_code": "32202", "log_level": "warning"}]
    for alert in wrong:
        assert requests.post(f"{box.url}/_sandbox/alerts", json=alert, timeout=60).status_code == 400


def test_every_change_leaves_an_event(client: Any) -> None:
    """Creates, updates and deletes leave events with what changed; refusals and passwords leave none."""
    made = client.applications.create(friendly_name="a")
    made.update(friendly_name="b")
    made.delete()
    events = client.monitor.v1.events
    found = events.list(resource_sid=made.sid)
    assert [row.event_type for row in found] == [
        f"application.{word}" for word in ("created", "updated", "deleted")
    ]
    change = found[1]
    assert change.event_data == {"friendly_name": {"previous": "a", "updated": "b"}}
    assert (change.actor_sid, change.actor_type, change.source) == (DEFAULT_ACCOUNT_SID, "account", "api")
    assert (change.resource_type, change.source_ip_address) == ("application", "127.0.0.1")
    assert change.links["resource"].endswith(f"/Applications/{made.sid}.json")
    assert events(change.sid).fetch().event_type == "application.updated"
    phones = client.sip.credential_lists.create(friendly_name="phones")
    client.sip.credential_lists(phones.sid).credentials.create("u", GOOD_PASSWORD)
    refusal(lambda: client.sip.credential_lists.create(friendly_name="phones"))
    assert len(events.list()) == 5
    assert GOOD_PASSWORD not in repr([row.event_data for row in events.list()])
    assert len(events.list(event_type="application.deleted", actor_sid=DEFAULT_ACCOUNT_SID)) == 1
    assert events.list(source_ip_address="192.0.2.1") == []
    tomorrow = datetime.now(tz=UTC) + timedelta(days=1)
    assert events.list(start_date=tomorrow) == []
    assert len(events.list(end_date=tomorrow)) == 5


def test_every_row_of_the_tables_says_what_it_rests_on() -> None:
    """Resources, endpoints, fields, filters, rules and limits name one of the six kinds of evidence."""
    kinds = {"spec", "example", "recording", "documented", "live", "guess"}
    rows: list[Any] = [*RESOURCES, *ENDPOINTS]
    for resource in RESOURCES:
        rows += [*resource.fields, *resource.filters, *resource.rules, *resource.uniques]
        rows += [resource.limit] if resource.limit else []
    assert {row.evidence for row in rows} <= kinds
    assert all(row.source for row in rows if row in (*RESOURCES, *ENDPOINTS))


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("32009", "warning"),
        ("32011", "warning"),
        ("32212", "warning"),
        ("22221", "warning"),
        ("22222", "warning"),
        ("12200", "warning"),
        ("32210", "error"),
        ("32022", "error"),
        ("32202", "error"),
        ("11200", "error"),
        ("11205", "error"),
        ("30008", "error"),
    ],
)
def test_the_level_of_an_alert_belongs_to_its_code(box: Sandbox, client: Any, code: str, level: str) -> None:
    """An alert has the level that Twilio's error dictionary gives its code, and is found by that level alone."""
    assert requests.post(f"{box.url}/_sandbox/alerts", json={"error_code": code}, timeout=60).ok
    (one,) = client.monitor.v1.alerts.list()
    assert (one.error_code, one.log_level) == (code, level)
    found = {asked: len(client.monitor.v1.alerts.list(log_level=asked)) for asked in ("error", "warning")}
    assert found == {"error": int(level == "error"), "warning": int(level == "warning")}
    (said,) = client.api.v2010.account.notifications.list()
    assert said.log == {"error": "0", "warning": "1"}[level]


def test_no_code_has_two_levels() -> None:
    """The table of levels is whole: what operations saw is in it, and no code is both."""
    assert not alert_levels.WARNINGS & alert_levels.ERRORS
    assert {"32009", "32011", "32212", "22221"} <= alert_levels.WARNINGS
    assert {"32022", "32202", "11200"} <= alert_levels.ERRORS

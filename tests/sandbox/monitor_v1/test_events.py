"""The audit events: every write leaves one, with actor, time and what changed; a failed write leaves none."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID
from futel_twilio.sandbox.engine.audit_events import UNDOCUMENTED
from futel_twilio.sandbox.http.registry import RESOURCES
from tests.support.sandbox import GOOD_PASSWORD, refusal

LOGGED = "com.twilio.error-logs.error.logged"
DOCUMENTED = {
    "account-api-keys",
    "application",
    "caller-id",
    "ip-record",
    "phone-number",
    "sip-credential-list",
    "sip-domain",
    "sip-ip-access-control-list",
    "usage-trigger",
}
HOOK = {"destination": "https://a.example/"}
Step = tuple[str, Callable[[], Any]]


def _sip(client: Any) -> Iterator[Step]:
    sip = client.sip
    yield "sip-domain.created", lambda: sip.domains.create(domain_name="a.sip.twilio.com")
    domain = sip.domains(sip.domains.list()[0].sid)
    yield "sip-domain.updated", lambda: domain.update(voice_url="https://a.example/")
    yield "sip-credential-list.created", lambda: sip.credential_lists.create(friendly_name="phones")
    phones = sip.credential_lists(sip.credential_lists.list()[0].sid)
    yield "sip-credential-list.updated", lambda: phones.update(friendly_name="all phones")
    yield "sip-credential.created", lambda: phones.credentials.create("u", GOOD_PASSWORD)
    user = phones.credentials(phones.credentials.list()[0].sid)
    yield "sip-credential.updated", lambda: user.update(password=GOOD_PASSWORD)
    yield "sip-credential.deleted", user.delete
    calls = domain.auth.calls.credential_list_mappings
    yield "sip-domain-mapping.created", lambda: calls.create(phones.fetch().sid)
    yield "sip-domain-mapping.deleted", lambda: calls(phones.fetch().sid).delete()
    yield "sip-credential-list.deleted", phones.delete
    acls = sip.ip_access_control_lists
    yield "sip-ip-access-control-list.created", lambda: acls.create(friendly_name="office")
    office = acls(acls.list()[0].sid)
    yield "sip-ip-access-control-list.updated", lambda: office.update(friendly_name="offices")
    yield "sip-ip-address.created", lambda: office.ip_addresses.create("address", "192.0.2.1")
    address = office.ip_addresses(office.ip_addresses.list()[0].sid)
    yield "sip-ip-address.updated", lambda: address.update(ip_address="192.0.2.2")
    yield "sip-ip-address.deleted", address.delete
    yield "sip-ip-access-control-list.deleted", office.delete
    yield "sip-domain.deleted", domain.delete


def _core(client: Any) -> Iterator[Step]:
    yield "application.created", client.applications.create
    app = client.applications(client.applications.list()[0].sid)
    yield "application.updated", lambda: app.update(friendly_name="b")
    yield "application.deleted", app.delete
    triggers = client.usage.triggers
    yield "usage-trigger.created", lambda: triggers.create("https://a.example/", "1", "calls")
    trigger = triggers(triggers.list()[0].sid)
    yield "usage-trigger.updated", lambda: trigger.update(friendly_name="b")
    yield "usage-trigger.deleted", trigger.delete
    yield "account-api-keys.created", client.new_keys.create
    key = client.keys(client.keys.list()[0].sid)
    yield "account-api-keys.updated", lambda: key.update(friendly_name="b")
    yield "account-api-keys.deleted", key.delete


def _numbers(client: Any) -> Iterator[Step]:
    place = ("Ada", "1 Main St", "Portland", "OR", "97201", "US")
    yield "address.created", lambda: client.addresses.create(*place, emergency_enabled=True)
    address = client.addresses(client.addresses.list()[0].sid)
    yield "address.updated", lambda: address.update(street="2 Main St")
    yield "address.deleted", address.delete
    numbers = client.incoming_phone_numbers
    yield "phone-number.created", lambda: numbers.local.create(phone_number="+15035550100")
    number = numbers(numbers.list()[0].sid)
    yield "phone-number.updated", lambda: number.update(sms_url="")
    yield "phone-number.deleted", number.delete


def _products(client: Any) -> Iterator[Step]:
    permissions = client.voice.v1.dialing_permissions
    order = json.dumps([{"iso_code": "MX", "low_risk_numbers_enabled": "true"}])
    changed = "voice-geographic-permissions.updated"
    yield changed, lambda: permissions.bulk_country_updates.create(order)
    yield changed, lambda: permissions.settings().update(dialing_permissions_inheritance=True)
    records, sources = client.voice.v1.ip_records, client.voice.v1.source_ip_mappings
    yield "ip-record.created", lambda: records.create("192.0.2.1")
    record = records(records.list()[0].sid)
    yield "ip-record.updated", lambda: record.update(friendly_name="office")
    yield "sip-domain.created", lambda: client.sip.domains.create(domain_name="b.sip.twilio.com")
    (domain,) = client.sip.domains.list()
    yield "source-ip-mapping.created", lambda: sources.create(record.fetch().sid, domain.sid)
    source = sources(sources.list()[0].sid)
    yield "source-ip-mapping.updated", lambda: source.update(domain.sid)
    yield "source-ip-mapping.deleted", source.delete
    yield "ip-record.deleted", record.delete
    sinks, subscriptions = client.events.v1.sinks, client.events.v1.subscriptions
    yield "event-streams-sink.created", lambda: sinks.create("hook", HOOK, "webhook")
    sink = sinks(sinks.list()[0].sid)
    yield "event-streams-sink.updated", lambda: sink.update(description="web")
    yield "event-streams-sink.updated", lambda: sink.sink_validate.create(test_id="1")
    named = [{"type": LOGGED}]
    yield (
        "event-streams-subscription.created",
        lambda: subscriptions.create("all", sink.fetch().sid, named),
    )
    subscription = subscriptions(subscriptions.list()[0].sid)
    types = subscription.subscribed_events
    yield "event-streams-subscription.updated", lambda: subscription.update(description="some")
    yield "event-streams-subscribed-event.created", lambda: types.create("com.twilio.voice.insights")
    yield "event-streams-subscribed-event.updated", lambda: types(LOGGED).update(schema_version=2)
    yield "event-streams-subscribed-event.deleted", types(LOGGED).delete
    yield "event-streams-subscription.deleted", subscription.delete
    yield "event-streams-sink.deleted", sink.delete


def test_every_write_leaves_one_event(client: Any) -> None:
    """Each create, update and delete leaves one event of its type, with the account as actor, now and here."""
    seen: set[str] = set()
    for walk in (_sip, _core, _numbers, _products):
        for event_type, step in walk(client):
            step()
            new = [row for row in client.monitor.v1.events.list() if row.sid not in seen]
            assert [row.event_type for row in new] == [event_type]
            assert (new[0].actor_sid, new[0].actor_type) == (DEFAULT_ACCOUNT_SID, "account")
            assert (new[0].source, new[0].source_ip_address) == ("api", "127.0.0.1")
            assert new[0].event_date is not None
            assert GOOD_PASSWORD not in json.dumps(new[0].event_data)
            seen.add(new[0].sid)


def test_who_opened_a_country_is_recorded(client: Any) -> None:
    """The event of a dialling permission names the country by its link, and what was before."""
    order = [{"iso_code": "LV", "high_risk_tollfraud_numbers_enabled": "true"}]
    bulk = client.voice.v1.dialing_permissions.bulk_country_updates
    bulk.create(update_request=json.dumps(order))
    (event,) = client.monitor.v1.events.list()
    assert event.event_data == {"high_risk_tollfraud_numbers_enabled": {"previous": False, "updated": True}}
    assert event.links["resource"].endswith("/DialingPermissions/Countries/LV")
    refusal(lambda: bulk.create(update_request=json.dumps([*order, {"iso_code": "ZZ"}])))
    assert len(client.monitor.v1.events.list()) == 1


def test_names_of_events_are_documented_or_owned_up_to() -> None:
    """The resource types of events are those of Twilio's documentation, but for a list of guesses."""
    assert {resource.audit for resource in RESOURCES} - {""} <= DOCUMENTED | set(UNDOCUMENTED)

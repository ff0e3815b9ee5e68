"""Helpers of the tests of snapshots: an account with every resource type, and snapshots to compare."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import requests

from tests.support.sandbox import GOOD_PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox

URL = "https://status.example.com/"
CALLER_ID = "+15035550199"
WRITE_KEY = "a-write-key-of-segment"
ERRORS = {"type": "com.twilio.error-logs.error.logged", "schema_version": 2}


def furnish(box: Sandbox, client: Any) -> str:
    """Add to a synced account what estate.toml cannot describe: more settings, IP lists, unmanaged types.

    Returns:
        the secret of the API key that is made.
    """
    application = _named(client.applications.list(), "incoming-prod")
    application.update(
        voice_caller_id_lookup=True,
        sms_url=URL,
        sms_method="GET",
        sms_fallback_url=f"{URL}sms",
        message_status_callback=f"{URL}message",
        status_callback=URL,
        status_callback_method="GET",
    )
    office = client.sip.ip_access_control_lists.create(friendly_name="office")
    office.ip_addresses.create(friendly_name="a net", ip_address="192.0.2.0", cidr_prefix_length=24)
    office.ip_addresses.create(friendly_name="a door", ip_address="198.51.100.7")
    domain = client.sip.domains.create(domain_name="office-futel.sip.twilio.com", friendly_name="office")
    domain.update(
        voice_url=URL,
        voice_fallback_url=f"{URL}fallback",
        voice_fallback_method="GET",
        voice_status_callback_url=URL,
        voice_status_callback_method="GET",
    )
    domain.auth.calls.ip_access_control_list_mappings.create(ip_access_control_list_sid=office.sid)
    number = _of(client, "+15035550103")
    number.update(
        sms_application_sid=application.sid,
        voice_url="",
        voice_caller_id_lookup=True,
        voice_receive_mode="fax",
        status_callback=URL,
        voice_method="GET",
    )
    spare = client.sip.credential_lists.create(friendly_name="spare")
    spare.credentials.create(username="guest", password=GOOD_PASSWORD)
    return create_unmanaged(box, client)


def create_unmanaged(box: Sandbox, client: Any) -> str:
    """Create what no command creates: a caller ID, a key, a sink with a subscription, dialling permissions."""
    body = {"phone_number": CALLER_ID, "friendly_name": "the other carrier"}
    requests.post(f"{box.url}/_sandbox/caller-ids", json=body, timeout=60).raise_for_status()
    configuration = {"destination": URL, "method": "POST", "batch_events": False, "write_key": WRITE_KEY}
    sink = client.events.v1.sinks.create(
        description="errors", sink_type="webhook", sink_configuration=configuration
    )
    client.events.v1.subscriptions.create(description="all errors", sink_sid=sink.sid, types=[ERRORS])
    dial(client, "MX", allowed=True)
    return str(client.new_keys.create(friendly_name="laptop").secret)


def dial(client: Any, iso_code: str, *, allowed: bool) -> None:
    """Allow or forbid calls to a country."""
    update = [{"iso_code": iso_code, "low_risk_numbers_enabled": str(allowed).lower()}]
    client.voice.v1.dialing_permissions.bulk_country_updates.create(update_request=json.dumps(update))


def buy(client: Any, *numbers: str) -> None:
    for number in numbers:
        client.incoming_phone_numbers.create(phone_number=number)


def _named(things: list[Any], name: str) -> Any:
    return next(one for one in things if one.friendly_name == name)


def _of(client: Any, number: str) -> Any:
    return next(one for one in client.incoming_phone_numbers.list() if one.phone_number == number)


def plain(document: Any) -> Any:
    """A snapshot without SIDs and dates, which differ between equal accounts."""
    if isinstance(document, list):
        return [plain(one) for one in document]
    if not isinstance(document, dict):
        return document
    return {name: plain(value) for name, value in document.items() if not _is_of_one_account(name)}


def _is_of_one_account(name: str) -> bool:
    return name == "sid" or name.endswith("_sid") or name.startswith("date_") or name == "taken_at"


def less(document: dict[str, Any], *sections: str) -> dict[str, Any]:
    """A snapshot without some sections, those of `beyond` among them."""
    left = {name: value for name, value in document.items() if name not in sections}
    if "beyond" in left:
        left["beyond"] = {name: value for name, value in left["beyond"].items() if name not in sections}
    return left


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found

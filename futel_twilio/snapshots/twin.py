"""Make a sandbox that holds what a snapshot holds: the twin of an account, to try a change on."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from futel_twilio.config.connection import Connection
from futel_twilio.sandbox.server import Record, Sandbox
from futel_twilio.snapshots.unmanaged import RISKS
from futel_twilio.twilio_api.client import Api

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

TOKEN = "sandbox"  # noqa: S105  # the auth token of every account of a sandbox
KINDS = {
    "applications": "application",
    "credential_lists": "credential_list",
    "usage_triggers": "usage_trigger",
    "ip_lists": "ip_access_control_list",
    "addresses": "address",
    "numbers": "number",
    "domains": "domain",
}
OWNED = {
    "credentials": ("credential", "credential_list", "credential_lists"),
    "ip_addresses": ("ip_address", "ip_list", "ip_lists"),
}
MAPPINGS = {
    "registrations": ("registrations_credential_list_mapping", "credential_lists"),
    "calls": ("calls_credential_list_mapping", "credential_lists"),
    "ip_lists": ("calls_ip_access_control_list_mapping", "ip_lists"),
}


@contextmanager
def twin(document: Mapping[str, Any], state: str | Path = ":memory:", port: int = 0) -> Iterator[Sandbox]:
    """Run a sandbox that holds what a snapshot holds, under the same SIDs. It has no password and no secret.

    Raises:
        ValueError: the sandbox cannot hold it.
    """
    account = document["account_sid"]
    box = Sandbox(state=state, port=port, accounts=[f"{account}:{TOKEN}"])
    with box:
        fill(box, document)
        yield box


def fill(box: Sandbox, document: Mapping[str, Any]) -> None:
    """Put what a snapshot holds into a running, empty sandbox that knows its account."""
    account = document["account_sid"]
    box.load(account, _records(document))
    unmanaged = document["beyond"]
    if balance := unmanaged.get("balance", {}).get("balance"):
        box.settings(balance=balance)
    if "dialling" in unmanaged:
        api = Api(Connection(account, account, TOKEN, url=box.url, source="twin"))
        try:
            _set_dialling(api, unmanaged["dialling"])
        finally:
            api.close()
    box.clear_requests()


def _records(document: Mapping[str, Any]) -> Iterator[Record]:
    yield from (
        Record(kind, _fields(entry)) for section, kind in KINDS.items() for entry in document[section]
    )
    sids = {
        section: {entry["friendly_name"]: entry["told"]["sid"] for entry in document[section]}
        for section in ("credential_lists", "ip_lists")
    }
    for section, (kind, owner, owners) in OWNED.items():
        for entry in document[section]:
            yield Record(kind, _fields(entry), parent=sids[owners][entry[owner]])
    for domain in document["domains"]:
        for field, (kind, section) in MAPPINGS.items():
            for name in domain[field]:
                yield Record(kind, {"sid": sids[section][name]}, parent=domain["told"]["sid"])
    yield from _unmanaged_records(document["beyond"])


def _unmanaged_records(found: Mapping[str, Any]) -> Iterator[Record]:
    yield from (Record("caller_id", _fields(entry)) for entry in found.get("outgoing_caller_ids", ()))
    yield from (Record("key", _fields(entry)) for entry in found.get("keys", ()))
    subscriptions = found.get("subscriptions", ())
    in_use = {entry["sink"] for entry in subscriptions}
    sinks = {entry["description"]: entry["told"]["sid"] for entry in found.get("sinks", ())}
    for entry in found.get("sinks", ()):
        yield Record("sink", _fields(entry) | {"_in_use": entry["description"] in in_use})
    for entry in subscriptions:
        sid = entry["told"]["sid"]
        yield Record("subscription", _fields(entry) | {"sink_sid": sinks.get(entry["sink"], entry["sink"])})
        for words in entry["types"]:
            event, _, version = words.partition(" ")
            yield Record("subscribed_event", {"type": event, "schema_version": int(version)}, parent=sid)


def _fields(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry as Twilio's API returns it: what a snapshot writes by name stands under its SID there."""
    return {name: value for name, value in entry.items() if name != "told"} | entry["told"]


def _set_dialling(api: Api, found: Mapping[str, Any]) -> None:
    """Let the twin call the countries that the account may call, and no other."""
    permissions = api.client.voice.v1.dialing_permissions
    updates = []
    for country in permissions.countries.list():
        wanted = {field: country.iso_code in found[risk] for risk, (field, _) in RISKS.items()}
        if any(getattr(country, field) != value for field, value in wanted.items()):
            updates.append({"iso_code": country.iso_code, **{k: str(v).lower() for k, v in wanted.items()}})
    if updates:
        permissions.bulk_country_updates.create(update_request=json.dumps(updates))
    if found["inheritance"] is not None:
        permissions.settings().update(dialing_permissions_inheritance=found["inheritance"])

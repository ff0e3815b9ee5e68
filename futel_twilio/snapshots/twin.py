"""Make a sandbox that holds what a snapshot holds: the twin of an account, to try a change on."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from futel_twilio.apply.journal import JOURNAL_FILE
from futel_twilio.config.connection import Connection
from futel_twilio.config.inventory import CLIENTS_FILE
from futel_twilio.errors import Refused
from futel_twilio.passwords.ledger import LEDGER_FILE
from futel_twilio.plan import diff
from futel_twilio.plan.changes import Delete
from futel_twilio.sandbox.server import Record, Sandbox
from futel_twilio.snapshots import capture
from futel_twilio.snapshots.document import state_of
from futel_twilio.snapshots.unmanaged import RISKS
from futel_twilio.twilio_api.client import Api
from futel_twilio.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from futel_twilio.plan.changes import Changes

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


@dataclass(frozen=True)
class Twin:
    """A sandbox that holds what an account holds, with a copy of the files, to run a command on.

    Attributes:
        workspace: the sandbox and the copies.
        before: the snapshot of the account that the sandbox was filled with.
    """

    workspace: Workspace
    before: Mapping[str, Any]

    def changes(self) -> Changes:
        """What the account would hold otherwise than it does, had the command run there.

        Raises:
            TwilioError: the sandbox could not be read.
        """
        before, after = state_of(self.before), state_of(capture.capture(self.workspace.api))
        held = {(type(resource), resource.name) for resource in after.resources()}
        gone = [one for one in before.resources() if (type(one), one.name) not in held]
        return (*diff.differences(after, before, held), *map(Delete, gone))


@contextmanager
def open_twin(workspace: Workspace) -> Iterator[Twin]:
    """Read the account (GET only), and open a sandbox that holds the same beside copies of the files.

    Raises:
        TwilioError: the account could not be read.
        Refused: the sandbox cannot hold what the account holds.
    """
    account = workspace.api.connection
    document = capture.capture(workspace.api)
    with ExitStack() as held:
        folder = Path(held.enter_context(TemporaryDirectory(prefix="futel-twilio-twin-")))
        box = held.enter_context(Sandbox(accounts=[f"{account.account_sid}:{TOKEN}"]))
        try:
            fill(box, document)
        except ValueError as error:
            raise Refused(
                f"The sandbox cannot hold what the account holds: {error}.",
                "Use --dry-run instead, and please report this.",
            ) from None
        api = Api(_connection(account.account_sid, box.url, account))
        held.callback(api.close)
        yield Twin(_copied(workspace, api, folder), document)


def _connection(account_sid: str, url: str, twin_of: Connection | None = None) -> Connection:
    return Connection(account_sid, account_sid, TOKEN, "the twin of the account", url=url, twin_of=twin_of)


def _copied(workspace: Workspace, api: Api, folder: Path) -> Workspace:
    """The workspace with copies of its files, which lie to each other as the files do."""
    estate_file = workspace.estate_file.resolve()
    inventory = Path(workspace.desired.clients_file or estate_file).resolve()
    root = Path(os.path.commonpath([estate_file.parent, inventory.parent]))
    files = [estate_file, *(estate_file.with_name(name) for name in (JOURNAL_FILE, LEDGER_FILE))]
    files += [inventory, inventory.with_name(CLIENTS_FILE)]
    for file in files:
        if file.is_file():
            copy = folder / file.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
    clients_file = str(folder / inventory.relative_to(root)) if workspace.desired.clients_file else ""
    desired = replace(workspace.desired, clients_file=clients_file)
    return Workspace(desired, api, folder / estate_file.relative_to(root))


def fill(box: Sandbox, document: Mapping[str, Any]) -> None:
    """Put what a snapshot holds into a running, empty sandbox that knows its account."""
    account = document["account_sid"]
    box.load(account, _records(document))
    unmanaged = document["beyond"]
    if balance := unmanaged.get("balance", {}).get("balance"):
        box.settings(balance=balance)
    if "dialling" in unmanaged:
        api = Api(_connection(account, box.url))
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
    told: dict[str, Any] = entry["told"]
    return {name: value for name, value in entry.items() if name != "told"} | told


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

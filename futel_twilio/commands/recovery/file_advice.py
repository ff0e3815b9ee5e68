"""Say which line of which file to edit, so that the files match what the account holds."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from futel_twilio.config import inventory
from futel_twilio.files import reading
from futel_twilio.plan.changes import Change, Changes, Create, Update, identity_of
from futel_twilio.resources import relations
from futel_twilio.resources.phones import Address, Credential, PhoneNumber
from futel_twilio.resources.types import CLIENT_TYPES, type_of
from futel_twilio.resources.voice import (
    SIP_SUFFIX,
    Application,
    CredentialList,
    CredentialListMapping,
    SipDomain,
    UsageTrigger,
    address_held,
)
from futel_twilio.text import first_word, option

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from futel_twilio.resources.phones import PhoneClient
    from futel_twilio.resources.state import AccountState, Resource

BASE_URL = "voice_url"
SECTION_NAMES: dict[type, str] = {
    Application: "application",
    SipDomain: "sip_domain",
    CredentialList: "credential_list",
    UsageTrigger: "usage_trigger",
}
KEYS = {
    "sip_registration": "registration",
    "emergency_calling_enabled": "emergency_calling",
    "public_application_connect_enabled": "open_to_other_accounts",
    "trigger_value": "value",
    "usage_category": "category",
    "trigger_by": "by",
}
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Files:
    """The files as they are now: what they ask for, and what stands in them.

    Attributes:
        desired: what they ask for.
        estate: estate.toml, as it stands.
        details: clients.toml, as it stands; empty if there is none.
    """

    desired: AccountState
    estate: Mapping[str, Any]
    details: Mapping[str, Any]


def read_files(desired: AccountState, estate_file: Path) -> Files:
    """The files of an estate that was loaded without faults."""
    table = reading.read_toml(estate_file).get("clients", {})
    details = estate_file.parent / str(table.get("inventory", "")) if table else None
    found = details.with_name(inventory.CLIENTS_FILE) if details else None
    there = reading.read_toml(found) if found and reading.is_there(found) else {}
    return Files(desired, reading.read_toml(estate_file), there)


def ways_to_keep(changes: Changes, files: Files, account: AccountState) -> tuple[str, ...]:
    """The commands and edits that make the files match the account, each once.

    Args:
        changes: what the files would change at the account.
        files: the files.
        account: what the account holds.
    """
    new = _new_environments(changes, files.desired)
    found = [f"take [{_key('environment', name)}] out of estate.toml" for name in new]
    for change in changes:
        if isinstance(change, Create) and change.resource.environment in new:
            continue
        found += _ways(change, changes, files, account)
    return tuple(dict.fromkeys(found))


def _ways(change: Change, changes: Changes, files: Files, account: AccountState) -> Iterator[str]:
    resource = change.resource
    if type_of(resource) not in CLIENT_TYPES:
        yield from _edits_of_estate(change, changes, files, account)
        return
    yield from _edits_of_address(resource, files.desired, account)
    if isinstance(change, Update) and isinstance(change.before, PhoneNumber):
        if "voice_application" in change.changed_fields:
            yield from _edits_of_application(change.before, files, account)
    elif isinstance(change, Create) and isinstance(resource, Credential | PhoneNumber):
        for client in relations.clients_of(resource, files.desired):
            yield f"take {client.name} out of {' and '.join(_files_with(client, files))}"


def _files_with(client: PhoneClient, files: Files) -> tuple[str, ...]:
    name = files.desired.clients_file.rpartition("/")[2]
    return (name, inventory.CLIENTS_FILE) if client.extension in files.details.get("client", {}) else (name,)


def _new_environments(changes: Changes, desired: AccountState) -> list[str]:
    """The environments of which the account holds nothing, as long as it holds something of another."""
    missing = {identity_of(change) for change in changes if isinstance(change, Create)}
    found = [
        environment.name
        for environment in desired.environments
        if all(
            (type(one), one.name) in missing
            for one in _made_for_environments(desired)
            if one.environment == environment.name
        )
    ]
    return found if len(found) < len(desired.environments) else []


def _made_for_environments(desired: AccountState) -> tuple[Application | SipDomain, ...]:
    return (*desired.applications, *desired.domains)


def _section(resource: Resource, files: Files) -> tuple[str, str]:
    """The heading in estate.toml of what a resource is made from, and its name there; both empty if none."""
    section = SECTION_NAMES.get(type(resource), "")
    name = resource.name.removesuffix(SIP_SUFFIX)
    for key in files.estate.get(section, {}):
        if key.replace("{env}", resource.environment) == name:
            return f"[{_key(section, key)}]", key
    return "", ""


def _key(section: str, name: str) -> str:
    return f"{section}.{name if BARE_KEY.fullmatch(name) else json.dumps(name, ensure_ascii=False)}"


def _edits_of_estate(change: Change, changes: Changes, files: Files, account: AccountState) -> Iterator[str]:
    resource = change.resource
    heading, key = _section(resource, files)
    if isinstance(change, Create) and isinstance(resource, CredentialListMapping):
        yield from _edits_of_mapping(resource, changes, files)
    elif isinstance(change, Create) and isinstance(resource, Application):
        yield from _edits_of_new_application(resource, key, files, account)
    elif isinstance(change, Create) and heading:
        yield f"take {heading} out of estate.toml"
    elif isinstance(change, Update):
        yield from _edits_of_fields(change, heading, files)


def _edits_of_mapping(mapping: CredentialListMapping, changes: Changes, files: Files) -> Iterator[str]:
    if (SipDomain, mapping.domain_name) in {identity_of(one) for one in changes if isinstance(one, Create)}:
        return  # the whole section goes
    domain = next((one for one in files.desired.domains if one.domain_name == mapping.domain_name), None)
    heading = _section(domain, files)[0] if domain else ""
    if heading:
        yield f"in estate.toml, take {json.dumps(mapping.credential_list)} out of {mapping.use} in {heading}"


def _edits_of_new_application(
    resource: Application, key: str, files: Files, account: AccountState
) -> Iterator[str]:
    """An application that the account has not: a new section, or one that was given another name."""
    if not key:
        return
    if key != files.desired.clients_application:
        yield f"take [{_key('application', key)}] out of estate.toml"
        return
    named = {one.name for one in files.desired.applications}
    env = resource.environment
    templates = (_template(one.name, env) for one in account.applications if one.name not in named)
    earlier = next((one for one in templates if "{env}" in one), "")
    if earlier:
        yield _rename(earlier, files)


def _edits_of_application(number: PhoneNumber, files: Files, account: AccountState) -> Iterator[str]:
    """What makes the files name the application that a number of a phone uses."""
    held = number.voice_application
    if held not in {one.name for one in account.applications}:
        return
    for client in relations.clients_of(number, files.desired):
        wanted = files.desired.clients_application
        home = next(
            (e.name for e in files.desired.environments if wanted.replace("{env}", e.name) == held), ""
        )
        if home and home != client.environment:
            command = f"invoke update-client {first_word(client.name)} {option('--env', home)}"
            yield f"`{command}` writes that into clients.toml"
        elif not home:
            yield _rename(_template(str(held), client.environment), files)


def _template(name: str, environment: str) -> str:
    return name.replace(environment, "{env}") if environment else name


def _rename(earlier: str, files: Files) -> str:
    """The edit that has the phones use an application under its earlier name again."""
    now, line = files.desired.clients_application, f"application = {json.dumps(earlier)} under [clients]"
    if earlier in files.estate.get("application", {}):
        return f"in estate.toml, write {line}"
    return (
        f"in estate.toml, write [{_key('application', earlier)}] for [{_key('application', now)}], and {line}"
    )


def _edits_of_fields(change: Update, heading: str, files: Files) -> Iterator[str]:
    before = _base_url_before(change, files.desired)
    env = change.after.environment
    if before:
        command = f"invoke promote {option('--env', env)} {option('--dialplans', before)}"
        yield f"`{command}` writes that URL into estate.toml"
    base = next((one.dialplans for one in files.desired.environments if one.name == env), "")
    for name in change.changed_fields:
        if heading and (name != BASE_URL or not before):
            value = _value(getattr(change.before, name), base)
            yield f"in estate.toml, write {KEYS.get(name, name)} = {value} in {heading}"


def _value(value: object, base: str) -> str:
    """A value as estate.toml writes it: a URL below the environment's base URL is a path there."""
    if isinstance(value, bool):
        return str(value).lower()
    text = "" if value is None else str(value)
    return json.dumps(text.removeprefix(base) if base and text.startswith(f"{base}/") else text)


def _base_url_before(change: Update, desired: AccountState) -> str:
    """The base URL that the account holds instead of an environment's; empty if no such URL explains the change."""
    base = next((one.dialplans for one in desired.environments if one.name == change.after.environment), "")
    held, wanted = (str(getattr(side, BASE_URL, "") or "") for side in (change.before, change.after))
    path = wanted.removeprefix(base.rstrip("/"))
    if BASE_URL not in change.changed_fields or not base or path in {"", wanted} or not held.endswith(path):
        return ""
    return held.removesuffix(path)


def _edits_of_address(resource: Resource, desired: AccountState, account: AccountState) -> Iterator[str]:
    """What makes clients.toml name the address that the number of a phone tells 911."""
    addresses = {one.name: one for one in account.addresses}
    for client in relations.clients_of(resource, desired):
        number = next((one for one in account.numbers if one.phone_number == client.caller_id), None)
        held = addresses.get(address_held(number.emergency_address)) if number else None
        if client.address and held and held.name != client.address.name:
            flag = option("--address", _in_one_line(held))
            yield f"`invoke change-address {first_word(client.name)} {flag}` writes that address into clients.toml"


def _in_one_line(address: Address) -> str:
    parts = (address.street, address.street_secondary, address.city)
    return ", ".join([*filter(None, parts), f"{address.region} {address.postal_code}"])

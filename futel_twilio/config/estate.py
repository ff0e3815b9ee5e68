"""Load and validate estate.toml, and derive the desired state."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from futel_twilio.config import inventory, phone_resources
from futel_twilio.config.edits import journal_of
from futel_twilio.config.estate_faults import faults_of
from futel_twilio.config.faults import FaultyFiles, refuse_faults
from futel_twilio.config.schema import as_dict
from futel_twilio.errors import BadInput, CannotRead
from futel_twilio.files import atomic, pending, reading
from futel_twilio.resources.state import AccountSettings, AccountState
from futel_twilio.resources.voice import (
    PROD,
    SIP_SUFFIX,
    Application,
    CredentialList,
    Environment,
    SipDomain,
    UsageTrigger,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from futel_twilio.config.inventory import Inventory
    from futel_twilio.resources.phones import PhoneClient

ESTATE_FILE = "estate.toml"
PROJECT = Path(__file__).parents[2]
INVENTORY_LINE = re.compile(r"""^[ \t]*inventory[ \t]*=[ \t]*(["'])([^"'\n]+)\1""", re.MULTILINE)


def estate_file_of(directory: Path) -> Path:
    """The estate file of a directory, or of the project where the directory has none."""
    here = directory / ESTATE_FILE
    return here if reading.is_there(here) else PROJECT / ESTATE_FILE


def load_estate(
    path: Path,
    dialplans: Mapping[str, str] | None = None,
    may_lack_address: Callable[[str], bool] = inventory.nobody,
) -> AccountState:
    """Read the desired state.

    Args:
        path: the estate file.
        dialplans: base URLs that stand in for those of the file, by environment.
        may_lack_address: whether a phone needs no address in clients.toml, because the command gives it.

    Raises:
        BadInput: the file is not there, is not TOML, or has faults: all of them, each with its place.
    """
    with atomic.read_alone(path):
        text = _text(path)
    try:
        document = reading.parsed_toml(text, path.name)
    except CannotRead as error:
        clients = _inventory_of_broken(path, text)
        if clients and clients.faults:
            raise FaultyFiles(path.name, (error.fault,), clients.faults) from None
        raise
    for name, url in (dialplans or {}).items():
        tables = as_dict(document.get("environment"))
        require_environment(name, (known for known, table in tables.items() if isinstance(table, dict)))
        document["environment"][name]["dialplans"] = url
    faults = faults_of(document)
    clients = _inventory(path, document, may_lack_address)
    if may_lack_address is inventory.everybody and (faults or (clients and clients.faults)):
        clients = _inventory(path, document, inventory.nobody)  # it is refused anyway, so report all faults
    refuse_faults(path.name, text, faults, clients.faults if clients else (), dialplans or {})
    return _with_clients(_estate(document), document, clients) if clients else _estate(document)


def inventory_file(path: Path, document: Mapping[str, Any]) -> Path | None:
    """Where the client inventory lies, by an estate file; None where the estate has no clients."""
    named = as_dict(document.get("clients")).get("inventory")
    return path.parent / named if isinstance(named, str) else None


def _files_of(file: Path) -> tuple[Path, Path]:
    return file, file.with_name(inventory.CLIENTS_FILE)


def notices_of_pending(path: Path) -> tuple[str, ...]:
    """What to say about a recovery file beside the inventory of an estate file: that it is used, or ignored."""
    file = inventory_file(path, reading.read_toml(path))
    said = pending.notice(_files_of(file), journal_of(path)) if file else ""
    return (said,) if said else ()


def _inventory(
    path: Path, document: Mapping[str, Any], may_lack_address: Callable[[str], bool]
) -> Inventory | None:
    file = inventory_file(path, document)
    if file is None:
        return None
    environments = as_dict(document.get("environment")).keys()
    with atomic.recover_pending(*_files_of(file), journal=journal_of(path)) as texts:
        return inventory.read_inventory(
            file, environments, default_environment(document), may_lack_address, texts
        )


def _inventory_of_broken(path: Path, text: str) -> Inventory | None:
    """The client inventory of an estate file that is not TOML, if the line that names it can be found.

    Nothing is known of the environments then, so no fault of theirs is reported.
    """
    named = INVENTORY_LINE.search(text)
    file = path.parent / named[2] if named else None
    if file is None or not reading.is_there(file):
        return None
    with atomic.recover_pending(*_files_of(file), journal=journal_of(path)) as texts:
        return inventory.read_inventory(file, None, PROD, inventory.nobody, texts)


def default_environment(document: Mapping[str, Any]) -> str:
    """The installation of a client that names none: prod, or the last of the file where there is no prod."""
    names = [*as_dict(document.get("environment"))]
    return PROD if PROD in names or not names else names[-1]


def _with_clients(estate: AccountState, document: Mapping[str, Any], found: Inventory) -> AccountState:
    table, default = document["clients"], default_environment(document)
    clients = found.clients(default)
    return with_clients(
        replace(
            estate,
            external_numbers=found.external_numbers,
            placeholders=found.placeholders,
            clients_file=str(found.path),
            clients_credential_list=table["credential_list"],
            clients_application=table["application"],
        ),
        clients,
    )


def with_clients(estate: AccountState, clients: tuple[PhoneClient, ...]) -> AccountState:
    """The desired state with these clients, and with the addresses, numbers and credentials they need."""
    return replace(
        estate,
        clients=clients,
        addresses=phone_resources.desired_addresses(clients),
        numbers=phone_resources.desired_numbers(clients, estate.external_numbers, estate.clients_application),
        credentials=phone_resources.desired_credentials(clients, estate.clients_credential_list),
    )


def _text(path: Path) -> str:
    try:
        return reading.read_text(path, largest=reading.MEBIBYTE)
    except FileNotFoundError:
        raise BadInput(
            f"There is no {path.name} here.", "Run the command in the directory that holds it."
        ) from None


def require_environment(name: str, known: Iterable[str]) -> None:
    """Refuse an environment that the estate does not name.

    Raises:
        BadInput: it does not.
    """
    names = tuple(known)
    if name not in names:
        raise BadInput(
            f"There is no environment {name!r} in the estate.", f"Use one of: {', '.join(names) or 'none'}."
        )


def _estate(document: Mapping[str, Any]) -> AccountState:
    environments = tuple(
        Environment(name, table["dialplans"].rstrip("/")) for name, table in document["environment"].items()
    )
    return AccountState(
        environments=environments,
        applications=tuple(
            _application(name, table, environment)
            for environment in environments
            for name, table in document.get("application", {}).items()
        ),
        domains=tuple(
            _domain(name, table, environment)
            for environment in environments
            for name, table in document.get("sip_domain", {}).items()
        ),
        credential_lists=tuple(CredentialList(name) for name in document.get("credential_list", {})),
        usage_triggers=tuple(
            _usage_trigger(name, table) for name, table in document.get("usage_trigger", {}).items()
        ),
        account_sid=document.get("account_sid", ""),
        account=_account(document.get("account", {})),
    )


def _url(table: Mapping[str, Any], key: str, environment: Environment) -> str | None:
    value = table.get(key)
    if value is None or not value.startswith("/"):
        return None if value is None else str(value)
    return environment.dialplans + str(value)


def _application(name: str, table: Mapping[str, Any], environment: Environment) -> Application:
    return Application(
        friendly_name=name.replace("{env}", environment.name),
        voice_url=_url(table, "voice_url", environment),
        voice_method=table.get("voice_method", "POST"),
        voice_fallback_url=_url(table, "voice_fallback_url", environment),
        sms_url=_url(table, "sms_url", environment),
        public_application_connect_enabled=table.get("open_to_other_accounts", False),
        environment=environment.name,
    )


def _domain(name: str, table: Mapping[str, Any], environment: Environment) -> SipDomain:
    friendly_name = name.replace("{env}", environment.name)
    return SipDomain(
        domain_name=friendly_name + SIP_SUFFIX,
        friendly_name=friendly_name,
        voice_url=_url(table, "voice_url", environment),
        voice_method=table.get("voice_method", "POST"),
        voice_fallback_url=_url(table, "voice_fallback_url", environment),
        sip_registration=table.get("registration", True),
        emergency_calling_enabled=table.get("emergency_calling", False),
        secure=table.get("secure"),
        registrations=frozenset(table["registrations"]),
        calls=frozenset(table["calls"]),
        environment=environment.name,
    )


def _usage_trigger(name: str, table: Mapping[str, Any]) -> UsageTrigger:
    return UsageTrigger(
        friendly_name=name,
        callback_url=table["callback_url"],
        callback_method="POST",
        usage_category=table.get("category", "totalprice"),
        trigger_by=table.get("by", "price"),
        trigger_value=table["value"],
        recurring=table.get("recurring", "monthly"),
    )


def _account(table: Mapping[str, Any]) -> AccountSettings:
    countries = table.get("dialling_countries")
    return AccountSettings(
        plan_is_empty=table.get("plan_is_empty", False),
        dialling_countries=None if countries is None else tuple(countries),
        alert_hours=table.get("alert_hours"),
        api_key=table.get("api_key", False),
        balance_floor=table.get("balance_floor"),
        credential_days=table.get("credential_days"),
    )

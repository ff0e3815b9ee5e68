"""Load and validate the inventory and clients.toml, and derive what each phone needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from futel_twilio.config import line_numbers
from futel_twilio.config.e164 import is_e164, not_e164
from futel_twilio.config.phone_resources import by_number
from futel_twilio.config.schema import as_dict, as_list, faults_of_form, read_json
from futel_twilio.errors import CannotRead
from futel_twilio.files import json_text, readback, reading
from futel_twilio.resources.phones import Address, PhoneClient

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping


CLIENTS_FILE = "clients.toml"
SCHEMA = Path(__file__).with_name("inventory.schema.json")
DETAILS_SCHEMA = Path(__file__).with_name("clients.schema.json")
CUSTOMER = "Futel"
NOTHING_WAITS: Mapping[Path, str] = MappingProxyType({})
SOME_ADDRESS = {"street": "?", "city": "?", "region": "?", "postal_code": "?"}


@dataclass(frozen=True)
class Inventory:
    """The two files as they were read, and every fault of them, each with its file and place.

    Attributes:
        path: the inventory.
        entries: extension -> what the dialplan functions know of it.
        details: the tables of clients.toml.
        faults: what is wrong with either; empty if all is well.
    """

    path: Path
    entries: Mapping[str, Any]
    details: Mapping[str, Any]
    faults: tuple[str, ...]

    @property
    def external_numbers(self) -> frozenset[str]:
        return frozenset(self.details.get("external_numbers", ()))

    @property
    def placeholders(self) -> frozenset[str]:
        """The entries that clients.toml marks as no phones."""
        tables = self.details.get("client", {}).items()
        return frozenset(name for name, table in tables if table.get("placeholder") is True)

    def clients(self, default_environment: str) -> tuple[PhoneClient, ...]:
        """The phones, of files without faults; a placeholder is none."""
        tables = self.details.get("client", {})
        environment = self.details.get("environment", default_environment)
        customer = self.details.get("customer_name", CUSTOMER)
        return tuple(
            client_of(name, entry, tables.get(name, {}), environment, customer)
            for name, entry in self.entries.items()
            if name not in self.placeholders
        )


def client_of(
    name: str, entry: Mapping[str, Any], table: Mapping[str, Any], environment: str, customer: str
) -> PhoneClient:
    """One client, of its entry in the inventory and its table in clients.toml."""
    where = table.get("address")
    return PhoneClient(
        extension=name,
        outgoing=entry["outgoing"],
        caller_id=entry["caller_id"],
        enable_emergency=entry["enable_emergency"],
        environment=table.get("environment", environment),
        dialtone_ivr=entry.get("dialtone_ivr"),
        address=address_of(name, where, customer) if where else None,
        device=table.get("device", ""),
        transport=table.get("transport", ""),
    )


def address_of(name: str, table: Mapping[str, str], customer: str) -> Address:
    """The address of a client, as its table says it."""
    return Address(
        friendly_name=name,
        customer_name=customer,
        street=table["street"],
        street_secondary=table.get("street_secondary", ""),
        city=table["city"],
        region=table["region"],
        postal_code=table["postal_code"],
        iso_country=table.get("country", "US"),
    )


def faults_of_address(table: Mapping[str, str]) -> list[str]:
    """What is wrong with an address, as clients.toml would hold it."""
    faults = faults_of_form(DETAILS_SCHEMA, {"client": {"": {"address": table}}})
    return [fault.removeprefix("client..address.") for fault in faults]


def everybody(_name: str) -> bool:
    """For `rollback` and `resume`: the journal may have the address of any phone."""
    return True


def nobody(_name: str) -> bool:
    """The command gives no address: each phone with 911 needs one in clients.toml."""
    return False


def read_inventory(
    path: Path,
    environments: Collection[str] | None,
    default_environment: str,
    may_lack_address: Callable[[str], bool] = nobody,
    texts: Mapping[Path, str] = NOTHING_WAITS,
) -> Inventory:
    """Read both files and judge them; a file that cannot be read is a fault like any other.

    Args:
        path: the inventory.
        environments: those of the estate; None where they are not known.
        default_environment: that of a client that names none.
        may_lack_address: whether a phone needs no address in clients.toml, because the command gives it.
        texts: what stands in for a file that a kill left half written.
    """
    details_path = path.with_name(CLIENTS_FILE)
    entries, bad_entries = _parsed(path, texts, entries_of)
    details, bad_details = _parsed(details_path, texts, _toml)
    of_entries = [*(bad_entries or faults_of_form(SCHEMA, entries)), *_faults_of_numbers(entries)]
    of_details = [*(bad_details or faults_of_form(DETAILS_SCHEMA, details))]
    # Judge the valid parts whatever is wrong elsewhere: report all faults at once.
    found = Inventory(path, _sound_entries(entries), _sound_details(details), ())
    of_details += _faults_of_external_numbers(found)
    if environments is not None:
        of_details += _faults_of_environments(found, environments, default_environment)
    if not bad_entries:
        of_details += _unknown_extensions(path, entries, found.details)
    if not bad_entries and not bad_details:
        clients = found.clients(default_environment)
        of_entries += faults_between(clients, found.external_numbers, may_lack_address)
    if of_entries and not bad_entries:
        text = readback.plain(_text_of(path, texts))
        of_entries = line_numbers.with_lines(text, of_entries, json_text.member_lines)
    if not bad_details:
        of_details = line_numbers.with_lines(_text_of(details_path, texts), of_details)
    return Inventory(path, entries, details, (*_at(path, of_entries), *_at(details_path, of_details)))


def _text_of(path: Path, texts: Mapping[Path, str]) -> str:
    if path in texts:
        return texts[path]
    return reading.read_text(path) if reading.is_there(path) else ""


def _sound_entries(entries: Mapping[str, Any]) -> dict[str, Any]:
    """The entries with an empty value in place of a malformed one, so that the rest can be judged."""
    return {
        name: {
            "outgoing": "",
            "caller_id": number
            if isinstance(number := entry.get("caller_id"), str) and is_e164(number)
            else "",
            "enable_emergency": entry.get("enable_emergency") is True,
        }
        for name, entry in entries.items()
        if isinstance(entry, dict)
    }


def _sound_details(details: Mapping[str, Any]) -> dict[str, Any]:
    """The valid parts of clients.toml; a malformed address counts as an address."""
    tables = as_dict(details.get("client")).items()
    return {
        **_texts(details, "environment"),
        "external_numbers": [one for one in as_list(details.get("external_numbers")) if isinstance(one, str)],
        "client": {
            name: {
                **_texts(table, "environment"),
                **({"address": SOME_ADDRESS} if "address" in table else {}),
                "placeholder": table.get("placeholder") is True,
            }
            for name, table in tables
            if isinstance(table, dict)
        },
    }


def _texts(table: Mapping[str, Any], name: str) -> dict[str, str]:
    return {name: table[name]} if isinstance(table.get(name), str) else {}


def _parsed(
    path: Path, texts: Mapping[Path, str], read_file: Callable[[Path], tuple[dict[str, Any], list[str]]]
) -> tuple[dict[str, Any], list[str]]:
    if path not in texts:
        return read_file(path)
    parse = reading.parsed_json if path.suffix == ".json" else reading.parsed_toml
    return as_dict(parse(texts[path], path.name)), []


def _at(path: Path, faults: Iterable[str]) -> list[str]:
    return [f"{path.name}: {fault}" for fault in faults]


def entries_of(path: Path) -> tuple[dict[str, Any], list[str]]:
    return read_json(path, "a JSON object of extensions")


def _toml(path: Path) -> tuple[dict[str, Any], list[str]]:
    try:
        return reading.read_toml(path), []
    except FileNotFoundError:
        return {}, []  # nothing to add to the inventory is well, as long as no client may call 911
    except CannotRead as error:
        return {}, [error.fault]


def _faults_of_numbers(entries: Mapping[str, Any]) -> Iterator[str]:
    for name, entry in entries.items():
        number = as_dict(entry).get("caller_id")
        if isinstance(number, str) and not is_e164(number):
            yield f"{name}.caller_id: {not_e164(number)}"


def _faults_of_external_numbers(found: Inventory) -> Iterator[str]:
    for number in sorted(found.external_numbers):
        if not is_e164(number):
            yield f"external_numbers.{number}: {not_e164(number)}"


def _unknown_extensions(path: Path, entries: Mapping[str, Any], details: Mapping[str, Any]) -> Iterator[str]:
    for name in details["client"]:
        if name not in entries:
            yield f"client.{name}: {path.name} has no such extension"


def _faults_of_environments(
    found: Inventory, environments: Collection[str], default_environment: str
) -> Iterator[str]:
    named = {"environment": found.details.get("environment", default_environment)}
    for name, table in found.details["client"].items():
        if "environment" in table:
            named[f"client.{name}.environment"] = table["environment"]
    for place, environment in named.items():
        if environment not in environments:
            yield f"{place}: no [environment.{environment}] in estate.toml"


def faults_between(
    clients: Iterable[PhoneClient],
    external_numbers: Collection[str],
    may_lack_address: Callable[[str], bool] = nobody,
) -> Iterator[str]:
    """What is wrong with clients that neither file says alone: who may call 911, and from where."""
    clients = tuple(clients)
    for client in clients:
        if client.enable_emergency and client.address is None and not may_lack_address(client.name):
            yield f"{client.name}: 911 is on but there is no address. Set one in {CLIENTS_FILE} or with --address."
        if client.enable_emergency and client.caller_id in external_numbers:
            yield (
                f"{client.name}: 911 is on, but {client.caller_id} is a number at another carrier: "
                "Twilio can register no address for it"
            )
    for number, sharing in by_number(client for client in clients if client.caller_id).items():
        callers = [client.name for client in sharing if client.enable_emergency]
        if len(callers) > 1:
            yield f"{' and '.join(callers)}: 911 is on for both with one number, {number}: help would go to one address"
        if number not in external_numbers and len({client.environment for client in sharing}) > 1:
            names = " and ".join(client.name for client in sharing)
            yield f"{names}: share the number {number} and belong to different environments"

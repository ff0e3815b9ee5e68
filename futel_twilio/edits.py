"""What commands write into the files of the wish: estate.toml, the client inventory and clients.toml."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeAlias

from futel_twilio import files, inventory

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.model import Address, Client


@dataclass(frozen=True)
class Dialplans:
    """The base URL of an environment, in estate.toml: as it was and as it is to be."""

    environment: str
    before: str
    after: str


@dataclass(frozen=True)
class Phone:
    """A client, in the inventory and clients.toml: as it was and as it is to be; None is not there."""

    before: Client | None
    after: Client | None


Edit: TypeAlias = Dialplans | Phone


def perform(edit: Edit, estate_file: Path, clients_file: Path) -> tuple[str, ...]:
    """Write an edit into its files, and give the names of those that changed."""
    if isinstance(edit, Dialplans):
        changed = rewrite_dialplans(estate_file, edit.environment, edit.after)
        return (estate_file.name,) if changed else ()
    finished = finish(clients_file)
    return tuple(dict.fromkeys((*finished, *files.write(_texts_of_phone(edit, clients_file)))))


def finish(clients_file: Path) -> tuple[str, ...]:
    """Put in place what a run that was killed left half written; the names of the files that changed."""
    return files.finish(clients_file, _details_file(clients_file))


def would_change(edit: Edit, estate_file: Path, clients_file: Path) -> tuple[str, ...]:
    """The names of the files that an edit would change."""
    if isinstance(edit, Dialplans):
        said = dialplans_in(estate_file, edit.environment)
        return (estate_file.name,) if said.rstrip("/") != edit.after.rstrip("/") else ()
    texts = _texts_of_phone(edit, clients_file)
    return tuple(path.name for path, text in texts.items() if text != files.text_of(path))


def _texts_of_phone(edit: Phone, clients_file: Path) -> dict[Path, str]:
    """Both files, since neither may be without the other for a moment: a phone with 911 needs its address."""
    if edit.before == edit.after:
        return {}
    details = _details_file(clients_file)
    if edit.after:
        return {
            clients_file: _with_entry(clients_file, edit.after),
            details: _with_details(details, edit.after),
        }
    name = edit.before.extension if edit.before else ""
    return {clients_file: _without_entry(clients_file, name), details: _without_details(details, name)}


def inverse(edit: Edit) -> Edit:
    """The edit that takes another one back."""
    return type(edit)(**{**_fields(edit), "before": edit.after, "after": edit.before})


def _fields(edit: Edit) -> dict[str, Any]:
    return {field.name: getattr(edit, field.name) for field in fields(edit)}


def dialplans_in(path: Path, environment: str) -> str:
    """The base URL of an environment, as the estate file says it."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    return str(document["environment"][environment]["dialplans"])


def rewrite_dialplans(path: Path, environment: str, url: str) -> bool:
    """Write an environment's new base URL into the estate file, comments kept; whether it changed."""
    import tomlkit

    document = tomlkit.parse(path.read_text(encoding="utf-8"))
    table: Any = document["environment"]
    if table[environment]["dialplans"].rstrip("/") == url.rstrip("/"):
        return False
    table[environment]["dialplans"] = url
    return bool(files.write({path: tomlkit.dumps(document)}))


def _with_entry(path: Path, client: Client) -> str:
    """The inventory with a client's entry, its order and all other keys kept."""
    entries, _faults = inventory.entries_of(path)
    entry = {
        "outgoing": client.outgoing,
        "caller_id": client.caller_id,
        "enable_emergency": client.enable_emergency,
        **({"dialtone_ivr": client.dialtone_ivr} if client.dialtone_ivr else {}),
    }
    wanted = {**entries.get(client.extension, {}), **entry}
    if entries.get(client.extension) == wanted:
        return files.text_of(path)
    entries[client.extension] = wanted
    return _dumped(entries)


def write_details(path: Path, client: Client) -> bool:
    """Write a client's address, environment and device into clients.toml, comments kept; whether it changed."""
    file = _details_file(path)
    finish(path)
    return bool(files.write({file: _with_details(file, client)}))


def _details_file(path: Path) -> Path:
    return path.with_name(inventory.DETAILS)


def _with_details(file: Path, client: Client) -> str:
    import tomlkit

    text = files.text_of(file)
    document: Any = tomlkit.parse(text)
    tables = document.setdefault("client", tomlkit.table(is_super_table=True))
    is_new = client.extension not in tables
    table = tables.setdefault(client.extension, tomlkit.table())
    if client.environment != table.get("environment", document.get("environment", "")):
        table["environment"] = client.environment
    if not client.device:
        table.pop("device", None)
    elif client.device != table.get("device"):
        table["device"] = client.device
    _write_address(table, client.address)
    if is_new and not table:
        return text  # the files' defaults say all there is to say
    return tomlkit.dumps(document)


def _write_address(table: Any, address: Address | None) -> None:
    import tomlkit

    if address is None:
        table.pop("address", None)
        return
    values = {
        "street": address.street,
        "street_secondary": address.street_secondary,
        "city": address.city,
        "region": address.region,
        "postal_code": address.postal_code,
        "country": "" if address.iso_country == "US" else address.iso_country,
    }
    wanted = {key: value for key, value in values.items() if value}
    if table.get("address") != wanted:
        inline = tomlkit.inline_table()
        inline.update(wanted)
        table["address"] = inline


def _without_entry(path: Path, name: str) -> str:
    entries, _faults = inventory.entries_of(path)
    if name not in entries:
        return files.text_of(path)
    del entries[name]
    return _dumped(entries)


def _without_details(file: Path, name: str) -> str:
    import tomlkit

    text = files.text_of(file)
    document: Any = tomlkit.parse(text)
    if name not in document.get("client", {}):
        return text
    del document["client"][name]
    return tomlkit.dumps(document)


def _dumped(entries: dict[str, Any]) -> str:
    return json.dumps(entries, indent=4, ensure_ascii=False) + "\n"

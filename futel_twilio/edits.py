"""What commands write into the files of the wish: estate.toml, the client inventory and clients.toml."""

from __future__ import annotations

import json
import os
import shutil
import tomllib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeAlias

from futel_twilio import inventory

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.model import Address, Client


@dataclass(frozen=True, slots=True)
class Dialplans:
    """The base URL of an environment, in estate.toml: as it was and as it is to be."""

    environment: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
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
    return _perform_phone(edit, clients_file)


def _perform_phone(edit: Phone, clients_file: Path) -> tuple[str, ...]:
    if edit.before == edit.after:
        return ()
    if edit.after is None:
        return forget(clients_file, edit.before.extension) if edit.before else ()
    first = write_entry(clients_file, edit.after)
    second = write_details(clients_file, edit.after)
    return ((clients_file.name,) if first else ()) + ((inventory.DETAILS,) if second else ())


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
    return _write(path, tomlkit.dumps(document))


def write_entry(path: Path, client: Client) -> bool:
    """Write a client's entry into the inventory, its order and all other keys kept; whether the file changed."""
    entries, _faults = inventory.entries_of(path)
    entry = {
        "outgoing": client.outgoing,
        "caller_id": client.caller_id,
        "enable_emergency": client.enable_emergency,
        **({"dialtone_ivr": client.dialtone_ivr} if client.dialtone_ivr else {}),
    }
    wanted = {**entries.get(client.extension, {}), **entry}
    if entries.get(client.extension) == wanted:
        return False
    entries[client.extension] = wanted
    return _write_entries(path, entries)


def write_details(path: Path, client: Client) -> bool:
    """Write a client's address, environment and device into clients.toml, comments kept; whether it changed."""
    import tomlkit

    file = path.with_name(inventory.DETAILS)
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    document: Any = tomlkit.parse(text)
    tables = document.setdefault("client", tomlkit.table(is_super_table=True))
    is_new = client.extension not in tables
    table = tables.setdefault(client.extension, tomlkit.table())
    if client.environment != table.get("environment", document.get("environment", "")):
        table["environment"] = client.environment
    if client.device and client.device != table.get("device"):
        table["device"] = client.device
    _write_address(table, client.address)
    if is_new and not table:
        return False  # the files' defaults say all there is to say
    return _write(file, tomlkit.dumps(document), unless=text)


def _write_address(table: Any, address: Address | None) -> None:
    import tomlkit

    if address is None:
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


def forget(path: Path, name: str) -> tuple[str, ...]:
    """Take a client out of both files; the names of those that changed."""
    details = path.with_name(inventory.DETAILS)
    changed = {path.name: _forget_entry(path, name), details.name: _forget_details(details, name)}
    return tuple(file for file, has_changed in changed.items() if has_changed)


def _forget_entry(path: Path, name: str) -> bool:
    entries, _faults = inventory.entries_of(path)
    if name not in entries:
        return False
    del entries[name]
    return _write_entries(path, entries)


def _forget_details(file: Path, name: str) -> bool:
    import tomlkit

    text = file.read_text(encoding="utf-8") if file.exists() else ""
    document: Any = tomlkit.parse(text)
    if name not in document.get("client", {}):
        return False
    del document["client"][name]
    return _write(file, tomlkit.dumps(document), unless=text)


def _write_entries(path: Path, entries: dict[str, Any]) -> bool:
    return _write(path, json.dumps(entries, indent=4, ensure_ascii=False) + "\n")


def _write(path: Path, text: str, *, unless: str = "") -> bool:
    """In one step, so that a kill leaves the old file or the new one; a link stays a link, a mode its mode."""
    if text == unless:
        return False
    there = path.resolve()
    new = there.with_name(f".{there.name}.new")
    new.write_text(text, encoding="utf-8")
    if there.exists():
        shutil.copymode(there, new)
    os.replace(new, there)  # noqa: PTH105  # see above
    return True

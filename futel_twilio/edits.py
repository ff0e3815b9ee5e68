"""What commands write into the files of the wish: estate.toml, the client inventory and clients.toml."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from futel_twilio import inventory

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.model import Address, Client


def rewrite_dialplans(path: Path, environment: str, url: str) -> bool:
    """Write an environment's new base URL into the estate file, comments kept; whether it changed."""
    import tomlkit

    document = tomlkit.parse(path.read_text(encoding="utf-8"))
    table: Any = document["environment"]
    if table[environment]["dialplans"].rstrip("/") == url.rstrip("/"):
        return False
    table[environment]["dialplans"] = url
    return _write(path, tomlkit.dumps(document))


def write_caller_id(path: Path, name: str, number: str) -> bool:
    """Write a client's number into the inventory, its order kept; whether the file changed."""
    entries, _faults = inventory.entries_of(path)
    if name not in entries or entries[name]["caller_id"] == number:
        return False
    entries[name]["caller_id"] = number
    _write(path, json.dumps(entries, indent=4, ensure_ascii=False) + "\n")
    return True


def write_details(path: Path, client: Client) -> bool:
    """Write a client's address, environment and device into clients.toml, comments kept; whether it changed."""
    import tomlkit

    file = path.with_name(inventory.DETAILS)
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    document: Any = tomlkit.parse(text)
    tables = document.setdefault("client", tomlkit.table(is_super_table=True))
    table = tables.setdefault(client.extension, tomlkit.table())
    if client.environment != table.get("environment", document.get("environment", "")):
        table["environment"] = client.environment
    if client.device and client.device != table.get("device"):
        table["device"] = client.device
    _write_address(table, client.address)
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


def forget(path: Path, name: str) -> bool:
    """Take a client out of both files; whether either changed."""
    import tomlkit

    entries, _faults = inventory.entries_of(path)
    file = path.with_name(inventory.DETAILS)
    changed = name in entries
    if changed:
        del entries[name]
        _write(path, json.dumps(entries, indent=4, ensure_ascii=False) + "\n")
    if file.exists():
        text = file.read_text(encoding="utf-8")
        document: Any = tomlkit.parse(text)
        if name in document.get("client", {}):
            del document["client"][name]
            changed |= _write(file, tomlkit.dumps(document), unless=text)
    return changed


def _write(path: Path, text: str, *, unless: str = "") -> bool:
    """In one step, so that a kill leaves the old file or the new one."""
    if text == unless:
        return False
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, encoding="utf-8")
    os.replace(new, path)  # noqa: PTH105  # see above
    return True

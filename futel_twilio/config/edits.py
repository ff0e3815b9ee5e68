"""Edit estate.toml, clients.toml and the inventory, and compute the inverse of an edit."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeAlias

from futel_twilio.config import inventory
from futel_twilio.files import atomic, json_text, pending, readback, reading, toml_text
from futel_twilio.resources.voice import PROD

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from futel_twilio.resources.phones import Address, PhoneClient


@dataclass(frozen=True)
class DialplanEdit:
    """The base URL of an environment in estate.toml: before and after."""

    environment: str
    before: str
    after: str


@dataclass(frozen=True)
class PhoneEdit:
    """A phone in the inventory and clients.toml: before and after; None if absent."""

    before: PhoneClient | None
    after: PhoneClient | None


Edit: TypeAlias = DialplanEdit | PhoneEdit


def apply_edit(
    edit: Edit, estate_file: Path, clients_file: Path, announce: Callable[[str], None] | None = None
) -> tuple[str, ...]:
    """Write an edit into its files, and give the names of those that changed.

    Args:
        edit: what to write.
        estate_file: the estate file; the journal lies beside it.
        clients_file: the client inventory; clients.toml lies beside it.
        announce: called with the digest of the recovery file before it is written, so that the journal knows it.
    """
    if isinstance(edit, DialplanEdit):
        changed = rewrite_dialplans(estate_file, edit.environment, edit.after)
        return (estate_file.name,) if changed else ()
    finished = finish(clients_file, estate_file)
    written = atomic.replace_together(_texts_of_phone(edit, clients_file), announce)
    return tuple(dict.fromkeys((*finished, *written)))


def finish(clients_file: Path, estate_file: Path) -> tuple[str, ...]:
    """Write what a run that was killed left half written; the names of the files that changed."""
    return atomic.finish(clients_file, _details_file(clients_file), journal=journal_of(estate_file))


def journal_of(estate_file: Path) -> Path:
    """The history of what was changed, which lies beside the estate file."""
    return estate_file.with_name(pending.JOURNAL_FILE)


def would_change(edit: Edit, estate_file: Path, clients_file: Path) -> tuple[str, ...]:
    """The names of the files that an edit would change.

    Raises:
        BadInput: one of them cannot be changed without touching the rest of it.
    """
    if isinstance(edit, DialplanEdit):
        texts = {estate_file: _with_dialplans(estate_file, edit.environment, edit.after)}
    else:
        texts = _texts_of_phone(edit, clients_file)
    return tuple(path.name for path, text in texts.items() if text != atomic.read_text(path))


def _texts_of_phone(edit: PhoneEdit, clients_file: Path) -> dict[Path, str]:
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
    return {
        clients_file: json_text.with_member(clients_file, atomic.read_text(clients_file), name, None),
        details: toml_text.with_table(details, atomic.read_text(details), "client", name, None),
    }


def taken_away(edit: Edit) -> str:
    """What an edit takes out of the files, in words; empty if it takes nothing."""
    if isinstance(edit, DialplanEdit) or edit.before is None:
        return ""
    if edit.after is None:
        return edit.before.name
    return _fields_in_words(edit, [name for name, _before, after in _changed(edit) if after in ("", None)])


def overwritten(edit: Edit) -> str:
    """The details of a phone that an edit replaces with others, in words; empty if it replaces none."""
    if isinstance(edit, DialplanEdit):
        return ""
    return _fields_in_words(
        edit, [name for name, _before, after in _changed(edit) if after not in ("", None)]
    )


def moves_prod_phone(edit: Edit) -> bool:
    """Whether an edit takes a phone out of prod, or puts one there that stood in another environment."""
    if isinstance(edit, DialplanEdit) or edit.before is None or edit.after is None:
        return False
    environments = {edit.before.environment, edit.after.environment}
    return len(environments) > 1 and PROD in environments


def _changed(edit: PhoneEdit) -> list[tuple[str, Any, Any]]:
    """The fields of a phone that held a value and hold another now: name, value before, value after."""
    if edit.before is None or edit.after is None:
        return []
    values = (
        (field.name, getattr(edit.before, field.name), getattr(edit.after, field.name))
        for field in fields(edit.before)
    )
    return [(name, before, after) for name, before, after in values if before and before != after]


def _fields_in_words(edit: PhoneEdit, names: list[str]) -> str:
    return f"the {' and '.join(names)} of {edit.before.name}" if edit.before and names else ""


def inverse(edit: Edit) -> Edit:
    """The edit that takes another one back."""
    return type(edit)(**{**_fields(edit), "before": edit.after, "after": edit.before})


def _fields(edit: Edit) -> dict[str, Any]:
    return {field.name: getattr(edit, field.name) for field in fields(edit)}


def dialplans_in(path: Path, environment: str) -> str:
    """The base URL of an environment, as the estate file says it."""
    return str(reading.read_toml(path)["environment"][environment]["dialplans"])


def rewrite_dialplans(path: Path, environment: str, url: str) -> bool:
    """Write an environment's new base URL into the estate file, comments kept; whether it changed.

    Raises:
        BadInput: it cannot be written, or not without touching the rest.
    """
    return bool(atomic.replace_together({path: _with_dialplans(path, environment, url)}))


def _with_dialplans(path: Path, environment: str, url: str) -> str:
    text = atomic.read_text(path)
    table = reading.read_toml(path)["environment"][environment]
    if table["dialplans"].rstrip("/") == url.rstrip("/"):
        return text
    return toml_text.with_table(path, text, "environment", environment, {**table, "dialplans": url})


def _with_entry(path: Path, client: PhoneClient) -> str:
    """The inventory with a client's entry, its order and all other keys kept."""
    there = inventory.entries_of(path)[0].get(client.extension, {})
    entry = {
        **there,
        "outgoing": client.outgoing,
        "caller_id": client.caller_id,
        "enable_emergency": client.enable_emergency,
        "dialtone_ivr": client.dialtone_ivr,
    }
    if not client.dialtone_ivr:
        del entry["dialtone_ivr"]
    return json_text.with_member(path, atomic.read_text(path), client.extension, entry)


def write_details(path: Path, client: PhoneClient, estate_file: Path) -> bool:
    """Write a client's details into clients.toml, comments kept; whether it changed.

    Args:
        path: the client inventory; clients.toml lies beside it.
        client: the phone.
        estate_file: the estate file; the journal lies beside it.
    """
    file = _details_file(path)
    finish(path, estate_file)
    return bool(atomic.replace_together({file: _with_details(file, client)}))


def _details_file(path: Path) -> Path:
    return path.with_name(inventory.CLIENTS_FILE)


def _with_details(file: Path, client: PhoneClient) -> str:
    text = atomic.read_text(file)
    document = reading.parsed_toml(readback.plain(text), file.name)
    tables = document.get("client", {})
    table = dict(tables.get(client.extension, {}))
    if client.environment != table.get("environment", document.get("environment", "")):
        table["environment"] = client.environment
    details = {
        "device": client.device,
        "transport": client.transport,
        "address": _address_table(client.address),
    }
    for key, value in details.items():
        if value:
            table[key] = value
        else:
            table.pop(key, None)
    if client.extension not in tables and not table:
        return text  # the files' defaults say all there is to say
    return toml_text.with_table(file, text, "client", client.extension, table)


def _address_table(address: Address | None) -> dict[str, str]:
    if address is None:
        return {}
    values = {
        "street": address.street,
        "street_secondary": address.street_secondary,
        "city": address.city,
        "region": address.region,
        "postal_code": address.postal_code,
        "country": "" if address.iso_country == "US" else address.iso_country,
    }
    return {key: value for key, value in values.items() if value}

"""Encode changes for the journal as JSON and decode them again."""

from __future__ import annotations

import getpass
import os
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from futel_twilio.config import edits
from futel_twilio.plan.changes import Change, Create, Delete, Update
from futel_twilio.resources import phones
from futel_twilio.resources.types import STORED_NAMES

if TYPE_CHECKING:
    from futel_twilio.config.edits import Edit

BY_NAME: dict[str, type] = {name: resource_class for resource_class, name in STORED_NAMES.items()}
ACTIONS = {Create: "create", Update: "update", Delete: "delete"}
MOMENTS = frozenset({"date_created", "date_updated"})


def user() -> str:
    """Who runs this; a user of a container may have a number and no name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return f"user {os.getuid()}"


def reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def encode(resource: Any) -> dict[str, Any]:
    """A resource as JSON: its type and all its fields."""
    plain = {one.name: _plain(getattr(resource, one.name)) for one in fields(resource)}
    return {"noun": STORED_NAMES[type(resource)], **plain}


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return encode(value) if isinstance(value, phones.Address) else value


def decode(document: dict[str, Any]) -> Any:
    """The resource that `encoded` wrote.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    resource = BY_NAME[document["noun"]]
    return resource(**{name: _value(name, value) for name, value in document.items() if name != "noun"})


def _value(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return frozenset(value)
    if isinstance(value, dict):
        return decode(value)
    return datetime.fromisoformat(value) if name in MOMENTS and value else value


def change_as_json(change: Change) -> dict[str, Any]:
    document: dict[str, Any] = {"action": ACTIONS[type(change)]}
    for name in ("before", "after"):
        if hasattr(change, name):
            document[name] = encode(getattr(change, name))
    return document | ({"settings": list(change.changed_fields)} if isinstance(change, Update) else {})


def change_of(document: dict[str, Any]) -> Change:
    if document["action"] == "create":
        return Create(decode(document["after"]))
    if document["action"] == "delete":
        return Delete(decode(document["before"]))
    return Update(decode(document["before"]), decode(document["after"]), tuple(document["settings"]))


def edit_as_json(edit: Edit) -> dict[str, Any]:
    if isinstance(edit, edits.DialplanEdit):
        return {"file": "estate", **{one.name: getattr(edit, one.name) for one in fields(edit)}}
    sides = {"before": edit.before, "after": edit.after}
    return {"file": "clients", **{name: encode(side) if side else None for name, side in sides.items()}}


def edit_of(document: dict[str, Any]) -> Edit:
    if document["file"] == "estate":
        return edits.DialplanEdit(document["environment"], document["before"], document["after"])
    return edits.PhoneEdit(
        *(decode(document[side]) if document[side] else None for side in ("before", "after"))
    )

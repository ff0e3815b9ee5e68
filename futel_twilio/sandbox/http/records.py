"""Turn records, as Twilio's API returns them, into a seed: a sandbox that holds what an account holds.

A record is the JSON object that a fetch of the resource returns. What the sandbox keeps and a record does not show
(how an emergency registration moves, for example) is derived here; what is missing gets the default of its table.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.api_v2010.keys import DIGEST, SALT
from futel_twilio.sandbox.api_v2010.phone_numbers import emergency
from futel_twilio.sandbox.engine.handlers import unique_keys
from futel_twilio.sandbox.engine.tables import THROUGH
from futel_twilio.sandbox.events_v1.sinks import IN_USE
from futel_twilio.sandbox.http.dump import FORMAT
from futel_twilio.sandbox.http.seed import counted
from futel_twilio.sandbox.http.shapes import Form, forms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from futel_twilio.sandbox.engine.tables import Field

STATUSES = {
    status: (move, outcome)
    for move, (pending, success, failure) in emergency.MOVES.items()
    for status, outcome in ((pending, "success"), (success, "success"), (failure, "failure"))
}


@dataclass(frozen=True)
class Record:
    """One resource of an account.

    Attributes:
        kind: the sandbox's name of its type, such as `application`, `number` or `calls_credential_list_mapping`.
        fields: what Twilio's API returns for it.
        parent: the SID of the SIP domain, list or subscription that it belongs to; empty if it belongs to none.
    """

    kind: str
    fields: Mapping[str, Any]
    parent: str = ""


def seed_of(account: str, records: Iterable[Record], now: float) -> dict[str, Any]:
    """The seed of a sandbox that holds these records.

    Args:
        account: the SID of the account that holds them.
        records: each after what it belongs to or names.
        now: the time, in seconds since 1970: for what has no date, and for registrations that are still pending.

    Raises:
        ValueError: the sandbox has no such kind.
    """
    objects = [_object(account, record, now) for record in records]
    counters: dict[str, int] = {}
    for item in objects:
        (_, prefix), n = counted(account, item["sid"])
        counters[prefix] = max(counters.get(prefix, 0), n)
    return {
        "format": FORMAT,
        "objects": objects,
        "counters": [[account, prefix, n] for prefix, n in sorted(counters.items()) if n],
        "settings": [],
    }


def _object(account: str, record: Record, now: float) -> dict[str, Any]:
    form = forms().get(record.kind)
    if form is None:
        raise ValueError(f"the sandbox has no resources of the kind {record.kind}")
    body = {name: _value(form, name, record.fields) for name, _ in form.shown}
    body |= HIDDEN.get(record.kind, _nothing)(record.fields, now)
    if form.table.maps is not None:
        body[THROUGH] = form.table.path
    created = _moment(record.fields.get("date_created"), now)
    keys = unique_keys(form.table, account, record.parent, body)
    return {
        "kind": record.kind,
        "account": account,
        "parent": record.parent,
        "sid": str(record.fields.get("sid") or "") or _made_sid(form, account, body),
        "created": created,
        "updated": max(created, _moment(record.fields.get("date_updated"), created)),
        "body": body,
        "unique": [[key.field, key.scope, key.value] for key in keys],
    }


def _value(form: Form, name: str, fields: Mapping[str, Any]) -> Any:
    """What a record says, if the sandbox can keep that; else the default."""
    field = _field(form, name)
    value = fields.get(name, field.default)
    if value in ("", None) and field.default in ("", None):
        return (
            field.default
        )  # the SDK and the API differ in how they say nothing; the table says it as the API does
    fits = all(fits(value) for shown, fits in form.shown if shown == name)
    return value if fits else field.default


def _field(form: Form, name: str) -> Field:
    return next(field for field in form.table.fields if field.name == name)


def _made_sid(form: Form, account: str, body: Mapping[str, Any]) -> str:
    """A SID for a record whose own is kept back, such as that of an API key: the same for the same record."""
    if form.table.named:
        return str(body[form.table.named])
    text = f"{account} {sorted(body.items())!r}"
    return form.table.prefix + hashlib.sha256(text.encode()).hexdigest()[:32]


def _moment(date: Any, otherwise: float) -> float:
    """A date of the API (RFC 2822 or ISO 8601) in seconds since 1970."""
    if isinstance(date, datetime):
        return date.timestamp()
    if not isinstance(date, str) or not date:
        return otherwise
    try:
        found = datetime.fromisoformat(date) if re.match(r"\d{4}-", date) else parsedate_to_datetime(date)
    except ValueError:
        return otherwise
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _nothing(_fields: Mapping[str, Any], _now: float) -> dict[str, Any]:
    return {}


def _of_number(fields: Mapping[str, Any], now: float) -> dict[str, Any]:
    held, at_home = fields.get("emergency_address_sid") or None, fields.get("address_sid") or None
    found = STATUSES.get(str(fields.get("emergency_address_status") or ""))
    known = found is not None and (found[0] == "unregistration" or bool(held))
    if found is None or not known or fields.get("emergency_address_status") == "unregistered":
        return {emergency.STATE: None, "_addresses": f"{at_home} {held}"}
    is_pending = str(fields["emergency_address_status"]).startswith("pending")
    state = {
        "move": found[0],
        "address": held or "",
        "ready": now + emergency.DEFAULT_DELAY if is_pending else 0,
        "outcome": found[1],
    }
    return {emergency.STATE: state, "_addresses": f"{at_home} {held}"}


def _of_key(_fields: Mapping[str, Any], _now: float) -> dict[str, Any]:
    """No secret fits: a digest of nothing that anybody has."""
    return {DIGEST: secrets.token_hex(32), SALT: secrets.token_hex(16)}


def _of_sink(fields: Mapping[str, Any], _now: float) -> dict[str, Any]:
    return {IN_USE: bool(fields.get(IN_USE))}


HIDDEN: dict[str, Callable[[Mapping[str, Any], float], dict[str, Any]]] = {
    "number": _of_number,
    "key": _of_key,
    "sink": _of_sink,
}

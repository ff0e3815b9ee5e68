"""Read the whole account and write it to a snapshot file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from futel_twilio.errors import BadInput
from futel_twilio.files import atomic, gitignore
from futel_twilio.resources.phones import PhoneNumber
from futel_twilio.resources.types import CREDENTIAL, IP_ADDRESS, SECTIONS, type_of
from futel_twilio.resources.voice import SipDomain
from futel_twilio.snapshots import unmanaged
from futel_twilio.snapshots.document import FORMAT, MAPPED, VERSION, writable_fields
from futel_twilio.twilio_api import emergency, reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from futel_twilio.resources.state import AccountState, Resource
    from futel_twilio.twilio_api.client import Api

UNREPORTED_FIELDS = frozenset({"account_sid", "url", "links", "uri", "subresource_uris", "usage_record_uri"})
SECRET = ("secret", "token", "password")


@dataclass(frozen=True)
class SnapshotFile:
    """A snapshot that was written: where, of what, and with how many requests."""

    path: Path
    document: Mapping[str, Any]
    requests: int


def save(api: Api, path: Path | None = None) -> SnapshotFile:
    """Take a snapshot and write it into a new file that nobody else can read (mode 0600).

    Args:
        api: the account.
        path: the file; one named after the day and the minute if None.

    Raises:
        BadInput: the file is there already, cannot be written, or could be committed.
        TwilioError: any of it could not be read.
    """
    line = "" if path else "snapshot-*.json"
    path = path or Path(f"snapshot-{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}.json")
    if path.exists() or path.is_symlink():
        raise _there_already(path)
    if not path.parent.is_dir():
        raise _not_writable(path, "there is no such directory")
    gitignore.refuse(path, "street addresses", line)
    document = capture(api)
    _write(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    return SnapshotFile(path, document, api.requests_sent)


def _there_already(path: Path) -> BadInput:
    return BadInput(f"There is a file {path} already.", "Name another with --file; nothing is overwritten.")


def _not_writable(path: Path, why: str | None) -> BadInput:
    return BadInput(f"The file {path} cannot be written: {why}.", "Name another with --file.")


def _write(path: Path, text: str) -> None:
    """Into a new file, or into none."""
    try:
        atomic.write_new(path, text)
    except FileExistsError:
        raise _there_already(path) from None
    except OSError as error:
        raise _not_writable(path, error.strerror) from None


def capture(api: Api) -> dict[str, Any]:
    """The account as JSON, in an order that does not depend on Twilio's: two steps of requests, many at a time.

    Nothing is inferred: each mapping of each SIP domain is asked for.

    Raises:
        TwilioError: any of it could not be read.
    """
    lists = {resource_type: reader.lister(api, resource_type) for resource_type in reader.LISTED}
    others = unmanaged.requests_for(api)
    answers = api.gather_or_raise([*lists.values(), *others.values()])
    found = dict(zip(lists, answers, strict=False))
    estate = reader.read_credentials(found, api.connection.account_sid)
    first = dict(zip(others, answers[len(lists) :], strict=True))
    questions, types = [*_questions(estate)], unmanaged.detail_requests(api, first)
    answers = api.gather_or_raise([*(reader.asking(api, one) for one in questions), *types.values()])
    inside = dict(zip(questions, answers, strict=False))
    records = [record for records in found.values() for record in records]
    records += [
        one
        for (resource_type, _sid), some in inside.items()
        if resource_type in (CREDENTIAL, IP_ADDRESS)
        for one in some
    ]
    return {
        "format": FORMAT,
        "version": VERSION,
        "account_sid": api.connection.account_sid,
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        **_sections(
            reader.joined(estate, inside), {str(record.sid): reported_fields(record) for record in records}
        ),
        "beyond": unmanaged.reported(first, dict(zip(types, answers[len(questions) :], strict=True))),
    }


def _questions(estate: AccountState) -> Iterator[reader.Owned]:
    yield from (
        (resource_type, domain.sid) for domain in estate.domains for resource_type in reader.OF_DOMAINS
    )
    yield from ((CREDENTIAL, one.sid) for one in estate.credential_lists)
    yield from ((IP_ADDRESS, one.sid) for one in estate.ip_lists)


def _sections(
    estate: AccountState, reported: Mapping[str, dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    return {
        section: [
            _entry(resource, reported[resource.sid])
            for resource in sorted(
                getattr(estate, section), key=lambda resource: (resource.name, resource.sid)
            )
        ]
        for section in SECTIONS
    }


def _entry(resource: Resource, reported: dict[str, Any]) -> dict[str, Any]:
    entry = {name: getattr(resource, name) for name in writable_fields(type_of(resource))}
    if isinstance(resource, SipDomain):
        entry |= {name: sorted(getattr(resource, name)) for name in MAPPED}
    if isinstance(resource, PhoneNumber):
        entry["emergency_address"] = held_fields(resource)
    return entry | {"told": {name: value for name, value in reported.items() if name not in entry}}


def held_fields(number: PhoneNumber) -> str:
    """The 911 address of a number, or the one being registered; none if it is being unregistered."""
    status = number.emergency_address_status
    if status == emergency.PENDING_OFF:
        return ""
    return str(number.emergency_address).removesuffix(f" ({status})")


def reported_fields(record: Any) -> dict[str, Any]:
    return {
        name: _plain(value)
        for name, value in sorted(vars(record).items())
        if not name.startswith("_")
        and name not in UNREPORTED_FIELDS
        and not any(word in name for word in SECRET)
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {str(name): _plain(value[name]) for name in sorted(value)}
    return value if isinstance(value, bool | int | float | None) else str(value)

"""Twilio -> a snapshot: the whole account as JSON, as far as the API can tell it, and into a file.

Nothing is inferred, and the account itself is not fetched: that answer holds its auth token.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from futel_twilio import actual, beyond, emergency, files, gitignore
from futel_twilio.errors import BadInput
from futel_twilio.kinds import CREDENTIAL, IP_ADDRESS, SECTIONS, kind_of
from futel_twilio.model import PhoneNumber, SipDomain
from futel_twilio.snapshot import FORMAT, MAPPED, VERSION, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from futel_twilio.client import Api
    from futel_twilio.model import Estate, Noun

UNTOLD = frozenset({"account_sid", "url", "links", "uri", "subresource_uris", "usage_record_uri"})
SECRET = ("secret", "token", "password")


@dataclass(frozen=True)
class Saved:
    """A snapshot that was written: where, of what, and with how many requests."""

    path: Path
    document: Mapping[str, Any]
    requests: int


def save(api: Api, path: Path | None = None) -> Saved:
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
    document = take(api)
    _write(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    return Saved(path, document, api.requests_sent)


def _there_already(path: Path) -> BadInput:
    return BadInput(f"There is a file {path} already.", "Name another with --file; nothing is overwritten.")


def _not_writable(path: Path, why: str | None) -> BadInput:
    return BadInput(f"The file {path} cannot be written: {why}.", "Name another with --file.")


def _write(path: Path, text: str) -> None:
    """Into a new file, or into none."""
    try:
        files.write_new(path, text)
    except FileExistsError:
        raise _there_already(path) from None
    except OSError as error:
        raise _not_writable(path, error.strerror) from None


def take(api: Api) -> dict[str, Any]:
    """The account as JSON, in an order that does not depend on Twilio's: two steps of requests, many at a time.

    Nothing is inferred: each mapping of each SIP domain is asked for.

    Raises:
        TwilioError: any of it could not be read.
    """
    lists = {kind: actual.lister(api, kind) for kind in actual.LISTED}
    others = beyond.asking(api)
    answers = api.all_of([*lists.values(), *others.values()])
    found = dict(zip(lists, answers, strict=False))
    estate = actual.of_lists(found, api.settings.account_sid)
    first = dict(zip(others, answers[len(lists) :], strict=True))
    questions, types = [*_questions(estate)], beyond.asking_more(api, first)
    answers = api.all_of([*(actual.asking(api, one) for one in questions), *types.values()])
    inside = dict(zip(questions, answers, strict=False))
    records = [record for records in found.values() for record in records]
    records += [
        one for (kind, _sid), some in inside.items() if kind in (CREDENTIAL, IP_ADDRESS) for one in some
    ]
    return {
        "format": FORMAT,
        "version": VERSION,
        "account_sid": api.settings.account_sid,
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        **_sections(actual.joined(estate, inside), {str(record.sid): _told(record) for record in records}),
        "beyond": beyond.told(first, dict(zip(types, answers[len(questions) :], strict=True))),
    }


def _questions(estate: Estate) -> Iterator[actual.Owned]:
    yield from ((kind, domain.sid) for domain in estate.domains for kind in actual.OF_DOMAINS)
    yield from ((CREDENTIAL, one.sid) for one in estate.credential_lists)
    yield from ((IP_ADDRESS, one.sid) for one in estate.ip_lists)


def _sections(estate: Estate, told: Mapping[str, dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    return {
        section: [
            _entry(noun, told[noun.sid])
            for noun in sorted(getattr(estate, section), key=lambda noun: (noun.name, noun.sid))
        ]
        for section in SECTIONS
    }


def _entry(noun: Noun, told: dict[str, Any]) -> dict[str, Any]:
    entry = {name: getattr(noun, name) for name in written(kind_of(noun))}
    if isinstance(noun, SipDomain):
        entry |= {name: sorted(getattr(noun, name)) for name in MAPPED}
    if isinstance(noun, PhoneNumber):
        entry["emergency_address"] = _held(noun)
    return entry | {"told": {name: value for name, value in told.items() if name not in entry}}


def _held(number: PhoneNumber) -> str:
    """The address that a number tells 911, or is about to; none where that is being taken off."""
    status = number.emergency_address_status
    if status == emergency.PENDING_OFF:
        return ""
    return str(number.emergency_address).removesuffix(f" ({status})")


def _told(record: Any) -> dict[str, Any]:
    return {
        name: _plain(value)
        for name, value in sorted(vars(record).items())
        if not name.startswith("_") and name not in UNTOLD and not any(word in name for word in SECRET)
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {str(name): _plain(value[name]) for name in sorted(value)}
    return value if isinstance(value, bool | int | float | None) else str(value)

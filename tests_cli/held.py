"""What the sandbox holds where a client looked, asked by plain HTTP; and where a client shows it otherwise."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN
from futel_twilio.sandbox.engine.tables import Endpoint, Resource
from futel_twilio.sandbox.http.registry import ENDPOINTS, RESOURCES

Item = dict[str, Any]
Flags = dict[str, str | bool]

AUTH = (DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN)
DATE = re.compile(r"^date_|_date$|^(start|end)_time$")
ACCOUNT = "/2010-04-01/Accounts/<account>/"
NO_FILTER = {"limit", "page_size", "o", "domain_sid", "credential_list_sid", "country_code"}


def get(url: str, path: str, **query: str) -> requests.Response:
    return requests.get(f"{url}{path}", params=query, auth=AUTH, timeout=60)


@dataclass(frozen=True)
class Place:
    """The collection that a command of the CLI is about."""

    url: str
    path: str
    suffix: str

    def list(self, flags: Flags) -> list[Item]:
        """All in one page, with the filters that the command was given."""
        filters = {name.title().replace("_", ""): str(flags[name]) for name in flags.keys() - NO_FILTER}
        body = get(self.url, self.path + self.suffix, PageSize="1000", **filters).json()
        (found,) = [value for value in body.values() if isinstance(value, list)]
        return found[: int(flags.get("limit", len(found)))]

    def one(self, sid: str) -> Item | None:
        answer = get(self.url, f"{self.path}/{sid}{self.suffix}")
        return dict(answer.json()) if answer.ok else None


def place(url: str, command: str, flags: Flags) -> Place:
    """Where `api:core:sip:domains:list` looks, found among the sandbox's own tables by its words."""
    words = "".join(command.split(":")[2:-1]).replace("-", "")
    rows: tuple[Resource | Endpoint, ...] = (*RESOURCES, *ENDPOINTS)
    (row,) = [row for row in rows if _words(row.path) == words]
    parent = f"{row.parent}_sid" if isinstance(row, Resource) else ""
    blanks = {
        "account": DEFAULT_ACCOUNT_SID,
        "parent": flags.get(parent),
        "country": flags.get("country_code"),
    }
    return Place(url, re.sub(r"<(\w+)>", lambda found: str(blanks[found[1]]), row.path), row.suffix)


def _words(path: str) -> str:
    return re.sub(r"<\w+>|/", "", path.removeprefix(ACCOUNT)).lower()


@dataclass(frozen=True)
class Estate:
    """The runbook's things by their names, and the credential lists that each domain is mapped to."""

    applications: list[Item]
    domains: dict[str, Item]
    registrations: dict[str, list[str]]
    calls: dict[str, list[str]]
    credentials: dict[str, list[str]]
    numbers: dict[str, Item]
    addresses: list[Item]


def estate(url: str) -> Estate:
    """Everything of the runbook that the sandbox holds now."""

    def all_of(path: str) -> list[Item]:
        return Place(url, (ACCOUNT + path).replace("<account>", DEFAULT_ACCOUNT_SID), ".json").list({})

    def mapped(kind: str) -> dict[str, list[str]]:
        path = f"Auth/{kind}/CredentialListMappings"
        return {
            name: [row["friendly_name"] for row in all_of(f"SIP/Domains/{domain['sid']}/{path}")]
            for name, domain in domains.items()
        }

    domains = {domain["friendly_name"]: domain for domain in all_of("SIP/Domains")}
    lists = all_of("SIP/CredentialLists")
    return Estate(
        applications=all_of("Applications"),
        domains=domains,
        registrations=mapped("Registrations"),
        calls=mapped("Calls"),
        credentials={
            found["friendly_name"]: [
                row["username"] for row in all_of(f"SIP/CredentialLists/{found['sid']}/Credentials")
            ]
            for found in lists
        },
        numbers={number["friendly_name"]: number for number in all_of("IncomingPhoneNumbers")},
        addresses=all_of("Addresses"),
    )


def differences(printed: Item, held: Item) -> list[str]:
    """The names whose value a client shows otherwise than the sandbox does. Text stands for what JSON has."""
    return [name for name in printed if name not in held or not _agree(name, printed[name], held[name])]


def _agree(name: str, printed: Any, held: Any) -> bool:
    if DATE.search(name) and printed and held:
        return _moment(printed) == _moment(held)
    if isinstance(printed, dict):
        return not differences(printed, held)
    return bool(printed == held)


def _moment(value: str) -> datetime:
    """A date as v2010, the product APIs, the CLI's JSON or its table writes it."""
    if value[0].isdigit():
        return datetime.fromisoformat(value)
    if "," in value:
        return parsedate_to_datetime(value)
    return datetime.strptime(value, "%b %d %Y %H:%M:%S GMT%z").astimezone(UTC)


def as_text(item: Item) -> Item:
    """An item as the CLI's table shows it."""
    return {name: _text(value) for name, value in item.items()}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str("" if value is None else value)

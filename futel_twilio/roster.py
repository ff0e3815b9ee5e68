"""The phones and what they have, beside the wish: rows for a table or for a machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio import belongings, ledger
from futel_twilio.kinds import ADDRESS, CLIENT_KINDS, CREDENTIAL, PHONE_NUMBER
from futel_twilio.model import address_held
from futel_twilio.report import as_wished
from futel_twilio.tables import Roster

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from futel_twilio.account import Site
    from futel_twilio.model import Client, Credential, Estate, PhoneNumber
    from futel_twilio.tables import Row

FOLDS = frozenset({"address", "device", "name", "phones", "numbers"})


def clients(site: Site, env: str | None = None) -> Roster:
    """One row for each phone of the inventory.

    Raises:
        TwilioError: the account could not be read.
    """
    environments = site.environments(env)
    phones = [
        c for c in belongings.clients_of(site.wish) if environments is None or c.environment in environments
    ]
    found = belongings.look(site, site.wish, CLIENT_KINDS)
    return Roster(tuple(_client(client, site.wish, found) for client in phones))


def _client(client: Client, wish: Estate, found: Estate) -> Row:
    number = next((n for n in found.numbers if n.phone_number == client.caller_id), None)
    credential = next((c for c in found.credentials if c.name == f"{wish.clients_list}/{client.name}"), None)
    return {
        "phone": client.name,
        "environment": client.environment,
        "credential": "yes" if credential else "MISSING",
        "number": client.caller_id,
        "application": _application(client, wish, number),
        "911": _emergency(client, number),
        "address": number.emergency_address or None if number and client.enable_emergency else None,
        "device": client.device or None,
        "changed": _day(credential.date_updated if credential else None),
    }


def _application(client: Client, wish: Estate, number: PhoneNumber | None) -> str:
    if client.caller_id in wish.external_numbers:
        return "another carrier"
    return "NOT IN ACCOUNT" if number is None else number.voice_application or "none"


def _emergency(client: Client, number: PhoneNumber | None) -> str:
    if not client.enable_emergency:
        return "off"
    return (number.emergency_address_status if number else "") or "MISSING"


def credentials(site: Site) -> Roster:
    """One row for each credential of the clients' list: its age, and what the ledger knows of it."""
    found = belongings.look(site, site.wish, (CREDENTIAL,))
    last = ledger.of(site).last()
    return Roster(
        tuple(
            {
                "credential": one.username,
                "list": one.credential_list,
                "as_wished": _is_wanted(one, site.wish),
                "made": _day(one.date_created),
                "changed": _day(one.date_updated),
                "ledger": ledger.state_of(one, last.get(one.name)),
                "SID": one.sid,
            }
            for one in sorted(found.credentials, key=lambda c: c.username)
        )
    )


def _is_wanted(credential: Credential, wish: Estate) -> str:
    return "yes" if any(c.name == credential.name for c in wish.credentials) else "not in the inventory"


def numbers(site: Site) -> Roster:
    """One row for each incoming number of the account."""
    found = belongings.look(site, site.wish, (PHONE_NUMBER,))
    return Roster(
        tuple(
            {
                "number": one.phone_number,
                "name": one.friendly_name,
                "phones": _names(c for c in site.wish.clients if c.caller_id == one.phone_number),
                "application": one.voice_application or None,
                "911": one.emergency_address_status or "unregistered",
                "address": one.emergency_address or None,
                "as_wished": as_wished(one, site.wish),
                "SID": one.sid,
            }
            for one in sorted(found.numbers, key=lambda n: n.phone_number)
        )
    )


def addresses(site: Site) -> Roster:
    """One row for each address of the account, and which numbers tell it to 911."""
    found = belongings.look(site, site.wish, (ADDRESS, PHONE_NUMBER))
    return Roster(
        tuple(
            {
                "address": one.name,
                "name": one.friendly_name or None,
                "validated": one.validated,
                "numbers": ", ".join(
                    n.name for n in found.numbers if address_held(n.emergency_address) == one.name
                )
                or None,
                "as_wished": "yes"
                if any(a.name == one.name for a in site.wish.addresses)
                else "not in clients.toml",
                "SID": one.sid,
            }
            for one in sorted(found.addresses, key=lambda a: a.name)
        )
    )


def available(site: Site, area_code: str | None, contains: str | None) -> Roster:
    """One row for each number that can be bought now."""
    return Roster(
        tuple(
            {"number": one.phone_number, "locality": one.locality or None, "region": one.region or None}
            for one in belongings.offers(site, area_code, contains)
        )
    )


def _names(phones: Iterable[Client]) -> str | None:
    return ", ".join(client.name for client in phones) or None


def _day(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%d}" if moment else None

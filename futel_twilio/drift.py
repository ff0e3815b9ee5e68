"""Where the files still say otherwise than the account once a recovery has ended, and what settles it; pure.

A command that finds its files as it wants them has nothing to write there, so nothing to take back: somebody edited
them before it ran. What they say now is what the next `apply` or `sync-clients` would do again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio import edits, phones, plan, report
from futel_twilio.change import Create, Update
from futel_twilio.kinds import CLIENT_KINDS, kind_of
from futel_twilio.letters import first_word, option
from futel_twilio.model import Address, Application, SipDomain, address_held

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from futel_twilio.change import Change, Plan
    from futel_twilio.model import Estate, Noun

BASE_URL = "voice_url"


def differences(files: Estate, account: Estate, about: Collection[tuple[type, str]]) -> tuple[str, ...]:
    """What the files say of some resources otherwise than the account, one line each, and what settles that.

    Args:
        files: what the files say now.
        account: what the account holds now.
        about: the resources, each by its type and its name.
    """
    changes = plan.differences(files, account, about)
    unnamed = tuple(
        noun
        for noun in account.nouns()
        if (type(noun), noun.name) in about
        and not any(type(one) is type(noun) and one.name == noun.name for one in files.nouns())
    )
    if not changes:
        return report.of_extras(unnamed)
    ways = dict.fromkeys(way for change in changes for way in _ways_to_keep(change, files, account))
    return (
        "Your files still differ from Twilio, and would bring this about again:",
        *(f"  {report.of_change(change)}" for change in changes),
        *(f"To keep what Twilio holds: {way}." for way in ways),
        *(
            f"To follow your files: `invoke {command}`."
            for command in dict.fromkeys(_commands(changes, files))
        ),
        *report.of_extras(unnamed),
    )


def about_edits(planned: Sequence[edits.Edit], files: Estate, account: Estate) -> set[tuple[type, str]]:
    """The resources that edits of the files say something of, each by its type and its name."""
    environments = {edit.environment for edit in planned if isinstance(edit, edits.Dialplans)}
    of_phones = [edit for edit in planned if isinstance(edit, edits.Phone)]
    sides = [side for edit in of_phones for side in (edit.before, edit.after) if side]
    names = {name for one in sides for name in (one.name, one.caller_id, one.address and one.address.name)}
    found: set[tuple[type, str]] = set()
    for noun in (*files.nouns(), *account.nouns()):
        is_pointed = isinstance(noun, Application | SipDomain) and noun.environment in environments
        is_of_phone = kind_of(noun) in CLIENT_KINDS and getattr(noun, "username", noun.name) in names
        if is_pointed or is_of_phone:
            found.add((type(noun), noun.name))
    return found


def _ways_to_keep(change: Change, files: Estate, account: Estate) -> Iterator[str]:
    """The commands and edits that make the files say what the account holds."""
    noun = change.noun
    if kind_of(noun) not in CLIENT_KINDS:
        yield from _edits_of_estate(change, files)
        return
    yield from _edits_of_address(noun, files, account)
    is_address = isinstance(noun, Address)
    if not is_address and getattr(change, "settings", ()) != ("emergency_address",):
        inventory = files.clients_file.rpartition("/")[2]
        for client in phones.clients_of(noun, files):
            yield f"take {client.name} out of {inventory} and clients.toml"


def _edits_of_estate(change: Change, files: Estate) -> Iterator[str]:
    if isinstance(change, Create):
        yield f"take {report.of_noun(change.noun)} out of estate.toml"
        return
    if not isinstance(change, Update):
        return
    before = _base_url_before(change, files)
    others = [name for name in change.settings if name != BASE_URL or not before]
    if before:
        env = change.after.environment
        command = f"invoke promote {option('--env', env)} {option('--dialplans', before)}"
        yield f"`{command}` writes that URL into estate.toml"
    for name in others:
        value = report.of_value(getattr(change.before, name))
        yield f"in estate.toml, set {name} of {report.of_noun(change.noun)} to {value}"


def _base_url_before(change: Update, files: Estate) -> str:
    """The base URL that the account holds in place of an environment's; empty where no such URL would do."""
    base = next((one.dialplans for one in files.environments if one.name == change.after.environment), "")
    held, said = (str(getattr(side, BASE_URL, "") or "") for side in (change.before, change.after))
    path = said.removeprefix(base.rstrip("/"))
    if BASE_URL not in change.settings or not base or path in {"", said} or not held.endswith(path):
        return ""
    return held.removesuffix(path)


def _edits_of_address(noun: Noun, files: Estate, account: Estate) -> Iterator[str]:
    """What makes clients.toml name the address that the number of a phone tells 911."""
    addresses = {one.name: one for one in account.addresses}
    for client in phones.clients_of(noun, files):
        number = next((one for one in account.numbers if one.phone_number == client.caller_id), None)
        held = addresses.get(address_held(number.emergency_address)) if number else None
        if client.address and held and held.name != client.address.name:
            flag = option("--address", _in_one_line(held))
            yield f"`invoke change-address {first_word(client.name)} {flag}` writes that address into clients.toml"


def _in_one_line(address: Address) -> str:
    parts = (address.street, address.street_secondary, address.city)
    return ", ".join([*filter(None, parts), f"{address.region} {address.postal_code}"])


def _commands(changes: Plan, files: Estate) -> Iterator[str]:
    """The commands that would bring the account to the files again."""
    if any(kind_of(change.noun) not in CLIENT_KINDS for change in changes):
        yield "apply"
    of_phones = [change.noun for change in changes if kind_of(change.noun) in CLIENT_KINDS]
    environments = {client.environment for noun in of_phones for client in phones.clients_of(noun, files)}
    yield from (f"sync-clients {option('--env', env)}" for env in sorted(environments))

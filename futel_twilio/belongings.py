"""The commands about what phones have: credentials, numbers and addresses, one at a time."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from futel_twilio import apply, ledger, typed
from futel_twilio.change import Delete, Scope
from futel_twilio.errors import BadInput
from futel_twilio.kinds import ADDRESS, CREDENTIAL, CREDENTIAL_LIST, PHONE_NUMBER
from futel_twilio.letters import first_word, option
from futel_twilio.model import Credential, PhoneNumber, address_held
from futel_twilio.runbook import Errand, Outcome, converge, journal_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from futel_twilio.account import Site
    from futel_twilio.edits import Edit
    from futel_twilio.kinds import Kind
    from futel_twilio.model import Address, Client, Estate

COUNTRY = "US"


@dataclass(frozen=True)
class Offer:
    """A number that can be bought."""

    phone_number: str
    locality: str
    region: str


def create_credential(site: Site, name: str, errand: Errand | None = None) -> Outcome:
    """Make the credential of a phone of the inventory; one that is there is left as it is.

    Raises:
        BadInput, Refused, Stopped: as `runbook.converge`.
    """
    required(site.wish, name)
    outcome = run(site, Scope((CREDENTIAL,)), errand, part_of(site.wish, (name,)))
    note_unchanged(site, name, outcome, errand)
    return outcome


def note_unchanged(site: Site, name: str, outcome: Outcome, errand: Errand | None) -> None:
    """Say of a credential that was there already that it keeps a password that whoever asked may not know."""
    made = {change.noun.name for change in outcome.proposal.plan}
    (credential,) = (one for one in site.wish.credentials if one.username == name)
    if (
        errand is None
        or not outcome.applied
        or credential.name in made
        or name in errand.manner.passwords.untold
    ):
        return
    last, passwords = ledger.of(site).last().get(credential.name), errand.manner.passwords
    given = passwords.given.get(name)
    is_known = last is not None and bool(last.digest)
    if not is_known or (given and last and not last.is_password(given)):
        passwords.unchanged.append(name)


def rotate_credential(site: Site, name: str, errand: Errand | None = None) -> Outcome:
    """Give the credential of a phone a new password, and change nothing else of it.

    Raises:
        BadInput: the inventory does not know the phone.
        Refused: it has no credential yet.
    """
    required(site.wish, name)
    wish = part_of(site.wish, (name,))
    scope = Scope((CREDENTIAL,), creates=False, rotate=tuple(one.name for one in wish.credentials))
    return run(site, scope, errand, wish)


def delete_credential(
    site: Site, name: str, errand: Errand | None = None, allow_911_loss: Collection[str] = ()
) -> Outcome:
    """Take away a credential that no phone of the inventory has; one that is gone already is gone.

    Raises:
        BadInput: the inventory still names the phone, or nobody ever knew it.
        Refused: its phone can call 911, as the account tells, and was not named in `allow_911_loss`.
    """
    if site.wish.client(name):
        raise BadInput(
            f"{name} is a phone of the inventory, which would be cut off.",
            f"Use `invoke delete-client {first_word(name)}` to take the phone away, or "
            f"`invoke rotate-credential {first_word(name)}`.",
        )
    before = look_for(
        site, (CREDENTIAL, CREDENTIAL_LIST), lambda found: any(c.username == name for c in found.credentials)
    )
    names = tuple(one.name for one in before.credentials if one.username == name)
    if not names and not was_deleted(site, name):
        raise unknown(
            site.wish, name, "There is no such credential either: `invoke list-credentials` shows them."
        )
    scope = Scope((CREDENTIAL,), remove=names, allow_911_loss=tuple(allow_911_loss))
    return run(site, scope, errand, part_of(site.wish, ()), before)


def create_number(
    site: Site,
    number: str | None = None,
    area_code: str | None = None,
    env: str | None = None,
    errand: Errand | None = None,
    allow_911_loss: Collection[str] = (),
) -> Outcome:
    """Buy a number and configure it as the inventory wishes, or for one environment where it names no phone.

    Of an area code, one that the account holds and no phone calls from is taken before another is bought: so
    that a run whose end nobody saw, run again, buys no second one.

    Raises:
        BadInput: neither or both of number and area code; there is none to be had; no environment to put it in.
    """
    if bool(number) == bool(area_code):
        raise BadInput("One of --number and --buy is needed.", "Name the number to buy, or an area code.")
    chosen = typed.number(number) if number else _spare(site, str(area_code))
    wish = _of_number(site.wish, _wished(site, chosen, env))
    scope = Scope((ADDRESS, PHONE_NUMBER), buys=(chosen,), allow_911_loss=tuple(allow_911_loss))
    return run(site, scope, errand, wish)


def update_number(
    site: Site,
    number: str,
    take_over: Collection[str] = (),
    errand: Errand | None = None,
    allow_911_loss: Collection[str] = (),
) -> Outcome:
    """Bring one number of the account to what the inventory wishes of it.

    Raises:
        BadInput: it is no number, or no phone of the inventory calls from it.
        Refused: the account does not hold it, or something else uses it.
    """
    chosen = typed.number(number)
    wished = next((n for n in site.wish.numbers if n.phone_number == chosen), None)
    if wished is None:
        raise BadInput(
            f"No phone of the inventory calls from {chosen}.",
            "`invoke list-numbers` shows the numbers; name it as the caller_id of a phone first.",
        )
    scope = Scope((ADDRESS, PHONE_NUMBER), take_over=tuple(take_over), allow_911_loss=tuple(allow_911_loss))
    return run(site, scope, errand, _of_number(site.wish, wished))


def delete_number(
    site: Site,
    number: str,
    release: str | None,
    allow_911_loss: Collection[str] = (),
    errand: Errand | None = None,
) -> Outcome:
    """Release a number, which never comes back, only when it is typed back as `release`; one that is gone is gone.

    Raises:
        BadInput: it was not typed back; a phone of the inventory calls from it.
        Refused: it tells 911 an address, and was not named in `allow_911_loss`.
    """
    chosen = typed.number(number)
    if release != chosen:
        raise BadInput(
            f"Releasing {chosen} cannot be undone, so it has to be typed back.",
            f"Add --release-number {chosen}, if that is meant.",
        )
    if chosen in site.wish.external_numbers:
        raise BadInput(
            f"{chosen} lives with another carrier, so there is nothing to release at Twilio.",
            "Take it out of external_numbers in clients.toml, if no phone calls from it any more.",
        )
    callers = [client.name for client in site.wish.clients if client.caller_id == chosen]
    if callers:
        calling_911 = (client.name for client in site.wish.clients if client.enable_emergency)
        loses = "".join(f" {option('--allow-911-loss', name)}" for name in calling_911 if name in callers)
        raise BadInput(
            f"{chosen} is the number of {', '.join(callers)} in the inventory.",
            f"Use `invoke delete-client {first_word(callers[0])} --release-number {chosen}{loses}`, or give "
            "the phone another number.",
        )
    before = look_for(
        site, (PHONE_NUMBER,), lambda found: any(n.phone_number == chosen for n in found.numbers)
    )
    held = tuple(n.phone_number for n in before.numbers if n.phone_number == chosen)
    scope = Scope((PHONE_NUMBER,), remove=held, allow_911_loss=tuple(allow_911_loss))
    return run(site, scope, errand, part_of(site.wish, ()), before)


def create_address(site: Site, name: str, errand: Errand | None = None) -> Outcome:
    """Make the emergency address of a phone as clients.toml says it; it is not told to 911 by that.

    Raises:
        BadInput: the phone is unknown, or has no address or no 911.
        Corrected: Twilio would write it otherwise.
    """
    client = required(site.wish, name)
    if client.address is None or not client.enable_emergency:
        raise BadInput(
            f"{name} has no emergency address to make.",
            "It needs an address in clients.toml, and enable_emergency in the inventory.",
        )
    wish = replace(part_of(site.wish, ()), addresses=_addresses(site.wish, client.address.name))
    return run(site, Scope((ADDRESS,)), errand, wish)


def delete_address(site: Site, which: str, errand: Errand | None = None) -> Outcome:
    """Take away an address that no number holds, by its SID or its text; one that is gone is gone.

    Raises:
        BadInput: it is no address or never was there, a phone of the inventory stands there, or a number holds it.
    """
    wanted = typed.address_name(which)

    def named(found: Estate) -> list[Address]:
        return [a for a in found.addresses if a.name == which or wanted in (a.sid, a.name)]

    before = look_for(site, (ADDRESS, PHONE_NUMBER), lambda found: bool(named(found)))
    doomed = named(before)
    if not doomed and not wanted:
        raise BadInput(
            f"{which!r} is neither an address nor the SID of one.", "`invoke list-addresses` shows both."
        )
    if not doomed and not _was_taken_away(site, wanted):
        raise BadInput(
            f"The account holds no address {which!r}.", "`invoke list-addresses` shows those it holds."
        )
    faults = _faults_of_deletion(site.wish, before, doomed[0].name) if doomed else ()
    if faults and not (doomed[0].sid == wanted and _has_twin(doomed[0], before)):
        raise BadInput("This address is needed.", "Change what needs it first.", faults)
    scope = Scope((ADDRESS,), remove=tuple(a.sid for a in doomed[:1]))
    return run(site, scope, errand, part_of(site.wish, ()), before)


def _has_twin(address: Address, before: Estate) -> bool:
    """Whether another address has the same text: which of them a number holds, Twilio knows, and refuses to delete."""
    return sum(one.name == address.name for one in before.addresses) > 1


def _faults_of_deletion(wish: Estate, before: Estate, name: str) -> tuple[str, ...]:
    held = (
        f"{number.name} tells 911 this address"
        for number in before.numbers
        if address_held(number.emergency_address) == name
    )
    stands = (f"{c.name} stands there" for c in wish.clients if c.address and c.address.name == name)
    return (*held, *stands)


def offers(
    site: Site,
    area_code: str | None = None,
    contains: str | None = None,
    limit: int = 20,
    country: str = COUNTRY,
) -> tuple[Offer, ...]:
    """Local numbers that can be bought now.

    Raises:
        BadInput: the area code is none.
        TwilioError: they could not be read.
    """
    filters = {"area_code": typed.area_code(area_code) if area_code else None, "contains": contains}
    wanted = {name: value for name, value in filters.items() if value}
    local = site.api.client.available_phone_numbers(country).local
    (found,) = site.api.all_of([lambda: local.list(**wanted, limit=limit, page_size=limit)])
    return tuple(Offer(str(n.phone_number), str(n.locality or ""), str(n.region or "")) for n in found)


def first_offer(site: Site, area_code: str) -> str:
    """The first number of an area code that can be bought.

    Raises:
        BadInput: there is none.
    """
    found = offers(site, area_code, limit=1)
    if not found:
        raise BadInput(
            f"Twilio has no number in area code {area_code}.",
            "Try another: `invoke list-available-numbers --area-code CODE` shows what there is.",
        )
    return found[0].phone_number


def _spare(site: Site, area_code: str) -> str:
    """A number of an area code that the account holds for nobody, or else the first that can be bought."""
    prefix = f"+1{typed.area_code(area_code)}"
    ours = {"", *(application.name for application in site.wish.applications)}
    used = {client.caller_id for client in site.wish.clients}
    spare = (
        number.phone_number
        for number in look(site, site.wish, (PHONE_NUMBER,)).numbers
        if number.phone_number.startswith(prefix)
        and number.phone_number not in used
        and number.voice_application in ours
        and not number.trunk_sid
    )
    return next(spare, None) or first_offer(site, area_code)


def _wished(site: Site, number: str, env: str | None) -> PhoneNumber:
    wished = next((n for n in site.wish.numbers if n.phone_number == number), None)
    if wished:
        return wished
    if env is None:
        raise BadInput(
            f"No phone of the inventory calls from {number}, so nothing says what should answer it.",
            "Add --env with the environment whose application is to answer, or use `invoke add-client`.",
        )
    site.environments(env)
    application = site.wish.clients_application.replace("{env}", env)
    return PhoneNumber(number, voice_application=application, sms_url="", sms_application="", environment=env)


def _of_number(wish: Estate, number: PhoneNumber) -> Estate:
    """The wish with one number and the address that it is to tell 911, and of phones with nothing else."""
    addresses = _addresses(wish, number.emergency_address)
    return replace(part_of(wish, ()), numbers=(number,), addresses=addresses)


def _addresses(wish: Estate, name: str | None) -> tuple[Address, ...]:
    return tuple(address for address in wish.addresses if address.name == name)


def was_deleted(site: Site, name: str) -> bool:
    """Whether this tool took a credential away, or was killed when it did."""
    credential = f"{site.wish.clients_list}/{name}"
    last = ledger.of(site).last().get(credential)
    if last is not None and last.event == "deleted":
        return True
    return _was_taken_away(site, credential)


def _was_taken_away(site: Site, name: str) -> bool:
    """Whether the journal has the deletion of a thing of this name, or SID, be it one that was cut off."""
    written = (change for entry in journal_of(site).entries() for change in entry.written)
    return any(isinstance(c, Delete) and name in (c.noun.name, c.noun.sid) for c in written)


def look(site: Site, wish: Estate, kinds: Collection[Kind]) -> Estate:
    """Read the account for a command that has to know it before it can wish."""
    return apply.look(site.api, wish, Scope(tuple(kinds), remove=("*",)))


def look_for(site: Site, kinds: Collection[Kind], is_there: Callable[[Estate], bool]) -> Estate:
    """Read the account for a command that takes something away; once more where that is not to be seen.

    A reading may be late: what it does not show would be left there, and told to be gone.
    """
    found = look(site, site.wish, kinds)
    if is_there(found):
        return found
    time.sleep(apply.PAUSE_SECONDS)
    return look(site, site.wish, kinds)


def run(
    site: Site,
    scope: Scope,
    errand: Errand | None,
    wish: Estate,
    before: Estate | None = None,
    planned_edits: Sequence[Edit] = (),
    notes: Sequence[str] = (),
) -> Outcome:
    """Run the engine, and note in the ledger what it took away."""
    outcome = converge(
        site, scope, errand, wish=wish, before=before, planned_edits=planned_edits, notes=notes
    )
    gone = [
        c.before for c in outcome.proposal.plan if isinstance(c, Delete) and isinstance(c.before, Credential)
    ]
    for credential in gone if outcome.applied else ():
        with suppress(
            OSError
        ):  # the history has it too, and what is gone has no password that could be astray
            ledger.of(site).note(credential, "deleted")
    return outcome


def part_of(wish: Estate, names: Iterable[str]) -> Estate:
    """The wish with what belongs to some clients, and of the others only that they are there."""
    usernames = set(names)
    numbers = {client.caller_id for client in wish.clients if client.name in usernames}
    addresses = {c.address.name for c in wish.clients if c.address and c.caller_id in numbers}
    return replace(
        wish,
        addresses=tuple(a for a in wish.addresses if a.name in addresses),
        numbers=tuple(n for n in wish.numbers if n.phone_number in numbers),
        credentials=tuple(c for c in wish.credentials if c.username in usernames),
    )


def clients_of(wish: Estate) -> tuple[Client, ...]:
    """The clients of a wish.

    Raises:
        BadInput: its file names no inventory.
    """
    if not wish.clients_file:
        raise BadInput(
            "estate.toml names no client inventory.",
            "Add a section [clients] to it, as README shows, with the inventory that the dialplan functions read.",
        )
    return wish.clients


def required(wish: Estate, name: str) -> Client:
    clients_of(wish)
    client = wish.client(name)
    if client is None:
        raise unknown(wish, name)
    return client


def unknown(wish: Estate, name: str, remedy: str = "") -> BadInput:
    near = get_close_matches(name, [client.name for client in wish.clients], 1)
    hint = f" Did you mean {near[0]}?" if near else ""
    file = Path(wish.clients_file).name
    return BadInput(
        f"There is no phone {name!r} in {file}.{hint}",
        remedy
        or f"`invoke list-clients` shows the phones. A new one is added to {file} first, as the dialplan functions "
        f"need it too: an entry {name!r} with outgoing, caller_id and enable_emergency.",
    )

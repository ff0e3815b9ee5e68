"""The commands about phones, each a small function that a person can call from Python.

Each is the one engine, narrowed to what belongs to the phones in question: a changed wish is laid beside
the account, shown, carried out, and written into the inventory and clients.toml once it is so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from futel_twilio import belongings, desired, edits, inventory, typed
from futel_twilio.change import Scope
from futel_twilio.errors import BadInput
from futel_twilio.kinds import ADDRESS, CLIENT_KINDS, CREDENTIAL, PHONE_NUMBER
from futel_twilio.letters import first_word, option, quoted
from futel_twilio.model import address_held

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from futel_twilio.account import Site
    from futel_twilio.flags import Flags
    from futel_twilio.kinds import Kind
    from futel_twilio.model import Client, Estate, PhoneNumber
    from futel_twilio.runbook import Errand, Outcome

NUMBER_KINDS = (ADDRESS, PHONE_NUMBER)


@dataclass(frozen=True)
class Asked:
    """What is said anew of a phone, and what may be done that must not be done unasked; the rest is as the files say.

    Attributes:
        environment: the installation that it belongs to.
        number: the number it is to call from, E.164; re-used if the account holds it.
        buy: an area code of which a number is bought for it.
        no_number: it gets no number of its own.
        address: where it stands, in one line.
        device: what kind of thing it is.
        remove: names of credentials, numbers or addresses to take away.
        allow_911_loss: names of phones or numbers that may lose 911.
        take_over: numbers that may be taken from another application or a trunk.
    """

    environment: str | None = None
    number: str | None = None
    buy: str | None = None
    no_number: bool = False
    address: str | None = None
    device: str | None = None
    remove: tuple[str, ...] = ()
    allow_911_loss: tuple[str, ...] = ()
    take_over: tuple[str, ...] = ()


NOTHING = Asked()


def asked(flags: Flags) -> Asked:
    """What the flags of a command say.

    Raises:
        BadInput: they say more than one thing about the number.
    """
    said = [name for name in ("number", "buy", "no_number") if getattr(flags, name)]
    if len(said) > 1:
        words = " and ".join(f"--{name.replace('_', '-')}" for name in said)
        raise BadInput(f"{words} say different things.", "Give one of them.")
    return Asked(
        flags.env,
        flags.number,
        flags.buy,
        flags.no_number,
        flags.address,
        flags.device,
        tuple(flags.remove),
        tuple(flags.allow_911_loss),
        tuple(flags.take_over),
    )


def sync_clients(site: Site, env: str, said: Asked = NOTHING, errand: Errand | None = None) -> Outcome:
    """Bring everything of the phones of one environment to the inventory, in one plan.

    Raises:
        BadInput, Refused: nothing was written.
        Stopped: some of it was written; the error says what.
    """
    environments = site.environments(env)
    phones = belongings.clients_of(site.wish)
    wish = belongings.part_of(site.wish, (c.name for c in phones if c.environment == env))
    scope = Scope(CLIENT_KINDS, environments, remove=said.remove)
    return belongings.run(site, _allowing(scope, said), errand, wish=wish)


def add_client(site: Site, name: str, said: Asked = NOTHING, errand: Errand | None = None) -> Outcome:
    """Give a phone of the inventory all it needs: credential, number, application, emergency address.

    Raises:
        BadInput: the inventory does not know it, or what is said of it cannot be.
        Refused, Stopped: as `runbook.converge`.
    """
    client = _changed(site, belongings.required(site.wish, name), said)
    before: Estate | None = None
    buys: tuple[str, ...] = ()
    if said.buy:
        before = belongings.look(site, site.wish, CLIENT_KINDS)
        client, buys = _bought(site, client, said.buy, before)
    elif said.number:
        client, buys = replace(client, caller_id=typed.number(said.number)), (said.number,)
    if said.no_number and client.enable_emergency:
        raise BadInput(
            f"{name} may call 911, which takes a number of its own.",
            f"Leave --no-number out, or set enable_emergency of {name} to false in the inventory.",
        )
    if said.no_number:
        _refuse_number_of_nobody(site, client)
    kinds: tuple[Kind, ...] = (CREDENTIAL,) if said.no_number else CLIENT_KINDS
    scope = _allowing(Scope(kinds, buys=buys), said)
    outcome = _one(site, client, _with(site.wish, client), scope, errand, before)
    belongings.note_unchanged(site, name, outcome, errand)
    return outcome


def _refuse_number_of_nobody(site: Site, client: Client) -> None:
    """Refuse a phone without a number of its own that would call from one that is neither here nor elsewhere."""
    number = client.caller_id
    if number in site.wish.external_numbers:
        return
    if number not in {one.phone_number for one in belongings.look(site, site.wish, (PHONE_NUMBER,)).numbers}:
        raise BadInput(
            f"{client.name} would call from {number}, which this account does not hold.",
            "Name it under external_numbers in clients.toml if it lives elsewhere, or leave --no-number out.",
        )


def update_client(site: Site, name: str, said: Asked = NOTHING, errand: Errand | None = None) -> Outcome:
    """Bring one phone to the inventory, or to what is said anew of it; makes no credential, buys no number.

    A phone that may not call 911 any more loses its address only if `said.allow_911_loss` names it.

    Raises:
        BadInput, Refused, Stopped: as `add_client`.
    """
    client = _changed(site, belongings.required(site.wish, name), said)
    if said.number:
        client = replace(client, caller_id=typed.number(said.number))
    wish = _with(site.wish, client)
    if not client.enable_emergency and name in said.allow_911_loss:
        wish = replace(wish, numbers=tuple(_without_911(n, client.caller_id) for n in wish.numbers))
    return _one(site, client, wish, _allowing(Scope(NUMBER_KINDS), said), errand)


def change_address(
    site: Site,
    name: str,
    address: str | None = None,
    errand: Errand | None = None,
    allow_911_loss: Collection[str] = (),
) -> Outcome:
    """Let 911 be told another address for a phone: off, wait, on, wait; taken up again where it was interrupted.

    The address that it had is deleted afterwards, if no other number holds it.

    Raises:
        BadInput: the phone may not call 911, or the address cannot be read.
        Refused, Stopped: as `runbook.converge`.
    """
    client = _changed(site, belongings.required(site.wish, name), Asked(address=address))
    if not client.enable_emergency:
        raise BadInput(
            f"{name} may not call 911, so it has no emergency address.",
            f"Set enable_emergency of {name} to true in the inventory, then run "
            f"`invoke update-client {first_word(name)}`.",
        )
    wish = _with(site.wish, client)
    before = belongings.look(site, wish, NUMBER_KINDS)
    doomed = _let_go(before, wish, client)
    scope = Scope(NUMBER_KINDS, remove=doomed, allow_911_loss=tuple(allow_911_loss))
    return _one(site, client, wish, scope, errand, before)


def delete_client(
    site: Site, name: str, release: str | None = None, said: Asked = NOTHING, errand: Errand | None = None
) -> Outcome:
    """Take a phone away: its credential, and its number only if that is typed back as `release`; its address with that.

    Raises:
        BadInput: nobody knows it; or `release` is not its number, or the number is another phone's too.
        Refused, Stopped: as `runbook.converge`.
    """
    client = site.wish.client(name)
    wish = desired.with_clients(site.wish, tuple(c for c in site.wish.clients if c.name != name))
    before = belongings.look_for(
        site, CLIENT_KINDS, lambda found: client is None or _has(found, name, release)
    )
    credentials = tuple(c.name for c in before.credentials if c.username == name)
    if client is None and not credentials and not belongings.was_deleted(site, name):
        raise belongings.unknown(
            site.wish, name, "`invoke list-clients` and `invoke list-credentials` show who is there."
        )
    number = _released(release, client, wish, before) if release else ""
    released = (number, *_let_go(before, wish, client)) if client and number else ()
    scope = Scope(CLIENT_KINDS if released else (PHONE_NUMBER, CREDENTIAL), remove=(*credentials, *released))
    nothing = belongings.part_of(wish, ())
    planned = (edits.Phone(client, None),) if client else ()
    notes = () if number or client is None else tuple(_number_that_stays(client, wish, before))
    return belongings.run(
        site, _allowing(scope, said), errand, wish=nothing, before=before, planned_edits=planned, notes=notes
    )


def _number_that_stays(client: Client, wish: Estate, before: Estate) -> Iterator[str]:
    """What becomes of the number of a phone that is taken away without it."""
    held = next((one for one in before.numbers if one.phone_number == client.caller_id), None)
    if held is None or any(one.caller_id == client.caller_id for one in wish.clients):
        return
    told = f" and still tells 911 the address {held.emergency_address}" if held.emergency_address else ""
    flags = option("--release-number", held.name)
    flags += f" {option('--allow-911-loss', held.name)}" if held.emergency_address else ""
    yield (
        f"{held.name} stays in the account, costs money every month{told}: "
        f"`invoke delete-number {held.name} {flags}` releases it."
    )


def _has(found: Estate, name: str, number: str | None) -> bool:
    """Whether an account holds the credential of a phone, and its number where one is named."""
    numbers = {n.phone_number for n in found.numbers}
    return any(c.username == name for c in found.credentials) and (not number or number in numbers)


def _allowing(scope: Scope, said: Asked) -> Scope:
    return replace(scope, allow_911_loss=said.allow_911_loss, take_over=said.take_over)


def _one(
    site: Site,
    client: Client,
    wish: Estate,
    scope: Scope,
    errand: Errand | None,
    before: Estate | None = None,
) -> Outcome:
    """Bring one client to a wish that may say something new of it, and then write that into the files."""
    wanted = belongings.part_of(wish, (client.name,))
    said = site.wish.client(client.name)
    planned = (edits.Phone(said, client),) if said != client else ()
    is_quiet = client.address is not None and not client.enable_emergency
    notes = (_not_told(client),) if is_quiet and (said is None or said.address != client.address) else ()
    return belongings.run(
        replace(site, wish=wish),
        scope,
        errand,
        wish=wanted,
        before=before,
        planned_edits=planned,
        notes=notes,
    )


def _not_told(client: Client) -> str:
    return (
        f"{client.name} may not call 911, so 911 is not told this address: it is only written into clients.toml. "
        f"Set enable_emergency of {client.name} to true in the inventory and run "
        f"`invoke update-client {first_word(client.name)}` to change that."
    )


def _changed(site: Site, client: Client, said: Asked) -> Client:
    site.environments(said.environment)
    customer = client.address.customer_name if client.address else inventory.CUSTOMER
    address = typed.address(client.name, said.address, customer) if said.address else client.address
    return replace(
        client,
        environment=said.environment or client.environment,
        address=address,
        device=client.device if said.device is None else said.device,
    )


def _with(wish: Estate, client: Client) -> Estate:
    """The wish with one client as it is to be.

    Raises:
        BadInput: it does not go with the others; every fault at once.
    """
    clients = tuple(client if c.name == client.name else c for c in wish.clients)
    faults = tuple(inventory.faults_between(clients, wish.external_numbers))
    if faults:
        raise BadInput(
            f"This does not go with the rest of the inventory: {client.name} cannot be so.",
            "Ask for something else, or mend the inventory first.",
            faults,
        )
    return desired.with_clients(wish, clients)


def _without_911(number: PhoneNumber, caller_id: str) -> PhoneNumber:
    return replace(number, emergency_address="") if number.phone_number == caller_id else number


def _bought(site: Site, client: Client, area_code: str, before: Estate) -> tuple[Client, tuple[str, ...]]:
    """The client with a number of an area code: its own, such as one bought before, or one to be bought now.

    Raises:
        BadInput: it has a number of another area code; there is none to be had.
    """
    prefix = f"+1{typed.area_code(area_code)}"
    others = {c.caller_id for c in site.wish.clients if c.name != client.name}
    own = [
        number.phone_number
        for number in before.numbers
        if client.name == number.friendly_name or client.caller_id == number.phone_number
    ]
    own = [number for number in own if number not in others]
    fitting = [number for number in own if number.startswith(prefix)]
    if own and not fitting:
        raise BadInput(
            f"{client.name} has a number already: {own[0]}.",
            f"Leave --buy out to use it. For another, run `invoke create-number --buy {quoted(area_code)}`, then "
            f"`invoke update-client {first_word(client.name)} --number NUMBER` with what that bought.",
        )
    chosen = fitting[0] if fitting else belongings.first_offer(site, area_code)
    return replace(client, caller_id=chosen), (() if fitting else (chosen,))


def _let_go(before: Estate, wish: Estate, client: Client) -> tuple[str, ...]:
    """The address that a phone's number holds and is to hold no more, if no other number needs it."""
    number = next((n for n in before.numbers if n.phone_number == client.caller_id), None)
    held = address_held(number.emergency_address) if number else ""
    others = {address_held(n.emergency_address) for n in before.numbers if n is not number}
    wished = {address.name for address in wish.addresses}
    known = {address.name for address in before.addresses}
    return (held,) if held and held in known - others - wished else ()


def _released(release: str, client: Client | None, wish: Estate, before: Estate) -> str:
    """The number that is given back for good; empty where it is gone already."""
    is_held = any(n.phone_number == release for n in before.numbers)
    if client is None and is_held:
        raise BadInput(
            f"The inventory does not know this phone any more, so nothing says that {release} was its number.",
            f"Use `invoke delete-number {first_word(release, '--number')}`, if it is to be released.",
        )
    if client and release != client.caller_id:
        raise BadInput(
            f"{release} is not the number of this phone, which is {client.caller_id}.",
            "A released number never comes back: type it just as it stands, or leave --release-number out.",
        )
    sharing = [c.name for c in wish.clients if c.caller_id == release]
    if sharing:
        raise BadInput(
            f"{release} is the number of {', '.join(sharing)} too.",
            "Leave --release-number out: it is still needed.",
        )
    return release if is_held else ""

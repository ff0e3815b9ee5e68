"""What a plan means for phones: which it touches, which lose 911, and the refusal of that; pure.

A plan speaks of objects; a person asks how many phones it can silence. So every plan that touches phones
ends in one sentence that counts them, and one that takes 911 from a phone is refused unless it is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from futel_twilio import urls
from futel_twilio.change import Create, Delete, Update, buys, moves_911, renews
from futel_twilio.errors import Refused
from futel_twilio.letters import option
from futel_twilio.model import (
    SIP_SUFFIX,
    Address,
    Application,
    Client,
    Credential,
    CredentialList,
    Estate,
    IpMapping,
    Mapping,
    Noun,
    PhoneNumber,
    SipDomain,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.change import Change, Plan, Scope


@dataclass(frozen=True)
class Reach:
    """What a plan means for phones.

    Attributes:
        touched: the clients that it touches, in the order of the inventory.
        with_911: those of them that can call 911.
        losing: what loses 911, by the name that `--allow-911-loss` wants, with the reason in words.
        moving: the clients, or numbers, that have no 911 while their address is changed.
        locked_out: the clients that can call nobody until they are given their new password.
        moved: whose calls ask another server: `outgoing calls of 4 phones, 2 with 911, move from A to B`.
        bought: numbers that are bought.
        released: numbers that are given back for good.
    """

    touched: tuple[Client, ...]
    losing: dict[str, str]
    moving: tuple[str, ...]
    locked_out: tuple[str, ...]
    moved: tuple[str, ...]
    bought: tuple[str, ...]
    released: tuple[str, ...]

    @property
    def with_911(self) -> tuple[Client, ...]:
        return tuple(client for client in self.touched if client.enable_emergency)


def reach(plan: Plan, wish: Estate) -> Reach:
    """What a plan means for the phones of a wish, which is the whole one."""
    touched = {client.name for change in plan for client in clients_of(change.noun, wish)}
    losing = [loss for change in plan for loss in _losses(change, wish)]
    losing += _shut_out(plan, wish)
    return Reach(
        touched=tuple(client for client in wish.clients if client.name in touched),
        losing=dict(losing),
        moving=tuple(name for change in plan if moves_911(change) for name in _callers(change.noun, wish)),
        locked_out=tuple(
            client.name for change in plan if renews(change) for client in clients_of(change.noun, wish)
        ),
        moved=tuple(_moved(plan, wish)),
        bought=tuple(change.noun.name for change in plan if buys(change)),
        released=tuple(
            change.noun.name
            for change in plan
            if isinstance(change, Delete) and isinstance(change.before, PhoneNumber)
        ),
    )


def _moved(plan: Plan, wish: Estate) -> Iterator[str]:
    """Whose calls go on asking, but another server."""
    found: dict[tuple[str, str, str], dict[str, Client]] = {}
    for change in plan:
        if isinstance(change, Update) and "voice_url" in change.settings:
            before, after = _places(change, wish)
            which = "incoming" if isinstance(change.noun, Application) else "outgoing"
            phones = found.setdefault((which, before, after), {})
            phones |= {client.name: client for client in clients_of(change.noun, wish)}
        if isinstance(change, Update) and "voice_application" in change.settings:
            before, after = (
                str(getattr(side, "voice_application", "")) for side in (change.before, change.after)
            )
            if before and after:
                yield f"incoming calls of {_listed(_callers(change.noun, wish))} move from {before} to {after}"
    for (which, before, after), phones in found.items():
        if not phones:
            continue
        with_911 = sum(client.enable_emergency for client in phones.values())
        yield f"{which} calls of {_count(len(phones), 'phone')}, {with_911} with 911, move from {before} to {after}"


def _places(change: Update, wish: Estate) -> tuple[str, str]:
    before, after = (str(getattr(side, "voice_url", "") or "") for side in (change.before, change.after))
    env = getattr(change.after, "environment", "")
    base = next((known.dialplans for known in wish.environments if known.name == env), "")
    return urls.places(before, after, base)


def sentence(found: Reach) -> str:
    """The reach of a plan in one sentence; empty where it touches no phone."""
    if not (found.touched or found.bought or found.released):
        return ""
    parts = [f"touches {_count(len(found.touched), 'phone')}, {len(found.with_911)} of which can call 911"]
    for_now = " for good" if found.moving or found.locked_out else ""
    lost = f"{_listed(tuple(found.losing))} no longer can" if found.losing else f"none loses 911{for_now}"
    parts.append(lost)
    if found.moving:
        parts.append(f"{_listed(found.moving)} cannot for some minutes, while the address is changed")
    if found.locked_out:
        parts.append(f"{_listed(found.locked_out)} can call nobody until given the new password")
    parts[1:1] = found.moved
    if found.bought:
        parts.append(f"{_count(len(found.bought), 'number')} bought")
    parts.append(f"{_count(len(found.released), 'number')} released")
    return f"This {'; '.join(parts)}."


def guard(plan: Plan, scope: Scope, wish: Estate, *, takes_names: bool = False) -> Refused | None:
    """The refusal of a plan that takes 911 from phones, unless each that loses it was named.

    Args:
        plan: what is to be done.
        scope: which says what was named.
        wish: the whole one.
        takes_names: whether the command itself has the flag; else SIP domains are named to `apply`.
    """
    allowed = {name.removesuffix(SIP_SUFFIX) for name in scope.allow_911_loss}
    lost = {name: why for name, why in reach(plan, wish).losing.items() if name not in allowed}
    if not lost:
        return None
    words = " ".join(option("--allow-911-loss", name) for name in lost)
    domains = {noun.name.removesuffix(SIP_SUFFIX) for noun in wish.domains}
    where = " to `invoke apply` and its flags" if lost.keys() & domains and not takes_names else ""
    return Refused(
        "This would take emergency calling (911) from phones, so it is refused. Nothing was changed.",
        f"If that is meant, say so by name: add {words}{where}.",
        tuple(lost.values()),
    )


def clients_of(noun: Noun, wish: Estate) -> tuple[Client, ...]:
    """The phones that a thing at Twilio serves."""
    return tuple(client for client in wish.clients if _serves(noun, client, wish))


def _serves(noun: Noun, client: Client, wish: Estate) -> bool:
    match noun:
        case Credential() | PhoneNumber() | Address():
            return _is_of(noun, client)
        case Application():
            return client.environment == noun.environment and client.caller_id not in wish.external_numbers
        case SipDomain() | Mapping() | IpMapping():
            return _registers_with(client, noun.domain_name, wish)
        case CredentialList():
            return noun.name == wish.clients_list
        case _:
            return False


def _is_of(noun: Credential | PhoneNumber | Address, client: Client) -> bool:
    if isinstance(noun, Credential):
        return client.name == noun.username
    if isinstance(noun, PhoneNumber):
        return client.caller_id == noun.phone_number
    return client.enable_emergency and client.address is not None and client.address.name == noun.name


def _registers_with(client: Client, domain_name: str, wish: Estate) -> bool:
    domain = domain_of(client, wish)
    return domain is not None and domain.domain_name == domain_name


def domain_of(client: Client, wish: Estate) -> SipDomain | None:
    """The SIP domain that a phone registers with: of its environment, with emergency calling or without."""
    return next(
        (
            domain
            for domain in wish.domains
            if domain.environment == client.environment
            and bool(domain.emergency_calling_enabled) == client.enable_emergency
            and wish.clients_list in domain.registrations
        ),
        None,
    )


def _losses(change: Change, wish: Estate) -> list[tuple[str, str]]:
    noun = change.noun
    if isinstance(change, Create):
        return []
    if isinstance(change.before, SipDomain) and (why := _domain_loses(change)):
        return [(noun.name.removesuffix(SIP_SUFFIX), f"SIP domain {noun.name} would no longer {why}")]
    if isinstance(change, Delete) and isinstance(noun, Mapping) and _carries_911(noun, wish):
        name = noun.domain_name.removesuffix(SIP_SUFFIX)
        return [(name, f"SIP domain {noun.domain_name} would no longer let its phones in ({noun.use})")]
    if isinstance(change.before, PhoneNumber) and _number_loses(change):
        where = change.before.emergency_address
        return [
            (name, f"{name}: {noun.name} would no longer tell 911 the address {where}")
            for name in _callers(noun, wish)
        ]
    if isinstance(change, Delete) and isinstance(noun, Credential):
        return [
            (client.name, f"{client.name}: without its credential it can call nobody, 911 included")
            for client in clients_of(noun, wish)
            if client.enable_emergency
        ]
    return []


def _shut_out(plan: Plan, wish: Estate) -> list[tuple[str, str]]:
    """SIP domains with emergency calling that are to take calls from the addresses of an IP list only.

    Of a domain with both an IP list and a credential list, both must let a call pass (Twilio's page on SIP
    registration). A domain that already has one is not told apart here: asking once too often is the lesser harm.
    """
    born = {change.noun.name for change in plan if isinstance(change, Create)}
    with_911 = {domain.name for domain in wish.domains if domain.emergency_calling_enabled}
    return [
        (
            noun.domain_name.removesuffix(SIP_SUFFIX),
            f"SIP domain {noun.domain_name} would take calls, 911 too, from the addresses of {noun.ip_list} only",
        )
        for change in plan
        if isinstance(change, Create) and isinstance(noun := change.noun, IpMapping)
        if noun.domain_name in with_911 - born
    ]


def _domain_loses(change: Update | Delete) -> str:
    """What a SIP domain for 911 would do no longer; empty where it still does all."""
    if not getattr(change.before, "emergency_calling_enabled", False):
        return ""
    if isinstance(change, Delete) or "emergency_calling_enabled" in change.settings:
        return "take 911 calls"
    off = "sip_registration" in change.settings and not getattr(change.after, "sip_registration", True)
    return "let its phones register, so none could call 911" if off else ""


def _carries_911(mapping: Mapping, wish: Estate) -> bool:
    """Whether phones that may call 911 get in by this mapping."""
    domain = next((d for d in wish.domains if d.domain_name == mapping.domain_name), None)
    is_ours = mapping.credential_list == wish.clients_list
    return domain is not None and bool(domain.emergency_calling_enabled) and is_ours


def _number_loses(change: Update | Delete) -> bool:
    had = bool(getattr(change.before, "emergency_address", ""))
    if not had or isinstance(change, Delete):
        return had
    return "emergency_address" in change.settings and not getattr(change.after, "emergency_address", "")


def _callers(noun: Noun, wish: Estate) -> tuple[str, ...]:
    """Who calls 911 from a number: the clients that may, else those that may no more, else the number itself."""
    clients = clients_of(noun, wish)
    may = tuple(client.name for client in clients if client.enable_emergency)
    return may or tuple(client.name for client in clients) or (noun.name,)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _listed(names: tuple[str, ...], most: int = 6) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"

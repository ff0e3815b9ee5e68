"""What a plan means for phones: which it touches, which lose 911, and the refusal of that; pure.

A plan speaks of objects; a person asks how many phones it can silence. So every plan that touches phones
ends in one sentence that counts them, and one that takes 911 from a phone is refused unless it is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from futel_twilio import access, projection, urls
from futel_twilio.change import Delete, Update, buys, moves_911, renews
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
    from collections.abc import Collection, Iterator

    from futel_twilio.access import Loss
    from futel_twilio.change import Plan, Scope


@dataclass(frozen=True)
class Reach:
    """What a plan means for phones.

    Attributes:
        touched: the clients that it touches, in the order of the inventory.
        with_911: those of them that can call 911.
        losing: what loses 911, with the name that `--allow-911-loss` wants.
        moving: the clients, or numbers, that have no 911 while their address is changed.
        locked_out: the clients that can call nobody until they are given their new password.
        moved: whose calls ask another server: `outgoing calls of 4 phones, 2 with 911, move from A to B`.
        bought: numbers that are bought.
        released: numbers that are given back for good.
        cut_off: the SIP domains that phones can no longer register with or call through, each with those phones.
        unanswered: the numbers that nothing would answer any more, each with the application that does it now.
    """

    touched: tuple[Client, ...]
    losing: tuple[Loss, ...]
    moving: tuple[str, ...]
    locked_out: tuple[str, ...]
    moved: tuple[str, ...]
    bought: tuple[str, ...]
    released: tuple[str, ...]
    cut_off: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unanswered: tuple[tuple[str, str], ...] = ()

    @property
    def with_911(self) -> tuple[Client, ...]:
        return tuple(client for client in self.touched if client.enable_emergency)


DEFAULT_EDGE = "ashburn"
NOBODY = Reach((), (), (), (), (), (), ())


def reach(plan: Plan, wish: Estate, account: Estate) -> Reach:
    """What a plan means for phones.

    Args:
        plan: what is to be done.
        wish: the whole one.
        account: what Twilio holds, as far as `access.kinds_in_question` demands.
    """
    touched = {client.name for change in plan for client in clients_of(change.noun, wish)}
    takes_away = access.kinds_in_question(plan, account)
    later = projection.after(account, plan) if takes_away else account
    cut_off = tuple(_cut_off(account, later, wish)) if takes_away else ()
    touched |= {name for _domain, names in cut_off for name in names}
    return Reach(
        touched=tuple(client for client in wish.clients if client.name in touched),
        losing=access.losses(account, plan, wish),
        moving=tuple(
            name for change in plan if moves_911(change) for name in access.callers_of(change.noun.name, wish)
        ),
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
        cut_off=cut_off,
        unanswered=access.unanswered(account, later),
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
                callers = access.callers_of(change.noun.name, wish)
                yield f"incoming calls of {_listed(callers)} move from {before} to {after}"
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
    if not (found.touched or found.bought or found.released or found.unanswered):
        return ""
    parts = [f"touches {_count(len(found.touched), 'phone')}, {len(found.with_911)} of which can call 911"]
    for_now = " for good" if found.moving or found.locked_out else ""
    losing = tuple(dict.fromkeys(loss.name for loss in found.losing))
    lost = f"{_listed(losing)} no longer can" if losing else f"none loses 911{for_now}"
    parts.append(lost)
    if found.moving:
        parts.append(f"{_listed(found.moving)} cannot for some minutes, while the address is changed")
    if found.locked_out:
        parts.append(f"{_listed(found.locked_out)} can call nobody until given the new password")
    alone = tuple(number for number, _application in found.unanswered)
    parts[1:1] = (
        *found.moved,
        *(
            f"{_listed(phones)} can no longer register with or call through {at}"
            for at, phones in found.cut_off
        ),
        *([f"nothing answers {_listed(alone)} any more"] if alone else []),
    )
    if found.bought:
        parts.append(f"{_count(len(found.bought), 'number')} bought")
    parts.append(f"{_count(len(found.released), 'number')} released")
    return f"This {'; '.join(parts)}."


def guard(
    found: Reach, scope: Scope, *, takes_names: bool = False, allow_unanswered: Collection[str] = ()
) -> Refused | None:
    """The refusal of a plan that takes 911 from phones or leaves a number unanswered, unless each was named.

    Args:
        found: what the plan means for phones.
        scope: which says what may lose 911.
        takes_names: whether the command itself has the flags; else they are given to `apply`.
        allow_unanswered: the numbers that may be left unanswered.
    """
    allowed = {name.removesuffix(SIP_SUFFIX) for name in scope.allow_911_loss}
    lost = [loss for loss in found.losing if not allowed & {loss.name, *loss.also}]
    alone = [(number, name) for number, name in found.unanswered if number not in allow_unanswered]
    if not lost and not alone:
        return None
    flags = [option("--allow-911-loss", name) for name in dict.fromkeys(loss.name for loss in lost)]
    flags += [option("--allow-unanswered", number) for number, _name in alone]
    elsewhere = (alone or any(loss.of_domain for loss in lost)) and not takes_names
    where = " to `invoke apply` and its flags" if elsewhere else ""
    takes = ["take emergency calling (911) from phones"] if lost else []
    takes += ["leave numbers unanswered"] if alone else []
    lines = (
        f"{number}: the application {name} answers it, and nothing would any more" for number, name in alone
    )
    taking = " ".join(option("--take-over", number) for number, _name in alone)
    instead = (
        f" `invoke sync-clients --env ENV {taking}` gives numbers of phones their new one first."
        if alone
        else ""
    )
    return Refused(
        f"This would {' and '.join(takes)}, so it is refused. Nothing was changed.",
        f"If that is meant, say so by name: add {' '.join(flags)}{where}.{instead}",
        (*(loss.why for loss in lost), *lines),
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


def to_type(client: Client, wish: Estate, edge: str = "") -> dict[str, str]:
    """What is typed into a phone, besides its password, so that it registers; empty where no SIP domain is for it.

    The outbound proxy chooses the edge, and Ashburn is Twilio's default (documentation of SIP registration).
    """
    domain = domain_of(client, wish)
    if domain is None:
        return {}
    found = {
        "SIP domain": domain.domain_name,
        "user name": client.name,
        "outbound proxy": f"sip.{edge or DEFAULT_EDGE}.twilio.com",
    }
    return found | ({"transport": "TLS"} if domain.secure or client.transport == access.TLS else {})


def _cut_off(account: Estate, later: Estate, wish: Estate) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The SIP domains that phones can no longer register with or call through, each with those phones."""
    there = {domain.name: domain for domain in later.domains}
    tls = {client.name for client in wish.clients if client.transport == access.TLS}
    for domain in account.domains:
        after = there.get(domain.name)
        lost = _lists_lost(domain, after)
        users = {one.username for one in account.credentials if one.credential_list in lost}
        users |= {client.name for client in wish.clients if wish.clients_list in lost}
        if after and after.secure and not domain.secure:
            users |= {*access.users_of(domain, account)} - tls
        callers = access.callers_at(domain, account, wish)
        here = [
            client.name
            for client in wish.clients
            if client.name in users
            and bool(domain.emergency_calling_enabled) == (client.enable_emergency or client.name in callers)
            and not _is_elsewhere(client, domain, account, wish)
        ]
        known = {client.name for client in wish.clients}
        strangers = sorted(name for name in users - known if name in callers)
        if here or strangers:
            yield domain.name.removesuffix(SIP_SUFFIX), (*here, *strangers)


def _lists_lost(domain: SipDomain, after: SipDomain | None) -> frozenset[str]:
    """The credential lists whose phones could register or call, and cannot any more."""
    if after is None:
        return domain.registrations | domain.calls
    registered = domain.registrations if domain.sip_registration else frozenset()
    registers = after.registrations if after.sip_registration else frozenset()
    return (registered - registers) | (domain.calls - after.calls)


def _is_elsewhere(client: Client, domain: SipDomain, account: Estate, wish: Estate) -> bool:
    """Whether a phone registers with another SIP domain, which the account has and which lets it in."""
    home = domain_of(client, wish)
    if home is None or home.name == domain.name:
        return False
    there = next((one for one in account.domains if one.name == home.name), None)
    return there is not None and wish.clients_list in there.registrations & there.calls


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _listed(names: tuple[str, ...], most: int = 6) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"

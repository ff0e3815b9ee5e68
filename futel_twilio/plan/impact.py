"""What a plan means for phones: which it touches, which lose emergency calling."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from futel_twilio.plan import access, projection
from futel_twilio.plan.changes import Changes, Delete, Update, is_purchase, is_rotation, moves_911
from futel_twilio.resources import dialplan_urls
from futel_twilio.resources.phones import PhoneClient, PhoneNumber
from futel_twilio.resources.relations import clients_of, domain_of
from futel_twilio.resources.voice import SIP_SUFFIX, Application, SipDomain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.plan.access import Loss
    from futel_twilio.resources.state import AccountState


@dataclass(frozen=True)
class Impact:
    """What a plan means for phones.

    Attributes:
        touched: the clients that it touches, in the order of the inventory.
        with_911: those of them that can call 911.
        losing: what loses 911, with the name that `--allow-911-loss` wants.
        moving: the clients, or numbers, that have no 911 while their address is changed.
        locked_out: the clients that can call nobody until they are given their new password.
        moved: whose calls ask another server: `outgoing calls of 4 phones, 2 with 911, move from A to B`.
        bought: numbers that are bought.
        released: numbers that are released permanently.
        cut_off: the SIP domains that phones can no longer register with or call through, each with those phones.
        unanswered: the numbers that nothing would answer any more, each with the application that does it now.
    """

    touched: tuple[PhoneClient, ...]
    losing: tuple[Loss, ...]
    moving: tuple[str, ...]
    locked_out: tuple[str, ...]
    moved: tuple[str, ...]
    bought: tuple[str, ...]
    released: tuple[str, ...]
    cut_off: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unanswered: tuple[tuple[str, str], ...] = ()

    @property
    def with_911(self) -> tuple[PhoneClient, ...]:
        return tuple(client for client in self.touched if client.enable_emergency)


DEFAULT_EDGE = "ashburn"
COLUMNS = 100
NOBODY = Impact((), (), (), (), (), (), ())


def impact_of(plan: Changes, desired: AccountState, account: AccountState) -> Impact:
    """What a plan means for phones.

    Args:
        plan: the changes.
        desired: the whole desired state.
        account: what Twilio holds, as far as `access.kinds_in_question` demands.
    """
    touched = {client.name for change in plan for client in clients_of(change.resource, desired)}
    takes_away = access.kinds_in_question(plan, account)
    later = projection.after(account, plan) if takes_away else account
    cut_off = tuple(_cut_off(account, later, desired)) if takes_away else ()
    touched |= {name for _domain, names in cut_off for name in names}
    return Impact(
        touched=tuple(client for client in desired.clients if client.name in touched),
        losing=access.losses(account, plan, desired),
        moving=tuple(
            name
            for change in plan
            if moves_911(change)
            for name in access.callers_of(change.resource.name, desired)
        ),
        locked_out=tuple(
            client.name
            for change in plan
            if is_rotation(change)
            for client in clients_of(change.resource, desired)
        ),
        moved=tuple(_moved(plan, desired)),
        bought=tuple(change.resource.name for change in plan if is_purchase(change)),
        released=tuple(
            change.resource.name
            for change in plan
            if isinstance(change, Delete) and isinstance(change.before, PhoneNumber)
        ),
        cut_off=cut_off,
        unanswered=access.unanswered(account, later),
    )


def _moved(plan: Changes, desired: AccountState) -> Iterator[str]:
    """Whose calls go on asking, but another server."""
    found: dict[tuple[str, str, str], dict[str, PhoneClient]] = {}
    for change in plan:
        if isinstance(change, Update) and "voice_url" in change.changed_fields:
            before, after = _places(change, desired)
            which = "incoming" if isinstance(change.resource, Application) else "outgoing"
            phones = found.setdefault((which, before, after), {})
            phones |= {client.name: client for client in clients_of(change.resource, desired)}
        if isinstance(change, Update) and "voice_application" in change.changed_fields:
            before, after = (
                str(getattr(side, "voice_application", "")) for side in (change.before, change.after)
            )
            if before and after:
                callers = access.callers_of(change.resource.name, desired)
                yield f"incoming calls of {_listed(callers)} move from {before} to {after}"
    for (which, before, after), phones in found.items():
        if not phones:
            continue
        with_911 = sum(client.enable_emergency for client in phones.values())
        yield f"{which} calls of {_count(len(phones), 'phone')}, {with_911} with 911, move from {before} to {after}"


def _places(change: Update, desired: AccountState) -> tuple[str, str]:
    before, after = (str(getattr(side, "voice_url", "") or "") for side in (change.before, change.after))
    env = getattr(change.after, "environment", "")
    base = next((known.dialplans for known in desired.environments if known.name == env), "")
    return dialplan_urls.reserved_paths(before, after, base)


def summary(found: Impact) -> str:
    """What a plan means for phones, in short lines; empty where it affects no phone and no number."""
    if not (found.touched or found.bought or found.released or found.unanswered):
        return ""
    return "\n".join(line for sentence in _sentences(found) for line in _wrapped(sentence))


def _sentences(found: Impact) -> Iterator[str]:
    if found.touched:
        yield f"Affects {_count(len(found.touched), 'phone')} ({len(found.with_911) or 'no'} {_with_911(found)})."
    else:
        yield "Affects no phone."
    for move in found.moved:
        yield f"{move[0].upper()}{move[1:]}."
    for domain, phones in found.cut_off:
        yield f"{_listed(phones)} can no longer register with or call through {domain}."
    if found.unanswered:
        yield f"Nothing answers {_listed(tuple(number for number, _name in found.unanswered))} any more."
    if found.losing:
        losing = tuple(dict.fromkeys(loss.name for loss in found.losing))
        yield f"{_listed(losing)} {'loses' if len(losing) == 1 else 'lose'} 911."
    if found.moving:
        yield f"{_listed(found.moving)} cannot call 911 for some minutes, while the address is changed."
    if found.locked_out:
        yield f"{_listed(found.locked_out)} can call nobody until given the new password."
    if found.bought:
        yield f"Buys {_count(len(found.bought), 'number')}."
    if found.released:
        yield f"Releases {_count(len(found.released), 'number')}."


def _with_911(found: Impact) -> str:
    return "with 911" if found.with_911 else "911"


def _wrapped(sentence: str) -> list[str]:
    """A sentence in lines of at most 100 columns, as far as its words allow."""
    return textwrap.wrap(
        sentence, COLUMNS, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def to_type(client: PhoneClient, desired: AccountState, edge: str = "") -> dict[str, str]:
    """What is typed into a phone, besides its password, so that it registers; empty where no SIP domain is for it.

    The outbound proxy chooses the edge, and Ashburn is Twilio's default (documentation of SIP registration).
    """
    domain = domain_of(client, desired)
    if domain is None:
        return {}
    found = {
        "SIP domain": domain.domain_name,
        "user name": client.name,
        "outbound proxy": f"sip.{edge or DEFAULT_EDGE}.twilio.com",
    }
    return found | ({"transport": "TLS"} if domain.secure or client.transport == access.TLS else {})


def _cut_off(
    account: AccountState, later: AccountState, desired: AccountState
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The SIP domains that phones can no longer register with or call through, each with those phones."""
    there = {domain.name: domain for domain in later.domains}
    tls = {client.name for client in desired.clients if client.transport == access.TLS}
    for domain in account.domains:
        after = there.get(domain.name)
        lost = _lists_lost(domain, after)
        users = {one.username for one in account.credentials if one.credential_list in lost}
        users |= {client.name for client in desired.clients if desired.clients_credential_list in lost}
        if after and after.secure and not domain.secure:
            users |= {*access.users_of(domain, account)} - tls
        callers = access.callers_at(domain, account, desired)
        here = [
            client.name
            for client in desired.clients
            if client.name in users
            and bool(domain.emergency_calling_enabled) == (client.enable_emergency or client.name in callers)
            and not _is_elsewhere(client, domain, account, desired)
        ]
        known = {client.name for client in desired.clients}
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


def _is_elsewhere(
    client: PhoneClient, domain: SipDomain, account: AccountState, desired: AccountState
) -> bool:
    """Whether a phone registers with another SIP domain, which the account has and which lets it in."""
    home = domain_of(client, desired)
    if home is None or home.name == domain.name:
        return False
    there = next((one for one in account.domains if one.name == home.name), None)
    return there is not None and desired.clients_credential_list in there.registrations & there.calls


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _listed(names: tuple[str, ...], most: int = 6) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"

"""A snapshot brought back: the one engine with what it holds as the wish; and a word on what cannot come back.

Names are restored, never SIDs. A number that is gone is bought only if it is named; a credential that is made
anew has a new password. What the account holds beyond the snapshot is reported and left alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from futel_twilio import amiss, belongings, beyond, runbook, snapshot, typed
from futel_twilio.amiss import Remainder
from futel_twilio.errors import Corrected, Refused
from futel_twilio.kinds import ALL_KINDS
from futel_twilio.restorable import Restorable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from futel_twilio.account import Site
    from futel_twilio.change import Scope
    from futel_twilio.flags import Flags
    from futel_twilio.model import Estate
    from futel_twilio.runbook import Errand, Outcome, Proposal


@dataclass(frozen=True)
class Asked:
    """How far a restoration reaches, and what it may do that must not be done unasked.

    Attributes:
        only: words for the kinds of thing that come back; all if empty.
        allow_911_loss: names of phones, numbers or SIP domains that may lose 911.
        take_over: numbers that may be taken from another application or a trunk.
        buy_again: numbers of the snapshot that the account holds no more, to be bought.
        another_account: whether the account may be another than the snapshot's.
    """

    only: tuple[str, ...] = ()
    allow_911_loss: tuple[str, ...] = ()
    take_over: tuple[str, ...] = ()
    buy_again: tuple[str, ...] = ()
    another_account: bool = False


EVERYTHING = Asked()


def asked(flags: Flags) -> Asked:
    """What the flags of a command say.

    Raises:
        BadInput: what is to be bought is no number.
    """
    return Asked(
        tuple(flags.only),
        tuple(flags.allow_911_loss),
        tuple(typed.number(number) for number in flags.take_over),
        tuple(typed.number(number) for number in flags.buy_again),
        flags.into_another_account,
    )


def restore(site: Site, file: Path, said: Asked = EVERYTHING, errand: Errand | None = None) -> Outcome:
    """Bring an account to what a snapshot holds.

    Args:
        site: the account; estate.toml and the inventory tell which phones a change is about.
        file: the snapshot.
        said: how far it reaches, and what it may do.
        errand: who is asked and told, and where the passwords of new credentials come from.

    Raises:
        BadInput: the file is no snapshot, or a number to be bought is not in it; nothing was written.
        Refused: the snapshot is of another account; or as `runbook.converge`.
        Stopped: some of it was written; the error says what.
    """
    errand = errand or runbook.Errand()
    document = snapshot.load(file)
    _refuse_another_account(document, site, said)
    scope = _scope(site, said)
    held = Restorable.of(document, site.wish, said.buy_again)
    before = belongings.look(site, held.estate, scope.kinds)
    remainder = _remainder(held, before, scope, site, said)

    def shown(proposal: Proposal) -> Proposal:
        why = (f"it brings back what was there at {document['taken_at']}",) if proposal.plan else ()
        return replace(proposal, remainder=remainder, asks_first=(*proposal.asks_first, *why))

    try:
        outcome = runbook.converge(
            replace(site, wish=held.estate),
            scope,
            replace(errand, approve=lambda proposal: errand.approve(shown(proposal))),
            wish=held.wish(before),
            before=before,
            rehearses=True,
        )
    except Corrected as error:
        remedy = f"Write it into {file} as suggested, if that is right, and run it again."
        raise Refused(error.what, remedy, error.faults) from None
    return replace(outcome, proposal=shown(outcome.proposal))


def _refuse_another_account(document: Mapping[str, Any], site: Site, said: Asked) -> None:
    theirs, ours = document["account_sid"], site.api.settings.account_sid
    if theirs.casefold() != ours.casefold() and not said.another_account:
        raise Refused(
            f"The snapshot is of account {theirs}, and the credentials are of {ours} "
            f"({site.api.settings.source}). Nothing was changed.",
            "Use that account's credentials, or say --into-another-account if that is meant.",
        )


def _scope(site: Site, said: Asked) -> Scope:
    scope = runbook.scope_of(site, only=said.only, allow_911_loss=said.allow_911_loss)
    kinds = scope.kinds if said.only else ALL_KINDS
    return replace(scope, kinds=kinds, buys=said.buy_again, take_over=said.take_over)


def _remainder(held: Restorable, before: Estate, scope: Scope, site: Site, said: Asked) -> Remainder:
    """What does not come back, as far as a restoration reaches; what is no noun only where it reaches everything."""
    by_hand = held.by_hand(before, scope.kinds)
    notes = held.notes(before, scope.kinds, site.api.settings.account_sid)
    others = Remainder() if said.only else amiss.compared(held.document["beyond"], beyond.read(site.api))
    return Remainder((*by_hand, *others.by_hand), (*notes, *others.notes))

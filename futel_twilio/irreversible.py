"""What an undoing cannot bring back as it was, why, and what a person does about it: in words; pure.

A password, a released number and what another thing needs stay as they are; a credential that comes back has a
new password. All that is said before anything is done.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from futel_twilio import edits, phones, report
from futel_twilio.change import PASSWORD, Create, Delete, Update
from futel_twilio.kinds import CREDENTIAL_LIST, PHONE_NUMBER, kind_of
from futel_twilio.letters import first_word, option
from futel_twilio.model import Address, Credential, PhoneNumber, address_held

if TYPE_CHECKING:
    from collections.abc import Sequence

    from futel_twilio.change import Change, Plan
    from futel_twilio.model import Client, Estate, Noun
    from futel_twilio.runbook import Proposal


def clients_after(wish: Estate, planned: Sequence[edits.Edit]) -> tuple[Client, ...]:
    """The phones that the inventory will name once it is edited."""
    said = {client.name: client for client in wish.clients}
    for edit in planned:
        if isinstance(edit, edits.Phone) and edit.after:
            said[edit.after.name] = edit.after
        elif isinstance(edit, edits.Phone) and edit.before:
            said.pop(edit.before.name, None)
    return tuple(said.values())


def why_not(change: Change, changes: Plan, now: Estate, after: Sequence[Client]) -> str:
    """Why a change that undoes cannot be made, one of several; empty where it can.

    `now` is the account; `after` are the phones of the inventory that the undoing leaves behind.
    """
    why = _reason(change, changes, now, after)
    return f"{report.of_noun(change.noun)}: {why}" if why else ""


def _reason(change: Change, changes: Plan, now: Estate, after: Sequence[Client]) -> str:
    if isinstance(change, Delete):
        return _why_kept(change.noun, changes, now, after)
    if isinstance(change, Create) and kind_of(change.noun) is PHONE_NUMBER:
        return "was released, which cannot be undone; it can only be bought again"
    if isinstance(change, Update) and PASSWORD in change.settings:
        phone = getattr(change.noun, "username", "NAME")
        return (
            f"nobody knows the password before; `invoke rotate-credential {first_word(phone)}` gives another"
        )
    return ""


def _why_kept(noun: Noun, changes: Plan, now: Estate, after: Sequence[Client]) -> str:
    """Why a thing that was made is not taken away again."""
    number = next((n for n in now.numbers if isinstance(noun, PhoneNumber) and n.name == noun.name), None)
    if number:
        return f"was bought, and is kept; {_how_to_release(number, after)}"
    if kind_of(noun) is CREDENTIAL_LIST:
        return "is kept, since it may hold passwords; delete it in the Twilio console"
    moved = {change.noun.name for change in changes if isinstance(change, Update)}
    held = [
        n.name for n in now.numbers if address_held(n.emergency_address) == noun.name and n.name not in moved
    ]
    return f"is kept, since {held[0]} tells it to 911" if held and isinstance(noun, Address) else ""


def _how_to_release(number: PhoneNumber, after: Sequence[Client]) -> str:
    """The command that gives a number up, in the inventory that a recovery leaves behind."""
    callers = [client.name for client in after if client.caller_id == number.name]
    if len(callers) > 1:
        return f"it is the number of {' and '.join(callers)} in the inventory"
    name = callers[0] if callers else number.name
    flags = option("--release-number", number.name)
    flags += f" {option('--allow-911-loss', name)}" if number.emergency_address else ""
    if callers:
        how = f"`invoke delete-client {first_word(name)} {flags}`"
        return f"{how} releases it, and takes the phone out of the inventory"
    return f"`invoke delete-number {first_word(name, '--number')} {flags}` releases it"


def with_caveats(proposal: Proposal, wish: Estate, cannot: tuple[str, ...]) -> Proposal:
    """What is to be put back, with a word on what comes back otherwise: a password never does."""
    remade = [c.noun for c in proposal.plan if isinstance(c, Create) and isinstance(c.noun, Credential)]
    renewed = (
        f"{report.of_noun(one)}: comes back with a new password; {one.username} can call nobody until given that"
        for one in remade
    )
    found = proposal.reach
    cut_off = (client.name for one in remade for client in phones.clients_of(one, wish))
    found = replace(found, locked_out=(*found.locked_out, *cut_off))
    return replace(proposal, caveats=(*cannot, *renewed), sentence=phones.sentence(found))

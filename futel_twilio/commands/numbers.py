"""List available phone numbers; create, update and delete the account's own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from futel_twilio.commands.scopes import addresses_named, converge_part, part_of, read_for_removal, read_types
from futel_twilio.config import parsing
from futel_twilio.errors import BadInput
from futel_twilio.plan.changes import Scope
from futel_twilio.resources.phones import PhoneNumber
from futel_twilio.resources.types import ADDRESS, PHONE_NUMBER
from futel_twilio.text import first_word, option

if TYPE_CHECKING:
    from collections.abc import Collection

    from futel_twilio.apply.result import Result, RunOptions
    from futel_twilio.resources.state import AccountState
    from futel_twilio.workspace import Workspace

COUNTRY = "US"


@dataclass(frozen=True)
class AvailableNumber:
    """A number that can be bought."""

    phone_number: str
    locality: str
    region: str


def create_number(
    workspace: Workspace,
    number: str | None = None,
    area_code: str | None = None,
    env: str | None = None,
    options: RunOptions | None = None,
    allow_911_loss: Collection[str] = (),
) -> Result:
    """Buy a number and configure it as the inventory says, or for one environment where it names no phone.

    Of an area code, one that the account holds and no phone calls from is taken before another is bought: so
    that a run whose end nobody saw, run again, buys no second one.

    Raises:
        BadInput: neither or both of number and area code; there is none to be had; no environment to put it in.
    """
    if bool(number) == bool(area_code):
        raise BadInput("One of --number and --buy is needed.", "Name the number to buy, or an area code.")
    chosen = parsing.parse_number(number) if number else _spare(workspace, str(area_code))
    desired = state_with_number(workspace.desired, desired_number(workspace, chosen, env))
    scope = Scope((ADDRESS, PHONE_NUMBER), purchase=(chosen,), allow_911_loss=tuple(allow_911_loss))
    return converge_part(workspace, scope, options, desired)


def update_number(
    workspace: Workspace,
    number: str,
    take_over: Collection[str] = (),
    options: RunOptions | None = None,
    allow_911_loss: Collection[str] = (),
) -> Result:
    """Bring one number of the account to what the inventory says.

    Raises:
        BadInput: it is no number, or no phone of the inventory calls from it.
        Refused: the account does not hold it, or something else uses it.
    """
    chosen = parsing.parse_number(number)
    desired = next((n for n in workspace.desired.numbers if n.phone_number == chosen), None)
    if desired is None:
        raise BadInput(
            f"No phone of the inventory calls from {chosen}.",
            "`invoke list-numbers` shows the numbers; name it as the caller_id of a phone first.",
        )
    scope = Scope((ADDRESS, PHONE_NUMBER), take_over=tuple(take_over), allow_911_loss=tuple(allow_911_loss))
    return converge_part(workspace, scope, options, state_with_number(workspace.desired, desired))


def delete_number(
    workspace: Workspace,
    number: str,
    release: str | None,
    allow_911_loss: Collection[str] = (),
    options: RunOptions | None = None,
) -> Result:
    """Release a number, which never comes back, only when it is typed back as `release`; one that is gone is gone.

    Raises:
        BadInput: it was not typed back; a phone of the inventory calls from it.
        Refused: it tells 911 an address, and was not named in `allow_911_loss`.
    """
    chosen = parsing.parse_number(number)
    if chosen in workspace.desired.external_numbers:
        raise BadInput(
            f"{chosen} lives with another carrier, so there is nothing to release at Twilio.",
            "Take it out of external_numbers in clients.toml, if no phone calls from it any more.",
        )
    before = read_for_removal(
        workspace, (PHONE_NUMBER,), lambda found: any(n.phone_number == chosen for n in found.numbers)
    )
    held = tuple(n.phone_number for n in before.numbers if n.phone_number == chosen)
    telling = any(n.emergency_address for n in before.numbers if n.phone_number == chosen)
    _refuse_number_of_phones(workspace.desired, chosen)
    if release != chosen:
        loses = f" --allow-911-loss {chosen}" if telling and chosen not in allow_911_loss else ""
        raise BadInput(
            f"Releasing {chosen} cannot be undone, so you must type the number again.",
            f"To release it, run `invoke delete-number {chosen} --release-number {chosen}{loses}`.",
        )
    scope = Scope((PHONE_NUMBER,), remove=held, allow_911_loss=tuple(allow_911_loss))
    return converge_part(workspace, scope, options, part_of(workspace.desired, ()), before)


def _refuse_number_of_phones(desired: AccountState, number: str) -> None:
    """Refuse to release the number of phones, with the commands that delete them too.

    Args:
        desired: what the files say.
        number: the number.

    Raises:
        BadInput: phones call from it.
    """
    phones = [client for client in desired.clients if client.caller_id == number]
    if not phones:
        return
    # The last of them releases the number: as long as another phone has it, `delete-client` refuses that.
    *others, last = sorted(phones, key=lambda client: client.enable_emergency)
    # Any credential may call 911 through a domain that lets its list in, so each phone is named.
    deleting = [f"invoke delete-client {first_word(client.name)}" for client in (*others, last)]
    deleting[-1] += f" --release-number {number}"
    named = [option("--allow-911-loss", client.name) for client in (*others, last)]
    commands = [f"`{command} {name}`" for command, name in zip(deleting, named, strict=True)]
    raise BadInput(
        f"{number} is the number of {', '.join(client.name for client in phones)} in the inventory.",
        f"To delete the phone too, run {', then '.join(commands)}. Or give the phone another number first.",
    )


def available_numbers(
    workspace: Workspace,
    area_code: str | None = None,
    contains: str | None = None,
    limit: int = 20,
    country: str = COUNTRY,
) -> tuple[AvailableNumber, ...]:
    """Local numbers that can be bought now.

    Raises:
        BadInput: the area code is none.
        TwilioError: they could not be read.
    """
    filters = {"area_code": parsing.parse_area_code(area_code) if area_code else None, "contains": contains}
    wanted = {name: value for name, value in filters.items() if value}
    local = workspace.api.client.available_phone_numbers(country).local
    (found,) = workspace.api.gather_or_raise([lambda: local.list(**wanted, limit=limit, page_size=limit)])
    return tuple(
        AvailableNumber(str(n.phone_number), str(n.locality or ""), str(n.region or "")) for n in found
    )


def first_available(workspace: Workspace, area_code: str) -> str:
    """The first number of an area code that can be bought.

    Raises:
        BadInput: there is none.
    """
    found = available_numbers(workspace, area_code, limit=1)
    if not found:
        raise BadInput(
            f"Twilio has no number in area code {area_code}.",
            "Try another: `invoke list-available-numbers --area-code CODE` shows what there is.",
        )
    return found[0].phone_number


def _spare(workspace: Workspace, area_code: str) -> str:
    """A number of an area code that the account holds for nobody, or else the first that can be bought."""
    prefix = f"+1{parsing.parse_area_code(area_code)}"
    ours = {"", *(application.name for application in workspace.desired.applications)}
    used = {client.caller_id for client in workspace.desired.clients}
    spare = (
        number.phone_number
        for number in read_types(workspace, workspace.desired, (PHONE_NUMBER,)).numbers
        if number.phone_number.startswith(prefix)
        and number.phone_number not in used
        and number.voice_application in ours
        and not number.trunk_sid
    )
    return next(spare, None) or first_available(workspace, area_code)


def desired_number(workspace: Workspace, number: str, env: str | None) -> PhoneNumber:
    desired = next((n for n in workspace.desired.numbers if n.phone_number == number), None)
    if desired:
        return desired
    if env is None:
        raise BadInput(
            f"No phone of the inventory calls from {number}, so nothing says what should answer it.",
            "Add --env with the environment whose application is to answer, or use `invoke add-client`.",
        )
    workspace.environments(env)
    application = workspace.desired.clients_application.replace("{env}", env)
    return PhoneNumber(number, voice_application=application, sms_url="", sms_application="", environment=env)


def state_with_number(desired: AccountState, number: PhoneNumber) -> AccountState:
    """The desired state with one number and its 911 address, and nothing else of phones."""
    addresses = addresses_named(desired, number.emergency_address)
    return replace(part_of(desired, ()), numbers=(number,), addresses=addresses)

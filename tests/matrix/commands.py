"""The commands of the matrix: what stands before each, what is typed, and what must be so after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from tests.matrix.arena import PASSWORDS
from tests.matrix.reading import NUMBER
from tests.support.phones import own
from tests.support.sandbox import sdk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.matrix.arena import Arena
    from tests.matrix.reading import Files, Reading

STAGE, PROD = "https://stage.dialplans.phu73l.net", "https://prod.dialplans.phu73l.net"
NEW = "https://prod-2.example.com"
OWNED = ("+15035550101", "+15035550102", "+15035550103")
FREE = "+15035550150"
PHONE, NEIGHBOUR, ITS_NUMBER = "alder-street", "birch-corner", OWNED[0]
NEW_ADDRESS = "9 NW New St, Portland, OR 97209"
REHEARSED = "--skip-rehearsal 'the fault matrix' --yes"
KEPT = f"--password-file {PASSWORDS} --yes"
SECONDS_UNTIL_REGISTERED = 0.03
Claims: TypeAlias = "Callable[[Reading, Files], Iterator[tuple[str, bool]]]"


@dataclass(frozen=True)
class Command:
    """One row.

    Attributes:
        name: what it is called in the table.
        typed: what is typed after `invoke`.
        prepare: makes what stands before it.
        claims: what must hold afterwards, and whether it does.
        as_one: whether it is all or nothing, also where it fails.
        buys: how many numbers it may buy, however often it is run.
        may_lose_911: the numbers that may lose 911.
        undo: the flags besides `resume --undo`.
        finish: the flags besides `resume`: a loss of 911 needs its flag each time.
        takes_back: whether it undoes the run before it, which the history is to tell.
    """

    name: str
    typed: str
    prepare: Callable[[Arena], None] = field(repr=False)
    claims: Claims = field(repr=False)
    as_one: bool = False
    buys: int = 0
    may_lose_911: frozenset[str] = frozenset()
    undo: str = ""
    finish: str = ""
    takes_back: bool = False


def _typed(arena: Arena, *commands: str) -> None:
    for command in commands:
        ended = arena.type(command)
        if ended.code:
            raise AssertionError(f"{command}: {ended.err}")


def _nothing(arena: Arena) -> None:
    arena.box.settings(emergency_delay_seconds=SECONDS_UNTIL_REGISTERED)


def _set_up(arena: Arena) -> None:
    _nothing(arena)
    _typed(arena, "setup")


def _set_up_with_numbers(arena: Arena) -> None:
    _set_up(arena)
    own(arena.box, OWNED)


def _synced(arena: Arena) -> None:
    _set_up_with_numbers(arena)
    _typed(arena, *(f"sync-clients --env {env} {KEPT}" for env in ("prod", "stage")))


def _stage_at_the_new(arena: Arena) -> None:
    """Phones are there, and stage was where the new installation was tried: a promotion moves it off."""
    _synced(arena)
    with sdk(arena.box.url) as client:
        for one in (*client.applications.list(), *client.sip.domains.list()):
            if "stage" in one.friendly_name:
                one.update(voice_url=f"{NEW}/{one.voice_url.rpartition('/')[2]}")


def _promoted(arena: Arena) -> None:
    _stage_at_the_new(arena)
    _typed(arena, f"promote --env prod --dialplans {NEW} {REHEARSED}")


def _after_setup(account: Reading, files: Files) -> Iterator[tuple[str, bool]]:
    kinds = ("application", "domain", "credential_list", "usage_trigger")
    mappings = ("calls_credential_list_mapping", "registrations_credential_list_mapping")
    found = [len(account.of(kind)) for kind in (*kinds, *mappings)]
    yield (
        f"2 applications, 4 SIP domains, a list, a trigger, 4 and 4 mappings, not {found}",
        found == [2, 4, 1, 1, 4, 4],
    )
    yield from _at(account, files, STAGE, PROD)


def _at(account: Reading, files: Files, stage: str, prod: str) -> Iterator[tuple[str, bool]]:
    """Where both environments send their calls, and what estate.toml says of it."""
    for env, url in (("stage", stage), ("prod", prod)):
        yield f"{env} is at {url}", account.servers(env) == {url}
    yield f"estate.toml says {prod} of prod", files.dialplans("prod") == prod


def _after_update(account: Reading, files: Files) -> Iterator[tuple[str, bool]]:
    yield "stage is at the new URL", account.servers("stage") == {NEW}
    yield "prod is where it was", account.servers("prod") == {PROD}
    yield "estate.toml has it", files.dialplans("stage") == NEW


def _after_promotion(account: Reading, files: Files) -> Iterator[tuple[str, bool]]:
    yield from _at(account, files, STAGE, NEW)


def _after_rollback(account: Reading, files: Files) -> Iterator[tuple[str, bool]]:
    yield from _at(account, files, NEW, PROD)


def _phone_is_whole(account: Reading, files: Files, area: str, street: str) -> Iterator[tuple[str, bool]]:
    mine = [name for name, fields in account.of(NUMBER).items() if fields["friendly_name"] == PHONE]
    yield f"one number is its own, not {mine}", len(mine) == 1
    number = account.of(NUMBER)[mine[0]]
    yield f"it is of area {area}: {mine[0]}", mine[0].startswith(f"+1{area}")
    yield "the inventory names it", files.inventory[PHONE]["caller_id"] == mine[0]
    yield "prod answers it", number["voice_application_sid"] == "incoming-prod"
    yield f"911 has {street}", account.emergency_addresses.get(mine[0], "").startswith(street.upper())
    yield "it has a credential", f"sip-direct/{PHONE}" in account.of("credential")


def _after_buying(account: Reading, files: Files) -> Iterator[tuple[str, bool]]:
    yield from _phone_is_whole(account, files, "971", "1 SW Example St")


def _after_adding(account: Reading, files: Files) -> Iterator[tuple[str, bool]]:
    yield from _phone_is_whole(account, files, "503", "1 SW Example St")


def _after_moving(account: Reading, files: Files) -> Iterator[tuple[str, bool]]:
    yield from _phone_is_whole(account, files, "503", "9 NW New St")
    yield "clients.toml has it", files.details["client"][PHONE]["address"]["street"] == "9 NW New St"
    yield "its neighbour's is unchanged", account.emergency_addresses[OWNED[1]].startswith("200 SE")


def _after_sync(account: Reading, files: Files) -> Iterator[tuple[str, bool]]:
    yield from _phone_is_whole(account, files, "503", "1 SW Example St")
    yield "911 has two addresses", set(account.emergency_addresses) == set(OWNED[:2])
    phones = {f"sip-direct/{name}" for name in files.inventory if name != "dogwood-stage"}
    yield "each phone of prod has a credential, and no other", set(account.of("credential")) == phones


def _after_delete(account: Reading, files: Files) -> Iterator[tuple[str, bool]]:
    yield "its number is released", ITS_NUMBER not in account.of(NUMBER)
    yield "its credential is gone", f"sip-direct/{PHONE}" not in account.of("credential")
    yield "its neighbour is unchanged", account.emergency_addresses.get(OWNED[1], "").startswith("200 SE")
    yield "no file names it", PHONE not in files.inventory and PHONE not in files.details["client"]


DOMAINS_LOST = "--allow-911-loss direct-futel-stage --allow-911-loss direct-futel-prod"
PHONE_LOST = f"--allow-911-loss {PHONE}"
COMMANDS = (
    Command("setup", "setup", _nothing, _after_setup, undo=DOMAINS_LOST),
    Command(
        "update", f"update --env stage --dialplans {NEW} {REHEARSED}", _synced, _after_update, as_one=True
    ),
    Command(
        "promote",
        f"promote --env prod --dialplans {NEW} {REHEARSED}",
        _stage_at_the_new,
        _after_promotion,
        as_one=True,
    ),
    Command("rollback", "rollback --yes", _promoted, _after_rollback, as_one=True, takes_back=True),
    Command(
        "add-client --buy",
        f"add-client {PHONE} --env prod --buy 971 {KEPT}",
        _set_up,
        _after_buying,
        buys=1,
        undo=PHONE_LOST,
    ),
    Command(
        "add-client --number (to buy)",
        f"add-client {PHONE} --env prod --number {FREE} {KEPT}",
        _set_up,
        _after_adding,
        buys=1,
        undo=PHONE_LOST,
    ),
    Command(
        "add-client --number (held)",
        f"add-client {PHONE} --env prod --number {ITS_NUMBER} {KEPT}",
        _set_up_with_numbers,
        _after_adding,
        undo=PHONE_LOST,
    ),
    Command(
        "change-address", f"change-address {PHONE} --address '{NEW_ADDRESS}' --yes", _synced, _after_moving
    ),
    Command(
        "sync-clients",
        f"sync-clients --env prod {KEPT}",
        _set_up_with_numbers,
        _after_sync,
        # A credential that a SIP domain with 911 lets in may be one that somebody calls 911 with: each is named.
        undo=" ".join(f"--allow-911-loss {phone}" for phone in (PHONE, NEIGHBOUR, "cedar-lot", "elm-office")),
    ),
    Command(
        "delete-client --release-number",
        f"delete-client {PHONE} --release-number {ITS_NUMBER} --allow-911-loss {PHONE} --yes",
        _synced,
        _after_delete,
        finish=PHONE_LOST,
        may_lose_911=frozenset({ITS_NUMBER}),
    ),
)
BY_NAME = {command.name: command for command in COMMANDS}

"""The files and the account, opened together: for real, or on the embedded sandbox."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from futel_twilio.config import connection, estate, inventory, variables
from futel_twilio.errors import BadInput, Refused, both
from futel_twilio.passwords.ledger import LEDGER_FILE, Ledger
from futel_twilio.resources import dialplan_urls
from futel_twilio.twilio_api.client import Api
from futel_twilio.twilio_api.http import MAX_CONCURRENCY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from futel_twilio.config.connection import Connection
    from futel_twilio.resources.state import AccountState
    from futel_twilio.sandbox.server import Sandbox


@dataclass(frozen=True)
class Workspace:
    """One estate and the account that it is laid beside."""

    desired: AccountState
    api: Api
    estate_file: Path

    def environments(self, env: str | None) -> tuple[str, ...] | None:
        """The environments that a flag names: all (None) if it names none.

        Raises:
            BadInput: the estate has no environment of that name.
        """
        if env is None:
            return None
        estate.require_environment(env, (environment.name for environment in self.desired.environments))
        return (env,)

    def out_of_reach(self, environments: Sequence[str] | None = None) -> tuple[str, ...]:
        """The dialplans of environments (None: of all) that Twilio cannot reach, in words; a sandbox asks nobody."""
        if not self.api.connection.is_twilio:
            return ()
        looked_at = (e for e in self.desired.environments if environments is None or e.name in environments)
        found = ((e, dialplan_urls.why_unreachable(e.dialplans)) for e in looked_at)
        return tuple(f"{e.name}: {e.dialplans}: {why}" for e, why in found if why)

    def refuse_out_of_reach(self, environments: Sequence[str] | None) -> None:
        """Refuse to point calls where Twilio cannot ask.

        Raises:
            BadInput: it cannot.
        """
        faults = self.out_of_reach(environments)
        if faults:
            raise BadInput(
                "Twilio cannot reach these dialplans, so calls are not pointed there.",
                "Name a host that the internet reaches; `--profile sandbox` takes any, for a try.",
                faults,
            )


@contextmanager
def open_workspace(
    profile: str | None = None,
    *,
    directory: Path | None = None,
    dialplans: dict[str, str] | None = None,
    may_lack_address: Callable[[str], bool] = inventory.nobody,
) -> Iterator[Workspace]:
    """Open an estate and its account.

    Args:
        profile: a profile of the Twilio CLI, or `sandbox`; None for the other places of `config.connection`.
        directory: where estate.toml, .env and the sandbox's state lie; the working directory if None.
            Without an estate.toml there, the one of this project is taken.
        dialplans: base URLs in place of those in the estate file, by environment.
        may_lack_address: whether a phone needs no address in clients.toml, because the command gives it.

    Raises:
        BadInput: the estate file or the credentials have faults.
        Refused: the estate belongs to another account.
    """
    directory = directory or variables.here()
    estate_file = estate.estate_file_of(directory)
    desired, found = both(
        lambda: estate.load_estate(estate_file, dialplans, may_lack_address),
        lambda: connection.resolve_connection(profile, directory=directory),
    )
    refuse_another_account(desired, found)
    with connect(found, directory) as api:
        yield Workspace(desired, api, estate_file)


@contextmanager
def connect(found: Connection, directory: Path, at_once: int = MAX_CONCURRENCY) -> Iterator[Api]:
    """An open way to the account, with the embedded sandbox running if the settings want it."""
    if not found.embedded:
        api = Api(found, at_once=at_once)
        try:
            yield api
        finally:
            api.close()
        return
    with _embedded(directory / connection.SANDBOX_STATE) as box:
        api = Api(replace(found, url=box.url), at_once=at_once)
        try:
            yield api
        finally:
            api.close()


@contextmanager
def _embedded(state: Path) -> Iterator[Sandbox]:
    """The embedded sandbox, running.

    Raises:
        BadInput: its state file cannot be used.
    """
    from futel_twilio.sandbox.server import Sandbox

    box = Sandbox(state=state)
    try:
        box.start()
    except (OSError, sqlite3.Error) as error:
        raise BadInput(
            f"The embedded sandbox cannot start: {str(error).rstrip('.')}.",
            f"Move {state.name} aside, or run the command in a directory that you may write to.",
        ) from None
    try:
        yield box
    finally:
        box.stop()


def refuse_another_account(desired: AccountState, found: Connection) -> None:
    """Refuse credentials of another account than the estate names.

    Raises:
        Refused: they are.
    """
    if desired.account_sid and desired.account_sid.casefold() != found.account_sid.casefold():
        raise Refused(
            f"estate.toml belongs to account {desired.account_sid}, and the credentials are of "
            f"{found.account_sid} ({found.source}).",
            "Use that account's credentials (`invoke doctor`), or fix account_sid in estate.toml.",
        )


def ledger_of(workspace: Workspace) -> Ledger:
    """The password ledger of the account, beside estate.toml."""
    return Ledger(workspace.estate_file.with_name(LEDGER_FILE), workspace.api.connection.account_sid)

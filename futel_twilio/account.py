"""An estate and the account that it is laid beside, opened: for real, or on the embedded sandbox."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from futel_twilio import desired, inventory, settings, urls
from futel_twilio.client import AT_ONCE, Api
from futel_twilio.errors import BadInput, Refused, both

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from futel_twilio.model import Estate
    from futel_twilio.sandbox.server import Sandbox
    from futel_twilio.settings import Settings


@dataclass(frozen=True)
class Site:
    """One estate and the account that it is laid beside."""

    wish: Estate
    api: Api
    estate_file: Path

    def environments(self, env: str | None) -> tuple[str, ...] | None:
        """The environments that a flag names: all (None) if it names none.

        Raises:
            BadInput: the estate has no environment of that name.
        """
        if env is None:
            return None
        desired.require_environment(env, (environment.name for environment in self.wish.environments))
        return (env,)

    def out_of_reach(self, environments: Sequence[str] | None = None) -> tuple[str, ...]:
        """The dialplans of environments (None: of all) that Twilio cannot reach, in words; a sandbox asks nobody."""
        if not self.api.settings.is_twilio:
            return ()
        looked_at = (e for e in self.wish.environments if environments is None or e.name in environments)
        found = ((e, urls.out_of_reach(e.dialplans)) for e in looked_at)
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
def at(
    profile: str | None = None,
    *,
    directory: Path | None = None,
    dialplans: dict[str, str] | None = None,
    to_be_told: Callable[[str], bool] = inventory.nobody,
) -> Iterator[Site]:
    """Open an estate and its account.

    Args:
        profile: a profile of the Twilio CLI, or `sandbox`; None for the other places of `settings`.
        directory: where estate.toml, .env and the sandbox's state lie; the working directory if None.
            Without an estate.toml there, the one of this project is taken.
        dialplans: base URLs in place of those in the estate file, by environment.
        to_be_told: of which phones the command itself says where they stand, so that clients.toml need not.

    Raises:
        BadInput: the estate file or the credentials have faults.
        Refused: the estate belongs to another account.
    """
    directory = directory or settings.here()
    estate_file = desired.estate_file_of(directory)
    wish, found = both(
        lambda: desired.load(estate_file, dialplans, to_be_told),
        lambda: settings.resolve(profile, directory=directory),
    )
    refuse_another_account(wish, found)
    with reached(found, directory) as api:
        yield Site(wish, api, estate_file)


@contextmanager
def reached(found: Settings, directory: Path, at_once: int = AT_ONCE) -> Iterator[Api]:
    """An open way to the account, with the embedded sandbox running if the settings want it."""
    if not found.embedded:
        api = Api(found, at_once=at_once)
        try:
            yield api
        finally:
            api.close()
        return
    with _embedded(directory / settings.SANDBOX_STATE) as box:
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
    import sqlite3

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


def refuse_another_account(wish: Estate, found: Settings) -> None:
    """Refuse credentials of another account than the estate names.

    Raises:
        Refused: they are.
    """
    if wish.account_sid and wish.account_sid.casefold() != found.account_sid.casefold():
        raise Refused(
            f"estate.toml belongs to account {wish.account_sid}, and the credentials are of "
            f"{found.account_sid} ({found.source}).",
            "Use that account's credentials (`invoke doctor`), or mend account_sid in estate.toml.",
        )


@contextmanager
def sandbox(
    port: str = "0",
    state: str = settings.SANDBOX_STATE,
    latency_ms: str = "0",
    accounts: Sequence[str] = (),
    *,
    reset: bool = False,
) -> Iterator[Sandbox]:
    """A running sandbox.

    Raises:
        BadInput: the port is taken or not a port, the latency is not a number, or an account is not
            SID:SECRET; all that can be told beforehand at once.
    """
    import sqlite3

    from futel_twilio.sandbox.server import Sandbox

    faults = (
        *([] if _is_number(port, 65535) else [f"--port {port}: not a port, 0 to 65535"]),
        *(
            []
            if _is_number(latency_ms, 60_000)
            else [f"--latency {latency_ms}: not milliseconds, 0 to 60000"]
        ),
    )
    if faults:
        raise BadInput("The sandbox cannot start.", "See `invoke sandbox --help`.", faults)
    try:
        box = Sandbox(state=state, port=int(port), latency_ms=int(latency_ms), accounts=accounts)
        box.start()
    except (OSError, sqlite3.Error, ValueError) as error:
        raise BadInput(
            f"The sandbox cannot start: {str(error).rstrip('.')}.",
            "Mend that and try again: `--port 0` takes a free port, `invoke sandbox --help` tells the rest.",
        ) from None
    try:
        if reset:
            box.reset()
        yield box
    finally:
        box.stop()


def _is_number(text: str, most: int) -> bool:
    return re.fullmatch(r"[0-9]{1,9}", text) is not None and int(text) <= most

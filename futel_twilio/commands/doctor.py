"""Is the set-up right: which credentials, which account, what they may do. Nothing is written."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from futel_twilio.config import connection, estate, variables
from futel_twilio.config.faults import FaultyFiles
from futel_twilio.errors import BadInput, FutelTwilioError, TwilioError
from futel_twilio.files import gitignore
from futel_twilio.rehearsal import runner
from futel_twilio.text import quoted
from futel_twilio.workspace import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from futel_twilio.config.connection import Connection
    from futel_twilio.resources.state import AccountState
    from futel_twilio.twilio_api.client import Api

HELD_BACK = (  # what holds secrets or addresses and lies beside estate.toml
    ".env",
    "credentials-ledger.jsonl",
    "journal.jsonl",
    "last-audit.json",
    "passwords*",
    "report",
    "sandbox.sqlite",
    "snapshot-*.json",
    ".wish-ready.json",
)


@dataclass(frozen=True)
class Finding:
    """One thing that the doctor looked at: whether it is well, and in words, a line each."""

    subject: str
    ok: bool
    lines: tuple[str, ...]


def examine(profile: str | None = None, *, directory: Path | None = None) -> Iterator[Finding]:
    """Look whether the set-up is right: the estate file, the credentials, the account, what they may do.

    Nothing is written, so a missing right to write cannot be seen; each finding says what was tried.
    """
    directory = directory or variables.here()
    desired: AccountState | None = None
    try:
        path = estate.estate_file_of(directory)
        desired = estate.load_estate(path)
        yield Finding(
            "estate.toml",
            True,
            (f"{path}, well; environments {', '.join(e.name for e in desired.environments)}",),
        )
    except FaultyFiles as error:
        yield from _of_faults(error)
    except FutelTwilioError as error:
        yield Finding("estate.toml", False, error.lines)
    yield from _of_private_files(directory)
    try:
        found = connection.resolve_connection(profile, directory=directory)
    except BadInput as error:
        yield Finding("credentials", False, error.lines)
        return
    yield from _of_settings(found, desired)
    with connect(found, directory) as api:
        yield from _of_rights(api)


def _of_faults(error: FaultyFiles) -> Iterator[Finding]:
    """A finding for each file that has faults, in the words of the commands that refuse them."""
    for about, faults in (("estate.toml", error.of_estate), ("client inventory", error.of_clients)):
        said = (error.message, *(f"  {fault}" for fault in faults), error.hint)
        yield Finding(about, not faults, said if faults else ("well",))


def _of_settings(found: Connection, desired: AccountState | None) -> Iterator[Finding]:
    passed = "".join(f"; {place}" for place in found.searched)
    yield Finding("credentials", True, (f"from {found.source}{passed}",))
    how = "signed with the auth token" if found.signing_token else f"unsigned; {runner.HOW_TO_SIGN}"
    yield Finding("rehearsals", True, (how,))
    yield Finding("server", True, (found.target + "".join(f", {n} {v}" for n, v in _edge(found)),))
    belongs = (
        desired is None
        or not desired.account_sid
        or desired.account_sid.casefold() == found.account_sid.casefold()
    )
    named = (
        ""
        if desired is None or not desired.account_sid
        else f"; estate.toml belongs to {desired.account_sid}"
    )
    yield Finding("account", belongs, (found.account_sid + named,))


def _of_private_files(directory: Path) -> Iterator[Finding]:
    """The files that hold secrets or addresses: who can read them, and whether git would take them."""
    for path in connection.files_with_secrets(directory):
        if _others_read(path):
            said = f"other users of this machine can read {path}: run `chmod 600 {quoted(path)}`"
            yield Finding(path.name, False, (said,))
    held = sorted(path for pattern in HELD_BACK for path in directory.glob(pattern))
    offered = gitignore.offers(held, "secrets or addresses")
    if offered:
        yield Finding("git", False, offered)


def _others_read(path: Path) -> bool:
    try:
        return os.name == "posix" and bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    except OSError:
        return False


def _edge(found: Connection) -> Iterator[tuple[str, str]]:
    if found.edge:
        yield "edge", found.edge
    if found.region:
        yield "region", found.region


def _lines(error: TwilioError, api: Api) -> tuple[str, ...]:
    """An error in words; what elsewhere leads here says here where the credentials come from."""
    if "`invoke doctor`" not in error.hint:
        return error.lines
    remedy = "Copy the account SID and its key or token again"
    return (*error.lines[:-1], f"{remedy}: they come from {api.connection.source}.")


def _of_rights(api: Api) -> Iterator[Finding]:
    client = api.client
    probes: dict[str, Callable[[], object]] = {
        "read TwiML applications": lambda: client.applications.list(limit=1, page_size=1),
        "read SIP domains": lambda: client.sip.domains.list(limit=1, page_size=1),
        "read credential lists": lambda: client.sip.credential_lists.list(limit=1, page_size=1),
        "read the account": lambda: client.api.v2010.accounts(api.connection.account_sid).fetch(),
    }
    answers = api.gather(list(probes.values()))
    if isinstance(answers[0], TwilioError) and all(isinstance(answer, TwilioError) for answer in answers):
        yield Finding("reach the account", False, _lines(answers[0], api))
        return
    for about, answer in zip(probes, answers, strict=True):
        if not isinstance(answer, TwilioError):
            yield Finding(about, True, ("yes",))
        elif about == "read the account" and api.connection.username.startswith("SK"):
            # A standard API key is answered 401 here by design: Twilio's Key resource page.
            yield Finding(about, True, ("no, as for every standard API key; nothing here needs it",))
        else:
            yield Finding(about, False, _lines(answer, api))

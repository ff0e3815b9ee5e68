"""Decide which account, credentials and server a command uses."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from futel_twilio.config import cli_profiles, variables
from futel_twilio.config.cli_profiles import Config, Profile
from futel_twilio.config.variables import VARIABLES, _dotenv, here, home
from futel_twilio.errors import BadInput, both
from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SANDBOX = "sandbox"
SANDBOX_STATE = "sandbox.sqlite"
ACCOUNT_SID = re.compile(r"AC[0-9a-fA-F]{32}")


@dataclass(frozen=True)
class Connection:
    """How to reach one account.

    Attributes:
        account_sid: the account.
        username: the account SID or the SID of an API key.
        secret: the auth token or the secret of the key; never shown.
        source: where the credentials came from, in words.
        searched: every place that was looked in before, with what was found there.
        url: the server to talk to instead of Twilio; empty for Twilio.
        edge: Twilio's edge; empty for its default.
        region: Twilio's region; empty for its default.
        embedded: whether this run starts the embedded sandbox.
        auth_token: the account's auth token beside an API key; it signs rehearsals, and is sent nowhere.
        twin_of: the account that this sandbox stands for (`--twin`); None if it stands for none.
    """

    account_sid: str
    username: str
    secret: str = field(repr=False)
    source: str
    searched: tuple[str, ...] = ()
    url: str = ""
    edge: str = ""
    region: str = ""
    embedded: bool = False
    auth_token: str = field(default="", repr=False)
    twin_of: Connection | None = field(default=None, repr=False)

    @property
    def signing_token(self) -> str:
        """The auth token that Twilio signs its requests to the dialplans with; empty where none is at hand."""
        if self.twin_of:
            return self.twin_of.signing_token
        return self.secret if self.username == self.account_sid else self.auth_token

    @property
    def is_twilio(self) -> bool:
        """Whether the account is at Twilio itself, and not on a sandbox."""
        return self.twin_of.is_twilio if self.twin_of else not self.url and not self.embedded

    @property
    def is_sandbox(self) -> bool:
        """Whether this is the sandbox's own account: nothing that is done there reaches a phone."""
        return self.account_sid == DEFAULT_ACCOUNT_SID

    @property
    def target(self) -> str:
        """The server in words."""
        if self.embedded:
            return f"the embedded sandbox ({SANDBOX_STATE} in this directory)"
        return self.url or "Twilio"


def resolve_connection(
    profile: str | None = None, *, directory: Path | None = None, environ: Mapping[str, str] | None = None
) -> Connection:
    """Find the credentials.

    Args:
        profile: a profile of the Twilio CLI, or `sandbox`.
        directory: where `.env` is looked for; the working directory if None.
        environ: the process environment; `os.environ` if None.

    Raises:
        BadInput: there are no credentials, or half of them, or the server's URL is not allowed.
    """
    env = dict(os.environ if environ is None else environ)
    dotenv = _dotenv((directory or here()) / ".env")
    places = {**dotenv, **{name: value for name, value in env.items() if value}}
    variables.refuse_unclean(_asked_for(profile), env, dotenv)
    url = variables.checked_url(places.get("FUTEL_TWILIO_URL", ""))
    settings = _by_profile(profile, env) if profile is not None else _by_order(env, dotenv)
    if not url.startswith("http:") and profile != SANDBOX:
        variables.require_authorities(env)
    return Connection(
        account_sid=settings["account_sid"],
        username=settings["username"],
        secret=settings["secret"],
        source=settings["source"],
        searched=tuple(settings.get("looked", ())),
        url=url,
        edge=places.get("TWILIO_EDGE") or settings.get("edge") or "",
        region=places.get("TWILIO_REGION") or settings.get("region") or "",
        embedded=profile == SANDBOX and not url,
        auth_token=_token_of(settings["account_sid"], env, dotenv),
    )


def _asked_for(profile: str | None) -> tuple[str, ...]:
    """The variables that are read: of those of credentials none with a profile, but for the token that signs."""
    signing = () if profile == SANDBOX else ("TWILIO_AUTH_TOKEN",)
    return tuple(VARIABLES) if profile is None else (*variables.OF_EVERY_RUN, *signing)


def _token_of(account_sid: str, *places: Mapping[str, str]) -> str:
    """The auth token of the first place that has one and names this account: another's would sign for another."""
    ours = (p for p in places if p.get("TWILIO_ACCOUNT_SID", "").casefold() == account_sid.casefold())
    return next((token for place in ours if (token := place.get("TWILIO_AUTH_TOKEN"))), "")


def notify_url() -> str:
    """The URL that `--notify env` stands for; it holds secrets.

    Raises:
        BadInput: it is not set.
    """
    url = os.environ.get("FUTEL_TWILIO_NOTIFY", "")
    if not url:
        raise BadInput("FUTEL_TWILIO_NOTIFY is not set.", "Set it to a URL of apprise, or give --notify URL.")
    return url


def replayed() -> Connection:
    """Settings for answers from a cassette: an account that is nobody's, and no server."""
    return Connection(DEFAULT_ACCOUNT_SID, DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN, "a cassette")


def _by_profile(profile: str, env: dict[str, str]) -> dict[str, Any]:
    if profile == SANDBOX:
        return {
            "account_sid": DEFAULT_ACCOUNT_SID,
            "username": DEFAULT_ACCOUNT_SID,
            "secret": DEFAULT_AUTH_TOKEN,
            "source": "--profile sandbox",
        }
    config, path = _cli(env)
    if profile not in config.profiles:
        known = ", ".join(sorted({SANDBOX, *config.profiles}))
        raise BadInput(
            f"There is no profile {profile!r} in {path}.{_nearest(profile, (SANDBOX, *config.profiles))}",
            f"Use one of: {known}; or make it with `twilio profiles:create`.",
        )
    return _of_cli_profile(profile, config.profiles[profile], f"--profile {profile} ({path})")


def _nearest(profile: str, known: Iterable[str]) -> str:
    """The profile that may have been meant, as a question; empty where none is near."""
    by_lower_case = {name.casefold(): name for name in known}
    near = get_close_matches(profile.casefold(), by_lower_case, 1)
    return f" Did you mean {by_lower_case[near[0]]}?" if near else ""


def _by_order(env: dict[str, str], dotenv: dict[str, str]) -> dict[str, Any]:
    looked: list[str] = []
    for place, values in (("the TWILIO_* environment variables", env), ("the file .env", dotenv)):
        found = _of_variables(values, place)
        if found:
            return {**found, "looked": looked}
        looked.append(f"{place}: TWILIO_ACCOUNT_SID is not set")
    config, path = _cli(env)
    active = config.active
    if active in config.profiles:
        if config.demands_profile:
            raise BadInput(
                f"{path} demands that each command names its profile (requireProfileInput).",
                f"Add --profile, such as `--profile {shlex.quote(active)}`.",
            )
        source = f"the Twilio CLI's active profile {active!r} ({path})"
        return {**_of_cli_profile(active, config.profiles[active], source), "looked": looked}
    looked.append(f"{path}: {_without_active(config)}")
    raise BadInput(
        "No Twilio credentials were found.",
        "Set them in one of these places, or try the tool on the sandbox with `--profile sandbox`.",
        ("--profile: not given", *looked),
    )


def _without_active(config: Config) -> str:
    """Why the Twilio CLI's file names no credentials."""
    if not config.is_there:
        return "not there"
    if config.active:
        return f"its active profile {config.active!r} is not there"
    known = f"; `twilio profiles:use` sets one of {', '.join(sorted(config.profiles))}"
    return f"no active profile{known if config.profiles else ''}"


def _of_variables(values: Mapping[str, str], place: str) -> dict[str, Any] | None:
    named = {name: values.get(name, "") for name in VARIABLES if name.startswith("TWILIO_A")}
    if not any(named.values()):
        return None
    account_sid = named["TWILIO_ACCOUNT_SID"]
    key, key_secret, token = (named[n] for n in ("TWILIO_API_KEY", "TWILIO_API_SECRET", "TWILIO_AUTH_TOKEN"))
    if key and key_secret:
        username, secret, how = key, key_secret, "API key"
    else:
        username, secret, how = account_sid, token, "auth token"
    if not account_sid or not secret or bool(key) != bool(key_secret):
        have = ", ".join(sorted(name for name, value in named.items() if value))
        raise BadInput(
            f"The credentials in {place} are not complete: there is only {have}.",
            "Set TWILIO_ACCOUNT_SID with TWILIO_API_KEY and TWILIO_API_SECRET, or with TWILIO_AUTH_TOKEN.",
        )
    return checked_login(account_sid, username, secret, f"{place} ({how})")


def checked_login(account_sid: str, username: str, secret: str, source: str) -> dict[str, Any]:
    both(lambda: _require_account(account_sid, source), lambda: _require_user(username, source))
    return {"account_sid": account_sid, "username": username, "secret": secret, "source": source}


def _require_account(account_sid: str, source: str) -> None:
    if not ACCOUNT_SID.fullmatch(account_sid):
        raise BadInput(
            f"The account SID from {source} is not AC and 32 hexadecimal digits.",
            "Copy it from the first page of the Twilio console.",
        )


def _require_user(username: str, source: str) -> None:
    # Without a key the user is the account, whose SID is named once.
    if not re.fullmatch(r"(AC|SK)[0-9a-fA-F]{32}", username) and not username.startswith("AC"):
        raise BadInput(
            f"The API key from {source} is not SK and 32 hexadecimal digits.",
            "Copy the key's SID, not its name or secret, into TWILIO_API_KEY.",
        )


def _cli(env: Mapping[str, str]) -> tuple[Config, str]:
    """What the Twilio CLI's file says, and what to call it."""
    if env.get("TWILIO_CONFIG_DIR"):
        path = Path(env["TWILIO_CONFIG_DIR"]) / "config.json"
        return cli_profiles.load(path, str(path)), str(path)
    base = home(env)
    called = str(Path("~") / ".twilio-cli" / "config.json")
    return (cli_profiles.load(base / ".twilio-cli" / "config.json", called) if base else Config()), called


def files_with_secrets(directory: Path) -> tuple[Path, ...]:
    """The files that credentials may come from, there or not: `.env`, and the Twilio CLI's."""
    base, folder = home(), os.environ.get("TWILIO_CONFIG_DIR")
    cli = Path(folder) if folder else base / ".twilio-cli" if base else None
    return (directory / ".env", *([cli / "config.json"] if cli else []))


def _of_cli_profile(name: str, profile: Profile, source: str) -> dict[str, Any]:
    if not profile.is_whole:
        raise BadInput(
            f"The Twilio CLI's profile {name!r} has no key and secret (older versions kept them elsewhere).",
            f"Make it again with `twilio profiles:create -p {shlex.quote(name)}`.",
        )
    faults = [
        f"{field}: {what}"
        for field, value in (
            ("apiSecret", profile.api_secret),
            ("region", profile.region),
            ("edge", profile.edge),
        )
        if value and (what := variables.unclean(value))
    ]
    if faults:
        raise BadInput(f"The profile from {source} is not as it should be.", "Make it again.", tuple(faults))
    checked = checked_login(profile.account_sid, profile.api_key, profile.api_secret, source)
    return {**checked, "edge": profile.edge, "region": profile.region}

"""Which credentials, which account, which server: resolved once, in one order, with the reasons kept.

The only file that reads the process environment. The order: `--profile NAME`; TWILIO_* variables; a
`.env` file; the active profile of the Twilio CLI. Where a place holds half of what is needed the run
stops there, since going on would reach an account that nobody meant.

Source of the CLI's file: twilio-cli-core `config.js`, where the id of the active profile is stored
under `activeProject`.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from futel_twilio.errors import BadInput
from futel_twilio.sandbox.defaults import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SANDBOX = "sandbox"
SANDBOX_STATE = "sandbox.sqlite"
ACCOUNT_SID = re.compile(r"AC[0-9a-fA-F]{32}")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
VARIABLES = {
    "TWILIO_ACCOUNT_SID": "the account, AC and 32 hexadecimal digits",
    "TWILIO_API_KEY": "an API key, SK and 32 hexadecimal digits; better than the auth token",
    "TWILIO_API_SECRET": "the secret of that key",
    "TWILIO_AUTH_TOKEN": "the account's auth token, where there is no API key; beside one, it signs rehearsals alone",
    "TWILIO_EDGE": "the edge that requests enter by, such as umatilla",
    "TWILIO_REGION": "the region that requests are processed in, such as us1",
    "TWILIO_CONFIG_DIR": "the folder of the Twilio CLI's config.json, if not ~/.twilio-cli",
    "FUTEL_TWILIO_URL": "sends every request of every Twilio product to this server instead",
    "FUTEL_TWILIO_NOTIFY": "the URL that `audit --notify env` tells",
}


@dataclass(frozen=True)
class Settings:
    """How to reach one account.

    Attributes:
        account_sid: the account.
        username: the account SID or the SID of an API key.
        secret: the auth token or the secret of the key; never shown.
        source: where the credentials came from, in words.
        looked: every place that was looked in before, with what was found there.
        url: the server to talk to instead of Twilio; empty for Twilio.
        edge: Twilio's edge; empty for its default.
        region: Twilio's region; empty for its default.
        embedded: whether the embedded sandbox is to be started for this run.
        auth_token: the account's auth token beside an API key; it signs rehearsals, and is sent nowhere.
    """

    account_sid: str
    username: str
    secret: str = field(repr=False)
    source: str
    looked: tuple[str, ...] = ()
    url: str = ""
    edge: str = ""
    region: str = ""
    embedded: bool = False
    auth_token: str = field(default="", repr=False)

    @property
    def signing_token(self) -> str:
        """The auth token that Twilio signs its requests to the dialplans with; empty where none is at hand."""
        return self.secret if self.username == self.account_sid else self.auth_token

    @property
    def is_twilio(self) -> bool:
        """Whether the account is at Twilio itself, and not on a sandbox."""
        return not self.url and not self.embedded

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


def resolve(
    profile: str | None = None, *, directory: Path | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """Find the credentials.

    Args:
        profile: a profile of the Twilio CLI, or `sandbox`.
        directory: where `.env` is looked for; the working directory if None.
        environ: the process environment; `os.environ` if None.

    Raises:
        BadInput: there are no credentials, or half of them, or the server's URL is not allowed.
    """
    env = dict(os.environ if environ is None else environ)
    dotenv = _dotenv((directory or Path.cwd()) / ".env")
    places = {**dotenv, **{name: value for name, value in env.items() if value}}
    url = _checked_url(places.get("FUTEL_TWILIO_URL", ""))
    settings = _by_profile(profile, env) if profile is not None else _by_order(env, dotenv)
    return Settings(
        account_sid=settings["account_sid"],
        username=settings["username"],
        secret=settings["secret"],
        source=settings["source"],
        looked=tuple(settings.get("looked", ())),
        url=url,
        edge=places.get("TWILIO_EDGE") or settings.get("edge") or "",
        region=places.get("TWILIO_REGION") or settings.get("region") or "",
        embedded=profile == SANDBOX and not url,
        auth_token=_token_of(settings["account_sid"], env, dotenv),
    )


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


def replayed() -> Settings:
    """Settings for answers from a cassette: an account that is nobody's, and no server."""
    return Settings(DEFAULT_ACCOUNT_SID, DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN, "a cassette")


def _dotenv(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    from dotenv import dotenv_values
    from dotenv.parser import parse_stream

    with path.open(encoding="utf-8") as lines:
        broken = [str(binding.original.line) for binding in parse_stream(lines) if binding.error]
    if broken:
        raise BadInput(
            f"The file .env cannot be read in line {', '.join(broken)}.", "Write each line as NAME=value."
        )
    values = dotenv_values(path, interpolate=False)
    return {name: value for name, value in values.items() if value and name in VARIABLES}


def _checked_url(url: str) -> str:
    if not url:
        return ""
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query:
        raise BadInput(
            "FUTEL_TWILIO_URL holds a user name, a password or a query, which do not belong there.",
            "Set it to http://127.0.0.1:PORT or to an https URL; credentials go into TWILIO_* variables.",
        )
    if parts.scheme == "https" and parts.hostname:
        return url.rstrip("/")
    if parts.scheme == "http" and parts.hostname in LOOPBACK:
        return url.rstrip("/")
    raise BadInput(
        f"FUTEL_TWILIO_URL is {url}, which is neither https nor, for this machine only, http.",
        "Set it to http://127.0.0.1:PORT or to an https URL, or unset it.",
    )


def _by_profile(profile: str, env: dict[str, str]) -> dict[str, Any]:
    if profile == SANDBOX:
        return {
            "account_sid": DEFAULT_ACCOUNT_SID,
            "username": DEFAULT_ACCOUNT_SID,
            "secret": DEFAULT_AUTH_TOKEN,
            "source": "--profile sandbox",
        }
    path = _cli_config_path(env)
    profiles = _cli_profiles(path)
    if profile not in profiles:
        known = ", ".join(sorted({SANDBOX, *profiles}))
        raise BadInput(
            f"There is no profile {profile!r} in {_short(path)}.{_nearest(profile, (SANDBOX, *profiles))}",
            f"Use one of: {known}; or make it with `twilio profiles:create`.",
        )
    return _of_cli_profile(profile, profiles[profile], f"--profile {profile} ({_short(path)})")


def _nearest(profile: str, known: Iterable[str]) -> str:
    """The profile that may have been meant, as a question; empty where none is near."""
    from difflib import get_close_matches

    by_small_letters = {name.casefold(): name for name in known}
    near = get_close_matches(profile.casefold(), by_small_letters, 1)
    return f" Did you mean {by_small_letters[near[0]]}?" if near else ""


def _by_order(env: dict[str, str], dotenv: dict[str, str]) -> dict[str, Any]:
    looked: list[str] = []
    for place, values in (("the TWILIO_* environment variables", env), ("the file .env", dotenv)):
        found = _of_variables(values, place)
        if found:
            return {**found, "looked": looked}
        looked.append(f"{place}: TWILIO_ACCOUNT_SID is not set")
    path = _cli_config_path(env)
    config = _cli_config(path)
    active = config.get("activeProject")
    profiles = _cli_profiles(path)
    if active in profiles:
        source = f"the Twilio CLI's active profile {active!r} ({_short(path)})"
        return {**_of_cli_profile(str(active), profiles[str(active)], source), "looked": looked}
    gone = f"its active profile {active!r} is not there" if active else "no active profile"
    looked.append(f"{_short(path)}: {gone if config else 'not there'}")
    raise BadInput(
        "No Twilio credentials were found.",
        "Set them in one of these places, or try the tool on the sandbox with `--profile sandbox`.",
        ("--profile: not given", *looked),
    )


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
    return _checked(account_sid, username, secret, f"{place} ({how})")


def _checked(account_sid: str, username: str, secret: str, source: str) -> dict[str, Any]:
    if not ACCOUNT_SID.fullmatch(account_sid):
        raise BadInput(
            f"The account SID from {source} is not AC and 32 hexadecimal digits.",
            "Copy it from the first page of the Twilio console.",
        )
    if not re.fullmatch(r"(AC|SK)[0-9a-fA-F]{32}", username):
        raise BadInput(
            f"The API key from {source} is not SK and 32 hexadecimal digits.",
            "Copy the key's SID, not its name or secret, into TWILIO_API_KEY.",
        )
    return {"account_sid": account_sid, "username": username, "secret": secret, "source": source}


def _cli_config_path(env: dict[str, str]) -> Path:
    if env.get("TWILIO_CONFIG_DIR"):
        return Path(env["TWILIO_CONFIG_DIR"]) / "config.json"
    home = env.get("HOME") or env.get("USERPROFILE") or str(Path.home())
    return Path(home) / ".twilio-cli" / "config.json"


def _short(path: Path) -> str:
    home = str(Path.home())
    return str(path).replace(home, "~", 1) if str(path).startswith(home) else str(path)


def _cli_config(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        config = None
    if not isinstance(config, dict):
        raise BadInput(
            f"The Twilio CLI's file {_short(path)} cannot be read as JSON.",
            "Mend it with `twilio profiles:list`, or name other credentials.",
        )
    return config


def _cli_profiles(path: Path) -> dict[str, dict[str, Any]]:
    profiles = _cli_config(path).get("profiles")
    named = profiles if isinstance(profiles, dict) else {}
    return {str(name): profile if isinstance(profile, dict) else {} for name, profile in named.items()}


def _of_cli_profile(name: str, profile: dict[str, Any], source: str) -> dict[str, Any]:
    if not profile.get("apiKey") or not profile.get("apiSecret") or not profile.get("accountSid"):
        raise BadInput(
            f"The Twilio CLI's profile {name!r} has no key and secret (older versions kept them elsewhere).",
            f"Make it again with `twilio profiles:create -p {name}`.",
        )
    checked = _checked(str(profile["accountSid"]), str(profile["apiKey"]), str(profile["apiSecret"]), source)
    return {**checked, "edge": profile.get("edge"), "region": profile.get("region")}

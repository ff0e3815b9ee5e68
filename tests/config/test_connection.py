"""Settings: which credentials are taken, and why."""

from __future__ import annotations

import codecs
import json
import os
import re
from pathlib import Path

import certifi
import pytest

from futel_twilio.config.connection import Connection, resolve_connection
from futel_twilio.config.variables import VARIABLES
from futel_twilio.errors import BadInput
from tests.support.paths import PROJECT

ACCOUNT = "AC" + "1" * 32
OTHER = "AC" + "2" * 32
KEY = "SK" + "3" * 32
BY_TOKEN = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "token-of-environment"}
BY_KEY = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_API_KEY": KEY, "TWILIO_API_SECRET": "key-of-environment"}


def cli_profiles(directory: Path, active: str | None = "futel") -> dict[str, str]:
    """A Twilio CLI configuration with one profile, and the environment that names it."""
    profile = {
        "accountSid": OTHER,
        "apiKey": KEY,
        "apiSecret": "key-of-cli",
        "edge": "umatilla",
        "region": "us1",
    }
    (directory / "config.json").write_text(
        json.dumps({"profiles": {"futel": profile}, "activeProject": active})
    )
    return {"TWILIO_CONFIG_DIR": str(directory)}


def dotenv(directory: Path) -> None:
    (directory / ".env").write_text(f"TWILIO_ACCOUNT_SID={OTHER}\nTWILIO_AUTH_TOKEN='token-of-dotenv'\n")


def secret_of(directory: Path, environ: dict[str, str], profile: str | None = None) -> str:
    return resolve_connection(profile, directory=directory, environ=environ).secret


def test_profile_beats_environment(tmp_path: Path) -> None:
    """--profile is taken before everything else."""
    dotenv(tmp_path)
    assert secret_of(tmp_path, {**BY_TOKEN, **cli_profiles(tmp_path)}, "futel") == "key-of-cli"


def test_environment_beats_dotenv(tmp_path: Path) -> None:
    """The TWILIO_* variables are taken before .env."""
    dotenv(tmp_path)
    assert secret_of(tmp_path, {**BY_TOKEN, **cli_profiles(tmp_path)}) == "token-of-environment"


def test_dotenv_beats_cli(tmp_path: Path) -> None:
    """.env is taken before the active profile of the Twilio CLI."""
    dotenv(tmp_path)
    assert secret_of(tmp_path, cli_profiles(tmp_path)) == "token-of-dotenv"


def test_cli_is_last(tmp_path: Path) -> None:
    """Without anything else the CLI's active profile is taken, with its edge and region, and reports it."""
    found = resolve_connection(directory=tmp_path, environ=cli_profiles(tmp_path))
    assert (found.account_sid, found.username, found.secret) == (OTHER, KEY, "key-of-cli")
    assert (found.edge, found.region) == ("umatilla", "us1")
    assert "active profile 'futel'" in found.source
    assert len(found.searched) == 2


def test_key_beats_token(tmp_path: Path) -> None:
    """Where both an API key and an auth token are set, the key is used."""
    found = resolve_connection(directory=tmp_path, environ={**BY_TOKEN, **BY_KEY})
    assert (found.username, found.secret) == (KEY, "key-of-environment")


def test_edge_of_the_environment_wins(tmp_path: Path) -> None:
    """TWILIO_EDGE and TWILIO_REGION are honoured, over those of a profile."""
    environ = {**cli_profiles(tmp_path), "TWILIO_EDGE": "dublin", "TWILIO_REGION": "ie1"}
    found = resolve_connection("futel", directory=tmp_path, environ=environ)
    assert (found.edge, found.region) == ("dublin", "ie1")


def test_no_credentials_names_every_place(tmp_path: Path) -> None:
    """Without credentials the message names every place that was looked in, and offers the sandbox."""
    with pytest.raises(BadInput) as caught:
        resolve_connection(directory=tmp_path, environ={"HOME": str(tmp_path)})
    for place in ("--profile:", "TWILIO_* environment", ".env", "config.json", "--profile sandbox"):
        assert place in str(caught.value)


@pytest.mark.parametrize(
    "half",
    [
        {"TWILIO_ACCOUNT_SID": ACCOUNT},
        {"TWILIO_AUTH_TOKEN": "alone"},
        {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_API_KEY": KEY},
        {"TWILIO_API_KEY": KEY, "TWILIO_API_SECRET": "no-account"},
        {**BY_TOKEN, "TWILIO_API_KEY": KEY},
    ],
    ids=[
        "account only",
        "token only",
        "key without secret",
        "key without account",
        "key and token",
    ],
)
def test_half_credentials_stop_the_search(half: dict[str, str], tmp_path: Path) -> None:
    """Half of what is needed is refused, and the search does not go on to another account."""
    with pytest.raises(BadInput, match="not complete"):
        resolve_connection(directory=tmp_path, environ={**half, **cli_profiles(tmp_path)})


def test_unknown_profile_names_the_known(tmp_path: Path) -> None:
    """An unknown profile is refused with the names that exist."""
    with pytest.raises(BadInput, match="no profile 'futle'") as caught:
        resolve_connection("futle", directory=tmp_path, environ=cli_profiles(tmp_path))
    assert "futel, sandbox" in caught.value.hint


@pytest.mark.parametrize("text", ["{", "[1, 2]", ""], ids=["cut off", "not an object", "empty"])
def test_broken_cli_file_is_reported(text: str, tmp_path: Path) -> None:
    """A Twilio CLI file that is not a JSON object is one clear message."""
    environ = cli_profiles(tmp_path)
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(BadInput, match="cannot be read as JSON"):
        resolve_connection(directory=tmp_path, environ=environ)


def test_old_profile_without_key_is_reported(tmp_path: Path) -> None:
    """A profile of an old CLI, whose key lies in a keychain, is refused with the way to make it again."""
    environ = cli_profiles(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"profiles": {"old": {"accountSid": ACCOUNT}}}))
    with pytest.raises(BadInput, match="no key and secret"):
        resolve_connection("old", directory=tmp_path, environ=environ)


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({**BY_TOKEN, "TWILIO_ACCOUNT_SID": "AC123"}, "account SID"),
        ({**BY_KEY, "TWILIO_API_KEY": "futel-key"}, "API key"),
    ],
    ids=["account", "key"],
)
def test_malformed_sids_are_refused(environ: dict[str, str], says: str, tmp_path: Path) -> None:
    """A SID of the wrong shape is refused before anything is sent."""
    with pytest.raises(BadInput, match=says):
        resolve_connection(directory=tmp_path, environ=environ)


@pytest.mark.parametrize(
    "url", ["http://api.example.com", "http://10.0.0.1:80", "ftp://127.0.0.1", "127.0.0.1:80"]
)
def test_plain_http_is_for_loopback_only(url: str, tmp_path: Path) -> None:
    """FUTEL_TWILIO_URL may be plain http on this machine only: credentials never cross a network in clear."""
    with pytest.raises(BadInput, match="for this machine only"):
        resolve_connection(directory=tmp_path, environ={**BY_TOKEN, "FUTEL_TWILIO_URL": url})


def test_a_password_in_the_url_is_refused_and_not_repeated(tmp_path: Path) -> None:
    """FUTEL_TWILIO_URL with a user name and password is refused, and the password is not shown."""
    with pytest.raises(BadInput) as caught:
        resolve_connection(
            directory=tmp_path, environ={**BY_TOKEN, "FUTEL_TWILIO_URL": "http://me:hidden-word@127.0.0.1:1"}
        )
    assert "hidden-word" not in str(caught.value)


def test_broken_dotenv_is_reported_with_its_line(tmp_path: Path) -> None:
    """A line of .env that cannot be read is named."""
    (tmp_path / ".env").write_text("TWILIO_EDGE=umatilla\n'oops\n")
    with pytest.raises(BadInput, match=r"\.env cannot be read in line 2"):
        resolve_connection(directory=tmp_path, environ={})


@pytest.mark.parametrize("profile", ["x", None, 3, []])
def test_nonsense_in_a_cli_profile(profile: object, tmp_path: Path) -> None:
    """A profile that is not an object is refused, by its name."""
    (tmp_path / "config.json").write_text(json.dumps({"profiles": {"odd": profile}, "activeProject": "odd"}))
    with pytest.raises(BadInput, match=r"profiles\.odd: not a table"):
        resolve_connection(directory=tmp_path, environ={"TWILIO_CONFIG_DIR": str(tmp_path)})


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:4010", "http://localhost:80", "http://[::1]:9", "https://example.com"]
)
def test_allowed_servers(url: str, tmp_path: Path) -> None:
    """Loopback over http, and any host over https, are taken."""
    assert (
        resolve_connection(directory=tmp_path, environ={**BY_TOKEN, "FUTEL_TWILIO_URL": url + "/"}).url == url
    )


def test_sandbox_profile_needs_nothing(tmp_path: Path) -> None:
    """--profile sandbox works on a bare machine, and starts the embedded sandbox unless a server is named."""
    assert resolve_connection("sandbox", directory=tmp_path, environ={}).embedded
    named = resolve_connection(
        "sandbox", directory=tmp_path, environ={"FUTEL_TWILIO_URL": "http://127.0.0.1:1"}
    )
    assert not named.embedded
    assert named.is_sandbox


def test_secret_is_not_shown() -> None:
    """The secret and the token beside a key are in no text form of the settings."""
    settings = Connection(ACCOUNT, KEY, "do-not-show-this", "a test", auth_token="nor-this")
    for hidden in ("do-not-show-this", "nor-this"):
        assert hidden not in f"{settings!r} {settings}"


def signs(directory: Path, environ: dict[str, str], profile: str | None = None) -> str:
    return resolve_connection(profile, directory=directory, environ=environ).signing_token


def test_a_token_beside_a_key_signs(tmp_path: Path) -> None:
    """Beside an API key the auth token of the same place signs; Twilio is asked with the key anyway."""
    found = resolve_connection(directory=tmp_path, environ={**BY_TOKEN, **BY_KEY})
    assert (found.username, found.secret, found.signing_token) == (
        KEY,
        "key-of-environment",
        "token-of-environment",
    )
    lines = {**BY_TOKEN, **BY_KEY, "TWILIO_AUTH_TOKEN": "token-of-dotenv"}.items()
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in lines))
    assert signs(tmp_path, {}) == "token-of-dotenv"
    assert signs(tmp_path, BY_KEY) == "token-of-dotenv"


def test_without_a_token_nothing_signs(tmp_path: Path) -> None:
    """The secret of a key signs nothing; an auth token that is the credential signs."""
    assert signs(tmp_path, BY_KEY) == ""
    assert signs(tmp_path, BY_TOKEN) == "token-of-environment"
    assert signs(tmp_path, {}, "sandbox") == "sandbox"


def test_a_token_beside_a_profile_signs_for_its_account_alone(tmp_path: Path) -> None:
    """A profile's rehearsals are signed by a token whose TWILIO_ACCOUNT_SID is the profile's account, and no other."""
    cli = cli_profiles(tmp_path)
    assert signs(tmp_path, {**BY_TOKEN, **cli}, "futel") == ""
    dotenv(tmp_path)
    assert signs(tmp_path, {**BY_TOKEN, **cli}, "futel") == "token-of-dotenv"
    assert signs(tmp_path, {"TWILIO_ACCOUNT_SID": OTHER, "TWILIO_AUTH_TOKEN": "x", **cli}, "futel") == "x"


def test_what_is_twilio_itself(tmp_path: Path) -> None:
    """Twilio itself is where no other server is named and no sandbox embedded."""
    assert resolve_connection(directory=tmp_path, environ=BY_KEY).is_twilio
    assert not resolve_connection("sandbox", directory=tmp_path, environ={}).is_twilio
    other = {**BY_KEY, "FUTEL_TWILIO_URL": "http://127.0.0.1:1"}
    assert not resolve_connection(directory=tmp_path, environ=other).is_twilio


def test_every_variable_is_documented() -> None:
    """Each environment variable that is read stands in README."""
    readme = (PROJECT / "README.md").read_text()
    assert [name for name in VARIABLES if f"`{name}`" not in readme] == []


def cli_file(directory: Path, **fields: object) -> dict[str, str]:
    """A configuration of the Twilio CLI, and the environment that names it."""
    (directory / "config.json").write_text(json.dumps(fields))
    return {"TWILIO_CONFIG_DIR": str(directory)}


PROFILE = {"accountSid": OTHER, "apiKey": KEY, "apiSecret": "key-of-cli"}
PLACES: dict[str, tuple[dict[str, object], tuple[str, str]]] = {
    "an edge of the file, a region of the profile": (
        {"edge": "sydney", "profiles": {"p": {**PROFILE, "region": "au1"}}},
        ("sydney", "au1"),
    ),
    "an edge of the file alone": ({"edge": "sydney", "profiles": {"p": PROFILE}}, ("sydney", "")),
    "an edge of both": (
        {"edge": "sydney", "profiles": {"p": {**PROFILE, "edge": "dublin", "region": "ie1"}}},
        ("dublin", "ie1"),
    ),
    "null for both": (
        {"edge": None, "profiles": {"p": {**PROFILE, "edge": None, "region": None}}, "projects": None},
        ("", ""),
    ),
    "blanks around them": (
        {"profiles": {"p": {**PROFILE, "accountSid": f" {OTHER} ", "region": " au1 "}}},
        ("", "au1"),
    ),
}


@pytest.mark.parametrize(("fields", "place"), PLACES.values(), ids=PLACES)
def test_edge_and_region_are_those_of_the_cli(
    fields: dict[str, object], place: tuple[str, str], tmp_path: Path
) -> None:
    """A request goes where the Twilio CLI would send it: by the profile's edge, else the file's, and its region."""
    environ = cli_file(tmp_path, **fields, activeProject="p")
    for profile in ("p", None):
        found = resolve_connection(profile, directory=tmp_path, environ=environ)
        assert (found.account_sid, found.edge, found.region) == (OTHER, *place)


OLD = {"id": "old", "accountSid": OTHER, "region": "us1"}
REFUSED: dict[str, tuple[dict[str, object], str | None, str]] = {
    "an old project by name": ({"projects": [OLD]}, "old", "'old' has no key and secret"),
    "an old project that is active": ({"projects": [OLD], "activeProject": "old"}, None, "no key and secret"),
    "none is active": ({"profiles": {"p": PROFILE}, "activeProject": None}, None, "profiles:use` sets one of p"),
    "one that is gone is active": ({"profiles": {"p": PROFILE}, "activeProject": "q"}, None, "'q' is not there"),
    "each command has to name one": (
        {"profiles": {"p": PROFILE}, "activeProject": "p", "requireProfileInput": True},
        None,
        "requireProfileInput",
    ),
    "profiles are a list": ({"profiles": [PROFILE]}, "p", "profiles: not a table"),
    "projects are a table": ({"projects": {"old": OLD}}, "old", "projects: not a list"),
    "a project without an id": ({"projects": [{"accountSid": OTHER}]}, "old", "projects.0.id: missing"),
    "a region that is a number": ({"profiles": {"p": {**PROFILE, "region": 1}}}, "p", "profiles.p.region: not text"),
    "an edge that is a list": ({"edge": ["sydney"]}, "p", "edge: not text"),
    "a secret that was cut": (
        {"profiles": {"p": {**PROFILE, "apiSecret": "abc\u2026"}}},
        "p",
        "apiSecret: it has an ellipsis in it",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "profile", "says"), REFUSED.values(), ids=REFUSED)
def test_what_the_cli_could_not_use_is_refused_by_its_field(
    fields: dict[str, object], profile: str | None, says: str, tmp_path: Path
) -> None:
    """What is old, missing or of another kind in the Twilio CLI's file is named; nothing is guessed."""
    with pytest.raises(BadInput) as caught:
        resolve_connection(profile, directory=tmp_path, environ=cli_file(tmp_path, **fields))
    assert says in str(caught.value)
    assert "abc" not in str(caught.value)


UNCLEAN = {
    "cut": ("abcd\u2026", "it has an ellipsis in it"),
    "cut with three dots": ("abcd...", "it has an ellipsis in it"),
    "typographic quotes": ("\u201cabcd\u201d", "it has typographic quotes"),
    "quotes": ("'abcd'", "it has quotes around it"),
    "a line end": ("abcd\n", "it ends in a line end"),
    "a line end of Windows": ("abcd\r", "it ends in a line end"),
    "a blank before": (" abcd", "it holds a blank"),
    "a blank that looks like none": ("ab\u200bcd", "it holds U+200B"),
    "bytes that are not text": ("ab\udcffcd", "it holds U+DCFF"),
}


@pytest.mark.parametrize(("value", "says"), UNCLEAN.values(), ids=UNCLEAN)
@pytest.mark.parametrize(
    "name", ["TWILIO_AUTH_TOKEN", "TWILIO_API_SECRET", "TWILIO_ACCOUNT_SID", "FUTEL_TWILIO_URL"]
)
def test_a_value_that_was_not_copied_well_is_named(name: str, value: str, says: str, tmp_path: Path) -> None:
    """A variable that holds more or less than its value is named, with what is wrong; it is not repeated."""
    environ = {**BY_TOKEN, **BY_KEY, name: value}
    with pytest.raises(BadInput, match=re.escape(f"{name}: {says}")) as caught:
        resolve_connection(directory=tmp_path, environ=environ)
    assert "abcd" not in str(caught.value)


def test_all_variables_are_reported_at_once(tmp_path: Path) -> None:
    """Two variables and a line of .env that are not as they should be are reported in one message."""
    (tmp_path / ".env").write_text("TWILIO_REGION='au 1'\n")
    environ = {**BY_TOKEN, "TWILIO_AUTH_TOKEN": "abc\n", "TWILIO_EDGE": "sydney.example.org/"}
    with pytest.raises(BadInput) as caught:
        resolve_connection(directory=tmp_path, environ=environ)
    places = [fault.split(": ")[0] for fault in caught.value.faults]
    assert places == ["TWILIO_AUTH_TOKEN", "TWILIO_EDGE", "TWILIO_REGION in the file .env"]


def test_credentials_that_are_not_asked_are_not_judged(tmp_path: Path) -> None:
    """The sandbox can be tried whatever the variables of the real account hold."""
    environ = {"TWILIO_ACCOUNT_SID": " no", "TWILIO_AUTH_TOKEN": "\u2026"}
    assert resolve_connection("sandbox", directory=tmp_path, environ=environ).embedded


@pytest.mark.parametrize("url", ["http://[::1", "https://[", "http://127.0.0.1:99999", "http://127.0.0.1:x"])
def test_what_is_no_url_is_reported(url: str, tmp_path: Path) -> None:
    """A server that is no URL at all is one clear message."""
    with pytest.raises(BadInput, match="FUTEL_TWILIO_URL is no URL"):
        resolve_connection(directory=tmp_path, environ={**BY_TOKEN, "FUTEL_TWILIO_URL": url})


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize(
    ("text", "says"),
    [(None, "There is no file"), ("", "holds no certificates"), ("nonsense", "holds no certificates")],
)
def test_authorities_are_looked_at_before_twilio_is_asked(
    name: str, text: str | None, says: str, tmp_path: Path
) -> None:
    """A file of certificate authorities that is missing or holds none is named with its variable."""
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_text(text)
    with pytest.raises(BadInput, match=says) as caught:
        resolve_connection(directory=tmp_path, environ={**BY_TOKEN, name: str(file)})
    assert name in caught.value.message
    assert resolve_connection("sandbox", directory=tmp_path, environ={name: str(file)}).embedded


def test_authorities_that_are_there_are_taken(tmp_path: Path) -> None:
    """A file or a folder of authorities that holds some is no matter."""
    for place in (certifi.where(), str(tmp_path)):
        assert resolve_connection(directory=tmp_path, environ={**BY_TOKEN, "REQUESTS_CA_BUNDLE": place})


DOTENV = f"TWILIO_ACCOUNT_SID={OTHER}\nTWILIO_AUTH_TOKEN=token-of-dotenv\n"


def test_marks_and_line_ends_of_windows_are_taken(tmp_path: Path) -> None:
    """A byte order mark before .env or the Twilio CLI's file is no part of it, nor are the line ends of Windows."""
    (tmp_path / ".env").write_bytes(DOTENV.replace("\n", "\r\n").encode("utf-8-sig"))
    assert secret_of(tmp_path, {}) == "token-of-dotenv"
    environ = cli_file(tmp_path, profiles={"p": PROFILE})
    text = (tmp_path / "config.json").read_bytes()
    (tmp_path / "config.json").write_bytes(codecs.BOM_UTF8 + text)
    assert secret_of(tmp_path, environ, "p") == "key-of-cli"


UNREADABLE = {
    "UTF-16": (DOTENV.encode("utf-16"), "it is in UTF-16"),
    "a comment in Latin-1": (b"# Gr\xfc\xdfe\n" + DOTENV.encode(), "line 1 is not UTF-8"),
    "binary": (b"\x7fELF\xff" + DOTENV.encode(), "is not UTF-8"),
}


@pytest.mark.parametrize(("raw", "says"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_dotenv_that_is_no_text_is_reported(raw: bytes, says: str, tmp_path: Path) -> None:
    """A .env in another encoding is named, with what it seems to be; it is never taken for empty."""
    (tmp_path / ".env").write_bytes(raw)
    with pytest.raises(BadInput) as caught:
        resolve_connection(directory=tmp_path, environ={})
    assert caught.value.message.startswith(".env cannot be read: ")
    assert says in caught.value.message
    assert "token-of-dotenv" not in str(caught.value)


def test_a_virtual_environment_called_env_is_no_dotenv(tmp_path: Path) -> None:
    """A directory of the name .env, as some make for Python's packages, is passed over."""
    (tmp_path / ".env").mkdir()
    assert secret_of(tmp_path, BY_TOKEN) == "token-of-environment"


def test_a_folder_of_the_cli_that_may_not_be_read_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unreadable ~/.twilio-cli is named; root can read all, so the system says no here."""
    opened = os.open

    def refuse(path: object, *given: int, **named: int) -> int:
        if str(path).endswith("config.json"):
            raise PermissionError(13, "Permission denied")
        return opened(str(path), *given, **named)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(BadInput, match=r"~/\.twilio-cli/config\.json cannot be read: you may not read it"):
        resolve_connection(directory=tmp_path, environ={"HOME": str(tmp_path)})


def test_without_a_home_there_is_no_file_of_the_cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither HOME nor the system names a home, the Twilio CLI's file is not there, and that is all."""

    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nowhere)
    with pytest.raises(BadInput, match="No Twilio credentials were found") as caught:
        resolve_connection(directory=tmp_path, environ={})
    assert "~/.twilio-cli/config.json: not there" in str(caught.value)

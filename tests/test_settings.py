"""Settings: which credentials are taken, and why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from futel_twilio.errors import BadInput
from futel_twilio.settings import VARIABLES, Settings, resolve

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
    return resolve(profile, directory=directory, environ=environ).secret


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
    """Without anything else the CLI's active profile is taken, with its edge and region, and says so."""
    found = resolve(directory=tmp_path, environ=cli_profiles(tmp_path))
    assert (found.account_sid, found.username, found.secret) == (OTHER, KEY, "key-of-cli")
    assert (found.edge, found.region) == ("umatilla", "us1")
    assert "active profile 'futel'" in found.source
    assert len(found.looked) == 2


def test_key_beats_token(tmp_path: Path) -> None:
    """Where both an API key and an auth token are set, the key is used."""
    found = resolve(directory=tmp_path, environ={**BY_TOKEN, **BY_KEY})
    assert (found.username, found.secret) == (KEY, "key-of-environment")


def test_edge_of_the_environment_wins(tmp_path: Path) -> None:
    """TWILIO_EDGE and TWILIO_REGION are honoured, over those of a profile."""
    environ = {**cli_profiles(tmp_path), "TWILIO_EDGE": "dublin", "TWILIO_REGION": "ie1"}
    found = resolve("futel", directory=tmp_path, environ=environ)
    assert (found.edge, found.region) == ("dublin", "ie1")


def test_no_credentials_names_every_place(tmp_path: Path) -> None:
    """Without credentials the message names every place that was looked in, and offers the sandbox."""
    with pytest.raises(BadInput) as caught:
        resolve(directory=tmp_path, environ={"HOME": str(tmp_path)})
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
        resolve(directory=tmp_path, environ={**half, **cli_profiles(tmp_path)})


def test_unknown_profile_names_the_known(tmp_path: Path) -> None:
    """An unknown profile is refused with the names that exist."""
    with pytest.raises(BadInput, match="no profile 'futle'") as caught:
        resolve("futle", directory=tmp_path, environ=cli_profiles(tmp_path))
    assert "futel, sandbox" in caught.value.remedy


@pytest.mark.parametrize("text", ["{", "[1, 2]", ""], ids=["cut off", "not an object", "empty"])
def test_broken_cli_file_is_told(text: str, tmp_path: Path) -> None:
    """A Twilio CLI file that is not a JSON object is one clear message."""
    environ = cli_profiles(tmp_path)
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(BadInput, match="cannot be read as JSON"):
        resolve(directory=tmp_path, environ=environ)


def test_old_profile_without_key_is_told(tmp_path: Path) -> None:
    """A profile of an old CLI, whose key lies in a keychain, is refused with the way to make it again."""
    environ = cli_profiles(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"profiles": {"old": {"accountSid": ACCOUNT}}}))
    with pytest.raises(BadInput, match="no key and secret"):
        resolve("old", directory=tmp_path, environ=environ)


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
        resolve(directory=tmp_path, environ=environ)


@pytest.mark.parametrize(
    "url", ["http://api.example.com", "http://10.0.0.1:80", "ftp://127.0.0.1", "127.0.0.1:80"]
)
def test_plain_http_is_for_loopback_only(url: str, tmp_path: Path) -> None:
    """FUTEL_TWILIO_URL may be plain http on this machine only: credentials never cross a network in clear."""
    with pytest.raises(BadInput, match="for this machine only"):
        resolve(directory=tmp_path, environ={**BY_TOKEN, "FUTEL_TWILIO_URL": url})


def test_a_password_in_the_url_is_refused_and_not_repeated(tmp_path: Path) -> None:
    """FUTEL_TWILIO_URL with a user name and password is refused, and the password is not shown."""
    with pytest.raises(BadInput) as caught:
        resolve(
            directory=tmp_path, environ={**BY_TOKEN, "FUTEL_TWILIO_URL": "http://me:hidden-word@127.0.0.1:1"}
        )
    assert "hidden-word" not in str(caught.value)


def test_broken_dotenv_is_told_with_its_line(tmp_path: Path) -> None:
    """A line of .env that cannot be read is named."""
    (tmp_path / ".env").write_text("TWILIO_EDGE=umatilla\n'oops\n")
    with pytest.raises(BadInput, match=r"\.env cannot be read in line 2"):
        resolve(directory=tmp_path, environ={})


@pytest.mark.parametrize("profile", ["x", None, 3, []])
def test_nonsense_in_a_cli_profile(profile: object, tmp_path: Path) -> None:
    """A profile that is not an object is refused like one without a key."""
    (tmp_path / "config.json").write_text(json.dumps({"profiles": {"odd": profile}, "activeProject": "odd"}))
    with pytest.raises(BadInput, match="no key and secret"):
        resolve(directory=tmp_path, environ={"TWILIO_CONFIG_DIR": str(tmp_path)})


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:4010", "http://localhost:80", "http://[::1]:9", "https://example.com"]
)
def test_allowed_servers(url: str, tmp_path: Path) -> None:
    """Loopback over http, and any host over https, are taken."""
    assert resolve(directory=tmp_path, environ={**BY_TOKEN, "FUTEL_TWILIO_URL": url + "/"}).url == url


def test_sandbox_profile_needs_nothing(tmp_path: Path) -> None:
    """--profile sandbox works on a bare machine, and starts the embedded sandbox unless a server is named."""
    assert resolve("sandbox", directory=tmp_path, environ={}).embedded
    named = resolve("sandbox", directory=tmp_path, environ={"FUTEL_TWILIO_URL": "http://127.0.0.1:1"})
    assert not named.embedded
    assert named.is_sandbox


def test_secret_is_not_shown() -> None:
    """The secret and the token beside a key are in no text form of the settings."""
    settings = Settings(ACCOUNT, KEY, "do-not-show-this", "a test", auth_token="nor-this")
    for hidden in ("do-not-show-this", "nor-this"):
        assert hidden not in f"{settings!r} {settings}"


def signs(directory: Path, environ: dict[str, str], profile: str | None = None) -> str:
    return resolve(profile, directory=directory, environ=environ).signing_token


def test_a_token_beside_a_key_signs(tmp_path: Path) -> None:
    """Beside an API key the auth token of the same place signs; Twilio is asked with the key all the same."""
    found = resolve(directory=tmp_path, environ={**BY_TOKEN, **BY_KEY})
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
    assert resolve(directory=tmp_path, environ=BY_KEY).is_twilio
    assert not resolve("sandbox", directory=tmp_path, environ={}).is_twilio
    other = {**BY_KEY, "FUTEL_TWILIO_URL": "http://127.0.0.1:1"}
    assert not resolve(directory=tmp_path, environ=other).is_twilio


def test_every_variable_is_documented() -> None:
    """Each environment variable that is read stands in README."""
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    assert [name for name in VARIABLES if f"`{name}`" not in readme] == []

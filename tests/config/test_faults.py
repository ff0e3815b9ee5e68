"""The faults of all files: reported at once, each under its file and with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from futel_twilio.config.estate import load_estate
from futel_twilio.errors import BadInput

if TYPE_CHECKING:
    from pathlib import Path


def refused(here: Path, dialplans: dict[str, str] | None = None) -> BadInput:
    with pytest.raises(BadInput) as caught:
        load_estate(here / "estate.toml", dialplans)
    return caught.value


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def spoil_clients(here: Path) -> int:
    """Mistype a key at the end of clients.toml, and give its line."""
    file = here / "clients.toml"
    file.write_text(file.read_text().rstrip("\n") + '\n[client.cedar-lot]\ndevise = "HT801"\n')
    return len(file.read_text().splitlines())


def test_faults_are_reported_under_their_file(here: Path) -> None:
    """The headline names the files that have faults; each fault begins with its file, the files one after another."""
    change(here / "estate.toml", "https://", "http://")
    change(here / "extensions.json", "+15035550101", "503-555-0101")
    spoil_clients(here)
    error = refused(here)
    assert error.message == "estate.toml, extensions.json and clients.toml have 3 faults."
    assert [fault.split(": ")[0] for fault in error.faults] == [
        "estate.toml",
        "extensions.json",
        "clients.toml",
    ]


def test_the_headline_names_the_one_file(here: Path) -> None:
    """Where only clients.toml has a fault, the headline names it."""
    spoil_clients(here)
    assert refused(here).message == "clients.toml has 1 fault."


def test_a_fault_of_clients_toml_has_its_line(here: Path) -> None:
    """A mistyped key of clients.toml is reported with its line."""
    line = spoil_clients(here)
    (fault,) = refused(here).faults
    assert fault.startswith("clients.toml: client.cedar-lot.devise: unknown key: did you mean device?")
    assert fault.endswith(f"(line {line})")


@pytest.mark.parametrize("broken", ["estate.toml", "extensions.json", "clients.toml"])
def test_a_syntax_error_hides_no_fault_of_another_file(broken: str, here: Path) -> None:
    """A file that cannot be parsed is one fault; those of the other files are reported with it."""
    if broken != "estate.toml":
        change(here / "estate.toml", "https://", "http://")
    if broken != "extensions.json":
        change(here / "extensions.json", "+15035550101", "503-555-0101")
    if broken != "clients.toml":
        spoil_clients(here)
    (here / broken).write_text((here / broken).read_text() + "\n[")
    faults = refused(here).faults
    assert {fault.split(": ")[0] for fault in faults} == {"estate.toml", "extensions.json", "clients.toml"}
    assert any(fault.startswith(f"{broken}: cannot be read as ") for fault in faults)


def test_a_syntax_error_alone_is_reported_as_before(here: Path) -> None:
    """Where the other files are well, the syntax error of estate.toml is the message."""
    (here / "estate.toml").write_text((here / "estate.toml").read_text() + "\n[")
    assert refused(here).message.startswith("estate.toml cannot be read as TOML: ")


def test_a_fault_of_a_flag_has_no_line(here: Path) -> None:
    """A bad URL of --dialplans is the flag's fault: no line of estate.toml is named."""
    error = refused(here, {"prod": "http://a.example.org"})
    assert error.message == "The base URL of --dialplans is wrong."
    assert error.faults
    assert not any("(line" in fault for fault in error.faults)


def test_a_balance_floor_below_zero_is_refused(here: Path) -> None:
    """A floor of -1 dollars would never be reached in time, so it is a fault."""
    change(here / "estate.toml", "balance_floor = 10 ", "balance_floor = -1 ")
    (fault,) = refused(here).faults
    assert fault.startswith("account.balance_floor: not a number of dollars, 0 to 1000000")

"""Edits: what commands write into the files of the wish, and all that they leave in them as it was."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from futel_twilio import desired, edits

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.model import Client


@pytest.fixture
def inventory_file(here: Path) -> Path:
    """The inventory of the tests' estate, to be written to."""
    return here / "extensions.json"


def phone(here: Path, name: str) -> Client:
    found = desired.load(here / "estate.toml").client(name)
    assert found is not None
    return found


def written(here: Path, before: Client, after: Client | None) -> tuple[str, ...]:
    """Write what becomes of a phone; the names of the files that changed."""
    return edits.perform(edits.Phone(before, after), here / "estate.toml", here / "extensions.json")


def test_a_number_is_the_only_thing_that_changes(here: Path, inventory_file: Path) -> None:
    """A new number changes one line of the inventory; its order and the keys of others stay."""
    entries = json.loads(inventory_file.read_text())
    entries["alder-street"]["theirs"] = {"é": [1, 2]}
    inventory_file.write_text(json.dumps(entries, indent=4, ensure_ascii=False) + "\n")
    before = inventory_file.read_text()
    was = phone(here, "alder-street")
    client = replace(was, caller_id="+15035550150")
    assert written(here, was, client) == ("extensions.json",)
    assert inventory_file.read_text() == before.replace("+15035550101", "+15035550150")
    assert written(here, was, client) == ()


def test_an_address_keeps_the_comments(here: Path, inventory_file: Path) -> None:
    """A new address changes its line of clients.toml alone; comments and all other tables stay."""
    details = here / "clients.toml"
    before = details.read_text().splitlines()
    client = phone(here, "alder-street")
    assert client.address is not None
    assert not edits.write_details(inventory_file, client)
    moved = replace(
        client, address=replace(client.address, street="9 NW New St", iso_country="CA"), device="Box"
    )
    assert edits.write_details(inventory_file, moved)
    after = details.read_text().splitlines()
    assert [line for line in before if line not in after] == [
        'device = "Grandstream HT801"',
        'address = { street = "1 SW Example St", city = "Portland", region = "OR", postal_code = "97201" }',
    ]
    assert phone(here, "alder-street") == moved


def test_a_client_without_a_table_gets_one(here: Path, inventory_file: Path) -> None:
    """A phone that clients.toml says nothing of gets a table of its own, once it has something to say."""
    client = phone(here, "elm-office")
    assert not edits.write_details(inventory_file, client)
    assert edits.write_details(inventory_file, replace(client, environment="stage"))
    assert phone(here, "elm-office").environment == "stage"
    (here / "clients.toml").unlink()
    entries = json.loads(inventory_file.read_text())
    for name in ("alder-street", "birch-corner"):
        entries[name]["enable_emergency"] = False
    inventory_file.write_text(json.dumps(entries))
    assert edits.write_details(inventory_file, replace(client, device="Box"))
    assert phone(here, "elm-office").device == "Box"


def test_a_forgotten_phone_is_gone_from_both_files(here: Path) -> None:
    """A phone that is taken away leaves both files, which are named; one that only the inventory knew, only that."""
    birch = phone(here, "birch-corner")
    assert written(here, birch, None) == ("extensions.json", "clients.toml")
    assert written(here, phone(here, "elm-office"), None) == ("extensions.json",)
    assert written(here, birch, None) == ()
    assert [c.name for c in desired.load(here / "estate.toml").clients] == [
        "alder-street",
        "cedar-lot",
        "dogwood-stage",
    ]
    assert "# Numbers that live with another carrier" in (here / "clients.toml").read_text()


@pytest.mark.parametrize("order", ["between", "inline", "dotted"])
def test_tables_however_they_are_written(order: str, here: Path, inventory_file: Path) -> None:
    """Tables of clients that stand apart, in one line, or with dots are found, changed and taken out."""
    where = '{ street = "1 SW Example St", city = "Portland", region = "OR", postal_code = "97201" }'
    texts = {
        "between": f"[client.birch-corner]\naddress = {where}\n\n[client.alder-street]\naddress = {where}\n",
        "inline": f"client = {{ birch-corner = {{ address = {where} }}, alder-street = {{ address = {where} }} }}\n",
        "dotted": f"client.birch-corner.address = {where}\nclient.alder-street.address = {where}\n",
    }
    (here / "clients.toml").write_text(
        f'external_numbers = ["+15035550199"]\nenvironment = "prod"\n{texts[order]}'
    )
    client = phone(here, "alder-street")
    assert edits.write_details(inventory_file, replace(client, device="Box"))
    assert phone(here, "alder-street").device == "Box"
    assert written(here, phone(here, "birch-corner"), None) == ("extensions.json", "clients.toml")
    assert [c.name for c in desired.load(here / "estate.toml").clients if c.address] == ["alder-street"]


def test_a_link_stays_a_link(here: Path, inventory_file: Path, tmp_path: Path) -> None:
    """An inventory that is a link to another project's file is written there, and keeps its mode."""
    theirs = tmp_path / "theirs.json"
    os.replace(inventory_file, theirs)  # noqa: PTH105
    theirs.chmod(0o640)
    inventory_file.symlink_to(theirs)
    alder = phone(here, "alder-street")
    assert written(here, alder, replace(alder, caller_id="+15035550150"))
    assert inventory_file.is_symlink()
    assert json.loads(theirs.read_text())["alder-street"]["caller_id"] == "+15035550150"
    assert theirs.stat().st_mode & 0o777 == 0o640
    assert {path.name for path in here.iterdir()} == {"estate.toml", "extensions.json", "clients.toml"}


def test_an_edit_and_its_inverse(here: Path, inventory_file: Path) -> None:
    """What an edit writes its inverse takes back: the phones are who they were."""
    estate = here / "estate.toml"
    before = desired.load(estate)
    client = phone(here, "birch-corner")
    changes: tuple[Any, ...] = (
        edits.Phone(client, replace(client, caller_id="+15035550150", device="Box")),
        edits.Phone(client, None),
        edits.Dialplans("prod", "https://prod.dialplans.phu73l.net", "https://prod-2.example.com"),
    )
    for edit in changes:
        assert edits.perform(edit, estate, inventory_file)
        assert edits.perform(edits.inverse(edit), estate, inventory_file)
        after = desired.load(estate)
        assert set(after.clients) == set(before.clients)
        assert after.environments == before.environments

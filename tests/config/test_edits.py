"""Edits: what commands write into the files of the desired state, and all that they leave in them unchanged."""

from __future__ import annotations

import json
import os
import tempfile
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from futel_twilio.config import edits
from futel_twilio.config.estate import load_estate
from futel_twilio.errors import BadInput
from futel_twilio.files import toml_text
from futel_twilio.resources.phones import Address, PhoneClient
from tests.conftest import invoke
from tests.support.sampling import examples

if TYPE_CHECKING:
    from futel_twilio.sandbox.server import Sandbox


@pytest.fixture
def inventory_file(here: Path) -> Path:
    """The inventory of the tests' estate, to be written to."""
    return here / "extensions.json"


def phone(here: Path, name: str) -> PhoneClient:
    found = load_estate(here / "estate.toml").client(name)
    assert found is not None
    return found


def written(here: Path, before: PhoneClient, after: PhoneClient | None) -> tuple[str, ...]:
    """Write what becomes of a phone; the names of the files that changed."""
    return edits.apply_edit(edits.PhoneEdit(before, after), here / "estate.toml", here / "extensions.json")


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
    assert not edits.write_details(inventory_file, client, here / "estate.toml")
    moved = replace(
        client, address=replace(client.address, street="9 NW New St", iso_country="CA"), device="Box"
    )
    assert edits.write_details(inventory_file, moved, here / "estate.toml")
    after = details.read_text().splitlines()
    assert [line for line in before if line not in after] == [
        'device = "Grandstream HT801"',
        'address = { street = "1 SW Example St", city = "Portland", region = "OR", postal_code = "97201" }',
    ]
    assert phone(here, "alder-street") == moved


def test_a_client_without_a_table_gets_one(here: Path, inventory_file: Path) -> None:
    """A phone that clients.toml says nothing of gets its own table, once it has something to say."""
    client = phone(here, "elm-office")
    assert not edits.write_details(inventory_file, client, here / "estate.toml")
    assert edits.write_details(inventory_file, replace(client, environment="stage"), here / "estate.toml")
    assert phone(here, "elm-office").environment == "stage"
    (here / "clients.toml").unlink()
    entries = json.loads(inventory_file.read_text())
    for name in ("alder-street", "birch-corner"):
        entries[name]["enable_emergency"] = False
    inventory_file.write_text(json.dumps(entries))
    assert edits.write_details(inventory_file, replace(client, device="Box"), here / "estate.toml")
    assert phone(here, "elm-office").device == "Box"


def test_a_forgotten_phone_is_gone_from_both_files(here: Path) -> None:
    """A phone that is taken away leaves both files, which are named; one that only the inventory knew, only that."""
    birch = phone(here, "birch-corner")
    assert written(here, birch, None) == ("extensions.json", "clients.toml")
    assert written(here, phone(here, "elm-office"), None) == ("extensions.json",)
    assert written(here, birch, None) == ()
    assert [c.name for c in load_estate(here / "estate.toml").clients] == [
        "alder-street",
        "cedar-lot",
        "dogwood-stage",
    ]
    assert "# Numbers at another carrier." in (here / "clients.toml").read_text()


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
    assert edits.write_details(inventory_file, replace(client, device="Box"), here / "estate.toml")
    assert phone(here, "alder-street").device == "Box"
    assert written(here, phone(here, "birch-corner"), None) == ("extensions.json", "clients.toml")
    assert [c.name for c in load_estate(here / "estate.toml").clients if c.address] == ["alder-street"]


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
    before = load_estate(estate)
    client = phone(here, "birch-corner")
    changes: tuple[Any, ...] = (
        edits.PhoneEdit(client, replace(client, caller_id="+15035550150", device="Box")),
        edits.PhoneEdit(client, None),
        edits.DialplanEdit("prod", "https://prod.dialplans.phu73l.net", "https://prod-2.example.com"),
    )
    for edit in changes:
        assert edits.apply_edit(edit, estate, inventory_file)
        assert edits.apply_edit(edits.inverse(edit), estate, inventory_file)
        after = load_estate(estate)
        assert set(after.clients) == set(before.clients)
        assert after.environments == before.environments


# --- Read back --------------------------------------------------------------------------------------

ADDRESS = '{ street = "1 SW Example St", city = "Portland", region = "OR", postal_code = "97201" }'
DOTTED = 'external_numbers = ["+15035550199"]\nclient.elm-office.device = "Handset"\nenvironment = "stage"\n'
STYLES = {
    "tables": '# ours\nenvironment = "stage"\n\n[client.elm-office]\ndevice = "Handset" # on the wall\n',
    "dotted keys": f"# ours\n{DOTTED}",
    "more dotted keys": f'# ours\n{DOTTED}client.elm-office.environment = "prod"\ncustomer_name = "F"\n',
    "dotted keys of one table": '# ours\nenvironment = "stage"\n[client]\nelm-office.device = "Handset"\n',
    "an inline table": '# ours\nenvironment = "stage"\nclient = { elm-office = { device = "Handset" } }\n',
    "inline tables": '# ours\nenvironment = "stage"\n[client]\nelm-office = { device = "Handset" }\n',
    "quoted names": "# ours\nenvironment = 'stage'\n['client'.\"elm-office\"]\n'device' = '''Handset'''\n",
    "tables apart": (
        '# ours\n[client.elm-office]\ndevice = "Handset"\n\n[client.oak-hall]\n\n'
        '[client.elm-office.address]\nstreet = "1 SW Example St"\ncity = "Portland"\nregion = "OR"\n'
        'postal_code = "97201"\n# the last word'
    ),
    "nothing": "# ours\n",
    "an empty file": "",
}
ENTRY = {"outgoing": "outgoing_safe", "caller_id": "+15035550199", "enable_emergency": False}


def phones_of(here: Path, *names: str) -> None:
    """The inventory of phones on another carrier's number, without 911."""
    (here / "extensions.json").write_text(json.dumps(dict.fromkeys(names, ENTRY), indent=4) + "\n")


def said(path: Path) -> Any:
    return tomllib.loads(path.read_bytes().decode("utf-8-sig"))


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["elm-office", "cedar-lot", "a.dot"])
@pytest.mark.parametrize("style", STYLES)
def test_an_edit_says_just_what_was_meant(style: str, name: str, ends: str, here: Path) -> None:
    """However clients.toml is written, an edit changes what it is about and nothing else, or is refused."""
    path = here / "clients.toml"
    raw = STYLES[style].replace("\n", ends).encode()
    path.write_bytes(raw)
    before = said(path)
    address = Address(name, "Futel", "2 SW Example St", "Portland", "OR", "97201")
    client = PhoneClient(
        name, "outgoing_safe", "+15035550199", False, "prod", address=address, device="Cisco"
    )
    meant = {**before, "client": {**before.get("client", {})}}
    meant["client"][name] = {
        "environment": "prod",
        "device": "Cisco",
        "address": {"street": "2 SW Example St", "city": "Portland", "region": "OR", "postal_code": "97201"},
    }
    assert edits.write_details(here / "extensions.json", client, here / "estate.toml")
    assert said(path) == meant
    text = path.read_bytes().decode()
    assert text.replace("\r\n", "").count("\n") == (0 if ends == "\r\n" and raw else text.count("\n"))
    comments = [line for line in raw.decode().splitlines() if line.startswith("#")]
    assert [line for line in text.splitlines() if line.startswith("#")] == comments
    assert not edits.write_details(here / "extensions.json", client, here / "estate.toml")


@pytest.mark.parametrize("style", STYLES)
def test_taking_out_leaves_the_rest(style: str, here: Path) -> None:
    """However a phone is written in clients.toml, it is taken out, and all others say what they said."""
    path = here / "clients.toml"
    path.write_text(STYLES[style])
    before = said(path)
    phones_of(here, "elm-office", "oak-hall")
    elm = PhoneClient("elm-office", "outgoing_safe", "+15035550199", False, "prod")
    assert edits.apply_edit(edits.PhoneEdit(elm, None), here / "estate.toml", here / "extensions.json")
    before.get("client", {}).pop("elm-office", None)
    assert said(path) in (before, {k: v for k, v in before.items() if k != "client"})
    assert "# ours" in path.read_text() or not STYLES[style]


def test_a_comment_above_the_next_table_stays(here: Path) -> None:
    """A comment right above a table is about that one, and stays where the table before it is taken out."""
    path = here / "clients.toml"
    rest = '# the yard\n[client.oak-hall]\ndevice = "B"\n'
    path.write_text(f'# ours\n\n[client.elm-office]\ndevice = "A"\n\n{rest}')
    phones_of(here, "elm-office", "oak-hall")
    elm = PhoneClient("elm-office", "outgoing_safe", "+15035550199", False, "prod")
    edits.apply_edit(edits.PhoneEdit(elm, None), here / "estate.toml", here / "extensions.json")
    assert path.read_text() == f"# ours\n\n{rest}"


INVENTORIES = {
    "two blanks": json.dumps({"elm-office": ENTRY, "oak-hall": {**ENTRY, "theirs": [1.0, 1e5]}}, indent=2),
    "tabs": json.dumps({"elm-office": ENTRY, "oak-hall": ENTRY}, indent="\t") + "\n",
    "one line": json.dumps({"elm-office": ENTRY, "oak-hall": ENTRY}),
    "a line each": "{\n"
    + ",\n".join(f'"{n}": {json.dumps(ENTRY)}' for n in ("elm-office", "oak-hall"))
    + "\n}",
    "as small as can be": json.dumps({"elm-office": ENTRY, "oak-hall": ENTRY}, separators=(",", ":")),
    "by hand": (
        '{ "elm-office" :\n  {"outgoing": "outgoing_safe",\n   "caller_id": "\\u002b15035550199",\n'
        '   "enable_emergency": false},\n\n  "oak-hall": {"enable_emergency": false, "n": 1.50,\n'
        '     "outgoing": "outgoing_safe", "caller_id": "+15035550199"}}\n\n'
    ),
    "Windows' line ends": json.dumps({"elm-office": ENTRY, "oak-hall": ENTRY}, indent=4).replace(
        "\n", "\r\n"
    ),
    "one phone": json.dumps({"elm-office": ENTRY}, indent=1),
    "none": "{}",
}


@pytest.mark.parametrize("layout", INVENTORIES)
def test_an_inventory_keeps_its_layout(layout: str, here: Path) -> None:
    """Of an inventory in whatever indent, the lines of the other phones stay as they are to the byte."""
    path, text = here / "extensions.json", INVENTORIES[layout]
    path.write_bytes(text.encode())
    before = json.loads(text)
    new = PhoneClient("new-phone", "outgoing_safe", "+15035550199", False, "prod", dialtone_ivr="x")
    plain = replace(new, dialtone_ivr=None)
    steps: list[tuple[edits.PhoneEdit, dict[str, Any]]] = [
        (edits.PhoneEdit(None, new), {"new-phone": {**ENTRY, "dialtone_ivr": "x"}}),
        (edits.PhoneEdit(new, plain), {"new-phone": ENTRY}),
        (edits.PhoneEdit(plain, None), {}),
    ]
    for edit, entry in steps:
        edits.apply_edit(edit, here / "estate.toml", path)
        meant = {**before, **entry}
        assert json.loads(path.read_bytes()) == meant
        assert [*json.loads(path.read_bytes())] == [*meant]
        kept = path.read_bytes().decode()
        assert all(part in kept for part in text.rstrip("\r\n }").split("},"))
    assert json.loads(kept) == before
    assert kept == text or layout == "none"


@pytest.mark.parametrize("layout", [name for name in INVENTORIES if name not in {"one phone", "none"}])
def test_one_value_is_all_that_changes(layout: str, here: Path) -> None:
    """A new number changes the number's characters in the inventory; the first and the last phone can go."""
    path, text = here / "extensions.json", INVENTORIES[layout]
    path.write_bytes(text.encode())
    oak = PhoneClient("oak-hall", "outgoing_safe", "+15035550199", False, "stage")
    moved = replace(oak, caller_id="+15035550150")
    edits.apply_edit(edits.PhoneEdit(oak, moved), here / "estate.toml", path)
    head, _, tail = text.rpartition("+15035550199")
    assert path.read_bytes().decode() == f"{head}+15035550150{tail}"
    for name in ("elm-office", "oak-hall"):
        edits.apply_edit(edits.PhoneEdit(replace(oak, extension=name), None), here / "estate.toml", path)
        assert name not in json.loads(path.read_bytes())
    assert json.loads(path.read_bytes()) == {}


@pytest.mark.parametrize(
    "text",
    [
        '[environment]\nprod.dialplans = "https://a.example.org" # ours\nstage.dialplans = "https://b.example.org"\n',
        'environment.prod.dialplans = "https://a.example.org"\r\nenvironment.stage = {dialplans = "https://b.example.org"}\r\n',
        'environment = {stage = {dialplans = "https://a.example.org/"}, prod = {dialplans = "https://a.example.org"}}',
        "\ufeff# ours\n[environment.prod]\ndialplans = 'https://a.example.org'\n[application]\n",
    ],
    ids=["dotted", "dotted, Windows", "inline", "a mark, tables apart"],
)
def test_a_base_url_however_it_is_written(text: str, here: Path) -> None:
    """A promotion changes the one URL in estate.toml and not a byte besides its quotes."""
    path = here / "estate.toml"
    path.write_bytes(text.encode())
    before = said(path)
    assert edits.rewrite_dialplans(path, "prod", "https://new.example.org")
    before["environment"]["prod"]["dialplans"] = "https://new.example.org"
    assert said(path) == before
    head, old, tail = text.rpartition("https://a.example.org")
    changed = path.read_bytes().decode()
    assert len(changed) - len(text) == len("https://new.example.org") - len(old)
    if 'stage = {dialplans = "https://a' not in text:
        head, _, tail = text.partition("https://a.example.org")
    assert changed.replace("'", '"') == f"{head}https://new.example.org{tail}".replace("'", '"')


@pytest.mark.parametrize("street", ["8 NW New St", 'Building "C", 8 NW New St'])
def test_an_address_on_dotted_lines_changes_on_them(street: str, here: Path, inventory_file: Path) -> None:
    """An address whose parts stand on lines of their own is changed on just those lines."""
    details = here / "clients.toml"
    inline = (
        'address = { street = "1 SW Example St", city = "Portland", region = "OR", postal_code = "97201" }'
    )
    dotted = 'address.street = "1 SW Example St" # the corner\naddress.city = "Portland"\n'
    dotted += 'address.region = "OR"\naddress.postal_code = "97201"'
    details.write_text(details.read_text().replace(inline, dotted))
    before = details.read_text().splitlines()
    client = phone(here, "alder-street")
    assert client.address is not None
    moved = replace(client, address=replace(client.address, street=street, postal_code="97209"))
    assert edits.write_details(inventory_file, moved, here / "estate.toml")
    after = details.read_text().splitlines()
    assert [line for line in before if line not in after] == [
        'address.street = "1 SW Example St" # the corner',
        'address.postal_code = "97201"',
    ]
    written_now = tomllib.loads(details.read_text())["client"]["alder-street"]["address"]
    assert (written_now["street"], written_now["postal_code"]) == (street, "97209")


def test_what_a_library_gets_wrong_is_never_written(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every way to change a file would say something else, the line to write is reported, and no byte changes."""

    def wrong(_document: Any) -> str:
        return 'environment = "stage"\n'

    monkeypatch.setattr(tomlkit, "dumps", wrong)
    path = here / "clients.toml"
    path.write_text('environment = "stage"\n[client.elm-office]\ndevice = """\nHandset"""\n')
    before = path.read_bytes()
    client = PhoneClient("elm-office", "outgoing_safe", "+15035550199", False, "stage", device="Cisco")
    for edit in (
        lambda: edits.write_details(here / "extensions.json", client, here / "estate.toml"),
        lambda: edits.would_change(
            edits.PhoneEdit(replace(client, device=""), client),
            here / "estate.toml",
            here / "extensions.json",
        ),
    ):
        with pytest.raises(BadInput, match=r"clients\.toml is written in a way") as caught:
            edit()
        assert caught.value.faults == ('client.elm-office.device = "Cisco"',)
        assert caught.value.hint == "Write this into clients.toml by hand, and run the command again."
    assert path.read_bytes() == before


def test_refused_before_anything_is_sent(
    at_box: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit that cannot be made is refused with its line before Twilio is asked to change anything."""
    (here / "clients.toml").write_text(DOTTED)
    phones_of(here, "elm-office", "cedar-lot")
    assert invoke("setup").code == 0

    def broken(*_given: Any, **_named: Any) -> str:
        raise ValueError

    for way in ("_by_library", "_behind"):
        monkeypatch.setattr(toml_text, way, broken)
    before = len(at_box.requests())
    ended = invoke("add-client cedar-lot --env prod --no-number --device Cisco")
    assert ended.code == 2
    assert 'client.cedar-lot.device = "Cisco"' in ended.err
    assert {r.method for r in at_box.requests()[before:]} == {"GET"}
    assert (here / "clients.toml").read_text() == DOTTED


def test_a_phone_beside_dotted_keys(at_box: Sandbox, here: Path) -> None:
    """`add-client` moves no other phone where clients.toml is written with dotted keys (tomlkit 588, 531)."""
    assert at_box.url
    (here / "clients.toml").write_text(DOTTED)
    phones_of(here, "elm-office", "cedar-lot")
    assert invoke("setup").code == 0
    ended = invoke("add-client cedar-lot --env prod --no-number --device Cisco")
    assert ended.code == 0, ended
    assert [(c.name, c.environment) for c in load_estate(here / "estate.toml").clients] == [
        ("elm-office", "stage"),
        ("cedar-lot", "prod"),
    ]
    assert DOTTED in (here / "clients.toml").read_text()


@settings(max_examples=examples(60), deadline=None)
@given(
    styles=st.lists(st.sampled_from(["table", "dotted", "inline", "one inline"]), min_size=1, max_size=5),
    device=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
    at=st.integers(0, 5),
    windows=st.booleans(),
)
def test_any_file_any_edit(styles: list[str], device: str, at: int, windows: bool) -> None:
    """Of any mixture of styles and any device, one phone is changed, added or taken out, and no other is."""
    forms = {
        "table": '[client.phone-{}]\ndevice = "box" # {}\n\n',
        "dotted": 'client.phone-{}.device = "box"\n# {}\n',
        "inline": 'client.phone-{} = {{ device = "box" }} # {}\n',
        "one inline": 'client.phone-{0}.device = "box"\nclient.phone-{0}.environment = "prod"\n',
    }
    order = sorted(enumerate(styles), key=lambda one: one[1] == "table")
    text = "".join(forms[style].format(number, number) for number, style in order)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "clients.toml"
        path.write_bytes((text.replace("\n", "\r\n") if windows else text).encode())
        before, name = said(path), f"phone-{at}"
        wanted = {**before["client"].get(name, {}), "device": device}
        path.write_bytes(
            toml_text.with_table(path, path.read_bytes().decode(), "client", name, wanted).encode()
        )
        assert said(path) == {"client": {**before["client"], name: wanted}}
        path.write_bytes(
            toml_text.with_table(path, path.read_bytes().decode(), "client", name, None).encode()
        )
        before["client"].pop(name, None)
        assert said(path) in ([before] if before["client"] else [before, {}])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('a = 1\r\n[client.x]\ndevice = "A"\nb = 2\r\n', 'a = 1\r\n[client.x]\ndevice = "B"\nb = 2\r\n'),
        ('a = 1\n[client.x]\r\ndevice = "A"\r\nb = 2\n', 'a = 1\n[client.x]\r\ndevice = "B"\r\nb = 2\n'),
        ('[client.x]\r\nb = 2\r\ndevice = "A"', '[client.x]\r\nb = 2\r\ndevice = "B"'),
        ('\ufeff[client.x]\nb = 2\ndevice = "A"\n', '\ufeff[client.x]\nb = 2\ndevice = "B"\n'),
    ],
    ids=["mostly Windows", "mostly Unix", "no end", "a mark"],
)
def test_each_line_keeps_its_end(before: str, after: str, tmp_path: Path) -> None:
    """In a file of mixed line ends each line keeps its own, the one that is written anew too."""
    path = tmp_path / "clients.toml"
    table = {**said_in(before)["client"]["x"], "device": "B"}
    assert toml_text.with_table(path, before, "client", "x", table) == after


def said_in(text: str) -> Any:
    return tomllib.loads(text.removeprefix("\ufeff"))

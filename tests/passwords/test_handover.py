"""Passwords: those that are made are good, those that are given are judged, and each is handed out once."""

from __future__ import annotations

import string
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from futel_twilio.errors import BadInput
from futel_twilio.passwords import handover, store
from futel_twilio.passwords.handover import PasswordHandover
from futel_twilio.passwords.store import PasswordFile
from futel_twilio.resources.phones import Credential

if TYPE_CHECKING:
    from pathlib import Path

    from futel_twilio.passwords.handover import WrittenPassword

GOOD = "Good7PasswordXyz"
PHONE = Credential("cedar-lot", "sip-direct")
LOOK_ALIKES = set("0O1lIi") - {"i"}


def test_made_passwords_are_good() -> None:
    """A thousand made passwords: all different, 24 letters and digits that look like no other, by Twilio's rules."""
    made = [handover.generate() for _ in range(1000)]
    assert len(set(made)) == 1000
    for password in made:
        assert len(password) == 24
        assert set(password) <= set(string.ascii_letters + string.digits) - LOOK_ALIKES
        assert handover.faults_of(password) == ()


@pytest.mark.parametrize(
    ("password", "faults"),
    [
        (GOOD, []),
        ("Short7", ["fewer than 12"]),
        ("alllowercase7", ["no upper-case"]),
        ("ALLUPPERCASE7", ["no lower-case"]),
        ("NoDigitAtAllHere", ["no digit"]),
        ("Two Words 12345", ["a blank"]),
        ("Tab\tInside12345", ["a blank"]),
        ("Ümlaut1Password", ["not plain ASCII"]),
        ("A1a" + "x" * 62, ["more than 64"]),
        ("A1a" + "x" * 61, []),
        ("Exactly12Chr", []),
        ("", ["fewer than 12", "no digit", "no lower-case", "no upper-case"]),
    ],
)
def test_every_broken_rule_is_reported(password: str, faults: list[str]) -> None:
    """Each rule that a given password breaks is reported, all at once, in words that do not hold it."""
    found = handover.faults_of(password)
    assert len(found) == len(faults)
    for words, fault in zip(faults, found, strict=True):
        assert words in fault
    if faults:
        with pytest.raises(BadInput) as caught:
            handover.require_good(password)
        assert not password or password not in str(caught.value)
    else:
        assert handover.require_good(password) == password


@given(st.text(max_size=80))
def test_no_judgement_repeats_what_it_judges(password: str) -> None:
    """Whatever is typed, the words about it do not depend on it but by which rules it breaks."""
    known = set(handover.faults_of("")) | set(handover.faults_of(" " * 99)) | set(handover.faults_of("x"))
    assert set(handover.faults_of(password)) <= known


def test_one_phone_gets_one_password() -> None:
    """However often and from however many threads the password of a phone is asked for, it is the same in one run."""
    found = PasswordHandover()
    with ThreadPoolExecutor(8) as pool:
        handed = set(pool.map(lambda _n: found.of(PHONE), range(64)))
    assert len(handed) == 1
    assert found.is_open(PHONE)
    assert found.to_show() == {}
    found.wrote(PHONE, None, "created")
    assert not found.is_open(PHONE)
    assert found.to_show() == {"cedar-lot": handed.pop()}


def test_a_given_one_is_used_and_noted_as_chosen() -> None:
    """A given password is handed out for its phone alone, and the ledger learns that somebody chose it."""
    noted: list[WrittenPassword] = []
    found = PasswordHandover({"cedar-lot": GOOD}, noted=noted.append)
    other = Credential("elm-office", "sip-direct")
    assert found.of(PHONE) == GOOD
    assert found.of(other) != GOOD
    found.wrote(PHONE, None, "created")
    found.wrote(other, None, "created")
    assert [(w.credential.username, w.chosen) for w in noted] == [("cedar-lot", True), ("elm-office", False)]
    assert (list(found.to_show()), found.taken_as_given()) == (["elm-office"], ("cedar-lot",))


def test_one_that_somebody_else_made_is_reported() -> None:
    """The password of a credential that somebody else made meanwhile is not told as if it were its password."""
    found = PasswordHandover()
    found.of(PHONE)
    found.disown(PHONE)
    assert (found.to_show(), found.unknown, found.is_open(PHONE)) == ({}, ["cedar-lot"], False)


def test_a_file_keeps_each_before_it_is_sent(tmp_path: Path) -> None:
    """A password stands in its file once it is handed out, and is then not told; a file that is there is added to."""
    path = tmp_path / "kept"
    found = PasswordHandover(keep_before=PasswordFile(path).keep)
    assert not path.exists()
    password = found.of(PHONE)
    assert path.read_text() == f"cedar-lot\t{password}\n"
    found.wrote(PHONE, None, "created")
    assert found.to_show() == {}
    PasswordFile(path).keep("elm-office", GOOD)
    assert path.read_text().splitlines()[1] == f"elm-office\t{GOOD}"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o700])
def test_a_file_that_is_not_private_is_refused(mode: int, tmp_path: Path) -> None:
    """A file with any other mode than 600 is refused, and nothing is written to it."""
    path = tmp_path / "kept"
    path.touch()
    path.chmod(mode)
    with pytest.raises(BadInput, match=f"its mode is {mode:o}, not 600"):
        PasswordFile(path)
    assert path.read_bytes() == b""


@pytest.mark.parametrize("torn", ["", "cedar-lot\tAbc", "cedar-lot\tAbcdefg2Abcdefg\n"])
def test_a_torn_line_spoils_no_other(torn: str, tmp_path: Path) -> None:
    """A line that a full disk tore keeps the next one off itself: each password is on its own line."""
    path = tmp_path / "kept"
    path.touch(mode=0o600)
    path.write_text(torn)
    kept = store.PasswordFile(path)
    assert kept.keep("elm-office", "one")
    assert kept.keep("elm-office", "two")
    lines = path.read_text().splitlines()
    assert lines[-2:] == ["elm-office\tone", "elm-office\ttwo"]
    assert lines[:-2] == torn.splitlines()


def test_a_line_is_whole_or_said_not_to_be(tmp_path: Path) -> None:
    """A disk that takes a part of a line at a time gets all of it; a password that it could not take is not kept."""
    resource = pytest.importorskip("resource")
    kept = store.PasswordFile(tmp_path / "kept")
    assert kept.keep("elm-office", "x" * 40)
    size = (tmp_path / "kept").stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, hard))
    try:
        assert not kept.keep("cedar-lot", "y" * 40)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert kept.keep("oak-hall", "z" * 40)
    assert (tmp_path / "kept").read_text().splitlines()[-1] == "oak-hall\t" + "z" * 40

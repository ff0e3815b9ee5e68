"""accepted.toml: what it accepts, every way in which it can be wrong, and how the first day's is written."""

from __future__ import annotations

import os
import string
import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from futel_twilio import accepted
from futel_twilio.accepted import Acceptance
from futel_twilio.errors import BadInput

LIST = "domains/no_other_list_calls[direct-futel-prod]"
URL = "domains/voice_url[direct-futel-prod]"
KNOWN = (LIST, URL, "account/balance")
TODAY = date(2026, 11, 23)
DAY = date(2027, 1, 31)
GOOD = f"""
[[accepted]]
check = "{LIST}"
reason = "the old list is emptied in December"
by = "Ada"
until = 2027-01-31

[[accepted]]
check = "{URL}"
reason = "moving"
by = "Bob"
until = 2026-10-01
"""
NOT_A_DATE = "not a date (2027-01-31, without quotes or a time)"
FAULTS = [
    ("until = 2027-01-31", 'until = "soon"', f"accepted[1].until: {NOT_A_DATE}"),
    ("until = 2027-01-31", 'until = "2027-02-31"', f"accepted[1].until: {NOT_A_DATE}"),
    ("until = 2027-01-31", 'until = "2027-01-31"', f"accepted[1].until: {NOT_A_DATE}"),
    ("until = 2026-10-01", "until = 2026-10-01T00:00:00Z", f"accepted[2].until: {NOT_A_DATE}"),
    ("until = 2026-10-01", "until = 2026-10-01 12:00:00", f"accepted[2].until: {NOT_A_DATE}"),
    ("until = 2026-10-01", "until = 12:00:00", f"accepted[2].until: {NOT_A_DATE}"),
    ("until = 2026-10-01", "until = 20261001", f"accepted[2].until: {NOT_A_DATE}"),
    ("until = 2026-10-01", "until = true", f"accepted[2].until: {NOT_A_DATE}"),
    ("until = 2026-10-01", "until = []", f"accepted[2].until: {NOT_A_DATE}"),
    ("until = 2026-10-01", "", "accepted[2].until: missing"),
    ('reason = "moving"', "", "accepted[2].reason: missing"),
    ('by = "Bob"', "", "accepted[2].by: missing"),
    (f'check = "{LIST}"', "", "accepted[1].check: missing"),
    ('by = "Ada"', 'by = ""', "accepted[1].by: empty, or not a text in quotes"),
    ('"moving"', '" \\n"', "accepted[2].reason: empty, or not a text in quotes"),
    ('by = "Bob"', "by = 3", "accepted[2].by: empty, or not a text in quotes"),
    (
        "until = 2026",
        "unit = 1\nuntil = 2026",
        "accepted[2].unit: unknown key (known: check, reason, by, until)",
    ),
    (GOOD, "[[acepted]]", "acepted: unknown key (known: accepted)"),
    (GOOD, "accepted = 3", "accepted: not a list of tables: each entry begins with [[accepted]]"),
    (GOOD, "[accepted]", "accepted: not a list of tables: each entry begins with [[accepted]]"),
    (GOOD, "accepted = [1]", "accepted[1]: not a table"),
    (f'check = "{URL}"', "check = 1", "accepted[2].check: not the name of a check, in quotes"),
    (URL, LIST, "accepted[2].check: the same check as accepted[1]"),
    (
        URL,
        URL.replace("url", "ulr"),
        f"accepted[2].check: there is no check {URL.replace('url', 'ulr')!r} (nearest: {URL})",
    ),
    (URL, "q", "accepted[2].check: there is no check 'q'"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "accepted.toml"


def faults(path: Path, text: str) -> tuple[str, ...]:
    path.write_text(text)
    with pytest.raises(BadInput) as caught:
        accepted.load(path, KNOWN)
    return caught.value.faults


def add(path: Path, *names: str, by: str = "Cy", until: date = DAY) -> int:
    return accepted.add(path, names, by=by, reason="first day", until=until, today=TODAY)


def test_good_is_read(path: Path) -> None:
    """Entries are read in their order, and one that has run out is no fault."""
    path.write_text(GOOD)
    assert accepted.load(path, KNOWN) == (
        Acceptance(LIST, "the old list is emptied in December", "Ada", DAY),
        Acceptance(URL, "moving", "Bob", date(2026, 10, 1)),
    )


@pytest.mark.parametrize("text", [None, "", "# nothing\n", "accepted = []"])
def test_nothing_is_accepted(text: str | None, path: Path) -> None:
    """No file, an empty one and an empty list accept nothing."""
    if text is not None:
        path.write_text(text)
    assert accepted.load(path, KNOWN) == ()


@pytest.mark.parametrize(("before", "after", "fault"), FAULTS)
def test_each_fault_is_told_alone(before: str, after: str, fault: str, path: Path) -> None:
    """One thing wrong in the file is one line, with its place and in words."""
    assert before in GOOD
    assert faults(path, GOOD.replace(before, after)) == (fault,)


def test_all_faults_at_once_in_the_order_of_the_file(path: Path) -> None:
    """Eight faults in three entries are eight lines, those of the first entry first."""
    text = (
        f'title = 1\n[[accepted]]\ncheck = "x"\nuntil = "soon"\n'
        f'[[accepted]]\ncheck = "{URL}"\nreason = ""\nby = "B"\nuntil = 1\n'
        f'[[accepted]]\ncheck = "{URL}"\nreason = "r"\nby = "B"\nuntil = 2027-01-31\n'
    )
    assert [line.split(": ")[0] for line in faults(path, text)] == [
        "title",
        "accepted[1].reason",
        "accepted[1].by",
        "accepted[1].until",
        "accepted[1].check",
        "accepted[2].reason",
        "accepted[2].until",
        "accepted[3].check",
    ]


@pytest.mark.parametrize(
    "raw",
    [
        b"[[accepted",
        b"accepted = 1\naccepted = 2",
        b"[[accepted]]\nuntil = 2027-02-31",
        b"a = " + b"9" * 5000,
        b"a = " + b"[" * 5000,
    ],
    ids=["cut off", "a key twice", "no such day", "a huge number", "too deep"],
)
def test_what_is_not_toml(raw: bytes, path: Path) -> None:
    """A file that is no TOML, an unquoted day that does not exist included, is one clear message."""
    path.write_bytes(raw)
    with pytest.raises(BadInput, match=r"accepted\.toml cannot be read as TOML"):
        accepted.load(path, KNOWN)


def test_a_directory_of_that_name(path: Path) -> None:
    """What cannot be read is told, never taken for nothing accepted."""
    path.mkdir()
    with pytest.raises(BadInput, match="cannot be read"):
        accepted.load(path, KNOWN)


def test_the_last_day_still_counts(path: Path) -> None:
    """A finding is accepted through its last day and a finding again on the next."""
    path.write_text(GOOD)
    held = accepted.load(path, KNOWN)
    reason = "the old list is emptied in December"
    assert accepted.judge(LIST, held, DAY) == ("accepted", f"by Ada until 2027-01-31: {reason}")
    assert accepted.judge(LIST, held, date(2027, 2, 1)) == (
        "finding",
        f"was accepted by Ada until 2027-01-31, which has passed: {reason}",
    )
    assert accepted.judge("account/balance", held, DAY) == ("finding", "")


def test_a_name_is_taken_whole(path: Path) -> None:
    """Accepting a check of one subject accepts neither another subject nor another case."""
    path.write_text(GOOD)
    held = accepted.load(path, KNOWN)
    for name in (LIST[:-1], LIST.upper(), LIST.replace("prod", "stage"), LIST.partition("[")[0]):
        assert accepted.judge(name, held, TODAY) == ("finding", "")


def test_what_is_no_longer_found_is_told(path: Path) -> None:
    """An entry whose finding is gone is a sentence that says what to do."""
    path.write_text(GOOD)
    held = accepted.load(path, KNOWN)
    assert accepted.unused(held, [URL]) == (
        f"{LIST} is accepted but no longer found: take it out of accepted.toml.",
    )
    assert accepted.unused(held, {LIST, URL}) == ()


def test_a_new_file_says_what_it_is(path: Path) -> None:
    """The first day's file begins with a comment, holds each finding once, and leaves nothing beside it."""
    assert add(path, LIST, URL, LIST) == 2
    assert path.read_text() == accepted.HEADER + "".join(
        f'\n[[accepted]]\ncheck = "{name}"\nreason = "first day"\nby = "Cy"\nuntil = 2027-01-31\n'
        for name in (LIST, URL)
    )
    assert [one.name for one in path.parent.iterdir()] == ["accepted.toml"]


def test_nothing_to_accept_writes_nothing(path: Path) -> None:
    """Without findings, and with findings that are accepted already, no byte is written."""
    assert add(path) == 0
    assert not path.exists()
    path.write_text(GOOD)
    before = path.stat().st_mtime_ns, path.stat().st_ino
    assert add(path, LIST) == 0
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before


@pytest.mark.parametrize("end", ["", "\n", "\n\n\n", "\n# the last word", " # until the move"])
def test_what_is_there_stays(end: str, path: Path) -> None:
    """Findings are added behind the file as it is, comments kept, however its last line ends."""
    text = "# ours\n" + GOOD.rstrip() + end
    path.write_text(text)
    assert add(path, "account/balance") == 1
    assert path.read_text().startswith(text.rstrip("\n"))
    assert [one.by for one in accepted.load(path, KNOWN)] == ["Ada", "Bob", "Cy"]


def test_windows_line_ends_stay(path: Path) -> None:
    """A file with Windows' line ends keeps them, in all that was not written anew."""
    raw = GOOD.replace("\n", "\r\n").encode()
    path.write_bytes(raw)
    assert add(path, "account/balance") == 1
    assert path.read_bytes().startswith(raw.rstrip())
    assert len(accepted.load(path, KNOWN)) == 3


def test_what_has_run_out_is_renewed_in_its_place(path: Path) -> None:
    """An entry that has run out gets the new day, reason and name; its comments and its neighbours stay."""
    path.write_text(GOOD.replace("until = 2026-10-01", "until = 2026-10-01 # the move"))
    assert add(path, URL, LIST) == 1
    assert path.read_text() == GOOD.replace('"moving"', '"first day"').replace('"Bob"', '"Cy"').replace(
        "until = 2026-10-01", "until = 2027-01-31 # the move"
    )


@pytest.mark.parametrize(
    "text",
    [
        "accepted = []\n",
        f'accepted = [{{check = "{URL}", reason = "r", by = "B", until = 2026-10-01}}] # ours',
        f'accepted = [\n  {{check = "{URL}", reason = "r", by = "B", until = 2026-10-01}}, # moving\n]\n',
    ],
    ids=["empty", "one line", "many lines"],
)
def test_a_list_on_one_line_is_kept_as_one(text: str, path: Path) -> None:
    """The other way to write a list in TOML is added to and renewed too."""
    path.write_text(text)
    assert add(path, URL, LIST) == 2
    assert {(one.check, one.until) for one in accepted.load(path, KNOWN)} == {(URL, DAY), (LIST, DAY)}
    assert [word for word in ("ours", "moving") if word in text and word not in path.read_text()] == []


def test_refused_before_writing(path: Path) -> None:
    """Nobody, no reason and a day that is over are told at once, and no file is made."""
    with pytest.raises(BadInput) as caught:
        accepted.add(path, [LIST], by=" ", reason="", until=date(2026, 11, 22), today=TODAY)
    assert caught.value.faults == ("by: empty", "reason: empty", "until: 2026-11-22 is in the past")
    assert not path.exists()
    assert add(path, LIST, until=TODAY) == 1


def test_today_is_the_day_it_is(path: Path) -> None:
    """Unless told otherwise, a day of the past is measured by the clock."""
    with pytest.raises(BadInput, match="in the past"):
        accepted.add(path, [LIST], by="Cy", reason="r", until=date(2020, 1, 1))


@pytest.mark.parametrize("text", ["[[accepted", GOOD.replace('by = "Bob"', "")], ids=["no TOML", "faulty"])
def test_a_faulty_file_is_not_added_to(text: str, path: Path) -> None:
    """A file with faults stays as it is until a person has mended it."""
    path.write_text(text)
    with pytest.raises(BadInput):
        add(path, LIST)
    assert path.read_text() == text


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    """A directory that is not there is one clear message."""
    with pytest.raises(BadInput, match="cannot be written"):
        add(tmp_path / "nowhere" / "accepted.toml", LIST)


@settings(max_examples=50, deadline=None)
@given(
    names=st.lists(st.text(st.characters(exclude_categories=["Cs"])), unique=True, max_size=4),
    reason=st.text(string.printable).filter(str.strip),
)
def test_any_name_comes_back_as_it_was(names: list[str], reason: str) -> None:
    """Whatever a finding is called, quotes and control characters included, it is read as it was written."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "accepted.toml"
        for part in (names[:2], names[2:]):
            accepted.add(path, part, by="Cy", reason=reason, until=DAY, today=TODAY)
        held = accepted.load(path, names)
    assert [one.check for one in held] == names
    assert {one.reason for one in held} <= {" ".join(reason.split())}


@pytest.mark.parametrize("renewed", [False, True])
def test_windows_line_ends_are_written_too(renewed: bool, path: Path) -> None:
    """In a file with Windows' line ends, new and renewed lines end so too, however its last line ends."""
    path.write_bytes(GOOD.rstrip().replace("\n", "\r\n").encode())
    assert add(path, URL if renewed else "account/balance") == 1
    raw = path.read_bytes()
    assert raw.count(b"\n") == raw.count(b"\r\n") > 5


@pytest.mark.parametrize(
    "says",
    [
        "",
        '[[accepted]]\ncheck = "other"\nreason = "r"\nby = "B"\nuntil = 2027-01-31\n',
        GOOD,
        "accepted = 1",
        "[[",
    ],
)
def test_only_what_was_meant_replaces_the_file(
    says: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the library writes anything but what was meant, the file stays, and the lines to write are told."""
    path.write_text(GOOD)
    monkeypatch.setattr(accepted, "_extended", lambda *_given: says)
    with pytest.raises(BadInput, match=r"accepted\.toml is written in a way") as caught:
        add(path, "account/balance")
    assert caught.value.faults == (
        "[[accepted]]",
        'check = "account/balance"',
        'reason = "first day"',
        'by = "Cy"',
        "until = 2027-01-31",
    )
    assert path.read_text() == GOOD


def test_a_kill_leaves_nothing_for_long(path: Path) -> None:
    """What a killed run left beside accepted.toml is gone once that is written; its mode is never others' to write."""
    path.with_name(".accepted.toml.new").write_text("half")
    before = os.umask(0)
    try:
        add(path, LIST)
    finally:
        os.umask(before)
    assert [one.name for one in path.parent.iterdir() if one.is_file()] == ["accepted.toml"]
    assert path.stat().st_mode & 0o022 == 0

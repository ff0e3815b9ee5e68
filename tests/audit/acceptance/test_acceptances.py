"""accepted.toml: what it accepts, every way in which it can be wrong, and how the first day's is written."""

from __future__ import annotations

import codecs
import os
import string
import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from futel_twilio.audit.acceptance import acceptances, accepted_edit, accepted_value
from futel_twilio.audit.acceptance.acceptances import Acceptance
from futel_twilio.audit.acceptance.accepted_value import Found, Kept
from futel_twilio.errors import BadInput
from futel_twilio.resources.phones import Address
from tests.support.sampling import examples

if TYPE_CHECKING:
    from futel_twilio.resources.labels import Value

LIST = "domains/no_other_list_calls[direct-futel-prod]"
URL = "domains/voice_url[direct-futel-prod]"
KNOWN = (LIST, URL, "account/balance")
TODAY = date(2026, 11, 23)
DAY = date(2027, 1, 31)
GOOD = f"""
[[accepted]]
check = "{LIST}"
found = ["old-phones"]
reason = "the old list is emptied in December"
by = "Ada"
until = 2027-01-31

[[accepted]]
check = "{URL}"
found = "https://old.example.com/"
reason = "moving"
by = "Bob"
until = 2026-10-01
"""
OLD_LIST = ["old-phones"]
OLD_URL = "https://old.example.com/"
FOUND: dict[str, Kept] = {LIST: OLD_LIST, URL: OLD_URL}
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
        "accepted[2].unit: unknown key (known: check, found, reason, by, until)",
    ),
    (
        f'found = "{OLD_URL}"',
        "found = 1",
        "accepted[2].found: not a text in quotes, or a list of such",
    ),
    ('found = ["old-phones"]', "found = [1]", "accepted[1].found[1]: not a text in quotes"),
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
        acceptances.load(path, KNOWN)
    return caught.value.faults


def add(path: Path, *names: str, by: str = "Cy", until: date = DAY) -> int:
    found: dict[str, Kept] = {name: FOUND.get(name, "none") for name in names}
    return accepted_edit.add(path, found, by=by, reason="first day", until=until, today=TODAY)


def judge(name: str, value: Value, path: Path, today: date = TODAY) -> tuple[str, str]:
    return acceptances.judge(name, Found(value, private=False), acceptances.load(path, KNOWN), today)


def test_good_is_read(path: Path) -> None:
    """Entries are read in their order, and one that has run out is no fault."""
    path.write_text(GOOD)
    assert acceptances.load(path, KNOWN) == (
        Acceptance(LIST, "the old list is emptied in December", "Ada", DAY, OLD_LIST),
        Acceptance(URL, "moving", "Bob", date(2026, 10, 1), OLD_URL),
    )


@pytest.mark.parametrize("text", [None, "", "# nothing\n", "accepted = []"])
def test_nothing_is_accepted(text: str | None, path: Path) -> None:
    """No file, an empty one and an empty list accept nothing."""
    if text is not None:
        path.write_text(text)
    assert acceptances.load(path, KNOWN) == ()


@pytest.mark.parametrize(("before", "after", "fault"), FAULTS)
def test_each_fault_is_reported_alone(before: str, after: str, fault: str, path: Path) -> None:
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
        acceptances.load(path, KNOWN)


def test_a_directory_of_that_name(path: Path) -> None:
    """What cannot be read is reported, never taken for nothing accepted."""
    path.mkdir()
    with pytest.raises(BadInput, match="cannot be read"):
        acceptances.load(path, KNOWN)


def test_the_last_day_still_counts(path: Path) -> None:
    """A finding is accepted through its last day and a finding again on the next."""
    path.write_text(GOOD)
    reason = "the old list is emptied in December"
    old = frozenset(OLD_LIST)
    assert judge(LIST, old, path, DAY) == ("accepted", f"by Ada until 2027-01-31: {reason}")
    assert judge(LIST, old, path, date(2027, 2, 1)) == (
        "finding",
        f"was accepted by Ada until 2027-01-31, which has passed: {reason}",
    )
    assert judge("account/balance", "3.21", path, DAY) == ("finding", "")


def test_a_name_is_taken_whole(path: Path) -> None:
    """Accepting a check of one subject accepts neither another subject nor another case."""
    path.write_text(GOOD)
    for name in (LIST[:-1], LIST.upper(), LIST.replace("prod", "stage"), LIST.partition("[")[0]):
        assert judge(name, frozenset(OLD_LIST), path) == ("finding", "")


@pytest.mark.parametrize(
    ("kept", "value", "outcome"),
    [
        ("https://old.example.com/", "https://old.example.com/", "accepted"),
        ("https://old.example.com/", "https://evil.example.org/tap", "finding"),
        ("https://old.example.com/", "https://old.example.com", "finding"),
        ("off", "none", "finding"),
        (["a", "b"], frozenset({"a", "b"}), "accepted"),
        (["a", "b"], frozenset({"a"}), "accepted"),
        (["a", "b"], frozenset({"a", "c"}), "finding"),
        (["a", "b"], "a", "finding"),
        ("a", frozenset({"a"}), "finding"),
        ([], frozenset({"a"}), "finding"),
    ],
)
@pytest.mark.parametrize("private", [False, True])
def test_a_value_is_accepted_and_no_other(
    kept: Kept, value: Value, outcome: str, private: bool, path: Path
) -> None:
    """Only the value that was found is accepted, or of things that should not be there some, private or not."""
    found = Found(kept if isinstance(kept, str) else frozenset(kept), private).to_keep()
    accepted_edit.add(path, {URL: found}, by="Cy", reason="moving", until=DAY, today=TODAY)
    held = acceptances.load(path, KNOWN)
    judged, said = acceptances.judge(URL, Found(value, private), held, TODAY)
    assert judged == outcome
    if outcome == "finding":
        assert said.startswith("not as found now; Cy accepted ")
        assert ("a digest" if private else ", ".join(found)) in said or kept == [] or isinstance(kept, str)


@pytest.mark.parametrize(
    "value",
    ["1 SW EXAMPLE ST, PORTLAND, OR 97201, US", frozenset({"1 SW EXAMPLE ST", "2 SW EXAMPLE ST"})],
)
def test_what_is_private_is_not_in_the_file(value: Value, path: Path) -> None:
    """Of a private value the file holds a salted digest, another one each time."""
    kept = [Found(value, private=True).to_keep() for _time in range(2)]
    assert kept[0] != kept[1]
    accepted_edit.add(path, {URL: kept[0]}, by="Cy", reason="moving", until=DAY, today=TODAY)
    assert "EXAMPLE" not in path.read_text()
    assert "digest:" in path.read_text()


def test_a_value_that_looks_like_a_digest_is_not_one() -> None:
    """A value of the account in the form of a digest is accepted as that text, not as what the digest is of."""
    digest = str(Found("on", private=True).to_keep())
    assert not Found(digest, private=False).is_accepted_by(digest)
    assert Found(digest, private=False).is_accepted_by(Found(digest, private=False).to_keep())


ADDRESS = Address("x", "x", "1 SW Example St", "Portland", "OR", "97201", street_secondary="Unit 5")


@pytest.mark.parametrize(
    ("text", "private"),
    [
        ("https://prod.dialplans.phu73l.net/dial_outgoing", False),
        ("direct-futel-prod, direct-futel-nonemergency-stage", False),
        ("GET", False),
        ("+15035550142", False),
        ("TK" + "1" * 32, False),
        ("changed on 2026-11-20 12:00 UTC", False),
        ("https://user:word@example.com/", True),
        ("https://example.com/hook?code=1234", True),
        ("https://hooks.example.com/services/T00000000/XXabcdefgh0123456789xx", True),
        ("1 sw example st, PORTLAND", True),
        ("9 Elsewhere Rd, Unit 5", True),
        ("password=hunter2", True),
    ],
)
def test_what_is_private(text: str, private: bool) -> None:
    """Street addresses, URLs that hold more than a place, and long words of letters and digits are private."""
    assert bool(accepted_value.is_private([text], [ADDRESS])) is private


def test_an_entry_without_a_value_accepts_nothing(path: Path) -> None:
    """An entry from before values were kept is no fault, accepts nothing, and says how it is renewed."""
    path.write_text(GOOD.replace('found = ["old-phones"]\n', ""))
    held = acceptances.load(path, KNOWN)
    found = Found(frozenset(OLD_LIST), private=False)
    outcome, said = acceptances.judge(LIST, found, held, TODAY, "`invoke baseline --check X --by NAME`")
    assert outcome == "finding"
    assert said == (
        "Ada accepted it without a value, which no longer counts. "
        "To accept it as it is now: `invoke baseline --check X --by NAME`."
    )
    assert add(path, LIST) == 1
    assert judge(LIST, frozenset(OLD_LIST), path)[0] == "accepted"
    assert path.read_text().count("[[accepted]]") == 2


def test_what_is_no_longer_found_is_reported(path: Path) -> None:
    """The names of those entries whose finding is gone are reported."""
    path.write_text(GOOD)
    held = acceptances.load(path, KNOWN)
    assert acceptances.stale(held, [URL]) == (LIST,)
    assert acceptances.stale(held, {LIST, URL}) == ()


ONE_LINE = (
    f'accepted = [{{check = "{LIST}", found = "x", reason = "r", by = "B", until = 2027-10-01}}, # one\n'
)
ONE_LINE += f'  {{check = "{URL}", found = "y", reason = "r", by = "B", until = 2027-10-01}}]\n'


@pytest.mark.parametrize(
    ("text", "names", "left"),
    [
        (GOOD, [LIST], [URL]),
        (GOOD, [URL], [LIST]),
        (GOOD, [LIST, URL], []),
        (GOOD.replace("\n", "\r\n"), [LIST], [URL]),
        ("# ours\n" + GOOD.replace("\n\n[[acc", "\n\n# of the next\n[[acc"), [LIST], [URL]),
        (ONE_LINE, [LIST], [URL]),
        (ONE_LINE, [LIST, URL], []),
        (GOOD.rstrip(), [URL], [LIST]),
    ],
    ids=["first", "last", "all", "Windows", "comments", "one line", "one line, all", "no end"],
)
def test_entries_are_taken_out(text: str, names: list[str], left: list[str], path: Path) -> None:
    """Entries are taken out by name, and what is beside them stays, comments about it included."""
    path.write_bytes(text.encode())
    accepted_edit.remove(path, names)
    assert [one.check for one in acceptances.load(path, KNOWN)] == left
    after = path.read_bytes().decode()
    assert ("# of the next" in text) == ("# of the next" in after)
    assert ("# ours" in text) == ("# ours" in after)
    assert "\r" not in after.replace("\r\n", "")
    assert ("\r\n" in text) == ("\r\n" in after)


def test_a_new_file_says_what_it_is(path: Path) -> None:
    """The first day's file begins with a comment, holds each finding once, and leaves nothing beside it."""
    assert add(path, LIST, URL, LIST) == 2
    assert path.read_text() == accepted_edit.HEADER + "".join(
        f'\n[[accepted]]\ncheck = "{name}"\nfound = {found}\nreason = "first day"\nby = "Cy"\nuntil = 2027-01-31\n'
        for name, found in ((LIST, '["old-phones"]'), (URL, f'"{OLD_URL}"'))
    )
    assert [one.name for one in path.parent.iterdir() if one.is_file()] == ["accepted.toml"]


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
    assert [one.by for one in acceptances.load(path, KNOWN)] == ["Ada", "Bob", "Cy"]


def test_windows_line_ends_stay(path: Path) -> None:
    """A file with Windows' line ends keeps them, in all that was not written anew."""
    raw = GOOD.replace("\n", "\r\n").encode()
    path.write_bytes(raw)
    assert add(path, "account/balance") == 1
    assert path.read_bytes().startswith(raw.rstrip())
    assert len(acceptances.load(path, KNOWN)) == 3


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
    assert {(one.check, one.until) for one in acceptances.load(path, KNOWN)} == {(URL, DAY), (LIST, DAY)}
    assert [word for word in ("ours", "moving") if word in text and word not in path.read_text()] == []


def test_refused_before_writing(path: Path) -> None:
    """Nobody, no reason and a day that is over are reported at once, and no file is made."""
    with pytest.raises(BadInput) as caught:
        accepted_edit.add(path, {LIST: OLD_LIST}, by=" ", reason="", until=date(2026, 11, 22), today=TODAY)
    assert caught.value.faults == ("by: empty", "reason: empty", "until: 2026-11-22 is in the past")
    assert not path.exists()
    assert add(path, LIST, until=TODAY) == 1


def test_today_is_the_day_it_is(path: Path) -> None:
    """By default the clock decides which days are past."""
    with pytest.raises(BadInput, match="in the past"):
        accepted_edit.add(path, {LIST: OLD_LIST}, by="Cy", reason="r", until=date(2020, 1, 1))


@pytest.mark.parametrize("text", ["[[accepted", GOOD.replace('by = "Bob"', "")], ids=["no TOML", "faulty"])
def test_a_faulty_file_is_not_added_to(text: str, path: Path) -> None:
    """A file with faults stays as it is until somebody has fixed it."""
    path.write_text(text)
    with pytest.raises(BadInput):
        add(path, LIST)
    assert path.read_text() == text


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    """A directory that is not there is one clear message."""
    with pytest.raises(BadInput, match="cannot be written"):
        add(tmp_path / "nowhere" / "accepted.toml", LIST)


@settings(max_examples=examples(50), deadline=None)
@given(
    names=st.lists(st.text(st.characters(exclude_categories=["Cs"])), unique=True, max_size=4),
    reason=st.text(string.printable).filter(str.strip),
)
def test_any_name_reads_back_the_same(names: list[str], reason: str) -> None:
    """Whatever a finding is called, quotes and control characters included, it reads back the same."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "accepted.toml"
        for part in (names[:2], names[2:]):
            accepted_edit.add(path, dict.fromkeys(part, "x"), by="Cy", reason=reason, until=DAY, today=TODAY)
        held = acceptances.load(path, names)
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
    """Where the library writes anything but what was meant, the file stays, and the lines to write are reported."""
    path.write_text(GOOD)
    monkeypatch.setattr(accepted_edit, "_extended", lambda *_given: says)
    with pytest.raises(BadInput, match=r"accepted\.toml is written in a way") as caught:
        add(path, "account/balance")
    assert caught.value.faults == (
        "[[accepted]]",
        'check = "account/balance"',
        'found = "none"',
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


def test_a_mark_is_no_part_of_the_file(path: Path) -> None:
    """A byte order mark before the first entry is read over."""
    path.write_bytes(codecs.BOM_UTF8 + GOOD.encode())
    marked = acceptances.load(path, KNOWN)
    path.write_text(GOOD)
    assert marked == acceptances.load(path, KNOWN)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-be"])
def test_another_encoding_is_named(encoding: str, path: Path) -> None:
    """A file in another encoding is reported as that, with what to do; it is never taken for nothing accepted."""
    path.write_bytes(GOOD.encode(encoding))
    with pytest.raises(BadInput, match=r"accepted\.toml cannot be read: it is in UTF-") as caught:
        acceptances.load(path, KNOWN)
    assert caught.value.hint == "Save it as UTF-8, and run the command again."


def test_a_byte_order_mark_stays(path: Path) -> None:
    """In a file that begins with a byte order mark, entries are added and taken out, and the mark stays."""
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert add(path, "account/balance") == 1
    accepted_edit.remove(path, ["account/balance"])
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert [one.check for one in acceptances.load(path, KNOWN)] == [LIST, URL]

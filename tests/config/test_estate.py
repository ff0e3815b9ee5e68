"""The desired state: what estate.toml says, and every way in which it can be wrong."""

from __future__ import annotations

import codecs
import os
import shutil
import time
import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from futel_twilio.config import edits
from futel_twilio.config.estate import estate_file_of, load_estate
from futel_twilio.config.estate_faults import faults_of
from futel_twilio.errors import BadInput
from tests.support.paths import ESTATE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GOOD = """
[environment.stage]
dialplans = "https://stage.example.com"
[environment.prod]
dialplans = "https://prod.example.com/"
[credential_list.phones]
[application."in-{env}"]
voice_url = "/in"
[sip_domain."out-{env}"]
voice_url = "/out"
registrations = ["phones"]
calls = ["phones"]
"""
FAULTS = {
    "environment.prod.dialplans: not an https URL": (
        '"https://prod.example.com/"',
        '"http://prod.example.com"',
    ),
    "environment.prod.dialplans: the same URL as environment.stage.dialplans": (
        "https://prod.example.com/",
        "https://STAGE.example.com/",
    ),
    "environment.prod.dialplans: has a query or a fragment": (
        "https://prod.example.com/",
        "https://prod.example.com/?env=prod",
    ),
    "environment.prod.dialplans: its path may hold letters, digits and": (
        "https://prod.example.com/",
        "https://prod.example.com/env=prod",
    ),
    "environment.stage.dialplans: missing": ('dialplans = "https://stage.example.com"', ""),
    "environment.Stage: an environment's name": ("environment.stage", "environment.Stage"),
    "environment: missing": ("environment", "enviroment"),
    "extra: unknown key": ("[environment.stage]", "extra = 1\n[environment.stage]"),
    "environment.stage.hurry: unknown key": (
        '"https://stage.example.com"',
        '"https://stage.example.com"\nhurry = true',
    ),
    "account_sid: not an account SID": ("[environment.stage]", 'account_sid = "AC1"\n[environment.stage]'),
    "application.in: a name is at most 64 characters and holds {env}": ('"in-{env}"', '"in"'),
    "application.in-{env}.voice_url: not a path": ('voice_url = "/in"', 'voice_url = "in"'),
    "application.in-{env}.voice_url: missing": ('voice_url = "/in"', ""),
    "application.in-{env}.voice_method: neither POST nor GET": (
        'voice_url = "/in"',
        'voice_url = "/in"\nvoice_method = "post"',
    ),
    "application.in-{env}.open_to_other_accounts: neither true nor false": (
        'voice_url = "/in"',
        'voice_url = "/in"\nopen_to_other_accounts = "no"',
    ),
    "sip_domain.out_{env}: a SIP domain's name": ('"out-{env}"', '"out_{env}"'),
    "sip_domain.out-{env}.calls: missing": ('calls = ["phones"]', ""),
    "sip_domain.out-{env}.calls: not a list of one or more": ('calls = ["phones"]', "calls = []"),
    "sip_domain.out-{env}.registrations: not a list": (
        'registrations = ["phones"]',
        'registrations = "phones"',
    ),
    "sip_domain.out-{env}.calls: no [credential_list.other] in this file": (
        'calls = ["phones"]',
        'calls = ["other"]',
    ),
    "sip_domain.out-{env}.voice_fallback_url: neither empty": (
        'voice_url = "/out"',
        'voice_url = "/out"\nvoice_fallback_url = "http://x.example.com"',
    ),
    "credential_list.phones-{env}: a name is 1 to 64": (
        "credential_list.phones",
        'credential_list."phones-{env}"',
    ),
    "environment: not a table": ("[environment.stage]", "environment = 3\n[environment_.stage]"),
}


def faults(text: str) -> list[str]:
    return faults_of(tomllib.loads(text))


def test_good_has_no_fault() -> None:
    """The form that all faults below are made from is right itself."""
    assert faults(GOOD) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_named_with_its_place(fault: str) -> None:
    """One thing wrong in the file is reported by its place and in words."""
    before, after = FAULTS[fault]
    assert before in GOOD
    broken = (
        GOOD.replace("environment.prod", "environment_.prod") if after.startswith("environment = 3") else GOOD
    )
    assert any(line.startswith(fault) for line in faults(broken.replace(before, after))), faults(
        broken.replace(before, after)
    )


BAD = """
account_sid = "AC1"
extra = 1
[environment.stage]
dialplans = "http://stage.example.com"
[environment.Prod]
[credential_list.phones]
[application.in]
voice_url = "in"
voice_method = "PUT"
[application."in-{env}"]
open_to_other_accounts = "no"
[sip_domain."out-{env}"]
voice_url = "/out"
secure = 1
registrations = []
calls = ["other"]
"""


def test_all_faults_at_once() -> None:
    """Thirteen faults in one file are thirteen lines, each with its place."""
    places = [line.split(": ")[0] for line in faults(BAD)]
    assert sorted(places) == [
        "account_sid",
        "application.in",
        "application.in-{env}.open_to_other_accounts",
        "application.in-{env}.voice_url",
        "application.in.voice_method",
        "application.in.voice_url",
        "environment.Prod",
        "environment.Prod.dialplans",
        "environment.stage.dialplans",
        "extra",
        "sip_domain.out-{env}.calls",
        "sip_domain.out-{env}.registrations",
        "sip_domain.out-{env}.secure",
    ]


def test_load_reports_all_and_does_not_read_on(tmp_path: Path) -> None:
    """`load` raises one error that holds every fault."""
    path = tmp_path / "estate.toml"
    path.write_text(GOOD.replace("https://", "http://"))
    with pytest.raises(BadInput, match="2 faults") as caught:
        load_estate(path)
    assert len(caught.value.faults) == 2


@pytest.mark.parametrize(
    ("text", "says"), [(None, "no estate.toml"), ("[environment", "TOML"), ("a = 1\na = 2", "TOML")]
)
def test_unreadable_files(text: str | None, says: str, tmp_path: Path) -> None:
    """A file that is not there, is cut off or names a key twice is one clear message."""
    path = tmp_path / "estate.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(BadInput, match=says):
        load_estate(path)


def test_written_once_for_all(tmp_path: Path) -> None:
    """One template makes one thing per environment, alike but for name and base URL."""
    path = tmp_path / "estate.toml"
    path.write_text(GOOD)
    estate = load_estate(path)
    assert [(d.domain_name, d.friendly_name, d.voice_url) for d in estate.domains] == [
        ("out-stage.sip.twilio.com", "out-stage", "https://stage.example.com/out"),
        ("out-prod.sip.twilio.com", "out-prod", "https://prod.example.com/out"),
    ]
    assert len(estate.mappings) == 4


def test_another_environment_is_an_edit_of_the_file(tmp_path: Path) -> None:
    """Adding `dev`, or dropping a SIP domain, needs nothing but the file."""
    path = shutil.copytree(ESTATE, tmp_path / "own") / "estate.toml"
    text = (
        ESTATE / "estate.toml"
    ).read_text() + '\n[environment.dev]\ndialplans = "https://dev.example.com"\n'
    path.write_text(text)
    estate = load_estate(path)
    assert [a.friendly_name for a in estate.applications] == [
        "incoming-stage",
        "incoming-prod",
        "incoming-dev",
    ]
    start, end = text.index('[sip_domain."direct-futel-nonemergency'), text.index("# What the audit checks")
    path.write_text(text[:start] + text[end:])
    assert len(load_estate(path).domains) == 3


def test_rewriting_keeps_comments(tmp_path: Path) -> None:
    """The new base URL is written and every other byte of the file stays."""
    path = tmp_path / "estate.toml"
    text = (ESTATE / "estate.toml").read_text()
    path.write_text(text)
    assert edits.rewrite_dialplans(path, "prod", "https://prod-2.example.com")
    old, new = ('dialplans = "https://prod.dialplans.phu73l.net"', 'dialplans = "https://prod-2.example.com"')
    assert path.read_text() == text.replace(old, new)
    assert not edits.rewrite_dialplans(path, "prod", "https://prod-2.example.com/")
    assert [p.name for p in tmp_path.iterdir()] == ["estate.toml"]


ONE_FAULT = {
    "https://x.example.com/env=prod": "its path may hold",
    "https://x.example.com/a%20b": "its path may hold",
    "https://x.example.com/a b": "its path may hold",
    "https://x.example.com/a\n": "its path may hold",
    "https://x.example.com?a=b": "has a query or a fragment",
    "https://x.example.com/a#b=c": "has a query or a fragment",
    "https://me:word@x.example.com/a": "not an https URL",
    "https://me@x.example.com": "not an https URL",
    "https://x.example.com:65536": "not an https URL",
    "https://x.example.com:port/a": "not an https URL",
    "https://x.example.com\n": "not an https URL",
    "http://x.example.com/a": "not an https URL",
    "https:///a": "not an https URL",
    "x.example.com": "not an https URL",
    "": "not an https URL",
}


@pytest.mark.parametrize("url", ONE_FAULT)
def test_what_is_wrong_with_a_url_is_said(url: str) -> None:
    """Of a URL that is not taken just that is said which is wrong with it."""
    (fault,) = faults(GOOD.replace("https://prod.example.com/", url.replace("\n", "\\n")))
    assert fault.startswith(f"environment.prod.dialplans: {ONE_FAULT[url]}")


@pytest.mark.parametrize("url", ["https://x.example.com:65535/a/B-c_d.e~f/", "https://x.example.com"])
def test_urls_that_are_taken(url: str) -> None:
    """A host, a port and a path are taken."""
    assert faults(GOOD.replace("https://prod.example.com/", url)) == []


@pytest.mark.parametrize(
    "url",
    ["https://stage.example.com:443", "https://Stage.example.com.:0443/", "https://stage.example.com//"],
)
def test_one_url_in_two_forms(url: str) -> None:
    """The default port, capitals and slashes at the end do not hide that two environments have one URL."""
    assert faults(GOOD.replace("https://prod.example.com/", url)) == [
        "environment.prod.dialplans: the same URL as environment.stage.dialplans"
    ]
    assert faults(GOOD.replace("https://prod.example.com/", "https://stage.example.com:8443")) == []


@pytest.mark.parametrize("end", ["/out", "/OUT/", "/functions/Out", "/out//"])
def test_a_path_at_the_end(end: str) -> None:
    """A base URL that ends in a path that is added to it is reported, in capitals and with a slash behind it too."""
    assert faults(GOOD.replace("https://prod.example.com/", "https://prod.example.com" + end)) == [
        "environment.prod.dialplans: ends in /out, which the tool appends"
    ]
    assert faults(GOOD.replace("https://prod.example.com/", "https://prod.example.com/layout")) == []


def test_a_stand_in_url_is_judged_like_the_files_own(tmp_path: Path) -> None:
    """A --dialplans URL that is not https, or that is stage's, is refused as a fault of the flag."""
    path = tmp_path / "estate.toml"
    path.write_text(GOOD)
    for url, says in (
        ("http://x.example.com", "--dialplans: not an https URL"),
        ("https://stage.example.com", "--dialplans: the same URL"),
        ("https://x.example.com/out", "--dialplans: ends in /out"),
    ):
        with pytest.raises(BadInput) as caught:
            load_estate(path, {"prod": url})
        assert says in str(caught.value)


NO_NUMBERS = ("nan", "+nan", "inf", "-inf", "1e999", "-1e999", "1e300", "true", '"10"', "[1]")


@pytest.mark.parametrize("word", NO_NUMBERS)
@pytest.mark.parametrize("key", ["balance_floor", "alert_hours", "credential_days"])
def test_every_number_is_finite_and_makes_sense(key: str, word: str) -> None:
    """A number of estate.toml that is none, or out of all bounds, is one fault with its place, never taken."""
    (fault,) = faults(f"{GOOD}\n[account]\n{key} = {word}\n")
    assert fault.startswith(f"account.{key}: not a ")
    assert ("finite" in fault) is any(part in word for part in ("nan", "inf", "999"))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("[account]\ndialling_countries = [nan]", "account.dialling_countries.0: not a finite number"),
        ("[more]\nn = { m = [[1, inf]] }", "more.n.m.0.1: not a finite number"),
        (
            "[usage_trigger.x]\nvalue = nan\ncallback_url = 'https://a.example.org/x'",
            "usage_trigger.x.value: not a finite",
        ),
    ],
)
def test_a_number_anywhere_is_finite(line: str, fault: str) -> None:
    """Where no number belongs, one that is not finite is reported anyway, in tables and lists."""
    assert any(said.startswith(fault) for said in faults(f"{GOOD}\n{line}\n"))


MISTYPED = {
    "a key": (
        "registrations = ",
        "registratons = ",
        "sip_domain.out-{env}.registratons",
        "registrations",
        11,
    ),
    "a table": (
        "[credential_list.phones]",
        "[credential_lst.phones]",
        "credential_lst",
        "credential_list",
        6,
    ),
    "a dotted key": (
        "[environment.stage]\ndialplans",
        "environment.stage.dialplan",
        "environment.stage.dialplan",
        "dialplans",
        2,
    ),
    "after a text of several lines": (
        'voice_url = "/in"',
        'voice_url = """\n/in\nvoice_ulr = 1\n"""\nvoice_methd = "POST"',
        "application.in-{env}.voice_methd",
        "voice_method",
        12,
    ),
    "in an inline table": (
        "[environment.stage]\ndialplans = ",
        "environment.stage = { dialplns = 1, dialplans = ",
        "environment.stage.dialplns",
        "dialplans",
        2,
    ),
}


@pytest.mark.parametrize(("old", "new", "place", "meant", "line"), MISTYPED.values(), ids=MISTYPED)
def test_a_mistyped_key_is_reported_with_its_line_and_what_is_meant(
    old: str, new: str, place: str, meant: str, line: int, tmp_path: Path
) -> None:
    """A key that nobody knows is reported with the line where it stands and the known one that is most like it."""
    text = GOOD.replace(old, new)
    if "{ " in new:
        text = text.replace('"https://stage.example.com"', '"https://stage.example.com" }')
    (tmp_path / "estate.toml").write_text(text)
    with pytest.raises(BadInput) as caught:
        load_estate(tmp_path / "estate.toml")
    (reported,) = (fault for fault in caught.value.faults if fault.startswith(f"{place}: unknown key"))
    assert f"did you mean {meant}?" in reported
    assert reported.endswith(f"(line {line})")


def test_what_is_missing_is_reported_with_the_line_of_its_table(tmp_path: Path) -> None:
    """A key that is missing is reported with the line of the table that lacks it; a missing table has no line."""
    (tmp_path / "estate.toml").write_text(GOOD.replace('voice_url = "/in"\n', ""))
    with pytest.raises(BadInput) as caught:
        load_estate(tmp_path / "estate.toml")
    assert caught.value.faults == ("application.in-{env}.voice_url: missing (line 7)",)
    (tmp_path / "estate.toml").write_text("")
    with pytest.raises(BadInput) as caught:
        load_estate(tmp_path / "estate.toml")
    assert caught.value.faults == ("environment: missing",)


HUGE = {
    "100,000 brackets": b"a = " + b"[" * 100_000,
    "100,000 tables in one another": b"a = " + b"{a=" * 100_000,
    "50,000 dotted keys": b".".join([b"a"] * 50_000) + b" = 1",
    "an integer of 6,000 digits": b"balance_floor = " + b"9" * 6000,
    "two megabytes": b"# " + b"x" * 2_000_000,
    "UTF-16": GOOD.encode("utf-16"),
    "Latin-1": GOOD.encode() + b"# Gr\xfc\xdfe",
}


@pytest.mark.parametrize("name", ["estate.toml", "clients.toml", "extensions.json"])
@pytest.mark.parametrize("raw", HUGE.values(), ids=HUGE)
def test_no_content_of_a_file_ends_in_a_traceback(raw: bytes, name: str, tmp_path: Path) -> None:
    """Whatever one of the three files holds, one error names it, and soon."""
    shutil.copytree(ESTATE, tmp_path, dirs_exist_ok=True)
    (tmp_path / name).write_bytes(raw * 3 if name == "extensions.json" else raw)
    began = time.process_time()
    with pytest.raises(BadInput) as caught:
        load_estate(tmp_path / "estate.toml")
    assert f"{name}{':' if name != 'estate.toml' else ''} cannot be read" in str(caught.value)
    assert time.process_time() - began < 10


SPECIAL: dict[str, tuple[Callable[[Path], object], str]] = {
    "a directory": (lambda path: path.mkdir(), "it is a directory, not a file"),
    "a named pipe": (os.mkfifo, "it is a named pipe, not a file"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "it is a device, not a file"),
    "a link to itself": (lambda path: path.symlink_to(path), "it leads to itself"),
}


@pytest.mark.parametrize("name", ["estate.toml", "clients.toml", "extensions.json"])
@pytest.mark.parametrize(("make", "says"), SPECIAL.values(), ids=SPECIAL)
def test_only_regular_files_are_read(
    make: Callable[[Path], object], says: str, name: str, tmp_path: Path
) -> None:
    """What is no regular file is refused in the place of any of the three; nothing waits, and no memory fills."""
    shutil.copytree(ESTATE, tmp_path, dirs_exist_ok=True)
    (tmp_path / name).unlink()
    make(tmp_path / name)
    with pytest.raises(BadInput) as caught:
        load_estate(estate_file_of(tmp_path))
    assert says in str(caught.value)
    assert name in str(caught.value)


@pytest.mark.parametrize("name", ["/dev/zero", "../../../../../../../../dev/zero", "a\\u0000b", "x" * 300])
def test_the_inventory_may_lie_nowhere_odd(name: str, tmp_path: Path) -> None:
    """An inventory of a name that is none, or a device, is a fault like any other."""
    shutil.copytree(ESTATE, tmp_path, dirs_exist_ok=True)
    text = (tmp_path / "estate.toml").read_text()
    (tmp_path / "estate.toml").write_text(text.replace('"extensions.json"', f'"{name}"'))
    with pytest.raises(BadInput):
        load_estate(tmp_path / "estate.toml")


def test_marks_are_no_part_of_a_file(tmp_path: Path) -> None:
    """A byte order mark before any of the three files is read over."""
    shutil.copytree(ESTATE, tmp_path, dirs_exist_ok=True)
    well = load_estate(tmp_path / "estate.toml")
    for name in ("estate.toml", "clients.toml", "extensions.json"):
        (tmp_path / name).write_bytes(codecs.BOM_UTF8 + (tmp_path / name).read_bytes())
    assert replace(load_estate(tmp_path / "estate.toml"), clients_file=well.clients_file) == well

"""What a plan takes from phones is judged by what the account holds, whatever the files say by now."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import invoke
from tests.support.phones import WRITES, begin_anew, files
from tests.support.sandbox import sdk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox

ALDER = "alder-street"
NUMBER = "+15035550101"
PROD = "direct-futel-prod"
STAGE = "direct-futel-stage"
MAPPINGS = " ".join(
    f"--remove '{PROD}.sip.twilio.com {use} sip-direct'" for use in ("registrations", "calls")
)


def replaced(name: str, *pairs: tuple[str, str]) -> Callable[[Path], None]:
    """An edit that puts other texts in place of some in a file."""

    def edit(here: Path) -> None:
        text = (here / name).read_text()
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        (here / name).write_text(text)

    return edit


def with_entries(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    """An edit of the inventory."""

    def edit(here: Path) -> None:
        entries = json.loads((here / "extensions.json").read_text())
        change(entries)
        (here / "extensions.json").write_text(json.dumps(entries))

    return edit


def without_section(here: Path) -> None:
    """The section of the SIP domains with 911 is dropped."""
    text = (here / "estate.toml").read_text()
    begin, end = (text.index(f'[sip_domain."direct-futel-{name}') for name in ("{env}", "nonemergency"))
    (here / "estate.toml").write_text(text[:begin] + text[end:])


def with_another_environment(here: Path) -> None:
    """The environment prod is called live."""
    replaced("estate.toml", ("[environment.prod]", "[environment.live]"))(here)
    replaced("clients.toml", ('"prod"', '"live"'))(here)


def without_alder(here: Path) -> None:
    """A phone is deleted by hand from both files."""
    with_entries(lambda entries: entries.pop(ALDER))(here)
    text = (here / "clients.toml").read_text()
    begin = text.index(f"[client.{ALDER}]")
    (here / "clients.toml").write_text(text[:begin] + text[text.index("[client.birch", begin) :])


def unmarked(entries: dict[str, Any]) -> None:
    entries[ALDER]["enable_emergency"] = False


def moved(entries: dict[str, Any]) -> None:
    entries[ALDER]["caller_id"] = "+15035550142"


@dataclass(frozen=True)
class Attack:
    """An edit of the files, after which a command would take 911 from phones, and the names that allow it."""

    edit: Callable[[Path], None]
    command: str
    names: tuple[str, ...]
    says: str = ""


RENAMED = replaced("estate.toml", ('sip_domain."direct-futel-{env}"', 'sip_domain."futel-new-{env}"'))
SECURE = replaced("estate.toml", ("secure = false", "secure = true"))
SWITCHED_OFF = replaced("estate.toml", ("emergency_calling = true", "emergency_calling = false"))
OTHER_LIST = (
    ("[credential_list.sip-direct]", "[credential_list.sip-direct]\n\n[credential_list.other]"),
    ('registrations = ["sip-direct"]', 'registrations = ["other"]'),
)
ATTACKS: dict[str, Attack] = {
    "a renamed section, lists off": Attack(
        RENAMED, f"apply {MAPPINGS}", (PROD,), "(phones with 911: alder-street"
    ),
    "a renamed section, domain off": Attack(
        RENAMED, f"apply --remove {PROD}", (PROD,), "no longer take 911 calls"
    ),
    "a dropped section": Attack(without_section, f"apply --remove {PROD}", (PROD,)),
    "a dropped section, lists off": Attack(without_section, f"apply {MAPPINGS}", (PROD,)),
    "a renamed environment": Attack(with_another_environment, f"apply --remove {PROD}", (PROD,)),
    "another list": Attack(
        replaced("estate.toml", *OTHER_LIST),
        f"apply --remove '{PROD}.sip.twilio.com registrations sip-direct'",
        (PROD,),
        "no longer let its phones in (registrations) by the credential list sip-direct",
    ),
    "a phone deleted from the files, sync": Attack(
        without_alder,
        f"sync-clients --env prod --remove {ALDER}",
        (ALDER,),
        "it can call 911 through direct-futel-prod, direct-futel-stage",
    ),
    "a phone deleted from the files, credential": Attack(
        without_alder, f"delete-credential {ALDER}", (ALDER,)
    ),
    "a phone deleted from the files, number": Attack(
        without_alder, f"delete-number {NUMBER} --release-number {NUMBER}", (NUMBER,), "lose its 911 address"
    ),
    "a phone without 911 by the files": Attack(with_entries(unmarked), f"delete-client {ALDER}", (ALDER,)),
    "a phone with another number by the files": Attack(
        with_entries(moved), f"delete-number {NUMBER} --release-number {NUMBER}", (NUMBER,)
    ),
    "TLS alone, apply": Attack(
        SECURE, "apply", (STAGE, PROD), "not known to use TLS (phones with 911: alder"
    ),
    "TLS alone, update": Attack(SECURE, "update-domains --env prod", (PROD,), "not known to use TLS"),
    "911 off, apply": Attack(SWITCHED_OFF, "apply", (STAGE, PROD), "no longer take 911 calls"),
    "911 off, setup": Attack(SWITCHED_OFF, "setup", (STAGE, PROD)),
    "911 off, update": Attack(SWITCHED_OFF, "update --env prod", (PROD,)),
}


@pytest.fixture
def synced(at_box: Sandbox, phone_accounts: dict[str, dict[str, Any]]) -> Sandbox:
    """An account with all phones in it."""
    begin_anew(at_box, phone_accounts["synced"])
    return at_box


@pytest.mark.parametrize("name", ATTACKS)
def test_911_is_taken_by_no_edit_of_the_files(name: str, synced: Sandbox, here: Path) -> None:
    """What takes 911 from a phone of the account is refused whatever the files were made to say; named, it goes."""
    attack = ATTACKS[name]
    attack.edit(here)
    before = files(here)
    ended = invoke(f"{attack.command} --yes")
    assert ended.code == 2, ended
    assert "This would take emergency calling (911) from phones, so it is refused." in ended.err
    assert [f"--allow-911-loss {name}" in ended.err for name in attack.names] == [True] * len(attack.names)
    assert attack.says in ended.err
    assert (synced.count(*WRITES), files(here)) == (0, before)
    assert invoke(f"{attack.command} --dry-run").code == 1
    if not attack.command.startswith(("setup", "update")):  # which leave it to `apply`
        allowed = " ".join(f"--allow-911-loss {name}" for name in attack.names)
        assert invoke(f"{attack.command} --yes {allowed}").code == 0


def renamed(here: Path) -> None:
    """A phone is renamed in both files."""
    replaced("extensions.json", (f'"{ALDER}"', '"alder-st"'))(here)
    replaced("clients.toml", (f"[client.{ALDER}]", "[client.alder-st]"))(here)


@pytest.mark.usefixtures("synced")
def test_a_renamed_phone_keeps_its_old_credential(here: Path) -> None:
    """The payphone still signs in with its old name: two ordinary commands do not delete that unnamed."""
    renamed(here)
    assert invoke("sync-clients --env prod --yes").code == 0
    ended = invoke(f"sync-clients --env prod --yes --remove {ALDER}")
    assert ended.code == 2
    assert f"{ALDER}: it can call 911 through {PROD}" in ended.err
    assert f"--allow-911-loss {ALDER}" in ended.err
    assert ALDER in invoke("list-credentials").out
    assert invoke(f"sync-clients --env prod --yes --remove {ALDER} --allow-911-loss {ALDER}").code == 0


QUIET = "direct-futel-nonemergency"
OTHERS = ("cedar-lot", "dogwood-stage", "elm-office")
OFF_REGISTRATIONS = f"--remove '{QUIET}-prod.sip.twilio.com registrations sip-direct'"


def without_quiet_section(here: Path) -> None:
    """The section of the SIP domains without 911 is dropped."""
    text = (here / "estate.toml").read_text()
    begin = text.index(f'[sip_domain."{QUIET}-{{env}}"]')
    (here / "estate.toml").write_text(text[:begin] + text[text.index("# The phones.") :])


CUT_OFF: dict[str, tuple[Callable[[Path], None], str, tuple[str, ...]]] = {
    "both domains": (
        without_quiet_section,
        f"apply --remove {QUIET}-stage --remove {QUIET}-prod",
        (*OTHERS, f"can no longer register with or call through {QUIET}-prod"),
    ),
    "one domain": (without_quiet_section, f"apply --remove {QUIET}-prod", OTHERS),
    "a list off the domain": (without_quiet_section, f"apply {OFF_REGISTRATIONS}", OTHERS),
    "registration off": (
        replaced("estate.toml", ("registration = true", "registration = false")),
        "update-domains --env prod",
        ("cedar-lot, elm-office can no longer register with or call through",),
    ),
    "TLS alone": (
        replaced("estate.toml", ("secure = false", "secure = true")),
        "update-domains --env stage",
        ("dogwood-stage can no longer register with or call through",),
    ),
}


@pytest.mark.parametrize("name", CUT_OFF)
@pytest.mark.usefixtures("synced")
def test_the_plan_names_the_phones_that_it_shuts_out(name: str, here: Path) -> None:
    """Whatever takes registration or calls from phones names them, those without 911 too."""
    edit, command, named = CUT_OFF[name]
    edit(here)
    said = " ".join(invoke(f"{command} --dry-run").out.split())
    assert [name in said for name in named] == [True] * len(named), said


@pytest.mark.usefixtures("synced")
def test_a_phone_without_a_domain_is_a_finding(here: Path) -> None:
    """A phone that no SIP domain of estate.toml is for is a critical finding of the audit."""
    without_quiet_section(here)
    command = f"apply --yes --remove {QUIET}-stage --remove {QUIET}-prod"
    assert invoke(command).code == 0
    ended = invoke("audit --live --json")
    assert ended.code == 1
    found = {one["name"]: one["severity"] for one in ended.json["checks"] if one["outcome"] == "finding"}
    assert {f"domains/of_a_phone[{phone}]": "critical" for phone in OTHERS}.items() <= found.items()


ANSWERING = replaced("estate.toml", ("incoming-{env}", "answer-{env}"))
NUMBERS = " ".join(f"--allow-unanswered {number}" for number in (NUMBER, "+15035550102"))


@pytest.mark.usefixtures("synced")
def test_an_application_that_answers_numbers_is_not_deleted_unnamed(here: Path) -> None:
    """The plan names the numbers that nothing would answer any more, and is refused unless each is named."""
    ANSWERING(here)
    ended = invoke("apply --yes --remove incoming-prod")
    assert ended.code == 2
    assert f"Nothing answers {NUMBER}, +15035550102 any more" in ended.out
    assert f"{NUMBER}: the application incoming-prod answers it, and nothing would any more" in ended.err
    assert NUMBERS in ended.err
    assert invoke(f"apply --yes --remove incoming-prod --allow-unanswered {NUMBER}").code == 2
    assert "ENV" not in ended.err
    assert invoke(f"apply --yes --remove incoming-prod {NUMBERS}").code == 0


@pytest.mark.usefixtures("synced")
def test_an_application_that_answers_nothing_any_more_is_deleted(here: Path) -> None:
    """Once the numbers have their new application, the old one goes without a further word."""
    ANSWERING(here)
    taking = NUMBERS.replace("--allow-unanswered", "--take-over")
    for command in ("apply", f"sync-clients --env prod {taking}"):
        assert invoke(f"{command} --yes").code == 0
    assert invoke("apply --yes --remove incoming-prod").code == 0


@pytest.mark.usefixtures("synced")
def test_the_commands_that_the_refusal_names_work_in_order(here: Path) -> None:
    """The refusal prints what gives the numbers their new application first; pasted in order, all of it works."""
    ANSWERING(here)
    typed = "apply --yes --remove incoming-prod"
    ended = invoke(typed)
    commands = re.findall("`invoke ([^`]*)`", ended.err.partition("If not")[2])
    assert [one.split()[0] for one in commands] == ["apply", "sync-clients"]
    assert [invoke(f"{one} --yes").code for one in commands] == [0, 0]
    assert invoke(typed).code == 0


def test_a_rollback_gives_numbers_their_application_back(synced: Sandbox, here: Path) -> None:
    """A rollback that makes an application anew has the numbers use it that used the old one."""
    before = (here / "estate.toml").read_text()
    ANSWERING(here)
    assert invoke(f"apply --yes --remove incoming-prod {NUMBERS}").code == 0
    (here / "estate.toml").write_text(before)
    assert invoke("rollback --yes --dry-run").code == 1
    assert invoke("rollback --yes").code == 0
    with sdk(synced.url) as client:
        (anew,) = client.applications.list(friendly_name="incoming-prod")
        answering = {n.voice_application_sid for n in client.incoming_phone_numbers.list(phone_number=NUMBER)}
    assert answering == {anew.sid}
    assert invoke("sync-clients --env prod --dry-run").code == 0

"""The runbook that this tool replaces, typed into Twilio's CLI, does at the sandbox what it means to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.project.test_docs import README

from .held import Estate
from .steps import RUNBOOK, STEPS, Step
from .story import PASSWORD

if TYPE_CHECKING:
    from .story import Story

EMERGENCY = ("direct-futel-stage", "direct-futel-prod")
NONEMERGENCY = ("direct-futel-nonemergency-stage", "direct-futel-nonemergency-prod")
DOMAINS = (*EMERGENCY, *NONEMERGENCY)
OUTGOING = "https://{}.dialplans.example.net/dial_outgoing"
INCOMING = "https://{}.dialplans.example.net/dial_sip_e164"
NAMES = [f"{number:02} {step.command}" for number, step in enumerate(STEPS)]
MAPPED = {name: ["sip-direct"] for name in DOMAINS}
every_step = pytest.mark.parametrize("step", STEPS, ids=NAMES)


@every_step
def test_each_command_ends_as_the_runbook_says(story: Story, step: Step) -> None:
    """The exit code is the one that runbook.md gives, and the CLI says the words that stand there."""
    ended = story.played[step].ended
    assert ended.code == step.code, ended.err
    assert step.says in ended.out + ended.err


@every_step
def test_each_command_prints_what_the_sandbox_holds(story: Story, step: Step) -> None:
    """Every value printed is held, every flag given is obeyed, what is removed is gone, a refusal changes nothing."""
    assert story.played[step].differs == ()


def test_the_setup_is_as_the_runbook_intends(story: Story) -> None:
    """After setup each domain registers and calls with sip-direct; its URL, method and 911 flag are as typed."""
    after = story.after["Set voice authentication credentials for SIP Domains"]
    assert after.registrations == after.calls == MAPPED
    assert set(after.domains) == set(DOMAINS)
    for name, domain in after.domains.items():
        assert domain["domain_name"] == f"{name}.sip.twilio.com"
        assert domain["voice_url"] == OUTGOING.format("stage" if name.endswith("stage") else "prod")
        assert (domain["auth_type"], domain["voice_method"]) == ("CREDENTIAL_LIST", "POST")
        assert (domain["sip_registration"], domain["secure"]) == (True, False)
        assert domain["emergency_calling_enabled"] == (name in EMERGENCY)
    assert {app["friendly_name"]: app["voice_url"] for app in after.applications} == {
        "incoming-stage": INCOMING.format("stage"),
        "incoming-prod": INCOMING.format("prod"),
    }


def test_before_voice_authentication_no_domain_takes_a_call(story: Story) -> None:
    """Registration mappings alone leave `auth_type` empty: the step that the runbook leaves to the console counts."""
    after = story.after["Create auth registrations Credential List Mappings"]
    assert after.registrations == MAPPED
    assert {domain["auth_type"] for domain in after.domains.values()} == {""}


def test_the_flag_without_a_value_closes_an_application(story: Story) -> None:
    """`--public-application-connect-enabled` opens an application to others, and its `--no-` closes it again."""
    open_, closed = (
        {app["friendly_name"]: app["public_application_connect_enabled"] for app in after.applications}
        for after in (
            story.after["An application may be open to other customers"],
            story.after["An application is closed to other customers"],
        )
    )
    assert open_ == {"incoming-stage": True, "incoming-prod": False}
    assert closed == {"incoming-stage": False, "incoming-prod": False}


def test_an_application_made_again_is_there_twice(story: Story) -> None:
    """Unlike the rest, a second application of a name is not refused; the older is left when the newer goes."""
    first, twice, again = (
        [app["sid"] for app in story.after[heading].applications if app["friendly_name"] == "incoming-stage"]
        for heading in (
            "Create Application Resources (TwiML apps)",
            "Two applications of one name",
            "The second of them is taken away",
        )
    )
    assert len(twice) == 2
    assert again == first


def test_an_update_moves_the_urls_and_nothing_else(story: Story) -> None:
    """After the update each URL is that of the new installation; mappings and `auth_type` are as they were."""
    after = story.after["Update the relevant SIP Domains"]
    assert {app["friendly_name"]: app["voice_url"] for app in after.applications} == {
        "incoming-stage": INCOMING.format("stage-2"),
        "incoming-prod": INCOMING.format("prod-2"),
    }
    for name, domain in after.domains.items():
        assert domain["voice_url"] == OUTGOING.format("stage-2" if name.endswith("stage") else "prod-2")
        assert domain["auth_type"] == "CREDENTIAL_LIST"
        assert domain["emergency_calling_enabled"] == (name in EMERGENCY)
    assert after.registrations == after.calls == MAPPED


def test_a_client_has_a_number_with_its_address_and_a_credential(story: Story) -> None:
    """The number is named for the client, answers with incoming-prod, and its address is registered for 911."""
    after = story.after["Give the number its emergency address, which Twilio ignores when a number is bought"]
    number, (address,) = after.numbers["client-1"], after.addresses
    apps = {app["sid"]: app["friendly_name"] for app in after.applications}
    assert apps[number["voice_application_sid"]] == "incoming-prod"
    assert number["emergency_address_sid"] == address["sid"]
    assert number["emergency_address_status"] == "registered"
    assert number["sms_url"] == ""
    assert story.after["Create a new credential in the Credential List"].credentials == {
        "sip-direct": ["client-1"]
    }


def test_a_client_moves_and_goes(story: Story) -> None:
    """An update points its number to incoming-stage; deleting leaves no number, address or credential, and the rest."""
    moved = story.after["The client moves to stage and gets another password"]
    apps = {app["sid"]: app["friendly_name"] for app in moved.applications}
    assert apps[moved.numbers["client-1"]["voice_application_sid"]] == "incoming-stage"
    gone = story.after["Delete the address"]
    assert (gone.numbers, gone.addresses, gone.credentials) == ({}, [], {"sip-direct": []})
    assert set(gone.domains) == set(DOMAINS)


def test_nothing_is_left_at_the_end(story: Story) -> None:
    """After the removals the account holds nothing that the runbook made."""
    after = story.after["Nothing is left"]
    assert after == Estate([], {}, {}, {}, {}, {}, [])


def test_every_old_command_of_readme_is_typed() -> None:
    """Each command in README's column of old commands stands in runbook.md."""
    old = re.findall(r"`(twilio [^`]+)`", README)
    assert old
    assert {command.split()[1] for command in old} <= {step.command for step in STEPS}


def test_no_password_is_printed(story: Story) -> None:
    """The CLI prints no password that it was given, and the sandbox's log and dump hold none."""
    said = "".join(played.ended.out + played.ended.err for played in story.played.values())
    assert "client-1" in said
    for secret in (PASSWORD, "sandbox"):
        assert secret not in said
    assert PASSWORD not in RUNBOOK.read_text(encoding="utf-8") + story.written

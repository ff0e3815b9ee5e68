"""The plan: desired state and account laid side by side, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from futel_twilio.config.estate import load_estate
from futel_twilio.errors import BadInput, Refused
from futel_twilio.plan import diff, guards, impact
from futel_twilio.plan.changes import Create, Delete, Scope, Update, reasons_to_confirm
from futel_twilio.resources.state import AccountState
from futel_twilio.resources.types import APPLICATION, PROMOTED_FIELDS, SIP_DOMAIN, VOICE_MAPPING
from futel_twilio.resources.voice import Application, CredentialList, SipDomain
from tests.support.paths import ESTATE

WISH = load_estate(ESTATE / "estate.toml")
PROD_911 = "direct-futel-prod.sip.twilio.com"


def there(estate: AccountState = WISH) -> AccountState:
    """An account that is as desired, with a SID for each thing."""
    return replace(
        estate,
        applications=tuple(
            replace(a, sid=f"AP{i}", environment="") for i, a in enumerate(estate.applications)
        ),
        domains=tuple(
            replace(d, sid=f"SD{i}", environment="", auth_type="CREDENTIAL_LIST")
            for i, d in enumerate(estate.domains)
        ),
        credential_lists=tuple(replace(c, sid=f"CL{i}") for i, c in enumerate(estate.credential_lists)),
    )


def with_domain(name: str, **changes: object) -> AccountState:
    account = there()
    return replace(
        account,
        domains=tuple(
            replace(d, **changes) if d.domain_name == name else d  # type: ignore[arg-type]
            for d in account.domains
        ),
    )


def test_no_difference_is_an_empty_tuple() -> None:
    """An account that is as desired needs nothing."""
    assert diff.diff(WISH, there()) == ()


def test_empty_account_needs_everything_owners_first() -> None:
    """On an empty account all is created, and what joins comes after what it joins."""
    changes = diff.diff(WISH, AccountState())
    assert all(isinstance(change, Create) for change in changes)
    assert [type(c.resource).__name__ for c in changes] == (
        ["Application"] * 2
        + ["SipDomain"] * 4
        + ["CredentialList", "UsageTrigger"]
        + ["CredentialListMapping"] * 8
    )


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("voice_url", "https://old.example.com/x"),
        ("voice_url", ""),
        ("voice_method", "GET"),
        ("sip_registration", False),
        ("emergency_calling_enabled", False),
        ("friendly_name", "renamed"),
    ],
)
def test_each_setting_is_compared(setting: str, value: object) -> None:
    """A setting that differs is one update that names this setting alone."""
    (change,) = diff.diff(WISH, with_domain(PROD_911, **{setting: value}))
    assert isinstance(change, Update)
    assert change.changed_fields == (setting,)


@pytest.mark.parametrize("setting", ["secure", "voice_fallback_url"])
def test_no_desired_value_is_no_change(setting: str) -> None:
    """What the estate does not mention is not compared."""
    silent = replace(WISH, domains=tuple(replace(d, **{setting: None}) for d in WISH.domains))  # type: ignore[arg-type]
    account = with_domain(PROD_911, **{setting: "anything"})
    assert diff.diff(WISH, account) != ()
    assert diff.diff(silent, account) == ()


def test_unmanaged_resources_are_left_and_reported() -> None:
    """Things outside the desired state are extras, never changes: a SIP domain, a list, a mapping, an application."""
    account = with_domain(PROD_911, calls=frozenset({"sip-direct", "old"}))
    account = replace(
        account,
        applications=(*account.applications, Application("other")),
        domains=(*account.domains, SipDomain("mine.sip.twilio.com", calls=frozenset({"old"}))),
        credential_lists=(*account.credential_lists, CredentialList("old")),
    )
    assert diff.diff(WISH, account) == ()
    assert [resource.name for resource in diff.unmanaged(WISH, account)] == [
        "other",
        "mine.sip.twilio.com",
        "old",
        f"{PROD_911} calls old",
        "mine.sip.twilio.com calls old",
    ]


def test_duplicates_are_refused_with_both_sids() -> None:
    """Two applications of one name, or two lists, are refused with both SIDs, not picked from."""
    account = there()
    account = replace(
        account,
        applications=(*account.applications, replace(account.applications[0], sid="AP-twin")),
        credential_lists=(*account.credential_lists, replace(account.credential_lists[0], sid="CL-twin")),
    )
    with pytest.raises(Refused) as caught:
        diff.diff(WISH, account)
    reported = str(caught.value)
    assert "AP0 and AP-twin" in reported
    assert "CL0 and CL-twin" in reported


def test_duplicates_outside_the_scope_do_not_matter() -> None:
    """A command that does not touch applications is not stopped by two of one name."""
    account = there()
    account = replace(account, applications=(*account.applications, account.applications[0]))
    assert diff.diff(WISH, account, Scope((SIP_DOMAIN,))) == ()


def test_a_twin_list_stops_the_mapping_of_it() -> None:
    """A mapping is refused while its list's name stands twice, even where lists are out of scope."""
    account = replace(there(), credential_lists=(CredentialList("sip-direct", sid="CL1"),) * 2)
    with pytest.raises(Refused, match="several things under one name"):
        diff.diff(WISH, account, Scope((VOICE_MAPPING,)))


def test_scope_of_an_environment() -> None:
    """A command for stage plans nothing of prod."""
    changes = diff.diff(WISH, AccountState(), Scope(environments=("stage",)))
    assert {change.resource.environment for change in changes} == {"stage", ""}
    assert len(changes) == 1 + 2 + 2 + 4


def test_a_mapping_needs_its_owners() -> None:
    """Mappings alone on an empty account are refused, naming what is missing and the tasks that make it."""
    with pytest.raises(Refused) as caught:
        diff.diff(WISH, AccountState(), Scope((VOICE_MAPPING,)))
    assert "SIP domain direct-futel-prod.sip.twilio.com does not exist" in caught.value.faults
    assert "`invoke create-domains`" in caught.value.hint
    assert "`invoke create-credential-list`" in caught.value.hint


def test_an_update_creates_nothing() -> None:
    """A command that updates refuses a missing thing rather than make it."""
    with pytest.raises(Refused, match="not there yet"):
        diff.diff(WISH, AccountState(), Scope((APPLICATION,), allow_create=False))


def test_a_promotion_changes_urls_alone() -> None:
    """A promotion leaves other drift alone."""
    account = with_domain(PROD_911, voice_url="https://x.example.com", sip_registration=False)
    scope = Scope((APPLICATION, SIP_DOMAIN), allow_create=False, only_fields=PROMOTED_FIELDS)
    (change,) = diff.diff(WISH, account, scope)
    assert isinstance(change, Update)
    assert change.changed_fields == ("voice_url",)


def test_losing_911_is_refused_unless_named() -> None:
    """Emergency calling is taken from a SIP domain only where the very domain is named."""
    name = "direct-futel-nonemergency-prod"
    account = with_domain(f"{name}.sip.twilio.com", emergency_calling_enabled=True)
    changes = diff.diff(WISH, account)
    meaning = impact.impact_of(changes, AccountState(), account)
    refusal = guards.guard_911(meaning, Scope())
    assert refusal is not None
    assert f"--allow-911-loss {name}" in refusal.hint
    assert guards.guard_911(meaning, Scope(allow_911_loss=("direct-futel-nonemergency-stage",))) is not None
    assert guards.guard_911(meaning, Scope(allow_911_loss=(name,))) is None


def test_gaining_911_is_not_refused() -> None:
    """Emergency calling may always be turned on."""
    account = with_domain(PROD_911, emergency_calling_enabled=False)
    assert (
        guards.guard_911(impact.impact_of(diff.diff(WISH, account), AccountState(), account), Scope()) is None
    )


def test_removal_takes_what_is_owned_first() -> None:
    """A named SIP domain goes after its mappings, and with 911 on it also needs the words for that."""
    account = there()
    old = SipDomain(
        "old.sip.twilio.com",
        emergency_calling_enabled=True,
        registrations=frozenset({"sip-direct"}),
        calls=frozenset({"sip-direct"}),
        sid="SD9",
    )
    account = replace(account, domains=(*account.domains, old))
    changes = diff.diff(WISH, account, Scope(remove=("old",)))
    assert [type(c) for c in changes] == [Delete] * 3
    assert [c.resource.name for c in changes] == [
        "old.sip.twilio.com registrations sip-direct",
        "old.sip.twilio.com calls sip-direct",
        "old.sip.twilio.com",
    ]
    assert (
        guards.guard_911(impact.impact_of(changes, AccountState(), account), Scope(remove=("old",)))
        is not None
    )
    assert reasons_to_confirm(changes) == ("it removes something",)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nowhere", "nothing of this name is there"),
        ("incoming-prod", "estate.toml still has it"),
        ("old-list", "cannot be brought back"),
    ],
)
def test_removals_that_are_refused(name: str, says: str) -> None:
    """What is not there, is desired, or holds passwords cannot be removed by name."""
    account = there()
    account = replace(account, credential_lists=(*account.credential_lists, CredentialList("old-list")))
    with pytest.raises(BadInput) as caught:
        diff.diff(WISH, account, Scope(remove=(name,)))
    assert says in str(caught.value)


def test_prod_asks_and_stage_does_not() -> None:
    """A plan that touches prod asks first; one for stage alone does not, unless it removes something."""
    assert reasons_to_confirm(diff.diff(WISH, AccountState(), Scope(environments=("stage",)))) == ()
    assert reasons_to_confirm(diff.diff(WISH, AccountState(), Scope(environments=("prod",)))) == (
        "it changes prod",
    )
    off = with_domain("direct-futel-nonemergency-stage.sip.twilio.com", emergency_calling_enabled=True)
    assert reasons_to_confirm(diff.diff(WISH, off)) == ("it removes something",)

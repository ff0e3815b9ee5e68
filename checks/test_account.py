"""The account as a whole: what estate.toml asks of it under [account]."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from futel_twilio.audit.checks import (
    CheckFailed,
    check,
    expect,
    expect_no_other,
    expect_one,
    is_on_another_host,
)
from futel_twilio.errors import Refused
from futel_twilio.plan import describe, diff
from futel_twilio.plan.changes import Update
from futel_twilio.resources import relations
from futel_twilio.resources.labels import format_value
from futel_twilio.resources.voice import CredentialList, CredentialListMapping, SipDomain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.audit.account_data import AccountData, Alert
    from futel_twilio.plan.changes import Change, Scope
    from futel_twilio.resources.state import AccountState
    from futel_twilio.resources.voice import UsageTrigger

WRONG_PASSWORD = 32202
ACCESS_FIELDS = {"sip_registration", "secure", "registrations", "calls", "ip_lists"}
URL_FIELDS = {"voice_url", "voice_fallback_url"}
CONSOLE_PERMISSIONS = "Close it in the Twilio console, under Voice, Settings, Geographic permissions."


@check(
    "urgent",
    severity="critical",
    problem="The account differs from estate.toml.",
    remedy="Look at `invoke plan`, then run `invoke apply`.",
    asked="plan_is_empty",
    private=True,
)
def test_plan_is_empty(desired: AccountState, scope: Scope, account_data: AccountData) -> None:
    """Nothing differs from estate.toml."""
    try:
        changes = diff.diff(desired, account_data.state, scope)
    except Refused as refusal:
        raise CheckFailed("no changes", "; ".join((refusal.message, *refusal.faults))) from None
    if changes:
        found = "; ".join(describe.describe_change(change) for change in changes)
        markers = tuple(sorted({marker for change in changes for marker in threats_of(change, desired)}))
        raise CheckFailed("no changes", found, markers=markers)


def threats_of(change: Change, desired: AccountState) -> Iterator[str]:
    """What a difference from estate.toml threatens: 911 of phones, or money, where another host decides about calls."""
    resource = change.resource
    serves_911 = any(client.enable_emergency for client in relations.clients_of(resource, desired))
    of_911_domain = isinstance(resource, SipDomain) and bool(resource.emergency_calling_enabled)
    if not isinstance(change, Update):
        # What is missing or superfluous: a domain, a list, or a mapping between them.
        if (serves_911 or of_911_domain) and isinstance(
            resource, SipDomain | CredentialListMapping | CredentialList
        ):
            yield "emergency"
        return
    changed = {*change.changed_fields}
    if "emergency_calling_enabled" in changed or ((serves_911 or of_911_domain) and changed & ACCESS_FIELDS):
        yield "emergency"
    before, after = change.before, change.after
    for name in changed & URL_FIELDS:
        if is_on_another_host(getattr(before, name) or "", getattr(after, name) or ""):
            yield "fraud"


@check(
    "fraud",
    severity="critical",
    problem="Countries can be called that estate.toml does not list.",
    remedy=CONSOLE_PERMISSIONS,
    asked="dialling_countries",
)
def test_dialling_is_no_wider(desired: AccountState, account_data: AccountData) -> None:
    """Only the countries of estate.toml may be called."""
    open_ = {country.iso_code for country in account_data.countries if country.low_risk}
    allowed = set(desired.account.dialling_countries or ())
    expect_no_other(open_ - allowed, f"only {format_value(allowed)}")


@check(
    "fraud",
    severity="critical",
    problem="High-risk numbers can be called.",
    remedy=CONSOLE_PERMISSIONS,
    asked="dialling_countries",
)
def test_no_high_risk_dialling(account_data: AccountData) -> None:
    """No high-risk number may be called anywhere, not even in a country that is open."""
    expect_no_other((one.iso_code for one in account_data.countries if one.high_risk), "no country")


@check(
    "fraud",
    severity="warning",
    problem="The usage trigger {name} does not exist exactly once.",
    remedy="Run `invoke setup`; of two, delete one in the Twilio console.",
)
def test_usage_trigger_is_there(usage_trigger: UsageTrigger, account_data: AccountData) -> None:
    """A usage trigger reports when the month's spending passes a value."""
    expect_one(sum(t.name == usage_trigger.name for t in account_data.state.usage_triggers))


@check(
    "fraud",
    severity="warning",
    problem="The usage trigger {name} differs from estate.toml.",
    remedy="Delete it in the Twilio console and run `invoke setup`: Twilio cannot change it.",
)
def test_usage_trigger_watches(usage_trigger: UsageTrigger, the_usage_trigger: UsageTrigger) -> None:
    """The usage trigger watches what estate.toml says, at the value it gives."""
    found, expected = in_one_line(the_usage_trigger), in_one_line(usage_trigger)
    expect(found, expected)


def in_one_line(trigger: UsageTrigger) -> str:
    """What a usage trigger watches; Twilio may write 100 as 100.00."""
    value = f"{float(trigger.trigger_value or 0):g}"
    watched = f"{trigger.usage_category} by {trigger.trigger_by} over {value} {trigger.recurring}"
    return f"{watched}, to {trigger.callback_url}"


@check(
    "urgent",
    severity="critical",
    problem="Twilio logged alerts: {name}.",
    remedy="Look at it in the Twilio console, under Monitor, Logs, Errors, with warnings shown; "
    "`invoke plan` shows whether the set-up is to blame.",
    asked="alert_hours",
)
def test_no_alert(
    codes: range, desired_all: AccountState, account_data: AccountData, names_by_sid: dict[str, str]
) -> None:
    """Twilio logged no alert of this kind; such an alert means broken phones."""
    phones = {client.name for client in desired_all.clients}
    about = Counter(
        f"{alert.code}{subject_of(alert, names_by_sid)}"
        for alert in account_data.alerts
        if alert.code in codes and not is_of_a_stranger(alert, phones)
    )
    if about:
        # How often says how urgent it is; whoever accepts the finding accepts it of these phones, however often.
        found = format_value({f"{what} ({times}x)" for what, times in about.items()})
        raise CheckFailed("none", found, frozenset(about))
    if account_data.unread:
        levels = " and ".join(f"{level}s" for level in account_data.unread)
        raise CheckFailed("none in the whole log", f"more {levels} than could be read; none in the newest")


def subject_of(alert: Alert, names_by_sid: dict[str, str]) -> str:
    """What an alert is about: the phone, a named resource, or a call, of which there is a new one each time.

    Empty if the alert names none of them.
    """
    if alert.phone:
        return f" on {alert.phone}"
    if alert.resource_sid.startswith("CA"):
        return " on a call"
    return f" on {names_by_sid.get(alert.resource_sid, alert.resource_sid)}" if alert.resource_sid else ""


def is_of_a_stranger(alert: Alert, phones: set[str]) -> bool:
    """Whether it tells of somebody on the internet who tries made-up names, as happens all day."""
    return alert.code == WRONG_PASSWORD and bool(phones) and bool(alert.phone) and alert.phone not in phones


@check(
    "fraud",
    "hygiene",
    severity="warning",
    problem="The auth token is in use instead of an API key.",
    remedy="Make an API key in the Twilio console and set TWILIO_API_KEY and "
    "TWILIO_API_SECRET; `invoke doctor` shows which credentials are used.",
    asked="api_key",
)
def test_credentials_are_a_key(account_data: AccountData) -> None:
    """The audit uses an API key, which can be revoked alone, and not the auth token."""
    expect("an API key" if account_data.by_key else "the auth token", "an API key")


@check(
    "urgent",
    severity="critical",
    problem="The balance of the account is too low.",
    remedy="Top up in the Twilio console, under Billing: at zero every phone is silent.",
    asked="balance_floor",
)
def test_balance(desired: AccountState, account_data: AccountData) -> None:
    """The balance is not below the limit in estate.toml."""
    floor = desired.account.balance_floor or 0.0
    if not account_data.balance >= floor:  # which a balance that is no number is not
        raise CheckFailed(f"at least {floor:.2f}", f"{account_data.balance:.2f}")

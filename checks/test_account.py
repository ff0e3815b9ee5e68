"""The account as a whole: what estate.toml asks of it under [account]."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from futel_twilio import plan, report
from futel_twilio.claims import NotSo, claim, expect, in_words
from futel_twilio.errors import Refused

if TYPE_CHECKING:
    from futel_twilio.change import Scope
    from futel_twilio.evidence import Alert, Evidence
    from futel_twilio.model import Estate, UsageTrigger

WRONG_PASSWORD = 32202
CONSOLE_PERMISSIONS = "Close it in the Twilio console, under Voice, Settings, Geographic permissions."


@claim(
    "urgent",
    severity="critical",
    remedy="Look at `invoke plan`, then run `invoke apply`.",
    asked="plan_is_empty",
    private=True,
)
def test_plan_is_empty(wish: Estate, scope: Scope, evidence: Evidence) -> None:
    """Nothing differs from estate.toml."""
    try:
        changes = plan.make(wish, evidence.estate, scope)
    except Refused as refusal:
        raise NotSo("nothing to do", "; ".join((refusal.what, *refusal.faults))) from None
    if changes:
        raise NotSo("nothing to do", "; ".join(report.of_change(change) for change in changes))


@claim("fraud", severity="critical", remedy=CONSOLE_PERMISSIONS, asked="dialling_countries")
def test_dialling_is_no_wider(wish: Estate, evidence: Evidence) -> None:
    """Only the countries of estate.toml may be called."""
    open_ = {country.iso_code for country in evidence.countries if country.low_risk}
    expect(open_ - set(wish.account.dialling_countries or ()), set())


@claim("fraud", severity="critical", remedy=CONSOLE_PERMISSIONS, asked="dialling_countries")
def test_no_high_risk_dialling(evidence: Evidence) -> None:
    """No high-risk number may be called anywhere, not even in a country that is open."""
    expect({country.iso_code for country in evidence.countries if country.high_risk}, set())


@claim("fraud", severity="warning", remedy="Run `invoke setup`; of two, delete one in the Twilio console.")
def test_usage_trigger_is_there(usage_trigger: UsageTrigger, evidence: Evidence) -> None:
    """Somebody is told when spending passes a value."""
    expect(sum(t.name == usage_trigger.name for t in evidence.estate.usage_triggers), 1)


@claim(
    "fraud",
    severity="warning",
    remedy="Delete it in the Twilio console and run `invoke setup`: Twilio cannot change it.",
)
def test_usage_trigger_watches(usage_trigger: UsageTrigger, the_usage_trigger: UsageTrigger) -> None:
    """The usage trigger watches what is wished, at the value that is wished."""
    found, wished = in_one_line(the_usage_trigger), in_one_line(usage_trigger)
    expect(found, wished)


def in_one_line(trigger: UsageTrigger) -> str:
    """What a usage trigger watches; Twilio may write 100 as 100.00."""
    value = f"{float(trigger.trigger_value or 0):g}"
    watched = f"{trigger.usage_category} by {trigger.trigger_by} over {value} {trigger.recurring}"
    return f"{watched}, to {trigger.callback_url}"


@claim(
    "urgent",
    severity="critical",
    remedy="Look at it in the Twilio console, under Monitor, Logs, Errors, with warnings shown; "
    "`invoke plan` shows whether the set-up is to blame.",
    asked="alert_hours",
)
def test_no_alert(
    codes: range, wish_of_all: Estate, evidence: Evidence, names_by_sid: dict[str, str]
) -> None:
    """Twilio logged nothing of this kind, which means broken phones."""
    phones = {client.name for client in wish_of_all.clients}
    about = Counter(
        f"{alert.code} on {subject_of(alert, names_by_sid)}"
        for alert in evidence.alerts
        if alert.code in codes and not is_of_a_stranger(alert, phones)
    )
    if about:
        # How often says how urgent it is; whoever accepts the finding accepts it of these phones, however often.
        found = in_words({f"{what} ({times}x)" for what, times in about.items()})
        raise NotSo("none", found, frozenset(about))
    if evidence.unread:
        levels = " and ".join(f"{level}s" for level in evidence.unread)
        raise NotSo("none in the whole log", f"more {levels} than could be read; none in the newest")


def subject_of(alert: Alert, names_by_sid: dict[str, str]) -> str:
    """What an alert is about: the phone, a thing that has a name, or a call, of which there is a new one each time."""
    if alert.phone:
        return alert.phone
    of_call = alert.resource_sid.startswith("CA")
    return "a call" if of_call else names_by_sid.get(alert.resource_sid, alert.resource_sid or "nothing")


def is_of_a_stranger(alert: Alert, phones: set[str]) -> bool:
    """Whether it tells of somebody on the internet who tries made-up names, as happens all day."""
    return alert.code == WRONG_PASSWORD and bool(phones) and bool(alert.phone) and alert.phone not in phones


@claim(
    "fraud",
    "hygiene",
    severity="warning",
    remedy="Make an API key in the Twilio console and set TWILIO_API_KEY and "
    "TWILIO_API_SECRET; `invoke doctor` shows which credentials are used.",
    asked="api_key",
)
def test_credentials_are_a_key(evidence: Evidence) -> None:
    """We came with an API key, which can be taken back alone, not with the auth token."""
    expect("an API key" if evidence.by_key else "the auth token", "an API key")


@claim(
    "urgent",
    severity="critical",
    remedy="Top up in the Twilio console, under Billing: at zero every phone is silent.",
    asked="balance_floor",
)
def test_balance(wish: Estate, evidence: Evidence) -> None:
    """There is money in the account."""
    floor = wish.account.balance_floor or 0.0
    if not evidence.balance >= floor:  # which a balance that is no number is not
        raise NotSo(f"at least {floor:.2f}", f"{evidence.balance:.2f}")

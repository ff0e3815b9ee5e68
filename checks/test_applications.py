"""TwiML applications: where an incoming call asks what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.audit.checks import check, expect, expect_one, expect_url

if TYPE_CHECKING:
    from futel_twilio.audit.account_data import AccountData
    from futel_twilio.resources.voice import Application

UPDATE = "Run `invoke update-applications --env {env}`."


@check(
    "urgent",
    severity="critical",
    problem="The application {name} does not exist exactly once.",
    remedy="If it is missing run `invoke create-applications --env {env}`; "
    "of two, delete the one that no number uses (`invoke list-applications` shows the SIDs).",
)
def test_exactly_one(application: Application, account_data: AccountData) -> None:
    """There is exactly one application of this name."""
    expect_one(sum(a.name == application.name for a in account_data.state.applications))


@check(
    "urgent",
    "urls",
    severity="critical",
    problem="The voice URL of {name} differs from estate.toml.",
    remedy=UPDATE,
)
def test_voice_url(application: Application, the_application: Application) -> None:
    """Incoming calls ask the dialplan of this environment."""
    expect_url(the_application.voice_url or "", application.voice_url or "")


@check(
    "urgent",
    severity="critical",
    problem="The voice method of {name} differs from estate.toml.",
    remedy=UPDATE,
)
def test_voice_method(application: Application, the_application: Application) -> None:
    """Calls ask the dialplan with the method in estate.toml."""
    expect(the_application.voice_method, application.voice_method)


@check(
    "fraud",
    severity="critical",
    problem="Whether other accounts can call {name} differs from estate.toml.",
    remedy=UPDATE,
)
def test_closed_to_other_accounts(application: Application, the_application: Application) -> None:
    """No other Twilio customer can call the application, unless estate.toml allows it."""
    expect(the_application.public_application_connect_enabled, application.public_application_connect_enabled)


@check(
    "urls",
    "hygiene",
    severity="warning",
    problem="The message URL of {name} differs from estate.toml.",
    remedy=UPDATE,
)
def test_sms_url(application: Application, the_application: Application) -> None:
    """Messages go where estate.toml says: for a payphone, nowhere."""
    expect(the_application.sms_url, application.sms_url or "")


@check(
    "urls", severity="warning", problem="The fallback URL of {name} differs from estate.toml.", remedy=UPDATE
)
def test_fallback_url(application: Application, the_application: Application) -> None:
    """When the dialplan fails, calls ask the fallback URL of estate.toml and no other."""
    expect_url(the_application.voice_fallback_url or "", application.voice_fallback_url or "")

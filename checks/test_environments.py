"""Environments: stage and prod stay apart."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from futel_twilio.audit.checks import check, expect_no_other
from futel_twilio.resources import dialplan_urls

if TYPE_CHECKING:
    from futel_twilio.audit.account_data import AccountData
    from futel_twilio.resources.state import AccountState
    from futel_twilio.resources.voice import Environment

UPDATE = "Run `invoke update --env {env}`."


def urls_found(account_data: AccountData, desired: AccountState, environment: str) -> set[str]:
    """The URLs that an environment's things at Twilio send calls to."""
    found = account_data.state
    asked: list[str | None] = [
        a.voice_url for a in found.applications if desired.environment_of(a) == environment
    ]
    asked += [d.voice_url for d in found.domains if desired.environment_of(d) == environment]
    return {url for url in asked if url}


@check(
    "urgent",
    "urls",
    severity="critical",
    problem="{name} shares URLs with another environment.",
    remedy=UPDATE,
)
def test_shares_no_url(
    environment: Environment, desired_all: AccountState, account_data: AccountData
) -> None:
    """No URL of this environment is that of another."""
    others = {
        url
        for other in desired_all.environments
        if other.name != environment.name
        for url in urls_found(account_data, desired_all, other.name)
    }
    normal = {dialplan_urls.normalize(url) for url in others}
    shared = {
        url
        for url in urls_found(account_data, desired_all, environment.name)
        if dialplan_urls.normalize(url) in normal
    }
    expect_no_other(shared, "no URL of another environment")


@check(
    "fraud",
    "urls",
    severity="critical",
    problem="{name} sends calls to another host, or without https.",
    remedy=UPDATE,
)
def test_every_url_is_https_on_its_host(
    environment: Environment, desired_all: AccountState, account_data: AccountData
) -> None:
    """Every URL that calls ask is https, on the host of its environment."""
    expected = urlsplit(environment.dialplans)
    found = urls_found(account_data, desired_all, environment.name)
    allowed = f"https://{expected.netloc}"
    others = {f"{urlsplit(u).scheme}://{urlsplit(u).netloc}" for u in found} - {allowed}
    expect_no_other(others, f"only {allowed}")

"""Environments: stage and prod stay apart."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from futel_twilio import urls
from futel_twilio.claims import claim, expect

if TYPE_CHECKING:
    from futel_twilio.evidence import Evidence
    from futel_twilio.model import Environment, Estate

UPDATE = "Run `invoke update --env {env}`."


def urls_found(evidence: Evidence, wish: Estate, environment: str) -> set[str]:
    """The URLs that an environment's things at Twilio send calls to."""
    found = evidence.estate
    asked: list[str | None] = [
        a.voice_url for a in found.applications if wish.environment_of(a) == environment
    ]
    asked += [d.voice_url for d in found.domains if wish.environment_of(d) == environment]
    return {url for url in asked if url}


@claim("urgent", "urls", severity="critical", remedy=UPDATE)
def test_shares_no_url(environment: Environment, wish_of_all: Estate, evidence: Evidence) -> None:
    """No URL of this environment is that of another."""
    others = {
        url
        for other in wish_of_all.environments
        if other.name != environment.name
        for url in urls_found(evidence, wish_of_all, other.name)
    }
    normal = {urls.normal(url) for url in others}
    expect(
        {u for u in urls_found(evidence, wish_of_all, environment.name) if urls.normal(u) in normal}, set()
    )


@claim("urls", severity="critical", remedy=UPDATE)
def test_every_url_is_https_on_its_host(
    environment: Environment, wish_of_all: Estate, evidence: Evidence
) -> None:
    """Every URL that calls ask is https, on the host that is wished for."""
    wished = urlsplit(environment.dialplans)
    found = urls_found(evidence, wish_of_all, environment.name)
    expect(
        {f"{urlsplit(u).scheme}://{urlsplit(u).netloc}" for u in found} - {f"https://{wished.netloc}"}, set()
    )

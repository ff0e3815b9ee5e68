"""Environments: stage and prod stay apart."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from futel_twilio.model import Estate


def urls_of(wish: Estate, environment: str) -> set[str]:
    return {
        str(thing.voice_url)
        for things in (wish.applications, wish.domains)
        for thing in things
        if thing.environment == environment
    }


def test_environments_share_no_url(wish: Estate) -> None:
    """No two environments send calls to the same URL."""
    for one, other in combinations(wish.environments, 2):
        assert urls_of(wish, one.name) & urls_of(wish, other.name) == set()


def test_every_url_is_https(wish: Estate) -> None:
    """Every URL that calls are sent to is https, on the host of its environment."""
    for environment in wish.environments:
        urls = urls_of(wish, environment.name)
        assert urls
        assert {urlsplit(url).scheme for url in urls} == {"https"}
        assert {urlsplit(url).hostname for url in urls} == {urlsplit(environment.dialplans).hostname}

"""In which order lists come, and that a list which changes while it is walked shows nothing twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.support.sandbox import ROOT, call

if TYPE_CHECKING:
    from collections.abc import Callable

    from futel_twilio.sandbox.server import Sandbox

CALL = {"From": "desk", "To": "sip:door@a.sip.twilio.com", "Url": "https://a.example/"}
MESSAGE = {"From": "+15035550100", "To": "+15035550142", "Body": "hello"}
ALERT = {"error_code": "11200"}


@pytest.fixture
def make(box: Sandbox, client: Any) -> Callable[[str], str]:
    """Make one thing of a list and give its SID."""
    client.incoming_phone_numbers.create(phone_number=MESSAGE["From"])

    def made(key: str) -> str:
        if key == "alerts":
            answer = requests.post(f"{box.url}/_sandbox/alerts", json=ALERT, timeout=60)
        else:
            path, form = {
                "calls": ("Calls", CALL),
                "messages": ("Messages", MESSAGE),
                "applications": ("Applications", {}),
            }[key]
            answer = call(box.url, "POST", f"{ROOT}/{path}.json", form)
        assert answer.ok, answer.text
        return str(answer.json()["sid"])

    return made


def first_page(box: Sandbox, key: str, size: int) -> dict[str, Any]:
    path = "/v1/Alerts" if key == "alerts" else f"{ROOT}/{key.capitalize()}.json"
    return page(box, f"{path}?PageSize={size}")


def page(box: Sandbox, path: str) -> dict[str, Any]:
    """A page of either family, with `rows`, `next` and `previous`."""
    body = call("", "GET", path if path.startswith("http") else box.url + path).json()
    around = body.get("meta", body)
    return {
        "rows": [row["sid"] for key in body if isinstance(body[key], list) for row in body[key]],
        "next": around.get("next_page_uri") or around.get("next_page_url"),
        "previous": around.get("previous_page_uri") or around.get("previous_page_url"),
    }


NEWEST_FIRST = ("messages", "calls", "alerts")


@pytest.mark.parametrize("key", NEWEST_FIRST)
def test_the_newest_come_first(box: Sandbox, make: Callable[[str], str], key: str) -> None:
    """Messages, calls and alerts are listed from the newest to the oldest, on one page and over three."""
    made = [make(key) for _ in range(5)]
    assert first_page(box, key, 50)["rows"] == made[::-1]
    found = first_page(box, key, 2)
    rows, pages = found["rows"], 1
    while found["next"]:
        found = page(box, found["next"])
        rows, pages = rows + found["rows"], pages + 1
    assert (rows, pages) == (made[::-1], 3)


@pytest.mark.parametrize("key", NEWEST_FIRST)
def test_the_way_back_is_the_way_there(box: Sandbox, make: Callable[[str], str], key: str) -> None:
    """From the last page of such a list one comes back over the same pages to the first."""
    made = [make(key) for _ in range(5)]
    last = page(box, page(box, first_page(box, key, 2)["next"])["next"])
    middle = page(box, last["previous"])
    first = page(box, middle["previous"])
    assert (first["rows"], middle["rows"], last["rows"]) == (made[:2:-1], made[2:0:-1], made[:1])
    assert (first["previous"], last["next"]) == (None, None)


def test_others_are_in_order_of_creation(box: Sandbox, client: Any, make: Callable[[str], str]) -> None:
    """What Twilio says nothing of is listed in order of creation: applications, and the audit's events."""
    made = [make("applications") for _ in range(3)]
    assert first_page(box, "applications", 2)["rows"] == made[:2]
    events = client.monitor.v1.events.list(event_type="application.created")
    assert [row.resource_sid for row in events] == made


@pytest.mark.parametrize("key", [*NEWEST_FIRST, "applications"])
def test_nothing_is_shown_twice_while_more_is_made(
    box: Sandbox, make: Callable[[str], str], key: str
) -> None:
    """One more is made before each turn of a page: each that was there at first is seen once, none twice."""
    made = [make(key) for _ in range(5)]
    found = first_page(box, key, 2)
    seen = found["rows"]
    for _ in range(4):
        make(key)
        if found["next"]:
            found = page(box, found["next"])
            seen += found["rows"]
    assert len(seen) == len(set(seen))
    assert set(made) <= set(seen)


@pytest.mark.parametrize("key", ["messages", "applications"])
def test_what_is_taken_away_hides_nothing_else(box: Sandbox, make: Callable[[str], str], key: str) -> None:
    """The last row of a page goes before the page is turned: the next page goes on right after it."""
    made = [make(key) for _ in range(4)]
    shown = made[::-1] if key in NEWEST_FIRST else made
    found = first_page(box, key, 2)
    assert call(box.url, "DELETE", f"{ROOT}/{key.capitalize()}/{shown[1]}.json").status_code == 204
    assert page(box, found["next"])["rows"] == shown[2:]

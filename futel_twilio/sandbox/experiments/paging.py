"""Experiments with lists by the page."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.experiments.lab import GOOD_PASSWORD, Lab, fields, items, whole
from futel_twilio.sandbox.experiments.table import experiment

if TYPE_CHECKING:
    from futel_twilio.sandbox.experiments.traffic import Answer

MADE = {"credential list": 1, "credential": 3}


def _three(lab: Lab) -> Any:
    """A list of three credentials, made one after the other."""
    made = lab.make(partial(lab.client.sip.credential_lists.create, friendly_name=lab.name()))
    users = lab.client.sip.credential_lists(made.sid).credentials
    for _ in range(3):
        lab.make(partial(users.create, lab.name(), GOOD_PASSWORD))
    return users


def _envelope(answer: Answer) -> dict[str, Any]:
    """All of a list but its items."""
    return {key: value for key, value in answer.body.items() if not isinstance(value, list)}


@experiment(
    "Create three credentials in a list and three applications of one name: which is listed first.",
    "paging: Twilio documents the order",
    makes={**MADE, "application": 3},
)
def order(lab: Lab) -> None:
    lab.look("credentials", _three(lab).page, items("username"))
    name = lab.name()
    for _ in range(3):
        lab.make(partial(lab.client.applications.create, friendly_name=name, voice_url=lab.url()))
    lab.look("applications", partial(lab.client.applications.page, friendly_name=name), items("voice_url"))


@experiment(
    "List three credentials by two: every key around them on the first page and the second, and back.",
    makes=MADE,
)
def two_pages(lab: Lab) -> None:
    users = _three(lab)
    first = lab.look("first", partial(users.page, page_size=2), _envelope)
    if first is None:
        return
    second = lab.look("second", first.next_page, _envelope)
    if second is not None:
        lab.look("how many there", lambda: users.get_page(_absolute(first)), lambda a: len(items("sid")(a)))
        lab.look("back", second.previous_page, lambda answer: len(items("sid")(answer)))


@experiment(
    "List the credentials of an empty list: every key around nothing.",
    makes={"credential list": 1},
)
def nothing(lab: Lab) -> None:
    made = lab.make(partial(lab.client.sip.credential_lists.create, friendly_name=lab.name()))
    lab.look("list", lab.client.sip.credential_lists(made.sid).credentials.page, whole)


@experiment(
    "List with a PageSize of 1000, 1001, 0, -1 and a word.",
    "paging: 20007",
    makes=MADE,
)
def sizes(lab: Lab) -> None:
    users = _three(lab)
    for size in (1000, 1001, 0, -1, "x"):
        lab.look(f"PageSize={size}", partial(users.page, page_size=size), fields("page_size"))


@experiment(
    "List with PageSize=1 and Page=1 and no token, and with a Page that is none.",
    "paging: Page alone",
    makes=MADE,
)
def page_alone(lab: Lab) -> None:
    users = _three(lab)
    lab.look("Page=0", partial(users.page, page_size=1, page_number=0), items("username"))
    lab.look("Page=1", partial(users.page, page_size=1, page_number=1), items("username"))
    lab.look("Page=x", partial(users.page, page_size=1, page_number="x"), items("username"))


@experiment(
    "List with a PageToken that is none, and with one of another list.",
    "paging: the code is documented",
    makes={"credential list": 2, "credential": 6},
)
def tokens(lab: Lab) -> None:
    users, others = _three(lab), _three(lab)
    lab.look("nonsense", partial(users.page, page_size=1, page_token="nonsense"))  # noqa: S106 - none
    lab.make(partial(others.page, page_size=1))
    token = str(lab.traffic.last.body.get("next_page_uri")).rpartition("PageToken=")[2]
    lab.look("of another list", partial(users.page, page_size=1, page_number=1, page_token=token))


@experiment(
    "List applications by a name with signs in it: how the filter stands in the answer's own URIs.",
)
def filter_in_uri(lab: Lab) -> None:
    call = partial(lab.client.applications.page, friendly_name=f"{lab.name()} +&ü", page_size=7)
    lab.look("list", call, _envelope)


@experiment(
    "List the sinks by one: every key of a product's own envelope, and its errors of size and token.",
    makes={"sink": 2},
)
def of_a_product(lab: Lab) -> None:
    sinks = lab.client.events.v1.sinks
    for _ in range(2):
        target = {"destination": lab.url(), "method": "POST", "batch_events": False}
        lab.make(
            partial(sinks.create, description=lab.name(), sink_configuration=target, sink_type="webhook")
        )
    lab.look("by one", partial(sinks.page, page_size=1), lambda answer: answer.body["meta"])
    lab.look("PageSize=1001", partial(sinks.page, page_size=1001))
    lab.look("PageToken=nonsense", partial(sinks.page, page_token="nonsense"))  # noqa: S106 - none


@experiment(
    "Create credentials and list at once, twenty times: whether a list ever lacks what was just made.",
    "store: a late replica",
    makes={"credential list": 1, "credential": 20},
)
def late_lists(lab: Lab) -> None:
    made = lab.make(partial(lab.client.sip.credential_lists.create, friendly_name=lab.name()))
    users = lab.client.sip.credential_lists(made.sid).credentials
    lacking = 0
    for count in range(1, 21):
        lab.make(partial(users.create, lab.name(), GOOD_PASSWORD))
        lab.make(users.page)
        lacking += len(lab.traffic.last.body["credentials"]) < count
    lab.tell("some list lacked one", bool(lacking))


def _absolute(page: Any) -> str:
    """The next page's address as the client would ask for it."""
    return str(page.next_page_url)

"""Experiments with what all resources share: who may ask, paths and methods that are not there, headers."""

from __future__ import annotations

from functools import partial

from futel_twilio.sandbox.experiments.lab import Lab, header, keys, whole
from futel_twilio.sandbox.experiments.table import FULL_POWER, experiment

HEADERS = (
    "Content-Type",
    "X-Home-Region",
    "X-API-Domain",
    "X-Powered-By",
    "X-Shenanigans",
    "Strict-Transport-Security",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Methods",
)


@experiment(
    "Ask once with a token that is none: the error, and the realm in WWW-Authenticate.",
    "app: the realm",
)
def wrong_token(lab: Lab) -> None:
    signed = lab.stranger(lab.client.account_sid, "not-the-token")
    lab.look(
        "a list",
        partial(signed.applications.page, page_size=1),
        header("WWW-Authenticate"),
        even_refused=True,
    )
    lab.look("the body", partial(signed.applications.page, page_size=1), whole, even_refused=True)


@experiment(
    "Fetch the balance of an account that is not there with one's own credentials: 401, 403 or 404.",
    "app: another account's path",
)
def another_account(lab: Lab) -> None:
    others = lab.client.api.v2010.accounts(lab.absent("AC"))
    lab.look("balance", others.balance.fetch)
    lab.look("applications", partial(others.applications.page, page_size=1))


@experiment(
    "PUT and PATCH an application that is not there: 405 and its wording, or 404.",
    "errors: its title",
)
def methods(lab: Lab) -> None:
    place = lab.path(f"/Applications/{lab.absent('AP')}.json")
    for method in ("PUT", "PATCH"):
        lab.look(method, partial(lab.send, method, place), whole, even_refused=True)


@experiment(
    "Fetch paths that are not there: an object, a kind of object, a version, a malformed SID.",
)
def absent_paths(lab: Lab) -> None:
    lab.look("an object", lab.client.applications(lab.absent("AP")).fetch, whole, even_refused=True)
    lab.look("a kind", partial(lab.send, "GET", lab.path("/Payphones.json")))
    lab.look("a malformed SID", lab.client.applications("APx").fetch)
    lab.look("a SID of another kind", lab.client.applications(lab.absent("CL")).fetch)
    lab.look("of a product", lab.client.events.v1.sinks(lab.absent("DG")).fetch)
    lab.look("nothing of a product", partial(lab.send, "GET", "https://events.twilio.com/v1/Payphones"))


@experiment(
    "Read the headers of an answer, those that do not change from one to the next.",
)
def headers(lab: Lab) -> None:
    lab.make(partial(lab.client.applications.page, page_size=1))
    found = {name: lab.traffic.last.headers.get(name) for name in HEADERS}
    lab.tell("headers", found)
    names = ("Twilio-Request-Id", "Twilio-Concurrent-Requests", "Twilio-Request-Duration")
    lab.tell("there", {name: name in lab.traffic.last.headers for name in names})


@experiment(
    "Read which keys the account and its balance have; what stands behind them is not looked at.",
    needs=FULL_POWER,
)
def account(lab: Lab) -> None:
    lab.look("account", lab.client.api.v2010.accounts(lab.client.account_sid).fetch, keys)
    lab.look("balance", lab.client.balance.fetch, keys)

"""Experiments with the credentials of a list. Their passwords live for a second and are kept nowhere."""

from __future__ import annotations

from functools import partial
from typing import Any

from futel_twilio.sandbox.experiments.lab import GOOD_PASSWORD, UNSENT, Lab, fields, items, whole
from futel_twilio.sandbox.experiments.table import experiment

IN = "SIP/CredentialLists/<parent>/Credentials"


def _users(lab: Lab) -> Any:
    """The credentials of a new list."""
    made = lab.make(partial(lab.client.sip.credential_lists.create, friendly_name=lab.name()))
    return lab.client.sip.credential_lists(made.sid).credentials


@experiment(
    "Create a credential and read all that comes back: no password among it.",
    makes={"credential list": 1, "credential": 1},
    rules=(f"{IN}: field `password`", f"{IN}: field `username`"),
)
def shape(lab: Lab) -> None:
    lab.look("create", partial(_users(lab).create, lab.name(), GOOD_PASSWORD), whole)


@experiment(
    "Create one Username twice in a list, then in capitals: 21243 or 21240, and the wording.",
    "credentials: 21243 and this wording",
    makes={"credential list": 1, "credential": 3},
    rules=(f"{IN}: `username` that is taken",),
)
def username_taken(lab: Lab) -> None:
    users, name = _users(lab), lab.name(suffix="-x")
    lab.make(partial(users.create, name, GOOD_PASSWORD))
    lab.look("again", partial(users.create, name, GOOD_PASSWORD))
    lab.look("in capitals", partial(users.create, f"{name[:-1]}X", GOOD_PASSWORD))


@experiment(
    "Create one Username in two lists.",
    makes={"credential list": 2, "credential": 2},
)
def username_in_two_lists(lab: Lab) -> None:
    name = lab.name()
    for step in ("one list", "another"):
        lab.look(step, partial(_users(lab).create, name, GOOD_PASSWORD), fields("username"))


@experiment(
    "Create credentials with a blank, an umlaut, an @ and the marks of a SIP user part in the Username.",
    "rules: SIP user part",
    makes={"credential list": 1, "credential": 7},
    rules=(f"{IN}: field `username`",),
)
def username_characters(lab: Lab) -> None:
    users = _users(lab)
    for sign in (" ", "ü", "@", "_.-", "+", "/", "#"):
        lab.look(
            f"with {sign!r}", partial(users.create, f"{lab.name()}{sign}z", GOOD_PASSWORD), fields("username")
        )


@experiment(
    "Create credentials with a Username of 32 and of 33 characters, an empty one and none.",
    "rules: 21240, whose cause",
    makes={"credential list": 1, "credential": 4},
    rules=(f"{IN}: field `username`",),
)
def username_lengths(lab: Lab) -> None:
    users = _users(lab)
    for step, name in {"32": lab.name(32), "33": lab.name(33), "empty": "", "missing": UNSENT}.items():
        lab.look(step, partial(users.create, name, GOOD_PASSWORD), fields("username"))


@experiment(
    "Create credentials with passwords that are short, without a digit, without either case, and none.",
    "rules: 21240 like the username",
    makes={"credential list": 1, "credential": 7},
    rules=(f"{IN}: field `password`",),
)
def passwords(lab: Lab) -> None:
    users = _users(lab)
    wanting = {
        "11 characters": GOOD_PASSWORD[:11],
        "12 characters": GOOD_PASSWORD[:12],
        "no digit": "Abcdefghijklm",
        "no capital": GOOD_PASSWORD.lower(),
        "no small letter": GOOD_PASSWORD.upper(),
        "empty": "",
        "missing": UNSENT,
    }
    for step, password in wanting.items():
        lab.look(step, partial(users.create, lab.name(), password))


@experiment(
    "Create credentials with a long password, one with a blank and one with an umlaut: no bound is documented.",
    makes={"credential list": 1, "credential": 3},
)
def unusual_passwords(lab: Lab) -> None:
    users = _users(lab)
    unusual = {
        "300 characters": GOOD_PASSWORD.ljust(300, "x"),
        "blank": "Abc def 12345",
        "umlaut": "Äbcdefgh12345",
    }
    for step, password in unusual.items():
        lab.look(step, partial(users.create, lab.name(), password))


@experiment(
    "Update a credential with a good password, a bad one and none, and send it another Username.",
    "rules: 21240 like the username",
    makes={"credential list": 1, "credential": 1},
)
def updates(lab: Lab) -> None:
    users = _users(lab)
    made = lab.make(partial(users.create, lab.name(), GOOD_PASSWORD))
    one = users(made.sid)
    lab.look("good", partial(one.update, password=f"{GOOD_PASSWORD}x"), fields("username"))
    lab.look("bad", partial(one.update, password=GOOD_PASSWORD[:5]))
    lab.look("none", one.update)
    place = lab.path(f"/SIP/CredentialLists/{made.credential_list_sid}/Credentials/{made.sid}.json")
    lab.look(
        "another Username",
        partial(lab.send, "POST", place, Username=lab.name(), Password=GOOD_PASSWORD),
        fields("username"),
    )


@experiment(
    "Create a credential in a list that is not there, and list those of it.",
    makes={"credential": 1},
)
def absent_list(lab: Lab) -> None:
    users = lab.client.sip.credential_lists(lab.absent("CL")).credentials
    lab.look("create", partial(users.create, lab.name(), GOOD_PASSWORD))
    lab.look("list", users.page, items("username"))

"""Experiments with API keys. Twilio shows a secret once; this process holds it until the key is deleted."""

from __future__ import annotations

from functools import partial

from futel_twilio.sandbox.experiments.lab import UNSENT, Lab, fields, keys, of_run, whole
from futel_twilio.sandbox.experiments.table import FULL_POWER, experiment

KEY = "API key"


@experiment(
    "Create an API key: what comes back, how long the secret is, and that it is not shown again.",
    makes={KEY: 1},
    rules=("Keys: a secret of 32 characters", "SigningKeys: a secret of 32 characters"),
    needs=FULL_POWER,
)
def secret(lab: Lab) -> None:
    made = lab.look("create", partial(lab.client.new_keys.create, friendly_name=lab.name()), whole)
    if made is not None:
        lab.look("fetch", lab.client.keys(made.sid).fetch, keys)
        lab.look("as a signing key", lab.client.signing_keys(made.sid).fetch, keys)


@experiment(
    "Create API keys without a name and with an empty one, and empty the name of one: what each reads as.",
    "keys: what an unsent name",
    "keys: the wording, and that an empty name",
    makes={KEY: 3},
    needs=FULL_POWER,
)
def unnamed(lab: Lab) -> None:
    shown = fields("friendly_name")
    lab.look("missing", partial(lab.client.new_keys.create, friendly_name=UNSENT), shown)
    lab.look("empty", partial(lab.client.new_keys.create, friendly_name=""), shown)
    made = lab.make(partial(lab.client.new_signing_keys.create, friendly_name=lab.name()))
    lab.look("emptied", partial(lab.client.keys(made.sid).update, friendly_name=""), shown)


@experiment(
    "Give API keys names of 64 and 65 characters: 70001 and its wording.",
    "keys: the wording, and that an empty name",
    makes={KEY: 2},
    rules=("Keys: field `friendly_name`", "SigningKeys: field `friendly_name`"),
    needs=FULL_POWER,
)
def name_lengths(lab: Lab) -> None:
    for length in (64, 65):
        lab.look(str(length), partial(lab.client.new_keys.create, friendly_name=lab.name(length)))


@experiment(
    "Fetch a key whose SID is malformed, and one that is not there: 70002 and its wording.",
    "keys: the wording; the code",
    needs=FULL_POWER,
)
def bad_sids(lab: Lab) -> None:
    lab.look("malformed", lab.client.keys("SKx").fetch)
    lab.look("absent", lab.client.keys(lab.absent("SK")).fetch)


@experiment(
    "Make a standard API key and sign with it: what it may read, and who it is in the audit events.",
    "audit_events: behind an API key",
    makes={KEY: 1, "application": 1},
    needs=FULL_POWER,
)
def standard_key(lab: Lab) -> None:
    made = lab.make(partial(lab.client.new_keys.create, friendly_name=lab.name()))
    signed = lab.stranger(made.sid, made.secret)
    lab.wait(
        "may read applications",
        partial(signed.applications.page, page_size=1),
        lambda answer: answer.status,
        lambda status: status == 200,  # noqa: PLR2004 - known by now
    )
    lab.look("may read keys", partial(signed.keys.page, page_size=1))
    lab.look("may read the account", signed.api.v2010.accounts(lab.client.account_sid).fetch)
    app = lab.make(partial(signed.applications.create, friendly_name=lab.name()))
    lab.wait(
        "its event",
        partial(lab.client.monitor.v1.events.page, resource_sid=app.sid),
        lambda answer: [(item["actor_type"], item["actor_sid"]) for item in answer.body.get("events", [])],
        bool,
    )


@experiment(
    "List keys by both paths: whether each shows what the other made.",
    makes={KEY: 2},
    needs=FULL_POWER,
)
def two_paths(lab: Lab) -> None:
    lab.make(partial(lab.client.new_keys.create, friendly_name=lab.name()))
    lab.make(partial(lab.client.new_signing_keys.create, friendly_name=lab.name()))
    lab.look("keys", partial(lab.client.keys.page, page_size=1000), of_run(lab, "friendly_name"))
    lab.look(
        "signing keys", partial(lab.client.signing_keys.page, page_size=1000), of_run(lab, "friendly_name")
    )

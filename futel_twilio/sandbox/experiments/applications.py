"""Experiments with TwiML applications."""

from __future__ import annotations

from functools import partial

from futel_twilio.sandbox.experiments.lab import UNSENT, Lab, fields, items, whole
from futel_twilio.sandbox.experiments.table import experiment

LONGEST = 64


@experiment(
    "Create an application with a VoiceUrl alone: what every unset field reads as, the name's too.",
    "applications: what an unsent name",
    makes={"application": 1},
)
def unset_fields(lab: Lab) -> None:
    lab.look("create", lambda: lab.client.applications.create(voice_url=lab.url()), whole)


@experiment(
    "Create applications with ApiVersion 2008-08-01 and with one that never was: whether they are taken.",
    "fields: the older version",
    makes={"application": 2},
)
def older_version(lab: Lab) -> None:
    for version in ("2008-08-01", "1999-01-01"):
        lab.look(
            version,
            partial(lab.client.applications.create, friendly_name=lab.name(), api_version=version),
            fields("api_version"),
        )


@experiment(
    "Create two applications of one FriendlyName and filter by it, by a part of it and in capitals.",
    makes={"application": 2},
)
def one_name_twice(lab: Lab) -> None:
    name = lab.name(suffix="-x")
    for step in ("create", "create again"):
        lab.look(step, lambda: lab.client.applications.create(friendly_name=name))
    for step, sought in (("filter", name), ("by a part", name[:-1]), ("in capitals", f"{name[:-1]}X")):
        lab.look(
            step,
            partial(lab.client.applications.page, friendly_name=sought),
            items("friendly_name"),
        )


@experiment(
    "Give an application a FriendlyName of 64 and 65 characters, an empty and a blank one.",
    "values: the dictionary gives 20002",
    makes={"application": 4},
)
def name_lengths(lab: Lab) -> None:
    names = {"64": lab.name(LONGEST), "65": lab.name(LONGEST + 1), "empty": "", "blank": " "}
    for step, name in names.items():
        lab.look(
            step,
            partial(lab.client.applications.create, friendly_name=name, voice_url=lab.url()),
            fields("friendly_name"),
        )


@experiment(
    "Set URLs that are none: a word, ftp, one with a blank, one without a host, and for three parameters.",
    makes={"application": 6},
)
def bad_urls(lab: Lab) -> None:
    applications = lab.client.applications
    for url in ("nonsense", "ftp://example.com/", "https://example.com/a b", "https://"):
        lab.look(
            f"VoiceUrl {url}",
            partial(applications.create, friendly_name=lab.name(), voice_url=url),
        )
    lab.look("SmsUrl", lambda: applications.create(friendly_name=lab.name(), sms_url="nonsense"))
    lab.look(
        "StatusCallback", lambda: applications.create(friendly_name=lab.name(), status_callback="nonsense")
    )


@experiment(
    "Set VoiceMethod to PUT, to a word and to lower-case get.",
    "values: worded like 21402",
    makes={"application": 3},
)
def methods(lab: Lab) -> None:
    for method in ("PUT", "nonsense", "get"):
        lab.look(
            method,
            partial(lab.client.applications.create, friendly_name=lab.name(), voice_method=method),
            fields("voice_method"),
        )


@experiment(
    "Create an application with only VoiceFallbackUrl, one with only SmsFallbackUrl; take the primary away.",
    "rules: the two codes are documented together",
    makes={"application": 3},
    rules=("Applications: 21405", "Applications: 21406"),
)
def fallback_alone(lab: Lab) -> None:
    applications = lab.client.applications
    lab.look("voice", lambda: applications.create(friendly_name=lab.name(), voice_fallback_url=lab.url()))
    lab.look("SMS", lambda: applications.create(friendly_name=lab.name(), sms_fallback_url=lab.url()))
    made = lab.make(lambda: applications.create(voice_url=lab.url(), voice_fallback_url=lab.url()))
    lab.look(
        "clear the primary",
        lambda: applications(made.sid).update(voice_url=""),
        fields("voice_url", "voice_fallback_url"),
    )


@experiment(
    "Clear a URL by an empty parameter, and update with nothing at all: what is cleared and what stays.",
    makes={"application": 1},
)
def clearing(lab: Lab) -> None:
    made = lab.make(
        lambda: lab.client.applications.create(
            friendly_name=lab.name(), voice_url=lab.url(), sms_url=lab.url(), voice_method="GET"
        )
    )
    one, shown = lab.client.applications(made.sid), fields("friendly_name", "voice_url", "sms_url")
    lab.look("SmsUrl=", lambda: one.update(sms_url=""), shown)
    lab.look("nothing", one.update, shown)
    lab.look("FriendlyName=", lambda: one.update(friendly_name=""), shown)
    lab.look("VoiceMethod=", lambda: one.update(voice_method=""), fields("voice_method"))


@experiment(
    "Send booleans that are empty, capital and a word.",
    "fields: an empty boolean",
    makes={"application": 4},
)
def booleans(lab: Lab) -> None:
    for value in ("", "True", "perhaps", "1"):
        lab.look(
            f"VoiceCallerIdLookup={value}",
            partial(lab.client.applications.create, friendly_name=lab.name(), voice_caller_id_lookup=value),
            fields("voice_caller_id_lookup"),
        )


@experiment(
    "Open an application to other accounts, fetch it, and close it: how the flag reads.",
    makes={"application": 1},
)
def open_to_others(lab: Lab) -> None:
    made = lab.make(
        lambda: lab.client.applications.create(
            friendly_name=lab.name(), public_application_connect_enabled=True
        )
    )
    one, shown = lab.client.applications(made.sid), fields("public_application_connect_enabled")
    lab.look("fetch", one.fetch, shown)
    lab.look("close", lambda: one.update(public_application_connect_enabled=False), shown)


@experiment(
    "Delete an application twice, then fetch and update it.",
    makes={"application": 1},
)
def deleted_twice(lab: Lab) -> None:
    made = lab.make(lambda: lab.client.applications.create(friendly_name=lab.name()))
    one = lab.client.applications(made.sid)
    lab.look("delete", one.delete)
    lab.look("delete again", one.delete)
    lab.look("fetch", one.fetch)
    lab.look("update", lambda: one.update(voice_url=UNSENT))


@experiment(
    "Create an application with a parameter that Twilio does not know: whether it is ignored.",
    makes={"application": 1},
)
def unknown_parameter(lab: Lab) -> None:
    lab.look(
        "create",
        lambda: lab.send("POST", lab.path("/Applications.json"), FriendlyName=lab.name(), Nonsense="1"),
        fields("friendly_name", "nonsense"),
    )

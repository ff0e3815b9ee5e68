"""Experiments with SIP domains."""

from __future__ import annotations

from functools import partial

from futel_twilio.sandbox.experiments.lab import UNSENT, Lab, fields, of_run, whole
from futel_twilio.sandbox.experiments.table import experiment

ENDING = ".sip.twilio.com"


@experiment(
    "Create a domain with its DomainName alone: what every unset field reads as, the name's too.",
    "domains: what an unsent name",
    makes={"SIP domain": 1},
    rules=("SIP/Domains: field `auth_type`",),
)
def unset_fields(lab: Lab) -> None:
    lab.look("create", lambda: lab.client.sip.domains.create(domain_name=lab.domain()), whole)


@experiment(
    "Create a domain twice, the second time in capitals too: whether a name is taken whatever its case.",
    makes={"SIP domain": 3},
    rules=("SIP/Domains: `domain_name` that is taken",),
)
def name_taken(lab: Lab) -> None:
    name = lab.name(suffix="-x")
    domains = lab.client.sip.domains
    lab.make(lambda: domains.create(domain_name=name + ENDING))
    lab.look("again", lambda: domains.create(domain_name=name + ENDING))
    capitals = f"{name[:-1]}X{ENDING}"
    lab.look("in capitals", lambda: domains.create(domain_name=capitals), fields("domain_name"))


@experiment(
    "Create domains with two dots, an underscore, a blank, another ending and none: which are malformed.",
    makes={"SIP domain": 6},
    rules=("SIP/Domains: field `domain_name`",),
)
def malformed_names(lab: Lab) -> None:
    wrong = {
        "two dots": f"{lab.name()}.{ENDING}",
        "an underscore": f"{lab.name()}_{ENDING}",
        "a blank": f"{lab.name()} {ENDING}",
        "another ending": f"{lab.name()}.sip.example.com",
        "no ending": lab.name(),
        "a hyphen at the end": f"{lab.name()}-{ENDING}",
    }
    for step, name in wrong.items():
        lab.look(step, partial(lab.client.sip.domains.create, domain_name=name))


@experiment(
    "Create a domain without DomainName and with an empty one: code and wording.",
    "domains: a create without a name",
    makes={"SIP domain": 2},
)
def no_name(lab: Lab) -> None:
    domains = lab.client.sip.domains
    lab.look("missing", lambda: domains.create(domain_name=UNSENT, friendly_name=lab.name()))
    lab.look("empty", lambda: domains.create(domain_name="", friendly_name=lab.name()))


@experiment(
    "Give domains a FriendlyName of 65 characters, an empty one, and two the same one.",
    "values: the dictionary gives 20002",
    makes={"SIP domain": 4},
)
def friendly_names(lab: Lab) -> None:
    twice = lab.name()
    for step, name in {"65": lab.name(65), "empty": "", "one": twice, "the same": twice}.items():
        lab.look(
            step,
            partial(lab.client.sip.domains.create, domain_name=lab.domain(), friendly_name=name),
            fields("friendly_name"),
        )


@experiment(
    "Set Secure to a word and to nothing, ByocTrunkSid and EmergencyCallerSid to what is no SID or absent.",
    "values: v2010 says little",
    "fields: an empty boolean",
    makes={"SIP domain": 1},
)
def bad_values(lab: Lab) -> None:
    made = lab.make(lambda: lab.client.sip.domains.create(domain_name=lab.domain()))
    one = lab.client.sip.domains(made.sid)
    lab.look("Secure=perhaps", lambda: one.update(secure="perhaps"), fields("secure"))
    lab.look("Secure=", lambda: one.update(secure=""), fields("secure"))
    lab.look("ByocTrunkSid=x", lambda: one.update(byoc_trunk_sid="x"), fields("byoc_trunk_sid"))
    shown = fields("emergency_caller_sid")
    lab.look("EmergencyCallerSid=x", lambda: one.update(emergency_caller_sid="x"), shown)


@experiment(
    "Name a BYOC trunk and an emergency caller that are not there: whether a domain takes them.",
    "domains: the code, and that the number must be there",
    makes={"SIP domain": 2},
    rules=("SIP/Domains: 20001 for an emergency caller",),
)
def absent_references(lab: Lab) -> None:
    domains = lab.client.sip.domains
    lab.look(
        "trunk",
        lambda: domains.create(domain_name=lab.domain(), byoc_trunk_sid=lab.absent("BY")),
        fields("byoc_trunk_sid"),
    )
    lab.look(
        "caller",
        lambda: domains.create(domain_name=lab.domain(), emergency_caller_sid=lab.absent("PN")),
        fields("emergency_caller_sid"),
    )


@experiment(
    "Set a VoiceUrl that is none, and a VoiceFallbackUrl without a VoiceUrl.",
    "rules: the two codes are documented together",
    makes={"SIP domain": 2},
    rules=("SIP/Domains: 21405",),
)
def urls(lab: Lab) -> None:
    domains = lab.client.sip.domains
    lab.look("no URL", lambda: domains.create(domain_name=lab.domain(), voice_url="nonsense"))
    lab.look("fallback", lambda: domains.create(domain_name=lab.domain(), voice_fallback_url=lab.url()))


@experiment(
    "Clear a VoiceUrl by an empty parameter and leave the rest out: what reads null, what stays.",
    makes={"SIP domain": 1},
)
def clearing(lab: Lab) -> None:
    made = lab.make(
        lambda: lab.client.sip.domains.create(
            domain_name=lab.domain(), voice_url=lab.url(), voice_status_callback_url=lab.url()
        )
    )
    one = lab.client.sip.domains(made.sid)
    shown = fields("voice_url", "voice_status_callback_url")
    lab.look("VoiceUrl=", lambda: one.update(voice_url=""), shown)
    lab.look("DomainName=", lambda: one.update(domain_name=""))


@experiment(
    "Rename a domain, list, and create another of the old name: whether a name is free again at once.",
    makes={"SIP domain": 2},
)
def renamed(lab: Lab) -> None:
    old, new = lab.domain(), lab.domain()
    domains = lab.client.sip.domains
    made = lab.make(lambda: domains.create(domain_name=old))
    lab.look("rename", lambda: domains(made.sid).update(domain_name=new), fields("domain_name"))
    lab.look("list", lambda: domains.page(page_size=1000), of_run(lab, "domain_name"))
    lab.look("the old name", lambda: domains.create(domain_name=old), fields("domain_name"))

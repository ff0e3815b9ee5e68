"""Every way in which the tests break an account, and the checks that have to say so, no more and no fewer.

Each is done over HTTP with the official client, as a careless person would; what no client can do (an error
in Twilio's log, an empty purse) over the sandbox's own door.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from twilio.rest import Client

PLAN = "account/plan_is_empty"
APP, DOMAIN, QUIET = "incoming-prod", "direct-futel-prod", "direct-futel-nonemergency-prod"
DOMAINS = [f"direct-futel-{kind}{env}" for env in ("stage", "prod") for kind in ("", "nonemergency-")]
PHONES = ("alder-street", "birch-corner", "cedar-lot", "dogwood-stage", "elm-office")
TRIGGER = "futel total price"
STAGE_OUT = "https://stage.dialplans.phu73l.net/dial_outgoing"


@dataclass(frozen=True)
class Account:
    """An account to be broken: the official client, and the URL of the sandbox."""

    client: Client
    url: str

    def app(self, name: str = APP) -> Any:
        return next(a for a in self.client.applications.list() if a.friendly_name == name)

    def domain(self, name: str = DOMAIN) -> Any:
        return next(d for d in self.client.sip.domains.list() if d.friendly_name == name)

    def phones(self) -> Any:
        return next(c for c in self.client.sip.credential_lists.list() if c.friendly_name == "sip-direct")

    def trigger(self) -> Any:
        return next(t for t in self.client.usage.triggers.list() if t.friendly_name == TRIGGER)

    def other_list(self) -> str:
        return str(self.client.sip.credential_lists.create(friendly_name="old-phones").sid)

    def map(self, use: str, sid: str, name: str = DOMAIN) -> None:
        getattr(self.domain(name).auth, use).credential_list_mappings.create(credential_list_sid=sid)

    def unmap(self, use: str, name: str = DOMAIN) -> None:
        mappings = getattr(self.domain(name).auth, use).credential_list_mappings
        for mapping in mappings.list():
            mappings(mapping.sid).delete()

    def post(self, path: str, **sent: object) -> None:
        requests.post(f"{self.url}/_sandbox/{path}", json=sent, timeout=60).raise_for_status()

    def dial(self, iso_code: str, **flags: str) -> None:
        update = {
            "iso_code": iso_code,
            "low_risk_numbers_enabled": "true",
            "high_risk_special_numbers_enabled": "false",
            "high_risk_tollfraud_numbers_enabled": "false",
            **flags,
        }
        self.client.voice.v1.dialing_permissions.bulk_country_updates.create(
            update_request=json.dumps([update])
        )


def drop_domain(account: Account) -> None:
    account.unmap("calls")
    account.unmap("registrations")
    account.domain().delete()


def wrong_list(account: Account, use: str) -> None:
    account.unmap(use)
    account.map(use, account.other_list())


def attach_ip_list(account: Account) -> None:
    ip_list = account.client.sip.ip_access_control_lists.create(friendly_name="office")
    mappings = account.domain().auth.calls.ip_access_control_list_mappings
    mappings.create(ip_access_control_list_sid=ip_list.sid)


def only_ip_list(account: Account) -> None:
    account.unmap("calls")
    attach_ip_list(account)


def drop_phones(account: Account) -> None:
    for name in DOMAINS:
        account.unmap("calls", name)
        account.unmap("registrations", name)
    account.phones().delete()


def new_trigger(
    account: Account, value: str, url: str = "https://prod.dialplans.phu73l.net/usage_trigger"
) -> None:
    account.client.usage.triggers.create(
        friendly_name=TRIGGER,
        callback_url=url,
        trigger_value=value,
        usage_category="totalprice",
        trigger_by="price",
        recurring="monthly",
    )


def other_value(account: Account) -> None:
    account.trigger().delete()
    new_trigger(account, "9000")


def alert(code: int, sid_of: Callable[[Account], str], url: str = "") -> Callable[[Account], None]:
    """An alert as Twilio would log it: its level belongs to its code."""
    return lambda account: account.post(
        "alerts", error_code=str(code), resource_sid=sid_of(account), alert_text="made up", request_url=url
    )


def a_call(_account: Account) -> str:
    return "CA" + "1" * 32


OF_ALDER = f"sip:alder-street@{DOMAIN}.sip.twilio.com"


def of_domain(name: str, *checks: str) -> set[str]:
    return {f"domains/{check}[{name}]" for check in checks}


def of_app(*checks: str) -> set[str]:
    return {f"applications/{check}[{APP}]" for check in checks}


def everywhere(*checks: str) -> set[str]:
    return {name for domain in DOMAINS for name in of_domain(domain, *checks)}


def shared(*environments: str) -> set[str]:
    return {f"environments/shares_no_url[{env}]" for env in environments}


def of_callers(*checks: str) -> set[str]:
    """Checks of both phones of prod that may call 911."""
    return {f"emergency/{check}[{name}]" for check in checks for name in ("alder-street", "birch-corner")}


def cannot_register(*phones: str) -> set[str]:
    """The checks of phones that cannot register; of both phones of prod that may call 911, if none is named."""
    return {f"domains/phone_can_register[{name}]" for name in phones or ("alder-street", "birch-corner")}


NUMBERS_OF_PROD = {f"numbers/application[{number}]" for number in ("+15035550101", "+15035550102")}
HOST_OF_PROD = {"environments/every_url_is_https_on_its_host[prod]"}
Breakage = tuple["Callable[[Account], object]", set[str]]
BREAKAGES: dict[str, Breakage] = {
    "application deleted": (
        lambda a: a.app().delete(),
        {PLAN, *of_app("exactly_one"), *NUMBERS_OF_PROD},
    ),
    "application renamed": (
        lambda a: a.app().update(friendly_name="x"),
        {PLAN, *of_app("exactly_one"), *NUMBERS_OF_PROD},
    ),
    "application twice": (
        lambda a: a.client.applications.create(friendly_name=APP),
        {PLAN, *of_app("exactly_one")},
    ),
    "application asks a foreign host": (
        lambda a: a.app().update(voice_url="https://evil.example.com/dial_sip_e164"),
        {PLAN, *of_app("voice_url"), *HOST_OF_PROD},
    ),
    "application asks stage": (
        lambda a: a.app().update(voice_url="https://stage.dialplans.phu73l.net/dial_sip_e164"),
        {PLAN, *of_app("voice_url"), *HOST_OF_PROD, *shared("stage", "prod")},
    ),
    "application asks by http": (
        lambda a: a.app().update(voice_url="http://prod.dialplans.phu73l.net/dial_sip_e164"),
        {PLAN, *of_app("voice_url"), *HOST_OF_PROD},
    ),
    "application asks the wrong path": (
        lambda a: a.app().update(voice_url="https://prod.dialplans.phu73l.net/dial"),
        {PLAN, *of_app("voice_url")},
    ),
    "application asks nobody": (lambda a: a.app().update(voice_url=""), {PLAN, *of_app("voice_url")}),
    "application asks with GET": (
        lambda a: a.app().update(voice_method="GET"),
        {PLAN, *of_app("voice_method")},
    ),
    "application open to others": (
        lambda a: a.app().update(public_application_connect_enabled=True),
        {PLAN, *of_app("closed_to_other_accounts")},
    ),
    "application takes messages": (
        lambda a: a.app().update(sms_url="https://demo.example.com/sms"),
        {PLAN, *of_app("sms_url")},
    ),
    "application has a fallback": (
        lambda a: a.app().update(voice_fallback_url="https://old.example.com/"),
        {PLAN, *of_app("fallback_url")},
    ),
    "domain deleted": (drop_domain, {PLAN, *of_domain(DOMAIN, "there"), *of_callers("domain_is_there")}),
    "domain has another name": (
        lambda a: a.domain().update(domain_name="direct-futel-prod2.sip.twilio.com"),
        {
            PLAN,
            *of_domain(DOMAIN, "there"),
            "domains/none_that_nobody_wished_for",
            *of_callers("domain_is_there"),
        },
    ),
    "unmanaged domain": (
        lambda a: a.client.sip.domains.create(domain_name="spare-futel.sip.twilio.com"),
        {"domains/none_that_nobody_wished_for"},
    ),
    "registration off": (
        lambda a: a.domain().update(sip_registration=False),
        {PLAN, *of_domain(DOMAIN, "registration"), *cannot_register()},
    ),
    "911 off": (
        lambda a: a.domain().update(emergency_calling_enabled=False),
        {PLAN, *of_domain(DOMAIN, "emergency_calling"), *of_callers("domain_calls_911")},
    ),
    "911 on where it should be off": (
        lambda a: a.domain(QUIET).update(emergency_calling_enabled=True),
        {PLAN, *of_domain(QUIET, "emergency_calling")},
    ),
    "domain asks a foreign host": (
        lambda a: a.domain().update(voice_url="https://evil.example.com/dial_outgoing"),
        {PLAN, *of_domain(DOMAIN, "voice_url"), *HOST_OF_PROD},
    ),
    "domain asks stage": (
        lambda a: a.domain().update(voice_url=STAGE_OUT),
        {PLAN, *of_domain(DOMAIN, "voice_url"), *HOST_OF_PROD, *shared("stage", "prod")},
    ),
    "domain asks by http": (
        lambda a: a.domain().update(voice_url="http://prod.dialplans.phu73l.net/dial_outgoing"),
        {PLAN, *of_domain(DOMAIN, "voice_url"), *HOST_OF_PROD},
    ),
    "domain asks nobody": (
        lambda a: a.domain().update(voice_url=""),
        {PLAN, *of_domain(DOMAIN, "voice_url")},
    ),
    "domain asks with GET": (
        lambda a: a.domain(QUIET).update(voice_method="GET"),
        {PLAN, *of_domain(QUIET, "voice_method")},
    ),
    "domain has a fallback": (
        lambda a: a.domain().update(voice_fallback_url="https://old.example.com/"),
        {PLAN, *of_domain(DOMAIN, "fallback_url")},
    ),
    "domain demands encryption": (
        lambda a: a.domain().update(secure=True),
        {PLAN, *of_domain(DOMAIN, "secure")},
    ),
    "domain renamed in the console": (
        lambda a: a.domain().update(friendly_name="x"),
        {PLAN, *of_domain(DOMAIN, "friendly_name")},
    ),
    "registration mapping gone": (
        lambda a: a.unmap("registrations"),
        {PLAN, *of_domain(DOMAIN, "list_registers"), *cannot_register()},
    ),
    "voice mapping gone": (
        lambda a: a.unmap("calls"),
        {PLAN, *of_domain(DOMAIN, "list_calls", "auth_type")},
    ),
    "voice mapping of the quiet domain gone": (
        lambda a: a.unmap("calls", QUIET),
        {PLAN, *of_domain(QUIET, "list_calls", "auth_type")},
    ),
    "another list registers": (
        lambda a: a.map("registrations", a.other_list()),
        of_domain(DOMAIN, "no_other_list_registers"),
    ),
    "another list calls": (
        lambda a: a.map("calls", a.other_list()),
        of_domain(DOMAIN, "no_other_list_calls"),
    ),
    "another list calls, mapped by the old path": (
        lambda a: a.domain().credential_list_mappings.create(credential_list_sid=a.other_list()),
        of_domain(DOMAIN, "no_other_list_calls"),
    ),
    "the wrong list registers": (
        lambda a: wrong_list(a, "registrations"),
        {PLAN, *of_domain(DOMAIN, "list_registers", "no_other_list_registers"), *cannot_register()},
    ),
    "the wrong list calls": (
        lambda a: wrong_list(a, "calls"),
        {PLAN, *of_domain(DOMAIN, "list_calls", "no_other_list_calls")},
    ),
    "an IP list besides": (attach_ip_list, of_domain(DOMAIN, "no_ip_list", "auth_type")),
    "an IP list instead": (only_ip_list, {PLAN, *of_domain(DOMAIN, "no_ip_list", "auth_type", "list_calls")}),
    "credential list renamed": (
        lambda a: a.phones().update(friendly_name="sip-indirect"),
        {
            PLAN,
            "credential_lists/exactly_one[sip-direct]",
            *everywhere("list_registers", "list_calls", "no_other_list_registers", "no_other_list_calls"),
            *cannot_register(*PHONES),
        },
    ),
    "credential list deleted": (
        drop_phones,
        {
            PLAN,
            "credential_lists/exactly_one[sip-direct]",
            *everywhere("list_registers", "list_calls", "auth_type"),
            *cannot_register(*PHONES),
        },
    ),
    "dialling to Britain open": (lambda a: a.dial("GB"), {"account/dialling_is_no_wider"}),
    "high-risk special numbers open": (
        lambda a: a.dial("US", high_risk_special_numbers_enabled="true"),
        {"account/no_high_risk_dialling"},
    ),
    "high-risk toll-fraud numbers open": (
        lambda a: a.dial("DO", high_risk_tollfraud_numbers_enabled="true"),
        {"account/no_high_risk_dialling"},
    ),
    "usage trigger deleted": (
        lambda a: a.trigger().delete(),
        {PLAN, f"account/usage_trigger_is_there[{TRIGGER}]"},
    ),
    "usage trigger twice": (
        lambda a: new_trigger(a, "100"),
        {PLAN, f"account/usage_trigger_is_there[{TRIGGER}]"},
    ),
    "usage trigger at another value": (other_value, {f"account/usage_trigger_watches[{TRIGGER}]"}),
    "usage trigger tells somebody else": (
        lambda a: a.trigger().update(callback_url="https://else.example.com/"),
        {PLAN, f"account/usage_trigger_watches[{TRIGGER}]"},
    ),
    "dialplan failed": (
        alert(11200, lambda a: str(a.app().sid)),
        {"account/no_alert[11200-dialplan-failed]"},
    ),
    "dialplan did not connect": (
        alert(11205, lambda a: str(a.app().sid)),
        {"account/no_alert[11200-dialplan-failed]"},
    ),
    "phone not registered": (
        alert(32009, a_call, OF_ALDER),
        {"account/no_alert[32009-phone-not-registered]"},
    ),
    "wrong password": (
        alert(32202, lambda a: str(a.domain().sid), OF_ALDER),
        {"account/no_alert[32202-wrong-password]"},
    ),
    "registration is off, says the log": (
        alert(32210, lambda a: str(a.domain().sid)),
        {"account/no_alert[32210-registration-is-off]"},
    ),
    "may not register, says the log": (
        alert(32212, lambda a: str(a.domain().sid)),
        {"account/no_alert[32212-may-not-register]"},
    ),
    "911 without an address": (alert(22221, a_call), {"account/no_alert[22221-911-without-address]"}),
    "purse nearly empty": (lambda a: a.post("settings", balance="9.99"), {"account/balance"}),
}

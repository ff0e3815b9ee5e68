"""Run a sandbox with planted differences: `python -m tests.support.planted DIFFERENCE...`.

Each way is a change of one table, rule or word, made before anything is served, and names the one experiment
that looks at it.
"""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from futel_twilio.sandbox import defaults
from futel_twilio.sandbox.__main__ import main
from futel_twilio.sandbox.api_v2010 import addresses, applications, calls, keys, usage_triggers
from futel_twilio.sandbox.api_v2010.sip import credential_lists, credentials, domains, ip_access
from futel_twilio.sandbox.engine import errors, paging, rules
from futel_twilio.sandbox.engine.errors import Refusal, bad
from futel_twilio.sandbox.engine.tables import Resource
from futel_twilio.sandbox.engine.values import choice, text
from futel_twilio.sandbox.events_v1 import event_types, sinks
from futel_twilio.sandbox.http import app
from futel_twilio.sandbox.http.registry import RESOURCES
from futel_twilio.sandbox.voice_v1 import countries

WAYS: dict[str, Callable[[], None]] = {}


def way(experiment: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Plant a difference that only this experiment must find."""

    def planted(change: Callable[[], None]) -> Callable[[], None]:
        assert experiment not in WAYS, experiment
        WAYS[experiment] = change
        return change

    return planted


def put(thing: Any, **values: Any) -> None:
    """Change a frozen row in place, for every table that shares it."""
    for name, value in values.items():
        object.__setattr__(thing, name, value)


def field(resource: Resource, name: str, **values: Any) -> None:
    """Change one field of one table."""
    changed = tuple(replace(f, **values) if f.name == name else f for f in resource.fields)
    assert changed != resource.fields, name
    put(resource, fields=changed)


def unique(resource: Resource, **values: Any) -> None:
    put(resource, uniques=tuple(replace(row, **values) for row in resource.uniques))


def table(path: str) -> Resource:
    (found,) = [resource for resource in RESOURCES if resource.path.endswith(path)]
    return found


def swap(name: str, other: Any) -> None:
    """Replace a name of the sandbox in every module that imports it."""
    modules = [module for key, module in sys.modules.items() if key.startswith("futel_twilio.sandbox.")]
    holders = [module for module in modules if hasattr(module, name)]
    assert holders, name
    for module in holders:
        setattr(module, name, other)


def other_refusal(code: int, words: str) -> Callable[[str], Refusal]:
    return lambda taken: bad(code, words.format(taken))


@way("applications.unset_fields")
def _() -> None:
    """A default value differs."""
    field(applications.APPLICATIONS, "sms_fallback_method", default="GET")


@way("applications.bad_urls")
def _() -> None:
    """A URL is taken that is none."""
    field(applications.APPLICATIONS, "sms_url", read=text)


@way("applications.older_version")
def _() -> None:
    """The older version of the API is taken."""
    field(applications.APPLICATIONS, "api_version", read=choice("2008-08-01", "2010-04-01"))


@way("domains.name_taken")
def _() -> None:
    """Another wording for a domain's name that is taken."""
    unique(domains.DOMAINS, refuse=other_refusal(21232, "{} is taken"))


@way("domains.malformed_names")
def _() -> None:
    """A hyphen may not end a name."""

    def read(param: str, raw: str) -> str:
        if raw.removesuffix(rules.ENDING).endswith("-"):
            raise bad(21231, "Invalid Domain Name")
        return rules.domain_name(param, raw)

    field(domains.DOMAINS, "domain_name", read=read)


@way("subdomains.delete_parent")
def _() -> None:
    """A domain with sub-domains may be deleted."""
    put(rules.NO_SUBDOMAINS, on=tuple(verb for verb in rules.NO_SUBDOMAINS.on if verb != "delete"))


@way("subdomains.rename_parent")
def _() -> None:
    """A domain with sub-domains may be renamed."""
    put(rules.NO_SUBDOMAINS, on=tuple(verb for verb in rules.NO_SUBDOMAINS.on if verb != "update"))


@way("subdomains.delete_mapped_for_calls")
def _() -> None:
    """A domain with a list mapped for calls may be deleted."""
    known = rules.NO_MAPPINGS.judge

    def judge(change: Any) -> None:
        if not change.context.store.count(rules.CALLS_CREDENTIALS, change.context.account, parent=change.sid):
            known(change)

    put(rules.NO_MAPPINGS, judge=judge)


@way("credential_lists.name_taken")
def _() -> None:
    """Upper and lower case are one name."""
    unique(credential_lists.CREDENTIAL_LISTS, folds=True)


@way("credential_lists.delete_mapped_for_registrations")
def _() -> None:
    """A list that is mapped for registrations alone may be deleted."""
    judge = rules._unmapped(21241, "Credential list", rules.CALLS_CREDENTIALS)
    put(rules.LIST_UNMAPPED, judge=judge)


@way("credentials.username_taken")
def _() -> None:
    """Another code for a username that is taken."""
    unique(
        credentials.CREDENTIALS,
        refuse=other_refusal(21240, "Username {} already exists in this Credential List"),
    )


@way("credentials.username_characters")
def _() -> None:
    """A username may hold an @."""

    def read(param: str, raw: str) -> str:
        rules.username(param, raw.replace("@", ""))
        return raw

    field(credentials.CREDENTIALS, "username", read=read)


@way("credentials.passwords")
def _() -> None:
    """Eleven characters are enough for a password."""
    swap("SHORTEST_PASSWORD", 11)


@way("mappings.absent_list")
def _() -> None:
    """Mapping a list that is not there is a 400."""
    missing = errors.missing
    refused = {False: lambda path: bad(20001, f"{path} was not found"), True: missing}
    swap("missing", lambda path: refused[path.startswith("/")](path))


@way("mappings.auth_type")
def _() -> None:
    """auth_type names addresses first."""
    derive = next(f.derive for f in domains.DOMAINS.fields if f.name == "auth_type")
    assert derive is not None
    field(domains.DOMAINS, "auth_type", derive=lambda shown: ",".join(reversed(derive(shown).split(","))))


@way("access.name_taken")
def _() -> None:
    """Two IP access control lists may have one name."""
    put(ip_access.ACLS, uniques=())


@way("access.address_twice")
def _() -> None:
    """An address without a prefix is a range."""
    field(ip_access.IP_ADDRESSES, "cidr_prefix_length", default=24)


@way("triggers.unset_fields")
def _() -> None:
    """A name that was never sent reads null."""
    field(usage_triggers.TRIGGERS, "friendly_name", default=None)


@way("addresses.correctable_address")
def _() -> None:
    """The suggestion names the street alone."""
    swap("_suggestion", lambda better: f"Check the suggested address. | Street: {better['street']}")


@way("addresses.bad_values")
def _() -> None:
    """A country may be written in lower case."""
    field(table("/Addresses"), "iso_country", read=lambda param, raw: addresses._country(param, raw.upper()))


@way("keys.secret")
def _() -> None:
    """A key's secret has 24 characters."""
    make = keys._make_secret

    def shorter(change: Any) -> None:
        make(change)
        secret = change.context.one_time_secrets["secret"][:24]
        change.context.one_time_secrets["secret"] = secret
        change.after[keys.DIGEST] = keys._digest(secret, change.after[keys.SALT])

    for resource in keys.KEYS:
        put(resource, rules=tuple(replace(rule, judge=shorter) for rule in resource.rules))


@way("sinks.webhook")
def _() -> None:
    """A sink's description that is cleared reads empty."""
    field(sinks.SINKS, "description", default="")


@way("subscriptions.bad_types")
def _() -> None:
    """An event type that there is not is refused."""
    known = event_types.type_name

    def read(param: str, raw: str) -> str:
        if "parity" in raw:
            raise bad(20001, f"{param} is not valid")
        return known(param, raw)

    swap("type_name", read)


@way("dialing.every_country")
def _() -> None:
    """A country has another name."""
    listed = countries.countries

    def renamed() -> list[countries.Country]:
        return [replace(c, name="Kingdom of Norway") if c.iso_code == "NO" else c for c in listed()]

    vars(countries)["countries"] = renamed


@way("dialing.bad_orders")
def _() -> None:
    """Another wording for an order that is none."""
    swap("_bad_order", lambda _why: bad(20001, "Invalid UpdateRequest"))


@way("monitor.order")
def _() -> None:
    """A product lists the newest first."""
    modern = paging.modern
    swap("modern", lambda page, url, key, items: modern(page, url, key, items[::-1]))


@way("calls.refused")
def _() -> None:
    """Another wording for a call to nobody."""
    field(calls.CALLS, "to", required=bad(21201, "Whom?"))


@way("offers.patterns")
def _() -> None:
    """One character is enough to search by."""
    swap("CONTAINS", re.compile(r"[0-9A-Za-z*%+$]{1,16}"))


@way("numbers.purchases_refused")
def _() -> None:
    """Another wording for a number that is not sold."""
    numbers = table("/IncomingPhoneNumbers")
    known = next(f.read for f in numbers.fields if f.name == "phone_number")
    assert known is not None

    def read(param: str, raw: str) -> Any:
        if raw == "x":
            raise bad(21421, f"{raw} is no number")
        return known(param, raw)

    field(numbers, "phone_number", read=read)


@way("paging.order")
def _() -> None:
    """The older API lists the newest first."""
    classic = paging.classic
    swap("classic", lambda page, path, key, items: classic(page, path, key, items[::-1]))


@way("paging.sizes")
def _() -> None:
    """A page of no size is a page of fifty."""
    sized = paging.size_of
    swap("size_of", lambda context: 50 if context.query.get("PageSize") == "0" else sized(context))


@way("protocol.methods")
def _() -> None:
    """Another wording for a method that there is not."""
    swap("not_allowed", lambda: Refusal(405, 20004, "Not so"))


@way("protocol.headers")
def _() -> None:
    """Another header."""
    app.HEADERS["X-Powered-By"] = "AT-6000"


def plant(names: list[str], ways: Mapping[str, Callable[[], None]] = WAYS) -> None:
    for name in names:
        ways[name]()


if __name__ == "__main__":
    plant(sys.argv[1:])
    sys.exit(main(["--account", f"{defaults.DEFAULT_ACCOUNT_SID}:SK{'0' * 31}2:secret"]))

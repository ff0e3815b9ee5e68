"""estate.toml -> Estate; every fault at once, each with its place.

The form of the file is judged by `estate.schema.json`, which editors can use too; what a schema cannot
say (a list that nobody declared, two environments on one URL) is judged here.
"""

from __future__ import annotations

import json
import os
import tomllib
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from futel_twilio.errors import BadInput
from futel_twilio.model import (
    SIP_SUFFIX,
    AccountWish,
    Application,
    CredentialList,
    Environment,
    Estate,
    SipDomain,
    UsageTrigger,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jsonschema import ValidationError

ESTATE = "estate.toml"
SCHEMA = Path(__file__).with_name("estate.schema.json")


def load(path: Path, dialplans: Mapping[str, str] | None = None) -> Estate:
    """Read the wish.

    Args:
        path: the estate file.
        dialplans: base URLs that stand in for those of the file, by environment.

    Raises:
        BadInput: the file is not there, is not TOML, or has faults: all of them, each with its place.
    """
    document = _document(path)
    for name, url in (dialplans or {}).items():
        tables = _as_dict(document.get("environment"))
        require_environment(name, (known for known, table in tables.items() if isinstance(table, dict)))
        document["environment"][name]["dialplans"] = url
    faults = tuple(faults_of(document))
    _refuse_flag(faults, dialplans or {})
    if faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise BadInput(f"{path.name} has {count}.", f"Mend {path.name} and run the command again.", faults)
    return _estate(document)


def _refuse_flag(faults: tuple[str, ...], dialplans: Mapping[str, str]) -> None:
    places = {f"environment.{name}.dialplans" for name in dialplans}
    of_flag = [fault.split(": ", 1)[1] for fault in faults if fault.split(": ")[0] in places]
    if of_flag:
        raise BadInput(
            "The base URL of --dialplans is not right.",
            "Give another and run the command again.",
            tuple(f"--dialplans: {fault}" for fault in of_flag),
        )


def faults_of(document: Mapping[str, Any]) -> list[str]:
    """Every fault of a document, as `place: what is wrong`, in the order of the file's places."""
    return [
        *_faults_of_form(document),
        *_undeclared_lists(document),
        *_shared_urls(document),
        *_paths_twice(document),
    ]


def rewrite_dialplans(path: Path, environment: str, url: str) -> bool:
    """Write an environment's new base URL into the estate file, comments kept; whether it changed."""
    import tomlkit

    document = tomlkit.parse(path.read_text(encoding="utf-8"))
    table: Any = document["environment"]
    if table[environment]["dialplans"].rstrip("/") == url.rstrip("/"):
        return False
    table[environment]["dialplans"] = url
    new = path.with_name(f".{path.name}.new")
    new.write_text(tomlkit.dumps(document), encoding="utf-8")
    os.replace(new, path)  # noqa: PTH105  # one step, so that a kill leaves the old file or the new one
    return True


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(
            f"There is no {path.name} here.", "Run the command in the directory that holds it."
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(
            f"{path.name} cannot be read as TOML: {error}.", "Mend that place and run the command again."
        ) from None


def require_environment(name: str, known: Iterable[str]) -> None:
    """Refuse an environment that the estate does not name.

    Raises:
        BadInput: it does not.
    """
    names = tuple(known)
    if name not in names:
        raise BadInput(
            f"There is no environment {name!r} in the estate.", f"Use one of: {', '.join(names) or 'none'}."
        )


def _faults_of_form(document: Mapping[str, Any]) -> list[str]:
    from jsonschema import Draft202012Validator

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    errors = sorted(Draft202012Validator(schema).iter_errors(document), key=lambda e: list(map(str, e.path)))
    return list(dict.fromkeys(line for error in errors for line in _lines(error)))


def _lines(error: ValidationError) -> Iterator[str]:
    place = ".".join(str(step) for step in error.absolute_path)
    several = {"additionalProperties": _unknown_keys, "required": _missing_keys}.get(str(error.validator))
    if several:
        for name, says in several(_as_dict(error.schema), _as_dict(error.instance)):
            yield f"{place}.{name}: {says}".removeprefix(".")
    elif "propertyNames" in error.absolute_schema_path:
        yield f"{place}.{error.instance}: {_says(error)}".removeprefix(".")
    elif error.validator == "type" and _as_dict(error.schema).get("type") == "object":
        yield f"{place}: not a table"
    else:
        yield f"{place}: {_says(error)}"


def _unknown_keys(schema: dict[str, Any], table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    known = schema.get("properties", {})
    for name in table:
        if name not in known:
            yield name, f"unknown key (known: {', '.join(known) or 'none'})"


def _missing_keys(schema: dict[str, Any], table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in schema["required"]:
        if name not in table:
            yield name, "missing"


def _says(error: ValidationError) -> str:
    return str(_as_dict(error.schema).get("x-says") or error.message)


def _as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _undeclared_lists(document: Mapping[str, Any]) -> Iterator[str]:
    declared = _as_dict(document.get("credential_list"))
    for name, domain in _as_dict(document.get("sip_domain")).items():
        for use in ("registrations", "calls"):
            wanted = _as_dict(domain).get(use)
            for one in wanted if isinstance(wanted, list) else ():
                if isinstance(one, str) and one not in declared:
                    yield f"sip_domain.{name}.{use}: no [credential_list.{one}] in this file"


def _shared_urls(document: Mapping[str, Any]) -> Iterator[str]:
    tables = _as_dict(document.get("environment")).items()
    urls = [
        (name, str(_as_dict(table).get("dialplans", "")).rstrip("/").casefold()) for name, table in tables
    ]
    for (one, here), (other, there) in combinations(urls, 2):
        if here and here == there:
            yield f"environment.{other}.dialplans: the same URL as environment.{one}.dialplans"


def _paths_twice(document: Mapping[str, Any]) -> Iterator[str]:
    things = (*_as_dict(document.get("application")).values(), *_as_dict(document.get("sip_domain")).values())
    paths = {path for thing in things if isinstance(path := _as_dict(thing).get("voice_url"), str)}
    for name, table in _as_dict(document.get("environment")).items():
        url = str(_as_dict(table).get("dialplans", "")).rstrip("/")
        for path in sorted(paths):
            if path.startswith("/") and url.endswith(path):
                yield f"environment.{name}.dialplans: ends in {path}, which is added to it by itself"


def _estate(document: Mapping[str, Any]) -> Estate:
    environments = tuple(
        Environment(name, table["dialplans"].rstrip("/")) for name, table in document["environment"].items()
    )
    return Estate(
        environments=environments,
        applications=tuple(
            _application(name, table, environment)
            for environment in environments
            for name, table in document.get("application", {}).items()
        ),
        domains=tuple(
            _domain(name, table, environment)
            for environment in environments
            for name, table in document.get("sip_domain", {}).items()
        ),
        credential_lists=tuple(CredentialList(name) for name in document.get("credential_list", {})),
        usage_triggers=tuple(
            _usage_trigger(name, table) for name, table in document.get("usage_trigger", {}).items()
        ),
        account_sid=document.get("account_sid", ""),
        account=_account(document.get("account", {})),
    )


def _url(table: Mapping[str, Any], key: str, environment: Environment) -> str | None:
    value = table.get(key)
    if value is None or not value.startswith("/"):
        return None if value is None else str(value)
    return environment.dialplans + str(value)


def _application(name: str, table: Mapping[str, Any], environment: Environment) -> Application:
    return Application(
        friendly_name=name.replace("{env}", environment.name),
        voice_url=_url(table, "voice_url", environment),
        voice_method=table.get("voice_method", "POST"),
        voice_fallback_url=_url(table, "voice_fallback_url", environment),
        sms_url=_url(table, "sms_url", environment),
        public_application_connect_enabled=table.get("open_to_other_accounts", False),
        environment=environment.name,
    )


def _domain(name: str, table: Mapping[str, Any], environment: Environment) -> SipDomain:
    friendly_name = name.replace("{env}", environment.name)
    return SipDomain(
        domain_name=friendly_name + SIP_SUFFIX,
        friendly_name=friendly_name,
        voice_url=_url(table, "voice_url", environment),
        voice_method=table.get("voice_method", "POST"),
        voice_fallback_url=_url(table, "voice_fallback_url", environment),
        sip_registration=table.get("registration", True),
        emergency_calling_enabled=table.get("emergency_calling", False),
        secure=table.get("secure"),
        registrations=frozenset(table["registrations"]),
        calls=frozenset(table["calls"]),
        environment=environment.name,
    )


def _usage_trigger(name: str, table: Mapping[str, Any]) -> UsageTrigger:
    return UsageTrigger(
        friendly_name=name,
        callback_url=table["callback_url"],
        callback_method="POST",
        usage_category=table.get("category", "totalprice"),
        trigger_by=table.get("by", "price"),
        trigger_value=table["value"],
        recurring=table.get("recurring", "monthly"),
    )


def _account(table: Mapping[str, Any]) -> AccountWish:
    countries = table.get("dialling_countries")
    return AccountWish(
        plan_is_empty=table.get("plan_is_empty", False),
        dialling_countries=None if countries is None else tuple(countries),
        alert_hours=table.get("alert_hours"),
        api_key=table.get("api_key", False),
        balance_floor=table.get("balance_floor"),
    )

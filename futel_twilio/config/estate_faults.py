"""What is wrong with an estate.toml."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from futel_twilio.config.schema import as_dict, faults_of_form
from futel_twilio.resources import dialplan_urls

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


SCHEMA = Path(__file__).with_name("estate.schema.json")


URLS = {
    "environment": ("dialplans",),
    "application": ("voice_url", "voice_fallback_url", "sms_url"),
    "sip_domain": ("voice_url", "voice_fallback_url"),
    "usage_trigger": ("callback_url",),
}


def faults_of(document: Mapping[str, Any]) -> list[str]:
    """Every fault of a document, as `place: what is wrong`, in the order of the file's places."""
    of_form = faults_of_form(SCHEMA, document)
    reported = {fault.split(": ")[0] for fault in of_form}
    return [
        *of_form,
        *_undeclared_lists(document),
        *_undeclared_by_clients(document),
        *(fault for fault in _odd_urls(document) if fault.split(": ")[0] not in reported),
        *_shared_urls(document),
        *_paths_twice(document),
    ]


def _undeclared_lists(document: Mapping[str, Any]) -> Iterator[str]:
    declared = as_dict(document.get("credential_list"))
    for name, domain in as_dict(document.get("sip_domain")).items():
        for use in ("registrations", "calls"):
            wanted = as_dict(domain).get(use)
            for one in wanted if isinstance(wanted, list) else ():
                if isinstance(one, str) and one not in declared:
                    yield f"sip_domain.{name}.{use}: no [credential_list.{one}] in this file"


def _undeclared_by_clients(document: Mapping[str, Any]) -> Iterator[str]:
    table = as_dict(document.get("clients"))
    for key, section in (("credential_list", "credential_list"), ("application", "application")):
        wanted = table.get(key)
        if isinstance(wanted, str) and wanted not in as_dict(document.get(section)):
            yield f"clients.{key}: no [{section}.{wanted!r}] in this file".replace("'", '"')


def _odd_urls(document: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with URLs and paths whose form the schema takes."""
    for section, keys in URLS.items():
        for name, table in as_dict(document.get(section)).items():
            for key in keys:
                url = as_dict(table).get(key)
                judge = dialplan_urls.fault_of_path if str(url).startswith("/") else dialplan_urls.fault
                if isinstance(url, str) and url and (fault := judge(url)):
                    yield f"{section}.{name}.{key}: {fault}"


def _shared_urls(document: Mapping[str, Any]) -> Iterator[str]:
    tables = as_dict(document.get("environment")).items()
    bases = [
        (name, dialplan_urls.normalize(str(as_dict(table).get("dialplans", "")))) for name, table in tables
    ]
    for (one, here), (other, there) in combinations(bases, 2):
        if here and here == there:
            yield f"environment.{other}.dialplans: the same URL as environment.{one}.dialplans"


def _paths_twice(document: Mapping[str, Any]) -> Iterator[str]:
    things = (*as_dict(document.get("application")).values(), *as_dict(document.get("sip_domain")).values())
    paths = {path for thing in things if isinstance(path := as_dict(thing).get("voice_url"), str)}
    for name, table in as_dict(document.get("environment")).items():
        url = str(as_dict(table).get("dialplans", ""))
        for path in sorted(paths):
            if path.startswith("/") and dialplan_urls.ends_in(url, path):
                yield f"environment.{name}.dialplans: ends in {path}, which the tool appends"

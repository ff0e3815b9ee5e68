"""The snapshot document: load it, validate it, and read its managed resources."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from futel_twilio.config.schema import as_dict, as_list, faults_of_form, read_json
from futel_twilio.errors import BadInput
from futel_twilio.files.reading import LARGEST_RECORD
from futel_twilio.resources.state import AccountState
from futel_twilio.resources.types import (
    CREDENTIAL,
    IP_ADDRESS,
    SECTIONS,
    SIP_DOMAIN,
    USAGE_TRIGGER,
    ResourceType,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FORMAT, VERSION = "futel_twilio snapshot", 1
SCHEMA = Path(__file__).with_name("snapshot.schema.json")
MAPPED = {"registrations": "credential_lists", "calls": "credential_lists", "ip_lists": "ip_lists"}
OWNERS = {"credentials": ("credential_list", "credential_lists"), "ip_addresses": ("ip_list", "ip_lists")}


def writable_fields(resource_type: ResourceType) -> tuple[str, ...]:
    """The fields of a resource that a snapshot has and that can be written."""
    owner = {CREDENTIAL: ("credential_list",), IP_ADDRESS: ("ip_list",)}.get(resource_type, ())
    return tuple(
        dict.fromkeys(
            (
                *owner,
                resource_type.name_field,
                *resource_type.mutable_fields,
                *resource_type.create_only_fields,
            )
        )
    )


def load(path: Path) -> dict[str, Any]:
    """Read a snapshot back and judge it.

    Raises:
        BadInput: it is none, or has faults: all of them, each with its place.
    """
    document, faults = read_json(path, largest=LARGEST_RECORD)
    faults = faults or _faults_of(document)
    if faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise BadInput(
            f"{path} is no snapshot that can be restored: it has {count}.",
            "Fix it, or name another with --file; `invoke snapshot` makes one.",
            tuple(faults),
        )
    return document


def _faults_of(document: Mapping[str, Any]) -> list[str]:
    """All faults; of what is no snapshot at all, or of another version, that alone."""
    faults = faults_of_form(SCHEMA, document)
    of_another = [fault for fault in faults if fault.startswith(("format: ", "version: "))]
    return of_another or [*faults, *_faults_between(document)]


def _faults_between(document: Mapping[str, Any]) -> Iterator[str]:
    """What the form cannot say: a list that the file does not hold; what is not of the form is passed over."""
    names = {
        section: [as_dict(entry).get("friendly_name") for entry in as_list(document.get(section))]
        for section in MAPPED.values()
    }
    for place, domain in enumerate(as_list(document.get("domains"))):
        for field, section in MAPPED.items():
            for name in as_list(as_dict(domain).get(field)):
                if isinstance(name, str) and name not in names[section]:
                    yield f"domains.{place}.{field}: {section} holds no {name!r}"
    for section, (field, owners) in OWNERS.items():
        for place, entry in enumerate(as_list(document.get(section))):
            owner = as_dict(entry).get(field)
            if isinstance(owner, str) and owner not in names[owners]:
                yield f"{section}.{place}.{field}: {owners} holds no {owner!r}"


def state_of(document: Mapping[str, Any]) -> AccountState:
    """A snapshot as a desired state, by names: it has no SIDs, and what it does not contain is not desired."""
    resources: dict[str, Any] = {
        section: tuple(resource_of(resource_type, entry) for entry in document[section])
        for section, resource_type in SECTIONS.items()
    }
    return AccountState(**resources, account_sid=document["account_sid"])


def resource_of(resource_type: ResourceType, entry: Mapping[str, Any]) -> Any:
    values = {
        name: entry[name]
        for name in writable_fields(resource_type)
        if name in entry and not _is_unset(name, entry[name])
    }
    if resource_type is USAGE_TRIGGER:  # what is said at birth alone and is empty was not said
        values = {
            name: value
            for name, value in values.items()
            if value or name not in resource_type.create_only_fields
        }
    if resource_type is SIP_DOMAIN:
        values |= {name: frozenset(entry[name]) for name in MAPPED}
    return resource_type.resource_class(**values)


def _is_unset(name: str, value: Any) -> bool:
    """A URL is cleared by an empty text; what can only be one word or another is not."""
    return value == "" and (name.endswith("_method") or name == "voice_receive_mode")


def counts(document: Mapping[str, Any]) -> dict[str, int]:
    """How many things of each kind a snapshot holds, by the word for the kind."""
    return {resource_type.cli_name: len(document[section]) for section, resource_type in SECTIONS.items()}

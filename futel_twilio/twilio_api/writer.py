"""Write one change to the account. The only module that writes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from futel_twilio.errors import Rejected, ResponseLost
from futel_twilio.plan.changes import Change, Create, Update
from futel_twilio.resources import relations
from futel_twilio.resources.phones import Address, Credential, PhoneNumber
from futel_twilio.resources.state import AccountState, Resource
from futel_twilio.resources.types import parameters_of, type_of
from futel_twilio.resources.voice import (
    Application,
    CredentialList,
    CredentialListMapping,
    IpMapping,
    SipDomain,
)
from futel_twilio.twilio_api import emergency
from futel_twilio.twilio_api.collections import owned_collection

if TYPE_CHECKING:
    from collections.abc import Callable

    from futel_twilio.passwords.handover import PasswordHandover
    from futel_twilio.twilio_api.client import Api
    from futel_twilio.twilio_api.emergency import EmergencyRegistration

# 21422 number not available, 21243 user name taken (which of 21240 and 21243 is not recorded),
# 21232 domain name taken, 21231 already mapped, 21240 list name taken: Twilio's error dictionary and
# recordings; the mapping of a credential list is by analogy with that of an IP access control list.
ALREADY_THERE = frozenset({21231, 21232, 21240, 21243, 21422})
EMERGENCY = ("emergency_address",)
GONE = 404


@dataclass
class KnownSids:
    """SIDs by kind and name, those made in this run included."""

    by_name: dict[tuple[type, str], str]

    @classmethod
    def of(cls, estate: AccountState) -> KnownSids:
        return cls({(type(resource), resource.name): resource.sid for resource in estate.resources()})

    def __getitem__(self, thing: tuple[type, str]) -> str:
        return self.by_name[thing]

    def keep(self, resource: Resource, sid: str) -> None:
        self.by_name[type(resource), resource.name] = sid

    def drop(self, resource: Resource) -> None:
        self.by_name.pop((type(resource), resource.name), None)

    def as_known(self) -> AccountState:
        names = self.by_name.items()
        return AccountState(
            domains=tuple(
                SipDomain(name, sid=sid) for (resource, name), sid in names if resource is SipDomain
            ),
            credential_lists=tuple(
                CredentialList(name, sid=sid) for (resource, name), sid in names if resource is CredentialList
            ),
        )


@dataclass
class Writer:
    """Applies changes to one account, one at a time; several may run at once.

    Args:
        api: the account.
        sids: of what is there, kept up to date.
        passwords: where those of credentials come from, and where they go.
        registering: notes each number whose address is registered or unregistered.
        uncertain: names of which an earlier create may have been carried out although no answer said so.
    """

    api: Api
    sids: KnownSids
    passwords: PasswordHandover
    registering: EmergencyRegistration
    uncertain: frozenset[str] = frozenset()

    def write(self, change: Change) -> bool:
        """Apply a change; False if it is only under way and must be read again."""
        if isinstance(change, Create):
            self.sids.keep(change.after, self._create(change.after))
        elif isinstance(change, Update):
            return self._update(change)
        elif isinstance(change.before, PhoneNumber) and emergency.next_step(change.before, "") != "none":
            # A number is released once its 911 address is unregistered.
            self._update_number(change.before, replace(change.before, emergency_address=""), EMERGENCY)
            return False
        else:
            self._delete(change.before)
            self.sids.drop(change.before)
        return True

    def _update(self, change: Update) -> bool:
        before, after = change.before, change.after
        if isinstance(after, Credential):
            record = self._handed_over(after, lambda word: self._thing(before).update(password=word))
            self.passwords.wrote(after, record.date_updated, "rotated")
        elif isinstance(before, PhoneNumber) and isinstance(after, PhoneNumber):
            return self._update_number(before, after, change.changed_fields)
        else:
            self._thing(before).update(**parameters_of(after, change.changed_fields))
        return True

    def _update_number(self, before: PhoneNumber, after: PhoneNumber, settings: tuple[str, ...]) -> bool:
        """Bring a number a step on; False where its address is not the wanted one by that."""
        values = self._of_number(after, settings)
        step = emergency.next_step(before, after.emergency_address or "")
        if "emergency_address" in settings and step != "none":
            self.registering.moving.add(after.name)
            if step == "attach":
                values["emergency_address_sid"] = self.sids[Address, after.emergency_address or ""]
            elif step == "detach":
                values["emergency_address_sid"] = ""
        if values:
            self._thing(before).update(**values)
        if step == "detach" and "emergency_address" in settings:
            self.registering.detached(after)
        return (
            "emergency_address" not in settings or step in {"attach", "none"} or not after.emergency_address
        )

    def _of_number(self, number: PhoneNumber, settings: tuple[str, ...]) -> dict[str, Any]:
        """Settings of a number as the Twilio client spells them; its emergency address is not among them."""
        values = parameters_of(number, tuple(name for name in settings if name != "emergency_address"))
        for setting in ("voice_application", "sms_application"):
            if setting in values:
                name = values.pop(setting)
                values[f"{setting}_sid"] = self.sids[Application, name] if name else ""
        return values

    def _create(self, resource: Resource) -> str:
        if isinstance(resource, CredentialListMapping):
            record = self._collection(resource).create(credential_list_sid=self._mapped(resource))
        elif isinstance(resource, IpMapping):
            record = self._collection(resource).create(ip_access_control_list_sid=self._mapped(resource))
        elif isinstance(resource, Credential):
            record = self._create_credential(resource)
        elif isinstance(resource, PhoneNumber):
            # A separate update sets the address: on a create it has been seen to be ignored.
            # A number that is bought comes with demo URLs, recorded in 2022: send an empty URL explicitly.
            settings = type_of(resource).mutable_fields
            names = tuple(name for name in settings if getattr(resource, name) or name.endswith("_url"))
            values = self._of_number(resource, names)
            self.registering.moving |= {resource.name} if resource.emergency_address else set()
            record = self._collection(resource).create(phone_number=resource.phone_number, **values)
        else:
            resource_type = type_of(resource)
            names = (
                resource_type.name_field,
                *(
                    name
                    for name in (*resource_type.mutable_fields, *resource_type.create_only_fields)
                    if name != resource_type.name_field
                ),
            )
            record = self._collection(resource).create(**parameters_of(resource, names), **as_known(resource))
        return str(record.sid)

    def _create_credential(self, resource: Credential) -> Any:
        passwords = self.passwords
        try:
            credentials = self._collection(resource)
            record = self._handed_over(
                resource, lambda word: credentials.create(username=resource.username, password=word)
            )
        except Rejected as error:
            if error.code in ALREADY_THERE and resource.name not in self.uncertain:
                passwords.disown(resource)
            raise
        passwords.wrote(resource, record.date_updated, "created")
        return record

    def _handed_over(self, credential: Credential, send: Callable[[str], Any]) -> Any:
        """Send the password of a credential, which Twilio may have taken although its answer was lost."""
        passwords = self.passwords
        try:
            return send(passwords.of(credential))
        except ResponseLost:
            passwords.may_have_taken(credential)
            raise

    def _delete(self, resource: Resource) -> None:
        try:
            self._thing(resource).delete()
        except Rejected as error:
            if error.status != GONE:
                raise

    def _thing(self, resource: Resource) -> Any:
        sid = (
            self._mapped(resource)
            if isinstance(resource, CredentialListMapping | IpMapping)
            else resource.sid
        )
        return self._collection(resource).get(sid)

    def _mapped(self, mapping: CredentialListMapping | IpMapping) -> str:
        """The SID of what is mapped to a SIP domain, which is the SID of the mapping too."""
        _domain, (resource_type, name) = relations.owners_of(mapping)
        return self.sids[resource_type.resource_class, name]

    def _collection(self, resource: Resource) -> Any:
        resource_type = type_of(resource)
        if resource_type.collection:
            return resource_type.collection(self.api.client)
        (owner, name), *_others = relations.owners_of(resource)
        return owned_collection(self.api.client, resource_type, self.sids[owner.resource_class, name])


def as_known(resource: Resource) -> dict[str, Any]:
    """An address is taken as it stands or not at all: only you can accept a correction."""
    return {"auto_correct_address": False} if isinstance(resource, Address) else {}

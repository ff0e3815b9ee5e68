"""One change -> the requests that make it so; the only file that writes to an account."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from futel_twilio import emergency, plan
from futel_twilio.change import Create, Update
from futel_twilio.errors import AnswerLost, Rejected
from futel_twilio.kinds import kind_of, owned_collection, parameters
from futel_twilio.model import (
    Address,
    Application,
    Credential,
    CredentialList,
    Estate,
    IpMapping,
    Mapping,
    Noun,
    PhoneNumber,
    SipDomain,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from futel_twilio.change import Change
    from futel_twilio.client import Api
    from futel_twilio.emergency import Registering
    from futel_twilio.passwords import Passwords

# 21422 number not available, 21243 user name taken (which of 21240 and 21243 is not recorded),
# 21232 domain name taken, 21231 already mapped, 21240 list name taken: Twilio's error dictionary and
# recordings; the mapping of a credential list is by analogy with that of an IP access control list.
ALREADY_THERE = frozenset({21231, 21232, 21240, 21243, 21422})
EMERGENCY = ("emergency_address",)
GONE = 404


@dataclass
class Sids:
    """SIDs by kind and name, those made in this run included."""

    by_name: dict[tuple[type, str], str]

    @classmethod
    def of(cls, estate: Estate) -> Sids:
        return cls({(type(noun), noun.name): noun.sid for noun in estate.nouns()})

    def __getitem__(self, thing: tuple[type, str]) -> str:
        return self.by_name[thing]

    def keep(self, noun: Noun, sid: str) -> None:
        self.by_name[type(noun), noun.name] = sid

    def drop(self, noun: Noun) -> None:
        self.by_name.pop((type(noun), noun.name), None)

    def as_known(self) -> Estate:
        names = self.by_name.items()
        return Estate(
            domains=tuple(SipDomain(name, sid=sid) for (noun, name), sid in names if noun is SipDomain),
            credential_lists=tuple(
                CredentialList(name, sid=sid) for (noun, name), sid in names if noun is CredentialList
            ),
        )


@dataclass
class Writer:
    """Carries out changes, one at a time, at one account; several may be carried out at once.

    Args:
        api: the account.
        sids: of what is there, kept up to date.
        passwords: where those of credentials come from, and who is told.
        registering: told of each number whose address comes on or off.
        doubtful: names of which an earlier create may have been carried out although no answer said so.
    """

    api: Api
    sids: Sids
    passwords: Passwords
    registering: Registering
    doubtful: frozenset[str] = frozenset()

    def write(self, change: Change) -> bool:
        """Carry a change out; False where it is only under way, and is to be looked at again."""
        if isinstance(change, Create):
            self.sids.keep(change.after, self._create(change.after))
        elif isinstance(change, Update):
            return self._update(change)
        elif isinstance(change.before, PhoneNumber) and emergency.next_step(change.before, "") != "none":
            # A number is released once 911 is told no address of it any more.
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
            return self._update_number(before, after, change.settings)
        else:
            self._thing(before).update(**parameters(after, change.settings))
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
        values = parameters(number, tuple(name for name in settings if name != "emergency_address"))
        for setting in ("voice_application", "sms_application"):
            if setting in values:
                name = values.pop(setting)
                values[f"{setting}_sid"] = self.sids[Application, name] if name else ""
        return values

    def _create(self, noun: Noun) -> str:
        if isinstance(noun, Mapping):
            record = self._collection(noun).create(credential_list_sid=self._mapped(noun))
        elif isinstance(noun, IpMapping):
            record = self._collection(noun).create(ip_access_control_list_sid=self._mapped(noun))
        elif isinstance(noun, Credential):
            record = self._create_credential(noun)
        elif isinstance(noun, PhoneNumber):
            # The address is put on by an update of its own: on a create it has been seen to be ignored.
            # A number that is bought comes with demo URLs, recorded of 2022: an empty URL has to be said.
            settings = kind_of(noun).settings
            names = tuple(name for name in settings if getattr(noun, name) or name.endswith("_url"))
            values = self._of_number(noun, names)
            self.registering.moving |= {noun.name} if noun.emergency_address else set()
            record = self._collection(noun).create(phone_number=noun.phone_number, **values)
        else:
            kind = kind_of(noun)
            names = (kind.key, *(name for name in (*kind.settings, *kind.at_birth) if name != kind.key))
            record = self._collection(noun).create(**parameters(noun, names), **_as_it_stands(noun))
        return str(record.sid)

    def _create_credential(self, noun: Credential) -> Any:
        passwords = self.passwords
        try:
            credentials = self._collection(noun)
            record = self._handed_over(
                noun, lambda word: credentials.create(username=noun.username, password=word)
            )
        except Rejected as error:
            if error.code in ALREADY_THERE and noun.name not in self.doubtful:
                passwords.disown(noun)
            raise
        passwords.wrote(noun, record.date_updated, "created")
        return record

    def _handed_over(self, credential: Credential, send: Callable[[str], Any]) -> Any:
        """Send the password of a credential, which Twilio may have taken although its answer was lost."""
        passwords = self.passwords
        try:
            return send(passwords.of(credential))
        except AnswerLost:
            passwords.may_have_taken(credential)
            raise

    def _delete(self, noun: Noun) -> None:
        try:
            self._thing(noun).delete()
        except Rejected as error:
            if error.status != GONE:
                raise

    def _thing(self, noun: Noun) -> Any:
        sid = self._mapped(noun) if isinstance(noun, Mapping | IpMapping) else noun.sid
        return self._collection(noun).get(sid)

    def _mapped(self, mapping: Mapping | IpMapping) -> str:
        """The SID of what is mapped to a SIP domain, which is the SID of the mapping too."""
        _domain, (kind, name) = plan.owners_of(mapping)
        return self.sids[kind.noun, name]

    def _collection(self, noun: Noun) -> Any:
        kind = kind_of(noun)
        if kind.collection:
            return kind.collection(self.api.client)
        (owner, name), *_others = plan.owners_of(noun)
        return owned_collection(self.api.client, kind, self.sids[owner.noun, name])


def _as_it_stands(noun: Noun) -> dict[str, Any]:
    """An address is taken as it stands or not at all: a correction is a person's to accept."""
    return {"auto_correct_address": False} if isinstance(noun, Address) else {}

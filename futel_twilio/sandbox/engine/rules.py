"""The readers and rules of the SIP tables: which names and passwords Twilio refuses, and which changes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from futel_twilio.sandbox.engine.errors import bad
from futel_twilio.sandbox.engine.tables import Change, Rule
from futel_twilio.sandbox.engine.values import invalid
from futel_twilio.sandbox.storage.rows import Condition

if TYPE_CHECKING:
    from collections.abc import Callable

ENDING = ".sip.twilio.com"
DOMAIN_NAME = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.sip\.twilio\.com")
USERNAME = re.compile(r"[A-Za-z0-9\-_.!~*'()&=+$,;?/%]{1,32}")
LONGEST_USERNAME = 32
SHORTEST_PASSWORD = 12
CALLS_CREDENTIALS = "calls_credential_list_mapping"
CALLS_ADDRESSES = "calls_ip_access_control_list_mapping"
REGISTRATIONS = "registrations_credential_list_mapping"
SOURCES = "source_ip_mapping"


def domain_name(_param: str, raw: str) -> str:
    """A reader: the form of a SIP domain's name."""
    if not DOMAIN_NAME.fullmatch(raw):
        raise bad(21231, "Invalid Domain Name")
    return raw


def username(_param: str, raw: str) -> str:
    """A reader. GUESS: the characters are those of a SIP user part; Twilio documents only the length."""
    if not USERNAME.fullmatch(raw):
        # GUESS: 21240, whose cause text lists a missing or long username; 21243 is the other candidate.
        raise bad(21240, f"Username must have 1 to {LONGEST_USERNAME} characters and no blanks")
    return raw


def password(_param: str, raw: str) -> None:
    """Refuse a weak password (a reader of a parameter); the password itself is not kept."""
    strong = len(raw) >= SHORTEST_PASSWORD and all(
        re.search(kind, raw) for kind in ("[0-9]", "[a-z]", "[A-Z]")
    )
    if not strong:
        # GUESS: 21240 like the username; the wording is not recorded.
        raise bad(
            21240,
            "Password must have at least 12 characters, a digit, an upper-case and a lower-case letter",
        )


def _parent_domain(change: Change) -> None:
    name = (change.after or {})["domain_name"]
    if change.before is not None and change.before["domain_name"] == name:
        return
    _, _, rest = name.removesuffix(ENDING).partition(".")
    if rest and not _has_domain(change, rest + ENDING):
        raise bad(21232, "Cannot create subdomain because the parent domain does not exist")


def _domains(change: Change) -> list[str]:
    rows = change.context.store.select(("domain", change.context.account, ""))
    return [row.body["domain_name"].lower() for row in rows if row.sid != change.sid]


def _has_domain(change: Change, name: str) -> bool:
    return name.lower() in _domains(change)


def _no_subdomains(change: Change) -> None:
    before = change.before or {}
    name = before["domain_name"].lower()
    if change.after is not None and change.after["domain_name"].lower() == name:
        return
    if any(other.endswith("." + name) for other in _domains(change)):
        # GUESS: the code is documented for a delete; a rename would orphan them just as well.
        raise bad(21233, f"Domain {before['domain_name']} still has subdomains")


def _no_mappings(change: Change) -> None:
    kinds = (CALLS_CREDENTIALS, CALLS_ADDRESSES, REGISTRATIONS)
    store, account = change.context.store, change.context.account
    calling = [Condition("sip_domain_sid", "=", change.sid)]
    from_addresses = store.select((SOURCES, account, ""), calling, limit=1)
    if from_addresses or any(store.count(kind, account, parent=change.sid) for kind in kinds):
        # GUESS: whether Twilio refuses is not known; the stricter guess, with the delete-validation code.
        raise bad(21233, "Domain still has credential lists or IP access control lists mapped to it")


def _unmapped(code: int, what: str, *kinds: str) -> Callable[[Change], None]:
    def judge(change: Change) -> None:
        store, account = change.context.store, change.context.account
        if any(store.count(kind, account, sid=change.sid) for kind in kinds):
            # GUESS: the code is documented, the wording is not.
            raise bad(code, f"{what} is still mapped to a domain")

    return judge


def _has_primary(fallback: str, primary: str, code: int, words: str) -> Callable[[Change], None]:
    def judge(change: Change) -> None:
        after = change.after or {}
        if after[fallback] and not after[primary]:
            raise bad(code, words)

    return judge


def _emergency_caller(change: Change) -> None:
    sent = change.context.form.get("EmergencyCallerSid")
    if sent and change.context.store.find("number", change.context.account, sent) is None:
        raise invalid("EmergencyCallerSid")


EMERGENCY_CALLER = Rule(
    ("create", "update"),
    _emergency_caller,
    "20001 for an emergency caller that is no number of the account's",
    "guess",
    "docs: SIP Domain; docs: Emergency Calling for SIP Interfaces",
)
PARENT_DOMAIN = Rule(
    ("create", "update"),
    _parent_domain,
    "400/21232 for a sub-domain whose parent is not in the account",
    "recording",
    "recorded: dixahq/twilio-client; that the parent must be in the same account is a guess",
)
NO_SUBDOMAINS = Rule(
    ("update", "delete"),
    _no_subdomains,
    "400/21233 for deleting or renaming a domain with sub-domains",
    "documented",
    "error dictionary",
)
NO_MAPPINGS = Rule(
    ("delete",), _no_mappings, "400/21233 for deleting a domain with mappings", "guess", "nobody has tried"
)
LIST_UNMAPPED = Rule(
    ("delete",),
    _unmapped(21241, "Credential list", CALLS_CREDENTIALS, REGISTRATIONS),
    "400/21241 for deleting a mapped credential list",
    "documented",
    "error dictionary",
)
ADDRESSES_UNMAPPED = Rule(
    ("delete",),
    _unmapped(21236, "IpAccessControlList", CALLS_ADDRESSES),
    "400/21236 for deleting a mapped IP access control list",
    "documented",
    "error dictionary",
)
# GUESS: the two codes are documented together; that 21405 is voice and 21406 SMS, and that SIP domains
# share the first, is not.
VOICE_PRIMARY = Rule(
    ("create", "update"),
    _has_primary(
        "voice_fallback_url", "voice_url", 21405, "Cannot set VoiceFallbackUrl without setting VoiceUrl"
    ),
    "400/21405 for a voice fallback URL without a voice URL",
    "guess",
    "error dictionary",
)
SMS_PRIMARY = Rule(
    ("create", "update"),
    _has_primary("sms_fallback_url", "sms_url", 21406, "Cannot set SmsFallbackUrl without setting SmsUrl"),
    "400/21406 for an SMS fallback URL without an SMS URL",
    "guess",
    "error dictionary",
)

"""The v2010 table of messages, which nobody sends: they stay queued.

It is here for test credentials and trial accounts; incoming messages, media and redaction are not.
"""

from __future__ import annotations

from futel_twilio.sandbox.api_v2010 import test_credentials, trial_accounts
from futel_twilio.sandbox.api_v2010.phone_numbers.outgoing_caller_ids import E164, owned
from futel_twilio.sandbox.engine.errors import bad
from futel_twilio.sandbox.engine.fields import (
    ACCOUNT,
    CREATED,
    SID,
    UPDATED,
    URI,
    VERSION,
    param_of,
    subresources,
)
from futel_twilio.sandbox.engine.tables import Change, Field, Filter, NewestFirst, Resource, Rule
from futel_twilio.sandbox.engine.values import Reader, day, moment, sid, text, url

LONGEST = 1600
# Length of one part alone, and of each of several: in the alphabet of GSM, and outside it.
PLAIN, WIDE = (160, 153), (70, 67)
CREATE = ("create",)


def _address(code: int) -> Reader:
    def read(param: str, raw: str) -> str:
        """A reader. GUESS: only telephone numbers write and are written to here; the wordings."""
        if not E164.fullmatch(raw):
            raise bad(code, f"The '{param}' number {raw} is not a valid phone number")
        return raw

    return read


def _body(_param: str, raw: str) -> str:
    """A reader. GUESS: the wording; code and length are documented."""
    if len(raw) > LONGEST:
        raise bad(21617, f"The message body has more than {LONGEST} characters")
    return raw


def _whole(change: Change) -> None:
    """What a message must have, in the order in which it is missed. GUESS: that order, and the wordings."""
    form, after = change.context.form, change.after or {}
    if not form.get("From") and not form.get("MessagingServiceSid"):
        raise bad(21603, "A 'From' phone number is required")
    if not form.get("Body") and not form.get("MediaUrl"):
        raise bad(21602, "Message body is required")
    after["num_media"] = str(len(form.getlist("MediaUrl")))
    after["num_segments"] = str(_segments(after["body"] or ""))


def _segments(words: str) -> int:
    """GUESS: the alphabet of GSM is taken for ASCII."""
    alone, each = PLAIN if words.isascii() else WIDE
    return 1 if len(words) <= alone else -(-len(words) // each)


def _from_is_ours(change: Change) -> None:
    sent, context = (change.after or {})["from"], change.context
    ours = sent == test_credentials.FROM if context.caller.is_test else owned(context, sent)
    if sent and not ours:
        # GUESS: the code is documented for test credentials; the wording is not.
        raise bad(21606, f"The 'From' phone number {sent} is not a number of this account")


MESSAGES = Resource(
    kind="message",
    path="/2010-04-01/Accounts/<account>/Messages",
    key="messages",
    prefix="SM",
    verbs=("create", "list", "fetch", "delete"),
    fields=(
        Field("body", "Body", _body, ""),
        Field("num_segments", default="1"),
        Field("direction", default="outbound-api"),
        Field("from", "From", _address(21212)),
        Field(
            "to", "To", _address(21211), clears=False, required=bad(21604, "A 'To' phone number is required")
        ),
        UPDATED,
        Field("price"),
        Field("error_message"),
        URI,
        ACCOUNT,
        Field("num_media", default="0"),
        Field("status", default="queued"),
        Field("messaging_service_sid", "MessagingServiceSid", sid("MG")),
        SID,
        Field("date_sent"),
        CREATED,
        Field("error_code"),
        Field("price_unit", default="USD"),
        VERSION,
        subresources(media="Media"),
        Field("media_url", "MediaUrl", url, kept=False),
        Field("status_callback", param_of("status_callback"), url, kept=False),
    ),
    filters=(
        Filter("To", "to", text),
        Filter("From", "from", text),
        Filter("DateSent", "date_sent", day, "LIKE"),
        Filter("DateSent<", "date_sent", moment, "<="),
        Filter("DateSent>", "date_sent", moment, ">="),
    ),
    rules=(
        Rule(
            CREATE,
            _whole,
            "21602 and 21603 for a message without a body or a sender",
            "documented",
            "error dictionary",
        ),
        test_credentials.rule(test_credentials.MESSAGES),
        Rule(
            CREATE,
            _from_is_ours,
            "21606 for a From that is not the account's",
            "documented",
            test_credentials.SOURCE,
        ),
        trial_accounts.MESSAGES,
    ),
    evidence="spec",
    source="api_v2010; a message stays queued, for none is sent",
    # GUESS: Twilio sorts by DateSent; here, where none is sent, by when it was asked for.
    newest_first=NewestFirst("documented", "docs: Message, Read multiple Message resources"),
)

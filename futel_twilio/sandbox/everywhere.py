"""What holds at every path, which no single table says, and what is not here at all: words for COVERAGE.md."""

from __future__ import annotations

Line = tuple[str, ...]

EVERYWHERE: tuple[Line, ...] = (
    (
        "401/20003 `Authenticate` for no, wrong or unknown credentials, before anything else",
        "live",
        "live log, iam; error dictionary",
    ),
    (
        "401/20003 for a Standard API key on the account and on its keys",
        "live",
        "live log, iam",
    ),
    ("401/20003 for another account's path", "guess", "nobody has tried"),
    (
        "403/20008 for test credentials on all but three requests, whose results are not kept",
        "documented",
        "docs: Account; the wording was seen live",
    ),
    (
        "404/20404 with the path in the message; the same for a second delete",
        "recording",
        "recorded: dixahq/twilio-client",
    ),
    (
        "404 in plain words for a v2010 path without `.json`, where Twilio answers in XML",
        "documented",
        "docs: Twilio API responses",
    ),
    ("405/20004 for a method that a path has not", "documented", "error dictionary"),
    (
        "400/20007 for a PageSize beyond 1 to 1000; 50 without one",
        "documented",
        "api_v2010; error dictionary",
    ),
    ("400/21481 for a PageToken that this list did not give", "documented", "error dictionary"),
    (
        "the list envelopes of v2010 (paths) and of the products (absolute URLs)",
        "recording",
        "recorded: dixahq/twilio-client; api_v2010; voice_v1",
    ),
    (
        "lists in order of creation, but for messages, calls and alerts: of those the newest come first",
        "guess",
        "nobody says; of audit events monitor_v1 says that they are sorted by date, and not which way",
    ),
    ("201 for a create, 200 for an update, 204 without a body for a delete", "spec", "api_v2010"),
    ("an omitted parameter stays as it is, an empty one clears", "live", "live log, phone-numbers 9"),
    ("parameters that v2010 does not know are ignored", "documented", "error dictionary, 20001"),
    ("RFC 2822 dates in v2010, ISO 8601 in the products", "example", "api_v2010; voice_v1"),
    (
        "Twilio-Request-Id, -Concurrent-Requests, -Request-Duration and the fixed headers",
        "recording",
        "recorded: api.twilio.com in 2023",
    ),
    ("one port for all products, told apart by path, and by the host that was meant", "spec", "api_v2010"),
    (
        "an audit event for every change, but for a call or a message that goes out",
        "documented",
        "docs: Monitor Events",
    ),
    ("what is released, deleted or refused leaves nothing behind", "live", "live log, phone-numbers 8"),
)
# What of Twilio's API near these resources is not here, and why.
ABSENT: tuple[Line, ...] = (
    ("XML and CSV answers", "nothing that this is for asks for them"),
    ("the telephone network: calls, messages, webhooks, callbacks and registrations", "there is none"),
    (
        "media, redaction and scheduling of messages, incoming messages",
        "messages are here for test credentials",
    ),
    ("Main keys, and restricted keys (`iam.twilio.com`, 70051)", "every key here is a Standard one"),
    ("70151, too many keys", "how many are too many is not known"),
    (
        "subaccounts, suspended accounts (20005), moving a number to another account",
        "each account stands alone",
    ),
    ("identities, bundles and verified addresses (21630, 21649)", "a regulator's work"),
    ("trunks, BYOC trunks and connection policies, regions", "any SID of their form is taken"),
    ("usage records", "nothing is used: a trigger's value stays 0"),
    ("a refusal for too many requests at once (20429)", "a fault on demand gives it"),
    ("emergency calls, 22402 and 22403", "nobody is called, and every country has emergency addresses here"),
)
RECORDED = 9  # error bodies that somebody has recorded, all of them answered: tests/sandbox/test_recorded.py

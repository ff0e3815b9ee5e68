"""What is not tried: what it would take, and what it would cost. `nothing` means another reason, given."""

from __future__ import annotations

from futel_twilio.sandbox.experiments.table import NotRun

BUYING = "a number: from about 1.15 USD a month"
REGISTERING = "registering a number's address: about 0.75 USD a month, and a number"

UNRUN = (
    NotRun(
        "numbers.bought_by_area_code",
        "Buy by AreaCode: by a word, by 211, by 533 and by none at all; what is free would be bought.",
        BUYING,
        (
            "purchase: the wording; the code is documented",
            "purchase: the code; that one of the two",
            "purchase: the code is documented, the wording",
        ),
        ("IncomingPhoneNumbers*: a number by itself or by its area code",),
    ),
    NotRun(
        "numbers.bought_of_another_type",
        "Buy a local number by /TollFree.json: whether it is refused.",
        BUYING,
        ("purchase: a number of another type",),
        ("IncomingPhoneNumbers*: a number of this type",),
    ),
    NotRun(
        "numbers.toll_free",
        "Buy a toll-free number and read its type.",
        "a toll-free number: about 2.15 USD a month",
        ("places: how a toll-free number's type",),
        ("IncomingPhoneNumbers*: field `type`",),
    ),
    NotRun(
        "numbers.trunk_and_application",
        "Give a number a trunk and an application at once, and one after the other: it takes a trunk.",
        "nothing, with a number and an Elastic SIP trunk of one's own",
        ("incoming: when both are sent",),
        ("IncomingPhoneNumbers*: VoiceApplicationSid and TrunkSid",),
    ),
    NotRun(
        "numbers.moved",
        "Move a number to an account that is not ours: if it were taken, the number would be gone.",
        "a number",
        ("incoming: the code; the sandbox moves no number",),
        ("IncomingPhoneNumbers*: no transfer",),
    ),
    NotRun(
        "numbers.released",
        "Buy a number, release it, and look for weeks whether it is sold again.",
        BUYING,
        ("purchase: Twilio may resell it",),
        ("IncomingPhoneNumbers: a released number is gone",),
    ),
    NotRun(
        "numbers.british",
        "Buy British numbers without an address, with a foreign one and without a bundle: what is refused.",
        "a British number: about 1.15 USD a month",
        (
            "purchase: no bundle is asked for",
            "places: which address is wanted",
            "purchase: the wording; the code is in",
        ),
        ("IncomingPhoneNumbers*: 21631",),
    ),
    NotRun(
        "emergency.registered",
        "Register an address for a number, wait, read both states, and unregister it.",
        REGISTERING,
        (
            "number_fields: Active as long as",
            "addresses: the code and wording, and that even a new FriendlyName",
        ),
        (
            "IncomingPhoneNumbers*: an emergency address registers",
            "IncomingPhoneNumbers*: field `emergency_address_sid`",
            "Addresses/<parent>/DependentPhoneNumbers: field `emergency_address_sid`",
            "Addresses: an address that a number holds for emergencies",
        ),
    ),
    NotRun(
        "emergency.impatient",
        "Give a number another emergency address while the first one registers.",
        REGISTERING,
        ('emergency: "remove, wait, add, wait"',),
    ),
    NotRun(
        "emergency.failed",
        "Keep the next unregistration that fails, and read both states of its number.",
        "nothing, but it cannot be brought about",
        ("emergency: what a failed unregistration",),
    ),
    NotRun(
        "dialing.changed",
        "Close a country that is open, read the audit event, and open it again.",
        "nothing, but meanwhile phones could not call that country",
        ("dialing_permissions: each country has its own event",),
    ),
    NotRun(
        "stock.places",
        "The sandbox's stock of numbers is made up, and so is where an area code lies.",
        "nothing, but there is nothing to try",
        ("places: a code without a name", "search: a number of nowhere"),
    ),
    NotRun(
        "calls.made",
        "Call oneself, twice: redirect a call while it rings, delete it, hang it up, read its times; list both.",
        "a call: about 0.014 USD a minute",
        (
            "call_status: a call that nobody took",
            "call_status: a call that is completed before",
            "call_status: the wording; the code is in the dictionary",
            "call_status: that a call under way",
            "calls: by when a call was made",
        ),
        ("Calls: only a call that has ended", "Calls: listed from the newest"),
    ),
    NotRun(
        "messages.sent",
        "Write to oneself from a number that is not the account's, and in and outside the alphabet of GSM.",
        "messages: about 0.01 USD a part",
        (
            "messages: the alphabet of GSM",
            "messages: the code is documented for test credentials",
            "messages: Twilio sorts by DateSent",
        ),
        ("Messages: 21606 for a From", "Messages: listed from the newest"),
    ),
    NotRun(
        "magic.numbers",
        "With the account's test credentials: buy, call and write with each number of Twilio's page.",
        "nothing, but it takes the test credentials, which are another account's",
        ("test_credentials: the codes are documented", "purchase: which number test credentials"),
        ("*: for the numbers that mean that with test credentials",),
    ),
    NotRun(
        "trial.refusals",
        "With a trial account: call and write to an unverified number, and buy a second number.",
        "nothing, with a trial account that has a number",
        ("trial_accounts: the wording; that of messages", "trial_accounts: the code is in the dictionary"),
        ("Calls: 21219", "Messages: 21608", "IncomingPhoneNumbers*: 21404"),
    ),
    NotRun(
        "callers.verified_again",
        "Ask for the validation of a caller ID that is verified already.",
        "nothing, but Twilio might call it",
        ("outgoing_caller_ids: the wording; the code is in the dictionary",),
    ),
    NotRun(
        "notifications.fields",
        "Fetch a notification without request variables: are they null or empty? List alerts and notifications, "
        "with their levels.",
        "nothing, once the account has one",
        ("notifications: what was not said",),
        ("Alerts: listed from the newest", "Alerts: field `log_level`"),
    ),
    NotRun(
        "keys.main",
        "Make a Main key by hand in the console, and list keys with it.",
        "nothing, but it cannot be done through the API",
        ("keys: every key here is a standard one",),
    ),
    NotRun(
        "faults.too_many",
        "Exceed the account's concurrency with slow requests and read the 429: other requests would be refused.",
        "nothing, but the account's own traffic would suffer",
        ("faults: 20429",),
    ),
    NotRun(
        "faults.unavailable",
        "Keep the next 503 that is met, and read its body.",
        "nothing, but it cannot be brought about",
        ("faults: HTML",),
    ),
)

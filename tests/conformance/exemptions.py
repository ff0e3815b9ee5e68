"""Where Twilio's documents err: each row is one exemption with its reason. One that meets nothing is stale."""

import re
from dataclasses import dataclass

from tests.conformance.judge import Violation


@dataclass(frozen=True)
class Exemption:
    """Patterns over a violation; an empty one is met by all, the others by a whole match (`says`, `test`: a part)."""

    reason: str
    part: str = ""
    operation: str = ""
    where: str = ""
    rule: str = ""
    says: str = ""
    test: str = ""

    def meets(self, violation: Violation) -> bool:
        whole = ("part", "operation", "where", "rule")
        return all(
            re.fullmatch(getattr(self, name) or ".*", getattr(violation, name)) for name in whole
        ) and all(re.search(getattr(self, name), getattr(violation, name)) for name in ("says", "test"))


NUMBERS = r".*/(Incoming|Dependent)PhoneNumbers\b.*"
UNSET = r".*/(Applications|IncomingPhoneNumbers|DependentPhoneNumbers)\b.*"
ON_OFFER = r"GET .*/AvailablePhoneNumbers/{CountryCode}/(Local|Mobile|TollFree)\.json"
LOCAL_ON_OFFER = r"GET .*/AvailablePhoneNumbers/{CountryCode}/Local\.json"
LIST = "available_phone_numbers"
EXEMPTIONS = (
    Exemption(
        "`format: uri` for paths of v2010, which have no host in the documents' own examples",
        part="answer",
        where=r"body (.*/)?(uri|\w+_uri|subresource_uris)",
        rule="format uri(-map)?",
        says="^({'[a-z_]+': )?'/2010-04-01/",
    ),
    Exemption(
        "`format: uri` for an unset URL of an application or a number, which reads as empty: so in the "
        "document's example of a number, and in recordings of both",
        part="answer",
        operation=UNSET,
        where=r"body (.*/)?\w+_(url|callback)",
        rule="format uri",
        says="^'' ",
    ),
    Exemption(
        "a pattern for an unset application of a number, which reads as empty in the document's own examples",
        part="answer",
        operation=NUMBERS,
        where=r"body (.*/)?(sms|voice)_application_sid",
        rule="pattern|minLength",
        says="^'' ",
    ),
    Exemption(
        "a form's parameter that is sent empty clears the setting, as Twilio's documentation of emergency "
        "calling tells; formats and patterns do not say so",
        part="request",
        where=r"form \w+(Url|Callback|Sid|Method)",
        rule="format (uri|http-method)|enum|pattern|minLength",
        says="^'' ",
    ),
    Exemption(
        "`type` of a number: Twilio's newer documents have it, this package's do not yet",
        part="answer",
        operation=r".*/IncomingPhoneNumbers(/{Sid})?\.json",
        where=r"body( incoming_phone_numbers/\*)?",
        rule="additionalProperties",
        says=r"\('type' was unexpected\)",
    ),
    Exemption(
        "numbers on offer come without the envelope of a list, as in the document's own examples",
        part="answer",
        operation=ON_OFFER,
        where="body",
        rule="required",
        says=r"^'(end|first_page_uri|next_page_uri|page|page_size|previous_page_uri|start)' is a required",
    ),
    Exemption(
        "the capabilities of a local number on offer are called SMS, MMS and voice, as was seen live",
        part="answer",
        operation=LOCAL_ON_OFFER,
        where=rf"body {LIST}/\*/capabilities",
        rule="required|additionalProperties",
        says=r"^'(fax|mms|sms)' is a required|\('MMS', 'SMS' were|\('SMS', 'MMS' were",
    ),
    Exemption(
        "`format: phone-number` for the friendly name of a number on offer: the example has `(808) 925-1571`",
        part="answer",
        operation=ON_OFFER,
        where=rf"body {LIST}/\*/friendly_name",
        rule="format phone-number",
        says=r"^'\([0-9]{3}\) [0-9]{3}-[0-9]{4}'",
    ),
    Exemption(
        "null where the document says nullable beside an `enum` that does not name null",
        part="answer",
        operation=r"GET (/v1/Alerts|.*/Notifications\b).*",
        where=r"body (.*/)?request_method",
        rule="enum",
        says="^None ",
    ),
    Exemption(
        "`recurring` of a usage trigger is empty for one that fires once, says its own description",
        part="answer",
        operation=r".*/Usage/Triggers\b.*",
        where=r"body (.*/)?recurring",
        rule="enum",
        says="^'' ",
    ),
    Exemption(
        "the actor of an event is a user or an account, says its own description; the pattern has users alone",
        operation="GET /v1/Events.*",
        where="query ActorSid|body (.*/)?actor_sid",
        rule="pattern",
        says="^'AC[0-9a-f]{32}' ",
    ),
    Exemption(
        "`format: phone-number` for a filter by part of a number, says its own description",
        part="request",
        operation=r"GET .*/IncomingPhoneNumbers(/\w+)?\.json",
        where="query PhoneNumber",
        rule="format phone-number",
        says=r"^'[+0-9*]+' ",
    ),
    Exemption(
        "a call to a SIP address comes from any user's name, and is found by it: Twilio's page on SIP calls",
        part="request",
        operation=r".*/Calls\.json",
        where="(form|query) From",
        rule="format (endpoint|phone-number)",
        says="^'([a-z]+|sip:.+)' ",
    ),
    Exemption(
        "sent on purpose: Twilio ignores a parameter that it does not know",
        part="request",
        where=r"(form|query) \w+",
        rule="unknown",
        test="test_unknown_parameters_are_ignored$|tests/sandbox/(experiments/test_experiments|test_secrets|test_everywhere)|tests/parity/",
    ),
    Exemption(
        "sent on purpose: malformed and fuzzed requests; their answers are held to the documents anyway",
        part="request",
        where="(form|query|path).*",
        rule=".+",
        test=r"tests/sandbox/(test_odd_input|test_fuzz|test_server\.py::test_a_state_that_cannot|http/test_request_log\.py::test_(a_body_that_is_no|a_long|secrets_of_a_query))",
    ),
    Exemption(
        "planted: a sandbox that is made to take any URL, which the parity run must notice",
        where="form SmsUrl|body sms_url",
        rule="format uri",
        says="^'nonsense' ",
        test="tests/parity/",
    ),
    Exemption(
        "planted: a sandbox that is made to take a country in lower case and a page of no things too",
        part="request",
        where="form IsoCountry|query PageSize",
        rule="format iso-country-code|minimum",
        says="^('us'|0) ",
        test="tests/parity/",
    ),
    Exemption(
        "planted: a sandbox without a rule, without a judge of seeds, or without a state file: a test must notice",
        part="answer",
        where="status|body.*",
        rule="without consent|type|enum|format .+|pattern|m(ax|in)Length|required",
        test=r"tests/sandbox/(test_machine\.py::test_what_is_planted|http/test_seed\.py::test_what_no_judge_sees)_is_found"
        r"|tests/test_workspace\.py::test_a_full_disk|tests/sandbox/test_server\.py::test_a_state_that_cannot",
    ),
    Exemption(
        "planted: a seed that is spoiled with other words, which are reported as it has them",
        part="answer",
        where="body .+",
        rule="enum|format .+|pattern|m(ax|in)Length",
        test=r"tests/sandbox/http/test_seed\.py::test_each_spoiled_seed_is_refused_or_answered",
    ),
    Exemption(
        "the sandbox's own words to a page of another site, which never reaches the API",
        part="answer",
        where="body",
        rule="error form",
        test="tests/sandbox/(http/test_loopback|test_odd_input|test_fuzz)",
    ),
)


def find(violation: Violation, exemptions: tuple[Exemption, ...] = EXEMPTIONS) -> int | None:
    """The place of the first exemption that meets a violation."""
    return next((at for at, row in enumerate(exemptions) if row.meets(violation)), None)

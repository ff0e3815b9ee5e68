"""What Twilio answers when it refuses: the documents declare no error, Twilio's page on API responses does."""

import json
from collections.abc import Iterator
from http import HTTPStatus

from jsonschema import Draft202012Validator

from tests.conformance.adapters import Fault
from tests.conformance.exchange import Exchange

ERROR = Draft202012Validator(
    {
        "type": "object",
        "properties": {
            "code": {"type": "integer", "minimum": 10000},
            "message": {"type": "string", "minLength": 1},
            "more_info": {"type": "string"},
            "status": {"type": "integer"},
        },
        "required": ["code", "message", "more_info", "status"],
        "additionalProperties": False,
    }
)


def faults_of(exchange: Exchange) -> Iterator[Fault]:
    """The faults of an error body, and errors of the sandbox itself."""
    if exchange.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not exchange.fault:
        yield "status", "without consent", f"{exchange.status}, which no fault asked for: {exchange.answer}"
    if exchange.header("Content-Type") != "application/json":
        yield "header Content-Type", "error form", exchange.header("Content-Type") or "there is none"
        return
    if exchange.method == "HEAD" and not exchange.answer:
        return
    try:
        body = json.loads(exchange.answer.encode("latin-1"))
    except ValueError:
        yield "body", "error form", "it is no JSON"
        return
    faults = list(ERROR.iter_errors(body))
    yield from (("body", "error form", fault.message) for fault in faults)
    if not faults and body["status"] != exchange.status:
        yield "body status", "error form", f"{body['status']} in an answer of {exchange.status}"
    if not faults and body["more_info"] != f"https://www.twilio.com/docs/errors/{body['code']}":
        yield "body more_info", "error form", body["more_info"]

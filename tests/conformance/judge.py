"""One exchange against the documents, by openapi-core: what violates them, or why it is not judged.

A request that the sandbox refused (4xx) is not judged, for tests prove refusals by sending what is wrong;
its answer must be Twilio's error body. What the sandbox accepted must be right in both its parts.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.protocols import Validator
from jsonschema_path import SchemaPath
from openapi_core import V30RequestValidator
from openapi_core.datatypes import RequestParameters
from openapi_core.templating.responses.exceptions import ResponseFinderError
from openapi_core.validation.response.validators import V30ResponseDataValidator, V30ResponseHeadersValidator
from openapi_core.validation.schemas.factories import SchemaValidatorsFactory
from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator
from werkzeug.datastructures import Headers, ImmutableMultiDict

from futel_twilio.sandbox.faults import MANNERS
from tests.conformance.documents import FORM, Operation, Operations
from tests.conformance.exchange import Exchange
from tests.conformance.formats import FORMATS

Fault = tuple[str, str, str]  # where, rule, words
SECRET = re.compile("(?i)password|secret|token")
LONGEST = 160
# The documents declare no error; this is the form that Twilio's page on API responses gives.
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


@dataclass(frozen=True)
class Violation:
    """What is wrong: in which part, where in it, against which rule, and in the validator's words."""

    operation: str
    part: str  # request, answer
    where: str
    rule: str
    says: str
    test: str


@dataclass  # openapi-core wants to set the parameters of the path
class _Request:
    """An exchange's request as openapi-core asks for one, at Twilio's own host."""

    host_url: str
    path: str
    path_pattern: str
    method: str
    parameters: RequestParameters
    body: bytes
    content_type: str


@dataclass(frozen=True)
class _Sent:
    """All of a request that the judgement depends on."""

    operation: Operation
    path: str
    ids: tuple[tuple[str, str], ...]
    query: str
    body: str
    content_type: str
    scheme: str

    def request(self) -> _Request:
        query = ImmutableMultiDict(parse_qsl(self.query, keep_blank_values=True))
        headers = Headers({"Authorization": f"{self.scheme} x"} if self.scheme else {})
        return _Request(
            host_url=f"https://{self.operation.host}",
            path=self.path,
            path_pattern=self.operation.template,
            method=self.operation.method.lower(),
            parameters=RequestParameters(
                query=query, header=headers, cookie=ImmutableMultiDict(), path=dict(self.ids)
            ),
            body=self.body.encode("latin-1"),
            content_type=self.content_type,
        )


@dataclass(frozen=True)
class _Response:
    status_code: int
    content_type: str
    headers: Headers
    data: bytes


def is_broken(exchange: Exchange) -> bool:
    """A fault that was asked for took the answer, or put a page in its place."""
    manner = MANNERS.get(exchange.fault)
    return manner is not None and bool(manner.ending or manner.page)


class _Schemas(SchemaValidatorsFactory):
    """The factory of schema validators, with Twilio's formats; the plain one copies its formats for each value."""

    def __init__(self, validator: type[Validator]) -> None:
        checker = deepcopy(validator.FORMAT_CHECKER)
        for name, judge in FORMATS.items():
            checker.checks(name)(judge)
        super().__init__(validator, checker)

    def get_format_checker(self, *_: Any) -> FormatChecker:
        return self.format_checker


class Judge:
    """Some documents, tightened, and their validators; made once for each process."""

    def __init__(self, documents: Iterable[Mapping[str, Any]]) -> None:
        documents = list(documents)
        self.operations = Operations(documents)
        specs = [SchemaPath.from_dict({**document}) for document in documents]
        write, read = _Schemas(OAS30WriteValidator), _Schemas(OAS30ReadValidator)
        self._requests = [V30RequestValidator(spec, schema_validators_factory=write) for spec in specs]
        self._bodies = [V30ResponseDataValidator(spec, schema_validators_factory=read) for spec in specs]
        self._heads = [V30ResponseHeadersValidator(spec, schema_validators_factory=read) for spec in specs]
        # Tests send the same over and over, and openapi-core takes milliseconds for each.
        self._request_faults = lru_cache(maxsize=8192)(self._judge_request)
        self._head_faults = lru_cache(maxsize=8192)(self._judge_head)

    def find(self, exchange: Exchange) -> tuple[Operation, dict[str, str]] | None:
        return self.operations.find(exchange.method, exchange.host.partition(":")[0], exchange.path)

    def violations(self, exchange: Exchange) -> Iterator[Violation]:
        found = self.find(exchange)
        name = str(found[0]) if found else f"{exchange.method} {exchange.path}"
        for part, where, rule, says in self._faults(exchange, found):
            shown = "not shown" if SECRET.search(where) else says[:LONGEST]
            yield Violation(name, part, where, rule, shown, exchange.test)

    def _faults(
        self, exchange: Exchange, found: tuple[Operation, dict[str, str]] | None
    ) -> Iterator[tuple[str, str, str, str]]:
        if exchange.status >= HTTPStatus.BAD_REQUEST:
            yield from (("answer", *fault) for fault in _error_faults(exchange))
        elif found is None:
            yield "request", "path", "unknown", "accepted, and no document has this operation"
        else:
            sent = _sent(exchange, *found)
            yield from (("request", *fault) for fault in self._request_faults(sent))
            head = tuple(pair for pair in exchange.headers if not pair[0].startswith("Twilio-"))
            yield from (("answer", *fault) for fault in self._head_faults(sent, exchange.status, head))
            yield from (("answer", *fault) for fault in self._body_faults(sent, exchange))

    def _judge_request(self, sent: _Sent) -> list[Fault]:
        is_form = sent.content_type == FORM
        faults = [
            (f"{place} {name}", "unknown", "accepted, and the document has no such parameter")
            for place, text in (("query", sent.query), ("form", sent.body if is_form else ""))
            for name in sorted(_names(text) - sent.operation.names[place])
        ]
        errors = self._requests[sent.operation.document].iter_errors(sent.request())
        return faults + [fault for error in errors for fault in _told(error, "form")]

    def _judge_head(self, sent: _Sent, status: int, head: tuple[tuple[str, str], ...]) -> list[Fault]:
        response = _Response(status, "", Headers([*head]), b"")
        errors = self._heads[sent.operation.document].iter_errors(sent.request(), response)
        # A status that is not in the document is told once, with the body.
        told = (error for error in errors if not isinstance(error, ResponseFinderError))
        return [fault for error in told for fault in _told(error, "header")]

    def _body_faults(self, sent: _Sent, exchange: Exchange) -> Iterator[Fault]:
        data = exchange.answer.encode("latin-1")
        if exchange.status == HTTPStatus.NO_CONTENT and data:
            yield "body", "empty", "an answer without content has some"
        response = _Response(exchange.status, exchange.header("Content-Type"), Headers(), data)
        for error in self._bodies[sent.operation.document].iter_errors(sent.request(), response):
            yield from _told(error, "body")


def _sent(exchange: Exchange, operation: Operation, ids: dict[str, str]) -> _Sent:
    content_type = exchange.content_type.partition(";")[0].strip()
    return _Sent(
        operation,
        exchange.path,
        tuple(ids.items()),
        exchange.query,
        exchange.body,
        content_type,
        exchange.scheme,
    )


def _names(text: str) -> set[str]:
    return {name for name, _ in parse_qsl(text, keep_blank_values=True)}


def _told(error: Exception, body: str) -> Iterator[Fault]:
    """Where, which rule, and in which words: one for each fault that the schema found."""
    location = getattr(error, "location", "")
    place = f"{location} {getattr(error, 'name', '')}" if location else ""
    causes = getattr(error.__cause__, "schema_errors", None)
    if causes is None:
        cause = error.__cause__ or error
        yield place or body, type(cause).__name__, str(cause)
        return
    for cause in causes:
        inside = "/".join("*" if isinstance(step, int) else str(step) for step in cause.path)
        rule = f"format {cause.validator_value}" if cause.validator == "format" else str(cause.validator)
        yield place or f"{body} {inside}".strip(), rule, cause.message


def _error_faults(exchange: Exchange) -> Iterator[Fault]:
    """The faults of an error body, and errors of the sandbox itself."""
    if exchange.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not exchange.fault:
        yield "status", "unasked", f"{exchange.status}, which no fault asked for: {exchange.answer}"
    if exchange.header("Content-Type") != "application/json":
        yield "header Content-Type", "error form", exchange.header("Content-Type") or "there is none"
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

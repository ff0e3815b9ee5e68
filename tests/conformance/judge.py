"""One exchange against the documents, by openapi-core: what violates them, or why it is not judged.

A request that the sandbox refused (4xx) is not judged, for tests prove refusals by sending what is wrong;
its answer must be Twilio's error body. What the sandbox accepted must be right in both its parts.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from jsonschema_path import SchemaPath
from openapi_core import V30RequestValidator
from openapi_core.templating.responses.exceptions import ResponseFinderError
from openapi_core.validation.response.validators import V30ResponseDataValidator, V30ResponseHeadersValidator
from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator
from werkzeug.datastructures import Headers

from futel_twilio.sandbox.http.faults import FAULT_KINDS
from tests.conformance import refusals
from tests.conformance.adapters import Fault, Response, Schemas, Sent, sent_in
from tests.conformance.documents import FORM, Operation, Operations
from tests.conformance.exchange import Exchange

SECRET = re.compile("(?i)password|secret|token")
LONGEST = 160


@dataclass(frozen=True)
class Violation:
    """What is wrong: in which part, where in it, against which rule, and in the validator's words."""

    operation: str
    part: str  # request, answer
    where: str
    rule: str
    says: str
    test: str


def is_broken(exchange: Exchange) -> bool:
    """A fault that was asked for took the answer, or put a page in its place."""
    apply_options = FAULT_KINDS.get(exchange.fault)
    return apply_options is not None and bool(apply_options.ending or apply_options.page)


class Judge:
    """Some documents, tightened, and their validators; made once for each process."""

    def __init__(self, documents: Iterable[Mapping[str, Any]]) -> None:
        documents = list(documents)
        self.operations = Operations(documents)
        specs = [SchemaPath.from_dict({**document}) for document in documents]
        write, read = Schemas(OAS30WriteValidator), Schemas(OAS30ReadValidator)
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
            yield from (("answer", *fault) for fault in refusals.faults_of(exchange))
        elif found is None:
            yield "request", "path", "unknown", "accepted, and no document has this operation"
        else:
            sent = sent_in(exchange, *found)
            yield from (("request", *fault) for fault in self._request_faults(sent))
            head = tuple(pair for pair in exchange.headers if not pair[0].startswith("Twilio-"))
            yield from (("answer", *fault) for fault in self._head_faults(sent, exchange.status, head))
            yield from (("answer", *fault) for fault in self._body_faults(sent, exchange))

    def _judge_request(self, sent: Sent) -> list[Fault]:
        is_form = sent.content_type == FORM
        faults = [
            (f"{place} {name}", "unknown", "accepted, and the document has no such parameter")
            for place, text in (("query", sent.query), ("form", sent.body if is_form else ""))
            for name in sorted(_names(text) - sent.operation.names[place])
        ]
        errors = self._requests[sent.operation.document].iter_errors(sent.request())
        return faults + [fault for error in errors for fault in _faults_of(error, "form")]

    def _judge_head(self, sent: Sent, status: int, head: tuple[tuple[str, str], ...]) -> list[Fault]:
        response = Response(status, "", Headers([*head]), b"")
        errors = self._heads[sent.operation.document].iter_errors(sent.request(), response)
        # A status that is not in the document is reported once, with the body.
        known = (error for error in errors if not isinstance(error, ResponseFinderError))
        return [fault for error in known for fault in _faults_of(error, "header")]

    def _body_faults(self, sent: Sent, exchange: Exchange) -> Iterator[Fault]:
        data = exchange.answer.encode("latin-1")
        if exchange.status == HTTPStatus.NO_CONTENT and data:
            yield "body", "empty", "an answer without content has some"
        response = Response(exchange.status, exchange.header("Content-Type"), Headers(), data)
        for error in self._bodies[sent.operation.document].iter_errors(sent.request(), response):
            yield from _faults_of(error, "body")


def _names(text: str) -> set[str]:
    return {name for name, _ in parse_qsl(text, keep_blank_values=True)}


def _faults_of(error: Exception, body: str) -> Iterator[Fault]:
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

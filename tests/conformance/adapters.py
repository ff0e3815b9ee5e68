"""An exchange, and the formats, in the words of openapi-core."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import FormatChecker
from jsonschema.protocols import Validator
from openapi_core.datatypes import RequestParameters
from openapi_core.validation.schemas.factories import SchemaValidatorsFactory
from werkzeug.datastructures import Headers, ImmutableMultiDict

from tests.conformance.documents import Operation
from tests.conformance.exchange import Exchange
from tests.conformance.formats import FORMATS

Fault = tuple[str, str, str]  # where, rule, words


@dataclass  # openapi-core wants to set the parameters of the path
class Request:
    """An exchange's request as openapi-core asks for one, at Twilio's own host."""

    host_url: str
    path: str
    path_pattern: str
    method: str
    parameters: RequestParameters
    body: bytes
    content_type: str


@dataclass(frozen=True)
class Sent:
    """All of a request that the judgement depends on."""

    operation: Operation
    path: str
    ids: tuple[tuple[str, str], ...]
    query: str
    body: str
    content_type: str
    scheme: str

    def request(self) -> Request:
        query = ImmutableMultiDict(parse_qsl(self.query, keep_blank_values=True))
        headers = Headers({"Authorization": f"{self.scheme} x"} if self.scheme else {})
        return Request(
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
class Response:
    status_code: int
    content_type: str
    headers: Headers
    data: bytes


class Schemas(SchemaValidatorsFactory):
    """The factory of schema validators, with Twilio's formats; the plain one copies its formats for each value."""

    def __init__(self, validator: type[Validator]) -> None:
        checker = deepcopy(validator.FORMAT_CHECKER)
        for name, judge in FORMATS.items():
            checker.checks(name)(judge)
        super().__init__(validator, checker)

    def get_format_checker(self, *_: Any) -> FormatChecker:
        return self.format_checker


def sent_in(exchange: Exchange, operation: Operation, ids: dict[str, str]) -> Sent:
    content_type = exchange.content_type.partition(";")[0].strip()
    return Sent(
        operation,
        exchange.path,
        tuple(ids.items()),
        exchange.query,
        exchange.body,
        content_type,
        exchange.scheme,
    )

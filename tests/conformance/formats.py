"""What Twilio's documents mean by the formats that OpenAPI does not know; the rest are the validator's own."""

import re
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree import ElementTree as ET

from rfc3986_validator import validate_rfc3986

RFC_2822 = re.compile(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} \+0000")
METHODS = {"HEAD", "GET", "POST", "PATCH", "PUT", "DELETE"}
E164 = r"\+[1-9][0-9]{6,14}"


def _text(judge: Callable[[str], bool]) -> Callable[[Any], bool]:
    """A format of strings says nothing about other values; their type is judged alone."""
    return lambda value: judge(value) if isinstance(value, str) else True


def _matches(pattern: str) -> Callable[[Any], bool]:
    return _text(lambda value: re.fullmatch(pattern, value) is not None)


def _uri(value: str) -> bool:
    return validate_rfc3986(value, rule="URI") is not None


def _rfc_2822(value: str) -> bool:
    if not RFC_2822.fullmatch(value):
        return False
    try:
        return parsedate_to_datetime(value).strftime("%a, %d %b %Y %H:%M:%S +0000") == value
    except ValueError:
        return False


def _twiml(value: str) -> bool:
    try:
        return ET.fromstring(value).tag == "Response"  # noqa: S314 - a test's own text
    except ET.ParseError:
        return False


def _uri_map(value: Any) -> bool:
    return not isinstance(value, dict) or all(isinstance(uri, str) and _uri(uri) for uri in value.values())


FORMATS: dict[str, Callable[[Any], bool]] = {
    "uri": _text(_uri),
    "uri-map": _uri_map,
    "date-time-rfc-2822": _text(_rfc_2822),
    "http-method": _text(METHODS.__contains__),
    "phone-number": _matches(E164),
    "endpoint": _matches(rf"{E164}|(sips?|client):\S+"),
    "iso-country-code": _matches("[A-Z]{2}"),
    "currency": _matches("[A-Z]{3}"),
    "twiml": _text(_twiml),
}

"""Find secrets by their name or their place, and leave them out of dumps and the request log.

A value is a secret if its name marks it as one, or if it is the password in a URL. Twilio shows such a URL to
whoever owns it, and so do the answers of the sandbox; a dump and the log, which are passed around, do not.
The patterns never go back over what they have read (`*+`, `++`): a text may be as long as a request.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, unquote_plus

NAMED = re.compile(
    r"(?i)password|passwd|pwd|passphrase|secret|(?<!page)token|authorization"
    r"|(api|auth|account|write|private|access|signing|encryption)[_-]?key"
)
PAIR = re.compile(r"""(?<![^\s=&?;"'])([^\s=&?;"']++)=("[^"]*+"|'[^']*+'|[^\s&;"']*+)""")
STRUCTURED = re.compile(r"[<{\[]")
END = re.compile(r"[\s/?#]")  # of whatever may stand between a user name and an @
OF_URL = re.compile(r"[^:]*+:")
OF_SIP = re.compile(r"(?i)\bsips?:[^:;]*+:")
HIDDEN = "***"


def is_named(name: str) -> bool:
    """Whether what a value is called says that it is a secret."""
    return NAMED.search(name) is not None


def mask(text: str) -> str:
    """A text without the passwords of its URLs and the values of its `name=value` that are secrets."""
    if "=" not in text and ":" not in text:
        return text
    *before, rest = text.split("@")
    return PAIR.sub(_redact_pair, "@".join([*map(_without_password, before), rest]))


def _without_password(text: str) -> str:
    """What stands before an @, with the password hidden that `://user:` or `sip:user:` begins."""
    start = max((found.end() for found in END.finditer(text)), default=0)
    of_url = text[:start].endswith("://") and text[: start - 3][-1:].isalnum()
    user = OF_URL.match(text, start) if of_url else OF_SIP.search(text, start)
    return text if user is None or user.end() == len(text) else text[: user.end()] + HIDDEN


def _redact_pair(found: re.Match[str]) -> str:
    return f"{found[1]}=" if is_named(unquote_plus(found[1])) else found[0]


def mask_query(query: str) -> str:
    """A query without secrets: values that are named so are empty, passwords in URLs are hidden."""
    return "&".join(map(_redact_parameter, query.split("&"))) if query else query


def _redact_parameter(parameter: str) -> str:
    name, equals, value = parameter.partition("=")
    if is_named(unquote_plus(name)):
        return name + equals
    plain = unquote_plus(value)
    masked = mask(plain)
    return parameter if masked == plain else f"{name}={quote(masked, safe='')}"


def mask_parameter(name: str, value: str) -> str:
    """The value of a parameter without secrets: `***` if the name marks a secret.

    So is a whole text with markup or JSON in it that names a secret: who knows where in it that stands.
    """
    if is_named(name) or (STRUCTURED.search(value) and is_named(value)):
        return HIDDEN if value else value
    return mask(value)


def mask_value(value: Any) -> Any:
    """A JSON value without secrets: what is named so is not there at all, unless it is empty."""
    if isinstance(value, dict):
        return {name: mask_value(held) for name, held in value.items() if held == "" or not is_named(name)}
    if isinstance(value, list):
        return [mask_value(held) for held in value]
    return mask(value) if isinstance(value, str) else value

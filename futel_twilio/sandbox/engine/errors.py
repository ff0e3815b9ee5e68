"""Refusals: one exception, and Twilio's error body."""

from __future__ import annotations

from typing import Any

DOCS = "https://www.twilio.com/docs/errors/"
# Twilio may have these and the sandbox does not. The note is added to Twilio's usual answer for what is missing.
NO_PATH = "no such path here, see COVERAGE.md"
NO_METHOD = "no such method here, see COVERAGE.md"


class Refusal(Exception):
    """A request that Twilio would refuse: HTTP status, Twilio's code, Twilio's message.

    The note is not Twilio's: it says where the sandbox falls short.
    """

    def __init__(self, status: int, code: int, message: str, note: str = "") -> None:
        super().__init__(f"{status} {code} {message}")
        self.status = status
        self.code = code
        self.message = message
        self.note = note

    def body(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"{DOCS}{self.code}",
            "status": self.status,
        }


def bad(code: int, message: str) -> Refusal:
    return Refusal(400, code, message)


def lacks(param: str) -> Refusal:
    """A parameter that must be there. GUESS: the code and the wording; that it is required is documented."""
    return bad(20001, f"Missing required parameter {param} in the post body")


def missing(path: str) -> Refusal:
    return Refusal(404, 20404, f"The requested resource {path} was not found")


def unknown(path: str) -> Refusal:
    """A path that no table has; a client cannot tell it from a thing that is not there, but by the note."""
    return Refusal(404, 20404, missing(path).message, NO_PATH)


def unauthenticated() -> Refusal:
    return Refusal(401, 20003, "Authenticate")


def not_allowed() -> Refusal:
    # GUESS: the dictionary gives the code and its title; the live wording is not recorded.
    return Refusal(405, 20004, "Method not allowed", NO_METHOD)


def not_json(path: str) -> Refusal:
    """Twilio answers XML here. The sandbox has no XML and answers 404 with a hint."""
    words = f"{path} would be answered in XML, which this sandbox lacks: add .json to it"
    return Refusal(404, 20404, words, NO_PATH)


def internal(what: str) -> Refusal:
    return Refusal(500, 20500, f"The sandbox itself failed: {what}")

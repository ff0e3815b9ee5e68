"""What the sandbox says when it refuses: one exception and Twilio's own error body."""

from typing import Any

DOCS = "https://www.twilio.com/docs/errors/"


class Refusal(Exception):
    """A request that Twilio would refuse: HTTP status, Twilio's code, Twilio's message."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status = status
        self.code = code
        self.message = message

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


def unauthenticated() -> Refusal:
    return Refusal(401, 20003, "Authenticate")


def not_allowed() -> Refusal:
    # GUESS: the dictionary gives the code and its title; the live wording is not recorded.
    return Refusal(405, 20004, "Method not allowed")


def not_json(path: str) -> Refusal:
    """Twilio answers XML here; the sandbox has none, and says so rather than pretend."""
    return Refusal(404, 20404, f"{path} would be answered in XML, which this sandbox lacks: add .json to it")


def internal(what: str) -> Refusal:
    return Refusal(500, 20500, f"The sandbox itself failed: {what}")

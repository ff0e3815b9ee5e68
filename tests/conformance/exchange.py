"""One request and its answer as the sandbox's application saw them, and the line it is written as."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Exchange:
    """Bodies are text of one character per byte, so that any byte survives JSON.

    No credential is kept: of the Authorization header only its scheme. A password in a form is a test's own.
    """

    method: str
    host: str
    path: str
    query: str
    scheme: str
    content_type: str
    body: str
    status: int
    headers: tuple[tuple[str, str], ...]
    answer: str
    fault: str
    test: str

    def line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


def read(line: bytes) -> Exchange:
    """The exchange of one line; ValueError when the process was killed while it wrote."""
    found = json.loads(line)
    return Exchange(**found | {"headers": tuple((name, value) for name, value in found["headers"])})

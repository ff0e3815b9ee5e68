"""The HTTP layer of the official client, for experiments: guarded, noted before it is sent, remembered."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from futel_twilio.sandbox.experiments import guard
from futel_twilio.sandbox.experiments.guard import Circle, Kind
from futel_twilio.sandbox.sdk import RedirectingHttpClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from twilio.http.response import Response

CONNECT_SECONDS, READ_SECONDS = 10.0, 30.0
TRIES = 5
BUSY, SERVER_FAULT = 429, 500


class Unanswered(Exception):
    """The server gave no usable answer: none, an incomplete one, or a server error."""

    def __init__(self, asked: str, why: str, *, repeatable: bool) -> None:
        super().__init__(f"{asked} was not answered: {why}.")
        self.repeatable = repeatable


class Notes(Protocol):
    """A listener: called before a request leaves with what it creates, and afterwards with the result."""

    def wanted(self, kind: Kind, path: str, *, marked: bool, known: list[str]) -> int: ...
    def made(self, number: int, path: str) -> None: ...
    def refused(self, number: int) -> None: ...
    def gone(self, path: str) -> None: ...


class NoNotes:
    """For a server that is thrown away afterwards."""

    def wanted(self, kind: Kind, path: str, *, marked: bool, known: list[str]) -> int:
        del kind, path, marked, known
        return 0

    def made(self, number: int, path: str) -> None:
        del number, path

    def refused(self, number: int) -> None:
        del number

    def gone(self, path: str) -> None:
        del path


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    body: Any = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


class Traffic(RedirectingHttpClient):
    """All requests of a run to one server.

    Args:
        mark: what everything the run makes has in its name.
        base: the server's URL, if it is not Twilio's own.
        notes: the listeners for what is created.
        checkpoint: called before each request; raises when the run is to end.
        number: the SID of a phone number that may be touched.
    """

    def __init__(
        self,
        mark: str,
        *,
        base: str = "",
        notes: Notes | None = None,
        checkpoint: Callable[[], None] = lambda: None,
        number: str = "",
        first_wait: float = 0.5,
    ) -> None:
        super().__init__(base)
        self.timeout = (CONNECT_SECONDS, READ_SECONDS)  # type: ignore[assignment]  # requests takes both
        self.last = Answer(0, None, {})
        self.sent = 0
        self.attempts: list[Kind] = []
        self.notes: Notes = notes or NoNotes()
        self.checkpoint = checkpoint
        self._made: set[str] = set()
        self._countries: dict[str, dict[str, Any]] = {}
        self._registrable: set[str] = set()
        self._circle = Circle(mark, self._made, self._registrable, number, self._countries)
        self._first_wait = first_wait

    def request(  # type: ignore[override]
        self, method: str, url: str, params: Any = None, data: Any = None, **rest: Any
    ) -> Response:
        self.checkpoint()
        path, form = urlsplit(url).path, dict(data or {})
        kind = self._circle.judge(method, path, form)
        number = self._note(kind, url, form, rest) if kind is not None else 0
        response = self._patiently(method, url, params, data, rest)
        self.last = Answer(int(response.status_code), _json(response.text), response.headers or {})
        if kind is not None:
            self._settle(kind, path, number)
        elif method == "DELETE" and response.status_code == 204:  # noqa: PLR2004 - gone
            self.notes.gone(path)
        self._remember_country(path)
        return response

    def _note(self, kind: Kind, url: str, form: Mapping[str, Any], rest: dict[str, Any]) -> int:
        """Tell of what is about to be made; where it carries no mark, with everything that is there already."""
        self.attempts.append(kind)
        marked = kind.inside or self._circle.is_marked(form)
        known = [] if marked else [str(item.get(kind.names)) for item in self.items(url, kind.key, rest)]
        return self.notes.wanted(kind, urlsplit(url).path, marked=marked, known=known)

    def _settle(self, kind: Kind, collection: str, number: int) -> None:
        path = ""
        if self.last.status < 300 and isinstance(self.last.body, dict):  # noqa: PLR2004 - a success
            path = guard.item_path(kind, collection, self.last.body)
        if path:
            self.notes.made(number, path)
            self._made.add(str(self.last.body[kind.names]))
            if self.last.body.get("emergency_enabled"):
                self._registrable.add(str(self.last.body[kind.names]))
        else:
            self.notes.refused(number)

    def items(self, url: str, key: str, rest: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        params: Any = {"PageSize": 1000}
        while url:
            body = _json(self._patiently("GET", url, params, None, rest).text)
            found = body if isinstance(body, dict) else {}
            yield from found.get(key, [])
            following = found.get("next_page_uri") or (found.get("meta") or {}).get("next_page_url") or ""
            params = parse_qsl(urlsplit(following).query)
            url = urlunsplit((*urlsplit(url)[:3], "", "")) if following else ""

    def _remember_country(self, path: str) -> None:
        body = self.last.body
        if "/DialingPermissions/Countries/" in path and isinstance(body, dict) and "iso_code" in body:
            self._countries[body["iso_code"]] = body

    def _patiently(self, method: str, url: str, params: Any, data: Any, rest: dict[str, Any]) -> Response:
        patient = Retrying(
            stop=stop_after_attempt(TRIES),
            wait=self._wait,
            retry=retry_if_exception(lambda error: isinstance(error, Unanswered) and error.repeatable),
            reraise=True,
        )
        return patient(self._once, method, url, params, data, rest)

    def _wait(self, state: RetryCallState) -> float:
        return wait_exponential_jitter(initial=self._first_wait, max=20 * self._first_wait)(state)

    def _once(self, method: str, url: str, params: Any, data: Any, rest: dict[str, Any]) -> Response:
        self.sent += 1
        asked = f"{method} {urlsplit(url).path}"
        try:
            response = super().request(method, url, params, data, **rest)
        except requests.RequestException as error:
            raise Unanswered(asked, type(error).__name__, repeatable=method != "POST") from None
        status = int(response.status_code)
        if status == BUSY or status >= SERVER_FAULT:
            raise Unanswered(asked, f"HTTP {status}", repeatable=status == BUSY or method != "POST")
        return response

    def lend(self, number: str) -> None:
        """Let a phone number be changed."""
        self._circle = replace(self._circle, number=number)

    def adopt(self, sids: list[str]) -> None:
        """Take things for the run's own: an earlier run made them."""
        self._made.update(sids)


def _json(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None

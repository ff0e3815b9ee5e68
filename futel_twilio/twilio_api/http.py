"""Send a request: timeouts, retries, and errors that say what to do."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_when_event_set,
    wait_exponential,
    wait_random,
)

from futel_twilio.errors import Rejected, ResponseLost, TwilioError, Unreachable
from futel_twilio.interrupts import pause
from futel_twilio.sandbox.sdk import RedirectingHttpClient
from futel_twilio.twilio_api import network

if TYPE_CHECKING:
    from collections.abc import Callable

    from twilio.http.response import Response

    from futel_twilio.config.connection import Connection

T = TypeVar("T")
MAX_CONCURRENCY = 8
CONNECT_SECONDS, READ_SECONDS = 10.0, 30.0
LONGEST_ASKED_FOR = 120.0  # seconds; nobody should wait for a Retry-After beyond it
TOO_MANY_REQUESTS = frozenset({429, 503})
SERVER_FAULT = 500
NOT_KNOWN = 401
SECRET = "Password"  # noqa: S105  # the parameter that is never to be seen again
NOT_TWILIO = (
    "Check FUTEL_TWILIO_URL, TWILIO_EDGE and TWILIO_REGION, "
    "and whether a proxy or a log-in page of this network answered."
)
SID_PATH = re.compile(r"/[A-Z]{2}[0-9a-fA-F]{32}\.json$")


@dataclass(frozen=True)
class RetryPolicy:
    """How long to wait for Twilio, in seconds: for an answer, and how often and how long where it is busy."""

    attempts: int = 5
    first_wait: float = 0.5
    longest_wait: float = 20.0
    answer: float = READ_SECONDS


def answer_or_error(call: Callable[[], T]) -> T | TwilioError:
    try:
        return call()
    except TwilioError as error:
        return error


class Job:
    """A call in its own thread, which notes whether it began to write."""

    of_thread = threading.local()

    def __init__(self, call: Callable[[], Any]) -> None:
        self._call = call
        self.writes = False
        self.ended = threading.Event()

    def run(self) -> Any:
        self.of_thread.job = self
        try:
            return answer_or_error(self._call)
        finally:
            self.ended.set()

    @classmethod
    def note_write(cls) -> None:
        job = getattr(cls.of_thread, "job", None)
        if job:
            job.writes = True


class Http(RedirectingHttpClient):
    """The HTTP layer of the official client, with a destination, patience and one family of errors."""

    def __init__(self, settings: Connection, patience: RetryPolicy) -> None:
        super().__init__(settings.url)
        self.timeout = (CONNECT_SECONDS, patience.answer)  # type: ignore[assignment]  # requests takes both
        self.sent = 0
        self.interrupted = threading.Event()
        self._patience = patience
        self._region = settings.region
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, HTTPAdapter(pool_maxsize=MAX_CONCURRENCY))

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]
        repeatable = method != "POST" or SID_PATH.search(urlsplit(url).path) is not None
        in_main = threading.current_thread() is threading.main_thread()
        retrying = Retrying(
            sleep=pause if in_main else self._sleep,  # a signal ends a sleep of the main thread alone
            stop=stop_after_attempt(self._patience.attempts) | stop_when_event_set(self.interrupted),
            wait=self._wait,
            retry=retry_if_exception(lambda error: _worth_another_try(error, repeatable=repeatable)),
            reraise=True,
        )
        return retrying(self._once, method, url, *args, **kwargs)

    def _wait(self, state: RetryCallState) -> float:
        first, longest = self._patience.first_wait, self._patience.longest_wait
        jittered = (wait_exponential(multiplier=first, max=longest) + wait_random(0, first))(state)
        error = state.outcome.exception() if state.outcome else None
        asked_for = error.retry_after if isinstance(error, Rejected) else None
        return jittered if asked_for is None else min(asked_for, LONGEST_ASKED_FOR)

    def _once(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        asked = f"{method} {urlsplit(url).path}"
        if method != "GET":
            self._begin_write(asked)
        self.sent += 1
        try:
            answer = super().request(method, url, *args, **kwargs)
        except requests.RequestException as error:
            of_proxy = network.fault_of_proxy(error, self.base or url) if self.session.trust_env else ""
            raise _of_network(error, asked, urlsplit(self.base).netloc or "Twilio", of_proxy) from None
        try:
            server = urlsplit(self.base or url).netloc
            return _whole(answer, asked, server, str((kwargs.get("data") or {}).get(SECRET, "")))
        except Rejected as error:
            if error.status == NOT_KNOWN and self._region:
                error.hint += (
                    f" Keys belong to one region, and these were tried in {self._region} (TWILIO_REGION)."
                )
            raise

    def _sleep(self, seconds: float) -> None:
        self.interrupted.wait(seconds)

    def _begin_write(self, asked: str) -> None:
        in_main = threading.current_thread() is threading.main_thread()
        if self.interrupted.is_set() and not in_main:
            raise Unreachable(f"{asked} was not sent, since the command was interrupted.", "Run it again.")
        Job.note_write()


def _worth_another_try(error: BaseException, *, repeatable: bool) -> bool:
    """A 429 was never processed; a 503 or a lost answer may have been, so a create is not sent again.

    Source: Twilio's API best practices, error 20429.
    """
    if isinstance(error, Rejected):
        return error.status in TOO_MANY_REQUESTS
    return isinstance(error, ResponseLost) and repeatable


def _of_network(error: requests.RequestException, asked: str, server: str, of_proxy: str = "") -> TwilioError:
    if of_proxy:
        return Unreachable(
            f"{server} could not be reached: {of_proxy}.",
            "Fix HTTPS_PROXY, or name the server in NO_PROXY, and run the command again.",
        )
    never_left = isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError) or (
        isinstance(error, requests.ConnectionError) and _refused(error)
    )
    if never_left:
        return Unreachable(
            f"{server} could not be reached ({_cause(error)}).",
            "Check the network and FUTEL_TWILIO_URL, and run the command again.",
        )
    return ResponseLost(
        f"The answer to {asked} was lost ({_cause(error)}).",
        "Run the command again: it looks before it writes.",
    )


def _refused(error: requests.ConnectionError) -> bool:
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"}


def _cause(error: requests.RequestException) -> str:
    text = f"{type(error).__name__} {error}"
    waited = re.search(r"read timeout=([0-9.]+)", text)
    causes = {
        "Connection refused": "nothing listens there",
        "resolve": "its name is not known here",
        "SSL": "its certificate was not accepted",
        "ConnectTimeout": f"no connection within {CONNECT_SECONDS:.0f} s",
        "ReadTimeout": f"nothing came within {float(waited[1]):g} s" if waited else "nothing came in time",
        "IncompleteRead": "it broke off in the middle",
    }
    return next((says for sign, says in causes.items() if sign in text), "the connection broke")


def _whole(answer: Response, asked: str, server: str, secret: str = "") -> Response:
    """Return an answer that is a success and is whole; remove a secret that it repeats.

    Raises:
        Rejected: it is not a success; `ResponseLost` if a create may have been processed.
        AnswerLost: it is a success whose body is not JSON.
    """
    status = int(answer.status_code)
    ok = range(200, 300)
    if status not in ok:
        raise _of_status(answer, status, asked, server, secret)
    if answer.text:
        try:
            json.loads(answer.text)
        except ValueError:
            raise ResponseLost(
                f"The answer to {asked} was not JSON, so it did not come from Twilio whole.",
                "Check whether this network shows its own log-in page, then run the command again.",
            ) from None
    return answer


def _of_status(answer: Response, status: int, asked: str, server: str, secret: str) -> TwilioError:
    body = _table_of(answer.text)
    headers = answer.headers or {}
    message = str(body.get("message") or "no message").rstrip(".")
    rejected = Rejected(
        status,
        int(body.get("code") or status),
        message.replace(secret, "***") if secret else message,
        asked,
        str(headers.get("Twilio-Request-Id", "")),
        _seconds(str(headers.get("Retry-After", ""))),
    )
    if answer.text and not {"code", "message"} & body.keys():
        rejected.message = f"{server} answered {asked} with HTTP {status} and a page that is not Twilio's."
        rejected.hint = NOT_TWILIO if status < SERVER_FAULT else rejected.hint
    creates = asked.startswith("POST ") and not SID_PATH.search(asked)
    if status >= SERVER_FAULT and creates:
        return ResponseLost(rejected.message, rejected.hint)
    return rejected


def _table_of(text: str) -> dict[str, Any]:
    """The fields of an error of Twilio's; none where the body is not a JSON object."""
    try:
        body = json.loads(text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _seconds(retry_after: str) -> float | None:
    """The wait that a Retry-After header asks for, given as seconds or as an HTTP date (RFC 9110)."""
    if re.fullmatch(r"\d+(\.\d+)?", retry_after):
        return float(retry_after)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, (until - datetime.now(UTC)).total_seconds())

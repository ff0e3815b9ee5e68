"""The Twilio client: one per command, requests in parallel, one family of errors."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from twilio.rest import Client

from futel_twilio.errors import TwilioError
from futel_twilio.interrupts import LONGEST_WAIT
from futel_twilio.twilio_api import http
from futel_twilio.twilio_api.http import MAX_CONCURRENCY, Http, Job, RetryPolicy, answer_or_error
from futel_twilio.twilio_api.workers import Workers, result_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from twilio.http.response import Response

    from futel_twilio.config.connection import Connection

T = TypeVar("T")
OF_ACCOUNTS = "https://api.twilio.com/2010-04-01/Accounts"
PAGE = 1000  # the longest page that Twilio gives: official OpenAPI document
WHOLE_LIST: dict[str, object] = {"PageSize": PAGE}
LIST_HEADERS = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}


class Api:
    """One account at Twilio: the official client, and a way to ask several things at once."""

    def __init__(
        self, settings: Connection, patience: RetryPolicy | None = None, at_once: int = MAX_CONCURRENCY
    ) -> None:
        self.connection = settings
        self.at_once = at_once
        self._workers = Workers(at_once)
        self.tell: Callable[[str], None] = lambda _words: None
        self._http = Http(settings, patience or http.RetryPolicy())
        self.client = _Twilio(
            settings.username,
            settings.secret,
            settings.account_sid,
            http_client=self._http,
            environment={"unused": "the client must not read the process environment"},
            edge=settings.edge or None,
            region=settings.region or None,
        )

    @property
    def requests_sent(self) -> int:
        """How many requests have left so far."""
        return self._http.sent

    def prefetch(self, paths: Sequence[str]) -> None:
        """Ask for whole lists now; whoever reads one before anything is written gets that answer.

        A command does so before it loads what reads them, since that takes as long as Twilio's answer does.

        Args:
            paths: of the lists, as they stand under the account: `SIP/Domains`.
        """
        for path in paths:
            self.client.ask_ahead(f"{OF_ACCOUNTS}/{self.connection.account_sid}/{path}.json", self._workers)

    def gather(self, calls: Sequence[Callable[[], T]]) -> list[T | TwilioError]:
        """Run calls at the same time, at most 8 at once; the error of one takes the place of its result.

        Raises:
            KeyboardInterrupt: interrupted. Calls that began to write are waited for, so that it is known
                what they did; the others are left behind.
        """
        if self.at_once == 1:
            return [answer_or_error(call) for call in calls]
        self._http.interrupted.clear()
        jobs = [Job(call) for call in calls]
        asked: list[Future[Any]] = []
        try:
            asked += (self._workers.submit(job.run) for job in jobs)
            return [result_of(one) for one in asked]
        except KeyboardInterrupt:
            self._http.interrupted.set()
            for one in asked:
                one.cancel()
            self._wait_for_writes(jobs)
            raise

    def _wait_for_writes(self, jobs: Sequence[Job]) -> None:
        writing = [job for job in jobs if job.writes and not job.ended.is_set()]
        if writing:
            many = "a write" if len(writing) == 1 else f"{len(writing)} writes"
            self.tell(
                f"Interrupted. Waiting for Twilio's answer to {many}; interrupt again to leave at once."
            )
        for job in writing:
            while not job.ended.wait(LONGEST_WAIT):
                pass

    def gather_or_raise(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """Run calls at the same time and give all their answers.

        Raises:
            TwilioError: the first error, once every call has ended.
        """
        answers = self.gather(calls)
        for answer in answers:
            if isinstance(answer, TwilioError):
                raise answer
        return [answer for answer in answers if not isinstance(answer, TwilioError)]

    def close(self) -> None:
        self._workers.close()
        self._http.session.close()


class _Twilio(Client):
    """The official client, which may have asked for a list before anybody reads it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
        self._ahead: dict[str, Future[Response]] = {}

    def ask_ahead(self, uri: str, workers: Workers) -> None:
        ask = partial(super().request, "GET", uri, params=WHOLE_LIST, headers=dict(LIST_HEADERS))
        self._ahead[uri] = workers.submit(ask)

    def request(self, method: str, uri: str, *args: Any, **kwargs: Any) -> Response:
        if method != "GET":
            self._ahead.clear()  # a list that was read before a write says nothing of what is there after it
        asked = self._ahead.pop(uri, None) if kwargs.get("params") == WHOLE_LIST else None
        return result_of(asked) if asked else super().request(method, uri, *args, **kwargs)

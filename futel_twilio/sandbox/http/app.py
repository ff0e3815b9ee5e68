"""The WSGI application: who asks, what the path means, one transaction, and Twilio's headers."""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from futel_twilio.sandbox.api_v2010 import keys, test_credentials
from futel_twilio.sandbox.defaults import ORIGINAL_HOST
from futel_twilio.sandbox.engine.errors import Refusal, internal, unauthenticated
from futel_twilio.sandbox.engine.tables import Answer, RequestContext, Resource
from futel_twilio.sandbox.http import access, control, request_log
from futel_twilio.sandbox.http.faults import ENDING, Fault, Faults
from futel_twilio.sandbox.http.routes import Target, find

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from futel_twilio.sandbox.engine.accounts import Accounts, Principal
    from futel_twilio.sandbox.storage.store import Store

# As recorded from api.twilio.com in 2023 (response_headers.json).
HEADERS = {
    "X-Home-Region": "us1",
    "X-API-Domain": "api.twilio.com",
    "X-Powered-By": "AT-5000",
    "X-Shenanigans": "none",
    "Strict-Transport-Security": "max-age=31536000",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": (
        "Accept, Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Match, "
        "If-Unmodified-Since, Idempotency-Key"
    ),
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
    "Access-Control-Expose-Headers": "ETag",
    "Access-Control-Allow-Credentials": "true",
}


class SandboxRequest(Request):
    """A request whose body the listener has measured: werkzeug's own limits on forms would be exceptions."""

    max_form_memory_size = 10**9
    max_form_parts = 10**9


@dataclass(frozen=True)
class SandboxResponse:
    """The answer to a request, a note of the sandbox beside it, and the number of its log entry."""

    status: int
    body: dict[str, Any] | None
    note: str = ""
    number: int = 0


class App:
    """The sandbox as one WSGI application over one store."""

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        latency_ms: float,
        limits: Mapping[str, int],
        faults: Faults,
        *,
        allow_remote: bool = False,
    ) -> None:
        self._allow_remote = allow_remote
        self.store = store
        self.faults = faults
        self.latency_ms = latency_ms
        self._accounts = accounts
        self._limits = limits
        self._busy = 0
        self._counting = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = SandboxRequest(environ)
        is_control = request.path.startswith(control.PREFIX)
        stranger = "" if self._allow_remote else access.why_foreign(environ)
        if stranger:
            response = control.refuse(stranger)
        elif is_control:
            response = self._control(request)
        else:
            response = self._answer(request)
        return response(environ, start_response)

    def _control(self, request: Request) -> Response:
        try:
            return control.answer(request, self.store, self)
        except sqlite3.Error as error:
            outcome = _without_state(error)
            return _response(outcome.status, outcome.body, {})

    def _answer(self, request: Request) -> Response:
        started, clock = time.monotonic(), time.time()
        busy = self._count(1)
        fault = self.faults.take(request.method, request.path)
        try:
            delay = self.latency_ms + (fault.amount if fault and fault.name == "latency" else 0)
            if delay > 0:
                time.sleep(delay / 1000)
            outcome = self._carry_out_or_report(request, (started, clock), fault)
        finally:
            self._count(-1)
        headers = {
            **HEADERS,
            "Twilio-Concurrent-Requests": str(busy),
            "Twilio-Request-Id": request_log.request_sid(outcome.number),
            "Twilio-Request-Duration": f"{time.monotonic() - started:.3f}",
        }
        if outcome.note:
            headers["X-Sandbox"] = outcome.note
        response = _response(outcome.status, outcome.body, headers)
        if fault is not None:
            fault.dress(response)
            request.environ[ENDING] = fault
        return response

    def _count(self, step: int) -> int:
        with self._counting:
            self._busy += step
            return self._busy

    def _carry_out_or_report(
        self, request: Request, began: tuple[float, float], fault: Fault | None
    ) -> SandboxResponse:
        """Carry the request out. If the state file cannot be used (a full disk), answer 500; nothing was done."""
        try:
            return self._carry_out(request, began, fault)
        except sqlite3.Error as error:
            return _without_state(error)

    def _carry_out(
        self, request: Request, began: tuple[float, float], fault: Fault | None
    ) -> SandboxResponse:
        """Carry out a request and log it in one transaction. A refusal undoes the work and keeps the log entry."""
        started, clock = began
        with self.store.transaction():
            outcome = self._outcome(request, fault)
            entry = request_log.Logged(
                request.method,
                request.path,
                request.query_string.decode("latin-1"),
                original_host(request),
                outcome.status,
                started,
                time.monotonic(),
                "" if fault is None else fault.name,
                note=outcome.note,
                form=request_log.shown_parameters(request.form.items(multi=True))
                if request.content_length
                else {},
            )
            return replace(outcome, number=request_log.write(self.store, entry, clock))

    def _outcome(self, request: Request, fault: Fault | None) -> SandboxResponse:
        try:
            with self.store.undo_on_refusal():
                return SandboxResponse(*self._work(request, fault))
        except Refusal as refusal:
            return SandboxResponse(refusal.status, refusal.body(), refusal.note)
        except Exception:  # noqa: BLE001 - a fault of the sandbox is answered like one of Twilio's
            return SandboxResponse(500, internal(_where()).body())

    def _work(self, request: Request, fault: Fault | None) -> Answer:
        if fault is not None and fault.kind.instead is not None:
            return fault.kind.instead.status, fault.kind.instead.body()
        caller = self._caller(request)
        test_credentials.guard(caller, request.method, request.path)
        target, ids = find(request.path, original_host(request))
        context = self._context(request, caller, ids)
        if context.account != caller.account:
            # GUESS: another account's path is answered like a wrong token, not with 403 or 404.
            raise unauthenticated()
        if fault is not None and fault.name == "stale":
            return _answer_late(target, request.method, context)
        if caller.is_test:
            with self.store.rehearsal():
                return target.answer(request.method, context)
        return target.answer(request.method, context)

    def _caller(self, request: Request) -> Principal:
        header = request.headers.get("Authorization")
        caller = self._accounts.authenticate(header) or keys.authenticate(self.store, header)
        if caller is None:
            raise unauthenticated()
        return caller

    def _context(self, request: Request, caller: Principal, ids: Mapping[str, str]) -> RequestContext:
        return RequestContext(
            store=self.store,
            caller=caller,
            account=ids.get("account", caller.account),
            path=request.path,
            base=request.host_url.rstrip("/"),
            query=request.args,
            form=request.form,
            ids=ids,
            now=time.time(),
            remote=request.remote_addr or "",
            limits=self._limits,
        )


def _answer_late(target: Target, method: str, context: RequestContext) -> Answer:
    """A read that has not seen the latest write; a single endpoint has no collection to be late with."""
    if not isinstance(target.row, Resource):
        return target.answer(method, context)
    parent = "" if target.row.within else context.parent
    with context.store.before_latest(target.row.kind, context.account, parent):
        return target.answer(method, context)


def _without_state(error: sqlite3.Error) -> SandboxResponse:
    return SandboxResponse(500, internal(f"the sandbox's state file cannot be used: {error}").body())


def original_host(request: Request) -> str:
    return request.headers.get(ORIGINAL_HOST) or request.host


def _where() -> str:
    """The kind and the place of the exception being handled, never its words: they may hold a secret."""
    kind, _, trace = sys.exc_info()
    name, place = getattr(kind, "__name__", "fault"), "nowhere"
    step: TracebackType | None = trace
    while step is not None:
        place = f"{step.tb_frame.f_code.co_filename.rpartition('/')[2]}:{step.tb_lineno}"
        step = step.tb_next
    return f"{name} at {place}"


def _response(status: int, body: dict[str, Any] | None, headers: dict[str, str]) -> Response:
    if body is None:
        response = Response(status=status, headers=headers)
        del response.headers["Content-Type"]
        return response
    if status == 401:  # noqa: PLR2004 - unauthorised
        # GUESS: the realm is known from another emulator's source only.
        headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return Response(json.dumps(body), status=status, headers=headers, content_type="application/json")

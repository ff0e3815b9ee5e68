"""The running sandbox: what a test or a task starts, asks and stops."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Self

from futel_twilio.sandbox.engine.accounts import Accounts
from futel_twilio.sandbox.http import access, control, dump, request_log, seed
from futel_twilio.sandbox.http.app import App
from futel_twilio.sandbox.http.faults import Fault, Faults
from futel_twilio.sandbox.http.listener import Server
from futel_twilio.sandbox.http.records import Record, seed_of
from futel_twilio.sandbox.http.registry import judge_limits
from futel_twilio.sandbox.storage.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from types import TracebackType

    from futel_twilio.sandbox.http.request_log import Logged

__all__ = ["Record", "Sandbox"]
POLL_SECONDS = 0.02


class Sandbox:
    """A Twilio of one's own: `with Sandbox() as box:` and `box.url` answers.

    Args:
        state: a file that keeps everything; without one nothing is kept.
        port: where to listen; 0 for a free one.
        latency_ms: added to every answer.
        accounts: more accounts and keys, each `AC...:token`, `SK...:secret` or `AC...:SK...:secret`.
        credentials_per_list: the same as `limits={"credential": ...}`.
        host: a loopback address.
        allow_remote: `host` may be any address, open to all who reach it.
        test_accounts: more test credentials, each `AC...:token`.
        limits: how many there may be of a kind, other than at Twilio.

    Raises:
        ValueError: an account, a limit or the host is none.
        OSError: at the start: the port is taken, or the state file cannot be used (`StateError`).
    """

    def __init__(
        self,
        state: str | Path = ":memory:",
        port: int = 0,
        latency_ms: float = 0,
        accounts: Iterable[str] = (),
        credentials_per_list: int = 1000,
        host: str = access.DEFAULT_HOST,
        *,
        allow_remote: bool = False,
        test_accounts: Iterable[str] = (),
        limits: Mapping[str, int] | None = None,
    ) -> None:
        self._host = access.judge(host, allow_remote=allow_remote)
        self._allow_remote = allow_remote
        self._state = state
        self._asked_port = port
        self._latency_ms = latency_ms
        self._accounts = Accounts(accounts, test_accounts)
        self._limits = {"credential": credentials_per_list, **judge_limits(limits or {})}
        self._faults = Faults()
        self._running: tuple[Store, App, Server] | None = None
        self._thread: threading.Thread | None = None

    def _open(self) -> Server:
        if self._running is not None:
            raise RuntimeError("This sandbox is running already.")
        store = Store(self._state)
        try:
            app = App(
                store,
                self._accounts,
                self._latency_ms,
                self._limits,
                self._faults,
                allow_remote=self._allow_remote,
            )
            server = Server(self._host, self._asked_port, app)
        except BaseException:
            store.close()
            raise
        self._running = (store, app, server)
        return server

    def start(self) -> None:
        server = self._open()
        self._thread = threading.Thread(
            target=server.serve_forever, args=(POLL_SECONDS,), name="sandbox", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End the server and every connection; harmless when it does not run."""
        if self._running is None:
            return
        store, app, server = self._running
        self._latency_ms = app.latency_ms
        if self._thread is not None:
            server.shutdown()
            self._thread.join()
            self._thread = None
        server.server_close()
        server.end_connections()
        store.close()
        self._running = None

    def prepare(self) -> None:
        """Open the store and bind the port without answering yet; `serve_forever` does the rest."""
        self._open()

    def answer_forever(self) -> None:
        """Answer in this thread until KeyboardInterrupt; `stop` is for whoever called."""
        if self._running is None:
            self._open()
        self._parts[2].serve_forever(POLL_SECONDS)

    def serve_forever(self) -> None:
        """Answer in this thread until KeyboardInterrupt, then stop."""
        try:
            self.answer_forever()
        finally:
            self.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _parts(self) -> tuple[Store, App, Server]:
        if self._running is None:
            raise RuntimeError("This sandbox does not run: call start(), or use it in a with statement.")
        return self._running

    @property
    def port(self) -> int:
        return int(self._parts[2].port)

    @property
    def url(self) -> str:
        name = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{name}:{self.port}"

    @property
    def latency_ms(self) -> float:
        return self._latency_ms if self._running is None else self._running[1].latency_ms

    @latency_ms.setter
    def latency_ms(self, value: float) -> None:
        self._latency_ms = value
        if self._running is not None:
            self._running[1].latency_ms = value

    def fault(
        self,
        method: str,
        path: str,
        name: str,
        value: float | None = None,
        *,
        times: int | None = None,
        start: int = 1,
    ) -> None:
        """Let requests go wrong, as the module `faults` tells; it needs not run yet."""
        self.set_fault(Fault(method, path, name, value, times, start))

    def set_fault(self, fault: Fault) -> None:
        self._faults.set(fault)

    def clear_faults(self) -> None:
        self._faults.clear()

    def settings(self, **changes: Any) -> dict[str, Any]:
        """The settings of `/_sandbox/settings`, after what is to change; ValueError when one is wrong."""
        store, app, _ = self._parts
        return control.change_settings(changes, store, app) if changes else control.shown_settings(store, app)

    def requests(self) -> list[Logged]:
        return request_log.read(self._parts[0])

    def count(self, *methods: str) -> int:
        return request_log.count(self._parts[0], *methods)

    def clear_requests(self) -> None:
        request_log.clear(self._parts[0])

    def dump(self) -> dict[str, Any]:
        """The whole state, fit for `json.dumps`; no secrets, no request log."""
        return dump.dump(self._parts[0])

    def seed(self, document: Any) -> None:
        """Put what `dump` gave into this sandbox, which must be empty; ValueError when it cannot be."""
        seed.seed(self._parts[0], document)

    def load(self, account: str, resources: Iterable[Record]) -> None:
        """Put resources into this sandbox, which must be empty: what an account holds, as Twilio's API returns it.

        Raises:
            ValueError: the sandbox cannot hold them; the message names each and why.
        """
        self.seed(seed_of(account, resources, time.time()))

    def reset(self) -> None:
        self._parts[0].reset()

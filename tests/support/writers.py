"""Clients that write without pause over HTTP and remember what was acknowledged.

Each object bears a name that tells whose it is. When an answer does not come, the request may or may not have
been carried out: it is settled later, by looking.
"""

from __future__ import annotations

import base64
import http.client
import json
import random
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from tests.support.sandbox import AUTH, GOOD_PASSWORD, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.wholeness import Held

SIP = f"{ROOT}/SIP"
HEADERS = {
    "Authorization": "Basic " + base64.b64encode(":".join(AUTH).encode()).decode(),
    "Content-Type": "application/x-www-form-urlencoded",
}
PATIENCE = 60.0  # seconds for one request on a busy machine
NAMES = {"application": "friendly_name", "domain": "domain_name", "credential_list": "friendly_name"}
NAMES["credential"] = "username"
MOST_HELD = 16  # of each writer: an account has at most 100 domains, and 100 lists
CONTESTED = 3


@dataclass(frozen=True)
class Order:
    """One write: what it creates, changes or deletes, and its name before and after."""

    method: str
    path: str
    form: dict[str, str]
    kind: str
    name: str = ""
    before: str | None = None  # None for a create

    @property
    def expected(self) -> int:
        return 204 if self.method == "DELETE" else 201 if self.before is None else 200


def name_of(held: Held) -> str:
    """What identifies the owner of a row; a mapping is identified by its path."""
    return str(held.body[NAMES[held.kind]]) if held.kind in NAMES else ""


class Writer(threading.Thread):
    """One client of one server; it writes while `going` is set, and sets `resting` when it pauses."""

    def __init__(self, number: int, seed: int, url: Callable[[], str]) -> None:
        super().__init__(name=f"writer-{number}", daemon=True)
        self.held: dict[str, tuple[str, str]] = {}  # by path: kind and name, as acknowledged
        self.open: Order | None = None  # the request without an answer
        self.acknowledged, self.unanswered, self.wrong = 0, 0, ""
        self.sids: list[str] = []
        self.going, self.resting = threading.Event(), threading.Event()
        self.ends = False
        self._random = random.Random(seed * 1000 + number)  # noqa: S311 - reproducible
        self._url, self._number, self._made = url, number, 0
        self._wire: http.client.HTTPConnection | None = None

    def run(self) -> None:
        while not self.ends:
            if not self.going.is_set() or self.open is not None or self.wrong:
                self.resting.set()
                self.going.wait(0.02)
                continue
            self.resting.clear()
            try:
                self._write(self._choose())
            except Exception as error:  # noqa: BLE001 - told by whoever started the thread
                self.wrong = f"{self.name}: {error!r}"

    def rest(self) -> None:
        """Finish the current request and stop writing."""
        self.going.clear()
        self.resting.clear()
        self.resting.wait()

    def _write(self, order: Order) -> None:
        self.open = order
        try:
            status, body = self._ask(order)
        except (OSError, http.client.HTTPException):
            self.unanswered += 1
            self.hang_up()
            return
        if status == order.expected:
            self.acknowledged += 1
            self._note(order, json.loads(body) if body else {})
        elif not (status == 400 and "contested" in order.name):
            self.wrong = f"{self.name}: {status} for {order.method} {order.path}: {body[:200]!r}"
        self.open = None

    def _ask(self, order: Order) -> tuple[int, bytes]:
        if self._wire is None:
            parts = urlsplit(self._url())
            self._wire = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=PATIENCE)
        self._wire.request(order.method, order.path, urlencode(order.form), HEADERS)
        answer = self._wire.getresponse()
        return answer.status, answer.read()

    def hang_up(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def _note(self, order: Order, answer: dict[str, Any]) -> None:
        if order.method == "DELETE":
            del self.held[order.path]
        elif order.before is not None:
            self.held[order.path] = (order.kind, order.name)
        elif order.kind in NAMES:
            self.sids.append(answer["sid"])
            self.held[answer["uri"]] = (order.kind, order.name)
        else:
            path = f"{order.path.removesuffix('.json')}/{answer['sid']}.json"
            self.held[path] = (order.kind, "")

    def _choose(self) -> Order:
        chance = self._random.random()
        if len(self.held) > MOST_HELD or (self.held and chance < 0.2):
            return self._take_away()
        if chance < 0.4:
            return self._change() or self._make("application")
        if chance < 0.6:
            return self._map() or self._make("domain")
        if chance < 0.7:
            return self._add_user() or self._make("credential_list")
        if chance < 0.8:
            return self._contest()
        return self._make(self._random.choice(("application", "domain", "credential_list")))

    def _of(self, kind: str) -> list[str]:
        return [path for path, (of, _) in self.held.items() if of == kind]

    def _fresh(self) -> str:
        self._made += 1
        return f"w{self._number}-{self._made}"

    def _make(self, kind: str) -> Order:
        name = self._fresh()
        if kind == "domain":
            name += ".sip.twilio.com"
            return Order("POST", f"{SIP}/Domains.json", {"DomainName": name}, kind, name)
        path = f"{ROOT}/Applications.json" if kind == "application" else f"{SIP}/CredentialLists.json"
        return Order("POST", path, {"FriendlyName": name}, kind, name)

    def _contest(self) -> Order:
        """A name that all writers try to use, which only one can get."""
        name = f"contested-{self._random.randrange(CONTESTED)}.sip.twilio.com"
        return Order("POST", f"{SIP}/Domains.json", {"DomainName": name}, "domain", name)

    def _change(self) -> Order | None:
        paths = self._of("application")
        if not paths:
            return None
        path, name = self._random.choice(paths), self._fresh()
        return Order("POST", path, {"FriendlyName": name}, "application", name, self.held[path][1])

    def _add_user(self) -> Order | None:
        lists = self._of("credential_list")
        if not lists:
            return None
        place = self._random.choice(lists).removesuffix(".json") + "/Credentials.json"
        name = self._fresh()
        return Order("POST", place, {"Username": name, "Password": GOOD_PASSWORD}, "credential", name)

    def _map(self) -> Order | None:
        domains, lists = self._of("domain"), self._of("credential_list")
        if not domains or not lists:
            return None
        way = self._random.choice(("Calls", "Registrations"))
        sid = self._random.choice(lists).removesuffix(".json").rpartition("/")[2]
        domain = self._random.choice(domains).removesuffix(".json")
        place = f"{domain}/Auth/{way}/CredentialListMappings"
        if f"{place}/{sid}.json" in self.held:
            return None
        kind = f"{way.lower()}_credential_list_mapping"
        return Order("POST", f"{place}.json", {"CredentialListSid": sid}, kind)

    def _take_away(self) -> Order:
        """Anything that holds nothing and is mapped to nothing: else Twilio would refuse, or take more away."""
        free = [path for path in self.held if self._may_go(path)]
        if not free:
            return self._make("application")
        path = self._random.choice(free)
        kind, name = self.held[path]
        return Order("DELETE", path, {}, kind, name, name)

    def _may_go(self, path: str) -> bool:
        inside, ending = path.removesuffix(".json") + "/", "/" + path.rpartition("/")[2]
        others = [other for other in self.held if other != path]
        return not any(other.startswith(inside) or other.endswith(ending) for other in others)

"""A state machine that sends the sandbox any requests in any order, and a simple model of the right answers.

Two servers share one state file and two accounts use both, each request going to either. Lists are walked page
by page while things are made and taken away.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from werkzeug.test import Client

from futel_twilio.sandbox.engine.accounts import Accounts
from futel_twilio.sandbox.http.app import App
from futel_twilio.sandbox.http.faults import Faults
from futel_twilio.sandbox.storage.store import Store
from tests.support import wholeness
from tests.support.sandbox import GOOD_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterable

ACCOUNTS = ("AC" + "1" * 32, "AC" + "2" * 32)
TOKEN = "token"
FOREVER = 80_000  # seconds; a registration that does not end during a test


@dataclass(frozen=True)
class Kind:
    """One kind of thing: where it is, the parameter that names it, and the code for a name that is taken."""

    path: str
    param: str
    shown: str
    taken: int = 0
    scope: str = ""  # global, account, parent
    form: dict[str, str] = field(default_factory=dict)
    renames: bool = True


HOME = {"City": "Portland", "CustomerName": "F", "IsoCountry": "US", "PostalCode": "97201", "Region": "OR"}
KINDS = {
    "application": Kind("Applications", "FriendlyName", "friendly_name"),
    "domain": Kind("SIP/Domains", "DomainName", "domain_name", 21232, "global"),
    "list": Kind("SIP/CredentialLists", "FriendlyName", "friendly_name", 21240, "account"),
    "acl": Kind("SIP/IpAccessControlLists", "FriendlyName", "friendly_name", 21235, "account"),
    "key": Kind("Keys", "FriendlyName", "friendly_name"),
    "address": Kind("Addresses", "FriendlyName", "friendly_name", form={**HOME, "Street": "1 Main St"}),
    "number": Kind("IncomingPhoneNumbers", "PhoneNumber", "phone_number", 21422, "global", renames=False),
    "user": Kind(
        "Credentials", "Username", "username", 21243, "parent", {"Password": GOOD_PASSWORD}, renames=False
    ),
    "ip": Kind(
        "IpAddresses", "IpAddress", "ip_address", 21235, "parent", {"FriendlyName": "x"}, renames=False
    ),
}
TOP = ("application", "domain", "list", "acl", "key", "address", "number")
INSIDE = {"user": "list", "ip": "acl"}
NAMES = {
    "domain": ("a", "b", "B", "x.a", "y.x.a"),
    "number": ("+15035550100", "+15035550101", "+18005550100", "+15005550000"),
    "ip": ("192.0.2.1", "192.0.2.2"),
}
PLAIN = ("one", "two", "One")
# The path of a mapping, what it maps, and the store behind it; the older paths share the newer ones' store.
WAYS = {
    "Auth/Calls/CredentialListMappings": ("list", "CredentialListSid", "calls"),
    "CredentialListMappings": ("list", "CredentialListSid", "calls"),
    "Auth/Registrations/CredentialListMappings": ("list", "CredentialListSid", "registrations"),
    "Auth/Calls/IpAccessControlListMappings": ("acl", "IpAccessControlListSid", "addresses"),
    "IpAccessControlListMappings": ("acl", "IpAccessControlListSid", "addresses"),
}
STORES = {store for _, _, store in WAYS.values()}
MAPPED = {"list": 21241, "acl": 21236}
ABSENT = {"list": "CL", "acl": "AL"}
PENDING, FAILED = "pending-", "-failure"


@dataclass
class Thing:
    """One resource of the model. `status` and `held` describe the emergency address of a number."""

    sid: str
    name: str
    status: str = "unregistered"
    wanted: str | None = None
    held: str = ""
    is_for_emergencies: bool = False


@dataclass
class Walk:
    """A list that is being walked; `due` are those that were there at its start, and still are."""

    account: int
    place: str
    due: set[str]
    next: str | None
    seen: list[str] = field(default_factory=list)


Answer = tuple[int, dict[str, Any]]
Found = tuple[int, str, Thing]  # the account, the place, and what is there
RARELY = st.sampled_from([False] * 5 + [True])
accounts, servers = st.integers(0, 1), st.integers(0, 1)


class Machine(RuleBasedStateMachine):
    """The rules: each sends a request and compares the answer with the model."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory(prefix="machine-")
        self.file = Path(self._folder.name) / "state.db"
        known = Accounts([f"{account}:{TOKEN}" for account in ACCOUNTS])
        self._stores = [Store(self.file), Store(self.file)]
        self._clients = [Client(App(store, known, 0, {}, Faults())) for store in self._stores]
        # By account and place (a kind, or a kind and whose inside it is): the things in order of creation.
        self.things: dict[tuple[int, str], dict[str, Thing]] = {}
        self.sids: set[str] = set()
        self.released: set[str] = set()
        self.walks: list[Walk] = []

    # How it asks

    def ask(
        self, server: int, account: int, method: str, path: str, form: dict[str, str] | None = None
    ) -> Answer:
        packed = base64.b64encode(f"{ACCOUNTS[account]}:{TOKEN}".encode()).decode()
        answer = self._clients[server].open(
            path, method=method, data=form or {}, headers={"Authorization": f"Basic {packed}"}
        )
        return answer.status_code, json.loads(answer.data) if answer.data else {}

    def root(self, account: int) -> str:
        return f"/2010-04-01/Accounts/{ACCOUNTS[account]}"

    def path(self, account: int, place: str, sid: str = "") -> str:
        """Of a list, or of one of its things; a place within something is `kind/SID`."""
        kind, _, parent = place.partition("/")
        if kind in KINDS:
            owner = f"{KINDS[INSIDE[kind]].path}/{parent}/" if parent else ""
            way = owner + KINDS[kind].path
        else:
            way = f"SIP/Domains/{parent}/{next(way for way, row in WAYS.items() if row[2] == kind)}"
        return f"{self.root(account)}/{way}{'/' if sid else ''}{sid}.json"

    def of(self, account: int, place: str) -> dict[str, Thing]:
        return self.things.setdefault((account, place), {})

    def some(self, data: st.DataObject, kinds: Iterable[str], account: int | None = None) -> Found | None:
        """One of the things of these kinds that are there, of this account or of any."""
        there = [
            (whose, place, thing)
            for (whose, place), things in self.things.items()
            if place.partition("/")[0] in kinds and account in {None, whose} and self._stands(whose, place)
            for thing in things.values()
        ]
        return data.draw(st.sampled_from(there)) if there else None

    # What it expects

    def expect(self, answer: Answer, code: int, good: int) -> bool:
        """Whether the request succeeded; it must exactly when the model expects no error code."""
        status, body = answer
        assert (body.get("code", 0) if status >= 400 else 0) == code, body
        assert code or status == good
        return not code

    def taken(self, account: int, place: str, name: str, own: str = "") -> int:
        kind = KINDS[place.partition("/")[0]]
        for (whose, where), things in self.things.items():
            same = where == place and (whose == account or kind.scope == "global")
            if kind.taken and same and any(_same(kind, it, name) and it.sid != own for it in things.values()):
                return kind.taken
        return 0

    def orphan(self, account: int, name: str) -> int:
        """A sub-domain needs its parent, in the same account."""
        _, _, parent = name.partition(".")
        names = {it.name.lower() for it in self.of(account, "domain").values()}
        return 21232 if parent and parent.lower() not in names else 0

    def in_use(self, account: int, place: str, thing: Thing) -> int:
        """The error code that a deletion must get."""
        if place == "domain":
            return self.parent(account, thing) or 21233 * any(
                self.things.get((account, f"{store}/{thing.sid}")) for store in STORES
            )
        if place in MAPPED:
            stores = {store for kind, _, store in WAYS.values() if kind == place}
            return MAPPED[place] * any(
                whose == account and where.partition("/")[0] in stores and thing.sid in things
                for (whose, where), things in self.things.items()
            )
        return self.attached(account, thing) if place == "address" else 0

    def parent(self, account: int, thing: Thing) -> int:
        ending = "." + thing.name.lower()
        return 21233 * any(it.name.lower().endswith(ending) for it in self.of(account, "domain").values())

    def attached(self, account: int, address: Thing) -> int:
        numbers = self.of(account, "number").values()
        return 21625 * any(it.status != "unregistered" and it.held == address.sid for it in numbers)

    def forget(self, account: int, place: str, sid: str) -> None:
        del self.of(account, place)[sid]
        for walk in self.walks:
            if (walk.account, walk.place) == (account, place):
                walk.due.discard(sid)
        for kind, owner in INSIDE.items():
            if owner == place:
                for inside in list(self.of(account, f"{kind}/{sid}")):
                    self.forget(account, f"{kind}/{sid}", inside)

    # What it does

    @rule(data=st.data(), server=servers, account=accounts, kind=st.sampled_from(TOP))
    def make(self, data: st.DataObject, server: int, account: int, kind: str) -> None:
        name = data.draw(st.sampled_from(NAMES.get(kind, PLAIN)))
        form = {}
        if kind == "address":
            form["EmergencyEnabled"] = data.draw(st.sampled_from(["true", "false"]))
        code = self.taken(account, kind, name)
        if kind == "domain":
            code = self.orphan(account, name) or code
        if kind == "number" and (name in self.released or name == "+15005550000"):
            code = 21422
        self._make(server, account, kind, name, code, form)

    @rule(data=st.data(), server=servers, kind=st.sampled_from(sorted(INSIDE)))
    def make_inside(self, data: st.DataObject, server: int, kind: str) -> None:
        owner = self.some(data, [INSIDE[kind]])
        if owner is not None:
            name, place = data.draw(st.sampled_from(NAMES.get(kind, PLAIN))), f"{kind}/{owner[2].sid}"
            self._make(server, owner[0], place, name, self.taken(owner[0], place, name), {})

    def _make(
        self, server: int, account: int, place: str, name: str, code: int, more: dict[str, str]
    ) -> None:
        kind = KINDS[place.partition("/")[0]]
        form = {kind.param: _spelt(kind, name), **kind.form, **more}
        answer = self.ask(server, account, "POST", self.path(account, place), form)
        if self.expect(answer, code, 201):
            sid = answer[1]["sid"]
            assert sid not in self.sids
            self.sids.add(sid)
            urgent = more.get("EmergencyEnabled") == "true"
            self.of(account, place)[sid] = Thing(sid, name, is_for_emergencies=urgent)

    @rule(data=st.data(), server=servers)
    def rename(self, data: st.DataObject, server: int) -> None:
        found = self.some(data, [kind for kind in TOP if KINDS[kind].renames])
        if found is None:
            return
        account, kind, thing = found
        name = data.draw(st.sampled_from(NAMES.get(kind, PLAIN)))
        code = self.taken(account, kind, name, thing.sid)
        if kind == "domain":
            code = self.may_rename(account, thing, name) or code
        elif kind == "address":
            code = self.attached(account, thing)
        form = {KINDS[kind].param: _spelt(KINDS[kind], name)}
        answer = self.ask(server, account, "POST", self.path(account, kind, thing.sid), form)
        if self.expect(answer, code, 200):
            thing.name = name

    def may_rename(self, account: int, thing: Thing, name: str) -> int:
        others = {it.name.lower() for it in self.of(account, "domain").values() if it is not thing}
        _, _, parent = name.partition(".")
        if thing.name != name and parent and parent.lower() not in others:
            return 21232
        return 0 if thing.name.lower() == name.lower() else self.parent(account, thing)

    @rule(data=st.data(), server=servers)
    def take_away(self, data: st.DataObject, server: int) -> None:
        found = self.some(data, KINDS)
        if found is not None:
            self._take_away(server, *found)

    @precondition(lambda self: self.full())
    @rule(data=st.data(), server=servers)
    def take_away_with_all(self, data: st.DataObject, server: int) -> None:
        """Delete a list with its entries."""
        self._take_away(server, *data.draw(st.sampled_from(self.full())))

    def full(self) -> list[Found]:
        return [
            (account, owner, self.of(account, owner)[sid])
            for (account, place), things in list(self.things.items())
            for kind, _, sid in [place.partition("/")]
            for owner in [INSIDE.get(kind, "")]
            if owner and things and self._stands(account, place)
        ]

    def _take_away(self, server: int, account: int, place: str, thing: Thing) -> None:
        path, gone = self.path(account, place, thing.sid), self.within(account, place, thing.sid)
        if self.expect(self.ask(server, account, "DELETE", path), self.in_use(account, place, thing), 204):
            self.forget(account, place, thing.sid)
            self.released |= {thing.name} if place == "number" else set()
            self.expect(self.ask(1 - server, account, "DELETE", path), 20404, 404)
            for inside in gone:
                self.expect(self.ask(1 - server, account, "GET", inside), 20404, 404)
            self.compare_owners(server, account)

    def within(self, account: int, place: str, sid: str) -> list[str]:
        """The paths of what lies within a thing."""
        inside = [f"{kind}/{sid}" for kind, owner in INSIDE.items() if owner == place]
        return [self.path(account, where, it) for where in inside for it in self.of(account, where)]

    def compare_owners(self, server: int, account: int) -> None:
        """No path leads into a list that is gone: what lives on in it shows in a dump alone."""
        there = self.ask(server, account, "GET", "/_sandbox/dump")[1]["objects"]
        sids = {one["sid"] for one in there}
        assert not [one for one in there if one["parent"] and one["parent"] not in sids]

    @rule(data=st.data(), server=servers, way=st.sampled_from(sorted(WAYS)), absent=RARELY)
    def map(self, data: st.DataObject, server: int, way: str, *, absent: bool) -> None:
        kind, param, store = WAYS[way]
        domain = self.some(data, ["domain"])
        target = self.some(data, [kind], domain[0]) if domain else None
        if domain is None or target is None:
            return
        account, owner = domain[0], domain[2].sid
        sid = f"{ABSENT[kind]}{'e' * 32}" if absent else target[2].sid
        mapped = self.of(account, f"{store}/{owner}")
        code = 20404 if absent else 21231 * (sid in mapped)
        path = f"{self.root(account)}/SIP/Domains/{owner}/{way}.json"
        if self.expect(self.ask(server, account, "POST", path, {param: sid}), code, 201):
            mapped[sid] = Thing(sid, "")

    @rule(data=st.data(), server=servers)
    def unmap(self, data: st.DataObject, server: int) -> None:
        found = self.some(data, STORES)
        if found is None:
            return
        account, place, mapping = found
        store, _, owner = place.partition("/")
        way = data.draw(st.sampled_from([way for way, row in WAYS.items() if row[2] == store]))
        path = f"{self.root(account)}/SIP/Domains/{owner}/{way}/{mapping.sid}.json"
        self.expect(self.ask(server, account, "DELETE", path), 0, 204)
        self.forget(account, place, mapping.sid)

    @rule(
        data=st.data(),
        server=servers,
        delay=st.sampled_from([0, FOREVER]),
        outcome=st.sampled_from(["success", "failure"]),
        clears=st.booleans(),
    )
    def move(self, data: st.DataObject, server: int, delay: int, outcome: str, *, clears: bool) -> None:
        """Set or remove the emergency address of a number."""
        found = self.some(data, ["number"])
        place = self.some(data, ["address"], found[0]) if found else None
        if found is None or place is None:
            return
        account, number, address = found[0], found[2], None if clears else place[2]
        chosen = {"emergency_delay_seconds": str(delay), "emergency_outcome": outcome}
        assert self.ask(server, account, "POST", "/_sandbox/settings", chosen)[0] == 200
        wanted = address.sid if address else None
        form = {"EmergencyAddressSid": wanted or ""}
        answer = self.ask(1 - server, account, "POST", self.path(account, "number", number.sid), form)
        still = wanted == number.wanted and not number.status.endswith(FAILED)
        if self.expect(answer, 0 if still else _may_attach(number, address), 200) and not still:
            number.wanted, number.held = wanted, wanted or number.held
            number.status = _status("registration" if wanted else "unregistration", delay, outcome)
        if answer[0] == 200:
            assert answer[1]["emergency_address_status"] == number.status

    # What it sees

    @rule(data=st.data(), server=servers, account=accounts, size=st.integers(1, 4))
    def look(self, data: st.DataObject, server: int, account: int, size: int) -> None:
        """A list, walked at once, is what the model has, in order of creation."""
        place = data.draw(st.sampled_from(self._places(account)))
        self.compare(server, account, place, size)

    def compare(self, server: int, account: int, place: str, size: int) -> None:
        there = self.of(account, place).values()
        seen, path = [], f"{self.path(account, place)}?PageSize={size}"
        while path:
            status, page = self.ask(server, account, "GET", path)
            assert status == 200, page
            rows, path = _rows(page), page["next_page_uri"]
            assert len(rows) <= size
            seen += rows
            assert len(seen) <= len(there)
        kind = KINDS.get(place.partition("/")[0])
        shown = [(row["sid"], row[kind.shown] if kind else "") for row in seen]
        assert shown == [(it.sid, _spelt(kind, it.name) if kind else "") for it in there]
        if place == "domain":
            self._compare_auth_types(account, seen)
        if place == "number":
            assert [row["emergency_address_status"] for row in seen] == [it.status for it in there]

    def _compare_auth_types(self, account: int, seen: list[dict[str, Any]]) -> None:
        for row in seen:
            words = {"CREDENTIAL_LIST": "calls", "IP_ACL": "addresses"}
            wanted = [
                word for word, store in words.items() if self.things.get((account, f"{store}/{row['sid']}"))
            ]
            assert row["auth_type"] == ",".join(wanted)

    def _places(self, account: int) -> list[str]:
        inside = (place for whose, place in self.things if whose == account and "/" in place)
        return [*TOP, *sorted(place for place in inside if self._stands(account, place))]

    def _stands(self, account: int, place: str) -> bool:
        """Whether what a place lies within is there."""
        kind, _, owner = place.partition("/")
        return not owner or owner in self.of(account, INSIDE.get(kind, "domain"))

    @rule(data=st.data(), server=servers, account=accounts, size=st.integers(1, 2))
    def begin_walk(self, data: st.DataObject, server: int, account: int, size: int) -> None:
        place = data.draw(st.sampled_from(("application", "application", *TOP)))
        walk = Walk(
            account, place, set(self.of(account, place)), f"{self.path(account, place)}?PageSize={size}"
        )
        self.walks.append(walk)
        self._turn(server, walk)

    @precondition(lambda self: self.walks)
    @rule(data=st.data(), server=servers)
    def turn_page(self, data: st.DataObject, server: int) -> None:
        self._turn(server, data.draw(st.sampled_from(self.walks)))

    def _turn(self, server: int, walk: Walk) -> None:
        """Read the next page. After the last, everything that existed throughout was seen, and nothing twice."""
        if walk.next is not None:
            _, page = self.ask(server, walk.account, "GET", walk.next)
            walk.seen += [row["sid"] for row in _rows(page)]
            walk.next = page["next_page_uri"]
        assert len(walk.seen) == len(set(walk.seen))
        if walk.next is None:
            assert walk.due <= set(walk.seen)
            self.walks.remove(walk)

    @initialize()
    def begin(self) -> None:
        """Something of each kind that the rest needs."""
        for account, domain in ((0, "a"), (1, "b")):
            for kind in ("application", "application", "application", "list", "acl"):
                self._make(0, account, kind, f"first {len(self.of(account, kind))}", 0, {})
            self._make(1, account, "domain", domain, 0, {})
            self._make(1, account, "number", NAMES["number"][account], 0, {})
            self._make(1, account, "address", "one", 0, {"EmergencyEnabled": "true"})
            for kind, owner in INSIDE.items():
                (sid,) = self.of(account, owner)
                self._make(0, account, f"{kind}/{sid}", NAMES.get(kind, PLAIN)[0], 0, {})

    def teardown(self) -> None:
        try:
            while self.walks:
                self._turn(0, self.walks[0])
            for account in (0, 1):
                for place in self._places(account):
                    self.compare(account, account, place, 1000)
            faults = wholeness.faults_of(wholeness.read(self.file))
            assert not faults, faults
        finally:
            for store in self._stores:
                store.close()
            self._folder.cleanup()


def _same(kind: Kind, thing: Thing, name: str) -> bool:
    return thing.name.lower() == name.lower() if kind.shown == "domain_name" else thing.name == name


def _spelt(kind: Kind, name: str) -> str:
    return f"{name}.sip.twilio.com" if kind.shown == "domain_name" else name


def _rows(page: dict[str, Any]) -> list[dict[str, Any]]:
    (rows,) = (value for value in page.values() if isinstance(value, list))
    return list(rows)


def _may_attach(number: Thing, address: Thing | None) -> int:
    if address is None:
        return 0
    if number.status not in {"unregistered", "registration-failure"}:
        return 20409
    return 0 if address.is_for_emergencies else 20001


def _status(move: str, delay: int, outcome: str) -> str:
    if delay:
        return PENDING + move
    if outcome == "failure":
        return move + FAILED
    return "registered" if move == "registration" else "unregistered"

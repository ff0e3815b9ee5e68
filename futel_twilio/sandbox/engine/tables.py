"""The words the tables are written in: fields, filters, rules, limits, resources and single endpoints.

Every row carries `evidence` (spec, example, recording, documented, live or guess) and a short `source`,
so that the coverage of the sandbox can be printed from the tables themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import MultiDict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from futel_twilio.sandbox.engine.accounts import Principal
    from futel_twilio.sandbox.engine.errors import Refusal
    from futel_twilio.sandbox.engine.values import Reader
    from futel_twilio.sandbox.storage.rows import Condition, Row
    from futel_twilio.sandbox.storage.store import Store

Form = MultiDict[str, str]
Answer = tuple[int, dict[str, Any] | None]
API_VERSION = "2010-04-01"
THROUGH = "_through"  # of a mapping: the path it was made through


@dataclass(frozen=True)
class RequestContext:
    """One request as the tables see it: who asks, of what, when, and where the memory is."""

    store: Store
    caller: Principal
    account: str
    path: str
    base: str
    query: Form
    form: Form
    ids: Mapping[str, str]
    now: float
    remote: str
    limits: Mapping[str, int]
    one_time_secrets: dict[str, str] = field(
        default_factory=dict, repr=False
    )  # secrets for this answer alone

    @property
    def parent(self) -> str:
        return self.ids.get("parent", "")

    def url_of(self, path: str) -> str:
        return self.base + path


@dataclass(frozen=True)
class Rendered:
    """A row on its way out: the row, the table it is shown through, and its own path without a suffix."""

    context: RequestContext
    resource: Resource
    row: Row
    place: str


@dataclass(frozen=True)
class Field:
    """One key of the JSON body: settable through a parameter, or derived when it is shown."""

    name: str
    param: str = ""
    read: Reader | None = None
    default: Any = None
    clears: bool = True  # an empty parameter sets the default again
    required: Refusal | None = None  # the answer to a request without it
    required_on: tuple[str, ...] = ("create",)
    on: tuple[str, ...] = ("create", "update")
    kept: bool = True  # False: judged and thrown away (passwords)
    derive: Callable[[Rendered], Any] | None = None
    holds: Callable[[Any], bool] | None = (
        None  # whether a body may have a value, where its type tells too little
    )
    only: str = ""  # "fetch": not in list items; "create": only in the answer to a create
    evidence: str = "spec"
    source: str = ""


@dataclass(frozen=True)
class Filter:
    """A query parameter of a list."""

    param: str
    field: str
    read: Reader
    operator: str = "="
    evidence: str = "spec"
    source: str = ""


@dataclass(frozen=True)
class Change:
    """What a request is about to do to a row; `after` is None when it deletes, `before` when it creates.

    A name in a body that begins with `_` is the sandbox's own: never shown, never in an audit event.
    """

    context: RequestContext
    sid: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True)
class Rule:
    """A judgement over a whole change; raises a Refusal, or completes `after` with what follows from it."""

    on: tuple[str, ...]
    judge: Callable[[Change], None]
    says: str
    evidence: str
    source: str


@dataclass(frozen=True)
class Unique:
    """A value that may exist once: in this parent, in this account, or in the whole sandbox (global)."""

    field: str
    scope: str
    refuse: Callable[[str], Refusal]
    evidence: str
    source: str
    folds: bool = False  # upper and lower case are the same name


@dataclass(frozen=True)
class Limit:
    """How many rows an account (or a parent) may hold."""

    most: int
    scope: str
    refusal: Refusal
    evidence: str
    source: str


@dataclass(frozen=True)
class NewestFirst:
    """The list goes from the newest to the oldest; the source of that."""

    evidence: str
    source: str


@dataclass(frozen=True)
class JoinTable:
    """A mapping has no own SID: it shows the SID of what it maps, named by one parameter."""

    param: str
    kind: str
    prefix: str
    twice: str


@dataclass(frozen=True, eq=False)
class Resource:
    """A kind of object and one path that shows it; rows that share a `kind` share their storage."""

    kind: str
    path: str  # of the collection, without the suffix, with <account> and <parent>
    key: str  # of the list
    prefix: str  # of the SID
    fields: tuple[Field, ...]
    verbs: tuple[str, ...]
    evidence: str
    source: str
    parent: str = ""
    home: str = ""  # the path of its rows, where that is another one
    filters: tuple[Filter, ...] = ()
    rules: tuple[Rule, ...] = ()
    uniques: tuple[Unique, ...] = ()
    limit: Limit | None = None
    maps: JoinTable | None = None
    audit: str = ""  # the resource_type of its audit events; empty: none are written
    seed: Callable[[RequestContext], None] | None = None  # fills the list the first time an account asks
    named: str = ""  # the field that is its SID, where none is counted
    born: Callable[[RequestContext, Row], None] | None = None  # what comes into being with a new row
    guard: Callable[[RequestContext], None] | None = None  # who may not use it at all
    asks: Callable[[RequestContext, dict[str, Any]], Answer] | None = (
        None  # the create of what comes later, if at all
    )
    within: Callable[[RequestContext], list[Condition]] | None = (
        None  # a view: the account's rows that meet these
    )
    newest_first: NewestFirst | None = None  # without it a list is in order of creation
    # What else a body holds, beside its fields, and whether it may be this; null is asked about where there is none.
    hidden: Mapping[str, Callable[[Any], bool]] = field(default_factory=dict)

    @property
    def product(self) -> str:
        return product_of(self.path)

    @property
    def suffix(self) -> str:
        return ".json" if self.product == "api" else ""


@dataclass(frozen=True, eq=False)
class Endpoint:
    """A path that is no list of objects: one function for each HTTP method."""

    path: str
    methods: Mapping[str, Callable[[RequestContext], Answer]]
    evidence: str
    source: str
    suffix: str = field(default="")

    @property
    def product(self) -> str:
        return product_of(self.path)


def product_of(path: str) -> str:
    """Which of Twilio's hosts serves a path; all of them reach the sandbox on one port."""
    if path.startswith("/2010-04-01"):
        return "api"
    if path.startswith(("/v1/Sinks", "/v1/Subscriptions")):
        return "events"
    return "monitor" if path.startswith(("/v1/Alerts", "/v1/Events")) else "voice"

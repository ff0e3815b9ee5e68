"""Lists by the page: PageSize, opaque PageToken, and the envelopes of v2010 and of the product APIs."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from futel_twilio.sandbox.engine.errors import Refusal, bad
from futel_twilio.sandbox.engine.values import invalid
from futel_twilio.sandbox.storage.rows import Condition, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from futel_twilio.sandbox.engine.tables import RequestContext, Resource

DEFAULT_SIZE = 50
LARGEST_SIZE = 1000
END = 2**63 - 1  # beyond every row
TOKEN = re.compile(r"P([AB])[A-Z]{2}([0-9a-f]{8})([0-9a-f]{8})([0-7][0-9a-f]{15})")


@dataclass(frozen=True)
class Window:
    """Which part of a list is asked for; `way` is A (after the row `edge`, as listed) or B (before it)."""

    page: int
    size: int
    token: str = ""
    way: str = "A"
    start: int = 0
    edge: int = 0


@dataclass(frozen=True)
class Page:
    """What came out: the rows, and the tokens of the pages on either side."""

    rows: list[Row]
    window: Window
    query: str
    next_token: str
    previous_token: str

    @property
    def start(self) -> int:
        return self.window.start if self.rows else 0

    @property
    def end(self) -> int:
        return max(0, self.start + len(self.rows) - 1)

    def link(self, page: int, token: str = "") -> str:
        query = f"{self.query}PageSize={self.window.size}&Page={page}"
        return f"{query}&PageToken={token}" if token else query


def turn(context: RequestContext, resource: Resource) -> Page:
    """Take one page of a list: in order of creation, or the other way round where the table is `newest_first`.

    GUESS: Twilio documents the order of messages alone; what others list first here need not be first there.
    """
    place = (resource.kind, context.account, "" if resource.within else context.parent)
    window = _window(context, _seal_of(place), resource)
    conditions, query = _conditions(context, resource)
    backwards = window.way == "B"
    rows = _rows(context, resource, place, conditions, window)
    more = len(rows) > window.size
    rows = rows[1:] if more and backwards else rows[: window.size]
    return Page(
        rows,
        window,
        query,
        next_token=_token(place, resource, "A", window.start + len(rows), rows[-1].seq)
        if rows and (more or backwards)
        else "",
        previous_token=_token(place, resource, "B", max(0, window.start - window.size), rows[0].seq)
        if rows and window.start > 0
        else "",
    )


def of_one(context: RequestContext, params: Sequence[str], rows: list[Row]) -> Page:
    """The page of a list that never has a second one; `params` are the filters that its links repeat."""
    if context.query.get("PageToken"):
        raise bad_token()
    given = ((param, context.query.get(param, "")) for param in params)
    query = "".join(f"{param}={quote(raw, safe='')}&" for param, raw in given if raw)
    return Page(rows, Window(_number(context, "Page", 0), size_of(context)), query, "", "")


def _rows(
    context: RequestContext,
    resource: Resource,
    place: tuple[str, str, str],
    conditions: list[Condition],
    window: Window,
) -> list[Row]:
    """The rows of a window and one beyond it, in the order in which the list shows them.

    What is made while a list is walked comes after its end, or before its beginning: nothing is shown twice.
    """
    falls = resource.newest_first is not None
    to_older = falls != (window.way == "B")
    edge = window.edge or (END if to_older else 0)
    rows = context.store.select(
        place,
        conditions,
        after=0 if to_older else edge,
        before=edge if to_older else None,
        limit=window.size + 1,
    )
    return rows[::-1] if falls else rows


def _window(context: RequestContext, seal: str, resource: Resource) -> Window:
    size, page = size_of(context), _number(context, "Page", 0)
    token = context.query.get("PageToken", "")
    if not token:
        # GUESS: Page alone does not turn the page ("simply for client state" in the spec).
        return Window(page, size)
    found = TOKEN.fullmatch(token)
    if not found or found[2] != _sealed(seal, resource, found[1], found[3] + found[4]):
        raise bad_token()
    return Window(page, size, token, found[1], int(found[3], 16), int(found[4], 16))


def bad_token() -> Refusal:
    # GUESS: the code is documented, the wording is not.
    return bad(21481, "PageToken is not valid")


def size_of(context: RequestContext) -> int:
    size = _number(context, "PageSize", DEFAULT_SIZE)
    if not 1 <= size <= LARGEST_SIZE:
        # GUESS: 20007 is documented for too large; the wording, and the code for below 1, are not.
        raise bad(20007, f"PageSize must be from 1 to {LARGEST_SIZE}")
    return size


def _number(context: RequestContext, param: str, default: int) -> int:
    raw = context.query.get(param, "")
    if not raw:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", raw):
        raise bad(20007, f"{param} is not valid") if param == "PageSize" else invalid(param)
    return int(raw)


def _conditions(context: RequestContext, resource: Resource) -> tuple[list[Condition], str]:
    conditions = resource.within(context) if resource.within else []
    query = ""
    for row in resource.filters:
        raw = context.query.get(row.param, "")
        if raw:
            conditions.append(Condition(row.field, row.operator, row.read(row.param, raw)))
            query += f"{row.param}={quote(raw, safe='')}&"
    return conditions, query


def _seal_of(place: tuple[str, str, str]) -> str:
    return "/".join(place)


def _sealed(seal: str, resource: Resource, way: str, digits: str) -> str:
    """A token is good for the list that gave it and for no other."""
    return hashlib.blake2s(f"{seal}/{resource.path}/{way}/{digits}".encode(), digest_size=4).hexdigest()


def _token(place: tuple[str, str, str], resource: Resource, way: str, start: int, edge: int) -> str:
    digits = f"{start:08x}{edge:016x}"
    prefix = resource.prefix or "ID"
    return f"P{way}{prefix}{_sealed(_seal_of(place), resource, way, digits)}{digits}"


def classic(page: Page, path: str, key: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    """The envelope of v2010: host-less paths, no key more and no key less."""
    at, window = f"{path}?", page.window
    return {
        key: items,
        "end": page.end,
        "first_page_uri": at + page.link(0),
        "next_page_uri": at + page.link(window.page + 1, page.next_token) if page.next_token else None,
        "page": window.page,
        "page_size": window.size,
        "previous_page_uri": _previous(page, at),
        "start": page.start,
        "uri": at + page.link(window.page, window.token),
    }


def modern(page: Page, url: str, key: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    """The envelope of the product APIs: a `meta` of absolute URLs, on the sandbox's own host.

    The SDK follows them word for word: with Twilio's host in them page 2 would leave the machine.
    """
    at, window = f"{url}?", page.window
    meta = {
        "page": window.page,
        "page_size": window.size,
        "first_page_url": at + page.link(0),
        "previous_page_url": _previous(page, at),
        "url": at + page.link(window.page, window.token),
        "next_page_url": at + page.link(window.page + 1, page.next_token) if page.next_token else None,
        "key": key,
    }
    return {key: items, "meta": meta}


def _previous(page: Page, at: str) -> str | None:
    if not page.previous_token:
        return None
    return at + page.link(max(0, page.window.page - 1), page.previous_token)

"""Fuzzed requests, drawn by hypothesis: out of the sandbox's own tables, and bytes that are hardly HTTP.

A shot is the bytes of one request, and what may be expected of the answer. Values are sometimes what a
careful client sends, so that there is something to hit, and often what nobody should.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote, quote_plus

from hypothesis import strategies as st

from futel_twilio.sandbox.api_v2010.phone_numbers.search import PARAMS as SEARCH
from futel_twilio.sandbox.engine.handlers import COLLECTION, ITEM
from futel_twilio.sandbox.http.control import PREFIX
from futel_twilio.sandbox.http.registry import ENDPOINTS, RESOURCES
from tests.support.sandbox import AUTH

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import DrawFn, SearchStrategy

T = TypeVar("T")
Pairs = list[tuple[str, str]]
SECRET = "Hush7Hush7Hush7"
TOKEN = base64.b64encode(":".join(AUTH).encode()).decode()
METHODS = ("GET", "POST", "DELETE")
ODD_METHODS = ("HEAD", "OPTIONS", "PUT", "PATCH", "TRACE", "CONNECT", "get", "X", "G\tET", "Ä", "GET" * 99)
DEEP = "[" * 30_000 + "]" * 30_000


@dataclass(frozen=True)
class Shot:
    """One request. `proper` is one that any server must answer; of others it may also hang up."""

    sent: bytes
    method: str = ""
    proper: bool = True
    own: bool = False  # one of the sandbox's own paths, which do not answer like Twilio

    def __repr__(self) -> str:
        return f"{self.method} {self.sent[:600]!r} ({len(self.sent)} bytes)"


def sid(prefix: str, number: int) -> str:
    """A SID as the sandbox counts them for its own account: the small ones exist."""
    return f"{prefix}{ACCOUNT_DIGEST}{number:024x}"


ACCOUNT_DIGEST = hashlib.blake2s(AUTH[0].encode(), digest_size=4).hexdigest()
SIDS: dict[str, str] = {
    "VoiceApplicationSid": "AP",
    "SmsApplicationSid": "AP",
    "ApplicationSid": "AP",
    "CredentialListSid": "CL",
    "IpAccessControlListSid": "AL",
    "EmergencyCallerSid": "PN",
    "ByocTrunkSid": "BY",
    "TrunkSid": "TK",
    "EmergencyAddressSid": "AD",
    "AddressSid": "AD",
    "SinkSid": "DG",
    "ResourceSid": "AP",
    "ActorSid": "AC",
}
GOOD: dict[str, tuple[str, ...]] = {
    "FriendlyName": ("phones", "staff", "office"),
    "DomainName": ("a.sip.twilio.com", "b.sip.twilio.com", "c.a.sip.twilio.com", "A.sip.twilio.com"),
    "Username": ("user-1", "user-2", "user-3"),
    "Password": (SECRET, SECRET + "x"),
    "IpAddress": ("192.0.2.1", "192.0.2.2"),
    "CidrPrefixLength": ("24", "32", "33"),
    "PhoneNumber": ("+15035550100", "+15035550101", "+18005550102", "+447700900123", "503*", "+15005550000"),
    "AreaCode": ("503", "800", "533", "911", "212"),
    "Contains": ("555", "***55", "+1503", "%%%%%%%%%%%%%%9$", "%*%*%*%*%*%*%*9$", "PORT"),
    "InRegion": ("OR", "or", "XX"),
    "InPostalCode": ("97201", "+15035550100"),
    "NearLatLong": ("45.5,-122.6", "99.9,-999.9", "0," + "1" * 400),
    "NearNumber": ("+15035550100", "+447700900123"),
    "Distance": ("25", "501"),
    "City": ("Portland",),
    "CustomerName": ("Futel", "Ü" * 33),
    "IsoCountry": ("US", "us"),
    "PostalCode": ("97201",),
    "Region": ("OR",),
    "Street": ("1 Main St", "1 Main St needs correction", "1 Main St does not exist", "needs correction"),
    "AutoCorrectAddress": ("true", "false"),
    "UsageCategory": ("totalprice", "calls"),
    "TriggerValue": ("+1", "100", "1.5", ".", "+"),
    "TriggerBy": ("price", "count"),
    "Recurring": ("daily", "never"),
    "To": ("+15035550100", "sip:a@a.sip.twilio.com", "client:x"),
    "From": ("+15035550100", "anybody"),
    "Twiml": ("<Response/>", "x" * 4001),
    "Timeout": ("60", "601"),
    "Description": ("errors",),
    "SinkConfiguration": (
        '{"destination": "https://example.org/", "method": "POST"}',
        '{"write_key": "k", "n": 1e999, "m": NaN, "i": -Infinity}',
        '{"a": "\\ud800", "b": "\\u0000"}',
        '{"n": ' + "9" * 5000 + "}",
        '{"deep": ' + DEEP + "}",
        "[]",
        "{",
    ),
    "SinkType": ("webhook", "kinesis", "email"),
    "Types": ('{"type": "com.example.a"}', '{"type": "com.example.b", "schema_version": 2}', "{}", "[1]"),
    "Type": ("com.example.a", "com.example.c"),
    "SchemaVersion": ("1", "1001"),
    "TestId": ("x",),
    "UpdateRequest": (
        '[{"iso_code": "US", "low_risk_numbers_enabled": "true"}]',
        '[{"iso_code": "\\ud800"}]',
        '[{"iso_code": {"a": NaN}}]',
        "[]",
        "[[]]",
        DEEP,
    ),
    "DialingPermissionsInheritance": ("true", "false"),
    "PageSize": ("1", "2", "1000", "1001", "0", "-1", "x"),
    "Page": ("0", "1", "999999999", "x"),
    "PageToken": ("PAAP" + "0" * 32, "PBSD" + "f" * 32, "PAAPaaaaaaaa00000001ffffffffffffffff"),
    "LogLevel": ("error", "loud"),
    "Status": ("queued", "active"),
    "CountryCode": ("1", "+44", "٤"),
    "IsoCode": ("US",),
}
MOMENTS = (
    "2026-01-01",
    "2026-01-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01",
    "2026-W01-1",
    "yesterday",
)
NASTY = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\r\nX-Injected: 1\r\n\r\n",
    "'; DROP TABLE resource; --",
    '"}',
    "%",
    "_",
    "../../etc",
    "null",
    "true",
    "-1",
    "1e400",
    "NaN",
    "9" * 19,
    "9" * 5000,
    "1.1.1." + "0" * 5000 + "1",
    "x" * 70_000,
    "\ufeff",
    "\u202e",
    "\U0010ffff",
    "é" * 40,
    "💥" * 17,
    "http://",
    "http://[::1",
    "http://[::1]/",
    "https://example.org/" + "a" * 3000,
    DEEP,
    "{" * 2000,
)
ODD_TEXT = st.one_of(st.sampled_from(NASTY), st.text(max_size=20), st.text("%*0123456789+$", max_size=18))
USUALLY = st.sampled_from([True] * 9 + [False])
NUMBERS = st.sampled_from([1, 1, 1, 1, 1, 2, 2, 3, 4])
CLEAN_HEADERS: Pairs = [("Host", "127.0.0.1"), ("Accept", "application/json"), ("User-Agent", "shots")]
PRODUCTS = ("api", "voice", "monitor", "events")
PARAMS = sorted(
    {field.param for resource in RESOURCES for field in resource.fields if field.param}
    | {row.param for resource in RESOURCES for row in resource.filters}
    | set(GOOD)
)


def mostly(good: SearchStrategy[T], other: SearchStrategy[T], times: int) -> SearchStrategy[T]:
    """`one_of` takes equal strategies for one, and so knows no weights."""
    return st.sampled_from([good] * times + [other]).flatmap(lambda chosen: chosen)


def value(param: str) -> SearchStrategy[str]:
    """Something for one parameter: good ones as often as others."""
    plain = param.rstrip("<>")
    if plain in GOOD:
        good = st.sampled_from(GOOD[plain])
    elif plain.endswith(("Url", "Callback")):
        good = st.sampled_from(["https://example.org/x", "http://example.org", "ftp://x"])
    elif plain.endswith("Method"):
        good = st.sampled_from(["GET", "POST", "put"])
    elif plain.endswith(("Time", "Date")):
        good = st.sampled_from(MOMENTS)
    elif plain.endswith("Sid"):
        prefix = SIDS.get(plain, "XX")
        good = NUMBERS.map(lambda number: sid(prefix, number))
    else:
        good = st.sampled_from(["true", "false", "x"])
    return mostly(good, ODD_TEXT, 3)


@st.composite
def pairs(draw: DrawFn, known: tuple[str, ...], needed: tuple[str, ...] = ()) -> Pairs:
    """Parameters of a form or a query: those that are needed most often, some that are known, few others."""
    names = [name for name in needed if draw(USUALLY)]
    if known:
        names += draw(st.lists(st.sampled_from(known), max_size=4))
    if not draw(USUALLY):
        names.append(draw(st.one_of(st.sampled_from(PARAMS), ODD_TEXT)))
    return [(name, draw(value(name))) for name in names]


@dataclass(frozen=True)
class Place:
    """A path of the tables and what it takes."""

    path: str
    prefix: str
    parent: str
    query: tuple[str, ...]
    form: tuple[str, ...]
    needed: tuple[str, ...]
    methods: tuple[str, ...]
    product: str


def places() -> list[Place]:
    """Every path that the sandbox has."""
    prefixes = {resource.kind: resource.prefix for resource in RESOURCES}
    found = []
    for resource in RESOURCES:
        query = (*(row.param for row in resource.filters), "PageSize", "Page", "PageToken")
        form = tuple(field.param for field in resource.fields if field.param)
        needed = tuple(field.param for field in resource.fields if field.required is not None)
        if resource.maps is not None:
            form = needed = (resource.maps.param,)
        for verbs, item in ((COLLECTION, ""), (ITEM, "/<sid>")):
            methods = tuple(method for method, verb in verbs.items() if verb in resource.verbs)
            if not methods:
                continue
            found.append(
                Place(
                    resource.path + item + resource.suffix,
                    resource.prefix,
                    prefixes.get(resource.parent, ""),
                    query,
                    form,
                    needed if not item else (),
                    methods,
                    resource.product,
                )
            )
    for row in ENDPOINTS:
        query = (*SEARCH, "PageSize", "PageToken")
        form = ("UpdateRequest", "DialingPermissionsInheritance", "TestId")
        place = Place(row.path + row.suffix, "DG", "", query, form, (), tuple(row.methods), row.product)
        found.append(place)
    return found


PLACES = places()
ENDINGS = ("/", ".json", ".csv", "//", "%00", "?", "#x", ";a=1")


@st.composite
def path_of(draw: DrawFn, place: Place) -> str:
    """The path with its places filled: with what may exist, and now and then with anything."""
    known = {
        "account": st.just(AUTH[0]),
        "country": st.sampled_from(["US", "CA", "ZZ"]),
        "parent": NUMBERS.map(lambda number: sid(place.parent, number)),
        "sid": NUMBERS.map(lambda number: sid(place.prefix, number) if place.prefix else "US"),
    }

    def fill(found: re.Match[str]) -> str:
        good = known[found[1]]
        drawn = draw(mostly(good, ODD_TEXT, 25))[:3000]
        return quote(drawn, safe="")

    path = re.sub(r"<(\w+)>", fill, place.path)
    return path + draw(mostly(st.just(""), st.sampled_from(ENDINGS), 25))


def _multipart(fields: Pairs) -> tuple[str, bytes]:
    parts = [
        f'--frontier\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in fields
    ]
    body = "".join([*parts, "--frontier--\r\n"])
    return "multipart/form-data; boundary=frontier", body.encode("utf-8", "surrogatepass")


def _form(fields: Pairs) -> tuple[str, bytes]:
    return "application/x-www-form-urlencoded", _encoded(fields).encode()


def _encoded(fields: Pairs) -> str:
    return "&".join(
        f"{quote_plus(name.encode('utf-8', 'surrogatepass'))}={quote_plus(text.encode('utf-8', 'surrogatepass'))}"
        for name, text in fields
    )


def _json(fields: Pairs) -> tuple[str, bytes]:
    return "application/json", json.dumps(dict(fields)).encode()


BODIES: dict[str, Callable[[Pairs], tuple[str, bytes]]] = {
    "form": _form,
    "multipart": _multipart,
    "json": _json,
    "utf-16": lambda fields: (
        "application/x-www-form-urlencoded; charset=utf-16",
        _encoded(fields).encode("utf-16"),
    ),
    "many": lambda fields: _form(fields * 700),
    "many parts": lambda fields: _multipart((fields or [("a", "b")]) * 700),
    "large": lambda fields: _form([*fields, ("Filler", "x" * 600_000)]),
    "huge": lambda fields: _form([*fields, ("Filler", "x" * 1_000_100)]),
    "no frontier": lambda fields: ("multipart/form-data", _multipart(fields)[1]),
    "no end": lambda fields: (_multipart(fields)[0], _multipart(fields)[1][:-20]),
    "wrong type": lambda fields: ("\x01/;=", _form(fields)[1]),
}
BODY_KINDS = ["form"] * 12 + list(BODIES)
OTHERS = st.one_of(
    st.sampled_from(
        ["", "Basic", "Basic !!", "Basic " + "A" * 5000, "Bearer x", f"basic  {TOKEN}", "Basic /w=="]
    ),
    NUMBERS.map(lambda number: "Basic " + base64.b64encode(f"{sid('SK', number)}:x".encode()).decode()),
)


def written(method: str, target: str, headers: Pairs, body: bytes = b"") -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {text}" for name, text in headers)]
    if body or method in {"POST", "PUT", "PATCH"}:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body


@st.composite
def table_shots(draw: DrawFn) -> Shot:
    """A request for a path that the sandbox has, in proper HTTP, whatever it asks."""
    place = draw(st.sampled_from(PLACES))
    method = draw(st.sampled_from(place.methods * 8 + METHODS))
    if method == "DELETE" and draw(USUALLY):  # or soon nothing would be there
        method = place.methods[0]
    target = draw(path_of(place))
    query = draw(pairs(place.query)) if method == "GET" or not draw(USUALLY) else []
    if query:
        target += ("&" if "?" in target else "?") + _encoded(query)
    headers = [*CLEAN_HEADERS, ("Authorization", draw(mostly(st.just(f"Basic {TOKEN}"), OTHERS, 25)))]
    if draw(st.booleans()):
        product = draw(st.sampled_from((place.product,) * 20 + PRODUCTS))
        headers.append(("X-Original-Host", f"{product}.twilio.com"))
    body = b""
    if method == "POST":
        kind, body = BODIES[draw(st.sampled_from(BODY_KINDS))](draw(pairs(place.form, place.needed)))
        headers.append(("Content-Type", kind))
    return Shot(written(method, target, headers, body), method)


ANYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.sampled_from([10**400, -(10**30), 2**63]),
        st.floats(),
        st.text(max_size=8),
        st.sampled_from(["\ud800", "\x00", "503", "success", "+15035550100", "11200", "2026-01-01"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
OWN_FIELDS = {
    "settings": ("balance", "emergency_outcome", "emergency_delay_seconds", "latency_ms"),
    "alerts": ("error_code", "log_level", "date_generated", "alert_text", "account_sid"),
    "caller-ids": ("phone_number", "friendly_name", "account_sid"),
    "faults": ("method", "path", "fault", "value", "times", "from", "rule"),
    "seed": ("format", "objects", "counters", "settings"),
}
# Neither slow answers nor faults that strike: what is asked for is no finding.
HARMLESS = {
    "latency_ms": st.sampled_from([0, "0", True, 10**400, float("nan"), -1, None, [], "x"]),
    "path": st.sampled_from(["/nowhere", "", 7]),
    "rule": st.sampled_from(["GET /nowhere 500 x1", "GET /nowhere latency=1e999", "rain", 7, None]),
}
BROKEN_JSON = (b"{", b"\xff", DEEP.encode(), b"", b'"', b"[" * 500 + b"]" * 500)


@st.composite
def own_shots(draw: DrawFn) -> Shot:
    """A request for the sandbox's own paths, with JSON of any shape."""
    name = draw(st.sampled_from([*OWN_FIELDS, "requests", "dump", "nothing", "", "%00"]))
    method = draw(st.sampled_from(["POST", "POST", "POST", "GET", "PUT"]))
    known = draw(st.lists(st.sampled_from(OWN_FIELDS.get(name, ("x",))), unique=True))
    sent = {key: draw(HARMLESS.get(key, ANYTHING)) for key in known}
    if name == "faults":
        sent.setdefault("path", "/nowhere")
    whole = json.dumps(sent).encode()
    body = draw(st.sampled_from((whole,) * 12 + BROKEN_JSON))
    kind = draw(st.sampled_from(["application/json"] * 3 + ["text/plain", "multipart/form-data"]))
    headers = [*CLEAN_HEADERS, ("Content-Type", kind)]
    return Shot(written(method, PREFIX + name, headers, body), method, own=True)


APPS = f"/2010-04-01/Accounts/{AUTH[0]}/Applications.json"
VERSIONS = ("HTTP/1.1", "HTTP/1.0", "HTTP/0.9", "HTTP/1.9", "http/1.1", "HTTP/1", "HTTP/", "", "HTTP/1.1 x")
TARGETS = (
    APPS,
    "*",
    "",
    "//",
    "///x",
    "http://127.0.0.1" + APPS,
    "http://[::1",
    "http://[x]/",
    "http://example.org:99999999/",
    "/" + "a" * 60_000,
    APPS + "?" + "a=1&" * 15_000,
    APPS + "?" + "FriendlyName=" + "%00" * 15_000,
    "/%",
    "/%zz",
    "/%ff%fe",
    "/é",
    "/\x00",
    "/\x7f",
    "/a\\b",
    "?",
    "#",
    "/_sandbox/..%2f",
)
LINES = (
    "Content-Length: 5",
    "Content-Length: 9",
    "Content-Length: -1",
    "Content-Length: +5",
    "Content-Length: 5, 5",
    "Content-Length: 5x",
    "Content-Length: ٤",
    "Content-Length: 99999999999999999999",
    "Content-Length: 999999999",
    "Content-Length:",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: identity",
    "Connection: close",
    "Connection: keep-alive, Upgrade",
    "Expect: 100-continue",
    "Expect: x",
    "Upgrade: h2c",
    "Host: a:b:c",
    "Host: [",
    "Host: \x00",
    "Host:",
    "Host: 127.0.0.1\r\nHost: example.org",
    "X-Original-Host: " + "x" * 5000,
    "X-Original-Host: \x00\x01",
    "Cookie: a=b; ;;=",
    "Content-Type: multipart/form-data; boundary=" + "b" * 300,
    "Content-Type: application/x-www-form-urlencoded",
    "Content-Encoding: gzip",
    "no colon at all",
    ": no name",
    " folded",
    "Bad Name: x",
    "Bad\x00Name: x",
    "X: " + "x" * 70_000,
    "Range: bytes=0-",
    "If-None-Match: *",
    "Authorization: Digest x",
)
ENDS = ("\r\n", "\n", "\r")


@st.composite
def raw_shots(draw: DrawFn) -> Shot:
    """Bytes that are hardly HTTP: odd methods, targets, versions, headers, lengths and ends."""
    if not draw(USUALLY):
        return Shot(draw(st.binary(max_size=300)), proper=False)
    method = draw(st.sampled_from(METHODS * 4 + ODD_METHODS))
    target = draw(st.sampled_from((APPS,) * 8 + TARGETS))
    version = draw(st.sampled_from(VERSIONS[:1] * 8 + VERSIONS))
    end = draw(st.sampled_from(ENDS[:1] * 8 + ENDS))
    usual = ["Host: 127.0.0.1", f"Authorization: Basic {TOKEN}"]
    lines = draw(st.lists(st.sampled_from(LINES), max_size=4))
    if not draw(USUALLY):
        lines += [f"X-{number}: y" for number in range(120)]
    head = end.join([f"{method} {target} {version}", *draw(st.permutations(usual + lines)), "", ""])
    body = draw(st.sampled_from([b"", b"a=b&c", b"0\r\n\r\n", b"5\r\nhello\r\n", b"\x00" * 2000]))
    return Shot(head.encode("latin-1", "replace") + body, method, proper=False)


@st.composite
def cut_shots(draw: DrawFn) -> Shot:
    """A proper request that breaks off somewhere."""
    whole = draw(table_shots())
    at = draw(st.integers(0, max(0, len(whole.sent) - 1)))
    return Shot(whole.sent[:at], whole.method, proper=False)


def shots() -> SearchStrategy[Shot]:
    """Any of them: most are proper, for only those get anywhere."""
    return mostly(table_shots(), st.one_of(own_shots(), raw_shots(), cut_shots()), 3)

"""The judge of conformance bites: each planted wrong is named, by a small document of these tests' own."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from futel_twilio.sandbox.http.app import App
from futel_twilio.sandbox.server import Sandbox
from tests import conformance
from tests.conformance import __main__ as session
from tests.conformance import documents, recorder
from tests.conformance.exchange import Exchange, read
from tests.conformance.exemptions import EXEMPTIONS, Exemption
from tests.conformance.judge import Judge, is_broken
from tests.conformance.tally import Tally
from tests.support.paths import PROJECT
from tests.support.sandbox import ROOT, call

SID = {"type": "string", "pattern": "^ZZ[0-9a-f]{32}$"}
ZZ = "ZZ" + "0" * 32
ONE = f"/v9/Things/{ZZ}"
GOOD = {
    "sid": ZZ,
    "url": f"https://things.twilio.com{ONE}",
    "made": "Mon, 20 Jul 2015 17:27:10 +0000",
    "on": None,
}
ERROR = {
    "code": 20404,
    "message": "no",
    "more_info": "https://www.twilio.com/docs/errors/20404",
    "status": 404,
}
JSON = (("Content-Type", "application/json"),)


def document() -> dict[str, Any]:
    """A list, a create and a fetch of things, in the manner of Twilio's documents."""
    thing = {
        "type": "object",
        "properties": {
            "sid": SID,
            "url": {"type": "string", "format": "uri"},
            "made": {"type": "string", "format": "date-time-rfc-2822"},
            "on": {"type": "boolean", "nullable": True},
        },
    }
    form = {
        "type": "object",
        "properties": {
            "Name": {"type": "string", "maxLength": 8},
            "Way": {"type": "string", "enum": ["GET", "POST"]},
            "On": {"type": "boolean"},
            "Password": {"type": "string", "minLength": 4},
        },
        "required": ["Name"],
    }
    size = {"name": "PageSize", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000}}
    place = {"name": "Sid", "in": "path", "required": True, "schema": SID}
    shown = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/thing"}}}}
    listed = {
        "type": "object",
        "properties": {"things": {"type": "array", "items": {"$ref": "#/components/schemas/thing"}}},
    }
    return documents.tighten(
        {
            "openapi": "3.0.1",
            "info": {"title": "Things", "version": "1"},
            "servers": [{"url": "https://things.twilio.com"}],
            "paths": {
                "/v9/Things": {
                    "get": {
                        "parameters": [size],
                        "responses": {
                            "200": {"description": "", "content": {"application/json": {"schema": listed}}}
                        },
                    },
                    "post": {
                        "requestBody": {"content": {documents.FORM: {"schema": form}}},
                        "responses": {"201": {"description": "", **shown}},
                    },
                },
                "/v9/Things/{Sid}": {
                    "parameters": [place],
                    "get": {"responses": {"200": {"description": "", **shown}}},
                    "delete": {"responses": {"204": {"description": ""}}},
                },
            },
            "components": {
                "schemas": {"thing": thing},
                "securitySchemes": {"basic": {"type": "http", "scheme": "basic"}},
            },
            "security": [{"basic": []}],
        }
    )


JUDGE = Judge([document()])


def exchange(
    method: str = "GET", path: str = ONE, status: int = 200, shows: Any = None, **others: Any
) -> Exchange:
    """A good exchange but for what is given."""
    answer = "" if shows is None else json.dumps(shows)
    plain = Exchange(
        method=method,
        host="things.twilio.com",
        path=path,
        query="",
        scheme="Basic",
        content_type=documents.FORM,
        body="",
        status=status,
        headers=JSON,
        answer=answer,
        fault="",
        test="tests/test_x.py::test_y",
    )
    return replace(plain, **others)


def post(form: str, **others: Any) -> Exchange:
    return exchange("POST", "/v9/Things", 201, GOOD, body=form, **others)


def reported(given: Exchange) -> list[str]:
    return [f"{v.part}: {v.where}: {v.rule}" for v in JUDGE.violations(given)]


WELL = {
    "a fetch": exchange(shows=GOOD),
    "a list": exchange(path="/v9/Things", query="PageSize=2", shows={"things": [GOOD]}),
    "a create": post("Name=x&Way=GET&On=true&Password=longer"),
    "a delete": exchange("DELETE", status=204, headers=()),
    "behind an edge": exchange(host="things.umatilla.us1.twilio.com", shows=GOOD),
    "at a server of ours": exchange(host="127.0.0.1:4010", shows=GOOD),
    "a HEAD that is refused": exchange("HEAD", status=405),
    "a wrong request that is refused": exchange("POST", "/nowhere", 404, ERROR, body="Nonsense=1"),
}
PLANTED = {
    "a path of no document": (exchange(path="/v9/Nothing", shows=GOOD), "request: path: unknown"),
    "a host of another product": (exchange(host="api.twilio.com", shows=GOOD), "request: path: unknown"),
    "a method of no document": (exchange("PUT", shows=GOOD), "request: path: unknown"),
    "a bad SID in the path": (exchange(path="/v9/Things/ZZ1", shows=GOOD), "request: path Sid: pattern"),
    "an unknown filter": (
        exchange(path="/v9/Things", query="Nme=x", shows={"things": []}),
        "request: query Nme: unknown",
    ),
    "a filter too large": (
        exchange(path="/v9/Things", query="PageSize=1001", shows={"things": []}),
        "request: query PageSize: maximum",
    ),
    "a filter of another type": (
        exchange(path="/v9/Things", query="PageSize=many", shows={"things": []}),
        "request: query PageSize: CastError",
    ),
    "nobody signed it": (exchange(shows=GOOD, scheme=""), "request: form: SecurityNotFound"),
    "an unknown parameter": (post("Name=x&Nme=y"), "request: form Nme: unknown"),
    "a missing parameter": (post("Way=GET"), "request: form: required"),
    "no form at all": (post(""), "request: form: MissingRequiredRequestBody"),
    "a parameter too long": (post("Name=123456789"), "request: form Name: maxLength"),
    "a choice that is none": (post("Name=x&Way=PUT"), "request: form Way: enum"),
    "a boolean that is none": (post("Name=x&On=perhaps"), "request: form: CastError"),
    "JSON for a form": (
        post('{"Name": "x"}', content_type="application/json"),
        "request: form: MediaTypeNotFound",
    ),
    "a status of no document": (exchange(status=201, shows=GOOD), "answer: body: ResponseNotFound"),
    "a redirection": (exchange(status=302), "answer: body: ResponseNotFound"),
    "a property that is missing": (
        exchange(shows={key: GOOD[key] for key in ("sid", "url", "made")}),
        "answer: body: required",
    ),
    "a property too many": (exchange(shows=GOOD | {"name": "x"}), "answer: body: additionalProperties"),
    "a type": (exchange(shows=GOOD | {"on": "true"}), "answer: body on: type"),
    "a null": (exchange(shows=GOOD | {"sid": None}), "answer: body sid: type"),
    "a SID": (exchange(shows=GOOD | {"sid": "ZZ1"}), "answer: body sid: pattern"),
    "a URL without a host": (exchange(shows=GOOD | {"url": ONE}), "answer: body url: format uri"),
    "a date": (
        exchange(shows=GOOD | {"made": "2015-07-20T17:27:10Z"}),
        "answer: body made: format date-time-rfc-2822",
    ),
    "a wrong weekday": (
        exchange(shows=GOOD | {"made": "Tue, 20 Jul 2015 17:27:10 +0000"}),
        "answer: body made: format date-time-rfc-2822",
    ),
    "inside a list": (
        exchange(path="/v9/Things", shows={"things": [GOOD, GOOD | {"sid": "x"}]}),
        "answer: body things/*/sid: pattern",
    ),
    "no body": (exchange(answer=""), "answer: body: MissingData"),
    "a page for JSON": (
        exchange(headers=(("Content-Type", "text/html"),), shows=GOOD),
        "answer: body: MediaTypeNotFound",
    ),
    "a body where none belongs": (exchange("DELETE", status=204, shows={}), "answer: body: empty"),
    "a 500 nobody requested for": (
        exchange(status=500, shows=ERROR | {"status": 500}),
        "answer: status: without consent",
    ),
    "an error without a code": (
        exchange(status=404, shows={"message": "no", "status": 404}),
        "answer: body: error form",
    ),
    "an error of another status": (
        exchange(status=404, shows=ERROR | {"status": 400}),
        "answer: body status: error form",
    ),
    "an error of another page": (
        exchange(status=404, shows=ERROR | {"code": 20003}),
        "answer: body more_info: error form",
    ),
    "an error with more": (
        exchange(status=404, shows=ERROR | {"detail": "x"}),
        "answer: body: error form",
    ),
    "an error in HTML": (
        exchange(status=404, answer="<html>", headers=(("Content-Type", "text/html"),)),
        "answer: header Content-Type: error form",
    ),
    "an error that is no JSON": (exchange(status=404, answer="{"), "answer: body: error form"),
}


@pytest.mark.parametrize("what", WELL)
def test_what_is_well_is_not_named(what: str) -> None:
    """A good exchange, and a refused one in Twilio's error form, have no violation."""
    assert reported(WELL[what]) == []


@pytest.mark.parametrize("what", PLANTED)
def test_what_is_wrong_is_named(what: str) -> None:
    """A planted wrong is named with its place and its rule, and nothing beside it is."""
    given, expected = PLANTED[what]
    assert set(reported(given)) == {expected}


def test_a_secret_is_not_shown() -> None:
    """What is wrong with a password is reported without the password."""
    (violation,) = JUDGE.violations(post("Name=x&Password=Hu9"))
    assert (violation.where, violation.rule) == ("form Password", "minLength")
    assert "Hu9" not in repr(violation)


def tally(*exchanges: Exchange, exemptions: tuple[Exemption, ...] = ()) -> Tally:
    summed = Tally(exemptions)
    for one in exchanges:
        summed.add(JUDGE, one)
    return summed


WRONG = exchange(shows=GOOD | {"url": ONE})
ROW = Exemption("a reason", part="answer", where="body url", rule="format uri", says=f"^'{ONE}'")
OFFERED = ["GET /v9/Things/<sid>"]


def test_a_violation_is_named_and_counted() -> None:
    """The report names a violation once, how often it was met, and the test where it was seen."""
    lines = list(tally(WRONG, WRONG, WELL["a fetch"]).lines(OFFERED))
    assert lines[0].startswith("VIOLATION GET /v9/Things/{Sid}: answer, body url, format uri: ")
    assert lines[0].endswith("(2 times)")
    assert lines[1] == "  first seen in tests/test_x.py::test_y"
    assert lines[-1] == "2 violations, of 1 kinds"


def test_an_exemption_is_counted_with_its_reason() -> None:
    """An exempt violation is none; one in another place, or of another value, is."""
    summed = tally(WRONG, exemptions=(ROW,))
    assert (summed.wrong.total(), summed.stale()) == (0, [])
    assert "        1  a reason" in summed.lines(OFFERED)
    others = (replace(ROW, where="body"), replace(ROW, says="^''"), replace(ROW, part="request"))
    assert tally(WRONG, exemptions=others).wrong.total() == 1


def test_the_report_counts_what_is_covered() -> None:
    """Operations are covered by accepted exchanges alone; those that are not are named."""
    walked = replace(WELL["a list"], test="tests/sandbox/test_walk.py::test_x")
    refused = exchange("DELETE", status=404, shows=ERROR)
    lines = list(
        tally(walked, WELL["a fetch"], refused).lines([*OFFERED, "GET /v9/Things", "DELETE /v9/Things/<sid>"])
    )
    assert "not covered: DELETE /v9/Things/<sid>" in lines
    assert "3 exchanges checked (2 accepted, 1 refused)" in lines
    assert "2 of 3 operations covered, 1 of them by the walk of the official SDK" in lines


def test_a_fault_exempts_what_it_broke() -> None:
    """An answer that a fault broke is not judged and is counted; one that it only delayed is judged."""
    broken, late = replace(WRONG, fault="truncated"), replace(WRONG, fault="latency")
    summed = tally(broken, late)
    assert (is_broken(broken), is_broken(late)) == (True, False)
    assert (summed.wrong.total(), summed.judged.total()) == (1, 1)
    assert any(
        line.startswith("1 exchanges are not judged: the fault truncated") for line in summed.lines(OFFERED)
    )
    asked = exchange(status=500, shows={**ERROR, "status": 500}, fault="500")
    assert reported(asked) == []


def test_the_verdict() -> None:
    """0 when all is well; 1 for a violation, a stale exemption or a gap; 2 when the tests failed."""
    well, unmet = tally(WELL["a fetch"]), tally(WELL["a fetch"], exemptions=(ROW,))
    assert session.verdict(0, well, OFFERED, is_whole=True) == 0
    assert session.verdict(0, tally(WRONG), OFFERED, is_whole=False) == 1
    assert session.verdict(0, unmet, OFFERED, is_whole=True) == 1
    assert session.verdict(0, well, [*OFFERED, "GET /v9/Things"], is_whole=True) == 1
    assert session.verdict(0, unmet, [*OFFERED, "GET /v9/Things"], is_whole=False) == 0
    assert session.verdict(1, well, OFFERED, is_whole=True) == 2


def test_sums_of_two_processes_add_up() -> None:
    """Two tallies merge into what one of all exchanges would be."""
    first, both = tally(WRONG, exemptions=(ROW,)), tally(WRONG, WELL["a list"], WRONG, exemptions=(ROW,))
    first.merge(tally(WELL["a list"], WRONG, exemptions=(ROW,)))
    assert first == both


@pytest.fixture
def specifications(tmp_path: Path) -> Path:
    """A folder of documents as the package has one, with the things in the first."""
    empty = {"openapi": "3.0.1", "info": {"title": "", "version": ""}, "paths": {}}
    for name in documents.FILES:
        (tmp_path / name).write_text(json.dumps(document() if name == documents.FILES[0] else empty))
    return tmp_path


def test_every_line_is_read_once(specifications: Path) -> None:
    """The shares of the processes are all exchanges; a line that was cut short is counted as such."""
    lines = b"".join(one.line() for one in (WELL["a fetch"], WRONG, WELL["a list"]))
    (specifications / "1-a.jsonl").write_bytes(lines + WRONG.line()[:40])
    summed = Tally()
    for share in range(session.PROCESSES):
        summed.merge(session.judge_share(share, specifications, specifications))
    assert (summed.judged.total(), summed.cut, summed.wrong.total()) == (3, 1, 1)


def test_without_documents_it_could_not_look(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder without the documents ends with 2 and says what is missing, before any test is run."""
    assert session.main(str(tmp_path)) == 2
    assert capsys.readouterr().err.startswith("twilio_api_v2010.json is not in the package: ")


def test_the_map_names_every_file_and_imports_point_up_it() -> None:
    """The package's map lists each of its files once, in the order in which they import each other."""
    folder = Path(str(session.__file__)).parent
    stations = [line.split()[0] for line in (conformance.__doc__ or "").splitlines()[2:] if line.strip()]
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "test_conformance"}
    assert sorted(stations) == sorted(modules)
    for at, station in enumerate(stations):
        text = (folder / f"{station}.py").read_text(encoding="utf-8")
        used = re.findall(r"^from tests\.conformance(?:\.(\w+))? import (.*)$", text, flags=re.MULTILINE)
        names = {name for module, words in used for name in ([module] if module else words.split(", "))}
        assert names <= set(stations[:at]), station


def test_the_exemptions_are_few_and_have_reasons() -> None:
    """At most twenty exemptions, each with a reason of its own and bound to a rule."""
    assert len(EXEMPTIONS) == len({row.reason for row in EXEMPTIONS}) <= 20
    assert all(row.rule and row.where and row.reason for row in EXEMPTIONS)


def recorded(folder: Path) -> list[Exchange]:
    return [read(line) for path in folder.glob("*.jsonl") for line in path.read_bytes().splitlines()]


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Path]:
    restore = recorder.record(App, tmp_path)
    yield tmp_path
    restore()


def test_an_exchange_is_recorded(recording: Path) -> None:
    """Request, answer, test and fault are recorded as they were, the credentials and the control paths not."""
    with Sandbox() as box:
        box.fault("GET", "Balance", "truncated")
        call(box.url, "GET", f"{ROOT}/Applications.json?PageSize=2")
        call(box.url, "POST", f"{ROOT}/Applications.json", {"FriendlyName": "h\u00e4ll"})
        with pytest.raises(OSError, match="Connection broken"):
            call(box.url, "GET", f"{ROOT}/Balance.json")
        call(box.url, "GET", "/_sandbox/requests")
    listed, made, broken = recorded(recording)
    assert (listed.method, listed.query, listed.body, listed.content_type) == ("GET", "PageSize=2", "", "")
    assert (made.method, made.path, made.status) == ("POST", f"{ROOT}/Applications.json", 201)
    assert (made.body, made.content_type, made.scheme) == ("FriendlyName=h%C3%A4ll", documents.FORM, "Basic")
    assert json.loads(made.answer)["friendly_name"] == "h\u00e4ll"
    assert made.test == "tests/conformance/test_conformance.py::test_an_exchange_is_recorded"
    assert (broken.fault, json.loads(broken.answer)["currency"]) == ("truncated", "USD")
    assert "sandbox" not in repr(made.headers)


def test_a_process_of_its_own_is_recorded(tmp_path: Path) -> None:
    """A `.pth` file makes every Python of an environment record, however its environment variables are."""
    workspace, folder = tmp_path / "site", tmp_path / "folder"
    workspace.mkdir()
    folder.mkdir()
    recorder.install(workspace, PROJECT, folder)
    # Without its own site-packages (-S), or a `.pth` that is there already would be the first.
    program = (
        f"import site, sys; site.addsitedir({str(workspace)!r}); site.addsitedir({str(workspace)!r})\n"
        f"sys.path += {sys.path!r}\n"
        "from futel_twilio.sandbox.server import Sandbox; import requests\n"
        "with Sandbox() as box: requests.get(box.url + '/nowhere')\n"
    )
    subprocess.run([sys.executable, "-S", "-c", program], env={}, check=True)
    (only,) = recorded(folder)
    assert (only.path, only.status, only.test) == ("/nowhere", 401, "")

"""Apply: a plan is carried out on the sandbox, survives what networks and people do, and is looked at again."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from futel_twilio.apply import converge, history, reading, result, write_run
from futel_twilio.apply.result import RunOptions
from futel_twilio.commands import promotion
from futel_twilio.commands.setup import (
    create_applications,
    create_credential_list,
    create_domains,
    create_registration_mappings,
    create_voice_mappings,
    setup,
)
from futel_twilio.errors import PartiallyApplied, Rejected, ResponseLost
from futel_twilio.plan import describe
from futel_twilio.plan.changes import Scope
from futel_twilio.resources import labels
from futel_twilio.resources.types import VOICE_TYPES
from futel_twilio.twilio_api import client
from futel_twilio.workspace import open_workspace
from tests.conftest import clean_environment, round_trips
from tests.support.paths import PROJECT
from tests.support.sampling import EVERY, examples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from futel_twilio.sandbox.server import Sandbox
    from futel_twilio.workspace import Workspace

WRITES = ("POST", "DELETE")
CALM = settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def whole(workspace: Workspace) -> dict[str, list[str]]:
    """The account as names alone: what is there, how often, and what is joined."""
    found = reading.read_scope(workspace.api, workspace.desired, Scope(VOICE_TYPES, remove=("*",)))
    return {
        "applications": sorted(a.name for a in found.applications),
        "domains": sorted(d.name for d in found.domains),
        "lists": sorted(c.name for c in found.credential_lists),
        "mappings": sorted(m.name for m in found.mappings),
    }


def test_setup_makes_what_the_runbook_describes(workspace: Workspace) -> None:
    """An empty account becomes 2 applications, 4 SIP domains, 1 list, 4 registration and 4 voice mappings."""
    assert setup(workspace).applied
    client_ = workspace.api.client
    applications = {str(a.friendly_name): a for a in client_.applications.list()}
    assert sorted(applications) == ["incoming-prod", "incoming-stage"]
    for env in ("stage", "prod"):
        application = applications[f"incoming-{env}"]
        assert application.voice_url == f"https://{env}.dialplans.phu73l.net/dial_sip_e164"
        assert application.voice_method == "POST"
        assert application.public_application_connect_enabled is False
    domains = {str(d.friendly_name): d for d in client_.sip.domains.list()}
    assert sorted(domains) == sorted(
        f"direct-futel-{kind}{env}" for kind in ("", "nonemergency-") for env in ("stage", "prod")
    )
    (phones,) = client_.sip.credential_lists.list()
    assert phones.friendly_name == "sip-direct"
    for name, domain in domains.items():
        assert domain.domain_name == f"{name}.sip.twilio.com"
        assert domain.sip_registration is True
        assert domain.emergency_calling_enabled is ("nonemergency" not in name)
        assert domain.voice_url == f"https://{name.split('-')[-1]}.dialplans.phu73l.net/dial_outgoing"
        assert domain.voice_method == "POST"
        assert domain.auth_type == "CREDENTIAL_LIST"
        assert [m.sid for m in domain.auth.registrations.credential_list_mappings.list()] == [phones.sid]
        assert [m.sid for m in domain.auth.calls.credential_list_mappings.list()] == [phones.sid]


def test_a_second_run_sends_no_write(workspace: Workspace, box: Sandbox) -> None:
    """Set up twice, the second run finds nothing to do and sends not one write."""
    setup(workspace)
    box.clear_requests()
    outcome = setup(workspace)
    assert outcome.plan.changes == ()
    assert box.count(*WRITES) == 0
    assert box.count() == 4 + 4


def test_round_trips_are_few(workspace: Workspace, box: Sandbox) -> None:
    """Set-up takes four round trips one after the other, a run with nothing to do takes two."""
    box.latency_ms = 250
    setup(workspace)
    assert round_trips(box) == 4
    box.clear_requests()
    setup(workspace)
    assert round_trips(box) == 2


def test_lists_are_read_in_pages_of_a_thousand(workspace: Workspace, box: Sandbox) -> None:
    """Every list is asked for in the longest page that Twilio gives."""
    setup(workspace)
    reads = [r for r in box.requests() if r.method == "GET"]
    assert reads
    assert all("PageSize=1000" in r.query for r in reads)


def test_stage_writes_nothing_of_prod(workspace: Workspace, box: Sandbox) -> None:
    """Creating for stage makes nothing of prod."""
    create_domains(workspace, "stage")
    assert [
        d.name
        for d in reading.read_scope(workspace.api, workspace.desired, Scope()).domains
        if "prod" in d.name
    ] == []
    assert box.count("POST") == 2


def test_step_by_step_is_the_same_as_setup(workspace: Workspace) -> None:
    """The five creating commands, one after the other as in the runbook, leave nothing for setup to do."""
    for command in (
        create_applications,
        create_domains,
        create_credential_list,
        create_registration_mappings,
        create_voice_mappings,
    ):
        assert command(workspace).applied
    left = setup(workspace).plan.changes
    assert [labels.resource_title(change.resource) for change in left] == ["usage trigger futel total price"]


KILLED_RUNS = r"""
import json, os, signal, sys, time
from futel_twilio.commands import setup as commands
from futel_twilio.twilio_api import http
from futel_twilio.workspace import open_workspace
url = os.environ["FUTEL_TWILIO_URL"]
import urllib.request
def empty_the_sandbox():
    urllib.request.urlopen(urllib.request.Request(url + "/_sandbox/reset", method="POST")).read()
ask = http.Http._once

def let_it_finish_what_was_sent():
    # Nobody types the next command within a millisecond: what was under way at the kill is carried out by then.
    logged, before = -1, -2
    while logged != before:
        time.sleep(0.1)
        with urllib.request.urlopen(url + "/_sandbox/requests") as answer:
            logged, before = len(json.load(answer)["requests"]), logged

def run(kill_after):
    answered = 0
    def once(self, *args, **kwargs):
        nonlocal answered
        answer = ask(self, *args, **kwargs)
        answered += 1
        if answered == kill_after:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer
    http.Http._once = once
    with open_workspace("sandbox") as workspace:
        return bool(commands.setup(workspace).plan.changes), answered

for after in range(1, 1000, int(sys.argv[1])):
    empty_the_sandbox()
    child = os.fork()
    if child == 0:
        run(after)
        os._exit(0)
    killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
    let_it_finish_what_was_sent()
    with open_workspace("sandbox") as workspace:
        commands.setup(workspace)
        lists = workspace.api.client
        left = commands.setup(workspace).plan.changes
        names = sorted(a.friendly_name for a in lists.applications.list()) + sorted(
            d.friendly_name for d in lists.sip.domains.list())
        names += [c.friendly_name for c in lists.sip.credential_lists.list()]
    print(json.dumps({"after": after, "killed": killed, "left": len(left), "names": names}), flush=True)
    if not killed:
        break
"""


@pytest.mark.parametrize("every", EVERY)
def test_a_killed_setup_is_finished_by_the_next(box: Sandbox, here: Path, every: int) -> None:
    """Killed (SIGKILL) after its requests, setup run again ends in the same estate, without twins."""
    ran = subprocess.run(
        [sys.executable, "-c", KILLED_RUNS, str(every)],
        cwd=here,
        env={**clean_environment(), "FUTEL_TWILIO_URL": box.url, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    runs = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 0, ran.stderr
    assert [run["killed"] for run in runs] == [True] * -(-28 // every) + [False]
    assert {run["left"] for run in runs} == {0}
    assert len({tuple(run["names"]) for run in runs}) == 1
    assert len(runs[0]["names"]) == len(set(runs[0]["names"])) == 7


# Each drift is done over HTTP with the official client, as a careless person would.
def _first(items: list[Any], name: str) -> Any:
    return next(item for item in items if item.friendly_name == name)


def _domain(workspace: Workspace, env: str, kind: str) -> Any:
    return _first(workspace.api.client.sip.domains.list(), f"direct-futel-{kind}{env}")


def _application(workspace: Workspace, env: str) -> Any:
    return _first(workspace.api.client.applications.list(), f"incoming-{env}")


def _unmap(domain: Any, use: str) -> None:
    for mapping in getattr(domain.auth, use).credential_list_mappings.list():
        getattr(domain.auth, use).credential_list_mappings(mapping.sid).delete()


def _drop(domain: Any) -> None:
    _unmap(domain, "calls")
    _unmap(domain, "registrations")
    domain.delete()


DRIFTS: dict[str, Callable[[Workspace, str, str], object]] = {
    "voice URL of a SIP domain": lambda s, e, k: _domain(s, e, k).update(
        voice_url="https://old.example.com/x"
    ),
    "voice URL of a SIP domain cleared": lambda s, e, k: _domain(s, e, k).update(voice_url=""),
    "voice method of a SIP domain": lambda s, e, k: _domain(s, e, k).update(voice_method="GET"),
    "registration off": lambda s, e, k: _domain(s, e, k).update(sip_registration=False),
    "emergency calling the wrong way": lambda s, e, k: _domain(s, e, k).update(
        emergency_calling_enabled=bool(k)
    ),
    "friendly name of a SIP domain": lambda s, e, k: _domain(s, e, k).update(friendly_name="renamed"),
    "registration mapping gone": lambda s, e, k: _unmap(_domain(s, e, k), "registrations"),
    "voice mapping gone": lambda s, e, k: _unmap(_domain(s, e, k), "calls"),
    "SIP domain gone": lambda s, e, k: _drop(_domain(s, e, k)),
    "application gone": lambda s, e, k: _application(s, e).delete(),
    "application renamed": lambda s, e, k: _application(s, e).update(friendly_name="renamed"),
    "voice URL of an application": lambda s, e, k: _application(s, e).update(
        voice_url="https://x.example.com"
    ),
    "voice method of an application": lambda s, e, k: _application(s, e).update(voice_method="GET"),
    "application open to others": lambda s, e, k: _application(s, e).update(
        public_application_connect_enabled=True
    ),
    "SMS URL set": lambda s, e, k: _application(s, e).update(sms_url="https://sms.example.com"),
}
NOT_OURS = ("other-app", "other-list", "other-futel.sip.twilio.com")
PLACES = st.tuples(
    st.sampled_from(sorted(DRIFTS)),
    st.sampled_from(["stage", "prod"]),
    st.sampled_from(["", "nonemergency-"]),
)


def _add_what_is_not_ours(workspace: Workspace) -> None:
    client_ = workspace.api.client
    client_.applications.create(friendly_name=NOT_OURS[0], voice_url="https://other.example.com/")
    phones = client_.sip.credential_lists.create(friendly_name=NOT_OURS[1])
    domain = client_.sip.domains.create(domain_name=NOT_OURS[2])
    domain.auth.calls.credential_list_mappings.create(credential_list_sid=str(phones.sid))


def _not_ours(workspace: Workspace) -> list[Any]:
    client_ = workspace.api.client
    things: list[Any] = [
        *client_.applications.list(),
        *client_.sip.credential_lists.list(),
        *client_.sip.domains.list(),
    ]
    return [
        sorted((k, str(v)) for k, v in vars(thing).items() if not k.startswith("_"))
        for thing in things
        if NOT_OURS[0] == thing.friendly_name
        or NOT_OURS[1] == thing.friendly_name
        or NOT_OURS[2] in str(vars(thing))
    ]


@CALM
@given(drifts=st.lists(PLACES, min_size=1, max_size=6, unique=True), not_ours=st.booleans())
def test_apply_converges_from_any_drift(
    workspace: Workspace, box: Sandbox, drifts: list[tuple[str, str, str]], not_ours: bool
) -> None:
    """From 40 drifted accounts, apply reaches the desired state; the rest is untouched and reported."""
    box.reset()
    setup(workspace)
    if not_ours:
        _add_what_is_not_ours(workspace)
    for drift, env, kind in drifts:
        try:
            DRIFTS[drift](workspace, env, kind)
        except StopIteration:
            continue  # an earlier drift renamed or removed it
    before = _not_ours(workspace)
    lost = tuple(f"direct-futel-nonemergency-{env}" for env in ("stage", "prod"))
    outcome = converge.converge(workspace, Scope(allow_911_loss=lost))
    assert outcome.applied
    assert _not_ours(workspace) == before
    assert set(NOT_OURS if not_ours else ()) <= {resource.name for resource in outcome.plan.unmanaged}
    assert converge.converge(workspace, Scope()).plan.changes == ()


@pytest.mark.parametrize("drift", DRIFTS)
def test_each_drift_is_fixed(workspace: Workspace, drift: str) -> None:
    """Each kind of drift alone, on prod's emergency SIP domain or application, is seen and fixed."""
    setup(workspace)
    DRIFTS[drift](workspace, "prod", "")
    outcome = converge.converge(workspace, Scope())
    if drift == "emergency calling the wrong way":
        assert [describe.describe_change(c) for c in outcome.plan.changes] == [
            "~ SIP domain direct-futel-prod.sip.twilio.com  emergency_calling_enabled: off -> on"
        ]
    assert outcome.plan.changes
    assert converge.converge(workspace, Scope()).plan.changes == ()


def _lose_answers(monkeypatch: pytest.MonkeyPatch, workspace: Workspace, path: str) -> list[str]:
    """From now on the first create on a path is carried out and its answer is lost."""
    lost: list[str] = []
    ask = workspace.api._http._once

    def once(method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        answer = ask(method, url, *args, **kwargs)
        if method == "POST" and url.endswith(path) and not lost:
            lost.append(url)
            raise ResponseLost("The answer was lost.", "Look.")
        return answer

    monkeypatch.setattr(workspace.api._http, "_once", once)
    return lost


@pytest.mark.parametrize(
    "path", ["/Applications.json", "/Domains.json", "/CredentialLists.json", "/CredentialListMappings.json"]
)
def test_a_lost_answer_makes_no_twin(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """A create that was carried out and whose answer was lost is found by reading, not sent again."""
    lost = _lose_answers(monkeypatch, workspace, path)
    assert setup(workspace).applied
    assert lost
    assert {kind: len(names) for kind, names in whole(workspace).items()} == {
        "applications": 2,
        "domains": 4,
        "lists": 1,
        "mappings": 8,
    }


def test_already_exists_is_settled(workspace: Workspace, here: Path) -> None:
    """A SIP domain that somebody makes between the look and the write is brought to the desired state, not an error."""

    def somebody_was_faster(_proposal: result.Plan) -> bool:
        with open_workspace("sandbox", directory=here) as other:
            other.api.client.sip.domains.create(domain_name="direct-futel-stage.sip.twilio.com")
            other.api.client.sip.credential_lists.create(friendly_name="sip-direct")
        return True

    assert setup(workspace, options=RunOptions(somebody_was_faster)).applied
    assert setup(workspace).plan.changes == ()


def test_a_name_of_another_customer_is_reported(box: Sandbox, workspace: Workspace) -> None:
    """A domain name that another Twilio customer holds ends with Twilio's words and what was and was not done."""
    with type(box)(state=":memory:", accounts=[f"AC{'9' * 32}:other-token"]) as shared:
        other = replace(
            workspace.api.connection,
            account_sid=f"AC{'9' * 32}",
            username=f"AC{'9' * 32}",
            secret="other-token",
            url=shared.url,
        )
        theirs = client.Api(other)
        theirs.client.sip.domains.create(domain_name="direct-futel-stage.sip.twilio.com")
        theirs.close()
        mine = replace(workspace, api=client.Api(replace(workspace.api.connection, url=shared.url)))
        with pytest.raises(PartiallyApplied, match="already exists") as caught:
            create_domains(mine)
        mine.api.close()
    reported = caught.value.faults
    assert len([line for line in reported if line.startswith("changed:")]) == 3
    assert [line for line in reported if line.startswith("not changed:")] == [
        (
            "not changed: + SIP domain direct-futel-stage.sip.twilio.com  "
            "voice_url: https://stage.dialplans.phu73l.net/dial_outgoing, sip_registration: on, "
            "emergency_calling_enabled: on"
        )
    ]


@pytest.mark.parametrize("env", ["stage", "prod"])
def test_a_failing_promotion_is_moved_back(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, env: str
) -> None:
    """A promotion of which one write fails, be it the first or the last, leaves every URL unchanged and reports it."""
    setup(workspace)
    for one in ("stage", "prod"):
        _application(workspace, one).update(voice_url="https://old.example.com/x")
    failing = _application(workspace, env).sid
    ask = workspace.api._http._once

    def once(method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        if method == "POST" and failing in url:
            raise Rejected(400, 21402, "VoiceUrl is not valid", "POST x")
        return ask(method, url, *args, **kwargs)

    monkeypatch.setattr(workspace.api._http, "_once", once)
    with pytest.raises(PartiallyApplied, match=r"1 of 2 changes failed.*the account is unchanged"):
        promotion.promote(workspace, "prod")
    assert {_application(workspace, one).voice_url for one in ("stage", "prod")} == {
        "https://old.example.com/x"
    }
    assert history.journal_of(workspace).entries()[-1].state == "moved back"


def test_only_what_was_shown_is_done(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the account changes under the run, it stops rather than do what nobody was shown."""
    setup(workspace)
    _application(workspace, "stage").update(voice_url="https://old.example.com/x")
    do = write_run.WriteRun.do

    def do_and_meddle(run: write_run.WriteRun, pending: Any) -> None:
        do(run, pending)
        _domain(workspace, "prod", "").update(sip_registration=False)

    monkeypatch.setattr(write_run.WriteRun, "do", do_and_meddle)
    with pytest.raises(PartiallyApplied, match="Somebody else changed the account"):
        converge.converge(workspace, Scope())
    assert _domain(workspace, "prod", "").sip_registration is False


def test_removal_by_name(workspace: Workspace) -> None:
    """A SIP domain that is not desired for goes when it is named, its mappings before it, and nothing else."""
    setup(workspace)
    _add_what_is_not_ours(workspace)
    outcome = converge.converge(workspace, Scope(remove=(NOT_OURS[2], NOT_OURS[0])))
    assert outcome.applied
    assert NOT_OURS[2] not in whole(workspace)["domains"]
    assert NOT_OURS[0] not in whole(workspace)["applications"]
    assert NOT_OURS[1] in whole(workspace)["lists"]
    assert setup(workspace).plan.changes == ()


def test_nothing_is_written_without_approval(workspace: Workspace, box: Sandbox) -> None:
    """A proposal that is not approved writes nothing."""
    assert not setup(workspace, options=RunOptions(lambda _proposal: False)).applied
    assert box.count(*WRITES) == 0


@pytest.fixture
def two_lists(workspace: Workspace) -> Workspace:
    """An account with a second credential list, where `auth_type` alone cannot tell which list is mapped."""
    setup(workspace)
    _add_what_is_not_ours(workspace)
    return workspace


def test_a_wrong_list_for_calls_is_seen(two_lists: Workspace) -> None:
    """With two lists in the account, calls mapped to the wrong one are seen although `auth_type` looks right."""
    domain = _domain(two_lists, "prod", "")
    _unmap(domain, "calls")
    wrong = _first(two_lists.api.client.sip.credential_lists.list(), NOT_OURS[1])
    domain.auth.calls.credential_list_mappings.create(credential_list_sid=wrong.sid)
    outcome = converge.converge(two_lists, Scope(), RunOptions(lambda _proposal: False))
    assert [describe.describe_change(change) for change in outcome.plan.changes] == [
        "+ voice mapping direct-futel-prod.sip.twilio.com <- sip-direct"
    ]
    assert f"{domain.domain_name} calls {NOT_OURS[1]}" in {
        resource.name for resource in outcome.plan.unmanaged
    }
